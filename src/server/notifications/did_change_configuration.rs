//! `workspace/didChangeConfiguration`, and the answer to our `workspace/configuration`.

use serde_json::{Value, json};

use crate::server::client::Preferences;
use crate::server::session::Session;

/// Asks for the settings again, or takes them from a client that sends them along.
pub(in crate::server) fn take(session: &mut Session, params: &Value) {
    if session.client.configuration {
        session.ask("workspace/configuration", &json!({"items": [{"section": "loadlint"}]}));
    } else if let Some(section) = params.pointer("/settings/loadlint") {
        set(session, &Preferences::new(section));
    }
}

/// The settings, as the client answers; `null` where the user has set nothing.
pub(in crate::server) fn answered(session: &mut Session, answer: &Value) {
    let section = answer.get(0).unwrap_or(&Value::Null);
    if section.is_object() {
        set(session, &Preferences::new(section));
    }
}

fn set(session: &mut Session, preferences: &Preferences) {
    if session.preferences == *preferences {
        return;
    }
    session.preferences = preferences.clone();
    session.reload();
    session.refresh();
}
