//! `.env` files to facts and comments: `NAME=value`, a line each, perhaps with `export` before it.
//!
//! A comment has a line of its own, or stands behind a value without quotes and a blank: so read python-dotenv and Docker
//! Compose. (`docker run --env-file` takes it as a part of the value; comments that are written go above.)

use super::meaning::Meaning;
use super::shell::is_name;
use crate::fact::{Comment, Reach, Word};
use crate::text::Region;

/// Reads the text; gives back comments and values that go over several lines.
pub(super) fn examine(meaning: &mut Meaning<'_>) -> (Vec<Comment>, Vec<Region>) {
    let text = meaning.text;
    let (mut comments, mut blocks) = (Vec::new(), Vec::new());
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        let end = at + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let mut next = end + 1;
        let line = &text[at..end];
        let body = line.trim();
        let start = at + line.len() - line.trim_start().len();
        if body.starts_with('#') {
            comments.push(comment(text, start, start + body.len()));
        } else if let Some((name, value)) = body.split_once('=') {
            let name = name.trim().strip_prefix("export ").unwrap_or(name).trim();
            let from = start + body.len() - value.trim_start().len();
            let (value, stop) = value_at(text, from, end);
            if stop > end {
                blocks.push(Region::new(start as u32, stop as u32));
                let behind = &text.as_bytes()[stop.min(text.len())..];
                next = stop + memchr::memchr(b'\n', behind).map_or(behind.len(), |length| length + 1);
            } else if let Some(mark) = text[stop..end].find('#') {
                let tail = text[stop + mark..end].trim_end().len();
                comments.push(comment(text, stop + mark, stop + mark + tail));
            }
            if is_name(name) {
                let statement = Region::new(start as u32, stop.max(end).min(text.len()) as u32);
                keep(name, &value, statement, meaning);
            }
        }
        at = next;
    }
    (comments, blocks)
}

fn comment(text: &str, start: usize, end: usize) -> Comment {
    Comment { region: Region::new(start as u32, end as u32), text: text[start..end].to_owned() }
}

fn keep(name: &str, value: &Word, statement: Region, meaning: &mut Meaning<'_>) {
    meaning.set(name, value, statement, Reach::File);
    let words = super::meaning::pieces(meaning.text, value.region);
    meaning.assigned_words(name, words, statement);
}

/// The value that begins at `from` of a line that ends at `end`, and where it stops.
fn value_at(text: &str, from: usize, end: usize) -> (Word, usize) {
    let word = |start: usize, stop: usize| {
        let region = Region::new(start as u32, stop as u32);
        let content = text[start..stop].to_owned();
        // `${NAME}` is filled in by most readers.
        let content = if content.contains('$') { content.replace('$', "\u{FFFC}") } else { content };
        Word { region, text: content, by_default: None }
    };
    let quote = text.as_bytes().get(from).copied().filter(|byte| matches!(byte, b'"' | b'\''));
    if let Some(quote) = quote.filter(|_| from < end) {
        let close = memchr::memchr(quote, &text.as_bytes()[from + 1..]).map(|length| from + 1 + length);
        // A quote that nothing closes is a character like any other.
        if let Some(close) = close.filter(|close| *close <= end || is_multi_line(text, end, *close)) {
            return (word(from + 1, close), close + 1);
        }
    }
    let line = &text[from..end];
    let stop = line.find(" #").or_else(|| line.find("\t#")).unwrap_or(line.len());
    let stop = from + line[..stop].trim_end().len();
    (word(from, stop), stop)
}

/// Keys and certificates go over a few lines; more is a quote that was never closed.
fn is_multi_line(text: &str, end: usize, close: usize) -> bool {
    const MOST_BYTES: usize = 16 << 10;
    close - end < MOST_BYTES && !text[end..close].contains('=')
}
