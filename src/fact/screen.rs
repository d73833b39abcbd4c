//! Whether a text has the words that a finding needs: one pass over its bytes.
//!
//! The words follow from the rules themselves. A text passes if it has every part of some listed name (a name is
//! resolved from what stands in imports and attributes) with the keywords it is asked with, or makes names out of texts
//! that are put together. Names in Python may be written with characters that
//! fold to ASCII letters; a text with such a character passes too.

use rustc_hash::FxHashMap;

use super::NamePattern;

/// Words that make names out of texts.
const NAMING: [&str; 8] =
    ["getattr", "attrgetter", "methodcaller", "__dict__", "vars", "globals", "__getattribute__", "__getattr__"];

/// Words that import, or look up a module: its name may be put together from parts.
const IMPORTING: [&str; 4] = ["import_module", "__import__", "modules", "resolve_name"];

/// Words whose result can be called as what they were given.
const WRAPPING: [&str; 6] = ["partial", "partialmethod", "__call__", "staticmethod", "setattr", "wraps"];

/// Ranges of characters whose NFKC form has an ASCII letter, digit or underscore; gaps of up to 24 are closed.
const FOLDING: &[(char, char)] = &[
    ('\u{aa}', '\u{be}'),
    ('\u{132}', '\u{149}'),
    ('\u{17f}', '\u{17f}'),
    ('\u{1c4}', '\u{1cc}'),
    ('\u{1f1}', '\u{1f3}'),
    ('\u{2b0}', '\u{2b8}'),
    ('\u{2e1}', '\u{2e3}'),
    ('\u{1d2c}', '\u{1d65}'),
    ('\u{1d9c}', '\u{1da0}'),
    ('\u{1dbb}', '\u{1dbb}'),
    ('\u{1e9a}', '\u{1e9a}'),
    ('\u{2070}', '\u{20a8}'),
    ('\u{2100}', '\u{2189}'),
    ('\u{2460}', '\u{24ea}'),
    ('\u{2c7c}', '\u{2c7d}'),
    ('\u{3250}', '\u{325f}'),
    ('\u{32b1}', '\u{32cf}'),
    ('\u{3358}', '\u{33ff}'),
    ('\u{a7f2}', '\u{a7f4}'),
    ('\u{fb00}', '\u{fb06}'),
    ('\u{fe33}', '\u{fe34}'),
    ('\u{fe4d}', '\u{fe4f}'),
    ('\u{ff10}', '\u{ff5a}'),
    ('\u{107a5}', '\u{107a5}'),
    ('\u{1d400}', '\u{1d6a3}'),
    ('\u{1d7ce}', '\u{1d7ff}'),
    ('\u{1f100}', '\u{1f14f}'),
    ('\u{1f16a}', '\u{1f16c}'),
    ('\u{1f190}', '\u{1f190}'),
    ('\u{1fbf0}', '\u{1fbf9}'),
];

/// Whether a word may lead to any name.
pub fn is_dynamic(word: &str) -> bool {
    NAMING.contains(&word) || WRAPPING.contains(&word) || is_importing(word)
}

/// Whether a word may import a module whose name does not stand in the text.
pub fn is_importing(word: &str) -> bool {
    IMPORTING.contains(&word)
}

/// How many different words there may be; more, and every text passes.
const MAX_WORDS: usize = 1_024;

/// A set of words.
type Words = [u64; MAX_WORDS / 64];

/// The words of all rules, ready to be looked for.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    words: FxHashMap<Box<[u8]>, usize>,
    /// For each first byte the lengths that words beginning with it have, as bits.
    lengths: Box<[u64; 256]>,
    /// Words that are enough by themselves.
    sufficient: Words,
    /// Words that make names out of texts.
    naming: Words,
    /// First parts of names.
    roots: Words,
    /// The words of each name, all of which a text must have.
    names: Vec<Words>,
}

fn set(words: &mut Words, index: usize) {
    words[index / 64] |= 1 << (index % 64);
}

fn has(words: &Words, index: usize) -> bool {
    words[index / 64] >> (index % 64) & 1 == 1
}

fn meet(a: &Words, b: &Words) -> bool {
    a.iter().zip(b).any(|(a, b)| a & b != 0)
}

