//! The bytes of one input to findings and notices: the pipeline that command line, server and tests share.

use super::source::check_source;
use crate::config::Settings;
use crate::finding::{InputName, InputOutcome, Notice, NoticeKind};
use crate::python::decode::decode;
use crate::python::source::{SourceKind, SourceText};

/// Checks the bytes of one input. Findings that a comment excuses carry their suppression.
pub fn check_bytes(name: &InputName, kind: SourceKind, bytes: Vec<u8>, settings: &Settings) -> InputOutcome {
    let decoded = decode(bytes);
    let source = SourceText::module(name.clone(), decoded.text);
    let source = SourceText { kind, ..source };
    let mut outcome = check_source(&source, settings);
    if let Some(problem) = decoded.problem {
        let notice = Notice { kind: NoticeKind::Undecodable, input: name.clone(), message: problem.to_string(), location: None };
        outcome.notices.insert(0, notice);
    }
    keep_asked_for(outcome, name, settings)
}

/// Leaves out what the user did not ask for: rules ignored for this file, levels below the least.
fn keep_asked_for(mut outcome: InputOutcome, name: &InputName, settings: &Settings) -> InputOutcome {
    let ignored = settings.ignored_rules(name.path());
    outcome.findings.retain(|finding| finding.level >= settings.min_level && !ignored.contains(&finding.rule_id));
    outcome
}
