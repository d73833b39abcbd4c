//! The superblock, and numbers of the sizes it states.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use super::header::Message;
use super::heap::Collection;
use crate::bytes::{Bytes, Window};

/// A part larger than this is not read at once; headers and heaps are far smaller.
const MAX_BLOCK: u64 = 64 << 20;

/// An open file. Addresses count from its base.
#[derive(Debug)]
pub(super) struct Hdf5<'c> {
    pub(super) content: &'c Window,
    base: u64,
    /// Bytes of an address.
    pub(super) offset_size: usize,
    /// Bytes of a length.
    pub(super) length_size: usize,
    /// Half of how many entries the nodes of groups have room for, those of names and those of other nodes; 0 if the file
    /// does not say so here.
    pub(super) leaf_rank: u64,
    pub(super) tree_rank: u64,
    /// Where the content ends at the earliest, as the file says; this one counts from the content's start.
    end: u64,
    is_changed: bool,
    /// Bytes of nodes and heaps that may still be read.
    left: Cell<u64>,
    has_unread: Cell<bool>,
    has_twins: Cell<bool>,
    /// Global heaps that were read, by their addresses.
    pub(super) collections: RefCell<HashMap<u64, Rc<Collection>>>,
}

/// In a sound file nothing overlaps, so that each byte is read as part of one thing; some are looked at for two reasons.
const TIMES_READ: u64 = 4;
/// Small files may be as tangled as they like.
const FREE_BYTES: u64 = 64 << 10;

impl<'c> Hdf5<'c> {
    /// Reads the superblock at `start`; the file and the address of its root group, or what is wrong.
    pub(super) fn open(content: &'c Window, start: u64) -> Result<(Self, u64), &'static str> {
        let block = content.read(start, 128).map_err(|_| "a superblock that cannot be read")?;
        let version = *block.get(8).ok_or("a superblock that ends early")?;
        let sizes = match version {
            0 | 1 => block.get(13..15),
            2 | 3 => block.get(9..11),
            _ => return Err("a superblock of an unknown version"),
        };
        let Some(&[offset_size @ (2 | 4 | 8), length_size @ (2 | 4 | 8)]) = sizes else {
            return Err("a superblock with addresses of an unknown size");
        };
        let (offset_size, length_size) = (offset_size.into(), length_size.into());
        let at = match version {
            0 => 24,
            1 => 28,
            _ => 12,
        };
        // Base, free space or extension, end of the file; with versions 0 and 1 a driver and the root's name; the root.
        let skipped = if version < 2 { 2 } else { 0 };
        let mut cursor = Cursor { bytes: &block, at };
        let ends = "a superblock that ends early";
        let base = cursor.number(offset_size).ok_or(ends)?;
        cursor.number(offset_size).ok_or(ends)?;
        let end = cursor.number(offset_size).ok_or(ends)?;
        for _ in 0..skipped {
            cursor.number(offset_size).ok_or(ends)?;
        }
        let root = cursor.number(offset_size).ok_or(ends)?;
        let sum = cursor.bytes.get(cursor.at..).and_then(|rest| rest.first_chunk());
        let is_changed =
            version >= 2 && sum.is_some_and(|sum| u32::from_le_bytes(*sum) != checksum(&block[..cursor.at]));
        // The library takes the superblock's place for the base, whatever is stated, and moves the end by the difference.
        let nowhere = u64::MAX >> (64 - 8 * offset_size as u32);
        let end = match end.checked_sub(base) {
            _ if end == nowhere => 0,
            Some(length) => length.saturating_add(start),
            None => u64::MAX,
        };
        let rank = |at: usize| match version {
            0 | 1 => {
                block.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |rank| u16::from_le_bytes(*rank).into())
            }
            _ => 0,
        };
        let file = Self {
            content,
            base: start,
            offset_size,
            length_size,
            leaf_rank: rank(16),
            tree_rank: rank(18),
            end,
            is_changed,
            left: Cell::new(content.len().saturating_mul(TIMES_READ).saturating_add(FREE_BYTES)),
            has_unread: Cell::new(false),
            has_twins: Cell::new(false),
            collections: RefCell::default(),
        };
        Ok((file, root))
    }

    /// Whether the file is shorter than it says; its library refuses such a file.
    pub(super) fn is_cut_off(&self) -> bool {
        self.end > self.content.len()
    }

    /// Whether a node at `address` can have so many bytes; its library reads all of it, whatever it holds.
    pub(super) fn has_room(&self, address: u64, bytes: u64) -> bool {
        self.place(address).saturating_add(bytes) <= self.content.len()
    }

    /// Whether the superblock has another checksum than it says; its library refuses such a file.
    pub(super) fn is_changed(&self) -> bool {
        self.is_changed
    }

