//! A half-open range of bytes in one text.

use std::ops::Range;

/// A half-open range of bytes, from the start of the text (or cell) it belongs to.
///
/// Units: bytes of the decoded UTF-8 text; `start <= end` always holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Region {
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Region {
    /// A region from `start` to `end`; an `end` before `start` gives an empty region.
    pub fn new(start: u32, end: u32) -> Self {
        Self { start, end: end.max(start) }
    }

    /// Whether `other` lies wholly inside.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// The same bytes as a range for slicing.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The same region, `by` bytes further on.
    pub fn shifted(self, by: u32) -> Self {
        Self { start: self.start.saturating_add(by), end: self.end.saturating_add(by) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_before_the_start_is_empty() {
        assert_eq!(Region::new(5, 3), Region::new(5, 5));
    }

    #[test]
    fn contains_is_about_whole_regions() {
        let outer = Region::new(2, 9);
        assert!(outer.contains(Region::new(2, 9)));
        assert!(!outer.contains(Region::new(1, 4)));
        assert!(!outer.contains(Region::new(8, 10)));
    }
}
