//! Requests, a file a method: parameters in, the result out.

pub(super) mod code_action;
pub(super) mod definition;
pub(super) mod diagnostic;
pub(super) mod hover;
pub(super) mod initialize;
pub(super) mod suppress;

use serde_json::Value;

use super::session::{Session, invalid};
use crate::text::LineIndex;
use lsp_server::ErrorCode;

/// The document that `params` name, and the byte of the position in it.
fn place<'p>(session: &Session, params: &'p Value) -> Result<(&'p str, u32), (ErrorCode, String)> {
    let uri = params.pointer("/textDocument/uri").and_then(Value::as_str).ok_or_else(|| invalid("textDocument.uri"))?;
    let position = params.get("position").filter(|position| position.is_object()).ok_or_else(|| invalid("position"))?;
    let Some(document) = session.documents.texts.get(uri) else {
        return Err((ErrorCode::InvalidParams, format!("{uri} is not open")));
    };
    let index = LineIndex::new(&document.text);
    Ok((uri, super::documents::offset(&document.text, &index, position, session.client.encoding)))
}
