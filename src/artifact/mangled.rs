//! What a transfer or a disk makes of a model file, so that no reader knows it any more: bytes read as text, kept as
//! Base64, swapped in pairs, never written.
//!
//! Comes in: the first bytes of a file of no known format. Goes out: what seems to have happened to it. Called by `content`.

use std::borrow::Cow;

use crate::bytes::Window;

use super::structure;

/// As many zeros are an accident.
const FEW_BYTES: u64 = 16;
/// So much of a file is looked at.
const MOST_FILLER: u64 = 1 << 20;

/// How formats of models start that have a signature of bytes.
const SIGNATURES: [&[u8]; 7] = [
    b"\x93NUMPY",
    b"\x89HDF\r\n\x1a\n",
    b"PK\x03\x04",
    b"\x1F\x8B\x08",
    b"\xFD7zXZ\0",
    b"BZh91AY&SY",
    b"\x28\xB5\x2F\xFD",
];

/// What seems to have happened to `content`, which starts with `head` and has the extension `extension`.
pub(super) fn fault(head: &[u8], content: &Window, extension: &str) -> Option<&'static str> {
    if is_filler(head, content, extension) {
        Some("the file holds nothing but one byte, over and over")
    } else if is_page(head, extension) {
        Some("a page or an answer of a server, not the file that was asked for")
    } else if is_dump(head) {
        Some("a model file as hexadecimal digits, which its loader does not undo")
    } else if is_written_again_as_text(head) {
        Some("a model file that was written again as text")
    } else if is_replaced(head) {
        Some("bytes that are no text were replaced in this file, as if it had been read as one")
    } else if starts_as_a_model(&in_base64(head)) {
        Some("a model file kept as Base64, which its loader does not undo")
    } else if starts_as_a_model(&swapped(head)) {
        Some("the bytes of this file are swapped in pairs")
    } else if head.starts_with(b"ccopy_reg\n_reconstructor\n") {
        Some("a pickle that breaks off")
    } else if is_array_without_its_start(head) {
        Some("a numpy array whose start is damaged")
    } else if is_pickle_without_its_start(head, content) {
        Some("a pickle whose first bytes are damaged")
    } else if is_safetensors_of_another_length(head) {
        Some("a safetensors file whose first eight bytes do not say how long its header is")
    } else {
        None
    }
}

/// Whether nothing was written to a file that promises nothing: arrays of zeros have names of their own.
fn is_filler(head: &[u8], content: &Window, extension: &str) -> bool {
    let is_one = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0) || bytes.iter().all(|byte| *byte == 0xFF);
    if !extension.is_empty() || content.len() < FEW_BYTES || content.len() > MOST_FILLER || !is_one(head) {
        return false;
    }
    content.read(0, MOST_FILLER as usize).is_ok_and(|bytes| is_one(&bytes))
}

/// Whether a server said this in the place of a file whose name promises no page.
fn is_page(head: &[u8], extension: &str) -> bool {
    const NAMES: [&str; 10] = ["", "bin", "pt", "ckpt", "model", "weights", "dat", "data", "txt", "json"];
    const PAGES: [&[u8]; 3] = [b"<!doctypehtml", b"<html", b"<?xmlversion=\"1.0\"encoding=\"utf-8\"?><error>"];
    const ANSWERS: [&[u8]; 2] = [b"{\"error\":", b"{\"detail\":"];
    let letters = head.iter().take(256).filter(|byte| !byte.is_ascii_whitespace()).map(u8::to_ascii_lowercase);
    let letters: Vec<u8> = letters.collect();
    let is_one = PAGES.iter().any(|page| letters.starts_with(page))
        || extension != "json" && ANSWERS.iter().any(|answer| letters.starts_with(answer));
    is_one && NAMES.contains(&extension)
}

/// Whether hexadecimal digits, with or without blanks between the bytes, are those of a model file.
fn is_dump(head: &[u8]) -> bool {
    const DIGITS: usize = 32;
    let digits: Vec<u8> = head.iter().filter(|byte| !byte.is_ascii_whitespace()).take(DIGITS).copied().collect();
    let nibble = |digit: u8| char::from(digit).to_digit(16).map(|digit| digit as u8);
    let (pairs, _) = digits.as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(nibble(*high)? << 4 | nibble(*low)?)).collect();
    bytes.is_some_and(|bytes| bytes.len() == DIGITS / 2 && starts_as_a_model(&bytes))
}

