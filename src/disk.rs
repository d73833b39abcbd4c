//! Reads under a ceiling and writes that are whole or not there. Nobody else touches file contents.
//!
//! Comes in: a path and how many bytes we are willing to hold. Goes out: the bytes, or the reason there are none.
//! Called by `engine::run` for inputs, by `config` for its files, by `cli` for reports.

mod opened;
mod tree;

use std::fs::{self, File, FileType, Metadata};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

pub use opened::{OpenFile, open_input};
pub use tree::{
    Stamp, Standing, TreeEntry, feed, is_folder, is_readable_by_others, make_folder, real, stamp, standing, tree,
};

/// Why a file could not be read whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadProblem {
    /// Nothing has this name.
    #[error("there is no such file")]
    Missing,
    /// The system does not let us.
    #[error("permission denied")]
    PermissionDenied,
    /// Following the symbolic links leads nowhere.
    #[error("the symbolic link leads to itself")]
    LinkLoop,
    /// A symbolic link whose target is not there.
    #[error("the symbolic link points to nothing")]
    BrokenLink,
    /// A folder.
    #[error("it is a folder")]
    Folder,
    /// A pipe, socket or device; opening one could wait for ever.
    #[error("it is not a regular file but a {what}")]
    NotRegular {
        /// Which of them.
        what: &'static str,
    },
    /// More bytes than we hold.
    #[error("it has {} bytes, more than {key} = {limit}", .size.map_or_else(|| "too many".to_owned(), |n| n.to_string()))]
    TooLarge {
        /// How many it has; unknown for a stream.
        size: Option<u64>,
        /// How many we hold.
        limit: u64,
        /// The key of the limit in the configuration.
        key: &'static str,
    },
    /// Somebody wrote to it between the first and the last byte.
    #[error("the file changed while it was read")]
    Changed,
    /// Anything else the system says.
    #[error("{message}")]
    Other {
        /// In the system's words.
        message: String,
    },
}

/// "Too many symbolic links"; `ErrorKind::FilesystemLoop` is not stable.
const ELOOP: Option<i32> = if cfg!(any(target_os = "linux", target_os = "android")) {
    Some(40)
} else if cfg!(unix) {
    Some(62)
} else {
    None
};

impl ReadProblem {
    /// From what the system says.
    pub fn from_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Missing,
            io::ErrorKind::PermissionDenied => Self::PermissionDenied,
            io::ErrorKind::IsADirectory => Self::Folder,
            io::ErrorKind::NotADirectory => Self::Missing,
            _ if error.raw_os_error() == ELOOP => Self::LinkLoop,
            _ => Self::Other { message: error.to_string() },
        }
    }
}

/// A ceiling of bytes and the key of the configuration that moves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ceiling {
    /// At most so many bytes.
    pub bytes: u64,
    /// `max-source-bytes`.
    pub key: &'static str,
}

/// Reads the regular file `path`, following symbolic links, if it has at most `ceiling` bytes.
///
/// # Errors
/// A [`ReadProblem`]; a pipe or device is one too, and is never opened.
pub fn read_input(path: &Path, ceiling: Ceiling) -> Result<Vec<u8>, ReadProblem> {
    let named = metadata(path)?;
    regular(&named)?;
    if named.len() > ceiling.bytes {
        return Err(too_large(Some(named.len()), ceiling));
    }
    let mut file = open_without_waiting(path).map_err(|error| ReadProblem::from_io(&error))?;
    // What was opened counts, in case another file took the name in between.
    let before = file.metadata().map_err(|error| ReadProblem::from_io(&error))?;
    regular(&before)?;
    if before.len() > ceiling.bytes {
        return Err(too_large(Some(before.len()), ceiling));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(before.len()).unwrap_or(0).saturating_add(1));
    let read = (&mut file).take(ceiling.bytes.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| ReadProblem::from_io(&error))?;
    let after = file.metadata().map_err(|error| ReadProblem::from_io(&error))?;
    // Files under /proc say 0 bytes and have some; they count as what was read.
    let virtual_file = before.len() == 0 && after.len() == 0;
    let same = virtual_file
        || (before.len() == after.len()
            && bytes.len() as u64 == before.len()
            && before.modified().ok() == after.modified().ok());
    if bytes.len() as u64 > ceiling.bytes {
        return Err(too_large(None, ceiling));
    }
    if same { Ok(bytes) } else { Err(ReadProblem::Changed) }
}

/// Reads a stream, such as standard input, to its end if that comes within `ceiling`.
///
/// # Errors
/// [`ReadProblem::TooLarge`] or what the system says.
pub fn read_stream(stream: &mut dyn Read, ceiling: Ceiling) -> Result<Vec<u8>, ReadProblem> {
    let mut bytes = Vec::new();
    let read = stream.take(ceiling.bytes.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| ReadProblem::from_io(&error))?;
    if bytes.len() as u64 > ceiling.bytes { Err(too_large(None, ceiling)) } else { Ok(bytes) }
}

/// The nearest folder, from `folder` upwards, that git takes for the root of a checkout; a worktree's and a submodule's too.
pub fn repository(folder: &Path) -> Option<&Path> {
    folder.ancestors().find(|folder| is_there(&folder.join(".git")))
}

