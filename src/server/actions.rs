//! Checks of open documents, and what the client gets of them.

use std::sync::Arc;

use serde_json::{Value, json};

use super::convert::{Place, failure};
use super::documents::Checked;
use super::session::Session;
use super::uri;
use crate::config::Settings;
use crate::discover::InputKind;
use crate::engine::check::check_text;
use crate::engine::run::guarded;
use crate::finding::{Finding, InputName, InputOutcome, Notice, NoticeKind, Suppression};
use crate::python::notebook::read_notebook;
use crate::python::source::{SourceKind, SourceText};

impl Session {
    /// How a document is read; `None` for one that is neither Python nor a script or setting by its name.
    fn kind(&self, uri: &str) -> Option<SourceKind> {
        if self.documents.notebooks.contains_key(uri) {
            return Some(SourceKind::Notebook);
        }
        let document = self.documents.texts.get(uri)?;
        let ends = |end: &str| uri.len() > end.len() && uri.to_ascii_lowercase().ends_with(end);
        match document.language.as_str() {
            _ if document.notebook.is_some() => None,
            "python" | "" if ends(".pyi") => Some(SourceKind::Stub),
            "python" => Some(SourceKind::Module),
            "" if ends(".py") || ends(".pyw") => Some(SourceKind::Module),
            _ => match InputKind::by_name(&uri::to_path(uri)?) {
                Some(InputKind::Script(kind)) => Some(SourceKind::Script(kind)),
                _ => None,
            },
        }
    }

    /// Whether a document is one that is checked by itself.
    pub(super) fn is_checked(&self, uri: &str) -> bool {
        self.kind(uri).is_some()
    }

    /// What holds for a document, or a cell of a notebook; `None` where the configuration is wrong.
    pub(super) fn settings_of(&self, uri: &str) -> Option<Arc<Settings>> {
        let path = uri::to_path(self.documents.owner(uri));
        self.workspace.as_ref()?.settings(path.as_deref()).ok()
    }

    /// What findings call a document.
    pub(super) fn name_of(&self, uri: &str) -> Option<InputName> {
        let workspace = self.workspace.as_ref()?;
        let path = uri::to_path(uri);
        Some(InputName::new(path.as_deref().map_or_else(|| uri.into(), |path| workspace.named(path))))
    }

    /// Checks a document or notebook as it is in the editor. `None` if it is none of ours.
    pub(super) fn checked_now(&self, uri: &str) -> Option<Checked> {
        let kind = self.kind(uri).filter(|_| self.preferences.enable)?;
        let workspace = self.workspace.as_ref()?;
        let path = uri::to_path(uri);
        let name = self.name_of(uri)?;
        let nothing = |failure| Checked {
            source: SourceText::module(name.clone(), String::new()),
            outcome: InputOutcome::default(),
            failure,
        };
        let settings = match workspace.settings(path.as_deref()) {
            Ok(settings) => settings,
            Err(error) => return Some(nothing(Some(error.to_string()))),
        };
        // As with `--force-exclude`: an editor opens files of libraries that nobody wants to hear about.
        let is_excluded = |part: &std::path::Path| part.file_name().is_some() && settings.excludes(part);
        if path.is_some() && name.path().ancestors().any(is_excluded) {
            return Some(nothing(None));
        }
        let (source, problems) = match self.documents.notebooks.get(uri) {
            Some(notebook) => {
                let bytes = self.documents.notebook_file(notebook);
                match read_notebook(name.clone(), bytes, &settings.limits) {
                    Ok(read) => (read.source, read.problems),
                    Err(problem) => (SourceText::module(name.clone(), String::new()), vec![problem]),
                }
            }
            None => {
                let text = self.documents.texts.get(uri)?.text.replace('\0', " ");
                (SourceText { kind, ..SourceText::module(name.clone(), text) }, Vec::new())
            }
        };
        let mut outcome = guarded(&name, || check_text(&source, &settings));
        outcome.notices.extend(problems.iter().map(|problem| Notice {
            kind: NoticeKind::InvalidNotebook,
            input: name.clone(),
            message: problem.to_string(),
            location: None,
        }));
        Some(Checked { source, outcome, failure: None })
    }

    /// Where diagnostics of `uri` go.
    pub(super) fn place<'p>(&'p self, uri: &'p str) -> Place<'p> {
        let cells = self.documents.notebooks.get(uri).map_or(&[][..], |notebook| &notebook.cells);
        let root = self.workspace.as_ref().map_or(std::path::Path::new(""), |workspace| workspace.root());
        Place { client: &self.client, root, uri, cells }
    }

    /// The diagnostics of a document or notebook, each with the document (or cell) it belongs to.
    pub(super) fn diagnostics(&mut self, uri: &str) -> Vec<(String, Value)> {
        if self.check(uri).is_none() {
            return Vec::new();
        }
        let Some(checked) = self.documents.checked(uri) else { return Vec::new() };
        let place = self.place(uri);
        let own = checked.source.name.path();
        let mut all = Vec::new();
        all.extend(checked.failure.iter().map(|message| (place.cells.first().cloned(), failure(message))));
        for finding in counting(checked) {
            all.push((Some(place.uri_of(&finding.location, own)), place.diagnostic(finding)));
        }
        for notice in &checked.outcome.notices {
            let at = notice.location.as_ref().map(|location| place.uri_of(location, own));
            all.push((at.or_else(|| place.cells.first().cloned()), place.notice(notice)));
        }
        all.into_iter().map(|(at, diagnostic)| (at.unwrap_or_else(|| uri.to_owned()), diagnostic)).collect()
    }

    /// Pushes the diagnostics of a document, or of all cells of a notebook.
    pub(super) fn push(&mut self, uri: &str) {
        let mut found = self.diagnostics(uri);
        if !self.documents.notebooks.contains_key(uri) && !self.is_checked(uri) {
            // A register or a model's configuration that is open as a text.
            found.extend(self.elsewhere.pushed(uri).into_iter().map(|diagnostic| (uri.to_owned(), diagnostic)));
        }
        let targets = match self.documents.notebooks.get(uri) {
            Some(notebook) => notebook.cells.clone(),
            None if self.documents.texts.contains_key(uri) => vec![uri.to_owned()],
            None => return,
        };
        for target in targets {
            let own: Vec<&Value> = found.iter().filter(|(at, _)| *at == target).map(|(_, found)| found).collect();
            let mut params = json!({"uri": target, "diagnostics": own});
            let version = self.documents.texts.get(&target).and_then(|document| document.version);
            if let (true, Some(version)) = (self.client.versions, version) {
                params["version"] = version.into();
            }
            self.notify("textDocument/publishDiagnostics", &params);
        }
    }
}

/// The findings that nothing excuses.
pub(super) fn counting(checked: &Checked) -> impl Iterator<Item = &Finding> {
    let excused = |finding: &&Finding| finding.suppression.as_ref().is_some_and(Suppression::holds);
    checked.outcome.findings.iter().filter(move |finding| !excused(finding))
}
