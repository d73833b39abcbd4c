//! The clauses of a rule, read when somebody first asks for them.
//!
//! Comes in: a table `when`, parsed, or as the build embedded it. Goes out: the same as [`When`]. Those of rules about code are
//! most of what is embedded, and a scan of artifacts asks for none of them.

use std::ops::Deref;
use std::sync::OnceLock;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::load::embedded;
use super::model::{SuppressionClause, When};

/// What the clauses are about; known without reading them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Subjects {
    artifacts: bool,
    suppressions: bool,
    manifests: bool,
}

/// The table `when` of a rule.
#[derive(Clone)]
pub struct Clauses {
    subjects: Subjects,
    read: OnceLock<When>,
    /// The file they come from and its JSON, until they are read.
    unread: (&'static str, &'static str),
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
        Self { subjects, read: OnceLock::new(), unread: (path, json) }
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
        let (path, json) = self.unread;
        self.read.get_or_init(|| embedded(path, json))
    }
}

impl From<When> for Clauses {
    fn from(when: When) -> Self {
        let subjects = Subjects {
            artifacts: !(when.uses.is_empty() && when.observed.is_empty() && when.pickle.is_empty()),
            suppressions: !when.suppression.is_empty(),
            manifests: !(when.load.is_empty() && when.digest.is_empty() && when.manifest.is_empty()),
        };
        Self { subjects, read: OnceLock::from(when), unread: ("", "") }
    }
}

impl std::fmt::Debug for Clauses {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Clauses").field(&self.subjects).field(&**self).finish()
    }
}

impl<'de> Deserialize<'de> for Clauses {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        When::deserialize(deserializer).map(Self::from)
    }
}

impl Serialize for Clauses {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (**self).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::builtin;

    #[test]
    fn what_a_rule_is_about_is_known_before_it_is_read() {
        let rule = (*builtin().rules()[0]).clone();
        let (path, json) = rule.when.unread;
        let unread = super::Clauses::embedded(path, &["call"], json);
        assert!(!unread.is_of_artifacts() && !unread.is_of_manifests() && unread.suppressions().is_empty());
        assert!(unread.read.get().is_none(), "nobody asked for a clause");
        assert!(!unread.call.is_empty() && unread.read.get().is_some());
    }
}
