//! Bytes that are read where they are needed: a file, a member of an archive, what a compressed stream held.
//!
//! Comes in: anything that is [`ReadAt`] (`disk` opens files, decoders give buffers). Goes out: [`Window`]s, which are
//! cheap to copy and to cut, so that a reader of a 10 GB checkpoint touches its directory and its pickle only.

use std::fmt;
use std::io::{self, BufRead, Read};
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Random access. Offsets and lengths are bytes.
pub trait ReadAt: Send + Sync {
    /// How many bytes there are.
    fn size(&self) -> u64;

    /// Reads into `into` from `offset` on; how many bytes were read, fewer than asked for only at the end.
    ///
    /// # Errors
    /// What the system says; a file that changed under us is an error too.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;

    /// All of it, if it lies in memory.
    fn in_memory(&self) -> Option<&[u8]> {
        None
    }

    /// `length` bytes from `offset` on, fewer only at the end, out of a block that the source keeps for who reads the same
    /// place again; `None` if it keeps none for such reads.
    ///
    /// # Errors
    /// As [`ReadAt::read_at`].
    fn read_kept(&self, offset: u64, length: usize) -> io::Result<Option<Bytes<'static>>> {
        let _ = (offset, length);
        Ok(None)
    }

    /// Whether the end costs no more than the start; not so for what is unpacked on the way.
    fn is_cheap_anywhere(&self) -> bool {
        true
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let count = into.len().min(self.len() - start);
        into[..count].copy_from_slice(&self[start..start + count]);
        Ok(count)
    }

    fn in_memory(&self) -> Option<&[u8]> {
        Some(self)
    }
}

/// Bytes that were read: borrowed where they lie in memory, shared where the source keeps them, else read for the reader.
#[derive(Clone)]
pub enum Bytes<'w> {
    /// A part of what lies in memory.
    Borrowed(&'w [u8]),
    /// A part of a block that others share.
    Shared(Arc<Vec<u8>>, Range<usize>),
    /// Read for one reader.
    Owned(Vec<u8>),
}

impl Bytes<'_> {
    /// As a vector of its own.
    pub fn into_owned(self) -> Vec<u8> {
        match self {
            Self::Owned(bytes) => bytes,
            other => other.to_vec(),
        }
    }
}

/// None.
impl Default for Bytes<'_> {
    fn default() -> Self {
        Self::Borrowed(&[])
    }
}

impl AsRef<[u8]> for Bytes<'_> {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl Deref for Bytes<'_> {
    type Target = [u8];

    #[inline]
    fn deref(&self) -> &[u8] {
        match self {
            Self::Borrowed(bytes) => bytes,
            Self::Shared(block, range) => &block[range.clone()],
            Self::Owned(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

/// A part of some bytes: from `start` to `end` of the source. Offsets given to its methods count from its own start.
#[derive(Clone)]
pub struct Window {
    source: Arc<dyn ReadAt>,
    start: u64,
    end: u64,
}

impl fmt::Debug for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Window").field("start", &self.start).field("end", &self.end).finish_non_exhaustive()
    }
}

impl From<Vec<u8>> for Window {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(Arc::new(bytes))
    }
}

impl Window {
    /// All of `source`.
    pub fn new(source: Arc<dyn ReadAt>) -> Self {
        let end = source.size();
        Self { source, start: 0, end }
    }

    /// Whether both are the same part of the same source.
    pub fn is_same(&self, other: &Self) -> bool {
        (self.start, self.end) == (other.start, other.end) && Arc::ptr_eq(&self.source, &other.source)
    }

    /// How many bytes it spans.
    pub fn len(&self) -> u64 {
        self.end - self.start
    }

    /// Whether it spans none.
    pub fn is_empty(&self) -> bool {
        self.start == self.end
    }

    /// `length` bytes from `offset` on, or as many of them as there are.
    pub fn part(&self, offset: u64, length: u64) -> Self {
        let start = self.start.saturating_add(offset).min(self.end);
        let end = start.saturating_add(length).min(self.end);
        Self { source: Arc::clone(&self.source), start, end }
    }

    /// All from `offset` on.
    pub fn tail(&self, offset: u64) -> Self {
        self.part(offset, u64::MAX)
    }

    /// `length` bytes from `offset` on, or as many of them as there are. Borrowed where they lie in memory. The caller
    /// bounds `length`: it is allocated.
    ///
    /// # Errors
    /// What the source says.
    pub fn read(&self, offset: u64, length: usize) -> io::Result<Bytes<'_>> {
        let start = self.start.saturating_add(offset).min(self.end);
        let length = usize::try_from(self.end - start).unwrap_or(usize::MAX).min(length);
        if let Some(all) = self.source.in_memory() {
            let start = usize::try_from(start).unwrap_or(usize::MAX).min(all.len());
            return Ok(Bytes::Borrowed(&all[start..all.len().min(start.saturating_add(length))]));
        }
        if let Some(kept) = self.source.read_kept(start, length)? {
            return Ok(kept);
        }
        let mut bytes = vec![0; length];
        let done = read_into(&*self.source, start, &mut bytes)?;
        bytes.truncate(done);
        Ok(Bytes::Owned(bytes))
    }

