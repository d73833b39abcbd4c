//! The one form of a comment that loadlint, Bandit and Ruff all read as it is meant.
//!
//! Bandit looks for ids up to the second `#`, so threat and reason stand behind it. Ruff leaves long lines alone only if
//! the comment starts with `nosec`, so that comes first, or right behind what type checkers want at the start.

use std::fmt;

/// What a comment is to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Canonical {
    /// Bandit's ids.
    pub bandit: Vec<String>,
    /// Ids that only loadlint knows.
    pub own: Vec<String>,
    /// What other tools read, as it stands: `noqa: S301`.
    pub others: Vec<String>,
    /// The threats.
    pub threats: Vec<String>,
    /// The reason.
    pub reason: String,
}

impl fmt::Display for Canonical {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Type checkers and formatters know their marks only at the start of a comment, and Ruff takes these for marks too.
        let (first, others): (Vec<_>, Vec<_>) = self.others.iter().partition(|other| must_be_first(other));
        let mut parts: Vec<_> = first.into_iter().map(|other| format!("# {other}")).collect();
        if !self.bandit.is_empty() {
            parts.push(format!("# nosec {}", self.bandit.join(", ")));
        }
        parts.extend(others.into_iter().map(|other| format!("# {other}")));
        let why = match (self.threats.join(", "), self.reason.trim()) {
            (threats, reason) if threats.is_empty() => reason.to_owned(),
            (threats, "") => threats,
            (threats, reason) => format!("{threats}: {reason}"),
        };
        match (self.own.is_empty(), why.is_empty()) {
            (false, true) => parts.push(format!("# loadlint: ignore[{}]", self.own.join(", "))),
            (false, false) => parts.push(format!("# loadlint: ignore[{}] {why}", self.own.join(", "))),
            // Without a `nosec` it would be a comment like any other.
            (true, false) if !self.bandit.is_empty() => parts.push(format!("# {why}")),
            (true, _) => {}
        }
        f.write_str(&parts.join("  "))
    }
}

fn must_be_first(other: &str) -> bool {
    ["type:", "fmt:", "yapf:"].iter().any(|tool| other.starts_with(tool))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_form_is_written_in_its_order() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let mut comment = Canonical {
            bandit: words(&["B614", "B301"]),
            own: words(&["LL103"]),
            others: words(&["noqa: S301"]),
            threats: words(&["T-003", "T-004"]),
            reason: "pinned by digest".to_owned(),
        };
        let both = "# nosec B614, B301  # noqa: S301  # loadlint: ignore[LL103] T-003, T-004: pinned by digest";
        assert_eq!(comment.to_string(), both);
        comment.others.push("type: ignore[x]".to_owned());
        assert_eq!(comment.to_string(), format!("# type: ignore[x]  {both}"));
        comment.others.pop();
        comment.own.clear();
        assert_eq!(comment.to_string(), "# nosec B614, B301  # noqa: S301  # T-003, T-004: pinned by digest");
        comment.bandit.clear();
        assert_eq!(comment.to_string(), "# noqa: S301");
        comment = Canonical { own: words(&["LL103"]), reason: "pinned by digest".to_owned(), ..Canonical::default() };
        assert_eq!(comment.to_string(), "# loadlint: ignore[LL103] pinned by digest");
    }
}
