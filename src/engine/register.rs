//! The threat register, once every input was looked at: what is wrong with it, and what nothing cites.

use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::excuse::problem_finding;
use crate::config::{Comments, Settings};
use crate::fact::SuppressionProblem;
use crate::finding::{Citation, Finding, Outcome};
use crate::rules::Rule;
use crate::suppress::threats::check;
use crate::suppress::{RegisterFile, Threat};

/// Adds to `outcome` what can be said of the registers of all `settings`, each register once. `covers` tells whether
/// everything in a folder, or a file, was to be looked at (paths from the root).
///
/// Problems of an entry are told where the register was to be looked at, or where something cites the entry. That nothing
/// cites an entry is told only where everything was looked at: not for single files, and not if something could not be read.
pub fn add_registers(outcome: &mut Outcome, settings: &[Arc<Settings>], covers: &dyn Fn(&Path) -> bool) {
    let mut told: Vec<&Path> = Vec::new();
    let mut found = Vec::new();
    let mut notices = Vec::new();
    for settings in settings.iter().filter(|settings| settings.comments != Comments::Disregarded) {
        let register = &settings.register;
        if told.contains(&register.path.as_path()) {
            continue;
        }
        told.push(&register.path);
        notices.extend(register.problem.clone());
        let Some(file) = &register.file else { continue };
        let is_covered = covers(&register.path) || covers(&register.root);
        let is_whole = covers(&register.root) && outcome.notices.is_empty();
        let mut here = own_findings(file, settings, &outcome.citations, is_covered);
        if is_whole {
            here.extend(uncited(file, settings, &outcome.citations));
        }
        let ignored = settings.ignored_rules(file.name.path());
        here.retain(|finding| finding.level >= settings.min_level && !ignored.contains(&finding.rule_id));
        found.extend(here);
    }
    outcome.findings.extend(found);
    outcome.notices.extend(notices);
    if !settings.iter().any(|settings| settings.register.file.is_some()) {
        gather_uncited_comments(outcome, settings);
    }
    outcome.sort();
}

/// What is wrong with a register by itself: of all entries, or of those that are cited.
pub fn own_findings(file: &RegisterFile, settings: &Settings, citations: &[Citation], all: bool) -> Vec<Finding> {
    let cited = ids(citations);
    let entries = &file.register.entries;
    let is_meant = |region: crate::text::Region| {
        all || entries.iter().any(|entry| entry.whole.contains(region) && cited.contains(&*entry.id))
    };
    let problems = check::problems(file, &settings.rule_set, &settings.policy);
    let problems = problems.into_iter().filter(|problem| is_meant(problem.region));
    problems.filter_map(|problem| problem_finding(problem, settings, &|region| file.locate(region))).collect()
}

fn uncited(file: &RegisterFile, settings: &Settings, citations: &[Citation]) -> Vec<Finding> {
    let cited = ids(citations);
    // A duplicate is told as one; the first entry is the one that is cited.
    let is_first = |entry: &&Threat| file.register.find(&entry.id).is_some_and(|first| first.line == entry.line);
    let in_force = |entry: &&Threat| entry.status().is_some_and(crate::suppress::Status::is_in_force);
    let entries = file.register.entries.iter().filter(is_first).filter(in_force);
    let problems = entries.filter(|entry| !cited.contains(&*entry.id)).map(|entry| check::uncited(file, entry));
    problems.filter_map(|problem| problem_finding(problem, settings, &|region| file.locate(region))).collect()
}

fn ids(citations: &[Citation]) -> FxHashSet<&str> {
    citations.iter().flat_map(|citation| &citation.threats).map(|id| &**id).collect()
}

/// Other places that a gathered finding shows.
const MAX_SHOWN: usize = 20;

/// Without any register every comment lacks a threat for the same reason, and is told with the first.
fn gather_uncited_comments(outcome: &mut Outcome, settings: &[Arc<Settings>]) {
    let is_about = |rule: &Arc<Rule>| {
        rule.when.suppressions().iter().any(|clause| clause.problem.contains(&SuppressionProblem::NoThreat))
    };
    let rules: FxHashSet<_> = settings
        .iter()
        .flat_map(|settings| &settings.rules)
        .filter(|rule| is_about(rule))
        .map(|rule| &rule.id)
        .collect();
    let is_uncited = |finding: &Finding| rules.contains(&finding.rule_id);
    outcome.sort();
    let (mut gathered, rest): (Vec<_>, Vec<_>) =
        std::mem::take(&mut outcome.findings).into_iter().partition(is_uncited);
    outcome.findings = rest;
    let more = gathered.split_off(gathered.len().min(1));
    if let Some(mut first) = gathered.pop() {
        let others = match more.len() {
            0 => "this comment cites no threat".to_owned(),
            1 => "this comment and another one cite no threat".to_owned(),
            count => format!("this comment and {count} others cite no threat"),
        };
        first.message = format!(
            "{others}, and there is no register to look one up: write entries in THREATS.md and cite them; `policy = \
             \"bandit\"` in `[suppressions]` accepts plain comments until then"
        );
        let step =
            |other: Finding| crate::finding::FlowStep { location: other.location, message: "this one too".to_owned() };
        first.reasons.extend(more.into_iter().take(MAX_SHOWN).map(step));
        outcome.findings.push(first);
    }
}