/// Whether a pickle of the first protocol has the line ends of Windows, or a model file two bytes for each of its own.
fn is_written_again_as_text(head: &[u8]) -> bool {
    const STARTS: [&[u8]; 6] = [b"(dp0", b"(lp0", b"(dp1", b"(lp1", b"(tp0", b"ccopy_reg"];
    let wide = head.strip_prefix(b"\xFF\xFE").map(|rest| {
        let (units, _) = rest.as_chunks::<2>();
        units.iter().take(16).map(|[low, high]| if *high == 0 { *low } else { 0 }).collect::<Vec<u8>>()
    });
    let starts = |text: &[u8], end: &[u8]| {
        STARTS.iter().any(|start| text.strip_prefix(*start).is_some_and(|rest| rest.starts_with(end)))
    };
    let is_model = |text: Vec<u8>| starts(&text, b"\n") || starts(&text, b"\r\n") || starts_as_a_model(&text);
    starts(head, b"\r\n") || wide.is_some_and(is_model)
}

/// Whether it starts as one of the formats does in which each byte above 127 has become U+FFFD.
fn is_replaced(head: &[u8]) -> bool {
    const REPLACED: &[u8] = "\u{FFFD}".as_bytes();
    let of = |signature: &[u8]| {
        let bytes = signature.iter().map(|byte| if *byte < 0x80 { Cow::Owned(vec![*byte]) } else { REPLACED.into() });
        bytes.collect::<Vec<Cow<'_, [u8]>>>().concat()
    };
    let is_pickle = matches!(head.strip_prefix(REPLACED), Some([2..=5, rest @ ..]) if !rest.is_empty());
    let has_others = |signature: &&&[u8]| signature.iter().any(|byte| *byte >= 0x80);
    is_pickle || SIGNATURES.iter().filter(has_others).any(|signature| head.starts_with(&of(signature)))
}

fn starts_as_a_model(head: &[u8]) -> bool {
    let is_pickle = matches!(head, [0x80, 2..=5, b'c' | b'}' | b']' | b'X' | b'(' | b'q' | 0x8A | 0x8C | 0x95, ..]);
    is_pickle || SIGNATURES.iter().any(|signature| head.starts_with(signature))
}

/// The first bytes that a text in Base64 stands for; none if it is no such text. Pickles in it are looked at elsewhere.
fn in_base64(head: &[u8]) -> Vec<u8> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'\r' | b'\n');
    let is_one = head.len() >= 64 && head.iter().all(is_letter);
    let start = head.get(..16).filter(|_| is_one).and_then(|start| str::from_utf8(start).ok());
    start.and_then(super::base64::decode).unwrap_or_default()
}

fn swapped(head: &[u8]) -> Vec<u8> {
    let (pairs, _) = head.as_chunks::<2>();
    pairs.iter().take(8).flat_map(|[first, second]| [*second, *first]).collect()
}

/// The header of an array, without the bytes that should stand before it.
fn is_array_without_its_start(head: &[u8]) -> bool {
    let start = &head[..head.len().min(256)];
    let holds = |word: &[u8]| memchr::memmem::find(start, word);
    let header = holds(b"{'descr'").filter(|at| (1..32).contains(at));
    header.is_some() && holds(b"'fortran_order'").is_some() && holds(b"'shape'").is_some()
}

/// What follows the two bytes that say that it is one, and of which version: a frame that is all that is left, or
/// operations that come to their end with the file.
fn is_pickle_without_its_start(head: &[u8], content: &Window) -> bool {
    const LEAST: usize = 16;
    let Some(rest) = head.get(2..).filter(|rest| rest.len() >= LEAST) else { return false };
    let left = content.len() - 2;
    match rest {
        [0x95, length @ ..] => {
            let length = length.first_chunk().map(|length| u64::from_le_bytes(*length));
            length.and_then(|length| length.checked_add(9)) == Some(left)
        }
        // The first object of older ones is kept for later.
        [b'}' | b']', b'q', 0, ..] => structure::pickle_length(rest).is_some_and(|length| length as u64 == left),
        _ => false,
    }
}

