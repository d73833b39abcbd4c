//! Comments that excuse findings, held against a register: each case is a module and all that is said of it.

use loadlint::config::Settings;
use loadlint::engine::check::check_bytes;
use loadlint::finding::{Applicability, Finding, InputName, InputOutcome, Suppression};
use loadlint::python::source::SourceKind;
use loadlint::suppress::Strictness;

use crate::support::settings;

const IMPORTS: &str = "import pickle, torch\n";

fn check(code: &str, settings: &Settings) -> InputOutcome {
    let bytes = format!("{IMPORTS}{code}").into_bytes();
    check_bytes(&InputName::new("src/a.py"), SourceKind::Module, bytes, settings)
}

/// Every finding as `LL101`, `(LL101)` if it is suppressed.
fn shown(outcome: &InputOutcome) -> Vec<String> {
    assert_eq!(outcome.notices, []);
    let word = |finding: &Finding| match finding.suppression.as_ref().is_some_and(Suppression::holds) {
        true => format!("({})", finding.rule_id),
        false => finding.rule_id.to_string(),
    };
    outcome.findings.iter().map(word).collect()
}

fn said(code: &str) -> String {
    shown(&check(code, &settings())).join(" ")
}

#[test]
fn a_documented_exception_is_silent() {
    for code in [
        "torch.load(p)  # nosec B614  # T-001: pinned by sha256\n",
        "torch.load(p)  # nosec: B614  # T-001: pinned by sha256\n",
        "torch.load(p)  # nosec pytorch_load  # T-001: pinned by sha256\n",
        "torch.load(p)  # noqa: S614  # nosec B614  # T-001: pinned by sha256\n",
        "torch.load(p)  # nosec B614  # noqa: S614  # T-001: pinned by sha256\n",
        "torch.load(p)  # type: ignore[x]  # nosec B614  # T-001: pinned by sha256  # nosemgrep: a.b\n",
        "torch.load(p)  # loadlint: ignore[LL101] T-001: pinned by sha256\n",
        "torch.load(p)  # loadlint: ignore[torch-load-unpickles] T-001: pinned by sha256\n",
        "torch.load(p)  # nosec B614  # loadlint: ignore[LL101] T-001: pinned by sha256\n",
        "torch.load(p)  # nosec B614  # T-001, T-002: pinned by sha256\n",
        "# loadlint: ignore[LL101] T-001: pinned by sha256\ntorch.load(p)\n",
        "# loadlint: ignore[LL101] T-001: pinned by sha256\n# and more\ntorch.load(p)\n",
        "torch.load(  # nosec B614  # T-001: pinned by sha256\n    p,\n)\n",
        "torch.load(\n    p,  # nosec B614  # T-001: pinned by sha256\n)\n",
        "torch.load(\n    p,\n)  # nosec B614  # T-001: pinned by sha256\n",
    ] {
        assert_eq!(said(code), "(LL101)", "{code}");
    }
    let both = "pickle.load(torch.load(p))  # nosec B614, B301  # T-002: pinned by sha256\n";
    assert_eq!(said(both), "(LL110) (LL101)");
}

