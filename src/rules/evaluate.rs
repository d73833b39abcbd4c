//! Whether an argument is what a condition asks. Unknown is neither yes nor no.

use super::model::{ArgumentCondition, Test, TestKind};
use crate::fact::{Alternative, Argument, Atom, Call, CallForm, Origin, Step, Value};
use crate::text::Region;

/// The answer of a test for one alternative.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    No,
    CannotTell,
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// Conditions that held, and why.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// How the values were found, each with the caller that decided that value.
    steps: Vec<(Option<Region>, Step)>,
    /// The callers that decided it; empty if it was decided at the call itself.
    pub(super) decided_at: Vec<Region>,
    /// The way of the data from a source.
    pub(super) flow: Vec<Step>,
    /// Whether an argument that stands there made a condition hold.
    pub(super) by_argument: bool,
    /// Whether the first argument, which comes later, was taken for one that would do.
    pub(super) presumed: bool,
}

/// Whether all conditions hold on `call`; `None` if one does not.
pub(super) fn conditions_hold(conditions: &[ArgumentCondition], call: &Call) -> Option<Held> {
    let mut held = Held::default();
    let mut callers: Option<Vec<Region>> = None;
    let mut here = false;
    // What decided earlier conditions on the same argument: an alternative must make all of them hold.
    let mut before: Vec<(&Argument, Vec<&Alternative>)> = Vec::new();
    for condition in conditions {
        let argument = find(condition, call);
        if let Some(given) = condition.given {
            let later = matches!(call.form, CallForm::Bound | CallForm::PassedOn) && condition.position == Some(0);
            let stands =
                later || argument.is_some_and(|a| !a.value.alternatives.iter().all(|alt| alt.atom == Atom::Absent));
            if stands != given {
                return None;
            }
            held.presumed |= later && argument.is_none();
            held.by_argument |= argument.is_some();
            continue;
        }
        if !condition.from.is_empty() {
            let wanted = |origin: &&Origin| condition.from.iter().any(|list| **list == *origin.source);
            let origin = argument?.origins.iter().find(wanted)?;
            held.flow = origin.steps.clone();
            continue;
        }
        // The data of a function handed on, or bound for later, comes later.
        let later = matches!(call.form, CallForm::Bound | CallForm::PassedOn) && condition.position == Some(0);
        let spread = condition.spread && call.open_ended;
        let missing = if later || spread { Value::unknown() } else { Value::absent() };
        held.presumed |= later && argument.is_none();
        held.by_argument |= argument.is_some();
        let mut deciding = deciding(condition, argument.map_or(&missing, |argument| &argument.value))?;
        if let Some(argument) = argument {
            match before.iter_mut().find(|(known, _)| std::ptr::eq(*known, argument)) {
                Some((_, earlier)) => {
                    deciding.retain(|alt| earlier.iter().any(|known| std::ptr::eq(*known, *alt)));
                    if deciding.is_empty() {
                        return None;
                    }
                    *earlier = argument_alternatives(argument, &deciding);
                }
                None => before.push((argument, argument_alternatives(argument, &deciding))),
            }
        }
        let steps = |alt: &&Alternative| {
            let decided_at = alt.decided_at;
            alt.steps.clone().into_iter().map(move |step| (decided_at, step))
        };
        held.steps.extend(deciding.iter().flat_map(steps));
        let decided: Vec<Region> = deciding.iter().filter_map(|alt| alt.decided_at).collect();
        if decided.is_empty() || decided.len() < deciding.len() {
            here = true;
        } else {
            callers = Some(match callers {
                None => decided,
                Some(before) => before.into_iter().filter(|region| decided.contains(region)).collect(),
            });
        }
    }
    if let (false, Some(mut callers)) = (here, callers) {
        callers.sort_unstable();
        callers.dedup();
        held.decided_at = callers;
    }
    Some(held)
}

impl Held {
    /// How the values were found; of those that callers decided only what `caller` did, if one is asked for.
    pub(super) fn steps(&self, caller: Option<Region>) -> Vec<Step> {
        let mut told: Vec<Step> = Vec::new();
        for (decided_at, step) in &self.steps {
            let is_meant = caller.is_none() || decided_at.is_none() || *decided_at == caller;
            if is_meant && !told.iter().any(|known| known.region == step.region) {
                told.push(step.clone());
            }
        }
        told
    }
}

