//! NVIDIA NeMo archives (`.nemo`): a tar file of weights and of a `model_config.yaml`, whose `_target_` and `target` keys
//! are imported and called (CVE-2025-23304). `config` reads it.

use super::{Entry, Examination, each};
use crate::fact::artifact::Format;

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    x.is_of(Format::Nemo);
    each(entries, x);
}