#[test]
fn what_a_comment_lacks_is_told_once_and_the_finding_stays_excused() {
    for (comment, expected) in [
        ("# nosec", "LL401"),
        ("# nosec  # T-001: pinned by sha256", "LL401"),
        ("# nosec b614  # T-001: pinned by sha256", "LL401"),
        ("# nosec B999  # T-001: pinned by sha256", "LL401"),
        ("# nosec LL101  # T-001: pinned by sha256", "LL401"),
        ("# nosec B614", "LL402"),
        ("# nosec B614  # T-001", "LL402"),
        ("# nosec B614  # T-001:", "LL402"),
        ("# loadlint: ignore[LL101]", "LL402"),
        ("# nosec B614  # T-001: TODO", "LL403"),
        ("# nosec B614  # T-001: false positive", "LL403"),
        ("# nosec B614  # ok", "LL403"),
        ("# nosec B614  # pinned by sha256", "LL404"),
        ("# loadlint: ignore[LL101] pinned by sha256", "LL404"),
        ("# nosec B614  # T-099: pinned by sha256", "LL405"),
        ("# nosec B614  # t-001: pinned by sha256", "LL405"),
        ("# nosec B614  # T-004: pinned by sha256", "LL406"),
        ("# nosec B614  # T-005: pinned by sha256", "LL406"),
        ("# nosec B614  # T-006: pinned by sha256", "LL407"),
        ("# nosec B614, B301  # T-002: pinned by sha256", "LL410"),
        ("# nosec B301,B614  # T-002: pinned by sha256", "LL410 LL411"),
        ("# nosec B614 - our own pickle job  # T-001: pinned by sha256", "LL411"),
        ("# nosecurity B614  # T-001: pinned by sha256", "LL411"),
        ("# nosec B614 -- pinned by sha256 (T-001)", "LL412"),
        ("# T-001: pinned by sha256  # nosec B614", "LL412"),
        ("# nosec B614  # T-001 - pinned by sha256", "LL412"),
    ] {
        let code = format!("torch.load(p)  {comment}\n");
        let mut found = shown(&check(&code, &settings()));
        assert!(found.contains(&"(LL101)".to_owned()), "{comment}: {found:?}");
        found.retain(|word| word != "(LL101)");
        assert_eq!(found.join(" "), expected, "{comment}");
    }
}

#[test]
fn an_expired_threat_excuses_no_more_and_a_late_review_does() {
    let outcome = check("torch.load(p)  # nosec B614  # T-003: pinned by sha256\n", &settings());
    assert_eq!(shown(&outcome), ["LL101"]);
    let suppression = outcome.findings[0].suppression.as_ref().expect("it is kept");
    assert_eq!(suppression.threats, [("T-003".into(), "Expired last year".into())]);
    assert_eq!(said("torch.load(p)  # nosec B614  # T-007: pinned by sha256\n"), "(LL101)");
    assert_eq!(said("torch.load(p)  # nosec B614  # T-007, T-003: pinned by sha256\n"), "LL101");
}

#[test]
fn a_comment_excuses_the_rules_it_names_and_where_bandit_would_look() {
    for (code, expected) in [
        ("pickle.load(p)  # nosec B614  # T-001: pinned by sha256\n", "LL110 LL410"),
        ("x = 'torch  # nosec B614'; torch.load(p)\n", "LL101"),
        ("torch.load(p)\n# loadlint: ignore[LL101] T-001: pinned by sha256\n", "LL101 LL410"),
        ("# loadlint: ignore[LL101] T-001: pinned by sha256\n\ntorch.load(p)\n", "LL410 LL101"),
        ("# nosec B614  # T-001: pinned by sha256\ntorch.load(p)\n", "LL411 LL101"),
        ("torch.load(p)  # NOSEC B614\n", "LL101 LL411"),
        ("torch.load(p)  # pylint: disable=x nosec B614\n", "LL101 LL411"),
        ("x = [\n    torch.load(p),\n]  # nosec B614  # T-001: pinned by sha256\n", "(LL101) LL411"),
        ("with open(p) as f:  # nosec B614  # T-001: pinned by sha256\n    torch.load(f)\n", "LL410 LL101"),
        (
            "torch.load(  # nosec B301  # T-002: pinned by sha256\n    pickle.load(p),  # nosec B614  # T-002: pinned by sha256\n)\n",
            "(LL101) LL411 (LL110) LL411",
        ),
    ] {
        assert_eq!(said(code), expected, "{code}");
    }
}

