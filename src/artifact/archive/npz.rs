//! Numpy arrays in a zip (`.npz`).

use crate::fact::artifact::Format;

use super::{Entry, Examination, each};

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    x.is_of(Format::Npz);
    each(entries, x);
}
