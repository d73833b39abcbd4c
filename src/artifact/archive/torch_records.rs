//! What PyTorch must find in an archive to load it: the storages and the code that the pickles ask for, and the records
//! with fixed names.
//!
//! Comes in: what each pickle asks for, then all entries. Goes out: gaps. Called by `torch`. Source: PyTorch 2.9
//! `caffe2/serialize/inline_container.cc`, `torch/csrc/jit/serialization/import.cpp`, `torch/package/package_importer.py`.

use std::collections::{BTreeSet, HashMap};

use crate::fact::artifact::{ByteRegion, Format, GapKind};

use super::super::examination::Storages;
use super::super::sniff::{extension, is_named_like_checkpoint};
use super::torch::inner;
use super::{Entry, Examination};

/// What the pickles of an archive ask for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    storages: Vec<(Place, Storages)>,
    /// Modules that are imported.
    modules: BTreeSet<String>,
}

/// How the names of a pickle's storages begin and end, around their keys.
#[derive(Debug)]
pub(super) struct Place {
    start: String,
    end: &'static str,
}

impl Asked {
    /// Where the storages of the pickle called `name` stand; `None` if it is none that has some.
    pub(super) fn place(&self, format: Format, name: &str) -> Option<Place> {
        let folder = |base: &str| name.strip_suffix(base).filter(|folder| folder.is_empty() || folder.ends_with('/'));
        let beside =
            |base: &str, own: &str| folder(base).map(|folder| Place { start: format!("{folder}{own}"), end: "" });
        match format {
            Format::TorchZip => beside("data.pkl", "data/"),
            Format::TorchScript => beside("data.pkl", "data/").or_else(|| beside("constants.pkl", "constants/")),
            Format::TorchPackage if name.ends_with(".pkl") && !name.contains(".data/") => {
                let top = name.split_once('/')?.0;
                Some(Place { start: format!("{top}/.data/"), end: ".storage" })
            }
            _ => None,
        }
    }

    pub(super) fn add(&mut self, place: Place, storages: Storages, modules: BTreeSet<String>) {
        self.storages.push((place, storages));
        self.modules.extend(modules);
    }

    /// Says what lacks.
    pub(super) fn examine(&self, format: Format, entries: &[Entry], x: &mut Examination<'_>) {
        self.records(entries, x);
        match format {
            // Other programs may keep a `data.pkl` too.
            Format::TorchZip if self.has_storages() || is_named_like_checkpoint(x.name()) => {
                version(entries, x);
                folder(entries, x);
            }
            Format::TorchScript => {
                version(entries, x);
                self.program(entries, x);
            }
            Format::TorchPackage => {
                let fault = "a package without its list of modules that it does not hold, `.data/extern_modules`";
                needs(".data/extern_modules", fault, entries, x);
            }
            Format::TorchExport => export(entries, x),
            _ => {}
        }
    }

    fn has_storages(&self) -> bool {
        self.storages.iter().any(|(_, storages)| !storages.is_empty())
    }

    /// Says which storages have no record, or one that is too short.
    fn records(&self, entries: &[Entry], x: &mut Examination<'_>) {
        for (Place { start, end }, storages) in self.storages.iter().filter(|(_, storages)| !storages.is_empty()) {
            let mut sizes: HashMap<&str, u64> = HashMap::new();
            for entry in entries {
                if let Some(key) = entry.name.strip_prefix(start.as_str()).and_then(|name| name.strip_suffix(end)) {
                    let size = sizes.entry(key).or_default();
                    *size = (*size).max(entry.bytes);
                }
            }
            for (key, (count, width)) in storages {
                let needed = count.saturating_mul(*width);
                let fault = match sizes.get(key.as_str()) {
                    None => format!("the storage `{}` is not in the file", key.escape_debug()),
                    Some(size) if *size < needed => {
                        format!("the storage `{}` has {size} of {needed} bytes", key.escape_debug())
                    }
                    Some(_) => continue,
                };
                x.gap(GapKind::Damaged, ByteRegion::default(), fault);
            }
        }
    }

