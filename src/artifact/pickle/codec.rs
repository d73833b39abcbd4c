//! Codecs of Python that streams use to write names and bytes in disguise, evaluated on small inputs.
//!
//! Comes in: a text or bytes, the codec's name, a direction. Goes out: what Python would make of it; `None` if it would
//! fail or is not known here, which never counts as harmless. Called by `fold`.

/// A text or bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// `str`.
    Text(String),
    /// `bytes`.
    Bytes(Vec<u8>),
}

impl Content {
    /// Its bytes; those of a text in UTF-8.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
        }
    }
}

/// What `encode(content, codec)` gives.
pub(super) fn encode(content: &Content, codec: &str) -> Option<Content> {
    let codec = normal(codec);
    let text = match content {
        Content::Text(text) => text,
        Content::Bytes(bytes) => return encode_bytes(bytes, &codec),
    };
    Some(Content::Bytes(match codec.as_str() {
        "utf8" | "u8" | "utf" | "cp65001" => text.as_bytes().to_vec(),
        "latin1" | "iso88591" | "l1" | "latin" | "8859" | "cp819" => {
            text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<_>>()?
        }
        "utf16le" => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        "utf16be" => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
        "rot13" => return Some(Content::Text(rot13(text))),
        "unicodeescape" => text.chars().flat_map(char::escape_default).map(|c| c as u8).collect(),
        // Every other codec that Python can write ASCII with agrees on ASCII, but for these.
        codec if text.is_ascii() && agrees_on_ascii(codec) => text.as_bytes().to_vec(),
        _ => return None,
    }))
}

/// What `decode(content, codec)` gives.
pub(super) fn decode(content: &Content, codec: &str) -> Option<Content> {
    let codec = normal(codec);
    let bytes = content.bytes();
    Some(Content::Text(match codec.as_str() {
        "rot13" => rot13(std::str::from_utf8(bytes).ok()?),
        "hex" => return unhex(bytes).map(Content::Bytes),
        "base64" => return base64(bytes).map(Content::Bytes),
        "utf8" | "u8" | "utf" | "cp65001" | "utf8sig" => {
            std::str::from_utf8(bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)).ok()?.to_owned()
        }
        "latin1" | "iso88591" | "l1" | "latin" | "8859" | "cp819" => bytes.iter().copied().map(char::from).collect(),
        "utf16le" => utf16(bytes, u16::from_le_bytes)?,
        "utf16be" => utf16(bytes, u16::from_be_bytes)?,
        "utf16" => match bytes {
            [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes)?,
            [0xFF, 0xFE, rest @ ..] | rest => utf16(rest, u16::from_le_bytes)?,
        },
        "stringescape" => {
            let read = super::operand::string_escapes(bytes).ok()?;
            return Some(Content::Bytes(read.unwrap_or_else(|| bytes.to_vec())));
        }
        "unicodeescape" => unicode_escapes(bytes)?,
        "rawunicodeescape" => {
            super::operand::raw_unicode_escapes(bytes).ok()?.or_else(|| String::from_utf8(bytes.to_vec()).ok())?
        }
        codec if bytes.is_ascii() && agrees_on_ascii(codec) => String::from_utf8(bytes.to_vec()).ok()?,
        _ => return None,
    }))
}

/// What a function that takes text or bytes in this notation gives: bytes.
pub(super) fn from_notation(content: &Content, notation: &str) -> Option<Vec<u8>> {
    match notation {
        "hex" => unhex(content.bytes()),
        "base64" => base64(content.bytes()),
        "base32" => base32(content.bytes()),
        _ => None,
    }
}

fn encode_bytes(bytes: &[u8], codec: &str) -> Option<Content> {
    match codec {
        "hex" => Some(Content::Bytes(bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect())),
        "rot13" => Some(Content::Text(rot13(std::str::from_utf8(bytes).ok()?))),
        _ => None,
    }
}

/// `latin-1`, `latin_1` and `Latin1` are one codec; `hex_codec` is `hex`.
fn normal(codec: &str) -> String {
    let bare: String = codec.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    bare.strip_suffix("codec").unwrap_or(&bare).to_owned()
}

