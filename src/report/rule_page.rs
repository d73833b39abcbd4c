//! What a rule says of itself: for a terminal, as a page of the documentation, for programs.

use std::fmt::Write as _;

use serde::Serialize;

use super::rule_url;
use crate::rules::{Precision, Rule};

/// A rule for programs.
#[derive(Serialize)]
struct WireRule<'a> {
    id: &'a str,
    name: &'a str,
    aliases: Vec<&'a str>,
    level: &'static str,
    precision: &'static str,
    security_severity: f64,
    cwe: &'a [String],
    tags: &'a [String],
    summary: &'a str,
    explain: &'a str,
    cure: &'a str,
    example: &'a str,
    instead: &'a str,
    references: &'a [String],
    url: Option<String>,
}

/// A rule as a JSON value.
pub fn rule_json(rule: &Rule) -> serde_json::Value {
    let wire = WireRule {
        id: &rule.id,
        name: &rule.name,
        aliases: rule.aliases.iter().map(|alias| &**alias).collect(),
        level: rule.level.as_str(),
        precision: precision(rule.precision),
        security_severity: rule.security_severity,
        cwe: &rule.cwe,
        tags: &rule.tags,
        summary: rule.summary.trim(),
        explain: rule.explain.trim(),
        cure: rule.cure.trim(),
        example: rule.example.trim(),
        instead: rule.instead.trim(),
        references: &rule.references,
        url: rule_url(&rule.id),
    };
    // Strings, numbers and lists of them cannot fail.
    serde_json::to_value(wire).unwrap_or_default()
}

pub(super) fn precision(precision: Precision) -> &'static str {
    match precision {
        Precision::VeryHigh => "very-high",
        Precision::High => "high",
        Precision::Medium => "medium",
        Precision::Low => "low",
    }
}

/// A rule as text for a terminal.
pub fn rule_text(rule: &Rule) -> String {
    let mut text = format!("{} {}", rule.id, rule.name);
    let _ = write!(text, " ({}", rule.level.as_str());
    if !rule.aliases.is_empty() {
        let _ = write!(text, ", also {}", rule.aliases.join(", "));
    }
    let _ = writeln!(text, ")\n\n{}\n\n{}\n", rule.summary.trim(), rule.explain.trim());
    let _ = writeln!(text, "Found:\n\n{}\nWrite instead:\n\n{}", indented(&rule.example), indented(&rule.instead));
    let _ = writeln!(text, "{}\n", rule.cure.trim());
    let _ = writeln!(text, "Severity {:.1}, {}", rule.security_severity, rule.cwe.join(", "));
    for reference in rule_url(&rule.id).iter().chain(&rule.references) {
        let _ = writeln!(text, "See {reference}");
    }
    text
}

fn indented(code: &str) -> String {
    let line = |line: &str| if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") };
    code.trim().lines().map(line).collect()
}

/// A rule as a Markdown page.
pub fn rule_markdown(rule: &Rule) -> String {
    let mut text = format!("# {}: {}\n\n", rule.id, rule.name);
    let _ = writeln!(text, "{}\n", rule.summary.trim());
    let _ = writeln!(text, "| level | precision | severity | weakness | also known as |");
    let _ = writeln!(text, "|---|---|---|---|---|");
    let aliases = if rule.aliases.is_empty() { "-".to_owned() } else { rule.aliases.join(", ") };
    let cwe: Vec<_> = rule.cwe.iter().map(|cwe| cwe_link(cwe)).collect();
    let (level, precision) = (rule.level.as_str(), precision(rule.precision));
    let severity = rule.security_severity;
    let _ = writeln!(text, "| {level} | {precision} | {severity:.1} | {} | {aliases} |\n", cwe.join(", "));
    let _ = writeln!(text, "## Why\n\n{}\n", rule.explain.trim());
    let language = if rule.when.is_of_artifacts() { "text" } else { "python" };
    let _ = writeln!(text, "## Found\n\n```{language}\n{}\n```\n", rule.example.trim());
    let _ = writeln!(text, "## Instead\n\n{}\n\n```python\n{}\n```", rule.cure.trim(), rule.instead.trim());
    if !rule.references.is_empty() {
        let _ = writeln!(text, "\n## References\n");
        for reference in &rule.references {
            let _ = writeln!(text, "- <{reference}>");
        }
    }
    text
}

fn cwe_link(cwe: &str) -> String {
    let number = cwe.trim_start_matches("CWE-");
    format!("[{cwe}](https://cwe.mitre.org/data/definitions/{number}.html)")
}

/// The page that lists all rules.
pub fn rule_index(rules: &[std::sync::Arc<Rule>]) -> String {
    let mut text = "# Rules\n\n| id | name | level | finds | also known as |\n|---|---|---|---|---|\n".to_owned();
    for rule in rules {
        let (id, level) = (&rule.id, rule.level.as_str());
        let aliases = rule.aliases.join(", ");
        let summary = rule.summary.trim().replace('|', "\\|");
        let _ = writeln!(text, "| [{id}]({id}.md) | {} | {level} | {summary} | {aliases} |", rule.name);
    }
    text
}