#[test]
fn what_is_bandits_alone_is_left_to_bandit() {
    for code in [
        "f(p)  # nosec\n",
        "f(p)  # nosec B603\n",
        "f(p)  # nosec B603,B404 -- reviewed\n",
        "f(p)  # nosec B603  # T-002: pinned by sha256\n",
        "# why nosec is needed\nf(p)\n",
        "# nosec B603\nf(p)\n",
    ] {
        assert_eq!(said(code), "", "{code}");
    }
    assert_eq!(said("f(p)  # nosec B603  # T-099: pinned by sha256\n"), "LL405");
    // Bandit reports these and follows no values.
    assert_eq!(said("x = pickle.loads(pickle.dumps(1))  # nosec B301  # T-002: our own bytes\n"), "");
}

#[test]
fn what_excuses_nothing_is_told() {
    for code in [
        "x = 1  # nosec B614  # T-001: pinned by sha256\n",
        "torch.load(p, weights_only=True)  # nosec B614  # T-001: pinned by sha256\n",
        "x = 1  # nosec B614\n",
        "x = 1  # loadlint: ignore[LL101] T-001: pinned by sha256\n",
        "x = 1  # loadlint: ignore[LL101]\n",
    ] {
        assert_eq!(said(code), "LL410", "{code}");
    }
    let mut only = settings();
    only.rules.retain(|rule| &*rule.id != "LL101");
    assert_eq!(shown(&check("x = 1  # nosec B614\n", &only)).join(" "), "LL402");
    let broken = check("x = (  # nosec B614  # T-001: pinned by sha256\n", &settings());
    assert!(broken.findings.is_empty() && !broken.notices.is_empty());
}

#[test]
fn words_that_are_no_rules_are_told() {
    for (code, expected) in [
        ("torch.load(p)  # loadlint: ignore[LL10l] T-001: pinned by sha256\n", "LL101 LL413"),
        ("torch.load(p)  # loadlint: ignore[LL101, LL999] T-001: pinned by sha256\n", "(LL101) LL413"),
        ("torch.load(p)  # loadlint: ignore T-001: pinned by sha256\n", "LL101 LL401"),
        ("torch.load(p)  # loadlint: ignore[LL101 T-001: pinned by sha256\n", "LL101 LL413"),
        ("torch.load(p)  # loadlint: disable=LL101\n", "LL101 LL413"),
    ] {
        assert_eq!(said(code), expected, "{code}");
    }
}

#[test]
fn plain_comments_are_accepted_for_a_while() {
    let mut plain = settings();
    plain.policy.strictness = Strictness::Bandit;
    let said = |code: &str| shown(&check(code, &plain)).join(" ");
    for comment in ["# nosec", "# nosec B614", "# nosec B614 -- ours", "# nosec B614  # TODO"] {
        assert_eq!(said(&format!("torch.load(p)  {comment}\n")), "(LL101)", "{comment}");
    }
    assert_eq!(said("torch.load(p)  # nosec b614\n"), "(LL101) LL401");
    assert_eq!(said("torch.load(p)  # nosec B614  # T-099: ours\n"), "(LL101) LL405");
    assert_eq!(said("torch.load(p)  # nosec B614  # T-003: ours\n"), "LL101");
}

/// The text after the first fix of the finding with this rule.
fn mended(code: &str, rule: &str) -> Option<(Applicability, String)> {
    let outcome = check(code, &settings());
    let finding = outcome.findings.iter().find(|finding| &*finding.rule_id == rule).unwrap_or_else(|| panic!("{code}"));
    let fix = finding.fixes.first()?;
    let mut text = format!("{IMPORTS}{code}");
    for edit in &fix.edits {
        assert_eq!(edit.input, InputName::new("src/a.py"));
        text.replace_range(edit.region.range(), &edit.text);
    }
    Some((fix.applicability, text.strip_prefix(IMPORTS).expect("the start stays").to_owned()))
}