fn agrees_on_ascii(codec: &str) -> bool {
    let families = ["ascii", "usascii", "646", "cp", "windows", "iso8859", "latin", "mac", "koi8", "gb", "big5", "euc"];
    let exceptions = ["cp037", "cp273", "cp424", "cp500", "cp864", "cp875", "cp1026", "cp1140"];
    families.iter().any(|family| codec.starts_with(family)) && !exceptions.contains(&codec)
}

fn rot13(text: &str) -> String {
    let turn = |c: char| match c {
        'a'..='m' | 'A'..='M' => char::from(c as u8 + 13),
        'n'..='z' | 'N'..='Z' => char::from(c as u8 - 13),
        other => other,
    };
    text.chars().map(turn).collect()
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok())?
}

fn unicode_escapes(bytes: &[u8]) -> Option<String> {
    // Two passes: the escapes of bytes leave `\u` alone.
    let read = super::operand::string_escapes(bytes).ok()?.unwrap_or_else(|| bytes.to_vec());
    let text: String = read.iter().copied().map(char::from).collect();
    Some(super::operand::raw_unicode_escapes(&read).ok()?.unwrap_or(text))
}

fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .iter()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(*byte).to_digit(16).map(|digit| digit as u8))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Base 64 with either alphabet; as in Python, other characters are passed over.
pub(super) fn base64(text: &[u8]) -> Option<Vec<u8>> {
    bits(text, 6, |byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    })
}

fn base32(text: &[u8]) -> Option<Vec<u8>> {
    bits(text, 5, |byte| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a'),
        b'2'..=b'7' => Some(byte - b'2' + 26),
        _ => None,
    })
}

fn bits(text: &[u8], width: u32, value: impl Fn(u8) -> Option<u8>) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let (mut held, mut count) = (0_u32, 0);
    for &byte in text {
        if byte == b'=' {
            break;
        }
        let Some(digit) = value(byte) else { continue };
        held = held << width | u32::from(digit);
        count += width;
        if count >= 8 {
            count -= 8;
            out.push((held >> count) as u8);
            held &= (1 << count) - 1;
        }
    }
    (!out.is_empty() || text.is_empty()).then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Content {
        Content::Text(text.to_owned())
    }

    fn bytes(bytes: &[u8]) -> Content {
        Content::Bytes(bytes.to_vec())
    }

    #[test]
    fn codecs_give_what_python_gives() {
        assert_eq!(decode(&text("flfgrz"), "rot_13"), Some(text("system")));
        assert_eq!(encode(&text("flfgrz"), "rot13"), Some(text("system")));
        assert_eq!(decode(&bytes(b"6f73"), "hex_codec"), Some(bytes(b"os")));
        assert_eq!(decode(&bytes(b"c3lzdGVt"), "base64"), Some(bytes(b"system")));
        assert_eq!(encode(&text("\u{80}\u{2}"), "Latin-1"), Some(bytes(b"\x80\x02")));
        assert_eq!(encode(&text("ā"), "latin1"), None);
        assert_eq!(decode(&bytes(b"\xFF\xFEo\0s\0"), "utf-16"), Some(text("os")));
        assert_eq!(decode(&bytes(b"os"), "cp1252"), Some(text("os")));
        assert_eq!(decode(&bytes(b"os"), "cp500"), None);
        assert_eq!(decode(&bytes(br"\x6f\u0073"), "unicode_escape"), Some(text("os")));
        assert_eq!(decode(&bytes(b"os"), "no-such"), None);
    }

    #[test]
    fn notations_give_bytes() {
        assert_eq!(from_notation(&text("b3MuX3N5cw=="), "base64").as_deref(), Some(&b"os._sys"[..]));
        assert_eq!(from_notation(&text("N5ZQ===="), "base32").as_deref(), Some(&b"os"[..]));
        assert_eq!(from_notation(&text("6f 73"), "hex").as_deref(), Some(&b"os"[..]));
        assert_eq!(from_notation(&text("6f7"), "hex"), None);
    }
}