    /// Says what a TorchScript program lacks.
    fn program(&self, entries: &[Entry], x: &mut Examination<'_>) {
        needs("constants.pkl", "a TorchScript program without its `constants.pkl`", entries, x);
        if extension(x.name()) == "ptl" {
            needs("bytecode.pkl", "a program for mobile devices without its `bytecode.pkl`", entries, x);
        }
        let sources: BTreeSet<&str> =
            entries.iter().filter_map(|entry| inner(&entry.name).strip_suffix(".py")).collect();
        // Classes of C++ have no source.
        let is_own =
            |module: &&String| module.starts_with("__torch__") && !module.starts_with("__torch__.torch.classes");
        for module in self.modules.iter().filter(is_own) {
            let path = module.replace('.', "/");
            if !sources.contains(format!("code/{path}").as_str()) {
                let fault = format!("the source of `{}` is not in the file", module.escape_debug());
                x.gap(GapKind::Damaged, ByteRegion::default(), fault);
            }
        }
        let is_known = |root: &str| matches!(root, "__torch__" | "torch" | "collections" | "builtins" | "__builtin__");
        let root = |module: &'_ String| module.split('.').next().map(str::to_owned).unwrap_or_default();
        if let Some(foreign) = self.modules.iter().find(|module| !is_known(&root(module))) {
            let fault = format!("`{}` is no module of a TorchScript program", foreign.escape_debug());
            x.gap(GapKind::Damaged, ByteRegion::default(), fault);
        }
    }
}

/// Says what an exported program of PyTorch before 2.8 lacks; its parts have fixed names.
fn export(entries: &[Entry], x: &mut Examination<'_>) {
    let has = |name: &str| entries.iter().any(|entry| entry.name == name);
    if !has("serialized_exported_program.json") {
        return;
    }
    let states = ["serialized_state_dict.pt", "serialized_state_dict.json"];
    if !states.iter().any(|name| has(name)) {
        x.gap(GapKind::Damaged, ByteRegion::default(), "an exported program without its `serialized_state_dict.pt`");
    }
    needs("version", "an exported program without its `version`", entries, x);
}

/// Says so if no entry of this name stands in the folder that holds everything.
fn needs(name: &str, fault: &str, entries: &[Entry], x: &mut Examination<'_>) {
    if !entries.iter().any(|entry| inner(&entry.name) == name) {
        x.gap(GapKind::Damaged, ByteRegion::default(), fault);
    }
}

/// The versions of the file format that PyTorch reads: `caffe2/serialize/versions.h`.
const VERSIONS: std::ops::RangeInclusive<u64> = 1..=10;

/// Says so if the record is missing or wrong without which PyTorch reads no checkpoint. It stands in the folder of the data.
fn version(entries: &[Entry], x: &mut Examination<'_>) {
    let folder = |entry: &&Entry, name: &str| entry.name.strip_suffix(name).map(str::to_owned);
    let folders: BTreeSet<_> = entries.iter().filter_map(|entry| folder(&entry, "data.pkl")).collect();
    let is_beside = |entry: &&Entry| folder(entry, "version").is_some_and(|folder| folders.contains(&folder));
    let fault = match entries.iter().find(is_beside).map(|entry| entry.head(32)) {
        None => "a checkpoint without its `version`",
        Some(text) => match str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok()) {
            None => "the `version` of the checkpoint is no number",
            Some(version) if !VERSIONS.contains(&version) => "no PyTorch reads the `version` of the checkpoint",
            Some(_) => return,
        },
    };
    x.gap(GapKind::Damaged, ByteRegion::default(), fault);
}

/// Says so if PyTorch does not find the pickle: it looks in the folder of the first record (`PyTorchStreamReader::init`).
fn folder(entries: &[Entry], x: &mut Examination<'_>) {
    let top = |entry: &Entry| entry.name.split_once('/').map(|(folder, _)| folder.to_owned());
    let first = entries.first().and_then(top);
    if !entries.iter().any(|entry| is_data(&entry.name) && top(entry) == first) {
        let fault = "`data.pkl` is not in the folder of the first record, where PyTorch looks for it";
        x.gap(GapKind::Damaged, ByteRegion::default(), fault);
    }
}

/// Whether it is the pickle that a checkpoint is read from.
fn is_data(name: &str) -> bool {
    name == "data.pkl" || inner(name) == "data.pkl"
}
