//! SARIF 2.1.0, as GitHub code scanning takes it: one run, all rules, names from the root of the repository.
//!
//! Limits and fields are those of GitHub's page "SARIF support for code scanning"; `docs/integrations.md` says what is
//! written. What a limit leaves out is told in a notification.

mod artifacts;
mod fixes;
mod notifications;
mod places;
mod results;
mod rules;

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, Invocation, Message, PropertyBag, Run, RunAutomationDetails, Sarif as Log, Tool, ToolComponent,
};

use super::{ReportContext, Reporter, Shown};
use crate::finding::{Finding, Outcome};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";
const PAGE: &str = "https://github.com/loadlint/loadlint";
/// The folder that names start in.
const ROOT: &str = "%SRCROOT%";
/// GitHub keeps so many results of a run; a report holds no more unless the command line says so.
pub const SARIF_RESULTS: u16 = 5_000;
/// GitHub refuses a run of more results.
pub const MOST_SARIF_RESULTS: u16 = 25_000;
/// So many artifacts are listed; results name theirs whether it is listed or not.
const MOST_ARTIFACTS: usize = 5_000;

/// The format `sarif`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sarif;

/// What the command line says about SARIF alone.
#[derive(Debug, Clone, Copy)]
pub struct SarifOptions<'a> {
    /// Tells several analyses of one commit apart.
    pub category: Option<&'a str>,
    /// Whether excused findings are results, with their suppressions.
    pub suppressed: Shown,
    /// How many results a report holds, the suppressed ones included.
    pub most_results: u16,
}

impl Default for SarifOptions<'_> {
    fn default() -> Self {
        Self { category: None, suppressed: Shown::default(), most_results: SARIF_RESULTS }
    }
}

impl Reporter for Sarif {
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
        let log = Log::builder().schema(SCHEMA).version("2.1.0").runs(vec![run(outcome, context)]).build();
        serde_json::to_writer_pretty(&mut *out, &log)?;
        writeln!(out)
    }
}

fn run(outcome: &Outcome, context: &ReportContext<'_>) -> Run {
    let most = usize::from(context.sarif.most_results);
    let findings = chosen(outcome, context, most);
    let kept = &findings[..findings.len().min(most)];
    let listed = artifacts::listed(outcome, kept);
    let mut notifications = notifications::of_notices(&outcome.notices, context, &listed);
    notifications.extend(notifications::left_out(findings.len() - kept.len(), "results", most));
    let hidden = outcome.artifacts.len() - listed.len();
    notifications.extend(notifications::left_out(hidden, "artifacts without results", MOST_ARTIFACTS));
    let invocation = Invocation::builder()
        // With a notice, something was not looked at: silence about it would read as "clean".
        .execution_successful(outcome.notices.is_empty())
        .tool_execution_notifications(notifications)
        .build();
    let mut run = Run::builder()
        .tool(tool(context))
        .column_kind(json!("utf16CodeUnits"))
        .original_uri_base_ids(BTreeMap::from([(ROOT.to_owned(), root())]))
        .invocations(vec![invocation])
        .artifacts(artifacts::table(&listed, context))
        .results(results::results(kept, context, &listed))
        .properties(counts(outcome))
        .build();
    // GitHub takes what stands before the last slash as the category.
    run.automation_details = context.sarif.category.map(|category| RunAutomationDetails {
        id: Some(format!("{}/", category.trim_end_matches('/'))),
        ..RunAutomationDetails::default()
    });
    run
}

/// What becomes a result, what matters most first: the end is what a limit leaves out.
fn chosen<'o>(outcome: &'o Outcome, context: &ReportContext<'_>, most: usize) -> Vec<&'o Finding> {
    let severity = |finding: &Finding| context.rule(&finding.rule_id).map_or(0.0, |rule| rule.security_severity);
    let mut findings: Vec<_> = outcome.findings.iter().collect();
    if findings.len() > most {
        findings.sort_by(|a, b| {
            b.level.cmp(&a.level).then_with(|| severity(b).total_cmp(&severity(a))).then_with(|| a.order(b))
        });
        findings[..most].sort_by(|a, b| a.order(b));
    }
    if context.sarif.suppressed == Shown::Yes {
        findings.extend(&outcome.suppressed);
    }
    findings
}

fn tool(context: &ReportContext<'_>) -> Tool {
    let version = env!("CARGO_PKG_VERSION");
    let driver = ToolComponent::builder()
        .name("loadlint")
        .full_name(format!("loadlint {version}"))
        .version(version)
        .semantic_version(version)
        .information_uri(PAGE)
        .rules(context.rules.iter().map(|rule| rules::descriptor(rule)).collect::<Vec<_>>())
        .notifications(notifications::descriptors())
        .build();
    Tool::builder().driver(driver).build()
}

/// Named, not located: where the repository lies on this machine is nobody's concern.
fn root() -> ArtifactLocation {
    ArtifactLocation { description: Some(text("The root of the repository.")), ..ArtifactLocation::default() }
}

fn counts(outcome: &Outcome) -> PropertyBag {
    let fully_read = outcome.artifacts.iter().filter(|artifact| artifact.parts_not_read == 0).count();
    bag([
        ("inputs", json!(outcome.inputs)),
        ("artifacts", json!(outcome.artifacts.len())),
        ("artifactsFullyRead", json!(fully_read)),
        ("suppressed", json!(outcome.suppressed.len())),
    ])
}

fn text(text: impl Into<String>) -> Message {
    Message { text: Some(text.into()), ..Message::default() }
}

fn bag<'k>(properties: impl IntoIterator<Item = (&'k str, Value)>) -> PropertyBag {
    let properties = properties.into_iter().map(|(key, value)| (key.to_owned(), value));
    PropertyBag { tags: None, additional_properties: properties.collect() }
}

/// SARIF's messages are sentences.
fn sentence(words: &str) -> String {
    let words = words.trim();
    if words.ends_with(['.', '!', '?', ':']) { words.to_owned() } else { format!("{words}.") }
}

#[cfg(test)]
mod tests;
