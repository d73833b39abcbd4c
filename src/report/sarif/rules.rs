//! Rules as SARIF's reporting descriptors.

use serde_json::json;
use serde_sarif::sarif::{MultiformatMessageString, PropertyBag, ReportingConfiguration, ReportingDescriptor};

use super::super::rule_page::{precision, rule_markdown, rule_text};
use super::super::rule_url;
use super::{bag, sentence};
use crate::finding::Level;
use crate::rules::Rule;

/// GitHub takes so many characters of a description.
const MOST_CHARACTERS: usize = 1_024;
/// GitHub keeps so many tags of a rule.
const MOST_TAGS: usize = 10;

/// The rule with all its texts.
pub(super) fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let configuration =
        ReportingConfiguration { level: Some(json!(rule.level.as_str())), ..ReportingConfiguration::default() };
    let help = MultiformatMessageString::builder().text(rule_text(rule)).markdown(rule_markdown(rule)).build();
    let mut descriptor = ReportingDescriptor::builder()
        .id(&*rule.id)
        .name(&*rule.name)
        .short_description(described(&rule.summary))
        .full_description(described(&rule.explain))
        .help(help)
        .default_configuration(configuration)
        .properties(properties(rule))
        .build();
    descriptor.help_uri = rule_url(&rule.id);
    descriptor
}

fn described(words: &str) -> MultiformatMessageString {
    let mut words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    if words.chars().count() >= MOST_CHARACTERS {
        words = words.chars().take(MOST_CHARACTERS - 2).chain(['…']).collect();
    }
    MultiformatMessageString::builder().text(sentence(&words)).build()
}

fn properties(rule: &Rule) -> PropertyBag {
    let problem = match rule.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "recommendation",
    };
    let mut properties = bag([
        ("precision", json!(precision(rule.precision))),
        // A number would be refused.
        ("security-severity", json!(format!("{:.1}", rule.security_severity))),
        ("problem.severity", json!(problem)),
        ("aliases", json!(rule.aliases.iter().map(|alias| &**alias).collect::<Vec<_>>())),
    ]);
    properties.tags = Some(tags(rule));
    properties
}

fn tags(rule: &Rule) -> Vec<String> {
    let mut tags = vec!["security".to_owned()];
    tags.extend(rule.cwe.iter().map(|cwe| format!("external/cwe/{}", cwe.to_lowercase())));
    for tag in &rule.tags {
        if !tags.contains(tag) {
            tags.push(tag.clone());
        }
    }
    tags.truncate(MOST_TAGS);
    tags
}
