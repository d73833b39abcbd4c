//! Comments of texts whose comments begin with `#` and that have no parser here: YAML, mostly.

use crate::fact::Comment;
use crate::text::{LineIndex, Region};

/// All comments: a `#` at the start of a line or behind a blank, outside of quotes. A quote that a line leaves open ends
/// with the line.
pub fn hash_comments(text: &str, index: &LineIndex) -> Vec<Comment> {
    let one = |line: u32| {
        let region = index.line_region(text, line);
        let code = &text[region.range()];
        let at = comment_start(code)?;
        let text = code[at..].trim_end();
        let start = region.start + at as u32;
        Some(Comment { region: Region::new(start, start + text.len() as u32), text: text.to_owned() })
    };
    (1..=index.line_count()).filter_map(one).collect()
}

fn comment_start(line: &str) -> Option<usize> {
    let mut quote = None;
    let mut before = ' ';
    let mut is_escaped = false;
    for (at, c) in line.char_indices() {
        match quote {
            Some('"') if is_escaped => is_escaped = false,
            Some('"') if c == '\\' => is_escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '#' && before.is_whitespace() => return Some(at),
            // An apostrophe inside a word opens nothing.
            None if matches!(c, '"' | '\'') && !before.is_alphanumeric() => quote = Some(c),
            None => {}
        }
        before = c;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_quotes_or_in_a_word_is_no_comment() {
        let text = "# a\nx: 1 # b\ny: \"# c \\\" # d\" # e\nz: '# f' # g\nu: a#b\nv: it's # h\nw: 'open # i\n  # j  \n";
        let comments = hash_comments(text, &LineIndex::new(text));
        let texts: Vec<_> = comments.iter().map(|one| one.text.as_str()).collect();
        assert_eq!(texts, ["# a", "# b", "# e", "# g", "# h", "# j"]);
        assert!(comments.iter().all(|one| text[one.region.range()] == one.text));
    }
}
