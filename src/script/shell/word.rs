//! A word while it is read, and what came of it.

use crate::fact::{GAP, Word};
use crate::text::Region;

/// A word as it stands in the text.
#[derive(Debug, Clone)]
pub(in crate::script) struct Raw {
    /// What the program gets.
    pub(in crate::script) word: Word,
    /// The bytes between its first and its last quote, if it begins and ends with one, perhaps behind `NAME=` or `--option=`.
    pub(in crate::script) inner: Option<Region>,
    /// How many bytes of it stand before any quote or gap.
    plain: usize,
}

impl Raw {
    /// `NAME=value`, also with `+=`, whose name is written out: the name, and the value as a word of its own.
    pub(in crate::script) fn assignment(&self) -> Option<(&str, Word)> {
        let text = &self.word.text;
        let (name, _) = text.split_once('=')?;
        let behind = name.len() + 1;
        let name = name.strip_suffix('+').unwrap_or(name);
        (behind <= self.plain && is_name(name)).then(|| {
            let rest = |text: &String| text.get(behind..).unwrap_or_default().to_owned();
            let word = Word {
                region: self.word.region,
                text: rest(text),
                by_default: self.word.by_default.as_ref().map(rest),
            };
            (name, word)
        })
    }
}

/// Whether it can be the name of a variable.
pub(in crate::script) fn is_name(name: &str) -> bool {
    let first = name.bytes().next();
    first.is_some_and(|byte| byte.is_ascii_alphabetic() || byte == b'_')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A word that is being read.
#[derive(Debug)]
pub(super) struct Draft {
    start: usize,
    text: String,
    by_default: Option<String>,
    quotes: usize,
    inner: Option<Region>,
    plain: Option<usize>,
}

impl Draft {
    pub(super) fn new(start: usize) -> Self {
        Self { start, text: String::new(), by_default: None, quotes: 0, inner: None, plain: None }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        if let Some(other) = &mut self.by_default {
            other.push_str(text);
        }
    }

    /// Something that is not known here.
    pub(super) fn gap(&mut self) {
        self.is_no_longer_plain();
        self.text.push(GAP);
        if let Some(other) = &mut self.by_default {
            other.push(GAP);
        }
    }

    /// Something that is not known here, or else is `default`.
    pub(super) fn gap_or(&mut self, default: &Self) {
        self.is_no_longer_plain();
        let other = self.by_default.get_or_insert_with(|| self.text.clone());
        other.push_str(default.by_default.as_ref().unwrap_or(&default.text));
        self.text.push(GAP);
    }

    /// A quoted part begins at `at`.
    pub(super) fn opens(&mut self) {
        self.is_no_longer_plain();
        self.quotes += 1;
    }

    /// A quoted part with the bytes `inner` has ended. Several are one text: people forget that quotes do not nest.
    pub(super) fn closes(&mut self, inner: Region) {
        let start = self.inner.map_or(inner.start, |first| first.start);
        self.inner = Some(Region::new(start, inner.end));
    }

    fn is_no_longer_plain(&mut self) {
        self.plain.get_or_insert(self.text.len());
    }

    /// Whether it is `NAME=` or `NAME+=` so far; the name.
    pub(super) fn array_name(&self) -> Option<&str> {
        let name = self.text.strip_suffix('=')?;
        let name = name.strip_suffix('+').unwrap_or(name);
        (self.quotes == 0 && is_name(name)).then_some(name)
    }

    /// The word, which ends before `end`.
    pub(super) fn finish(self, end: usize) -> Raw {
        let region = Region::new(self.start as u32, end as u32);
        let ends_quoted = |inner: &Region| inner.end + 1 == region.end;
        let begins = |inner: &Region| {
            let before = self.plain.unwrap_or_default();
            let head = &self.text[..before.min(self.text.len())];
            (before == 0 && inner.start == region.start + 1)
                || (head.ends_with('=') && self.start + before + 1 == inner.start as usize)
        };
        let inner = self.inner.filter(ends_quoted).filter(begins);
        let plain = self.plain.unwrap_or(self.text.len());
        Raw { word: Word { region, text: self.text, by_default: self.by_default }, inner, plain }
    }
}
