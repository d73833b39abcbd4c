//! Which rules apply, and at which level: selectors, as in Ruff. The more exact one wins; between two equally exact
//! ones, leaving out wins. A later layer changes what an earlier one chose; its `select` starts afresh.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::place::{ConfigError, Given};
use super::raw::{LevelChoice, RawConfig, Word};
use crate::finding::Level;
use crate::rules::{Rule, RuleSet, Selector};
use crate::text::nearest;

/// "did you mean `select`?"
pub(super) fn did_you_mean<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|word| format!("did you mean `{word}`?"))
}

/// Turns a typed word into a selector.
///
/// # Errors
/// If it means no rule of `set`.
pub(super) fn selector(word: &Word, set: &RuleSet) -> Result<Selector, ConfigError> {
    let selector = Selector::new(word.value.trim());
    if selector.selects_any(set) {
        return Ok(selector);
    }
    let help = did_you_mean(&word.value, set.words());
    let help = help.unwrap_or_else(|| "`loadlint rule --all` lists the rules".to_owned());
    Err(word.place.error(format!("unknown rule `{}`", word.value)).with_help(Some(help)))
}

fn selectors(words: [&Option<Given<Vec<Word>>>; 2], set: &RuleSet) -> Result<Vec<Selector>, ConfigError> {
    words.into_iter().flatten().flat_map(|given| &given.value).map(|word| selector(word, set)).collect()
}

/// The rules that apply and the levels that differ from the rules' own.
#[derive(Debug, Default)]
pub(super) struct Choice {
    pub(super) rules: Vec<Arc<Rule>>,
    pub(super) levels: FxHashMap<Arc<str>, Level>,
}

/// Chooses from `set` what the layers say, the weakest layer first.
pub(super) fn choose(set: &RuleSet, layers: &[&RawConfig]) -> Result<Choice, ConfigError> {
    let mut applies = vec![true; set.rules().len()];
    let mut levels = FxHashMap::default();
    for layer in layers {
        let select = selectors([&layer.select, &layer.extend_select], set)?;
        let ignore = selectors([&layer.ignore, &layer.extend_ignore], set)?;
        let mut said = Vec::new();
        for entry in layer.levels.iter().flat_map(|given| &given.value) {
            said.push((selector(&entry.rule, set)?, entry.choice.value));
        }
        for (rule, applies) in set.rules().iter().zip(&mut applies) {
            let exactness = |selectors: &[Selector]| selectors.iter().filter_map(|s| s.specificity(rule)).max();
            let level = said.iter().filter_map(|(selector, choice)| Some((selector.specificity(rule)?, *choice)));
            let level = level.max_by_key(|(exactness, _)| *exactness);
            let off = level.filter(|(_, choice)| *choice == LevelChoice::Off).map(|(exactness, _)| exactness);
            let (selected, ignored) = (exactness(&select), exactness(&ignore).max(off));
            *applies = match (selected, ignored) {
                (Some(selected), Some(ignored)) => selected > ignored,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => *applies && layer.select.is_none(),
            };
            if let Some((_, LevelChoice::Level(level))) = level {
                levels.insert(Arc::clone(&rule.id), level);
            }
        }
    }
    let rules = set.rules().iter().zip(&applies).filter(|(_, applies)| **applies).map(|(rule, _)| Arc::clone(rule));
    Ok(Choice { rules: rules.collect(), levels })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::place::Place;
    use crate::rules::parse_rule;

    fn set() -> RuleSet {
        let mut set = crate::rules::builtin().clone();
        let text = include_str!("../../rules/code/LL101.toml");
        for (id, name, alias) in
            [("XY101", "first-load", "Q1"), ("XY102", "second-load", "Q2"), ("XY201", "third-load", "Q3")]
        {
            let text = text.replace("LL101", id).replace("torch-load-unpickles", name).replace("B614", alias);
            set.add(parse_rule("x.toml", &text).expect("valid"), "x.toml", &text).expect("new");
        }
        set
    }

    fn words(words: &[&str]) -> Option<Given<Vec<Word>>> {
        let word = |word: &&str| Given { value: (*word).to_owned(), place: Place::Option("--select") };
        Some(Given { value: words.iter().map(word).collect(), place: Place::Option("--select") })
    }

    fn own(layers: &[&RawConfig]) -> Vec<String> {
        let choice = choose(&set(), layers).expect("valid");
        choice.rules.iter().map(|rule| rule.id.to_string()).filter(|id| id.starts_with("XY")).collect()
    }

    #[test]
    fn the_more_exact_selector_wins_and_leaving_out_wins_a_tie() {
        let layer = RawConfig {
            select: words(&["XY"]),
            ignore: words(&["XY1"]),
            extend_select: words(&["q2"]),
            ..RawConfig::default()
        };
        assert_eq!(own(&[&layer]), ["XY102", "XY201"]);
        let tie = RawConfig { select: words(&["XY101"]), ignore: words(&["XY101"]), ..RawConfig::default() };
        assert!(own(&[&tie]).is_empty());
    }

    #[test]
    fn a_later_select_starts_afresh_and_a_later_ignore_takes_away() {
        let file = RawConfig { select: words(&["XY1"]), ..RawConfig::default() };
        let ignore = RawConfig { ignore: words(&["first-load"]), ..RawConfig::default() };
        let select = RawConfig { select: words(&["XY201"]), ..RawConfig::default() };
        assert_eq!(own(&[&file, &ignore]), ["XY102"]);
        assert_eq!(own(&[&file, &select]), ["XY201"]);
        assert_eq!(own(&[]).len(), 3);
    }

    #[test]
    fn a_rule_that_does_not_exist_is_an_error_with_a_guess() {
        let layer = RawConfig { select: words(&["frist-load"]), ..RawConfig::default() };
        let error = choose(&set(), &[&layer]).expect_err("unknown");
        assert_eq!(error.to_string(), "--select: unknown rule `frist-load`\n  = help: did you mean `first-load`?");
    }
}
