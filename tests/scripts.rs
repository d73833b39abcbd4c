//! Scripts, Dockerfiles, settings: annotated samples, hostile texts, comments, and what the command line makes of them.
//!
//! A mark at the end of a line is about the line; one in a line of its own is about the next line that is no comment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use loadlint::discover::InputKind;
use loadlint::engine::check::check_bytes;
use loadlint::engine::run::source_kind;
use loadlint::finding::InputName;

use crate::samples::settings;

fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/scripts");
    let entries = std::fs::read_dir(folder).expect("the samples are there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.sort();
    files
}

/// The lines whose mark (`expect` or `ok`) names `rule`.
fn marked(text: &str, mark: &str, rule: &str) -> BTreeSet<u32> {
    let lines: Vec<&str> = text.lines().collect();
    let is_comment = |line: &str| line.trim().is_empty() || line.trim_start().starts_with('#');
    let names = |line: &str| {
        let marks = line.split(&format!("# {mark}: ")).nth(1).unwrap_or_default();
        marks.split([',', ' ']).any(|word| word == rule)
    };
    let place = |at: usize| match is_comment(lines[at]) {
        true => (at..lines.len()).find(|below| !is_comment(lines[*below])).unwrap_or(at),
        false => at,
    };
    (0..lines.len()).filter(|at| names(lines[*at])).map(|at| place(at) as u32 + 1).collect()
}

#[test]
fn every_script_is_found_as_marked() {
    let mut wrong = String::new();
    for path in samples() {
        let file = path.file_name().and_then(|name| name.to_str()).expect("an ASCII name").to_owned();
        let rule = file.split(['-', '.']).next().expect("a rule id").to_owned();
        let bytes = std::fs::read(&path).expect("a readable sample");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (expected, quiet) = (marked(&text, "expect", &rule), marked(&text, "ok", &rule));
        assert!(!expected.is_empty() && expected.is_disjoint(&quiet), "{file} marks nothing, or a line twice");
        let kind = InputKind::by_name(&path).and_then(source_kind).expect("a kind by its name");
        let outcome = check_bytes(&InputName::new(file.as_str()), kind, bytes, &settings(&rule));
        assert_eq!(outcome.notices, [], "{file}");
        let own = outcome.findings.iter().filter(|finding| *finding.rule_id == *rule);
        let found: BTreeSet<u32> = own.map(|finding| finding.location.start.line).collect();
        let line = |number: u32| text.lines().nth(number as usize - 1).unwrap_or_default().trim().to_owned();
        for number in expected.difference(&found) {
            wrong.push_str(&format!("{file}:{number}: missed   {}\n", line(*number)));
        }
        for number in found.difference(&expected) {
            wrong.push_str(&format!("{file}:{number}: cried    {}\n", line(*number)));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
