//! Keys in lines of a text that could not be read by its syntax: what is no YAML to us may be some to others.
//!
//! Comes in: a text. Goes out: the dotted names behind a key; references to those behind `_target_`. Called by `config`
//! and its `screen`.

use rustc_hash::FxHashSet;

use super::super::Examination;
use super::tree::{is_dotted, refer};
use crate::fact::artifact::ReferenceKind;
use crate::text::Region;

/// Every `key: name` in `text` whose name is dotted: where the key stands, the name and its place.
pub(super) fn named<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = (usize, &'t str, Region)> {
    text.match_indices(key).filter_map(move |(at, _)| {
        let behind = text[at + key.len()..].trim_start_matches(['"', '\'', ' ']);
        let value = behind.strip_prefix(':')?.trim_start_matches(['"', '\'', ' ']);
        let is_in_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let name = value.split(|c| !is_in_name(c)).next().unwrap_or_default();
        let start = text.len() - value.len();
        is_dotted(name).then(|| (at, name, Region::new(offset(start), offset(start + name.len()))))
    })
}

/// Tells `_target_: name` in the lines from `from` on, but for the keys that stand at `known`.
pub(super) fn targets(text: &str, from: u32, known: &FxHashSet<u32>, x: &mut Examination<'_>) {
    const KEY: &str = "_target_";
    let is_known = |at: usize| known.contains(&offset(at)) || at > 0 && known.contains(&offset(at - 1));
    for (at, name, region) in named(text, KEY).filter(|(at, ..)| *at >= from as usize) {
        if !is_known(at) {
            refer(ReferenceKind::HydraTarget, name, Vec::new(), region, x);
        }
    }
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
