//! What can be said of comments that excuse findings, and of the threat register.

use serde::{Deserialize, Serialize};

/// One kind of thing; rules name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressionProblem {
    /// A comment that excuses everything: it names no rule, or none that Bandit knows.
    Blanket,
    /// A comment without a reason.
    NoReason,
    /// A comment whose reason says nothing.
    EmptyReason,
    /// A comment that cites no threat.
    NoThreat,
    /// A comment that cites a threat the register does not have.
    UnknownThreat,
    /// A comment that cites a threat that is open or retired.
    ThreatNotInForce,
    /// A comment that excuses a rule, or stands in a file, that the threat it cites is not about.
    OutOfScope,
    /// An entry that should have been looked at again by now.
    ReviewOverdue,
    /// An entry whose last day has gone by.
    Expired,
    /// A comment, or a part of it, that excuses nothing.
    Unused,
    /// A comment that Bandit reads differently from what its author meant.
    Misread,
    /// A comment that is read as it is meant, in a form that other tools complain of.
    Form,
    /// A comment that names a rule there is not.
    UnknownRule,
    /// An entry that lacks something, or says something that cannot be read.
    MalformedEntry,
    /// An id that two entries have.
    DuplicateThreat,
    /// A date that is none.
    BadDate,
    /// An entry in force that nothing cites.
    UncitedThreat,
}

impl SuppressionProblem {
    /// Whether it is about an entry of the register.
    pub fn is_of_register(self) -> bool {
        match self {
            Self::ReviewOverdue
            | Self::Expired
            | Self::MalformedEntry
            | Self::DuplicateThreat
            | Self::BadDate
            | Self::UncitedThreat => true,
            Self::Blanket
            | Self::NoReason
            | Self::EmptyReason
            | Self::NoThreat
            | Self::UnknownThreat
            | Self::ThreatNotInForce
            | Self::OutOfScope
            | Self::Unused
            | Self::Misread
            | Self::Form
            | Self::UnknownRule => false,
        }
    }
}
