//! What some bytes are, by themselves, and by their name where bytes do not decide. Called by `content` for every file and
//! member. What a name promises and content breaks is in `disguise`, shapes without a signature in `structure`.

use std::borrow::Cow;
use std::io;

use crate::bytes::{Bytes, Window};
use crate::fact::artifact::Format;

use super::container::{ar, compressed, seven_zip, tar};
use super::protobuf::field_at;
use super::{arrow, config, pickle, safetensors, sqlite, structure, values};

/// How many bytes are enough to tell formats apart: a tar header and the start of its first member.
pub(super) const HEAD_BYTES: usize = 3584;

/// How many are enough for raw numbers by their name, which most bytes of a checkpoint are, if they show nothing.
pub(super) const RAW_BYTES: usize = 512;

/// The format that the first bytes of `content` show, and these bytes.
///
/// # Errors
/// What the source says.
pub(super) fn look<'w>(content: &'w Window, name: &str) -> io::Result<(Format, Bytes<'w>)> {
    if content.len() > HEAD_BYTES as u64 && content.in_memory().is_none() && is_storage(name) {
        let few = content.read(0, RAW_BYTES)?;
        if sniff(&few, content.len(), name) == Format::Unknown {
            return Ok((Format::Unknown, few));
        }
    }
    let head = content.read(0, HEAD_BYTES)?;
    Ok((sniff(&head, content.len(), name), head))
}

/// Whether [`RAW_BYTES`] bytes, which `length` bytes called `name` begin with, are those of a tensor that is not worth
/// another look: nothing reads them as anything else.
pub(super) fn is_raw(few: &[u8], length: u64, name: &str) -> bool {
    length > HEAD_BYTES as u64
        && is_storage(name)
        && sniff(few, length, name) == Format::Unknown
        && !few.first().is_some_and(|first| pickle::may_begin(*first))
}

/// Whether PyTorch gives this name to the bytes of a tensor: `archive/data/12`.
pub(super) fn is_storage(name: &str) -> bool {
    let name = name.as_bytes();
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let folder = &name[..name.len() - digits];
    digits > 0 && (folder == b"data/" || folder.ends_with(b"/data/"))
}

/// The format that the first bytes (and only where they do not decide, the name) show.
///
/// `head` holds the first [`HEAD_BYTES`] bytes, or all if there are fewer; `length` is the number of all bytes.
pub(super) fn sniff(head: &[u8], length: u64, name: &str) -> Format {
    let whole = head.len() as u64 == length;
    // The length of a safetensors header can spell the magic of any other format.
    if safetensors::is_safetensors(head, length) {
        return Format::Safetensors;
    }
    by_magic(head, length, name)
        .or_else(|| by_structure(head, length))
        .or_else(|| is_pickle(head, whole, name).then_some(Format::Pickle))
        .or_else(|| by_name(head, name))
        .unwrap_or_else(|| match is_text(head) {
            true if config::shows_itself(head, name) => Format::Configuration,
            true => Format::Text,
            false => Format::Unknown,
        })
}

fn by_magic(head: &[u8], length: u64, name: &str) -> Option<Format> {
    let format = match head {
        [0x80, 0..=5, rest @ ..] if structure::is_pickle(rest) || (length > 2 && promises_pickle(name)) => {
            Format::Pickle
        }
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Format::Zip,
        [b'P', b'K', b'0', b'0', b'P', b'K', 3, 4, ..] => Format::Zip,
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Format::Npy,
        [b'G', b'G', b'U', b'F', ..] => Format::Gguf,
        [_, _, _, _, b'T', b'F', b'L', b'3', ..] => Format::TfLite,
        // XGBoost's models under any name.
        _ if head.starts_with(b"{L\0\0\0\0\0\0\0\x07learner{") => Format::Ubjson,
        _ if is_lfs_pointer(head) => Format::LfsPointer,
        _ if is_closed(head, name) => Format::ClosedArchive,
        _ if is_executable(head) => Format::Executable,
        _ if structure::is_bytecode(head) => Format::Bytecode,
        _ if has_hdf5_signature(head) => Format::Hdf5,
        _ if compressed::recognise(head).is_some() => Format::Compressed,
        _ if ar::is_ar(head) => Format::Ar,
        _ if seven_zip::is_seven_zip(head) => Format::SevenZip,
        _ if values::is_matlab(head) => Format::Matlab,
        _ if arrow::is_arrow(head) => Format::Arrow,
        _ if sqlite::is_sqlite(head) => Format::Sqlite,
        _ => return None,
    };
    Some(format)
}

