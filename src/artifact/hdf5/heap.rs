//! Heaps: where texts of any length, and many attributes or links, are kept.

use std::collections::HashMap;
use std::rc::Rc;

use super::file::{Cursor, Hdf5};

/// Levels of indirect blocks.
const MAX_LEVELS: u32 = 8;

/// A block of a fractal heap that holds objects.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) bytes: Vec<u8>,
    /// Its address.
    pub(super) at: u64,
}

/// What a reference to a value of variable length leads to.
#[derive(Debug)]
pub(super) enum Element {
    Empty,
    /// Its bytes, and their address.
    Found(Vec<u8>, u64),
    /// It is not where it should be.
    Lost,
}

/// The value of variable length whose reference `cursor` stands at; `None` at the end.
pub(super) fn element(file: &Hdf5<'_>, cursor: &mut Cursor<'_>) -> Option<Element> {
    let length = cursor.number(4)?;
    let collection = cursor.number(file.offset_size)?;
    let index = cursor.number(4)?;
    if length == 0 || collection == 0 || file.is_nowhere(collection) {
        return Some(Element::Empty);
    }
    let found = object(file, collection, index, length);
    Some(found.map_or(Element::Lost, |(bytes, at)| Element::Found(bytes, at)))
}

/// The objects of a global heap: their indices, each with its address and length.
#[derive(Debug, Default)]
pub(super) struct Collection(HashMap<u64, (u64, u64)>);

/// The object `index` of the global heap collection at `address`, no longer than `length`.
fn object(file: &Hdf5<'_>, address: u64, index: u64, length: u64) -> Option<(Vec<u8>, u64)> {
    let known = file.collections.borrow().get(&address).cloned();
    let collection = match known {
        Some(known) => known,
        None => {
            let read = Rc::new(collection(file, address)?);
            file.collections.borrow_mut().insert(address, Rc::clone(&read));
            read
        }
    };
    let (data, size) = collection.0.get(&index)?;
    let length = length.min(*size);
    file.spend(length)?;
    Some((file.block(*data, length)?.into_owned(), *data))
}

fn collection(file: &Hdf5<'_>, address: u64) -> Option<Collection> {
    let head = file.block(address, 8 + file.length_size as u64)?;
    if !head.starts_with(b"GCOL") {
        return None;
    }
    let size = Cursor { bytes: &head, at: 8 }.number(file.length_size)?;
    let end = address.checked_add(size)?;
    let entry = 8 + file.length_size as u64;
    let mut at = address.checked_add(entry)?;
    let mut collection = Collection::default();
    while at.checked_add(entry).is_some_and(|data| data <= end) {
        file.spend(entry)?;
        let Some(head) = file.block(at, entry) else { break };
        let mut cursor = Cursor { bytes: &head, at: 0 };
        let index = cursor.number(2)?;
        cursor.take(6)?;
        let size = cursor.number(file.length_size)?;
        if index == 0 {
            break;
        }
        let data = at.checked_add(entry)?;
        // The library takes the last of a number, which nobody else writes twice.
        if collection.0.insert(index, (data, size)).is_some() {
            file.note_twins();
        }
        let Some(next) = size.checked_next_multiple_of(8).and_then(|size| data.checked_add(size)) else { break };
        at = next;
    }
    Some(collection)
}

/// The object that a virtual data set's layout refers to: the files and data sets that it is made of.
pub(super) fn referred(file: &Hdf5<'_>, cursor: &mut Cursor<'_>) -> Option<(Vec<u8>, u64)> {
    let collection = cursor.number(file.offset_size)?;
    let index = cursor.number(4)?;
    object(file, collection, index, u64::MAX)
}

/// All objects of the global heap collection at `address`, each with its own address, up to `most` bytes together.
pub(super) fn all(file: &Hdf5<'_>, address: u64, most: u64) -> Vec<(Vec<u8>, u64)> {
    let mut found = Vec::new();
    let entry = 8 + file.length_size as u64;
    let Some(head) = file.block(address, entry) else { return found };
    let Some(size) = (Cursor { bytes: &head, at: 8 }).number(file.length_size) else { return found };
    let end = address.saturating_add(size);
    let (mut at, mut left) = (address.saturating_add(entry), most);
    while at.saturating_add(entry) <= end {
        let Some(head) = file.spend(entry).and_then(|()| file.block(at, entry)) else { return found };
        let index = u16::from_le_bytes([head[0], head[1]]);
        let Some(size) = (Cursor { bytes: &head, at: 8 }).number(file.length_size) else { return found };
        let data = at.saturating_add(entry);
        if index == 0 || size > left || data.saturating_add(size) > end {
            return found;
        }
        if let Some(bytes) = file.spend(size).and_then(|()| file.block(data, size)) {
            found.push((bytes.into_owned(), data));
        }
        left -= size;
        at = data.saturating_add(size.checked_next_multiple_of(8).unwrap_or(u64::MAX));
    }
    found
}

