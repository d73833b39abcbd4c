//! The pickle machine against CPython: what instrumented unpicklers (C and Python) really ask for when they load
//! thousands of generated harmless pickles is what loadlint says they would. `pickle_oracle.py` makes and records them.

use std::path::Path;
use std::process::Command;

use loadlint::artifact::{self, Detail};
use loadlint::fact::artifact::Seen;
use loadlint::fact::pickle::{CallOpcode, Datum, StreamEnd};
use loadlint::limits::Limits;
use serde_json::Value;

/// Python, if there is one that is new enough for protocol 5.
fn python() -> Option<&'static str> {
    let is_new = |name: &&str| {
        let check = "import sys; sys.exit(sys.version_info < (3, 9))";
        Command::new(name).args(["-c", check]).status().is_ok_and(|status| status.success())
    };
    ["python3", "python"].into_iter().find(is_new)
}

fn shown(datum: &Datum) -> String {
    match datum {
        Datum::None => "None".into(),
        Datum::Bool(true) => "True".into(),
        Datum::Bool(false) => "False".into(),
        Datum::Int(value) => format!("int {value}"),
        Datum::LargeInt(_) => "large".into(),
        Datum::Float(_) => "float".into(),
        Datum::Text { start, .. } => format!("text {start}"),
        Datum::Bytes { start, .. } => {
            format!("bytes {}", start.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
        Datum::Global(callee) => format!("global {callee}"),
        Datum::Tuple(items) => format!("tuple {}", items.len()),
        Datum::List(items) => format!("list {}", items.len()),
        Datum::Set(_) => "set".into(),
        Datum::Dict(_) => "dict".into(),
        Datum::Result(_) => "object".into(),
        Datum::Persistent(_) => "persistent".into(),
        Datum::Cut | Datum::Unknown => "?".into(),
    }
}

/// The imports, the calls with their arguments, and the result.
type Predicted = (Vec<String>, Vec<(String, Vec<String>)>, String);

/// What loadlint says of a pickle, in the words of the script.
fn predicted(pickle: Vec<u8>) -> Predicted {
    let facts = artifact::examine(&pickle.into(), "a.pkl", &Limits::default(), Detail::Inventory);
    assert!(facts.gaps.is_empty(), "{:?}", facts.gaps);
    let (mut imports, mut calls, mut result) = (Vec::new(), Vec::new(), String::new());
    for fact in facts.facts {
        match fact.seen {
            Seen::Import(callee) => imports.push(callee.name),
            Seen::Call(call) => {
                let mut arguments: Vec<String> = call.arguments.iter().map(shown).collect();
                arguments.extend(call.keywords.iter().map(|(name, _)| format!("{name}=")));
                // What recorders do not do: call what they are given.
                if call.opcode != CallOpcode::Inner {
                    calls.push((call.callee.name, arguments));
                }
            }
            Seen::Stream(stream) => {
                assert_eq!(stream.end, StreamEnd::Stop);
                result = shown(&stream.result);
            }
            Seen::Attribute(_) | Seen::Observation(_) | Seen::Reference(_) | Seen::Source(_) | Seen::Command(_) => {}
        }
    }
    (imports, calls, result)
}

fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|text| text.as_str().unwrap_or_default().to_owned()).collect()
}

fn recorded_calls(case: &Value) -> Vec<(String, Vec<String>)> {
    let calls = case["calls"].as_array().expect("a list");
    let call = |call: &Value| {
        let mut arguments = texts(&call[2]);
        // What facts leave out.
        if arguments.len() > 16 {
            arguments.splice(16.., ["?".to_owned()]);
        }
        arguments.extend(texts(&call[3]).iter().map(|name| format!("{name}=")));
        (call[1].as_str().expect("a name").to_owned(), arguments)
    };
    calls.iter().map(call).collect()
}

fn compare(case: &Value, pickle: Vec<u8>, name: &str) {
    let (mut imports, calls, result) = predicted(pickle);
    let (expected_imports, expected_calls) = (texts(&case["imports"]), recorded_calls(case));
    if case["exact"] == true {
        assert_eq!((imports, &calls), (expected_imports, &expected_calls), "{name}");
        let expected = case["result"].as_str().expect("a text");
        assert!(
            result == expected || expected == "object" && result.starts_with("global"),
            "{name}: {result}, {expected}"
        );
        return;
    }
    // Real objects: names found by seeing through `getattr` come on top.
    imports.retain(|import| expected_imports.contains(import));
    assert_eq!(imports, expected_imports, "{name}");
    let names = |calls: &[(String, Vec<String>)]| {
        let named = calls.iter().filter(|(name, _)| !name.ends_with("()"));
        let mut names: Vec<String> = named.map(|(name, _)| name.clone()).collect();
        names.sort();
        names.dedup();
        names
    };
    assert_eq!(names(&calls), names(&expected_calls), "{name}");
}

#[test]
#[allow(clippy::print_stderr, reason = "a skipped test says so")]
fn what_cpython_asks_for_is_predicted() {
    let Some(python) = python() else {
        eprintln!("skipped: no Python 3.9 or newer to compare the pickle machine with");
        return;
    };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pickle_oracle.py");
    let ran = Command::new(python).arg(&script).arg(folder.path()).args(["5000", "1"]).output().expect("it starts");
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let cases = std::fs::read_to_string(folder.path().join("cases.jsonl")).expect("written");
    for (index, line) in cases.lines().enumerate() {
        let case: Value = serde_json::from_str(line).expect("JSON");
        let file = folder.path().join(format!("{index}.pkl"));
        compare(&case, std::fs::read(&file).expect("written"), &format!("case {index}"));
    }
    assert!(cases.lines().count() >= 4000, "only {} cases", cases.lines().count());
}
