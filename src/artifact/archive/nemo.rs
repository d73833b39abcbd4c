//! NVIDIA NeMo archives (`.nemo`): a tar file of weights and of a `model_config.yaml`, whose `_target_` and `target` keys
//! are imported and called (CVE-2025-23304). `config` reads it.

use super::{Entry, Examination, each};
use crate::fact::artifact::{ByteRegion, Format, GapKind};

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    x.is_of(Format::Nemo);
    each(entries, x);
    // A file, or a folder of many.
    let is_weights = |entry: &Entry| entry.name.contains("model_weights") || entry.name.ends_with(".ckpt");
    if !entries.iter().any(is_weights) {
        x.gap(GapKind::Damaged, ByteRegion::default(), "a NeMo archive without its `model_weights.ckpt`");
    }
}
