//! Refuses text whose syntax tree could nest too deep, before it is parsed. The engine calls this on every text, and on
//! every notebook cell by itself: exactly what is parsed must be checked.
//!
//! Why: the parser grows its stack, but dropping a tree recurses. Measured with ruff_python_parser 0.0.10: a tree nested
//! 100,000 deep takes 70 to 370 MB while it is parsed and drops on a 256 MiB stack even unoptimised; what grows faster
//! than its depth (version checks inside nested f-strings: 30 seconds, gigabytes) is off when parsing for the newest
//! Python version, so the parser must be called that way.
//!
//! How: nearly every text is cleared by counting, as a tree is no deeper than the number of its operators, brackets,
//! colons and words before a space. The rest goes through `nesting.rs`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::nesting::{Bounds, Deep, measure};
use super::source::SourceKind;
use crate::limits::Limits;

/// Why a text is not parsed.
///
/// Units: offsets count bytes of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuardProblem {
    /// The text is too long.
    #[error("the source has {bytes} bytes, more than `max-source-bytes` allows; not analysed")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// Brackets inside brackets.
    #[error("brackets nest deeper than `max-bracket-depth` allows; not analysed")]
    BracketDepth {
        /// The first bracket too many.
        offset: u32,
    },
    /// Operators, attributes, calls or keywords, each inside the one before.
    #[error("an expression nests deeper than `max-chain-length` allows; not analysed")]
    ChainLength {
        /// The end of the expression.
        offset: u32,
    },
    /// More operators in all than `max_chain_length`, and brackets or quotes that do not match: how deep the parser
    /// would nest them while it recovers cannot be foretold.
    #[error("brackets or quotes do not match in a source beyond `max-chain-length`; not analysed")]
    Unmatched {
        /// Where that was seen.
        offset: u32,
    },
}

impl GuardProblem {
    /// The name of the limit.
    pub fn limit(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "max_source_bytes",
            Self::BracketDepth { .. } => "max_bracket_depth",
            Self::ChainLength { .. } | Self::Unmatched { .. } => "max_chain_length",
        }
    }

    /// Where in the text.
    pub fn offset(&self) -> u32 {
        match *self {
            Self::TooLarge { .. } => 0,
            Self::BracketDepth { offset } | Self::ChainLength { offset } | Self::Unmatched { offset } => offset,
        }
    }
}

/// Clears `text` for the parser: its tree nests no deeper than a small multiple of `max_chain_length`, plus a few thousand
/// levels of indentation.
///
/// Sound for any text, also one full of syntax errors. Long texts are fine as long as they are flat, such as lists of
/// millions of numbers. Of real files (48,416, 554 MB) none is refused, and hardly any takes more than counting.
pub fn check_nesting(text: &str, kind: SourceKind, limits: &Limits) -> Result<(), GuardProblem> {
    let bytes = text.as_bytes();
    if bytes.len() as u64 > limits.max_source_bytes {
        return Err(GuardProblem::TooLarge { bytes: bytes.len() });
    }
    let (max_brackets, max_chain) = (limits.max_bracket_depth as usize, limits.max_chain_length as usize);
    let few_links = bytes.len() <= max_chain || count_links(bytes) <= max_chain;
    if few_links && rough_bracket_depth(bytes) <= max_brackets {
        return Ok(());
    }
    match measure(bytes, Bounds { max_brackets, max_chain, commands: kind == SourceKind::Notebook }) {
        Ok(()) => Ok(()),
        Err(Deep::Brackets(offset)) => Err(GuardProblem::BracketDepth { offset: offset as u32 }),
        // The count has already shown that no chain is too long, whatever does not match.
        Err(Deep::Chain(_) | Deep::Unmatched(_)) if few_links => Ok(()),
        Err(Deep::Chain(offset)) => Err(GuardProblem::ChainLength { offset: offset as u32 }),
        Err(Deep::Unmatched(offset)) => Err(GuardProblem::Unmatched { offset: offset as u32 }),
    }
}

/// Runs the parser; none where it panics, which is to be told as a notice.
///
/// ruff_python_parser 0.0.10 panics in its IPython mode on `[)\n?`, a bug that fuzzing finds within seconds.
pub fn contained<T>(parse: impl FnOnce() -> T) -> Option<T> {
    // What the parser leaves behind half done is dropped with it.
    catch_unwind(AssertUnwindSafe(parse)).ok()
}

