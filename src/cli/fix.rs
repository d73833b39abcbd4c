//! `check --fix` and `--diff`: fixes are applied file by file until none is left, and each result is looked at before it
//! counts.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use similar::TextDiff;

use super::args::FixArguments;
use super::terminal;
use crate::config::Settings;
use crate::disk::{read_input, write_whole};
use crate::engine::check::check_bytes;
use crate::engine::run::{Task, ceiling, guarded, source_kind, with_room};
use crate::finding::{Applicability, InputName, InputOutcome, Outcome};
use crate::fix::{apply, best, plan, rewrite};
use crate::python::decode::decode;
use crate::python::source::SourceKind;
use crate::suppress::RegisterFile;

/// A fix may open the way for another one, but not for ever.
const MAX_ROUNDS: usize = 20;

/// A file that was changed, or would be.
pub(super) struct Fixed {
    pub(super) path: PathBuf,
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    pub(super) findings: usize,
    /// What is said of `after`.
    pub(super) outcome: InputOutcome,
}

/// What came of fixing.
pub(super) struct Fixes {
    /// The changes as a unified diff; empty unless asked for.
    pub(super) diff: String,
    /// How many findings were (or would be) ended.
    pub(super) findings: usize,
    /// Whether a threat register was changed, of which other files may have more or less to tell.
    pub(super) is_register_changed: bool,
    /// The files that could not be fixed, and why.
    pub(super) problems: Vec<(InputName, String)>,
}

/// How far fixes are trusted, if any are asked for.
pub(super) fn wanted(arguments: &FixArguments) -> Option<Applicability> {
    let least = if arguments.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    (arguments.fix || arguments.diff).then_some(least)
}

/// Fixes the inputs of `tasks` that `outcome` has findings in, and updates `outcome` to what stands in the files then.
pub(super) fn fix(
    tasks: &[Task],
    registers: &[Arc<Settings>],
    outcome: &mut Outcome,
    arguments: &FixArguments,
) -> io::Result<Fixes> {
    let mut fixes = Fixes { diff: String::new(), findings: 0, is_register_changed: false, problems: Vec::new() };
    let Some(least) = wanted(arguments) else { return Ok(fixes) };
    let by_name: FxHashMap<_, _> = tasks.iter().map(|task| (&task.input.name, task)).collect();
    let mut names: Vec<InputName> = outcome.findings.iter().map(|finding| &finding.location.input).cloned().collect();
    names.dedup();
    for name in names {
        let own = outcome.findings.iter().filter(|finding| finding.location.input == name);
        if !own.into_iter().any(|finding| best(finding, &name, least).is_some()) {
            continue;
        }
        let done = match (by_name.get(&name), register(registers, &name)) {
            (_, Some(settings)) => Ok(fixed_register(settings, outcome, least)),
            (Some(task), None) => with_room(|| fixed(task, least))?,
            (None, None) => continue,
        };
        let is_register = register(registers, &name).is_some();
        match done {
            Ok(Some(fixed)) if arguments.diff => {
                fixes.diff.push_str(&diff(&name, &fixed));
                fixes.findings += fixed.findings;
            }
            Ok(Some(fixed)) => match write(&fixed) {
                Ok(()) if is_register => {
                    fixes.findings += fixed.findings;
                    fixes.is_register_changed = true;
                }
                Ok(()) => {
                    fixes.findings += fixed.findings;
                    outcome.replace(&name, fixed.outcome);
                }
                Err(error) => fixes.problems.push((name, format!("cannot be written: {error}"))),
            },
            Ok(None) => {}
            Err(message) => fixes.problems.push((name, message)),
        }
    }
    outcome.sort();
    Ok(fixes)
}

/// The settings whose threat register is called `name`.
fn register<'s>(settings: &'s [Arc<Settings>], name: &InputName) -> Option<&'s Settings> {
    let has = |settings: &&Arc<Settings>| settings.register.file.as_ref().is_some_and(|file| file.name == *name);
    settings.iter().find(has).map(AsRef::as_ref)
}

/// The register with the fixes of its findings; `None` if there are none, or if entries got lost.
fn fixed_register(settings: &Settings, outcome: &Outcome, least: Applicability) -> Option<Fixed> {
    const MARK: &str = "\u{feff}";
    let register = &settings.register;
    let file = register.file.as_ref()?;
    let own = outcome.findings.iter().filter(|finding| finding.location.input == file.name);
    let plan = plan(own, &file.name, least);
    let text = apply(&file.text, &plan.edits).filter(|_| plan.findings > 0)?;
    let ids = |file: &RegisterFile| file.register.entries.iter().map(|entry| entry.id.clone()).collect::<Vec<_>>();
    let now = RegisterFile::new(file.name.clone(), text.clone(), &settings.policy.pattern);
    let size = (file.text.len() + MARK.len()) as u64;
    let before = read_input(&register.path, crate::disk::Ceiling { bytes: size, key: "its size before" }).ok()?;
    let mark = if before.starts_with(MARK.as_bytes()) { MARK } else { "" };
    let is_same = before == format!("{mark}{}", file.text).into_bytes();
    (ids(&now) == ids(file) && is_same).then(|| Fixed {
        path: register.path.clone(),
        before,
        after: format!("{mark}{text}").into_bytes(),
        findings: plan.findings,
        outcome: InputOutcome::default(),
    })
}

