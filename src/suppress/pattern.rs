//! What ids of threats look like: `T-\d{1,6}` unless the configuration says otherwise.

use std::ops::Range;

use regex_lite::Regex;

/// The default form of an id.
pub const DEFAULT_THREAT_PATTERN: &str = r"T-\d{1,6}";
/// A pattern is a few characters; a long one would only take memory.
const MAX_PATTERN_BYTES: usize = 200;

/// A regular expression for ids of threats. Matching takes time linear in the text, whatever the pattern.
#[derive(Debug, Clone)]
pub struct ThreatPattern {
    source: String,
    anywhere: Regex,
    at_start: Regex,
}

impl Default for ThreatPattern {
    fn default() -> Self {
        Self::new(DEFAULT_THREAT_PATTERN).expect("the default is a valid pattern, which a test holds")
    }
}

impl ThreatPattern {
    /// From a regular expression.
    ///
    /// # Errors
    /// In words, if it is none, is too long, or matches nothing at all, which would make an id of every text.
    pub fn new(source: &str) -> Result<Self, String> {
        if source.len() > MAX_PATTERN_BYTES {
            return Err(format!("a pattern has at most {MAX_PATTERN_BYTES} bytes"));
        }
        let regex = |text: String| Regex::new(&text).map_err(|error| error.to_string());
        // Each alone first, so that a bracket too many is not made good by ours.
        regex(source.to_owned())?;
        let anywhere = regex(format!("(?:{source})"))?;
        if anywhere.is_match("") {
            return Err("the pattern matches the empty text".to_owned());
        }
        Ok(Self { source: source.to_owned(), at_start: regex(format!("^(?:{source})"))?, anywhere })
    }

    /// The pattern as it was typed.
    pub fn as_str(&self) -> &str {
        &self.source
    }

    /// The id that `text` starts with; an id that goes on (`T-12-x`) is none.
    pub fn at_start<'t>(&self, text: &'t str) -> Option<&'t str> {
        let found = self.at_start.find(text)?.as_str();
        (!found.is_empty() && ends(&text[found.len()..])).then_some(found)
    }

    /// Every id in `text` that stands for itself.
    pub fn all<'t>(&'t self, text: &'t str) -> impl Iterator<Item = Range<usize>> + 't {
        let alone = |range: &Range<usize>| {
            let before = text[..range.start].chars().next_back();
            !range.is_empty() && !before.is_some_and(is_word) && ends(&text[range.end..])
        };
        self.anywhere.find_iter(text).map(|found| found.range()).filter(alone)
    }
}

fn ends(rest: &str) -> bool {
    !rest.chars().next().is_some_and(is_word)
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stands_for_itself() {
        let pattern = ThreatPattern::default();
        assert_eq!(pattern.at_start("T-003: x"), Some("T-003"));
        assert_eq!(pattern.at_start("T-003, T-004: x"), Some("T-003"));
        for text in ["T-1234567", "T-12-x", "T-12x", "t-12", "XT-12", " T-12", "T-"] {
            assert_eq!(pattern.at_start(text), None, "{text}");
        }
        let all: Vec<_> = pattern.all("as T-1, (T-22) but not XT-3 or T-4-b; T-5").collect();
        assert_eq!(all.len(), 3);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for source in ["(", "", "x*", "a)(b", &"a".repeat(300)] {
            assert!(ThreatPattern::new(source).is_err(), "{source}");
        }
        let own = ThreatPattern::new("RISK-[A-Z]+").expect("a pattern");
        assert_eq!(own.at_start("RISK-AB: y"), Some("RISK-AB"));
    }
}