/// `deciding` again, with the lifetime of the argument it is part of.
fn argument_alternatives<'c>(argument: &'c Argument, deciding: &[&Alternative]) -> Vec<&'c Alternative> {
    argument.value.alternatives.iter().filter(|alt| deciding.iter().any(|known| std::ptr::eq(*known, *alt))).collect()
}

/// The argument a condition is about.
pub(super) fn find<'c>(condition: &ArgumentCondition, call: &'c Call) -> Option<&'c Argument> {
    let by_name =
        |argument: &&Argument| argument.name.is_some() && argument.name.as_deref() == condition.name.as_deref();
    let by_position = |argument: &&Argument| argument.position.is_some() && argument.position == condition.position;
    call.arguments.iter().find(by_name).or_else(|| call.arguments.iter().find(by_position))
}

/// The alternatives that make the condition hold; `None` if it does not.
fn deciding<'v>(condition: &ArgumentCondition, value: &'v Value) -> Option<Vec<&'v Alternative>> {
    let all = &value.alternatives;
    if let Some(contains) = &condition.contains {
        let named =
            |alt: &Alternative| matches!(&alt.atom, Atom::Named(name) if contains.name.iter().any(|p| p.matches(name)));
        // A pair of a thing and its name counts as the thing.
        let pair = |alt: &Alternative| matches!(&alt.atom, Atom::Collection(items) if items.iter().any(|item| item.alternatives.iter().any(named)));
        let hit = |value: &Value| value.alternatives.iter().any(|alt| named(alt) || pair(alt));
        let found: Vec<_> =
            all.iter().filter(|alt| matches!(&alt.atom, Atom::Collection(items) if items.iter().any(hit))).collect();
        return (!found.is_empty()).then_some(found);
    }
    let answer = |test: &Test, alt: &Alternative| match (&alt.atom, condition.default) {
        (Atom::Absent, Some(default)) => answer(test, &Atom::Bool(default)),
        (atom, _) => answer(test, atom),
    };
    let some = |keep: &dyn Fn(Answer) -> bool, test: &Test| {
        let found: Vec<_> = all.iter().filter(|alt| keep(answer(test, alt))).collect();
        (!found.is_empty()).then_some(found)
    };
    if let Some(test) = &condition.is {
        return all.iter().all(|alt| answer(test, alt) == Answer::Yes).then(|| all.iter().collect());
    }
    if let Some(test) = &condition.can_be {
        return some(&|answer| answer == Answer::Yes, test);
    }
    if let Some(test) = &condition.may_be {
        return some(&|answer| answer != Answer::No, test);
    }
    some(&|answer| answer != Answer::Yes, condition.is_not.as_ref()?)
}

/// Whether some alternative of `value` says yes.
pub(super) fn can_be(test: &Test, value: &Value) -> bool {
    value.alternatives.iter().any(|alt| answer(test, &alt.atom) == Answer::Yes)
}

fn answer(test: &Test, atom: &Atom) -> Answer {
    match test {
        Test::Truth(wanted) => match (atom, atom.truth()) {
            (Atom::Absent, _) => Answer::No,
            (_, Some(truth)) => (truth == *wanted).into(),
            (_, None) => Answer::CannotTell,
        },
        Test::Kind(kind) => answer_kind(kind, atom),
    }
}

