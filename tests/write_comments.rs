//! Comments that are written for findings: each case is a module before and after.

use loadlint::config::ThreatRegister;
use loadlint::engine::check::check_text;
use loadlint::engine::write_comments::{suppress_under, suppress_under_new, write_comments};
use loadlint::finding::{Edit, Finding, InputName, Suppression};
use loadlint::python::source::SourceText;
use loadlint::suppress::threats::NewThreat;
use loadlint::suppress::{Status, Why};
use loadlint::text::edited;

use crate::support::settings;

const IMPORTS: &str = "import numpy, pickle, torch\n";

fn source(text: &str) -> SourceText {
    SourceText::module(InputName::new("src/a.py"), text.to_owned())
}

fn why() -> Why {
    Why { threat: "T-002".to_owned(), reason: "pinned by sha256".to_owned() }
}

fn made(text: &str, edits: &[Edit]) -> String {
    edited(text, edits.iter().map(|edit| (edit.region, edit.text.as_str()))).expect("edits fit")
}

/// The code after comments were written for everything, and how many findings stay.
fn written(code: &str) -> (String, usize) {
    let text = format!("{IMPORTS}{code}");
    let written = write_comments(&source(&text), &settings(), &|_| true, &why());
    let after = made(&text, &written.edits);
    let again = write_comments(&source(&after), &settings(), &|_| true, &why());
    assert_eq!(again.edits, [], "a second run adds nothing: {after}");
    let outcome = check_text(&source(&after), &settings());
    let counts = |one: &&Finding| !one.suppression.as_ref().is_some_and(Suppression::holds);
    assert_eq!(outcome.findings.iter().filter(counts).count(), written.left, "{after}");
    (after.strip_prefix(IMPORTS).expect("the start stays").to_owned(), written.left)
}

#[test]
fn comments_are_written_where_every_tool_reads_them() {
    for (before, after) in [
        ("torch.load(p)\n", "torch.load(p)  # nosec B614  # T-002: pinned by sha256\n"),
        ("torch.load(p)", "torch.load(p)  # nosec B614  # T-002: pinned by sha256"),
        ("torch.load(p)   \r\n", "torch.load(p)  # nosec B614  # T-002: pinned by sha256\r\n"),
        ("torch.load(p)  # noqa: S614\n", "torch.load(p)  # nosec B614  # noqa: S614  # T-002: pinned by sha256\n"),
        (
            "torch.load(p)  # type: ignore[x]\n",
            "torch.load(p)  # type: ignore[x]  # nosec B614  # T-002: pinned by sha256\n",
        ),
        ("torch.load(p)  # the weights\n", "torch.load(p)  # nosec B614  # T-002: pinned by sha256  # the weights\n"),
        ("torch.load(\n    p,\n)\n", "torch.load(\n    p,\n)  # nosec B614  # T-002: pinned by sha256\n"),
        ("pickle.load(torch.load(p))\n", "pickle.load(torch.load(p))  # nosec B301, B614  # T-002: pinned by sha256\n"),
        (
            "pickle.load(\n    torch.load(p),\n)\n",
            "pickle.load(\n    torch.load(p),  # nosec B301, B614  # T-002: pinned by sha256\n)\n",
        ),
        (
            "x = {\n    1: torch.load(p),\n    2: torch.load(q),\n}\n",
            "x = {\n    1: torch.load(p),  # nosec B614  # T-002: pinned by sha256\n    2: torch.load(q),  # nosec B614  # T-002: pinned by sha256\n}\n",
        ),
        (
            "x = 1; torch.load(p); pickle.load(q)\n",
            "x = 1; torch.load(p); pickle.load(q)  # nosec B301, B614  # T-002: pinned by sha256\n",
        ),
        (
            "torch.load(p), '''\n# no comment\n'''\n",
            "# loadlint: ignore[LL101] T-002: pinned by sha256\ntorch.load(p), '''\n# no comment\n'''\n",
        ),
        (
            "torch.load('''\n# no comment\n''')\n",
            "torch.load('''\n# no comment\n''')  # nosec B614  # T-002: pinned by sha256\n",
        ),
        (
            "x = torch.load(p) + \\\n    1\n",
            "# loadlint: ignore[LL101] T-002: pinned by sha256\nx = torch.load(p) + \\\n    1\n",
        ),
        ("x = 1 + \\\n    torch.load(p)\n", "x = 1 + \\\n    torch.load(p)  # nosec B614  # T-002: pinned by sha256\n"),
        (
            "if x:\n\tif torch.load(p) == f'''\n{q}''':\n\t\tpass\n",
            "if x:\n\t# loadlint: ignore[LL101] T-002: pinned by sha256\n\tif torch.load(p) == f'''\n{q}''':\n\t\tpass\n",
        ),
        (
            "if x:\n    numpy.load(p, allow_pickle=True)\n",
            "if x:\n    # loadlint: ignore[LL113] T-002: pinned by sha256\n    numpy.load(p, allow_pickle=True)\n",
        ),
        (
            "numpy.load(torch.load(p), allow_pickle=True)\n",
            "numpy.load(torch.load(p), allow_pickle=True)  # nosec B614  # loadlint: ignore[LL113] T-002: pinned by sha256\n",
        ),
        (
            "with open(p) as f: torch.load(f)\n",
            "with open(p) as f: torch.load(f)  # nosec B614  # T-002: pinned by sha256\n",
        ),
    ] {
        let (text, left) = written(before);
        assert_eq!((text.as_str(), left), (after, 0), "{before}");
    }
}

