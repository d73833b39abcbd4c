//! The hash by which GitHub tells that a result is the one it showed before, although lines above it came or went.
//!
//! Source: `src/fingerprints.ts` of github/codeql-action; `tests/data/weird_lines.*` hold values it gave.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

/// How many characters from the start of a line on count, those of the lines below too.
const WINDOW: usize = 100;
const FACTOR: u64 = 37;
/// Stands behind the last character.
const END: u16 = u16::MAX;

/// The `primaryLocationLineHash` of the lines `wanted`, counted from 1; lines that are not there are left out.
///
/// `bytes` are those of the file as it stands on the disk, in whatever encoding: read as UTF-8, what is none replaced.
/// Reads no further than the last wanted line needs. Shape: `39fa2ee980eb94b0:1`, the hash and how many lines up to
/// this one have it.
pub fn line_hashes(bytes: &[u8], wanted: &BTreeSet<u32>) -> BTreeMap<u32, String> {
    let mut hasher = Hasher::new(wanted);
    let mut units = [0; 2];
    for chunk in bytes.utf8_chunks() {
        let replaced = if chunk.invalid().is_empty() { None } else { Some(char::REPLACEMENT_CHARACTER) };
        for character in chunk.valid().chars().chain(replaced) {
            for unit in character.encode_utf16(&mut units) {
                hasher.read(*unit);
            }
            if hasher.is_done() {
                return hasher.hashes;
            }
        }
    }
    hasher.finish()
}

/// A hash that rolls over the last [`WINDOW`] characters, and the lines that start at each of them.
struct Hasher<'w> {
    wanted: &'w BTreeSet<u32>,
    hashes: BTreeMap<u32, String>,
    /// How often each hash was seen.
    counts: FxHashMap<u64, u32>,
    window: [u16; WINDOW],
    /// The line that starts at this place of the window; 0 for none.
    starts: [u32; WINDOW],
    at: usize,
    hash: u64,
    line: u32,
    starts_line: bool,
    after_return: bool,
    /// What a character counts for when it leaves the window.
    leaving: u64,
}

impl<'w> Hasher<'w> {
    fn new(wanted: &'w BTreeSet<u32>) -> Self {
        Self {
            wanted,
            hashes: BTreeMap::new(),
            counts: FxHashMap::default(),
            window: [0; WINDOW],
            starts: [0; WINDOW],
            at: 0,
            hash: 0,
            line: 0,
            starts_line: true,
            after_return: false,
            leaving: FACTOR.wrapping_pow(WINDOW as u32),
        }
    }

    /// Blanks do not count; CR and CR LF count as LF.
    fn read(&mut self, unit: u16) {
        let after_return = std::mem::replace(&mut self.after_return, unit == u16::from(b'\r'));
        let unit = match u8::try_from(unit) {
            Ok(b' ' | b'\t') => return,
            Ok(b'\n') if after_return => return,
            Ok(b'\r') => u16::from(b'\n'),
            Ok(_) | Err(_) => unit,
        };
        self.emit();
        if self.starts_line {
            self.line += 1;
            self.starts[self.at] = self.line;
        }
        self.starts_line = unit == u16::from(b'\n');
        self.roll(unit);
    }

    /// Notes the hash of the line whose first character is about to leave the window.
    fn emit(&mut self) {
        let line = std::mem::take(&mut self.starts[self.at]);
        if line == 0 {
            return;
        }
        let count = self.counts.entry(self.hash).or_insert(0);
        *count += 1;
        if self.wanted.contains(&line) {
            self.hashes.insert(line, format!("{:x}:{count}", self.hash));
        }
    }

    fn roll(&mut self, unit: u16) {
        let left = std::mem::replace(&mut self.window[self.at], unit);
        let kept = self.hash.wrapping_mul(FACTOR).wrapping_add(u64::from(unit));
        self.hash = kept.wrapping_sub(self.leaving.wrapping_mul(u64::from(left)));
        self.at = (self.at + 1) % WINDOW;
    }

    fn is_done(&self) -> bool {
        self.hashes.len() == self.wanted.len()
    }

    fn finish(mut self) -> BTreeMap<u32, String> {
        self.read(END);
        for _ in 0..WINDOW {
            self.emit();
            self.roll(0);
        }
        self.hashes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: &[u8] = include_bytes!("../../tests/data/weird_lines.txt");

    fn expected() -> BTreeMap<u32, String> {
        let text = include_str!("../../tests/data/weird_lines.expected.json");
        let hashes: BTreeMap<String, String> = serde_json::from_str(text).expect("an object");
        hashes.into_iter().map(|(line, hash)| (line.parse().expect("a number"), hash)).collect()
    }

    #[test]
    fn lines_of_all_kinds_have_the_hashes_that_github_gives_them() {
        let expected = expected();
        assert_eq!(line_hashes(LINES, &expected.keys().copied().collect()), expected);
    }

    #[test]
    fn a_line_that_stands_twice_is_counted_even_if_only_the_second_is_wanted() {
        let text = format!("{0}\n{0}\n{0}\n", "x = pickle.load(f)  # the same line".repeat(9));
        let hashes = line_hashes(text.as_bytes(), &BTreeSet::from([2, 3, 90]));
        assert_eq!(hashes.keys().copied().collect::<Vec<_>>(), [2, 3]);
        assert!(hashes[&2].ends_with(":2"), "{hashes:?}");
    }

    #[test]
    fn nothing_behind_the_window_counts() {
        let long = format!("{}tail one", "x".repeat(WINDOW));
        let other = format!("{}tail two", "x".repeat(WINDOW));
        let first = |text: &str| line_hashes(text.as_bytes(), &BTreeSet::from([1]));
        assert_eq!(first(&long), first(&other));
        assert_ne!(first(&long[1..]), first(&other[..WINDOW]));
    }
}
