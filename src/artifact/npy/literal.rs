//! Python literals, as `ast.literal_eval` reads the header of an array.

/// Nesting of real headers is a handful; Python's own parser gives up at 200.
const MAX_DEPTH: u32 = 64;

/// A literal. Numbers that no header needs are kept as [`Literal::Other`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Literal {
    /// `True`, `False`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// `'…'`, without prefix or with `u`, `r`, `b`.
    Text(String),
    /// `(…,)`.
    Tuple(Vec<Literal>),
    /// `[…]`.
    List(Vec<Literal>),
    /// `{…: …}`, equal keys kept.
    Dict(Vec<(Literal, Literal)>),
    /// `None`, floats, numbers beyond 64 bits, sets.
    Other,
}

/// The literal that `text` is; `None` if it is none. Numbers may end in `L` as Python 2 wrote them.
pub(super) fn parse(text: &str) -> Option<Literal> {
    let mut parser = Parser { text: text.as_bytes(), at: 0 };
    let literal = parser.value(0)?;
    parser.skip_space();
    (parser.at == parser.text.len()).then_some(literal)
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: u32) -> Option<Literal> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        match self.peek()? {
            b'{' => self.braces(depth),
            b'(' => self.parentheses(depth),
            b'[' => {
                self.at += 1;
                self.items(b']', depth).map(|(items, _)| Literal::List(items))
            }
            b'-' | b'+' | b'.' | b'0'..=b'9' => self.number(),
            _ => self.word(),
        }
    }

    /// A tuple, or a value in parentheses.
    fn parentheses(&mut self, depth: u32) -> Option<Literal> {
        self.at += 1;
        let (mut items, comma) = self.items(b')', depth)?;
        if items.len() == 1 && !comma { items.pop() } else { Some(Literal::Tuple(items)) }
    }

    /// Values up to the bracket `close`, and whether a comma stands before it.
    fn items(&mut self, close: u8, depth: u32) -> Option<(Vec<Literal>, bool)> {
        let mut items = Vec::new();
        let mut comma = false;
        loop {
            self.skip_space();
            if self.peek()? == close {
                self.at += 1;
                return Some((items, comma));
            }
            if !items.is_empty() && !comma {
                return None;
            }
            items.push(self.value(depth + 1)?);
            comma = self.passes(b',');
        }
    }

    /// A dictionary or a set.
    fn braces(&mut self, depth: u32) -> Option<Literal> {
        self.at += 1;
        let mut entries = Vec::new();
        let mut is_set = false;
        let mut comma = true;
        loop {
            self.skip_space();
            if self.peek()? == b'}' {
                self.at += 1;
                return Some(if is_set { Literal::Other } else { Literal::Dict(entries) });
            }
            if !comma {
                return None;
            }
            let key = self.value(depth + 1)?;
            if self.passes(b':') {
                entries.push((key, self.value(depth + 1)?));
            } else {
                is_set = true;
            }
            if is_set && !entries.is_empty() {
                return None;
            }
            comma = self.passes(b',');
        }
    }

    fn number(&mut self) -> Option<Literal> {
        let start = self.at;
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.' | b'_');
        self.at += self.text[start..].iter().take_while(|byte| fits(byte)).count();
        let text = std::str::from_utf8(&self.text[start..self.at]).ok()?;
        let digits = text.trim_end_matches(['L', 'l']).replace('_', "");
        if let Ok(number) = digits.parse() {
            return Some(Literal::Int(number));
        }
        let (sign, bare) = if let Some(bare) = digits.strip_prefix('-') { (-1, bare) } else { (1, digits.as_str()) };
        let lower = bare.to_ascii_lowercase();
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
            if let Some(number) = lower.strip_prefix(prefix).and_then(|rest| i64::from_str_radix(rest, radix).ok()) {
                return Some(Literal::Int(sign * number));
            }
        }
        let is_number = digits.parse::<f64>().is_ok() && digits.bytes().any(|byte| byte.is_ascii_digit());
        is_number.then_some(Literal::Other)
    }

    /// A string (several in a row are one) or a name that is a value.
    fn word(&mut self) -> Option<Literal> {
        let mut text = String::new();
        let mut strings = 0;
        loop {
            self.skip_space();
            let start = self.at;
            let letters = self.text[start..].iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let quote = self.text.get(start + letters).copied();
            if !matches!(quote, Some(b'\'' | b'"')) {
                if strings > 0 {
                    return Some(Literal::Text(text));
                }
                self.at += letters;
                return match &self.text[start..self.at] {
                    b"True" => Some(Literal::Bool(true)),
                    b"False" => Some(Literal::Bool(false)),
                    b"None" => Some(Literal::Other),
                    _ => None,
                };
            }
            let prefix = self.text[start..start + letters].to_ascii_lowercase();
            self.at += letters;
            match prefix.as_slice() {
                b"" | b"u" | b"b" => self.string(false, &mut text)?,
                b"r" | b"br" | b"rb" => self.string(true, &mut text)?,
                _ => return None,
            }
            strings += 1;
        }
    }

    fn string(&mut self, raw: bool, into: &mut String) -> Option<()> {
        let quote = self.peek()?;
        let triple = self.text[self.at..].starts_with(&[quote; 3]);
        let close: &[u8] = if triple { &[quote; 3] } else { &[quote] };
        self.at += close.len();
        let mut bytes = Vec::new();
        while !self.text[self.at..].starts_with(close) {
            match self.peek()? {
                b'\n' if !triple => return None,
                b'\\' if !raw => self.escape(&mut bytes)?,
                b'\\' => {
                    bytes.extend_from_slice(self.text.get(self.at..self.at + 2)?);
                    self.at += 2;
                }
                byte => {
                    bytes.push(byte);
                    self.at += 1;
                }
            }
        }
        self.at += close.len();
        into.push_str(&String::from_utf8_lossy(&bytes));
        Some(())
    }

    fn escape(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let letter = *self.text.get(self.at + 1)?;
        self.at += 2;
        let length = match letter {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            b'0'..=b'7' => return self.octal(bytes),
            b'\n' => return Some(()),
            b'n' => return push(bytes, '\n'),
            b't' => return push(bytes, '\t'),
            b'r' => return push(bytes, '\r'),
            b'\\' | b'\'' | b'"' => return push(bytes, char::from(letter)),
            other => {
                bytes.push(b'\\');
                bytes.push(other);
                return Some(());
            }
        };
        let digits = self.text.get(self.at..self.at + length)?;
        let code = u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
        self.at += length;
        push(bytes, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn octal(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let start = self.at - 1;
        let digits = self.text[start..].iter().take(3).take_while(|byte| matches!(byte, b'0'..=b'7')).count();
        self.at = start + digits;
        let code = self.text[start..self.at].iter().fold(0, |code, digit| code * 8 + u32::from(digit - b'0'));
        push(bytes, char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Passes `byte`, with spaces before it; whether it stood there.
    fn passes(&mut self, byte: u8) -> bool {
        self.skip_space();
        let stands = self.peek() == Some(byte);
        self.at += usize::from(stands);
        stands
    }

    fn skip_space(&mut self) {
        let space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0C);
        self.at += self.text[self.at..].iter().take_while(space).count();
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }
}

fn push(bytes: &mut Vec<u8>, character: char) -> Option<()> {
    bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Literal {
        Literal::Text(text.into())
    }

    #[test]
    fn literals_are_read_as_python_reads_them() {
        let header = parse("{'descr': [('a', \"<f8\", (2,)), ('b\\x4f', '|O'\n '8')], 'shape': (3L, 0x10), }\n");
        let fields = Literal::List(vec![
            Literal::Tuple(vec![text("a"), text("<f8"), Literal::Tuple(vec![Literal::Int(2)])]),
            Literal::Tuple(vec![text("bO"), text("|O8")]),
        ]);
        let shape = Literal::Tuple(vec![Literal::Int(3), Literal::Int(16)]);
        let expected = Literal::Dict(vec![(text("descr"), fields), (text("shape"), shape)]);
        assert_eq!(header, Some(expected));
        assert_eq!(parse("((-1))"), Some(Literal::Int(-1)));
        assert_eq!(parse("[1e5, None, {1, 2}, 2.5]"), Some(Literal::List(vec![Literal::Other; 4])));
        assert_eq!(parse("()"), Some(Literal::Tuple(Vec::new())));
    }

    #[test]
    fn what_is_no_literal_is_none() {
        for text in ["", "f()", "{'a' 1}", "[1 2]", "(1", "'a", "__import__('os')", "{'a': 1} + {}", "1 2", "{1, 2: 3}"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        assert_eq!(parse(&"(".repeat(100_000)), None);
    }
}
