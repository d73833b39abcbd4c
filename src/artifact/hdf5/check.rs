//! What HDF5's library refuses of an object's header, apart from what its readers here run into themselves.
//!
//! Comes in: the messages of a header. Goes out: why the object cannot be opened. Source: HDF5 1.14, `H5Ocache.c`
//! (`H5O__chunk_deserialize`), `H5Oint.c` (`H5O__obj_class_real`) and the `decode` functions of the messages.

use super::header::{Message, kind};

/// Flags of a message.
mod flag {
    pub(super) const SHARED: u8 = 0x02;
    pub(super) const NOT_TO_BE_SHARED: u8 = 0x04;
    pub(super) const FAIL_IF_UNKNOWN: u8 = 0x08;
    pub(super) const MARK_IF_UNKNOWN: u8 = 0x10;
    pub(super) const WAS_UNKNOWN: u8 = 0x20;
}

/// The newest version of a data type there is.
const NEWEST_TYPE: u8 = 5;

/// Why the object of these messages cannot be opened.
pub(super) fn fault(messages: &[Message]) -> Option<&'static str> {
    let says_its_kind =
        |message: &Message| matches!(message.kind, kind::SYMBOL_TABLE | kind::LINK_INFO | kind::DATATYPE);
    if messages.iter().any(has_odd_flags) {
        Some("a message of an object's header has flags that contradict each other")
    } else if messages.iter().any(is_of_no_version) {
        Some("a message of an object's header has a version that there is not")
    } else if !messages.iter().any(says_its_kind) {
        Some("an object does not say what it is")
    } else {
        None
    }
}

fn has_odd_flags(message: &Message) -> bool {
    let has = |flag: u8| message.flags & flag != 0;
    has(flag::SHARED) && has(flag::NOT_TO_BE_SHARED)
        || has(flag::WAS_UNKNOWN) && (has(flag::FAIL_IF_UNKNOWN) || !has(flag::MARK_IF_UNKNOWN))
}

fn is_of_no_version(message: &Message) -> bool {
    // What is shared is elsewhere.
    if message.flags & flag::SHARED != 0 {
        return false;
    }
    let Some(version) = message.data.first().copied() else { return false };
    match message.kind {
        kind::DATASPACE | kind::FILTERS => !(1..=2).contains(&version),
        kind::DATATYPE => !is_type_version(version),
        kind::FILL_VALUE => !(1..=3).contains(&version),
        kind::LAYOUT => !(1..=5).contains(&version),
        kind::LINK => version != 1,
        kind::LINK_INFO | kind::GROUP_INFO | kind::ATTRIBUTE_INFO => version != 0,
        kind::ATTRIBUTE => !(1..=3).contains(&version) || has_type_of_no_version(&message.data),
        _ => false,
    }
}

/// The version of a data type stands above its class.
fn is_type_version(first: u8) -> bool {
    (1..=NEWEST_TYPE).contains(&(first >> 4))
}

/// Whether the type in an attribute is of no version.
fn has_type_of_no_version(attribute: &[u8]) -> bool {
    const SHARED_TYPE: u8 = 1;
    let &[version, flags, low, high, ..] = attribute else { return false };
    let name = usize::from(u16::from_le_bytes([low, high]));
    let (start, name) = match version {
        1 => (8, name.next_multiple_of(8)),
        2 => (8, name),
        _ => (9, name),
    };
    let is_elsewhere = version > 1 && flags & SHARED_TYPE != 0;
    !is_elsewhere && attribute.get(start + name).is_some_and(|first| !is_type_version(*first))
}
