//! TorchServe archives (`.mar`): a zip file whose manifest names the handler, a Python file that runs as soon as the
//! model is loaded, and the weights it is given. `config` reads the manifest.

use super::source::each_with_sources;
use super::{Entry, Examination};
use crate::fact::artifact::Format;

/// Looks at each entry, and at all Python in it: the handler can import any of it.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    x.is_of(Format::TorchServe);
    let names = entries.iter().map(|entry| entry.name.as_str());
    x.with_members(names, |x| each_with_sources(entries, "TorchServe handler", x));
}
