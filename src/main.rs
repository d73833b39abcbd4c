//! The binary: hands its arguments to [`loadlint::cli`] and returns the exit code.

use std::process::ExitCode;

#[cfg(all(feature = "allocator", unix, not(target_env = "musl")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[cfg(all(feature = "allocator", not(all(unix, not(target_env = "musl")))))]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    loadlint::cli::main(std::env::args_os())
}
