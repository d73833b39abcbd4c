//! Qualified names with gaps, and the set of all names the rules ask for.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A qualified name in which `*` stands for one part and `**` for any number of parts.
///
/// `transformers.**.from_pretrained` is `transformers.AutoModel.from_pretrained` and
/// `transformers.models.bert.BertModel.from_pretrained`. The last part is always a word: the vocabulary is indexed by it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamePattern {
    text: Box<str>,
    /// Where its last part starts.
    leaf: usize,
    /// Whether it has no gaps, so that it is the only name it means.
    is_plain: bool,
}

/// Why a text is no pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a qualified name: words joined by dots, with `*` or `**` for parts but not for the last")]
pub struct PatternError(String);

impl NamePattern {
    /// Checks and keeps `text`.
    ///
    /// # Errors
    /// [`PatternError`] if a part is empty or the last part is a gap.
    pub fn new(text: impl Into<Box<str>>) -> Result<Self, PatternError> {
        let text = text.into();
        let bytes = text.as_bytes();
        let (mut leaf, mut is_plain, mut ends_in_word, mut holds) = (0, true, false, true);
        for part in bytes.split(|&byte| byte == b'.') {
            ends_in_word = is_word(part.strip_suffix(b"()").unwrap_or(part));
            let is_gap = matches!(part, b"*" | b"**");
            holds &= ends_in_word || is_gap;
            is_plain &= !is_gap;
            leaf = bytes.len() - part.len();
        }
        if holds && ends_in_word { Ok(Self { text, leaf, is_plain }) } else { Err(PatternError(text.into())) }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The last part.
    pub fn leaf(&self) -> &str {
        &self.text[self.leaf..]
    }

    /// The first part, if it is a word.
    pub fn root(&self) -> Option<&str> {
        self.text.split('.').next().filter(|part| !part.starts_with('*'))
    }

    /// Whether the first two bytes of `name` are those of the pattern, as far as they are letters of its first part.
    fn may_begin_as(&self, name: &str) -> bool {
        match (self.text.as_bytes(), name.as_bytes()) {
            ([b'*', ..], _) => true,
            ([want, b'.', ..] | [want], [have, ..]) => want == have,
            ([want, then, ..], [have, next, ..]) => want == have && then == next,
            _ => false,
        }
    }

    /// Whether `name` is one of the names meant. A part `f()` of `name` also matches the word `f`, unless it is the last.
    pub fn matches(&self, name: &str) -> bool {
        // Most names begin or end otherwise, and that is seen at once.
        if !self.may_begin_as(name) || !name.ends_with(self.leaf()) {
            return false;
        }
        if self.is_plain && !name.as_bytes().contains(&b'(') {
            *self.text == *name
        } else {
            parts_match(&self.text, name)
        }
    }
}

/// Letters, digits and underscores of any script, one at least.
fn is_word(text: &[u8]) -> bool {
    let is_plain = |&byte: &u8| byte == b'_' || byte.is_ascii_alphanumeric();
    let of_any_script = |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == '_');
    !text.is_empty() && (text.iter().all(is_plain) || str::from_utf8(text).is_ok_and(of_any_script))
}

fn split_first(text: &str) -> (&str, Option<&str>) {
    match text.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (text, None),
    }
}

/// Both are dotted texts; recursion is bounded by the number of `**` in the pattern times the parts of the name.
fn parts_match(pattern: &str, name: &str) -> bool {
    let (want, want_rest) = split_first(pattern);
    if want == "**" {
        let Some(rest) = want_rest else { return true };
        let mut tail = Some(name);
        while let Some(text) = tail {
            if parts_match(rest, text) {
                return true;
            }
            tail = split_first(text).1;
        }
        return false;
    }
    let (have, have_rest) = split_first(name);
    let same = want == "*" || want == have || (have_rest.is_some() && have.strip_suffix("()") == Some(want));
    match (same, want_rest, have_rest) {
        (false, ..) => false,
        (true, None, None) => true,
        (true, Some(want), Some(have)) => parts_match(want, have),
        (true, ..) => false,
    }
}

impl fmt::Display for NamePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for NamePattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

impl Serialize for NamePattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, name: &str) -> bool {
        NamePattern::new(pattern).expect("a pattern").matches(name)
    }

    #[test]
    fn gaps_stand_for_one_or_any_number_of_parts() {
        assert!(matches("torch.load", "torch.load"));
        assert!(!matches("torch.load", "torch.hub.load"));
        assert!(matches("mlflow.*.load_model", "mlflow.sklearn.load_model"));
        assert!(!matches("mlflow.*.load_model", "mlflow.load_model"));
        assert!(matches("transformers.**.from_pretrained", "transformers.AutoModel.from_pretrained"));
        assert!(matches("transformers.**.from_pretrained", "transformers.a.b.C.from_pretrained"));
        assert!(matches("**.load_from_checkpoint", "a.Net.load_from_checkpoint"));
        assert!(!matches("**.load_from_checkpoint", "a.Net.load"));
    }

    #[test]
    fn a_result_of_a_call_matches_the_word_but_is_not_the_function() {
        assert!(matches("huggingface_hub.HfApi.snapshot_download", "huggingface_hub.HfApi().snapshot_download"));
        assert!(!matches("torch.load", "torch.load()"));
        assert!(!matches("a.b().c", "a.b.c"));
    }

    #[test]
    fn a_gap_cannot_be_last() {
        assert!(NamePattern::new("torch.*").is_err());
        assert!(NamePattern::new("torch..load").is_err());
        assert!(NamePattern::new("").is_err());
    }
}
