//! safetensors: all that its reference reader checks, and what it leaves open.
//!
//! Comes in: a window. Goes out: what makes the reference reader refuse the file (`SafetensorsInvalid`), what it lets
//! pass and others take differently (`SafetensorsAmbiguous`), and what lies hidden in bytes that are no tensor's.

mod layout;
mod metadata;

use std::io;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::json::{self, Json, JsonErrorKind};
use super::{Examination, pickle};

/// The reference reader takes no longer header.
const MAX_HEADER_BYTES: u64 = 100_000_000;
/// The reference reader's JSON parser nests no deeper.
const MAX_HEADER_DEPTH: u32 = 127;

/// Whether the bytes are a header of this format, whatever other magic its length happens to spell: 640 is `80 02`,
/// which starts a pickle, 93 is `5D 00 00`, which starts an lzma stream.
pub(super) fn is_safetensors(head: &[u8], length: u64) -> bool {
    let Some(header) = head.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) else { return false };
    let opens = matches!(head.get(8..10), Some(b"{\"" | b"{}" | b"{ " | b"{\n" | b"{\r" | b"{\t"));
    opens && header >= 2 && header < length
}

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    if let Err(error) = file(content, x) {
        x.unreadable(&error);
    }
}

fn file(content: &Window, x: &mut Examination<'_>) -> io::Result<()> {
    let length = match &*content.read(0, 9)? {
        [bytes @ .., b'{'] => bytes.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)),
        [_, _, _, _, _, _, _, _, _] => return refuse(content, x, "the header does not start with a brace"),
        _ => return refuse(content, x, "fewer bytes than the length of a header"),
    };
    if length > MAX_HEADER_BYTES {
        return refuse(content, x, "a header longer than 100 MB");
    }
    if length > content.len() - 8 {
        return refuse(content, x, "a header longer than the file");
    }
    if length > x.limits.max_text_bytes {
        x.limit_once("max-text-bytes", x.limits.max_text_bytes, "the header of the tensors was not read");
        return Ok(());
    }
    let bytes = content.read(8, usize::try_from(length).unwrap_or(0))?;
    let Ok(text) = std::str::from_utf8(&bytes) else { return refuse(content, x, "a header that is not UTF-8") };
    match json::parse_strictly(text, MAX_HEADER_DEPTH) {
        Ok(header) => {
            padding(text, &header, x);
            metadata::examine(&header, x);
            layout::examine(content, 8 + length, &header, x)?;
        }
        Err(error) if error.kind == JsonErrorKind::TooMany => {
            x.limit_once("max-text-bytes", x.limits.max_text_bytes, "the header of the tensors was not read");
        }
        Err(error) => return refuse(content, x, &format!("a header that is not valid JSON: {}", error.message)),
    }
    Ok(())
}

/// Says why the reference reader refuses the file. Such a file may be of another kind.
fn refuse(content: &Window, x: &mut Examination<'_>, reason: &str) -> io::Result<()> {
    let end = content.len().min(8);
    x.observe(ObservationKind::SafetensorsInvalid, ByteRegion::new(0, end), reason);
    if matches!(&*content.read(0, 2)?, [0x80, 0..=5]) {
        pickle::examine(content, x);
    }
    Ok(())
}

/// Spaces behind the header align the tensors; writers use a few.
fn padding(text: &str, header: &Json<'_>, x: &mut Examination<'_>) {
    let behind = &text[header.region.end as usize..];
    let region = ByteRegion::new(8 + u64::from(header.region.end), 8 + text.len() as u64);
    if behind.len() > 1 << 20 {
        ambiguous(x, region, format!("{} bytes of padding in the header", behind.len()));
    } else if behind.bytes().any(|byte| byte != b' ') {
        ambiguous(x, region, "padding of the header that is not spaces");
    }
}

fn invalid(x: &mut Examination<'_>, region: ByteRegion, subject: impl Into<String>) {
    x.observe(ObservationKind::SafetensorsInvalid, region, subject);
}

fn ambiguous(x: &mut Examination<'_>, region: ByteRegion, subject: impl Into<String>) {
    x.observe(ObservationKind::SafetensorsAmbiguous, region, subject);
}

/// Where in the file a part of the header stands.
fn in_header(region: crate::text::Region) -> ByteRegion {
    ByteRegion::new(8 + u64::from(region.start), 8 + u64::from(region.end))
}

#[cfg(test)]
mod tests;
