use std::sync::Arc;

use super::super::samples::{artifact_outcome, context, notebook_outcome, outcome, plain_finding, written};
use super::*;
use crate::finding::{
    Applicability, BinaryPlace, CodeFlow, Edit, Fix, FlowStep, InputName, Level, Location, Suppression,
    SuppressionKind, SuppressionStatus,
};
use crate::text::{LineIndex, Region};

fn report(outcome: &Outcome, context: &ReportContext<'_>) -> Value {
    serde_json::from_str(&written(&Sarif, outcome, context)).expect("valid JSON")
}

fn with_suppressed() -> ReportContext<'static> {
    let sarif = SarifOptions { category: Some("code/"), suppressed: Shown::Yes, ..SarifOptions::default() };
    ReportContext { sarif, ..context() }
}

/// One finding with everything a finding can have.
fn full_outcome() -> Outcome {
    let text = "x = \"é𝄞\"; y = pickle.loads(b)\n";
    let start = text.find("pickle").expect("there") as u32;
    let region = Region::new(start, start + 15);
    let input = InputName::new("src/a [1]%.py");
    let location = |region| Location::in_text(input.clone(), text, &LineIndex::new(text), region);
    let step = FlowStep { location: location(Region::new(0, 1)), message: "`x[0](1)` is \\ this".to_owned() };
    let edit = Edit { input: input.clone(), region: Region::new(start + 14, start + 14), text: ", 1".to_owned() };
    let fix = |applicability| Fix { title: "Add".to_owned(), applicability, edits: vec![edit.clone()] };
    let mut finding = plain_finding();
    finding.location = Location { line_hash: Some("abc:1".into()), ..location(region) };
    finding.message = "`x[0](p)` unpickles".to_owned();
    finding.reasons = vec![step.clone(), step.clone()];
    finding.code_flow = Some(CodeFlow { steps: vec![step; 1_500] });
    finding.fixes = [Applicability::Safe, Applicability::Show].map(fix).to_vec();
    finding.suppression = Some(Suppression {
        kind: SuppressionKind::Register,
        status: SuppressionStatus::UnderReview,
        location: Some(location(Region::new(0, 3))),
        justification: "ours".to_owned(),
        threats: vec![(Arc::from("T-003"), Arc::from("Our files"))],
    });
    Outcome { findings: vec![finding], inputs: 1, ..Outcome::default() }
}

#[test]
fn every_report_is_valid_by_the_schema() {
    let schema = include_str!("../../../tests/data/sarif-2.1.0.json");
    let schema = serde_json::from_str(schema).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    let outcomes = [outcome(), notebook_outcome(), artifact_outcome(), full_outcome(), Outcome::default()];
    for (outcome, context) in outcomes.iter().flat_map(|one| [(one, context()), (one, with_suppressed())]) {
        let errors: Vec<_> = validator.iter_errors(&report(outcome, &context)).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
}

#[test]
fn the_format_is_what_it_was() {
    let mut report = report(&outcome(), &with_suppressed());
    let driver = &mut report["runs"][0]["tool"]["driver"];
    driver["rules"] = json!("left out");
    driver["notifications"] = json!("left out");
    let text = format!("{report:#}").replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!(text);
}

#[test]
fn a_finding_tells_all_it_has() {
    let report = report(&full_outcome(), &context());
    let result = &report["runs"][0]["results"][0];
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "src/a%20%5B1%5D%25.py");
    assert_eq!((&place["region"]["startColumn"], &place["region"]["endColumn"]), (&json!(16), &json!(31)));
    let message = "`x\\[0\\](p)` unpickles. Pass `weights_only=True`. Why: [`x\\[0\\](1)` is \\\\ this](1).";
    assert_eq!(result["message"]["text"], message);
    assert_eq!(result["relatedLocations"].as_array().map(Vec::len), Some(1));
    let flow = &result["codeFlows"][0]["threadFlows"][0];
    assert_eq!(flow["locations"].as_array().map(Vec::len), Some(1_000));
    assert_eq!(flow["properties"]["stepsLeftOut"], 500);
    let fixes = result["fixes"].as_array().expect("fixes");
    assert_eq!(fixes.len(), 1);
    let replacement = &fixes[0]["artifactChanges"][0]["replacements"][0];
    assert_eq!(replacement["deletedRegion"]["startColumn"], 30);
    assert_eq!(result["partialFingerprints"]["primaryLocationLineHash"], "abc:1");
    let suppression = &result["suppressions"][0];
    assert_eq!((&suppression["kind"], &suppression["status"]), (&json!("external"), &json!("underReview")));
    assert_eq!(suppression["justification"], "T-003: ours");
}

#[test]
fn a_region_that_is_longer_than_its_excerpt_has_no_snippet() {
    let snippet = |length: usize| {
        let text = format!("load('{}')\n", "x".repeat(length));
        let region = Region::new(0, length as u32 + 8);
        let location = Location::in_text(InputName::new("a.py"), &text, &LineIndex::new(&text), region);
        let finding = Finding { location, ..plain_finding() };
        let report = report(&Outcome { findings: vec![finding], ..Outcome::default() }, &context());
        report["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"]["snippet"]["text"].clone()
    };
    assert_eq!(snippet(3), "load('xxx')");
    assert_eq!(snippet(2_000), Value::Null);
}

