//! The bytes of a stream, read from start to end, with the frames of protocol 4.
//!
//! Comes in: a [`Window`]. Goes out: small operands by value, lines and payloads as [`Span`]s that nobody copies. Called
//! by `operand`, and by `store` for the bytes behind a span.

use std::io;

use crate::bytes::{Bytes, Window};

/// Some bytes of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Span {
    /// Offset of the first.
    pub(super) at: u64,
    /// How many.
    pub(super) length: u64,
}

/// How reads treat the end of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Frames {
    /// Reads go on over it, as `pickle.loads` did until CPython 3.14.7 and 3.13.15.
    #[default]
    Ignored,
    /// What is left of a frame is dropped when a read does not fit into it, as the C unpickler did with files.
    Dropped,
}

/// No line of a pickle is longer; a search for a newline goes no further.
const MOST_LINE_BYTES: u64 = 64 << 20;
/// The first read is short, as many streams are; each further one reads four times as much, up to the most.
const FIRST_BUFFER_BYTES: usize = 4 << 10;
const MOST_BUFFER_BYTES: usize = 256 << 10;

/// Sequential access to a window.
#[derive(Debug)]
pub(super) struct Input<'w> {
    window: &'w Window,
    memory: Option<&'w [u8]>,
    buffer: Vec<u8>,
    buffer_at: u64,
    /// How many bytes the next read asks for.
    next_buffer: usize,
    at: u64,
    end: u64,
    frames: Frames,
    /// Where the current frame ends; 0 if there is none.
    frame_end: u64,
    /// Where a read first crossed the end of a frame.
    pub(super) crossed: Option<u64>,
    /// Where a frame first reached behind the end of all bytes.
    pub(super) overlong_frame: Option<u64>,
    /// What the system said when it could not read.
    pub(super) failure: Option<io::Error>,
}

impl<'w> Input<'w> {
    /// Reads `window` from `at` on.
    pub(super) fn new(window: &'w Window, at: u64, frames: Frames) -> Self {
        Self {
            window,
            memory: window.in_memory(),
            buffer: Vec::new(),
            buffer_at: 0,
            next_buffer: FIRST_BUFFER_BYTES,
            at: at.min(window.len()),
            end: window.len(),
            frames,
            frame_end: 0,
            crossed: None,
            overlong_frame: None,
            failure: None,
        }
    }

    /// Offset of the next byte.
    pub(super) fn position(&self) -> u64 {
        self.at
    }

    /// Goes on elsewhere. Frames are forgotten.
    pub(super) fn seek(&mut self, at: u64) {
        self.at = at.min(self.end);
        self.frame_end = 0;
    }

    /// How many bytes are left.
    pub(super) fn remaining(&self) -> u64 {
        self.end - self.at
    }

