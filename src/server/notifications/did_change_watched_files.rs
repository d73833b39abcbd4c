//! `workspace/didChangeWatchedFiles`: configurations, registers, manifests, model files.

use serde_json::Value;

use crate::server::session::Session;

/// Settings are found anew and everything is said again.
pub(in crate::server) fn take(session: &mut Session, params: &Value) {
    let changes = params.get("changes").and_then(Value::as_array);
    let uris = changes.into_iter().flatten().filter_map(|change| change.get("uri").and_then(Value::as_str));
    let (mut any, mut governs) = (false, false);
    for uri in uris {
        any = true;
        governs |= uri.ends_with(".toml") || uri.ends_with("MANIFEST.json") || session.is_register(uri);
    }
    if governs {
        session.reload();
        session.refresh();
    } else if any {
        session.scan();
    }
}