#[test]
fn rules_are_listed_though_none_found_anything_and_keep_to_githubs_limits() {
    let report = report(&Outcome::default(), &context());
    let run = &report["runs"][0];
    assert_eq!(run["results"], json!([]));
    assert_eq!(run["invocations"][0]["executionSuccessful"], true);
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), context().rules.len());
    for rule in rules {
        let severity: f64 = rule["properties"]["security-severity"].as_str().expect("text").parse().expect("a number");
        assert!(severity > 0.0 && severity <= 10.0);
        assert!(rule["properties"]["tags"].as_array().expect("tags").len() <= 10);
        for text in ["shortDescription", "fullDescription"] {
            let text = rule[text]["text"].as_str().expect("text");
            assert!(!text.is_empty() && text.chars().count() <= 1_024, "{text}");
        }
        assert!(rule["help"]["markdown"].as_str().is_some_and(|text| text.len() > 100));
    }
}

#[test]
fn what_was_not_looked_at_makes_the_run_unsuccessful() {
    let report = report(&outcome(), &context());
    let invocation = &report["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let notification = &invocation["toolExecutionNotifications"][0];
    assert_eq!(notification["descriptor"]["id"], "LL903");
    let descriptors = &report["runs"][0]["tool"]["driver"]["notifications"];
    let index = notification["descriptor"]["index"].as_u64().expect("an index") as usize;
    assert_eq!(descriptors[index]["id"], "LL903");
}

#[test]
fn more_than_github_keeps_is_left_out_by_what_matters_least_and_told() {
    let one = |level| Finding { level, ..plain_finding() };
    let mut findings = vec![one(Level::Note); 10];
    findings.extend(vec![one(Level::Warning); 4_998]);
    findings.push(one(Level::Error));
    let report = report(&Outcome { findings, inputs: 1, ..Outcome::default() }, &context());
    let run = &report["runs"][0];
    let results = run["results"].as_array().expect("results");
    let count = |level: &str| results.iter().filter(|result| result["level"] == *level).count();
    assert_eq!((count("error"), count("warning"), count("note")), (1, 4_998, 1));
    let told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str();
    assert!(told.is_some_and(|text| text.starts_with("9 results are left out")), "{told:?}");
}

#[test]
fn who_takes_fewer_results_gets_fewer_and_the_excused_ones_go_first() {
    let one = |level| Finding { level, ..plain_finding() };
    let findings = vec![one(Level::Note), one(Level::Error), one(Level::Warning)];
    let outcome = Outcome { findings, suppressed: vec![one(Level::Error); 2], inputs: 1, ..Outcome::default() };
    let levels_of = |most_results| {
        let sarif = SarifOptions { suppressed: Shown::Yes, most_results, ..SarifOptions::default() };
        let report = report(&outcome, &ReportContext { sarif, ..context() });
        let run = &report["runs"][0];
        let levels = run["results"].as_array().expect("results").iter();
        let levels: Vec<_> = levels.map(|result| result["level"].as_str().expect("a level").to_owned()).collect();
        let told = run["invocations"][0]["toolExecutionNotifications"][0]["message"]["text"].as_str();
        (levels.join(" "), told.and_then(|text| Some(text.split_once(':')?.0.to_owned())))
    };
    assert_eq!(levels_of(2), ("error warning".to_owned(), Some("3 results are left out".to_owned())));
    assert_eq!(levels_of(4), ("note error warning error".to_owned(), Some("1 results are left out".to_owned())));
    assert_eq!(levels_of(5), ("note error warning error error".to_owned(), None));
}

#[test]
fn suppressed_results_are_left_out_unless_asked_for() {
    let plain = report(&outcome(), &context());
    assert_eq!(plain["runs"][0]["results"].as_array().map(Vec::len), Some(2));
    assert_eq!(plain["runs"][0]["automationDetails"], Value::Null);
    let all = report(&outcome(), &with_suppressed());
    let result = &all["runs"][0]["results"][2];
    assert_eq!(result["suppressions"][0]["kind"], "inSource");
    assert_eq!(result["suppressions"][0]["justification"], "T-003: ours");
    assert_eq!(all["runs"][0]["automationDetails"]["id"], "code/");
}

#[test]
fn an_artifact_has_a_first_line_unless_it_is_too_large_to_be_hashed() {
    let mut outcome = artifact_outcome();
    let small = report(&outcome, &context());
    let run = &small["runs"][0];
    let location = &run["results"][0]["locations"][0];
    assert_eq!(location["physicalLocation"]["region"]["startLine"], 1);
    assert_eq!(location["physicalLocation"]["artifactLocation"]["index"], 0);
    assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], "archive/data.pkl");
    assert_eq!(location["properties"]["byteOffset"], 5_000_000_000_u64);
    assert_eq!(run["artifacts"][0]["properties"]["partsNotRead"], 1);
    let message = run["results"][0]["message"]["text"].as_str().expect("text");
    assert!(message.contains("It stands at byte 5000000000 of `archive/data.pkl`."), "{message}");
    outcome.findings[0].location.line_hash = None;
    let large = report(&outcome, &context());
    assert_eq!(large["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"], Value::Null);
    let whole = BinaryPlace { member: "".into(), start: 7, end: 9 };
    outcome.findings[0].location.binary = Some(whole);
    let large = report(&outcome, &context());
    let region = &large["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region, &json!({ "byteOffset": 7, "byteLength": 2 }));
}

#[test]
fn a_notebook_has_lines_of_the_file_and_columns_of_none() {
    let report = report(&notebook_outcome(), &context());
    let location = &report["runs"][0]["results"][0]["locations"][0];
    assert_eq!(location["physicalLocation"]["region"], json!({ "startLine": 27, "endLine": 27 }));
    assert_eq!((&location["properties"]["cell"], &location["properties"]["cellStartLine"]), (&json!(3), &json!(2)));
}
