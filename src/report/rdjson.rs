//! The diagnostic format of reviewdog, which comments on changes in most forges.
//!
//! Source: `proto/rdf/reviewdog.proto` of reviewdog/reviewdog: ends are exclusive, columns count bytes.

use std::io::{self, Write};

use serde::Serialize;

use super::edits::placed;
use super::visible::visible;
use super::{ReportContext, Reporter, rule_url};
use crate::finding::{Applicability, Finding, Level, Location, Notice, Outcome};
use crate::text::Position;

/// The format `rdjson`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Rdjson;

#[derive(Serialize)]
struct DiagnosticResult {
    source: Source,
    diagnostics: Vec<Diagnostic>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
    url: &'static str,
}

#[derive(Serialize)]
struct Diagnostic {
    message: String,
    location: Place,
    severity: &'static str,
    code: Code,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion>,
}

#[derive(Serialize)]
struct Code {
    value: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
}

#[derive(Serialize)]
struct Place {
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: Point,
    end: Point,
}

/// Both from 1; columns count bytes of UTF-8.
#[derive(Serialize)]
struct Point {
    line: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<u32>,
}

#[derive(Serialize)]
struct Suggestion {
    range: Range,
    text: String,
}

impl Reporter for Rdjson {
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut diagnostics: Vec<_> = outcome.findings.iter().map(|finding| of_finding(finding, context)).collect();
        diagnostics.extend(outcome.notices.iter().map(|notice| of_notice(notice, context)));
        let source = Source { name: "loadlint", url: "https://github.com/loadlint/loadlint" };
        serde_json::to_writer_pretty(&mut *out, &DiagnosticResult { source, diagnostics })?;
        writeln!(out)
    }
}

fn of_finding(finding: &Finding, context: &ReportContext<'_>) -> Diagnostic {
    let member = finding.location.binary.as_ref().filter(|place| !place.member.is_empty());
    let member = member.map(|place| format!(" ({})", visible(&place.member))).unwrap_or_default();
    Diagnostic {
        message: format!("{}{member}\n{}", visible(&finding.message), finding.help),
        location: Place { path: context.base.path(&finding.location.input), range: Some(range(&finding.location)) },
        severity: match finding.level {
            Level::Error => "ERROR",
            Level::Warning => "WARNING",
            Level::Note => "INFO",
        },
        code: Code { value: finding.rule_id.to_string(), url: rule_url(&finding.rule_id) },
        suggestions: suggestions(finding),
    }
}

fn of_notice(notice: &Notice, context: &ReportContext<'_>) -> Diagnostic {
    Diagnostic {
        message: visible(&notice.message).into_owned(),
        location: Place { path: context.base.path(&notice.input), range: notice.location.as_ref().map(range) },
        severity: "ERROR",
        code: Code { value: notice.kind.id().to_owned(), url: None },
        suggestions: Vec::new(),
    }
}

fn range(location: &Location) -> Range {
    let line = |line| Point { line, column: None };
    match (&location.binary, location.cell) {
        (Some(_), _) => Range { start: line(1), end: line(1) },
        // Columns of a cell are none of the file.
        (None, Some(_)) => Range { start: line(location.start.line), end: line(location.end.line) },
        (None, None) => Range { start: point(location.start), end: point(location.end) },
    }
}

fn point(position: Position) -> Point {
    Point { line: position.line, column: Some(position.byte) }
}

/// The best fix that may be applied, if it is one edit: reviewdog takes several suggestions as alternatives.
fn suggestions(finding: &Finding) -> Vec<Suggestion> {
    let fixes = finding.fixes.iter().filter(|fix| fix.applicability != Applicability::Show);
    let suggestion = |fix| match placed(fix, finding)?.as_slice() {
        [edit] => {
            let range = Range { start: point(edit.start), end: point(edit.end) };
            Some(Suggestion { range, text: edit.text.to_owned() })
        }
        _ => None,
    };
    fixes.filter_map(suggestion).collect()
}

#[cfg(test)]
mod tests {
    use super::super::samples::{artifact_outcome, context, notebook_outcome, outcome, written};
    use super::*;

    #[test]
    fn the_format_is_what_it_was() {
        insta::assert_snapshot!(written(&Rdjson, &outcome(), &context()));
    }

    #[test]
    fn every_report_has_what_reviewdog_reads() {
        let point = serde_json::json!({
            "type": "object",
            "required": ["line"],
            "properties": { "line": { "minimum": 1 }, "column": { "minimum": 1 } },
            "additionalProperties": false,
        });
        let range = serde_json::json!({
            "type": "object", "required": ["start"], "properties": { "start": point, "end": point },
        });
        let schema = serde_json::json!({
            "type": "object",
            "required": ["source", "diagnostics"],
            "properties": { "diagnostics": { "items": {
                "required": ["message", "location", "severity", "code"],
                "properties": {
                    "severity": { "enum": ["ERROR", "WARNING", "INFO"] },
                    "location": { "required": ["path"], "properties": { "range": range } },
                    "suggestions": { "items": { "required": ["range", "text"], "properties": { "range": range } } },
                },
            } } },
        });
        let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
        for outcome in [outcome(), notebook_outcome(), artifact_outcome(), Outcome::default()] {
            let report = serde_json::from_str(&written(&Rdjson, &outcome, &context())).expect("valid JSON");
            let errors: Vec<_> = validator.iter_errors(&report).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }
}
