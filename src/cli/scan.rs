//! `loadlint scan`.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use super::Exit;
use super::args::ScanArguments;
use super::baseline;
use super::check::covers;
use super::inputs::{STDIN_NAME, find, is_stdin, run_tasks, silently};
use super::outcome::{all_rules, base, finish};
use super::settings::{current_folder, scan_resolver};
use super::terminal;
use crate::bytes::Window;
use crate::config::Settings;
use crate::discover::{InputKind, Wanted};
use crate::disk::{open_input, read_stream};
use crate::engine::register::add_registers;
use crate::engine::run::{Task, ceiling, read_notice, run_bytes, with_room};
use crate::engine::scan::unknown;
use crate::finding::{InputName, Notice, Outcome};

/// More than is needed to tell what a file is.
const READ_AT_START: usize = 64 << 10;

pub(super) fn scan(arguments: &ScanArguments) -> anyhow::Result<Exit> {
    with_room(|| scan_all(arguments)).context("the scan cannot be started")?
}

fn scan_all(arguments: &ScanArguments) -> anyhow::Result<Exit> {
    let folder = current_folder()?;
    let resolver = scan_resolver(&folder, arguments)?;
    let common = resolver.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
    let (output, run) = (&arguments.output, &arguments.run);
    if is_stdin(&arguments.paths)? {
        let mut outcome = scan_stdin(arguments, &common)?;
        let is_named = baseline::is_named(&folder, arguments.stdin_filename.as_deref());
        baseline::compare(&arguments.baseline, &base()?, &is_named, &mut outcome, output.quiet)?;
        return finish(output, run, &common, &all_rules([&common].into_iter()), &outcome);
    }
    let discovery = find(&arguments.paths, Wanted::Artifacts, run.threads, &resolver, &common);
    // A configuration that came with the models must not speak for them: only that of the current folder counts.
    let task = |input| Task { input, settings: Arc::clone(&common) };
    let tasks: Vec<_> = discovery.inputs.into_iter().map(task).collect();
    if !output.quiet {
        for folder in &discovery.empty {
            terminal::say("warning", &format!("no files found under {}", folder.display()));
        }
    }
    let mut outcome = run_tasks(&tasks, run.threads, !output.quiet && !output.no_progress)?;
    outcome.notices.extend(discovery.notices);
    outcome.notices.extend(unknown_ones(&arguments.paths, &tasks, &outcome));
    add_registers(&mut outcome, &[Arc::clone(&common)], &|_| false);
    // Every file was looked at, those too that turned out to be no models.
    outcome.inputs = tasks.len();
    outcome.others = outcome.inputs.saturating_sub(outcome.artifacts.len());
    let covers = covers(&arguments.paths, &folder);
    baseline::compare(&arguments.baseline, &base()?, &covers, &mut outcome, output.quiet)?;
    let rules = all_rules([&common].into_iter());
    finish(output, run, &common, &rules, &outcome)
}

/// Notices of the files among `paths` of which nobody can say what they are. In folders there are many of the kind.
fn unknown_ones(paths: &[PathBuf], tasks: &[Task], outcome: &Outcome) -> Vec<Notice> {
    let named: HashSet<&PathBuf> = paths.iter().collect();
    let known: HashSet<&InputName> = outcome.artifacts.iter().map(|artifact| &artifact.input).collect();
    let inputs = tasks.iter().map(|task| &task.input);
    let silent = inputs.filter(|input| named.contains(&input.path) && !known.contains(&input.name));
    silent.filter_map(|input| unknown(&input.name, &open_input(&input.path).ok()?.window())).collect()
}

fn scan_stdin(arguments: &ScanArguments, settings: &Settings) -> anyhow::Result<Outcome> {
    let name = InputName::new(arguments.stdin_filename.as_deref().unwrap_or(Path::new(STDIN_NAME)));
    match read_stream(&mut io::stdin().lock(), ceiling(InputKind::Artifact, &settings.limits)) {
        Ok(bytes) => {
            // The start tells what they are, and they may be many.
            let start = Window::from(bytes[..bytes.len().min(READ_AT_START)].to_vec());
            let outcome = silently(|| run_bytes(&name, InputKind::Artifact, bytes, settings));
            let mut outcome = outcome.context("the scan cannot be started")?;
            outcome.inputs = 1;
            outcome.others = usize::from(outcome.artifacts.is_empty());
            outcome.notices.extend(unknown(&name, &start).filter(|_| outcome.artifacts.is_empty()));
            Ok(outcome)
        }
        Err(problem) => Ok(Outcome { inputs: 1, notices: vec![read_notice(&name, &problem)], ..Outcome::default() }),
    }
}
