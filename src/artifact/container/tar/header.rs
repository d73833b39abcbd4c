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
    // Nearly all blocks of other content end here.
    let Some(stored @ 1..) = number(&block[148..156]) else { return false };
    let sum = |bytes: &[u8]| bytes.iter().map(|&byte| u64::from(byte)).sum::<u64>();
    let large = |bytes: &[u8]| bytes.iter().map(|&byte| u64::from(byte >> 7)).sum::<u64>();
    // The field itself counts as blanks.
    let field = &block[148..156];
    let unsigned = sum(block) - sum(field) + 8 * u64::from(b' ');
    // A byte from 128 on is 256 less if it has a sign.
    let too_much = 256 * (large(block) - large(field));
    stored == unsigned || stored.checked_add(too_much) == Some(unsigned)
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

/// A number: octal digits between blanks and NULs, or base 256 if the first bit is set.
fn number(field: &[u8]) -> Option<u64> {
    if let Some(first @ 0x80..) = field.first().copied() {
        let (more, low) = field.split_at(field.len() - 8);
        // In eight bytes the flag stands in the number itself.
        let fits = first == 0x80 && more.iter().skip(1).all(|byte| *byte == 0) && !more.is_empty();
        return low.first_chunk().map(|bytes| u64::from_be_bytes(*bytes)).filter(|_| fits);
    }
    let digits = text(field).trim_ascii();
    let fold = |value: u64, digit: &u8| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    };
    digits.iter().try_fold(0, fold)
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
        assert_eq!(number(&[0x80; 8]), None);
    }
}
