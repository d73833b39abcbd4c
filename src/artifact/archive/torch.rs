//! PyTorch's zip files: checkpoints, TorchScript, exported programs (`.pt2`) and packages.

use super::{Entry, Examination, each};

/// Whether the names are those that PyTorch writes.
pub(super) fn is_torch(entries: &[Entry]) -> bool {
    entries.iter().any(|entry| entry.name == "data.pkl" || entry.name.ends_with("/data.pkl"))
}

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    each(entries, x);
}
