//! Our own form, version 1: `docs/manifest.schema.json` describes it, and a test holds the two together.
//!
//! Keys that are not known are errors: a misspelled `sha256` must not pass.

use serde::{Deserialize, Serialize};

use super::digest::Sha256;

/// The version that is written and read.
pub const VERSION: u32 = 1;

/// A manifest as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// 1.
    pub version: u32,
    /// When it was made: `2026-11-21T12:00:00Z`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generated_at: Option<String>,
    /// The commit that was checked out then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_revision: Option<String>,
    /// Sorted by path.
    pub artifacts: Vec<Artifact>,
}

/// One artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// From the manifest's folder, with `/`.
    pub path: String,
    /// Of its content; of a Git-LFS pointer, what it points to.
    pub sha256: Sha256,
    /// How many bytes its content has.
    pub bytes: u64,
    /// What it is for: `model-weights`, `tokenizer-vocab`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What it is, as its bytes say: `safetensors`, `torch-zip`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The entry of the threat register that covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threat: Option<String>,
}

/// Where an artifact comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A hub's `owner/name`, or an address.
    pub repository: String,
    /// The commit there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,
}

impl Manifest {
    /// The text of the file: one artifact a block, so that a change of one file is a change of few lines.
    pub fn to_text(&self) -> String {
        let mut text = serde_json::to_string_pretty(self).expect("texts and numbers are always JSON");
        text.push('\n');
        text
    }
}
