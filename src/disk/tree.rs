//! Files below a folder: what stands under a name without following links, all of them, and their bytes in order.
//!
//! Called by `manifest`, for which a symbolic link in the place of a file is not the file.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Component, Path, PathBuf};

use super::{ReadProblem, metadata, open_without_waiting, regular};

/// What tells one state of a file from another without reading it.
///
/// Units: times are nanoseconds since 1970, 0 where the system does not tell. `identity` is device and inode; both are 0
/// where there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Its size.
    pub bytes: u64,
    /// When its content was last written, as the file says; whoever owns it can set that.
    pub modified: i128,
    /// When anything about it last changed, which nobody can set back.
    pub changed: i128,
    /// Device and inode.
    pub identity: (u64, u64),
}

impl Stamp {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        let nanoseconds = |seconds: i64, rest: i64| i128::from(seconds) * 1_000_000_000 + i128::from(rest);
        Self {
            bytes: metadata.len(),
            modified: nanoseconds(metadata.mtime(), metadata.mtime_nsec()),
            changed: nanoseconds(metadata.ctime(), metadata.ctime_nsec()),
            identity: (metadata.dev(), metadata.ino()),
        }
    }

    #[cfg(not(unix))]
    fn of(metadata: &Metadata) -> Self {
        let since = |span: std::time::Duration| span.as_nanos() as i128;
        let epoch = std::time::UNIX_EPOCH;
        let modified = metadata.modified().ok().and_then(|time| time.duration_since(epoch).ok()).map_or(0, since);
        let changed = metadata.created().ok().and_then(|time| time.duration_since(epoch).ok()).map_or(0, since);
        Self { bytes: metadata.len(), modified, changed, identity: (0, 0) }
    }
}

/// What a name below a folder stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// A regular file.
    File(Stamp),
    /// The name, or a folder on the way to it, is a symbolic link.
    Link {
        /// The part that is the link, from the folder.
        at: PathBuf,
        /// What the link says.
        to: PathBuf,
        /// The file it leads to, without links; `None` if it leads to no file.
        file: Option<PathBuf>,
    },
    /// Nothing, or nothing that can be a file: no such name, a folder, a pipe.
    Not(ReadProblem),
}

/// Looks at `relative` below `root`, part by part, and follows no link. `relative` has normal parts only.
pub fn standing(root: &Path, relative: &Path) -> Standing {
    let mut path = root.to_path_buf();
    let mut last = None;
    for part in relative.components() {
        if !matches!(part, Component::Normal(_)) {
            return Standing::Not(ReadProblem::Missing);
        }
        path.push(part);
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_symlink() => return link(root, relative, &path),
            Ok(metadata) => last = Some(metadata),
            Err(error) => return Standing::Not(ReadProblem::from_io(&error)),
        }
    }
    match last {
        None => Standing::Not(ReadProblem::Folder),
        Some(metadata) => match regular(&metadata) {
            Ok(()) => Standing::File(Stamp::of(&metadata)),
            Err(problem) => Standing::Not(problem),
        },
    }
}

fn link(root: &Path, relative: &Path, at: &Path) -> Standing {
    let to = fs::read_link(at).unwrap_or_default();
    let whole = root.join(relative).canonicalize().ok().filter(|path| is_file(path));
    Standing::Link { at: at.strip_prefix(root).unwrap_or(at).to_path_buf(), to, file: whole }
}

fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// `path` without links and `..`.
///
/// # Errors
/// A [`ReadProblem`], if it is not there.
pub fn real(path: &Path) -> Result<PathBuf, ReadProblem> {
    path.canonicalize().map_err(|error| ReadProblem::from_io(&error))
}

/// The state of the file `path`, following links.
///
/// # Errors
/// A [`ReadProblem`] if it is no regular file.
pub fn stamp(path: &Path) -> Result<Stamp, ReadProblem> {
    let metadata = metadata(path)?;
    regular(&metadata)?;
    Ok(Stamp::of(&metadata))
}

/// Whether a folder has this name; links are followed.
pub fn is_folder(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Who may read a file besides its owner, where the system has such bits.
pub fn is_readable_by_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// How many bytes are handed on at once: they stay in the processor's cache until they are used.
const PORTION: usize = 128 << 10;

/// Hands all bytes of the regular file `path` to `take`, in order. Returns its state, which is the same before and after.
///
/// # Errors
/// A [`ReadProblem`]; [`ReadProblem::Changed`] if it was written to meanwhile, or is not what `expected` says. A file that
/// grows is read no further than to its first size.
pub fn feed(path: &Path, expected: Option<Stamp>, take: &mut dyn FnMut(&[u8])) -> Result<Stamp, ReadProblem> {
    regular(&metadata(path)?)?;
    let problem = |error: io::Error| ReadProblem::from_io(&error);
    let mut file = open_without_waiting(path).map_err(problem)?;
    let found = file.metadata().map_err(problem)?;
    regular(&found)?;
    let before = Stamp::of(&found);
    if expected.is_some_and(|expected| expected != before) {
        return Err(ReadProblem::Changed);
    }
    let read = read_portions(&mut file, before.bytes, take).map_err(problem)?;
    let after = Stamp::of(&file.metadata().map_err(problem)?);
    if read == before.bytes && after == before { Ok(before) } else { Err(ReadProblem::Changed) }
}

/// How many bytes there were, at most one more than `most`.
fn read_portions(file: &mut File, most: u64, take: &mut dyn FnMut(&[u8])) -> io::Result<u64> {
    let size = usize::try_from(most.saturating_add(1)).unwrap_or(PORTION).min(PORTION);
    let mut portion = vec![0; size];
    let mut read = 0;
    while read <= most {
        let count = match file.read(&mut portion) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        take(&portion[..count]);
        read += count as u64;
    }
    Ok(read)
}

/// A name in a tree and what it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TreeEntry {
    /// From the root.
    pub path: PathBuf,
    /// Whether it is a symbolic link; else it is a file, or something special.
    pub is_link: bool,
}