    /// The next `N` bytes.
    #[inline]
    pub(super) fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.meet_frame(N as u64);
        let bytes = *self.ahead(N).first_chunk::<N>()?;
        self.at += N as u64;
        Some(bytes)
    }

    /// The next `length` bytes, unread. `joins` says that the reader puts them together across the end of a frame.
    #[inline]
    pub(super) fn payload(&mut self, length: u64, joins: bool) -> Option<Span> {
        if !(joins && self.frames == Frames::Dropped) {
            self.meet_frame(length);
        }
        if length > self.remaining() {
            return None;
        }
        let span = Span { at: self.at, length };
        self.at += length;
        Some(span)
    }

    /// A line, without its newline.
    pub(super) fn line(&mut self) -> Option<Span> {
        let mut length = self.newline()?;
        if self.at < self.frame_end && self.at + length >= self.frame_end {
            self.cross();
            length = self.newline()?;
        }
        let span = Span { at: self.at, length };
        self.at += length + 1;
        Some(span)
    }

    /// Begins a frame of `length` bytes.
    pub(super) fn enter_frame(&mut self, length: u64) {
        let inside = self.at < self.frame_end;
        if inside && self.frames == Frames::Ignored {
            self.crossed.get_or_insert(self.at);
        }
        if inside && self.frames == Frames::Dropped {
            if length <= self.frame_end - self.at {
                return;
            }
            self.at = self.frame_end.min(self.end);
        }
        if length > self.remaining() {
            self.overlong_frame.get_or_insert(self.at);
        }
        self.frame_end = self.at.saturating_add(length);
    }

    /// The bytes of a span, as many as can be read; the caller bounds its length.
    #[inline]
    pub(super) fn bytes(&self, span: Span) -> Bytes<'_> {
        let length = usize::try_from(span.length).unwrap_or(usize::MAX);
        if let Some(memory) = self.memory {
            let rest = memory.get(span.at as usize..).unwrap_or_default();
            return Bytes::Borrowed(&rest[..length.min(rest.len())]);
        }
        let inside = span.at.checked_sub(self.buffer_at).and_then(|inside| usize::try_from(inside).ok());
        if let Some(bytes) = inside.and_then(|inside| self.buffer.get(inside..inside.checked_add(length)?)) {
            return Bytes::Borrowed(bytes);
        }
        self.window.read(span.at, length).unwrap_or_default()
    }

    /// All the bytes, wherever this stands.
    pub(super) fn whole(&self) -> &'w Window {
        self.window
    }

    /// The part of the window that a span covers.
    pub(super) fn part(&self, span: Span) -> Window {
        self.window.part(span.at, span.length)
    }

    /// At least `count` bytes from here on, if there are as many.
    #[inline]
    fn ahead(&mut self, count: usize) -> &[u8] {
        if let Some(memory) = self.memory {
            return memory.get(self.at as usize..).unwrap_or_default();
        }
        let buffered = self.at >= self.buffer_at && self.at - self.buffer_at + count as u64 <= self.buffer.len() as u64;
        if !buffered {
            self.fill(self.at, count.max(self.next_buffer));
            self.next_buffer = (self.next_buffer * 4).min(MOST_BUFFER_BYTES);
        }
        self.buffer.get((self.at - self.buffer_at) as usize..).unwrap_or_default()
    }

    fn fill(&mut self, at: u64, count: usize) {
        match self.window.read(at, count) {
            Ok(bytes) => self.buffer = bytes.into_owned(),
            Err(error) => {
                self.buffer.clear();
                self.failure.get_or_insert(error);
            }
        }
        self.buffer_at = at;
    }

    /// How many bytes before the next newline.
    fn newline(&mut self) -> Option<u64> {
        let start = self.at;
        let mut passed = 0;
        loop {
            let ahead = self.ahead(1);
            let length = ahead.len() as u64;
            let found = memchr::memchr(b'\n', ahead);
            if found.is_some() || length == 0 || passed > MOST_LINE_BYTES {
                self.at = start;
                return found.map(|found| passed + found as u64);
            }
            passed += length;
            self.at += length;
        }
    }

    #[inline]
    fn meet_frame(&mut self, count: u64) {
        if self.at < self.frame_end && count > self.frame_end - self.at {
            self.cross();
        }
    }

    #[cold]
    fn cross(&mut self) {
        self.crossed.get_or_insert(self.at);
        if self.frames == Frames::Dropped {
            self.at = self.frame_end.min(self.end);
        }
        self.frame_end = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::ReadAt;
    use std::sync::Arc;

    /// Hides that it is memory.
    struct File(Vec<u8>);

    impl ReadAt for File {
        fn size(&self) -> u64 {
            self.0.size()
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            self.0.read_at(offset, into)
        }
    }

    #[test]
    fn a_file_reads_as_memory_does() {
        let mut bytes = vec![b'x'; 6 << 20];
        bytes[(5 << 20) + 1] = b'\n';
        for window in [bytes.clone().into(), Window::new(Arc::new(File(bytes)))] {
            let mut input = Input::new(&window, 1, Frames::Ignored);
            assert_eq!(input.take::<2>(), Some([b'x'; 2]));
            assert_eq!(input.line(), Some(Span { at: 3, length: (5 << 20) - 2 }));
            assert_eq!(input.payload((1 << 20) - 3, false).map(|span| span.at + span.length), Some((6 << 20) - 1));
            assert_eq!((input.line(), input.take::<2>(), input.take::<1>()), (None, None, Some([b'x'])));
            assert_eq!(&*input.bytes(Span { at: 5 << 20, length: 2 }), b"x\n");
        }
    }

    #[test]
    fn what_is_left_of_a_frame_is_dropped_or_not() {
        let window: Window = b"abcdefgh".to_vec().into();
        for (frames, after) in [(Frames::Ignored, *b"bc"), (Frames::Dropped, *b"cd")] {
            let mut input = Input::new(&window, 0, frames);
            input.enter_frame(2);
            assert_eq!((input.take::<1>(), input.crossed), (Some([b'a']), None));
            assert_eq!((input.take::<2>(), input.crossed), (Some(after), Some(1)));
        }
    }
}
