//! Base64 as Python's `base64.b64decode` reads it: bytes in a JSON text.

/// The bytes of `text`; characters that are none of base64's are passed over, as Python does. `None` if it is no base64
/// even so.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let mut bits = 0_u32;
    let mut count = 0;
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            b'=' => break,
            _ => continue,
        };
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
}
