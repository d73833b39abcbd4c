//! Rules about manifests: which calls name a model file, and what a disagreement is called.

use std::sync::Arc;

use super::model::{LoadClause, ManifestKind, Rule};
use crate::fact::{Argument, Atom, Call, CallForm, Facts, Value};
use crate::finding::Level;
use crate::text::Region;

/// What a call says of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CodeLoadKind {
    /// It reads it.
    Load,
    /// It gives its SHA-256, in hexadecimal digits.
    Digest(String),
}

/// A call that names a model file by a constant.
#[derive(Debug, Clone)]
pub struct CodeLoad {
    /// The rules that ask for it; an excuse of one of them counts.
    pub rule: Arc<Rule>,
    /// The call.
    pub region: Region,
    /// The statement it stands in.
    pub statement: Region,
    /// Every path it can be.
    pub paths: Vec<String>,
    /// What it says.
    pub kind: CodeLoadKind,
}

/// The calls of one text that name model files by constants, in their order.
pub fn code_loads(rules: &[Arc<Rule>], facts: &Facts) -> Vec<CodeLoad> {
    let mut loads = Vec::new();
    for rule in rules.iter().filter(|rule| rule.when.is_of_manifests()) {
        for clause in &rule.when.load {
            let calls = facts.calls.iter().filter(|call| matches!(call.form, CallForm::Called | CallForm::Bound));
            for call in calls.filter(|call| is_meant(clause, call)) {
                let Some(paths) = path(clause, call) else { continue };
                let CallPlace { region, statement } = place(call);
                loads.push(CodeLoad { rule: Arc::clone(rule), region, statement, paths, kind: CodeLoadKind::Load });
            }
        }
        let keywords: Vec<&str> =
            rule.when.digest.iter().flat_map(|clause| clause.keyword.iter().map(String::as_str)).collect();
        if !keywords.is_empty() {
            loads.extend(
                facts.calls.iter().chain(&facts.unknown_calls).filter_map(|call| digest(rule, &keywords, call)),
            );
        }
    }
    loads.sort_by(|a, b| (a.region, &a.rule.id).cmp(&(b.region, &b.rule.id)));
    loads.dedup_by(|a, b| a.region == b.region && a.kind == b.kind && a.rule.id == b.rule.id);
    loads
}

struct CallPlace {
    region: Region,
    statement: Region,
}

fn place(call: &Call) -> CallPlace {
    CallPlace { region: call.region, statement: call.statement }
}

fn is_meant(clause: &LoadClause, call: &Call) -> bool {
    call.targets.iter().any(|target| clause.function.iter().any(|pattern| pattern.matches(&target.name)))
}

fn argument<'c>(clause: &LoadClause, call: &'c Call) -> Option<&'c Argument> {
    let named = |argument: &&Argument| argument.name.is_some() && argument.name.as_deref() == clause.name.as_deref();
    let placed = |argument: &&Argument| argument.position == Some(clause.position);
    call.arguments.iter().find(named).or_else(|| call.arguments.iter().find(placed))
}

/// The paths that the call can be given, if all of them are known.
fn path(clause: &LoadClause, call: &Call) -> Option<Vec<String>> {
    let argument = argument(clause, call)?;
    let paths = texts(&argument.value).or_else(|| argument.opened.as_ref().and_then(texts))?;
    let ends = |path: &String| {
        let path = path.to_lowercase();
        clause.suffix.is_empty() || clause.suffix.iter().any(|suffix| path.ends_with(suffix.as_str()))
    };
    paths.iter().all(|path| ends(path) && is_path(path)).then_some(paths)
}

/// The texts that a value can be; `None` if it can be anything else.
fn texts(value: &Value) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    for alternative in &value.alternatives {
        match &alternative.atom {
            Atom::Text(text) if !text.is_empty() => texts.push(text.to_string()),
            Atom::None => {}
            _ => return None,
        }
    }
    texts.dedup();
    (!texts.is_empty()).then_some(texts)
}

/// Not an address: the manifest is about files that are here.
fn is_path(text: &str) -> bool {
    !text.contains("://") && !text.contains('\0')
}

/// A call that is given a digest, and the texts among its arguments that may name the file.
fn digest(rule: &Arc<Rule>, keywords: &[&str], call: &Call) -> Option<CodeLoad> {
    let is_digest = |argument: &&Argument| argument.name.as_deref().is_some_and(|name| keywords.contains(&name));
    let given = call.arguments.iter().find(is_digest)?;
    let [text] = <[String; 1]>::try_from(texts(&given.value)?).ok()?;
    let hex = text.strip_prefix("sha256:").unwrap_or(&text).to_ascii_lowercase();
    if hex.len() != 64 || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let others = call.arguments.iter().filter(|argument| !std::ptr::eq(*argument, given));
    let paths: Vec<String> = others.filter_map(|argument| texts(&argument.value)).flatten().collect();
    let CallPlace { region, statement } = place(call);
    let kind = CodeLoadKind::Digest(hex);
    (!paths.is_empty()).then(|| CodeLoad { rule: Arc::clone(rule), region, statement, paths, kind })
}

/// What a manifest and its files disagree about, with the words for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFact {
    /// What.
    pub kind: ManifestKind,
    /// The file's path, as the manifest or the code says it.
    pub path: String,
    /// The manifest, as it is shown.
    pub manifest: String,
    /// What the manifest says.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// Anything else there is to say.
    pub why: String,
}

/// A rule that a disagreement breaks.
#[derive(Debug, Clone)]
pub struct ManifestMatch {
    /// Which.
    pub rule: Arc<Rule>,
    /// The level by the clause that held.
    pub level: Level,
    /// The filled message.
    pub message: String,
}

/// The rules that a disagreement breaks: mostly one, none if it is switched off.
pub fn match_manifest(rules: &[Arc<Rule>], fact: &ManifestFact) -> Vec<ManifestMatch> {
    let mut matches = Vec::new();
    for rule in rules {
        let Some(clause) = rule.when.manifest.iter().find(|clause| clause.kind.contains(&fact.kind)) else { continue };
        let message = clause.message.as_ref().unwrap_or(&rule.message);
        let level = clause.level.unwrap_or(rule.level);
        matches.push(ManifestMatch { rule: Arc::clone(rule), level, message: fill(message, fact) });
    }
    matches
}

fn fill(message: &str, fact: &ManifestFact) -> String {
    let mut filled = String::with_capacity(message.len() + 160);
    let mut rest = message;
    // Blanks are filled from left to right, so that a path with braces in it fills nothing.
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((blank, next)) = after.split_once('}') else { break };
        filled.push_str(match blank {
            "path" => &fact.path,
            "manifest" => &fact.manifest,
            "expected" => &fact.expected,
            "found" => &fact.found,
            _ => &fact.why,
        });
        rest = next;
    }
    filled.push_str(rest);
    filled
}
