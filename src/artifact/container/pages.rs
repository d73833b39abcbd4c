//! Little-endian numbers out of records, and small reads from a large file.

use super::super::sniff::RAW_BYTES;
use crate::bytes::{Bytes, Window};

/// The number of `N` bytes at `offset`; zero behind the end, which the caller has excluded.
pub(super) fn number<const N: usize>(record: &[u8], offset: usize) -> u64 {
    let mut bytes = [0; 8];
    if let Some(found) = record.get(offset..offset + N) {
        bytes[..N].copy_from_slice(found);
    }
    u64::from_le_bytes(bytes)
}

/// Two bytes.
pub(super) fn u16_at(record: &[u8], offset: usize) -> u16 {
    u16::try_from(number::<2>(record, offset)).unwrap_or(0)
}

/// Four bytes.
pub(super) fn u32_at(record: &[u8], offset: usize) -> u32 {
    u32::try_from(number::<4>(record, offset)).unwrap_or(0)
}

/// Reads of a few bytes each, neighbours served from one page.
pub(super) struct Pages<'w> {
    window: &'w Window,
    page: Bytes<'w>,
    page_at: u64,
}

/// Enough for a header, the padding behind it that aligns a tensor, and the bytes by which raw numbers are known.
const PAGE_BYTES: usize = 256 + RAW_BYTES;
/// For reading a directory from one end to the other.
const LONG_PAGE_BYTES: usize = 64 << 10;

impl<'w> Pages<'w> {
    pub(super) fn new(window: &'w Window) -> Self {
        Self { window, page: Bytes::default(), page_at: 0 }
    }

    /// `length` bytes (at most 64 kB) at `offset`; `None` if there are fewer or they cannot be read.
    pub(super) fn get(&mut self, offset: u64, length: usize) -> Option<&[u8]> {
        self.get_from_page_of(PAGE_BYTES, offset, length)
    }

    /// The same where what follows will be asked for next.
    pub(super) fn get_next(&mut self, offset: u64, length: usize) -> Option<&[u8]> {
        self.get_from_page_of(LONG_PAGE_BYTES, offset, length)
    }

    /// The same, if it was read with what was asked for last.
    pub(super) fn read_already(&self, offset: u64, length: usize) -> Option<&[u8]> {
        self.page.get(self.inside(offset, length)?)
    }

    fn get_from_page_of(&mut self, page: usize, offset: u64, length: usize) -> Option<&[u8]> {
        if self.inside(offset, length).is_none() {
            self.page = self.window.read(offset, length.max(page)).ok()?;
            self.page_at = offset;
        }
        let range = self.inside(offset, length)?;
        self.page.get(range)
    }

    fn inside(&self, offset: u64, length: usize) -> Option<std::ops::Range<usize>> {
        let start = usize::try_from(offset.checked_sub(self.page_at)?).ok()?;
        let end = start.checked_add(length)?;
        (end <= self.page.len()).then_some(start..end)
    }
}
