//! Commands about decisions: comments that are written, the register, the baseline.

use std::process::Command;

use super::support::{Place, Ran, SAFE, UNSAFE};

const REGISTER: &str = "\
# Threats

## T-001: Weights from our own bucket, pinned by sha256

- Status: accepted
- Owner: @ml
- Review by: 2027-06-01
";
/// A pickle that runs `id`.
const PICKLE: &[u8] = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.";

fn run(place: &Place, line: &str) -> Ran {
    place.run(&line.split(' ').chain(["--today", "2026-06-01"]).collect::<Vec<_>>())
}

fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path().join(name)).expect("a file")
}

#[test]
fn comments_are_written_under_a_threat() {
    let notebook = serde_json::json!({"cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# text"]},
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": null, "source": [
            "import pickle, numpy\n", "%matplotlib inline\n", "x = pickle.load(f)\n", "numpy.load(f, allow_pickle=True)"]},
    ], "metadata": {}, "nbformat": 4, "nbformat_minor": 5});
    let files = [("a.py", UNSAFE), ("b.py", SAFE), ("n.ipynb", &notebook.to_string()), ("THREATS.md", REGISTER)];
    let place = Place::new(&files);
    let diff = run(&place, "check --add-suppressions T-001 --diff a.py");
    assert_eq!(diff.code, 1);
    assert!(diff.out.contains("+x = pickle.load(open('a', 'rb'))  # nosec B301  # T-001: Weights from"), "{diff:?}");
    assert_eq!(read(&place, "a.py"), UNSAFE);
    let written = run(&place, "check --add-suppressions T-001");
    assert_eq!((written.code, written.out.as_str()), (0, "All 3 files clean (3 suppressed).\n"), "{written:?}");
    assert_eq!(written.err, "Excused 3 findings in 2 files under T-001.\n");
    let cell: serde_json::Value = serde_json::from_str(&read(&place, "n.ipynb")).expect("still JSON");
    let lines: Vec<_> =
        cell["cells"][1]["source"].as_array().expect("lines").iter().map(|line| line.as_str()).collect();
    let why = "T-001: Weights from our own bucket, pinned by sha256";
    assert_eq!(lines[2], Some(&*format!("x = pickle.load(f)  # nosec B301  # {why}\n")));
    assert_eq!(lines[3], Some(&*format!("# loadlint: ignore[LL113] {why}\n")));
    let (code, cells) = (read(&place, "a.py"), read(&place, "n.ipynb"));
    let again = run(&place, "check --add-suppressions T-001");
    assert_eq!((again.code, again.err.as_str()), (0, "Excused 0 findings in 0 files under T-001.\n"));
    assert_eq!((read(&place, "a.py"), read(&place, "n.ipynb")), (code, cells));
    let shown = run(&place, "check --show-suppressed --output-format concise a.py");
    let reason = "(suppressed: T-001 (Weights from our own bucket, pinned by sha256))";
    assert!(shown.out.contains(reason), "{shown:?}");
    assert_eq!(run(&place, "check --no-suppressions").code, 1);
}

#[test]
fn a_threat_that_nothing_can_rest_on_is_refused() {
    let entry = |status: &str, more: &str| format!("## T-1: Short\n- Status: {status}\n- Owner: x\n{more}");
    for (register, line, said) in [
        (String::new(), "--add-suppressions T-1", "has no entry T-1"),
        (entry("accepted", ""), "--add-suppressions T-2", "did you mean T-1?"),
        (entry("open", ""), "--add-suppressions T-1", "T-1 is open"),
        (entry("retired", ""), "--add-suppressions T-1", "T-1 is retired"),
        (entry("x", ""), "--add-suppressions T-1", "T-1 has no status"),
        (entry("accepted", "- Expires: 2026-05-31"), "--add-suppressions T-1", "T-1 has expired"),
        (entry("accepted", ""), "--add-suppressions T-1", "say why with `--reason`"),
        (entry("accepted", ""), "--add-suppressions T-1 --reason TODO", "`TODO` is no reason"),
    ] {
        let place = Place::new(&[("a.py", UNSAFE), ("THREATS.md", &register)]);
        let ran = run(&place, &format!("check {line}"));
        assert_eq!(ran.code, 2, "{line}: {ran:?}");
        assert!(ran.err.contains(said), "{line}: {ran:?}");
        assert_eq!(read(&place, "a.py"), UNSAFE);
    }
    let none = Place::new(&[("a.py", UNSAFE)]);
    assert!(run(&none, "check --add-suppressions T-1").err.contains("there is no threat register"));
}