    /// Takes note of bytes of a node or heap that are read; `None` if that is more than a file has whose parts do not overlap.
    pub(super) fn spend(&self, bytes: u64) -> Option<()> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Some(())
            }
            None => {
                self.leave_unread();
                None
            }
        }
    }

    /// Takes note of a part that is not read, and that others may.
    pub(super) fn leave_unread(&self) {
        self.has_unread.set(true);
    }

    /// Whether parts of the file were not read.
    pub(super) fn has_unread(&self) -> bool {
        self.has_unread.get()
    }

    /// Takes note of two objects of a heap with one number.
    pub(super) fn note_twins(&self) {
        self.has_twins.set(true);
    }

    /// Whether two objects of a heap have one number, so that readers may take either.
    pub(super) fn has_twins(&self) -> bool {
        self.has_twins.get()
    }

    /// Where in the content an address is.
    pub(super) fn place(&self, address: u64) -> u64 {
        self.base.saturating_add(address)
    }

    /// The address of a place in the content.
    pub(super) fn address(&self, place: u64) -> Option<u64> {
        place.checked_sub(self.base)
    }

    /// `length` bytes at `address`, if there are so many.
    pub(super) fn block(&self, address: u64, length: u64) -> Option<Bytes<'_>> {
        let length = usize::try_from(length).ok().filter(|_| length <= MAX_BLOCK)?;
        self.content.read_exact(self.base.checked_add(address)?, length).ok()?
    }

    /// Up to `length` bytes at `address`.
    pub(super) fn start_of(&self, address: u64, length: usize) -> Option<Bytes<'_>> {
        self.content.read(self.base.checked_add(address)?, length).ok()
    }

    /// The data of a data set that lies in one piece, by its layout message, and where in the content it lies.
    pub(super) fn data(&self, layout: &Message) -> Option<(Window, u64)> {
        const COMPACT: u8 = 0;
        const CONTIGUOUS: u8 = 1;
        let (place, length) = match layout.data[..] {
            [3..=u8::MAX, COMPACT, low, high, ..] => {
                (self.place(layout.at.checked_add(4)?), u16::from_le_bytes([low, high]).into())
            }
            [3..=u8::MAX, CONTIGUOUS, ..] => {
                let mut cursor = Cursor { bytes: &layout.data, at: 2 };
                (self.place(cursor.number(self.offset_size)?), cursor.number(self.length_size)?)
            }
            _ => return None,
        };
        Some((self.content.part(place, length), place))
    }

    /// How many bytes a data set has that lies in one piece, and their address; `None` if it does not, or is in the message.
    pub(super) fn extent(&self, layout: &Message) -> Option<(u64, u64)> {
        const CONTIGUOUS: u8 = 1;
        let [3..=u8::MAX, CONTIGUOUS, ..] = layout.data[..] else { return None };
        let mut cursor = Cursor { bytes: &layout.data, at: 2 };
        let address = cursor.number(self.offset_size)?;
        Some((cursor.number(self.length_size)?, address))
    }

    /// Whether an address says that there is nothing.
    pub(super) fn is_nowhere(&self, address: u64) -> bool {
        address == u64::MAX >> (64 - 8 * self.offset_size as u32)
    }

    /// The lengths of the axes that a data space message states; none for a scalar.
    pub(super) fn dataspace(&self, data: &[u8]) -> Option<Vec<u64>> {
        let (rank, at) = match *data {
            [1, rank, _, _, _, _, _, _, ..] => (rank, 8),
            [2, rank, _, _, ..] => (rank, 4),
            _ => return None,
        };
        let mut cursor = Cursor { bytes: data, at };
        (0..rank.min(32)).map(|_| cursor.number(self.length_size)).collect()
    }
}

/// The checksum of HDF5's metadata: Bob Jenkins' `lookup3` hash (`hashlittle`, with 0 to start from).
pub(super) fn checksum(bytes: &[u8]) -> u32 {
    let start = 0xDEAD_BEEF_u32.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let (mut a, mut b, mut c) = (start, start, start);
    let word = |block: &[u8], at: usize| {
        let part = block.get(at..).unwrap_or_default();
        part.iter().take(4).rev().fold(0, |word, byte| word << 8 | u32::from(*byte))
    };
    let mut blocks = bytes.chunks(12).peekable();
    while let Some(block) = blocks.next() {
        a = a.wrapping_add(word(block, 0));
        b = b.wrapping_add(word(block, 4));
        c = c.wrapping_add(word(block, 8));
        if blocks.peek().is_some() {
            for turn in [4, 6, 8, 16, 19, 4] {
                a = a.wrapping_sub(c) ^ c.rotate_left(turn);
                c = c.wrapping_add(b);
                (a, b, c) = (b, c, a);
            }
        } else {
            for turn in [14, 11, 25, 16, 4, 14, 24] {
                c = (c ^ b).wrapping_sub(b.rotate_left(turn));
                (a, b, c) = (b, c, a);
            }
            // Where the last turn leaves what it mixed.
            c = b;
        }
    }
    c
}

/// Reads numbers one after the other; `None` at the end.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'b> {
    pub(super) bytes: &'b [u8],
    pub(super) at: usize,
}

impl<'b> Cursor<'b> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(taken)
    }

    /// A little-endian number of up to 8 bytes.
    pub(super) fn number(&mut self, size: usize) -> Option<u64> {
        let taken = self.take(size)?;
        Some(taken.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// A text that ends in a zero byte.
    pub(super) fn text(&mut self) -> Option<String> {
        let rest = self.bytes.get(self.at..)?;
        let length = rest.iter().position(|byte| *byte == 0)?;
        self.at += length + 1;
        Some(String::from_utf8_lossy(&rest[..length]).into_owned())
    }
}