fn is_safetensors_of_another_length(head: &[u8]) -> bool {
    let holds = |word: &[u8]| memchr::memmem::find(head, word).is_some();
    head.get(8..10) == Some(b"{\"") && holds(b"\"dtype\"") && holds(b"\"data_offsets\"")
}

#[cfg(test)]
mod tests {
    use super::fault;

    fn told(bytes: &[u8], extension: &str) -> Option<&'static str> {
        fault(bytes, &bytes.to_vec().into(), extension).map(|fault| fault.split(',').next().unwrap_or(fault))
    }

    #[test]
    fn what_was_mangled_is_told() {
        let zip = b"PK\x03\x04\0\0\x08\x08\0\0\0\0\0\0\0\0";
        let base64 = format!("UEsDBAAACAgAAAAAAAAA{}", "AAAA".repeat(20));
        let array = b"\x93NUMPI\x01\0v\0{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }";
        let tensors = b"\0\0\0\0\0\0\0\x40{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
        let pairs: Vec<u8> = zip.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect();
        for (bytes, fault) in [
            (&[0; 64][..], "the file holds nothing but one byte"),
            (&[0xFF; 64], "the file holds nothing but one byte"),
            (b"<!DOCTYPE html>\n<html lang=\"en\">", "a page or an answer of a server"),
            (b"{ \"error\": \"not found\"}", "a page or an answer of a server"),
            (b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>NoSuchKey", "a page or an answer of a server"),
            (b"504B0304 14000808 00000000 00000000", "a model file as hexadecimal digits"),
            (b"80 04 95 1a 00 00 00 00 00 00 00 7d 94 8c 05 6d", "a model file as hexadecimal digits"),
            (b"\xFF\xFE(\0d\0p\x000\0\n\0", "a model file that was written again as text"),
            (b"\xFF\xFE\x80\0\x02\0}\0q\0\0\0", "a model file that was written again as text"),
            (b"(dp0\r\nVlr\r\np1\r\nF0.1\r\ns.", "a model file that was written again as text"),
            ("\u{FFFD}\u{4}\u{FFFD}A".as_bytes(), "bytes that are no text were replaced in this file"),
            ("\u{FFFD}HDF\r\n\u{1a}\n".as_bytes(), "bytes that are no text were replaced in this file"),
            (base64.as_bytes(), "a model file kept as Base64"),
            (&pairs, "the bytes of this file are swapped in pairs"),
            (b"\x02\x80\x0A\x8A\xFCl", "the bytes of this file are swapped in pairs"),
            (b"\x80\x89}q\0X\x05\0\0\0modelq\x01K\x05s.", "a pickle whose first bytes are damaged"),
            (b"\0\x04\x95\x0E\0\0\0\0\0\0\0}\x94\x8C\x05model\x94K\x05s.", "a pickle whose first bytes are damaged"),
            (b"ccopy_reg\n_reconstructor\np0\n(cnumpy\npoly1d\np1\nc__", "a pickle that breaks off"),
            (array, "a numpy array whose start is damaged"),
            (tensors, "a safetensors file whose first eight bytes do not say how long its header is"),
        ] {
            assert_eq!(told(bytes, ""), Some(fault), "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_model_is_not() {
        let words = "UEsD is a word and so is ".repeat(10);
        for bytes in [&b""[..], &[0; 8], b"text", words.as_bytes(), "\u{FFFD}\u{FFFD} text".as_bytes(), &[7; 64]] {
            assert_eq!(told(bytes, ""), None, "{}", bytes.escape_ascii());
        }
        assert_eq!(told(&[0; 64], "bin"), None);
        assert_eq!(told(b"<html>", "html"), None);
        assert_eq!(told(b"{\"error\": 1}", "json"), None);
        assert_eq!(told(b"504B0304 is a signature of zip files", ""), None);
        assert_eq!(told(b"see {'descr': 1}", ""), None);
    }
}
