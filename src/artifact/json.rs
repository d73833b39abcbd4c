//! JSON with what other parsers throw away: each of several equal keys, and where every key and value stands.
//!
//! Comes in: a text. Goes out: [`Json`]. Called by the readers of headers, configurations and metadata. Nesting costs
//! no stack while reading, and no more than the depth that the caller allows when the value is dropped.

use std::borrow::Cow;

use crate::text::Region;

/// Values kept of one text; a tokenizer with 250,000 pieces and their merges has a million.
const MAX_VALUES: usize = 4_000_000;

/// A value and its bytes in the text.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::artifact) struct Json<'t> {
    /// From its first byte to behind its last, quotes and brackets included.
    pub(in crate::artifact) region: Region,
    /// What it is.
    pub(in crate::artifact) value: JsonValue<'t>,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::artifact) enum JsonValue<'t> {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// As written.
    Number(&'t str),
    /// Unescaped; half a surrogate pair becomes U+FFFD.
    Text(Cow<'t, str>),
    /// In order.
    Array(Vec<Json<'t>>),
    /// In order, equal keys kept.
    Object(Vec<JsonEntry<'t>>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::artifact) struct JsonEntry<'t> {
    /// Unescaped.
    pub(in crate::artifact) key: Cow<'t, str>,
    /// The key's bytes, quotes included.
    pub(in crate::artifact) key_region: Region,
    /// Its value.
    pub(in crate::artifact) value: Json<'t>,
}

/// Why a text is no JSON, or too much of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::artifact) struct JsonError {
    /// The byte where reading stopped.
    pub(in crate::artifact) offset: u32,
    /// A few words: `a comma or a bracket is missing`.
    pub(in crate::artifact) message: &'static str,
    /// Whether the text could be JSON.
    pub(in crate::artifact) kind: JsonErrorKind,
}

/// Whether a text that was not read could be JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::artifact) enum JsonErrorKind {
    /// It is none.
    Invalid,
    /// It nests deeper than the caller allows.
    TooDeep,
    /// It has more values than are kept.
    TooMany,
}

/// Reads `text` as Python's `json.loads` does, and a little more kindly: `NaN` and `Infinity` are numbers, a byte order
/// mark and control characters in strings are passed over.
///
/// # Errors
/// What it is if it is no JSON, nests deeper than `max_depth`, or is longer than 4 GiB.
pub(in crate::artifact) fn parse(text: &str, max_depth: u32) -> Result<Json<'_>, JsonError> {
    Parser { text, at: 0, max_depth, kindly: true, values: 0 }.document()
}

/// Whether all brackets that `text` opens are closed, and its strings end: one pass, without reading values.
pub(in crate::artifact) fn closes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let (mut at, mut open) = (0, 0_i64);
    while let Some(found) = memchr::memchr3(b'"', b'{', b'[', &bytes[at..]).map(|found| at + found) {
        open -= closing(&bytes[at..found]);
        at = found + 1;
        if bytes[found] != b'"' {
            open += 1;
            continue;
        }
        // To the end of the string.
        loop {
            match memchr::memchr2(b'"', b'\\', &bytes[at.min(bytes.len())..]) {
                None => return false,
                Some(found) if bytes[at + found] == b'\\' => at += found + 2,
                Some(found) => break at += found + 1,
            }
        }
    }
    open == closing(&bytes[at..])
}

fn closing(bytes: &[u8]) -> i64 {
    memchr::memchr2_iter(b'}', b']', bytes).count() as i64
}

/// Where a string of `text`, which [`parse`] has read, has a control character in it: Python's reader stops there.
pub(in crate::artifact) fn control_character(text: &str) -> Option<usize> {
    let (mut is_string, mut is_escaped) = (false, false);
    text.bytes().position(|byte| {
        let is_one = is_string && byte < 0x20;
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_string,
            b'"' => is_string = !is_string,
            _ => {}
        }
        is_one
    })
}

/// Reads `text` by RFC 8259 and nothing more kindly.
///
/// # Errors
/// As [`parse`].
pub(in crate::artifact) fn parse_strictly(text: &str, max_depth: u32) -> Result<Json<'_>, JsonError> {
    Parser { text, at: 0, max_depth, kindly: false, values: 0 }.document()
}

