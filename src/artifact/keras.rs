//! Keras model configurations: the JSON in `config.json` of a `.keras` file, in HDF5 attributes and in SavedModels.
//!
//! Comes in: the text. Goes out: Lambda layers, objects that load or run something when made, and every class and
//! function that is named from elsewhere. Called by the readers of HDF5, of `.keras` archives and of SavedModels.

use crate::fact::artifact::ByteRegion;

use super::Examination;

/// Looks at the configuration `text`, which is the whole of what is being read.
#[allow(dead_code, reason = "called by the reader of `.keras` archives")]
pub(in crate::artifact) fn examine_config(text: &str, x: &mut Examination<'_>) {
    let _ = (text, x);
}

/// Looks at the configuration `text`, which stands at `region` of what is being read.
#[allow(dead_code, reason = "called by the readers of HDF5 and SavedModels")]
pub(in crate::artifact) fn examine_config_at(text: &str, region: ByteRegion, x: &mut Examination<'_>) {
    let _ = (text, region, x);
}
