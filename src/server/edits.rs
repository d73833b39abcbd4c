//! Edits of several files as the protocol's `WorkspaceEdit`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::convert::range;
use super::documents::Checked;
use super::session::Session;
use crate::finding::{Edit, InputName, Location};
use crate::text::Region;

/// Where one edit goes.
struct Target {
    uri: String,
    range: Value,
    /// Whether the file is not there yet.
    is_new: bool,
}

impl Session {
    /// Edits of the checked text `owner`, of its cells if it is a notebook, and of registers. `None` if there is nothing to
    /// edit, or an edit goes elsewhere.
    pub(super) fn workspace_edit(&self, checked: Option<&Checked>, owner: &str, edits: &[Edit]) -> Option<Value> {
        let mut by_document: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let mut new = Vec::new();
        for edit in edits {
            let Target { uri, range, is_new } = self.target(checked, owner, edit)?;
            if is_new && !new.contains(&uri) {
                new.push(uri.clone());
            }
            by_document.entry(uri).or_default().push(json!({"range": range, "newText": edit.text}));
        }
        if by_document.is_empty() {
            return None;
        }
        if !self.client.document_changes {
            // Clients that know no more than this make the file when they open it.
            return Some(json!({"changes": by_document}));
        }
        let create = |uri: String| json!({"kind": "create", "uri": uri, "options": {"ignoreIfExists": true}});
        let made = new.into_iter().filter(|_| self.client.creates_files).map(create);
        let change = |(uri, edits): (String, Vec<Value>)| {
            let version = self.documents.texts.get(&uri).and_then(|document| document.version);
            json!({"textDocument": {"uri": uri, "version": version}, "edits": edits})
        };
        Some(json!({"documentChanges": made.chain(by_document.into_iter().map(change)).collect::<Vec<_>>()}))
    }

    fn target(&self, checked: Option<&Checked>, owner: &str, edit: &Edit) -> Option<Target> {
        let of_text = |location: Location, uri: String| Target {
            uri,
            range: range(&location, self.client.encoding),
            is_new: false,
        };
        if let Some(checked) = checked.filter(|checked| checked.source.name == edit.input) {
            let location = checked.source.locate(edit.region);
            let uri = self.place(owner).uri_of(&location, checked.source.name.path());
            return Some(of_text(location, uri));
        }
        self.register_target(&edit.input, edit.region)
    }

    fn register_target(&self, input: &InputName, region: Region) -> Option<Target> {
        let workspace = self.workspace.as_ref()?;
        let known = workspace.known();
        let mut registers = known.iter().map(|settings| &settings.register);
        let register = registers.find(|register| register.name() == *input)?;
        let uri = self.uri_of(&register.path);
        let (location, is_new) = match &register.file {
            Some(file) => (file.locate(region), false),
            None => (Location::in_text(input.clone(), "", &crate::text::LineIndex::new(""), Region::new(0, 0)), true),
        };
        Some(Target { uri, range: range(&location, self.client.encoding), is_new })
    }
}
