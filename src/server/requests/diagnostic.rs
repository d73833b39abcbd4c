//! `textDocument/diagnostic`: the client asks.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::FxHasher;
use serde_json::{Value, json};

use crate::server::session::{Answer, Session, invalid};

/// A full report, or that nothing has changed since the last one.
pub(in crate::server) fn answer(session: &mut Session, params: &Value) -> Answer {
    let uri = params.pointer("/textDocument/uri").and_then(Value::as_str).ok_or_else(|| invalid("textDocument.uri"))?;
    // The cells of a notebook get theirs pushed.
    let found = if session.documents.owner(uri) == uri { session.diagnostics(uri) } else { Vec::new() };
    let items: Vec<Value> = found.into_iter().map(|(_, diagnostic)| diagnostic).collect();
    let mut hasher = FxHasher::default();
    Value::from(items.clone()).to_string().hash(&mut hasher);
    let id = format!("{:016x}", hasher.finish());
    Ok(match params.get("previousResultId").and_then(Value::as_str) == Some(&id) {
        true => json!({"kind": "unchanged", "resultId": id}),
        false => json!({"kind": "full", "resultId": id, "items": items}),
    })
}
