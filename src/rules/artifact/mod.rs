//! Judges what was seen in artifacts: by lists of names, and by rules about everything else.
//!
//! In go facts ([`crate::fact::pickle`], [`crate::fact::artifact`]), out come judgements of names (safe, dangerous or
//! unknown, with the reason) and matches of rules. The lists are data under `rules/artifact/`; [`Globals`] looks names up
//! in them (`listed`, `lookup`), `contract` checks the arguments of what is safe only with some, `unknown` weighs what no list has, `matching` holds rules against facts.

mod contract;
mod entry;
mod globals;
mod hooks;
mod listed;
mod lookup;
mod matching;
mod slots;
mod state;
mod texts;
mod unknown;
mod weights_only;
mod words;

pub use entry::{GlobalPattern, GlobalPatternError};
pub use globals::{Globals, Judgement};
pub use matching::{ArtifactMatch, match_artifact};
pub use weights_only::{
    Outcome as WeightsOnlyOutcome, VersionAnswer, WeightsOnlyAnswer, of_file as answer_weights_only,
};

include!(concat!(env!("OUT_DIR"), "/embedded_artifact_lists.rs"));
include!(concat!(env!("OUT_DIR"), "/embedded_globals.rs"));
