//! `textDocument/didChange`.

use serde_json::Value;

use crate::server::session::Session;

/// Applies the changes. A version that goes back is taken as it is: what counts is the order in which messages come.
pub(in crate::server) fn take(session: &mut Session, params: &Value) {
    let Some(uri) = params.pointer("/textDocument/uri").and_then(Value::as_str) else { return };
    let encoding = session.client.encoding;
    let Some(document) = session.documents.texts.get_mut(uri) else { return };
    document.change(params.get("contentChanges").unwrap_or(&Value::Null), encoding);
    document.version = params.pointer("/textDocument/version").and_then(Value::as_i64).or(document.version);
    let owner = session.documents.owner(uri).to_owned();
    if let Some(notebook) = session.documents.notebooks.get_mut(&owner) {
        notebook.checked = None;
    }
    if session.is_register(uri) {
        session.register_changed();
    }
    session.is_due(uri);
}
