//! Rule x Fact -> Match.

use std::borrow::Cow;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::command::{holds, process_words};
use super::describe::{Words, switches_on};
use super::evaluate::{Held, can_be, conditions_hold};
use super::fixing::WantedFix;
use super::model::{ArgumentCondition, AssignClause, CallClause, FallbackClause, KeywordClause, Rule};
use crate::fact::{Atom, Call, CallForm, Command, Facts, NamePattern, Step, Target, Tried, Value};
use crate::finding::Level;
use crate::text::Region;

/// A finding before it is placed in its file.
#[derive(Debug, Clone)]
pub struct Match {
    /// Which rule.
    pub rule: Arc<Rule>,
    /// The level by the clause that held.
    pub level: Level,
    /// The filled message.
    pub message: String,
    /// Where.
    pub region: Region,
    /// The statement the place stands in; a comment on any of its lines may excuse it.
    pub statement: Region,
    /// How names and values were resolved.
    pub reasons: Vec<Step>,
    /// The way of the data from a source, source first; empty if there is none.
    pub flow: Vec<Step>,
    /// Changes of the call that end it, the best first.
    pub fixes: Vec<WantedFix>,
}

/// Holds every rule against every fact of one text; matches come in the order of their places, then rule ids.
pub fn match_facts(rules: &[Arc<Rule>], facts: &Facts, text: &str) -> Vec<Match> {
    let mut matches = Vec::new();
    let mut completing: FxHashMap<usize, Vec<usize>> = FxHashMap::default();
    for (index, call) in facts.calls.iter().enumerate() {
        call.bound_by.into_iter().for_each(|bound| completing.entry(bound).or_default().push(index));
    }
    for rule in rules {
        Matcher { rule, facts, text, completing: &completing }.all(&mut matches);
    }
    let replaced: FxHashSet<(Region, Arc<str>)> =
        matches.iter().flat_map(|m: &Match| m.rule.supersedes.iter().map(|id| (m.region, Arc::clone(id)))).collect();
    matches.retain(|m| replaced.is_empty() || !replaced.contains(&(m.region, Arc::clone(&m.rule.id))));
    matches.sort_by(|a, b| (a.region, &a.rule.id).cmp(&(b.region, &b.rule.id)));
    matches.dedup_by(|a, b| a.region == b.region && a.rule.id == b.rule.id);
    matches
}

pub(super) struct Matcher<'r> {
    pub(super) rule: &'r Arc<Rule>,
    facts: &'r Facts,
    text: &'r str,
    /// The calls that complete a partial, by the index of the call that makes it.
    completing: &'r FxHashMap<usize, Vec<usize>>,
}

/// A clause that held on a call.
pub(super) struct CallHit<'r> {
    pub(super) clause: &'r CallClause,
    target: &'r Target,
    held: Held,
}

/// How a clause words its findings.
struct Wording<'w> {
    level: Option<Level>,
    message: Option<&'w String>,
    conditions: Vec<ArgumentCondition>,
}

fn pick<'c>(call: &'c Call, patterns: &[NamePattern]) -> Option<&'c Target> {
    pick_but(call, patterns, &[])
}

/// The first target that `patterns` mean and `except` does not.
fn pick_but<'c>(call: &'c Call, patterns: &[NamePattern], except: &[NamePattern]) -> Option<&'c Target> {
    let any = |patterns: &[NamePattern], target: &Target| patterns.iter().any(|pattern| pattern.matches(&target.name));
    call.targets.iter().find(|target| any(patterns, target) && !any(except, target))
}

/// A call that was tried, with what is known of its arguments where another one follows.
fn on_this_way<'c>(call: &'c Call, tried: &Tried) -> Cow<'c, Call> {
    if tried.otherwise.is_empty() {
        return Cow::Borrowed(call);
    }
    let mut call = call.clone();
    for &(index, truth) in &tried.otherwise {
        call.arguments[index].value = Value::of(Atom::UnknownOf { truth });
    }
    Cow::Owned(call)
}

/// A class handed on is seldom handed on to be called: `isinstance`, registries, annotations.
fn is_class_name(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|leaf| leaf.starts_with(char::is_uppercase))
}

/// All conditions of a clause: they tell at which position an argument stands.
fn conditions(clause: &CallClause) -> Vec<ArgumentCondition> {
    clause.argument.iter().chain(&clause.unless).cloned().collect()
}

