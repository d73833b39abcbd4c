//! `loadlint check`.

use std::io;
use std::num::NonZero;
use std::panic;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use anyhow::{Context as _, bail};

use super::Exit;
use super::args::CheckArguments;
use super::settings::{check_resolver, current_folder};
use super::terminal::{self, Progress};
use crate::config::{OutputFormat, Resolver, Settings};
use crate::discover::{Discovery, InputKind, WalkOptions, discover};
use crate::disk::{read_stream, write_whole};
use crate::engine::run::{Task, ceiling, read_notice, run, run_bytes};
use crate::finding::{InputName, Outcome};
use crate::report::{Colour, Concise, Full, Json, ReportContext, Reporter, Shown, Statistics, StatisticsForm, visible};
use crate::rules::Rule;

/// What standard input is called without `--stdin-filename`.
const STDIN_NAME: &str = "<stdin>";

pub(super) fn check(arguments: &CheckArguments) -> anyhow::Result<Exit> {
    let folder = current_folder()?;
    let resolver = check_resolver(&folder, arguments)?;
    // Output format and the like are one for the run: those of the current folder.
    let common = resolver.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
    let is_dash = |path: &PathBuf| path.as_os_str() == "-";
    let reads_stdin = match &arguments.paths[..] {
        [] => arguments.files.stdin_filename.is_some(),
        [path] => is_dash(path),
        paths if paths.iter().any(is_dash) => bail!("`-` stands alone: standard input is checked without other paths"),
        _ => false,
    };
    if reads_stdin {
        return check_stdin(arguments, &resolver, &common);
    }
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
    let discovery = find(paths, &resolver, &common, arguments);
    let tasks = match tasks(&discovery, &resolver) {
        Some(tasks) => tasks,
        None => {
            resolver.errors().iter().for_each(|error| terminal::say_error(&error.to_string()));
            return Ok(Exit::Failed);
        }
    };
    if !arguments.output.quiet {
        for folder in &discovery.empty {
            terminal::say("warning", &format!("no Python files found under {}", folder.display()));
        }
    }
    if arguments.files.show_files {
        return show_files(arguments, &discovery);
    }
    let wanted = !arguments.output.quiet && !arguments.output.no_progress;
    let progress = Progress::new(tasks.len(), wanted);
    let outcome = silently(|| run(&tasks, arguments.threads, &|done| progress.tell(done)));
    progress.finish();
    let mut outcome = outcome.context("the threads cannot be started")?;
    outcome.notices.extend(discovery.notices);
    outcome.sort();
    let rules = all_rules(tasks.iter().map(|task| &task.settings).chain([&common]));
    finish(arguments, &common, &rules, &outcome)
}

fn find(paths: &[PathBuf], resolver: &Resolver, common: &Settings, arguments: &CheckArguments) -> Discovery {
    // A configuration with a mistake excludes nothing here; the mistake ends the run before anything is checked.
    let excluded = |path: &Path| resolver.for_file(path).is_ok_and(|settings| settings.excludes(path));
    let options = WalkOptions {
        respect_gitignore: common.respect_gitignore,
        force_exclude: common.force_exclude,
        excluded: &excluded,
        workers: match arguments.threads {
            0 => thread::available_parallelism().map_or(1, NonZero::get),
            threads => threads,
        },
    };
    discover(paths, &options)
}

/// `None` if the configuration of a folder is wrong.
fn tasks(discovery: &Discovery, resolver: &Resolver) -> Option<Vec<Task>> {
    let task = |input: &crate::discover::Input| {
        let settings = resolver.for_file(&input.path).ok()?;
        Some(Task { input: input.clone(), settings })
    };
    let tasks: Option<Vec<_>> = discovery.inputs.iter().map(task).collect();
    tasks.filter(|_| resolver.errors().is_empty())
}

