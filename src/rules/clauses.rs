//! The clauses of a rule, and what they are about without reading them.
//!
//! Comes in: a table `when`, parsed, or as the build embedded it. Goes out: the same as [`When`]. Those of rules about code are
//! most of what is embedded, and a scan of artifacts asks for none of them.

use std::ops::Deref;

use serde::{Deserialize, Deserializer};

use super::model::{SuppressionClause, When};
use super::unread::Unread;

/// What the clauses are about; known without reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Subjects {
    artifacts: bool,
    suppressions: bool,
    manifests: bool,
}

/// The table `when` of a rule.
#[derive(Debug, Clone)]
pub struct Clauses {
    subjects: Subjects,
    when: Unread<When>,
}

impl Clauses {
    /// Clauses that are part of loadlint: those of the file `path`, which has these `keys`, as JSON.
    pub(super) fn embedded(path: &'static str, keys: &[&str], json: &'static str) -> Self {
        let has = |names: &[&str]| keys.iter().any(|key| names.contains(key));
        let subjects = Subjects {
            artifacts: has(&["use", "observed", "pickle"]),
            suppressions: has(&["suppression"]),
            manifests: has(&["load", "digest", "manifest"]),
        };
        Self { subjects, when: Unread::embedded(path, json) }
    }

    /// Whether the rule is about a manifest.
    pub fn is_of_manifests(&self) -> bool {
        self.subjects.manifests
    }

    /// Whether the rule is about artifacts, not about code.
    pub fn is_of_artifacts(&self) -> bool {
        self.subjects.artifacts
    }

    /// Whether the rule is about suppressions and the register.
    pub fn is_of_suppressions(&self) -> bool {
        self.subjects.suppressions
    }

    /// The clauses about suppressions; those of other rules are not read for it.
    pub fn suppressions(&self) -> &[SuppressionClause] {
        if self.is_of_suppressions() { &self.suppression } else { &[] }
    }
}

impl Deref for Clauses {
    type Target = When;

    fn deref(&self) -> &When {
        &self.when
    }
}

impl From<When> for Clauses {
    fn from(when: When) -> Self {
        let subjects = Subjects {
            artifacts: !(when.uses.is_empty() && when.observed.is_empty() && when.pickle.is_empty()),
            suppressions: !when.suppression.is_empty(),
            manifests: !(when.load.is_empty() && when.digest.is_empty() && when.manifest.is_empty()),
        };
        Self { subjects, when: when.into() }
    }
}

impl<'de> Deserialize<'de> for Clauses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        When::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::{Clauses, builtin};

    #[test]
    fn what_a_rule_is_about_is_known_before_it_is_read() {
        let unread = Clauses::embedded("", &["call"], "no JSON, for nobody asks");
        assert!(!unread.is_of_artifacts() && !unread.is_of_manifests() && unread.suppressions().is_empty());
        for rule in builtin().rules() {
            assert_eq!(rule.when.subjects, Clauses::from((*rule.when).clone()).subjects, "{}", rule.id);
        }
    }
}
