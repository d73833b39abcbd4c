//! PyTorch's zip files: checkpoints, TorchScript, exported programs (`.pt2`) and packages.
//!
//! All members stand in one folder whose name is the file's, usually. PyTorch asks for a few names and unpickles
//! `data.pkl`; other members are looked at all the same, whatever they are called.

use std::collections::BTreeSet;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, Format, GapKind, ObservationKind};

use super::super::sniff::{file_name, is_script, is_storage};
use super::super::torch_script;
use super::torch_records::{Asked, StorageNames};
use super::{Entry, Examination, content};

/// Whether the names are those that PyTorch writes.
pub(super) fn is_torch(entries: &[Entry]) -> bool {
    format(entries).is_some()
}

/// What PyTorch wrote, by names inside the folder that holds everything.
fn format(entries: &[Entry]) -> Option<Format> {
    let (mut is_package, mut is_export, mut has_data, mut has_code) = (false, false, false, false);
    for name in entries.iter().flat_map(|entry| [entry.name.as_str(), inner(&entry.name)]) {
        match name {
            ".data/python_version" | ".data/extern_modules" => is_package = true,
            "archive_format" | "serialized_exported_program.json" => is_export = true,
            "data.pkl" => has_data = true,
            "constants.pkl" => has_code = true,
            _ => {
                is_export |= name.starts_with("data/aotinductor/");
                has_code |= name.starts_with("code/");
            }
        }
    }
    match (is_package, is_export, has_data) {
        (true, _, _) => Some(Format::TorchPackage),
        (false, true, _) => Some(Format::TorchExport),
        (false, false, true) if has_code => Some(Format::TorchScript),
        (false, false, true) => Some(Format::TorchZip),
        (false, false, false) => None,
    }
}

/// Whether these are storages of a checkpoint, and its version, whatever became of the rest.
pub(super) fn is_rest(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| is_storage(&entry.name))
        && entries.iter().any(|entry| file_name(&entry.name) == "version")
}

/// The name without the folder that holds everything.
pub(super) fn inner(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, inner)| inner)
}

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    let format = format(entries).unwrap_or(Format::TorchZip);
    x.is_of(format);
    if format == Format::TorchScript {
        x.observe(ObservationKind::TorchScript, ByteRegion::default(), "code that PyTorch's interpreter runs");
    }
    let modules = if format == Format::TorchPackage { modules(entries) } else { BTreeSet::new() };
    let is_damaged = x.has_gap_here();
    // miniz, with which it reads them, knows Deflate only.
    if let Some(entry) = entries.iter().find(|entry| entry.is_of_another_method()) {
        let fault = format!("the member `{}` is compressed as PyTorch reads none", entry.name.escape_debug());
        x.gap(GapKind::Damaged, ByteRegion::default(), fault);
    }
    let mut asked = Asked::default();
    for entry in entries {
        x.inside(&entry.name, |x| {
            if entry.is_raw {
                return x.member_is(Format::Unknown, entry.packed.len(), entry.packed.len());
            }
            // PyTorch is built without the check of checksums.
            let content = if is_storage(&entry.name) { entry.open_unsummed(x) } else { entry.open(x) };
            let Some(content) = content else { return };
            let before = x.fact_count();
            match StorageNames::of(format, &entry.name) {
                Some(place) => {
                    let storages = x.with_storages(|x| member(format, &content, x));
                    let is_program = format == Format::TorchScript;
                    let imported = is_program.then(|| x.modules_imported_since(before));
                    asked.add(place, storages, imported.unwrap_or_default());
                }
                None => member(format, &content, x),
            }
            runs(&modules, before, x);
        });
    }
    // Where the directory is damaged, what lacks is an effect of that.
    if !is_damaged {
        asked.examine(format, entries, x);
    }
}

/// The modules whose source is in a package.
fn modules(entries: &[Entry]) -> BTreeSet<String> {
    let sources = entries.iter().filter_map(|entry| inner(&entry.name).strip_suffix(".py"));
    sources.map(|path| path.strip_suffix("/__init__").unwrap_or(path).replace('/', ".")).collect()
}

/// Observes which of a package's own modules run when the pickle at hand is loaded, by what was seen from `before` on.
fn runs(modules: &BTreeSet<String>, before: usize, x: &mut Examination<'_>) {
    if modules.is_empty() {
        return;
    }
    let imported = x.modules_imported_since(before);
    // Importing `a.b` runs `a` before.
    let parents = |module: &str| module.match_indices('.').map(|(at, _)| module[..at].to_owned()).collect::<Vec<_>>();
    let run: BTreeSet<String> =
        imported.into_iter().flat_map(|module| [parents(&module), vec![module]].concat()).collect();
    for module in run.intersection(modules) {
        x.observe(ObservationKind::PackagedModule, ByteRegion::default(), module.as_str());
    }
}

fn member(format: Format, content: &Window, x: &mut Examination<'_>) {
    let name = x.name().to_owned();
    let folders = || inner(&name).split('/').rev().skip(1);
    let is_code = name.ends_with(".py") && folders().any(|folder| matches!(folder, "code" | "ts_code"));
    let is_source = name.ends_with(".py") && format == Format::TorchPackage;
    if is_code && matches!(format, Format::TorchScript | Format::TorchPackage) {
        if let Some(code) = text(content, x) {
            torch_script::examine(&code, x);
            // PyTorch ends each statement that it prints.
            if format == Format::TorchScript && !code.is_empty() && !code.ends_with('\n') {
                x.gap(GapKind::Damaged, ByteRegion::new(0, content.len()), "the source breaks off");
            } else if format == Format::TorchScript
                && let Some(at) = torch_script::fault(&code)
            {
                x.gap(GapKind::Damaged, ByteRegion::new(at as u64, content.len()), "a statement that is none");
            }
        }
        x.member_is(Format::Text, content.len(), content.len());
    } else if is_source {
        if let Some(source) = text(content, x) {
            x.source("torch.package", source);
        }
        x.member_is(Format::Text, content.len(), content.len());
    } else {
        if file_name(&name) == "bytecode.pkl" {
            torch_script::examine_bytecode(content, x);
        }
        native_library(content, x);
        content::examine(content, x);
    }
}

/// Observes machine code, which an exported program loads.
fn native_library(content: &Window, x: &mut Examination<'_>) {
    let Ok((format, head)) = x.look(content) else { return };
    if format == Format::Executable && !is_script(&head) {
        let name = x.name().to_owned();
        x.observe(ObservationKind::NativeLibrary, ByteRegion::new(0, content.len()), name);
    }
}

/// All of a text; a gap and `None` if it is too long or cannot be read.
fn text(content: &Window, x: &mut Examination<'_>) -> Option<String> {
    if content.len() > x.limits.max_text_bytes {
        x.limit_once("max-text-bytes", x.limits.max_text_bytes, "the source was not read");
        return None;
    }
    match content.read(0, usize::try_from(content.len()).unwrap_or(0)) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        Err(error) => {
            x.unreadable(&error);
            None
        }
    }
}
