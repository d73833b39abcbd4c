//! Findings as SARIF's results.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use serde_json::json;
use serde_sarif::sarif::{
    CodeFlow, Location as WireLocation, Result as Wire, ResultLevel, Suppression as WireSuppression, ThreadFlow,
    ThreadFlowLocation,
};

use super::super::ReportContext;
use super::super::visible::visible;
use super::artifacts::Listed;
use super::{bag, fixes, places, sentence, text};
use crate::finding::{Finding, FlowStep, Level, Location, Suppression, SuppressionKind, SuppressionStatus};

/// GitHub keeps so many locations of a result.
const MOST_RELATED: usize = 100;
/// GitHub keeps so many steps of a flow.
const MOST_STEPS: usize = 1_000;

pub(super) fn results(findings: &[&Finding], context: &ReportContext<'_>, listed: &Listed<'_>) -> Vec<Wire> {
    let indexes: FxHashMap<_, i64> = context.rules.iter().map(|rule| &*rule.id).zip(0..).collect();
    let one = |finding: &&Finding| {
        let mut result = result(finding, context, listed);
        result.rule_index = indexes.get(&*finding.rule_id).copied();
        result
    };
    findings.iter().map(one).collect()
}

fn result(finding: &Finding, context: &ReportContext<'_>, listed: &Listed<'_>) -> Wire {
    let related = related(finding);
    let mut result = Wire::builder()
        .rule_id(&*finding.rule_id)
        .level(match finding.level {
            Level::Error => ResultLevel::Error,
            Level::Warning => ResultLevel::Warning,
            Level::Note => ResultLevel::Note,
        })
        .message(text(message(finding, &related)))
        .locations(vec![places::wire(&finding.location, context, listed)])
        .partial_fingerprints(fingerprints(finding, context))
        .build();
    let numbered = |(step, number): (&&FlowStep, i64)| WireLocation {
        id: Some(number),
        ..places::wire_with(&step.location, &sentence(&visible(&step.message)), context, listed)
    };
    result.related_locations = some(related.iter().zip(1..).map(numbered).collect());
    result.code_flows = code_flow(finding, context, listed).map(|flow| vec![flow]);
    result.fixes = some(fixes::fixes(finding, context, listed));
    let suppression = |suppression: &Suppression| vec![wire_suppression(suppression, context, listed)];
    result.suppressions = finding.suppression.as_ref().map(suppression);
    result
}

fn some<T>(values: Vec<T>) -> Option<Vec<T>> {
    (!values.is_empty()).then_some(values)
}

/// Each reason once.
fn related(finding: &Finding) -> Vec<&FlowStep> {
    let mut related: Vec<&FlowStep> = Vec::new();
    for step in &finding.reasons {
        if !related.contains(&step) && related.len() < MOST_RELATED {
            related.push(step);
        }
    }
    related
}

/// What happens, where in an artifact, what to do, and why we think so, with a link to each place.
fn message(finding: &Finding, related: &[&FlowStep]) -> String {
    let mut message = sentence(&literal(&finding.message));
    if let Some(place) = place_in_artifact(&finding.location) {
        message = format!("{message} It stands {}.", literal(&place));
    }
    if !finding.help.trim().is_empty() {
        message = format!("{message} {}", sentence(&literal(&one_line(&finding.help))));
    }
    let links: Vec<_> =
        related.iter().zip(1..).map(|(step, number)| format!("[{}]({number})", escaped(&step.message))).collect();
    if links.is_empty() { message } else { format!("{message} Why: {}.", links.join(", ")) }
}

/// Services show the first line of an artifact, so the message says where in it.
fn place_in_artifact(location: &Location) -> Option<String> {
    let place = location.binary.as_ref()?;
    let at = match location.excerpt.text.is_empty() {
        true => format!("at byte {}", place.start),
        false => format!("in line {}", location.start.line),
    };
    let member = if place.member.is_empty() { String::new() } else { format!(" of `{}`", place.member) };
    Some(format!("{at}{member}"))
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text that holds no link of its own, and nothing that hides or turns it around.
fn literal(words: &str) -> String {
    if words.contains("](") { escaped(words) } else { visible(words).into_owned() }
}

fn escaped(words: &str) -> String {
    visible(words).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

fn fingerprints(finding: &Finding, context: &ReportContext<'_>) -> BTreeMap<String, String> {
    let own = finding.fingerprint(&context.base.uri(&finding.location.input));
    let mut fingerprints = BTreeMap::from([("loadlint/v1".to_owned(), own)]);
    if let Some(hash) = &finding.location.line_hash {
        fingerprints.insert("primaryLocationLineHash".to_owned(), hash.to_string());
    }
    fingerprints
}

fn code_flow(finding: &Finding, context: &ReportContext<'_>, listed: &Listed<'_>) -> Option<CodeFlow> {
    let steps = &finding.code_flow.as_ref()?.steps;
    let left_out = steps.len().saturating_sub(MOST_STEPS);
    // Where it starts and where it ends matter more than what lies between.
    let is_kept = |index: usize| index < MOST_STEPS / 2 || index >= MOST_STEPS / 2 + left_out;
    let step = |step: &FlowStep| ThreadFlowLocation {
        location: Some(places::wire_with(&step.location, &sentence(&visible(&step.message)), context, listed)),
        ..ThreadFlowLocation::default()
    };
    let kept = steps.iter().enumerate().filter(|(index, _)| is_kept(*index));
    let mut flow = ThreadFlow::builder().locations(kept.map(|(_, one)| step(one)).collect::<Vec<_>>()).build();
    flow.properties = (left_out > 0).then(|| bag([("stepsLeftOut", json!(left_out))]));
    (!steps.is_empty()).then(|| CodeFlow::builder().thread_flows(vec![flow]).build())
}

fn wire_suppression(suppression: &Suppression, context: &ReportContext<'_>, listed: &Listed<'_>) -> WireSuppression {
    let kind = match suppression.kind {
        SuppressionKind::Comment => "inSource",
        SuppressionKind::Register | SuppressionKind::Baseline => "external",
    };
    let status = match suppression.status {
        SuppressionStatus::Accepted => "accepted",
        SuppressionStatus::UnderReview => "underReview",
    };
    let mut wire = WireSuppression::builder().kind(json!(kind)).status(json!(status)).build();
    wire.justification = Some(justification(suppression)).filter(|words| !words.is_empty());
    wire.location = suppression.location.as_ref().map(|location| places::wire(location, context, listed));
    let threat = |(id, title): &(Arc<str>, Arc<str>)| json!({ "id": **id, "title": **title });
    let threats: Vec<_> = suppression.threats.iter().map(threat).collect();
    wire.properties = (!threats.is_empty()).then(|| bag([("threats", json!(threats))]));
    wire
}

/// The reason with the threats it names in front, unless it names them itself.
fn justification(suppression: &Suppression) -> String {
    let named = |(id, _): &&(Arc<str>, Arc<str>)| !suppression.justification.contains(&**id);
    let ids: Vec<_> = suppression.threats.iter().filter(named).map(|(id, _)| &**id).collect();
    match (ids.is_empty(), suppression.justification.as_str()) {
        (true, reason) => reason.to_owned(),
        (false, "") => ids.join(", "),
        (false, reason) => format!("{}: {reason}", ids.join(", ")),
    }
}
