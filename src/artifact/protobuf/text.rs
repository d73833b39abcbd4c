//! The text format of protocol buffers: names, and the texts that they have.
//!
//! Comes in: a text. Goes out: each field whose value is a text, in order, wherever it is nested. Called by the readers of
//! TensorFlow's graphs and of servers' settings. Numbers and words are passed over. Source: the text format
//! specification of protobuf: strings side by side are one, `,` and `;` may stand behind a field, `#` starts a comment.

/// A field whose value is a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::artifact) struct TextField {
    /// Its name.
    pub(in crate::artifact) name: String,
    /// Its text, escapes read; what is no UTF-8 is replaced.
    pub(in crate::artifact) value: String,
    /// Where the name starts.
    pub(in crate::artifact) at: usize,
}

/// The fields of `text` that are texts, to its end or to a text that does not end.
pub(in crate::artifact) fn fields(text: &str) -> Fields<'_> {
    Fields { text, at: 0, name: None }
}

/// The fields of a text.
#[derive(Debug)]
pub(in crate::artifact) struct Fields<'t> {
    text: &'t str,
    at: usize,
    /// The word that was passed last, if nothing but a colon or an opening bracket of a list stands behind it.
    name: Option<(&'t str, usize)>,
}

impl Iterator for Fields<'_> {
    type Item = TextField;

    fn next(&mut self) -> Option<TextField> {
        loop {
            self.pass_blanks();
            let start = self.at;
            match self.text.as_bytes().get(start)? {
                b'"' | b'\'' => {
                    let mut value = Vec::new();
                    while matches!(self.text.as_bytes().get(self.at), Some(b'"' | b'\'')) {
                        self.string(&mut value)?;
                        self.pass_blanks();
                    }
                    if let Some((name, at)) = self.name {
                        let value = String::from_utf8_lossy(&value).into_owned();
                        return Some(TextField { name: name.to_owned(), value, at });
                    }
                }
                byte if is_word(*byte) => {
                    let length = self.text.as_bytes()[start..].iter().take_while(|byte| is_word(**byte)).count();
                    self.at += length;
                    self.name = Some((&self.text[start..self.at], start));
                }
                // Between a name and its value, or between the texts of a list.
                b':' | b'[' => self.at += 1,
                b',' if self.name.is_some() => self.at += 1,
                _ => {
                    self.at += 1;
                    self.name = None;
                }
            }
        }
    }
}

impl Fields<'_> {
    /// Passes blanks and comments.
    fn pass_blanks(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'#' => self.at += memchr::memchr(b'\n', &bytes[self.at..]).unwrap_or(bytes.len() - self.at),
                _ if byte.is_ascii_whitespace() || *byte == 0x0B => self.at += 1,
                _ => return,
            }
        }
    }

    /// Reads a string to its closing quote; `None` if there is none.
    fn string(&mut self, into: &mut Vec<u8>) -> Option<()> {
        let bytes = self.text.as_bytes();
        let quote = bytes[self.at];
        self.at += 1;
        loop {
            let byte = *bytes.get(self.at)?;
            self.at += 1;
            match byte {
                _ if byte == quote => return Some(()),
                b'\\' => self.escape(into)?,
                _ => into.push(byte),
            }
        }
    }

    /// Reads what stands behind a backslash.
    fn escape(&mut self, into: &mut Vec<u8>) -> Option<()> {
        let letter = *self.text.as_bytes().get(self.at)?;
        let (start, radix, most) = match letter {
            b'0'..=b'7' => (self.at, 8, 3),
            b'x' | b'X' => (self.at + 1, 16, 2),
            b'u' => (self.at + 1, 16, 4),
            b'U' => (self.at + 1, 16, 8),
            _ => {
                self.at += 1;
                into.push(match letter {
                    b'n' => b'\n',
                    b't' => b'\t',
                    b'r' => b'\r',
                    b'a' => 7,
                    b'b' => 8,
                    b'f' => 12,
                    b'v' => 11,
                    other => other,
                });
                return Some(());
            }
        };
        let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
        let digits = self.text.as_bytes().get(start..)?.iter().take(most).take_while(is_digit).count();
        let code = u32::from_str_radix(&self.text[start..start + digits], radix).unwrap_or(0);
        self.at = start + digits;
        if matches!(letter, b'u' | b'U') {
            let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            into.extend(c.encode_utf8(&mut [0; 4]).bytes());
        } else {
            into.push(code as u8);
        }
        Some(())
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'+')
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn texts_are_read_however_they_are_written() {
        let read = |text: &str| fields(text).map(|field| format!("{}={}", field.name, field.value)).collect::<Vec<_>>();
        for text in [
            "op: \"PyFunc\"",
            "node {name:'x' op:'PyFunc'}",
            "op: \"Py\" 'Func'",
            "op: \"Py\" # a comment \"\n \"Func\"",
            "op: \"\\120yFunc\"",
            "op: \"\\x50yFu\\u006ec\"",
            ";op:\"PyFunc\";",
            "name: 1,op: \"PyFunc\"",
            "# op: \"Const\"\nop\n:\n\"PyFunc\"",
        ] {
            assert!(read(text).contains(&"op=PyFunc".to_owned()), "{text}: {:?}", read(text));
        }
        assert_eq!(read("a: [\"x\", \"y\"] b { c: \"\\n\\'\" } \"z\""), ["a=x", "a=y", "c=\n'"]);
        assert_eq!(read("a: \"x"), [""; 0]);
        assert_eq!(fields("b: 1 a: \"\"").next().map(|field| field.at), Some(5));
    }
}
