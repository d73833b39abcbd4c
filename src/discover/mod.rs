//! Paths and ignore files to [`Input`]s.
//!
//! Comes in: what the user named, and what to leave out. Goes out: every file to check, once, sorted, and a notice for
//! each place that could not be looked into. Called by `cli`.
//!
//! A named file is read whatever it is called and whatever ignores it, unless [`WalkOptions::force_exclude`]. In a named
//! folder, Python is what has its extension, or has none and the first line of a script; every other file may be a model
//! file, which its bytes decide later. Symbolic links to files count as files; links to folders are not followed, so no
//! walk can run in a circle.

mod kind;
mod walk;

use std::path::PathBuf;

pub use kind::InputKind;
pub use walk::{WalkOptions, Wanted, discover};

use crate::finding::{InputName, Notice};

/// One file to check.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Input {
    /// How it is shown.
    pub name: InputName,
    /// Where it is read from.
    pub path: PathBuf,
    /// How it is read.
    pub kind: InputKind,
}

/// All that was found.
#[derive(Debug, Default)]
pub struct Discovery {
    /// Sorted by name; each file once.
    pub inputs: Vec<Input>,
    /// Places that could not be looked into, sorted by name.
    pub notices: Vec<Notice>,
    /// Named folders in which there is nothing to check.
    pub empty: Vec<PathBuf>,
}
