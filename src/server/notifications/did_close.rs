//! `textDocument/didClose`.

use serde_json::{Value, json};

use crate::server::session::Session;

/// Forgets the buffer and takes its diagnostics away; what was pushed for the file on the disk is said again.
pub(in crate::server) fn take(session: &mut Session, params: &Value) {
    let Some(uri) = params.pointer("/textDocument/uri").and_then(Value::as_str) else { return };
    if session.documents.texts.remove(uri).is_none() {
        return;
    }
    session.due.retain(|due| due != uri);
    if !session.client.pulls || session.pushed.contains_key(uri) {
        let left = session.pushed.get(uri).cloned().unwrap_or_default();
        session.notify("textDocument/publishDiagnostics", &json!({"uri": uri, "diagnostics": left}));
    }
}
