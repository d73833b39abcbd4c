//! Paths in manifests: relative, `/` between their parts, and never out of the manifest's folder.

use std::fmt;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;

/// A path below a folder: normal parts only, joined by `/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct RelativePath(String);

/// Why a text is no path below a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// Nothing stands there.
    #[error("the path is empty")]
    Empty,
    /// It starts at a root or a drive.
    #[error("the path is absolute")]
    Absolute,
    /// It has a part `..`.
    #[error("the path leads out of the folder with `..`")]
    Parent,
    /// It has a character that no name has: NUL, or on this system the wrong separator.
    #[error("the path has a character that no file name has")]
    Character,
    /// It is longer than any system takes.
    #[error("the path is too long")]
    TooLong,
}

/// Longer than any system's longest path.
const MOST_BYTES: usize = 32 << 10;

impl RelativePath {
    /// Reads a path as manifests write it. Parts `.` and doubled slashes are dropped.
    ///
    /// # Errors
    /// A [`PathFault`].
    pub fn new(text: &str) -> Result<Self, PathFault> {
        if text.is_empty() {
            return Err(PathFault::Empty);
        }
        if text.len() > MOST_BYTES {
            return Err(PathFault::TooLong);
        }
        if text.contains('\0') {
            return Err(PathFault::Character);
        }
        let drive = text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic();
        if text.starts_with('/') || text.starts_with('\\') || (drive && cfg!(windows)) {
            return Err(PathFault::Absolute);
        }
        // A backslash separates on some systems; what leads out there leads out.
        if text.split(['/', '\\']).any(|part| part == "..") {
            return Err(PathFault::Parent);
        }
        let parts: Vec<_> = text.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        let path = parts.join("/");
        if path.is_empty() {
            return Err(PathFault::Empty);
        }
        if !Path::new(&path).components().all(|part| matches!(part, Component::Normal(_))) {
            return Err(PathFault::Character);
        }
        if cfg!(windows) && path.contains(['\\', ':']) {
            return Err(PathFault::Character);
        }
        Ok(Self(path))
    }

    /// From a path of this system below a folder; `None` if it is not UTF-8 or has other parts than names.
    pub fn of(path: &Path) -> Option<Self> {
        let mut text = String::new();
        for part in path.components() {
            match part {
                Component::CurDir => continue,
                Component::Normal(part) => {
                    if !text.is_empty() {
                        text.push('/');
                    }
                    text.push_str(part.to_str()?);
                }
                Component::Prefix(_) | Component::RootDir | Component::ParentDir => return None,
            }
        }
        Self::new(&text).ok()
    }

    /// With `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a path of this system, from the folder.
    pub fn to_path(&self) -> PathBuf {
        self.0.split('/').collect()
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// What systems that do not tell case apart take for the same.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }

    /// The order of OpenSSF Model Signing: part by part.
    pub fn by_parts(&self, other: &Self) -> std::cmp::Ordering {
        self.0.split('/').cmp(other.0.split('/'))
    }
}

impl fmt::Display for RelativePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stays_below_its_folder() {
        let path = |text: &str| RelativePath::new(text).map(|path| path.0);
        assert_eq!(path("./models//a.pt").as_deref(), Ok("models/a.pt"));
        assert_eq!(path("a..b/...").as_deref(), Ok("a..b/..."));
        let faults = [
            ("", PathFault::Empty),
            ("./.", PathFault::Empty),
            ("/etc/passwd", PathFault::Absolute),
            ("\\\\host\\share", PathFault::Absolute),
            ("a/../../b", PathFault::Parent),
            ("a\\..\\..\\b", PathFault::Parent),
            ("..", PathFault::Parent),
            ("a\0b", PathFault::Character),
        ];
        for (text, fault) in faults {
            assert_eq!(path(text), Err(fault), "{text}");
        }
        assert_eq!(path(&"a/".repeat(20_000)), Err(PathFault::TooLong));
    }

    #[test]
    fn the_order_by_parts_is_not_that_of_bytes() {
        let mut paths = ["a.txt", "a-b/x", "a/y"].map(|text| RelativePath::new(text).expect("valid"));
        paths.sort_by(RelativePath::by_parts);
        assert_eq!(paths.map(|path| path.0), ["a/y", "a-b/x", "a.txt"]);
    }

    #[test]
    fn paths_of_the_system_become_paths_of_manifests() {
        let of = |path: &str| RelativePath::of(Path::new(path)).map(|path| path.0);
        assert_eq!(of("./a/b.pt").as_deref(), Some("a/b.pt"));
        assert_eq!(of("../a"), None);
        assert_eq!(of("/a"), None);
    }
}
