//! All rules of a run, and how people name them.

use std::sync::{Arc, LazyLock, OnceLock};

use super::clauses::Clauses;
use super::load::{RuleError, embedded};
use super::model::{ArgumentCondition, Rule};
use super::unread::Unread;
use crate::fact::{NameList, Vocabulary};

include!(concat!(env!("OUT_DIR"), "/embedded_rules.rs"));

/// A rule that is part of loadlint.
struct RuleFile {
    path: &'static str,
    id: &'static str,
    name: &'static str,
    aliases: &'static [&'static str],
    /// What the file says without the clauses, as JSON.
    written: &'static str,
    /// The keys of the clauses.
    keys: &'static [&'static str],
    /// The clauses, as JSON.
    when: &'static str,
}

/// The lists of functions with a role, by name. Only code is held against them.
static LISTS: LazyLock<Vec<NameList>> =
    LazyLock::new(|| LIST_FILES.iter().map(|(path, json)| embedded(path, json)).collect());

/// Rules, ordered by id.
#[derive(Debug, Clone)]
pub struct RuleSet {
    rules: Vec<Arc<Rule>>,
}

/// How a user names rules: an id, a name, an alias, a prefix of ids (`LL1`), or `ALL`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Selector(String);

/// The rules that are part of loadlint.
///
/// # Panics
/// Never in a build whose tests pass: they load every embedded file.
pub fn builtin() -> &'static RuleSet {
    static BUILTIN: OnceLock<RuleSet> = OnceLock::new();
    BUILTIN.get_or_init(|| {
        let files =
            RULE_FILES.iter().chain(ARTIFACT_RULE_FILES).chain(SUPPRESSION_RULE_FILES).chain(MANIFEST_RULE_FILES);
        let mut rules: Vec<_> = files.map(|file| Arc::new(rule(file))).collect();
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        RuleSet { rules }
    })
}

fn rule(file: &RuleFile) -> Rule {
    Rule {
        id: file.id.into(),
        name: file.name.into(),
        aliases: file.aliases.iter().map(|alias| Arc::from(*alias)).collect(),
        when: Clauses::embedded(file.path, file.keys, file.when),
        written: Unread::embedded(file.path, file.written),
    }
}

impl RuleSet {
    /// Adds a rule read from the file `path` with the content `text`.
    ///
    /// # Errors
    /// If a rule of the same id or name is there already, or the rule names an unknown list.
    pub fn add(&mut self, rule: Rule, path: &str, text: &str) -> Result<(), RuleError> {
        if let Some(other) = self.rules.iter().find(|r| r.id == rule.id || r.name == rule.name) {
            let (key, value) = if other.id == rule.id { ("id", &rule.id) } else { ("name", &rule.name) };
            return Err(RuleError::at_key(
                path,
                text,
                key,
                format!("the {key} `{value}` is taken by rule {}", other.id),
            ));
        }
        let conditions = rule.when.call.iter().flat_map(|call| call.argument.iter().chain(&call.unless));
        for name in conditions.flat_map(|condition| &condition.from) {
            if !LISTS.iter().any(|list| *list.name == **name) {
                let known: Vec<_> = LISTS.iter().map(|list| format!("`{}`", list.name)).collect();
                let message = format!("there is no list `{name}`; there are {}", known.join(", "));
                return Err(RuleError::at_key(path, text, "from", message));
            }
        }
        let at = self.rules.partition_point(|other| other.id < rule.id);
        self.rules.insert(at, Arc::new(rule));
        Ok(())
    }

    /// All rules, by id.
    pub fn rules(&self) -> &[Arc<Rule>] {
        &self.rules
    }

    /// The rule with this id, name or alias (the first that has it), whatever the case.
    pub fn find(&self, word: &str) -> Option<&Arc<Rule>> {
        let same = |text: &str| text.eq_ignore_ascii_case(word);
        let by = |test: &dyn Fn(&Rule) -> bool| self.rules.iter().find(|rule| test(rule));
        by(&|rule| same(&rule.id))
            .or_else(|| by(&|rule| same(&rule.name)))
            .or_else(|| by(&|rule| rule.aliases.iter().any(|alias| same(alias))))
    }

