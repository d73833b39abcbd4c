//! What an archive's entries are together: a PyTorch checkpoint, a Keras model, a skops file, or just an archive.
//!
//! Comes in: the entries of a zip or tar file, every reading of it that some reader has. Two entries may therefore have
//! one name, and one stretch of bytes may stand under two names; a reader here looks at all of them, not at the first.
//! Goes out: facts about each entry. Called by `container::zip` and `container::tar`.
//!
//! A kind's `examine` gets all entries and is the only one to look at them: those it has no opinion about it hands to
//! [`each`], which looks at them by their content.

mod keras;
mod nemo;
mod npz;
mod skops;
mod source;
#[cfg(test)]
mod tests;
mod torch;
mod torch_records;
mod torch_tar;
mod torchserve;

use crate::fact::artifact::{ByteRegion, GapKind};

use super::container::Entry;
use super::sniff::extension;
use super::{Examination, content};

/// What an archive is for, told by the names in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Torch,
    TorchTar,
    Npz,
    Keras,
    Skops,
    TorchServe,
    Nemo,
    Folder,
    Application,
    Other,
}

/// Looks at each entry by its part in the whole.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    match kind(entries) {
        Kind::Torch => torch::examine(entries, x),
        Kind::TorchTar => torch_tar::examine(entries, x),
        Kind::Npz => {
            lack(entries, x);
            npz::examine(entries, x);
        }
        Kind::Keras => keras::examine(entries, x),
        Kind::Skops => skops::examine(entries, x),
        Kind::TorchServe => torchserve::examine(entries, x),
        Kind::Nemo => nemo::examine(entries, x),
        Kind::Folder => source::each_with_sources(entries, "a model's folder", x),
        Kind::Application => source::each_with_sources(entries, "Python, given the archive,", x),
        Kind::Other => {
            lack(entries, x);
            each(entries, x);
        }
    }
}

/// Says what the archive's name, or the other entries, promise and no entry is.
fn lack(entries: &[Entry], x: &mut Examination<'_>) {
    let promised = || torch::is_rest(entries).then(|| lacks("pt")).flatten();
    if let Some(lack) = lacks(&extension(x.name())).or_else(promised).filter(|_| !x.has_gap_here()) {
        x.gap(GapKind::Damaged, ByteRegion::default(), lack);
    }
}

/// What an archive lacks that its name promises and that has no file to be read by.
fn lacks(extension: &str) -> Option<&'static str> {
    Some(match extension {
        "pt" | "pth" | "ckpt" | "pt2" => "an archive without the `data.pkl` of a checkpoint",
        "keras" => "an archive without the `config.json` of a Keras model",
        "skops" => "an archive without the `schema.json` of a skops file",
        "mar" => "an archive without the `MAR-INF/MANIFEST.json` of a TorchServe model",
        "nemo" => "an archive without the `model_config.yaml` of a NeMo model",
        _ => return None,
    })
}

/// Looks at entries by what their content says.
fn each<'e>(entries: impl IntoIterator<Item = &'e Entry>, x: &mut Examination<'_>) {
    for entry in entries {
        x.inside(&entry.name, |x| {
            if let Some(content) = entry.open(x) {
                content::examine(&content, x);
            }
        });
    }
}

fn kind(entries: &[Entry]) -> Kind {
    let any = |test: &dyn Fn(&str) -> bool| entries.iter().any(|entry| test(&entry.name));
    let is = |name: &'static str| any(&|other: &str| other.trim_start_matches("./") == name);
    if torch::is_torch(entries) {
        Kind::Torch
    } else if torch_tar::is_torch_tar(entries) {
        Kind::TorchTar
    } else if is("MAR-INF/MANIFEST.json") {
        Kind::TorchServe
    } else if is("model_config.yaml") {
        Kind::Nemo
    } else if is("config.json") && (is("metadata.json") || is("model.weights.h5")) {
        Kind::Keras
    } else if is("schema.json") {
        Kind::Skops
    } else if !entries.is_empty() && entries.iter().all(|entry| entry.name.ends_with(".npy")) {
        Kind::Npz
    } else if source::is_application(entries) {
        Kind::Application
    } else if source::is_model_folder(entries) {
        Kind::Folder
    } else {
        Kind::Other
    }
}