    /// Exactly `length` bytes from `offset` on; `None` if there are fewer.
    ///
    /// # Errors
    /// What the source says.
    pub fn read_exact(&self, offset: u64, length: usize) -> io::Result<Option<Bytes<'_>>> {
        if offset.checked_add(length as u64).is_none_or(|end| end > self.len()) {
            return Ok(None);
        }
        let bytes = self.read(offset, length)?;
        Ok((bytes.len() == length).then_some(bytes))
    }

    /// The whole of it if it lies in memory.
    pub fn in_memory(&self) -> Option<&[u8]> {
        let range = self.start_end_in_memory()?;
        self.source.in_memory().map(|all| &all[range])
    }

    /// Whether its end costs no more to read than its start.
    pub fn is_cheap_anywhere(&self) -> bool {
        self.source.is_cheap_anywhere()
    }

    /// Reads it from its start to its end.
    pub fn reader(&self) -> WindowReader {
        WindowReader { window: self.clone(), at: 0, buffer: Vec::new(), buffer_at: 0 }
    }

    fn start_end_in_memory(&self) -> Option<Range<usize>> {
        let all = self.source.in_memory()?;
        let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(all.len());
        Some(index(self.start)..index(self.end))
    }
}

/// Fills `into` from `offset` on, as far as there are bytes; how many that were.
///
/// # Errors
/// What the source says.
pub fn read_into(source: &(impl ReadAt + ?Sized), offset: u64, into: &mut [u8]) -> io::Result<usize> {
    let mut done = 0;
    while done < into.len() {
        match source.read_at(offset + done as u64, &mut into[done..])? {
            0 => break,
            count => done += count,
        }
    }
    Ok(done)
}

const BUFFER_BYTES: u64 = 64 << 10;

/// Sequential access to a [`Window`], buffered, with skips that read nothing.
#[derive(Debug)]
pub struct WindowReader {
    window: Window,
    at: u64,
    buffer: Vec<u8>,
    /// Offset in the window of the buffer's first byte.
    buffer_at: u64,
}

impl WindowReader {
    /// Offset in the window of the next byte.
    pub fn position(&self) -> u64 {
        self.at
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> u64 {
        self.window.len() - self.at
    }

    /// Goes on behind the next `count` bytes, or to the end if there are fewer; how many were skipped.
    pub fn skip(&mut self, count: u64) -> u64 {
        let skipped = count.min(self.remaining());
        self.at += skipped;
        skipped
    }

    fn buffered(&self) -> Option<Range<usize>> {
        let inside = usize::try_from(self.at.checked_sub(self.buffer_at)?).ok()?;
        (inside < self.buffer.len()).then_some(inside..self.buffer.len())
    }
}

impl BufRead for WindowReader {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.window.source.in_memory().is_some() {
            let at = usize::try_from(self.at).unwrap_or(usize::MAX);
            return Ok(self.window.in_memory().and_then(|all| all.get(at..)).unwrap_or_default());
        }
        if self.buffered().is_none() {
            let length = self.remaining().min(BUFFER_BYTES);
            self.buffer.resize(usize::try_from(length).unwrap_or(0), 0);
            let read = read_into(&*self.window.source, self.window.start + self.at, &mut self.buffer);
            self.buffer.truncate(*read.as_ref().unwrap_or(&0));
            self.buffer_at = self.at;
            read?;
        }
        Ok(self.buffered().map_or(&[], |range| &self.buffer[range]))
    }

    fn consume(&mut self, count: usize) {
        self.skip(count as u64);
    }
}

impl Read for WindowReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let count = available.len().min(into.len());
        into[..count].copy_from_slice(&available[..count]);
        self.consume(count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts what is read, and hides that it is memory.
    struct File(Vec<u8>);

    impl ReadAt for File {
        fn size(&self) -> u64 {
            self.0.size()
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            let some = into.len().min(3);
            self.0.read_at(offset, &mut into[..some])
        }
    }

    fn both(bytes: &[u8]) -> [Window; 2] {
        [Window::from(bytes.to_vec()), Window::new(Arc::new(File(bytes.to_vec())))]
    }

    #[test]
    fn a_part_of_a_part_is_cut_at_both_ends() {
        for window in both(b"0123456789") {
            let part = window.part(2, 5).part(1, 100);
            assert_eq!((&*part.read(0, 100).expect("readable"), part.len()), (&b"3456"[..], 4));
            assert!(part.read_exact(3, 2).expect("readable").is_none());
            assert!(part.read_exact(u64::MAX, 2).expect("readable").is_none());
            assert!(window.tail(11).is_empty());
        }
    }

    #[test]
    fn a_reader_reads_all_and_skips_what_it_is_told() {
        for window in both(b"0123456789") {
            let mut reader = window.part(1, 8).reader();
            let mut start = [0; 2];
            reader.read_exact(&mut start).expect("readable");
            assert_eq!(reader.skip(3), 3);
            let mut rest = Vec::new();
            reader.read_to_end(&mut rest).expect("readable");
            assert_eq!((&start, &rest[..], reader.skip(1)), (b"12", &b"678"[..], 0));
        }
    }
}
