//! The command line: arguments and environment in, text and an exit code out. A file a command.
//!
//! The only place that knows of clap, colours, the clock, standard streams and exit codes. Called by `main`.

mod args;
mod baseline;
mod check;
mod config;
mod fix;
mod generate;
mod held;
mod inputs;
mod inspect;
mod manifest;
mod outcome;
mod rule;
mod scan;
mod server;
mod settings;
mod suppressions;
mod terminal;
mod threats;

use std::ffi::OsString;
use std::io;
use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Command};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// Nothing to tell.
    Clean,
    /// There are findings.
    Findings,
    /// Something could not be looked at, or the run could not start.
    Failed,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Clean => Self::SUCCESS,
            Exit::Findings => Self::from(1),
            Exit::Failed => Self::from(2),
        }
    }
}

/// Runs the command that `arguments` (the program's name first) ask for.
pub fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are "errors" that go to standard output with code 0.
            let failed = error.use_stderr();
            let _ = error.print();
            return if failed { Exit::Failed } else { Exit::Clean }.into();
        }
    };
    let done = match arguments.command {
        Command::Check(check) => check::check(&check),
        Command::Scan(scan) => scan::scan(&scan),
        Command::Inspect(inspect) => inspect::inspect(&inspect),
        Command::Manifest(manifest) => manifest::manifest(&manifest),
        Command::Threats(threats) => threats::threats(&threats),
        Command::Rule(rule) => rule::rule(&rule),
        Command::Config(config) => config::config(&config),
        Command::Server(_) => server::server(),
        Command::Completions(completions) => generate::completions(&completions),
        Command::Man(man) => generate::man(&man),
    };
    match done {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::say_error(&format!("{error:#}"));
            Exit::Failed.into()
        }
    }
}

/// Whoever read our output has read enough, as `head` does.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    };
    error.chain().any(is)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_arguments_are_consistent() {
        super::Arguments::command().debug_assert();
    }
}
