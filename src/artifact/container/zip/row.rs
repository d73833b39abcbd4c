//! Zip files one behind the other in one file.

use crate::bytes::Window;

use super::super::pages::number;
use super::end::{END_BYTES, END64_BYTES, LOCATOR_BYTES};

/// The archives that make up `content` without a gap, first to last, at most `most` of them; none if it is not so.
///
/// Read from the end: the last end record says where its archive starts, and right there the one before must end.
pub(super) fn archives(content: &Window, most: u64) -> Vec<Window> {
    let mut row = Vec::new();
    let mut until = content.len();
    while let Some(start) = start(content, until) {
        row.push(content.part(start, until - start));
        if start == 0 {
            row.reverse();
            return row;
        }
        if row.len() as u64 >= most {
            break;
        }
        until = start;
    }
    Vec::new()
}

/// Where the archive starts that ends at `until` without a comment. Its locator counts from the archive's own start, so the
/// 64-bit record is taken that stands right before it.
fn start(content: &Window, until: u64) -> Option<u64> {
    let at = until.checked_sub(END_BYTES)?;
    let record = content.read_exact(at, END_BYTES as usize).ok()??;
    let locator = at.checked_sub(LOCATOR_BYTES).and_then(|at| content.read_exact(at, LOCATOR_BYTES as usize).ok()?);
    let wide_at = at.checked_sub(LOCATOR_BYTES + END64_BYTES);
    let wide = locator
        .filter(|locator| locator.starts_with(b"PK\x06\x07"))
        .and_then(|_| content.read_exact(wide_at?, END64_BYTES as usize).ok()?)
        .filter(|record| record.starts_with(b"PK\x06\x06"));
    let (records_at, bytes, offset) = match wide {
        Some(wide) => (wide_at?, number::<8>(&wide, 40), number::<8>(&wide, 48)),
        None => (at, number::<4>(&record, 12), number::<4>(&record, 16)),
    };
    let start = records_at.checked_sub(bytes)?.checked_sub(offset)?;
    let signature = content.read_exact(start, 4).ok()??;
    let is_whole = record.starts_with(b"PK\x05\x06") && number::<2>(&record, 20) == 0;
    (is_whole && matches!(*signature, [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6])).then_some(start)
}
