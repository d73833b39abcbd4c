//! Which comment excuses which finding. Per finding: of several comments on a statement each is asked, whereas Bandit
//! takes the first.

use super::comments::{Directive, parse};
use super::pattern::ThreatPattern;
use crate::fact::Comment;
use crate::rules::{Rule, RuleSet};
use crate::text::{LineIndex, Region};

/// A finding as far as comments are concerned.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    /// Its rule.
    pub rule: &'a Rule,
    /// Where it is.
    pub region: Region,
    /// The statement around it; a comment on any of its lines may excuse it.
    pub statement: Region,
}

/// In what a comment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// Python: Bandit's comments count too.
    Python,
    /// YAML, TOML, a shell script: only comments for loadlint count.
    Other,
}

/// A comment for loadlint or Bandit, in its place.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    pub(super) directive: Directive,
    pub(super) region: Region,
    pub(super) text: String,
    pub(super) line: u32,
    /// The bytes of that line, its break included.
    pub(super) extent: Region,
    /// Whether nothing else stands on the line.
    pub(super) is_alone: bool,
    /// For a comment that is alone: the next line with code, if only comments stand in between.
    pub(super) below: Option<u32>,
}

/// What a word of a comment means to us.
pub(super) fn names(word: &str, rule: &Rule) -> bool {
    rule.id.eq_ignore_ascii_case(word)
        || rule.name.eq_ignore_ascii_case(word)
        || rule.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(word))
}

/// Reads the comments of a text.
pub(super) fn place(
    comments: &[Comment],
    text: &str,
    index: &LineIndex,
    language: Language,
    pattern: &ThreatPattern,
    rules: &RuleSet,
) -> Vec<Placed> {
    let is_ours = |word: &str| rules.find(word).is_some();
    let is_alone = |comment: &Comment| {
        let line = index.line_region(text, index.line(comment.region.start));
        text[line.start as usize..comment.region.start as usize].trim().is_empty()
    };
    let lines_of_comments: Vec<u32> =
        comments.iter().filter(|one| is_alone(one)).map(|one| index.line(one.region.start)).collect();
    let below_lines = lines_below(&lines_of_comments);
    let one = |comment: &Comment| {
        let mut directive = parse(&comment.text, pattern, &is_ours)?;
        if language == Language::Other {
            directive.nosec = None;
            directive.oddities.clear();
            directive.native.as_ref()?;
        }
        let line = index.line(comment.region.start);
        let is_alone = is_alone(comment);
        let below = lines_of_comments.binary_search(&line).map_or(line + 1, |at| below_lines[at]);
        let has_code = !text[index.line_region(text, below).range()].trim().is_empty();
        let below = (is_alone && has_code).then_some(below);
        let starts = |line: u32| index.line_region(text, line).start;
        // A comment ends with its line; only at the end of the text there is no next one.
        let end = if line < index.line_count() { starts(line + 1) } else { text.len() as u32 + 1 };
        let extent = Region::new(starts(line), end);
        let (region, text) = (comment.region, comment.text.clone());
        Some(Placed { directive, region, text, line, extent, is_alone, below })
    };
    comments.iter().filter_map(one).collect()
}

/// For each of these lines, which ascend, the next line that is none of them.
fn lines_below(lines: &[u32]) -> Vec<u32> {
    let mut below: Vec<u32> = lines.iter().map(|line| line + 1).collect();
    for at in (1..lines.len()).rev() {
        if below[at - 1] == lines[at] {
            below[at - 1] = below[at];
        }
    }
    below
}

impl Placed {
    /// The words of `ignore[...]`.
    pub(super) fn native_ids(&self) -> impl Iterator<Item = &str> {
        let ids = self.directive.native.iter().filter(|native| native.is_readable).flat_map(|native| &native.ids);
        ids.map(|range| &self.text[range.clone()])
    }

    /// Whether the part for loadlint names the rule.
    pub(super) fn native_names(&self, rule: &Rule) -> bool {
        self.native_ids().any(|word| names(word, rule))
    }

    /// Whether the part for Bandit excuses the rule: by one of its ids, by a name of ours, or as a blanket.
    pub(super) fn nosec_names(&self, rule: &Rule) -> bool {
        let Some(reading) = &self.directive.nosec else { return false };
        let own = &self.directive.own;
        reading.ids().iter().any(|id| rule.aliases.iter().any(|alias| **alias == **id))
            || own.iter().any(|word| names(word, rule))
            || (self.directive.is_blanket() && own.is_empty())
    }
}

pub(super) fn whole(claim: &Claim<'_>) -> Region {
    let Claim { region, statement, .. } = claim;
    Region::new(statement.start.min(region.start), statement.end.max(region.end))
}

/// The first and the last line of a region.
pub(super) fn lines(region: Region, index: &LineIndex) -> (u32, u32) {
    (index.line(region.start), index.line(region.end.saturating_sub(1).max(region.start)))
}
