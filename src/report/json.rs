//! For programs. These types are the format: `docs/json-output.schema.json` describes them, and within version 1 fields
//! are only added. They are our own, so that a change elsewhere cannot change what programs read.

use std::io::{self, Write};

use serde::Serialize;

use super::base::lost_bytes;
use super::{ReportContext, Reporter, rule_url};
use crate::finding::{
    Applicability, ArtifactCoverage, BaselineNews, Edit, Finding, Fix, FlowStep, Gone, Level, Location, Notice,
    Outcome, Suppression, SuppressionKind, SuppressionStatus,
};
use crate::text::{Position, Region};

/// The version of the format.
pub const VERSION: u32 = 1;

/// The format `json`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Json;

impl Reporter for Json {
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
        let count = |level| outcome.findings.iter().filter(|finding| finding.level == level).count();
        let report = WireReport {
            version: VERSION,
            tool: WireTool { name: "loadlint", version: env!("CARGO_PKG_VERSION") },
            summary: WireSummary {
                inputs: outcome.inputs,
                artifacts: outcome.artifacts.len(),
                artifacts_fully_read: outcome.artifacts.iter().filter(|one| one.parts_not_read == 0).count(),
                errors: count(Level::Error),
                warnings: count(Level::Warning),
                notes: count(Level::Note),
                suppressed: outcome.suppressed.len(),
                notices: outcome.notices.len(),
            },
            baseline: outcome.baseline.as_ref().map(wire_baseline),
            artifacts: outcome.artifacts.iter().map(wire_artifact).collect(),
            findings: wire_findings(&outcome.findings, context),
            suppressed: wire_findings(&outcome.suppressed, context),
            notices: outcome.notices.iter().map(wire_notice).collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)
    }
}

#[derive(Serialize)]
struct WireReport<'a> {
    version: u32,
    tool: WireTool,
    summary: WireSummary,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<WireBaseline<'a>>,
    artifacts: Vec<WireArtifact>,
    findings: Vec<WireFinding<'a>>,
    suppressed: Vec<WireFinding<'a>>,
    notices: Vec<WireNotice<'a>>,
}

#[derive(Serialize)]
struct WireTool {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct WireSummary {
    inputs: usize,
    artifacts: usize,
    artifacts_fully_read: usize,
    errors: usize,
    warnings: usize,
    notes: usize,
    suppressed: usize,
    notices: usize,
}

#[derive(Serialize)]
struct WireBaseline<'a> {
    known: usize,
    gone: Vec<WireGone<'a>>,
}

#[derive(Serialize)]
struct WireGone<'a> {
    path: &'a str,
    rule_id: &'a str,
    count: usize,
}

#[derive(Serialize)]
struct WireArtifact {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    format: &'static str,
    bytes: u64,
    parts: u64,
    parts_not_read: u64,
}

#[derive(Serialize)]
struct WireFinding<'a> {
    rule_id: &'a str,
    rule_name: &'a str,
    level: &'static str,
    security_severity: Option<f64>,
    message: &'a str,
    help: &'a str,
    url: Option<String>,
    location: WireLocation,
    reasons: Vec<WireStep<'a>>,
    flow: Vec<WireStep<'a>>,
    suppression: Option<WireSuppression<'a>>,
    fixes: Vec<WireFix<'a>>,
}

#[derive(Serialize)]
struct WireStep<'a> {
    message: &'a str,
    location: WireLocation,
}

#[derive(Serialize)]
struct WireSuppression<'a> {
    kind: &'static str,
    status: &'static str,
    threats: Vec<WireThreat<'a>>,
    justification: &'a str,
    location: Option<WireLocation>,
}

#[derive(Serialize)]
struct WireThreat<'a> {
    id: &'a str,
    title: &'a str,
}

#[derive(Serialize)]
struct WireFix<'a> {
    title: &'a str,
    applicability: Applicability,
    edits: Vec<WireEdit<'a>>,
}

#[derive(Serialize)]
struct WireEdit<'a> {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    region: WireRegion,
    text: &'a str,
}

#[derive(Serialize)]
struct WireNotice<'a> {
    id: &'static str,
    name: &'static str,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    message: &'a str,
    location: Option<WireLocation>,
}

#[derive(Serialize)]
struct WireLocation {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    start: WirePosition,
    end: WirePosition,
    region: WireRegion,
    cell: Option<WireCell>,
    binary: Option<WireBinary>,
}

#[derive(Serialize)]
struct WireBinary {
    member: String,
    start: u64,
    end: u64,
}

#[derive(Serialize)]
struct WirePosition {
    line: u32,
    column: u32,
    column_utf16: u32,
    column_byte: u32,
}

#[derive(Serialize)]
struct WireRegion {
    start: u32,
    end: u32,
}

#[derive(Serialize)]
struct WireCell {
    number: u32,
    start_line: u32,
    end_line: u32,
}

