//! GitLab's code quality report.
//!
//! Source: GitLab's page "Code Quality", "Code Quality report format".

use std::io::{self, Write};

use rustc_hash::FxHashMap;
use serde::Serialize;

use super::visible::visible;
use super::{ReportContext, Reporter};
use crate::finding::{Finding, Level, Location, Notice, Outcome};

/// The format `gitlab`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Gitlab;

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Place,
}

#[derive(Serialize)]
struct Place {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: u32,
    end: u32,
}

impl Reporter for Gitlab {
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut issues: Vec<_> = outcome.findings.iter().map(|finding| of_finding(finding, context)).collect();
        issues.extend(outcome.notices.iter().map(|notice| of_notice(notice, context)));
        number_equal_ones(&mut issues);
        serde_json::to_writer_pretty(&mut *out, &issues)?;
        writeln!(out)
    }
}

fn of_finding(finding: &Finding, context: &ReportContext<'_>) -> Issue {
    let severity = context.rule(&finding.rule_id).map_or(0.0, |rule| rule.security_severity);
    let member = finding.location.binary.as_ref().filter(|place| !place.member.is_empty());
    let member = member.map(|place| format!(" ({})", visible(&place.member))).unwrap_or_default();
    Issue {
        description: format!("{}{member}. {}", visible(&finding.message), finding.help),
        check_name: finding.rule_id.to_string(),
        fingerprint: finding.fingerprint(&context.base.uri(&finding.location.input)),
        severity: match finding.level {
            Level::Error if severity >= 9.0 => "blocker",
            Level::Error => "critical",
            Level::Warning => "major",
            Level::Note => "minor",
        },
        location: place(context.base.path(&finding.location.input), Some(&finding.location)),
    }
}

/// What was not looked at must not read as clean.
fn of_notice(notice: &Notice, context: &ReportContext<'_>) -> Issue {
    let path = context.base.path(&notice.input);
    Issue {
        description: visible(&notice.message).into_owned(),
        check_name: notice.kind.id().to_owned(),
        fingerprint: format!("{}:{}:{}", notice.kind.id(), context.base.uri(&notice.input), notice.message),
        severity: "major",
        location: place(path, notice.location.as_ref()),
    }
}

fn place(path: String, location: Option<&Location>) -> Place {
    let lines = match location {
        Some(location) if location.binary.is_none() => {
            Lines { begin: location.start.line, end: location.end.line.max(location.start.line) }
        }
        // A report has to name a line.
        Some(_) | None => Lines { begin: 1, end: 1 },
    };
    Place { path, lines }
}

/// GitLab shows one of those with the same fingerprint.
fn number_equal_ones(issues: &mut [Issue]) {
    let mut seen: FxHashMap<String, u32> = FxHashMap::default();
    for issue in issues {
        let count = seen.entry(issue.fingerprint.clone()).or_insert(0);
        *count += 1;
        if *count > 1 {
            issue.fingerprint.push_str(&format!("-{count}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{artifact_outcome, context, notebook_outcome, outcome, written};
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_format_is_what_it_was() {
        insta::assert_snapshot!(written(&Gitlab, &outcome(), &context()));
    }

    #[test]
    fn each_issue_is_as_gitlab_wants_it_and_has_a_fingerprint_of_its_own() {
        let line = serde_json::json!({ "type": "integer", "minimum": 1 });
        let lines = serde_json::json!({
            "type": "object", "required": ["begin"], "properties": { "begin": line, "end": line },
        });
        let schema = serde_json::json!({
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "properties": {
                "description": { "type": "string", "minLength": 1 },
                "check_name": { "type": "string", "minLength": 1 },
                "fingerprint": { "type": "string", "minLength": 1 },
                "severity": { "enum": ["info", "minor", "major", "critical", "blocker"] },
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": { "path": { "type": "string", "pattern": "^[^/]" }, "lines": lines },
                },
            },
        });
        let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
        let mut twice = outcome();
        twice.findings.push(twice.findings[0].clone());
        for outcome in [twice, notebook_outcome(), artifact_outcome(), Outcome::default()] {
            let report = written(&Gitlab, &outcome, &context());
            let issues: Vec<serde_json::Value> = serde_json::from_str(&report).expect("an array");
            assert_eq!(issues.len(), outcome.findings.len() + outcome.notices.len());
            for issue in &issues {
                let errors: Vec<_> = validator.iter_errors(issue).map(|error| error.to_string()).collect();
                assert!(errors.is_empty(), "{errors:?}");
            }
            let prints: BTreeSet<_> = issues.iter().map(|issue| issue["fingerprint"].as_str()).collect();
            assert_eq!(prints.len(), issues.len());
        }
    }
}
