//! The pieces of a data set that does not lie in one: their index, checksums and compressed streams.
//!
//! Comes in: the layout and the filters of a data set. Goes out: what is wrong with a piece. Called by the walk. Source:
//! HDF5 1.14 file format specification, III.A.1 and IV.A.2.i and l; `H5Zfletcher32.c`, `H5checksum.c`.

use std::io::Read as _;

use super::file::{Cursor, Hdf5};
use super::indexed;

/// As much of a file is unpacked to see whether that can be done.
const MOST_UNPACKED: u64 = 16 << 20;
const SIGNATURE: &[u8] = b"TREE\x01";

const DEFLATE: u64 = 1;
const FLETCHER: u64 = 3;

/// A piece as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) address: u64,
    pub(super) bytes: u64,
    /// A bit for each filter that was left out.
    pub(super) skipped: u64,
}

/// The pieces of a data set with this layout message; none by an index that is not read.
/// `None` if the index is damaged.
pub(super) fn chunks(file: &Hdf5<'_>, layout: &[u8]) -> Option<Vec<Chunk>> {
    const CHUNKED: u8 = 2;
    let axes = match layout {
        [3, CHUNKED, axes, ..] => *axes,
        [4 | 5, CHUNKED, ..] => return indexed::chunks(file, layout),
        _ => return Some(Vec::new()),
    };
    let mut cursor = Cursor { bytes: layout, at: 3 };
    let root = cursor.number(file.offset_size)?;
    let sizes: Vec<u64> = (0..axes).map(|_| cursor.number(4)).collect::<Option<_>>()?;
    let (mut found, mut open) = (Vec::new(), vec![root]);
    while let Some(node) = open.pop() {
        if file.is_nowhere(node) {
            continue;
        }
        let head = file.start_of(node, 8)?;
        let &[level, low, high] = head.strip_prefix(SIGNATURE)? else { return None };
        let count = usize::from(u16::from_le_bytes([low, high]));
        // How long a piece is, what filters it lacks, and where in the data set it belongs.
        let key = 8 + 8 * usize::from(axes);
        let start = node.checked_add(8 + 2 * file.offset_size as u64)?;
        let length = (count * (key + file.offset_size)) as u64;
        file.spend(length)?;
        let entries = file.block(start, length)?;
        let mut cursor = Cursor { bytes: &entries, at: 0 };
        for _ in 0..count {
            let (bytes, skipped) = (cursor.number(4)?, cursor.number(4)?);
            for size in &sizes {
                // A piece starts where another ends.
                let start = cursor.number(8)?;
                if *size == 0 || !start.is_multiple_of(*size) {
                    return None;
                }
            }
            let address = cursor.number(file.offset_size)?;
            match level {
                0 => found.push(Chunk { address, bytes, skipped }),
                _ => open.push(address),
            }
        }
    }
    Some(found)
}

/// The numbers of the filters that a message lists, in the order in which a writer applies them.
pub(super) fn filters(message: &[u8]) -> Option<Vec<u64>> {
    let &[version @ (1 | 2), count, ..] = message else { return None };
    let mut cursor = Cursor { bytes: message, at: if version == 1 { 8 } else { 2 } };
    let mut filters = Vec::new();
    for _ in 0..count {
        let filter = cursor.number(2)?;
        let name = if version == 1 || filter >= 256 { cursor.number(2)? } else { 0 };
        cursor.number(2)?;
        let values = usize::try_from(cursor.number(2)?).ok()?;
        cursor.take(usize::try_from(name).ok()?)?;
        cursor.take(4 * values)?;
        if version == 1 && values % 2 == 1 {
            cursor.take(4)?;
        }
        filters.push(filter);
    }
    Some(filters)
}

/// Whether [`Chunk::fault`] would find anything out.
pub(super) fn are_checked(filters: &[u64]) -> bool {
    filters.iter().any(|filter| matches!(*filter, DEFLATE | FLETCHER))
}

