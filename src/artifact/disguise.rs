//! Content that contradicts its name, where that deceives someone: a scanner that goes by extensions, or a reader who
//! trusts a safe format's name. What projects really do (a PyTorch zip called `.bin`, a pickle called `.dat`) is no
//! contradiction.

use crate::fact::artifact::Format;

use super::sniff::{extension, file_name, is_torch_weights, promises_pickle, source_language};

/// What an extension promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Promise {
    /// Data in a format of its own that runs nothing.
    Data(&'static str),
    /// Text.
    Text,
    /// A numpy array.
    Npy,
    /// A Keras model.
    Keras,
    /// A zip or tar of arrays or other things.
    Archive,
    /// A compressed file.
    Compressed,
    /// A model in whatever form: PyTorch's, a pickle.
    Model,
}

fn promise(name: &str) -> Option<Promise> {
    Some(match &*extension(name) {
        "safetensors" => Promise::Data("safetensors"),
        "onnx" => Promise::Data("ONNX"),
        "gguf" | "ggml" => Promise::Data("GGUF"),
        "tflite" | "lite" => Promise::Data("TensorFlow Lite"),
        "pb" => Promise::Data("protobuf"),
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "bmp" | "tif" | "tiff" | "ico" => Promise::Data("image"),
        "wav" | "mp3" | "flac" | "ogg" | "mp4" | "avi" => Promise::Data("audio or video"),
        "pdf" => Promise::Data("PDF"),
        "parquet" | "arrow" | "feather" => Promise::Data("table"),
        "json" | "jsonl" | "txt" | "md" | "rst" | "csv" | "tsv" | "yaml" | "yml" | "toml" | "ini" | "cfg" | "xml"
        | "html" | "py" | "ipynb" | "log" | "jinja" | "jinja2" => Promise::Text,
        "npy" => Promise::Npy,
        "h5" | "hdf5" | "keras" => Promise::Keras,
        "npz" | "zip" | "tar" | "7z" | "rar" => Promise::Archive,
        "gz" | "bz2" | "xz" | "lzma" | "zst" | "lz4" => Promise::Compressed,
        "pt" | "pth" | "ckpt" | "bin" | "pkl" | "pickle" | "joblib" | "model" | "weights" | "t7" | "mar" | "nemo"
        | "msgpack" | "skops" | "pt2" | "ptl" | "th" | "dill" => Promise::Model,
        _ => return None,
    })
}

/// What the name promises and the content is not, in words; `None` if they agree or the name promises nothing.
pub(super) fn disguise(format: Format, script: bool, name: &str) -> Option<String> {
    let promise = promise(name)?;
    let found = contradiction(format, script, promise)?;
    let promised = match promise {
        Promise::Data(kind) => kind,
        Promise::Text => "text",
        Promise::Npy => "numpy array",
        Promise::Keras => "Keras or HDF5",
        Promise::Archive => "archive",
        Promise::Compressed => "compressed file",
        Promise::Model => "model",
    };
    Some(format!("{found} named like {promised}: {}", name.rsplit('/').next().unwrap_or(name)))
}

/// A program's source under a name that promises a model or data. Python's own `.pth` files, which are lists of folders
/// and lines that import, have the name of a checkpoint.
pub(super) fn source_disguise(head: &[u8], name: &str) -> Option<String> {
    let promise = promise(name)?;
    if !matches!(promise, Promise::Data(_) | Promise::Npy | Promise::Keras | Promise::Model) {
        return None;
    }
    let language = source_language(head)?;
    let text = String::from_utf8_lossy(head);
    let is_start_up = |line: &str| {
        line.starts_with("import ") || line.starts_with("import\t") || !line.contains(['(', '=', ':', '"', '\''])
    };
    if extension(name) == "pth" && text.lines().all(is_start_up) {
        return None;
    }
    Some(format!("{language} source named like a model: {}", name.rsplit('/').next().unwrap_or(name)))
}