/// All names below `root` but folders, sorted, links not followed; and the folders that cannot be read. `skip` is asked for
/// every path from the root.
pub fn tree(root: &Path, skip: &dyn Fn(&Path) -> bool) -> (Vec<TreeEntry>, Vec<(PathBuf, ReadProblem)>) {
    let (mut entries, mut problems) = (Vec::new(), Vec::new());
    let mut folders = vec![PathBuf::new()];
    while let Some(folder) = folders.pop() {
        let read = fs::read_dir(root.join(&folder)).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let found = match read {
            Ok(found) => found,
            Err(error) => {
                problems.push((folder, ReadProblem::from_io(&error)));
                continue;
            }
        };
        for entry in found {
            let path = folder.join(entry.file_name());
            if skip(&path) {
                continue;
            }
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => folders.push(path),
                Ok(kind) => entries.push(TreeEntry { path, is_link: kind.is_symlink() }),
                Err(error) => problems.push((path, ReadProblem::from_io(&error))),
            }
        }
    }
    entries.sort();
    problems.sort_by(|a, b| a.0.cmp(&b.0));
    (entries, problems)
}

/// Makes the folder `path` and those above it.
///
/// # Errors
/// What the system says.
pub fn make_folder(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &Path, expected: Option<Stamp>) -> Result<Vec<u8>, ReadProblem> {
        let mut bytes = Vec::new();
        feed(path, expected, &mut |portion| bytes.extend_from_slice(portion)).map(|_| bytes)
    }

    #[test]
    fn all_bytes_are_fed_in_order_and_another_state_is_a_change() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.bin");
        let bytes: Vec<u8> = (0..PORTION * 2 + 7).map(|number| number as u8).collect();
        fs::write(&path, &bytes).expect("writable");
        assert_eq!(read(&path, None).as_deref(), Ok(&bytes[..]));
        let Standing::File(stamp) = standing(folder.path(), Path::new("a.bin")) else { panic!("a file") };
        assert_eq!(stamp.bytes, bytes.len() as u64);
        fs::write(&path, b"shorter").expect("writable");
        assert_eq!(read(&path, Some(stamp)), Err(ReadProblem::Changed));
    }

    #[test]
    fn a_file_that_grows_while_it_is_read_is_a_change_and_has_an_end() {
        use std::io::Write as _;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("a.bin");
        fs::write(&path, vec![1; PORTION * 3]).expect("writable");
        let mut portions = 0;
        let fed = feed(&path, None, &mut |portion| {
            portions += 1;
            let file = File::options().append(true).open(&path);
            file.and_then(|mut file| file.write_all(portion)).expect("writable");
        });
        assert_eq!(fed, Err(ReadProblem::Changed));
        assert!(portions <= 4, "{portions}");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_told_and_not_followed() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path();
        fs::create_dir(root.join("real")).expect("writable");
        fs::write(root.join("real/a"), b"a").expect("writable");
        symlink("real/a", root.join("link")).expect("links can be made");
        symlink("real", root.join("way")).expect("links can be made");
        symlink("nowhere", root.join("broken")).expect("links can be made");
        let link = |name: &str| match standing(root, Path::new(name)) {
            Standing::Link { at, file, .. } => (at, file.is_some()),
            other => panic!("{other:?}"),
        };
        assert_eq!(link("link"), (PathBuf::from("link"), true));
        assert_eq!(link("way/a"), (PathBuf::from("way"), true));
        assert_eq!(link("broken"), (PathBuf::from("broken"), false));
        assert_eq!(standing(root, Path::new("real")), Standing::Not(ReadProblem::Folder));
        assert_eq!(standing(root, Path::new("real/no")), Standing::Not(ReadProblem::Missing));
        assert_eq!(standing(root, Path::new("../a")), Standing::Not(ReadProblem::Missing));
        let (entries, problems) = tree(root, &|_| false);
        let names: Vec<_> = entries.iter().map(|entry| (entry.path.display().to_string(), entry.is_link)).collect();
        let expected = [("broken", true), ("link", true), ("real/a", false), ("way", true)];
        assert_eq!(names, expected.map(|(name, is_link)| (name.to_owned(), is_link)));
        assert!(problems.is_empty());
    }
}
