//! Whether a text has the words that a finding needs. `python` says which words it has; comments and prose have none.
//!
//! The words follow from the rules themselves. A text passes if it has every part of some listed name (a name is
//! resolved from what stands in imports and attributes) with the keywords it is asked with, or makes names out of texts
//! that are put together, or imports by such a text and has the last part of some name. Names in Python may be written
//! with characters that fold to ASCII letters; a text with such a name passes too.

use memchr::memmem;
use rustc_hash::FxHashMap;

use super::NamePattern;
use crate::text::Region;

/// Words that make names out of texts.
const NAMING: [&str; 8] =
    ["getattr", "attrgetter", "methodcaller", "__dict__", "vars", "globals", "__getattribute__", "__getattr__"];

/// Words that import, or look up a module, and the module they come from: the name may be put together from parts.
const IMPORTING: [(&str, &str); 4] =
    [("import_module", "importlib"), ("__import__", "__import__"), ("modules", "sys"), ("resolve_name", "pkgutil")];

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

/// Whether a word makes names out of texts.
pub fn is_naming(word: &str) -> bool {
    NAMING.contains(&word)
}

/// Whether a word may lead to any name.
pub fn is_dynamic(word: &str) -> bool {
    NAMING.contains(&word) || WRAPPING.contains(&word) || is_importing(word)
}

/// Whether a word may import a module whose name does not stand in the text.
pub fn is_importing(word: &str) -> bool {
    IMPORTING.iter().any(|(importing, _)| *importing == word)
}

/// What a text may have besides calls of functions that rules ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MayHave {
    /// An environment variable that rules ask for.
    pub variable: bool,
    /// A call with a keyword that rules ask for whatever is called.
    pub keyword: bool,
    /// Nothing but names that are put together while the program runs, `getattr(torch, "lo" + "ad")`.
    pub only_made: bool,
}

impl MayHave {
    /// Anything.
    pub(super) const ALL: Self = Self { variable: true, keyword: true, only_made: false };
}

/// How many different words there may be; more, and every text passes.
const MAX_WORDS: usize = 1_024;

/// A set of words.
type Words = [u64; MAX_WORDS / 64];

const NO_WORDS: Words = [0; MAX_WORDS / 64];

