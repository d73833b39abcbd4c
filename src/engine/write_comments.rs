//! Comments for findings that are to be excused under a threat: only those are kept that hold when they are judged.
//!
//! Comes in: one text, its settings, which findings are meant, the threat and the reason. Goes out: edits of the text, and
//! how many findings they excuse. `check --add-suppressions` and the language server's quick fixes call this.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::check::check_text;
use super::script::look_at_text;
use super::source::{claim, subject};
use crate::config::{Settings, ThreatRegister};
use crate::fact::{Call, Comment, ScriptKind, SuppressionProblem};
use crate::finding::{Applicability, Edit, Finding, Fix, InputOutcome, Suppression};
use crate::python::extract;
use crate::python::guard::{check_nesting, contained};
use crate::python::parse::Syntax;
use crate::python::source::{SourceKind, SourceText};
use crate::rules::{Match, match_facts};
use crate::suppress::threats::{NewThreat, add_entry};
use crate::suppress::{Claim, Position, RegisterFile, Why, write};
use crate::text::{Region, edited};

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Written {
    /// In the order of their places; they neither overlap nor touch. In a notebook, edits of its code cells joined.
    pub edits: Vec<Edit>,
    /// How many findings are excused, or how many comments completed.
    pub excused: usize,
    /// How many of the wanted findings stay: no comment can stand there, or the threat is not about them.
    pub left: usize,
}

/// Writes comments for the findings of `source` that are `wanted` and that nothing excuses yet. Comments that are told to
/// lack rules, a reason or a threat (LL401 to LL404) are completed if those findings are wanted; other findings about
/// comments are none to be excused.
///
/// What is written never makes a finding of its own. Must run on a stack as large as parsing wants; see
/// [`super::run::with_room`].
pub fn write_comments(
    source: &SourceText,
    settings: &Settings,
    wanted: &dyn Fn(&Finding) -> bool,
    why: &Why,
) -> Written {
    let before = check_text(source, settings);
    let targets: Vec<&Finding> = before.findings.iter().filter(|one| is_target(one, settings) && wanted(one)).collect();
    let seen = if targets.is_empty() { None } else { seen(source, settings) };
    let Some(seen) = seen else {
        return Written { left: targets.len(), ..Written::default() };
    };
    let page = Page { source, settings, why, before: &before, seen: &seen };
    let groups = page.groups(&targets);
    let edits = page.edits_of_all(&groups);
    let after = page.after(&edits).filter(|_| !edits.is_empty());
    // Every finding that is gone: a comment may excuse its neighbours too.
    let excused = after.map_or(0, |after| counting(&before) - counting(&after));
    let edits = if excused == 0 { Vec::new() } else { edits };
    Written { edits, excused, left: targets.len().saturating_sub(excused) }
}

/// The quick fix "Suppress under T-003" for one finding of `source`; `None` if no comment holds. Its edits are those of
/// [`write_comments`].
pub fn suppress_under(source: &SourceText, settings: &Settings, finding: &Finding, why: &Why) -> Option<Fix> {
    let is_it = |one: &Finding| one.rule_id == finding.rule_id && one.location.region == finding.location.region;
    let written = write_comments(source, settings, &is_it, why);
    let title = format!("Suppress under {}", why.threat);
    (written.excused > 0).then_some(Fix { title, applicability: Applicability::Unsafe, edits: written.edits })
}

/// The quick fix "Suppress under a new threat": its first edit adds the entry to the register (an insertion at the start if
/// there is none yet; then the file is to be made), the others write the comment, unless the entry excuses by itself. `None`
/// if no comment holds.
pub fn suppress_under_new(
    source: &SourceText,
    settings: &Settings,
    finding: &Finding,
    new: &NewThreat,
    reason: &str,
) -> Option<Fix> {
    let added = add_entry(settings.register.file.as_ref(), &settings.register.name(), &settings.policy, new).ok()?;
    let with_entry = with_register(settings, &added.edit)?;
    let why = Why { threat: added.id.clone(), reason: reason.to_owned() };
    let comment = match suppress_under(source, &with_entry, finding, &why) {
        Some(fix) => fix.edits,
        // In YAML an entry that names rules and files excuses by itself.
        None if is_excused_in(source, &with_entry, finding) => Vec::new(),
        None => return None,
    };
    let title = format!("Suppress under a new threat, {}", added.id);
    let edits = std::iter::once(added.edit).chain(comment).collect();
    Some(Fix { title, applicability: Applicability::Unsafe, edits })
}

