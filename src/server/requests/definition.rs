//! `textDocument/definition`: from a threat's id to its entry in the register.

use serde_json::{Value, json};

use super::place;
use crate::server::convert::range;
use crate::server::session::{Answer, Session};
use crate::server::words::threat_at;
use crate::text::LineIndex;

/// The id in the heading or row of the entry.
pub(in crate::server) fn answer(session: &mut Session, params: &Value) -> Answer {
    let (uri, at) = place(session, params)?;
    Ok(entry(session, uri, at).unwrap_or(Value::Null))
}

fn entry(session: &Session, uri: &str, at: u32) -> Option<Value> {
    let text = &session.documents.texts.get(uri)?.text;
    let settings = session.settings_of(uri)?;
    let (id, _) = threat_at(text, &LineIndex::new(text), at, &settings.policy.pattern)?;
    let file = settings.register.file.as_ref()?;
    let entry = file.register.find(id)?;
    let range = range(&file.locate(entry.id_region), session.client.encoding);
    Some(json!({"uri": session.uri_of(&settings.register.path), "range": range}))
}
