//! TorchServe archives (`.mar`).

use super::{Entry, Examination, each};

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    each(entries, x);
}