fn by_structure(head: &[u8], length: u64) -> Option<Format> {
    if tar::is_tar(head) || is_damaged_tar(head) {
        Some(Format::Tar)
    } else if structure::is_safetensors(head, length) {
        Some(Format::Safetensors)
    } else if structure::is_onnx(head, length) {
        Some(Format::Onnx)
    } else if structure::is_tensorflow(head, length) {
        Some(Format::TensorFlow)
    } else {
        None
    }
}

fn is_pickle(head: &[u8], whole: bool, name: &str) -> bool {
    // Trying takes as long as reading it.
    is_unpickled(&extension(name)) && !head.is_empty() || pickle::is_pickle(head, whole)
}

/// Whether files with this extension are unpickled, whatever their bytes.
fn is_unpickled(extension: &str) -> bool {
    matches!(extension, "pkl" | "pickle" | "pck" | "dill" | "joblib" | "cloudpickle")
}

/// A tar header whose checksum is wrong is still meant as one.
fn is_damaged_tar(head: &[u8]) -> bool {
    matches!(head.get(257..263), Some(b"ustar\0" | b"ustar "))
}

fn by_name(head: &[u8], name: &str) -> Option<Format> {
    match &*extension(name) {
        "safetensors" => Some(Format::Safetensors),
        _ if head.is_empty() => None,
        "pt" | "pth" | "ckpt" if !is_text(head) => Some(Format::Pickle),
        "bin" if is_torch_weights(name) && !is_text(head) => Some(Format::Pickle),
        "gz" | "bz2" | "xz" | "lzma" | "lz4" | "zst" | "z" | "zlib" if !is_text(head) => Some(Format::Compressed),
        "onnx" => Some(Format::Onnx),
        "gguf" => Some(Format::Gguf),
        "tflite" => Some(Format::TfLite),
        "msgpack" => Some(Format::MessagePack),
        "ubj" => Some(Format::Ubjson),
        _ if is_triton_configuration(head, name) => Some(Format::Configuration),
        "pb" | "pbtxt" => Some(Format::TensorFlow),
        "meta" if !is_text(head) && structure::is_meta_graph(head) => Some(Format::TensorFlow),
        "h5" | "hdf5" => Some(Format::Hdf5),
        "npy" => Some(Format::Npy),
        _ if config::is_candidate(name) => Some(Format::Configuration),
        _ if closed_by_name(name).is_some() => Some(Format::ClosedArchive),
        _ => None,
    }
}

/// Triton's configuration of a model; TensorFlow's graphs as text have the same extension, and nodes.
fn is_triton_configuration(head: &[u8], name: &str) -> bool {
    file_name(name).eq_ignore_ascii_case("config.pbtxt")
        && is_text(head)
        && memchr::memmem::find(head, b"node").is_none()
}

/// What stands behind the last slash of either kind. Asked many times for each member of an archive.
pub(super) fn file_name(name: &str) -> &str {
    memchr::memrchr2(b'/', b'\\', name.as_bytes()).map_or(name, |at| &name[at + 1..])
}

/// The name of what a file of this name is a copy of: `config.json` of `config (1).json` and `config-2.json`.
pub(super) fn original_name(name: &str) -> Cow<'_, str> {
    let (stem, extension) = name.split_at(name.rfind('.').unwrap_or(name.len()));
    let counted = stem.strip_suffix(')').unwrap_or(stem);
    let uncounted = counted.trim_end_matches(|c: char| c.is_ascii_digit());
    let marks: &[&str] = if stem.ends_with(')') { &[" (", "("] } else { &["-", "_"] };
    match marks.iter().find_map(|mark| uncounted.strip_suffix(mark)) {
        Some(stem) if uncounted.len() < counted.len() => Cow::Owned(format!("{stem}{extension}")),
        _ => Cow::Borrowed(name),
    }
}

