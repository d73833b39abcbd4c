//! Why a finding does not count.

use std::sync::Arc;

use super::Location;

/// What excuses a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionKind {
    /// A comment beside it.
    Comment,
    /// An entry of the threat register that names its rule and file.
    Register,
    /// A baseline that had it before.
    Baseline,
}

/// Whether the excuse holds. SARIF's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuppressionStatus {
    /// The finding does not count.
    Accepted,
    /// The excuse has run out; the finding counts.
    UnderReview,
}

/// An excuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suppression {
    /// What kind of excuse.
    pub kind: SuppressionKind,
    /// Whether it holds.
    pub status: SuppressionStatus,
    /// Where it stands: the comment, or the entry of the register; nowhere for a baseline.
    pub location: Option<Location>,
    /// The reason that is given; empty if none is.
    pub justification: String,
    /// The threats that are named, with their titles in the register; a title is empty if the entry is not there.
    pub threats: Vec<(Arc<str>, Arc<str>)>,
}

/// A place that rests on entries of the threat register: a comment that cites them, or a finding in an artifact that they
/// excuse by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// A comment, or the register.
    pub kind: SuppressionKind,
    /// The threats, as they are written.
    pub threats: Vec<Arc<str>>,
    /// The comment, or the finding that an entry excuses.
    pub location: Location,
    /// The reason; empty if none is given.
    pub justification: String,
    /// The ids of the rules whose findings it excuses, in their order.
    pub rules: Vec<Arc<str>>,
}

impl Suppression {
    /// Whether the finding counts no more.
    pub fn holds(&self) -> bool {
        self.status == SuppressionStatus::Accepted
    }
}
