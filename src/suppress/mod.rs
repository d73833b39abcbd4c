//! Comments that excuse findings. Today: Bandit's `# nosec`, read as Bandit reads it, but per finding.

mod apply;
mod bandit;
mod comments;

pub use apply::Suppressions;
pub use comments::{Nosec, parse_nosec};
