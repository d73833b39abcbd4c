//! Zip files and what checkpoints are in them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| loadlint_fuzz::examine("model.pt", bytes));
