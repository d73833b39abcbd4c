//! Keras 3 models (`.keras`).

use super::{Entry, Examination, each};

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    each(entries, x);
}
