//! Rules as data: a TOML file becomes a [`Rule`], and `matching` holds it against the facts of one file.

pub mod artifact;
mod clauses;
mod command;
mod describe;
mod evaluate;
mod fixing;
mod load;
mod manifest;
mod matching;
mod model;
mod set;
mod unread;

pub use clauses::Clauses;
pub use fixing::WantedFix;
pub use load::{RuleError, parse_rule};
pub use manifest::{CodeLoad, CodeLoadKind, ManifestFact, ManifestMatch, code_loads, match_manifest};
pub use matching::{Match, match_facts};
pub use model::{
    ArgumentCondition, AssignClause, CallClause, CommandClause, ContainsCondition, DigestClause, EnvironmentClause,
    FallbackClause, FixClause, LoadClause, ManifestClause, ManifestKind, ObservedClause, PickleClause, Precision, Rule,
    SettingClause, SuppressionClause, Test, TestKind, Usage, UseClause, Verdict, When, Written,
};
pub use set::{RuleSet, Selector, builtin};
