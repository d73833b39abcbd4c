//! The words of a parsed text that names can be made of. Read off the tokens, which are there already, so that this costs
//! far less than another look at every byte.

use std::slice;

use ruff_python_ast::token::{Token, TokenKind};

use super::parse::{Syntax, region};
use crate::text::Region;

/// All names of a text, and the words of each string that may hold one: a string with blanks is prose.
pub(super) struct Words<'a> {
    text: &'a [u8],
    tokens: slice::Iter<'a, Token>,
    /// What is still to be read of a string.
    inside: Region,
}

impl<'a> Words<'a> {
    /// Those of `text`, which `syntax` was parsed from.
    pub(super) fn new(text: &'a str, syntax: &'a Syntax) -> Self {
        Self { text: text.as_bytes(), tokens: syntax.tokens().iter(), inside: Region::default() }
    }

    /// The next word of the string being read.
    fn next_inside(&mut self) -> Option<Region> {
        let rest = &self.text[self.inside.range()];
        let start = rest.iter().position(|&byte| is_word(byte))?;
        let length = rest[start..].iter().position(|&byte| !is_word(byte)).unwrap_or(rest.len() - start);
        let start = self.inside.start + start as u32;
        let end = start + length as u32;
        self.inside.start = end;
        Some(Region::new(start, end))
    }

    fn is_prose(&self, string: Region) -> bool {
        self.text[string.range()].iter().any(u8::is_ascii_whitespace)
    }
}

/// Bytes of ASCII names. Bytes of other characters may be part of a longer name, but such a name is not ours.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

impl Iterator for Words<'_> {
    type Item = Region;

    #[inline]
    fn next(&mut self) -> Option<Region> {
        loop {
            if self.inside.start < self.inside.end {
                if let Some(word) = self.next_inside() {
                    return Some(word);
                }
                self.inside.start = self.inside.end;
            }
            let token = self.tokens.next()?;
            match token.kind() {
                TokenKind::Name => return Some(region(token)),
                TokenKind::String | TokenKind::FStringMiddle | TokenKind::TStringMiddle => {
                    let string = region(token);
                    if !self.is_prose(string) {
                        self.inside = string;
                    }
                }
                // What the lexer does not understand may hide anything.
                TokenKind::Unknown | TokenKind::IpyEscapeCommand => self.inside = region(token),
                kind if kind.is_soft_keyword() => return Some(region(token)),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::source::SourceKind;

    fn words(text: &str) -> Vec<&str> {
        let syntax = Syntax::parse(text, SourceKind::Module);
        Words::new(text, &syntax).map(|word| &text[word.range()]).collect()
    }

    #[test]
    fn names_count_and_keywords_do_not() {
        assert_eq!(words("from a.b import c as d\nif x.y: f(z=1)\n"), ["a", "b", "c", "d", "x", "y", "f", "z"]);
        assert_eq!(words("match = type.case\n"), ["match", "type", "case"]);
    }

    #[test]
    fn texts_that_may_be_names_count_and_prose_does_not() {
        assert_eq!(words("f('a.b:c', 'd', f'{e}.g')\n"), ["f", "a", "b", "c", "d", "e", "g"]);
        assert_eq!(words("'''Loads a pickle.'''\nx = 'a b'  # pickle\n"), ["x"]);
    }

    #[test]
    fn words_behind_a_syntax_error_count() {
        assert!(words("a b $ c 'd\nimport e\n").ends_with(&["e"]));
    }
}
