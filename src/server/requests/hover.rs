//! `textDocument/hover`: what a rule's id, a comment that excuses or a threat's id means.

use serde_json::{Value, json};

use super::place;
use crate::config::Settings;
use crate::finding::{InputName, Location};
use crate::rules::Rule;
use crate::server::convert;
use crate::server::session::{Answer, Session};
use crate::server::words::{comment_at, threat_at, word_at};
use crate::suppress::comments::{Directive, parse};
use crate::suppress::{Form, RegisterFile, Threat};
use crate::text::{LineIndex, Region};

/// So many lines of an entry are shown.
const MAX_LINES: usize = 30;

/// Markdown for the word under the cursor, in comments and in files that are no Python.
pub(in crate::server) fn answer(session: &mut Session, params: &Value) -> Answer {
    let (uri, at) = place(session, params)?;
    let Some(document) = session.documents.texts.get(uri) else { return Ok(Value::Null) };
    let Some(settings) = session.settings_of(uri) else { return Ok(Value::Null) };
    let index = LineIndex::new(&document.text);
    let comment = comment_at(&document.text, &index, at);
    if document.language == "python" && comment.is_none() {
        return Ok(Value::Null);
    }
    let Some((text, region)) = explained(&document.text, &index, at, comment, &settings) else {
        return Ok(Value::Null);
    };
    let location = Location::in_text(InputName::new(uri), &document.text, &index, region);
    let range = convert::range(&location, session.client.encoding);
    Ok(json!({"contents": {"kind": "markdown", "value": text}, "range": range}))
}

fn explained(
    text: &str,
    index: &LineIndex,
    at: u32,
    comment: Option<&str>,
    settings: &Settings,
) -> Option<(String, Region)> {
    if let Some((id, region)) = threat_at(text, index, at, &settings.policy.pattern) {
        let file = settings.register.file.as_ref();
        let entry = file.and_then(|file| Some((file, file.register.find(id)?)));
        let text = match (entry, file) {
            (Some((file, entry)), _) => shown(file, entry, settings),
            (None, Some(file)) => format!("{} has no entry {id}.", file.name),
            (None, None) => format!("There is no threat register to look {id} up in."),
        };
        return Some((text, region));
    }
    let (word, region) = word_at(text, at)?;
    if matches!(word, "nosec" | "loadlint" | "ignore") {
        let is_ours = |word: &str| settings.rule_set.find(word).is_some();
        let directive = parse(comment?, &settings.policy.pattern, &is_ours)?;
        return Some((said(comment?, &directive, settings), region));
    }
    settings.rule_set.find(word).map(|rule| (page(rule), region))
}

/// What a comment excuses, and what it rests on.
fn said(comment: &str, directive: &Directive, settings: &Settings) -> String {
    let native = directive.native.iter().flat_map(|native| &native.ids).map(|range| &comment[range.clone()]);
    let words = directive.meant.iter().copied().chain(directive.own.iter().map(String::as_str)).chain(native);
    let rule = |word: &str| match settings.rule_set.find(word) {
        Some(rule) => format!("- `{word}`: {} {}", rule.id, rule.name),
        None => format!("- `{word}`: another tool's"),
    };
    let rules: Vec<String> = words.map(rule).collect();
    let mut lines = match rules.is_empty() {
        true => vec!["Excuses **every** finding on the lines of its statement, as it names no rule.".to_owned()],
        false => vec!["Excuses findings on the lines of its statement:\n".to_owned(), rules.join("\n")],
    };
    for range in &directive.threats {
        let id = &comment[range.clone()];
        let entry = settings.register.file.as_ref().and_then(|file| file.register.find(id));
        lines.push(match entry {
            Some(entry) => format!("\nRests on **{id}: {}** ({}).", entry.title, standing(entry, settings)),
            None => format!("\nRests on **{id}**, which is not in the register."),
        });
    }
    if directive.threats.is_empty() {
        lines.push("\nCites no threat. Write `# nosec B614  # T-003: why`, with an entry of the register.".to_owned());
    }
    lines.join("\n")
}

/// Whether a decision can rest on an entry.
fn standing(entry: &Threat, settings: &Settings) -> String {
    let status = entry.status().map_or("no status", |status| status.as_str());
    let expires = |word: &str| entry.field("expires").map(|field| format!("{status}, {word} {}", field.value));
    match entry.is_expired(settings.policy.today) {
        true => expires("expired"),
        false => expires("until"),
    }
    .unwrap_or_else(|| status.to_owned())
}

fn shown(file: &RegisterFile, entry: &Threat, settings: &Settings) -> String {
    let written = match entry.form {
        Form::Heading(_) => {
            let lines = file.text[entry.whole.range()].trim_end().lines().take(MAX_LINES);
            lines.collect::<Vec<_>>().join("\n")
        }
        Form::Row => {
            let fields = entry.fields.iter().map(|field| format!("- {}: {}", field.key, field.value));
            let title = format!("## {}: {}\n", entry.id, entry.title);
            std::iter::once(title).chain(fields).collect::<Vec<_>>().join("\n")
        }
    };
    match entry.is_expired(settings.policy.today) {
        true => format!("{written}\n\n**Expired**: it excuses nothing any more."),
        false => written,
    }
}

fn page(rule: &Rule) -> String {
    let link = crate::report::rule_url(&rule.id).map(|url| format!("\n\n[{}]({url})", rule.id)).unwrap_or_default();
    format!(
        "**{} {}**\n\n{}\n\n{}\n\n{}{link}",
        rule.id,
        rule.name,
        rule.summary.trim(),
        rule.explain.trim(),
        rule.cure.trim()
    )
}
