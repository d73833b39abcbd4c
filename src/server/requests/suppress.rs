//! Quick fixes that excuse a finding: by a comment under an entry of the register, or under a new one, which edits both
//! files. `codeAction/resolve` works an edit out once its action is chosen, for clients that can wait for it.

use lsp_server::ErrorCode;
use serde_json::{Value, json};

use super::code_action::Asked;
use crate::config::Settings;
use crate::engine::write_comments::{suppress_under, suppress_under_new};
use crate::fact::SuppressionProblem;
use crate::finding::{Finding, Fix};
use crate::rules::Rule;
use crate::server::actions::counting;
use crate::server::documents::Checked;
use crate::server::session::{Answer, Session, invalid};
use crate::server::uri;
use crate::suppress::threats::{NewThreat, glob_of};
use crate::suppress::{Status, Threat, Why};

/// So many entries are offered for one finding.
const MAX_OFFERS: usize = 8;

/// What can excuse a finding.
enum Offer<'a> {
    Entry(&'a Threat),
    New,
}

impl Offer<'_> {
    fn title(&self, finding: &Finding) -> String {
        match self {
            Self::Entry(entry) => format!("Suppress under {}: {} ({})", entry.id, entry.title, finding.rule_id),
            Self::New => format!("Suppress under a new threat ({})", finding.rule_id),
        }
    }
}

/// Adds the actions for one finding of a checked text.
pub(super) fn add(asked: &Asked<'_>, checked: &Checked, finding: &Finding, actions: &mut Vec<Value>) {
    let session = asked.session;
    let Some(settings) = session.settings_of(asked.owner).filter(|_| uri::to_path(asked.owner).is_some()) else {
        return;
    };
    let diagnostic = session.place(asked.owner).diagnostic(finding);
    for offer in offers(&settings, checked, finding) {
        let title = offer.title(finding);
        let mut action = json!({"title": title, "kind": "quickfix", "diagnostics": [diagnostic]});
        if session.client.resolves_edits {
            let region = finding.location.region;
            let threat = match &offer {
                Offer::Entry(entry) => Some(&*entry.id),
                Offer::New => None,
            };
            action["data"] = json!({
                "uri": asked.owner, "rule": &*finding.rule_id, "start": region.start, "end": region.end, "threat": threat,
            });
        } else {
            let fix = fix(&settings, checked, finding, &offer);
            let edit = fix.and_then(|fix| session.workspace_edit(Some(checked), asked.owner, &fix.edits));
            let Some(edit) = edit else { continue };
            action["edit"] = edit;
        }
        actions.push(action);
    }
}

/// `codeAction/resolve`: the same action with its edit.
pub(in crate::server) fn resolve(session: &mut Session, params: &Value) -> Answer {
    let data = params.get("data").filter(|data| data.is_object()).ok_or_else(|| invalid("data"))?;
    let owner = data.get("uri").and_then(Value::as_str).ok_or_else(|| invalid("data.uri"))?.to_owned();
    session.check(&owner);
    let gone = || (ErrorCode::ContentModified, "the finding stands there no more, or no comment can".to_owned());
    let edit = resolved(session, data, &owner).ok_or_else(gone)?;
    let mut action = params.clone();
    action["edit"] = edit;
    Ok(action)
}

fn resolved(session: &Session, data: &Value, owner: &str) -> Option<Value> {
    let checked = session.documents.checked(owner)?;
    let settings = session.settings_of(owner)?;
    let number = |key: &str| data.get(key).and_then(Value::as_u64);
    let is_it = |finding: &&Finding| {
        let region = finding.location.region;
        data.get("rule").and_then(Value::as_str) == Some(&*finding.rule_id)
            && (number("start"), number("end")) == (Some(region.start.into()), Some(region.end.into()))
    };
    let finding = counting(checked).find(is_it)?;
    let offer = match data.get("threat").and_then(Value::as_str) {
        Some(id) => Offer::Entry(settings.register.file.as_ref()?.register.find(id)?),
        None => Offer::New,
    };
    let fix = fix(&settings, checked, finding, &offer)?;
    session.workspace_edit(Some(checked), owner, &fix.edits)
}

