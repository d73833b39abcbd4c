//! TOML to facts and comments: keys with their values, wherever they stand, as far as the text is TOML at all.
//!
//! Comes in: the text. Called by `script`. One pass with a stack of our own: no table is built, and what is wrong with a line
//! ends with the line.

use super::dockerfile::listed;
use super::meaning::{Meaning, Part, is_prose, pieces};
use super::shell::Dialect;
use crate::fact::{Comment, Reach, Setting, Word};
use crate::text::Region;

/// Reads the text; gives back its comments and the strings that go over several lines.
pub(super) fn examine(meaning: &mut Meaning<'_>) -> (Vec<Comment>, Vec<Region>) {
    let text = meaning.text;
    let mut reader = Reader { text, at: 0, open: Vec::new(), key: (0, 0), comments: Vec::new(), blocks: Vec::new() };
    reader.run(meaning);
    (reader.comments, reader.blocks)
}

/// An array or inline table that is open.
struct Open {
    is_table: bool,
    /// The strings of an array.
    words: Vec<Word>,
    /// The key it is the value of: where its last part begins and ends.
    key: (usize, usize),
}

struct Reader<'t> {
    text: &'t str,
    at: usize,
    open: Vec<Open>,
    /// The last part of the key at hand.
    key: (usize, usize),
    comments: Vec<Comment>,
    blocks: Vec<Region>,
}

