//! The pieces of a data set by the indexes that newer libraries write.
//!
//! Comes in: a layout message of version 4 or 5. Goes out: the pieces. Called by `chunks`. Source: HDF5 1.14 file format
//! specification, IV.A.2.i and VII.B. Of the indexes a single piece and an array of fixed size are read, which data sets have
//! that cannot grow; pages of an array, and the indexes of those that can, are not.

use super::chunks::Chunk;
use super::file::{Cursor, Hdf5, checksum};

/// Kinds of indexes.
mod kind {
    pub(super) const SINGLE: u64 = 1;
    pub(super) const FIXED_ARRAY: u64 = 3;
}

/// Bytes of a checksum, and of what says which filters a piece lacks.
const SUM_BYTES: usize = 4;
const MASK_BYTES: usize = 4;

/// The pieces that `layout` leads to; none by an index that is not read. `None` if the index is damaged.
pub(super) fn chunks(file: &Hdf5<'_>, layout: &[u8]) -> Option<Vec<Chunk>> {
    const IS_FILTERED: u64 = 2;
    let mut cursor = Cursor { bytes: layout, at: 2 };
    let flags = cursor.number(1)?;
    let axes = cursor.number(1)?;
    let width = usize::try_from(cursor.number(1)?).ok()?;
    // The last axis is the bytes of an element.
    let sizes: Vec<u64> = (0..axes).map(|_| cursor.number(width)).collect::<Option<_>>()?;
    let whole = sizes.iter().try_fold(1_u64, |bytes, size| bytes.checked_mul(*size))?;
    match cursor.number(1)? {
        kind::SINGLE => {
            let is_filtered = flags & IS_FILTERED != 0;
            let bytes = if is_filtered { cursor.number(file.length_size)? } else { whole };
            let skipped = if is_filtered { cursor.number(MASK_BYTES)? } else { 0 };
            let address = cursor.number(file.offset_size)?;
            Some(Vec::from_iter((!file.is_nowhere(address)).then_some(Chunk { address, bytes, skipped })))
        }
        kind::FIXED_ARRAY => {
            cursor.take(1)?;
            fixed_array(file, cursor.number(file.offset_size)?, whole)
        }
        _ => Some(Vec::new()),
    }
}

/// The pieces in an array at `address`, each of `whole` bytes before it is filtered.
fn fixed_array(file: &Hdf5<'_>, address: u64, whole: u64) -> Option<Vec<Chunk>> {
    if file.is_nowhere(address) {
        return Some(Vec::new());
    }
    let header = summed(file, address, b"FAHD\0", 8 + file.length_size as u64 + file.offset_size as u64)?;
    let [is_filtered, entry, page_bits] = *header[5..].first_chunk()?;
    let mut cursor = Cursor { bytes: &header, at: 8 };
    let count = cursor.number(file.length_size)?;
    let elements = cursor.number(file.offset_size)?;
    let is_paged = 1_u64.checked_shl(page_bits.into()).is_some_and(|page| count > page);
    if is_paged || file.is_nowhere(elements) {
        return Some(Vec::new());
    }
    let start = 6 + file.offset_size;
    let block = summed(file, elements, b"FADB\0", count.checked_mul(entry.into())?.checked_add(start as u64)?)?;
    let mut cursor = Cursor { bytes: &block, at: start };
    let size_bytes = usize::from(entry).checked_sub(file.offset_size + MASK_BYTES).filter(|_| is_filtered == 1);
    let mut found = Vec::new();
    for _ in 0..count {
        let address = cursor.number(file.offset_size)?;
        let (bytes, skipped) = match size_bytes {
            Some(width) => (cursor.number(width)?, cursor.number(MASK_BYTES)?),
            None => (whole, 0),
        };
        if !file.is_nowhere(address) {
            found.push(Chunk { address, bytes, skipped });
        }
    }
    Some(found)
}

/// `length` bytes at `address` that begin with `signature` and a version, without their checksum; `None` if that is another.
fn summed(file: &Hdf5<'_>, address: u64, signature: &[u8], length: u64) -> Option<Vec<u8>> {
    file.spend(length)?;
    let block = file.block(address, length.checked_add(SUM_BYTES as u64)?)?;
    let (content, sum) = block.split_last_chunk::<SUM_BYTES>()?;
    let is_sound = content.starts_with(signature) && checksum(content) == u32::from_le_bytes(*sum);
    is_sound.then(|| content.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Window;

    fn with_sum(content: &[u8]) -> Vec<u8> {
        [content, &checksum(content).to_le_bytes()].concat()
    }

    /// A superblock with addresses and lengths of eight bytes, and what stands behind it.
    fn content(behind: &[u8]) -> Window {
        let head = [&b"\x89HDF\r\n\x1A\n\x02\x08\x08\0"[..], &[0; 8], &[0xFF; 8], &[0; 16]].concat();
        [with_sum(&head), behind.to_vec()].concat().into()
    }

    #[test]
    fn a_single_piece_is_in_the_message() {
        let content = content(b"");
        let (file, _) = Hdf5::open(&content, 0).expect("a file");
        // Flags, two axes of one byte each, their sizes, the kind of index.
        let plain = [&[4, 2, 0, 2, 1, 3, 8, 1][..], &64_u64.to_le_bytes()].concat();
        assert_eq!(chunks(&file, &plain), Some(vec![Chunk { address: 64, bytes: 24, skipped: 0 }]));
        let filtered =
            [&[4, 2, 2, 2, 1, 3, 8, 1][..], &9_u64.to_le_bytes(), &[1, 0, 0, 0], &64_u64.to_le_bytes()].concat();
        assert_eq!(chunks(&file, &filtered), Some(vec![Chunk { address: 64, bytes: 9, skipped: 1 }]));
        assert_eq!(chunks(&file, &[&plain[..8], &[0xFF; 8]].concat()), Some(vec![]));
        assert_eq!(chunks(&file, &plain[..12]), None);
    }

    #[test]
    fn an_array_has_a_piece_for_each_entry() {
        let array = |count: u64, change: usize| {
            let start = 48_u64;
            let header = [&b"FAHD\0\x01\x0E\x0A"[..], &count.to_le_bytes(), &(start + 28).to_le_bytes()].concat();
            let entry = |address: u64, bytes: u8| [&address.to_le_bytes()[..], &[bytes, 0], &[0; 4]].concat();
            let block = [&b"FADB\0\x01"[..], &start.to_le_bytes(), &entry(200, 7), &entry(u64::MAX, 0)].concat();
            let mut behind = [with_sum(&header), with_sum(&block)].concat();
            if let Some(byte) = behind.get_mut(change) {
                *byte ^= 1;
            }
            let content = content(&behind);
            let (file, _) = Hdf5::open(&content, 0).expect("a file");
            chunks(&file, &[&[4, 2, 0, 2, 1, 3, 8, 3, 10][..], &start.to_le_bytes()].concat())
        };
        assert_eq!(array(2, usize::MAX), Some(vec![Chunk { address: 200, bytes: 7, skipped: 0 }]));
        assert_eq!((array(2, 6), array(2, 40), array(3, usize::MAX)), (None, None, None));
        // Pages are not read.
        assert_eq!(array(2000, usize::MAX), Some(vec![]));
    }
}
