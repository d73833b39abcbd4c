//! Tests against real clients: each folder `tests/integration/NAME/` holds a `run.py` that installs what it needs below
//! `$TOOLS`, runs the client with the program `$LOADLINT`, and ends with 0 (it holds), 77 (the client cannot be had) or
//! anything else (it does not hold). This is the harness: `cargo test --test integration [-- NAME…]`.
//!
//! What is skipped is said on the last lines, uncaptured, and never counts as passed.

#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

/// What a script says when a client cannot be had.
const SKIPPED: i32 = 77;

enum Ended {
    Passed,
    Skipped(String),
    Failed(String),
}

fn scripts(folder: &Path, wanted: &[String]) -> Vec<(String, PathBuf)> {
    let entries = std::fs::read_dir(folder).expect("the folder of this file").map(|entry| entry.expect("readable"));
    let named = entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path().join("run.py")));
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|part| name.contains(part.as_str()));
    let mut scripts: Vec<_> = named.filter(|(name, script)| script.is_file() && is_wanted(name)).collect();
    scripts.sort();
    scripts
}

fn run(script: &Path, tools: &Path) -> Ended {
    let mut command = Command::new("python3");
    command.arg(script).stdin(Stdio::null()).env("LOADLINT", env!("CARGO_BIN_EXE_loadlint")).env("TOOLS", tools);
    match command.status() {
        Ok(status) => match status.code() {
            Some(0) => Ended::Passed,
            Some(SKIPPED) => Ended::Skipped("its client cannot be had, see above".to_owned()),
            _ => Ended::Failed(status.to_string()),
        },
        Err(error) => Ended::Skipped(format!("there is no python3: {error}")),
    }
}

fn main() -> ExitCode {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let (mut passed, mut skipped, mut failed) = (0, Vec::new(), Vec::new());
    for (name, script) in scripts(&root.join("tests/integration"), &wanted) {
        let (tools, start) = (root.join("target/integration").join(&name), Instant::now());
        std::fs::create_dir_all(&tools).expect("target is writable");
        println!("integration {name} ...");
        match run(&script, &tools) {
            Ended::Passed => {
                passed += 1;
                println!("integration {name}: ok ({} s)", start.elapsed().as_secs());
            }
            Ended::Skipped(why) => skipped.push(format!("SKIPPED integration {name}: {why}")),
            Ended::Failed(why) => failed.push(format!("FAILED integration {name}: {why}")),
        }
    }
    println!("{}", [skipped.as_slice(), failed.as_slice()].concat().join("\n"));
    println!("{passed} passed, {} failed, {} skipped", failed.len(), skipped.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
