//! The register for programs.

use std::io::{self, Write};

use serde::Serialize;

use super::{Row, Threats};
use crate::finding::{Citation, Finding, Location, SuppressionKind};

/// The version of the JSON format.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    registers: Vec<String>,
    threats: Vec<Entry<'a>>,
    problems: Vec<Problem<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    id: &'a str,
    title: &'a str,
    /// Absent if the entry has none, or another word.
    status: Option<&'static str>,
    owner: Option<&'a str>,
    rules: &'a [String],
    scope: &'a [String],
    added: Option<&'a str>,
    review_by: Option<String>,
    expires: Option<String>,
    is_overdue: bool,
    is_expired: bool,
    residual_risk: Option<f64>,
    mitigation: Option<&'a str>,
    justification: Option<&'a str>,
    path: String,
    line: u32,
    citations: Vec<Cited<'a>>,
}

#[derive(Serialize)]
struct Cited<'a> {
    kind: &'static str,
    path: String,
    line: Option<u32>,
    member: Option<&'a str>,
    rules: Vec<&'a str>,
    reason: &'a str,
}

#[derive(Serialize)]
struct Problem<'a> {
    rule: &'a str,
    level: &'static str,
    path: String,
    line: u32,
    message: &'a str,
}

impl Threats<'_> {
    /// One JSON object; keys are only ever added.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows = self.rows();
        let report = Report {
            version: VERSION,
            registers: self.registers.iter().map(|file| path(&file.name)).collect(),
            threats: rows.iter().map(|row| self.entry(row)).collect(),
            problems: self.problems.iter().map(|finding| problem(finding)).collect(),
        };
        serde_json::to_writer_pretty(&mut *out, &report)?;
        writeln!(out)
    }

    fn entry<'a>(&self, row: &'a Row<'a>) -> Entry<'a> {
        let entry = row.entry;
        let text = |key: &str| entry.field(key).map(|field| field.value.as_str());
        Entry {
            id: &entry.id,
            title: &entry.title,
            status: entry.status().map(|status| status.as_str()),
            owner: entry.owner(),
            rules: entry.rules(),
            scope: entry.scope(),
            added: text("added"),
            review_by: entry.review_by().map(|date| date.to_string()),
            expires: entry.expires().map(|date| date.to_string()),
            is_overdue: entry.is_overdue(self.today),
            is_expired: entry.is_expired(self.today),
            residual_risk: row.risk,
            mitigation: text("mitigation"),
            justification: text("justification"),
            path: path(&row.file.name),
            line: entry.line,
            citations: row.cited.iter().map(|citation| cited(citation)).collect(),
        }
    }
}

fn cited(citation: &Citation) -> Cited<'_> {
    let Location { input, start, binary, .. } = &citation.location;
    Cited {
        kind: match citation.kind {
            SuppressionKind::Comment => "comment",
            SuppressionKind::Register => "register",
            SuppressionKind::Baseline => "baseline",
        },
        path: path(input),
        line: binary.is_none().then_some(start.line),
        member: binary.as_ref().map(|place| &*place.member).filter(|member| !member.is_empty()),
        rules: citation.rules.iter().map(|id| &**id).collect(),
        reason: &citation.justification,
    }
}

fn problem(finding: &Finding) -> Problem<'_> {
    Problem {
        rule: &finding.rule_id,
        level: finding.level.as_str(),
        path: path(&finding.location.input),
        line: finding.location.start.line,
        message: &finding.message,
    }
}

fn path(name: &crate::finding::InputName) -> String {
    name.to_string().replace('\\', "/")
}