/// The last extension, in lower case.
pub(super) fn extension(name: &str) -> Cow<'_, str> {
    let extension = match memchr::memrchr3(b'/', b'\\', b'.', name.as_bytes()) {
        Some(at) if name.as_bytes()[at] == b'.' => &name[at + 1..],
        Some(_) | None => "",
    };
    match extension.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(extension.to_ascii_lowercase()),
        false => Cow::Borrowed(extension),
    }
}

/// Whether a file of this name is unpickled, so that two bytes are enough to call it a (broken) pickle.
pub(super) fn promises_pickle(name: &str) -> bool {
    const NAMES: [&str; 15] = [
        "pkl",
        "pickle",
        "pck",
        "pk",
        "p",
        "pt",
        "pth",
        "ckpt",
        "joblib",
        "sav",
        "dill",
        "cloudpickle",
        "pkl2",
        "pkl5",
        "th",
    ];
    NAMES.contains(&&*extension(name)) || is_torch_weights(name)
}

/// The names that Hugging Face's libraries give what they hand to `torch.load`; by itself `.bin` is anything.
pub(super) fn is_torch_weights(name: &str) -> bool {
    const STARTS: [&str; 4] = ["pytorch_model", "diffusion_pytorch_model", "adapter_model", "training_args"];
    extension(name) == "bin" && STARTS.iter().any(|start| file_name(name).starts_with(start))
}

/// The names that people give what `torch.save` writes.
pub(super) fn is_named_like_checkpoint(name: &str) -> bool {
    matches!(&*extension(name), "pt" | "pth" | "ckpt" | "th") || is_torch_weights(name)
}

/// Whether it is an archive or packing that is not looked into. Some packings show no more than two bytes, by which one
/// tensor in some ten thousand begins too.
fn is_closed(head: &[u8], name: &str) -> bool {
    closed(head).is_some() && !(head.first() == Some(&0x1F) && is_storage(name))
}

/// Archives and packings that are not looked into, by their signatures.
pub(super) fn closed(head: &[u8]) -> Option<&'static str> {
    Some(match head {
        [b'R', b'a', b'r', b'!', 0x1A, 7, ..] | [b'R', b'E', 0x7E, 0x5E, ..] => "a rar archive",
        [b'M', b'S', b'C', b'F', 0, 0, 0, 0, ..] => "a cabinet file",
        [b'M', b'S', b'W', b'I', b'M', 0, 0, 0, ..] => "a Windows image",
        [0x60, 0xEA, low, high, first, ..] if is_arj([*low, *high], *first) => "an arj archive",
        [_, _, _, _, _, _, _, b'*', b'*', b'A', b'C', b'E', b'*', b'*', ..] => "an ace archive",
        [b'x', b'a', b'r', b'!', 0, ..] => "a xar archive",
        [_, _, b'-', b'l', b'h', b'0'..=b'7' | b'd', b'-', ..] => "an lha archive",
        [b'Z', b'O', b'O', b' ', ..] => "a zoo archive",
        [b'h', b's', b'q', b's', ..] => "a squashfs image",
        [b'0', b'7', b'0', b'7', b'0', b'1' | b'2', rest @ ..] if is_cpio(rest) => "a cpio archive",
        [b'0', b'7', b'0', b'7', b'0', b'7', rest @ ..] if is_old_cpio(rest) => "a cpio archive",
        [0xED, 0xAB, 0xEE, 0xDB, 3 | 4, ..] => "an rpm package",
        [0x1F, 0x9D, 0x80..=0x9F, ..] => "a compress (.Z) stream",
        [0x1F, 0xA0, ..] | [0x1F, 0x1E, ..] => "a stream of an old packer",
        [b'L', b'Z', b'I', b'P', 1, ..] => "an lzip stream",
        [0x89, b'L', b'Z', b'O', 0, b'\r', b'\n', 0x1A, b'\n', ..] => "an lzop stream",
        [b'L', b'R', b'Z', b'I', 0, ..] => "an lrzip stream",
        [0x02, 0x21, 0x4C, 0x18, ..] => "a legacy lz4 stream",
        [0xFF, 0x06, 0, 0, b's', b'N', b'a', b'P', b'p', b'Y', ..] => "a snappy stream",
        [b'R', b'D', b'X' | b'A' | b'B', b'2' | b'3', b'\n', ..] => "an R workspace",
        [b'X', b'\n', 0, 0, 0, 2 | 3, 0, ..] => "an R object",
        // Weka, H2O and JPMML keep models so; reading one makes objects of any class of the program.
        [0xAC, 0xED, 0, 5, b'p'..=b'~', ..] => "a stream of Java objects",
        // Native code with plug-ins, which NVIDIA says to load from trusted sources only.
        [b'f' | b'p', b't', b'r', b't', _, _, _, 0, ..] => "a TensorRT engine",
        _ => return None,
    })
}

