//! Judges what was seen in artifacts: by lists of names, and by rules about everything else.

mod globals;
mod matching;
mod weights;

pub use globals::{Degree, Globals, Judgement};
pub use matching::{ArtifactMatch, match_artifact};
