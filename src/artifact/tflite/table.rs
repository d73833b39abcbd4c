//! FlatBuffers: tables, vectors and texts that lead to one another by offsets.

use crate::bytes::Window;
use crate::fact::artifact::ByteRegion;

/// Longest name that is read.
const MAX_TEXT: u64 = 4096;
/// Fields of a table that are read; those that matter are among the first.
const MAX_FIELDS: usize = 16;
/// Axes of a shape that are read.
const MAX_NUMBERS: u64 = 64;

/// A table, and where each of its fields stands.
#[derive(Debug)]
pub(super) struct Table {
    content: Window,
    at: u64,
    /// Offsets of the first fields in the table; 0 for one that is left out.
    fields: [u16; MAX_FIELDS],
}

/// A vector: its first item and how many there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Vector {
    pub(super) start: u64,
    pub(super) count: u64,
}

impl Vector {
    /// Its first items as 32-bit numbers.
    pub(super) fn numbers(self, content: &Window) -> Option<Vec<u64>> {
        (0..self.count.min(MAX_NUMBERS)).map(|index| number(content, self.start + index * 4, 4)).collect()
    }
}

/// A little-endian number of up to eight bytes.
fn number(content: &Window, at: u64, size: usize) -> Option<u64> {
    let bytes = content.read_exact(at, size).ok()??;
    Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

impl Table {
    /// The table that the file starts with.
    pub(super) fn root(content: &Window) -> Option<Self> {
        Self::at_reference(content, 0)
    }

    /// The table that the offset at `at` leads to.
    pub(super) fn at_reference(content: &Window, at: u64) -> Option<Self> {
        let table = at.checked_add(number(content, at, 4)?)?;
        // The distance to the list of fields is signed, and goes backwards.
        let distance = number(content, table, 4)? as u32 as i32;
        let list = table.checked_add_signed(-i64::from(distance))?;
        let size = number(content, list, 2)?;
        let length = usize::try_from(size.checked_sub(4)?).ok()?.min(2 * MAX_FIELDS);
        let bytes = content.read_exact(list.checked_add(4)?, length).ok()??;
        let mut fields = [0; MAX_FIELDS];
        let offsets = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        fields.iter_mut().zip(offsets).for_each(|(field, offset)| *field = offset);
        Some(Self { content: content.clone(), at: table, fields })
    }

    /// Where a field stands; inner `None` if it is left out.
    fn field(&self, index: usize) -> Option<u64> {
        let offset = self.fields.get(index).copied().filter(|offset| *offset != 0)?;
        Some(self.at + u64::from(offset))
    }

    /// A number of a field; inner `None` if it is left out.
    pub(super) fn number(&self, index: usize, size: usize) -> Option<Option<u64>> {
        match self.field(index) {
            Some(at) => number(&self.content, at, size).map(Some),
            None => Some(None),
        }
    }

    /// The vector of a field; inner `None` if it is left out.
    pub(super) fn vector(&self, index: usize) -> Option<Option<Vector>> {
        let Some(at) = self.field(index) else { return Some(None) };
        let vector = at.checked_add(number(&self.content, at, 4)?)?;
        let count = number(&self.content, vector, 4)?;
        let start = vector + 4;
        // Items have one byte at least.
        (count <= self.content.len().saturating_sub(start)).then_some(Some(Vector { start, count }))
    }

    /// The text of a field and where it stands; inner `None` if it is left out.
    pub(super) fn text(&self, index: usize) -> Option<Option<(String, ByteRegion)>> {
        let Some(Vector { start, count }) = self.vector(index)? else { return Some(None) };
        let bytes = self.content.read(start, count.min(MAX_TEXT) as usize).ok()?;
        Some(Some((String::from_utf8_lossy(&bytes).into_owned(), ByteRegion::new(start, start + count))))
    }
}
