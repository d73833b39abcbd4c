//! Text and edits to text.

use crate::fact::Replacement;
use crate::text::edited;

/// Makes the edits, which are in the order of their places and do not overlap; `None` if they are not, or do not lie on
/// characters of `text`.
pub fn apply(text: &str, edits: &[Replacement]) -> Option<String> {
    edited(text, edits.iter().map(|edit| (edit.region, edit.text.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Region;

    fn edit(start: u32, end: u32, text: &str) -> Replacement {
        Replacement { region: Region::new(start, end), text: text.to_owned() }
    }

    #[test]
    fn edits_are_made_in_order() {
        assert_eq!(apply("abcd", &[edit(0, 0, "x"), edit(1, 3, "")]).as_deref(), Some("xad"));
        assert_eq!(apply("é", &[edit(1, 1, "x")]), None);
        assert_eq!(apply("ab", &[edit(1, 2, "x"), edit(0, 1, "y")]), None);
        assert_eq!(apply("ab", &[edit(0, 9, "x")]), None);
    }
}