fn wire_findings<'a>(findings: &'a [Finding], context: &ReportContext<'_>) -> Vec<WireFinding<'a>> {
    findings.iter().map(|finding| wire_finding(finding, context)).collect()
}

fn wire_finding<'a>(finding: &'a Finding, context: &ReportContext<'_>) -> WireFinding<'a> {
    let steps = |steps: &'a [FlowStep]| steps.iter().map(wire_step).collect();
    WireFinding {
        rule_id: &finding.rule_id,
        rule_name: &finding.rule_name,
        level: finding.level.as_str(),
        security_severity: context.rule(&finding.rule_id).map(|rule| rule.security_severity),
        message: &finding.message,
        help: &finding.help,
        url: rule_url(&finding.rule_id),
        location: wire_location(&finding.location),
        reasons: steps(&finding.reasons),
        flow: finding.code_flow.as_ref().map(|flow| steps(&flow.steps)).unwrap_or_default(),
        suppression: finding.suppression.as_ref().map(wire_suppression),
        fixes: finding.fixes.iter().map(wire_fix).collect(),
    }
}

fn wire_baseline(news: &BaselineNews) -> WireBaseline<'_> {
    let gone = news.gone.iter().map(|Gone { path, rule, count }| WireGone { path, rule_id: rule, count: *count });
    WireBaseline { known: news.known, gone: gone.collect() }
}

fn wire_suppression(suppression: &Suppression) -> WireSuppression<'_> {
    WireSuppression {
        kind: match suppression.kind {
            SuppressionKind::Comment => "comment",
            SuppressionKind::Register => "register",
            SuppressionKind::Baseline => "baseline",
        },
        status: match suppression.status {
            SuppressionStatus::Accepted => "accepted",
            SuppressionStatus::UnderReview => "under-review",
        },
        threats: suppression.threats.iter().map(|(id, title)| WireThreat { id, title }).collect(),
        justification: &suppression.justification,
        location: suppression.location.as_ref().map(wire_location),
    }
}

fn wire_fix<'a>(fix: &'a Fix) -> WireFix<'a> {
    let wire_edit = |edit: &'a Edit| WireEdit {
        path: edit.input.to_string(),
        path_bytes: lost_bytes(edit.input.path()),
        region: wire_region(edit.region),
        text: &edit.text,
    };
    WireFix { title: &fix.title, applicability: fix.applicability, edits: fix.edits.iter().map(wire_edit).collect() }
}

fn wire_region(region: Region) -> WireRegion {
    WireRegion { start: region.start, end: region.end }
}

fn wire_step(step: &FlowStep) -> WireStep<'_> {
    WireStep { message: &step.message, location: wire_location(&step.location) }
}

fn wire_notice(notice: &Notice) -> WireNotice<'_> {
    WireNotice {
        id: notice.kind.id(),
        name: notice.kind.name(),
        path: notice.input.to_string(),
        path_bytes: lost_bytes(notice.input.path()),
        message: &notice.message,
        location: notice.location.as_ref().map(wire_location),
    }
}

fn wire_location(location: &Location) -> WireLocation {
    let position = |position: Position| WirePosition {
        line: position.line,
        column: position.column,
        column_utf16: position.utf16,
        column_byte: position.byte,
    };
    WireLocation {
        path: location.input.to_string(),
        path_bytes: lost_bytes(location.input.path()),
        start: position(location.start),
        end: position(location.end),
        region: wire_region(location.region),
        cell: location.cell.map(|cell| WireCell {
            number: cell.cell,
            start_line: cell.start_line,
            end_line: cell.end_line,
        }),
        binary: location.binary.as_ref().map(|place| WireBinary {
            member: place.member.to_string(),
            start: place.start,
            end: place.end,
        }),
    }
}

fn wire_artifact(artifact: &ArtifactCoverage) -> WireArtifact {
    WireArtifact {
        path: artifact.input.to_string(),
        path_bytes: lost_bytes(artifact.input.path()),
        format: artifact.format,
        bytes: artifact.bytes,
        parts: artifact.parts,
        parts_not_read: artifact.parts_not_read,
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{artifact_outcome, context, notebook_outcome, outcome, written};
    use super::*;

    #[test]
    fn the_format_is_what_it_was() {
        let text = written(&Json, &outcome(), &context()).replace(env!("CARGO_PKG_VERSION"), "VERSION");
        insta::assert_snapshot!(text);
    }

    #[test]
    fn every_report_is_valid_by_the_schema() {
        let schema = include_str!("../../docs/json-output.schema.json");
        let schema = serde_json::from_str(schema).expect("the schema is JSON");
        let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
        for outcome in [outcome(), notebook_outcome(), artifact_outcome(), Outcome::default()] {
            let report = serde_json::from_str(&written(&Json, &outcome, &context())).expect("valid JSON");
            let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }
}
