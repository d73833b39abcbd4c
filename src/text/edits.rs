//! Text and what comes in the place of parts of it, to text.

use super::Region;

/// Makes the edits, which are in the order of their places and do not overlap; `None` if they are not, or do not lie on
/// characters of `text`.
pub fn edited<'e>(text: &str, edits: impl Iterator<Item = (Region, &'e str)>) -> Option<String> {
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for (region, new) in edits {
        changed.push_str(text.get(at..region.start as usize)?);
        changed.push_str(new);
        at = region.end as usize;
    }
    changed.push_str(text.get(at..)?);
    Some(changed)
}
