//! Keras 3 models (`.keras`): a zip file of `config.json`, which `config` hands to the reader of Keras configurations,
//! of weights in HDF5, and of assets.

use super::{Entry, Examination, each, extension};
use crate::fact::artifact::{ByteRegion, Format, GapKind};

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    x.is_of(Format::Keras);
    // In one file or, since Keras 3.10, in several with a list of them.
    let are_weights = |entry: &Entry| entry.name.contains("model.weights.");
    let is_named = || extension(x.name()) == "keras" || entries.iter().any(says_its_version);
    if is_named() && !entries.iter().any(are_weights) {
        let lack = "an archive without the `model.weights.h5` of a Keras model";
        x.gap(GapKind::Damaged, ByteRegion::default(), lack);
    }
    each(entries, x);
}

/// Whether this is what Keras writes about itself.
fn says_its_version(entry: &Entry) -> bool {
    const START: usize = 1024;
    entry.name == "metadata.json" && memchr::memmem::find(&entry.head(START), b"\"keras_version\"").is_some()
}
