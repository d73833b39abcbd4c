//! Findings that were there before: written to a file once, and left out of the count from then on.
//!
//! A finding is known by its fingerprint, which moves with the code and not with its line; of findings with the same one
//! as many are known as the file says. Comes in: an outcome, and the text of a baseline. Goes out: the outcome with known
//! findings among the suppressed, and what of the baseline is gone. No file is read here and git is not asked.

use std::collections::BTreeMap;
use std::path::Path;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::finding::{
    BaselineNews, Finding, Gone, InputName, Outcome, Suppression, SuppressionKind, SuppressionStatus,
};

/// The version of the file. Another way to make fingerprints is another version.
const VERSION: u32 = 1;

/// The findings of one run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    /// The commit that was checked out, from which renames are looked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    findings: Vec<Known>,
}

/// Findings with the same fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    path: String,
    rule: String,
    fingerprint: String,
    count: u32,
}

/// Why a text is no baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON, or JSON of another kind.
    #[error("it is no baseline: {0}")]
    NoBaseline(#[from] serde_json::Error),
    /// It is newer than this program.
    #[error("it is of version {0}, and this loadlint knows version {VERSION}: write it anew with `--write-baseline`")]
    Version(u64),
    /// An entry that no run writes.
    #[error("it is no baseline: finding {0} has {1}")]
    Entry(usize, &'static str),
}

/// How files are called.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The name that fingerprints are made with, from the root of the project.
    pub of: &'a dyn Fn(&InputName) -> String,
    /// The name the file had when the baseline was written, if it had another.
    pub before: &'a dyn Fn(&InputName) -> Option<String>,
    /// Whether a file of the baseline (by its name from the root of the project) was to be looked at.
    pub is_covered: &'a dyn Fn(&Path) -> bool,
}

impl Baseline {
    /// All findings of `outcome` that count.
    pub fn of(outcome: &Outcome, commit: Option<String>, name: &dyn Fn(&InputName) -> String) -> Self {
        let mut counts: BTreeMap<(String, String, String), u32> = BTreeMap::new();
        for finding in &outcome.findings {
            let path = name(&finding.location.input);
            let fingerprint = finding.fingerprint(&path);
            *counts.entry((path, finding.rule_id.to_string(), fingerprint)).or_default() += 1;
        }
        let known = |((path, rule, fingerprint), count)| Known { path, rule, fingerprint, count };
        Self { version: VERSION, commit, findings: counts.into_iter().map(known).collect() }
    }

    /// Reads what [`Self::to_text`] wrote.
    ///
    /// # Errors
    /// If the text is none of a baseline, or of another version.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        if let Some(version) = value.get("version").and_then(serde_json::Value::as_u64)
            && version != u64::from(VERSION)
        {
            return Err(BaselineError::Version(version));
        }
        let baseline: Self = serde_json::from_value(value)?;
        for (at, known) in (1..).zip(&baseline.findings) {
            let is_digest =
                known.fingerprint.len() == 32 && known.fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit());
            match (is_digest, known.count) {
                (false, _) => return Err(BaselineError::Entry(at, "a fingerprint that is none")),
                (true, 0) => return Err(BaselineError::Entry(at, "a count of 0")),
                (true, _) => {}
            }
        }
        Ok(baseline)
    }

    /// One finding a line, in an order of their own: two branches that change it are easily merged.
    ///
    /// # Errors
    /// None that a baseline of ours has: its strings are UTF-8.
    pub fn to_text(&self) -> serde_json::Result<String> {
        let mut text = format!("{{\n  \"version\": {},\n", self.version);
        if let Some(commit) = &self.commit {
            text.push_str(&format!("  \"commit\": {},\n", serde_json::to_string(commit)?));
        }
        text.push_str("  \"findings\": [");
        for (at, known) in self.findings.iter().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            text.push_str(&format!("{comma}\n    {}", serde_json::to_string(known)?));
        }
        text.push_str(if self.findings.is_empty() { "]\n}\n" } else { "\n  ]\n}\n" });
        Ok(text)
    }

    /// How many findings it has.
    pub fn len(&self) -> usize {
        self.findings.iter().map(|known| known.count as usize).sum()
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The files it has findings in.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.findings.iter().map(|known| known.path.as_str())
    }

    /// Puts the findings of `outcome` that are in the baseline among the suppressed, and tells what of it is gone. `shown`
    /// is how the baseline is called.
    pub fn apply(&self, outcome: &mut Outcome, names: Names<'_>, shown: &str) {
        let mut left: FxHashMap<String, u32> = FxHashMap::default();
        for known in &self.findings {
            *left.entry(known.fingerprint.clone()).or_default() += known.count;
        }
        let mut take = |finding: &Finding, path: &str| {
            // The rule is a part of it.
            let count = left.get_mut(&finding.fingerprint(path)).filter(|count| **count > 0);
            count.map(|count| *count -= 1).is_some()
        };
        let mut renamed: FxHashMap<InputName, Option<String>> = FxHashMap::default();
        let (mut known, mut new) = (Vec::new(), Vec::new());
        for finding in std::mem::take(&mut outcome.findings) {
            let input = &finding.location.input;
            let is_known = take(&finding, &(names.of)(input)) || {
                let before = renamed.entry(input.clone()).or_insert_with(|| (names.before)(input));
                before.as_deref().is_some_and(|before| take(&finding, before))
            };
            if is_known { known.push(excused(finding, shown)) } else { new.push(finding) }
        }
        // A file that could not be read may still have what it had.
        let unread: Vec<_> = outcome.notices.iter().map(|notice| (names.of)(&notice.input)).collect();
        let is_gone = |known: &&Known| !unread.contains(&known.path) && (names.is_covered)(Path::new(&known.path));
        let mut gone = Vec::new();
        for known in self.findings.iter().filter(is_gone) {
            let Some(count) = left.get_mut(&known.fingerprint) else { continue };
            let count = std::mem::take(count);
            if count > 0 {
                gone.push(Gone { path: known.path.clone(), rule: known.rule.clone(), count: count as usize });
            }
        }
        outcome.baseline = Some(BaselineNews { known: known.len(), gone });
        outcome.findings = new;
        outcome.suppressed.extend(known);
        outcome.sort();
    }
}