/// What a fractal heap's header says of its blocks.
struct Heap {
    width: u64,
    first_size: u64,
    direct_rows: u64,
    /// Bytes before the addresses of an indirect block; a direct block may have a checksum more.
    prefix: usize,
    checksum: usize,
}

/// The blocks of the fractal heap at `address` that hold objects; the file takes note of those that cannot be read.
pub(super) fn blocks(file: &Hdf5<'_>, address: u64) -> Vec<Block> {
    let mut blocks = Vec::new();
    match header(file, address) {
        // It holds nothing yet.
        Some((_, root, _)) if file.is_nowhere(root) => {}
        Some((heap, root, 0)) => direct(file, &heap, root, heap.first_size, &mut blocks),
        Some((heap, root, rows)) => indirect(file, &heap, root, rows, 0, &mut blocks),
        None => file.leave_unread(),
    }
    blocks
}

fn header(file: &Hdf5<'_>, address: u64) -> Option<(Heap, u64, u64)> {
    let (offset, length) = (file.offset_size, file.length_size);
    let bytes = file.start_of(address, 256)?;
    let bytes = bytes.strip_prefix(b"FRHP\0")?;
    let mut cursor = Cursor { bytes, at: 2 };
    let filters = cursor.number(2)?;
    let flags = cursor.number(1)?;
    // Largest object; huge objects; free space; sizes and counts of managed, huge and tiny objects.
    cursor.take(4 + length + offset + length + offset + 8 * length)?;
    let width = cursor.number(2)?;
    let first_size = cursor.number(length)?;
    let largest = cursor.number(length)?;
    let bits = cursor.number(2)?;
    cursor.take(2)?;
    let root = cursor.number(offset)?;
    let rows = cursor.number(2)?;
    // Filtered blocks are compressed; no writer of models does that.
    if filters != 0 || width == 0 || first_size == 0 || largest < first_size {
        return None;
    }
    let direct_rows = u64::from((largest / first_size).ilog2()) + 2;
    let prefix = 5 + offset + usize::try_from(bits.div_ceil(8)).ok()?;
    let checksum = if flags & 2 == 0 { 0 } else { 4 };
    Some((Heap { width, first_size, direct_rows, prefix, checksum }, root, rows))
}

fn direct(file: &Hdf5<'_>, heap: &Heap, address: u64, size: u64, blocks: &mut Vec<Block>) {
    let is_one = file.start_of(address, 4).is_some_and(|start| *start == *b"FHDB");
    let bytes = if is_one { file.spend(size).and_then(|()| file.block(address, size)) } else { None };
    let overhead = heap.prefix + heap.checksum;
    match bytes.as_deref().and_then(|bytes| bytes.get(overhead..)) {
        Some(objects) => blocks.push(Block { bytes: objects.to_vec(), at: address + overhead as u64 }),
        None => file.leave_unread(),
    }
}

fn indirect(file: &Hdf5<'_>, heap: &Heap, address: u64, rows: u64, level: u32, blocks: &mut Vec<Block>) {
    let entries = rows.min(64) * heap.width;
    let length = heap.prefix as u64 + entries * file.offset_size as u64;
    let bytes = file.spend(length).and_then(|()| file.block(address, length));
    let Some(bytes) = bytes.filter(|bytes| bytes.starts_with(b"FHIB") && level <= MAX_LEVELS) else {
        return file.leave_unread();
    };
    let mut cursor = Cursor { bytes: &bytes, at: heap.prefix };
    for entry in 0..entries {
        let Some(child) = cursor.number(file.offset_size) else { return };
        if file.is_nowhere(child) {
            continue;
        }
        let row = entry / heap.width;
        let size = heap.first_size.saturating_mul(1_u64.checked_shl(row.saturating_sub(1) as u32).unwrap_or(u64::MAX));
        if row < heap.direct_rows {
            direct(file, heap, child, size, blocks);
        } else {
            let rows = u64::from((size / (heap.first_size * heap.width).max(1)).max(1).ilog2()) + 1;
            indirect(file, heap, child, rows, level + 1, blocks);
        }
    }
}