/// Somebody else may have written to the file since it was read.
pub(super) fn write(fixed: &Fixed) -> io::Result<()> {
    let size = fixed.before.len() as u64 + 1;
    let now = read_input(&fixed.path, crate::disk::Ceiling { bytes: size, key: "its size before" });
    if now.as_ref() != Ok(&fixed.before) {
        return Err(io::Error::other("it changed while it was fixed"));
    }
    // What a link points to is changed, not the link.
    let path = crate::disk::resolved(&fixed.path)?;
    write_whole(&path, &fixed.after)
}

/// The file with its fixes; `None` if none of them holds.
fn fixed(task: &Task, least: Applicability) -> Result<Option<Fixed>, String> {
    let Task { input, settings } = task;
    let Some(kind) = source_kind(input.kind) else { return Ok(None) };
    let before =
        read_input(&input.path, ceiling(input.kind, &settings.limits)).map_err(|p| format!("not fixed: {p}"))?;
    let check = |bytes: &[u8]| guarded(&input.name, || check_bytes(&input.name, kind, bytes.to_vec(), settings));
    let mut fixed = Fixed {
        path: input.path.clone(),
        before: before.clone(),
        after: before,
        findings: 0,
        outcome: InputOutcome::default(),
    };
    fixed.outcome = check(&fixed.after);
    for _ in 0..MAX_ROUNDS {
        let Some((after, outcome, findings)) = round(task, kind, least, &fixed, &check)? else { break };
        fixed.after = after;
        fixed.outcome = outcome;
        fixed.findings += findings;
    }
    Ok((fixed.findings > 0).then_some(fixed))
}

/// One round: all edits that fit together, or, if the result is not better, the first that is by itself.
fn round(
    task: &Task,
    kind: SourceKind,
    least: Applicability,
    now: &Fixed,
    check: &dyn Fn(&[u8]) -> InputOutcome,
) -> Result<Option<(Vec<u8>, InputOutcome, usize)>, String> {
    let Task { input, settings } = task;
    let findings = &now.outcome.findings;
    let all = plan(findings.iter(), &input.name, least);
    let alone = findings.iter().map(|finding| plan(std::iter::once(finding), &input.name, least));
    for plan in std::iter::once(all).chain(alone).filter(|plan| plan.findings > 0) {
        let after = rewrite(&input.name, kind, &now.after, &plan.edits, &settings.limits);
        let after = after.map_err(|problem| problem.to_string())?;
        let outcome = check(&after);
        let better = outcome.notices.len() <= now.outcome.notices.len()
            && outcome.findings.len() + plan.findings <= now.outcome.findings.len();
        if better {
            return Ok(Some((after, outcome, plan.findings)));
        }
    }
    Ok(None)
}

pub(super) fn diff(name: &InputName, fixed: &Fixed) -> String {
    // The round trip was held before: both texts are the files'.
    let (before, after) = (decode(fixed.before.clone()).text, decode(fixed.after.clone()).text);
    let shown = name.to_string().replace('\\', "/");
    TextDiff::from_lines(&before, &after).unified_diff().context_radius(3).header(&shown, &shown).to_string()
}

/// The last words, on standard error: what was done, and what could be.
pub(super) fn tell(fixes: &Fixes, outcome: &Outcome, arguments: &FixArguments, quiet: bool) {
    for (name, problem) in &fixes.problems {
        terminal::say("warning", &format!("{name}: {problem}"));
    }
    if quiet {
        return;
    }
    let count = |findings: usize| if findings == 1 { "1 finding".to_owned() } else { format!("{findings} findings") };
    let verb = if arguments.diff { "Would fix" } else { "Fixed" };
    let least = wanted(arguments).unwrap_or(Applicability::Safe);
    let hidden = outcome.findings.iter().filter(|finding| {
        let at = |least| best(finding, &finding.location.input, least).is_some();
        at(Applicability::Unsafe) && !at(least)
    });
    let more = match hidden.count() {
        0 => String::new(),
        more => format!(
            " {} fixable with `--unsafe-fixes`.",
            if more == 1 { "1 more is".to_owned() } else { format!("{more} more are") }
        ),
    };
    terminal::note(&format!("{verb} {}.{more}", count(fixes.findings)));
}