#[test]
fn an_entry_is_added_and_the_register_shown() {
    let place = Place::new(&[("a.py", UNSAFE)]);
    std::fs::create_dir(place.path().join(".git")).expect("writable");
    let add = |words: &[&str]| {
        let line = [&["threats", "add", "--today", "2026-06-01", "--title", "Weights from our own bucket"], words];
        place.run(&line.concat())
    };
    assert_eq!(add(&["--status", "accepted", "--owner", "@ml", "--rules", "B301,LL2", "--scope", "*.py"]).code, 0);
    let text = read(&place, "THREATS.md");
    let entry = "## T-001: Weights from our own bucket\n\n- Status: accepted\n- Owner: @ml\n- Rules: B301, LL2\n- Scope: \
                 `*.py`\n- Added: 2026-06-01\n- Review by: 2027-06-01\n";
    assert!(text.ends_with(entry), "{text}");
    assert_eq!(add(&["T-001"]).code, 2);
    assert_eq!(add(&["T-007"]).code, 0);
    assert_eq!(add(&[]).err, "Added T-008 to THREATS.md.\n");
    assert_eq!(run(&place, "check --add-suppressions T-001 -q").code, 1);
    let check = run(&place, "threats --check");
    assert_eq!(check.code, 1, "{check:?}");
    let lines: Vec<_> = check.out.lines().collect();
    assert_eq!(lines[1], "T-001  accepted  @ml    2027-06-01        a.py:2  Weights from our own bucket");
    assert!(check.out.contains("error[LL420] T-007 has no owner"), "{check:?}");
    assert_eq!(run(&place, "threats").code, 0);
    let json = run(&place, "threats --output-format json").json();
    assert_eq!((&json["threats"][0]["id"], &json["threats"][0]["citations"][0]["line"]), (&"T-001".into(), &2.into()));
    let vex = run(&place, "threats --output-format openvex --author me --product pkg:pypi/a@1").json();
    let statuses: Vec<_> = vex["statements"].as_array().expect("statements").iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, ["affected", "under_investigation", "under_investigation"]);
    let markdown = run(&place, "threats --output-format markdown");
    assert!(markdown.out.contains("| T-001 | accepted | @ml | 2027-06-01 |  | a.py:2 | Weights"), "{markdown:?}");
}

#[test]
fn an_artifact_is_excused_by_the_register() {
    let entry = "- Rules: LL2\n- Scope: tests/**\n- Probability: 0.1\n- Severity: 5\n";
    let place = Place::new(&[("THREATS.md", &format!("{REGISTER}{entry}"))]);
    place.write("tests/m.pkl", PICKLE);
    let ran = run(&place, "check --show-suppressed");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("suppressed at THREATS.md:3:1: T-001 (Weights from our own bucket"), "{ran:?}");
    assert_eq!(run(&place, "scan tests/m.pkl").code, 0);
    assert_eq!(run(&place, "check --no-suppressions").code, 1);
    let threats = run(&place, "threats --check");
    assert_eq!(threats.code, 0, "{threats:?}");
    assert!(threats.out.contains("  0.5   tests/m.pkl"), "{threats:?}");
    place.write("THREATS.md", format!("{REGISTER}{entry}- SHA-256: {}\n", "0".repeat(64)).as_bytes());
    let other = run(&place, "check");
    assert_eq!(other.code, 1);
    assert!(other.out.contains("T-001 is about other content"), "{other:?}");
}

