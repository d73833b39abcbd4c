//! `textDocument/hover`: what a rule's id, a `# nosec` or a threat's id means.

use serde_json::{Value, json};

use super::place;
use crate::rules::Rule;
use crate::server::requests::definition::register_of;
use crate::server::session::{Answer, Session};
use crate::server::words::{entry_line, is_in_comment, is_threat, word_at};
use crate::server::{convert, uri};
use crate::text::LineIndex;

/// Markdown for the word under the cursor, in comments and in files that are no Python.
pub(in crate::server) fn answer(session: &mut Session, params: &Value) -> Answer {
    let (uri, at) = place(session, params)?;
    let Some(document) = session.documents.texts.get(uri) else { return Ok(Value::Null) };
    let index = LineIndex::new(&document.text);
    let Some((word, region)) = word_at(&document.text, at) else { return Ok(Value::Null) };
    if document.language == "python" && !is_in_comment(&document.text, &index, region.start) {
        return Ok(Value::Null);
    }
    let Some(text) = explained(session, uri, word) else { return Ok(Value::Null) };
    let location =
        crate::finding::Location::in_text(crate::finding::InputName::new(uri), &document.text, &index, region);
    let range = convert::range(&location, session.client.encoding);
    Ok(json!({"contents": {"kind": "markdown", "value": text}, "range": range}))
}

fn explained(session: &Session, uri: &str, word: &str) -> Option<String> {
    if word == "nosec" {
        return Some(
            "`# nosec` excuses findings on the lines of its statement: the rules it names, or all of them if it names \
             none.\n\nWrite `# nosec B614  # T-003: why`, with a threat of the register."
                .to_owned(),
        );
    }
    if is_threat(word) {
        let (_, text) = register_of(session, uri)?;
        let line = entry_line(&text, word)?;
        let entry = text.lines().skip(line as usize - 1);
        let first = entry.clone().take(1);
        let rest = entry.skip(1).take_while(|line| !line.starts_with('#') && !line.trim_start().starts_with('|'));
        return Some(first.chain(rest.take(20)).collect::<Vec<_>>().join("\n"));
    }
    let workspace = session.workspace.as_ref()?;
    let settings = match uri::to_path(uri) {
        Some(path) => workspace.resolver.for_file(&path),
        None => workspace.resolver.for_folder(workspace.root()),
    };
    settings.ok()?.rule_set.find(word).map(|rule| page(rule))
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