#[test]
fn comments_are_mended() {
    let good = "torch.load(p)  # nosec B614  # T-001: pinned by sha256\n";
    for (code, rule, how, expected) in [
        ("torch.load(p)  # nosec B614 -- pinned by sha256 (T-001)\n", "LL412", Applicability::Safe, good),
        ("torch.load(p)  # T-001: pinned by sha256  # nosec B614\n", "LL412", Applicability::Safe, good),
        ("torch.load(p)  # NOSEC B614\n", "LL411", Applicability::Safe, ""),
        ("torch.load(p)  # nosec  # T-001: pinned by sha256\n", "LL401", Applicability::Unsafe, good),
        ("torch.load(p)  # nosec b614  # T-001: pinned by sha256\n", "LL401", Applicability::Unsafe, good),
        ("torch.load(p)  # nosec LL101  # T-001: pinned by sha256\n", "LL401", Applicability::Unsafe, good),
        ("torch.load(p)  # nosec B614  # T-01: pinned by sha256\n", "LL405", Applicability::Unsafe, good),
        ("torch.load(p)  # nosec B614  # pinned by sha256\n", "LL404", Applicability::Unsafe, good),
        ("torch.load(p)  # nosec B614, B301  # T-001: pinned by sha256\n", "LL410", Applicability::Safe, good),
        ("x = 1  # nosec B614  # T-001: pinned by sha256\n", "LL410", Applicability::Safe, "x = 1\n"),
        ("x = 1  # noqa: E1  # nosec B614\n", "LL410", Applicability::Safe, "x = 1  # noqa: E1\n"),
        ("  # loadlint: ignore[LL101] T-001: pinned by sha256\nx = 1\n", "LL410", Applicability::Safe, "x = 1\n"),
    ] {
        match mended(code, rule) {
            Some((applicability, text)) => assert_eq!((applicability, text.as_str()), (how, expected), "{code}"),
            None => assert_eq!(expected, "", "{code}"),
        }
    }
    let two = "pickle.load(torch.load(p))  # nosec B614,B301  # T-002: pinned by sha256\n";
    let (_, text) = mended(two, "LL411").expect("a fix");
    assert_eq!(text, two.replace("B614,B301", "B614, B301"));
}

#[test]
fn a_fix_ends_its_finding_and_a_second_run_changes_nothing() {
    for code in [
        "torch.load(p)  # nosec B614 -- pinned by sha256 (T-001)\n",
        "torch.load(p)  # nosec  # T-001: pinned by sha256\n",
        "torch.load(p)  # nosec B614 -- this pickle is pinned (T-001)\n",
        "torch.load(p)  # nosec B614, B301  # T-001: pinned by sha256\n",
        "torch.load(p)  # nosec b614, B3O1 # T-001: pinned by sha256\n",
    ] {
        let first = check(code, &settings())
            .findings
            .iter()
            .find(|one| one.rule_id.starts_with("LL4"))
            .map(|one| one.rule_id.clone());
        let (_, text) = mended(code, &first.expect("a finding")).expect("a fix");
        assert_eq!(said(&text), "(LL101)", "{code} -> {text}");
    }
}

#[test]
fn a_cell_of_a_notebook_is_excused_in_its_cell() {
    let cell = |code: &str| {
        format!(r#"{{"cell_type":"code","metadata":{{}},"outputs":[],"source":{}}}"#, serde_json::json!(code))
    };
    let cells = [
        cell("import torch\n"),
        cell("torch.load(p)  # nosec B614  # T-001: pinned by sha256"),
        cell("torch.load(q)\n# nosec B614  # T-001: pinned by sha256"),
    ];
    let notebook = format!(r#"{{"cells":[{}],"metadata":{{}},"nbformat":4,"nbformat_minor":5}}"#, cells.join(","));
    let outcome = check_bytes(&InputName::new("src/a.ipynb"), SourceKind::Notebook, notebook.into_bytes(), &settings());
    assert_eq!(shown(&outcome).join(" "), "(LL101) LL101 LL411");
    let cells: Vec<_> = outcome.findings.iter().map(|one| one.location.cell.map(|cell| cell.cell)).collect();
    assert_eq!(cells, [Some(2), Some(3), Some(3)]);
    assert_eq!(outcome.citations.len(), 2);
}
