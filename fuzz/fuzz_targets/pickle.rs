//! Pickle streams, bare and with arrays between the opcodes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| loadlint_fuzz::examine("model.pkl", bytes));
