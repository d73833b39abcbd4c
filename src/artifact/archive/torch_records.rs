//! What PyTorch must find in an archive to load it: the storages and the code that the pickles ask for, and the records
//! with fixed names.
//!
//! Comes in: what each pickle asks for, then all entries. Goes out: gaps. Called by `torch`. Source: PyTorch 2.9
//! `caffe2/serialize/inline_container.cc`, `torch/csrc/jit/serialization/import.cpp`, `torch/package/package_importer.py`.

use std::collections::{BTreeSet, HashMap};

use crate::fact::artifact::{ByteRegion, Format, GapKind};

use super::super::examination::Storages;
use super::super::sniff::is_named_like_checkpoint;
use super::torch::inner;
use super::{Entry, Examination};

/// What the pickles of an archive ask for.
#[derive(Debug, Default)]
pub(super) struct Asked {
    storages: Vec<(StorageNames, Storages)>,
    /// Modules that are imported.
    modules: BTreeSet<String>,
}

/// How the names of a pickle's storages begin and end, around their keys.
#[derive(Debug)]
pub(super) struct StorageNames {
    start: String,
    end: &'static str,
}

impl StorageNames {
    /// Where the storages of the pickle called `name` stand; `None` if it is none that has some.
    pub(super) fn of(format: Format, name: &str) -> Option<Self> {
        let folder = |base: &str| name.strip_suffix(base).filter(|folder| folder.is_empty() || folder.ends_with('/'));
        let beside =
            |base: &str, own: &str| folder(base).map(|folder| Self { start: format!("{folder}{own}"), end: "" });
        match format {
            Format::TorchZip => beside("data.pkl", "data/"),
            Format::TorchScript => beside("data.pkl", "data/").or_else(|| beside("constants.pkl", "constants/")),
            Format::TorchPackage if name.ends_with(".pkl") && !name.contains(".data/") => {
                let top = name.split_once('/')?.0;
                Some(Self { start: format!("{top}/.data/"), end: ".storage" })
            }
            _ => None,
        }
    }
}

