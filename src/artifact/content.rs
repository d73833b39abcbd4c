//! Bytes to the reader of their format.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, Format, GapKind, ObservationKind};

use super::container::zip::{self, Front};
use super::container::{compressed, tar};
use super::disguise::{broken_promise, disguise, source_disguise};
use super::examination::Examination;
use super::sniff::{HEAD_BYTES, closed, extension, is_hdf5_signature, is_script};
use super::{config, gguf, hdf5, lfs, npy, onnx, pickle, python_bytecode, safetensors, tensorflow, tflite};

/// Looks at the file or member that `x` stands in.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    x.member_once(content, |x| whatever_it_is(content, x));
}

fn whatever_it_is(content: &Window, x: &mut Examination<'_>) {
    let head = match content.read(0, HEAD_BYTES) {
        Ok(head) => head,
        Err(error) => return x.unreadable(&error),
    };
    let mut format = x.format_of(content, &head);
    if matches!(format, Format::Unknown | Format::Text) {
        if has_late_hdf5(content, x) {
            format = Format::Hdf5;
        } else if pickle::is_pickle_at(content) {
            format = Format::Pickle;
        }
    }
    x.is_of(format);
    x.member_is(format, content.len(), content.len());
    if let Some(contradiction) = disguise(format, is_script(&head), x.name()) {
        let kind = match format {
            Format::Executable => ObservationKind::ExecutableContent,
            _ => ObservationKind::DisguisedContent,
        };
        x.observe(kind, ByteRegion::new(0, 0), contradiction);
    }
    if matches!(
        format,
        Format::Text | Format::Pickle | Format::Configuration | Format::Safetensors | Format::Hdf5 | Format::Npy
    ) && let Some(contradiction) = source_disguise(&head, x.name())
    {
        x.observe(ObservationKind::DisguisedContent, ByteRegion::new(0, 0), contradiction);
    }
    if format == Format::ClosedArchive {
        let what = closed(&head).unwrap_or("a closed archive");
        let all = ByteRegion::new(0, content.len());
        x.observe(ObservationKind::UnsupportedContainer, all, what);
        x.gap(GapKind::Closed, all, format!("{what} cannot be looked into"));
    }
    if let Some(promised) = broken_promise(format, &head, content.len(), x.name()) {
        x.gap(GapKind::Damaged, ByteRegion::new(0, content.len()), promised);
    }
    if content.is_empty() && config::is_needed(x) {
        x.gap(GapKind::Damaged, ByteRegion::default(), "is empty");
    }
    if format == Format::Text && extension(x.name()) == "pth" {
        start_up_lines(&head, x);
    }
    if format == Format::Text && x.name().ends_with("custom_generate/generate.py") {
        custom_generate(content, x);
    }
    read(format, content, x);
    if let Some(front) = front(format, content, x) {
        zip::examine_behind(content, front, x);
    }
    // A pickle can begin with the magic of another format, inside of a text that it drops again.
    // Not so a zip file: its `P` asks for a persistent id, which no plain unpickler has, and those that have one know zip
    // files. Behind the first line end of a numpy archive there may well stand a pickle.
    let is_pickle = matches!(format, Format::Pickle | Format::Joblib | Format::TorchLegacy);
    if !is_pickle && !head.starts_with(b"PK") && pickle::runs_as_pickle(content) {
        x.observe(ObservationKind::DisguisedContent, ByteRegion::new(0, 0), "it is a pickle too");
        pickle::examine(content, x);
    }
}

/// Looks at `content` as `format`.
pub(super) fn read(format: Format, content: &Window, x: &mut Examination<'_>) {
    match format {
        Format::Pickle | Format::Joblib | Format::TorchLegacy => pickle::examine(content, x),
        Format::Zip
        | Format::TorchZip
        | Format::TorchScript
        | Format::TorchExport
        | Format::TorchPackage
        | Format::Npz
        | Format::Keras
        | Format::Skops
        | Format::TorchServe => zip::examine(content, x),
        Format::Tar | Format::TorchTar | Format::Nemo => tar::examine(content, x),
        Format::Compressed => compressed::examine(content, x),
        Format::Npy => npy::examine(content, x),
        Format::Safetensors => safetensors::examine(content, x),
        Format::Hdf5 => hdf5::examine(content, x),
        Format::Onnx => onnx::examine(content, x),
        Format::Gguf => gguf::examine(content, x),
        Format::TensorFlow => tensorflow::examine(content, x),
        Format::TfLite => tflite::examine(content, x),
        Format::Configuration | Format::Template => config::examine(content, x),
        Format::LfsPointer => lfs::examine(content, x),
        Format::Bytecode => python_bytecode::examine(content, x),
        Format::ClosedArchive | Format::Executable | Format::Text | Format::Unknown => {}
    }
}

/// As what a zip file could stand behind `content`, if it is worth a read of the end: readers that start there find an
/// archive in anything.
fn front(format: Format, content: &Window, x: &Examination<'_>) -> Option<Front> {
    let front = match format {
        Format::Zip
        | Format::TorchZip
        | Format::TorchScript
        | Format::TorchExport
        | Format::TorchPackage
        | Format::Npz
        | Format::Keras
        | Format::Skops
        | Format::TorchServe => return None,
        // Its last member may be a zip file, and what stands behind the archive is looked at there.
        Format::Tar | Format::TorchTar | Format::Nemo => return None,
        // Programs unpack themselves; TensorFlow Lite puts its metadata's files behind the model.
        Format::Executable if disguise(format, false, x.name()).is_none() => Front::Holder,
        Format::TfLite => Front::Holder,
        // Members that nobody reads as anything: the end of each tensor is not worth a read.
        Format::Unknown | Format::Text if x.member().depth() > 0 && content.in_memory().is_none() => return None,
        _ => Front::Other,
    };
    (content.is_cheap_anywhere() && !zip::is_too_short(content.len())).then_some(front)
}

/// Whether HDF5 starts behind a user block that is longer than the head.
fn has_late_hdf5(content: &Window, x: &Examination<'_>) -> bool {
    let named = matches!(extension(x.name()).as_str(), "h5" | "hdf5" | "keras");
    let offsets = std::iter::successors(Some(4096u64), |at| at.checked_mul(2));
    (named || x.member().depth() == 0)
        && content.is_cheap_anywhere()
        && offsets
            .take_while(|at| at + 8 <= content.len())
            .any(|at| content.read(at, 8).is_ok_and(|bytes| is_hdf5_signature(&bytes)))
}

/// The lines of a `.pth` file that Python runs whenever it starts, once the file is installed.
fn start_up_lines(head: &[u8], x: &mut Examination<'_>) {
    let text = String::from_utf8_lossy(head);
    let lines: Vec<&str> =
        text.lines().filter(|line| line.starts_with("import ") || line.starts_with("import\t")).collect();
    if !lines.is_empty() {
        x.source("Python's start-up", lines.join("\n"));
    }
}

/// Code of a model's folder that replaces how texts are generated, once `trust_remote_code` is given.
fn custom_generate(content: &Window, x: &mut Examination<'_>) {
    let subject = "`custom_generate/generate.py` runs when the model generates with `trust_remote_code`";
    x.observe(ObservationKind::AutoMap, ByteRegion::default(), subject);
    let limit = x.limits.max_source_bytes;
    if content.len() > limit {
        return x.limit_once("max-source-bytes", limit, "the source was not read");
    }
    match content.read(0, usize::try_from(limit).unwrap_or(usize::MAX)) {
        Ok(text) => x.source("generate", String::from_utf8_lossy(&text).into_owned()),
        Err(error) => x.unreadable(&error),
    }
}
