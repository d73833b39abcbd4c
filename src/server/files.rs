//! What is said of files that nobody has open, model files and registers, and how the client gets it: it is pushed to
//! everybody, as such files cannot be asked for.

use std::path::Path;

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::{Value, json};

use super::convert::Place;
use super::session::Session;
use super::uri;
use super::workspace::Scanned;
use crate::engine::register::add_registers;
use crate::finding::{Finding, InputName, Outcome};

/// What is known of such files.
#[derive(Debug, Default)]
pub(super) struct Elsewhere {
    /// The last scan of the disk; none before the first one is done.
    pub(super) scanned: Option<Scanned>,
    /// What is said of the registers.
    registers: Outcome,
    /// What the client has, by URI.
    pushed: FxHashMap<String, Vec<Value>>,
}

impl Elsewhere {
    /// What was pushed for a document.
    pub(super) fn pushed(&self, uri: &str) -> Vec<Value> {
        self.pushed.get(uri).cloned().unwrap_or_default()
    }

    /// The findings in a file.
    pub(super) fn findings(&self, name: &InputName) -> Vec<&Finding> {
        let artifacts = self.scanned.iter().flat_map(|scanned| &scanned.artifacts.findings);
        artifacts.chain(&self.registers.findings).filter(|finding| finding.location.input == *name).collect()
    }
}

impl Session {
    /// The URI of a file, as the client writes it if it has the file open.
    pub(super) fn uri_of(&self, path: &Path) -> String {
        let own = uri::from_path(path);
        if self.documents.texts.contains_key(&own) {
            return own;
        }
        let is_it = |other: &&String| uri::to_path(other).as_deref() == Some(path);
        let mut open = self.documents.texts.iter().filter(|(_, text)| text.notebook.is_none()).map(|(uri, _)| uri);
        open.find(is_it).cloned().unwrap_or(own)
    }

    /// Says anew what holds of model files and registers.
    pub(super) fn push_elsewhere(&mut self) {
        self.elsewhere.registers = self.judged_registers();
        let Some(workspace) = &self.workspace else { return };
        let place = Place { client: &self.client, root: workspace.root(), uri: "", cells: &[] };
        let mut now: FxHashMap<String, Vec<Value>> = FxHashMap::default();
        let artifacts = self.elsewhere.scanned.iter().map(|scanned| &scanned.artifacts);
        for outcome in artifacts.chain([&self.elsewhere.registers]) {
            let uri_of = |input: &InputName| self.uri_of(&workspace.root().join(input.path()));
            for finding in &outcome.findings {
                now.entry(uri_of(&finding.location.input)).or_default().push(place.diagnostic(finding));
            }
            for notice in &outcome.notices {
                now.entry(uri_of(&notice.input)).or_default().push(place.notice(notice));
            }
        }
        // An open script has its own diagnostics, which are newer.
        now.retain(|uri, _| !self.is_checked(uri));
        self.push_changed(now);
    }

    /// The registers of all settings, held against the comments of open documents as they are in the editor and of all
    /// others as they are on the disk.
    fn judged_registers(&self) -> Outcome {
        let mut outcome = Outcome::default();
        let Some(workspace) = self.workspace.as_ref().filter(|_| self.preferences.enable) else { return outcome };
        let open: FxHashSet<InputName> = self.open_names().collect();
        if let Some(scanned) = &self.elsewhere.scanned {
            let closed = scanned.citations.iter().filter(|cited| !open.contains(&cited.location.input));
            let scripts = scanned.artifacts.citations.iter().filter(|cited| !open.contains(&cited.location.input));
            outcome.citations = closed.chain(scripts).cloned().collect();
        }
        let texts = self.documents.texts.values().filter_map(|document| document.checked.as_ref());
        let notebooks = self.documents.notebooks.values().filter_map(|notebook| notebook.checked.as_ref());
        let checked: Vec<_> = texts.chain(notebooks).collect();
        outcome.citations.extend(checked.iter().flat_map(|checked| checked.outcome.citations.iter().cloned()));
        // A document that is open and was not asked for yet may cite anything; so may one with a syntax error.
        let is_whole = self.elsewhere.scanned.as_ref().is_some_and(|scanned| scanned.is_whole)
            && open.iter().all(|name| checked.iter().any(|checked| checked.source.name == *name))
            && checked.iter().all(|checked| checked.outcome.notices.is_empty() && checked.failure.is_none());
        let known = workspace.known();
        let covers = |path: &Path| {
            let is_file = known.iter().any(|settings| settings.register.path == path);
            (is_whole || is_file) && workspace.roots.iter().any(|root| path.starts_with(root))
        };
        add_registers(&mut outcome, &known, &covers);
        outcome
    }

    /// The names of all open documents that are checked.
    fn open_names(&self) -> impl Iterator<Item = InputName> {
        let texts = self.documents.texts.keys().filter(|uri| self.is_checked(uri));
        texts.chain(self.documents.notebooks.keys()).filter_map(|uri| self.name_of(uri))
    }

    /// Pushes what is new, and clears what no longer holds.
    fn push_changed(&mut self, now: FxHashMap<String, Vec<Value>>) {
        let mut gone: Vec<&String> = self.elsewhere.pushed.keys().filter(|uri| !now.contains_key(*uri)).collect();
        let is_new = |(uri, said): &(&String, &Vec<Value>)| self.elsewhere.pushed.get(*uri) != Some(*said);
        let mut changed: Vec<&String> = now.iter().filter(is_new).map(|(uri, _)| uri).collect();
        gone.sort();
        changed.sort();
        for uri in changed {
            self.notify("textDocument/publishDiagnostics", &json!({"uri": uri, "diagnostics": now[uri]}));
        }
        // Those of a document that was opened since are pushed with it, or asked for.
        for uri in gone.into_iter().filter(|uri| self.client.pulls || !self.is_checked(uri)) {
            self.notify("textDocument/publishDiagnostics", &json!({"uri": uri, "diagnostics": []}));
        }
        self.elsewhere.pushed = now;
    }
}
