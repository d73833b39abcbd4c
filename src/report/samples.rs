//! Outcomes for the tests of all formats.

use std::sync::LazyLock;

use super::{Base, Colour, ReportContext, Reporter, SarifOptions, Shown};
use crate::finding::{
    ArtifactCoverage, BinaryPlace, CellPosition, CodeFlow, Finding, FlowStep, InputName, Level, Location, Notice,
    NoticeKind, Outcome, Suppression, SuppressionKind, SuppressionStatus,
};
use crate::rules::builtin;
use crate::text::{LineIndex, Region};

const SOURCE: &str = "import torch as t\n\ndef get(url):\n    x = '\x1b[2J é𝄞'; data = requests.get(url)\n    \
                      return t.load(\n        data,\n    )\n\nt.load(p)  # nosec B614  # T-003: ours\n";

fn place(name: &str, text: &str) -> Location {
    let start = SOURCE.find(text).expect("in the source") as u32;
    let region = Region::new(start, start + text.len() as u32);
    Location::in_text(InputName::new(name), SOURCE, &LineIndex::new(SOURCE), region)
}

fn step(text: &str, message: &str) -> FlowStep {
    FlowStep { location: place("src/a.py", text), message: message.to_owned() }
}

fn finding(text: &str) -> Finding {
    Finding {
        rule_id: "LL101".into(),
        rule_name: "torch-load-unpickles".into(),
        level: Level::Error,
        message: "`torch.load` runs the pickle inside `data`".to_owned(),
        help: "Pass `weights_only=True`.".to_owned(),
        location: place("src/a.py", text),
        reasons: vec![step("import torch as t", "`t` is `torch`"); 2],
        code_flow: None,
        suppression: None,
        fixes: Vec::new(),
    }
}

/// An error with a flow over several lines, a warning of a user's rule, an excused error and a notice.
pub(super) fn outcome() -> Outcome {
    let call = "t.load(\n        data,\n    )";
    let steps = vec![step("requests.get(url)", "data from the network"), step(call, "loaded here")];
    let error = Finding { code_flow: Some(CodeFlow { steps }), ..finding(call) };
    let warning = Finding {
        rule_id: "XY7".into(),
        rule_name: "own-load".into(),
        level: Level::Warning,
        message: "a name with \x07 and \u{202e} in it".to_owned(),
        location: place("src/\x1bb.py", "requests.get(url)"),
        reasons: Vec::new(),
        ..finding("t.load(p)")
    };
    let justification = "T-003: ours".to_owned();
    let suppression = Suppression {
        kind: SuppressionKind::Comment,
        status: SuppressionStatus::Accepted,
        location: Some(place("src/a.py", "# nosec B614  # T-003: ours")),
        justification,
        threats: Vec::new(),
    };
    let notice = Notice {
        kind: NoticeKind::SyntaxError,
        input: InputName::new("c.py"),
        message: "unexpected indent".to_owned(),
        location: Some(place("c.py", "def get")),
    };
    Outcome {
        findings: vec![error, warning],
        suppressed: vec![Finding { suppression: Some(suppression), ..finding("t.load(p)") }],
        notices: vec![notice],
        inputs: 12,
        artifacts: Vec::new(),
        others: 0,
        citations: Vec::new(),
        baseline: None,
    }
}

/// One error in the second line of the third cell.
pub(super) fn notebook_outcome() -> Outcome {
    let mut finding = finding("requests.get(url)");
    finding.reasons.clear();
    let text = "x = 1\nm = t.load(p)";
    let region = Region::new(10, 19);
    finding.location = Location {
        cell: Some(CellPosition { cell: 3, start_line: 2, end_line: 2 }),
        ..Location::in_text(InputName::new("nb.ipynb"), text, &LineIndex::new(text), region)
    };
    finding.location.start.line = 27;
    finding.location.end.line = 27;
    Outcome { findings: vec![finding], inputs: 1, ..Outcome::default() }
}

/// One error in a member of an archive of which another member was not read.
pub(super) fn artifact_outcome() -> Outcome {
    let mut finding = finding("requests.get(url)");
    finding.rule_id = "LL201".into();
    finding.rule_name = "pickle-runs-code".into();
    finding.reasons.clear();
    let place = BinaryPlace { member: "archive/data.pkl".into(), start: 5_000_000_000, end: 5_000_000_002 };
    let input = InputName::new("model.pt");
    finding.location = Location { line_hash: Some("1f:1".into()), ..Location::in_artifact(input.clone(), place) };
    let artifact = ArtifactCoverage { input, format: "torch-zip", bytes: 6_000_000_000, parts: 9, parts_not_read: 1 };
    Outcome { findings: vec![finding], inputs: 1, artifacts: vec![artifact], ..Outcome::default() }
}

pub(super) fn context() -> ReportContext<'static> {
    static BASE: LazyLock<Base> = LazyLock::new(|| Base::new("/repo", "/repo"));
    ReportContext {
        rules: builtin().rules(),
        colour: Colour::Off,
        suppressed: Shown::No,
        summary: Shown::Yes,
        base: &BASE,
        fail_level: None,
        sarif: SarifOptions::default(),
    }
}

/// A finding with nothing but its words.
pub(super) fn plain_finding() -> Finding {
    Finding { reasons: Vec::new(), ..finding("t.load(p)") }
}

pub(super) fn written(reporter: &dyn Reporter, outcome: &Outcome, context: &ReportContext<'_>) -> String {
    let mut out = Vec::new();
    reporter.report(outcome, context, &mut out).expect("memory is writable");
    String::from_utf8(out).expect("reports are UTF-8")
}
