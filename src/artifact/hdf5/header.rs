//! Object headers of both versions: lists of messages.

use super::file::{Cursor, Hdf5, checksum};

/// Continuation blocks of one header that are followed; real ones have a few.
const MAX_BLOCKS: usize = 1024;
/// Bytes of all messages of one header.
const MAX_BYTES: usize = 64 << 20;

/// Messages of one header; real ones have a few dozen.
const MAX_MESSAGES: usize = 1 << 16;

/// Kinds of messages.
pub(super) mod kind {
    pub(in super::super) const NONE: u16 = 0x00;
    pub(in super::super) const DATASPACE: u16 = 0x01;
    pub(in super::super) const LINK_INFO: u16 = 0x02;
    pub(in super::super) const DATATYPE: u16 = 0x03;
    pub(in super::super) const FILL_VALUE: u16 = 0x05;
    pub(in super::super) const LINK: u16 = 0x06;
    pub(in super::super) const EXTERNAL_FILES: u16 = 0x07;
    pub(in super::super) const LAYOUT: u16 = 0x08;
    pub(in super::super) const GROUP_INFO: u16 = 0x0A;
    pub(in super::super) const FILTERS: u16 = 0x0B;
    pub(in super::super) const ATTRIBUTE: u16 = 0x0C;
    pub(in super::super) const CONTINUATION: u16 = 0x10;
    pub(in super::super) const SYMBOL_TABLE: u16 = 0x11;
    pub(in super::super) const ATTRIBUTE_INFO: u16 = 0x15;
}

/// A message of an object header.
#[derive(Debug)]
pub(super) struct Message {
    /// One of [`kind`].
    pub(super) kind: u16,
    /// Whether it is shared, and what to do with one of an unknown kind.
    pub(super) flags: u8,
    /// Its body.
    pub(super) data: Vec<u8>,
    /// The address of its body.
    pub(super) at: u64,
}

/// How messages are laid out in a header.
#[derive(Debug, Clone, Copy)]
enum Layout {
    One,
    /// With the creation order, if that is tracked.
    Two {
        ordered: bool,
    },
}

impl Hdf5<'_> {
    /// The messages of the object at `address`; `None` if there is none. What is damaged at the end is left out.
    pub(super) fn messages(&self, address: u64) -> Option<Vec<Message>> {
        let (layout, first) = self.first_block(address)?;
        let mut messages = Vec::new();
        let mut bytes = 0;
        let mut blocks = vec![first];
        let mut next = 0;
        while let Some((address, length)) = blocks.get(next).copied() {
            next += 1;
            let Some(block) = self.spend(length).and_then(|()| self.block(address, length)) else {
                // A header that lies outside of the file is none; a continuation may be left out.
                if next == 1 {
                    return None;
                }
                self.leave_unread();
                continue;
            };
            bytes += block.len();
            if messages.len() > MAX_MESSAGES {
                return None;
            }
            let (found, is_cut) = in_block(&block, address, layout);
            if is_cut {
                self.leave_unread();
            }
            for message in found {
                if message.kind == kind::CONTINUATION && blocks.len() < MAX_BLOCKS {
                    blocks.extend(self.continuation(&message.data, layout).filter(|block| !blocks.contains(block)));
                }
                messages.push(message);
            }
            if bytes > MAX_BYTES {
                break;
            }
        }
        Some(messages)
    }

    /// How the messages of the object at `address` are laid out, and where the first of them are: an address and a length.
    fn first_block(&self, address: u64) -> Option<(Layout, (u64, u64))> {
        let start = self.start_of(address, 48)?;
        if start.starts_with(b"OHDR") {
            let flags = *start.get(5)?;
            let at = 6 + if flags & 0x20 == 0 { 0 } else { 16 } + if flags & 0x10 == 0 { 0 } else { 4 };
            let size = 1_usize << (flags & 3);
            let length = Cursor { bytes: &start, at }.number(size)?;
            Some((Layout::Two { ordered: flags & 4 != 0 }, (address.checked_add((at + size) as u64)?, length)))
        } else {
            let &[1, _, _, _, _, _, _, _, a, b, c, d, ..] = &*start else { return None };
            Some((Layout::One, (address.checked_add(16)?, u32::from_le_bytes([a, b, c, d]).into())))
        }
    }

    /// Whether the header at `address` has a checksum, and another than it says: its library does not open the object.
    pub(super) fn is_changed_header(&self, address: u64) -> bool {
        let stated = || {
            let (Layout::Two { .. }, (at, length)) = self.first_block(address)? else { return None };
            let length = (at - address).checked_add(length)?.checked_add(4)?;
            self.spend(length)?;
            let whole = self.block(address, length)?;
            let (content, sum) = whole.split_last_chunk()?;
            Some(u32::from_le_bytes(*sum) == checksum(content))
        };
        stated() == Some(false)
    }

    /// The block of messages that a continuation leads to.
    fn continuation(&self, data: &[u8], layout: Layout) -> Option<(u64, u64)> {
        let mut cursor = Cursor { bytes: data, at: 0 };
        let address = cursor.number(self.offset_size)?;
        let length = cursor.number(self.length_size)?;
        match layout {
            Layout::One => Some((address, length)),
            // Between a signature and a checksum.
            Layout::Two { .. } => Some((address.checked_add(4)?, length.checked_sub(8)?)),
        }
    }
}

/// The messages in a block, and whether the last of them is longer than what is left.
fn in_block(block: &[u8], address: u64, layout: Layout) -> (Vec<Message>, bool) {
    let mut cursor = Cursor { bytes: block, at: 0 };
    let mut messages = Vec::new();
    let mut end = 0;
    while let Some(message) = message(&mut cursor, address, layout).filter(|_| messages.len() <= MAX_MESSAGES) {
        messages.push(message);
        end = cursor.at;
    }
    let rest = block.len() - end;
    // In the second version there may be a gap in which no message has room.
    let is_cut = match layout {
        Layout::One => rest > 0,
        Layout::Two { ordered } => rest >= if ordered { 6 } else { 4 },
    };
    (messages, is_cut)
}

fn message(cursor: &mut Cursor<'_>, address: u64, layout: Layout) -> Option<Message> {
    let (kind, size, flags) = match layout {
        Layout::One => {
            let (kind, size, flags) = (cursor.number(2)?, cursor.number(2)?, cursor.number(1)?);
            cursor.take(3)?;
            // Messages of the first version fill eight bytes.
            (kind, Some(size).filter(|size| size.is_multiple_of(8))?, flags)
        }
        Layout::Two { ordered } => {
            let (kind, size, flags) = (cursor.number(1)?, cursor.number(2)?, cursor.number(1)?);
            cursor.take(if ordered { 2 } else { 0 })?;
            (kind, size, flags)
        }
    };
    let at = address + cursor.at as u64;
    let data = cursor.take(usize::try_from(size).ok()?)?.to_vec();
    Some(Message { kind: u16::try_from(kind).ok()?, flags: u8::try_from(flags).ok()?, data, at })
}
