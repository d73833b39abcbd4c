//! Which changes of a found call a rule offers: those after which none of its clauses would hold.

use std::rc::Rc;

use super::evaluate::find;
use super::matching::{CallHit, Matcher};
use super::model::{ArgumentCondition, FixClause};
use crate::fact::{Argument, Atom, Call, CallChange, CallForm, ChangeKind, Target, Value};
use crate::finding::Applicability;
use crate::text::Region;

/// A fix before its bytes are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WantedFix {
    /// What it does, as an editor offers it.
    pub title: String,
    /// How far it may be trusted.
    pub applicability: Applicability,
    /// The change.
    pub change: CallChange,
}

impl Matcher<'_> {
    /// The fixes for a call on which a clause held.
    pub(super) fn fixes(&self, call: &Call, hit: &CallHit<'_>) -> Vec<WantedFix> {
        let skipped = match call.form {
            CallForm::Called => 0,
            CallForm::Bound => 1,
            // There is no list of arguments to change.
            CallForm::PassedOn | CallForm::Subclassed => return Vec::new(),
        };
        // A spread of unknown content may bring the argument already, and twice is an error.
        let in_callee = |argument: &Argument| call.form == CallForm::Called && call.callee.contains(argument.region);
        if call.subclass.is_some() || call.open_ended || call.arguments.iter().any(in_callee) {
            return Vec::new();
        }
        self.rule.fix.iter().filter_map(|fix| self.wanted(fix, call, hit, skipped)).collect()
    }

    fn wanted(&self, fix: &FixClause, call: &Call, hit: &CallHit<'_>, skipped: usize) -> Option<WantedFix> {
        let meant = if fix.function.is_empty() { &hit.clause.function } else { &fix.function };
        // Where the callee may be another function too, that one may not know the argument.
        let all_meant = call.targets.iter().all(|target| meant.iter().any(|pattern| pattern.matches(&target.name)));
        let given = |name: &String| {
            let named = |argument: &Argument| argument.name.as_deref() == Some(name.as_str());
            call.arguments.iter().any(named)
                || conditions(hit)
                    .any(|condition| condition.name.as_ref() == Some(name) && find(condition, call).is_some())
        };
        let [target, ..] = call.targets.as_slice() else { return None };
        if !all_meant || fix.unless_given.iter().any(given) {
            return None;
        }
        let (kind, changed) = match (&fix.keyword, &fix.value, &fix.rename) {
            (Some(keyword), Some(value), _) => with_argument(call, hit, (keyword, value))?,
            (_, _, Some(rename)) => with_name(call, rename),
            _ => return None,
        };
        if fix.applicability != Applicability::Show && self.holds_on(&changed) {
            return None;
        }
        Some(WantedFix {
            title: fix.title.clone().unwrap_or_else(|| title(&kind, target)),
            applicability: fix.applicability,
            change: CallChange { call: call.region, function: Rc::clone(&target.name), skipped, kind },
        })
    }

    fn holds_on(&self, call: &Call) -> bool {
        self.rule.when.call.iter().any(|clause| self.clause(clause, call).is_some())
    }
}

fn conditions<'h>(hit: &'h CallHit<'_>) -> impl Iterator<Item = &'h ArgumentCondition> {
    hit.clause.argument.iter().chain(&hit.clause.unless)
}

/// The call with an argument set; `None` if the clause does not ask for it, or it comes out of a spread.
fn with_argument(call: &Call, hit: &CallHit<'_>, (name, value): (&str, &str)) -> Option<(ChangeKind, Call)> {
    let asked = |condition: &&ArgumentCondition| condition.name.as_deref() == Some(name);
    hit.clause.argument.iter().find(asked)?;
    let position = conditions(hit).filter(asked).find_map(|condition| condition.position);
    let kind = ChangeKind::Argument { name: name.to_owned(), position, value: value.to_owned() };
    let condition = ArgumentCondition { name: Some(name.to_owned()), position, ..ArgumentCondition::default() };
    let mut changed = call.clone();
    let value = Value::of(atom(value, call));
    match find(&condition, call) {
        Some(old) if old.spread => return None,
        Some(old) => {
            let index = call.arguments.iter().position(|argument| std::ptr::eq(argument, old))?;
            changed.arguments[index].value = value;
        }
        // What the function around is given may hold it, and twice is an error.
        None if call.forwarded.is_some() => return None,
        None => changed.arguments.push(Argument {
            name: Some(name.into()),
            position: None,
            region: Region::new(call.region.end, call.region.end),
            spread: false,
            value,
            origins: Vec::new(),
            opened: None,
        }),
    }
    Some((kind, changed))
}

fn with_name(call: &Call, rename: &str) -> (ChangeKind, Call) {
    let mut changed = call.clone();
    for target in &mut changed.targets {
        target.name = beside(&target.name, rename).into();
    }
    (ChangeKind::Rename { to: rename.to_owned() }, changed)
}

/// `yaml.safe_load` beside `yaml.load`.
fn beside(name: &str, other: &str) -> String {
    match name.rsplit_once('.') {
        Some((module, _)) => format!("{module}.{other}"),
        None => other.to_owned(),
    }
}

/// What the source of a value is; only constants and names of the function's module are known.
fn atom(value: &str, call: &Call) -> Atom {
    let text = |quote: char| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    match value {
        "True" => Atom::Bool(true),
        "False" => Atom::Bool(false),
        "None" => Atom::None,
        _ => match (text('"').or_else(|| text('\'')), value.strip_prefix("{module}.")) {
            (Some(text), _) => Atom::Text(text.into()),
            (_, Some(name)) => {
                call.targets.first().map_or(Atom::Unknown, |target| Atom::Named(beside(&target.name, name).into()))
            }
            _ => Atom::Unknown,
        },
    }
}

fn title(kind: &ChangeKind, target: &Target) -> String {
    match kind {
        ChangeKind::Argument { name, value, .. } => {
            let module = target.name.rsplit_once('.').map_or("", |(module, _)| module);
            format!("Pass `{name}={}`", value.replace("{module}", module))
        }
        ChangeKind::Rename { to } => format!("Call `{}`", beside(&target.name, to)),
    }
}
