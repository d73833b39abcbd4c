//! Every published way past a scanner that names a technique, by the id of its advisory: each is told, and as an error
//! where it runs code.

mod archives;
pub(crate) mod build;
mod gadgets;
mod pickles;

use loadlint::bytes::Window;
use loadlint::config::Settings;
use loadlint::engine::scan::scan;
use loadlint::finding::{Finding, InputName, InputOutcome, Level};
use std::path::Path;

/// What is said of a file with this name and content.
pub(crate) fn scanned(name: &str, bytes: Vec<u8>) -> InputOutcome {
    let settings = Settings::from_layers(&[], Path::new("/")).expect("the default holds");
    scan(&InputName::new(name), &Window::from(bytes), &settings)
}

/// The findings of a rule.
pub(crate) fn of<'o>(outcome: &'o InputOutcome, rule: &str) -> Vec<&'o Finding> {
    outcome.findings.iter().filter(|finding| *finding.rule_id == *rule).collect()
}

/// Asserts that a finding of at least this level, whose message holds `word`, is told.
#[track_caller]
pub(crate) fn told(advisory: &str, outcome: &InputOutcome, level: Level, word: &str) {
    let is = |finding: &&Finding| finding.level >= level && finding.message.contains(word);
    assert!(outcome.findings.iter().any(|finding| is(&finding)), "{advisory}: {:#?}", outcome.findings);
}
