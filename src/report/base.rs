//! Names of inputs as services want them: from the root of the repository, with `/`, and never absolute.

use std::borrow::Cow;
use std::path::{Component, Path, PathBuf};

use crate::finding::InputName;

/// The folders by which names of inputs are understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Base {
    current: PathBuf,
    root: PathBuf,
}

impl Base {
    /// Inputs are named from `current`, reports name them from `root`; both absolute.
    pub fn new(current: impl Into<PathBuf>, root: impl Into<PathBuf>) -> Self {
        Self { current: current.into(), root: root.into() }
    }

    /// The folder that reports name inputs from.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The name from the root, as text; bytes that are no text are replaced.
    pub(super) fn path(&self, name: &InputName) -> String {
        let parts: Vec<_> = self.parts(name).iter().map(|part| part_text(part).into_owned()).collect();
        parts.join("/")
    }

    /// The same as a relative URI: bytes other than letters, digits and `-._~` are percent-encoded, so that names that
    /// are no Unicode are kept too.
    pub fn uri(&self, name: &InputName) -> String {
        let parts: Vec<_> = self.parts(name).iter().map(|part| encoded(part.as_os_str().as_encoded_bytes())).collect();
        parts.join("/")
    }

    /// The components from the root to the input. What lies outside begins with `..`; what lies on another drive has no
    /// way from here, and is named from the top of that drive.
    fn parts(&self, name: &InputName) -> Vec<PathBuf> {
        let path = normal(&self.current.join(name.path()));
        let root = normal(&self.root);
        let common = root.components().zip(path.components()).take_while(|(one, other)| one == other).count();
        let up = match common {
            0 => 0,
            common => root.components().count() - common,
        };
        let down = path.components().skip(common).filter(|part| matches!(part, Component::Normal(_)));
        let ups = std::iter::repeat_n(PathBuf::from(".."), up);
        let parts: Vec<_> = ups.chain(down.map(|part| PathBuf::from(part.as_os_str()))).collect();
        if parts.is_empty() { vec![PathBuf::from(".")] } else { parts }
    }
}

/// The bytes of a name that is no Unicode, percent-encoded; `None` of any other name.
pub(super) fn lost_bytes(path: &Path) -> Option<String> {
    let pieces = || path.as_os_str().as_encoded_bytes().split(|byte| *byte == b'/').map(encoded);
    path.to_str().is_none().then(|| pieces().collect::<Vec<_>>().join("/"))
}

fn part_text(part: &Path) -> Cow<'_, str> {
    part.as_os_str().to_string_lossy()
}

/// Without `.` and `..`, by the text alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            // Above the top is the top.
            Component::ParentDir => {
                normal.pop();
            }
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => normal.push(part),
        }
    }
    normal
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(name: &str) -> String {
        Base::new("/home/me/repo/part", "/home/me/repo").uri(&InputName::new(name))
    }

    #[cfg(unix)]
    #[test]
    fn names_start_at_the_root_and_are_never_absolute() {
        assert_eq!(uri("a b/ü.py"), "part/a%20b/%C3%BC.py");
        assert_eq!(uri("./x/../../top%.py"), "top%25.py");
        assert_eq!(uri("/home/me/repo/a.py"), "a.py");
        assert_eq!(uri("/home/me/models/m.pt"), "../models/m.pt");
        assert_eq!(uri("/m:1#.pt"), "../../../m%3A1%23.pt");
        assert_eq!(uri("<stdin>"), "part/%3Cstdin%3E");
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_is_no_unicode_keeps_its_bytes() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"d/\xff.py"));
        let base = Base::new("/repo", "/repo");
        assert_eq!(base.uri(&InputName::new(path)), "d/%FF.py");
        assert_eq!(base.path(&InputName::new(path)), "d/\u{fffd}.py");
        assert_eq!(lost_bytes(path).as_deref(), Some("d/%FF.py"));
        assert_eq!(lost_bytes(Path::new("d/é.py")), None);
    }
}
