//! `notebookDocument/didOpen`, `didChange` and `didClose`: cells are documents of their own, checked together.

use serde_json::{Value, json};

use crate::server::documents::{Document, Notebook};
use crate::server::session::Session;

fn uri_of<'v>(value: &'v Value, pointer: &str) -> Option<&'v str> {
    value.pointer(pointer).and_then(Value::as_str)
}

/// The URIs of `NotebookCell`s.
fn cells(list: Option<&Value>) -> Vec<String> {
    let cells = list.and_then(Value::as_array).into_iter().flatten();
    cells.map(|cell| uri_of(cell, "/document").unwrap_or_default().to_owned()).collect()
}

fn open(session: &mut Session, items: Option<&Value>, notebook: &str) {
    for item in items.and_then(Value::as_array).into_iter().flatten() {
        if let Some(uri) = uri_of(item, "/uri") {
            let document = Document { notebook: Some(notebook.to_owned()), ..Document::new(item) };
            session.documents.texts.insert(uri.to_owned(), document);
        }
    }
}

fn close(session: &mut Session, items: Option<&Value>) {
    for item in items.and_then(Value::as_array).into_iter().flatten() {
        let Some(uri) = uri_of(item, "/uri") else { continue };
        if session.documents.texts.remove(uri).is_some() {
            session.notify("textDocument/publishDiagnostics", &json!({"uri": uri, "diagnostics": []}));
        }
    }
}

/// Takes a notebook and its cells.
pub(in crate::server) fn opened(session: &mut Session, params: &Value) {
    let Some(uri) = uri_of(params, "/notebookDocument/uri") else { return };
    open(session, params.get("cellTextDocuments"), uri);
    let notebook = Notebook { cells: cells(params.pointer("/notebookDocument/cells")), checked: None };
    session.documents.notebooks.insert(uri.to_owned(), notebook);
    session.is_due(uri);
}

/// Cells come, go and change.
pub(in crate::server) fn changed(session: &mut Session, params: &Value) {
    let Some(uri) = uri_of(params, "/notebookDocument/uri") else { return };
    let Some(notebook) = session.documents.notebooks.get_mut(uri) else { return };
    notebook.checked = None;
    let change = params.pointer("/change/cells").unwrap_or(&Value::Null);
    if let Some(array) = change.pointer("/structure/array") {
        let number =
            |key: &str| array.get(key).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let start = number("start").min(notebook.cells.len());
        let end = start.saturating_add(number("deleteCount")).min(notebook.cells.len());
        notebook.cells.splice(start..end, cells(array.get("cells")));
    }
    open(session, change.pointer("/structure/didOpen"), uri);
    close(session, change.pointer("/structure/didClose"));
    let encoding = session.client.encoding;
    for edit in change.get("textContent").and_then(Value::as_array).into_iter().flatten() {
        let cell = uri_of(edit, "/document/uri").and_then(|uri| session.documents.texts.get_mut(uri));
        let Some(document) = cell else { continue };
        document.change(edit.get("changes").unwrap_or(&Value::Null), encoding);
        document.version = edit.pointer("/document/version").and_then(Value::as_i64).or(document.version);
    }
    session.is_due(uri);
}

/// Forgets a notebook and its cells.
pub(in crate::server) fn closed(session: &mut Session, params: &Value) {
    let Some(uri) = uri_of(params, "/notebookDocument/uri") else { return };
    session.due.retain(|due| due != uri);
    session.documents.notebooks.remove(uri);
    close(session, params.get("cellTextDocuments"));
    // A client that forgets to name its cells must not leave them behind.
    let left: Vec<Value> = session
        .documents
        .texts
        .iter()
        .filter(|(_, document)| document.notebook.as_deref() == Some(uri))
        .map(|(uri, _)| json!({"uri": uri}))
        .collect();
    close(session, Some(&left.into()));
}