impl<'t> Json<'t> {
    /// Its text, if it is one.
    pub(in crate::artifact) fn as_text(&self) -> Option<&str> {
        match &self.value {
            JsonValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its items; none if it is no array.
    pub(in crate::artifact) fn items(&self) -> &[Json<'t>] {
        match &self.value {
            JsonValue::Array(items) => items,
            _ => &[],
        }
    }

    /// Its keys and values; none if it is no object.
    pub(in crate::artifact) fn entries(&self) -> &[JsonEntry<'t>] {
        match &self.value {
            JsonValue::Object(entries) => entries,
            _ => &[],
        }
    }

    /// The value of `key`, the last if there are several, as nearly all readers take it.
    pub(in crate::artifact) fn get(&self, key: &str) -> Option<&Json<'t>> {
        self.entries().iter().rev().find(|entry| entry.key == key).map(|entry| &entry.value)
    }

    /// The text of `key`.
    pub(in crate::artifact) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// Itself as a whole number that fits.
    pub(in crate::artifact) fn as_u64(&self) -> Option<u64> {
        match self.value {
            JsonValue::Number(digits) => digits.parse().ok(),
            _ => None,
        }
    }

    /// The entries whose key stands in the same object before, in order.
    pub(in crate::artifact) fn duplicates(&self) -> Vec<&JsonEntry<'t>> {
        let mut order: Vec<&JsonEntry<'t>> = self.entries().iter().collect();
        order.sort_by(|a, b| (&a.key, a.key_region.start).cmp(&(&b.key, b.key_region.start)));
        let mut doubled: Vec<_> =
            order.windows(2).filter(|pair| pair[0].key == pair[1].key).map(|pair| pair[1]).collect();
        doubled.sort_by_key(|entry| entry.key_region.start);
        doubled
    }
}

/// An array or object that is not closed yet.
enum Open<'t> {
    Array(u32, Vec<Json<'t>>),
    Object(u32, Vec<JsonEntry<'t>>, (Cow<'t, str>, Region)),
}

impl<'t> Open<'t> {
    fn push(&mut self, value: Json<'t>) {
        match self {
            Self::Array(_, items) => items.push(value),
            Self::Object(_, entries, (key, region)) => {
                entries.push(JsonEntry { key: std::mem::take(key), key_region: *region, value });
            }
        }
    }

    fn close(self, end: u32) -> Json<'t> {
        let (start, value) = match self {
            Self::Array(start, items) => (start, JsonValue::Array(items)),
            Self::Object(start, entries, _) => (start, JsonValue::Object(entries)),
        };
        Json { region: Region { start, end }, value }
    }
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    max_depth: u32,
    /// Whether it takes what Python takes.
    kindly: bool,
    values: usize,
}

