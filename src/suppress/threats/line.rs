//! Lines of Markdown: headings, fields, rows, fences. Offsets are bytes of the line.

use std::borrow::Cow;
use std::ops::Range;

/// The keys that mean something.
const KEYS: [&str; 18] = [
    "status",
    "owner",
    "rules",
    "scope",
    "added",
    "review by",
    "expires",
    "mitigation",
    "justification",
    "severity",
    "cwe",
    "stride",
    "evidence",
    "probability",
    "detection",
    "sha-256",
    "title",
    "id",
];
/// Other names for them.
const OTHER_NAMES: [(&str, &str); 13] = [
    ("review", "review by"),
    ("review-by", "review by"),
    ("threat", "title"),
    ("owners", "owner"),
    ("paths", "scope"),
    ("rule", "rules"),
    ("until", "expires"),
    ("likelihood", "probability"),
    ("impact", "severity"),
    ("detectability", "detection"),
    ("sha256", "sha-256"),
    ("sha 256", "sha-256"),
    ("files", "scope"),
];

/// The key that a word means.
pub(super) fn key(word: &str) -> Option<&'static str> {
    let word = word.trim().to_lowercase();
    let known = OTHER_NAMES.iter().find(|(other, _)| *other == word).map_or(word.as_str(), |(_, key)| key);
    KEYS.into_iter().find(|key| *key == known)
}

/// Up to three spaces do not change what a line is; `None` if there are more.
fn outdented(line: &str) -> Option<&str> {
    let body = line.trim_start_matches(' ');
    (line.len() - body.len() <= 3).then_some(body)
}

/// Level and text of an ATX heading.
pub(super) fn heading(line: &str) -> Option<(u8, Range<usize>)> {
    let body = outdented(line)?;
    let level = body.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &body[level..];
    if !(1..=6).contains(&level) || !rest.starts_with([' ', '\t']) {
        return None;
    }
    let start = line.len() - rest.trim_start_matches([' ', '\t']).len();
    let end = line.trim_end_matches([' ', '\t']).trim_end_matches('#').trim_end_matches([' ', '\t']).len();
    Some((level as u8, start..end.max(start)))
}

/// The marks that open a code fence.
pub(super) fn opens_fence(line: &str) -> Option<&str> {
    let body = outdented(line)?;
    let mark = body.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let length = body.chars().take_while(|c| *c == mark).count();
    // Three backticks with more behind them on the line are code inside a sentence.
    let inside = mark == '`' && body[length..].contains('`');
    (length >= 3 && !inside).then(|| &body[..length])
}

/// Whether the line ends the fence that `opened` began.
pub(super) fn closes_fence(line: &str, opened: &str) -> bool {
    let Some(body) = outdented(line) else { return false };
    let marks = body.trim_end();
    marks.len() >= opened.len() && !marks.is_empty() && marks.chars().all(|c| opened.starts_with(c))
}

/// `- Key: value`, `Key: value`, `**Key:** value`: the key and where the value stands.
pub(super) fn field(line: &str) -> Option<(&'static str, Range<usize>)> {
    let body = outdented(line)?;
    let body = match body.strip_prefix(['-', '*', '+']) {
        Some(item) if item.starts_with([' ', '\t']) => item.trim_start(),
        Some(_) | None => body,
    };
    let emphasis = |text: &str| if text.starts_with("**") || text.starts_with("__") { 2 } else { 0 };
    let body = &body[emphasis(body)..];
    let (word, value) = body.split_once(':')?;
    let word = word.trim_end();
    let word = word.strip_suffix("**").or_else(|| word.strip_suffix("__")).unwrap_or(word);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '-');
    if !word.starts_with(|c: char| c.is_ascii_alphabetic()) || !word.chars().all(plain) {
        return None;
    }
    let value = value[emphasis(value)..].trim_start();
    let start = line.len() - value.len();
    Some((key(word)?, start..start + value.trim_end().len()))
}

