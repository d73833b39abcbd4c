//! What a line of the lists under `rules/artifact/globals/` says, and the patterns of names they are written in.

use std::fmt;

use serde::{Deserialize, Deserializer};

use super::contract::Contract;
use super::globals::{Degree, Verdict};
use crate::fact::artifact::ReferenceKind;

/// What holds of the names of an entry; they stand apart, with the `module` before each of them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// What they are.
    pub(super) verdict: Verdict,
    /// Why: what proves them harmless, or what they do. A sentence without its full stop.
    pub(super) reason: Box<str>,
    /// For messages: "`posix.system` runs a shell command".
    #[serde(default)]
    pub(super) effect: Option<Box<str>>,
    /// How much it matters; an error if it is dangerous, a note if it is safe, unless this says otherwise.
    #[serde(default)]
    pub(super) degree: Option<Degree>,
    /// What its arguments must be for it to be safe.
    #[serde(default)]
    pub(super) contract: Option<Contract>,
    /// In which use the entry holds; in others the next, less specific entry does.
    #[serde(default)]
    pub(super) only: Only,
    /// For names that configurations refer to: the loaders for which the entry holds. Empty: pickles and all loaders.
    #[serde(default)]
    pub(super) loaders: Vec<ReferenceKind>,
}

/// In which use an entry holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Only {
    /// In each.
    #[default]
    Any,
    /// As a class: named like one, or made by an opcode that takes nothing else.
    Class,
    /// Named and not called.
    Named,
    /// As a class of which an object is made without its constructor being called, to be given state.
    Restored,
}

impl Only {
    /// How much more an entry for this use says than one for any.
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Any => 0,
            Self::Class | Self::Named => 1,
            Self::Restored => 2,
        }
    }
}

/// An exact name (`os.system`), the names of a module (`os.*`), or all names at any depth (`os.**`, which also means
/// `os.path.join`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GlobalPattern {
    pub(super) prefix: String,
    pub(super) reach: Reach,
}

/// How far a pattern reaches; the later, the less specific for one prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Exact,
    One,
    All,
}

impl Reach {
    /// As it is written behind the prefix.
    pub(super) fn gap(self) -> &'static str {
        match self {
            Self::Exact => "",
            Self::One => ".*",
            Self::All => ".**",
        }
    }
}

/// Why a text is no pattern of globals.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no name of a global: `module.name`, `module.*` or `module.**`")]
pub struct GlobalPatternError(String);

impl GlobalPattern {
    /// Whether a qualified name is meant.
    pub(super) fn covers(&self, name: &str) -> bool {
        let below = || name.strip_prefix(&*self.prefix).and_then(|rest| rest.strip_prefix('.'));
        match self.reach {
            Reach::Exact => name == self.prefix,
            Reach::One => below().is_some_and(|rest| !rest.contains('.')),
            Reach::All => name == self.prefix || below().is_some(),
        }
    }

    /// Checks and keeps `text`.
    ///
    /// # Errors
    /// [`GlobalPatternError`] if a part is empty or no word, or a gap stands elsewhere than at the end.
    pub fn new(text: &str) -> Result<Self, GlobalPatternError> {
        let (prefix, reach) = split(text);
        let is_plain = |&byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        let of_any_script = |part: &str| part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-');
        let word = |part: &[u8]| {
            !part.is_empty() && (part.iter().all(is_plain) || str::from_utf8(part).is_ok_and(of_any_script))
        };
        if prefix.as_bytes().split(|&byte| byte == b'.').all(word) {
            Ok(Self { prefix: prefix.to_owned(), reach })
        } else {
            Err(GlobalPatternError(text.to_owned()))
        }
    }
}

/// A pattern without its gap, and what the gap says.
fn split(text: &str) -> (&str, Reach) {
    match text.strip_suffix('*') {
        None => (text, Reach::Exact),
        Some(start) => match (start.strip_suffix(".*"), start.strip_suffix('.')) {
            (Some(prefix), _) => (prefix, Reach::All),
            (None, Some(prefix)) => (prefix, Reach::One),
            (None, None) => (text, Reach::Exact),
        },
    }
}

/// As it was written.
impl fmt::Display for GlobalPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.prefix, self.reach.gap())
    }
}

impl<'de> Deserialize<'de> for GlobalPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_names_with_a_gap_at_the_end_at_most() {
        for good in ["os.system", "os.*", "os.**", "_codecs.encode", "weird-name.f"] {
            assert_eq!(GlobalPattern::new(good).expect("a pattern").to_string(), good);
        }
        for bad in ["", "**", "*.system", "os.*.system", "os..system", "os.sys tem", "os.***"] {
            assert_eq!(GlobalPattern::new(bad), Err(GlobalPatternError(bad.to_owned())), "{bad}");
        }
    }
}
