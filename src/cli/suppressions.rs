//! `check --add-suppressions`: comments under one threat for every finding in code that nothing excuses.

use std::io;

use anyhow::bail;
use rustc_hash::FxHashSet;

use super::args::SuppressionArguments;
use super::fix::{Fixed, diff, write};
use super::terminal;
use crate::config::Settings;
use crate::disk::read_input;
use crate::engine::check::check_bytes;
use crate::engine::run::{Task, ceiling, guarded, source_kind, with_room};
use crate::engine::write_comments::{Written, write_comments};
use crate::fact::Replacement;
use crate::finding::{InputName, InputOutcome, Outcome, Suppression};
use crate::fix::rewrite;
use crate::python::decode::decode;
use crate::python::notebook::read_notebook;
use crate::python::source::{SourceKind, SourceText};
use crate::suppress::{Status, Threat, Why};
use crate::text::nearest;

/// What came of it.
#[derive(Default)]
pub(super) struct Added {
    pub(super) diff: String,
    pub(super) excused: usize,
    pub(super) left: usize,
    pub(super) files: usize,
    pub(super) problems: Vec<(InputName, String)>,
}

/// The threat and the reason, if comments are to be written.
///
/// # Errors
/// If nothing can rest on the threat, or nobody says why.
pub(super) fn why(arguments: &SuppressionArguments, settings: &Settings) -> anyhow::Result<Option<Why>> {
    let Some(id) = &arguments.add_suppressions else { return Ok(None) };
    let entry = entry(id, settings)?;
    let policy = &settings.policy;
    let reason = match &arguments.reason {
        Some(reason) => reason.trim(),
        None if policy.emptiness(&entry.title).is_none() => &entry.title,
        None => bail!("the title of {id} is no reason: say why with `--reason`"),
    };
    if let Some(empty) = policy.emptiness(reason) {
        bail!("--reason: {empty}");
    }
    if reason.contains(['\n', '\r']) {
        bail!("--reason: a reason is one line");
    }
    Ok(Some(Why { threat: id.to_owned(), reason: reason.to_owned() }))
}

fn entry<'s>(id: &str, settings: &'s Settings) -> anyhow::Result<&'s Threat> {
    let Some(file) = &settings.register.file else {
        bail!(
            "there is no threat register to look {id} up\n  = help: `loadlint threats add --title \"…\" --status accepted` \
             begins one"
        );
    };
    let Some(entry) = file.register.find(id) else {
        let like = nearest(id, file.register.entries.iter().map(|entry| &*entry.id));
        let help = match like {
            Some(like) => format!("did you mean {like}?"),
            None => format!("`loadlint threats add {id} --title \"…\" --status accepted` adds it"),
        };
        bail!("{} has no entry {id}\n  = help: {help}", file.name);
    };
    match entry.status() {
        Some(status) if status.is_in_force() => {}
        Some(status) => bail!("{id} is {}, so nothing can rest on it", status.as_str()),
        None => {
            let words: Vec<_> = Status::ALL.iter().map(|status| status.as_str()).collect();
            bail!("{id} has no status, so nothing can rest on it; there are {}", words.join(", "));
        }
    }
    if entry.is_expired(settings.policy.today) {
        bail!("{id} has expired, so nothing can rest on it");
    }
    Ok(entry)
}

/// Writes the comments, or makes their diff.
pub(super) fn add(tasks: &[Task], outcome: &Outcome, why: &Why, only_diff: bool) -> io::Result<Added> {
    let mut added = Added::default();
    let found: FxHashSet<_> = outcome.findings.iter().map(|finding| &finding.location.input).collect();
    for task in tasks.iter().filter(|task| found.contains(&task.input.name)) {
        let name = &task.input.name;
        let (fixed, written) = match with_room(|| commented(task, why))? {
            Ok(Some(done)) => done,
            Ok(None) => continue,
            Err(problem) => {
                added.problems.push((name.clone(), problem));
                continue;
            }
        };
        added.left += written.left;
        if written.excused == 0 {
            continue;
        }
        if only_diff {
            added.diff.push_str(&diff(name, &fixed));
        } else if let Err(error) = write(&fixed) {
            added.problems.push((name.clone(), format!("cannot be written: {error}")));
            continue;
        }
        added.excused += written.excused;
        added.files += 1;
    }
    Ok(added)
}

/// The file with its comments; `None` for one that can have none.
fn commented(task: &Task, why: &Why) -> Result<Option<(Fixed, Written)>, String> {
    let Task { input, settings } = task;
    let Some(kind) = source_kind(input.kind) else { return Ok(None) };
    let before = read_input(&input.path, ceiling(input.kind, &settings.limits));
    let before = before.map_err(|problem| format!("no comments written: {problem}"))?;
    let Some(source) = source(&input.name, kind, &before, settings) else { return Ok(None) };
    let mut written = Written::default();
    // What fails on a text must not end the run.
    let failed = guarded(&input.name, || {
        written = write_comments(&source, settings, &|_| true, why);
        InputOutcome::default()
    });
    if let Some(notice) = failed.notices.first() {
        return Err(notice.message.clone());
    }
    let replacement = |edit: &crate::finding::Edit| Replacement { region: edit.region, text: edit.text.clone() };
    let edits: Vec<_> = written.edits.iter().map(replacement).collect();
    let after = rewrite(&input.name, kind, &before, &edits, &settings.limits).map_err(|problem| problem.to_string())?;
    let check = |bytes: &[u8]| guarded(&input.name, || check_bytes(&input.name, kind, bytes.to_vec(), settings));
    let (was, is) = (check(&before), check(&after));
    if is.notices.len() > was.notices.len() || counting(&is) + written.excused > counting(&was) {
        return Err("no comments written: what they would excuse is not excused in the file".to_owned());
    }
    let fixed = Fixed { path: input.path.clone(), before, after, findings: written.excused, outcome: is };
    Ok(Some((fixed, written)))
}

fn counting(outcome: &InputOutcome) -> usize {
    let counts = |finding: &&crate::finding::Finding| !finding.suppression.as_ref().is_some_and(Suppression::holds);
    outcome.findings.iter().filter(counts).count()
}

fn source(name: &InputName, kind: SourceKind, bytes: &[u8], settings: &Settings) -> Option<SourceText> {
    match kind {
        SourceKind::Module => Some(SourceText::module(name.clone(), decode(bytes.to_vec()).text)),
        SourceKind::Stub => None,
        SourceKind::Script(kind) => Some(SourceText::script(name.clone(), kind, decode(bytes.to_vec()).text)),
        SourceKind::Notebook => {
            read_notebook(name.clone(), bytes.to_vec(), &settings.limits).ok().map(|notebook| notebook.source)
        }
    }
}

/// The last words, on standard error.
pub(super) fn tell(added: &Added, why: &Why, only_diff: bool, quiet: bool) {
    for (name, problem) in &added.problems {
        terminal::say("warning", &format!("{name}: {problem}"));
    }
    if quiet {
        return;
    }
    let counted = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    let verb = if only_diff { "Would excuse" } else { "Excused" };
    let more = match added.left {
        0 => String::new(),
        left => format!(
            " {} {}: {} is not about it, or no comment can stand there.",
            counted(left, "finding"),
            if left == 1 { "stays" } else { "stay" },
            why.threat
        ),
    };
    let (findings, files) = (counted(added.excused, "finding"), counted(added.files, "file"));
    terminal::note(&format!("{verb} {findings} in {files} under {}.{more}", why.threat));
}
