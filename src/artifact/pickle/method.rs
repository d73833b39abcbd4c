//! Methods of texts and bytes that names are put together with.
//!
//! Comes in: the method, the receiver, arguments. Goes out: the result as Python gives it, or `None`. Called by `fold`.

use super::codec::{self, Content};

/// An argument that is a text, bytes or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Simple {
    /// A text or bytes.
    Content(Content),
    /// A number.
    Int(i64),
    /// `None`, where it stands for a default.
    Default,
}

impl Simple {
    fn content(&self) -> Option<&Content> {
        match self {
            Self::Content(content) => Some(content),
            _ => None,
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Content(Content::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// What `receiver.method(arguments)` gives.
pub(super) fn call(method: &str, receiver: &Content, arguments: &[Simple]) -> Option<Content> {
    match (method, arguments) {
        ("encode", []) => codec::encode(receiver, "utf8"),
        ("encode", [encoding, ..]) => codec::encode(receiver, encoding.text()?),
        ("decode", []) => codec::decode(receiver, "utf8"),
        ("decode", [encoding, ..]) => codec::decode(receiver, encoding.text()?),
        ("fromhex", [_, text] | [text]) => codec::from_notation(text.content()?, "hex").map(Content::Bytes),
        ("hex", []) => {
            let digits = receiver.bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            Some(Content::Text(digits))
        }
        ("__add__", [other]) => join(receiver, other.content()?),
        ("__radd__", [other]) => join(other.content()?, receiver),
        ("__mul__" | "__rmul__", [Simple::Int(times)]) => repeat(receiver, *times),
        ("__mod__", arguments) => percent(receiver, arguments),
        ("__getitem__", [Simple::Int(index)]) => item(receiver, *index),
        ("__str__" | "copy", []) => Some(receiver.clone()),
        ("format", arguments) => braces(receiver, arguments),
        _ => on_text(receiver, |text| text_method(method, text, arguments)),
    }
}

/// Applies a method that texts and bytes share.
fn on_text(receiver: &Content, method: impl Fn(&str) -> Option<String>) -> Option<Content> {
    match receiver {
        Content::Text(text) => method(text).map(Content::Text),
        Content::Bytes(bytes) if bytes.is_ascii() => {
            method(std::str::from_utf8(bytes).ok()?).map(|text| Content::Bytes(text.into_bytes()))
        }
        Content::Bytes(_) => None,
    }
}

fn text_method(method: &str, text: &str, arguments: &[Simple]) -> Option<String> {
    let argument = |index: usize| {
        let content = arguments.get(index)?.content()?;
        std::str::from_utf8(content.bytes()).ok()
    };
    let stripped = |c: char| match argument(0) {
        Some(characters) => characters.contains(c),
        None => c.is_whitespace(),
    };
    Some(match method {
        "lower" => text.to_lowercase(),
        "upper" => text.to_uppercase(),
        "swapcase" => text.chars().flat_map(swapped).collect(),
        "capitalize" | "title" if text.chars().all(char::is_alphanumeric) => {
            let mut rest = text.chars();
            let first = rest.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            first + &rest.as_str().to_lowercase()
        }
        "strip" => text.trim_matches(stripped).to_owned(),
        "lstrip" => text.trim_start_matches(stripped).to_owned(),
        "rstrip" => text.trim_end_matches(stripped).to_owned(),
        "removeprefix" => text.strip_prefix(argument(0)?).unwrap_or(text).to_owned(),
        "removesuffix" => text.strip_suffix(argument(0)?).unwrap_or(text).to_owned(),
        "replace" => {
            let (from, to) = (argument(0)?, argument(1)?);
            let count = match arguments.get(2) {
                Some(Simple::Int(count)) => usize::try_from(*count).unwrap_or(usize::MAX),
                _ => usize::MAX,
            };
            let grown = text.len().saturating_mul(to.len().max(1));
            (grown <= super::store::MADE_BYTES).then(|| text.replacen(from, to, count))?
        }
        _ => return None,
    })
}

fn swapped(c: char) -> Vec<char> {
    if c.is_uppercase() { c.to_lowercase().collect() } else { c.to_uppercase().collect() }
}

/// `a + b`.
pub(super) fn join(first: &Content, second: &Content) -> Option<Content> {
    match (first, second) {
        (Content::Text(first), Content::Text(second)) => Some(Content::Text(first.clone() + second)),
        (Content::Bytes(first), Content::Bytes(second)) => Some(Content::Bytes([&first[..], second].concat())),
        _ => None,
    }
}

/// `a * times`.
pub(super) fn repeat(content: &Content, times: i64) -> Option<Content> {
    let times = usize::try_from(times.max(0)).ok()?;
    if content.bytes().len().checked_mul(times)? > super::store::MADE_BYTES {
        return None;
    }
    Some(match content {
        Content::Text(text) => Content::Text(text.repeat(times)),
        Content::Bytes(bytes) => Content::Bytes(bytes.repeat(times)),
    })
}

/// `a % arguments`, with `%s`, `%d` and `%c`.
pub(super) fn percent(format: &Content, arguments: &[Simple]) -> Option<Content> {
    on_text(format, |format| {
        let mut out = String::new();
        let mut given = arguments.iter();
        let mut rest = format;
        while let Some((before, after)) = rest.split_once('%') {
            out += before;
            let mut after = after.chars();
            match after.next()? {
                '%' => out.push('%'),
                's' | 'd' | 'r' => out += &shown(given.next()?)?,
                'c' => match given.next()? {
                    Simple::Int(code) => out.push(char::from_u32(u32::try_from(*code).ok()?)?),
                    other => out += &shown(other)?,
                },
                _ => return None,
            }
            rest = after.as_str();
        }
        Some(out + rest)
    })
}

/// `format(arguments)`, with `{}` and `{0}`.
fn braces(format: &Content, arguments: &[Simple]) -> Option<Content> {
    on_text(format, |format| {
        let mut out = String::new();
        let mut next = 0;
        let mut rest = format;
        while let Some(at) = rest.find(['{', '}']) {
            out += &rest[..at];
            let brace = &rest[at..=at];
            let after = &rest[at + 1..];
            if let Some(after) = after.strip_prefix(brace) {
                out += brace;
                rest = after;
                continue;
            }
            let (field, after) = after.split_once('}').filter(|_| brace == "{")?;
            let index = if field.is_empty() { next } else { field.parse().ok()? };
            next += 1;
            out += &shown(arguments.get(index)?)?;
            rest = after;
        }
        Some(out + rest)
    })
}

/// `str(value)`.
pub(super) fn shown(value: &Simple) -> Option<String> {
    match value {
        Simple::Content(Content::Text(text)) => Some(text.clone()),
        Simple::Content(Content::Bytes(_)) => None,
        Simple::Int(value) => Some(value.to_string()),
        Simple::Default => Some("None".to_owned()),
    }
}

fn item(content: &Content, index: i64) -> Option<Content> {
    match content {
        Content::Text(text) => {
            let characters: Vec<char> = text.chars().collect();
            let at = position(index, characters.len())?;
            Some(Content::Text(characters.get(at)?.to_string()))
        }
        Content::Bytes(_) => None,
    }
}

/// An index from the start or, if negative, from the end.
pub(super) fn position(index: i64, length: usize) -> Option<usize> {
    let index = if index < 0 { index.checked_add(length as i64)? } else { index };
    usize::try_from(index).ok().filter(|index| *index < length)
}

/// The positions that a slice takes of so many.
pub(super) fn sliced(length: usize, start: Option<i64>, stop: Option<i64>, step: Option<i64>) -> Option<Vec<usize>> {
    let (length, step) = (length as i64, step.unwrap_or(1));
    let clamp = |at: i64, low: i64, high: i64| if at < 0 { (at + length).max(low) } else { at.min(high) };
    let mut taken = Vec::new();
    match step {
        0 => return None,
        1.. => {
            let (mut at, stop) = (clamp(start.unwrap_or(0), 0, length), clamp(stop.unwrap_or(length), 0, length));
            while at < stop {
                taken.push(at as usize);
                at = at.saturating_add(step);
            }
        }
        _ => {
            let mut at = start.map_or(length - 1, |start| clamp(start, -1, length - 1));
            let stop = stop.map_or(-1, |stop| clamp(stop, -1, length - 1));
            while at > stop {
                taken.push(at as usize);
                at = at.saturating_add(step);
            }
        }
    }
    Some(taken)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Content {
        Content::Text(text.to_owned())
    }

    fn given(argument: &str) -> Simple {
        Simple::Content(text(argument))
    }

    #[test]
    fn methods_give_what_python_gives() {
        for (method, receiver, arguments, result) in [
            ("replace", "sysXtem", vec![given("X"), given("")], "system"),
            ("replace", "aaa", vec![given("a"), given("b"), Simple::Int(2)], "bba"),
            ("strip", "xxosx", vec![given("x")], "os"),
            ("lower", "OS", vec![], "os"),
            ("format", "{}.{}", vec![given("os"), given("system")], "os.system"),
            ("format", "{1}{0}{{}}", vec![given("a"), Simple::Int(7)], "7a{}"),
            ("__mod__", "%s.%s%%", vec![given("os"), given("path")], "os.path%"),
            ("__add__", "sys", vec![given("tem")], "system"),
            ("__getitem__", "os", vec![Simple::Int(-1)], "s"),
            ("__mul__", "o", vec![Simple::Int(2)], "oo"),
            ("capitalize", "oS", vec![], "Os"),
            ("removeprefix", "xos", vec![given("x")], "os"),
        ] {
            assert_eq!(call(method, &text(receiver), &arguments), Some(text(result)), "{method}");
        }
        assert_eq!(call("translate", &text("os"), &[Simple::Default]), None);
        assert_eq!(call("format", &text("{x!r}"), &[]), None);
        assert_eq!(repeat(&text("abc"), i64::MAX), None);
    }

    #[test]
    fn slices_take_what_python_takes() {
        assert_eq!(sliced(4, None, None, Some(-1)), Some(vec![3, 2, 1, 0]));
        assert_eq!(sliced(5, Some(-3), None, None), Some(vec![2, 3, 4]));
        assert_eq!(sliced(5, Some(1), Some(100), Some(2)), Some(vec![1, 3]));
        assert_eq!(sliced(5, Some(3), Some(0), Some(-2)), Some(vec![3, 1]));
        assert_eq!(sliced(5, None, None, Some(0)), None);
    }
}
