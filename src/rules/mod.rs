//! Rules as data: a TOML file becomes a [`Rule`], and `matching` holds it against the facts of one file.

pub mod artifact;
mod describe;
mod evaluate;
mod fixing;
mod load;
mod matching;
mod model;
mod set;

pub use fixing::WantedFix;
pub use load::{RuleError, parse_rule};
pub use matching::{Match, match_facts};
pub use model::{
    ArgumentCondition, AssignClause, CallClause, ContainsCondition, EnvironmentClause, FallbackClause, FixClause,
    ObservedClause, PickleClause, Precision, Rule, SuppressionClause, Test, TestKind, Usage, UseClause, Verdict, When,
};
pub use set::{RuleSet, Selector, builtin};
