//! Text to syntax tree; the only place that knows which parser we use.

use ruff_python_ast::token::{Token, TokenKind, Tokens};
use ruff_python_ast::{ModModule, PySourceType, PythonVersion};
use ruff_python_parser::{ParseOptions, Parsed, parse_unchecked};
use ruff_text_size::{Ranged, TextRange};

use super::source::SourceKind;
use crate::fact::Comment;
use crate::text::Region;

/// A parsed text; where it is no valid Python, as much as the parser recovered.
pub struct Syntax {
    parsed: Parsed<ModModule>,
}

/// The parser's complaint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxProblem {
    /// Where.
    pub region: Region,
    /// What it expected, in its words.
    pub message: String,
}

/// The bytes of a syntax node.
pub(super) fn region(node: &impl Ranged) -> Region {
    region_of(node.range())
}

/// The same of a bare range.
pub(super) fn region_of(range: TextRange) -> Region {
    Region::new(range.start().to_u32(), range.end().to_u32())
}

impl Syntax {
    /// Parses `text`, which must have passed [`super::guard::check_nesting`] and stay below 4 GiB.
    pub fn parse(text: &str, kind: SourceKind) -> Self {
        let source_type = match kind {
            SourceKind::Module | SourceKind::Script(_) => PySourceType::Python,
            SourceKind::Stub => PySourceType::Stub,
            SourceKind::Notebook => PySourceType::Ipynb,
        };
        // Version errors are none of ours, and looking for them can take long: the newest version has the fewest.
        let options = ParseOptions::from(source_type).with_target_version(PythonVersion::latest_preview());
        let parsed = parse_unchecked(text, options).try_into_module();
        Self { parsed: parsed.expect("the mode of a source type is a module's") }
    }

    /// The first complaint and how many there are in all.
    pub fn problem(&self) -> Option<(SyntaxProblem, usize)> {
        let errors = self.parsed.errors();
        let first = errors.first()?;
        Some((SyntaxProblem { region: region_of(first.location), message: first.error.to_string() }, errors.len()))
    }

    /// The tree.
    pub(super) fn module(&self) -> &ModModule {
        self.parsed.syntax()
    }

    /// The tokens, in order; comments are some too.
    pub(super) fn tokens(&self) -> &Tokens {
        self.parsed.tokens()
    }

    /// The strings that go on over the end of a line, in order: nothing can be written behind such a line.
    pub fn multi_line_strings(&self, text: &str) -> Vec<Region> {
        let is_string = |kind: TokenKind| {
            use TokenKind::{FStringMiddle, String, TStringMiddle};
            matches!(kind, String | FStringMiddle | TStringMiddle)
        };
        let tokens = self.tokens().iter().filter(|token| is_string(token.kind())).map(|token| region_of(token.range()));
        tokens.filter(|region| text[region.range()].contains(['\n', '\r'])).collect()
    }

    /// The line as Python counts it that `offset` stands in: up to the line break that ends a statement.
    pub fn logical_line(&self, offset: u32) -> Region {
        let tokens: &[Token] = self.tokens();
        let is_end = |token: &Token| token.kind() == TokenKind::Newline;
        let (before, from) = tokens.split_at(tokens.partition_point(|token| region_of(token.range()).start < offset));
        let start = before.iter().rposition(is_end).map_or(0, |end| end + 1);
        let end = before.len() + from.iter().position(is_end).unwrap_or(from.len());
        // Blank lines, comments and blocks belong to no line.
        let is_of_line = |token: &&Token| {
            use TokenKind::{Comment, Dedent, Indent, NonLogicalNewline};
            !matches!(token.kind(), NonLogicalNewline | Comment | Indent | Dedent)
        };
        let mut line = tokens[start..end].iter().filter(is_of_line).map(|token| region_of(token.range()));
        let Some(first) = line.next() else { return Region::new(offset, offset) };
        Region::new(first.start, line.next_back().unwrap_or(first).end)
    }

    /// All comments, in order. Comments inside strings are none.
    pub fn comments(&self, text: &str) -> Vec<Comment> {
        let comments = self.tokens().iter().filter(|token| token.kind() == TokenKind::Comment);
        comments
            .map(|token| {
                let region = region_of(token.range());
                Comment { region, text: text[region.range()].to_owned() }
            })
            .collect()
    }
}