/// An arj header has at most 2600 bytes, of which the first counts at least 30.
fn is_arj(length: [u8; 2], first: u8) -> bool {
    (30..=2600).contains(&u16::from_le_bytes(length)) && (30..=60).contains(&first)
}

fn is_cpio(rest: &[u8]) -> bool {
    rest.len() > 104 && rest[..104].iter().all(u8::is_ascii_hexdigit)
}

fn is_old_cpio(rest: &[u8]) -> bool {
    rest.len() > 70 && rest[..70].iter().all(|byte| matches!(byte, b'0'..=b'7'))
}

/// What a container that shows nothing by its first bytes is by its name.
pub(super) fn closed_by_name(name: &str) -> Option<&'static str> {
    match &*extension(name) {
        "iso" => Some("a disk image"),
        // Web servers keep pages so, whose names do not promise a model.
        "br" if promises_pickle(name.get(..name.len() - 3)?) => Some("a brotli stream"),
        _ => None,
    }
}

/// Whether bytes begin as a program, in the code of a machine or as a script.
pub(super) fn is_executable(head: &[u8]) -> bool {
    match head {
        [0x7F, b'E', b'L', b'F', 1 | 2, 1 | 2, 1, ..] => true,
        [0xCF | 0xCE, 0xFA, 0xED, 0xFE, _, _, _, 0 | 1, ..] | [0xFE, 0xED, 0xFA, 0xCF | 0xCE, 0 | 1, ..] => true,
        // The same four bytes start Java classes, whose version stands where a fat binary counts its parts.
        [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 1..=20, ..] => true,
        [b'M', b'Z', ..] => is_pe(head),
        _ => is_script(head),
    }
}

/// What a program is for readers that do not run it, and where that begins: the first line of a script is a comment of YAML
/// and of protobuf's text, plain text in a template, and with what follows perhaps a field that protobuf passes over.
pub(super) fn beside_program(head: &[u8], length: u64, name: &str) -> Option<(Format, u64)> {
    if let Some(at) = behind_unknown_field(head) {
        let (rest, length) = (&head[at..], length.saturating_sub(at as u64));
        if structure::is_onnx(rest, length) {
            return Some((Format::Onnx, at as u64));
        } else if structure::is_tensorflow(rest, length) {
            return Some((Format::TensorFlow, at as u64));
        }
    }
    if !is_script(head) || !is_text(head) {
        return None;
    }
    // Under any name, only by what no script says: options and settings of others stand in scripts as well.
    let holds = |word: &str| memchr::memmem::find(head, word.as_bytes()).is_some();
    let shows_yaml = || (holds("!!python/") || holds("_target_:")) && config::shows_itself(head, name);
    let found = match by_name(head, name) {
        Some(Format::Configuration) => Format::Configuration,
        Some(Format::TensorFlow) if extension(name) == "pbtxt" => Format::TensorFlow,
        _ if shows_yaml() => Format::Configuration,
        _ => return None,
    };
    Some((found, 0))
}

/// Where the second field of a message of protobuf is if the first is one that programs can begin with: a group, as `#`
/// opens, or four bytes behind the `M` of `MZ`.
fn behind_unknown_field(head: &[u8]) -> Option<usize> {
    field_at(head, 0).map(|(_, _, end)| end).filter(|end| *end < head.len())
}