impl<'r> Matcher<'r> {
    fn all(&self, matches: &mut Vec<Match>) {
        let mut concerned = FxHashMap::default();
        let of_call = |call| if self.concerns(call, &mut concerned) { self.call(call) } else { Vec::new() };
        let hits: Vec<_> = self.facts.calls.iter().map(of_call).collect();
        for (index, of_call) in hits.iter().enumerate() {
            let call = &self.facts.calls[index];
            // A partial and the calls that complete it are one finding.
            let told = call.bound_by.is_some_and(|bound| !hits[bound].is_empty() && !self.is_told_later(bound, &hits));
            let told = told || (!call.handed_in.is_empty() && self.is_told_where_handed_in(call, &hits));
            if told || (call.form == CallForm::Bound && self.is_told_by_calls(index, &hits)) {
                continue;
            }
            for hit in of_call {
                let wording = Wording {
                    level: hit.clause.level,
                    message: hit.clause.message.as_ref(),
                    conditions: conditions(hit.clause),
                };
                let mut found = self.found(call, hit.target, &hit.held, &wording);
                if let ([only], true) = (found.as_mut_slice(), hit.held.decided_at.is_empty()) {
                    only.fixes = self.fixes(call, hit);
                }
                matches.append(&mut found);
            }
        }
        for clause in &self.rule.when.keyword {
            for call in &self.facts.unknown_calls {
                matches.extend(self.keyword(clause, call));
            }
        }
        for call in &self.facts.calls {
            matches.extend(self.rule.when.fallback.iter().find_map(|clause| self.fallback(clause, call)));
        }
        for clause in &self.rule.when.assign {
            self.assignments(clause, matches);
        }
        for clause in &self.rule.when.environment {
            for change in &self.facts.environment {
                let meant = clause.variable.iter().any(|name| **name == *change.variable);
                if meant && switches_on(&change.value) == clause.switched_on {
                    let message = clause.message.as_ref().unwrap_or(&self.rule.message);
                    let reasons = change.value.alternatives.iter().flat_map(|alt| alt.steps.iter().cloned()).collect();
                    matches.push(Match {
                        rule: Arc::clone(self.rule),
                        level: clause.level.unwrap_or(self.rule.level),
                        message: message
                            .replace("{function}", &change.variable)
                            .replace("{written}", &change.variable)
                            .replace("{process}", process_words(change.reach)),
                        region: change.region,
                        statement: change.statement,
                        reasons,
                        flow: Vec::new(),
                        fixes: Vec::new(),
                    });
                }
            }
        }
        matches.extend(self.facts.commands.iter().filter_map(|command| self.command(command)));
        self.settings(matches);
    }

    /// The first clause that holds on a command.
    fn command(&self, command: &Command) -> Option<Match> {
        let clauses = self.rule.when.command.iter();
        let (clause, hit) = clauses.filter_map(|clause| Some((clause, holds(clause, command, self.text)?))).next()?;
        let first = if hit.first.is_empty() { "its input".to_owned() } else { format!("`{}`", hit.first) };
        let message = clause.message.as_ref().unwrap_or(&self.rule.message);
        let message = message.replace("{function}", &hit.function).replace("{written}", &hit.written);
        let message = message.replace("{first}", &first).replace("{program}", &hit.program);
        Some(self.plain(clause.level, message, hit.region, command.statement))
    }

    fn settings(&self, matches: &mut Vec<Match>) {
        let is_like = |key: &str, wanted: &String| key.replace('_', "-") == wanted.replace('_', "-");
        for clause in &self.rule.when.setting {
            for setting in &self.facts.settings {
                let value = Value::of(Atom::Text(setting.value.clone()));
                let meant = clause.key.iter().any(|wanted| is_like(&setting.key, wanted));
                if meant && switches_on(&value) == clause.switched_on {
                    let message = clause.message.as_ref().unwrap_or(&self.rule.message);
                    let message = message.replace("{subject}", &setting.key);
                    matches.push(self.plain(clause.level, message, setting.region, setting.statement));
                }
            }
        }
    }

    /// A finding that needs no reasons.
    fn plain(&self, level: Option<Level>, message: String, region: Region, statement: Region) -> Match {
        Match {
            rule: Arc::clone(self.rule),
            level: level.unwrap_or(self.rule.level),
            message,
            region,
            statement,
            reasons: Vec::new(),
            flow: Vec::new(),
            fixes: Vec::new(),
        }
    }

