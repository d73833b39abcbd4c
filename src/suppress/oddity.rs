//! Forms that somebody else reads differently, in words.

use super::attach::Placed;
use super::comments::Oddity;
use super::judge::One;
use super::policy::Strictness;
use super::problem::Problem;
use super::remedy;
use crate::fact::SuppressionProblem as Kind;

impl One<'_> {
    /// At most one of either kind: the first that Bandit misreads, the first that is only noise.
    pub(super) fn oddities(&self, all: &[Placed]) -> Vec<Problem> {
        let oddities = &self.comment.directive.oddities;
        let misread = self.out_of_place(all).or_else(|| oddities.iter().find_map(misread));
        let noise = oddities.iter().find_map(form).filter(|_| self.subject.policy.strictness == Strictness::Strict);
        let mut problems = Vec::new();
        if let Some(message) = misread {
            problems.push(self.tell(Kind::Misread, message).with_fix(remedy::canonical(self, Kind::Misread)));
        } else if let Some(message) = noise {
            problems.push(self.tell(Kind::Form, message).with_fix(remedy::canonical(self, Kind::Form)));
        }
        problems
    }

    /// Where Bandit does not look, or looks at another comment first.
    fn out_of_place(&self, all: &[Placed]) -> Option<String> {
        if self.stands_alone() {
            return Some("a `# nosec` alone on its line excuses nothing: it belongs on a line of the call".to_owned());
        }
        let used = self.used.iter().zip(self.standing);
        for (claim, standing) in used.filter(|(claim, _)| self.comment.nosec_names(claim.rule)) {
            let (first, last) = standing.lines;
            if !(first..=last).contains(&self.comment.line) {
                // Another call of the statement has this comment; this one has its own.
                if standing.has_own {
                    continue;
                }
                return Some(format!(
                    "Bandit looks for comments on the lines of the call ({first} to {last}), not here"
                ));
            }
            let first = standing.first_nosec.map(|at| &all[at]);
            if let Some(other) = first.filter(|other| other.line < self.comment.line && !other.nosec_names(claim.rule))
            {
                return Some(format!("of the comments inside one call Bandit takes the first, in line {}", other.line));
            }
        }
        None
    }
}

/// What Bandit makes something else of.
fn misread(oddity: &Oddity) -> Option<String> {
    match oddity {
        Oddity::LostToComma(ids) => Some(format!(
            "Bandit does not see {}: of ids joined by a comma without a space only the last counts",
            ids.join(", ")
        )),
        Oddity::Widened { word, id } => Some(format!("for Bandit the word `{word}` excuses {id} too")),
        Oddity::Glued(word) => Some(format!("for Bandit `{word}` is a `nosec`")),
        Oddity::Capitals => Some("Bandit knows `nosec` in small letters only: this comment excuses nothing".to_owned()),
        Oddity::NotAtStart => Some("this comment excuses nothing: `nosec` stands behind a `#` of its own".to_owned()),
        Oddity::SecondNosec => Some("of two `nosec` in one comment Bandit reads the first".to_owned()),
        Oddity::UnknownWords(_) | Oddity::ReasonFirst | Oddity::ThreatForm => None,
    }
}

/// What is read as it is meant.
fn form(oddity: &Oddity) -> Option<String> {
    match oddity {
        Oddity::UnknownWords(words) => {
            let shown: Vec<_> = words.iter().take(3).map(|word| format!("`{word}`")).collect();
            let more = if words.len() > 3 { ", …" } else { "" };
            Some(format!(
                "Bandit warns of words it does not know ({}{more}): the reason stands behind a second `#`",
                shown.join(", ")
            ))
        }
        Oddity::ReasonFirst => Some("Ruff leaves long lines alone only if the comment starts with `nosec`".to_owned()),
        Oddity::ThreatForm => Some("the threats stand before the reason, with a colon: `T-003: why`".to_owned()),
        Oddity::LostToComma(_)
        | Oddity::Widened { .. }
        | Oddity::Glued(_)
        | Oddity::Capitals
        | Oddity::NotAtStart
        | Oddity::SecondNosec => None,
    }
}
