//! Whether a text has the words that a finding needs: one pass over its bytes.
//!
//! The words follow from the rules themselves. A text passes if it has the last part of a listed name and the first
//! part of the same name, or a word that makes names out of texts. Names in Python may be written with characters that
//! fold to ASCII letters; a text with such a character passes too.

use aho_corasick::AhoCorasick;
use rustc_hash::FxHashMap;

use super::NamePattern;

/// Words that make names out of texts.
const NAMING: [&str; 8] =
    ["getattr", "attrgetter", "methodcaller", "__dict__", "vars(", "globals(", "__getattribute__", "__getattr__"];

/// Words that import, or look up a module: its name may be put together from parts.
const IMPORTING: [&str; 4] = ["import_module", "__import__", "sys.modules", "resolve_name"];

/// Words whose result can be called as what they were given.
const WRAPPING: [&str; 6] = ["partial", "partialmethod", "__call__", "staticmethod", "setattr", "wraps"];

/// Ranges of characters whose NFKC form has an ASCII letter, digit or underscore; gaps of up to 24 are closed.
const FOLDING: &[(char, char)] = &[('\u{aa}', '\u{be}'), ('\u{132}', '\u{149}'), ('\u{17f}', '\u{17f}'), ('\u{1c4}', '\u{1cc}'), ('\u{1f1}', '\u{1f3}'), ('\u{2b0}', '\u{2b8}'), ('\u{2e1}', '\u{2e3}'), ('\u{1d2c}', '\u{1d65}'), ('\u{1d9c}', '\u{1da0}'), ('\u{1dbb}', '\u{1dbb}'), ('\u{1e9a}', '\u{1e9a}'), ('\u{2070}', '\u{20a8}'), ('\u{2100}', '\u{2189}'), ('\u{2460}', '\u{24ea}'), ('\u{2c7c}', '\u{2c7d}'), ('\u{3250}', '\u{325f}'), ('\u{32b1}', '\u{32cf}'), ('\u{3358}', '\u{33ff}'), ('\u{a7f2}', '\u{a7f4}'), ('\u{fb00}', '\u{fb06}'), ('\u{fe33}', '\u{fe34}'), ('\u{fe4d}', '\u{fe4f}'), ('\u{ff10}', '\u{ff5a}'), ('\u{107a5}', '\u{107a5}'), ('\u{1d400}', '\u{1d6a3}'), ('\u{1d7ce}', '\u{1d7ff}'), ('\u{1f100}', '\u{1f14f}'), ('\u{1f16a}', '\u{1f16c}'), ('\u{1f190}', '\u{1f190}'), ('\u{1fbf0}', '\u{1fbf9}')];

/// Whether a word may lead to any name.
pub fn is_dynamic(word: &str) -> bool {
    matches!(word, "vars" | "globals") || NAMING.contains(&word) || WRAPPING.contains(&word) || is_importing(word)
}

/// Whether a word may import a module whose name does not stand in the text.
pub fn is_importing(word: &str) -> bool {
    word == "modules" || IMPORTING.contains(&word)
}

/// What the words of a [`Screen`] are for.
#[derive(Debug, Clone, Default)]
struct Meaning {
    /// The text passes at once.
    suffices: bool,
    dynamic: bool,
    /// Bit of the first parts this word is.
    root: Option<usize>,
    /// Bits of the first parts of names with this last part.
    needs: Vec<usize>,
}

/// The words of all rules, ready to be looked for.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    words: AhoCorasick,
    meanings: Vec<Meaning>,
    roots: usize,
}

