//! Fixes of every sample: what comes out parses, the finding is gone, comments and layout stand, and a second run finds
//! nothing more to change.

use std::path::Path;

use loadlint::config::{Given, Place, RawConfig, Settings};
use loadlint::engine::check::check_bytes;
use loadlint::finding::{Applicability, Finding, InputName, InputOutcome};
use loadlint::fix::{best, plan, rewrite};
use loadlint::limits::Limits;
use loadlint::python::source::SourceKind;

fn all_rules() -> Settings {
    let all = vec![Given { value: "ALL".to_owned(), place: Place::Default }];
    let select = Some(Given { value: all, place: Place::Default });
    Settings::from_layers(&[&RawConfig { select, ..RawConfig::default() }], Path::new("/")).expect("valid")
}

fn fixable(outcome: &InputOutcome, name: &InputName) -> usize {
    outcome.findings.iter().filter(|finding| best(finding, name, Applicability::Unsafe).is_some()).count()
}

/// The comments of a text: everything behind a `#`, which in the samples stands in no string that a fix touches.
fn comments(text: &str) -> Vec<&str> {
    text.lines().filter_map(|line| line.split_once('#').map(|(_, comment)| comment.trim_end())).collect()
}

/// The text without the words a fix may write, without layout.
fn bare(text: &str) -> String {
    text.split_whitespace().collect::<String>()
}

#[test]
fn every_fix_of_every_sample_ends_its_finding_and_nothing_else_changes() {
    let (settings, limits) = (all_rules(), Limits::default());
    let (mut fixed, mut files) = (0, 0);
    let mut wrong = String::new();
    for path in super::samples::samples() {
        let kind = match path.extension().is_some_and(|extension| extension == "ipynb") {
            true => SourceKind::Notebook,
            false => SourceKind::Module,
        };
        let name = InputName::new(path.file_name().expect("a name"));
        let before = std::fs::read(&path).expect("a readable sample");
        let check = |bytes: &[u8]| check_bytes(&name, kind, bytes.to_vec(), &settings);
        let first = check(&before);
        // Each fix alone ends exactly its finding.
        let places = |outcome: &InputOutcome| outcome.findings.iter().map(|f| f.rule_id.clone()).collect::<Vec<_>>();
        for finding in first.findings.iter().filter(|finding| best(finding, &name, Applicability::Unsafe).is_some()) {
            let plan = plan(std::iter::once(finding), &name, Applicability::Unsafe);
            let after = rewrite(&name, kind, &before, &plan.edits, &limits).expect("it fits");
            let outcome = check(&after);
            let line = finding.location.start.line;
            let gone = places(&outcome).iter().filter(|id| **id == finding.rule_id).count()
                < places(&first).iter().filter(|id| **id == finding.rule_id).count();
            if !gone || outcome.notices.len() != first.notices.len() {
                let text = String::from_utf8_lossy(&after).into_owned();
                let now = text.lines().nth(line as usize - 1).unwrap_or_default().trim().to_owned();
                wrong.push_str(&format!("{name}:{line}: {} stays: {now}\n", finding.rule_id));
            }
        }
        // All together, until nothing is left.
        let (mut bytes, mut outcome, mut rounds) = (before.clone(), first, 0);
        while fixable(&outcome, &name) > 0 && rounds < 10 {
            let plan = plan(outcome.findings.iter(), &name, Applicability::Unsafe);
            bytes = rewrite(&name, kind, &bytes, &plan.edits, &limits).expect("it fits");
            fixed += plan.findings;
            outcome = check(&bytes);
            rounds += 1;
        }
        if rounds == 10 {
            wrong.push_str(&format!("{name}: a tenth round still changes something\n"));
        }
        if rounds > 0 {
            files += 1;
            let (old, new) = (String::from_utf8_lossy(&before), String::from_utf8_lossy(&bytes));
            assert_eq!(comments(&old), comments(&new), "{name}");
            assert!(bare(&new).len() <= bare(&old).len() + 40 * fixed, "{name}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(fixed > 100 && files > 10, "only {fixed} fixes in {files} samples");
}

#[test]
fn what_a_person_must_fill_in_is_shown_and_never_written() {
    let name = InputName::new("a.py");
    let code = b"from transformers import AutoModel\nm = AutoModel.from_pretrained('owner/name')\n";
    let outcome = check_bytes(&name, SourceKind::Module, code.to_vec(), &all_rules());
    let shown: Vec<&Finding> = outcome.findings.iter().filter(|finding| *finding.rule_id == *"LL121").collect();
    assert_eq!(shown[0].fixes[0].applicability, Applicability::Show);
    assert_eq!(shown[0].fixes[0].edits[0].text, ", revision=\"<commit id>\"");
    assert_eq!(plan(outcome.findings.iter(), &name, Applicability::Unsafe).edits, []);
}

#[test]
fn no_argument_is_added_that_the_caller_may_give_already() {
    let name = InputName::new("a.py");
    for (call, is_offered) in [
        ("def f(p, **kw): return torch.load(p, **kw)", false),
        ("def f(*args, **kwargs): return torch.load(*args, **kwargs)", false),
        ("def f(*args): return yaml.load(*args)", false),
        ("def f(p): return torch.load(p, **options())", false),
        ("def f(p, **kw): return torch.load(p, weights_only=False, **kw)", true),
        ("def f(p, **kw): return torch.load(p, **{'map_location': 'cpu'})", true),
    ] {
        let code = format!("import torch, yaml\n{call}\n");
        let outcome = check_bytes(&name, SourceKind::Module, code.into_bytes(), &all_rules());
        assert_eq!(outcome.findings.len(), 1, "{call}");
        assert_eq!(!outcome.findings[0].fixes.is_empty(), is_offered, "{call}");
    }
}