/// Whether the DOS header leads to a PE header, or out of what is seen.
fn is_pe(head: &[u8]) -> bool {
    let Some(at) = head.get(60..64).and_then(|bytes| bytes.first_chunk().map(|at| u32::from_le_bytes(*at) as usize))
    else {
        return false;
    };
    at >= 64 && head.get(at..at + 4).map_or(at < 64 << 10 && at + 4 > head.len(), |found| found == b"PE\0\0")
}

/// Whether it is a text that starts with `#!` and a path.
pub(super) fn is_script(head: &[u8]) -> bool {
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    head.strip_prefix(b"#!").is_some_and(|rest| rest.trim_ascii_start().starts_with(b"/"))
}

/// The language of a program's source under the name of a model, by its first line that says something.
pub(super) fn source_language(head: &[u8]) -> Option<&'static str> {
    if !is_text(head) {
        return None;
    }
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head);
    let start = head.trim_ascii_start();
    if start.starts_with(b"<?php") || start.starts_with(b"<?=") {
        return Some("PHP");
    }
    let mut lines = head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"#"))?;
    let is_python = ["import ", "from ", "def ", "class ", "exec(", "eval(", "__import__(", "os.system(", "@"];
    let holds = |text: &[u8], word: &[u8]| memchr::memmem::find(text, word).is_some();
    let is_import = |line: &[u8]| !line.starts_with(b"from ") || holds(line, b" import ");
    let has_brackets = || holds(head, b"(") || holds(head, b" import ");
    (is_python.iter().any(|word| first.starts_with(word.as_bytes())) && is_import(first) && has_brackets())
        .then_some("Python")
}

const HDF5_SIGNATURE: [u8; 8] = [0x89, b'H', b'D', b'F', b'\r', b'\n', 0x1A, b'\n'];

/// HDF5 files start at byte 0, 512, 1024, 2048 and so on; what comes before is the user's, or the header of a tar file.
fn has_hdf5_signature(head: &[u8]) -> bool {
    let is_member = || !head.starts_with(&HDF5_SIGNATURE) && tar::is_tar(head);
    !is_member()
        && [0, 512, 1024, 2048].iter().any(|at| head.get(*at..).is_some_and(|bytes| bytes.starts_with(&HDF5_SIGNATURE)))
}

/// Whether it starts like a Git-LFS pointer.
pub(super) fn is_lfs_pointer(head: &[u8]) -> bool {
    head.starts_with(b"version https://git-lfs.github.com/spec/")
        || head.starts_with(b"version https://hawser.github.com/spec/")
}