impl Screen {
    /// From the functions and environment variables that rules ask for.
    pub(super) fn new<'a>(
        functions: impl Iterator<Item = &'a NamePattern>,
        variables: impl Iterator<Item = &'a str>,
    ) -> Option<Self> {
        let mut known: FxHashMap<String, Meaning> = FxHashMap::default();
        let mut roots: FxHashMap<String, usize> = FxHashMap::default();
        for pattern in functions {
            let leaf = pattern.leaf().trim_end_matches("()").to_owned();
            match pattern.root().filter(|root| *root != "builtins") {
                None => known.entry(leaf).or_default().suffices = true,
                Some(root) => {
                    let next = roots.len();
                    let bit = *roots.entry(root.to_owned()).or_insert(next);
                    let needs = &mut known.entry(leaf).or_default().needs;
                    if !needs.contains(&bit) {
                        needs.push(bit);
                    }
                    known.entry(root.to_owned()).or_default().root = Some(bit);
                }
            }
        }
        for variable in variables {
            known.entry(variable.to_owned()).or_default().suffices = true;
        }
        for word in NAMING {
            known.entry(word.to_owned()).or_default().dynamic = true;
        }
        for word in IMPORTING {
            known.entry(word.to_owned()).or_default().suffices = true;
        }
        let (words, meanings): (Vec<_>, Vec<_>) = known.into_iter().unzip();
        let words = AhoCorasick::new(words).ok()?;
        Some(Self { words, meanings, roots: roots.len() })
    }

    /// Whether a finding is possible in `text`.
    pub(super) fn passes(&self, text: &str) -> bool {
        let mut roots = vec![false; self.roots];
        let mut needed = vec![false; self.roots];
        let (mut dynamic, mut any_root) = (false, false);
        for hit in self.words.find_overlapping_iter(text) {
            let meaning = &self.meanings[hit.pattern().as_usize()];
            if meaning.suffices {
                return true;
            }
            if let Some(root) = meaning.root {
                if needed[root] || dynamic {
                    return true;
                }
                roots[root] = true;
                any_root = true;
            }
            // `getattr(m, "word")` names what stands in the text; other forms may put a name together.
            dynamic |= meaning.dynamic && !has_literal_name(&text[hit.end()..]);
            if (dynamic && any_root) || meaning.needs.iter().any(|&root| roots[root]) {
                return true;
            }
            for &root in &meaning.needs {
                needed[root] = true;
            }
        }
        !text.is_ascii() && text.chars().any(folds_to_ascii)
    }
}

/// Whether what follows `getattr` is `(object, "name"` with a plain text.
fn has_literal_name(after: &str) -> bool {
    let Some(inside) = after.strip_prefix('(') else { return false };
    let object = inside.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ' '));
    let Some(name) = object.strip_prefix(',').map(str::trim_start) else { return false };
    let Some(body) = name.strip_prefix(['"', '\'']) else { return false };
    let rest = body.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let Some(rest) = rest.strip_prefix(['"', '\'']) else { return false };
    rest.trim_start().starts_with([',', ')'])
}

fn folds_to_ascii(c: char) -> bool {
    !c.is_ascii() && FOLDING.iter().any(|&(first, last)| (first..=last).contains(&c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(text: &str) -> bool {
        let functions = ["torch.load", "pickle.loads", "**.load_from_checkpoint"].map(|p| NamePattern::new(p).expect("a pattern"));
        let screen = Screen::new(functions.iter(), ["SOME_VARIABLE"].into_iter()).expect("words");
        screen.passes(text)
    }

    #[test]
    fn both_ends_of_a_name_are_needed() {
        assert!(passes("import torch as t\nt.load(p)"));
        assert!(passes("t.load(p)\nimport torch"));
        assert!(!passes("import torch\ntorch.save(x, p)"));
        assert!(!passes("json.load(p)"));
    }

    #[test]
    fn names_made_of_texts_and_folded_names_pass() {
        assert!(passes("getattr(torch, 'lo' + 'ad')"));
        assert!(passes("importlib.import_module('pic' + 'kle')"));
        assert!(passes("import ｐickle; ｐickle.ｌoads(b)"));
        assert!(passes("os.environ['SOME_VARIABLE'] = '1'"));
        assert!(passes("Net.load_from_checkpoint(p)"));
        assert!(!passes("x = 'é'"));
    }
}
