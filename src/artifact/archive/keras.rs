//! Keras 3 models (`.keras`): a zip file of `config.json`, which `config` hands to the reader of Keras configurations,
//! of weights in HDF5, and of assets.

use super::{Entry, Examination, each};
use crate::fact::artifact::Format;

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    x.is_of(Format::Keras);
    each(entries, x);
}
