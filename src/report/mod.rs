//! An [`Outcome`] as text for people and for programs, one file a format.
//!
//! Comes in: what was found, and what else a report needs to know. Goes out: bytes on the writer the caller hands over.
//! A reporter knows nothing of terminals, environment or exit codes. Called by `cli`.

mod base;
mod concise;
mod edits;
mod excerpts;
mod full;
mod github;
mod gitlab;
mod inventory;
mod json;
mod junit;
mod rdjson;
mod rule_page;
mod sarif;
mod statistics;
mod summary;
mod threats;
mod visible;

use std::io::{self, Write};
use std::sync::Arc;

pub use base::Base;
pub use concise::Concise;
pub use full::Full;
pub use github::Github;
pub use gitlab::Gitlab;
pub use inventory::{write_inventory, write_inventory_json};
pub use json::{Json, VERSION as JSON_VERSION};
pub use junit::Junit;
pub use rdjson::Rdjson;
pub use rule_page::{rule_index, rule_json, rule_markdown, rule_text};
pub use sarif::{MOST_SARIF_RESULTS, SARIF_RESULTS, Sarif, SarifOptions};
pub use statistics::{Statistics, StatisticsForm};
pub use summary::summary;
pub use threats::{NoStatements, OpenVex, Threats};
pub use visible::visible;

use crate::finding::{Finding, InputName, Level, Location, Outcome, Suppression};
use crate::rules::{Rule, builtin};
use crate::text::Position;

/// Where the page of each rule stands. The only place that knows.
const RULE_PAGES: &str = "https://github.com/loadlint/loadlint/blob/main/docs/rules/";

/// Whether a report may colour its text with ANSI sequences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Colour {
    /// Plain text.
    #[default]
    Off,
    /// With ANSI sequences.
    On,
}

/// Whether something stands in a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shown {
    /// It does not.
    #[default]
    No,
    /// It does.
    Yes,
}

/// What a report needs besides the outcome.
#[derive(Debug, Clone, Copy)]
pub struct ReportContext<'a> {
    /// All rules a finding may name.
    pub rules: &'a [Arc<Rule>],
    /// Whether colours may be used.
    pub colour: Colour,
    /// Whether reports for people list excused findings too; the JSON report always does.
    pub suppressed: Shown,
    /// Whether reports for people end in a line that sums up.
    pub summary: Shown,
    /// By which folders services understand the names of inputs.
    pub base: &'a Base,
    /// The least level of a finding that makes the run fail, if the user gave one.
    pub fail_level: Option<Level>,
    /// What the user said about SARIF.
    pub sarif: SarifOptions<'a>,
}

/// A format.
pub trait Reporter {
    /// Writes the whole report.
    ///
    /// # Errors
    /// What the writer says.
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()>;
}

impl ReportContext<'_> {
    /// Whether the finding makes the run fail. A note about an artifact tells what it is (that it is a pickle, say), one about
    /// a comment how it could be written: neither is a reason to fail unless the user says so.
    pub fn fails(&self, finding: &Finding) -> bool {
        let tells = finding.rule_id.starts_with("LL2") || finding.rule_id.starts_with("LL4");
        finding.level >= self.fail_level.unwrap_or(if tells { Level::Warning } else { Level::Note })
    }

    /// The rule with this id.
    fn rule(&self, id: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| *rule.id == *id).map(AsRef::as_ref)
    }
}

/// The page of a rule; rules that users add have none.
pub fn rule_url(id: &str) -> Option<String> {
    builtin().rules().iter().any(|rule| *rule.id == *id).then(|| format!("{RULE_PAGES}{id}.md"))
}

/// The name of an input, with nothing in it that steers a terminal.
fn shown_name(name: &InputName) -> String {
    visible(&name.to_string()).into_owned()
}

/// `a.py:3:5`, `a.ipynb:cell 2:1:5`, `a.pt!archive/data.pkl:byte 35`, or `a.mar!handler.py:3:5`.
fn shown_place(location: &Location) -> String {
    let name = shown_name(&location.input);
    let Position { line, column, .. } = location.start;
    match (&location.binary, location.cell) {
        (Some(place), _) => {
            let separator = if place.member.is_empty() { "" } else { "!" };
            let member = visible(&place.member);
            match location.excerpt.text.is_empty() {
                true => format!("{name}{separator}{member}:byte {}", place.start),
                false => format!("{name}{separator}{member}:{line}:{column}"),
            }
        }
        (None, Some(cell)) => format!("{name}:cell {}:{}:{column}", cell.cell, cell.start_line),
        (None, None) => format!("{name}:{line}:{column}"),
    }
}

/// Findings a report for people lists: those that count and, if asked for, the others, in their common order.
fn listed<'o>(outcome: &'o Outcome, context: &ReportContext<'_>) -> Vec<&'o Finding> {
    let mut findings: Vec<_> = outcome.findings.iter().collect();
    if context.suppressed == Shown::Yes {
        findings.extend(&outcome.suppressed);
        findings.sort_by(|a, b| a.order(b));
    }
    findings
}

/// What excuses a finding, on one line: `T-003 (Checkpoints of our own build): why`, or that the excuse has run out.
fn excuse(suppression: &Suppression) -> String {
    let threat = |(id, title): &(Arc<str>, Arc<str>)| match title.is_empty() {
        true => visible(id).into_owned(),
        false => format!("{} ({})", visible(id), visible(title)),
    };
    let threats: Vec<_> = suppression.threats.iter().map(threat).collect();
    let reason = visible(&suppression.justification);
    // An entry that excuses by itself has its title for a reason.
    let reason = reason.trim();
    let is_title = suppression.threats.iter().any(|(_, title)| **title == *suppression.justification);
    match (threats.is_empty(), reason.is_empty() || is_title) {
        (true, true) => "no reason given".to_owned(),
        (true, false) => reason.to_owned(),
        (false, true) if is_title => threats.join(", "),
        (false, true) => format!("{}: no reason given", threats.join(", ")),
        (false, false) => format!("{}: {reason}", threats.join(", ")),
    }
}

/// Text between the marks that begin and end a style; plain without colour.
fn painted(text: &str, style: anstyle::Style, colour: Colour) -> String {
    match colour {
        Colour::Off => text.to_owned(),
        Colour::On => format!("{style}{text}{style:#}"),
    }
}

fn level_style(level: Level) -> anstyle::Style {
    let colour = match level {
        Level::Error => anstyle::AnsiColor::BrightRed,
        Level::Warning => anstyle::AnsiColor::BrightYellow,
        Level::Note => anstyle::AnsiColor::BrightGreen,
    };
    colour.on_default().bold()
}

/// Notices, one a line, as every report for people ends.
fn write_notices(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    for notice in &outcome.notices {
        let place = notice.location.as_ref().map_or_else(|| shown_name(&notice.input), shown_place);
        let word = painted(
            &format!("notice[{}]", notice.kind.id()),
            anstyle::AnsiColor::BrightMagenta.on_default().bold(),
            context.colour,
        );
        writeln!(out, "{place}: {word} {}", visible(&notice.message))?;
    }
    Ok(())
}

#[cfg(test)]
mod samples;