/// What is wrong with content that is nothing known although its name promises a format with a signature.
pub(super) fn broken_promise(format: Format, head: &[u8], length: u64, name: &str) -> Option<&'static str> {
    const SIGNED: [&str; 30] = [
        "pkl",
        "pickle",
        "joblib",
        "dill",
        "pt",
        "pth",
        "pt2",
        "ckpt",
        "npy",
        "npz",
        "h5",
        "hdf5",
        "keras",
        "onnx",
        "gguf",
        "safetensors",
        "tflite",
        "skops",
        "mar",
        "nemo",
        "zip",
        "whl",
        "tar",
        "gz",
        "bz2",
        "xz",
        "lzma",
        "lz4",
        "zst",
        "7z",
    ];
    let signed = SIGNED.contains(&&*extension(name)) || is_torch_weights(name);
    let is_model = file_name(name) == "saved_model.pb";
    match format {
        Format::Unknown if (signed || is_model) && length == 0 => Some("is empty"),
        Format::Unknown if signed => Some("is not in a format that its name promises"),
        Format::Unknown if promises_pickle(name) && !head.is_empty() && head.iter().all(|byte| *byte == 0) => {
            Some("is zeros, not in a format that its name promises")
        }
        Format::Text if signed && !is_text_by_right(head, length, name) => {
            Some("is a text, not in a format that its name promises")
        }
        _ => None,
    }
}

/// Whether texts of other programs have this name too: Python's lists of folders (`.pth`), Zope's templates and others'
/// texts (`.pt`). What servers send instead of a file is a page, an object of JSON or one line.
fn is_text_by_right(head: &[u8], length: u64, name: &str) -> bool {
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    let holds = |word: &str| memchr::memmem::find(head, word.as_bytes()).is_some();
    let is_page = text.starts_with(b"<") && !["tal:", "metal:", "i18n:", "${"].iter().any(|word| holds(word));
    let is_answer = is_page || text.starts_with(b"{");
    match &*extension(name) {
        "pth" => !is_answer,
        "ckpt" => is_of_speechbrain(text),
        "pt" => !is_answer && (length > 256 || text.trim_ascii_end().contains(&b'\n')),
        _ => false,
    }
}

/// Whether this is what SpeechBrain writes beside the weights: the number of an epoch (`EpochCounter._save`) or of a batch,
/// and the numbers of a training (`Brain._save`).
fn is_of_speechbrain(text: &[u8]) -> bool {
    const KEYS: [&str; 3] = ["avg_train_loss", "optimizer_step", "step"];
    let Ok(text) = str::from_utf8(text) else { return false };
    let is_number = |text: &str| !text.is_empty() && text.len() < 20 && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_key = |line: &str| line.split_once(": ").is_some_and(|(key, _)| KEYS.contains(&key));
    is_number(text.trim_ascii_end()) || (!text.is_empty() && text.lines().all(is_key))
}