impl<'t> Parser<'t> {
    fn document(mut self) -> Result<Json<'t>, JsonError> {
        if u32::try_from(self.text.len()).is_err() {
            return Err(self.error("longer than 4 GiB"));
        }
        if self.kindly && self.text.starts_with('\u{FEFF}') {
            self.at = 3;
        }
        let mut open: Vec<Open<'t>> = Vec::new();
        loop {
            let Some(mut value) = self.value(&mut open)? else { continue };
            loop {
                self.skip_space();
                let Some(container) = open.last_mut() else {
                    return if self.at == self.text.len() { Ok(value) } else { Err(self.error("more than one value")) };
                };
                container.push(value);
                let Some(closed) = self.go_on(&mut open)? else { break };
                value = closed;
            }
        }
    }

    /// A value that stands by itself, or `None` after a bracket that opens one.
    fn value(&mut self, open: &mut Vec<Open<'t>>) -> Result<Option<Json<'t>>, JsonError> {
        self.skip_space();
        self.values += 1;
        if self.values > MAX_VALUES {
            return Err(JsonError { kind: JsonErrorKind::TooMany, ..self.error("more values than are kept") });
        }
        let start = self.offset();
        let empty = match self.peek() {
            Some(b'[') => self.opens(b']', open.len())?.then_some(JsonValue::Array(Vec::new())),
            Some(b'{') => self.opens(b'}', open.len())?.then_some(JsonValue::Object(Vec::new())),
            Some(b'"') => Some(JsonValue::Text(self.string()?)),
            Some(b'-' | b'0'..=b'9') => Some(JsonValue::Number(self.number()?)),
            Some(_) => Some(self.word()?),
            None => return Err(self.error("it ends early")),
        };
        if let Some(value) = empty {
            return Ok(Some(Json { region: Region { start, end: self.offset() }, value }));
        }
        let container = match self.text.as_bytes()[start as usize] {
            b'[' => Open::Array(start, Vec::new()),
            _ => Open::Object(start, Vec::new(), self.key()?),
        };
        open.push(container);
        Ok(None)
    }

    /// Passes an opening bracket; whether the closing one `close` follows at once, which it passes too.
    fn opens(&mut self, close: u8, depth: usize) -> Result<bool, JsonError> {
        if depth >= self.max_depth as usize {
            return Err(JsonError { kind: JsonErrorKind::TooDeep, ..self.error("nested too deeply") });
        }
        self.at += 1;
        self.skip_space();
        let closes = self.peek() == Some(close);
        self.at += usize::from(closes);
        Ok(closes)
    }

    /// Behind a value: the container that a bracket closes, or `None` behind a comma (and the next key).
    fn go_on(&mut self, open: &mut Vec<Open<'t>>) -> Result<Option<Json<'t>>, JsonError> {
        self.skip_space();
        let next = self.peek();
        let Some(container) = open.last_mut() else { return Err(self.error("nothing is open")) };
        match (container, next) {
            (Open::Array(..), Some(b']')) | (Open::Object(..), Some(b'}')) => {
                self.at += 1;
                let end = self.offset();
                Ok(open.pop().map(|container| container.close(end)))
            }
            (Open::Array(..), Some(b',')) => {
                self.at += 1;
                Ok(None)
            }
            (Open::Object(_, _, key), Some(b',')) => {
                self.at += 1;
                *key = self.key()?;
                Ok(None)
            }
            (_, None) => Err(self.error("it ends early")),
            _ => Err(self.error("a comma or a closing bracket is missing")),
        }
    }

    /// A key and its colon.
    fn key(&mut self) -> Result<(Cow<'t, str>, Region), JsonError> {
        self.skip_space();
        let start = self.offset();
        if self.peek() != Some(b'"') {
            return Err(self.error("a key is missing"));
        }
        let key = self.string()?;
        let region = Region { start, end: self.offset() };
        self.skip_space();
        if self.peek() != Some(b':') {
            return Err(self.error("a colon is missing"));
        }
        self.at += 1;
        Ok((key, region))
    }

    fn string(&mut self) -> Result<Cow<'t, str>, JsonError> {
        self.at += 1;
        let bytes = self.text.as_bytes();
        let mut start = self.at;
        let mut text = Cow::Borrowed("");
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    text += &self.text[start..self.at];
                    self.at += 1;
                    return Ok(text);
                }
                Some(b'\\') => {
                    text += &self.text[start..self.at];
                    let unescaped = self.escape()?;
                    text.to_mut().push(unescaped);
                    start = self.at;
                }
                Some(0..=0x1F) if !self.kindly => return Err(self.error("a control character in a string")),
                Some(_) => self.at += 1,
                None => return Err(self.error("a string does not end")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let letter = self.text.as_bytes().get(self.at + 1).copied();
        let plain = match letter {
            Some(b'"' | b'\\' | b'/') => char::from(letter.unwrap_or_default()),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{C}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return Err(self.error("an unknown escape")),
        };
        self.at += 2;
        Ok(plain)
    }

    fn unicode_escape(&mut self) -> Result<char, JsonError> {
        let Some(first) = self.hexadecimal(self.at) else { return Err(self.error("a damaged escape")) };
        if let (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) = (first, self.hexadecimal(self.at + 6)) {
            self.at += 12;
            let code = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
            return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        match char::from_u32(first) {
            None if !self.kindly => Err(self.error("half a surrogate pair")),
            unescaped => {
                self.at += 6;
                Ok(unescaped.unwrap_or(char::REPLACEMENT_CHARACTER))
            }
        }
    }

    /// The code of `\u1234` at `at`.
    fn hexadecimal(&self, at: usize) -> Option<u32> {
        let escape = self.text.as_bytes().get(at..at + 6)?;
        let digits = escape.strip_prefix(b"\\u")?;
        digits.iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
    }

    fn number(&mut self) -> Result<&'t str, JsonError> {
        let start = self.at;
        self.pass(|byte| byte == b'-', 1);
        if self.kindly && self.text[self.at..].starts_with("Infinity") {
            self.at += "Infinity".len();
            return Ok(&self.text[start..self.at]);
        }
        let leading_zero = self.peek() == Some(b'0');
        let whole = self.pass(|byte| byte.is_ascii_digit(), usize::MAX);
        let mut valid = whole == 1 || whole > 1 && !leading_zero;
        if self.pass(|byte| byte == b'.', 1) == 1 {
            valid &= self.pass(|byte| byte.is_ascii_digit(), usize::MAX) > 0;
        }
        if self.pass(|byte| matches!(byte, b'e' | b'E'), 1) == 1 {
            self.pass(|byte| matches!(byte, b'+' | b'-'), 1);
            valid &= self.pass(|byte| byte.is_ascii_digit(), usize::MAX) > 0;
        }
        if valid { Ok(&self.text[start..self.at]) } else { Err(self.error("a damaged number")) }
    }

    fn word(&mut self) -> Result<JsonValue<'t>, JsonError> {
        let rest = &self.text[self.at..];
        let words = [("null", JsonValue::Null), ("true", JsonValue::Bool(true)), ("false", JsonValue::Bool(false))];
        let pythons = [("NaN", JsonValue::Number("NaN")), ("Infinity", JsonValue::Number("Infinity"))];
        let known = words.into_iter().chain(pythons.into_iter().filter(|_| self.kindly));
        for (word, value) in known {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.error("a value is missing"))
    }

    /// Passes up to `most` bytes that fit; how many.
    fn pass(&mut self, fits: impl Fn(u8) -> bool, most: usize) -> usize {
        let count = self.text.as_bytes()[self.at..].iter().take(most).take_while(|byte| fits(**byte)).count();
        self.at += count;
        count
    }

    fn skip_space(&mut self) {
        self.pass(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r'), usize::MAX);
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The text is shorter than 4 GiB, see [`Self::document`].
    fn offset(&self) -> u32 {
        self.at as u32
    }

    fn error(&self, message: &'static str) -> JsonError {
        JsonError { offset: self.offset(), message, kind: JsonErrorKind::Invalid }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn slice(text: &str, region: Region) -> &str {
        &text[region.start as usize..region.end as usize]
    }

    #[test]
    fn brackets_close_outside_of_texts() {
        for whole in [r#"{"a": [1, "]\\\"}{"]}"#, "[]", "1", r#""x""#] {
            assert!(closes(whole), "{whole}");
        }
        for cut in [r#"{"a": [1, 2"#, r#"{"a": "b"#, r#"{"a": "b\"#, "[[]", "[]]"] {
            assert!(!closes(cut), "{cut}");
        }
    }

    #[test]
    fn control_characters_count_in_strings_only() {
        assert_eq!(control_character("{\"a\\\"\\n\":\n\t1}"), None);
        assert_eq!(control_character("{\"a\": \"b\nc\"}"), Some(8));
        assert_eq!(control_character("[\"\\\u{1}\"]"), Some(3));
    }

    #[test]
    fn keys_and_values_know_their_places_and_none_is_lost() {
        let text = r#" {"a": [1, {"b" : "x\ud83d\ude00\n"}], "a": null} "#;
        let json = parse(text, 9).expect("JSON");
        assert_eq!(json.get("a").map(|a| &a.value), Some(&JsonValue::Null));
        let entries = json.entries();
        assert_eq!((slice(text, entries[0].key_region), slice(text, json.region)), ("\"a\"", text.trim()));
        let inner = &entries[0].value.items()[1];
        assert_eq!((inner.text("b"), slice(text, inner.region)), (Some("x😀\n"), r#"{"b" : "x\ud83d\ude00\n"}"#));
        let again: Vec<_> = json.duplicates().iter().map(|entry| entry.key_region.start).collect();
        assert_eq!(again, [entries[1].key_region.start]);
    }

    #[test]
    fn what_is_no_json_says_where() {
        for (text, offset) in [
            ("", 0),
            ("[1,]", 3),
            ("{\"a\" 1}", 5),
            ("{1:2}", 1),
            ("[1 2]", 3),
            ("[1}", 2),
            ("01", 2),
            ("1.", 2),
            ("\"a", 2),
            ("\"\\x\"", 1),
            ("[] []", 3),
            ("nul", 0),
            ("[", 1),
        ] {
            assert_eq!(parse(text, 9).map_err(|error| error.offset), Err(offset), "{text}");
        }
    }

    #[test]
    fn only_pythons_reading_takes_pythons_words() {
        for text in ["NaN", "-Infinity", "\"\\ud800\"", "\"\n\"", "\u{FEFF}1"] {
            assert!(parse(text, 9).is_ok() && parse_strictly(text, 9).is_err(), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(100_000);
        assert_eq!(parse(&deep, 500).map_err(|error| error.kind), Err(JsonErrorKind::TooDeep));
        let fits = format!("{}{}", "[".repeat(500), "]".repeat(500));
        assert!(parse(&fits, 500).is_ok());
    }

    proptest! {
        #[test]
        fn serde_json_agrees(text in r#"[\[\]{}:,"a\\u0-9. eE+\-truefalsn]{0,12}"#) {
            let theirs = serde_json::from_str::<serde_json::Value>(&text);
            prop_assert_eq!(parse_strictly(&text, 100).is_ok(), theirs.is_ok(), "{}: {:?}", text, theirs);
        }
    }
}
