//! The comments of one text, held against its findings and the register: what is excused, and what is wrong with the
//! comments themselves.
//!
//! A comment that lacks something still excuses: it is reported in the place of what it hides, once. Only a threat that
//! has expired takes the excuse away.

use std::path::Path;
use std::sync::Arc;

use super::attach::{Claim, Language, Placed, place};
use super::bandit;
use super::meeting::{Meeting, Spans, Standing};
use super::policy::{Policy, Strictness};
use super::problem::Problem;
use super::remedy;
use super::threats::{RegisterFile, Threat};
use crate::fact::SuppressionProblem as Kind;
use crate::fact::{Call, Comment};
use crate::finding::{FlowStep, InputName, SuppressionStatus};
use crate::rules::{Rule, RuleSet};
use crate::text::{LineIndex, Region, nearest};

/// One text with all that is needed to judge its comments.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The input.
    pub name: &'a InputName,
    /// Its path from the folder of the register; `None` if it lies outside, or there is no register.
    pub path: Option<&'a Path>,
    /// Its text, decoded; of a notebook the code cells joined.
    pub text: &'a str,
    /// The lines of the text.
    pub index: &'a LineIndex,
    /// What is written.
    pub language: Language,
    /// All its comments.
    pub comments: &'a [Comment],
    /// The calls that rules ask for, also those that are no finding.
    pub calls: &'a [Call],
    /// Whether everything was looked at, so that what excuses nothing can be told.
    pub is_complete: bool,
    /// The rules that apply.
    pub active: &'a [Arc<Rule>],
    /// All rules.
    pub rules: &'a RuleSet,
    /// What is asked of a comment.
    pub policy: &'a Policy,
    /// The register, if there is one.
    pub register: Option<&'a RegisterFile>,
}

/// What excuses one finding.
#[derive(Debug, Clone)]
pub struct Excuse {
    /// The comment.
    pub region: Region,
    /// Whether it holds; it does not once a threat it cites has expired.
    pub status: SuppressionStatus,
    /// The reason, empty if none is given.
    pub justification: String,
    /// The threats with their titles; a title is empty if there is no such entry.
    pub threats: Vec<(Arc<str>, Arc<str>)>,
}

/// A comment that cites threats.
#[derive(Debug, Clone)]
pub struct Cited {
    /// The comment.
    pub region: Region,
    /// The ids, as they are written.
    pub threats: Vec<Arc<str>>,
    /// The reason.
    pub justification: String,
    /// The rules whose findings it excuses.
    pub rules: Vec<Arc<str>>,
}

/// What came out.
#[derive(Debug, Clone, Default)]
pub struct Judged {
    /// For each claim, in their order, what excuses it.
    pub excuses: Vec<Option<Excuse>>,
    /// What is wrong with the comments, in the order of their places.
    pub problems: Vec<Problem>,
    /// The comments that cite threats.
    pub citations: Vec<Cited>,
}

/// Judges every comment of a text and every claim in it.
pub fn judge(subject: &Subject<'_>, claims: &[Claim<'_>]) -> Judged {
    let Subject { comments, text, index, language, policy, rules, .. } = *subject;
    let placed = place(comments, text, index, language, &policy.pattern, rules);
    let meeting = Meeting::new(claims, &placed, index);
    let mut judged = Judged { excuses: best_excuses(subject, &meeting, claims.len()), ..Judged::default() };
    let whole = |call: &Call| {
        let (statement, region) = (call.statement, call.region);
        (Region::new(statement.start.min(region.start), statement.end.max(region.end)), ())
    };
    let calls = Spans::new(subject.calls.iter().map(whole));
    for comment in &placed {
        let indices = meeting.used(comment);
        let used: Vec<&Claim<'_>> = indices.iter().map(|&at| &claims[at]).collect();
        let standing: Vec<_> = indices.iter().map(|&at| meeting.standing(at)).collect();
        let is_near = meeting.is_near(comment);
        let one = One { subject, comment, used: &used, standing: &standing, calls: &calls, is_near };
        if one.is_ours() {
            one.problems(&placed, &mut judged.problems);
        }
        judged.citations.extend(one.citation());
    }
    judged.problems.sort_by_key(|problem| problem.region);
    judged
}

