//! Comments for findings that are to be excused: where each goes, and what it says.
//!
//! Comes in: a text with its comments, the findings, the threat and the reason. Goes out: edits. Nothing is looked up and
//! nothing is judged here: `engine::write_comments` calls this and holds the result against the same judgement as any
//! other comment.

use std::collections::{BTreeSet, HashMap};

use super::attach::{Claim, Language, Placed, lines, names, place, whole};
use super::canonical::Canonical;
use super::comments::foreign;
use super::judge::Subject;
use super::meeting::Meeting;
use super::remedy::{bandit_id, said};
use crate::fact::Comment;
use crate::finding::Edit;
use crate::text::Region;

/// Why findings are excused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The threat of the register.
    pub threat: String,
    /// The reason, one line.
    pub reason: String,
}

/// Where comments go if there is a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Position {
    /// Behind the code on a line of the call, as Bandit wants it; above the statement where no comment can stand there, or
    /// where no rule is one of Bandit's.
    Beside,
    /// On a line of its own above the statement, for loadlint alone.
    Above,
}

/// What stands where a comment goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Slot {
    /// A comment for loadlint or Bandit, by its index among those placed.
    Ours(usize),
    /// Another comment, or none, at the end of this line.
    End(u32),
    /// A line with a statement, above which there is room.
    Above(u32),
}

/// One comment to be written.
struct Draft<'a> {
    slot: Slot,
    claims: Vec<&'a Claim<'a>>,
}

/// The comments to be written.
#[derive(Default)]
struct Drafts<'a> {
    drafts: Vec<Draft<'a>>,
    by_slot: HashMap<Slot, usize>,
    /// The lines that get a comment at their end.
    ends: BTreeSet<u32>,
}

impl<'a> Drafts<'a> {
    fn put(&mut self, slot: Slot, claims: impl IntoIterator<Item = &'a Claim<'a>>) {
        if let Slot::End(line) = slot {
            self.ends.insert(line);
        }
        let at = *self.by_slot.entry(slot).or_insert_with(|| {
            self.drafts.push(Draft { slot, claims: Vec::new() });
            self.drafts.len() - 1
        });
        self.drafts[at].claims.extend(claims);
    }
}

/// The edits that excuse `claims`, none of which overlap. Comments that stand there are kept: what they say of other rules
/// and to other tools stays, and so does their reason if it is one.
///
/// `strings` are the strings of the text that go over several lines, in order. Units: bytes of the text.
pub fn write(
    subject: &Subject<'_>,
    strings: &[Region],
    claims: &[Claim<'_>],
    why: &Why,
    position: Position,
) -> Vec<Edit> {
    let Subject { comments, text, index, language, policy, rules, .. } = *subject;
    let placed = place(comments, text, index, language, &policy.pattern, rules);
    let by_line = comments.iter().rev().map(|comment| (index.line(comment.region.start), comment)).collect();
    let page = Page { subject, strings, meeting: Meeting::new(claims, &placed, index), by_line };
    let mut sorted: Vec<&Claim<'_>> = claims.iter().collect();
    // Inner calls first: Bandit asks the first comment in an outer one, which is theirs.
    sorted.sort_by_key(|claim| (claim.region.end - claim.region.start, claim.region));
    let mut drafts = Drafts::default();
    for claim in sorted {
        drafts.put(page.slot(claim, position, &drafts.ends), [claim]);
    }
    let drafts = if language == Language::Python { page.lifted(drafts) } else { drafts };
    let mut edits: Vec<_> = drafts.drafts.iter().map(|draft| page.edit(draft, why)).collect();
    edits.sort_by_key(|edit| edit.region);
    edits
}

struct Page<'a> {
    subject: &'a Subject<'a>,
    strings: &'a [Region],
    meeting: Meeting<'a>,
    /// The first comment of each line.
    by_line: HashMap<u32, &'a Comment>,
}

impl<'a> Page<'a> {
    /// The place for one claim, which may be that of another one; `ends` are the lines that get a comment at their end.
    fn slot(&self, claim: &Claim<'_>, position: Position, ends: &BTreeSet<u32>) -> Slot {
        // A comment that excuses the claim already, and lacks something.
        if let Some(own) = self.meeting.first_excusing(claim) {
            return Slot::Ours(own);
        }
        let above = || self.above(lines(whole(claim), self.subject.index).0);
        if position == Position::Above {
            return above();
        }
        let (first, last) = lines(claim.region, self.subject.index);
        let counts = |&at: &usize| {
            let Placed { directive, is_alone, .. } = &self.meeting.placed[at];
            let native = directive.native.as_ref().is_some_and(|native| native.is_readable);
            !is_alone && (directive.nosec.is_some() || native)
        };
        if let Some(ours) = self.meeting.in_lines(first, last).find(counts) {
            return Slot::Ours(ours);
        }
        let taken = ends.range(first..=last).next().copied();
        let line = taken.or_else(|| (first..=last).rev().find(|line| self.is_open(*line)));
        line.map_or_else(above, Slot::End)
    }

    /// Above the statement that begins in `line`, or the comment for loadlint that stands there.
    fn above(&self, line: u32) -> Slot {
        let is_native = |at: &usize| self.meeting.placed[*at].directive.native.is_some();
        self.meeting.above(line).find(is_native).map_or(Slot::Above(line), Slot::Ours)
    }