fn is_excused_in(source: &SourceText, settings: &Settings, finding: &Finding) -> bool {
    let is_it = |one: &&Finding| one.rule_id == finding.rule_id && one.location.region == finding.location.region;
    check_text(source, settings).findings.iter().find(is_it).is_some_and(is_excused)
}

/// The settings after an edit of the register.
fn with_register(settings: &Settings, edit: &Edit) -> Option<Settings> {
    let old = settings.register.file.as_ref().map_or("", |file| &file.text);
    let text = edited(old, std::iter::once((edit.region, edit.text.as_str())))?;
    let file = RegisterFile::new(edit.input.clone(), text, &settings.policy.pattern);
    let register = ThreatRegister { file: Some(file), problem: None, ..(*settings.register).clone() };
    Some(settings.with_register(register))
}

fn is_excused(finding: &Finding) -> bool {
    finding.suppression.as_ref().is_some_and(Suppression::holds)
}

fn counting(outcome: &InputOutcome) -> usize {
    outcome.findings.iter().filter(|finding| !is_excused(finding)).count()
}

/// The findings that count, by rule.
fn by_rule(outcome: &InputOutcome) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for finding in outcome.findings.iter().filter(|finding| !is_excused(finding)) {
        *counts.entry(&*finding.rule_id).or_default() += 1;
    }
    counts
}

/// Whether the finding is one of code, or of a comment that lacks something.
fn is_target(finding: &Finding, settings: &Settings) -> bool {
    use SuppressionProblem::{Blanket, EmptyReason, NoReason, NoThreat};
    let Some(rule) = settings.rule_set.find(&finding.rule_id) else { return false };
    let lacks = |kind: &SuppressionProblem| matches!(kind, Blanket | NoReason | EmptyReason | NoThreat);
    let is_completed = rule.when.suppressions().iter().flat_map(|clause| &clause.problem).any(lacks);
    !is_excused(finding) && (!rule.when.is_of_suppressions() || is_completed)
}

/// What stands in a text.
struct Seen {
    comments: Vec<Comment>,
    /// Strings and the like that go over several lines.
    strings: Vec<Region>,
    /// Each with the line it belongs to, as its language counts lines.
    matches: Vec<(Match, Region)>,
    calls: Vec<Call>,
    positions: &'static [Position],
}

/// `None` for a text that cannot be read.
fn seen(source: &SourceText, settings: &Settings) -> Option<Seen> {
    if let SourceKind::Script(kind) = source.kind {
        return Some(seen_in_script(source, kind, settings));
    }
    check_nesting(&source.text, source.kind, &settings.limits).ok()?;
    let syntax = contained(|| Syntax::parse(&source.text, source.kind))?;
    let (facts, _) = extract(&source.text, &syntax, settings.vocabulary(), &settings.limits);
    let matches = match_facts(&settings.rules, &facts, &source.text);
    let with_line = |one: Match| {
        let line = syntax.logical_line(one.region.start);
        (one, line)
    };
    Some(Seen {
        comments: syntax.comments(&source.text),
        strings: syntax.multi_line_strings(&source.text),
        matches: matches.into_iter().map(with_line).collect(),
        calls: facts.calls,
        positions: &[Position::Beside, Position::Above],
    })
}

fn seen_in_script(source: &SourceText, kind: ScriptKind, settings: &Settings) -> Seen {
    let (looked, matches) = look_at_text(source, kind, settings);
    let with_line = |one: Match| {
        let line = one.statement;
        (one, line)
    };
    Seen {
        comments: looked.comments,
        strings: looked.blocks,
        matches: matches.into_iter().map(with_line).collect(),
        calls: Vec::new(),
        positions: match kind {
            // A comment behind something else is none, or is not to everybody who reads the file.
            ScriptKind::Dockerfile | ScriptKind::Variables => &[Position::Above],
            ScriptKind::Shell | ScriptKind::Makefile | ScriptKind::Justfile | ScriptKind::Toml | ScriptKind::Yaml => {
                &[Position::Beside, Position::Above]
            }
        },
    }
}

struct Page<'a> {
    source: &'a SourceText,
    settings: &'a Settings,
    why: &'a Why,
    before: &'a InputOutcome,
    seen: &'a Seen,
}

/// What is to be excused in one line as Python counts it.
type Group<'m> = Vec<&'m Match>;