fn answer_kind(kind: &TestKind, atom: &Atom) -> Answer {
    let flip = |answer: Answer, wanted: bool| match (answer, wanted) {
        (Answer::Yes, false) => Answer::No,
        (Answer::No, false) => Answer::Yes,
        (answer, _) => answer,
    };
    match kind {
        TestKind::Text(texts) => match atom {
            Atom::Text(text) => texts.iter().any(|wanted| **wanted == **text).into(),
            // `typ=["unsafe"]` says what `typ="unsafe"` says.
            Atom::Collection(items) => {
                let says =
                    |value: &Value| value.alternatives.iter().any(|alt| answer_kind(kind, &alt.atom) == Answer::Yes);
                items.iter().any(says).into()
            }
            other => unless_known(other),
        },
        TestKind::Suffix(suffixes) => match atom {
            Atom::Text(text) => ends(text, suffixes).into(),
            Atom::PartialText { suffix, .. } | Atom::LocalPath { suffix } if ends(suffix, suffixes) => Answer::Yes,
            Atom::PartialText { suffix, .. } | Atom::LocalPath { suffix } if suffix.contains('.') => Answer::No,
            other => unless_known(other),
        },
        TestKind::Prefix(prefixes) => match atom {
            Atom::Text(text) => starts(text, prefixes).into(),
            Atom::PartialText { prefix, .. } if !prefix.is_empty() && starts(prefix, prefixes) => Answer::Yes,
            Atom::PartialText { prefix, .. } if prefix.len() > 8 => Answer::No,
            other => unless_known(other),
        },
        TestKind::Holds(parts) => match atom {
            Atom::Text(text) => holds(text, parts).into(),
            Atom::PartialText { prefix, suffix } if holds(prefix, parts) || holds(suffix, parts) => Answer::Yes,
            other => unless_known(other),
        },
        TestKind::Named(patterns) => match atom {
            Atom::Named(name) => patterns.iter().any(|pattern| pattern.matches(name)).into(),
            Atom::Class { bases, .. } => {
                bases.iter().any(|base| patterns.iter().any(|pattern| pattern.matches(base))).into()
            }
            other => unless_known(other),
        },
        TestKind::NamedLike(words) => match atom {
            Atom::Named(name) | Atom::Class { name, .. } => {
                let leaf = name.rsplit('.').next().unwrap_or(name);
                words.iter().any(|word| leaf.contains(&**word)).into()
            }
            other => unless_known(other),
        },
        TestKind::CommitId(wanted) => {
            let answer = match atom {
                Atom::Text(text) => is_commit_id(text).into(),
                Atom::PartialText { suffix, .. } if suffix.len() >= 40 && is_commit_id(suffix) => Answer::Yes,
                Atom::PartialText { prefix, .. }
                    if !prefix.chars().all(|c| c.is_ascii_hexdigit()) && !prefix.contains([':', '@', '/']) =>
                {
                    Answer::No
                }
                other => unless_known(other),
            };
            flip(answer, *wanted)
        }
        TestKind::LocalPath(wanted) => {
            let answer = match atom {
                Atom::LocalPath { .. } => Answer::Yes,
                Atom::Text(text) => is_local_path(text).into(),
                // `map(load, ["./a", "/b"])`
                Atom::Collection(items) => {
                    let mut each = items.iter().flat_map(|item| &item.alternatives);
                    let is_local =
                        |alt: &Alternative| answer_kind(&TestKind::LocalPath(true), &alt.atom) == Answer::Yes;
                    (!items.is_empty() && each.all(is_local)).into()
                }
                // `owner/` before something unknown is no folder yet.
                Atom::PartialText { prefix, .. } if is_local_path(prefix.trim_end_matches('/')) => Answer::Yes,
                // `model + "/vae/"`: the name of a repository has one slash, and none at its end.
                Atom::PartialText { prefix, suffix } if !prefix.contains(':') && is_below(suffix) => Answer::Yes,
                other => unless_known(other),
            };
            flip(answer, *wanted)
        }
        TestKind::Literal(wanted) => match atom {
            Atom::Bool(value) => (value == wanted).into(),
            other => unless_known(other),
        },
        TestKind::None(wanted) => {
            let answer = match atom {
                Atom::None => Answer::Yes,
                Atom::UnknownOf { truth: true } => Answer::No,
                other => unless_known(other),
            };
            flip(answer, *wanted)
        }
        TestKind::ProvenHarmless(wanted) => {
            let answer = match atom {
                Atom::Harmless => Answer::Yes,
                other => unless_known(other),
            };
            flip(answer, *wanted)
        }
    }
}

/// No for what is surely something else, "cannot tell" for the rest.
fn unless_known(atom: &Atom) -> Answer {
    match atom {
        Atom::Unknown
        | Atom::UnknownOf { truth: true }
        | Atom::PartialText { .. }
        | Atom::Named(_)
        | Atom::LocalPath { .. }
        | Atom::Harmless => Answer::CannotTell,
        Atom::Absent
        | Atom::None
        | Atom::Bool(_)
        | Atom::Number { .. }
        | Atom::Text(_)
        | Atom::Bytes { .. }
        | Atom::Class { .. }
        | Atom::Function
        | Atom::Collection(_)
        | Atom::Mapping { .. }
        | Atom::UnknownOf { truth: false } => Answer::No,
    }
}

fn ends(text: &str, suffixes: &[String]) -> bool {
    let text = text.to_lowercase();
    suffixes.iter().any(|suffix| text.ends_with(&suffix.to_lowercase()))
}

fn starts(text: &str, prefixes: &[String]) -> bool {
    let text = text.to_lowercase();
    prefixes.iter().any(|prefix| text.starts_with(&prefix.to_lowercase()))
}

