//! One member of an archive, still packed.

use crate::bytes::Window;

use super::super::Examination;

/// How an entry's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::artifact) enum Method {
    /// Not at all.
    Stored,
    /// Deflate without a header, as zip files hold it.
    Deflate,
    /// Any other method number of zip files.
    Other(u16),
}

/// One member of an archive.
#[derive(Debug, Clone)]
pub(in crate::artifact) struct Entry {
    /// Its path as the archive gives it; slashes as separators, other bytes kept, not UTF-8 replaced.
    pub(in crate::artifact) name: String,
    /// The packed bytes.
    pub(in crate::artifact) packed: Window,
    /// How they are packed.
    pub(in crate::artifact) method: Method,
    /// How many bytes it claims to unpack to.
    pub(in crate::artifact) bytes: u64,
}

impl Entry {
    /// Up to `count` of its first bytes, unpacked; fewer if it has fewer or is damaged.
    pub(in crate::artifact) fn head(&self, count: usize) -> Vec<u8> {
        let _ = count;
        Vec::new()
    }

    /// All of it, unpacked; a gap and `None` if a limit or damage forbids. Called inside of the entry.
    pub(in crate::artifact) fn open(&self, x: &mut Examination<'_>) -> Option<Window> {
        let _ = x;
        None
    }
}
