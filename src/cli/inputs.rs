//! What the user named, to tasks, to an outcome: the part that `check` and `scan` share.

use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::terminal::{self, Progress};
use crate::config::{Resolver, Settings};
use crate::discover::{Discovery, Input, WalkOptions, Wanted, discover};
use crate::engine::manifest::Held;
use crate::engine::run::{Task, run, run_held};
use crate::finding::Outcome;

/// What standard input is called without `--stdin-filename`.
pub(super) const STDIN_NAME: &str = "<stdin>";

/// Whether the paths are a single `-`.
///
/// # Errors
/// If `-` stands beside other paths.
pub(super) fn is_stdin(paths: &[PathBuf]) -> anyhow::Result<bool> {
    let is_dash = |path: &PathBuf| path.as_os_str() == "-";
    match paths {
        [path] => Ok(is_dash(path)),
        paths if paths.iter().any(is_dash) => bail!("`-` stands alone: standard input is read without other paths"),
        _ => Ok(false),
    }
}

/// Walks what was named.
pub(super) fn find(
    paths: &[PathBuf],
    wanted: Wanted,
    threads: usize,
    resolver: &Resolver,
    common: &Settings,
) -> Discovery {
    // A configuration with a mistake excludes nothing here; the mistake ends the run before anything is checked.
    let excluded = |path: &Path| resolver.for_file(path).is_ok_and(|settings| settings.excludes(path));
    let options = WalkOptions {
        wanted,
        respect_gitignore: common.respect_gitignore,
        force_exclude: common.force_exclude,
        excluded: &excluded,
        workers: threads,
    };
    discover(paths, &options)
}

/// Each input with its settings; `None`, after saying why, if the configuration of a folder is wrong.
pub(super) fn tasks(discovery: &Discovery, resolver: &Resolver) -> Option<Vec<Task>> {
    let task = |input: &Input| {
        let settings = resolver.for_file(&input.path).ok()?;
        Some(Task { input: input.clone(), settings })
    };
    let tasks: Option<Vec<_>> = discovery.inputs.iter().map(task).collect();
    let tasks = tasks.filter(|_| resolver.errors().is_empty());
    if tasks.is_none() {
        resolver.errors().iter().for_each(|error: &Arc<_>| terminal::say_error(&error.to_string()));
    }
    tasks
}

/// Looks at all of them, with a line of progress if that is `wanted`.
pub(super) fn run_tasks(tasks: &[Task], threads: usize, wanted: bool) -> anyhow::Result<Outcome> {
    let progress = Progress::new(tasks.len(), wanted);
    let outcome = silently(|| run(tasks, threads, &|done| progress.tell(done)));
    progress.finish();
    outcome.context("the threads cannot be started")
}

/// The same, held against manifests.
pub(super) fn run_tasks_held(tasks: &[Task], threads: usize, wanted: bool, held: &Held) -> anyhow::Result<Outcome> {
    let progress = Progress::new(tasks.len(), wanted);
    let outcome = silently(|| run_held(tasks, threads, &|done| progress.tell(done), held));
    progress.finish();
    outcome.context("the threads cannot be started")
}

/// A panic while a file is looked at becomes a notice; its message must not stand between the reports.
pub(super) fn silently<T>(work: impl FnOnce() -> T) -> T {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let done = work();
    panic::set_hook(hook);
    done
}
