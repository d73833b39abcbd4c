//! A Jinja template to its blocks and their tokens, as Jinja2's own lexer cuts them with its default delimiters.
//!
//! Comes in: the text. Goes out: one [`Block`] after the other; comments and `raw` blocks are left out, for nothing in
//! them is evaluated. Called by `template`.

/// What a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// Text that comes out as it stands.
    Data,
    /// `{{ … }}`.
    Variable,
    /// `{% … %}`.
    Statement,
}

/// A block. Its bounds are bytes of the template.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub(super) kind: BlockKind,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its tokens; empty for data.
    pub(super) tokens: Vec<Token>,
    /// Whether it has more tokens than are kept.
    pub(super) cut: bool,
}

/// A token and the byte it starts at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) start: usize,
    pub(super) what: Word,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Word {
    /// An identifier or keyword.
    Name(String),
    /// A string literal, and whether escapes stood in it.
    Text(String, bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Number,
    /// An operator: its first byte; doubled ones (`**`, `//`, `==`, …) are told apart by the second field.
    Sign(u8, bool),
}

/// The most tokens that are kept of one block; the longest of real templates have a few hundred.
const MAX_TOKENS: usize = 100_000;

/// The blocks of `text`, in order.
pub(super) fn blocks(text: &str) -> Blocks<'_> {
    Blocks { text, at: 0 }
}

/// See [`blocks`].
#[derive(Debug)]
pub(super) struct Blocks<'t> {
    text: &'t str,
    at: usize,
}

impl Iterator for Blocks<'_> {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        loop {
            let rest = self.text.get(self.at..).filter(|rest| !rest.is_empty())?;
            let kind = match rest.as_bytes() {
                [b'{', b'{', ..] => BlockKind::Variable,
                [b'{', b'%', ..] => BlockKind::Statement,
                [b'{', b'#', ..] => {
                    self.at = rest[2..].find("#}").map_or(self.text.len(), |end| self.at + end + 4);
                    continue;
                }
                _ => return Some(self.data(rest)),
            };
            let block = code(self.text, self.at, kind);
            self.at = block.end;
            if kind == BlockKind::Statement && block.tokens.first().is_some_and(|token| token.is("raw")) {
                self.skip_raw();
                continue;
            }
            return Some(block);
        }
    }
}

impl Blocks<'_> {
    fn data(&mut self, rest: &str) -> Block {
        let opens = |pair: &[u8]| pair[0] == b'{' && matches!(pair[1], b'{' | b'%' | b'#');
        let length = rest.as_bytes().windows(2).position(opens).unwrap_or(rest.len());
        let start = self.at;
        self.at += length;
        Block { kind: BlockKind::Data, start, end: self.at, tokens: Vec::new(), cut: false }
    }

    /// Goes on behind `{% endraw %}`.
    fn skip_raw(&mut self) {
        while let Some(open) = self.text[self.at..].find("{%") {
            let inside = self.at + open + 2;
            let word = self.text[inside..].trim_start_matches(['-', '+']).trim_start();
            self.at = inside;
            if word.starts_with("endraw") {
                self.at = self.text[inside..].find("%}").map_or(self.text.len(), |end| inside + end + 2);
                return;
            }
        }
        self.at = self.text.len();
    }
}

impl Token {
    /// Whether it is this name.
    pub(super) fn is(&self, name: &str) -> bool {
        matches!(&self.what, Word::Name(own) if own == name)
    }

    /// Whether it is this sign of one byte.
    pub(super) fn is_sign(&self, sign: u8) -> bool {
        self.what == Word::Sign(sign, false)
    }
}

fn code(text: &str, start: usize, kind: BlockKind) -> Block {
    let close: &[u8] = if kind == BlockKind::Variable { b"}}" } else { b"%}" };
    let bytes = text.as_bytes();
    let mut block = Block { kind, start, end: text.len(), tokens: Vec::new(), cut: false };
    let mut at = start + 2;
    let mut open = 0_u32;
    if matches!(bytes.get(at), Some(b'-' | b'+')) {
        at += 1;
    }
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        if open == 0 && (rest.starts_with(close) || (matches!(byte, b'-' | b'+') && rest[1..].starts_with(close))) {
            block.end = at + close.len() + usize::from(byte != close[0]);
            return block;
        }
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        let (what, length) = word(text, at);
        if block.tokens.len() < MAX_TOKENS {
            block.tokens.push(Token { start: at, what });
        } else {
            block.cut = true;
        }
        at += length;
    }
    block
}

/// The token at `at`, which is no white space, and how many bytes it has; at least one.
fn word(text: &str, at: usize) -> (Word, usize) {
    let rest = &text[at..];
    let first = rest.chars().next().unwrap_or(' ');
    match first {
        '"' | '\'' => string(rest, first),
        '0'..='9' => number(rest),
        _ if first == '_' || first.is_alphanumeric() => {
            let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
            (Word::Name(rest[..length].to_owned()), length)
        }
        _ if first.is_ascii() => {
            let doubled = ["**", "//", "==", "!=", "<=", ">="].iter().any(|sign| rest.starts_with(sign));
            (Word::Sign(first as u8, doubled), 1 + usize::from(doubled))
        }
        _ => (Word::Sign(0, false), first.len_utf8()),
    }
}

fn number(rest: &str) -> (Word, usize) {
    let length = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len());
    let digits = rest[..length].replace('_', "");
    let parsed = match digits.get(..2) {
        Some("0x" | "0X") => i64::from_str_radix(&digits[2..], 16),
        Some("0o" | "0O") => i64::from_str_radix(&digits[2..], 8),
        Some("0b" | "0B") => i64::from_str_radix(&digits[2..], 2),
        _ => digits.parse(),
    };
    (parsed.map_or(Word::Number, Word::Int), length)
}

