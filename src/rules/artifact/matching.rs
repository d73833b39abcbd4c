//! Rule x ArtifactFact -> ArtifactMatch.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::globals::{Globals, Judgement, is_class_use as makes_object};
use super::weights_only;
use crate::fact::artifact::{ArtifactFact, ArtifactFacts, CodeReference, MemberPath, Place, Seen};
use crate::fact::pickle::{Attribute, AttributeTarget, Callee, PickleStream, StreamEnd};
use crate::finding::Level;
use crate::rules::{ObservedClause, PickleClause, Rule, Usage, UseClause, Verdict};
use crate::text::Region;

/// A finding before it is placed in its file.
#[derive(Debug, Clone)]
pub struct ArtifactMatch {
    /// Which rule.
    pub rule: Arc<Rule>,
    /// The level by the clause that held.
    pub level: Level,
    /// The filled message.
    pub message: String,
    /// Where.
    pub place: Place,
    /// Where in the artifact's text, if it is one.
    pub text: Option<Region>,
    /// How many uses or observations it stands for, this one included.
    pub count: u32,
}

/// A name in use and what the lists say.
struct Judged<'f> {
    usage: Usage,
    fact: &'f ArtifactFact,
    judgement: Judgement<'f>,
    /// The name alone.
    name: String,
    /// The name with how it is used: the call with its arguments.
    shown: String,
    reference: Option<&'f CodeReference>,
}

/// Holds every rule against everything seen in one artifact; matches come in the order of their places, then rule ids.
pub fn match_artifact(rules: &[Arc<Rule>], globals: &Globals, facts: &ArtifactFacts) -> Vec<ArtifactMatch> {
    let judged = judge(globals, facts);
    let mut found = Found::default();
    for rule in rules.iter().filter(|rule| rule.when.is_of_artifacts()) {
        for one in &judged {
            if let Some(clause) = rule.when.uses.iter().find(|clause| holds(clause, one)) {
                found.used(rule, clause, one);
            }
        }
        for fact in &facts.facts {
            if let Seen::Observation(seen) = &fact.seen
                && let Some(clause) = rule.when.observed.iter().find(|clause| clause.kind.contains(&seen.kind))
            {
                found.observed(rule, clause, &seen.subject, fact, seen.text);
            }
        }
        for clause in &rule.when.pickle {
            found.streams(rule, clause, facts, globals);
        }
    }
    found.finish()
}

fn judge<'f>(globals: &'f Globals, facts: &'f ArtifactFacts) -> Vec<Judged<'f>> {
    let mut judged = Vec::new();
    let mut told: FxHashSet<(&MemberPath, &str)> = FxHashSet::default();
    for fact in &facts.facts {
        let (usage, judgement) = match &fact.seen {
            Seen::Call(call) => (Usage::Call, globals.judge_call(call)),
            Seen::Import(callee) => (Usage::Import, globals.judge_import(callee)),
            Seen::Attribute(attribute) => (Usage::Attribute, globals.judge_attribute(attribute)),
            Seen::Reference(reference) => (Usage::Reference, globals.judge_reference(reference)),
            Seen::Stream(_) | Seen::Source(_) | Seen::Observation(_) | Seen::Command(_) => continue,
        };
        // Most are, and need no words.
        if judgement.verdict == Verdict::Safe {
            continue;
        }
        let (name, shown, reference) = match &fact.seen {
            Seen::Call(call) => {
                told.insert((&fact.place.member, &call.callee.name));
                let name = judgement.made.clone().unwrap_or_else(|| call.callee.to_string());
                (name, call.to_string(), None)
            }
            Seen::Import(callee) => (callee.to_string(), spelled(callee), None),
            Seen::Attribute(attribute) => (attribute_words(attribute), attribute_words(attribute), None),
            Seen::Reference(reference) => (reference.name.clone(), reference_words(reference), Some(reference)),
            Seen::Stream(_) | Seen::Source(_) | Seen::Observation(_) | Seen::Command(_) => continue,
        };
        judged.push(Judged { usage, fact, judgement, name, shown, reference });
    }
    // An import whose call is told needs no word of its own.
    judged.retain(|one| match &one.fact.seen {
        Seen::Import(callee) => !told.contains(&(&one.fact.place.member, callee.name.as_str())),
        _ => true,
    });
    judged
}

fn holds(clause: &UseClause, one: &Judged<'_>) -> bool {
    clause.of.contains(&one.usage)
        && clause.verdict.contains(&one.judgement.verdict)
        && (clause.degree.is_empty() || clause.degree.contains(&one.judgement.degree))
        && (clause.reference.is_empty() || one.reference.is_some_and(|seen| clause.reference.contains(&seen.kind)))
}

