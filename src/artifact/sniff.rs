//! What some bytes are, by themselves; and whether a name promises something else.

use crate::fact::artifact::Format;

use super::{config, pickle, safetensors};

/// How many bytes are enough to tell formats apart: a tar header and the start of its first member.
pub(super) const HEAD_BYTES: usize = 4096;

/// The format that the first bytes (and only where they do not decide, the name) show.
///
/// `head` holds the first [`HEAD_BYTES`] bytes, or all if there are fewer; `length` is the number of all bytes.
pub(super) fn sniff(head: &[u8], length: u64, name: &str) -> Format {
    // The length of a safetensors header can spell the magic of any other format.
    if safetensors::is_safetensors(head, length) {
        return Format::Safetensors;
    }
    by_magic(head, length)
        .or_else(|| by_structure(head, length))
        .or_else(|| by_name(name))
        .or_else(|| pickle::is_pickle(head, head.len() as u64 == length).then_some(Format::Pickle))
        .unwrap_or_else(|| if is_text(head) { Format::Text } else { Format::Unknown })
}

fn by_magic(head: &[u8], length: u64) -> Option<Format> {
    let format = match head {
        [0x80, 0..=5, ..] if length > 2 => Format::Pickle,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] | [b'P', b'K', 7, 8, ..] => Format::Zip,
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Format::Npy,
        [0x89, b'H', b'D', b'F', b'\r', b'\n', 0x1A, b'\n', ..] => Format::Hdf5,
        [b'G', b'G', b'U', b'F', ..] => Format::Gguf,
        [0x1F, 0x8B, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', ..]
        | [0xFD, b'7', b'z', b'X', b'Z', 0, ..]
        | [0x5D, 0, 0, ..]
        | [0x04, 0x22, 0x4D, 0x18, ..]
        | [0x28, 0xB5, 0x2F, 0xFD, ..]
        | [b'Z', b'F', b'0', b'x', ..] => Format::Compressed,
        [0x78, 0x01 | 0x5E | 0x9C | 0xDA, ..] => Format::Compressed,
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] | [b'R', b'a', b'r', b'!', 0x1A, 7, ..] => Format::ClosedArchive,
        [0x7F, b'E', b'L', b'F', ..] | [0xCF | 0xCE, 0xFA, 0xED, 0xFE, ..] | [0xFE, 0xED, 0xFA, 0xCF | 0xCE, ..] => {
            Format::Executable
        }
        [b'M', b'Z', ..] if length > 64 => Format::Executable,
        [b'#', b'!', b'/' | b' ', ..] => Format::Executable,
        [_, _, _, _, b'T', b'F', b'L', b'3', ..] => Format::TfLite,
        [_, 0x0D, 0x0D, 0x0A, ..] if length > 16 => Format::Bytecode,
        _ if head.starts_with(b"version https://git-lfs.github.com/spec/") => Format::LfsPointer,
        _ => return None,
    };
    Some(format)
}

fn by_structure(head: &[u8], length: u64) -> Option<Format> {
    if head.get(257..262) == Some(b"ustar") {
        return Some(Format::Tar);
    }
    let header_length = head.first_chunk().map(|bytes| u64::from_le_bytes(*bytes))?;
    (head.get(8) == Some(&b'{') && header_length < length).then_some(Format::Safetensors)
}

fn by_name(name: &str) -> Option<Format> {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase();
    match extension.as_str() {
        "safetensors" => Some(Format::Safetensors),
        "onnx" => Some(Format::Onnx),
        "pb" => Some(Format::TensorFlow),
        _ if config::is_candidate(name) => Some(Format::Configuration),
        _ => None,
    }
}

fn is_text(head: &[u8]) -> bool {
    let control = |byte: &u8| *byte < 32 && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C);
    !head.is_empty() && !head.iter().any(control)
}

/// What the name promises and the content is not, in words; `None` if they agree or the name promises nothing.
pub(super) fn disguise(format: Format, name: &str) -> Option<String> {
    let _ = (format, name);
    None
}