/// The cells of a row of a pipe table, without the spaces around them.
pub(super) fn cells(line: &str) -> Option<Vec<Range<usize>>> {
    let body = line.trim();
    let offset = line.len() - line.trim_start().len();
    let inner = body.strip_prefix('|')?;
    let mut cells = Vec::new();
    let (mut from, mut escaped) = (0, false);
    for (at, c) in inner.char_indices() {
        if c == '|' && !escaped {
            cells.push(from..at);
            from = at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    if !inner[from..].is_empty() {
        cells.push(from..inner.len());
    }
    let start = offset + 1;
    let trimmed = |cell: Range<usize>| {
        let text = &inner[cell.clone()];
        let from = cell.start + text.len() - text.trim_start().len();
        start + from..start + from + text.trim().len()
    };
    Some(cells.into_iter().map(trimmed).collect())
}

/// Whether a row is the line between a table's head and its body.
pub(super) fn is_ruler(line: &str) -> bool {
    line.trim().chars().all(|c| matches!(c, '-' | ':' | '|') || c.is_whitespace())
}

/// The text without emphasis and code marks, and of a link its text.
pub(super) fn plain(text: &str) -> String {
    let text = text.trim();
    let linked = text.strip_prefix('[').and_then(|rest| rest.split_once("]("));
    let text: Cow<'_, str> = match linked.and_then(|(text, rest)| Some((text, rest.split_once(')')?.1))) {
        Some((text, after)) => format!("{text}{after}").into(),
        None => text.into(),
    };
    text.chars().filter(|c| !matches!(c, '*' | '_' | '`')).collect::<String>().trim().to_owned()
}

/// What stands before HTML comments that end on the line they begin on.
pub(super) fn without_comments(line: &str) -> Cow<'_, str> {
    let Some(start) = line.find("<!--") else { return line.into() };
    let in_code = line[..start].matches('`').count() % 2 == 1;
    match line[start..].find("-->") {
        // Blanks in its place: offsets stay.
        Some(length) if !in_code => {
            let end = start + length + 3;
            let blanks = " ".repeat(end - start);
            format!("{}{blanks}{}", &line[..start], without_comments(&line[end..])).into()
        }
        Some(_) | None => line.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_those_of_markdown() {
        let text = |line: &str| heading(line).map(|(level, range)| (level, line[range].to_owned()));
        assert_eq!(text("## T-1: x ##"), Some((2, "T-1: x".to_owned())));
        assert_eq!(text("   ###### a\t"), Some((6, "a".to_owned())));
        assert_eq!(text("# #"), Some((1, String::new())));
        for line in ["    # a", "####### a", "#a", "a # b", ""] {
            assert_eq!(text(line), None, "{line}");
        }
    }

    #[test]
    fn a_field_has_a_key_that_is_known() {
        let read = |line: &str| field(line).map(|(key, range)| (key, line[range].to_owned()));
        for line in
            ["- Status: open", "Status: open ", "**Status:** open", "* __status__: open", "  + **Status**: open"]
        {
            assert_eq!(read(line), Some(("status", "open".to_owned())), "{line}");
        }
        assert_eq!(read("- Review: 2027-01-01"), Some(("review by", "2027-01-01".to_owned())));
        assert_eq!(read("- Status:"), Some(("status", String::new())));
        for line in ["- Stat: open", "see Status: open", "    Status: open", "http://x", "-Status: open"] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn cells_are_split_at_pipes_that_are_not_escaped() {
        let read = |line: &str| {
            cells(line).map(|cells| cells.into_iter().map(|cell| line[cell].to_owned()).collect::<Vec<_>>())
        };
        assert_eq!(read(" | a | b \\| c |  | é |"), Some(["a", "b \\| c", "", "é"].map(str::to_owned).to_vec()));
        assert_eq!(read("| a"), Some(vec!["a".to_owned()]));
        assert_eq!(read("a | b"), None);
    }

    #[test]
    fn fences_end_with_as_many_marks_of_the_same_kind() {
        assert_eq!(opens_fence("  ````python"), Some("````"));
        assert_eq!((opens_fence("``` a ``` b"), opens_fence("``"), opens_fence("    ```")), (None, None, None));
        assert!(closes_fence("`````", "````") && !closes_fence("```", "````") && !closes_fence("~~~~", "````"));
        assert!(!closes_fence("```` x", "````"));
    }

    #[test]
    fn a_comment_inside_a_line_becomes_blanks_and_a_link_its_text() {
        assert_eq!(without_comments("a <!-- b --> c <!-- d"), "a            c <!-- d");
        assert_eq!(without_comments("`<!--` and `-->`"), "`<!--` and `-->`");
        assert_eq!(plain("[**T-1**](#t-1): `x`"), "T-1: x");
    }
}
