//! Git-LFS pointers: the few lines that stand where a large file will be.
//!
//! Source: the pointer file specification of Git LFS, `docs/spec.md`: UTF-8 lines of key, space, value; `version` first,
//! the others in alphabetical order; `oid` with a hash method and digest, `size` in bytes; less than 1024 bytes in all.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::Examination;

const MOST_BYTES: u64 = 1024;

/// What a pointer says of the content it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LfsPointer {
    /// The SHA-256 of the content: 64 hexadecimal digits.
    pub sha256: String,
    /// Its size.
    pub bytes: u64,
}

impl LfsPointer {
    /// Longer files are no pointers.
    pub const MOST_BYTES: u64 = MOST_BYTES;

    /// Reads a whole file; `None` if it is no pointer.
    pub fn parse(file: &[u8]) -> Option<Self> {
        let is_pointer = file.len() as u64 <= MOST_BYTES && super::sniff::is_lfs_pointer(file);
        let (oid, bytes) = is_pointer.then(|| parts(file).ok()).flatten()?;
        Some(Self { sha256: oid.strip_prefix("sha256:")?.to_owned(), bytes })
    }
}

/// Looks at the whole of `content`. The observation's subject is the digest, `sha256:…`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let all = ByteRegion::new(0, content.len());
    if content.len() > MOST_BYTES {
        return x.gap(GapKind::Damaged, all, "starts like a Git-LFS pointer but is too long for one");
    }
    let bytes = match content.read(0, MOST_BYTES as usize) {
        Ok(bytes) => bytes,
        Err(error) => return x.unreadable(&error),
    };
    match digest(&bytes) {
        Ok(digest) => x.observe(ObservationKind::LfsPointer, all, digest),
        Err(fault) => x.gap(GapKind::Damaged, all, format!("a Git-LFS pointer {fault}")),
    }
}

fn digest(pointer: &[u8]) -> Result<String, &'static str> {
    parts(pointer).map(|(oid, _)| oid)
}

/// Digest and size.
fn parts(pointer: &[u8]) -> Result<(String, u64), &'static str> {
    let text = std::str::from_utf8(pointer).map_err(|_| "that is not UTF-8")?;
    let (mut oid, mut size) = (None, None);
    for line in text.lines().skip(1).filter(|line| !line.is_empty()) {
        let (key, value) = line.split_once(' ').ok_or("with a line that is not a key and value")?;
        let slot = match key {
            "oid" => &mut oid,
            "size" => &mut size,
            _ => continue,
        };
        if slot.replace(value).is_some() {
            return Err("that says one thing twice");
        }
    }
    let oid = oid.ok_or("without a digest")?;
    let hex = oid.strip_prefix("sha256:").ok_or("whose digest is not SHA-256")?;
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("whose digest is not SHA-256");
    }
    let size = size.and_then(|size| size.parse::<u64>().ok()).ok_or("without a size")?;
    Ok((oid.to_owned(), size))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_has_a_digest_and_a_size() {
        let hex = "4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393";
        let pointer = |rest: &str| digest(format!("version https://git-lfs.github.com/spec/v1\n{rest}").as_bytes());
        assert_eq!(pointer(&format!("oid sha256:{hex}\nsize 12345\n")), Ok(format!("sha256:{hex}")));
        assert_eq!(pointer(&format!("ext-0-foo sha256:{hex}\noid sha256:{hex}\nsize 1")), Ok(format!("sha256:{hex}")));
        let wrong = [
            format!("oid sha256:{hex}\n"),
            format!("oid sha256:{hex}\noid sha256:{hex}\nsize 1\n"),
            format!("oid sha1:{hex}\nsize 1\n"),
            format!("oid sha256:{}\nsize 1\n", &hex[1..]),
            format!("oid sha256:{hex}\nsize -1\n"),
            "size 1\n".into(),
        ];
        for wrong in wrong {
            assert!(pointer(&wrong).is_err(), "{wrong}");
        }
    }
}
