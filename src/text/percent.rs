//! The `%` escapes of addresses: RFC 3986, 2.1. Called by `server` for URIs and by `artifact` for YAML tags.

/// The bytes that `text` stands for; a `%` without two hexadecimal digits behind it stands for itself.
pub fn percent_decoded(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = text.get(at + 1..at + 3).filter(|_| byte == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        decoded.push(code.unwrap_or(byte));
        at += if code.is_some() { 3 } else { 1 };
    }
    decoded
}

#[cfg(test)]
mod tests {
    use super::percent_decoded;

    #[test]
    fn escapes_are_bytes_and_others_stay() {
        assert_eq!(percent_decoded("%70y%C3%A9"), "pyé".as_bytes());
        assert_eq!(percent_decoded("100%, %4 %zz %"), b"100%, %4 %zz %");
    }
}
