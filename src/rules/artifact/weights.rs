//! Whether `torch.load(weights_only=True)` takes a file, in the words of a finding.

use super::globals::Globals;
use super::weights_only::{self, Outcome, WeightsOnlyAnswer};
use crate::fact::artifact::{ArtifactFacts, Format, Place, Seen};
use crate::fact::pickle::{PickleCall, PickleStream};

/// The answer for one file.
pub(super) struct Answer {
    /// Whether the newest version that is known takes it.
    pub(super) accepted: bool,
    /// What is missing, and what to write.
    pub(super) words: String,
}

/// `None` for files that `torch.load` does not read as pickles.
pub(super) fn answer(globals: &Globals, facts: &ArtifactFacts) -> Option<Answer> {
    if facts.format == Format::TorchTar {
        let words = "it has the tar form of PyTorch 0.1, which is not supported at all".to_owned();
        return Some(Answer { accepted: false, words });
    }
    let answer = weights_only_answer(globals, facts)?;
    Some(Answer { accepted: is_accepted(&answer), words: words(&answer) })
}

/// The whole answer, for a zip file or one of the older form; `None` for anything else.
pub fn weights_only_answer(globals: &Globals, facts: &ArtifactFacts) -> Option<WeightsOnlyAnswer> {
    let is_asked: fn(&Place) -> bool = match facts.format {
        Format::TorchZip => is_main_pickle,
        Format::TorchLegacy => |place| place.member.depth() == 0,
        _ => return None,
    };
    let mut streams: Vec<&PickleStream> = Vec::new();
    let mut calls: Vec<&PickleCall> = Vec::new();
    for fact in facts.facts.iter().filter(|fact| is_asked(&fact.place)) {
        match &fact.seen {
            Seen::Stream(stream) => streams.push(stream),
            Seen::Call(call) => calls.push(call),
            Seen::Import(_) | Seen::Attribute(_) | Seen::Reference(_) | Seen::Source(_) | Seen::Observation(_) => {}
        }
    }
    (!streams.is_empty()).then(|| weights_only::answer(&streams, &calls, globals))
}

/// `archive/data.pkl`, the one pickle of a zip file that `torch.load` reads.
fn is_main_pickle(place: &Place) -> bool {
    let [member] = place.member.parts() else { return false };
    **member == *"data.pkl" || member.ends_with("/data.pkl")
}

fn is_accepted(answer: &WeightsOnlyAnswer) -> bool {
    answer.versions.last().is_some_and(|version| version.outcome == Outcome::Accepted)
}

const MAX_SHOWN: usize = 8;

fn words(answer: &WeightsOnlyAnswer) -> String {
    let newest = answer.versions.last().map(|version| &version.outcome);
    if let Some(Outcome::Refused(why)) = newest {
        return why.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    }
    if answer.missing.is_empty() {
        let from = answer.accepted_from.unwrap_or_default();
        return format!("every version from torch {from} on takes it");
    }
    if let Some(never) = answer.never.first() {
        return format!("it needs `{never}`, which must not be allowed");
    }
    let names: Vec<_> = answer.missing.iter().take(MAX_SHOWN).map(|name| format!("`{name}`")).collect();
    let more = if answer.missing.len() > MAX_SHOWN { ", …" } else { "" };
    let call = answer.allowing.as_deref().and_then(|text| text.lines().last()).unwrap_or_default();
    format!("it needs {}{more}; if these are to be trusted: `{call}`", names.join(", "))
}