/// For each claim, in their order, what excuses it if it turns out to be a finding. Nothing is said of the comments.
pub fn excuses(subject: &Subject<'_>, claims: &[Claim<'_>]) -> Vec<Option<Excuse>> {
    let Subject { comments, text, index, language, policy, rules, .. } = *subject;
    let placed = place(comments, text, index, language, &policy.pattern, rules);
    best_excuses(subject, &Meeting::new(claims, &placed, index), claims.len())
}

fn best_excuses(subject: &Subject<'_>, meeting: &Meeting<'_>, claims: usize) -> Vec<Option<Excuse>> {
    let mut excuses = vec![None; claims];
    for (claims, fitting) in meeting.excused() {
        // The one that says most: ids before none, in force before expired, threats before none.
        let best = fitting.into_iter().min_by_key(|comment| {
            let expired = is_expired(subject, comment);
            (comment.directive.is_blanket(), expired, comment.directive.threats.is_empty(), comment.line)
        });
        let excuse = best.map(|comment| excuse_by(subject, comment));
        claims.iter().for_each(|&claim| excuses[claim].clone_from(&excuse));
    }
    excuses
}

/// The id at a place of the comment.
pub(super) fn cited(comment: &Placed) -> impl Iterator<Item = &str> {
    comment.directive.threats.iter().map(|range| &comment.text[range.clone()])
}

fn entry<'a>(subject: &Subject<'a>, id: &str) -> Option<&'a Threat> {
    subject.register.and_then(|file| file.register.find(id))
}

fn is_expired(subject: &Subject<'_>, comment: &Placed) -> bool {
    let today = subject.policy.today;
    cited(comment).filter_map(|id| entry(subject, id)).any(|entry| entry.is_expired(today))
}

fn excuse_by(subject: &Subject<'_>, comment: &Placed) -> Excuse {
    let threat = |id: &str| match entry(subject, id) {
        Some(entry) => (Arc::clone(&entry.id), Arc::clone(&entry.title)),
        None => (Arc::from(id), Arc::from("")),
    };
    Excuse {
        region: comment.region,
        status: match is_expired(subject, comment) {
            true => SuppressionStatus::UnderReview,
            false => SuppressionStatus::Accepted,
        },
        justification: comment.directive.reason.clone(),
        threats: cited(comment).map(threat).collect(),
    }
}

/// So many calls around a comment are looked at for what Bandit may report of them.
const MOST_CALLS: usize = 1000;

/// So many words of a comment that are no rules are told one by one: each remedy holds the whole comment.
const MOST_UNKNOWN: usize = 50;

/// One comment with what it excuses.
pub(super) struct One<'a> {
    pub(super) subject: &'a Subject<'a>,
    pub(super) comment: &'a Placed,
    pub(super) used: &'a [&'a Claim<'a>],
    /// How each of these stands.
    pub(super) standing: &'a [&'a Standing],
    /// The calls of the text, by their statements.
    calls: &'a Spans<()>,
    /// Whether a finding stands where the comment does, excused or not.
    is_near: bool,
}

