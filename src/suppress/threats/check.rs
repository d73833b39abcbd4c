//! What is wrong with a register in itself, at its own lines.

use super::scope::is_glob;
use super::{Field, RegisterFile, Status, Threat, number};
use crate::fact::SuppressionProblem as Kind;
use crate::finding::{Applicability, Edit, Fix};
use crate::rules::{RuleSet, Selector};
use crate::suppress::bandit;
use crate::suppress::{Date, Policy, Problem};
use crate::text::{Region, nearest};

/// Everything that can be told without knowing who cites what, in the order of the entries.
pub fn problems(file: &RegisterFile, rules: &RuleSet, policy: &Policy) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (at, entry) in file.register.entries.iter().enumerate() {
        if let Some(first) = file.register.entries[..at].iter().find(|other| other.id == entry.id) {
            let message =
                format!("the id {} is taken by the entry of line {}; ids are never used again", entry.id, first.line);
            problems.push(Problem::new(Kind::DuplicateThreat, entry.id_region, message));
        }
        status(file, entry, &mut problems);
        words(file, entry, rules, &mut problems);
        numbers(entry, &mut problems);
        dates(entry, policy, &mut problems);
    }
    for (word, region) in &file.register.rows_without_id {
        let shown = if word.is_empty() { "no id".to_owned() } else { format!("`{word}`, which is no id") };
        let message = format!("this row has {shown}; an id looks like `{}`", policy.pattern.as_str());
        problems.push(Problem::new(Kind::MalformedEntry, *region, message));
    }
    problems
}

fn status(file: &RegisterFile, entry: &Threat, problems: &mut Vec<Problem>) {
    let known = Status::ALL.map(Status::as_str);
    match entry.field("status") {
        None => {
            let message = format!("{} has no status; there are {}", entry.id, known.join(", "));
            problems.push(Problem::new(Kind::MalformedEntry, entry.id_region, message));
        }
        Some(field) if entry.status().is_none() => {
            let like = nearest(&field.value, known.into_iter());
            let guess = like.map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
            let message = format!("`{}` is no status; there are {}{guess}", field.value, known.join(", "));
            let fix = like.map(|like| replace(file, field.region, like, format!("Set the status to `{like}`")));
            problems.push(Problem::new(Kind::MalformedEntry, field.region, message).with_fix(fix));
        }
        Some(_) => {}
    }
    if entry.owner().is_none_or(str::is_empty) {
        let message = format!("{} has no owner: nobody answers for it", entry.id);
        problems.push(Problem::new(Kind::MalformedEntry, entry.id_region, message));
    }
}

/// Rules that there are not, and globs that are none.
fn words(file: &RegisterFile, entry: &Threat, rules: &RuleSet, problems: &mut Vec<Problem>) {
    let is_known =
        |word: &str| Selector::new(word).selects_any(rules) || bandit::id_of(word).is_some() || is_foreign(word);
    if let Some(field) = entry.field("rules") {
        for word in entry.rules().iter().filter(|word| !is_known(word)) {
            let like = nearest(word, rules.words());
            let guess = like.map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
            let region = inside(file, field, word);
            let fix = like.map(|like| replace(file, region, like, format!("Replace `{word}` by `{like}`")));
            let message = format!("{} names the rule `{word}`, which there is not{guess}", entry.id);
            problems.push(Problem::new(Kind::MalformedEntry, region, message).with_fix(fix));
        }
    }
    if let Some(field) = entry.field("scope") {
        for word in entry.scope().iter().filter(|word| !is_glob(word)) {
            let message = format!("`{word}` in the scope of {} is no glob", entry.id);
            problems.push(Problem::new(Kind::MalformedEntry, inside(file, field, word), message));
        }
    }
}

/// Ids of other tools (`S301`, `CKV_AWS_1`) may stand in the same register: only what looks like one of ours is a mistake.
fn is_foreign(word: &str) -> bool {
    !word.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("LL"))
        && !bandit::is_like_id(word)
        && word.chars().any(|c| c.is_ascii_digit())
}

fn numbers(entry: &Threat, problems: &mut Vec<Problem>) {
    // Words are allowed (`Severity: high`); a number must mean something.
    for (key, most) in [("probability", 1.0), ("detection", 1.0)] {
        let Some(field) = entry.field(key) else { continue };
        if number(&field.value).is_some_and(|number| number > most) {
            let message = format!("the {key} of {} is more than 1; write 0 to 1, or a percentage", entry.id);
            problems.push(Problem::new(Kind::MalformedEntry, field.region, message));
        }
    }
}

