//! One parsed text to findings: the heart of `check`.

use std::path::Path;
use std::sync::Arc;

use super::excuse::{citation, problem_finding, suppression};
use super::loads::loads;
use crate::config::{Comments, Settings};
use crate::fact::{Call, Comment, Facts, Replacement, Step};
use crate::finding::{CodeFlow, Edit, Finding, Fix, FlowStep, InputOutcome, Location, Notice, NoticeKind};
use crate::python::edit::replacements;
use crate::python::guard::{check_nesting, contained};
use crate::python::parse::Syntax;
use crate::python::source::{SourceKind, SourceText};
use crate::python::{Incomplete, extract};
use crate::rules::{CodeLoad, Match, WantedFix, code_loads, match_facts};
use crate::suppress::comments::may_hold;
use crate::suppress::{Claim, Excuse, Judged, Language, Subject, excuses, judge};
use crate::text::Region;

/// Checks one text. Findings that a comment excuses carry their suppression.
///
/// A cell of a notebook that is no valid Python is checked by itself: an open bracket in it must not swallow the rest.
pub(super) fn check_source(source: &SourceText, settings: &Settings) -> InputOutcome {
    let mut outcome = InputOutcome::default();
    let Some(syntax) = parse(source, settings, &mut outcome) else { return outcome };
    if source.cells.len() < 2 || syntax.problem().is_none() {
        check_parsed(source, &syntax, settings, &mut outcome);
        return outcome;
    }
    let whole = 0..source.cells.len();
    let broken = |index: &usize| {
        let text = &source.text[source.cell_region(*index).range()];
        contained(|| Syntax::parse(text, source.kind)).is_none_or(|syntax| syntax.problem().is_some())
    };
    let (broken, sound): (Vec<usize>, Vec<usize>) = whole.partition(broken);
    let alone = broken.iter().map(|index| vec![*index]);
    for cells in std::iter::once(sound).chain(alone) {
        let part = only_cells(source, &cells);
        if let Some(syntax) = parse(&part, settings, &mut outcome) {
            check_parsed(&part, &syntax, settings, &mut outcome);
        }
    }
    outcome
}

/// The same text with all other cells turned into spaces, so that every place stays where it is.
fn only_cells(source: &SourceText, cells: &[usize]) -> SourceText {
    let mut bytes = source.text.clone().into_bytes();
    for index in (0..source.cells.len()).filter(|index| !cells.contains(index)) {
        for byte in &mut bytes[source.cell_region(index).range()] {
            if !matches!(byte, b'\n' | b'\r') {
                *byte = b' ';
            }
        }
    }
    SourceText { text: String::from_utf8_lossy(&bytes).into_owned(), ..source.clone() }
}

/// Parses what is not too deep for the parser; a notice where it is.
fn parse(source: &SourceText, settings: &Settings, outcome: &mut InputOutcome) -> Option<Syntax> {
    if let Err(problem) = check_nesting(&source.text, source.kind, &settings.limits) {
        let at = Region::new(problem.offset(), problem.offset());
        outcome.notices.push(limit(source, problem.to_string(), Some(source.locate(at))));
        return None;
    }
    let syntax = contained(|| Syntax::parse(&source.text, source.kind));
    if syntax.is_none() {
        outcome.notices.push(Notice {
            kind: NoticeKind::InternalError,
            input: source.name.clone(),
            message: "not analysed: the parser failed on this text".to_owned(),
            location: None,
        });
    }
    syntax
}

fn check_parsed(source: &SourceText, syntax: &Syntax, settings: &Settings, outcome: &mut InputOutcome) {
    if let Some((problem, count)) = syntax.problem() {
        let more = if count > 1 { format!(", and {} more", count - 1) } else { String::new() };
        outcome.notices.push(Notice {
            kind: NoticeKind::SyntaxError,
            input: source.name.clone(),
            message: format!("not valid Python: {}{more}; what could be read was analysed", problem.message),
            location: Some(source.locate(problem.region)),
        });
    }
    let (facts, incomplete) = extract(&source.text, syntax, settings.vocabulary(), &settings.limits);
    note_limits(source, settings, incomplete, outcome);
    let mut matches = match_facts(&settings.rules, &facts, &source.text);
    let most = settings.limits.max_findings_per_file;
    let is_whole = matches.len() <= most;
    if matches.len() > most {
        outcome.notices.push(limit(
            source,
            format!("`max-findings-per-file` ({most}) reached: {} more are not shown", matches.len() - most),
            None,
        ));
        matches.truncate(most);
    }
    let named = code_loads(&settings.rules, &facts);
    let (judged, named_excuses) = match settings.comments {
        Comments::Honoured if may_hold(&source.text) => {
            // What was not looked at may be what a comment excuses.
            let is_complete = is_whole && syntax.problem().is_none() && outcome.notices.is_empty();
            judge_comments(source, syntax, settings, &facts, (&matches, &named), is_complete)
        }
        Comments::Honoured | Comments::OfRegister | Comments::Disregarded => Default::default(),
    };
    outcome.loads.extend(loads(source, named, named_excuses));
    let excuses = judged.excuses.into_iter().chain(std::iter::repeat(None));
    let locate = |region| source.locate(region);
    let fixes = fixes(source, syntax, &matches);
    let findings = matches.into_iter().zip(excuses).zip(fixes).map(|((found, excuse), fixes)| {
        let finding = finding(source, settings, found, excuse);
        Finding { fixes, ..finding }
    });
    outcome.findings.extend(findings);
    outcome.findings.extend(judged.problems.into_iter().filter_map(|one| problem_finding(one, settings, &locate)));
    outcome.citations.extend(judged.citations.into_iter().map(|cited| citation(cited, &locate)));
    outcome.findings.sort_by(Finding::order);
}

