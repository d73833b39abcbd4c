//! skops files: a zip file whose `schema.json` names what to make, with arrays and bytes beside it. `config` reads the
//! schema.

use super::{Entry, Examination, each};
use crate::fact::artifact::Format;

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    let head = entries.iter().find(|entry| entry.name.ends_with("schema.json")).map(|entry| entry.head(4 << 10));
    if head.is_some_and(|head| String::from_utf8_lossy(&head).contains("\"__loader__\"")) {
        x.is_of(Format::Skops);
    }
    x.with_members(entries.iter().map(|entry| entry.name.as_str()), |x| each(entries, x));
}