impl Asked {
    pub(super) fn add(&mut self, place: StorageNames, storages: Storages, modules: BTreeSet<String>) {
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
                byte_order(entries, x);
                folder(entries, x);
            }
            Format::TorchScript => {
                version(entries, x);
                byte_order(entries, x);
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
        let asked = || self.storages.iter().filter(|(_, storages)| !storages.is_empty());
        let mut folders: HashMap<&str, HashMap<&str, u64>> =
            asked().map(|(place, _)| (place.start.as_str(), HashMap::new())).collect();
        for entry in entries {
            let (folder, file) = entry.name.split_at(entry.name.rfind('/').map_or(0, |at| at + 1));
            if let Some(sizes) = folders.get_mut(folder) {
                let size = sizes.entry(file).or_default();
                *size = (*size).max(entry.bytes);
            }
        }
        for (StorageNames { start, end }, storages) in asked() {
            let Some(sizes) = folders.get(start.as_str()) else { continue };
            for (key, (count, width)) in storages {
                let needed = count.saturating_mul(*width);
                let size = if end.is_empty() { sizes.get(key.as_str()) } else { sizes.get(&*format!("{key}{end}")) };
                let fault = match size {
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

/// The record that stands under one of these names in a folder with the pickle of the data.
fn beside_data<'e>(entries: &'e [Entry], names: &[&str]) -> Option<&'e Entry> {
    let folder = |entry: &Entry, name: &str| entry.name.strip_suffix(name).map(str::to_owned);
    let folders: BTreeSet<_> = entries.iter().filter_map(|entry| folder(entry, "data.pkl")).collect();
    let is_it = |entry: &&Entry, name| folder(entry, name).is_some_and(|folder| folders.contains(&folder));
    entries.iter().find(|entry| names.iter().any(|name| is_it(entry, name)))
}

/// Says so if the record is missing or wrong without which PyTorch reads no checkpoint.
fn version(entries: &[Entry], x: &mut Examination<'_>) {
    let fault = match beside_data(entries, &["version", ".data/version"]).map(|entry| entry.head(32)) {
        None => "a checkpoint without its `version`",
        Some(text) => match str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok()) {
            None => "the `version` of the checkpoint is no number",
            Some(version) if !VERSIONS.contains(&version) => "no PyTorch reads the `version` of the checkpoint",
            Some(_) => return,
        },
    };
    x.gap(GapKind::Damaged, ByteRegion::default(), fault);
}

/// Says so if the order of bytes in numbers is none that PyTorch knows; checkpoints before 2.1 do not state it.
fn byte_order(entries: &[Entry], x: &mut Examination<'_>) {
    let Some(entry) = beside_data(entries, &["byteorder"]) else { return };
    if !matches!(&*entry.head(8), b"little" | b"big") {
        x.gap(GapKind::Damaged, ByteRegion::default(), "the `byteorder` of the checkpoint is none that PyTorch knows");
    }
}

/// Says so if PyTorch does not find the pickle: it looks in the folder of the first record (`PyTorchStreamReader::init`).
fn folder(entries: &[Entry], x: &mut Examination<'_>) {
    let top = |entry: &Entry| entry.name.split_once('/').map(|(folder, _)| folder.to_owned());
    let first = entries.first().and_then(top);
    let is_there = first.is_some() && entries.iter().any(|entry| is_data(&entry.name) && top(entry) == first);
    if !is_there {
        let fault = "`data.pkl` is not in the folder of the first record, where PyTorch looks for it";
        x.gap(GapKind::Damaged, ByteRegion::default(), fault);
    }
}

/// Whether it is the pickle that a checkpoint is read from.
fn is_data(name: &str) -> bool {
    name == "data.pkl" || inner(name) == "data.pkl"
}

#[cfg(test)]
mod tests {
    use super::super::tests::{gaps, of_storage};

    const PLAIN: &[u8] = b"\x80\x02}.";

    /// The gaps of what is left of `whole` without the members of one name.
    fn without(name: &str, file: &str, whole: &[(&str, &[u8])]) -> Vec<String> {
        let rest: Vec<_> = whole.iter().filter(|(own, _)| *own != name).copied().collect();
        gaps(file, &rest)
    }

    #[test]
    fn a_program_needs_its_records() {
        let net = b"\x80\x02c__torch__.models\nNet\n)\x81.".as_slice();
        let storage = of_storage(2);
        let whole: [(&str, &[u8]); 6] = [
            ("a/data.pkl", net),
            ("a/constants.pkl", &storage),
            ("a/constants/0", &[0; 8]),
            ("a/code/__torch__/models.py", b"class Net(Module):\n  pass\n"),
            ("a/code/__torch__/other.py", b""),
            ("a/version", b"3\n"),
        ];
        assert_eq!(without("", "net.pt", &whole), [""; 0]);
        for (name, fault) in [
            ("a/constants.pkl", "a TorchScript program without its `constants.pkl`"),
            ("a/constants/0", "the storage `0` is not in the file"),
            ("a/code/__torch__/models.py", "the source of `__torch__.models` is not in the file"),
            ("a/version", "a checkpoint without its `version`"),
        ] {
            assert_eq!(without(name, "net.pt", &whole), [fault]);
        }
        // `torch.jit.save` writes it under this name too, and `torch.jit.load` reads it.
        assert_eq!(without("", "net.ptl", &whole), [""; 0]);
        let mut cut = whole;
        cut[3].1 = b"class Net(Module):\n  pa";
        assert_eq!(gaps("net.pt", &cut), ["the source breaks off"]);
        let mut foreign = whole;
        foreign[0].1 = b"\x80\x02c__torsh__.models\nNet\n)\x81.";
        assert_eq!(gaps("net.pt", &foreign), ["`__torsh__.models` is no module of a TorchScript program"]);
        // PyTorch looks there first.
        let mut elsewhere = whole;
        elsewhere[5].0 = "a/.data/version";
        assert_eq!(gaps("net.pt", &elsewhere), [""; 0]);
        for (order, faults) in [("little", 0), ("big", 0), ("middle", 1)] {
            let ordered = [&whole[..], &[("a/byteorder", order.as_bytes())]].concat();
            assert_eq!(gaps("net.pt", &ordered).len(), faults, "{order}");
        }
        // What C++ defines has no source.
        let mut built_in = whole;
        built_in[0].1 = b"\x80\x02c__torch__.torch.classes.quantized\nConv2dPackedParamsBase\n)\x81.";
        assert_eq!(gaps("net.pt", &built_in), [""; 0]);
    }

    #[test]
    fn a_package_and_an_exported_program_need_theirs() {
        let storage = of_storage(2);
        let package: [(&str, &[u8]); 4] = [
            ("p/model/model.pkl", &storage),
            ("p/.data/0.storage", &[0; 8]),
            ("p/.data/python_version", b"3.12.0"),
            ("p/.data/extern_modules", b"torch\n"),
        ];
        assert_eq!(without("", "p.pt", &package), [""; 0]);
        assert_eq!(without("p/.data/0.storage", "p.pt", &package), ["the storage `0` is not in the file"]);
        let fault = "a package without its list of modules that it does not hold, `.data/extern_modules`";
        assert_eq!(without("p/.data/extern_modules", "p.pt", &package), [fault]);
        let exported: [(&str, &[u8]); 3] =
            [("serialized_exported_program.json", b"{}"), ("serialized_state_dict.pt", PLAIN), ("version", b"6.1")];
        assert_eq!(without("", "a.pt2", &exported), [""; 0]);
        let fault = "an exported program without its `serialized_state_dict.pt`";
        assert_eq!(without("serialized_state_dict.pt", "a.pt2", &exported), [fault]);
        assert_eq!(without("version", "a.pt2", &exported), ["an exported program without its `version`"]);
    }

    #[test]
    fn the_pickle_is_in_the_folder_of_the_first_record() {
        let fault = "`data.pkl` is not in the folder of the first record, where PyTorch looks for it";
        let folders = |data: &str, version: &str| gaps("model.pt", &[(data, PLAIN), (version, b"3\n")]);
        assert_eq!(folders("a/data.pkl", "a/version"), [""; 0]);
        assert_eq!(folders("data.pkl", "version"), [fault]);
    }

    #[test]
    fn ids_that_are_no_storages_are_damage() {
        let with = |pickle: &[u8]| gaps("model.pt", &[("a/data.pkl", pickle), ("a/version", b"3\n")]).len();
        assert_eq!(with(PLAIN), 0);
        assert_eq!(with(b"\x80\x02X\x01\0\0\0xQ."), 1);
        assert_eq!(with(b"\x80\x02X\x01\0\0\0x\x85Q."), 1);
        let of_class = |class: &str| {
            let start = format!("(S'storage'\nctorch\n{class}\nS'0'\nS'cpu'\nI0\ntQ.");
            gaps("model.pt", &[("a/data.pkl", start.as_bytes()), ("a/version", b"3\n"), ("a/data/0", b"")])
        };
        assert_eq!(of_class("FloatStorage"), [""; 0]);
        let told = of_class("FloatStorgge").concat() + &of_class("FlnatStorage").concat();
        assert!(told.contains("a class of storages that PyTorch has not"), "{told}");
    }
}
