//! SHA-256, streamed: the memory is the same for a kilobyte and for a terabyte. `sha2` takes the processor's own instructions
//! where there are some.

use std::fmt;
use std::io;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::bytes::Window;
use crate::disk::{ReadProblem, Stamp, feed};

/// A SHA-256 digest. Written as 64 lower-case hexadecimal digits, read in either case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Sha256([u8; 32]);

/// What is no digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a SHA-256 digest has 64 hexadecimal digits")]
pub struct NoDigest;

impl Sha256 {
    /// Of bytes that lie in memory.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }

    /// Of a window, read in parts.
    ///
    /// # Errors
    /// What reading says; a window that ends before its length is one too.
    pub fn of_window(content: &Window) -> io::Result<Self> {
        const PART: usize = 1 << 20;
        let mut hasher = sha2::Sha256::new();
        let mut at = 0;
        while at < content.len() {
            let part = content.read(at, PART)?;
            if part.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            hasher.update(&part);
            at += part.len() as u64;
        }
        Ok(Self(hasher.finalize().into()))
    }

    /// Of the digests one after the other, as bytes.
    pub fn of_digests<'a>(digests: impl Iterator<Item = &'a Self>) -> Self {
        let mut hasher = sha2::Sha256::new();
        digests.for_each(|digest| hasher.update(digest.0));
        Self(hasher.finalize().into())
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Sha256 {
    type Err = NoDigest;

    fn from_str(text: &str) -> Result<Self, NoDigest> {
        let mut bytes = [0; 32];
        let digit = |digit: u8| char::from(digit).to_digit(16).ok_or(NoDigest);
        if text.len() != 64 {
            return Err(NoDigest);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = (digit(pair[0])? << 4 | digit(pair[1])?) as u8;
        }
        Ok(Self(bytes))
    }
}

impl From<Sha256> for String {
    fn from(digest: Sha256) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for Sha256 {
    type Error = NoDigest;

    fn try_from(text: String) -> Result<Self, NoDigest> {
        text.parse()
    }
}

/// The digest of the file `path` and its state. `heard` is told of bytes as they are read.
///
/// # Errors
/// A [`ReadProblem`]; a file that changes while it is read, or is not what `expected` says, is one too.
pub fn hash_file(path: &Path, expected: Option<Stamp>, heard: &dyn Fn(u64)) -> Result<(Sha256, Stamp), ReadProblem> {
    let mut hasher = sha2::Sha256::new();
    let stamp = feed(path, expected, &mut |portion| {
        hasher.update(portion);
        heard(portion.len() as u64);
    })?;
    Ok((Sha256(hasher.finalize().into()), stamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_digest_reads_as_it_is_written() {
        let empty = Sha256::of(b"");
        assert_eq!(empty.to_string(), EMPTY);
        assert_eq!(EMPTY.to_uppercase().parse(), Ok(empty));
        for wrong in ["", &EMPTY[1..], &EMPTY.replace('e', "g"), &"é".repeat(32)] {
            assert_eq!(wrong.parse::<Sha256>(), Err(NoDigest), "{wrong}");
        }
    }

    #[test]
    fn a_file_is_hashed_whole_and_its_bytes_are_heard() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a");
        let bytes = vec![7; 1_000_003];
        std::fs::write(&path, &bytes).expect("writable");
        let heard = std::cell::Cell::new(0);
        let (digest, stamp) = hash_file(&path, None, &|count| heard.set(heard.get() + count)).expect("readable");
        assert_eq!((digest, stamp.bytes, heard.get()), (Sha256::of(&bytes), 1_000_003, 1_000_003));
    }
}
