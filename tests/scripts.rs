//! Scripts, Dockerfiles, settings: annotated samples, hostile texts, comments, and what the command line makes of them.
//!
//! A mark at the end of a line is about the line; one in a line of its own is about the next line that is no comment.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use loadlint::discover::InputKind;
use loadlint::engine::check::check_bytes;
use loadlint::engine::run::source_kind;
use loadlint::engine::write_comments::write_comments;
use loadlint::finding::{Finding, InputName, Suppression};
use loadlint::python::source::SourceText;
use loadlint::suppress::Why;
use loadlint::text::edited;

use crate::samples::settings;
use crate::support::{Place, settings as cases};

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

/// All that is said of a text with this name: `LL120`, or `(LL120)` if it is excused.
fn said(name: &str, text: &str) -> String {
    let kind = InputKind::by_name(Path::new(name)).and_then(source_kind).expect("a kind by its name");
    let outcome = check_bytes(&InputName::new(name), kind, text.as_bytes().to_vec(), &cases());
    assert_eq!(outcome.notices, [], "{name}");
    let word = |finding: &Finding| match finding.suppression.as_ref().is_some_and(Suppression::holds) {
        true => format!("({})", finding.rule_id),
        false => finding.rule_id.to_string(),
    };
    outcome.findings.iter().map(word).collect::<Vec<_>>().join(" ")
}

const FLAG: &str = "vllm serve a --trust-remote-code";
const WHY: &str = "# loadlint: ignore[LL120] T-002: read and pinned";

#[test]
fn comments_excuse_behind_the_code_and_above_it() {
    let run = format!("RUN {FLAG}\n");
    for (name, text) in [
        ("src/a.sh", format!("{FLAG}  {WHY}\n")),
        ("src/a.sh", format!("{WHY}\n{FLAG}\n")),
        ("src/a.sh", format!("if x; then\n  {WHY}\n  {FLAG} \\\n    --port 1\nfi\n")),
        ("src/a.sh", format!("{FLAG} \\\n    --port 1  {WHY}\n")),
        ("src/a.sh", format!("ARGS=(a\n --trust-remote-code {WHY}\n)\n")),
        (
            "src/a.sh",
            "docker run -e TRUST_REMOTE_CODE=1 x # loadlint: ignore[LL120] T-002: read and pinned\n".to_owned(),
        ),
        ("src/Dockerfile", format!("FROM a\n{WHY}\n{run}")),
        ("src/Dockerfile", format!("FROM a\nRUN b \\\n  {WHY}\n  && {FLAG}\n")),
        ("src/.env", "# loadlint: ignore[LL120] T-002: read and pinned\nTRUST_REMOTE_CODE=1\n".to_owned()),
        ("src/.env", "TRUST_REMOTE_CODE=1 # loadlint: ignore[LL120] T-002: read and pinned\n".to_owned()),
        ("src/Makefile", format!("a:\n\t{FLAG}  {WHY}\n")),
        ("src/Makefile", format!("a:\n\t{WHY}\n\t{FLAG}\n")),
        ("src/justfile", format!("a:\n  {FLAG}  {WHY}\n")),
        ("src/a.toml", format!("a = \"{FLAG}\"  {WHY}\n")),
        ("src/a.toml", format!("{WHY}\na = [\n  \"{FLAG}\",\n]\n")),
        ("src/a.yaml", format!("run: {FLAG}  {WHY}\n")),
        ("src/a.yaml", format!("- run: |\n    a\n    {FLAG}  {WHY}\n")),
    ] {
        assert_eq!(said(name, &text), "(LL120)", "{text}");
    }
}

#[test]
fn what_is_no_comment_excuses_nothing() {
    for (name, text) in [
        ("src/a.sh", format!("{FLAG} '{WHY}'\n")),
        ("src/a.sh", format!("{FLAG} x#{WHY}\n")),
        ("src/a.sh", format!("cat <<EOF\n{WHY}\nEOF\n{FLAG}\n")),
        ("src/a.sh", format!("{WHY}\n\n{FLAG}\n")),
        ("src/Dockerfile", format!("RUN {FLAG} \"{WHY}\"\n")),
        ("src/Dockerfile", format!("CMD [\"vllm\", \"serve\", \"--trust-remote-code\"] {WHY}\n")),
        ("src/.env", format!("A=\"--trust-remote-code\n{WHY}\n\"\n")),
        ("src/a.toml", format!("x = '''\n{WHY}\n{FLAG}'''\n")),
        ("src/Makefile", format!("A = \\{WHY}\nb:\n\t{FLAG}\n")),
    ] {
        assert!(!said(name, &text).contains('('), "{text}: {}", said(name, &text));
    }
    // Bandit reads no such files.
    assert_eq!(said("src/a.sh", "hf download a/b  # nosec B615  # T-002: read and pinned\n"), "LL121");
}

