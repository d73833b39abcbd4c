//! Findings to changed texts. `plan` chooses edits that fit together, `apply` makes them, first in a text and then in the
//! bytes of a file: its encoding, its line ends and, in a notebook, its JSON stay as they were.
//!
//! Comes in: findings with fixes, the bytes they were found in. Goes out: new bytes. The command line and the server call
//! this; writing is theirs.

mod apply;
mod bytes;
mod plan;

pub use apply::apply;
pub use bytes::{RewriteProblem, rewrite};
pub use plan::{Plan, best, plan};
