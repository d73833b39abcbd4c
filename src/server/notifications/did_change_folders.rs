//! `workspace/didChangeWorkspaceFolders`.

use serde_json::Value;

use crate::server::session::Session;
use crate::server::uri;

/// Folders come and go.
pub(in crate::server) fn take(session: &mut Session, params: &Value) {
    let paths = |pointer: &str| {
        let folders = params.pointer(pointer).and_then(Value::as_array);
        let uris = folders.into_iter().flatten().filter_map(|folder| folder.get("uri").and_then(Value::as_str));
        uris.filter_map(uri::to_path).collect::<Vec<_>>()
    };
    let (added, removed) = (paths("/event/added"), paths("/event/removed"));
    let mut roots = session.workspace.as_ref().map(|workspace| workspace.roots.clone()).unwrap_or_default();
    roots.retain(|root| !removed.contains(root));
    roots.extend(added);
    roots.dedup();
    session.set_workspace(roots);
    session.refresh();
}
