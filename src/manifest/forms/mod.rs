//! The forms a manifest can have, each to [`Pins`]. What a file is follows from its content; only a BagIt manifest, whose
//! lines look like those of `sha256sum`, is known by its name.

mod json;
mod model_signing;
mod sums;

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use serde::de::IgnoredAny;

use super::digest::Sha256;
use super::model::Manifest;
use super::path::RelativePath;
use crate::disk;
use crate::text::Region;

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `MANIFEST.json`, ours.
    Loadlint,
    /// A JSON object of paths and digests.
    Map,
    /// The lines of `sha256sum`.
    Sha256Sums,
    /// `manifest-sha256.txt` or `tagmanifest-sha256.txt` of a BagIt bag.
    BagIt,
    /// A bundle of OpenSSF Model Signing.
    ModelSigning,
}

impl Form {
    /// The word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loadlint => "loadlint",
            Self::Map => "map",
            Self::Sha256Sums => "sha256sums",
            Self::BagIt => "bagit",
            Self::ModelSigning => "model-signing",
        }
    }
}

/// What a manifest says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pin {
    /// Which file.
    pub path: RelativePath,
    /// The digest of its content.
    pub sha256: Sha256,
    /// Its size, if the form has sizes.
    pub bytes: Option<u64>,
    /// Where the path stands in the manifest's text; empty for a bundle, whose text is packed.
    pub region: Region,
}

/// An entry that pins nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinFault {
    /// What stands there, cut.
    pub entry: String,
    /// Why it is none; a sentence without its full stop.
    pub message: String,
    /// Where it stands in the manifest's text.
    pub region: Region,
}

/// Everything a manifest says.
#[derive(Debug, Clone, PartialEq)]
pub struct Pins {
    /// Its form.
    pub form: Form,
    /// In the manifest's order; each path once.
    pub pins: Vec<Pin>,
    /// Entries that pin nothing.
    pub faults: Vec<PinFault>,
    /// Our own form as it was read, for updates.
    pub manifest: Option<Manifest>,
    /// Names below the folder that a signature leaves out.
    pub ignored: Vec<String>,
}

/// Why a text is no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is something else.
    #[error(
        "it is no manifest in any form that is known: loadlint's, a map of paths and digests, sha256sum's, BagIt's or OpenSSF Model Signing's"
    )]
    NotOne,
    /// It is meant as one and is broken.
    #[error("{0}")]
    Broken(String),
}

/// More entries than any tree has; a manifest with more is hostile.
pub(super) const MOST_ENTRIES: usize = 1_000_000;

/// Reads a manifest. `name` is its file name.
///
/// # Errors
/// A [`ManifestError`]; a single entry that is wrong is a [`PinFault`] instead.
pub fn read(name: &str, text: &str) -> Result<Pins, ManifestError> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    if text.trim_start().starts_with(['{', '[']) {
        return json::read(text);
    }
    let bag = matches!(name, "manifest-sha256.txt" | "tagmanifest-sha256.txt");
    sums::read(text, if bag { Form::BagIt } else { Form::Sha256Sums })
}

/// Whether a text found under the name of a manifest is meant as one of ours or as a map. What is no JSON is: nobody's
/// MANIFEST.json is empty, and one that was broken is not to pass for something else.
pub fn is_manifest(text: &str) -> bool {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return true;
    }
    match read("MANIFEST.json", text) {
        Ok(pins) => matches!(pins.form, Form::Loadlint | Form::Map),
        Err(ManifestError::NotOne) => false,
        Err(ManifestError::Broken(_)) => true,
    }
}

/// The manifest of a folder, by the names that each form uses.
pub fn find_in_folder(folder: &Path) -> Option<PathBuf> {
    const NAMES: [&str; 8] = [
        "MANIFEST.json",
        "manifest.json",
        "manifest-sha256.txt",
        "SHA256SUMS",
        "SHA256SUMS.txt",
        "sha256sums",
        "sha256sums.txt",
        "model.sig",
    ];
    NAMES.iter().map(|name| folder.join(name)).find(|path| disk::is_file(path))
}

/// Collects entries and refuses what cannot hold.
struct Collector {
    pins: Vec<Pin>,
    faults: Vec<PinFault>,
    seen: FxHashMap<RelativePath, usize>,
}

const MOST_SHOWN: usize = 200;

impl Collector {
    fn new() -> Self {
        Self { pins: Vec::new(), faults: Vec::new(), seen: FxHashMap::default() }
    }

    fn fault(&mut self, entry: &str, message: impl Into<String>, region: Region) {
        let entry = entry.chars().take(MOST_SHOWN).collect();
        self.faults.push(PinFault { entry, message: message.into(), region });
    }

    fn pin(&mut self, path: &str, sha256: Sha256, bytes: Option<u64>, region: Region) {
        match RelativePath::new(path) {
            Ok(relative) => {
                if self.seen.insert(relative.clone(), self.pins.len()).is_some() {
                    return self.fault(path, "the path is listed twice", region);
                }
                self.pins.push(Pin { path: relative, sha256, bytes, region });
            }
            Err(fault) => self.fault(path, fault.to_string(), region),
        }
    }

    fn finish(self, form: Form) -> Pins {
        Pins { form, pins: self.pins, faults: self.faults, manifest: None, ignored: Vec::new() }
    }
}

/// The digest in a text, with or without `sha256:` before it.
fn digest(text: &str) -> Option<Sha256> {
    text.strip_prefix("sha256:").unwrap_or(text).parse().ok()
}

/// Where `part`, a slice of `text`, stands in it.
fn region_of(text: &str, part: &str) -> Region {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize);
    let at = |offset: usize| u32::try_from(offset.min(text.len())).unwrap_or(u32::MAX);
    Region::new(at(start), at(start + part.len()))
}

#[cfg(test)]
mod tests;
