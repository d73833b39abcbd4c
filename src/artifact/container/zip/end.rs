//! The records at a zip file's end that say where its directory is.
//!
//! Readers differ in which record they take: the last that looks like one (Python's `zipfile`, miniz), or the one whose
//! comment ends with the file; in whether the 64-bit record overrides; and in whether offsets count from the file's start
//! or from where the archive seems to begin. All that any of them takes are found here.

use crate::bytes::Window;

use super::super::pages::{number, u16_at, u32_at};

/// An end record.
#[derive(Debug, Clone)]
pub(super) struct End {
    /// Where it stands.
    pub(super) at: u64,
    /// One past its comment, as far as the file goes.
    pub(super) end: u64,
    /// The comment is longer than the file.
    pub(super) comment_is_cut: bool,
    /// Where the first of the records at the end starts: this, or the 64-bit one before it.
    pub(super) records_at: u64,
    /// Several disks.
    pub(super) spans_disks: bool,
    /// The locator of the 64-bit record points behind the end of the file; some readers look right before it.
    pub(super) locator_is_lost: bool,
    /// What it says of the directory, in 32 bits and in 64 if there is such a record.
    pub(super) says: Vec<Says>,
}

/// What a record says of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Says {
    pub(super) entries: u64,
    pub(super) bytes: u64,
    pub(super) offset: u64,
}

pub(super) const END_BYTES: u64 = 22;
const LONGEST_COMMENT: u64 = 0xFFFF;
pub(super) const LOCATOR_BYTES: u64 = 20;
pub(super) const END64_BYTES: u64 = 56;
/// More end records than this are a trick that needs no further proof.
const MOST_ENDS: usize = 16;

/// Every end record in the part of the file where readers look, the last one first.
pub(super) fn find(content: &Window) -> std::io::Result<Vec<End>> {
    let length = content.len().min(END_BYTES + LONGEST_COMMENT);
    let tail_at = content.len() - length;
    let tail = content.read(tail_at, usize::try_from(length).unwrap_or(0))?;
    let mut ends = Vec::new();
    // Found forwards, which is the fast direction.
    let found: Vec<_> = memchr::memmem::find_iter(&tail, b"PK\x05\x06").collect();
    for at in found.into_iter().rev() {
        if let Some(record) = tail.get(at..at + END_BYTES as usize)
            && ends.len() < MOST_ENDS
        {
            ends.push(end(content, tail_at + at as u64, record));
        }
    }
    Ok(ends)
}

fn end(content: &Window, at: u64, record: &[u8]) -> End {
    let comment_end = at + END_BYTES + u64::from(u16_at(record, 20));
    let says = Says {
        entries: u16_at(record, 10).into(),
        bytes: u32_at(record, 12).into(),
        offset: u32_at(record, 16).into(),
    };
    let mut end = End {
        at,
        end: comment_end.min(content.len()),
        comment_is_cut: comment_end > content.len(),
        records_at: at,
        locator_is_lost: false,
        spans_disks: !matches!(u16_at(record, 4), 0 | 0xFFFF)
            || !matches!(u16_at(record, 6), 0 | 0xFFFF)
            || u16_at(record, 8) != u16_at(record, 10),
        says: vec![says],
    };
    if let Some(locator_at) = at.checked_sub(LOCATOR_BYTES)
        && let Ok(Some(locator)) = content.read_exact(locator_at, LOCATOR_BYTES as usize)
        && locator.starts_with(b"PK\x06\x07")
    {
        end.records_at = locator_at;
        end64(content, &locator, &mut end);
    }
    end
}

/// The 64-bit record: where the locator says, and right before the locator, where `zipfile` looks.
fn end64(content: &Window, locator: &[u8], end: &mut End) {
    let before = end.records_at.checked_sub(END64_BYTES);
    end.locator_is_lost = number::<8>(locator, 8) >= content.len();
    for at in [before, Some(number::<8>(locator, 8))].into_iter().flatten() {
        let Ok(Some(record)) = content.read_exact(at, END64_BYTES as usize) else { continue };
        if !record.starts_with(b"PK\x06\x06") {
            continue;
        }
        end.records_at = end.records_at.min(at);
        let entries = number::<8>(&record, 32);
        end.spans_disks |=
            number::<8>(&record, 24) != entries || number::<4>(&record, 16) != 0 || number::<4>(&record, 20) != 0;
        let says = Says { entries, bytes: number::<8>(&record, 40), offset: number::<8>(&record, 48) };
        if !end.says.contains(&says) {
            end.says.push(says);
        }
    }
    // 32 bits that are all ones refer to the 64-bit record and say nothing themselves.
    let first = end.says[0];
    if end.says.len() > 1 && (first.entries == 0xFFFF || first.bytes == 0xFFFF_FFFF || first.offset == 0xFFFF_FFFF) {
        let wide = end.says[1];
        let agrees = |narrow: u64, wide: u64, ones: u64| narrow == ones || narrow == wide;
        if agrees(first.entries, wide.entries, 0xFFFF)
            && agrees(first.bytes, wide.bytes, 0xFFFF_FFFF)
            && agrees(first.offset, wide.offset, 0xFFFF_FFFF)
        {
            end.says.remove(0);
        }
    }
}

impl End {
    /// Where directories may start that this record speaks of: the place and by how much offsets in it are to be raised
    /// (or, where the record contradicts itself, lowered).
    pub(super) fn directories(&self) -> Vec<(u64, i64, Says)> {
        let mut found = Vec::new();
        for says in &self.says {
            // As `zipfile` does: the directory ends where the records begin, whatever stands before the archive.
            if let Some(at) = self.records_at.checked_sub(says.bytes)
                && let Some(base) = at.checked_signed_diff(says.offset)
            {
                found.push((at, base, *says));
            }
            // As miniz does: offsets count from the file's start.
            if says.offset < self.at && !found.iter().any(|(at, _, _)| *at == says.offset) {
                found.push((says.offset, 0, *says));
            }
        }
        found
    }
}