/// Whether anything has this name.
pub fn is_there(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Whether a regular file has this name; symbolic links are followed.
pub fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// The file that `path` leads to through symbolic links, so that writing replaces it and not a link.
///
/// # Errors
/// What the system says.
pub fn resolved(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

/// Whether anything has this name; symbolic links are followed.
pub fn exists(path: &Path) -> bool {
    fs::metadata(path).is_ok()
}

/// The names in a folder, sorted; empty if it cannot be read.
pub fn list_folder(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
    let mut paths: Vec<_> = entries.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.sort();
    paths
}

/// Writes `bytes` to `path` so that a reader sees the old content or the new one, never half of it.
///
/// A symbolic link or something that is no regular file (`/dev/stdout`, a pipe) is written to, not replaced.
///
/// # Errors
/// What the system says.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let special = fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if special {
        return fs::write(path, bytes);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let Some(name) = path.file_name() else { return fs::write(path, bytes) };
    let (temporary, mut file) = create_beside(folder, name)?;
    let permissions = fs::metadata(path).map(|metadata| metadata.permissions());
    let written = file
        .write_all(bytes)
        .and_then(|()| permissions.map_or(Ok(()), |permissions| fs::set_permissions(&temporary, permissions)))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        // The first error is the one to tell; a leftover is only untidy.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn create_beside(folder: &Path, name: &std::ffi::OsStr) -> io::Result<(PathBuf, File)> {
    for attempt in 0..100 {
        let mut temporary = std::ffi::OsString::from(".");
        temporary.push(name);
        temporary.push(format!(".{}-{attempt}.tmp", std::process::id()));
        let temporary = folder.join(temporary);
        match File::options().write(true).create_new(true).open(&temporary) {
            Ok(file) => return Ok((temporary, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no free name for a temporary file"))
}

fn metadata(path: &Path) -> Result<Metadata, ReadProblem> {
    fs::metadata(path).map_err(|error| match ReadProblem::from_io(&error) {
        ReadProblem::Missing if fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink()) => ReadProblem::BrokenLink,
        problem => problem,
    })
}

fn too_large(size: Option<u64>, ceiling: Ceiling) -> ReadProblem {
    ReadProblem::TooLarge { size, limit: ceiling.bytes, key: ceiling.key }
}

fn regular(metadata: &Metadata) -> Result<(), ReadProblem> {
    match metadata.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(ReadProblem::Folder),
        kind => Err(ReadProblem::NotRegular { what: what(kind) }),
    }
}

#[cfg(unix)]
fn what(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt as _;
    if kind.is_fifo() {
        "pipe"
    } else if kind.is_socket() {
        "socket"
    } else {
        "device"
    }
}

#[cfg(not(unix))]
fn what(_: FileType) -> &'static str {
    "device"
}

#[cfg(unix)]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    // O_NONBLOCK: if a pipe took the name after we looked, opening it must not wait for a writer.
    const O_NONBLOCK: i32 = if cfg!(any(target_os = "linux", target_os = "android")) { 0o4000 } else { 0x4 };
    File::options().read(true).custom_flags(O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open_without_waiting(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// A temporary folder with these files, for tests.
#[cfg(test)]
pub(crate) fn temporary_tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("writable");
        fs::write(path, text).expect("writable");
    }
    folder
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Ceiling = Ceiling { bytes: 10, key: "max-source-bytes" };

    #[test]
    fn a_file_reads_up_to_the_ceiling_and_not_past_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.py");
        fs::write(&path, "0123456789").expect("writable");
        assert_eq!(read_input(&path, TEN).expect("fits"), b"0123456789");
        fs::write(&path, "0123456789a").expect("writable");
        let problem = read_input(&path, TEN).expect_err("one byte too many");
        assert_eq!(problem.to_string(), "it has 11 bytes, more than max-source-bytes = 10");
    }

    #[test]
    fn a_stream_is_cut_off() {
        assert_eq!(read_stream(&mut &b"0123"[..], TEN).expect("fits"), b"0123");
        let problem = read_stream(&mut io::repeat(b'x'), TEN).expect_err("endless");
        assert_eq!(problem.to_string(), "it has too many bytes, more than max-source-bytes = 10");
    }

    #[test]
    fn missing_folder_and_device_are_told_apart() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert_eq!(read_input(&folder.path().join("no.py"), TEN), Err(ReadProblem::Missing));
        assert_eq!(read_input(folder.path(), TEN), Err(ReadProblem::Folder));
        if cfg!(unix) {
            let device = read_input(Path::new("/dev/zero"), TEN);
            assert_eq!(device, Err(ReadProblem::NotRegular { what: "device" }));
        }
    }

    #[cfg(unix)]
    #[test]
    fn pipes_and_bad_links_are_problems_and_nothing_waits() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let link = |target: &str, name: &str| {
            let path = folder.path().join(name);
            std::os::unix::fs::symlink(target, &path).expect("links can be made");
            path
        };
        assert_eq!(read_input(&link("nowhere", "broken.py"), TEN), Err(ReadProblem::BrokenLink));
        assert_eq!(read_input(&link("loop.py", "loop.py"), TEN), Err(ReadProblem::LinkLoop));
        let pipe = folder.path().join("pipe.py");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo is there");
        assert!(made.success());
        assert_eq!(read_input(&pipe, TEN), Err(ReadProblem::NotRegular { what: "pipe" }));
    }

    #[test]
    fn a_write_replaces_the_file_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("report.json");
        write_whole(&path, b"one").expect("writable");
        write_whole(&path, b"two").expect("writable");
        assert_eq!(fs::read(&path).expect("readable"), b"two");
        assert_eq!(list_folder(folder.path()), [path]);
    }
}