#[test]
fn comments_are_judged_as_in_python() {
    for (comment, expected) in [
        ("# loadlint: ignore[LL120]", "(LL120) LL402"),
        ("# loadlint: ignore[LL120] T-002: TODO", "(LL120) LL403"),
        ("# loadlint: ignore[LL120] read and pinned", "(LL120) LL404"),
        ("# loadlint: ignore[LL120] T-999: read and pinned", "(LL120) LL405"),
        ("# loadlint: ignore[LL120, LL121] T-002: read and pinned", "(LL120) LL410"),
        ("# loadlint: ignore[LL999] T-002: read and pinned", "LL120 LL413"),
    ] {
        for (name, text) in [
            ("src/a.sh", format!("{FLAG}  {comment}\n")),
            ("src/Dockerfile", format!("{comment}\nCMD {FLAG}\n")),
            ("src/Makefile", format!("a:\n\t{FLAG}  {comment}\n")),
            ("src/a.toml", format!("a = \"{FLAG}\"  {comment}\n")),
            ("src/a.yaml", format!("run: {FLAG}  {comment}\n")),
        ] {
            assert_eq!(said(name, &text), expected, "{text}");
        }
    }
}

#[test]
fn a_comment_that_excuses_nothing_is_told() {
    for name in ["src/a.sh", "src/Dockerfile", "src/.env", "src/Makefile", "src/justfile", "src/a.toml", "src/a.yaml"] {
        assert_eq!(said(name, &format!("{WHY}\n")), "LL410", "{name}");
    }
}

/// A text after comments were written for everything in it.
fn written(name: &str, text: &str) -> String {
    let kind = match InputKind::by_name(Path::new(name)) {
        Some(InputKind::Script(kind)) => kind,
        other => panic!("{name}: {other:?}"),
    };
    let source = |text: &str| SourceText::script(InputName::new(name), kind, text.to_owned());
    let why = Why { threat: "T-002".to_owned(), reason: "read and pinned".to_owned() };
    let made = write_comments(&source(text), &cases(), &|_| true, &why);
    assert_eq!(made.left, 0, "{text}");
    let after = edited(text, made.edits.iter().map(|edit| (edit.region, edit.text.as_str()))).expect("edits fit");
    assert_eq!(
        write_comments(&source(&after), &cases(), &|_| true, &why).edits,
        [],
        "a second run adds nothing: {after}"
    );
    after
}

#[test]
fn comments_are_written_where_the_language_has_them() {
    for (name, before, after) in [
        ("src/a.sh", format!("  {FLAG}\n"), format!("  {FLAG}  {WHY}\n")),
        ("src/a.sh", format!("{FLAG} \\\n  --port 1\n"), format!("{WHY}\n{FLAG} \\\n  --port 1\n")),
        ("src/a.sh", format!("{FLAG}  # mine\n"), format!("{FLAG}  {WHY}  # mine\n")),
        ("src/a.sh", format!("{FLAG}  # loadlint: ignore[LL120]\n"), format!("{FLAG}  {WHY}\n")),
        ("src/a.sh", format!("bash -c '\n{FLAG}\n'\n"), format!("{WHY}\nbash -c '\n{FLAG}\n'\n")),
        (
            "src/Dockerfile",
            format!("FROM a\nRUN b \\\n  && {FLAG}\n"),
            format!("FROM a\n{WHY}\nRUN b \\\n  && {FLAG}\n"),
        ),
        ("src/.env", "TRUST_REMOTE_CODE=1\r\n".to_owned(), format!("{WHY}\r\nTRUST_REMOTE_CODE=1\r\n")),
        ("src/Makefile", format!("a:\n\t{FLAG}\n"), format!("a:\n\t{FLAG}  {WHY}\n")),
        ("src/a.toml", format!("a = \"{FLAG}\"\n"), format!("a = \"{FLAG}\"  {WHY}\n")),
        ("src/a.toml", format!("a = \"\"\"\n{FLAG}\n\"\"\"\n"), format!("{WHY}\na = \"\"\"\n{FLAG}\n\"\"\"\n")),
        ("src/a.yaml", format!("run: {FLAG}\n"), format!("run: {FLAG}  {WHY}\n")),
        ("src/a.yaml", format!("- run: |\n    {FLAG}\n"), format!("- run: |\n    {FLAG}  {WHY}\n")),
    ] {
        assert_eq!(written(name, &before), after);
    }
    assert_eq!(
        written("src/a.sh", "hf download a/b\n"),
        "hf download a/b  # loadlint: ignore[LL121] T-002: read and pinned\n"
    );
}

