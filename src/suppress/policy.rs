//! What is asked of a comment that excuses a finding.

use super::date::Date;
use super::pattern::ThreatPattern;

/// How much a comment must say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Strictness {
    /// Ids of rules, a reason, and a threat that stands in the register.
    #[default]
    Strict,
    /// What Bandit asks: nothing. A threat that is cited is looked up all the same, and forms that Bandit misreads are told.
    Bandit,
}

impl Strictness {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Strict, Self::Bandit];

    /// The word in the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Bandit => "bandit",
        }
    }
}

/// A reason has at least so many characters, unless the configuration says otherwise.
pub const DEFAULT_MIN_REASON_LENGTH: usize = 10;

/// The demands of one configuration.
#[derive(Debug, Clone)]
pub struct Policy {
    /// How much is asked.
    pub strictness: Strictness,
    /// How many characters a reason has at least.
    pub min_reason_length: usize,
    /// What ids of threats look like.
    pub pattern: ThreatPattern,
    /// Today, by the clock of whoever started the run; without it nothing is overdue and nothing expires.
    pub today: Option<Date>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            strictness: Strictness::default(),
            min_reason_length: DEFAULT_MIN_REASON_LENGTH,
            pattern: ThreatPattern::default(),
            today: None,
        }
    }
}

/// Words with which a reason puts off saying why.
const PUT_OFF: [&str; 6] = ["todo", "fixme", "tbd", "xxx", "tbc", "wip"];
/// Reasons that say nothing, however long.
const EMPTY: [&str; 30] = [
    "false positive",
    "a false positive",
    "this is a false positive",
    "falsepositive",
    "false alarm",
    "not an issue",
    "not a problem",
    "no issue",
    "no problem",
    "it is fine",
    "its fine",
    "this is fine",
    "is fine",
    "is safe",
    "it is safe",
    "this is safe",
    "known issue",
    "known problem",
    "ignore this",
    "ignore this finding",
    "suppress this",
    "bandit is wrong",
    "wont fix",
    "won't fix",
    "not relevant",
    "not applicable",
    "does not apply",
    "trusted source",
    "reviewed and ok",
    "nothing to see here",
];

impl Policy {
    /// Whether the reason says nothing, and why that is thought.
    pub fn emptiness(&self, reason: &str) -> Option<String> {
        let lower = reason.to_lowercase();
        let words: Vec<_> =
            lower.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect();
        if words.first().is_some_and(|word| PUT_OFF.contains(word)) || EMPTY.contains(&words.join(" ").as_str()) {
            return Some(format!("`{}` is no reason", reason.trim()));
        }
        let length = reason.trim().chars().count();
        (length < self.min_reason_length || words.is_empty()).then(|| {
            format!("the reason has {length} characters, and `min-reason-length` asks for {}", self.min_reason_length)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_that_say_nothing_are_known() {
        let policy = Policy::default();
        for reason in [
            "ok",
            "TODO: write a reason",
            "FIXME later on",
            "False positive.",
            "this is a FALSE POSITIVE!",
            "safe",
            "--------------",
        ] {
            assert!(policy.emptiness(reason).is_some(), "{reason}");
        }
        for reason in ["our own build artifact", "eigenes Modell", "内部で作成したモデルのため安全"] {
            assert_eq!(policy.emptiness(reason), None, "{reason}");
        }
        assert!(Policy { min_reason_length: 40, ..Policy::default() }.emptiness("our own build artifact").is_some());
    }
}
