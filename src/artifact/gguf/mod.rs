//! GGUF: bounds of its metadata and tensors, and the templates it carries.
//!
//! Comes in: a window. Goes out: templates that reach Python's internals (CVE-2024-34359), counts, lengths and offsets
//! that no reader should believe, and what lies behind the tensors.

mod metadata;
mod reader;
mod tensors;

use std::io;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::Examination;
use reader::Reader;

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    match file(content, x) {
        Ok(()) => {}
        Err(Fault::Read(error)) => x.unreadable(&error),
        Err(Fault::EndsEarly) => {
            x.gap(GapKind::Damaged, ByteRegion::new(0, content.len()), "the file ends in its header");
        }
        Err(Fault::Invalid(at, what)) => {
            x.observe(ObservationKind::InvalidHeader, ByteRegion::new(at, at), what);
        }
    }
}

/// Why reading stops.
#[derive(Debug)]
enum Fault {
    Read(io::Error),
    EndsEarly,
    /// The byte, and what is wrong.
    Invalid(u64, String),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof { Self::EndsEarly } else { Self::Read(error) }
    }
}

fn file(content: &Window, x: &mut Examination<'_>) -> Result<(), Fault> {
    let mut reader = Reader::open(content)?;
    let tensor_count = reader.count()?;
    let entry_count = reader.count()?;
    // A tensor takes 24 bytes at least, an entry of the metadata 13.
    for (count, least, what) in [(tensor_count, 24, "tensors"), (entry_count, 13, "metadata entries")] {
        if count > reader.remaining() / least {
            return Err(Fault::Invalid(8, format!("{count} {what}, more than the file has room for")));
        }
    }
    let alignment = metadata::examine(&mut reader, entry_count, x)?;
    tensors::examine(content, &mut reader, tensor_count, alignment, x)
}

#[cfg(test)]
mod tests;