fn excused(finding: Finding, shown: &str) -> Finding {
    let suppression = Suppression {
        kind: SuppressionKind::Baseline,
        status: SuppressionStatus::Accepted,
        location: None,
        justification: format!("it is in the baseline {shown}"),
        threats: Vec::new(),
    };
    Finding { suppression: Some(suppression), ..finding }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::engine::check::check_bytes;
    use crate::python::source::SourceKind;

    fn outcome(files: &[(&str, &str)]) -> Outcome {
        let settings = Settings::from_layers(&[], Path::new("/")).expect("the default holds");
        let mut outcome = Outcome { inputs: files.len(), ..Outcome::default() };
        for (name, code) in files {
            let text = format!("import pickle\n{code}").into_bytes();
            outcome.findings.extend(check_bytes(&InputName::new(*name), SourceKind::Module, text, &settings).findings);
        }
        outcome
    }

    fn path(name: &InputName) -> String {
        name.to_string()
    }

    /// New and known findings, and how many are gone.
    fn compared(before: &[(&str, &str)], now: &[(&str, &str)], renamed: Option<&str>) -> (usize, usize, usize) {
        let text = Baseline::of(&outcome(before), None, &path).to_text().expect("JSON");
        let baseline = Baseline::parse(&text).expect("a baseline");
        let mut outcome = outcome(now);
        let rename = |_: &InputName| renamed.map(str::to_owned);
        baseline.apply(&mut outcome, Names { of: &path, before: &rename, is_covered: &|_| true }, "b.json");
        let news = outcome.baseline.expect("it was compared");
        assert_eq!(news.known, outcome.suppressed.len());
        (outcome.findings.len(), news.known, news.gone.iter().map(|gone| gone.count).sum())
    }

    #[test]
    fn findings_are_counted_and_may_move() {
        let load = "pickle.load(p)\n";
        assert_eq!(compared(&[("a", load)], &[("a", "\n\nx = 1\npickle.load( p )\n")], None), (0, 1, 0));
        assert_eq!(compared(&[("a", load)], &[("a", &load.repeat(3))], None), (2, 1, 0));
        assert_eq!(compared(&[("a", &load.repeat(2))], &[("a", load)], None), (0, 1, 1));
        assert_eq!(compared(&[("a", load)], &[("a", "pickle.load(q)\n")], None), (1, 0, 1));
        assert_eq!(compared(&[("a", load)], &[("b", load)], None), (1, 0, 1));
        assert_eq!(compared(&[("a", load)], &[("b", load)], Some("a")), (0, 1, 0));
        assert_eq!(compared(&[("a", load)], &[("b", &load.repeat(2))], Some("a")), (1, 1, 0));
        assert_eq!(compared(&[], &[("b", load)], None), (1, 0, 0));
    }

    #[test]
    fn what_is_no_baseline_is_told() {
        let told = |text: &str| Baseline::parse(text).map_err(|error| error.to_string()).expect_err("an error");
        assert!(told("").starts_with("it is no baseline: EOF"), "{}", told(""));
        assert!(told("[]").starts_with("it is no baseline: "));
        assert!(told("{\"findings\": []}").contains("missing field `version`"));
        assert!(told("{\"version\": 2, \"more\": 1}").contains("of version 2"));
        let one = |fingerprint: &str, count: u32| {
            let known =
                format!("{{\"path\":\"a\",\"rule\":\"LL1\",\"fingerprint\":\"{fingerprint}\",\"count\":{count}}}");
            format!("{{\"version\":1,\"findings\":[{known}]}}")
        };
        assert!(told(&one("x", 1)).ends_with("finding 1 has a fingerprint that is none"));
        assert!(told(&one(&"0".repeat(32), 0)).ends_with("finding 1 has a count of 0"));
        assert_eq!(Baseline::parse(&one(&"0".repeat(32), 2)).map(|one| one.len()).ok(), Some(2));
    }
}
