//! `loadlint rule`.

use std::path::Path;
use std::sync::Arc;

use anyhow::bail;

use super::Exit;
use super::args::{RuleArguments, RuleFormat};
use super::settings::{current_folder, resolver};
use super::terminal;
use crate::config::nearest;
use crate::report::{Colour, rule_index, rule_json, rule_markdown, rule_text};
use crate::rules::{Rule, RuleSet};

pub(super) fn rule(arguments: &RuleArguments) -> anyhow::Result<Exit> {
    let folder = current_folder()?;
    let settings = resolver(&folder, &arguments.source)?.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
    let text = match &arguments.rule {
        Some(word) => one(find(&settings.rule_set, word)?, arguments.output_format),
        None => all(settings.rule_set.rules(), arguments.output_format),
    };
    terminal::print(text.as_bytes(), Colour::Off)?;
    Ok(Exit::Clean)
}

fn find<'a>(set: &'a RuleSet, word: &str) -> anyhow::Result<&'a Arc<Rule>> {
    if let Some(rule) = set.find(word) {
        return Ok(rule);
    }
    match nearest(word, set.words()) {
        Some(like) => bail!("unknown rule `{word}`\n  = help: did you mean `{like}`?"),
        None => bail!("unknown rule `{word}`\n  = help: `loadlint rule --all` lists the rules"),
    }
}

fn one(rule: &Rule, format: RuleFormat) -> String {
    match format {
        RuleFormat::Text => rule_text(rule),
        RuleFormat::Markdown => rule_markdown(rule),
        RuleFormat::Json => format!("{:#}\n", rule_json(rule)),
    }
}

fn all(rules: &[Arc<Rule>], format: RuleFormat) -> String {
    match format {
        RuleFormat::Text => {
            let line = |rule: &Arc<Rule>| {
                let aliases = rule.aliases.join(", ");
                let line = format!("{:<6} {:<8} {:<36} {aliases}", rule.id, rule.level.as_str(), rule.name);
                format!("{}\n", line.trim_end())
            };
            rules.iter().map(line).collect()
        }
        RuleFormat::Markdown => rule_index(rules),
        RuleFormat::Json => {
            let rules: Vec<_> = rules.iter().map(|rule| rule_json(rule)).collect();
            format!("{:#}\n", serde_json::Value::from(rules))
        }
    }
}
