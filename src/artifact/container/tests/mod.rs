//! Containers built by hand, and what is seen in them.

mod compressed;
mod cost;
mod tar;
mod write;
mod zip;

use crate::artifact::{Detail, examine};
use crate::bytes::Window;
use crate::fact::artifact::{ArtifactFacts, Format, ObservationKind, Seen};
use crate::limits::Limits;

/// A pickle that would run `echo loadlint-test`.
const CALL: &[u8] = b"\x80\x02cposix\nsystem\nX\x12\x00\x00\x00echo loadlint-test\x85R.";
/// A pickle of an empty dictionary.
const EMPTY: &[u8] = b"\x80\x02}.";

fn examined(bytes: impl Into<Window>, name: &str) -> ArtifactFacts {
    examine(&bytes.into(), name, &Limits::default(), Detail::Inventory)
}

/// The kinds of observations, each once, in order.
fn kinds(facts: &ArtifactFacts) -> Vec<ObservationKind> {
    let mut kinds: Vec<_> = facts
        .facts
        .iter()
        .filter_map(|fact| match &fact.seen {
            Seen::Observation(observation) => Some(observation.kind),
            _ => None,
        })
        .collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

/// How many pickles were seen to call `posix.system`.
fn calls(facts: &ArtifactFacts) -> usize {
    let calls = facts.facts.iter().filter_map(|fact| match &fact.seen {
        Seen::Call(call) => Some(call.callee.name.as_str()),
        _ => None,
    });
    calls.filter(|name| *name == "posix.system").count()
}

/// Nothing to remark and everything looked at.
fn assert_quiet(what: &str, facts: &ArtifactFacts) {
    assert!(kinds(facts).is_empty() && facts.gaps.is_empty(), "{what}: {:?} {:?}", kinds(facts), facts.gaps);
}

fn format_of(facts: &ArtifactFacts, path: &str) -> Option<Format> {
    facts.members.iter().find(|member| member.path.to_string() == path).map(|member| member.format)
}
