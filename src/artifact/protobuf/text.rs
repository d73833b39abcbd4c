//! The text format of protocol buffers: fields that have texts, and the messages that they stand in.
//!
//! Comes in: a text. Goes out: each such field in order. Called by the readers of TensorFlow's graphs and of servers'
//! settings. Numbers and words are passed over. Source: the text format specification of protobuf: strings side by side
//! are one, `,` and `;` may stand behind a field, `#` starts a comment.

use crate::text::Region;

/// Deeper messages have the path of the one that holds them; no schema has as many levels.
const MOST_LEVELS: usize = 1000;

/// Calls `put` with the path of each field that has a text, the text and its place; for the end of a message with the
/// message's own path and an empty text.
pub(in crate::artifact) fn walk(text: &str, put: &mut dyn FnMut(&[&str], &str, Region)) {
    let mut path: Vec<&str> = Vec::new();
    let (mut key, mut at, mut deeper) = ("", 0, 0_usize);
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        match c {
            '#' => at += comment(&text[at..]),
            '"' | '\'' => {
                let (value, length) = value(&text[at..]);
                at += length;
                path.push(key);
                put(&path, &value, region(start, at));
                path.pop();
            }
            '{' | '<' => {
                at += 1;
                match path.len() < MOST_LEVELS {
                    true => path.push(key),
                    false => deeper += 1,
                }
                key = "";
            }
            '}' | '>' if deeper > 0 => {
                at += 1;
                deeper -= 1;
            }
            '}' | '>' => {
                at += 1;
                put(&path, "", region(start, at));
                path.pop();
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let length = text[at..].find(|c| !is_word(c)).unwrap_or(text.len() - at);
                key = &text[at..at + length];
                at += length;
            }
            c => at += c.len_utf8(),
        }
    }
}

/// How many bytes a comment takes.
fn comment(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The value of a field and how many bytes it takes: texts in quotes, one behind the other, are one.
fn value(text: &str) -> (String, usize) {
    let mut value = Vec::new();
    let (mut at, mut end) = (0, 0);
    while let Some(byte) = text.as_bytes().get(at) {
        at += match byte {
            b'"' | b'\'' => {
                end = at + quoted(&text.as_bytes()[at..], &mut value);
                end - at
            }
            b'#' => comment(&text[at..]),
            byte if byte.is_ascii_whitespace() => 1,
            _ => break,
        };
    }
    (String::from_utf8_lossy(&value).into_owned(), end)
}

/// Appends the bytes between two quotes to `value`; how many bytes they take with the quotes.
fn quoted(text: &[u8], value: &mut Vec<u8>) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            byte if *byte == text[0] => return at + 1,
            b'\\' => at += escape(&text[at..], value),
            byte => {
                value.push(*byte);
                at += 1;
            }
        }
    }
    text.len()
}

/// Appends what an escape stands for, which are those of C; how many bytes it takes.
fn escape(text: &[u8], value: &mut Vec<u8>) -> usize {
    let Some(letter) = text.get(1).copied() else { return 1 };
    let (start, most, radix) = match letter {
        b'0'..=b'7' => (1, 3, 8),
        b'x' | b'X' => (2, 2, 16),
        b'u' => (2, 4, 16),
        b'U' => (2, 8, 16),
        _ => (2, 0, 16),
    };
    let digits = text.iter().skip(start).take(most).map_while(|byte| char::from(*byte).to_digit(radix));
    let (count, code) = digits.fold((0, 0_u32), |(count, code), digit| (count + 1, code * radix + digit));
    match letter {
        b'u' | b'U' => {
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        // Of more than eight bits the lower ones.
        b'0'..=b'7' | b'x' | b'X' => value.push(code as u8),
        b'n' => value.push(b'\n'),
        b'r' => value.push(b'\r'),
        b't' => value.push(b'\t'),
        other => value.push(other),
    }
    start + count
}

fn region(start: usize, end: usize) -> Region {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Region::new(offset(start), offset(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut found = Vec::new();
        walk(text, &mut |path, value, _| found.push(format!("{}={value}", path.join("."))));
        found
    }

    #[test]
    fn texts_are_read_however_they_are_written() {
        for text in [
            "op: \"PyFunc\"",
            "name: 'x' op:'PyFunc'",
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
        assert_eq!(read("a: [\"x\", \"y\"] b { c: \"\\n\\'\" } z: 1"), ["a=x", "a=y", "b.c=\n'", "b="]);
        assert_eq!(read("a: \"x"), ["a=x"]);
    }

    #[test]
    fn messages_may_nest_as_deep_as_they_like() {
        let deep = format!("{}op: \"x\"{} b: \"y\"", "a{".repeat(3000), "}".repeat(3000));
        let found = read(&deep);
        assert!(found[0].ends_with(".a.op=x"), "{}", found[0].len());
        assert_eq!(found.last().map(String::as_str), Some("b=y"));
    }
}
