//! `loadlint scan`.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::Exit;
use super::args::ScanArguments;
use super::inputs::{STDIN_NAME, find, is_stdin, run_tasks, silently, tasks};
use super::outcome::{all_rules, finish};
use super::settings::{current_folder, scan_resolver};
use super::terminal;
use crate::config::{Resolver, Settings};
use crate::discover::{InputKind, Wanted};
use crate::disk::read_stream;
use crate::engine::run::{ceiling, read_notice, run_bytes};
use crate::finding::{InputName, Outcome};

pub(super) fn scan(arguments: &ScanArguments) -> anyhow::Result<Exit> {
    let folder = current_folder()?;
    let resolver = scan_resolver(&folder, arguments)?;
    let common = resolver.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
    let (output, run) = (&arguments.output, &arguments.run);
    if is_stdin(&arguments.paths)? {
        let outcome = scan_stdin(arguments, &resolver, &common)?;
        return finish(output, run, &common, &all_rules([&common].into_iter()), &outcome);
    }
    let discovery = find(&arguments.paths, Wanted::Artifacts, run.threads, &resolver, &common);
    let Some(tasks) = tasks(&discovery, &resolver) else { return Ok(Exit::Failed) };
    if !output.quiet {
        for folder in &discovery.empty {
            terminal::say("warning", &format!("no files found under {}", folder.display()));
        }
    }
    let mut outcome = run_tasks(&tasks, run.threads, !output.quiet && !output.no_progress)?;
    outcome.notices.extend(discovery.notices);
    outcome.sort();
    let rules = all_rules(tasks.iter().map(|task| &task.settings).chain([&common]));
    finish(output, run, &common, &rules, &outcome)
}

fn scan_stdin(arguments: &ScanArguments, resolver: &Resolver, common: &Arc<Settings>) -> anyhow::Result<Outcome> {
    let named = arguments.stdin_filename.as_deref();
    let settings = match named {
        Some(path) => resolver.for_file(path).map_err(Arc::unwrap_or_clone)?,
        None => Arc::clone(common),
    };
    let name = InputName::new(named.unwrap_or(Path::new(STDIN_NAME)));
    match read_stream(&mut io::stdin().lock(), ceiling(InputKind::Artifact, &settings.limits)) {
        Ok(bytes) => {
            let outcome = silently(|| run_bytes(&name, InputKind::Artifact, bytes, &settings));
            outcome.context("the thread cannot be started")
        }
        Err(problem) => Ok(Outcome { inputs: 1, notices: vec![read_notice(&name, &problem)], ..Outcome::default() }),
    }
}