    /// Whether a clause names a function that the call may call. Files call few functions many times, so `known` keeps the
    /// answer for each name.
    fn concerns(&self, call: &'r Call, known: &mut FxHashMap<&'r str, bool>) -> bool {
        let patterns = || self.rule.when.call.iter().flat_map(|clause| &clause.function);
        let mut names = call.targets.iter().map(|target| &*target.name);
        names.any(|name| *known.entry(name).or_insert_with(|| patterns().any(|pattern| pattern.matches(name))))
    }

    /// Whether the function that is called was told where it was put into a table, returned, passed.
    fn is_told_where_handed_in(&self, call: &Call, hits: &[Vec<CallHit<'r>>]) -> bool {
        // Facts come in the order of their places.
        let calls = &self.facts.calls;
        call.handed_in.iter().any(|place| {
            let from = calls.partition_point(|other| other.region.start < place.start);
            let inside = calls[from..].iter().take_while(|other| other.region.start < place.end);
            let is_told = |other: &Call, hits: &[CallHit<'r>]| other.form != CallForm::Called && !hits.is_empty();
            let told = inside.zip(&hits[from..]).filter(|(other, hits)| is_told(other, hits));
            told.map(|(other, _)| other.region).any(|other| other != call.region && place.contains(other))
        })
    }

    /// Whether the calls of a partial say what there is to say: all are safe, or they bring what it depends on.
    fn is_told_by_calls(&self, bound: usize, hits: &[Vec<CallHit<'r>>]) -> bool {
        let mut calls = self.completing(bound).peekable();
        calls.peek().is_some() && (self.is_told_later(bound, hits) || calls.all(|index| hits[index].is_empty()))
    }

    /// Whether a partial was found for an argument that only the calls seen bring, or one of them makes it worse.
    fn is_told_later(&self, bound: usize, hits: &[Vec<CallHit<'r>>]) -> bool {
        let level = |index: usize| hits[index].iter().map(|hit| hit.clause.level.unwrap_or(self.rule.level)).max();
        let mut calls = self.completing(bound).peekable();
        calls.peek().is_some()
            && (hits[bound].iter().all(|hit| hit.held.presumed && !hit.held.by_argument)
                || calls.any(|index| level(index) > level(bound)))
    }

    /// The calls that complete a partial.
    fn completing(&self, bound: usize) -> impl Iterator<Item = usize> + '_ {
        self.completing.get(&bound).into_iter().flatten().copied()
    }

    /// The first clause that holds; where callers decided, later clauses may hold for other callers.
    fn call(&self, call: &'r Call) -> Vec<CallHit<'r>> {
        let mut hits: Vec<CallHit<'r>> = Vec::new();
        for clause in &self.rule.when.call {
            let Some(mut hit) = self.clause(clause, call) else { continue };
            if hit.held.decided_at.is_empty() {
                if hits.is_empty() {
                    hits.push(hit);
                }
                break;
            }
            hit.held.decided_at.retain(|region| !hits.iter().any(|known| known.held.decided_at.contains(region)));
            if !hit.held.decided_at.is_empty() {
                hits.push(hit);
            }
        }
        hits
    }

    pub(super) fn clause<'c>(&self, clause: &'c CallClause, call: &'c Call) -> Option<CallHit<'c>> {
        let target = pick_but(call, &clause.function, &clause.except)?;
        let restricted = |method: &String| {
            call.subclass.as_ref().is_some_and(|class| class.restricting_methods.iter().any(|name| **name == **method))
        };
        let form_counts = match call.form {
            CallForm::Called => true,
            CallForm::Bound => clause.passed_on,
            CallForm::PassedOn => {
                clause.passed_on && (clause.unless_restricted_by.is_some() || !is_class_name(&target.name))
            }
            CallForm::Subclassed => clause.unless_restricted_by.is_some(),
        };
        // The arguments of a subclass with its own constructor are not those of its base.
        let foreign =
            clause.unless_restricted_by.is_none() && call.subclass.as_ref().is_some_and(|class| class.has_constructor);
        if !form_counts || foreign || clause.unless_restricted_by.as_ref().is_some_and(restricted) {
            return None;
        }
        let held = conditions_hold(&clause.argument, call)?;
        if clause.unless.iter().any(|condition| conditions_hold(std::slice::from_ref(condition), call).is_some()) {
            return None;
        }
        Some(CallHit { clause, target, held })
    }

    /// A keyword given to a function that is not known.
    fn keyword(&self, clause: &KeywordClause, call: &Call) -> Vec<Match> {
        let conditions = vec![clause.argument.clone()];
        let excepted = pick(call, &clause.except).is_some();
        let (Some(target), false) = (call.targets.first(), excepted) else { return Vec::new() };
        let Some(held) = conditions_hold(&conditions, call) else { return Vec::new() };
        let wording = Wording { level: clause.level, message: clause.message.as_ref(), conditions };
        self.found(call, target, &held, &wording)
    }

    fn found(&self, call: &Call, target: &Target, held: &Held, wording: &Wording<'_>) -> Vec<Match> {
        let message = wording.message.unwrap_or(&self.rule.message);
        let words = Words { call, target, conditions: &wording.conditions, text: self.text };
        let fill = |caller: Option<Region>| words.fill(message, caller);
        let level = wording.level.unwrap_or(self.rule.level);
        let reasons = |caller: Option<Region>| [target.steps.clone(), held.steps(caller)].concat();
        let one = |region: Region, statement: Region, reasons: Vec<Step>, message: String| Match {
            rule: Arc::clone(self.rule),
            level,
            message,
            region,
            statement,
            reasons,
            flow: held.flow.clone(),
            fixes: Vec::new(),
        };
        if held.decided_at.is_empty() {
            return vec![one(call.region, call.statement, reasons(None), fill(None))];
        }
        let decided = held.decided_at.iter().map(|&region| {
            let here = Step { region: call.region, message: format!("`{}` is called with it here", target.name) };
            let mut reasons = reasons(Some(region));
            reasons.retain(|step| step.region != region);
            reasons.push(here);
            one(region, region, reasons, fill(Some(region)))
        });
        decided.collect()
    }

    fn fallback(&self, clause: &FallbackClause, call: &Call) -> Option<Match> {
        let target = pick(call, &clause.function)?;
        let held = conditions_hold(&clause.then, call)?;
        let first = call.tried_before.iter().find_map(|tried| {
            let first = &self.facts.calls[tried.call];
            pick(first, &clause.function)?;
            conditions_hold(&clause.first, &on_this_way(first, tried)).map(|_| first)
        })?;
        let message = clause.message.as_ref().unwrap_or(&self.rule.message);
        let mut reasons = target.steps.clone();
        reasons.push(Step { region: first.region, message: "this is tried first".to_owned() });
        reasons.extend(held.steps(None));
        Some(Match {
            rule: Arc::clone(self.rule),
            level: clause.level.unwrap_or(self.rule.level),
            message: Words { call, target, conditions: &clause.then, text: self.text }.fill(message, None),
            region: call.region,
            statement: call.statement,
            reasons,
            flow: Vec::new(),
            fixes: Vec::new(),
        })
    }

    fn assignments(&self, clause: &AssignClause, matches: &mut Vec<Match>) {
        for assignment in &self.facts.assignments {
            if !clause.target.iter().any(|pattern| pattern.matches(&assignment.target.name)) {
                continue;
            }
            if let Some(test) = &clause.value {
                if can_be(test, &assignment.value) {
                    let message = clause.message.as_ref().unwrap_or(&self.rule.message);
                    matches.push(Match {
                        rule: Arc::clone(self.rule),
                        level: clause.level.unwrap_or(self.rule.level),
                        message: message
                            .replace("{function}", &assignment.target.name)
                            .replace("{written}", &assignment.target.name),
                        region: assignment.region,
                        statement: assignment.statement,
                        reasons: assignment.target.steps.clone(),
                        flow: Vec::new(),
                        fixes: Vec::new(),
                    });
                }
                continue;
            }
            let calls = assignment.calls.iter().map(|&index| &self.facts.calls[index]);
            let hit = calls.filter(|call| pick(call, &clause.calls).is_some()).find_map(|call| {
                let held = conditions_hold(&clause.argument, call)?;
                Some((call, held))
            });
            let Some((call, held)) = hit else { continue };
            let message = clause.message.as_ref().unwrap_or(&self.rule.message);
            let mut reasons = assignment.target.steps.clone();
            reasons.push(Step { region: call.region, message: "this is what it will do".to_owned() });
            reasons.extend(held.steps(None));
            matches.push(Match {
                rule: Arc::clone(self.rule),
                level: clause.level.unwrap_or(self.rule.level),
                message: Words { call, target: &assignment.target, conditions: &clause.argument, text: self.text }
                    .fill(message, None),
                region: assignment.region,
                statement: assignment.statement,
                reasons,
                flow: Vec::new(),
                fixes: Vec::new(),
            });
        }
    }
}