fn git(place: &Place, line: &str) {
    let mut command = Command::new("git");
    command.current_dir(place.path()).env("HOME", place.path());
    let done = command.args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(line.split(' ')).output();
    assert!(done.expect("git is there").status.success(), "{line}");
}

#[test]
fn only_what_a_baseline_does_not_have_counts() {
    let more = format!("{UNSAFE}y = 1\n");
    let place = Place::new(&[("a.py", UNSAFE), ("sub/b.py", &more)]);
    let written = run(&place, "check --write-baseline b.json");
    assert_eq!((written.code, written.err.as_str()), (0, "Wrote 2 findings to b.json.\n"), "{written:?}");
    assert_eq!(written.out, "All 2 files clean (2 in the baseline).\n");
    place.write("a.py", format!("# a\n\n{UNSAFE}").as_bytes());
    assert_eq!(run(&place, "check --baseline b.json").code, 0);
    place.write("a.py", format!("{UNSAFE}x = pickle.load(open('a', 'rb'))\n").as_bytes());
    let second = run(&place, "check --baseline b.json");
    assert!(second.code == 1 && second.out.contains("Found 1 error in 3 files (2 in the baseline)."), "{second:?}");
    place.write("a.py", SAFE.as_bytes());
    let fixed = run(&place, "check --baseline b.json");
    let said = " 1 finding of the baseline is gone: write it anew.\n";
    assert!(fixed.code == 0 && fixed.out.starts_with("All 3 files clean (1 in the baseline)."), "{fixed:?}");
    assert!(fixed.out.ends_with(said), "{fixed:?}");
    let json = run(&place, "check --baseline b.json --output-format json").json();
    assert_eq!(json["baseline"]["gone"][0]["path"], "a.py");
    assert_eq!(json["suppressed"][0]["suppression"]["kind"], "baseline");
    // What was not looked at is not gone.
    assert_eq!(run(&place, "check sub --baseline b.json").out, "1 file clean (1 in the baseline).\n");
    for (text, said) in [("{", "it is no baseline"), ("{\"version\":9}", "of version 9")] {
        place.write("bad.json", text.as_bytes());
        let bad = run(&place, "check --baseline bad.json");
        assert_eq!(bad.code, 2);
        assert!(bad.err.contains(said), "{bad:?}");
    }
    assert_eq!(run(&place, "check --baseline none.json").code, 2);
    place.write("m.pkl", PICKLE);
    assert_eq!(run(&place, "scan m.pkl --write-baseline m.json").code, 0);
    assert_eq!(run(&place, "scan m.pkl --baseline m.json").code, 0);
    assert_eq!(run(&place, "scan m.pkl").code, 1);
}

#[test]
fn a_baseline_follows_files_that_git_knows_to_be_renamed() {
    if Command::new("git").arg("--version").output().is_err() {
        eprintln!("NOT TESTED: there is no git");
        return;
    }
    let place = Place::new(&[("a.py", UNSAFE)]);
    let check = || {
        let path = std::env::var("PATH").unwrap_or_default();
        super::support::ran(
            place.command(&["check", "--baseline", "b.json"]).env("PATH", path).output().expect("it runs"),
        )
    };
    git(&place, "init -q .");
    git(&place, "add a.py");
    git(&place, "commit -q -m a");
    let path = std::env::var("PATH").unwrap_or_default();
    place.command(&["check", "--write-baseline", "b.json"]).env("PATH", path).output().expect("it runs");
    assert!(read(&place, "b.json").contains("\"commit\""));
    git(&place, "mv a.py b.py");
    let staged = check();
    assert!(staged.code == 0 && staged.out.contains("clean (1 in the baseline)."), "{staged:?}");
    git(&place, "commit -q -m b");
    assert_eq!(check().code, 0);
    // A second one is new all the same.
    place.write("b.py", format!("{UNSAFE}x = pickle.load(open('a', 'rb'))\n").as_bytes());
    assert_eq!(check().code, 1);
    // Another file with the same words is another file.
    git(&place, "rm -q -f b.py");
    place.write("c/other.py", format!("import os\n{UNSAFE}{}", "print(os.getpid())\n".repeat(50)).as_bytes());
    git(&place, "add c");
    assert_eq!(check().code, 1);
}

