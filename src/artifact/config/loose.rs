//! What is wrong with JSON that no model is known by: a file called so that breaks off or has been written over.
//!
//! Comes in: the text of a file called `.json`. Goes out: where it is no JSON, and why. Called by `config`. What other
//! programs write under that name on purpose is none of it: comments, templates, a value a line.

use super::super::json::{self, JsonErrorKind};

/// A longer text is read only if its brackets do not close: most of these are data.
pub(super) const SHORT_BYTES: usize = 64 << 10;

/// The first place at which `text` is no JSON, and why; by mistake, unless its loader takes nothing else.
pub(super) fn fault(text: &str, is_strict: bool, max_depth: u32) -> Option<(usize, &'static str)> {
    let start = text.trim_start_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']);
    if !start.starts_with(['{', '[']) {
        // Nothing, or what a disk has where nothing was written.
        return start.chars().all(|c| c == '\0').then_some((0, "it holds nothing"));
    }
    if text.len() > SHORT_BYTES && json::closes(text) && !text.contains('\0') {
        return None;
    }
    match json::parse(text, max_depth) {
        Ok(_) => json::control_character(text).map(|at| (at, "a control character in a string")),
        Err(error) if error.kind == JsonErrorKind::Invalid => {
            let at = error.offset as usize;
            (is_strict || !is_intended(text, at)).then_some((at, error.message))
        }
        Err(_) => None,
    }
}

/// Whether what stands at `at` is known from more liberal kinds of JSON, or from templates of it.
fn is_intended(text: &str, at: usize) -> bool {
    const WORDS: [&str; 3] = ["None", "True", "False"];
    let rest = text.get(at..).unwrap_or_default();
    let before = text.get(..at).unwrap_or_default().trim_end();
    let is_comma = before.ends_with(',') && rest.starts_with(['}', ']']);
    let is_name = rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && before.ends_with(['{', ',', '[', ':']);
    is_comma
        || is_name
        || rest.starts_with(['/', '#', '\'', '+', '.', '{', '%', '<', '$', '@'])
        || WORDS.iter().any(|word| rest.starts_with(word))
        || is_a_value_a_line(text, at)
}

/// Whether a value ends before `at` and another begins on a line of its own.
fn is_a_value_a_line(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    let first = before.trim_end();
    first.len() < before.len() && json::parse(first, 1000).is_ok()
}

#[cfg(test)]
mod tests {
    use super::fault;

    fn at(text: &str) -> Option<usize> {
        fault(text, false, 100).map(|(at, _)| at)
    }

    #[test]
    fn what_breaks_off_or_was_written_over_is_told() {
        for (text, place) in [
            (r#"{"a": [1, 2"#, 11),
            (r#"{"a": "tex"#, 10),
            ("{\"a\": 1,\0\0}", 8),
            ("{\"a\": \"\0\"}", 7),
            (r#"{"a": 1 "b": 2}"#, 8),
            (r#"{"a" 1}"#, 5),
            (r#"{"chat_template": "{{ x }}", "a": "#, 34),
            ("", 0),
            ("\0\0\0", 0),
        ] {
            assert_eq!(at(text), Some(place), "{text:?}");
        }
        let long = format!("[{}", "1, ".repeat(30_000));
        assert_eq!(at(&long), Some(long.len()));
    }

    #[test]
    fn what_is_meant_to_be_something_else_is_not() {
        for text in [
            r#"{"a": [1, 2]}"#,
            "{\n// a comment\n\"a\": 1}",
            "{\"a\": 1, /* more */ \"b\": 2}",
            "{\"a\": 1,\n}",
            "{a: 1}",
            "{'a': 1}",
            "{\"a\": None}",
            "{\"a\": 1}\n{\"a\": 2}\n",
            "{\"a\": {{ value }} }",
            "{\"a\": NaN}",
            "text",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
