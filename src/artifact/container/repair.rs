//! Headers of compressed streams that Python's readers pass over and strict decoders refuse: written anew, so that the
//! stream can be unpacked, with a word for the report.
//!
//! Comes in: the start of a stream. Goes out: the header that says the same and that every decoder takes, and how many
//! bytes it stands for. Called by `codec`. What Python does was tried with `gzip`, `lzma` and `lz4.frame`.

use super::codec::Codec;

/// A header written anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Repair {
    /// The new header.
    pub(super) header: Vec<u8>,
    /// How many bytes of the stream it stands for.
    pub(super) instead_of: u64,
    /// What readers disagree about.
    pub(super) fault: &'static str,
}

/// How many bytes `header` wants to see; none if the first ones show that there is nothing to write anew. Only gzip's
/// headers have parts of any length.
pub(super) fn looked_at(codec: Codec, head: &[u8], most: usize) -> Option<usize> {
    match codec {
        Codec::Gzip => head.get(3).is_some_and(|flags| flags & (FHCRC | RESERVED) != 0).then_some(most),
        Codec::Xz | Codec::Lz4 => Some(head.len()),
        _ => None,
    }
}

/// The header at the start of `head` anew, if strict decoders refuse it and Python's do not.
pub(super) fn header(codec: Codec, head: &[u8]) -> Option<Repair> {
    match codec {
        Codec::Gzip => gzip(head),
        Codec::Xz => xz(head),
        Codec::Lz4 => lz4(head),
        _ => None,
    }
}

const FHCRC: u8 = 2;
const FEXTRA: u8 = 4;
const FNAME: u8 = 8;
const FCOMMENT: u8 = 16;
const RESERVED: u8 = 0xE0;

/// Python's `gzip` skips the checksum of the header and does not look at reserved flags.
fn gzip(head: &[u8]) -> Option<Repair> {
    let flags = *head.get(3)?;
    let mut at = 10;
    if flags & FEXTRA != 0 {
        at += 2 + usize::from(u16::from_le_bytes(*head.get(at..)?.first_chunk()?));
    }
    for flag in [FNAME, FCOMMENT] {
        if flags & flag != 0 {
            at += head.get(at..)?.iter().position(|byte| *byte == 0)? + 1;
        }
    }
    let mut fault = (flags & RESERVED != 0).then_some("reserved flags of a gzip header are set");
    if flags & FHCRC != 0 {
        let stated = u16::from_le_bytes(*head.get(at..)?.first_chunk()?);
        let mut sum = flate2::Crc::new();
        sum.update(&head[..at]);
        if u32::from(stated) != sum.sum() & 0xFFFF {
            fault = Some("the checksum of a gzip header is wrong");
        }
        at += 2;
    }
    let header = vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF];
    Some(Repair { header, instead_of: at as u64, fault: fault? })
}

/// Python's `lzma` does not verify checks of a kind that it does not know. With none said the data is unpacked up to the
/// first check.
fn xz(head: &[u8]) -> Option<Repair> {
    const KNOWN: [u8; 4] = [0, 1, 4, 10];
    let check = *head.get(7)?;
    (head.get(6) == Some(&0) && check < 16 && !KNOWN.contains(&check)).then(|| {
        let mut header = head[..6].to_vec();
        let mut sum = flate2::Crc::new();
        sum.update(&[0, 0]);
        header.extend([0, 0]);
        header.extend(sum.sum().to_le_bytes());
        Repair { header, instead_of: 12, fault: "an xz stream has a check of a kind that does not exist" }
    })
}

/// liblz4 reads past the number of a dictionary that it was not given.
fn lz4(head: &[u8]) -> Option<Repair> {
    const HAS_DICTIONARY: u8 = 1;
    const HAS_SIZE: u8 = 8;
    let flags = *head.get(4)?;
    if flags & HAS_DICTIONARY == 0 {
        return None;
    }
    let fields = if flags & HAS_SIZE != 0 { 14 } else { 6 };
    let mut described = head.get(4..fields)?.to_vec();
    described[0] &= !HAS_DICTIONARY;
    let mut header = head[..4].to_vec();
    header.extend(&described);
    header.push((short_hash(&described) >> 8) as u8);
    let fault = "an lz4 frame names a dictionary, which Python's reader passes over";
    Some(Repair { header, instead_of: fields as u64 + 5, fault })
}

/// The 32-bit xxHash of fewer than 16 bytes, with the seed 0.
fn short_hash(bytes: &[u8]) -> u32 {
    const PRIMES: [u32; 5] = [0x9E37_79B1, 0x85EB_CA77, 0xC2B2_AE3D, 0x27D4_EB2F, 0x1656_67B1];
    let mut hash = PRIMES[4].wrapping_add(bytes.len() as u32);
    let words = bytes.chunks_exact(4);
    let rest = words.remainder();
    for word in words {
        let word = u32::from_le_bytes([word[0], word[1], word[2], word[3]]);
        hash = hash.wrapping_add(word.wrapping_mul(PRIMES[2])).rotate_left(17).wrapping_mul(PRIMES[3]);
    }
    for byte in rest {
        hash = hash.wrapping_add(u32::from(*byte).wrapping_mul(PRIMES[4])).rotate_left(11).wrapping_mul(PRIMES[0]);
    }
    hash = (hash ^ (hash >> 15)).wrapping_mul(PRIMES[1]);
    hash = (hash ^ (hash >> 13)).wrapping_mul(PRIMES[2]);
    hash ^ (hash >> 16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sound_headers_stay() {
        let plain = [0x1F, 0x8B, 8, FNAME, 0, 0, 0, 0, 0, 3, b'n', 0, 0, 0];
        assert_eq!(header(Codec::Gzip, &plain), None);
        let mut summed = vec![0x1F, 0x8B, 8, FHCRC, 0, 0, 0, 0, 0, 3];
        let mut sum = flate2::Crc::new();
        sum.update(&summed);
        summed.extend((sum.sum() as u16).to_le_bytes());
        assert_eq!(header(Codec::Gzip, &summed), None);
        assert_eq!(header(Codec::Xz, b"\xFD7zXZ\0\0\x04\0\0\0\0"), None);
        assert_eq!(header(Codec::Lz4, b"\x04\x22\x4D\x18\x60\x40\x82"), None);
        assert_eq!(header(Codec::Lz4, b"\x04\x22"), None);
    }

    #[test]
    fn headers_that_python_passes_over_are_written_anew() {
        let wrong = [0x1F, 0x8B, 8, 0x1F, 0, 0, 0, 0, 0, 3, 2, 0, b'a', b'b', b'n', 0, b'c', 0, 1, 2];
        let repair = header(Codec::Gzip, &wrong).expect("a wrong checksum");
        assert_eq!((repair.instead_of, repair.fault), (20, "the checksum of a gzip header is wrong"));
        let reserved = [0x1F, 0x8B, 8, 0x80, 0, 0, 0, 0, 0, 3];
        assert_eq!(header(Codec::Gzip, &reserved).map(|repair| repair.instead_of), Some(10));
        // The descriptor byte of lz4's own documentation for these flags.
        let named = header(Codec::Lz4, b"\x04\x22\x4D\x18\x61\x40\x01\0\0\0\xFF").expect("a dictionary");
        assert_eq!((named.header, named.instead_of), (b"\x04\x22\x4D\x18\x60\x40\x82".to_vec(), 11));
        let check = header(Codec::Xz, b"\xFD7zXZ\0\0\x02\0\0\0\0").expect("an unknown check");
        assert_eq!(check.header, b"\xFD7zXZ\0\0\0\xFF\x12\xD9\x41");
    }
}
