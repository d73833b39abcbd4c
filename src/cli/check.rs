//! `loadlint check`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::Exit;
use super::args::CheckArguments;
use super::baseline;
use super::fix;
use super::held::{cache, held};
use super::inputs::{STDIN_NAME, find, is_stdin, run_tasks_held, silently, tasks};
use super::outcome::{all_rules, base, finish, write};
use super::settings::{check_resolver, current_folder};
use super::suppressions;
use super::terminal;
use crate::config::{Resolver, Settings, absolute};
use crate::discover::{Discovery, Input, InputKind, Wanted};
use crate::disk::read_stream;
use crate::engine::line_hashes::add_late_hashes;
use crate::engine::manifest::Held;
use crate::engine::register::add_registers;
use crate::engine::run::{Task, ceiling, read_notice, run_bytes};
use crate::engine::scan::is_model_file;
use crate::finding::{InputName, Outcome};
use crate::report::{Colour, visible};
use crate::suppress::Why;

pub(super) fn check(arguments: &CheckArguments) -> anyhow::Result<Exit> {
    let folder = current_folder()?;
    let resolver = check_resolver(&folder, arguments)?;
    // Output format and the like are one for the run: those of the current folder.
    let common = resolver.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
    if is_stdin(&arguments.paths)? || (arguments.paths.is_empty() && arguments.files.stdin_filename.is_some()) {
        return from_stdin(arguments, &folder, &resolver, &common);
    }
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
    let discovery = find(paths, Wanted::CodeAndArtifacts, arguments.run.threads, &resolver, &common);
    let Some(tasks) = tasks(&discovery, &resolver) else { return Ok(Exit::Failed) };
    if arguments.files.show_files {
        return show_files(arguments, &discovery);
    }
    let mut held = held(paths, &folder, &resolver, &tasks, &common);
    held.threads = arguments.run.threads;
    if !arguments.no_cache && !held.files.is_empty() {
        held.cache = cache();
    }
    Checking { arguments, folder: &folder, paths, discovery: &discovery, held: &held }.run(&tasks, &common)
}

/// A run over files.
struct Checking<'a> {
    arguments: &'a CheckArguments,
    folder: &'a Path,
    paths: &'a [PathBuf],
    discovery: &'a Discovery,
    held: &'a Held,
}

/// What comments that were asked for left to report.
enum Written {
    /// This, and whether all of them were written.
    Outcome(Outcome, bool),
    /// Nothing: their diff was shown.
    Diff(Exit),
}

