//! The binary: hands its arguments to [`loadlint::cli`] and returns the exit code.

use std::process::ExitCode;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    loadlint::cli::main(std::env::args_os())
}
