//! What the cursor stands on: a word, the id of a threat, a comment.

use std::ops::Range;

use crate::suppress::ThreatPattern;
use crate::text::{LineIndex, Region};

/// The word around byte `at`: letters, digits, `-` and `_`.
pub(super) fn word_at(text: &str, at: u32) -> Option<(&str, Region)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let at = at as usize;
    let (before, after) = (text.get(..at)?, text.get(at..)?);
    let start = at - before.chars().rev().take_while(|&c| is_word(c)).map(char::len_utf8).sum::<usize>();
    let end = at + after.chars().take_while(|&c| is_word(c)).map(char::len_utf8).sum::<usize>();
    (start < end).then(|| (&text[start..end], Region::new(start as u32, end as u32)))
}

/// The id of a threat around byte `at`, whatever ids look like here.
pub(super) fn threat_at<'t>(
    text: &'t str,
    index: &LineIndex,
    at: u32,
    pattern: &ThreatPattern,
) -> Option<(&'t str, Region)> {
    let line = index.line_region(text, index.line(at));
    let column = at.checked_sub(line.start)? as usize;
    let holds = |range: &Range<usize>| range.start <= column && column <= range.end;
    let range = pattern.all(&text[line.range()]).find(holds)?;
    let region = Region::new(line.start + range.start as u32, line.start + range.end as u32);
    Some((&text[region.range()], region))
}

/// From the first `#` on the line of byte `at` to the line's end, if `at` lies behind it. A `#` in a string counts too,
/// which does no harm here.
pub(super) fn comment_at<'t>(text: &'t str, index: &LineIndex, at: u32) -> Option<&'t str> {
    let line = index.line_region(text, index.line(at));
    let start = line.start + text[line.range()].find('#')? as u32;
    (start <= at).then(|| &text[Region::new(start, line.end).range()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_from_any_of_their_characters() {
        let text = "x  # nosec B614  # T-003: ü";
        let at = |word: &str, plus: u32| text.find(word).expect("in the text") as u32 + plus;
        for plus in 0..=4 {
            assert_eq!(word_at(text, at("B614", plus)).map(|(word, _)| word), Some("B614"));
        }
        assert_eq!(word_at(text, at("T-003", 2)).map(|(word, _)| word), Some("T-003"));
        assert_eq!(word_at(text, 2), None);
        assert_eq!(word_at(text, 999), None);
    }

    #[test]
    fn threats_are_found_by_the_pattern_that_holds() {
        let text = "ü = 1\nx  # RISK/7: why T-003\n";
        let index = LineIndex::new(text);
        let at = |word: &str| text.find(word).expect("in the text") as u32 + 1;
        let find = |word: &str, pattern: &ThreatPattern| {
            threat_at(text, &index, at(word), pattern).map(|(word, _)| word.to_owned())
        };
        let own = ThreatPattern::new(r"RISK/\d+").expect("a pattern");
        assert_eq!(find("RISK", &own).as_deref(), Some("RISK/7"));
        assert_eq!(find("T-003", &own), None);
        assert_eq!(find("T-003", &ThreatPattern::default()).as_deref(), Some("T-003"));
        assert_eq!(find("why", &ThreatPattern::default()), None);
    }

    #[test]
    fn a_comment_goes_to_the_end_of_its_line() {
        let text = "x = 1  # nosec B614\r\ny\n";
        let index = LineIndex::new(text);
        assert_eq!(comment_at(text, &index, 12), Some("# nosec B614"));
        assert_eq!(comment_at(text, &index, 2), None);
        assert_eq!(comment_at(text, &index, 22), None);
    }
}