    /// Every word that names a rule: ids, names, aliases.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.rules.iter().flat_map(|r| [&*r.id, &*r.name].into_iter().chain(r.aliases.iter().map(|alias| &**alias)))
    }

    /// The names that facts must be made of for `rules`.
    pub fn vocabulary<'a>(&self, rules: impl Iterator<Item = &'a Rule>) -> Vocabulary {
        let mut vocabulary = Vocabulary::new(&LISTS);
        for rule in rules {
            let when = &rule.when;
            for clause in &when.call {
                let keywords: Vec<_> = clause.argument.iter().filter_map(ArgumentCondition::needed_keyword).collect();
                clause.function.iter().for_each(|pattern| vocabulary.add_function(pattern, &keywords));
            }
            let conditions = when.call.iter().flat_map(|clause| clause.argument.iter().chain(&clause.unless));
            let conditions = conditions.chain(when.keyword.iter().map(|clause| &clause.argument));
            for condition in conditions {
                let Some(name) = condition.name.as_deref() else { continue };
                vocabulary.add_argument(name);
                if !condition.from.is_empty() {
                    vocabulary.add_traced(name);
                }
            }
            for keyword in when.keyword.iter().filter_map(|clause| clause.argument.name.as_deref()) {
                vocabulary.add_keyword(keyword);
            }
            let fallbacks = when.fallback.iter().flat_map(|clause| &clause.function);
            let assigned = when.assign.iter().flat_map(|clause| clause.target.iter().chain(&clause.calls));
            let loads = when.load.iter().flat_map(|clause| &clause.function);
            for name in when.load.iter().filter_map(|clause| clause.name.as_deref()) {
                vocabulary.add_argument(name);
            }
            for keyword in when.digest.iter().flat_map(|clause| &clause.keyword) {
                vocabulary.add_digest_keyword(keyword);
            }
            for pattern in fallbacks.chain(assigned).chain(loads) {
                vocabulary.add_function(pattern, &[]);
            }
            for clause in &when.command {
                clause.option.iter().for_each(|name| vocabulary.add_option(name));
                clause.program.iter().for_each(|words| vocabulary.add_program(words));
            }
            for key in when.setting.iter().flat_map(|clause| &clause.key) {
                vocabulary.add_setting(key);
            }
            for variable in when.environment.iter().flat_map(|clause| &clause.variable) {
                vocabulary.add_variable(variable);
            }
        }
        vocabulary
    }
}

impl Selector {
    /// From what the user typed.
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }

    /// What the user typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `rule` is meant.
    pub fn selects(&self, rule: &Rule) -> bool {
        self.specificity(rule).is_some()
    }

    /// How exactly `rule` is meant: the more, the stronger against a less exact selector. `None` if it is not.
    pub fn specificity(&self, rule: &Rule) -> Option<usize> {
        let same = |text: &str| text.eq_ignore_ascii_case(&self.0);
        if same(&rule.id) || same(&rule.name) {
            return Some(usize::MAX);
        }
        if rule.aliases.iter().any(|alias| same(alias)) {
            return Some(usize::MAX - 1);
        }
        if same("ALL") {
            return Some(0);
        }
        let is_prefix = self.0.len() < rule.id.len() && rule.id[..self.0.len()].eq_ignore_ascii_case(&self.0);
        (is_prefix && self.0.len() >= 2).then_some(self.0.len())
    }

    /// Whether any rule of `set` is meant.
    pub fn selects_any(&self, set: &RuleSet) -> bool {
        self.0.eq_ignore_ascii_case("ALL") || set.rules().iter().any(|rule| self.selects(rule))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::load::{parse_data, parse_rule};

    #[test]
    fn every_embedded_rule_and_list_is_valid_and_stands_in_the_file_of_its_id() {
        let lists: Vec<NameList> =
            LIST_FILES_AS_WRITTEN.iter().map(|(path, text)| parse_data(path, text).expect("a valid list")).collect();
        assert_eq!(format!("{:?}", *LISTS), format!("{lists:?}"), "what is embedded is what is written");
        let mut set = RuleSet { rules: Vec::new() };
        let files = RULE_FILES_AS_WRITTEN.iter().chain(ARTIFACT_RULE_FILES_AS_WRITTEN);
        for (path, text) in files.chain(SUPPRESSION_RULE_FILES_AS_WRITTEN).chain(MANIFEST_RULE_FILES_AS_WRITTEN) {
            let rule = parse_rule(path, text).expect("a valid rule");
            assert_eq!(path.rsplit('/').next(), Some(format!("{}.toml", rule.id).as_str()));
            set.add(rule, path, text).expect("a rule of its own");
        }
        assert!(!set.rules.is_empty());
        assert_eq!(format!("{:?}", builtin()), format!("{set:?}"), "what is embedded is what is written");
    }

    #[test]
    fn a_rule_is_found_by_id_name_and_alias_and_a_prefix_selects() {
        let rule = builtin().find("b614").expect("an alias");
        assert_eq!(&*rule.id, "LL101");
        assert_eq!(builtin().find("torch-load-unpickles").map(|r| r.id.clone()), Some(rule.id.clone()));
        assert!(Selector::new("LL1").selects(rule) && Selector::new("ALL").selects(rule));
        assert!(!Selector::new("LL2").selects(rule) && !Selector::new("L").selects(rule));
    }
}
