//! The call shapes of Bandit's own examples for B301, B302, B506, B614 and B615: where Bandit reports one, so do we, and
//! where it does not, neither do we. `fixtures/bandit/README.md` tells how the lines came about.

use std::collections::BTreeSet;
use std::path::Path;

use loadlint::config::{Comments, RawConfig, Settings};
use loadlint::engine::check::check_bytes;
use loadlint::finding::InputName;
use loadlint::python::source::SourceKind;
use loadlint::rules::builtin;

const IDS: [&str; 5] = ["B301", "B302", "B506", "B614", "B615"];

/// The function reads back bytes or a buffer that it wrote itself a line before: nothing foreign can run.
const OWN_DATA: &str = "reads its own output";
/// Ten hexadecimal digits are no pin: a name of that form can be made to mean something else.
const SHORT_HASH: &str = "a short hash is no pin";

/// Where we differ, and why.
const DIFFERENT: [(&str, u32, &str); 15] = [
    ("dill_streams.py", 8, OWN_DATA),
    ("dill_streams.py", 13, OWN_DATA),
    ("dill_streams.py", 15, OWN_DATA),
    ("hub_downloads.py", 37, SHORT_HASH),
    ("hub_downloads.py", 39, SHORT_HASH),
    ("json_pickle.py", 8, OWN_DATA),
    ("json_pickle.py", 9, OWN_DATA),
    ("marshal_values.py", 7, OWN_DATA),
    ("marshal_values.py", 12, OWN_DATA),
    ("pandas_frame.py", 8, OWN_DATA),
    ("pickle_streams.py", 8, OWN_DATA),
    ("pickle_streams.py", 13, OWN_DATA),
    ("pickle_streams.py", 15, OWN_DATA),
    ("suppressed.py", 8, OWN_DATA),
    ("yaml_documents.py", 11, OWN_DATA),
];

/// Lines that Bandit marks, by the comment behind them; `None` where it is silent on purpose.
fn marked(line: &str) -> Option<BTreeSet<&str>> {
    let (_, ids) = line.split_once("# bandit: ")?;
    Some(ids.split(',').map(str::trim).filter(|id| *id != "-").collect())
}

#[test]
fn bandits_lines_are_ours_but_for_documented_differences() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bandit");
    let mut settings = Settings::from_layers(&[&RawConfig::default()], Path::new("/")).expect("the defaults are valid");
    settings.comments = Comments::Disregarded;
    let mut different = BTreeSet::new();
    let mut compared = 0;
    for entry in std::fs::read_dir(folder).expect("the samples are there") {
        let path = entry.expect("a readable folder").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("an ASCII name").to_owned();
        if !name.ends_with(".py") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a readable sample");
        let outcome =
            check_bytes(&InputName::new(name.as_str()), SourceKind::Module, text.clone().into_bytes(), &settings);
        assert_eq!(outcome.notices, [], "{name}");
        for (number, line) in (1..).zip(text.lines()) {
            let Some(expected) = marked(line) else { continue };
            let here = outcome.findings.iter().filter(|finding| finding.location.start.line == number);
            let aliases = here.filter_map(|finding| builtin().find(&finding.rule_id)).flat_map(|rule| &rule.aliases);
            let found: BTreeSet<&str> = aliases.map(|alias| &**alias).filter(|alias| IDS.contains(alias)).collect();
            compared += 1;
            if found != expected {
                different.insert((name.clone(), number));
            }
        }
    }
    let documented: BTreeSet<_> = DIFFERENT.iter().map(|(name, line, _)| ((*name).to_owned(), *line)).collect();
    assert_eq!(different, documented);
    assert!(compared > 90, "{compared} lines compared");
}
