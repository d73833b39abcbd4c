//! Comments that excuse findings, and the threat register they cite.
//!
//! Comes in: the comments, calls and matches of one text, the register, the policy. Goes out: which match is excused by
//! what, what is wrong with the comments ([`judge()`]), what is wrong with the register ([`threats::check`]), each with edits
//! that mend it; the canonical comment for a finding. No file is read here and no clock: `config` hands over the register
//! and today's date. Called by `engine`; `cli` and the language server ask for entries and edits.

mod attach;
pub mod bandit;
mod canonical;
pub mod comments;
mod date;
mod hash;
mod judge;
mod meeting;
mod oddity;
mod pattern;
mod policy;
mod problem;
mod remedy;
pub mod threats;
mod write;

pub use attach::{Claim, Language};
pub use canonical::Canonical;
pub use date::Date;
pub use hash::hash_comments;
pub use judge::{Cited, Excuse, Judged, Subject, excuses, judge};
pub use pattern::{DEFAULT_THREAT_PATTERN, ThreatPattern};
pub use policy::{DEFAULT_MIN_REASON_LENGTH, Policy, Strictness};
pub use problem::Problem;
pub use threats::{Form, Register, RegisterFile, Status, Threat};
pub use write::{Position, Why, write};