/// The words of all rules, ready to be looked for.
#[derive(Debug, Clone)]
pub(super) struct Screen {
    words: FxHashMap<Box<[u8]>, usize>,
    /// The signatures that words have: most words of a text are known not to be ours by theirs.
    signatures: Box<[u64; SIGNATURES / 64]>,
    /// Environment variables.
    variables: Words,
    /// Keywords that count whatever is called.
    keywords: Words,
    /// Words that make names out of texts.
    naming: Words,
    /// Words that import by a text, and those they come with.
    importing: Vec<(usize, usize)>,
    /// First parts of names.
    roots: Words,
    /// Last parts of names.
    leaves: Words,
    /// Keywords of digests, which are nothing without one.
    digests: Words,
    /// The words of each name, all of which a text must have; the last part, which is the rarest, first.
    names: Vec<Box<[usize]>>,
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

/// How many signatures there are.
const SIGNATURES: usize = 1 << 14;

/// Both ends of a word and its length, as far as 14 bits tell them; none of an empty word.
#[inline]
fn signature(word: &[u8]) -> Option<usize> {
    let (first, last) = (usize::from(*word.first()?), usize::from(*word.last()?));
    Some((first & 31) << 9 | (last & 31) << 4 | word.len() & 15)
}

impl Screen {
    /// From the functions, environment variables and keywords that rules ask for; `None` if there are too many words.
    pub(super) fn new<'a>(
        functions: &[(NamePattern, Vec<Box<str>>)],
        variables: impl Iterator<Item = &'a str>,
        keywords: impl Iterator<Item = &'a str>,
        digests: impl Iterator<Item = &'a str>,
    ) -> Option<Self> {
        let mut known: FxHashMap<Box<[u8]>, usize> = FxHashMap::default();
        let mut index = |word: &str| -> Option<usize> {
            let next = known.len();
            let index = *known.entry(word.as_bytes().into()).or_insert(next);
            (index < MAX_WORDS).then_some(index)
        };
        let (mut roots, mut leaves) = (NO_WORDS, NO_WORDS);
        let mut names = Vec::new();
        for (pattern, keywords) in functions {
            let parts = pattern.as_str().split('.').map(|part| part.trim_end_matches("()"));
            let is_word = |part: &str| !part.starts_with('*') && part != "builtins";
            let parts: Vec<_> = parts.filter(|part| is_word(part)).map(&mut index).collect::<Option<_>>()?;
            if pattern.root().is_some_and(is_word) {
                parts.first().into_iter().for_each(|&root| set(&mut roots, root));
            }
            parts.last().into_iter().for_each(|&leaf| set(&mut leaves, leaf));
            let keywords = keywords.iter().map(|word| index(word)).collect::<Option<Vec<_>>>()?;
            names.push(parts.into_iter().rev().chain(keywords).collect());
        }
        names.sort_unstable();
        names.dedup();
        let importing = IMPORTING.iter().map(|(word, module)| Some((index(word)?, index(module)?)));
        let importing = importing.collect::<Option<_>>()?;
        let mut all = |words: &mut dyn Iterator<Item = &str>| -> Option<Words> {
            let mut indices = NO_WORDS;
            for word in words {
                set(&mut indices, index(word)?);
            }
            Some(indices)
        };
        let variables = all(&mut { variables })?;
        let keywords = all(&mut { keywords })?;
        let naming = all(&mut NAMING.into_iter())?;
        let digests = all(&mut { digests })?;
        let mut signatures = Box::new([0; SIGNATURES / 64]);
        for word in known.keys() {
            let signature = signature(word)?;
            signatures[signature / 64] |= 1 << (signature % 64);
        }
        Some(Self { words: known, signatures, variables, keywords, naming, importing, roots, leaves, digests, names })
    }

    /// What findings are possible in `text`, the names and texts of which have `words`; `None` if none are.
    pub(super) fn look(&self, text: &str, words: impl Iterator<Item = Region>) -> Option<MayHave> {
        let may_fold = has_folding(text);
        let mut found = NO_WORDS;
        let (mut makes_names, mut imports) = (false, NO_WORDS);
        for region in words {
            let Some(index) = self.index(&text.as_bytes()[region.range()]) else {
                if may_fold && text[region.range()].chars().any(folds_to_ascii) {
                    return Some(MayHave::ALL);
                }
                continue;
            };
            let (until, after) = text.split_at(region.end as usize);
            if has(&self.naming, index) {
                // `getattr(m, "word")` names what stands in the text; other forms may put a name together.
                makes_names |= makes_name(after);
            } else if !has_literal_module(after) && !is_other_modules(until, after) {
                set(&mut imports, index);
            }
            set(&mut found, index);
        }
        let imports = self.importing.iter().any(|&(word, module)| has(&imports, word) && has(&found, module));
        let variable = meet(&found, &self.variables);
        let keyword = meet(&found, &self.keywords) || (meet(&found, &self.digests) && has_digest(text));
        let written = variable
            || keyword
            || (imports && (makes_names || meet(&found, &self.leaves)))
            || self.names.iter().any(|needed| needed.iter().all(|&word| has(&found, word)));
        let passes = written || (makes_names && meet(&found, &self.roots) && joins_texts(text));
        passes.then_some(MayHave { variable, keyword, only_made: !written })
    }

    #[inline]
    fn index(&self, word: &[u8]) -> Option<usize> {
        let signature = signature(word)?;
        let may_be_ours = self.signatures[signature / 64] >> (signature % 64) & 1 == 1;
        if may_be_ours { self.words.get(word).copied() } else { None }
    }
}

