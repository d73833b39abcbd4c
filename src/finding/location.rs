//! Where something stands, complete enough to be shown without reading the file again.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::text::{LineIndex, Position, Region};

/// The name of an input as the user would recognise it: the path as given or found, or `--stdin-filename`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct InputName(Arc<Path>);

/// As paths: part by part.
impl Ord for InputName {
    fn cmp(&self, other: &Self) -> Ordering {
        // Thousands of names of one folder are sorted. Where two first differ inside of a part, that decides.
        let (own, others) = (self.0.as_os_str().as_encoded_bytes(), other.0.as_os_str().as_encoded_bytes());
        let differing = own.iter().zip(others).find(|(a, b)| a != b);
        let is_inside = |byte: u8| !matches!(byte, b'/' | b'.');
        match differing {
            Some((a, b)) if cfg!(unix) && is_inside(*a) && is_inside(*b) => a.cmp(b),
            _ => self.0.cmp(&other.0),
        }
    }
}

impl PartialOrd for InputName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl InputName {
    /// From a path; a leading `./` is dropped.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let short = path.strip_prefix(".").ok().filter(|rest| !rest.as_os_str().is_empty()).map(Path::to_path_buf);
        Self(short.unwrap_or(path).into())
    }

    /// The path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl std::fmt::Display for InputName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.display().fmt(f)
    }
}

/// A place inside a notebook cell.
///
/// Units: all count from 1; `cell` counts all cells, markdown too, as editors number them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CellPosition {
    /// Which cell.
    pub cell: u32,
    /// The line inside the cell at which the region starts.
    pub start_line: u32,
    /// The line inside the cell at which the region ends.
    pub end_line: u32,
}

/// The source lines a region covers, kept so that reports need no second read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Excerpt {
    /// The lines without the last line break; long lines and long regions are cut.
    pub text: Box<str>,
    /// The region inside `text`.
    pub region: Region,
}

/// An input and a region in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// Which input.
    pub input: InputName,
    /// Bytes of the decoded text; in a notebook, of the cell.
    pub region: Region,
    /// First character. In a notebook the line is the raw line of the file.
    pub start: Position,
    /// One past the last character.
    pub end: Position,
    /// In a notebook, the cell.
    pub cell: Option<CellPosition>,
    /// In an artifact, the bytes.
    pub binary: Option<BinaryPlace>,
    /// What stands there.
    pub excerpt: Excerpt,
    /// The hash of the line it starts in, as GitHub makes it; only where a finding stands, if the bytes were at hand.
    pub line_hash: Option<Arc<str>>,
}

/// A place in an artifact, which may be larger than a text can be and has no lines.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BinaryPlace {
    /// The members one inside the other, joined by `!`; empty for the file itself.
    pub member: Arc<str>,
    /// First byte, from the start of the member.
    pub start: u64,
    /// One past the last byte.
    pub end: u64,
}

const MAX_EXCERPT_LINES: u32 = 6;
const MAX_EXCERPT_BYTES: usize = 1_000;

impl Excerpt {
    /// The lines that `region` touches, at most six and at most 1,000 bytes.
    pub fn new(text: &str, index: &LineIndex, region: Region) -> Self {
        let first = index.line(region.start);
        let last = index.line(region.end.max(region.start)).min(first + MAX_EXCERPT_LINES - 1);
        let start = index.line_region(text, first).start;
        let end = index.line_region(text, last).end.max(start);
        let whole = &text[Region::new(start, end).range()];
        // A line longer than the cut shows the part around the region.
        let wanted = (region.start - start) as usize;
        let mut skip = if wanted > MAX_EXCERPT_BYTES / 2 { wanted - 40 } else { 0 };
        while !whole.is_char_boundary(skip) {
            skip -= 1;
        }
        let mut stop = (skip + MAX_EXCERPT_BYTES).min(whole.len());
        while !whole.is_char_boundary(stop) {
            stop -= 1;
        }
        let offset = start + skip as u32;
        let inside = |at: u32| at.saturating_sub(offset).min((stop - skip) as u32);
        Self { text: whole[skip..stop].into(), region: Region::new(inside(region.start), inside(region.end)) }
    }
}

impl Location {
    /// The place of `region` in a whole text.
    pub fn in_text(input: InputName, text: &str, index: &LineIndex, region: Region) -> Self {
        Self {
            input,
            region,
            start: index.position(text, region.start),
            end: index.position(text, region.end),
            cell: None,
            binary: None,
            excerpt: Excerpt::new(text, index, region),
            line_hash: None,
        }
    }

    /// The place of some bytes in an artifact.
    pub fn in_artifact(input: InputName, place: BinaryPlace) -> Self {
        let start = Position { line: 1, column: 1, utf16: 1, byte: 1 };
        let (region, excerpt) = (Region::default(), Excerpt::default());
        Self { input, region, start, end: start, cell: None, binary: Some(place), excerpt, line_hash: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leading_dot_is_dropped_but_not_the_whole_name() {
        assert_eq!(InputName::new("./a/b.py").path(), Path::new("a/b.py"));
        assert_eq!(InputName::new(".").path(), Path::new("."));
    }

    #[test]
    fn an_excerpt_of_a_huge_line_is_cut_around_the_region() {
        let text = format!("{}load(p){}", "é".repeat(5_000), "x".repeat(5_000));
        let start = text.find("load").expect("in the text") as u32;
        let excerpt = Excerpt::new(&text, &LineIndex::new(&text), Region::new(start, start + 7));
        assert!(excerpt.text.len() <= MAX_EXCERPT_BYTES);
        assert_eq!(&excerpt.text[excerpt.region.range()], "load(p)");
    }

    proptest::proptest! {
        #[test]
        fn names_are_in_the_order_of_paths(a in "[ab./-]{0,6}", b in "[ab./-]{0,6}") {
            let name = |text: &str| InputName(Path::new(text).into());
            proptest::prop_assert_eq!(name(&a).cmp(&name(&b)), Path::new(&a).cmp(Path::new(&b)));
        }
    }
}
