//! What is embedded as JSON and read when somebody first asks for it. Most of a rule is for findings, and most runs have few.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

use super::load::embedded;

/// A value, or the file it comes from and its JSON until it is read.
#[derive(Clone)]
pub(super) struct Unread<T> {
    read: OnceLock<T>,
    from: (&'static str, &'static str),
}

impl<T> Unread<T> {
    /// What the build made of the file `path`, as JSON.
    pub(super) fn embedded(path: &'static str, json: &'static str) -> Self {
        Self { read: OnceLock::new(), from: (path, json) }
    }
}

impl<T> From<T> for Unread<T> {
    fn from(value: T) -> Self {
        Self { read: OnceLock::from(value), from: ("", "") }
    }
}

impl<T: DeserializeOwned> Deref for Unread<T> {
    type Target = T;

    fn deref(&self) -> &T {
        let (path, json) = self.from;
        self.read.get_or_init(|| embedded(path, json))
    }
}

impl<T: DeserializeOwned + fmt::Debug> fmt::Debug for Unread<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_when_somebody_asks() {
        let list: Unread<Vec<u8>> = Unread::embedded("a list", "[1, 2]");
        assert!(list.read.get().is_none(), "nobody asked");
        assert_eq!((list.len(), list.read.get()), (2, Some(&vec![1, 2])));
    }
}