impl Chunk {
    /// What is wrong with the piece whose stored bytes are these. `unpacked` counts what was unpacked so far.
    pub(super) fn fault(&self, stored: &[u8], filters: &[u64], unpacked: &mut u64) -> Option<&'static str> {
        let mut bytes = stored.to_vec();
        for (index, filter) in filters.iter().enumerate().rev() {
            if self.skipped >> index.min(63) & 1 == 1 {
                continue;
            }
            match *filter {
                FLETCHER => {
                    let Some((content, sum)) = bytes.split_last_chunk() else { return Some("is too short") };
                    let (sum, expected) = (u32::from_le_bytes(*sum), fletcher(content));
                    // Before 1.6.3 the bytes of its halves stood in another order.
                    let halves = (expected & 0x00FF_00FF) << 8 | (expected >> 8) & 0x00FF_00FF;
                    if sum != expected && sum != halves {
                        return Some("has another checksum");
                    }
                    bytes.truncate(bytes.len() - 4);
                }
                DEFLATE => {
                    let mut plain = Vec::new();
                    let left = MOST_UNPACKED.saturating_sub(*unpacked);
                    let read = flate2::read::ZlibDecoder::new(&bytes[..]).take(left).read_to_end(&mut plain);
                    *unpacked += plain.len() as u64;
                    if read.is_err() {
                        return Some("is no compressed stream");
                    }
                    if plain.len() as u64 == left {
                        return None;
                    }
                    bytes = plain;
                }
                // What is behind others is not seen.
                _ => return None,
            }
        }
        None
    }
}

/// Fletcher's checksum of the big-endian pairs of bytes.
fn fletcher(bytes: &[u8]) -> u32 {
    let fold = |sum: u32| (sum & 0xFFFF) + (sum >> 16);
    let (mut one, mut two) = (0_u32, 0_u32);
    // So many pairs fit without an overflow.
    for block in bytes.chunks(720) {
        for pair in block.chunks(2) {
            one += u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
            two += one;
        }
        (one, two) = (fold(one), fold(two));
    }
    fold(two) << 16 | fold(one)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_checksum_is_fletchers() {
        // Of the three words 0x0102, 0x0304 and 0x0500: their sum, and the sum of the sums.
        assert_eq!(fletcher(&[1, 2, 3, 4, 5]), 0x0E0E_0906);
        assert_eq!(fletcher(&[0xFF; 1440]), 0xFFFF_FFFF);
    }

    #[test]
    fn pieces_are_held_against_their_filters() {
        let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&[7; 100]).expect("in memory");
        let mut stored = packer.finish().expect("in memory");
        stored.extend(fletcher(&stored).to_le_bytes());
        let filters = [2, DEFLATE, FLETCHER];
        let chunk = Chunk { address: 0, bytes: stored.len() as u64, skipped: 0 };
        let fault = |chunk: Chunk, stored: &[u8]| chunk.fault(stored, &filters, &mut 0);
        assert_eq!(fault(chunk, &stored), None);
        let mut changed = stored.clone();
        changed[5] ^= 1;
        assert_eq!(fault(chunk, &changed), Some("has another checksum"));
        assert_eq!(fault(Chunk { skipped: 4, ..chunk }, &changed), Some("is no compressed stream"));
        assert_eq!(fault(Chunk { skipped: 6, ..chunk }, &changed), None);
        assert_eq!(fault(chunk, &stored[..3]), Some("is too short"));
        // No more is unpacked than is left.
        let mut unpacked = MOST_UNPACKED - 10;
        assert_eq!(chunk.fault(&stored, &filters, &mut unpacked), None);
        assert_eq!(unpacked, MOST_UNPACKED);
    }

    #[test]
    fn filters_are_read_in_both_versions() {
        let one =
            [&[1, 1, 0, 0, 0, 0, 0, 0][..], &[1, 0, 8, 0, 1, 0, 1, 0], b"deflate\0", &[4, 0, 0, 0], &[0; 4]].concat();
        assert_eq!(filters(&one), Some(vec![DEFLATE]));
        assert_eq!(filters(&one[..20]), None);
        let two = [&[2, 2][..], &[3, 0, 1, 0, 0, 0], &[0, 1, 2, 0, 0, 0, 0, 0], b"x\0"].concat();
        assert_eq!(filters(&two), Some(vec![FLETCHER, 256]));
    }
}