/// An upper bound of the depth of the tree: each node that holds another one needs such a byte of its own. Words count
/// where something other than punctuation follows them, for `not not x` and `a if b else c`.
fn count_links(bytes: &[u8]) -> usize {
    let mut links = 0;
    let mut after_word = 0;
    for &byte in bytes {
        let class = LINKS[usize::from(byte)];
        links += usize::from((class & LINK) | (class >> 1 & after_word));
        after_word = class >> 2;
    }
    links
}

/// How deep brackets nest at most if those in strings and comments count as well. Piece by piece, as bytes of one kind can
/// be counted many at a time: inside a piece it gets no deeper than by all that opens there, and where more is closed than
/// was open, what is left open at its end is no more than that either.
fn rough_bracket_depth(bytes: &[u8]) -> usize {
    // What one byte can count, and a whole number of vector registers.
    const PIECE_BYTES: usize = 192;
    let (mut depth, mut deepest) = (0, 0);
    for piece in bytes.chunks(PIECE_BYTES) {
        let (mut opened, mut closed) = (0_u8, 0_u8);
        for &byte in piece {
            // One bit is all that tells square brackets from braces.
            opened += u8::from((byte == b'(') | (byte | 0x20 == b'{'));
            closed += u8::from((byte == b')') | (byte | 0x20 == b'}'));
        }
        let (opened, closed) = (usize::from(opened), usize::from(closed));
        deepest = deepest.max(depth + opened);
        depth = (depth + opened).saturating_sub(closed).max(opened);
    }
    deepest
}

const LINK: u8 = 1;
const ENDS_WORD: u8 = 2;
const IN_WORD: u8 = 4;

pub(super) const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

pub(super) const fn is_link(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b'['
            | b'{'
            | b'+'
            | b'-'
            | b'*'
            | b'/'
            | b'%'
            | b'@'
            | b'&'
            | b'|'
            | b'^'
            | b'~'
            | b'<'
            | b'>'
            | b'.'
            | b':'
    )
}

pub(super) const fn ends_linking_word(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\x0c' | b'\n' | b'\r' | b'\\' | b'#' | b'"' | b'\'')
}