impl Screen {
    /// From the functions, environment variables and keywords that rules ask for; `None` if there are too many words.
    pub(super) fn new<'a>(
        functions: &[(NamePattern, Vec<Box<str>>)],
        variables: impl Iterator<Item = &'a str>,
        keywords: impl Iterator<Item = &'a str>,
    ) -> Option<Self> {
        let mut count = 0;
        let mut known: FxHashMap<String, usize> = FxHashMap::default();
        let mut index = |word: &str| -> Option<usize> {
            if let Some(&index) = known.get(word) {
                return Some(index);
            }
            known.insert(word.to_owned(), count);
            count += 1;
            (count <= MAX_WORDS).then_some(count - 1)
        };
        let empty = [0; MAX_WORDS / 64];
        let (mut sufficient, mut naming, mut roots) = (empty, empty, empty);
        let mut names = Vec::new();
        for (pattern, keywords) in functions {
            let mut needed = empty;
            for keyword in keywords {
                set(&mut needed, index(keyword)?);
            }
            let parts = pattern.as_str().split('.').map(|part| part.trim_end_matches("()"));
            for (position, part) in parts.enumerate().filter(|(_, part)| !part.starts_with('*') && *part != "builtins")
            {
                let word = index(part)?;
                set(&mut needed, word);
                if position == 0 {
                    set(&mut roots, word);
                }
            }
            names.push(needed);
        }
        for variable in variables {
            set(&mut sufficient, index(variable)?);
        }
        for keyword in keywords {
            let mut needed = empty;
            set(&mut needed, index(keyword)?);
            names.push(needed);
        }
        for word in NAMING {
            set(&mut naming, index(word)?);
        }
        for word in IMPORTING {
            set(&mut sufficient, index(word)?);
        }
        names.sort_unstable();
        names.dedup();
        let mut lengths = Box::new([0; 256]);
        for word in known.keys() {
            lengths[usize::from(*word.as_bytes().first()?)] |= 1 << word.len().min(63);
        }
        let words = known.into_iter().map(|(word, index)| (word.into_bytes().into(), index)).collect();
        Some(Self { words, lengths, sufficient, naming, roots, names })
    }

    /// Whether a finding is possible in `text`.
    pub(super) fn passes(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let mut found: Words = [0; MAX_WORDS / 64];
        let mut makes_names = false;
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            while at < bytes.len() && IS_WORD[usize::from(bytes[at])] {
                at += 1;
            }
            let length = at - start;
            if length == 0 {
                at += 1;
                continue;
            }
            if self.lengths[usize::from(bytes[start])] >> length.min(63) & 1 == 0 {
                continue;
            }
            let Some(&word) = self.words.get(&bytes[start..at]) else { continue };
            let after = &text[at..];
            if has(&self.sufficient, word) && !has_literal_module(after) && !is_other_modules(&text[..at], after) {
                return true;
            }
            if has(&self.naming, word) {
                // `getattr(m, "word")` names what stands in the text; other forms may put a name together.
                makes_names |= makes_name(after);
            }
            set(&mut found, word);
        }
        let complete = |needed: &Words| needed.iter().zip(&found).all(|(needed, found)| needed & !found == 0);
        (makes_names && meet(&found, &self.roots) && joins_texts(text))
            || self.names.iter().any(complete)
            || (!text.is_ascii() && text.chars().any(folds_to_ascii))
    }
}

/// Bytes of ASCII names. Bytes of other characters may be part of a longer name, but such a name is not ours.
const IS_WORD: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = (byte as u8).is_ascii_alphanumeric() || byte as u8 == b'_';
        byte += 1;
    }
    table
};

/// Whether `modules` here is not that of `sys`: `self.modules`, `model.modules()`.
fn is_other_modules(until: &str, after: &str) -> bool {
    until.ends_with(".modules") && !until.ends_with("sys.modules") && !after.is_empty()
}

/// Whether texts are put together in a way that may make a name.
fn joins_texts(text: &str) -> bool {
    const FORMS: [&str; 9] = ["\" + \"", "' + '", "\"+\"", "'+'", ".join(", "chr(", "[::-1]", "%s%s", "{}{}"];
    FORMS.iter().any(|form| text.contains(form)) || quotes(text).any(|at| is_name_in_pieces(text, at))
}