/// A string literal with its escapes replaced as Python replaces them.
fn string(rest: &str, quote: char) -> (Word, usize) {
    let mut value = String::new();
    let mut escaped = false;
    let mut chars = rest.char_indices();
    chars.next();
    while let Some((index, c)) = chars.next() {
        match c {
            _ if c == quote => return (Word::Text(value, escaped), index + 1),
            '\\' => {
                let (replacement, length) = escape(&rest[index + 1..]);
                // Escapes that only spell white space and quotes hide nothing.
                escaped |= replacement.is_some_and(|c| c.is_alphanumeric() || c == '_');
                value.extend(replacement);
                let next = index + 1 + length;
                while chars.clone().next().is_some_and(|(at, _)| at < next) {
                    chars.next();
                }
            }
            _ => value.push(c),
        }
    }
    (Word::Text(value, escaped), rest.len())
}

/// What the escape whose backslash precedes `rest` stands for, and how many bytes of `rest` belong to it.
fn escape(rest: &str) -> (Option<char>, usize) {
    let Some(first) = rest.chars().next() else { return (None, 0) };
    let digits = |from: usize, most: usize, radix: u32| {
        let tail = &rest.as_bytes()[from.min(rest.len())..];
        let count = tail.iter().take(most).take_while(|byte| char::from(**byte).is_digit(radix)).count();
        let code = rest.get(from..from + count).and_then(|text| u32::from_str_radix(text, radix).ok());
        (code.and_then(char::from_u32), from + count)
    };
    match first {
        'n' => (Some('\n'), 1),
        't' => (Some('\t'), 1),
        'r' => (Some('\r'), 1),
        '\n' => (None, 1),
        'x' => digits(1, 2, 16),
        'u' => digits(1, 4, 16),
        'U' => digits(1, 8, 16),
        '0'..='7' => digits(0, 3, 8),
        'N' => match named(rest) {
            Some((character, length)) => (Some(character), length),
            None => (Some('N'), 1),
        },
        'a' | 'b' | 'f' | 'v' => (Some('\u{7}'), 1),
        other => (Some(other), other.len_utf8()),
    }
}

/// Unicode has no longer name.
const LONGEST_NAME: usize = 100;

/// The character that `N{…}` at the start of `rest` names, and how many bytes that takes. Of the names those are known of
/// which Python's names are made.
fn named(rest: &str) -> Option<(char, usize)> {
    let inside = rest.strip_prefix("N{")?;
    let length = inside.bytes().take(LONGEST_NAME).position(|byte| byte == b'}')?;
    let name = inside[..length].to_ascii_uppercase();
    let letter = |start: &str| name.strip_prefix(start).filter(|letter| letter.len() == 1)?.chars().next();
    let character = match name.as_str() {
        "LOW LINE" => '_',
        _ => letter("LATIN SMALL LETTER ")
            .map(|letter| letter.to_ascii_lowercase())
            .or_else(|| letter("LATIN CAPITAL LETTER "))
            .unwrap_or(char::REPLACEMENT_CHARACTER),
    };
    Some((character, "N{}".len() + length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Word> {
        blocks(text).flat_map(|block| block.tokens).map(|token| token.what).collect()
    }

    fn name(text: &str) -> Word {
        Word::Name(text.into())
    }

    #[test]
    fn blocks_end_where_jinja_ends_them() {
        let text = "a {{- {'x': {}}['}}'] -}} b {# {{ c }} #}{% raw %}{{ d }}{% endraw %}{% if e %}";
        let kinds: Vec<_> = blocks(text).map(|block| (block.kind, &text[block.start..block.end])).collect();
        let expected = [
            (BlockKind::Data, "a "),
            (BlockKind::Variable, "{{- {'x': {}}['}}'] -}}"),
            (BlockKind::Data, " b "),
            (BlockKind::Statement, "{% if e %}"),
        ];
        assert_eq!(kinds, expected);
    }

    #[test]
    fn a_block_without_its_end_reaches_to_the_end() {
        assert_eq!(words("{{ x.__class__"), [name("x"), Word::Sign(b'.', false), name("__class__")]);
        assert_eq!(words("{% raw %}{{ x }}"), []);
        assert_eq!(words("{# {{ x }}"), []);
    }

    #[test]
    fn escapes_are_replaced_as_python_replaces_them() {
        let text = r#"{{ '\x5f\137\u005f\N{LOW LINE}' "a\n\'" 'open }}"#;
        let expected =
            [Word::Text("____".into(), true), Word::Text("a\n'".into(), false), Word::Text("open }}".into(), false)];
        assert_eq!(words(text), expected);
    }

    #[test]
    fn characters_have_names_of_a_bounded_length() {
        let text = r#"{{ "\N{latin small letter g}\N{Latin Capital Letter A}\N{DIGIT ONE}\N" }}"#;
        let expected = [Word::Text("gA\u{FFFD}N".into(), true)];
        assert_eq!(words(text), expected);
        // Each looks for the end of a name in a few bytes, not in all that follows.
        for escape in ["\\N", "\\N{"] {
            assert_eq!(words(&format!("{{{{ '{}' }}}}", escape.repeat(1_000_000))).len(), 1);
        }
    }

    #[test]
    fn numbers_and_signs() {
        let expected = [Word::Int(31), Word::Sign(b'*', true), Word::Int(1000), Word::Sign(b'~', false), Word::Number];
        assert_eq!(words("{{ 0x1f ** 1_000 ~ 99999999999999999999 }}"), expected);
    }
}
