//! A file that is read where it is needed, and what is kept of it meanwhile. Called by `engine::run` for artifacts.

use std::collections::VecDeque;
use std::fs::{File, Metadata};
use std::io::{self, Read};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::{ReadProblem, metadata, open_without_waiting, regular};
use crate::bytes::{Bytes, ReadAt, Window, read_into};

/// Files up to this size are read at once: one call is cheaper than many.
const WHOLE_BYTES: u64 = 256 << 10;

/// A file that is read where it is needed.
#[derive(Debug)]
pub struct OpenFile {
    file: Arc<File>,
    before: Metadata,
    whole: Option<Window>,
}

/// Opens the regular file `path`, following symbolic links; a small one is read at once.
///
/// # Errors
/// A [`ReadProblem`]; a pipe or device is one too, and is never opened.
pub fn open_input(path: &Path) -> Result<OpenFile, ReadProblem> {
    regular(&metadata(path)?)?;
    let mut file = open_without_waiting(path).map_err(|error| ReadProblem::from_io(&error))?;
    let found = file.metadata().map_err(|error| ReadProblem::from_io(&error))?;
    regular(&found)?;
    let whole = if found.len() <= WHOLE_BYTES {
        let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or(0) + 1);
        let read = (&mut file).take(WHOLE_BYTES + 1).read_to_end(&mut bytes);
        read.map_err(|error| ReadProblem::from_io(&error))?;
        Some(Window::from(bytes))
    } else {
        None
    };
    Ok(OpenFile { file: Arc::new(file), before: found, whole })
}

impl OpenFile {
    /// Its bytes.
    pub fn window(&self) -> Window {
        let source = || {
            let (file, bytes) = (Arc::clone(&self.file), self.before.len());
            Window::new(Arc::new(FileBytes { file, bytes, kept: Mutex::default() }))
        };
        self.whole.clone().unwrap_or_else(source)
    }

    /// Whether somebody wrote to it since it was opened.
    ///
    /// # Errors
    /// [`ReadProblem::Changed`], or what the system says.
    pub fn check_unchanged(&self) -> Result<(), ReadProblem> {
        let after = self.file.metadata().map_err(|error| ReadProblem::from_io(&error))?;
        // Files under /proc say 0 bytes and have some; they count as what was read.
        let grown = self.whole.as_ref().is_some_and(|whole| whole.len() != after.len()) && after.len() > 0;
        let same = after.len() == self.before.len() && after.modified().ok() == self.before.modified().ok();
        if same && !grown { Ok(()) } else { Err(ReadProblem::Changed) }
    }
}

/// The bytes of a file. Some blocks are kept: readers look at the start of a member several times.
#[derive(Debug)]
struct FileBytes {
    file: Arc<File>,
    bytes: u64,
    kept: Mutex<Blocks>,
}

/// The last blocks that were read: where each starts, and its bytes.
#[derive(Debug, Default)]
struct Blocks {
    blocks: VecDeque<(u64, Arc<Vec<u8>>)>,
}

/// Reads of these sizes are kept: larger ones are not repeated.
const KEPT_BYTES: RangeInclusive<usize> = 1 << 9..=64 << 10;
/// For reads of up to so many bytes a block of [`BLOCK_BYTES`] is read: their neighbours are asked for next.
const FEW_BYTES: usize = 128;
const BLOCK_BYTES: usize = 1 << 10;
/// Enough for the member at hand and what it stands in, and few enough to be searched one by one.
const MOST_KEPT: usize = 8;

impl Blocks {
    /// All that is asked for, if a block holds it.
    fn get(&self, offset: u64, length: usize) -> Option<Bytes<'static>> {
        self.blocks.iter().rev().find_map(|(at, block)| {
            let start = usize::try_from(offset.checked_sub(*at)?).ok()?;
            let end = start.checked_add(length)?;
            (end <= block.len()).then(|| Bytes::Shared(Arc::clone(block), start..end))
        })
    }

    /// Drops the oldest block if there are many; its vector, for the next one, if nobody else has it.
    fn make_room(&mut self) -> Vec<u8> {
        let oldest = if self.blocks.len() == MOST_KEPT { self.blocks.pop_front() } else { None };
        oldest.and_then(|(_, block)| Arc::into_inner(block)).unwrap_or_default()
    }
}

impl FileBytes {
    #[cfg(unix)]
    fn read_file(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::unix::fs::FileExt::read_at(&*self.file, into, offset)
    }

    #[cfg(windows)]
    fn read_file(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        std::os::windows::fs::FileExt::seek_read(&*self.file, into, offset)
    }
}

impl ReadAt for FileBytes {
    fn size(&self) -> u64 {
        self.bytes
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.read_file(offset, into)
    }

    fn read_kept(&self, offset: u64, length: usize) -> io::Result<Option<Bytes<'static>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept.get(offset, length) {
            return Ok(Some(found));
        }
        let asked = if length <= FEW_BYTES { BLOCK_BYTES } else { length };
        if !KEPT_BYTES.contains(&asked) || length == 0 {
            return Ok(None);
        }
        let mut block = kept.make_room();
        block.resize(asked, 0);
        let done = read_into(self, offset, &mut block)?;
        block.truncate(done);
        kept.blocks.push_back((offset, Arc::new(block)));
        Ok(kept.get(offset, length.min(done)))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn parts_of_a_large_file_are_its_bytes_in_whatever_order_they_are_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.pt");
        let bytes: Vec<u8> = (0..WHOLE_BYTES as u32).flat_map(u32::to_le_bytes).collect();
        fs::write(&path, &bytes).expect("writable");
        let window = open_input(&path).expect("a file").window();
        let kept = *KEPT_BYTES.start();
        let some = [(5, kept), (7, 3), (5, kept), (4, kept), (kept, 10), (bytes.len() - 8, 2 * kept), (9, 0)];
        // More than are kept, and then the first again.
        let many = (0..3 * MOST_KEPT).map(|number| (number * 2 * kept, kept));
        for (at, length) in some.into_iter().chain(many).chain(some) {
            let end = (at + length).min(bytes.len());
            assert_eq!(*window.read(at as u64, length).expect("readable"), bytes[at..end]);
        }
    }

    #[test]
    fn an_open_file_is_read_in_parts_and_knows_that_it_changed() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.pt");
        for bytes in [10, WHOLE_BYTES as usize + 10] {
            fs::write(&path, vec![b'x'; bytes]).expect("writable");
            let open = open_input(&path).expect("a file");
            assert_eq!(&*open.window().read(bytes as u64 - 2, 10).expect("readable"), b"xx");
            assert_eq!(open.check_unchanged(), Ok(()));
            fs::write(&path, vec![b'y'; bytes + 1]).expect("writable");
            assert_eq!(open.check_unchanged(), Err(ReadProblem::Changed));
        }
        assert_eq!(open_input(folder.path()).map(|_| ()), Err(ReadProblem::Folder));
        assert_eq!(open_input(&folder.path().join("no")).map(|_| ()), Err(ReadProblem::Missing));
    }
}