/// What a finding is to comments.
enum Kind {
    /// One that a comment can excuse.
    Code,
    /// A comment that lacks something but a threat.
    Incomplete,
    /// A comment that lacks only a threat; that entries can be cited is said by its own fixes.
    Uncited,
}

fn kind(rule: &Rule) -> Option<Kind> {
    use SuppressionProblem::{Blanket, EmptyReason, NoReason, NoThreat};
    let problems: Vec<_> = rule.when.suppressions().iter().flat_map(|clause| &clause.problem).collect();
    let is_about = |wanted: &[SuppressionProblem]| problems.iter().any(|problem| wanted.contains(problem));
    match (problems.is_empty(), is_about(&[NoThreat]), is_about(&[Blanket, NoReason, EmptyReason])) {
        (true, ..) => Some(Kind::Code),
        (false, true, _) => Some(Kind::Uncited),
        (false, false, true) => Some(Kind::Incomplete),
        (false, false, false) => None,
    }
}

/// The rules whose findings are to be excused: the finding's own, or those of the findings that a comment hides.
fn rules<'s>(settings: &'s Settings, checked: &Checked, finding: &Finding) -> Vec<&'s Rule> {
    let hidden = checked.outcome.findings.iter().filter(|other| {
        let comment = other.suppression.as_ref().and_then(|suppression| suppression.location.as_ref());
        comment.is_some_and(|comment| comment.region == finding.location.region)
    });
    let mut ids: Vec<_> = hidden.map(|other| &other.rule_id).collect();
    if ids.is_empty() {
        ids.push(&finding.rule_id);
    }
    ids.sort();
    ids.dedup();
    ids.into_iter().filter_map(|id| settings.rule_set.find(id)).map(AsRef::as_ref).collect()
}

fn offers<'s>(settings: &'s Settings, checked: &Checked, finding: &Finding) -> Vec<Offer<'s>> {
    let Some(kind) = settings.rule_set.find(&finding.rule_id).and_then(|rule| kind(rule)) else { return Vec::new() };
    let path = settings.path_in_register(checked.source.name.path());
    let rules = rules(settings, checked, finding);
    let fits = |entry: &&Threat| {
        entry.status().is_some_and(Status::is_in_force)
            && !entry.is_expired(settings.policy.today)
            && entry.covers_path(path.as_deref())
            && rules.iter().all(|rule| entry.covers_rule(rule))
    };
    let entries = settings.register.file.iter().flat_map(|file| &file.register.entries);
    let entries = entries.filter(|_| !matches!(kind, Kind::Uncited)).filter(fits).take(MAX_OFFERS);
    // A register that is there and cannot be read must not be written over.
    let new = settings.register.problem.is_none().then_some(Offer::New);
    entries.map(Offer::Entry).chain(new).collect()
}

fn fix(settings: &Settings, checked: &Checked, finding: &Finding, offer: &Offer<'_>) -> Option<Fix> {
    let decided = format!("decided in {}", settings.register.name());
    match offer {
        Offer::Entry(entry) => {
            // The entry says why, so its title is the reason until somebody writes a better one.
            let is_reason = settings.policy.emptiness(&entry.title).is_none();
            let reason = if is_reason { entry.title.to_string() } else { decided };
            suppress_under(&checked.source, settings, finding, &Why { threat: entry.id.to_string(), reason })
        }
        Offer::New => {
            let path = settings.path_in_register(checked.source.name.path());
            let scope: Vec<_> = path.iter().map(|path| glob_of(path)).collect();
            let rules = rules(settings, checked, finding);
            let names: Vec<_> = rules.iter().map(|rule| &*rule.name).collect();
            let place = path.as_deref().unwrap_or(checked.source.name.path()).to_string_lossy();
            let place = place.replace('\\', "/").replace(|c: char| c.is_control(), "?");
            // Without an owner the register tells that somebody has to look at the entry.
            let new = NewThreat {
                id: None,
                title: format!("{} in {place}", names.join(", ")),
                status: Status::Accepted,
                owner: String::new(),
                rules: rules.iter().map(|rule| rule.id.to_string()).collect(),
                scope,
                added: settings.policy.today,
                review_by: None,
                expires: None,
            };
            suppress_under_new(&checked.source, settings, finding, &new, &decided)
        }
    }
}
