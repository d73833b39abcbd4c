//! The word under the cursor, and where a threat stands in the register.

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

/// Whether byte `at` stands behind a `#` on its line. A `#` in a string counts too, which does no harm here.
pub(super) fn is_in_comment(text: &str, index: &LineIndex, at: u32) -> bool {
    let line = index.line_region(text, index.line(at));
    text.get(line.start as usize..at as usize).is_some_and(|before| before.contains('#'))
}

/// Whether a word has the form of a threat's id: `T-003`.
pub(super) fn is_threat(word: &str) -> bool {
    word.strip_prefix("T-")
        .is_some_and(|digits| (1..=6).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// The line of a register that an entry starts at, from 1: a heading that begins with the id, or a row of a table whose
/// cell it is.
pub(super) fn entry_line(register: &str, id: &str) -> Option<u32> {
    let is_id = |text: &str| {
        let rest = text.trim_start().strip_prefix(id);
        rest.is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let starts = |line: &&str| match line.trim_start().strip_prefix('#') {
        Some(heading) => is_id(heading.trim_start_matches('#')),
        None => line.trim_start().strip_prefix('|').is_some_and(|row| row.split('|').any(|cell| cell.trim() == id)),
    };
    register.lines().position(|line| starts(&line)).map(|line| line as u32 + 1)
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
    fn an_entry_is_a_heading_or_a_row() {
        let register =
            "# Threats\n\nT-001 in prose\n\n## T-0011: other\n## T-001: one\n| ID | a |\n|--|--|\n| T-2 | x |\n";
        assert_eq!(entry_line(register, "T-001"), Some(6));
        assert_eq!(entry_line(register, "T-2"), Some(9));
        assert_eq!(entry_line(register, "T-003"), None);
        assert!(is_threat("T-003") && !is_threat("T-") && !is_threat("T-12x") && !is_threat("ST-1"));
    }
}