#[test]
fn a_repository_with_scripts_is_checked_as_a_whole() {
    let register = "# Threats\n\n## T-001: The code of this model was read\n\n- Status: accepted\n- Owner: @ml\n- Review by: 2099-06-01\n";
    let files = [
        ("THREATS.md", register),
        ("Dockerfile", "FROM a\nENV TRUST_REMOTE_CODE=1\n"),
        ("run", "#!/usr/bin/env bash\nvllm serve a --trust-remote-code\n"),
        ("pyproject.toml", "[model]\ntrust_remote_code = true\n"),
        (".github/workflows/ci.yml", "jobs:\n  a:\n    steps:\n      - run: hf download a/b\n"),
        ("notes.txt", "vllm serve a --trust-remote-code\n"),
    ];
    let place = Place::new(&files);
    let found = place.run(&["check", "--output-format", "concise"]);
    for line in [
        ".github/workflows/ci.yml:4:14: warning[LL121]",
        "Dockerfile:2:5: warning[LL120]",
        "pyproject.toml:2:21: warning[LL241]",
        "run:2:14: error[LL120]",
    ] {
        assert!(found.out.contains(line), "{found:?}");
    }
    assert_eq!((found.code, found.out.matches("[LL").count()), (1, 5), "the entry is cited by nothing yet: {found:?}");
    let added = place.run(&["check", "--add-suppressions", "T-001"]);
    assert_eq!((added.code, added.err.as_str()), (0, "Excused 4 findings in 4 files under T-001.\n"), "{added:?}");
    let cited = place.run(&["threats", "--output-format", "json"]);
    assert!(["Dockerfile", "run", "pyproject.toml", "ci.yml"].iter().all(|file| cited.out.contains(file)), "{cited:?}");
    assert_eq!(place.run(&["check", "--no-suppressions"]).code, 1);
    let shown = place.run(&["check", "--show-suppressed"]);
    assert!(shown.out.contains("The code of this model was read"), "{shown:?}");
    // What is excused goes away, and then its comment.
    place.write("run", b"#!/usr/bin/env bash\n# loadlint: ignore[LL120] T-001: it was read\nvllm serve a\n");
    let unused = place.run(&["check", "--output-format", "concise"]);
    assert!(unused.out.contains("run:2:1: warning[LL410]"), "{unused:?}");
    assert_eq!(place.run(&["check", "--fix"]).code, 0);
    assert_eq!(
        std::fs::read_to_string(place.path().join("run")).expect("it is there"),
        "#!/usr/bin/env bash\nvllm serve a\n"
    );
}

#[test]
fn baselines_reports_and_standard_input_know_scripts() {
    let place = Place::new(&[("run.sh", "set -e\nvllm serve é --trust-remote-code\n")]);
    let json = place.run(&["check", "--output-format", "json"]).json();
    let location = &json["findings"][0]["location"];
    assert_eq!((&location["start"]["line"], &location["start"]["column"]), (&2.into(), &14.into()), "{json}");
    let sarif = place.run(&["check", "--output-format", "sarif"]).json();
    let region = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(
        (&region["startLine"], &region["startColumn"], &region["endColumn"]),
        (&2.into(), &14.into(), &33.into()),
        "{sarif}"
    );
    assert_eq!(place.run(&["check", "--write-baseline", "base.json", "--exit-zero"]).code, 0);
    place.write("run.sh", "set -e\n\nvllm serve é --trust-remote-code\n".as_bytes());
    assert_eq!(place.run(&["check", "--baseline", "base.json"]).code, 0, "a moved line is known");
    let stdin = place
        .run_with_input(&["check", "-", "--stdin-filename", "Dockerfile"], b"CMD vllm serve --trust-remote-code\n");
    assert!(stdin.code == 1 && stdin.out.contains("LL120"), "{stdin:?}");
}

#[test]
fn what_cannot_be_read_is_told() {
    let place = Place::new(&[("big.sh", ""), ("plain.sh", "")]);
    let big = |line: &str| format!("{}{line}", "echo a line of a large script\n".repeat(400_000));
    place.write("big.sh", big("vllm serve a --trust-remote-code\n").as_bytes());
    place.write("plain.sh", big("").as_bytes());
    place.write("latin.sh", b"# \xE9\nvllm serve a --trust-remote-code\n");
    place.write("other.sh", b"# \xE9 and nothing that matters\n");
    place.write("deep.sh", format!("TRUST_REMOTE_CODE=1 {}", "$(".repeat(5_000)).as_bytes());
    place.write("wide.env", b"\xFF\xFET\0R\0U\0S\0T\0_\0R\0E\0M\0O\0T\0E\0_\0C\0O\0D\0E\0=\x001\0\n\0");
    place.write("Makefile", b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R.");
    let ran = place.run(&["check", "--output-format", "concise"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    for told in
        ["big.sh: ", "latin.sh:2:14", "latin.sh: ", "deep.sh:1:", "wide.env:1:", "Makefile:byte 24: error[LL201]"]
    {
        assert!(ran.out.contains(told), "{told}: {}", ran.out);
    }
    assert!(!ran.out.contains("plain.sh") && !ran.out.contains("other.sh"), "{}", ran.out);
}
