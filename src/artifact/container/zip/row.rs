//! Zip files one behind the other in one file.

use crate::bytes::Window;

use super::end::{self, End};

/// The archives that make up `content` without a gap, first to last, at most `most` of them; none if it is not so.
///
/// Read from the end: the last end record says where its archive starts, and right there the one before must end.
pub(super) fn archives(content: &Window, ends: &[End], most: u64) -> Vec<Window> {
    let mut row = Vec::new();
    let mut rest = content.clone();
    let mut start = last_start(content, ends);
    while let Some(at) = start {
        row.push(rest.tail(at));
        if at == 0 {
            row.reverse();
            return row;
        }
        if row.len() as u64 >= most {
            break;
        }
        rest = rest.part(0, at);
        start = end::find(&rest).ok().and_then(|ends| last_start(&rest, &ends));
    }
    Vec::new()
}

/// Where the archive starts that ends where `content` ends.
fn last_start(content: &Window, ends: &[End]) -> Option<u64> {
    let last = ends.iter().find(|end| end.end == content.len())?;
    let (_, start, _) = *last.directories().first()?;
    let start = u64::try_from(start).ok()?;
    let signature = content.read(start, 4).ok()?;
    matches!(*signature, [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6]).then_some(start)
}