impl Reader<'_> {
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn run(&mut self, meaning: &mut Meaning<'_>) {
        // Where the statement at hand begins.
        let mut start = 0;
        let mut wants_key = true;
        while let Some(byte) = self.byte() {
            let in_array = self.open.last().is_some_and(|open| !open.is_table);
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    wants_key |= self.open.is_empty();
                }
                b'#' => self.comment(),
                b',' => {
                    self.at += 1;
                    wants_key = !in_array;
                }
                b']' | b'}' => self.closes(start, meaning),
                _ if wants_key && !in_array => {
                    if self.open.is_empty() {
                        start = self.at;
                    }
                    wants_key = !self.key();
                }
                b'[' | b'{' => {
                    self.at += 1;
                    self.open.push(Open { is_table: byte == b'{', words: Vec::new(), key: self.key });
                    wants_key = byte == b'{';
                }
                _ => {
                    self.value(start, meaning);
                    wants_key = false;
                }
            }
        }
    }

    fn comment(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let text = self.text[self.at..self.at + length].trim_end();
        let region = Region::new(self.at as u32, (self.at + text.len()) as u32);
        self.comments.push(Comment { region, text: text.to_owned() });
        self.at += length;
    }

    /// Takes in `key =`, or a header, or a line that is neither; whether a value follows.
    fn key(&mut self) -> bool {
        if self.byte() == Some(b'[') {
            let rest = &self.text.as_bytes()[self.at..];
            let end = memchr::memchr2(b'\n', b'#', rest).unwrap_or(rest.len());
            self.at += end;
            return false;
        }
        loop {
            let start = self.at;
            match self.byte() {
                Some(quote @ (b'"' | b'\'')) => {
                    let rest = &self.text.as_bytes()[start + 1..];
                    let length = memchr::memchr2(quote, b'\n', rest).unwrap_or(rest.len());
                    self.key = (start + 1, start + 1 + length);
                    let is_closed = rest.get(length) == Some(&quote);
                    self.at = start + 1 + length + usize::from(is_closed);
                }
                _ => {
                    let rest = &self.text.as_bytes()[start..];
                    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
                    let length = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
                    self.key = (start, start + length);
                    self.at += length;
                }
            }
            while matches!(self.byte(), Some(b' ' | b'\t')) {
                self.at += 1;
            }
            match self.byte() {
                Some(b'.') => self.at += 1,
                Some(b'=') => {
                    self.at += 1;
                    return true;
                }
                _ => {
                    // No key: the rest of the line is nothing to us.
                    let rest = &self.text.as_bytes()[self.at..];
                    let length = memchr::memchr3(b'\n', b'}', b'#', rest).unwrap_or(rest.len());
                    self.at += if self.open.is_empty() { length } else { length.max(1).min(rest.len()) };
                    self.next_character();
                    return false;
                }
            }
        }
    }

    fn next_character(&mut self) {
        while !self.text.is_char_boundary(self.at) {
            self.at += 1;
        }
    }

    fn closes(&mut self, start: usize, meaning: &mut Meaning<'_>) {
        self.at += 1;
        let Some(open) = self.open.pop() else { return };
        self.key = open.key;
        let statement = Region::new(start as u32, self.at as u32);
        let key = &self.text[open.key.0..open.key.1];
        let (scripts, words): (Vec<_>, Vec<_>) =
            open.words.into_iter().partition(|word| word.text.contains(' ') && !is_list(key));
        if is_prose(key) {
            return;
        }
        for word in scripts {
            script(&word, statement, meaning);
        }
        listed(words, statement, Reach::Script, meaning);
    }

    fn value(&mut self, start: usize, meaning: &mut Meaning<'_>) {
        let begins = self.at;
        let (inner, is_string) = match self.byte() {
            Some(quote @ (b'"' | b'\'')) => (self.string(quote), true),
            _ => {
                let rest = &self.text.as_bytes()[self.at..];
                let is_end = |byte: &u8| matches!(byte, b',' | b']' | b'}' | b'\n' | b'#');
                let length = rest.iter().position(is_end).unwrap_or(rest.len());
                let token = self.text[self.at..self.at + length].trim_end();
                let region = Region::new(self.at as u32, (self.at + token.len()) as u32);
                self.at += length.max(1);
                self.next_character();
                (region, false)
            }
        };
        let text = &self.text[inner.range()];
        let region = Region::new(begins as u32, if is_string { self.at as u32 } else { inner.end });
        let word = Word { region, text: text.to_owned(), by_default: None };
        if let Some(open) = self.open.last_mut().filter(|open| !open.is_table) {
            open.words.push(word);
            return;
        }
        let key = &self.text[self.key.0..self.key.1];
        let statement = Region::new(start as u32, self.at.min(self.text.len()) as u32);
        if meaning.vocabulary.scripts().has_setting(key) {
            let value = text.into();
            meaning.facts.settings.push(Setting { key: key.into(), region, statement, value });
        }
        meaning.set(key, &word, statement, Reach::File);
        if is_string && !is_prose(key) {
            script(&word, statement, meaning);
        }
    }

    /// Takes in a string; the bytes between its quotes.
    fn string(&mut self, quote: u8) -> Region {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let is_long = bytes[start..].starts_with(&[quote; 3]);
        let width = if is_long { 3 } else { 1 };
        let mut here = start + width;
        let mut end = bytes.len();
        while let Some(byte) = bytes.get(here) {
            match byte {
                b'\\' if quote == b'"' => here += 2,
                b'\n' if !is_long => {
                    end = here;
                    break;
                }
                byte if *byte == quote && (!is_long || bytes[here..].starts_with(&[quote; 3])) => {
                    end = here;
                    break;
                }
                _ => here += 1,
            }
        }
        let is_closed = bytes.get(end) == Some(&quote);
        self.at = if is_closed { end + width } else { end };
        if is_long {
            self.blocks.push(Region::new(start as u32, self.at as u32));
        }
        Region::new(((start + width).min(end)) as u32, end as u32)
    }
}

/// Keys whose arrays are one command, word by word.
fn is_list(key: &str) -> bool {
    matches!(
        key.to_ascii_lowercase().as_str(),
        "args" | "arguments" | "command" | "cmd" | "entrypoint" | "exec" | "argv" | "env"
    )
}

/// A string that may be a command line.
fn script(word: &Word, statement: Region, meaning: &mut Meaning<'_>) {
    if !word.text.contains([' ', '\n']) {
        return listed(vec![word.clone()], statement, Reach::Script, meaning);
    }
    let text = &meaning.text[word.region.range()];
    let trimmed = text.trim_start_matches(['"', '\'']);
    let start = word.region.start + (text.len() - trimmed.len()) as u32;
    let region = Region::new(start, start + trimmed.trim_end_matches(['"', '\'']).len() as u32);
    if word.text.trim_start().starts_with('-') {
        let words = pieces(meaning.text, region);
        return listed(words, statement, Reach::Script, meaning);
    }
    let part = Part {
        region,
        dialect: Dialect { indented: true, ..Dialect::default() },
        statement: Some(statement),
        reach: Reach::Script,
    };
    meaning.shell(part);
}
