//! Edits that mend a comment, or the entry it cites.

use std::collections::HashSet;
use std::ops::Range;

use super::attach::{Claim, Placed, names};
use super::bandit;
use super::canonical::Canonical;
use super::comments::Oddity;
use super::judge::{One, cited};
use super::threats::Threat;
use crate::fact::SuppressionProblem as Kind;
use crate::finding::{Applicability, Edit, Fix};
use crate::rules::{Rule, RuleSet};
use crate::text::Region;

/// At most so many entries are offered.
const MAX_OFFERS: usize = 3;

/// The id of Bandit's by which a rule is excused.
pub(super) fn bandit_id(rule: &Rule) -> Option<&'static str> {
    rule.aliases.iter().find_map(|alias| bandit::id_of(alias).filter(|id| *id == &**alias))
}

/// What the comment says, in the canonical form.
fn meant(one: &One<'_>) -> Canonical {
    said(one.comment, one.subject.rules, one.used)
}

/// The same of a comment that excuses the claims `used`; it names their rules if it names none.
pub(super) fn said(comment: &Placed, rules: &RuleSet, used: &[&Claim<'_>]) -> Canonical {
    let directive = &comment.directive;
    let mut said = Canonical {
        bandit: directive.meant.iter().map(|id| (*id).to_owned()).collect(),
        own: directive.own.clone(),
        others: directive.others.iter().map(|range| comment.text[range.clone()].to_owned()).collect(),
        threats: cited(comment).map(str::to_owned).collect(),
        reason: directive.reason.clone(),
    };
    // `b614` is what was meant by it, if there is such a test.
    said.bandit
        .extend(directive.claimed.iter().filter_map(|word| bandit::id_of(&word.to_uppercase())).map(str::to_owned));
    said.own.extend(comment.native_ids().map(str::to_owned));
    // A rule of ours that Bandit has an id for needs no second name, where a `nosec` stands anyway.
    if directive.nosec.is_some() && directive.native.is_none() {
        for rule in said.own.iter().filter_map(|word| rules.find(word)) {
            said.bandit.extend(bandit_id(rule).map(str::to_owned));
        }
        said.own.retain(|word| rules.find(word).and_then(|rule| bandit_id(rule)).is_none());
    }
    if said.bandit.is_empty() && said.own.is_empty() {
        for claim in used {
            match bandit_id(claim.rule) {
                Some(id) => said.bandit.push(id.to_owned()),
                None => said.own.push(claim.rule.id.to_string()),
            }
        }
    }
    unique(&mut said.bandit);
    unique(&mut said.own);
    said
}

fn unique(words: &mut Vec<String>) {
    let mut seen = HashSet::new();
    words.retain(|word| seen.insert(word.clone()));
}

fn edit(one: &One<'_>, region: Region, text: String) -> Edit {
    Edit { input: one.subject.name.clone(), region, text }
}

/// The whole comment anew, in the canonical form; `None` if that changes nothing, or ends nothing.
pub(super) fn canonical(one: &One<'_>, kind: Kind) -> Option<Fix> {
    let directive = &one.comment.directive;
    let elsewhere = one.stands_alone() || directive.oddities.contains(&Oddity::NotAtStart);
    let said = meant(one);
    if elsewhere || (said.bandit.is_empty() && said.own.is_empty()) {
        return None;
    }
    let text = said.to_string();
    if text == one.comment.text {
        return None;
    }
    // Bandit may report again what a blanket hid, so somebody has to want that.
    let applicability = match kind {
        Kind::Blanket => Applicability::Unsafe,
        _ => Applicability::Safe,
    };
    let edits = vec![edit(one, one.comment.region, text)];
    Some(Fix { title: "Write the comment in its canonical form".to_owned(), applicability, edits })
}

/// The comment with an entry that is in force and about all it excuses; one fix for each such entry.
pub(super) fn citations(one: &One<'_>) -> Vec<Fix> {
    let Some(file) = one.subject.register else { return Vec::new() };
    let fits = |entry: &&Threat| {
        let in_force = entry.status().is_some_and(super::threats::Status::is_in_force);
        let covers = one.used.iter().all(|claim| entry.covers_rule(claim.rule));
        in_force && covers && entry.covers_path(one.subject.path) && !entry.is_expired(one.subject.policy.today)
    };
    let fix = |entry: &Threat| {
        let said = Canonical { threats: vec![entry.id.to_string()], ..meant(one) };
        let edits = vec![edit(one, one.comment.region, said.to_string())];
        let title = format!("Cite {}: {}", entry.id, entry.title);
        Fix { title, applicability: Applicability::Unsafe, edits }
    };
    file.register.entries.iter().filter(fits).take(MAX_OFFERS).map(fix).collect()
}

/// Another word in the place of one of the comment.
pub(super) fn replace(one: &One<'_>, range: &Range<usize>, word: &str) -> Fix {
    let start = one.comment.region.start;
    let region = Region::new(start + range.start as u32, start + range.end as u32);
    let old = &one.comment.text[range.clone()];
    let title = format!("Replace `{old}` by `{word}`");
    Fix { title, applicability: Applicability::Unsafe, edits: vec![edit(one, region, word.to_owned())] }
}

/// More `words` in a field of the entry that is cited.
pub(super) fn widen(one: &One<'_>, entry: &Threat, key: &str, words: Option<String>) -> Option<Fix> {
    let (file, field, words) = (one.subject.register?, entry.field(key)?, words?);
    let quoted = if field.value.ends_with('`') { format!("`{words}`") } else { words.clone() };
    let region = Region::new(field.region.end, field.region.end);
    let edits = vec![Edit { input: file.name.clone(), region, text: format!(", {quoted}") }];
    let title = format!("Add {words} to the {key} of {}", entry.id);
    Some(Fix { title, applicability: Applicability::Unsafe, edits })
}

/// The comment without some of its ids, or without what is for loadlint and Bandit altogether.
pub(super) fn without(one: &One<'_>, unused: &[String], is_all: bool) -> Option<Fix> {
    let mut said = meant(one);
    let rule = |word: &str| one.subject.rules.find(word);
    let goes = |word: &String| {
        unused.iter().any(|gone| {
            gone.eq_ignore_ascii_case(word) || rule(word).is_some_and(|rule| !is_id(word) && names(gone, rule))
        })
    };
    said.bandit.retain(|word| !goes(word));
    said.own.retain(|word| !goes(word));
    let applicability = Applicability::Safe;
    let has_ids = !said.bandit.is_empty() || !said.own.is_empty();
    if has_ids && !is_all {
        let edits = vec![edit(one, one.comment.region, said.to_string())];
        return Some(Fix { title: format!("Remove {} from the comment", unused.join(", ")), applicability, edits });
    }
    let title = "Remove the comment".to_owned();
    let others: Vec<_> = said.others.iter().map(|other| format!("# {other}")).collect();
    let edit = match others.is_empty() {
        true => edit(one, with_blanks(one), String::new()),
        false => edit(one, one.comment.region, others.join("  ")),
    };
    Some(Fix { title, applicability, edits: vec![edit] })
}

fn is_id(word: &str) -> bool {
    bandit::id_of(word).is_some()
}

/// The comment with the blanks before it; of a comment that is alone the line.
fn with_blanks(one: &One<'_>) -> Region {
    let (text, region) = (one.subject.text, one.comment.region);
    let before = &text[..region.start as usize];
    let start = before.trim_end_matches([' ', '\t', '\u{c}']).len() as u32;
    if !one.comment.is_alone {
        return Region::new(start, region.end);
    }
    let rest = &text[region.end as usize..];
    let line_break = rest.len() - rest.strip_prefix("\r\n").or(rest.strip_prefix(['\n', '\r'])).unwrap_or(rest).len();
    Region::new(start, region.end + line_break as u32)
}
