//! `initialize`: what the client can, and what we offer it.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::server::client::{Client, Preferences};
use crate::server::session::Session;
use crate::server::uri;

/// What the server offers.
pub(in crate::server) fn answer(session: &mut Session, params: &Value) -> Value {
    session.client = Client::new(params.get("capabilities").unwrap_or(&Value::Null));
    let options = params.get("initializationOptions").unwrap_or(&Value::Null);
    session.preferences = Preferences::new(options.get("settings").unwrap_or(options));
    session.set_workspace(roots(params));
    let mut capabilities = json!({
        "textDocumentSync": {"openClose": true, "change": 2, "save": {"includeText": false}},
        "notebookDocumentSync": {"notebookSelector": [{"notebook": "*", "cells": [{"language": "python"}]}]},
        "diagnosticProvider": {"identifier": "loadlint", "interFileDependencies": false, "workspaceDiagnostics": false},
        "codeActionProvider": {"codeActionKinds": ["quickfix", "source.fixAll.loadlint"], "resolveProvider": true},
        "hoverProvider": true,
        "definitionProvider": true,
        "workspace": {"workspaceFolders": {"supported": true, "changeNotifications": true}},
    });
    if session.client.names_encodings {
        capabilities["positionEncoding"] = session.client.encoding.as_str().into();
    }
    json!({"capabilities": capabilities, "serverInfo": {"name": "loadlint", "version": env!("CARGO_PKG_VERSION")}})
}

fn roots(params: &Value) -> Vec<PathBuf> {
    let folders = params.get("workspaceFolders").and_then(Value::as_array);
    let named = folders.into_iter().flatten().filter_map(|folder| folder.get("uri").and_then(Value::as_str));
    let mut roots: Vec<_> = named.filter_map(uri::to_path).collect();
    if roots.is_empty() {
        let root = params.get("rootUri").and_then(Value::as_str).and_then(uri::to_path);
        roots.extend(root.or_else(|| params.get("rootPath").and_then(Value::as_str).map(PathBuf::from)));
    }
    roots
}
