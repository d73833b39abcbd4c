//! `textDocument/definition`: from a threat's id to its entry in the register.

use serde_json::{Value, json};

use super::place;
use crate::disk::{Ceiling, read_input};
use crate::server::session::{Answer, Session};
use crate::server::uri;
use crate::server::words::{entry_line, is_threat, word_at};

const REGISTER: &str = "THREATS.md";
/// No register comes near.
const MAX_REGISTER: Ceiling = Ceiling { bytes: 4 << 20, key: "the ceiling for registers" };

/// The heading or row of the entry.
pub(in crate::server) fn answer(session: &mut Session, params: &Value) -> Answer {
    let (uri, at) = place(session, params)?;
    let text = session.documents.texts.get(uri).map(|document| document.text.as_str()).unwrap_or_default();
    let threat = word_at(text, at).map(|(word, _)| word).filter(|word| is_threat(word));
    let found = threat.and_then(|threat| {
        let (register, text) = register_of(session, uri)?;
        Some((register, entry_line(&text, threat)?))
    });
    let Some((register, line)) = found else { return Ok(Value::Null) };
    let start = json!({"line": line - 1, "character": 0});
    Ok(json!({"uri": register, "range": {"start": start, "end": start}}))
}

/// The register nearest above a document: its URI and text. An open one counts as it is in the editor.
pub(in crate::server) fn register_of(session: &Session, uri: &str) -> Option<(String, String)> {
    let path = uri::to_path(uri)?;
    path.ancestors().skip(1).find_map(|folder| {
        let path = folder.join(REGISTER);
        let own = uri::from_path(&path);
        let same = |other: &&String| **other == own || uri::to_path(other).as_deref() == Some(&*path);
        if let Some(open) = session.documents.texts.keys().find(same) {
            return Some((open.clone(), session.documents.texts[open].text.clone()));
        }
        let bytes = read_input(&path, MAX_REGISTER).ok()?;
        Some((own, String::from_utf8_lossy(&bytes).into_owned()))
    })
}
