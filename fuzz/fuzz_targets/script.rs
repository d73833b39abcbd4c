//! Scripts, Dockerfiles, settings.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| loadlint_fuzz::script(bytes));