impl One<'_> {
    /// Whether a word is an id or name of a rule of ours, Bandit's ids for them included.
    fn is_rule(&self, word: &str) -> bool {
        self.subject.rules.find(word).is_some()
    }

    /// What is Bandit's alone is none of our business: ids of tests that no rule of ours stands for, blankets on lines
    /// without a finding.
    fn is_ours(&self) -> bool {
        let directive = &self.comment.directive;
        let claimed = || directive.claimed.iter().any(|word| self.is_rule(word));
        directive.native.is_some()
            || !self.used.is_empty()
            || !directive.threats.is_empty()
            || !directive.own.is_empty()
            || directive.meant.iter().any(|id| self.is_rule(id))
            || claimed()
            || (directive.nosec.is_none() && self.is_near)
    }

    fn citation(&self) -> Option<Cited> {
        let directive = &self.comment.directive;
        let threats: Vec<_> = cited(self.comment).map(Arc::from).collect();
        let counts = directive.nosec.is_some() || directive.native.is_some();
        (!threats.is_empty() && counts).then(|| Cited {
            region: self.comment.region,
            threats,
            justification: directive.reason.clone(),
            rules: self.rules(),
        })
    }

    fn rules(&self) -> Vec<Arc<str>> {
        let mut rules: Vec<_> = self.used.iter().map(|claim| Arc::clone(&claim.rule.id)).collect();
        rules.sort();
        rules.dedup();
        rules
    }

    fn is_active(&self, kind: Kind) -> bool {
        let clauses = self.subject.active.iter().flat_map(|rule| rule.when.suppressions());
        clauses.into_iter().any(|clause| clause.problem.contains(&kind))
    }

    pub(super) fn tell(&self, kind: Kind, message: impl Into<String>) -> Problem {
        Problem::new(kind, self.comment.region, message)
    }

    fn problems(&self, all: &[Placed], problems: &mut Vec<Problem>) {
        let before = problems.len();
        self.readability(problems);
        problems.extend(self.oddities(all));
        if self.is_dead() {
            return;
        }
        let (unused, is_all) = self.unused();
        if is_all && !unused.is_empty() {
            // What excuses nothing needs no reason.
            problems.truncate(before);
            self.readability(problems);
            problems.push(self.unused_problem(&unused, true));
            return;
        }
        problems.extend(self.missing());
        self.threats(problems);
        if !unused.is_empty() {
            problems.push(self.unused_problem(&unused, false));
        }
    }

    /// Whether the comment has no effect at all, of which its form is the reason.
    fn is_dead(&self) -> bool {
        let directive = &self.comment.directive;
        let native = directive.native.as_ref().is_some_and(|native| native.is_readable);
        !native && (directive.nosec.is_none() || self.stands_alone())
    }

    /// A `# nosec` on a line of its own, outside of every statement with a finding.
    pub(super) fn stands_alone(&self) -> bool {
        self.comment.is_alone && self.comment.directive.nosec.is_some() && self.used.is_empty()
    }

    /// Words in the brackets that are no rules.
    fn readability(&self, problems: &mut Vec<Problem>) {
        let Some(native) = &self.comment.directive.native else { return };
        if !native.is_readable {
            let written = &self.comment.text[native.range.clone()];
            problems.push(self.tell(
                Kind::UnknownRule,
                format!("`{written}` cannot be read: write `loadlint: ignore[LL101] T-001: why`"),
            ));
        }
        let mut told = 0;
        for range in native.ids.iter().filter(|_| native.is_readable) {
            let word = &self.comment.text[range.clone()];
            if self.is_rule(word) || bandit::id_of(word).is_some() {
                continue;
            }
            told += 1;
            if told > MOST_UNKNOWN {
                problems
                    .push(self.tell(Kind::UnknownRule, format!("more than {MOST_UNKNOWN} words here are no rules")));
                break;
            }
            let like = nearest(word, self.subject.rules.words());
            let guess = like.map(|like| format!("; did you mean `{like}`?")).unwrap_or_default();
            let fix = like.map(|like| remedy::replace(self, range, like));
            problems.push(self.tell(Kind::UnknownRule, format!("there is no rule `{word}`{guess}")).with_fix(fix));
        }
    }

    /// The first thing the comment lacks of which a rule that applies speaks.
    fn missing(&self) -> Option<Problem> {
        let directive = &self.comment.directive;
        let is_strict = self.subject.policy.strictness == Strictness::Strict;
        let accident = !directive.claimed.is_empty() || !directive.own.is_empty();
        let native_blanket =
            directive.native.as_ref().is_some_and(|native| native.is_readable && native.ids.is_empty());
        if ((directive.is_blanket() && (is_strict || accident)) || native_blanket) && self.is_active(Kind::Blanket) {
            return Some(self.blanket(native_blanket));
        }
        // A comment that is Bandit's alone owes us nothing, even if it cites a threat of the register.
        let is_foreign =
            self.used.is_empty() && directive.native.is_none() && !directive.meant.iter().any(|id| self.is_rule(id));
        if !is_strict || is_foreign {
            return None;
        }
        let uncited = if directive.threats.is_empty() { " and cites no threat" } else { "" };
        if directive.reason.is_empty() && self.is_active(Kind::NoReason) {
            let problem = self.tell(Kind::NoReason, format!("this comment gives no reason{uncited}"));
            return Some(problem);
        }
        let empty = self.subject.policy.emptiness(&directive.reason).filter(|_| !directive.reason.is_empty());
        if let Some(why) = empty.filter(|_| self.is_active(Kind::EmptyReason)) {
            return Some(
                self.tell(Kind::EmptyReason, format!("this comment gives no reason that says anything: {why}")),
            );
        }
        if directive.threats.is_empty() && self.is_active(Kind::NoThreat) {
            let mut problem = self.tell(Kind::NoThreat, "this comment cites no threat of the register");
            problem.fixes = remedy::citations(self);
            return Some(problem);
        }
        None
    }

    fn blanket(&self, native: bool) -> Problem {
        let directive = &self.comment.directive;
        if native && !directive.is_blanket() {
            return self.tell(Kind::Blanket, "this comment names no rule, so it excuses nothing");
        }
        let words: Vec<_> = directive.own.iter().chain(&directive.claimed).map(|word| format!("`{word}`")).collect();
        let message = match words.as_slice() {
            [] => "this comment names no rule and excuses everything".to_owned(),
            [one] => format!("{one} is no id of Bandit's, for which this comment excuses everything"),
            many => format!("{} are no ids of Bandit's, for which this comment excuses everything", many.join(", ")),
        };
        self.tell(Kind::Blanket, message).with_fix(remedy::canonical(self, Kind::Blanket))
    }

    /// What is wrong with the threats that are cited.
    fn threats(&self, problems: &mut Vec<Problem>) {
        for range in &self.comment.directive.threats {
            let id = &self.comment.text[range.clone()];
            let Some(entry) = entry(self.subject, id) else {
                problems.push(self.unknown_threat(range, id));
                continue;
            };
            let status = entry.status();
            let mut found = Vec::new();
            if let Some(status) = status.filter(|status| !status.is_in_force()) {
                let what = format!("{id} is {}, so nothing can rest on it", status.as_str());
                found.push(self.tell(Kind::ThreatNotInForce, what));
            }
            found.extend(self.out_of_scope(entry));
            for mut problem in found {
                problem.related.extend(self.at_entry(entry));
                problems.push(problem);
            }
        }
    }

    fn at_entry(&self, entry: &Threat) -> Option<FlowStep> {
        let location = self.subject.register?.locate(entry.region);
        Some(FlowStep { location, message: format!("{}: {}", entry.id, entry.title) })
    }

    fn unknown_threat(&self, range: &std::ops::Range<usize>, id: &str) -> Problem {
        let Some(file) = self.subject.register else {
            let message = format!("{id} is cited, and there is no register: write the entry in THREATS.md");
            return self.tell(Kind::UnknownThreat, message);
        };
        let like = nearest(id, file.register.entries.iter().map(|entry| &*entry.id));
        let guess = like.map(|like| format!("; did you mean {like}?")).unwrap_or_default();
        let fix = like.map(|like| remedy::replace(self, range, like));
        self.tell(Kind::UnknownThreat, format!("{} has no entry {id}{guess}", file.name)).with_fix(fix)
    }

    fn out_of_scope(&self, entry: &Threat) -> Vec<Problem> {
        let mut problems = Vec::new();
        let (id, name) = (&entry.id, self.subject.name);
        if !entry.covers_path(self.subject.path) {
            let scope = entry.scope().join(", ");
            let fix = remedy::widen(
                self,
                entry,
                "scope",
                self.subject.path.map(|path| path.to_string_lossy().replace('\\', "/")),
            );
            problems
                .push(self.tell(Kind::OutOfScope, format!("{id} is about {scope}, not about {name}")).with_fix(fix));
        }
        let about = entry.rules().join(", ");
        let uncovered: Vec<_> = self.uncovered(entry);
        if !uncovered.is_empty() {
            let fix = remedy::widen(self, entry, "rules", Some(uncovered.join(", ")));
            let message = format!("{id} is about {about}, not about {}", uncovered.join(", "));
            problems.push(self.tell(Kind::OutOfScope, message).with_fix(fix));
        }
        problems
    }

    /// What the comment excuses and the entry is not about: rules of findings, or ids where there are none.
    fn uncovered(&self, entry: &Threat) -> Vec<String> {
        let rules = self.used.iter().map(|claim| claim.rule).filter(|rule| !entry.covers_rule(rule));
        let mut ids: Vec<String> = rules.map(|rule| rule.id.to_string()).collect();
        // Ids of other tools are held against the entry by themselves, if it lists any such id.
        let foreign = self.comment.directive.meant.iter().filter(|id| !self.is_rule(id));
        ids.extend(foreign.filter(|id| !entry.covers_id(id)).map(|id| (*id).to_owned()));
        ids.sort();
        ids.dedup();
        ids
    }

    /// The words that excuse nothing, and whether these are all there are.
    fn unused(&self) -> (Vec<String>, bool) {
        let directive = &self.comment.directive;
        let native: Vec<&str> = self.comment.native_ids().filter(|word| self.is_rule(word)).collect();
        let words = native.iter().copied().chain(directive.meant.iter().copied());
        let words: Vec<&str> = words.chain(directive.own.iter().map(String::as_str)).collect();
        if words.is_empty() || !self.subject.is_complete {
            return (Vec::new(), false);
        }
        let mut unused: Vec<String> =
            words.iter().filter(|word| self.is_unused(word)).map(|word| (*word).to_owned()).collect();
        unused.dedup();
        let is_all = unused.len() == words.len() && self.used.is_empty();
        (unused, is_all)
    }

    /// Whether a word stands for rules that all apply and of which none has a finding here that the comment excuses.
    fn is_unused(&self, word: &str) -> bool {
        let named: Vec<_> = self.subject.rules.rules().iter().filter(|rule| super::attach::names(word, rule)).collect();
        // What a manifest says of the text is known only once all files were looked at.
        let applies = |rule: &&Arc<Rule>| {
            !rule.when.is_of_manifests() && self.subject.active.iter().any(|active| active.id == rule.id)
        };
        let excuses = self.used.iter().any(|claim| super::attach::names(word, claim.rule));
        if named.is_empty() || excuses || !named.iter().all(applies) {
            return false;
        }
        let of_bandit = bandit::id_of(word).filter(|_| self.comment.directive.nosec.is_some());
        !of_bandit.is_some_and(|id| self.bandit_may_report(id, &named))
    }

    /// Whether a call stands here that Bandit may report although no rule of ours does.
    fn bandit_may_report(&self, id: &str, rules: &[&Arc<Rule>]) -> bool {
        let here = self.calls.meeting(self.comment.extent).flat_map(|(_, (), calls)| calls);
        let asked = |call: &Call| {
            let clauses = rules.iter().flat_map(|rule| &rule.when.call);
            clauses
                .into_iter()
                .flat_map(|clause| &clause.function)
                .any(|pattern| call.targets.iter().any(|target| pattern.matches(&target.name)))
        };
        here.take(MOST_CALLS).map(|&at| &self.subject.calls[at]).any(|call| asked(call) && bandit::may_report(id, call))
    }

    fn unused_problem(&self, unused: &[String], is_all: bool) -> Problem {
        let what = unused.join(", ");
        let message = match (is_all, unused.len()) {
            (true, _) => format!("this comment excuses nothing: there is no finding of {what} here"),
            (false, _) => format!("{what} excuses nothing here"),
        };
        self.tell(Kind::Unused, message).with_fix(remedy::without(self, unused, is_all))
    }
}
