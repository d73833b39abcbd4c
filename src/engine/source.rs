//! One parsed text to findings: the heart of `check`.

use std::sync::Arc;

use super::loads::loads;
use crate::config::{Comments, Settings};
use crate::fact::Step;
use crate::finding::{
    CodeFlow, Finding, FlowStep, InputOutcome, Location, Notice, NoticeKind, Suppression, SuppressionKind,
    SuppressionStatus,
};
use crate::python::guard::{check_nesting, contained};
use crate::python::parse::Syntax;
use crate::python::source::SourceText;
use crate::python::{Incomplete, extract};
use crate::rules::{Match, match_facts};
use crate::suppress::Suppressions;
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
    let (facts, incomplete) = extract(&source.text, syntax, &settings.vocabulary, &settings.limits);
    note_limits(source, settings, incomplete, outcome);
    outcome.loads.extend(loads(source, syntax, &facts, settings));
    let mut matches = match_facts(&settings.rules, &facts, &source.text);
    let most = settings.limits.max_findings_per_file;
    if matches.len() > most {
        outcome.notices.push(limit(
            source,
            format!("`max-findings-per-file` ({most}) reached: {} more are not shown", matches.len() - most),
            None,
        ));
        matches.truncate(most);
    }
    if matches.is_empty() {
        return;
    }
    let suppressions = match settings.comments {
        Comments::Honoured => {
            Some(Suppressions::new(&syntax.comments(&source.text), source.index(), &settings.rule_set))
        }
        Comments::Disregarded => None,
    };
    outcome.findings.extend(matches.into_iter().map(|found| finding(source, settings, found, suppressions.as_ref())));
}

fn finding(source: &SourceText, settings: &Settings, found: Match, suppressions: Option<&Suppressions>) -> Finding {
    let comment = suppressions.and_then(|comments| comments.find(&found, source.index()));
    let suppression = comment.map(|(region, nosec)| Suppression {
        kind: SuppressionKind::Comment,
        status: SuppressionStatus::Accepted,
        location: Some(source.locate(region)),
        justification: nosec.justification.clone(),
        threats: Vec::new(),
    });
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

fn limit(source: &SourceText, message: String, location: Option<Location>) -> Notice {
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
}
