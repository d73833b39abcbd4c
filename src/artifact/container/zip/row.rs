//! Zip files one behind the other in one file.

use crate::bytes::Window;

use super::end;

/// The archives that make up `content` without a gap, first to last, at most `most` of them; none if it is not so.
///
/// Read from the end: the last end record says where its archive starts, and right there the one before must end.
pub(super) fn archives(content: &Window, most: u64) -> Vec<Window> {
    let mut row = Vec::new();
    let mut rest = content.clone();
    while !rest.is_empty() && (row.len() as u64) < most {
        let Some(start) = last_start(&rest) else { return Vec::new() };
        row.push(rest.tail(start));
        rest = rest.part(0, start);
    }
    if !rest.is_empty() {
        return Vec::new();
    }
    row.reverse();
    row
}

/// Where the archive starts that ends where `content` ends.
fn last_start(content: &Window) -> Option<u64> {
    let ends = end::find(content).ok()?;
    let last = ends.iter().find(|end| end.end == content.len())?;
    let (_, start, _) = *last.directories().first()?;
    let start = u64::try_from(start).ok()?;
    let signature = content.read(start, 4).ok()?;
    matches!(*signature, [b'P', b'K', 3, 4] | [b'P', b'K', 5, 6]).then_some(start)
}