#[test]
fn fixes_reach_comments_and_the_register() {
    let register =
        "## T-001: Weights from our own bucket\n- Status: acepted\n- Owner: @ml\n- Rules: B614, torch-load-unpickls\n";
    let code = "import torch\n\n# keep me\nx = 1  # nosec B614\ny = torch.load(p)  # noqa: S614  # nosec B614 -- pinned by \
                sha256 (T-001)\nz = torch.load(q)  # nosec b614  # T-001: pinned by sha256\n";
    let place = Place::new(&[("a.py", code), ("THREATS.md", register)]);
    let diff = run(&place, "check --diff");
    assert!(diff.out.contains("-x = 1  # nosec B614\n") && diff.out.contains("+x = 1\n"), "{diff:?}");
    assert!(
        diff.out.contains("+y = torch.load(p)  # nosec B614  # noqa: S614  # T-001: pinned by sha256\n"),
        "{diff:?}"
    );
    assert_eq!((read(&place, "a.py").as_str(), read(&place, "THREATS.md").as_str()), (code, register));
    let fixed = run(&place, "check --fix --unsafe-fixes");
    assert_eq!((fixed.code, fixed.err.as_str()), (0, "Fixed 5 findings.\n"), "{fixed:?}");
    let why = "# T-001: pinned by sha256";
    let after = format!(
        "import torch\n\n# keep me\nx = 1\ny = torch.load(p)  # nosec B614  # noqa: S614  {why}\nz = torch.load(q)  # nosec B614  {why}\n"
    );
    assert_eq!(read(&place, "a.py"), after);
    let entry = register.replace("acepted", "accepted").replace("unpickls", "unpickles");
    assert_eq!(read(&place, "THREATS.md"), entry);
    let again = run(&place, "check --fix --unsafe-fixes");
    assert_eq!((again.code, again.err.as_str()), (0, "Fixed 0 findings.\n"));
    assert_eq!((read(&place, "a.py"), read(&place, "THREATS.md")), (after, entry));
}

#[test]
fn comments_of_yaml_excuse_in_a_repository_and_not_in_what_is_downloaded() {
    let config = |comment: &str, above: &str| {
        format!("model:\n{above}  _target_: os.system{comment}\n  command: 'id # no comment'\n")
    };
    let why = "loadlint: ignore[LL2] T-001: our own file";
    let id = {
        let place = Place::new(&[("conf/a.yaml", &config("", ""))]);
        let report = run(&place, "check --output-format json").json();
        report["findings"][0]["rule_id"].as_str().expect("a finding").to_owned()
    };
    let why = why.replace("LL2", &id);
    for (comment, above) in [(format!("  # {why}"), String::new()), (String::new(), format!("  # {why}\n"))] {
        let place = Place::new(&[("THREATS.md", REGISTER), ("conf/a.yaml", &config(&comment, &above))]);
        let checked = run(&place, "check");
        assert_eq!(checked.code, 0, "{checked:?}");
        assert!(checked.out.contains("(1 suppressed)"), "{checked:?}");
        assert_eq!(run(&place, "scan conf").code, 1, "what comes with models does not excuse itself");
    }
    let no_reason =
        Place::new(&[("THREATS.md", REGISTER), ("a.yaml", &config(&format!("  # loadlint: ignore[{id}]"), ""))]);
    let ran = run(&no_reason, "check --output-format concise");
    assert!(ran.code == 1 && ran.out.contains("a.yaml:2:24: warning[LL402]"), "{ran:?}");
}
