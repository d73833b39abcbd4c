//! Groups: the links that lead from them, in old and new form.

use super::file::{Cursor, Hdf5};
use super::heap;

/// Links of one group.
const MAX_LINKS: usize = 1_000_000;

/// A name in a group.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) name: String,
    pub(super) target: Target,
}

/// Where a link leads.
#[derive(Debug)]
pub(super) enum Target {
    /// To the object at an address.
    Object(u64),
    /// To another name of this file.
    Inside,
    /// To another file.
    File(String),
}

/// The links of a group with a symbol table.
pub(super) fn symbol_table(file: &Hdf5<'_>, message: &[u8]) -> Option<Vec<Link>> {
    let mut cursor = Cursor { bytes: message, at: 0 };
    let tree = cursor.number(file.offset_size)?;
    let names = local_heap(file, cursor.number(file.offset_size)?)?;
    let mut links = Vec::new();
    let mut open = vec![tree];
    while let Some(node) = open.pop() {
        if links.len() > MAX_LINKS {
            file.leave_unread();
            break;
        }
        let head = file.start_of(node, 8)?;
        let &[a, b, c, d, kind, _, low, high] = &*head else { return None };
        let count = u64::from(u16::from_le_bytes([low, high]));
        file.spend(count * (2 * file.offset_size) as u64)?;
        match (&[a, b, c, d], kind) {
            (b"TREE", 0) => children(file, node, count, names.len(), &mut open)?,
            (b"SNOD", 1) => symbols(file, node, count, &names, &mut links)?,
            _ => return None,
        }
    }
    Some(links)
}

/// The library looks names up by the keys between the children, which are places in the heap of `heap` bytes.
fn children(file: &Hdf5<'_>, node: u64, count: u64, heap: usize, open: &mut Vec<u64>) -> Option<()> {
    let (offset, length) = (file.offset_size, file.length_size);
    let head = 8 + 2 * offset as u64;
    let of_entries = |entries: u64| entries * (offset + length) as u64;
    let bytes = file.block(node.checked_add(head)?, of_entries(count))?;
    let mut cursor = Cursor { bytes: &bytes, at: 0 };
    let mut is_sound = file.has_room(node, head + of_entries(2 * file.tree_rank) + length as u64);
    for _ in 0..count {
        is_sound &= cursor.number(length)? < heap as u64;
        open.push(cursor.number(offset)?);
    }
    let last = file.block(node.checked_add(head + of_entries(count))?, length as u64);
    let last = last.and_then(|last| Cursor { bytes: &last, at: 0 }.number(length));
    if !is_sound || count > 0 && last.is_none_or(|last| last >= heap as u64) {
        file.leave_unread();
    }
    Some(())
}

fn symbols(file: &Hdf5<'_>, node: u64, count: u64, names: &[u8], links: &mut Vec<Link>) -> Option<()> {
    let size = 2 * file.offset_size + 24;
    let bytes = file.block(node.checked_add(8)?, count * size as u64)?;
    if !file.has_room(node, 8 + 2 * file.leaf_rank * size as u64) {
        file.leave_unread();
    }
    for entry in bytes.chunks_exact(size) {
        let mut cursor = Cursor { bytes: entry, at: 0 };
        let name = usize::try_from(cursor.number(file.offset_size)?).ok()?;
        let object = cursor.number(file.offset_size)?;
        let target = if cursor.number(4)? == 2 { Target::Inside } else { Target::Object(object) };
        let name = Cursor { bytes: names, at: name }.text().unwrap_or_default();
        file.spend(name.len() as u64)?;
        links.push(Link { name, target });
    }
    Some(())
}

/// The bytes of the local heap at `address`: names, each ended by zero.
fn local_heap(file: &Hdf5<'_>, address: u64) -> Option<Vec<u8>> {
    let head = file.block(address, 8 + 2 * file.length_size as u64 + file.offset_size as u64)?;
    let head = head.strip_prefix(b"HEAP")?;
    let mut cursor = Cursor { bytes: head, at: 4 };
    let size = cursor.number(file.length_size)?;
    let free = cursor.number(file.length_size)?;
    let data = cursor.number(file.offset_size)?;
    file.spend(size)?;
    let bytes = file.block(data, size)?.into_owned();
    if !has_sound_room(file, &bytes, free) {
        file.leave_unread();
    }
    Some(bytes)
}

