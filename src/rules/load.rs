//! Reads and checks rule files. Every complaint points at the line of the file it is about.

use std::fmt;

use super::model::{ArgumentCondition, FixClause, Rule};
use crate::text::LineIndex;

/// What is wrong with a rule file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct RuleError {
    /// The file, as it was named.
    pub path: String,
    /// Line, from 1.
    pub line: u32,
    /// Column in code points, from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.path, self.line, self.column, self.message)
    }
}

impl RuleError {
    fn at(path: &str, text: &str, offset: usize, message: String) -> Self {
        let position = LineIndex::new(text).position(text, offset as u32);
        Self { path: path.to_owned(), line: position.line, column: position.column, message }
    }

    /// At the first line that sets `key`; at the file's start if none does.
    pub(super) fn at_key(path: &str, text: &str, key: &str, message: String) -> Self {
        let sets = |line: &str| {
            let rest = line.trim_start_matches(['[', ' ', '\t', '{']);
            rest.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', ']', '.']))
        };
        let mut offset = 0;
        for line in text.split_inclusive('\n') {
            if sets(line) {
                return Self::at(path, text, offset, message);
            }
            offset += line.len();
        }
        Self::at(path, text, 0, message)
    }

    fn from_toml(path: &str, text: &str, error: &toml::de::Error) -> Self {
        let offset = error.span().map_or(0, |span| span.start);
        Self::at(path, text, offset, error.message().trim().replace('\n', "; "))
    }
}

/// Reads a list as it was written.
///
/// # Errors
/// If the text is no TOML or does not have the shape of `T`.
#[cfg(test)]
pub(super) fn parse_data<T: serde::de::DeserializeOwned>(path: &str, text: &str) -> Result<T, RuleError> {
    toml::from_str(text).map_err(|error| RuleError::from_toml(path, text, &error))
}