/// Where quotes stand.
fn quotes(text: &str) -> impl Iterator<Item = usize> + '_ {
    text.bytes().enumerate().filter(|(_, byte)| matches!(byte, b'"' | b'\'')).map(|(at, _)| at)
}

/// Whether the quote at `at` opens `f"lo{kind}"`, or parts `"lo" "ad"` or `"lo" + kind`: texts that may make a name.
fn is_name_in_pieces(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(|&byte| IS_WORD[usize::from(byte)]);
    let is_first = |at: usize| at == 0 || !is_word(at - 1);
    let Some(before) = at.checked_sub(1) else { return false };
    if matches!(bytes[before], b'f' | b'F') && is_first(before) {
        let inside = bytes[at + 1..]
            .iter()
            .position(|&byte| !(IS_WORD[usize::from(byte)] || matches!(byte, b'{' | b'}' | b'.')));
        return inside
            .is_some_and(|end| bytes[at + 1 + end] == bytes[at] && bytes[at + 1..at + 1 + end].contains(&b'{'));
    }
    if !is_word(before) {
        return false;
    }
    let rest = text[at + 1..].trim_start();
    let next = rest.strip_prefix(['"', '\'']).or_else(|| rest.strip_prefix('+').map(str::trim_start));
    // In `"a" "b"` a name goes on at once; `"a", "b"` and `"a" in b` are no joints.
    next.is_some_and(|next| next.as_bytes().first().is_some_and(|&byte| IS_WORD[usize::from(byte)]))
}

/// Whether what follows `getattr` gives a name that need not stand in the text: anything but `(object, "name"`.
fn makes_name(after: &str) -> bool {
    let Some(inside) = after.strip_prefix('(') else { return true };
    let object = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ' '));
    let name = object.strip_prefix(',').map(str::trim_start).and_then(plain_text);
    !name.is_some_and(|rest| rest.trim_start().starts_with([',', ')']))
}

/// Whether what follows `sys.modules` or `import_module` is a plain text, or the module itself.
fn has_literal_module(after: &str) -> bool {
    let Some(inside) = after.strip_prefix(['[', '(']) else { return false };
    inside.starts_with("__name__]") || plain_text(inside).is_some_and(|rest| rest.starts_with([']', ')']))
}

/// What follows a text of letters, digits, underscores and dots in quotes.
fn plain_text(text: &str) -> Option<&str> {
    let body = text.strip_prefix(['"', '\''])?;
    body.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')).strip_prefix(['"', '\''])
}

fn folds_to_ascii(c: char) -> bool {
    !c.is_ascii() && FOLDING.iter().any(|&(first, last)| (first..=last).contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(text: &str) -> bool {
        let functions = ["torch.load", "pickle.loads", "**.load_from_checkpoint"]
            .map(|p| (NamePattern::new(p).expect("a pattern"), Vec::new()));
        let screen = Screen::new(&functions, ["SOME_VARIABLE"].into_iter(), ["trust"].into_iter()).expect("words");
        screen.passes(text)
    }

    #[test]
    fn both_ends_of_a_name_are_needed() {
        assert!(passes("import torch as t\nt.load(p)"));
        assert!(passes("t.load(p)\nimport torch"));
        assert!(!passes("import torch\ntorch.save(x, p)"));
        assert!(!passes("json.load(p)"));
        assert!(passes("f(p, trust=True)") && !passes("f(p, trusted=True)"));
    }

    #[test]
    fn names_made_of_texts_and_folded_names_pass() {
        assert!(passes("getattr(torch, 'lo' + 'ad')"));
        assert!(passes("KIND = 'ad'; LOAD = f'lo{KIND}'; getattr(torch, LOAD)"));
        assert!(passes("LOAD = 'lo' 'ad'; getattr(torch, LOAD)") && passes("LOAD = 'lo' + KIND; getattr(torch, LOAD)"));
        assert!(!passes("getattr(torch, name); print('a', 'b', f'{name} is here')"));
        assert!(passes("importlib.import_module('pic' + 'kle')"));
        assert!(passes("import ｐickle; ｐickle.ｌoads(b)"));
        assert!(passes("os.environ['SOME_VARIABLE'] = '1'"));
        assert!(passes("Net.load_from_checkpoint(p)"));
        assert!(!passes("x = 'é'"));
    }
}