/// Whether the list of a local heap's free blocks, the first of them at `free`, stays within the heap and ends. Source:
/// `H5HL__fl_deserialize`.
fn has_sound_room(file: &Hdf5<'_>, heap: &[u8], mut free: u64) -> bool {
    const NO_BLOCK: u64 = 1;
    let least = 2 * file.length_size as u64;
    for _ in 0..=heap.len() as u64 / least {
        if free == NO_BLOCK {
            return true;
        }
        let Ok(at) = usize::try_from(free) else { return false };
        let mut cursor = Cursor { bytes: heap, at };
        let (Some(next), Some(size)) = (cursor.number(file.length_size), cursor.number(file.length_size)) else {
            return false;
        };
        if next == 0 || size < least || free.saturating_add(size) > heap.len() as u64 {
            return false;
        }
        free = next;
    }
    false
}

/// A link message, and how many bytes it has.
pub(super) fn link(file: &Hdf5<'_>, message: &[u8]) -> Option<(Link, usize)> {
    let mut cursor = Cursor { bytes: message, at: 0 };
    if cursor.number(1)? != 1 {
        return None;
    }
    let flags = cursor.number(1)?;
    let kind = if flags & 8 == 0 { 0 } else { cursor.number(1)? };
    cursor.take(if flags & 4 == 0 { 0 } else { 8 })?;
    cursor.take(if flags & 16 == 0 { 0 } else { 1 })?;
    let length = cursor.number(1 << (flags & 3))?;
    let name = cursor.take(usize::try_from(length).ok()?)?;
    file.spend(length)?;
    let name = String::from_utf8_lossy(name).into_owned();
    let target = match kind {
        0 => Target::Object(cursor.number(file.offset_size)?),
        _ => {
            let length = usize::try_from(cursor.number(2)?).ok()?;
            let value = cursor.take(length)?;
            file.spend(length as u64)?;
            match kind {
                64 => Target::File(Cursor { bytes: value, at: 1 }.text()?),
                _ => Target::Inside,
            }
        }
    };
    Some((Link { name, target }, cursor.at))
}

/// The heap in which a group keeps its links; `None` if it keeps them elsewhere.
pub(super) fn dense_heap(file: &Hdf5<'_>, message: &[u8]) -> Option<u64> {
    let [0, flags, ..] = message else { return None };
    let at = if flags & 1 == 0 { 2 } else { 10 };
    Cursor { bytes: message, at }.number(file.offset_size).filter(|heap| !file.is_nowhere(*heap))
}

/// The links of a group that keeps them in a heap, found by their shape; none if the group keeps them elsewhere.
pub(super) fn dense(file: &Hdf5<'_>, message: &[u8]) -> Vec<Link> {
    let heap = dense_heap(file, message);
    let mut links = Vec::new();
    for block in heap.map(|heap| heap::blocks(file, heap)).unwrap_or_default() {
        let mut at = 0;
        while let Some(bytes) = block.bytes.get(at..).filter(|rest| rest.len() > 4) {
            let found = if bytes[1] < 0x20 { link(file, bytes) } else { None };
            match found.filter(|(link, _)| is_link(file, link)) {
                Some((link, length)) => {
                    links.push(link);
                    at += length;
                }
                None => at += 1,
            }
        }
    }
    links
}

fn is_link(file: &Hdf5<'_>, link: &Link) -> bool {
    let is_name = !link.name.is_empty() && !link.name.contains(char::is_control);
    is_name
        && match &link.target {
            Target::Object(address) => {
                file.start_of(*address, 4).is_some_and(|head| matches!(*head, [b'O', b'H', b'D', b'R'] | [1, 0, _, _]))
            }
            Target::Inside => true,
            Target::File(path) => !path.is_empty() && !path.contains(char::is_control),
        }
}

/// The paths in a list of external files.
pub(super) fn external_files(file: &Hdf5<'_>, message: &[u8]) -> Option<Vec<String>> {
    let &[1, _, _, _, _, _, low, high, ..] = message else { return None };
    let mut cursor = Cursor { bytes: message, at: 8 };
    let names = local_heap(file, cursor.number(file.offset_size)?)?;
    let mut paths = Vec::new();
    for _ in 0..u16::from_le_bytes([low, high]) {
        let name = usize::try_from(cursor.number(file.length_size)?).ok()?;
        cursor.take(2 * file.length_size)?;
        let path = Cursor { bytes: &names, at: name }.text()?;
        file.spend(path.len() as u64)?;
        paths.push(path);
    }
    Some(paths)
}