/// Whether half a SHA-256 digest or more stands in a text: long ones are written in two lines.
fn has_digest(text: &str) -> bool {
    const DIGITS: usize = 32;
    let bytes = text.as_bytes();
    let is_digit = |byte: &&u8| byte.is_ascii_hexdigit();
    // A run of so many digits covers a byte whose place is a multiple.
    (DIGITS - 1..bytes.len()).step_by(DIGITS).filter(|&at| bytes[at].is_ascii_hexdigit()).any(|at| {
        let before = bytes[..at].iter().rev().take(DIGITS).take_while(is_digit).count();
        before + bytes[at..].iter().take(DIGITS).take_while(is_digit).count() >= DIGITS
    })
}

/// Whether `modules` here is not that of `sys`: `self.modules`, `model.modules()`.
fn is_other_modules(until: &str, after: &str) -> bool {
    until.ends_with(".modules") && !until.ends_with("sys.modules") && !after.is_empty()
}

/// Whether texts are put together in a way that may make a name.
fn joins_texts(text: &str) -> bool {
    const JOIN: &str = ".join(";
    const FORMS: [&str; 8] = ["\" + \"", "' + '", "\"+\"", "'+'", "chr(", "[::-1]", "%s%s", "{}{}"];
    FORMS.iter().any(|form| memmem::find(text.as_bytes(), form.as_bytes()).is_some())
        || text.match_indices(JOIN).any(|(at, _)| joins_a_name(&text[..at], &text[at + JOIN.len()..]))
        || quotes(text).any(|at| is_name_in_pieces(text, at))
}

/// Where quotes stand.
fn quotes(text: &str) -> impl Iterator<Item = usize> + '_ {
    memchr::memchr2_iter(b'"', b'\'', text.as_bytes())
}

/// Whether the quote at `at` opens `f"lo{kind}"`, or parts `"lo" "ad"` or `"lo" + kind`: texts that may make a name.
fn is_name_in_pieces(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    let is_word = |at: usize| bytes.get(at).is_some_and(is_word_byte);
    let is_first = |at: usize| at == 0 || !is_word(at - 1);
    let Some(before) = at.checked_sub(1) else { return false };
    if matches!(bytes[before], b'f' | b'F') && is_first(before) {
        let inside =
            bytes[at + 1..].iter().position(|&byte| !(is_word_byte(&byte) || matches!(byte, b'{' | b'}' | b'.')));
        return inside
            .is_some_and(|end| bytes[at + 1 + end] == bytes[at] && bytes[at + 1..at + 1 + end].contains(&b'{'));
    }
    if !is_word(before) {
        return false;
    }
    let rest = text[at + 1..].trim_start();
    let next = rest.strip_prefix(['"', '\'']).or_else(|| rest.strip_prefix('+').map(str::trim_start));
    // In `"a" "b"` a name goes on at once; `"a", "b"` and `"a" in b` are no joints.
    next.is_some_and(|next| next.as_bytes().first().is_some_and(is_word_byte))
}

/// Whether `.join(` between these may make a name: not of paths or of threads, nor with a separator that no name has.
fn joins_a_name(until: &str, after: &str) -> bool {
    match until.chars().next_back() {
        Some(quote @ ('"' | '\'')) => {
            let separator = until[..until.len() - 1].trim_end_matches(is_name_part);
            separator.ends_with(quote)
        }
        _ => !until.ends_with("path") && !after.starts_with(')'),
    }
}

/// Whether what follows `getattr` gives a name that need not stand in the text: anything but `(object, "name"`. What
/// `self` or `cls` has got its name in this very text.
fn makes_name(after: &str) -> bool {
    let Some(inside) = after.strip_prefix('(') else { return true };
    if inside.starts_with("self,") || inside.starts_with("cls,") {
        return false;
    }
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
    body.trim_start_matches(is_name_part).strip_prefix(['"', '\''])
}

/// What dotted names are written with.
fn is_name_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.')
}

