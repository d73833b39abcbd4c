//! What each version of torch allows, as `rules/artifact/weights-only/torch.toml` states it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use rustc_hash::FxHashSet;
use serde::Deserialize;

use crate::rules::artifact::WEIGHTS_ONLY_FILES;
use crate::rules::load::embedded;

/// How a version lets users allow globals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Lists {
    /// Not at all.
    None,
    /// `add_safe_globals`, under the name the object has itself.
    ByName,
    /// The same, and a pair of object and path allows it under another.
    ByPath,
}

/// Of which classes `NEWOBJ` makes objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Makes {
    /// Parameters, and what users allow.
    Parameter,
    /// Whatever is allowed.
    Allowed,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    pub(super) from: String,
    pub(super) default: bool,
    pub(super) lists: Lists,
    pub(super) makes: Makes,
    /// Classes whose objects `SETITEM` may give items; none if it asks nothing.
    pub(super) keyed: Vec<String>,
    pub(super) blocked: Vec<String>,
    pub(super) bypasses: Vec<String>,
    pub(super) adds: Vec<String>,
    /// What earlier versions allowed and this one does not.
    #[serde(default)]
    pub(super) removes: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    pub(super) renamed: BTreeSet<String>,
    pub(super) dtype_classes: BTreeMap<String, String>,
    pub(super) returned: BTreeMap<String, String>,
    pub(super) version: Vec<Version>,
    pub(super) opcodes: BTreeMap<String, u8>,
    pub(super) refused: BTreeMap<String, u8>,
}

pub(super) fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| {
        let (path, json) = WEIGHTS_ONLY_FILES.first().expect("the table is part of the package");
        embedded(path, json)
    })
}

/// What each version allows by itself, in the order of the versions.
pub(super) fn allowed_by_version() -> &'static [FxHashSet<&'static str>] {
    static ALLOWED: OnceLock<Vec<FxHashSet<&'static str>>> = OnceLock::new();
    ALLOWED.get_or_init(|| {
        let so_far = table().version.iter().scan(FxHashSet::default(), |allowed, version| {
            allowed.extend(version.adds.iter().map(String::as_str));
            allowed.retain(|name| !version.removes.iter().any(|removed| removed == name));
            Some(allowed.clone())
        });
        so_far.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::artifact::WEIGHTS_ONLY_FILES_AS_WRITTEN;
    use crate::rules::load::parse_data;

    #[test]
    fn the_table_is_valid_and_embedded_as_it_is_written() {
        for ((path, json), (_, text)) in WEIGHTS_ONLY_FILES.iter().zip(WEIGHTS_ONLY_FILES_AS_WRITTEN) {
            let written: Table = parse_data(path, text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(format!("{:?}", embedded::<Table>(path, json)), format!("{written:?}"));
        }
        assert!(!table().version.is_empty());
    }
}
