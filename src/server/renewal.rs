//! What settings hold, and when they hold no more: folders, preferences, registers that are open, the day.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use super::client::Preferences;
use super::documents::Document;
use super::session::Session;
use super::uri;
use super::workspace::{Conditions, Workspace};
use crate::config::OpenTexts;

/// What makes a client that asks for diagnostics ask again.
const REFRESH: &str = "workspace/diagnostic/refresh";

impl Session {
    /// Takes the folders of the workspace and the preferences, whatever was known before.
    pub(super) fn set_workspace(&mut self, roots: Vec<PathBuf>) {
        let roots = if roots.is_empty() { vec![self.folder.clone()] } else { roots };
        let conditions = Conditions { today: self.clock.map(|clock| clock()), open: self.open_registers() };
        let made = Workspace::new(roots.clone(), &self.preferences, conditions.clone());
        let workspace = made.or_else(|error| {
            self.tell(&error.to_string());
            Workspace::new(roots, &Preferences::default(), conditions)
        });
        if let Ok(mut workspace) = workspace {
            if let Some(old) = &self.workspace {
                workspace.generation = Arc::clone(&old.generation);
            }
            self.workspace = Some(workspace);
        }
        self.is_stale = false;
        self.registers_due = true;
        self.documents.forget_checks();
    }

    /// Reads settings again, from the same folders.
    pub(super) fn reload(&mut self) {
        let roots = self.workspace.as_ref().map(|workspace| workspace.roots.clone()).unwrap_or_default();
        self.set_workspace(roots);
    }

    fn open_registers(&self) -> OpenTexts {
        let texts = self.documents.texts.iter().filter(|(_, document)| document.notebook.is_none());
        let register = |(uri, document): (&String, &Document)| {
            let path = uri::to_path(uri)?;
            let is_register = match &self.workspace {
                Some(workspace) => workspace.is_register(&path),
                None => path.file_name().is_some_and(|name| name == "THREATS.md"),
            };
            is_register.then(|| (path, document.text.clone()))
        };
        texts.filter_map(register).collect()
    }

    /// Globs of the registers that configurations name, as far as these are known.
    pub(super) fn own_registers(&self) -> Vec<String> {
        let known = self.workspace.iter().flat_map(Workspace::known);
        let names = known.filter_map(|settings| Some(settings.register.path.file_name()?.to_str()?.to_owned()));
        let mut globs: Vec<_> = names.filter(|name| name != "THREATS.md").map(|name| format!("**/{name}")).collect();
        globs.sort();
        globs.dedup();
        globs
    }

    /// Whether a document may be a register.
    pub(super) fn is_register(&self, uri: &str) -> bool {
        let path = uri::to_path(uri);
        matches!((&self.workspace, path), (Some(workspace), Some(path)) if workspace.is_register(&path))
    }

    /// An open register was opened, changed or closed: what it excuses may have changed in every file.
    pub(super) fn register_changed(&mut self) {
        self.is_stale = true;
        self.due_again();
    }

    /// Makes sure that settings hold what open registers say, and that they are those of today.
    pub(super) fn renew(&mut self) {
        let today = self.clock.map(|clock| clock());
        let is_of_today = self.workspace.as_ref().is_none_or(|workspace| workspace.today == today);
        if self.is_stale || !is_of_today {
            self.reload();
        }
        if let Some(workspace) = self.workspace.as_mut().filter(|_| !is_of_today) {
            workspace.today = today;
            self.due_again();
        }
    }

    /// Settings or files have changed: everything is said anew.
    pub(super) fn refresh(&mut self) {
        self.due_again();
        self.scan();
    }

    /// Everything that is open is said anew.
    fn due_again(&mut self) {
        self.documents.forget_checks();
        self.registers_due = true;
        if self.client.pulls && self.client.refreshes && !self.asked.values().any(|asked| *asked == REFRESH) {
            self.ask(REFRESH, &Value::Null);
        }
        let notebooks = self.documents.notebooks.keys();
        let texts = self.documents.texts.iter().filter(|(_, text)| text.notebook.is_none()).map(|(uri, _)| uri);
        let due: Vec<String> = texts.filter(|_| !self.client.pulls).chain(notebooks).cloned().collect();
        self.due.extend(due);
    }
}