/// Reads a rule or a list that is part of loadlint, from the JSON that the build made of it.
///
/// # Panics
/// Never in a build whose tests pass: they read every embedded file.
pub(super) fn embedded<'a, T: serde::Deserialize<'a>>(path: &str, json: &'a str) -> T {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Reads one rule from the file `path` with the content `text`.
///
/// # Errors
/// If the text is no TOML, has unknown or missing keys, an empty text, an id or name of the wrong form, a blank in a
/// message that nothing fills, no clause, or a condition that asks nothing or two things.
pub fn parse_rule(path: &str, text: &str) -> Result<Rule, RuleError> {
    let rule: Rule = toml::from_str(text).map_err(|error| RuleError::from_toml(path, text, &error))?;
    let wrong = |key: &str, message: String| Err(RuleError::at_key(path, text, key, message));
    let id_holds = rule.id.len() >= 3
        && rule.id.trim_start_matches(|c: char| c.is_ascii_uppercase()).chars().all(|c| c.is_ascii_digit())
        && rule.id.starts_with(|c: char| c.is_ascii_uppercase())
        && rule.id.ends_with(|c: char| c.is_ascii_digit());
    if !id_holds {
        return wrong("id", format!("`{}` is no rule id: capital letters, then digits", rule.id));
    }
    let kebab = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if rule.name.len() < 3 || !rule.name.chars().all(kebab) {
        return wrong("name", format!("`{}` is no rule name: lower-case words joined by `-`", rule.name));
    }
    for start in ["avoid-", "use-", "no-", "prefer-"] {
        if rule.name.starts_with(start) {
            return wrong("name", format!("a rule name says what stands there, so it does not start with `{start}`"));
        }
    }
    let texts = [
        ("summary", &rule.summary),
        ("message", &rule.message),
        ("explain", &rule.explain),
        ("cure", &rule.cure),
        ("example", &rule.example),
        ("instead", &rule.instead),
    ];
    if let Some((key, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
        return wrong(key, format!("`{key}` is empty"));
    }
    if !(0.1..=10.0).contains(&rule.security_severity) {
        return wrong("security_severity", "`security_severity` is from 0.1 to 10.0".to_owned());
    }
    let cwe_holds = |cwe: &String| cwe.strip_prefix("CWE-").is_some_and(|n| n.parse::<u32>().is_ok());
    if rule.cwe.is_empty() || !rule.cwe.iter().all(cwe_holds) {
        return wrong("cwe", "`cwe` is a list of at least one id such as \"CWE-502\"".to_owned());
    }
    let when = &rule.when;
    let of_code = !(when.call.is_empty()
        && when.keyword.is_empty()
        && when.fallback.is_empty()
        && when.assign.is_empty()
        && when.environment.is_empty()
        && when.command.is_empty()
        && when.setting.is_empty());
    if !of_code
        && when.embedded_call.is_empty()
        && !when.is_of_artifacts()
        && !when.is_of_suppressions()
        && !when.is_of_manifests()
    {
        return wrong("when", "the rule has no `when` clause, so it finds nothing".to_owned());
    }
    let functions = when.call.iter().chain(&when.embedded_call).map(|clause| ("function", clause.function.len()));
    let fallbacks = when.fallback.iter().map(|clause| ("function", clause.function.len()));
    let targets = when.assign.iter().map(|clause| ("target", clause.target.len()));
    let variables = when.environment.iter().map(|clause| ("variable", clause.variable.len()));
    let keys = when.setting.iter().map(|clause| ("key", clause.key.len()));
    let commands = when.command.iter().map(|clause| ("command", clause.program.len() + clause.option.len()));
    let uses = when.uses.iter().flat_map(|clause| [("of", clause.of.len()), ("verdict", clause.verdict.len())]);
    let observed = when.observed.iter().map(|clause| ("kind", clause.kind.len()));
    let loads = when.load.iter().map(|clause| ("function", clause.function.len()));
    let digests = when.digest.iter().map(|clause| ("keyword", clause.keyword.len()));
    let manifests = when.manifest.iter().map(|clause| ("kind", clause.kind.len()));
    let problems = when.suppression.iter().map(|clause| ("problem", clause.problem.len()));
    let lists = functions.chain(fallbacks).chain(targets).chain(variables).chain(uses).chain(observed).chain(problems);
    for (key, count) in lists.chain(keys).chain(commands).chain(loads).chain(digests).chain(manifests) {
        if count == 0 {
            return wrong(key, format!("`{key}` is an empty list, so the clause finds nothing"));
        }
    }
    if when.keyword.iter().any(|clause| clause.argument.name.is_none()) {
        return wrong("keyword", "the argument of a `keyword` clause needs a `name`".to_owned());
    }
    for condition in conditions(&rule) {
        if let Err((key, message)) = check_condition(condition) {
            return wrong(key, message);
        }
    }
    for fix in &rule.fix {
        if let Err((key, message)) = check_fix(fix, &rule) {
            return wrong(key, message);
        }
    }
    let blanks: &[&str] = match (when.is_of_artifacts(), when.is_of_suppressions()) {
        (true, _) => &ARTIFACT_BLANKS,
        (false, true) => &SUPPRESSION_BLANKS,
        (false, false) if when.is_of_manifests() => &MANIFEST_BLANKS,
        (false, false) => &BLANKS,
    };
    for message in messages(&rule) {
        if let Some(blank) = unknown_blank(message, blanks) {
            let known: Vec<_> = blanks.iter().map(|blank| format!("{{{blank}}}")).collect();
            return wrong("message", format!("`{{{blank}}}` is no blank; there are {}", known.join(", ")));
        }
    }
    Ok(rule)
}

/// The blanks of a message about code; `{argument:NAME}` and `{source:NAME}` take any argument's name or position.
const BLANKS: [&str; 8] =
    ["function", "written", "first", "subclass", "process", "program", "argument:NAME", "source:NAME"];
/// The blanks of a message about an artifact.
const ARTIFACT_BLANKS: [&str; 6] = ["use", "name", "does", "effect", "why", "subject"];
/// What stands for something in a message about a manifest.
const MANIFEST_BLANKS: [&str; 5] = ["path", "manifest", "expected", "found", "why"];

/// The blanks of a message about a comment or the register.
const SUPPRESSION_BLANKS: [&str; 1] = ["subject"];

fn unknown_blank<'m>(message: &'m str, blanks: &[&str]) -> Option<&'m str> {
    let mut rest = message;
    while let Some((_, after)) = rest.split_once('{') {
        let (blank, next) = after.split_once('}')?;
        let kind = blank.split_once(':').map_or(blank, |(kind, _)| kind);
        let same = |known: &&str| known.split_once(':').map_or(*known, |(kind, _)| kind) == kind;
        if !blanks.iter().any(same) {
            return Some(blank);
        }
        rest = next;
    }
    None
}

fn messages(rule: &Rule) -> impl Iterator<Item = &str> {
    let when = &rule.when;
    let clauses = when.call.iter().chain(&when.embedded_call).filter_map(|clause| clause.message.as_deref());
    let clauses = clauses.chain(when.keyword.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.fallback.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.assign.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.environment.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.command.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.setting.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.uses.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.observed.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.pickle.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.manifest.iter().filter_map(|clause| clause.message.as_deref()));
    let clauses = clauses.chain(when.suppression.iter().filter_map(|clause| clause.message.as_deref()));
    std::iter::once(rule.message.as_str()).chain(clauses)
}

fn conditions(rule: &Rule) -> impl Iterator<Item = &ArgumentCondition> {
    let when = &rule.when;
    let calls =
        when.call.iter().chain(&when.embedded_call).flat_map(|clause| clause.argument.iter().chain(&clause.unless));
    let fallbacks = when.fallback.iter().flat_map(|clause| clause.first.iter().chain(&clause.then));
    let keywords = when.keyword.iter().map(|clause| &clause.argument);
    calls.chain(keywords).chain(fallbacks).chain(when.assign.iter().flat_map(|clause| &clause.argument))
}