fn is_text(head: &[u8]) -> bool {
    let control = |byte: &u8| *byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x1B);
    // What a flash memory has where nothing was written is no letter repeated.
    !head.is_empty() && !head.iter().any(control) && !head.iter().all(|byte| *byte == 0xFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(head: &[u8], name: &str) -> Format {
        sniff(head, head.len() as u64, name)
    }

    #[test]
    fn signatures_decide_before_names() {
        assert_eq!(of(b"PK\x05\x06 and more", "model.safetensors"), Format::Zip);
        assert_eq!(of(b"7z\xBC\xAF\x27\x1C\0\x04", "model.pt"), Format::SevenZip);
        assert_eq!(of(b"\xED\xAB\xEE\xDB\x03\0\0\0", "model"), Format::ClosedArchive);
        assert_eq!(of(&[b"070707".as_slice(), &[b'0'; 90]].concat(), "model"), Format::ClosedArchive);
        assert_eq!(of(&[0; 64], "models.iso"), Format::ClosedArchive);
        assert_eq!(of(b"\x8B\x05\x80\x80\x04", "net.pkl.br"), Format::ClosedArchive);
        assert_eq!(of(b"\x8B\x05\x80\x80\x04", "page.js.br"), Format::Unknown);
        assert_eq!(of(b"{L\0\0\0\0\0\0\0\x07learner{L", "trees.model"), Format::Ubjson);
        assert_eq!(of(b"\x7FELF\x02\x01\x01\0", "model.bin"), Format::Executable);
        assert_eq!(of(b"#!/bin/sh\necho loadlint-test\n", "run.sh"), Format::Executable);
        assert_eq!(of(b"\xAC\xED\0\x05sr\0\x01", "weka.model"), Format::ClosedArchive);
        assert_eq!(of(b"ptrt\xE0\0\0\0\x01", "model.plan"), Format::ClosedArchive);
        assert_eq!(of(b"ptrt is a word", "notes.txt"), Format::Text);
        assert_eq!(of(b"\x1F\xA0\xD4\x3D", "archive/data/3"), Format::Unknown);
        assert_eq!(of(b"\x1F\xA0\xD4\x3D", "archive/model"), Format::ClosedArchive);
        // An empty dictionary of MessagePack, which spaCy writes.
        assert_eq!(of(b"\x80", "vocab/key2row"), Format::Text);
        assert_eq!(of(b"\x80\x04", "model.bin"), Format::Pickle);
        let mut hdf5 = vec![0; 512];
        hdf5.extend(HDF5_SIGNATURE);
        assert_eq!(of(&hdf5, "weights"), Format::Hdf5);
        assert_eq!(of(b"version https://git-lfs.github.com/spec/v1\n", "model.pt"), Format::LfsPointer);
    }

    #[test]
    fn what_begins_like_a_format_by_chance_is_none() {
        for raw in [
            &b"\x80\x02\xff\xff\x00\x01\x02\x03"[..],
            b"\x78\x01\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f\x00\x00\x80\x3f",
            b"\x5d\x00\x00\x80\x3f\x00\x00\x00\x00\x00\x00\x00\x00\x80\x3f\x00",
            b"MZ\x00\x01\x02 but no program follows here, only numbers \x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
            b"\xcf\xfa\xed\xfe\x00\x00\x80\x3f",
        ] {
            assert_eq!(of(raw, "archive/data/0"), Format::Unknown, "{}", raw.escape_ascii());
        }
    }

    #[test]
    fn a_name_decides_where_bytes_do_not() {
        assert_eq!(of(b"not a header", "model.safetensors"), Format::Safetensors);
        assert_eq!(of(b"\x80\x02\xff", "model.pkl"), Format::Pickle);
        assert_eq!(of(b"just words", "README"), Format::Text);
        assert_eq!(of(b"\xff\x00\x01", "a/pytorch_model-00001-of-00002.bin"), Format::Pickle);
        assert_eq!(of(b"\xff\x00\x01", "firmware.bin"), Format::Unknown);
    }

    /// Bytes that are read where they are needed, and how many were.
    struct Far(Vec<u8>, std::sync::atomic::AtomicUsize);

    impl crate::bytes::ReadAt for Far {
        fn size(&self) -> u64 {
            self.0.size()
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read_at(offset, into)?;
            self.1.fetch_add(read, std::sync::atomic::Ordering::Relaxed);
            Ok(read)
        }
    }

    #[test]
    fn few_bytes_are_read_of_raw_numbers() {
        let numbers = || 1.0_f32.to_le_bytes().repeat(5_000);
        let text = || b"0.7 ".repeat(5_000);
        let pickle = || [&b"\x80\x04X\x10\x27\0\0"[..], &[b'x'; 10_000], b"cos\nsystem\n(tR."].concat();
        let table = [
            (numbers(), "archive/data/12", (Format::Unknown, RAW_BYTES)),
            (numbers(), "data/0", (Format::Unknown, RAW_BYTES)),
            (numbers(), "archive/data/12.bin", (Format::Unknown, HEAD_BYTES)),
            (numbers(), "archive/metadata/12", (Format::Unknown, HEAD_BYTES)),
            (text(), "archive/data/12", (Format::Text, RAW_BYTES + HEAD_BYTES)),
            (pickle(), "archive/data/12", (Format::Pickle, RAW_BYTES + HEAD_BYTES)),
        ];
        for (bytes, name, (format, read)) in table {
            let source = std::sync::Arc::new(Far(bytes, 0.into()));
            let content = Window::new(std::sync::Arc::<Far>::clone(&source));
            let (found, head) = look(&content, name).expect("readable");
            assert_eq!((found, head.is_empty()), (format, false), "{name}");
            assert_eq!(source.1.load(std::sync::atomic::Ordering::Relaxed), read, "{name}");
        }
    }
}
