//! The model files that a text names, for the manifest, which is held against them after all files are read.

use super::excuse::suppression;
use crate::finding::Load;
use crate::python::source::SourceText;
use crate::rules::{CodeLoad, CodeLoadKind};
use crate::suppress::Excuse;

/// The calls of one text that name model files, each with what excuses it; `excuses` may be empty for none.
pub(super) fn loads(source: &SourceText, found: Vec<CodeLoad>, excuses: Vec<Option<Excuse>>) -> Vec<Load> {
    let excuses = excuses.into_iter().chain(std::iter::repeat(None));
    found.into_iter().zip(excuses).map(|(load, excuse)| one(source, load, excuse)).collect()
}

fn one(source: &SourceText, load: CodeLoad, excuse: Option<Excuse>) -> Load {
    let sha256 = match load.kind {
        CodeLoadKind::Load => None,
        CodeLoadKind::Digest(hex) => Some(hex),
    };
    let suppression = excuse.map(|excuse| suppression(excuse, &|region| source.locate(region)));
    Load { location: source.locate(load.region), paths: load.paths, sha256, suppression }
}