impl Page<'_> {
    fn groups(&self, targets: &[&Finding]) -> Vec<Group<'_>> {
        let entry = self.settings.register.file.as_ref().and_then(|file| file.register.find(&self.why.threat));
        let mut own: FxHashMap<(Region, &str), Vec<usize>> = FxHashMap::default();
        for (at, (one, _)) in self.seen.matches.iter().enumerate() {
            own.entry((one.region, &one.rule.id)).or_default().push(at);
        }
        // What a comment excuses, by the comment's place.
        let mut excused: FxHashMap<Region, Vec<usize>> = FxHashMap::default();
        for finding in &self.before.findings {
            let comment = finding.suppression.as_ref().and_then(|suppression| suppression.location.as_ref());
            let matches = own.get(&(finding.location.region, &*finding.rule_id));
            if let (Some(comment), Some(matches)) = (comment, matches) {
                excused.entry(comment.region).or_default().extend(matches);
            }
        }
        let mut groups: BTreeMap<Region, Group<'_>> = BTreeMap::new();
        for target in targets {
            let at = target.location.region;
            let meant = own.get(&(at, &*target.rule_id)).into_iter().chain(excused.get(&at)).flatten();
            let meant: BTreeSet<usize> = meant.copied().collect();
            for (found, line) in meant.into_iter().map(|at| &self.seen.matches[at]) {
                if entry.is_none_or(|entry| entry.covers_rule(&found.rule)) {
                    groups.entry(*line).or_default().push(found);
                }
            }
        }
        groups.into_values().collect()
    }

    /// The edits of all groups at once if they hold together, else of each half by itself, down to those that hold.
    fn edits_of_all(&self, groups: &[Group<'_>]) -> Vec<Edit> {
        let mut edits = self.edits_that_hold(groups);
        edits.sort_by_key(|edit| edit.region);
        edits.dedup();
        edits
    }

    fn edits_that_hold(&self, groups: &[Group<'_>]) -> Vec<Edit> {
        let (first, others) = match self.seen.positions.split_first() {
            Some(positions) if !groups.is_empty() => positions,
            _ => return Vec::new(),
        };
        let edits = self.edits(&groups.concat(), *first);
        if self.holds(&edits, groups.len()) {
            return edits;
        }
        if let [group] = groups {
            let ways = others.iter().map(|position| self.edits(group, *position));
            return ways.into_iter().find(|edits| self.holds(edits, 1)).unwrap_or_default();
        }
        let (one, other) = groups.split_at(groups.len() / 2);
        [self.edits_that_hold(one), self.edits_that_hold(other)].concat()
    }

    fn edits(&self, group: &[&Match], position: Position) -> Vec<Edit> {
        let path = self.settings.path_in_register(self.source.name.path());
        let subject = subject(self.source, self.settings, &self.seen.comments, &self.seen.calls, path.as_deref());
        let claims: Vec<Claim<'_>> = group.iter().map(|one| claim(one)).collect();
        let edits = write(&subject, &self.seen.strings, &claims, self.why, position);
        // A magic is analysed as other text than the file has.
        let as_written = |edit: &Edit| {
            let (from, to) = self.line_around(edit.region);
            self.source.written.as_ref().is_none_or(|written| written[from..to] == self.source.text[from..to])
        };
        if edits.iter().all(as_written) { edits } else { Vec::new() }
    }

    fn line_around(&self, region: Region) -> (usize, usize) {
        let index = self.source.index();
        let line = |at: u32| index.line_region(&self.source.text, index.line(at));
        (line(region.start).start as usize, line(region.end).end as usize)
    }

    /// What is said of the text after the edits; `None` if they cannot be made.
    fn after(&self, edits: &[Edit]) -> Option<InputOutcome> {
        let text = edited(&self.source.text, edits.iter().map(|edit| (edit.region, edit.text.as_str())))?;
        // Cells would stand elsewhere; joined, they are read the same.
        let source = SourceText { kind: self.source.kind, ..SourceText::module(self.source.name.clone(), text) };
        Some(check_text(&source, self.settings))
    }

    /// Whether the edits excuse at least `least` findings, and nothing new is told.
    fn holds(&self, edits: &[Edit], least: usize) -> bool {
        if edits.is_empty() {
            return false;
        }
        let Some(after) = self.after(edits) else { return false };
        let (old, new) = (by_rule(self.before), by_rule(&after));
        let nothing_new = new.iter().all(|(rule, count)| old.get(rule).is_some_and(|before| count <= before));
        nothing_new
            && after.notices.len() <= self.before.notices.len()
            && counting(self.before) >= counting(&after) + least
    }
}
