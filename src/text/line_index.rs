//! Where lines begin, and what column a byte stands in.

use std::ops::Range;
use std::sync::OnceLock;

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
    /// For each block of the text, what stands before it; counted when a column far inside of a long line is asked for.
    before: OnceLock<Vec<Counts>>,
}

/// How many characters and UTF-16 code units some bytes have. A character counts where it begins.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    characters: u32,
    utf16: u32,
}

/// Columns are counted from the start of the line, unless it is further away than this.
const BLOCK_BYTES: usize = 4096;

impl Counts {
    fn of(bytes: &[u8]) -> Self {
        let count = |is: fn(u8) -> bool| bytes.iter().map(|&byte| u32::from(is(byte))).sum::<u32>();
        let characters = count(|byte| byte & 0xC0 != 0x80);
        Self { characters, utf16: characters + count(|byte| byte >= 0xF0) }
    }

    fn plus(self, other: Self) -> Self {
        Self { characters: self.characters + other.characters, utf16: self.utf16 + other.utf16 }
    }

    fn minus(self, other: Self) -> Self {
        Self { characters: self.characters - other.characters, utf16: self.utf16 - other.utf16 }
    }
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
        Self { starts, before: OnceLock::new() }
    }

    /// What stands between two bytes of `text`, in time that does not grow with their distance.
    fn counts(&self, text: &str, between: Range<usize>) -> Counts {
        let bytes = text.as_bytes();
        if between.len() <= BLOCK_BYTES {
            return Counts::of(&bytes[between]);
        }
        let before = self.before.get_or_init(|| {
            let mut sum = Counts::default();
            let block = |piece: &[u8]| {
                let with = sum.plus(Counts::of(piece));
                std::mem::replace(&mut sum, with)
            };
            bytes.chunks(BLOCK_BYTES).map(block).collect()
        });
        let until = |at: usize| {
            let block = (at / BLOCK_BYTES).min(before.len().saturating_sub(1));
            before[block].plus(Counts::of(&bytes[block * BLOCK_BYTES..at]))
        };
        until(between.end).minus(until(between.start))
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
        let Counts { characters, utf16 } = self.counts(text, start..end);
        Position { line, column: characters + 1, utf16: utf16 + 1, byte: (end - start) as u32 + 1 }
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
    fn columns_far_inside_of_a_long_line_are_those_that_counting_gives() {
        let text = format!("a\n{}", "x\u{e9}\u{1d11e}y".repeat(5_000));
        let index = LineIndex::new(&text);
        for (offset, _) in text.char_indices().skip(2).step_by(97) {
            let before = &text[2..offset];
            let utf16 = before.chars().map(char::len_utf16).sum::<usize>() as u32;
            let found = index.position(&text, offset as u32);
            assert_eq!((found.column, found.utf16), (before.chars().count() as u32 + 1, utf16 + 1), "{offset}");
        }
    }

    #[test]
    fn an_offset_inside_a_character_or_past_the_end_does_not_panic() {
        let text = "é";
        let index = LineIndex::new(text);
        assert_eq!(index.position(text, 1).column, 1);
        assert_eq!(index.position(text, 99).column, 2);
    }
}