fn holds(text: &str, parts: &[String]) -> bool {
    let text = text.to_lowercase();
    parts.iter().any(|part| text.contains(&part.to_lowercase()))
}

/// 40 hexadecimal digits (64 in SHA-256 repositories), alone or as the last part of `owner/repo:ID`, `repo@ID`.
pub(super) fn is_commit_id(text: &str) -> bool {
    let id = text.rsplit([':', '@', '/']).next().unwrap_or(text);
    matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a text that ends so lies below a folder.
fn is_below(suffix: &str) -> bool {
    suffix.matches('/').count() > 1 && !suffix.contains(':')
}

/// A text that cannot be the name of a repository, but can be a path.
fn is_local_path(text: &str) -> bool {
    let drive = text.as_bytes().get(1) == Some(&b':') && text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic);
    let marked = text.starts_with(['/', '~', '\\'])
        || text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with(".\\");
    let many_parts = !text.contains("://") && text.matches('/').count() > 1;
    let folder = text.len() > 1 && text.ends_with('/');
    marked || drive || many_parts || folder || matches!(text, "." | "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commit_id_is_full_length_hexadecimal() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        assert!(is_commit_id(id) && is_commit_id(&format!("owner/repo:{id}")));
        assert!(!is_commit_id(&id[..12]) && !is_commit_id("main") && !is_commit_id(&format!("{}g", &id[..39])));
    }

    #[test]
    fn a_local_path_is_no_repository_name() {
        for path in ["./x", "../x", "/x/y", "~/m", "C:\\m", "a/b/c", "out/", "."] {
            assert!(is_local_path(path), "{path}");
        }
        for name in ["bert-base-uncased", "owner/repo", "https://example.org/a/b", "hf-hub:owner/repo"] {
            assert!(!is_local_path(name), "{name}");
        }
    }

    #[test]
    fn a_part_of_a_text_may_stand_anywhere() {
        let part = Test::Kind(TestKind::Holds(vec!["code=true".to_owned()]));
        let begins = |prefix: &str| Atom::PartialText { prefix: prefix.into(), suffix: "".into() };
        assert_eq!(answer(&part, &Atom::Text("name=x,code=True".into())), Answer::Yes);
        assert_eq!(answer(&part, &Atom::Text("name=x,code=False".into())), Answer::No);
        assert_eq!(answer(&part, &begins("code=True,name=")), Answer::Yes);
        assert_eq!(answer(&part, &begins("name=")), Answer::CannotTell);
    }

    #[test]
    fn a_list_is_local_if_all_of_it_is() {
        let local = Test::Kind(TestKind::LocalPath(true));
        let list =
            |texts: &[&str]| Atom::Collection(texts.iter().map(|text| Value::of(Atom::Text((*text).into()))).collect());
        assert_eq!(answer(&local, &list(&["./a", "/b"])), Answer::Yes);
        assert_eq!(answer(&local, &list(&["./a", "owner/b"])), Answer::No);
        assert_eq!(answer(&local, &list(&[])), Answer::No);
        let unknown = Atom::Collection(vec![Value::of(Atom::Text("/b".into())), Value::unknown()]);
        assert_eq!(answer(&local, &unknown), Answer::No);
    }

    #[test]
    fn a_text_of_unknown_start_may_start_with_anything() {
        let prefix = |prefix: &str| Test::Kind(TestKind::Prefix(vec![prefix.to_owned()]));
        let begins = |prefix: &str| Atom::PartialText { prefix: prefix.into(), suffix: "/unet".into() };
        assert_eq!(answer(&prefix(""), &begins("")), Answer::CannotTell);
        assert_eq!(answer(&prefix(""), &begins("owner/")), Answer::Yes);
        assert_eq!(answer(&prefix("http://"), &begins("http://host/")), Answer::Yes);
    }

    #[test]
    fn unknown_is_neither_yes_nor_no() {
        let truth = Test::Truth(true);
        assert_eq!(answer(&truth, &Atom::Unknown), Answer::CannotTell);
        assert_eq!(answer(&truth, &Atom::Absent), Answer::No);
        assert_eq!(answer(&truth, &Atom::Text("x".into())), Answer::Yes);
        let none = Test::Kind(TestKind::None(false));
        assert_eq!(answer(&none, &Atom::None), Answer::No);
        assert_eq!(answer(&none, &Atom::Bool(true)), Answer::Yes);
    }
}
