//! What is kept where numbers should be: a pickle, an archive or a program in the bytes of a tensor, or in a field that no
//! reader knows.
//!
//! Comes in: bytes that nothing reads by themselves. Goes out: what they hold, if they start as one of these. Called by the
//! readers of safetensors and ONNX. Numbers that happen to start so are rare: one tensor in a million.

use std::io;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::examination::Examination;
use super::{sniff, structure};

/// Nothing shorter does anything.
const LEAST_BYTES: u64 = 8;

/// Looks at `bytes`, which are those of `owner` and are described at `place`.
///
/// # Errors
/// If they cannot be read.
pub(super) fn examine(
    owner: impl FnOnce() -> String,
    bytes: &Window,
    place: ByteRegion,
    x: &mut Examination<'_>,
) -> io::Result<()> {
    if bytes.len() < LEAST_BYTES {
        return Ok(());
    }
    match &*bytes.read(0, 4)? {
        [0x80, 2..=5, ..] if structure::is_pickle(bytes.read(0, sniff::HEAD_BYTES)?.get(2..).unwrap_or_default()) => {
            x.nested(&owner(), bytes);
        }
        [b'P', b'K', 3, 4] => x.nested(&owner(), bytes),
        [0x7F, b'E', b'L', b'F'] | [b'M', b'Z', ..] | [0xCF | 0xCE, 0xFA, 0xED, 0xFE] | [b'#', b'!', ..]
            if sniff::is_executable(&bytes.read(0, sniff::HEAD_BYTES)?) =>
        {
            x.observe(ObservationKind::ExecutableContent, place, format!("the bytes of {} are a program", owner()));
        }
        _ => {}
    }
    Ok(())
}