fn check_stdin(arguments: &CheckArguments, resolver: &Resolver, common: &Settings) -> anyhow::Result<Exit> {
    let named = arguments.files.stdin_filename.as_deref();
    let settings = match named {
        Some(path) => resolver.for_file(path),
        None => resolver.for_folder(Path::new("")),
    };
    let settings = settings.map_err(Arc::unwrap_or_clone)?;
    let name = InputName::new(named.unwrap_or(Path::new(STDIN_NAME)));
    let kind = InputKind::by_extension(name.path()).unwrap_or(InputKind::Module);
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
                outcome.context("the thread cannot be started")?
            }
            Err(problem) => Outcome { inputs: 1, notices: vec![read_notice(&name, &problem)], ..Outcome::default() },
        }
    };
    let rules = all_rules([&settings].into_iter());
    finish(arguments, common, &rules, &outcome)
}

fn show_files(arguments: &CheckArguments, discovery: &Discovery) -> anyhow::Result<Exit> {
    let mut text = String::new();
    for input in &discovery.inputs {
        text.push_str(&visible(&input.name.to_string()));
        text.push('\n');
    }
    write(arguments, text.as_bytes(), Colour::Off)?;
    for notice in &discovery.notices {
        terminal::say("warning", &format!("{}: {}", notice.input, notice.message));
    }
    let failed = !discovery.notices.is_empty() && !arguments.exit_zero;
    Ok(if failed { Exit::Failed } else { Exit::Clean })
}

/// Reports and decides how the run ended.
fn finish(
    arguments: &CheckArguments,
    common: &Settings,
    rules: &[Arc<Rule>],
    outcome: &Outcome,
) -> anyhow::Result<Exit> {
    let output = &arguments.output;
    let shown = |yes: bool| if yes { Shown::Yes } else { Shown::No };
    let colour = match output.output_file {
        Some(_) if output.color == super::args::ColorWord::Auto => Colour::Off,
        Some(_) | None => terminal::colour(output.color),
    };
    let context =
        ReportContext { rules, colour, suppressed: shown(output.show_suppressed), summary: shown(!output.quiet) };
    let reporter: &dyn Reporter = match (output.statistics, common.output_format) {
        (true, OutputFormat::Json) => &Statistics(StatisticsForm::Json),
        (true, OutputFormat::Full | OutputFormat::Concise) => &Statistics(StatisticsForm::Text),
        (false, OutputFormat::Full) => &Full,
        (false, OutputFormat::Concise) => &Concise,
        (false, OutputFormat::Json) => &Json,
    };
    let mut text = Vec::new();
    reporter.report(outcome, &context, &mut text).context("the report cannot be written")?;
    match write(arguments, &text, colour) {
        Err(error) if !super::is_broken_pipe(&error) => return Err(error),
        Ok(()) | Err(_) => {}
    }
    Ok(if arguments.exit_zero {
        Exit::Clean
    } else if !outcome.notices.is_empty() {
        Exit::Failed
    } else if !outcome.findings.is_empty() {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

fn write(arguments: &CheckArguments, text: &[u8], colour: Colour) -> anyhow::Result<()> {
    match &arguments.output.output_file {
        Some(path) => write_whole(path, text).with_context(|| format!("cannot write {}", path.display())),
        None => terminal::print(text, colour).context("cannot write to standard output"),
    }
}

/// The rules of all settings, each once, by id.
fn all_rules<'a>(settings: impl Iterator<Item = &'a Arc<Settings>>) -> Vec<Arc<Rule>> {
    let mut sets: Vec<_> = settings.map(|settings| &settings.rule_set).collect();
    sets.dedup_by(|a, b| Arc::ptr_eq(a, b));
    sets.sort_by_key(|set| Arc::as_ptr(set));
    sets.dedup_by(|a, b| Arc::ptr_eq(a, b));
    let mut rules: Vec<_> = sets.iter().flat_map(|set| set.rules()).cloned().collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules.dedup_by(|a, b| a.id == b.id);
    rules
}

/// A panic while a file is checked becomes a notice; its message must not stand between the reports.
fn silently<T>(work: impl FnOnce() -> T) -> T {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let done = work();
    panic::set_hook(hook);
    done
}
