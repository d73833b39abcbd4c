//! Paths to `file:` URIs and back. Documents keep the URI that the client gave them.

use std::path::{Path, PathBuf};

use crate::text::percent_decoded;

/// The path of a `file:` URI; `None` for other schemes, and for what is no path here.
pub(super) fn to_path(uri: &str) -> Option<PathBuf> {
    let rest = uri.get(..5).filter(|scheme| scheme.eq_ignore_ascii_case("file:")).and_then(|_| uri.get(5..))?;
    let path = match rest.strip_prefix("//") {
        // A host is passed over: the file is on this machine or cannot be read.
        Some(authority) => &authority[authority.find('/')?..],
        None => rest,
    };
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let bytes = percent_decoded(path);
    if bytes.contains(&0) {
        return None;
    }
    Some(path_of(bytes))
}

/// The `file:` URI of an absolute path.
pub(super) fn from_path(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let mut uri = String::from("file://");
    let is_drive = bytes.get(1) == Some(&b':');
    if is_drive {
        uri.push('/');
    }
    for &byte in bytes {
        match byte {
            b'\\' if is_drive => uri.push('/'),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => uri.push(char::from(byte)),
            byte => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(unix)]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    use std::os::unix::ffi::OsStringExt as _;
    std::ffi::OsString::from_vec(bytes).into()
}

#[cfg(not(unix))]
fn path_of(bytes: Vec<u8>) -> PathBuf {
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let drive = text.strip_prefix('/').filter(|rest| rest.as_bytes().get(1) == Some(&b':'));
    PathBuf::from(drive.unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_is_decoded() {
        for path in ["/a/b.py", "/a b/ü%41#?.py", "/x/[y]&z=1.ipynb"] {
            let uri = from_path(Path::new(path));
            assert!(uri.is_ascii() && !uri.contains([' ', '#', '?']), "{uri}");
            assert_eq!(to_path(&uri), Some(PathBuf::from(path)), "{uri}");
        }
    }

    #[test]
    fn odd_uris_are_no_paths_or_read_as_far_as_they_go() {
        for uri in ["untitled:1", "", "file", "file://host", "file:///a%00b"] {
            assert_eq!(to_path(uri), None, "{uri}");
        }
        assert_eq!(to_path("file:///a%zz%4"), Some(PathBuf::from("/a%zz%4")));
        assert_eq!(to_path("FILE://localhost/a%2Fb"), Some(PathBuf::from("/a/b")));
    }
}
