//! Bytes to the reader of their format.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, Format, ObservationKind};

use super::container::{compressed, tar, zip};
use super::examination::Examination;
use super::sniff::{HEAD_BYTES, disguise, sniff};
use super::{config, gguf, hdf5, lfs, npy, onnx, pickle, python_bytecode, safetensors, tensorflow, tflite};

/// Looks at the file or member that `x` stands in.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let head = match content.read(0, HEAD_BYTES) {
        Ok(head) => head,
        Err(error) => return x.unreadable(&error),
    };
    let mut format = sniff(&head, content.len(), x.name());
    if matches!(format, Format::Text | Format::Unknown) && pickle::is_pickle_at(content) {
        format = Format::Pickle;
    }
    x.is_of(format);
    x.member_is(format, content.len(), content.len());
    if let Some(contradiction) = disguise(format, x.name()) {
        x.observe(ObservationKind::DisguisedContent, ByteRegion::new(0, 0), contradiction);
    }
    read(format, content, x);
    // A pickle can begin with the magic of another format, inside of a text that it drops again.
    let is_pickle = matches!(format, Format::Pickle | Format::Joblib | Format::TorchLegacy);
    if !is_pickle && pickle::runs_as_pickle(content) {
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
        Format::ClosedArchive => {
            let all = ByteRegion::new(0, content.len());
            x.observe(ObservationKind::UnsupportedContainer, all, "a 7z, rar or similar archive");
        }
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
        Format::Executable | Format::Text | Format::Unknown => {}
    }
}
