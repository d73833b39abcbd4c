//! `textDocument/codeAction`: the fixes of what stands at a place, and all fixes of a document at once.
//!
//! They follow from the last check alone, so they are there whatever the client kept of a diagnostic.

use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use crate::fact::Replacement;
use crate::finding::{Applicability, Finding, Fix};
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
    if session.check(&owner).is_none() {
        return Ok(json!([]));
    }
    let mut actions = Vec::new();
    let session = &*session;
    let Some(checked) = session.documents.checked(&owner) else { return Ok(json!([])) };
    if wants("quickfix") {
        quick_fixes(session, checked, (&owner, uri), wanted_range, &mut actions);
    }
    if wants(FIX_ALL) {
        actions.extend(fix_all(session, checked, &owner));
    }
    Ok(actions.into())
}

fn quick_fixes(
    session: &Session,
    checked: &Checked,
    (owner, uri): (&str, &str),
    wanted: &Value,
    actions: &mut Vec<Value>,
) {
    let place = session.place(owner);
    let own = checked.source.name.path();
    for finding in counting(checked) {
        let here = place.uri_of(&finding.location, own) == uri
            && overlap(&range(&finding.location, session.client.encoding), wanted);
        // A gap that a person must fill is told by the finding's help, not written.
        let offered = finding.fixes.iter().filter(|fix| fix.applicability != Applicability::Show);
        for (index, fix) in offered.filter(|_| here).enumerate() {
            let Some(edit) = of_fix(session, checked, owner, fix) else { continue };
            actions.push(json!({
                "title": titled(fix, finding),
                "kind": "quickfix",
                "diagnostics": [place.diagnostic(finding)],
                "isPreferred": index == 0,
                "edit": edit,
            }));
        }
    }
}

fn titled(fix: &Fix, finding: &Finding) -> String {
    format!("{} ({})", fix.title, finding.rule_id)
}

/// All fixes that may be applied unasked.
fn fix_all(session: &Session, checked: &Checked, owner: &str) -> Option<Value> {
    let least = if session.preferences.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    let plan = plan(checked.outcome.findings.iter(), &checked.source.name, least);
    let edit = workspace_edit(session, checked, owner, &plan.edits)?;
    Some(json!({"title": "Fix all that loadlint can fix", "kind": FIX_ALL, "edit": edit}))
}

fn of_fix(session: &Session, checked: &Checked, owner: &str, fix: &Fix) -> Option<Value> {
    if fix.edits.iter().any(|edit| edit.input != checked.source.name) {
        return None;
    }
    let edits: Vec<_> =
        fix.edits.iter().map(|edit| Replacement { region: edit.region, text: edit.text.clone() }).collect();
    workspace_edit(session, checked, owner, &edits)
}

/// Edits of the checked text as a `WorkspaceEdit`: of the document, or of the cells they lie in.
fn workspace_edit(session: &Session, checked: &Checked, owner: &str, edits: &[Replacement]) -> Option<Value> {
    if edits.is_empty() {
        return None;
    }
    let place = session.place(owner);
    let mut by_document: FxHashMap<String, Vec<Value>> = FxHashMap::default();
    for edit in edits {
        let location = checked.source.locate(edit.region);
        let uri = place.uri_of(&location, checked.source.name.path());
        let edit = json!({"range": range(&location, session.client.encoding), "newText": edit.text});
        by_document.entry(uri).or_default().push(edit);
    }
    if !session.client.document_changes {
        return Some(json!({"changes": by_document}));
    }
    let mut documents: Vec<_> = by_document.into_iter().collect();
    documents.sort_by(|(a, _), (b, _)| a.cmp(b));
    let change = |(uri, edits): (String, Vec<Value>)| {
        let version = session.documents.texts.get(&uri).and_then(|document| document.version);
        json!({"textDocument": {"uri": uri, "version": version}, "edits": edits})
    };
    Some(json!({"documentChanges": documents.into_iter().map(change).collect::<Vec<_>>()}))
}
