//! Judges what artifacts name: the globals of pickle streams and the code that configurations refer to.
//!
//! In go facts ([`crate::fact::pickle`], [`crate::fact::artifact::CodeReference`]), out come judgements: safe, dangerous
//! or unknown, with the reason. The lists are data under `rules/artifact/`; [`Globals`] looks names up in them, and
//! `contract` checks the arguments of what is safe only with some.

mod contract;
mod entry;
mod globals;
mod lookup;
mod weights_only;
mod words;

pub use entry::{GlobalPattern, GlobalPatternError};
pub use globals::{Degree, Globals, Judgement, Verdict};
pub use weights_only::{Outcome, VersionAnswer, WeightsOnlyAnswer, answer as answer_weights_only};

include!(concat!(env!("OUT_DIR"), "/embedded_artifact_lists.rs"));