/// The content in words, if it is not what is promised and does harm.
fn contradiction(format: Format, script: bool, promise: Promise) -> Option<&'static str> {
    use Promise::{Archive, Compressed, Data, Keras, Model, Npy, Text};
    match format {
        Format::Pickle | Format::Joblib | Format::TorchLegacy => (promise != Model).then_some("a pickle"),
        Format::Executable if script => matches!(promise, Data(_) | Npy | Keras | Model).then_some("a script"),
        Format::Executable => Some("an executable"),
        Format::Zip
        | Format::TorchZip
        | Format::TorchScript
        | Format::TorchExport
        | Format::TorchPackage
        | Format::Npz
        | Format::Keras
        | Format::Skops
        | Format::TorchServe => match promise {
            Data(_) | Text | Npy => Some("a zip archive"),
            // `.keras` is a zip; `.h5` is not, but the name alone does not tell them apart here.
            Keras | Archive | Compressed | Model => None,
        },
        Format::Tar | Format::TorchTar | Format::Nemo => {
            matches!(promise, Data(_) | Text | Npy | Keras).then_some("a tar archive")
        }
        Format::Ar => matches!(promise, Data(_) | Text | Npy | Keras | Model).then_some("an ar archive"),
        Format::Compressed => matches!(promise, Data(_)).then_some("a compressed stream"),
        Format::SevenZip => (!matches!(promise, Archive | Compressed)).then_some("a 7z archive"),
        Format::ClosedArchive => (!matches!(promise, Archive | Compressed)).then_some("a closed archive"),
        Format::Hdf5 => matches!(promise, Data(_) | Text).then_some("an HDF5 file"),
        Format::Bytecode => (promise != Compressed).then_some("Python bytecode"),
        Format::Npy
        | Format::Safetensors
        | Format::Onnx
        | Format::Gguf
        | Format::TensorFlow
        | Format::TfLite
        | Format::MessagePack
        | Format::Ubjson
        | Format::Matlab
        | Format::Arrow
        | Format::Sqlite
        | Format::Configuration
        | Format::Template
        | Format::LfsPointer
        | Format::Text
        | Format::Unknown => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_are_no_pickle() {
        let fault = Some("is zeros, not in a format that its name promises");
        assert_eq!(broken_promise(Format::Unknown, &[0; 64], 64, "features.p"), fault);
        assert_eq!(broken_promise(Format::Unknown, &[0, 1], 2, "features.p"), None);
        assert_eq!(broken_promise(Format::Unknown, &[0; 64], 64, "zeros.dat"), None);
    }

    #[test]
    fn what_projects_do_is_no_disguise() {
        for (format, name) in [
            (Format::Zip, "pytorch_model.bin"),
            (Format::Zip, "model.keras"),
            (Format::Zip, "a.npz"),
            (Format::Zip, "data.pkl"),
            (Format::Pickle, "weights.dat"),
            (Format::Pickle, "model.pt"),
            (Format::Pickle, "vocab.db"),
            (Format::Hdf5, "old.keras"),
            (Format::Hdf5, "pytorch_model.bin"),
            (Format::Compressed, "model.pkl"),
            (Format::Compressed, "model.nemo"),
            (Format::Text, "model.bin"),
            (Format::Configuration, "config.txt"),
            (Format::SevenZip, "data.7z"),
            (Format::Tar, "model.pt"),
        ] {
            assert_eq!(disguise(format, false, name), None, "{name}");
        }
        assert_eq!(disguise(Format::Executable, true, "run.txt"), None);
        assert_eq!(disguise(Format::Executable, false, "libop.so"), None);
    }

    #[test]
    fn pages_instead_of_models_are_told() {
        let told = |text: &str, name| broken_promise(Format::Text, text.as_bytes(), text.len() as u64, name).is_some();
        let page = "<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n";
        for name in ["model.pt", "a/model.pth", "model.ckpt", "pytorch_model.bin", "model.keras", "a.npz"] {
            assert!(told(page, name), "{name}");
        }
        assert!(told("Not Found", "model.pt") && told("{\"error\": \"Not Found\"}", "model.pth"));
        assert!(!told("<html tal:content=\"x\">\n</html>\n", "page.pt") && !told(page, "page.html"));
        for text in ["3", "12\n", "avg_train_loss: 1.5\noptimizer_step: 6\nstep: 3\n"] {
            assert!(!told(text, "CKPT+1/counter.ckpt") && told(text, "counter.pkl"), "{text}");
        }
        assert!(
            told("3 files", "a.ckpt")
                && told("step: 3\nerror: x\n", "a.ckpt")
                && told("0123456789012345678901", "a.ckpt")
        );
        assert!(!told("/usr/lib/python\n", "paths.pth") && !told("um\ndois\n", "numeros.pt"));
    }

    #[test]
    fn programs_under_models_names_are_named() {
        for (text, name) in [
            ("import os\nos.system('echo loadlint-test')\n", "model.pth"),
            ("# a model\n\nfrom os import system\nsystem('echo loadlint-test')\n", "model.pkl"),
            ("<?php system('echo loadlint-test'); ?>", "model.joblib"),
            ("def load():\n    pass\n", "weights.safetensors"),
        ] {
            assert!(source_disguise(text.as_bytes(), name).is_some(), "{name}");
        }
        for (text, name) in [
            ("import os\nos.system('x')\n", "model.py"),
            ("import site; site.addsitedir('x')\n../packages\n", "easy-install.pth"),
            ("from the paper of 2020\n", "model.bin"),
            ("1.0 2.0\n", "model.bin"),
            ("import duties on models\n", "notes.txt"),
        ] {
            assert_eq!(source_disguise(text.as_bytes(), name), None, "{name}");
        }
    }

    #[test]
    fn lies_are_named() {
        for (format, name) in [
            (Format::Pickle, "model.safetensors"),
            (Format::Pickle, "config.json"),
            (Format::Pickle, "a/b/photo.PNG"),
            (Format::Pickle, "array.npy"),
            (Format::Zip, "array.npy"),
            (Format::Executable, "model.pt"),
            (Format::ClosedArchive, "model.pt"),
            (Format::SevenZip, "model.pt"),
            (Format::Hdf5, "model.safetensors"),
            (Format::Tar, "model.h5"),
        ] {
            assert!(disguise(format, false, name).is_some(), "{name}");
        }
        let told = disguise(Format::Pickle, false, "a/model.onnx");
        assert_eq!(told.as_deref(), Some("a pickle named like ONNX: model.onnx"));
    }
}
