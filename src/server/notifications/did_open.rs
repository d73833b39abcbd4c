//! `textDocument/didOpen`.

use serde_json::Value;

use crate::server::documents::Document;
use crate::server::session::Session;

/// Takes the buffer; an open one of the same name is replaced.
pub(in crate::server) fn take(session: &mut Session, params: &Value) {
    let Some(item) = params.get("textDocument") else { return };
    let Some(uri) = item.get("uri").and_then(Value::as_str) else { return };
    session.documents.texts.insert(uri.to_owned(), Document::new(item));
    if session.is_register(uri) {
        session.register_changed();
    }
    session.is_due(uri);
}