impl Checking<'_> {
    fn run(&self, tasks: &[Task], common: &Arc<Settings>) -> anyhow::Result<Exit> {
        let all = every(tasks, common);
        let why = suppressions::why(&self.arguments.suppressions, common)?;
        let mut outcome = self.look(tasks, &all)?;
        if outcome.inputs == 0 && outcome.notices.is_empty() && !self.arguments.output.quiet {
            let paths: Vec<_> = self.paths.iter().map(|path| path.display().to_string()).collect();
            terminal::say("warning", &format!("nothing to check under {}", paths.join(", ")));
        }
        let mut is_written = true;
        if let Some(why) = &why {
            match self.suppress(tasks, &all, &outcome, why)? {
                Written::Outcome(after, whole) => (outcome, is_written) = (after, whole),
                Written::Diff(exit) => return Ok(exit),
            }
        }
        let fixes = silently(|| fix::fix(tasks, &all, &mut outcome, &self.arguments.fixes));
        let fixes = fixes.context("fixing cannot be started")?;
        if self.arguments.fixes.diff {
            return show_diff(self.arguments, &fixes, &outcome);
        }
        if self.arguments.fixes.fix && !self.fixed(tasks, &all, &fixes, &mut outcome)? {
            return Ok(Exit::Failed);
        }
        // Without it the next run is slower, and no different.
        let _ = self.held.cache.save();
        let (output, run) = (&self.arguments.output, &self.arguments.run);
        let covers = covers(self.paths, self.folder);
        baseline::compare(&self.arguments.baseline, &base()?, &covers, &mut outcome, output.quiet)?;
        let rules = all_rules(tasks.iter().map(|task| &task.settings).chain([common]));
        let exit = finish(output, run, common, &rules, &outcome)?;
        Ok(if (fixes.problems.is_empty() && is_written) || run.exit_zero { exit } else { Exit::Failed })
    }

    fn look(&self, tasks: &[Task], all: &[Arc<Settings>]) -> anyhow::Result<Outcome> {
        let output = &self.arguments.output;
        let wants_progress = !output.quiet && !output.no_progress;
        let mut outcome = run_tasks_held(tasks, self.arguments.run.threads, wants_progress, self.held)?;
        outcome.notices.extend(self.discovery.notices.iter().cloned());
        add_registers(&mut outcome, all, &covers(self.paths, self.folder));
        if all.iter().any(|settings| settings.line_hashes) {
            add_late_hashes(&mut outcome, &|_| true);
        }
        Ok(outcome)
    }

    /// Writes the comments that were asked for, or shows them.
    fn suppress(&self, tasks: &[Task], all: &[Arc<Settings>], outcome: &Outcome, why: &Why) -> anyhow::Result<Written> {
        let arguments = self.arguments;
        let only_diff = arguments.fixes.diff;
        let added = silently(|| suppressions::add(tasks, outcome, why, only_diff));
        let added = added.context("writing comments cannot be started")?;
        suppressions::tell(&added, why, only_diff, arguments.output.quiet);
        let is_written = added.problems.is_empty();
        if only_diff {
            write(arguments.output.output_file.as_deref(), added.diff.as_bytes(), Colour::Off)?;
            let is_whole = outcome.notices.is_empty() && is_written;
            return Ok(Written::Diff(end_of_diff(arguments.run.exit_zero, is_whole, added.excused)));
        }
        // What entries are cited is another matter now, too.
        Ok(Written::Outcome(self.look(tasks, all)?, is_written))
    }

    /// Looks again where fixes changed more than the texts that were fixed; false if the configuration is wrong.
    fn fixed(
        &self,
        tasks: &[Task],
        all: &[Arc<Settings>],
        fixes: &fix::Fixes,
        outcome: &mut Outcome,
    ) -> anyhow::Result<bool> {
        if fixes.is_register_changed {
            // Settings hold the register as it was.
            let resolver = check_resolver(self.folder, self.arguments)?;
            let common = resolver.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
            let Some(tasks) = self::tasks(self.discovery, &resolver) else { return Ok(false) };
            *outcome = self.look(&tasks, &every(&tasks, &common))?;
        } else if fixes.findings > 0 && !self.held.files.is_empty() {
            // What a manifest says of a file is no part of what was said of its text alone.
            *outcome = self.look(tasks, all)?;
        }
        fix::tell(fixes, outcome, &self.arguments.fixes, self.arguments.output.quiet);
        Ok(true)
    }
}

fn every(tasks: &[Task], common: &Arc<Settings>) -> Vec<Arc<Settings>> {
    distinct(tasks.iter().map(|task| Arc::clone(&task.settings)).chain([Arc::clone(common)]).collect())
}

/// A run over standard input.
fn from_stdin(
    arguments: &CheckArguments,
    folder: &Path,
    resolver: &Resolver,
    common: &Settings,
) -> anyhow::Result<Exit> {
    if fix::wanted(&arguments.fixes).is_some() || arguments.suppressions.add_suppressions.is_some() {
        bail!("standard input cannot be fixed: name the file");
    }
    let (output, run) = (&arguments.output, &arguments.run);
    let (settings, mut outcome) = check_stdin(arguments, resolver, common)?;
    add_registers(&mut outcome, &[Arc::clone(&settings)], &|_| false);
    if settings.line_hashes {
        // What came in has its hashes, and a file of its name may hold something else.
        let register = settings.register.name();
        add_late_hashes(&mut outcome, &|name| *name == register);
    }
    let is_named = baseline::is_named(folder, arguments.files.stdin_filename.as_deref());
    baseline::compare(&arguments.baseline, &base()?, &is_named, &mut outcome, output.quiet)?;
    finish(output, run, common, &all_rules([&settings].into_iter()), &outcome)
}

