//! How many pinned files stand on disk, and the digests of whole folders.

use std::io;
use std::path::{Path, PathBuf};

use crate::disk::{self, ReadProblem, Standing};
use crate::engine::parallel::heaviest_first;
use crate::manifest::cache::Cache;
use crate::manifest::{Pin, Policy, RelativePath, Sha256, Verdict, hash_file, verify, verify_with};

/// What a progress bar hears, from any thread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// How much there is: files and bytes.
    Total(u64, u64),
    /// Bytes that were read.
    Bytes(u64),
    /// A file that is done.
    File,
}

/// Who hears it.
pub type Progress<'p> = &'p (dyn Fn(Heard) + Sync);

fn size(root: &Path, path: &RelativePath) -> u64 {
    match disk::standing(root, &path.to_path()) {
        Standing::File(stamp) => stamp.bytes,
        Standing::Link { .. } | Standing::Not(_) => 0,
    }
}

/// How each of `pins` stands below `root`, a path without links. Digests come from `cache` only if there is one.
///
/// # Errors
/// If the threads cannot be started.
pub fn check_pins(
    root: &Path,
    pins: &[Pin],
    policy: Policy,
    cache: Option<&Cache>,
    threads: usize,
    progress: Progress<'_>,
) -> io::Result<Vec<Verdict>> {
    let sized: Vec<(u64, &Pin)> = pins.iter().map(|pin| (size(root, &pin.path), pin)).collect();
    progress(Heard::Total(sized.len() as u64, sized.iter().map(|(bytes, _)| bytes).sum()));
    heaviest_first(&sized, threads, &|(bytes, _)| *bytes, &|(_, pin)| {
        let heard = |bytes| progress(Heard::Bytes(bytes));
        let verdict = match cache {
            Some(cache) => verify_with(root, pin, policy, &|path, stamp| cache.hash(path, stamp, &heard)),
            None => verify(root, pin, policy, &heard),
        };
        progress(Heard::File);
        verdict
    })
}

/// The digest of each of these files below `root`, whatever they are.
///
/// # Errors
/// If the threads cannot be started.
pub fn hash_tree(
    root: &Path,
    paths: &[PathBuf],
    threads: usize,
    progress: Progress<'_>,
) -> io::Result<Vec<Result<(Sha256, u64), ReadProblem>>> {
    let sized: Vec<(u64, PathBuf)> = paths
        .iter()
        .map(|path| root.join(path))
        .map(|path| (disk::stamp(&path).map_or(0, |stamp| stamp.bytes), path))
        .collect();
    progress(Heard::Total(sized.len() as u64, sized.iter().map(|(bytes, _)| bytes).sum()));
    heaviest_first(&sized, threads, &|(bytes, _)| *bytes, &|(_, path)| {
        let hashed = hash_file(path, None, &|bytes| progress(Heard::Bytes(bytes)));
        progress(Heard::File);
        hashed.map(|(digest, stamp)| (digest, stamp.bytes))
    })
}