#[test]
fn comments_that_are_there_are_completed() {
    for (before, after) in [
        ("# nosec", "# nosec B614  # T-002: pinned by sha256"),
        ("# nosec B614", "# nosec B614  # T-002: pinned by sha256"),
        ("# nosec B614  # TODO", "# nosec B614  # T-002: pinned by sha256"),
        ("# nosec B614  # our own file", "# nosec B614  # T-002: our own file"),
        ("# nosec B614  # noqa: S614  # T-001", "# nosec B614  # noqa: S614  # T-001, T-002: pinned by sha256"),
        ("# loadlint: ignore[LL101]", "# loadlint: ignore[LL101] T-002: pinned by sha256"),
        ("# nosec B603", "# nosec B603, B614  # T-002: pinned by sha256"),
        ("# nosec B603  # we start it ourselves", "# nosec B603, B614  # T-002: we start it ourselves"),
    ] {
        let (text, left) = written(&format!("torch.load(p)  {before}\n"));
        assert_eq!((text, left), (format!("torch.load(p)  {after}\n"), 0), "{before}");
    }
    let above = "# loadlint: ignore[LL101]\ntorch.load(p)\n";
    assert_eq!(written(above).0, "# loadlint: ignore[LL101] T-002: pinned by sha256\ntorch.load(p)\n");
    let two = "pickle.load(torch.load(p))  # nosec B301  # T-002: our own file\n";
    assert_eq!(written(two).0, "pickle.load(torch.load(p))  # nosec B301, B614  # T-002: our own file\n");
}

#[test]
fn what_the_threat_is_not_about_stays() {
    let text = format!("{IMPORTS}torch.load(p)\npickle.load(p)\n");
    let why = |threat: &str| Why { threat: threat.to_owned(), ..why() };
    let written = write_comments(&source(&text), &settings(), &|_| true, &why("T-001"));
    assert_eq!((written.excused, written.left), (1, 1));
    assert!(made(&text, &written.edits).ends_with("# T-001: pinned by sha256\npickle.load(p)\n"));
    for threat in ["T-003", "T-004", "T-005", "T-006", "T-099"] {
        let written = write_comments(&source(&text), &settings(), &|_| true, &why(threat));
        assert_eq!((written.edits.len(), written.excused, written.left), (0, 0, 2), "{threat}");
    }
    // What another comment excuses under another threat stays under it.
    let mixed = format!("{IMPORTS}pickle.load(torch.load(p))  # nosec B614  # T-001: our own file\n");
    let written = write_comments(&source(&mixed), &settings(), &|_| true, &why("T-002"));
    let after = made(&mixed, &written.edits);
    let expected = "# loadlint: ignore[LL110] T-002: pinned by sha256\npickle.load(torch.load(p))  # nosec B614  # T-001: our own file\n";
    assert_eq!(after.strip_prefix(IMPORTS), Some(expected));
}

#[test]
fn one_finding_is_suppressed_under_an_old_threat_or_a_new_one() {
    let text = format!("{IMPORTS}torch.load(p)\ntorch.load(q)\n");
    let outcome = check_text(&source(&text), &settings());
    let second = &outcome.findings[1];
    let fix = suppress_under(&source(&text), &settings(), second, &why()).expect("a fix");
    assert_eq!(fix.title, "Suppress under T-002");
    let after = made(&text, &fix.edits);
    assert!(after.ends_with("torch.load(p)\ntorch.load(q)  # nosec B614  # T-002: pinned by sha256\n"), "{after}");
    let new = NewThreat {
        id: None,
        title: "Weights from the bucket".to_owned(),
        status: Status::Accepted,
        owner: "@jane".to_owned(),
        rules: vec!["B614".to_owned()],
        scope: Vec::new(),
        added: None,
        review_by: None,
        expires: None,
    };
    for settings in [settings(), settings().with_register(ThreatRegister::default())] {
        let id = if settings.register.file.is_some() { "T-008" } else { "T-001" };
        let fix = suppress_under_new(&source(&text), &settings, second, &new, "pinned by sha256").expect("a fix");
        assert_eq!(fix.title, format!("Suppress under a new threat, {id}"));
        let (entry, comments) = fix.edits.split_first().expect("two edits");
        assert_eq!(entry.input, InputName::new("THREATS.md"));
        assert!(entry.text.contains(&format!("## {id}: Weights from the bucket\n\n- Status: accepted\n")));
        assert!(made(&text, comments).ends_with(&format!("torch.load(q)  # nosec B614  # {id}: pinned by sha256\n")));
    }
}