/// The fixes of each match: what its rule wants, as far as it can be written.
fn fixes(source: &SourceText, syntax: &Syntax, matches: &[Match]) -> Vec<Vec<Fix>> {
    let wanted: Vec<_> = matches.iter().flat_map(|found| &found.fixes).map(|fix| &fix.change).collect();
    let mut made = replacements(syntax, &source.text, &wanted).into_iter();
    // A magic is analysed as other text than the file has.
    let as_written = |at: Region| source.written.as_ref().is_none_or(|w| w[at.range()] == source.text[at.range()]);
    let edit = |Replacement { region, text }| Edit { input: source.name.clone(), region, text };
    let one = |wanted: &WantedFix, made: Option<Vec<Replacement>>| {
        let edits = made.filter(|_| as_written(wanted.change.call))?.into_iter().map(edit).collect();
        Some(Fix { title: wanted.title.clone(), applicability: wanted.applicability, edits })
    };
    let of_match =
        |found: &Match| found.fixes.iter().filter_map(|fix| one(fix, made.next().flatten())).collect::<Vec<_>>();
    matches.iter().map(of_match).collect()
}

fn judge_comments(
    source: &SourceText,
    syntax: &Syntax,
    settings: &Settings,
    facts: &Facts,
    (matches, loads): (&[Match], &[CodeLoad]),
    is_complete: bool,
) -> (Judged, Vec<Option<Excuse>>) {
    let comments = syntax.comments(&source.text);
    let path = settings.path_in_register(source.name.path());
    let subject = Subject { is_complete, ..subject(source, settings, &comments, &facts.calls, path.as_deref()) };
    let claims: Vec<_> = matches.iter().map(claim).collect();
    let of_loads: Vec<_> =
        loads.iter().map(|load| Claim { rule: &load.rule, region: load.region, statement: load.statement }).collect();
    let of_loads = if of_loads.is_empty() { Vec::new() } else { excuses(&subject, &of_loads) };
    (judge(&subject, &claims), of_loads)
}

/// A text with its comments, as if everything in it had been looked at. `path` is the text's from the register.
pub(super) fn subject<'a>(
    source: &'a SourceText,
    settings: &'a Settings,
    comments: &'a [Comment],
    calls: &'a [Call],
    path: Option<&'a Path>,
) -> Subject<'a> {
    Subject {
        name: &source.name,
        path,
        text: &source.text,
        index: source.index(),
        language: if matches!(source.kind, SourceKind::Script(_)) { Language::Other } else { Language::Python },
        comments,
        calls,
        is_complete: true,
        active: &settings.rules,
        rules: &settings.rule_set,
        policy: &settings.policy,
        register: settings.register.file.as_ref(),
    }
}

/// A match as far as comments are concerned.
pub(super) fn claim(found: &Match) -> Claim<'_> {
    Claim { rule: &found.rule, region: found.region, statement: found.statement }
}

/// The finding for a match, and what excuses it.
pub(super) fn finding(source: &SourceText, settings: &Settings, found: Match, excuse: Option<Excuse>) -> Finding {
    let suppression = excuse.map(|excuse| suppression(excuse, &|region| source.locate(region)));
    let steps = |steps: Vec<Step>| -> Vec<FlowStep> {
        steps.into_iter().map(|step| FlowStep { location: source.locate(step.region), message: step.message }).collect()
    };
    let location: Location = source.locate(found.region);
    let code_flow = (!found.flow.is_empty()).then(|| {
        let mut flow = steps(found.flow);
        flow.push(FlowStep { location: location.clone(), message: "loaded here".to_owned() });
        CodeFlow { steps: flow }
    });
    Finding {
        rule_id: Arc::clone(&found.rule.id),
        rule_name: Arc::clone(&found.rule.name),
        level: settings.level(&found.rule.id).unwrap_or(found.level),
        message: found.message,
        help: found.rule.cure.clone(),
        location,
        reasons: steps(found.reasons),
        code_flow,
        suppression,
        fixes: Vec::new(),
    }
}

/// The notice that a limit was reached.
pub(super) fn limit(source: &SourceText, message: String, location: Option<Location>) -> Notice {
    Notice { kind: NoticeKind::LimitReached, input: source.name.clone(), message, location }
}

fn note_limits(source: &SourceText, settings: &Settings, incomplete: Incomplete, outcome: &mut InputOutcome) {
    if let Some(region) = incomplete.cut_at {
        let message =
            format!("`max-tree-depth` ({}) reached: not analysed below this place", settings.limits.max_tree_depth);
        outcome.notices.push(limit(source, message, Some(source.locate(region))));
    }
    if incomplete.out_of_steps {
        let message = format!(
            "`max-resolution-steps` ({}) reached: names and values were not followed to their end",
            settings.limits.max_resolution_steps
        );
        outcome.notices.push(limit(source, message, None));
    }
    if incomplete.is_cut {
        let message = "a list, a dictionary or the names of one object grow by more lines than are followed".to_owned();
        outcome.notices.push(limit(source, message, None));
    }
}
