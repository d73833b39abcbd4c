//! One header block of a tar file.

/// Bytes in a block; headers take one, data whole ones.
pub(super) const BLOCK_BYTES: u64 = 512;
const BLOCK: usize = 512;

/// What a header block says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// The path, with the prefix if the form has one; raw.
    pub(super) name: Vec<u8>,
    /// What a link points to; raw.
    pub(super) target: Vec<u8>,
    /// The type flag.
    pub(super) kind: u8,
    /// Bytes of data; `None` if the field is no number.
    pub(super) bytes: Option<u64>,
    /// Runs with its owner's rights, whoever starts it.
    pub(super) sets_user: bool,
    /// Whether blocks with more of a sparse map follow.
    pub(super) map_goes_on: bool,
}

/// Why a block is no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoHeader {
    /// It is all zeros.
    Zeros,
    /// Its checksum is wrong.
    Checksum,
}

/// Reads a block; the caller gives all 512 bytes.
pub(super) fn read(block: &[u8]) -> Result<Header, NoHeader> {
    let Some(block) = block.first_chunk::<BLOCK>() else { return Err(NoHeader::Checksum) };
    if block.iter().all(|byte| *byte == 0) {
        return Err(NoHeader::Zeros);
    }
    if !has_checksum(block) {
        return Err(NoHeader::Checksum);
    }
    let mut name = text(&block[..100]).to_vec();
    let prefix = text(&block[345..500]);
    // GNU's form, `ustar` and two blanks, has other fields where POSIX has the prefix.
    if &block[257..263] == b"ustar\0" && !prefix.is_empty() {
        name = [prefix, b"/", &name].concat();
    }
    let kind = block[156];
    let map_goes_on = kind == b'S' && block[482] != 0;
    let sets_user = number(&block[100..108]).is_some_and(|mode| mode & 0o6000 != 0);
    Ok(Header {
        name,
        sets_user,
        target: text(&block[157..257]).to_vec(),
        kind,
        bytes: number(&block[124..136]),
        map_goes_on,
    })
}

/// Whether the stored checksum is the sum of the bytes, unsigned as it should be, or signed as some old writers have it.
fn has_checksum(block: &[u8; BLOCK]) -> bool {
    let field = &block[148..156];
    // Nearly all blocks of other content end here.
    let Some(stored) = integer(field) else { return false };
    if stored == 0 && !has_numbers(block) {
        return false;
    }
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| i128::from(byte)).sum::<i128>();
    let large = |bytes: &[u8]| bytes.iter().map(|&byte| i128::from(byte >> 7)).sum::<i128>();
    // The field itself counts as blanks.
    let unsigned = sum(block) - sum(field) + 8 * i128::from(b' ');
    // A byte from 128 on is 256 less if it has a sign.
    let signed = unsigned - 256 * (large(block) - large(field));
    stored == unsigned || stored == signed
}

/// Whether the other fields are the numbers that they are in any header, and the size is written out. Signed bytes of some
/// other content may well add up to no checksum at all.
fn has_numbers(block: &[u8; BLOCK]) -> bool {
    let fields = [100..108, 108..116, 116..124, 136..148, 329..337, 337..345];
    let is_written = block[124] == 0x80 || text(&block[124..136]).iter().any(u8::is_ascii_digit);
    is_written && number(&block[124..136]).is_some() && fields.into_iter().all(|field| integer(&block[field]).is_some())
}

/// Whether these bytes start with a tar header.
pub(in crate::artifact) fn is_tar(head: &[u8]) -> bool {
    // Zeros have a checksum of zero, which is not theirs: the field counts as blanks.
    head.first_chunk().is_some_and(has_checksum)
}

/// A field up to its NUL.
fn text(field: &[u8]) -> &[u8] {
    &field[..field.iter().position(|byte| *byte == 0).unwrap_or(field.len())]
}

/// A number that is none below zero.
fn number(field: &[u8]) -> Option<u64> {
    integer(field).and_then(|number| u64::try_from(number).ok())
}

/// A number as Python's `tarfile` takes it, which takes most: octal digits as `int(…, 8)` does, or base 256 if the first
/// byte is 0x80, or 0xFF for one below zero. An empty field is zero.
fn integer(field: &[u8]) -> Option<i128> {
    match field {
        [0x80, bytes @ ..] => base_256(bytes),
        [0xFF, bytes @ ..] => base_256(bytes).map(|number| number - (1 << (8 * bytes.len()))),
        _ => octal(text(field)),
    }
}

/// The fields have at most twelve bytes.
fn base_256(bytes: &[u8]) -> Option<i128> {
    (bytes.len() < 12).then(|| bytes.iter().fold(0, |number, byte| number << 8 | i128::from(*byte)))
}

/// Digits between blanks, perhaps behind a sign and `0o`, with single underscores between them.
fn octal(text: &[u8]) -> Option<i128> {
    let is_blank = |byte: &u8| matches!(byte, b'\t'..=b'\r' | 0x1C..=0x1F | b' ');
    let start = text.iter().position(|byte| !is_blank(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
    let (sign, digits) = match &text[start..end] {
        [] => return Some(0),
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    let digits = match digits {
        [b'0', b'o' | b'O', b'_', digits @ ..] | [b'0', b'o' | b'O', digits @ ..] => digits,
        digits => digits,
    };
    let mut number = 0_i128;
    for group in digits.split(|byte| *byte == b'_') {
        let is_octal = !group.is_empty() && group.iter().all(|byte| matches!(byte, b'0'..=b'7'));
        if !is_octal {
            return None;
        }
        number = group.iter().fold(number, |number, digit| number * 8 + i128::from(digit - b'0'));
    }
    Some(sign * number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256() {
        assert_eq!(number(b"00000000012\0"), Some(10));
        assert_eq!(number(b"       12 \0\0"), Some(10));
        assert_eq!(number(b"\0\0\0\0\0\0\0\0\0\0\0\0"), Some(0));
        assert_eq!(number(b"0000009\0\0\0\0\0"), None);
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 1]), Some((2 << 32) + 1));
        assert_eq!(number(&[0xFF; 12]), None);
        assert_eq!(number(&[0x80, 0, 0, 0, 0, 0, 1, 2]), Some(258));
    }

    /// Python's `tarfile` reads a checksum by `int(…, 8)`.
    #[test]
    fn numbers_are_what_python_takes_for_some() {
        for (written, read) in [
            (&b"0_1234\0 "[..], Some(668)),
            (b"+01234\0 ", Some(668)),
            (b"0o_1234\0", Some(668)),
            (b"\x1c1234\n\0 ", Some(668)),
            (b"-1234\0  ", Some(-668)),
            (b"        ", Some(0)),
            (&[0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE], Some(-2)),
            (b"0__12\0  ", None),
            (b"_12\0    ", None),
            (b"12_\0    ", None),
            (b"0x12\0   ", None),
            (b"- 12\0   ", None),
        ] {
            assert_eq!(integer(written), read, "{}", written.escape_ascii());
        }
    }
}
