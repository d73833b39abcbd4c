//! PyTorch's zip files: checkpoints, TorchScript, exported programs (`.pt2`) and packages.
//!
//! All members stand in one folder whose name is the file's, usually. PyTorch asks for a few names and unpickles
//! `data.pkl`; other members are looked at all the same, whatever they are called.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, Format, ObservationKind};

use super::super::sniff::{HEAD_BYTES, is_script};
use super::super::torch_script;
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

/// The name without the folder that holds everything.
fn inner(name: &str) -> &str {
    name.split_once('/').map_or(name, |(_, inner)| inner)
}

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    let format = format(entries).unwrap_or(Format::TorchZip);
    x.is_of(format);
    if format == Format::TorchScript {
        x.observe(ObservationKind::TorchScript, ByteRegion::default(), "code that PyTorch's interpreter runs");
    }
    for entry in entries {
        x.inside(&entry.name, |x| {
            if let Some(content) = entry.open(x) {
                member(format, &content, x);
            }
        });
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
        }
        x.member_is(Format::Text, content.len(), content.len());
    } else if is_source {
        if let Some(source) = text(content, x) {
            x.source("torch.package", source);
        }
        x.member_is(Format::Text, content.len(), content.len());
    } else {
        native_library(content, x);
        content::examine(content, x);
    }
}

/// Observes machine code, which an exported program loads.
fn native_library(content: &Window, x: &mut Examination<'_>) {
    let Ok(head) = content.read(0, HEAD_BYTES) else { return };
    if x.format_of(content, &head) == Format::Executable && !is_script(&head) {
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
