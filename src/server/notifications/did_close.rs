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
    let left = session.elsewhere.pushed(uri);
    if !session.client.pulls || !left.is_empty() {
        session.notify("textDocument/publishDiagnostics", &json!({"uri": uri, "diagnostics": left}));
    }
    if session.is_register(uri) {
        session.register_changed();
    }
    session.registers_due = true;
}
