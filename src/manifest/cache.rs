//! Digests of files that did not change, so that a second look costs no reading. Kept in a file of the user's, never in the
//! checked tree: whoever can write there must not be able to answer for a digest.
//!
//! The key is everything the system tells of a file's state: path, device, inode, size, and the times of its content and of
//! its last change of any kind, which nobody can set back. `manifest verify` does not use it unless it is asked to.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use super::digest::{Sha256, hash_file};
use crate::disk::{self, Ceiling, ReadProblem, Stamp};

/// A file that changed so shortly before it was looked at may change again under the same time.
const SETTLED: i128 = 2_000_000_000;
/// The oldest entries go when there are more.
const MOST_ENTRIES: usize = 200_000;
const MOST: Ceiling = Ceiling { bytes: 128 << 20, key: "the ceiling for the cache" };
const VERSION: u32 = 1;

/// What is known of files.
#[derive(Debug)]
pub struct Cache {
    file: Option<PathBuf>,
    now: i128,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    entries: FxHashMap<String, Entry>,
    changed: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Entry {
    sha256: Sha256,
    bytes: u64,
    modified: i128,
    changed: i128,
    device: u64,
    inode: u64,
    /// When it was last asked for, in seconds.
    used: i64,
}

#[derive(Serialize, Deserialize)]
struct Document {
    version: u32,
    entries: FxHashMap<String, Entry>,
}

impl Cache {
    /// One that knows nothing and keeps nothing.
    pub fn none() -> Self {
        Self { file: None, now: 0, known: Mutex::default() }
    }

    /// What `file` holds; nothing if it cannot be read or is no cache. `now` is in nanoseconds since 1970.
    pub fn open(file: &Path, now: i128) -> Self {
        let read = disk::read_input(file, MOST).ok();
        let document = read.and_then(|bytes| serde_json::from_slice::<Document>(&bytes).ok());
        let entries = document.filter(|document| document.version == VERSION).map(|document| document.entries);
        let known = Known { entries: entries.unwrap_or_default(), changed: false };
        Self { file: Some(file.to_path_buf()), now, known: Mutex::new(known) }
    }

    /// The digest of the file `path`, which has no links and is in the state `stamp`.
    ///
    /// # Errors
    /// A [`ReadProblem`].
    pub fn hash(&self, path: &Path, stamp: Stamp, heard: &dyn Fn(u64)) -> Result<Sha256, ReadProblem> {
        let key = path.to_str().filter(|_| self.file.is_some());
        let seconds = i64::try_from(self.now / 1_000_000_000).unwrap_or(0);
        if let Some(key) = key {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(entry) = known.entries.get_mut(key).filter(|entry| entry.is_of(stamp)) {
                entry.used = seconds;
                heard(stamp.bytes);
                return Ok(entry.sha256);
            }
        }
        let (sha256, stamp) = hash_file(path, Some(stamp), heard)?;
        if let Some(key) = key.filter(|_| self.is_settled(stamp)) {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.changed = true;
            known.entries.insert(key.to_owned(), Entry::new(sha256, stamp, seconds));
        }
        Ok(sha256)
    }

    fn is_settled(&self, stamp: Stamp) -> bool {
        stamp.modified.max(stamp.changed) + SETTLED < self.now
    }

    /// Writes what was learnt.
    ///
    /// # Errors
    /// What the system says; a cache that cannot be written is no reason to fail.
    pub fn save(&self) -> io::Result<()> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(file) = self.file.as_ref().filter(|_| known.changed) else { return Ok(()) };
        let mut entries: Vec<_> = known.entries.drain().collect();
        entries.sort_by(|a, b| (b.1.used, &a.0).cmp(&(a.1.used, &b.0)));
        entries.truncate(MOST_ENTRIES);
        let document = Document { version: VERSION, entries: entries.into_iter().collect() };
        let text = serde_json::to_vec(&document).map_err(io::Error::other)?;
        if let Some(folder) = file.parent() {
            disk::make_folder(folder)?;
        }
        disk::write_whole(file, &text)
    }
}

impl Entry {
    fn new(sha256: Sha256, stamp: Stamp, used: i64) -> Self {
        let Stamp { bytes, modified, changed, identity: (device, inode) } = stamp;
        Self { sha256, bytes, modified, changed, device, inode, used }
    }

    fn is_of(&self, stamp: Stamp) -> bool {
        let Self { bytes, modified, changed, device, inode, .. } = *self;
        stamp == Stamp { bytes, modified, changed, identity: (device, inode) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::fs;

    const LATER: i128 = 10_000_000_000_000_000_000;

    fn of(path: &Path) -> Stamp {
        disk::stamp(path).expect("a file")
    }

    #[test]
    fn an_unchanged_file_is_read_once_and_a_changed_one_again() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, path) = (folder.path().join("cache/digests.json"), folder.path().join("a.pt"));
        fs::write(&path, b"one").expect("writable");
        let cache = Cache::open(&file, LATER);
        assert_eq!(cache.hash(&path, of(&path), &|_| {}), Ok(Sha256::of(b"one")));
        cache.save().expect("writable");
        // Only the cache can know this digest now: the file's content is another under the same stamp.
        let text = fs::read_to_string(&file)
            .expect("written")
            .replace(&Sha256::of(b"one").to_string(), &Sha256::of(b"told by the cache").to_string());
        fs::write(&file, text).expect("writable");
        let cache = Cache::open(&file, LATER);
        assert_eq!(cache.hash(&path, of(&path), &|_| {}), Ok(Sha256::of(b"told by the cache")));
        assert_eq!(Cache::none().hash(&path, of(&path), &|_| {}), Ok(Sha256::of(b"one")));
        fs::write(&path, b"two").expect("writable");
        let heard = Cell::new(0);
        assert_eq!(cache.hash(&path, of(&path), &|bytes| heard.set(heard.get() + bytes)), Ok(Sha256::of(b"two")));
        assert_eq!(heard.get(), 3);
    }

    #[test]
    fn a_file_that_just_changed_is_not_remembered_and_a_broken_cache_is_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (file, path) = (folder.path().join("digests.json"), folder.path().join("a.pt"));
        fs::write(&path, b"one").expect("writable");
        let cache = Cache::open(&file, of(&path).modified);
        cache.hash(&path, of(&path), &|_| {}).expect("readable");
        cache.save().expect("writable");
        assert!(!file.exists());
        fs::write(&file, b"{\"version\": 1, \"entries\": [").expect("writable");
        assert_eq!(Cache::open(&file, LATER).hash(&path, of(&path), &|_| {}), Ok(Sha256::of(b"one")));
    }
}