/// The diff instead of a report.
fn show_diff(arguments: &CheckArguments, fixes: &fix::Fixes, outcome: &Outcome) -> anyhow::Result<Exit> {
    write(arguments.output.output_file.as_deref(), fixes.diff.as_bytes(), Colour::Off)?;
    for notice in &outcome.notices {
        terminal::say("warning", &format!("{}: {}", notice.input, notice.message));
    }
    fix::tell(fixes, outcome, &arguments.fixes, arguments.output.quiet);
    let is_whole = outcome.notices.is_empty() && fixes.problems.is_empty();
    Ok(end_of_diff(arguments.run.exit_zero, is_whole, fixes.findings))
}

/// How a run ends that shows a diff.
fn end_of_diff(exit_zero: bool, is_whole: bool, changes: usize) -> Exit {
    match (exit_zero, is_whole, changes) {
        (true, ..) => Exit::Clean,
        (false, false, _) => Exit::Failed,
        (false, true, 0) => Exit::Clean,
        (false, true, _) => Exit::Findings,
    }
}

/// Whether a folder or file lies in what was named.
pub(super) fn covers(paths: &[PathBuf], folder: &Path) -> impl Fn(&Path) -> bool + use<> {
    let named: Vec<_> = paths.iter().map(|path| absolute(folder, path)).collect();
    move |path| named.iter().any(|named| path.starts_with(named))
}

/// Each configuration once.
pub(super) fn distinct(mut settings: Vec<Arc<Settings>>) -> Vec<Arc<Settings>> {
    let mut seen = Vec::new();
    settings.retain(|one| {
        let is_new = !seen.contains(&Arc::as_ptr(one));
        seen.push(Arc::as_ptr(one));
        is_new
    });
    settings
}

fn check_stdin(
    arguments: &CheckArguments,
    resolver: &Resolver,
    common: &Settings,
) -> anyhow::Result<(Arc<Settings>, Outcome)> {
    let named = arguments.files.stdin_filename.as_deref();
    let settings = match named {
        Some(path) => resolver.for_file(path),
        None => resolver.for_folder(Path::new("")),
    };
    let settings = settings.map_err(Arc::unwrap_or_clone)?;
    let name = InputName::new(named.unwrap_or(Path::new(STDIN_NAME)));
    let kind = InputKind::by_name(name.path()).unwrap_or(InputKind::Module);
    let is_excluded = named.is_some_and(|path| {
        let parts = path.ancestors().filter(|part| part.file_name().is_some());
        common.force_exclude && parts.into_iter().any(|part| settings.excludes(part))
    });
    let outcome = if is_excluded {
        Outcome::default()
    } else {
        match read_stream(&mut io::stdin().lock(), ceiling(kind, &settings.limits)) {
            Ok(bytes) => {
                let outcome = silently(|| run_bytes(&name, kind, bytes, &settings));
                outcome.context("the check cannot be started")?
            }
            Err(problem) => Outcome { inputs: 1, notices: vec![read_notice(&name, &problem)], ..Outcome::default() },
        }
    };
    Ok((settings, outcome))
}

fn show_files(arguments: &CheckArguments, discovery: &Discovery) -> anyhow::Result<Exit> {
    let mut text = String::new();
    let checked = |input: &&Input| input.kind != InputKind::Artifact || is_model_file(input);
    for input in discovery.inputs.iter().filter(checked) {
        text.push_str(&visible(&input.name.to_string()));
        text.push('\n');
    }
    write(arguments.output.output_file.as_deref(), text.as_bytes(), Colour::Off)?;
    for notice in &discovery.notices {
        terminal::say("warning", &format!("{}: {}", notice.input, notice.message));
    }
    let failed = !discovery.notices.is_empty() && !arguments.run.exit_zero;
    Ok(if failed { Exit::Failed } else { Exit::Clean })
}
