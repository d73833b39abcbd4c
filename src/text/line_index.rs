//! Where lines begin, and what column a byte stands in.

use super::Region;

/// A place for people and for protocols; each consumer takes the column unit it declared.
///
/// Units: lines and columns count from 1; `column` counts code points, `utf16` UTF-16 code units, `byte` UTF-8 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
    /// Column in UTF-16 code units, from 1.
    pub utf16: u32,
    /// Column in UTF-8 bytes, from 1.
    pub byte: u32,
}

/// The byte at which each line of a text starts.
///
/// A line ends at LF, CR or CR LF, as in Python's tokenizer and in SARIF; a form feed ends none.
#[derive(Debug, Clone, Default)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Finds all line starts of `text`, which must be shorter than 4 GiB (readers hold a far lower ceiling).
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let mut starts = vec![0];
        let mut at = 0;
        while at < bytes.len() {
            let next = at + 1;
            match bytes[at] {
                b'\n' => starts.push(next as u32),
                b'\r' if bytes.get(next) != Some(&b'\n') => starts.push(next as u32),
                _ => {}
            }
            at = next;
        }
        Self { starts }
    }

    /// The line `offset` stands in, from 1.
    pub fn line(&self, offset: u32) -> u32 {
        self.starts.partition_point(|&start| start <= offset).max(1) as u32
    }

    /// How many lines there are; a text that ends in a line break has an empty last line.
    pub fn line_count(&self) -> u32 {
        self.starts.len() as u32
    }

    /// Line and columns of `offset`; an offset inside a character counts as that character's start.
    pub fn position(&self, text: &str, offset: u32) -> Position {
        let line = self.line(offset);
        let start = self.starts[line as usize - 1] as usize;
        let mut end = (offset as usize).clamp(start, text.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let before = &text[start..end];
        let utf16: usize = before.chars().map(char::len_utf16).sum();
        Position {
            line,
            column: before.chars().count() as u32 + 1,
            utf16: utf16 as u32 + 1,
            byte: before.len() as u32 + 1,
        }
    }

    /// The bytes of line `line` (from 1) without its line break; empty where there is no such line.
    pub fn line_region(&self, text: &str, line: u32) -> Region {
        let Some(&start) = line.checked_sub(1).and_then(|index| self.starts.get(index as usize)) else {
            return Region::default();
        };
        let end = self.starts.get(line as usize).map_or(text.len(), |&next| next as usize);
        let body = text[start as usize..end].trim_end_matches(['\n', '\r']);
        Region::new(start, start + body.len() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_break_of_python_counts_once() {
        let text = "a\r\nb\rc\n";
        let index = LineIndex::new(text);
        assert_eq!(index.line_count(), 4);
        assert_eq!([0, 3, 5, 7].map(|offset| index.line(offset)), [1, 2, 3, 4]);
        assert_eq!(&text[index.line_region(text, 1).range()], "a");
        assert_eq!(&text[index.line_region(text, 2).range()], "b");
        assert_eq!(&text[index.line_region(text, 9).range()], "");
    }

    #[test]
    fn an_astral_character_is_one_two_and_four_columns() {
        let text = "x = \"é𝄞\"; y = pickle.loads(b)";
        let index = LineIndex::new(text);
        let offset = text.find("pickle").expect("in the text") as u32;
        let position = index.position(text, offset);
        assert_eq!((position.column, position.utf16, position.byte), (15, 16, 19));
    }

    #[test]
    fn an_offset_inside_a_character_or_past_the_end_does_not_panic() {
        let text = "é";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 1).column, 1);
        assert_eq!(index.position(text, 99).column, 2);
    }
}
