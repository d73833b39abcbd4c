//! YAML as PyYAML reads it where our parser does not: behind what it takes for a fault, and with other ends of lines.
//!
//! Comes in: a text. Goes out: [`Yaml`], with the documents before the first fault and what can be read of the lines
//! behind it. Called by `config`. PyYAML takes a bracket that closes in the first column, a text in quotes over two lines
//! as a key, and others of the kind; what follows one of these is looked at as if it began there.

use super::yaml::{self, Stopped, Yaml};

/// How often reading starts again behind a fault.
const MOST_STARTS: usize = 64;
/// How many bytes may lie behind all these starts together: a fault may be found only at the end of the text.
const MOST_BYTES: usize = 4 << 20;

/// Reads `text` down to `max_depth` levels. `stopped` is the first fault, or the limit that ended reading.
pub(super) fn read(text: &str, max_depth: u32) -> Yaml<'_> {
    let mut whole = yaml::parse(text, 0, max_depth);
    let mut fault = match &whole.stopped {
        Some(Stopped::Invalid(at, _)) => *at as usize,
        Some(Stopped::Limit(_)) | None => return whole,
    };
    let (mut start, mut bytes) = (0, 0);
    for _ in 0..MOST_STARTS {
        let Some(next) = next_start(text, start, fault) else { return whole };
        start = next;
        bytes += text.len() - start;
        if bytes > MOST_BYTES {
            break;
        }
        let rest = yaml::parse(text, start, max_depth);
        whole.documents.extend(rest.documents);
        match rest.stopped {
            Some(Stopped::Invalid(at, _)) => fault = at as usize,
            Some(limit @ Stopped::Limit(_)) => {
                whole.stopped = Some(limit);
                return whole;
            }
            None => return whole,
        }
    }
    whole
}

/// Where the line with the fault starts, if that is behind `start`, else the next one.
fn next_start(text: &str, start: usize, fault: usize) -> Option<usize> {
    let is_end = |byte: &u8| matches!(byte, b'\n' | b'\r');
    let bytes = text.as_bytes();
    let fault = fault.clamp(start, bytes.len());
    let line = bytes[start..fault].iter().rposition(is_end).map(|at| start + at + 1);
    line.or_else(|| Some(fault + bytes[fault..].iter().position(is_end)? + 1)).filter(|next| *next < bytes.len())
}

/// Whether the first fault of `text` is where a template stands, of which YAML is made.
pub(super) fn is_template(text: &str, fault: u32) -> bool {
    let fault = text.floor_char_boundary(fault as usize);
    // What a block leaves often breaks only in the next line.
    let start = text[..fault].rmatch_indices('\n').nth(1).map_or(0, |(at, _)| at);
    let end = text[fault..].find('\n').map_or(text.len(), |at| fault + at);
    let lines = &text[start..end];
    lines.contains("{{") || lines.contains("{%")
}

/// `text` with line feeds for the other ends of lines that YAML 1.1 has and YAML 1.2 has not, if there are any. Places
/// stay the same.
pub(super) fn with_line_feeds(text: &str) -> Option<String> {
    const ENDS: [(char, &str); 3] = [('\u{85}', " \n"), ('\u{2028}', "  \n"), ('\u{2029}', "  \n")];
    if !text.contains(ENDS.map(|(end, _)| end)) {
        return None;
    }
    Some(ENDS.iter().fold(text.to_owned(), |text, (end, feed)| text.replace(*end, feed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_behind_a_fault_are_read() {
        for text in ["a: [\n1\n]\nb: {_target_: x.y}\n", "k:\n|\n  t\nb: {_target_: x.y}\n"] {
            let yaml = read(text, 100);
            assert!(matches!(yaml.stopped, Some(Stopped::Invalid(..))), "{text}");
            let found = yaml.documents.iter().filter_map(|root| root.get("b")).next_back().expect("the line is read");
            assert_eq!(&text[found.region.range()], "{_target_: x.y}");
        }
    }

    #[test]
    fn starts_are_counted() {
        let text = "a: ]\n".repeat(1_000);
        let yaml = read(&text, 100);
        assert!(yaml.documents.len() <= 2 * MOST_STARTS, "{}", yaml.documents.len());
        assert_eq!(next_start("a\nb\nc", 0, 2), Some(2));
        assert_eq!(next_start("a\nb\nc", 2, 2), Some(4));
        assert_eq!(next_start("a\nb\nc", 4, 5), None);
    }

    #[test]
    fn other_ends_of_lines_become_line_feeds_of_their_length() {
        assert_eq!(with_line_feeds("a\u{85}b\u{2028}c\u{2029}").as_deref(), Some("a \nb  \nc  \n"));
        assert_eq!(with_line_feeds("a\nb"), None);
    }
}
