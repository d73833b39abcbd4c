use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::suppress::Date;

fn read(text: &str) -> Register {
    parse(text, &LineIndex::new(text), &ThreatPattern::default())
}

/// An entry in the shape of the expectation.
fn shown(entry: &Threat) -> Value {
    let level = match entry.form {
        Form::Heading(level) => level,
        Form::Row => 0,
    };
    let mut fields = Map::new();
    for field in &entry.fields {
        let value = match field.key {
            "rules" => json!(entry.rules()),
            "scope" => json!(entry.scope()),
            _ => json!(field.value),
        };
        fields.insert(field.key.to_owned(), value);
    }
    let form = if level == 0 { "table" } else { "heading" };
    json!({ "id": &*entry.id, "title": &*entry.title, "line": entry.line, "level": level, "form": form, "fields": fields })
}

#[test]
fn the_sample_reads_as_expected() {
    let expected = include_str!("../../../../fixtures/register/THREATS.sample.expected.json");
    let expected: Value = serde_json::from_str(expected).expect("JSON");
    let register = read(include_str!("../../../../fixtures/register/THREATS.sample.md"));
    let entries: Vec<_> = register.entries.iter().map(shown).collect();
    assert_eq!(Value::from(entries), expected["entries"]);
    assert!(register.rows_without_id.is_empty());
}

#[test]
fn regions_hold_what_they_name() {
    let text =
        "é\r\n## **T-7** – [x](y)\r\n- Status: `accepted` \r\n- Expires: 2026-01-31\r\n### more\nOwner: me\n## Next\n";
    let register = read(text);
    let entry = register.find("T-7").expect("an entry");
    assert_eq!(&text[entry.id_region.range()], "T-7");
    assert_eq!(&text[entry.field("status").expect("there").region.range()], "`accepted`");
    assert_eq!((entry.status(), entry.owner()), (Some(Status::Accepted), Some("me")));
    assert_eq!(entry.expires(), Date::parse("2026-01-31"));
    assert!(text[entry.whole.range()].ends_with("Owner: me\n"));
}

#[test]
fn an_entry_below_another_takes_its_fields_and_what_follows_belongs_to_none() {
    let register = read("# T-1: a\n- Owner: x\n## T-2: b\n- Owner: y\n- Status: open\n# c\n- Rules: B1\n");
    let owners: Vec<_> =
        register.entries.iter().map(|entry| (entry.owner(), entry.status(), entry.rules().len())).collect();
    assert_eq!(owners, [(Some("x"), None, 0), (Some("y"), Some(Status::Open), 0)]);
}

#[test]
fn a_table_of_other_ids_is_prose_and_a_row_without_one_among_others_is_told() {
    assert!(read("| ID | Threat |\n|--|--|\n| T1 | x |\n").rows_without_id.is_empty());
    let register = read("| ID | Threat |\n|--|--|\n| T-1 | x |\n| tbd | y |\n");
    assert_eq!((register.entries.len(), register.rows_without_id.len()), (1, 1));
}

#[test]
fn residual_risk_needs_numbers() {
    let risk = |fields: &str| read(&format!("## T-1: a\n{fields}")).entries[0].residual_risk();
    let near = |risk: Option<f64>, expected: f64| risk.is_some_and(|risk| (risk - expected).abs() < 1e-9);
    assert!(near(risk("- Probability: 30%\n- Severity: 8/10\n- Detection: 0.5\n"), 1.2));
    assert!(near(risk("- Likelihood: 0.5\n- Impact: 4\n"), 2.0));
    assert_eq!(risk("- Probability: often\n- Severity: 4\n"), None);
    assert_eq!(risk("- Probability: 2\n- Severity: 4\n"), None);
    assert_eq!(risk("- Severity: 4\n"), None);
}

/// Lines that mean something to the parser, in any order.
fn line() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("## T-1: a".to_owned()),
        Just("### T-22 b".to_owned()),
        Just("- Status: open".to_owned()),
        Just("**Owner:** x".to_owned()),
        Just("```".to_owned()),
        Just("~~~~".to_owned()),
        Just("<!-- c".to_owned()),
        Just("-->".to_owned()),
        Just("| ID | Status |".to_owned()),
        Just("|---|---|".to_owned()),
        Just("| T-3 | open |".to_owned()),
        Just("| | x | é \\|".to_owned()),
        "[ -~é|#*`<>]{0,30}",
    ]
}

/// Prose that is none of the shapes.
fn prose() -> impl Strategy<Value = String> {
    "[a-zé ,.()]{0,40}"
}

proptest! {
    #[test]
    fn any_text_is_read_and_regions_lie_inside_it(text in "\\PC*|(\\PC|[\n\r#|`*:-])*") {
        for entry in read(&text).entries {
            prop_assert!(text.get(entry.whole.range()).is_some() && text.get(entry.id_region.range()).is_some());
        }
    }

    #[test]
    fn any_order_of_known_lines_is_read(lines in proptest::collection::vec(line(), 0..40)) {
        let text = lines.join("\n");
        for entry in read(&text).entries {
            prop_assert!(text[entry.region.range()].contains(&*entry.id));
            for field in &entry.fields {
                prop_assert!(text.get(field.region.range()).is_some());
            }
        }
    }

    #[test]
    fn entries_stay_when_the_prose_between_them_changes(first in prose(), second in prose(), third in prose()) {
        let text = |a: &str, b: &str, c: &str| format!(
            "# Threats\n\n{a}\n\n## T-001: one\n\n- Status: accepted\n- Owner: x\n\n{b}\n\n| ID | Threat |\n|--|--|\n| T-2 | y |\n\n{c}\n"
        );
        let shown = |text: &str| read(text).entries.iter().map(|entry| {
            let mut entry = shown(entry);
            entry["line"] = Value::Null;
            entry
        }).collect::<Vec<_>>();
        prop_assert_eq!(shown(&text(&first, &second, &third)), shown(&text("", "", "")));
    }
}
