//! `textDocument/codeAction`: the fixes of what stands at a place, and all fixes of a document at once.
//!
//! They follow from the last check alone, so they are there whatever the client kept of a diagnostic.

use serde_json::{Value, json};

use super::suppress;
use crate::fact::Replacement;
use crate::finding::{Applicability, Edit, Finding};
use crate::fix::plan;
use crate::server::actions::counting;
use crate::server::convert::{overlap, range};
use crate::server::documents::Checked;
use crate::server::session::{Answer, Session, invalid};

const FIX_ALL: &str = "source.fixAll.loadlint";

/// The actions for a range.
pub(in crate::server) fn answer(session: &mut Session, params: &Value) -> Answer {
    let uri = params.pointer("/textDocument/uri").and_then(Value::as_str).ok_or_else(|| invalid("textDocument.uri"))?;
    let wanted_range = params.get("range").filter(|range| range.is_object()).ok_or_else(|| invalid("range"))?;
    let only: Option<Vec<&str>> = params
        .pointer("/context/only")
        .and_then(Value::as_array)
        .map(|kinds| kinds.iter().filter_map(Value::as_str).collect());
    // A kind asks for all kinds below it.
    let wants = |kind: &str| {
        let below =
            |asked: &&str| kind == *asked || kind.strip_prefix(*asked).is_some_and(|rest| rest.starts_with('.'));
        only.as_ref().is_none_or(|only| only.iter().any(below))
    };
    let owner = session.documents.owner(uri).to_owned();
    session.check(&owner);
    let session = &*session;
    let checked = session.documents.checked(&owner);
    let asked = Asked { session, checked, owner: &owner, uri, range: wanted_range };
    let mut actions = Vec::new();
    if wants("quickfix") {
        asked.quick_fixes(&mut actions);
    }
    if wants(FIX_ALL) {
        actions.extend(checked.and_then(|checked| fix_all(session, checked, &owner)));
    }
    Ok(actions.into())
}

/// What the actions are asked for.
pub(super) struct Asked<'a> {
    pub(super) session: &'a Session,
    /// The last check; none for a register or another file that is checked only on the disk.
    checked: Option<&'a Checked>,
    pub(super) owner: &'a str,
    /// The document: the owner, or a cell of it.
    uri: &'a str,
    range: &'a Value,
}

impl Asked<'_> {
    /// The findings at the place.
    fn findings(&self) -> Vec<&Finding> {
        let Some(checked) = self.checked else {
            let Some(name) = self.session.name_of(self.owner) else { return Vec::new() };
            let found = self.session.elsewhere.findings(&name);
            return found.into_iter().filter(|finding| self.is_here(finding)).collect();
        };
        let place = self.session.place(self.owner);
        let own = checked.source.name.path();
        let is_here = |finding: &&Finding| place.uri_of(&finding.location, own) == self.uri && self.is_here(finding);
        counting(checked).filter(is_here).collect()
    }

    fn is_here(&self, finding: &Finding) -> bool {
        overlap(&range(&finding.location, self.session.client.encoding), self.range)
    }

    fn quick_fixes(&self, actions: &mut Vec<Value>) {
        let place = self.session.place(self.owner);
        for finding in self.findings() {
            // A gap that a person must fill is told by the finding's help, not written.
            let offered = finding.fixes.iter().filter(|fix| fix.applicability != Applicability::Show);
            for (index, fix) in offered.enumerate() {
                let Some(edit) = self.session.workspace_edit(self.checked, self.owner, &fix.edits) else { continue };
                actions.push(json!({
                    "title": format!("{} ({})", fix.title, finding.rule_id),
                    "kind": "quickfix",
                    "diagnostics": [place.diagnostic(finding)],
                    "isPreferred": index == 0,
                    "edit": edit,
                }));
            }
            if let Some(checked) = self.checked {
                suppress::add(self, checked, finding, actions);
            }
        }
    }
}

/// All fixes that may be applied unasked.
fn fix_all(session: &Session, checked: &Checked, owner: &str) -> Option<Value> {
    let least = if session.preferences.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    let name = &checked.source.name;
    let plan = plan(checked.outcome.findings.iter(), name, least);
    let edit = |edit: Replacement| Edit { input: name.clone(), region: edit.region, text: edit.text };
    let edits: Vec<_> = plan.edits.into_iter().map(edit).collect();
    let edit = session.workspace_edit(Some(checked), owner, &edits)?;
    Some(json!({"title": "Fix all that loadlint can fix", "kind": FIX_ALL, "edit": edit}))
}