    /// Whether a comment can stand at the end of `line`: no string goes on there, and no backslash joins the next line.
    fn is_open(&self, line: u32) -> bool {
        let region = self.subject.index.line_region(self.subject.text, line);
        let before = self.strings.partition_point(|string| string.start < region.end);
        let is_inside = before.checked_sub(1).is_some_and(|last| region.end < self.strings[last].end);
        !is_inside && (self.by_line.contains_key(&line) || !self.text(region).ends_with('\\'))
    }

    fn text(&self, region: Region) -> &'a str {
        &self.subject.text[region.range()]
    }

    /// What Bandit has no id for goes above its statement: Ruff counts and wraps long lines with other comments.
    fn lifted(&self, drafts: Drafts<'a>) -> Drafts<'a> {
        let mut kept = Drafts::default();
        let mut lifted = Vec::new();
        for Draft { slot, claims } in drafts.drafts {
            let is_native = claims.iter().all(|claim| bandit_id(claim.rule).is_none());
            match slot {
                Slot::End(_) if is_native => lifted.extend(claims),
                Slot::End(_) | Slot::Ours(_) | Slot::Above(_) => kept.put(slot, claims),
            }
        }
        for claim in lifted {
            kept.put(self.slot(claim, Position::Above, &kept.ends), [claim]);
        }
        kept
    }

    fn edit(&self, draft: &Draft<'_>, why: &Why) -> Edit {
        let name = self.subject.name.clone();
        match draft.slot {
            Slot::Ours(at) => {
                let placed = &self.meeting.placed[at];
                let text = self.completed(placed, &draft.claims, why).to_string();
                Edit { input: name, region: placed.region, text }
            }
            Slot::End(line) => {
                let region = self.subject.index.line_region(self.subject.text, line);
                let mut comment = match self.subject.language {
                    Language::Python => named(&draft.claims, why),
                    Language::Other => native(&draft.claims, why),
                };
                let Some(other) = self.by_line.get(&line) else {
                    let end = region.start + self.text(region).trim_end().len() as u32;
                    return Edit { input: name, region: Region::new(end, region.end), text: format!("  {comment}") };
                };
                let (others, prose) = foreign(&other.text);
                comment.others = others.into_iter().map(str::to_owned).collect();
                for words in prose {
                    comment.reason = format!("{}  # {words}", comment.reason);
                }
                Edit { input: name, region: other.region, text: comment.to_string() }
            }
            Slot::Above(line) => {
                let region = self.subject.index.line_region(self.subject.text, line);
                let code = self.text(region);
                let indent = &code[..code.len() - code.trim_start().len()];
                let comment = native(&draft.claims, why);
                let line_break = line_break(self.subject.text);
                let at = region.start + indent.len() as u32;
                Edit { input: name, region: Region::new(at, at), text: format!("{comment}{line_break}{indent}") }
            }
        }
    }

    /// A comment with what it lacks.
    fn completed(&self, placed: &Placed, claims: &[&Claim<'_>], why: &Why) -> Canonical {
        let Subject { rules, policy, .. } = *self.subject;
        let mut comment = said(placed, rules, claims);
        let is_other = self.subject.language == Language::Other;
        let is_native = placed.directive.nosec.is_none();
        for claim in claims {
            let named = comment.bandit.iter().chain(&comment.own).any(|word| names(word, claim.rule));
            match bandit_id(claim.rule).filter(|_| !(is_other || (is_native && placed.is_alone))) {
                _ if named => {}
                Some(id) => comment.bandit.push(id.to_owned()),
                None => comment.own.push(claim.rule.id.to_string()),
            }
        }
        let has_reason = policy.emptiness(&comment.reason).is_none();
        if !has_reason {
            comment.reason.clone_from(&why.reason);
        }
        if !comment.threats.contains(&why.threat) {
            // A second threat has a reason of its own.
            if has_reason && !comment.threats.is_empty() && comment.reason != why.reason {
                comment.reason = format!("{}; {}", comment.reason, why.reason);
            }
            comment.threats.push(why.threat.clone());
        }
        comment
    }
}

fn named(claims: &[&Claim<'_>], why: &Why) -> Canonical {
    let mut comment = Canonical { own: Vec::new(), ..native(&[], why) };
    for claim in claims {
        let (list, id) = match bandit_id(claim.rule) {
            Some(id) => (&mut comment.bandit, id.to_owned()),
            None => (&mut comment.own, claim.rule.id.to_string()),
        };
        if !list.contains(&id) {
            list.push(id);
        }
    }
    comment.bandit.sort();
    comment.own.sort();
    comment
}

fn native(claims: &[&Claim<'_>], why: &Why) -> Canonical {
    let mut own: Vec<_> = claims.iter().map(|claim| claim.rule.id.to_string()).collect();
    own.sort();
    own.dedup();
    Canonical { own, threats: vec![why.threat.clone()], reason: why.reason.clone(), ..Canonical::default() }
}

/// The line break of the text: that of its first line.
fn line_break(text: &str) -> &'static str {
    match text.find(['\n', '\r']).map(|at| &text[at..]) {
        Some(rest) if rest.starts_with("\r\n") => "\r\n",
        Some(rest) if rest.starts_with('\r') => "\r",
        Some(_) | None => "\n",
    }
}
