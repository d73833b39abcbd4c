//! Comments for findings that are to be excused: where each goes, and what it says.
//!
//! Comes in: a text with its comments, the findings, the threat and the reason. Goes out: edits. Nothing is looked up and
//! nothing is judged here: `engine::write_comments` calls this and holds the result against the same judgement as any
//! other comment.

use super::attach::{Claim, Language, Placed, lines, names, place, whole};
use super::canonical::Canonical;
use super::comments::foreign;
use super::judge::Subject;
use super::remedy::{bandit_id, said};
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
enum Slot<'a> {
    /// A comment for loadlint or Bandit.
    Ours(&'a Placed),
    /// Another comment, or none, at the end of this line.
    End(u32),
    /// A line with a statement, above which there is room.
    Above(u32),
}

/// One comment to be written.
struct Draft<'a> {
    slot: Slot<'a>,
    claims: Vec<&'a Claim<'a>>,
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
    let page = Page { subject, strings, placed: &placed };
    let mut sorted: Vec<&Claim<'_>> = claims.iter().collect();
    // Inner calls first: Bandit asks the first comment in an outer one, which is theirs.
    sorted.sort_by_key(|claim| (claim.region.end - claim.region.start, claim.region));
    let mut drafts: Vec<Draft<'_>> = Vec::new();
    for claim in sorted {
        page.assign(claim, position, &mut drafts);
    }
    let drafts = if language == Language::Python { page.lifted(drafts) } else { drafts };
    let mut edits: Vec<_> = drafts.iter().map(|draft| page.edit(draft, why)).collect();
    edits.sort_by_key(|edit| edit.region);
    edits
}

struct Page<'a> {
    subject: &'a Subject<'a>,
    strings: &'a [Region],
    placed: &'a [Placed],
}

impl<'a> Page<'a> {
    /// Finds the place for one claim, which may be that of another one.
    fn assign(&self, claim: &'a Claim<'a>, position: Position, drafts: &mut Vec<Draft<'a>>) {
        let slot = self.slot(claim, position, drafts);
        let is_same = |draft: &&mut Draft<'_>| match (&draft.slot, &slot) {
            (Slot::Ours(one), Slot::Ours(other)) => one.region == other.region,
            (Slot::End(one), Slot::End(other)) | (Slot::Above(one), Slot::Above(other)) => one == other,
            (Slot::Ours(_) | Slot::End(_) | Slot::Above(_), _) => false,
        };
        match drafts.iter_mut().find(is_same) {
            Some(draft) => draft.claims.push(claim),
            None => drafts.push(Draft { slot, claims: vec![claim] }),
        }
    }

    fn slot(&self, claim: &Claim<'_>, position: Position, drafts: &[Draft<'a>]) -> Slot<'a> {
        let index = self.subject.index;
        // A comment that excuses the claim already, and lacks something.
        if let Some(own) = self.placed.iter().find(|placed| placed.excuses(claim, index)) {
            return Slot::Ours(own);
        }
        let statement = lines(whole(claim), index).0;
        let above = || self.above(statement);
        if position == Position::Above {
            return above();
        }
        let (first, last) = lines(claim.region, index);
        let of_call = |line: u32| (first..=last).contains(&line);
        let counts = |placed: &&Placed| {
            let native = placed.directive.native.as_ref().is_some_and(|native| native.is_readable);
            of_call(placed.line) && !placed.is_alone && (placed.directive.nosec.is_some() || native)
        };
        if let Some(ours) = self.placed.iter().find(counts) {
            return Slot::Ours(ours);
        }
        let taken = drafts.iter().filter_map(|draft| match draft.slot {
            Slot::End(line) if of_call(line) => Some(line),
            Slot::End(_) | Slot::Ours(_) | Slot::Above(_) => None,
        });
        let line = taken.min().or_else(|| (first..=last).rev().find(|line| self.is_open(*line)));
        line.map_or_else(above, Slot::End)
    }

    /// Above the statement that begins in `line`, or the comment for loadlint that stands there.
    fn above(&self, line: u32) -> Slot<'a> {
        let stands = |placed: &&Placed| placed.below == Some(line) && placed.directive.native.is_some();
        self.placed.iter().find(stands).map_or(Slot::Above(line), Slot::Ours)
    }

    /// Whether a comment can stand at the end of `line`: no string goes on there, and no backslash joins the next line.
    fn is_open(&self, line: u32) -> bool {
        let region = self.subject.index.line_region(self.subject.text, line);
        let inside = |string: &Region| string.start < region.end && region.end < string.end;
        !self.strings.iter().any(inside) && (self.comment_in(line).is_some() || !self.text(region).ends_with('\\'))
    }

    fn text(&self, region: Region) -> &'a str {
        &self.subject.text[region.range()]
    }

    /// The comment at the end of a line.
    fn comment_in(&self, line: u32) -> Option<&'a crate::fact::Comment> {
        self.subject.comments.iter().find(|comment| self.subject.index.line(comment.region.start) == line)
    }

    /// What Bandit has no id for goes above its statement: Ruff counts and wraps long lines with other comments.
    fn lifted(&self, drafts: Vec<Draft<'a>>) -> Vec<Draft<'a>> {
        let mut kept: Vec<Draft<'a>> = Vec::new();
        let mut lifted = Vec::new();
        for draft in drafts {
            let is_native = draft.claims.iter().all(|claim| bandit_id(claim.rule).is_none());
            match draft.slot {
                Slot::End(_) if is_native => lifted.extend(draft.claims),
                Slot::End(_) | Slot::Ours(_) | Slot::Above(_) => kept.push(draft),
            }
        }
        for claim in lifted {
            self.assign(claim, Position::Above, &mut kept);
        }
        kept
    }

    fn edit(&self, draft: &Draft<'_>, why: &Why) -> Edit {
        let name = self.subject.name.clone();
        match draft.slot {
            Slot::Ours(placed) => {
                let text = self.completed(placed, &draft.claims, why).to_string();
                Edit { input: name, region: placed.region, text }
            }
            Slot::End(line) => {
                let region = self.subject.index.line_region(self.subject.text, line);
                let mut comment = match self.subject.language {
                    Language::Python => named(&draft.claims, why),
                    Language::Other => native(&draft.claims, why),
                };
                let Some(other) = self.comment_in(line) else {
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