static LINKS: [u8; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let of = byte as u8;
        classes[byte] = if is_link(of) { LINK } else { 0 }
            | if ends_linking_word(of) { ENDS_WORD } else { 0 }
            | if is_word(of) { IN_WORD } else { 0 };
        byte += 1;
    }
    classes
};

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ruff_python_ast::visitor::source_order::{SourceOrderVisitor, TraversalSignal, walk_module};
    use ruff_python_ast::{AnyNodeRef, PythonVersion};
    use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};

    use super::*;

    fn check(text: &str, limits: &Limits) -> Result<(), (&'static str, u32)> {
        check_nesting(text, SourceKind::Module, limits).map_err(|problem| (problem.limit(), problem.offset()))
    }

    fn passes(text: &str) {
        assert_eq!(check(text, &Limits::default()), Ok(()));
    }

    #[test]
    fn flat_text_of_many_megabytes_passes() {
        passes(&format!("x = [{}]", "1.5, -2.25, ".repeat(300_000)));
        passes(&format!("x = {{{}}}", "'a b': (-1, f(c.d)), ".repeat(100_000)));
        passes(&format!("x = ({})", "'some words: of (text'\n".repeat(100_000)));
        passes(&format!("x = '''{}'''", "{\"a\": [(b - c)]}\n".repeat(100_000)));
        passes(&"f(a.b, -c)[1:2]  # (\n".repeat(100_000));
        passes(&"f'{a.b!r:>{c}} \\\\ {d}'; ".repeat(50_000));
        passes(&format!("def f(\n{}): pass", "a: int = -1,\n/,\n".repeat(60_000)));
    }

    #[test]
    fn the_limit_and_the_place_are_told() {
        let limits = Limits { max_chain_length: 50, ..Limits::default() };
        assert_eq!(check(&"(".repeat(501), &limits), Err(("max_bracket_depth", 500)));
        assert_eq!(check(&format!("x = 1\na{}\n", ".b".repeat(60)), &limits), Err(("max_chain_length", 127)));
        assert_eq!(check(&format!("[){}", "a.b, ".repeat(60)), &limits), Err(("max_chain_length", 1)));
        let small = Limits { max_source_bytes: 3, ..Limits::default() };
        assert_eq!(check("abcd", &small), Err(("max_source_bytes", 0)));
    }

    #[test]
    fn commas_line_ends_and_semicolons_part_siblings_but_not_what_reaches_over_them() {
        let limits = Limits { max_chain_length: 50, ..Limits::default() };
        let of = |part: &str| check(&format!("{}\n", part.repeat(60)), &limits).is_ok();
        for flat in
            ["(-a,-b),", "-a.b\n", "-a.b;", "f(-a, *b)\n", "{a: -b, **c},", "'- - -' '''\n''' ", "# - -\n", "f'{a.b}',"]
        {
            assert!(of(flat), "{flat:?}");
        }
        for deep in
            ["-a+b+", "not not ", "lambda a, b:", "yield a, ", "if a: ", "a if b else ", "a \\\n+", "-'''\n'''+"]
        {
            assert!(!of(deep), "{deep:?}");
        }
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_nest() {
        passes(&"x = ':-('  # [\n".repeat(2_000));
        passes(&"'''{'''\n".repeat(2_000));
        assert!(check(&"f(\")\",".repeat(600), &Limits { max_chain_length: 50, ..Limits::default() }).is_err());
    }

    #[test]
    fn a_panic_of_the_parser_is_contained() {
        assert_eq!(contained(|| 1), Some(1));
        let cell = "[)\n?";
        assert!(contained(|| parse_unchecked(cell, ParseOptions::from(Mode::Ipython))).is_none());
    }

    #[derive(Default)]
    struct Depth {
        now: usize,
        most: usize,
    }

    impl<'a> SourceOrderVisitor<'a> for Depth {
        fn enter_node(&mut self, _: AnyNodeRef<'a>) -> TraversalSignal {
            self.now += 1;
            self.most = self.most.max(self.now);
            TraversalSignal::Traverse
        }

        fn leave_node(&mut self, _: AnyNodeRef<'a>) {
            self.now -= 1;
        }
    }

    fn tree_depth(text: &str, mode: Mode) -> usize {
        let options = ParseOptions::from(mode).with_target_version(PythonVersion::latest_preview());
        let Some(parsed) = contained(|| parse_unchecked(text, options)) else { return 0 };
        let mut depth = Depth::default();
        walk_module(&mut depth, parsed.syntax());
        depth.most
    }

    /// Text as hostile as it gets: pieces that open, close and break things, and long runs, mostly hidden in strings.
    fn soup() -> impl Strategy<Value = String> {
        const PIECES: &str = "( [ { ) ] } ( ) [ ] { } \" ' ''' \"\"\" f\" f' f''' rf\" ' \" , : ; = ! ? % / a b 1 . .b + * ** - @ \
             if else lambda lambda: yield not await for in async with as import case def class -> := | and `";
        const CHUNKS: &[&str] = &[
            "\n",
            "\n ",
            " ",
            "\\\n",
            "# x\n",
            "lambda a,b:",
            "f(a b)",
            "f'{a}'",
            "f'{a b}'",
            "f'''{f(a,\n b)}'''",
            "{a:",
            "f'{(a}'",
            "\nimport a\n",
            "\ndef f(): pass\n",
            "\nclass A:\n",
            "if a:\n ",
            "match a:\n case ",
            "yield a, ",
            "!echo ",
            "= !",
            "\n?",
        ];
        const RUNS: &[&str] =
            &["-", ".b", "not ", "[", "a+", "lambda a,b:", "yield a,", "-,", "-\n", "f\"{", "(\"", "-}", "a(),"];
        let pieces: Vec<&str> = PIECES.split_ascii_whitespace().chain(CHUNKS.iter().copied()).collect();
        let runs: Vec<String> = RUNS.iter().map(|run| run.repeat(200)).collect();
        let hidden = (prop::sample::select(vec!["'", "\"", "f'", "'''", "#"]), prop::sample::select(runs.clone()))
            .prop_map(|(quote, run)| {
                format!("{quote}{run}{}", if quote == "#" { "\n" } else { quote.trim_start_matches('f') })
            });
        let piece = prop::sample::select(pieces).prop_map(str::to_owned);
        let part = prop_oneof![20 => piece, 2 => hidden, 1 => prop::sample::select(runs)];
        prop::collection::vec(part, 1..24).prop_map(|parts| parts.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn what_passes_is_never_deep(text in soup()) {
            let limits = Limits { max_chain_length: 20, ..Limits::default() };
            for (kind, mode) in [(SourceKind::Module, Mode::Module), (SourceKind::Notebook, Mode::Ipython)] {
                if check_nesting(&text, kind, &limits).is_ok() {
                    prop_assert!(tree_depth(&text, mode) <= 4 * 20 + 40);
                }
            }
        }
    }
}
