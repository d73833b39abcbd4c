//! Changes that would end a finding: what to write where, and how far one may trust it.

use super::InputName;
use crate::text::Region;

/// How far a fix may be applied without a person. Ordered from least to most trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Applicability {
    /// Shown only: it holds a gap a person must fill.
    Show,
    /// Applied when asked for: the program may then refuse files it took before.
    Unsafe,
    /// The program does the same on every file that is harmless.
    Safe,
}

/// Bytes to put in the place of others.
///
/// Units: `region` is half-open bytes of the decoded text of `input`; in a notebook, of its code cells joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// Which input changes.
    pub input: InputName,
    /// What goes.
    pub region: Region,
    /// What comes.
    pub text: String,
}

/// One way to end a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an editor offers it: "Add `weights_only=True`".
    pub title: String,
    /// How far it may be trusted.
    pub applicability: Applicability,
    /// Its edits; they do not overlap.
    pub edits: Vec<Edit>,
}
