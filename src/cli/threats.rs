//! `loadlint threats`, and `threats add`.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::Exit;
use super::args::{ThreatsAddArguments, ThreatsArguments, ThreatsCommand, ThreatsFormat};
use super::check::{covers, distinct};
use super::held::{cache, held};
use super::inputs::{find, run_tasks_held, tasks};
use super::outcome::write;
use super::settings::{current_folder, resolver};
use super::terminal;
use crate::config::{Settings, ThreatRegister};
use crate::discover::Wanted;
use crate::disk::{Ceiling, is_there, read_input, resolved, write_whole};
use crate::engine::register::add_registers;
use crate::fact::SuppressionProblem;
use crate::finding::{Finding, Level};
use crate::report::{Colour, OpenVex, Threats};
use crate::suppress::RegisterFile;
use crate::suppress::threats::{NewThreat, add_entry};

pub(super) fn threats(arguments: &ThreatsArguments) -> anyhow::Result<Exit> {
    if let Some(ThreatsCommand::Add(add)) = &arguments.command {
        return self::add(add);
    }
    let folder = current_folder()?;
    let resolver = resolver(&folder, &arguments.source)?;
    let common = resolver.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
    let here = [PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { &here[..] } else { &arguments.paths };
    let discovery = find(paths, Wanted::CodeAndArtifacts, arguments.threads, &resolver, &common);
    let Some(tasks) = tasks(&discovery, &resolver) else { return Ok(Exit::Failed) };
    let mut held = held(paths, &folder, &resolver, &tasks, &common);
    held.threads = arguments.threads;
    if !held.files.is_empty() {
        held.cache = cache();
    }
    let mut outcome = run_tasks_held(&tasks, arguments.threads, true, &held)?;
    outcome.notices.extend(discovery.notices);
    let settings = tasks.iter().map(|task| Arc::clone(&task.settings)).chain([Arc::clone(&common)]).collect();
    let settings = distinct(settings);
    add_registers(&mut outcome, &settings, &covers(paths, &folder));
    let mut registers: Vec<&RegisterFile> =
        settings.iter().filter_map(|settings| settings.register.file.as_ref()).collect();
    registers.sort_by(|a, b| a.name.cmp(&b.name));
    registers.dedup_by(|a, b| a.name == b.name);
    let problems: Vec<_> = outcome.findings.iter().filter(|finding| is_about_threats(finding, &common)).collect();
    let shown = Threats {
        registers: &registers,
        citations: &outcome.citations,
        problems: &problems,
        today: common.policy.today,
    };
    let text = rendered(&shown, arguments).context("the report cannot be written")?;
    write(arguments.output_file.as_deref(), &text, Colour::Off)?;
    for notice in &outcome.notices {
        terminal::say("warning", &format!("{}: {}", notice.input, notice.message));
    }
    if registers.is_empty() && outcome.notices.is_empty() {
        terminal::note("There is no threat register; `loadlint threats add --title \"…\"` begins one.");
    }
    let fails = arguments.check && problems.iter().any(|finding| finding.level >= Level::Warning);
    Ok(match (outcome.notices.is_empty(), fails) {
        (false, _) => Exit::Failed,
        (true, true) => Exit::Findings,
        (true, false) => Exit::Clean,
    })
}

fn rendered(shown: &Threats<'_>, arguments: &ThreatsArguments) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    match arguments.output_format {
        ThreatsFormat::Full => shown.write_table(&mut text)?,
        ThreatsFormat::Json => shown.write_json(&mut text)?,
        ThreatsFormat::Markdown => shown.write_markdown(&mut text)?,
        ThreatsFormat::Openvex => {
            let options = OpenVex { author: &arguments.author, products: &arguments.product };
            shown.write_openvex(options, &mut text)??;
        }
    }
    Ok(text)
}

/// Whether a finding is about the register, or about how a comment cites it.
fn is_about_threats(finding: &Finding, settings: &Settings) -> bool {
    use SuppressionProblem::{OutOfScope, ThreatNotInForce, UnknownThreat};
    let about = |kind: &SuppressionProblem| {
        kind.is_of_register() || matches!(kind, OutOfScope | ThreatNotInForce | UnknownThreat)
    };
    let rule = settings.rule_set.find(&finding.rule_id);
    rule.is_some_and(|rule| rule.when.suppressions().iter().flat_map(|clause| &clause.problem).any(about))
}

fn add(arguments: &ThreatsAddArguments) -> anyhow::Result<Exit> {
    let folder = current_folder()?;
    let settings = resolver(&folder, &arguments.source)?.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
    let today = settings.policy.today;
    let new = NewThreat {
        id: arguments.id.clone(),
        title: arguments.title.clone(),
        status: arguments.status.into(),
        owner: arguments.owner.clone(),
        rules: arguments.rules.clone(),
        scope: arguments.scope.clone(),
        added: today,
        review_by: arguments.review_by.or(today.map(crate::suppress::Date::next_year)),
        expires: arguments.expires,
    };
    let register = &settings.register;
    if let (Some(problem), true) = (&register.problem, is_there(&register.path)) {
        bail!("{}: {}", problem.input, problem.message);
    }
    let added = add_entry(register.file.as_ref(), &register.name(), &settings.policy, &new)?;
    put(register, added.edit.region.start as usize, &added.edit.text)
        .with_context(|| format!("cannot write {}", register.path.display()))?;
    terminal::note(&format!("Added {} to {}.", added.id, register.name()));
    Ok(Exit::Clean)
}

/// Puts `text` into the register at byte `at` of its text.
fn put(register: &ThreatRegister, at: usize, text: &str) -> io::Result<()> {
    const MARK: &[u8] = b"\xef\xbb\xbf";
    let Some(file) = &register.file else { return write_whole(&register.path, text.as_bytes()) };
    let ceiling = Ceiling { bytes: (file.text.len() + MARK.len()) as u64, key: "its size before" };
    let mut bytes = read_input(&register.path, ceiling).map_err(|problem| io::Error::other(problem.to_string()))?;
    let mark = if bytes.starts_with(MARK) { MARK.len() } else { 0 };
    if bytes.get(mark..) != Some(file.text.as_bytes()) {
        return Err(io::Error::other("it changed while the entry was made"));
    }
    bytes.splice(mark + at..mark + at, text.bytes());
    // What a link points to is changed, not the link.
    write_whole(&resolved(&register.path)?, &bytes)
}