fn dates(entry: &Threat, policy: &Policy, problems: &mut Vec<Problem>) {
    for key in ["added", "review by", "expires"] {
        let Some(field) = entry.field(key).filter(|field| Date::parse(&field.value).is_none()) else { continue };
        let message = format!("`{}` is no date; write {key} as YYYY-MM-DD", field.value);
        problems.push(Problem::new(Kind::BadDate, field.region, message));
    }
    if matches!(entry.status(), Some(Status::Retired)) {
        return;
    }
    let region = |key: &str| entry.field(key).map_or(entry.id_region, |field| field.region);
    if entry.is_expired(policy.today) {
        let message = format!("{} has expired: what it excused counts again", entry.id);
        problems.push(Problem::new(Kind::Expired, region("expires"), message));
    } else if entry.is_overdue(policy.today) {
        let message = format!("{} should have been looked at again by now", entry.id);
        problems.push(Problem::new(Kind::ReviewOverdue, region("review by"), message));
    }
}

/// That nothing cites an entry, with an edit that retires it.
pub fn uncited(file: &RegisterFile, entry: &Threat) -> Problem {
    let message = format!("nothing cites {}; `retired` ends an entry that is over", entry.id);
    let fix = entry.field("status").map(|field| Fix {
        // Whether a threat is over is for a person to say.
        applicability: Applicability::Show,
        ..replace(file, field.region, "retired", format!("Retire {}", entry.id))
    });
    let region = entry.field("status").map_or(entry.id_region, |field| field.region);
    Problem::new(Kind::UncitedThreat, region, message).with_fix(fix)
}

/// Where `word` stands in the value of a field.
fn inside(file: &RegisterFile, field: &Field, word: &str) -> Region {
    let value = &file.text[field.region.range()];
    let at = value.find(word).map(|at| field.region.start + at as u32);
    at.map_or(field.region, |at| Region::new(at, at + word.len() as u32))
}

fn replace(file: &RegisterFile, region: Region, text: &str, title: String) -> Fix {
    let edit = Edit { input: file.name.clone(), region, text: text.to_owned() };
    Fix { title, applicability: Applicability::Unsafe, edits: vec![edit] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::InputName;
    use crate::rules::builtin;

    fn told(text: &str, today: &str) -> Vec<(Kind, u32, String)> {
        let policy = Policy { today: Date::parse(today), ..Policy::default() };
        let file = RegisterFile::new(InputName::new("THREATS.md"), text.to_owned(), &policy.pattern);
        let problems = problems(&file, builtin(), &policy);
        problems.into_iter().map(|one| (one.kind, file.locate(one.region).start.line, one.message)).collect()
    }

    fn kinds(text: &str) -> Vec<(Kind, u32)> {
        told(text, "2026-06-01").into_iter().map(|(kind, line, _)| (kind, line)).collect()
    }

    #[test]
    fn the_sample_has_no_problem_until_its_dates_go_by() {
        let text = include_str!("../../../fixtures/register/THREATS.sample.md");
        assert_eq!(told(text, "2026-12-31"), []);
        let later = told(text, "2027-01-31");
        assert_eq!(later.len(), 1, "{later:?}");
        assert_eq!((later[0].0, later[0].1), (Kind::ReviewOverdue, 29));
    }

    #[test]
    fn each_mistake_is_told_at_its_line() {
        let entry = |fields: &str| format!("## T-1: a\n- Status: open\n- Owner: x\n{fields}\n");
        assert_eq!(kinds(&entry("")), []);
        assert_eq!(kinds("## T-1: a\n"), [(Kind::MalformedEntry, 1), (Kind::MalformedEntry, 1)]);
        assert_eq!(kinds("## T-1: a\n- Status: acepted\n- Owner: x"), [(Kind::MalformedEntry, 2)]);
        assert_eq!(kinds(&entry("- Rules: B614, LL1, S301, B603, LL999, torch-load-unpickls")).len(), 2);
        assert_eq!(kinds(&entry("- Scope: a/**, b[")), [(Kind::MalformedEntry, 4)]);
        assert_eq!(kinds(&entry("- Probability: 3")), [(Kind::MalformedEntry, 4)]);
        assert_eq!(kinds(&entry("- Expires: soon")), [(Kind::BadDate, 4)]);
        assert_eq!(kinds(&entry("- Expires: 2026-05-31")), [(Kind::Expired, 4)]);
        assert_eq!(kinds(&entry("- Expires: 2026-06-01\n- Review by: 2026-05-31")), [(Kind::ReviewOverdue, 5)]);
        assert_eq!(kinds("## T-1: a\n- Status: retired\n- Owner: x\n- Expires: 2020-01-01"), []);
        assert_eq!(kinds(&format!("{}{}", entry(""), entry(""))), [(Kind::DuplicateThreat, 5)]);
        assert_eq!(
            kinds("| ID | Status | Owner |\n|-|-|-|\n| T-1 | open | x |\n| T1 | open | y |"),
            [(Kind::MalformedEntry, 4)]
        );
    }
}