fn check_condition(condition: &ArgumentCondition) -> Result<(), (&'static str, String)> {
    if condition.name.is_none() && condition.position.is_none() {
        return Err(("argument", "an argument condition needs a `name` or a `position`".to_owned()));
    }
    let asked = [
        condition.is.is_some(),
        condition.can_be.is_some(),
        condition.may_be.is_some(),
        condition.is_not.is_some(),
        condition.contains.is_some(),
        condition.given.is_some(),
        !condition.from.is_empty(),
    ];
    match asked.iter().filter(|asked| **asked).count() {
        1 => Ok(()),
        0 => Err((
            "argument",
            "the condition asks nothing: give one of `is`, `can_be`, `may_be`, `is_not`, `contains`, `given`, `from`"
                .to_owned(),
        )),
        _ => Err(("argument", "the condition asks several things: write one condition for each".to_owned())),
    }
}

fn check_fix(fix: &FixClause, rule: &Rule) -> Result<(), (&'static str, String)> {
    let is_word = |word: &String| {
        let mut letters = word.chars();
        letters.next().is_some_and(|c| c.is_alphabetic() || c == '_')
            && letters.all(|c| c.is_alphanumeric() || c == '_')
    };
    if rule.when.call.is_empty() {
        return Err(("fix", "a fix changes a call, and the rule has no `when.call`".to_owned()));
    }
    match (&fix.keyword, &fix.value, &fix.rename) {
        (Some(keyword), Some(value), None) => {
            if !is_word(keyword) {
                return Err(("keyword", format!("`{keyword}` is no name of an argument")));
            }
            if value.trim().is_empty() || value.contains(['\n', '\r', '#']) {
                return Err(("value", "`value` is one line of Python without a comment".to_owned()));
            }
            Ok(())
        }
        (None, None, Some(rename)) if is_word(rename) => Ok(()),
        (None, None, Some(rename)) => Err(("rename", format!("`{rename}` is no name of a function"))),
        _ => Err(("fix", "a fix has either `keyword` and `value`, or `rename`".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::NamePattern;

    const RULE: &str = r#"
id = "XY001"
name = "some-load"
level = "error"
precision = "high"
security_severity = 8.0
cwe = ["CWE-502"]
summary = "s"
message = "`{function}` loads {first}"
explain = "e"
cure = "c"
example = "x"
instead = "y"
[[when.call]]
function = ["some.load"]
argument = [{ name = "safe", is_not = true }]
"#;

    fn error(from: &str, to: &str) -> String {
        assert!(RULE.contains(from));
        parse_rule("r.toml", &RULE.replace(from, to)).expect_err("a wrong rule").to_string()
    }

    #[test]
    fn a_rule_reads() {
        let rule = parse_rule("r.toml", RULE).expect("valid");
        assert_eq!(rule.when.call[0].function[0], NamePattern::new("some.load").expect("a pattern"));
        assert!(rule.when.call[0].passed_on);
    }

    #[test]
    fn a_fix_is_one_change_of_a_call() {
        let with = |fix: &str| {
            let text = RULE.replace("cwe =", "fix = [{ FIX, applicability = \"unsafe\" }]\ncwe =").replace("FIX", fix);
            parse_rule("r.toml", &text).map(|rule| rule.fix.len()).map_err(|error| error.to_string())
        };
        assert_eq!(with("keyword = \"safe\", value = \"True\""), Ok(1));
        assert_eq!(with("rename = \"safe_load\""), Ok(1));
        let wrong = |fix: &str| with(fix).expect_err("a wrong fix");
        assert_eq!(wrong("keyword = \"safe\""), "r.toml:7:1: a fix has either `keyword` and `value`, or `rename`");
        assert!(wrong("keyword = \"a b\", value = \"1\"").contains("`a b` is no name of an argument"));
        assert!(wrong("keyword = \"a\", value = \"1  # one\"").contains("one line of Python"));
        assert!(wrong("rename = \"a.b\"").contains("`a.b` is no name of a function"));
        assert!(wrong("rename = \"a\", valeu = \"b\"").contains("unknown field `valeu`"));
    }

    #[test]
    fn complaints_point_at_their_line() {
        assert_eq!(error("cure = \"c\"", "cure = \"\""), "r.toml:11:1: `cure` is empty");
        assert!(error("level = \"error\"", "level = \"bad\"").starts_with("r.toml:4:9: unknown variant `bad`"));
        assert!(error("cure =", "curse =").starts_with("r.toml:11:1: unknown field `curse`"));
        assert!(error("{first}", "{frist}").starts_with("r.toml:9:1: `{frist}` is no blank"));
        assert!(
            error("is_not = true", "is_not = true, is = false").starts_with("r.toml:16:1: the condition asks several")
        );
        assert!(error("some.load", "some.*").starts_with("r.toml:15:12: `some.*` is not a qualified name"));
        assert!(error("[\"some.load\"]", "[]").starts_with("r.toml:15:1: `function` is an empty list"));
        assert!(error("some-load", "use-load").starts_with("r.toml:3:1: a rule name says what stands there"));
    }
}
