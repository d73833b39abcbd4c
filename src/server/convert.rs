//! Findings and notices to the protocol's diagnostics; regions to its ranges.

use std::path::Path;

use serde_json::{Value, json};

use super::client::{Client, Encoding};
use super::uri;
use crate::finding::{Finding, FlowStep, Level, Location, Notice, NoticeKind};
use crate::report::rule_url;

/// Where the diagnostics of one check go.
pub(super) struct Place<'p> {
    pub(super) client: &'p Client,
    /// The workspace, which names of inputs are relative to.
    pub(super) root: &'p Path,
    /// The document or notebook that was checked.
    pub(super) uri: &'p str,
    /// Of a notebook, the URIs of its cells.
    pub(super) cells: &'p [String],
}

/// The protocol's name for nothing to point at: the first character of the document.
fn nowhere() -> Value {
    json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}})
}

/// A location's range: in a notebook, in its cell.
pub(super) fn range(location: &Location, encoding: Encoding) -> Value {
    if location.binary.is_some() && location.excerpt.text.is_empty() {
        return nowhere();
    }
    let lines = location.cell.map_or((location.start.line, location.end.line), |cell| (cell.start_line, cell.end_line));
    let position =
        |line: u32, position| json!({"line": line.saturating_sub(1), "character": encoding.character(position)});
    json!({"start": position(lines.0, location.start), "end": position(lines.1, location.end)})
}

impl Place<'_> {
    /// The document a location is in.
    pub(super) fn uri_of(&self, location: &Location, own: &Path) -> String {
        if location.input.path() != own {
            return uri::from_path(&self.root.join(location.input.path()));
        }
        let cell = location.cell.and_then(|cell| self.cells.get((cell.cell as usize).checked_sub(1)?));
        cell.map_or_else(|| self.uri.to_owned(), Clone::clone)
    }

    /// A finding as the diagnostic of the document it is in.
    pub(super) fn diagnostic(&self, finding: &Finding) -> Value {
        let mut diagnostic = json!({
            "range": range(&finding.location, self.client.encoding),
            "severity": severity(finding.level),
            "code": &*finding.rule_id,
            "source": "loadlint",
            "message": finding.message,
        });
        if let Some(url) = rule_url(&finding.rule_id).filter(|_| self.client.code_description) {
            diagnostic["codeDescription"] = json!({"href": url});
        }
        let related = self.related(finding);
        if self.client.related && !related.is_empty() {
            diagnostic["relatedInformation"] = related.into();
        }
        diagnostic
    }

    /// The reasons, and the way of the data.
    fn related(&self, finding: &Finding) -> Vec<Value> {
        let own = finding.location.input.path();
        let one = |step: &FlowStep, message: String| {
            let uri = self.uri_of(&step.location, own);
            json!({"location": {"uri": uri, "range": range(&step.location, self.client.encoding)}, "message": message})
        };
        let reasons = finding.reasons.iter().map(|step| one(step, step.message.clone()));
        let flow = finding.code_flow.iter().flat_map(|flow| &flow.steps);
        let flow = (1..).zip(flow).map(|(number, step)| one(step, format!("{number}: {}", step.message)));
        let mut all: Vec<Value> = Vec::new();
        for step in reasons.chain(flow) {
            if !all.contains(&step) {
                all.push(step);
            }
        }
        all
    }

    /// What could not be looked at, as a diagnostic of the document.
    pub(super) fn notice(&self, notice: &Notice) -> Value {
        let severity = match notice.kind {
            NoticeKind::SyntaxError => 1,
            NoticeKind::Unreadable
            | NoticeKind::Undecodable
            | NoticeKind::InvalidNotebook
            | NoticeKind::LimitReached
            | NoticeKind::Changed
            | NoticeKind::NothingToCheck
            | NoticeKind::NotFullyRead
            | NoticeKind::InternalError => 2,
        };
        json!({
            "range": notice.location.as_ref().map_or_else(nowhere, |place| range(place, self.client.encoding)),
            "severity": severity,
            "code": notice.kind.name(),
            "source": "loadlint",
            "message": notice.message,
        })
    }
}

/// A mistake in the configuration, where there would be findings.
pub(super) fn failure(message: &str) -> Value {
    let message = format!("not analysed: {message}");
    json!({"range": nowhere(), "severity": 1, "code": "configuration", "source": "loadlint", "message": message})
}

fn severity(level: Level) -> u32 {
    match level {
        Level::Error => 1,
        Level::Warning => 2,
        Level::Note => 3,
    }
}

/// Whether two ranges of the protocol share a place; touching counts, so that a cursor behind a word is on it.
pub(super) fn overlap(a: &Value, b: &Value) -> bool {
    let at = |range: &Value, key: &str| {
        let number = |word: &str| range.pointer(&format!("/{key}/{word}")).and_then(Value::as_u64).unwrap_or(0);
        (number("line"), number("character"))
    };
    at(a, "start") <= at(b, "end") && at(b, "start") <= at(a, "end")
}
