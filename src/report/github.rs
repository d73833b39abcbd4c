//! Workflow commands: what GitHub Actions shows beside the lines of a change.
//!
//! Source: GitHub's page "Workflow commands for GitHub Actions"; escapes as in `packages/core/src/command.ts` of
//! actions/toolkit.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::visible::visible;
use super::{ReportContext, Reporter};
use crate::finding::{Finding, Level, Location, Notice, Outcome};

/// The format `github`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Github;

impl Reporter for Github {
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
        // What was not looked at makes the run fail, and of each kind GitHub shows the first ten.
        for notice in &outcome.notices {
            writeln!(out, "{}", of_notice(notice, context))?;
        }
        let mut findings: Vec<_> = outcome.findings.iter().collect();
        findings.sort_by_key(|finding| Reverse(finding.level));
        for finding in findings {
            writeln!(out, "{}", of_finding(finding, context))?;
        }
        Ok(())
    }
}

fn of_finding(finding: &Finding, context: &ReportContext<'_>) -> String {
    let command = match finding.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "notice",
    };
    let title = format!("{} {}", finding.rule_id, finding.rule_name);
    let message = format!("{}{}\n{}", place_in_artifact(&finding.location), finding.message, finding.help);
    command_line(command, &title, &context.base.path(&finding.location.input), Some(&finding.location), &message)
}

fn of_notice(notice: &Notice, context: &ReportContext<'_>) -> String {
    let title = format!("{} {}", notice.kind.id(), notice.kind.name());
    let member = notice.location.as_ref().map(place_in_artifact).unwrap_or_default();
    let message = format!("{member}{}", notice.message);
    command_line("error", &title, &context.base.path(&notice.input), notice.location.as_ref(), &message)
}

/// `archive/data.pkl, byte 35: `; nothing of a text.
fn place_in_artifact(location: &Location) -> String {
    let Some(place) = &location.binary else { return String::new() };
    let member = if place.member.is_empty() { String::new() } else { format!("{}, ", place.member) };
    match location.excerpt.text.is_empty() {
        true => format!("{member}byte {}: ", place.start),
        false => format!("{member}line {}: ", location.start.line),
    }
}

fn command_line(command: &str, title: &str, path: &str, location: Option<&Location>, message: &str) -> String {
    let mut line = format!("::{command} title={},file={}", property(title), property(&visible(path)));
    match location {
        None => {}
        Some(Location { binary: Some(_), .. }) => line.push_str(",line=1"),
        Some(location) => {
            let (start, end) = (location.start, location.end);
            line.push_str(&format!(",line={},endLine={}", start.line, end.line));
            // Columns over several lines are refused, and those of a notebook's cell are none of the file.
            if start.line == end.line && location.cell.is_none() {
                line.push_str(&format!(",col={},endColumn={}", start.utf16, end.utf16));
            }
        }
    }
    let message: Vec<_> = message.lines().map(|line| visible(line)).collect();
    format!("{line}::{}", data(&message.join("\n")))
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::samples::{artifact_outcome, context, notebook_outcome, outcome, written};
    use super::*;

    #[test]
    fn each_finding_and_notice_is_a_command_and_nothing_else_is_written() {
        insta::assert_snapshot!(written(&Github, &outcome(), &context()));
        insta::assert_snapshot!(written(&Github, &notebook_outcome(), &context()));
        insta::assert_snapshot!(written(&Github, &artifact_outcome(), &context()));
    }

    #[test]
    fn no_text_ends_its_command_or_property() {
        assert_eq!(property("a,b:c%d\r\n.py"), "a%2Cb%3Ac%25d%0D%0A.py");
        let line = command_line("error", "t", "a.py", None, "x\n::stop-commands::y\x1b");
        assert_eq!(line, "::error title=t,file=a.py::x%0A::stop-commands::y␛");
    }
}
