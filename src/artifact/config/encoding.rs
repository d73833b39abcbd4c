//! The encodings of configurations: what Python's `json.loads` makes of bytes, and PyYAML of their order marks.
//!
//! Comes in: bytes. Goes out: their text, and whether its places are those of the bytes. Called by `config`.

use std::borrow::Cow;

/// A text and whether it is, byte for byte, what stands in the file.
pub(super) struct Decoded<'b> {
    pub(super) text: Cow<'b, str>,
    pub(super) is_exact: bool,
    /// Whether each character takes two bytes or four.
    pub(super) is_wide: bool,
    /// Whether some bytes were no text in their encoding.
    pub(super) is_damaged: bool,
}

#[derive(Clone, Copy)]
enum Order {
    Little,
    Big,
}

/// The text of `bytes`, in the encoding that `json.detect_encoding` finds: by a mark of the order of bytes, or by where
/// the zeros of the first characters stand.
pub(super) fn decode(bytes: &[u8]) -> Decoded<'_> {
    let units = match bytes {
        [0xFF, 0xFE, 0, 0, rest @ ..] => wide(rest, Order::Little),
        [0, 0, 0xFE, 0xFF, rest @ ..] => wide(rest, Order::Big),
        [0xFF, 0xFE, rest @ ..] => halves(rest, Order::Little),
        [0xFE, 0xFF, rest @ ..] => halves(rest, Order::Big),
        [0, 0, _, _, ..] => wide(bytes, Order::Big),
        [0, _, _, _, ..] => halves(bytes, Order::Big),
        [_, 0, 0, 0, ..] => wide(bytes, Order::Little),
        [_, 0, _, _, ..] => halves(bytes, Order::Little),
        _ => {
            let text = String::from_utf8_lossy(bytes);
            let is_damaged = matches!(text, Cow::Owned(_));
            return Decoded { text, is_exact: !is_damaged, is_wide: false, is_damaged };
        }
    };
    let is_damaged = units.contains(char::REPLACEMENT_CHARACTER);
    Decoded { text: Cow::Owned(units), is_exact: false, is_wide: true, is_damaged }
}

fn halves(bytes: &[u8], order: Order) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match order {
        Order::Little => u16::from_le_bytes([pair[0], pair[1]]),
        Order::Big => u16::from_be_bytes([pair[0], pair[1]]),
    });
    let text: String = char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    with_rest(text, bytes.len() % 2)
}

fn wide(bytes: &[u8], order: Order) -> String {
    let units = bytes.chunks_exact(4).map(|four| match order {
        Order::Little => u32::from_le_bytes([four[0], four[1], four[2], four[3]]),
        Order::Big => u32::from_be_bytes([four[0], four[1], four[2], four[3]]),
    });
    let text: String = units.map(|unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    with_rest(text, bytes.len() % 4)
}

/// Bytes that make no whole character are a fault.
fn with_rest(mut text: String, rest: usize) -> String {
    if rest > 0 {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(text: &str, width: usize, little: bool, mark: bool) -> Vec<u8> {
        let mark = mark.then_some('\u{FEFF}');
        let text: String = mark.into_iter().chain(text.chars()).collect();
        let unit = |unit: u32| match (width, little) {
            (2, true) => (unit as u16).to_le_bytes().to_vec(),
            (2, false) => (unit as u16).to_be_bytes().to_vec(),
            (_, true) => unit.to_le_bytes().to_vec(),
            (_, false) => unit.to_be_bytes().to_vec(),
        };
        if width == 2 {
            text.encode_utf16().flat_map(|half| unit(half.into())).collect()
        } else {
            text.chars().flat_map(|c| unit(c.into())).collect()
        }
    }

    #[test]
    fn as_python_detects_them() {
        let text = "{\"class_name\": \"Lämbda \u{1F4A3}\"}";
        for width in [2, 4] {
            for little in [true, false] {
                for mark in [true, false] {
                    let bytes = encoded(text, width, little, mark);
                    let found = decode(&bytes);
                    assert_eq!((&*found.text, found.is_exact, found.is_damaged), (text, false, false), "{bytes:?}");
                }
            }
        }
        let plain = decode(text.as_bytes());
        assert!(plain.is_exact && plain.text == text);
        assert!(decode(b"{\0\"\0\xFF").is_damaged && decode(b"{\"a\": \"\xFF\"}").is_damaged);
    }
}