/// What a call does, in words: a class makes an object, a function is called.
fn does(one: &Judged<'_>) -> String {
    let name = shortened(&one.name);
    let makes = one.judgement.made.is_some() || matches!(&one.fact.seen, Seen::Call(call) if makes_object(call));
    if makes { format!("makes an object of `{name}`") } else { format!("calls `{name}`") }
}

/// `builtins.eval`, and as the stream spells it where that differs.
fn spelled(callee: &Callee) -> String {
    match &callee.spelled {
        Some(spelled) => format!("{callee} (written `{spelled}`)"),
        None => callee.to_string(),
    }
}

fn attribute_words(attribute: &Attribute) -> String {
    let names: Vec<_> = attribute.names.iter().take(5).map(|name| format!("`{name}`")).collect();
    let more = if attribute.names.len() > 5 { ", …" } else { "" };
    let of = match &attribute.target {
        AttributeTarget::Instance(class) => format!("an object of `{class}`"),
        AttributeTarget::Global(callee) => format!("`{callee}` itself"),
        AttributeTarget::Result(callee) => format!("what `{callee}` gave back"),
        AttributeTarget::Unknown => "something unknown".to_owned(),
    };
    match names.is_empty() {
        true => format!("attributes of {of}"),
        false => format!("{}{more} of {of}", names.join(", ")),
    }
}

fn reference_words(reference: &CodeReference) -> String {
    let argument = |(name, value): &(String, crate::fact::pickle::Datum)| match name.is_empty() {
        true => value.to_string(),
        false => format!("{name}={value}"),
    };
    match reference.arguments.is_empty() {
        true => reference.name.clone(),
        false => {
            let arguments: Vec<_> = reference.arguments.iter().map(argument).collect();
            format!("{}({})", reference.name, arguments.join(", "))
        }
    }
}

/// Matches so far; what differs in its place only is one match that counts.
#[derive(Default)]
struct Found {
    matches: Vec<ArtifactMatch>,
    index: FxHashMap<(Arc<str>, MemberPath, String), usize>,
}

const MAX_SHOWN: usize = 300;

impl Found {
    fn used(&mut self, rule: &Arc<Rule>, clause: &UseClause, one: &Judged<'_>) {
        let template = clause.message.as_ref().unwrap_or(&rule.message);
        let judgement = &one.judgement;
        let why = judgement.broken_contract.as_deref().unwrap_or(judgement.reason);
        let words = [
            ("use", shortened(&one.shown)),
            ("name", shortened(&one.name)),
            ("does", does(one)),
            ("effect", judgement.effect.unwrap_or(why).to_owned()),
            ("why", why.to_owned()),
            ("subject", shortened(&one.name)),
        ];
        let level = clause.level.unwrap_or(judgement.degree);
        // Many objects of one class are one note.
        let key = if level == Level::Note { one.name.clone() } else { one.shown.clone() };
        let text = one.reference.and_then(|reference| reference.text);
        self.add(rule, level, fill(template, &words), one.fact.place.clone(), text, key);
    }

    fn observed(
        &mut self,
        rule: &Arc<Rule>,
        clause: &ObservedClause,
        subject: &str,
        fact: &ArtifactFact,
        text: Option<Region>,
    ) {
        let template = clause.message.as_ref().unwrap_or(&rule.message);
        let message = fill(template, &[("subject", shortened(subject))]);
        let level = clause.level.unwrap_or(rule.level);
        // In a text each place is a line of its own, which a comment excuses by itself.
        let own = text.filter(|_| fact.place.member.depth() == 0);
        let key = own.map_or_else(|| message.clone(), |own| format!("{}: {message}", own.start));
        self.add(rule, level, message, fact.place.clone(), text, key);
    }

    /// One match for an artifact, at its first stream.
    fn streams(&mut self, rule: &Arc<Rule>, clause: &PickleClause, facts: &ArtifactFacts, globals: &Globals) {
        let streams = facts.facts.iter().filter_map(|fact| match &fact.seen {
            Seen::Stream(stream) if !fact.place.member.is_idle() => Some((fact, &**stream)),
            _ => None,
        });
        let streams: Vec<(&ArtifactFact, &PickleStream)> = streams.collect();
        // The names of all are told where the first of them stands.
        let naming = streams.iter().find(|(_, stream)| !stream.imports.is_empty());
        let Some((first, _)) = naming.or(streams.first()) else { return };
        let subject = match clause.weights_only {
            None => stream_words(&streams),
            Some(accepted) => match weights_only::of_file(facts, globals) {
                Some(answer) if answer.is_accepted() == accepted => answer.words(),
                Some(_) | None => return,
            },
        };
        let template = clause.message.as_ref().unwrap_or(&rule.message);
        let message = fill(template, &[("subject", subject)]);
        let level = clause.level.unwrap_or(rule.level);
        self.add(rule, level, message, first.place.clone(), None, String::new());
    }

