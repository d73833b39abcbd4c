//! Reports of real runs.

use crate::support::{Place, UNSAFE};

#[test]
fn the_json_of_a_real_run_is_valid_by_the_schema() {
    let excused = "import pickle\nx = pickle.load(f)  # nosec B301  # T-003: ours\n";
    let place = Place::new(&[("a.py", UNSAFE), ("b.py", excused), ("c.py", "x = (\n")]);
    let report = place.run(&["check", "no.py", ".", "--output-format", "json"]).json();
    let schema = serde_json::from_str(include_str!("../docs/json-output.schema.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    assert_eq!(report["summary"]["inputs"], 3);
}

#[test]
fn columns_count_code_points_utf16_units_and_bytes() {
    let line = "import pickle\nx = \"é𝄞\"; y = pickle.loads(open('a', 'rb').read())\n";
    let place = Place::new(&[("a.py", line)]);
    let report = place.run(&["check", "--output-format", "json"]).json();
    let start = &report["findings"][0]["location"]["start"];
    assert_eq!(
        (
            start["line"].as_u64(),
            start["column"].as_u64(),
            start["column_utf16"].as_u64(),
            start["column_byte"].as_u64()
        ),
        (Some(2), Some(15), Some(16), Some(19))
    );
}

#[test]
fn the_full_report_shows_the_line_and_names_the_rule() {
    let place = Place::new(&[("a.py", UNSAFE)]);
    let ran = place.run(&["check"]);
    assert!(ran.out.contains("┌─ a.py:2:5\n"), "{}", ran.out);
    assert!(ran.out.contains("2 │ x = pickle.load(open('a', 'rb'))\n"), "{}", ran.out);
    assert!(ran.out.contains("= rule: pickle-load\n"), "{}", ran.out);
    assert!(ran.out.contains("= docs: https://github.com/loadlint/loadlint/blob/main/docs/rules/LL110.md\n"));
    assert!(ran.out.ends_with(" in 1 file.\n"), "{}", ran.out);
}

#[test]
fn statistics_count_each_rule() {
    let place = Place::new(&[("a.py", UNSAFE), ("b.py", UNSAFE)]);
    let text = place.run(&["check", "--statistics"]).out;
    assert!(text.starts_with("2  ") && text.contains("  LL110  pickle-load\n"), "{text}");
    let rows = place.run(&["check", "--statistics", "--output-format", "json"]).json();
    assert_eq!(rows[0]["count"], 2);
}
