//! Every annotated sample: the rule its file is named after runs alone, and must find exactly the lines marked
//! `# expect: RULE` and none marked `# ok: RULE`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use loadlint::config::{Given, Place, RawConfig, Settings};
use loadlint::engine::check::check_bytes;
use loadlint::finding::InputName;
use loadlint::python::source::SourceKind;
use loadlint::rules::builtin;

pub(crate) fn samples() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/code");
    let entries = std::fs::read_dir(folder).expect("the samples are there");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "py" || extension == "ipynb"));
    files.sort();
    files
}

/// The lines whose mark (`expect` or `ok`) names `rule`.
fn marked(text: &str, mark: &str, rule: &str) -> BTreeSet<u32> {
    let names = |line: &str| {
        let marks = line.split(&format!("# {mark}: ")).nth(1)?;
        let marks = marks.split(['\\', '"', '#']).next()?;
        marks.split([',', ' ']).any(|word| word.trim() == rule).then_some(())
    };
    (1..).zip(text.lines()).filter(|(_, line)| names(line).is_some()).map(|(number, _)| number).collect()
}

/// The rule alone, with those that replace it at the same place.
pub(crate) fn settings(rule: &str) -> Settings {
    let given = |value: &str| Given { value: value.to_owned(), place: Place::Default };
    let replacing = builtin().rules().iter().filter(|other| other.supersedes.iter().any(|id| **id == *rule));
    let chosen = std::iter::once(rule).chain(replacing.map(|other| &*other.id)).map(given).collect();
    let select = Some(Given { value: chosen, place: Place::Default });
    let only = RawConfig { select, ..RawConfig::default() };
    Settings::from_layers(&[&only], Path::new("/")).expect("a rule of that name")
}

#[test]
fn every_sample_is_found_as_marked() {
    let mut wrong = String::new();
    let (mut expected_in_all, mut quiet_in_all) = (0, 0);
    for path in samples() {
        let stem = path.file_stem().and_then(|stem| stem.to_str()).expect("an ASCII name");
        let rule = stem.split('-').next().expect("a rule id").to_owned();
        let bytes = std::fs::read(&path).expect("a readable sample");
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let expected = marked(&text, "expect", &rule);
        let quiet = marked(&text, "ok", &rule);
        assert!(!expected.is_empty() || !quiet.is_empty(), "{stem} marks nothing");
        let kind =
            if path.extension().is_some_and(|e| e == "ipynb") { SourceKind::Notebook } else { SourceKind::Module };
        let outcome = check_bytes(&InputName::new(stem), kind, bytes, &settings(&rule));
        for notice in &outcome.notices {
            wrong.push_str(&format!("{stem}: notice {}\n", notice.message));
        }
        let found: BTreeSet<u32> = outcome
            .findings
            .iter()
            .filter(|finding| *finding.rule_id == *rule)
            .map(|finding| finding.location.start.line)
            .collect();
        expected_in_all += expected.len();
        quiet_in_all += quiet.len();
        let line = |number: u32| text.lines().nth(number as usize - 1).unwrap_or_default().trim().to_owned();
        for number in expected.difference(&found) {
            wrong.push_str(&format!("{stem}:{number}: missed   {}\n", line(*number)));
        }
        for number in found.difference(&expected) {
            wrong.push_str(&format!("{stem}:{number}: cried    {}\n", line(*number)));
        }
    }
    let count = wrong.lines().count();
    assert!(wrong.is_empty(), "{wrong}\n{count} wrong of {expected_in_all} to find and {quiet_in_all} to pass");
}