    fn add(
        &mut self,
        rule: &Arc<Rule>,
        level: Level,
        message: String,
        place: Place,
        text: Option<Region>,
        key: String,
    ) {
        let (level, message) = if place.member.is_idle() { idle(level, message) } else { (level, message) };
        if level == Level::Note && place.member.is_idle() {
            return;
        }
        let key = (Arc::clone(&rule.id), place.member.clone(), key);
        if let Some(&index) = self.index.get(&key) {
            self.matches[index].count += 1;
            return;
        }
        self.index.insert(key, self.matches.len());
        self.matches.push(ArtifactMatch { rule: Arc::clone(rule), level, message, place, text, count: 1 });
    }

    fn finish(mut self) -> Vec<ArtifactMatch> {
        for one in self.matches.iter_mut().filter(|one| one.count > 1) {
            one.message.push_str(&format!(" ({} times)", one.count));
        }
        self.matches.sort_by(|a, b| (&a.place, &a.rule.id, &a.message).cmp(&(&b.place, &b.rule.id, &b.message)));
        self.matches
    }
}

/// Of bytes that nothing in the artifact loads it is true only that whoever loads them does this.
fn idle(level: Level, message: String) -> (Level, String) {
    match message.strip_prefix("loading this ") {
        Some(does) => {
            let message = format!("nothing in this file unpickles these bytes; unpickling them {does}");
            (level.min(Level::Warning), message)
        }
        None => (level, message),
    }
}

fn stream_words(streams: &[(&ArtifactFact, &PickleStream)]) -> String {
    let imports = streams.iter().flat_map(|(_, stream)| &stream.imports);
    let mut told = FxHashSet::default();
    let names: Vec<&str> = imports.map(|callee| callee.name.as_str()).filter(|name| told.insert(*name)).collect();
    let shown: Vec<_> = names.iter().take(6).map(|name| format!("`{name}`")).collect();
    let is_whole = streams.iter().all(|(_, stream)| stream.end == StreamEnd::Stop);
    let so_far = if is_whole { "" } else { ", as far as it could be read," };
    match names.len() {
        0 if is_whole => "this one imports nothing, so it has nothing to call".to_owned(),
        0 => "this one imports nothing as far as it could be read".to_owned(),
        1 => format!("this one{so_far} imports 1 name: {}", shown.join(", ")),
        count @ 2..=6 => format!("this one{so_far} imports {count} names: {}", shown.join(", ")),
        count => format!("this one{so_far} imports {count} names: {}, …", shown.join(", ")),
    }
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((cut, _)) => format!("{}…", &text[..cut]),
        None => text.to_owned(),
    }
}

fn fill(template: &str, words: &[(&str, String)]) -> String {
    let mut filled = String::with_capacity(template.len() + 60);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((blank, next)) = after.split_once('}') else {
            filled.push('{');
            rest = after;
            continue;
        };
        filled.push_str(words.iter().find(|(name, _)| *name == blank).map_or("", |(_, word)| word));
        rest = next;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_stream_that_breaks_off_only_what_was_read_is_told() {
        let stream = |end| PickleStream {
            protocol: 2,
            opcodes: [0; 4],
            operations: 1,
            end,
            result: crate::fact::pickle::Datum::Unknown,
            imports: Vec::new(),
            persistent_types: Vec::new(),
            item_takers: Vec::new(),
            has_foreign_ids: false,
        };
        let words = |end| {
            let seen = Seen::Stream(Box::new(stream(end)));
            let fact = ArtifactFact { place: Place::default(), seen };
            let Seen::Stream(stream) = &fact.seen else { return String::new() };
            stream_words(&[(&fact, stream)])
        };
        assert_eq!(words(StreamEnd::Stop), "this one imports nothing, so it has nothing to call");
        assert_eq!(words(StreamEnd::Truncated), "this one imports nothing as far as it could be read");
    }

    #[test]
    fn of_idle_bytes_it_is_said_that_nothing_loads_them() {
        let told = idle(Level::Error, "loading this calls `os.system(\"id\")`".to_owned());
        let message =
            "nothing in this file unpickles these bytes; unpickling them calls `os.system(\"id\")`".to_owned();
        assert_eq!(told, (Level::Warning, message));
        let other = "readers of this archive can disagree: x".to_owned();
        assert_eq!(idle(Level::Warning, other.clone()), (Level::Warning, other));
    }
}