fn is_word_byte(byte: &u8) -> bool {
    byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii()
}

/// Whether some character of `text` folds to ASCII. Most texts have none but ASCII, and others few of them: pieces without
/// are left out at once.
fn has_folding(text: &str) -> bool {
    const PIECE_BYTES: usize = 64;
    let of_piece = |(index, piece): (usize, &[u8])| {
        let start = index * PIECE_BYTES;
        let chars = || text[text.floor_char_boundary(start)..text.floor_char_boundary(start + piece.len())].chars();
        !piece.is_ascii() && chars().any(folds_to_ascii)
    };
    text.as_bytes().chunks(PIECE_BYTES).enumerate().any(of_piece)
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
        let screen =
            Screen::new(&functions, ["SOME_VARIABLE"].into_iter(), ["trust"].into_iter(), ["sha256"].into_iter())
                .expect("words");
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let words = text.split(|c: char| !is_part(c)).filter(|word| !word.is_empty()).map(|word| {
            let start = (word.as_ptr() as usize - text.as_ptr() as usize) as u32;
            Region::new(start, start + word.len() as u32)
        });
        screen.look(text, words).is_some()
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
    fn an_import_by_text_needs_its_module_and_a_last_part() {
        assert!(passes("import sys; sys.modules[name].load(p)"));
        assert!(passes("from sys import modules; modules[name].load(p)"));
        assert!(!passes("import sys; self.modules[name].load(p)"));
        assert!(!passes("modules = [a]; modules[0].load(p)"));
        assert!(!passes("importlib.import_module(name)"));
        assert!(!passes("importlib.import_module('json').load(p)"));
    }

    #[test]
    fn only_texts_joined_into_a_name_count() {
        assert!(passes("import torch; getattr(torch, ''.join(parts))"));
        assert!(passes("import torch; getattr(torch, sep.join(parts))"));
        assert!(!passes("import torch; getattr(torch, name); ', '.join(parts)"));
        assert!(!passes("import torch; getattr(torch, name); os.path.join(a, b); thread.join()"));
        assert!(!passes("import torch; getattr(self, 'lo' + 'ad')"));
    }

    #[test]
    fn characters_that_fold_are_found_wherever_they_stand() {
        for length in 0..200 {
            let before = "x".repeat(length);
            assert!(
                has_folding(&format!("{before}\u{fb01}y")) && has_folding(&format!("{before}\u{1d4c1}")),
                "{length}"
            );
            assert!(!has_folding(&format!("{before}\u{e9}y\u{4e00}")), "{length}");
        }
    }

    #[test]
    fn names_made_of_texts_and_folded_names_pass() {
        assert!(passes("getattr(torch, 'lo' + 'ad')"));
        assert!(passes("importlib.import_module('pic' + 'kle').loads(b)"));
        assert!(passes("import torch; KIND = 'ad'; LOAD = f'lo{KIND}'; getattr(torch, LOAD)"));
        assert!(passes("import torch; LOAD = 'lo' 'ad'; getattr(torch, LOAD)"));
        assert!(passes("import torch; LOAD = 'lo' + KIND; getattr(torch, LOAD)"));
        assert!(!passes("import torch; getattr(torch, name); print('a', 'b', f'{name} is here')"));
        assert!(passes("import ｐickle; ｐickle.ｌoads(b)"));
        assert!(passes("os.environ['SOME_VARIABLE'] = '1'"));
        assert!(passes("Net.load_from_checkpoint(p)"));
        assert!(!passes("x = 'é'"));
    }

    #[test]
    fn digests_are_seen_wherever_they_start() {
        for start in 0..70 {
            let digest = "0123456789abcdefABCDEF0123456789";
            let text = format!("{}\"{digest}\"", " ".repeat(start));
            assert!(has_digest(&text), "{start}");
            assert!(!has_digest(&text.replace("9\"", "\"")), "{start}");
        }
        assert!(!has_digest(""));
    }
}
