//! Base64 as Python's `base64.b64decode` reads it: bytes in a JSON text.

use super::structure;

/// What `-` and `_` are to a reader.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dashes {
    /// Characters that are none of base64's: `base64.b64decode`.
    PassedOver,
    /// The last two digits: `base64.urlsafe_b64decode`.
    Digits,
}

/// The bytes of `text`; characters that are none of base64's are passed over, as Python does. `None` if it is no base64
/// even so.
///
/// A text with `-` or `_` says one thing to one reader and another to the next. The one that is a pickle comes first; the
/// other follows it if it may be one as well, as a file of several pickles has them.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let plain = read(text, Dashes::PassedOver);
    if !text.contains(['-', '_']) {
        return plain;
    }
    let (Some(plain), Some(for_urls)) = (plain.clone(), read(text, Dashes::Digits)) else {
        return plain.or_else(|| read(text, Dashes::Digits));
    };
    let (first, second) = if likeness(&for_urls) > likeness(&plain) { (for_urls, plain) } else { (plain, for_urls) };
    match likeness(&second) {
        0 => Some(first),
        _ => Some([first, second].concat()),
    }
}

/// How much bytes are like a pickle: it comes to its end, or begins like one.
fn likeness(bytes: &[u8]) -> u8 {
    match structure::pickle_length(bytes) {
        Some(_) => 2,
        None => structure::is_pickle(bytes).into(),
    }
}

/// Source: CPython, `binascii_a2b_base64_impl` in Modules/binascii.c, when it is not strict.
fn read(text: &str, dashes: Dashes) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut bits = 0_u32;
    let mut count = 0;
    let mut padding = 0;
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'-' if dashes == Dashes::Digits => 62,
            b'_' if dashes == Dashes::Digits => 63,
            b'=' => {
                // Only what fills up a group of four ends the text.
                padding += 1;
                if count % 4 >= 2 && count % 4 + padding >= 4 {
                    break;
                }
                continue;
            }
            _ => continue,
        };
        padding = 0;
        bits = bits << 6 | u32::from(value);
        count += 1;
        if count % 4 == 0 {
            bytes.extend_from_slice(&bits.to_be_bytes()[1..]);
            bits = 0;
        }
    }
    match count % 4 {
        0 => {}
        2 => bytes.push((bits >> 4) as u8),
        3 => bytes.extend_from_slice(&[(bits >> 10) as u8, (bits >> 2) as u8]),
        _ => return None,
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn every_length_and_stray_characters() {
        assert_eq!(decode("bG9hZGxpbnQ=").as_deref(), Some(&b"loadlint"[..]));
        assert_eq!(decode("bG9hZ\nGxpbg==").as_deref(), Some(&b"loadlin"[..]));
        assert_eq!(decode("bG9hZGxp").as_deref(), Some(&b"loadli"[..]));
        assert_eq!(decode("bG9hZ").as_deref(), None);
    }

    #[test]
    fn padding_ends_a_text_where_python_ends_it() {
        assert_eq!(decode("=bG9h=ZGxpb=nQ=").as_deref(), Some(&b"loadlint"[..]));
        assert_eq!(decode("bG9hZ=GxpbnQ=").as_deref(), Some(&b"loadlint"[..]));
        assert_eq!(decode("bG9hZG=xpbnQ=").as_deref(), Some(&b"loadlint"[..]));
        assert_eq!(decode("bG9hZA==bG9h").as_deref(), Some(&b"load"[..]));
    }

    #[test]
    fn dashes_are_passed_over_or_digits() {
        use base64ct::Encoding as _;
        let call = b"\x80\x02cos\nsystem\nX\x12\0\0\0echo loadlint-test\x85R.";
        let text = base64ct::Base64::encode_string(call);
        for dashes in ["-", "_", "----", "-=_"] {
            let decoded = decode(&[&text[..4], dashes, &text[4..]].concat());
            assert!(decoded.is_some_and(|bytes| bytes.starts_with(call)), "{dashes}");
        }
        let for_urls = [&b"\x80\x02X\x06\0\0\0"[..], &[0xFF; 6], b"0cos\nsystem\n)R."].concat();
        let text = base64ct::Base64Url::encode_string(&for_urls);
        assert!(text.contains('_') && decode(&text).is_some_and(|bytes| bytes.starts_with(&for_urls)));
        // To one reader a pickle of nothing, to the other a call that breaks off.
        let hidden = [&b"\x80\x02X\x02\0\0\0aaxN.cos\nsystem\n)R"[..]].concat();
        let text = base64ct::Base64::encode_string(&hidden);
        let decoded = decode(&[&text[..12], "----", &text[12..]].concat()).expect("base64");
        assert!(memchr::memmem::find(&decoded, b"cos\nsystem\n)R").is_some());
    }
}
