//! MessagePack, in which Flax keeps weights and spaCy vocabularies. msgpack-numpy keeps arrays of objects as pickles in it,
//! and unpickles them.

use super::{Fault, Values};
use crate::artifact::{Examination, pickle};
use crate::bytes::Window;

/// Texts longer than this are no key or kind.
const KEY_BYTES: u64 = 8;

/// Walks all values of a file, one after the other.
pub(super) fn walk(values: &mut Values<'_>, x: &mut Examination<'_>) -> Result<(), Fault> {
    // How many values are still to come, in all containers that are open.
    let mut open = 0_u64;
    let mut keys = Keys::default();
    while open > 0 || !values.is_at_end() {
        let at = values.at();
        let [tag] = values.take()?;
        let content = match tag {
            0x00..=0x7F | 0xE0..=0xFF | 0xC0 | 0xC2 | 0xC3 => None,
            0x80..=0x8F => Some(Content::Values(2 * u64::from(tag & 15))),
            0x90..=0x9F => Some(Content::Values(u64::from(tag & 15))),
            0xA0..=0xBF => Some(Content::Bytes(u64::from(tag & 31))),
            0xC1 => return Err(Fault::Damaged(at, "a byte that starts no value")),
            0xC4..=0xC6 => Some(Content::Bytes(values.big_endian(1 << (tag - 0xC4))?)),
            0xC7..=0xC9 => Some(Content::Bytes(values.big_endian(1 << (tag - 0xC7))? + 1)),
            0xCA => Some(Content::Bytes(4)),
            0xCB => Some(Content::Bytes(8)),
            0xCC..=0xCF => Some(Content::Bytes(1 << (tag - 0xCC))),
            0xD0..=0xD3 => Some(Content::Bytes(1 << (tag - 0xD0))),
            0xD4..=0xD8 => Some(Content::Bytes((1 << (tag - 0xD4)) + 1)),
            0xD9..=0xDB => Some(Content::Bytes(values.big_endian(1 << (tag - 0xD9))?)),
            0xDC | 0xDD => Some(Content::Values(values.big_endian(2 << (tag - 0xDC))?)),
            0xDE | 0xDF => Some(Content::Values(2 * values.big_endian(2 << (tag - 0xDE))?)),
        };
        open = open.saturating_sub(1);
        match content {
            None => {}
            Some(Content::Values(count)) => open = open.saturating_add(count),
            Some(Content::Bytes(count)) => {
                let start = values.at();
                let bytes = values.skip(count)?;
                let is_unpickled = keys.next(&bytes);
                if pickle::is_pickle_at(&bytes) {
                    if is_unpickled { x.constant(start, &bytes) } else { x.idle(start, &bytes) }
                }
            }
        }
        // Each takes a byte at least.
        if open > values.reader.remaining() {
            return Err(Fault::Damaged(at, "more values are announced than there are bytes"));
        }
    }
    Ok(())
}

enum Content {
    Bytes(u64),
    Values(u64),
}

/// What the last short texts were.
#[derive(Default)]
struct Keys {
    is_kind: bool,
    holds_objects: bool,
}

impl Keys {
    /// Whether msgpack-numpy unpickles `bytes`: it stands behind `kind`, `O`.
    fn next(&mut self, bytes: &Window) -> bool {
        if bytes.len() > KEY_BYTES {
            return self.holds_objects;
        }
        let text = bytes.read(0, KEY_BYTES as usize).unwrap_or_default();
        if self.is_kind {
            self.holds_objects = *text == *b"O";
        }
        self.is_kind = *text == *b"kind";
        false
    }
}

#[cfg(test)]
mod tests {
    use super::super::{assert_cuts_are_told, look};
    use crate::fact::artifact::{Format, Seen};

    const CALL: &[u8] = b"\x80\x02cos\nsystem\nX\x12\0\0\0echo loadlint-test\x85R.";

    /// A dictionary of weights as Flax writes it: an array is an extension of type 1.
    fn weights() -> Vec<u8> {
        let array = [&b"\xC7\x0C\x01\x93\x91\x02\xA2f4\xC4\x04"[..], &[0; 4]].concat();
        [&b"\x82\xA6kernel"[..], &array, b"\xA4bias\xDC\x00\x02\xCB", &[0; 8], b"\xC0"].concat()
    }

    #[test]
    fn whole_files_are_quiet_and_cut_ones_are_not() {
        assert_cuts_are_told("flax_model.msgpack", &weights(), Format::MessagePack, 1, &[]);
        assert_eq!(look("a.msgpack", b"\x81\xC1\xC0".to_vec()).gaps.len(), 1);
        assert_eq!(look("a.msgpack", b"\xDF\xFF\xFF\xFF\xFF".to_vec()).gaps.len(), 1);
    }

    #[test]
    fn arrays_of_objects_are_pickles() {
        let object =
            [&b"\x83\xC4\x02nd\xC3\xC4\x04kind\xC4\x01O\xC4\x04data\xC4"[..], &[CALL.len() as u8], CALL].concat();
        let found = look("arrays.msgpack", object);
        assert!(found.facts.iter().any(|fact| matches!(fact.seen, Seen::Call(_))), "{found:?}");
        assert!(found.gaps.is_empty());
    }
}
