//! The lists that are part of loadlint, as tables that the build made of them: a start reads nothing of them, and a look-up
//! only the entries that it finds.

use std::sync::{LazyLock, OnceLock};

use super::entry::{Entry, Reach};
use super::lookup::Names;
use super::slots::slots;
use super::state::State;
use super::{ENTRIES, ENTRY_OF_NAME, NAME_AT, NAMES, STATES};
use crate::fact::pickle::Datum;
use crate::rules::load::embedded;

/// Texts one behind the other. They have no addresses, which a start would have to adjust.
pub(super) struct Texts {
    pub(super) all: &'static str,
    /// Where each ends.
    pub(super) ends: &'static [u32],
}

impl Texts {
    pub(super) fn get(&self, index: usize) -> &'static str {
        let start = index.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.all[start as usize..self.ends[index] as usize]
    }
}

/// The entries that were asked for.
pub(super) struct Listed {
    entries: Box<[OnceLock<Entry>]>,
}

impl Listed {
    /// The lists.
    pub(super) fn get() -> &'static Self {
        static LISTED: LazyLock<Listed> =
            LazyLock::new(|| Listed { entries: ENTRIES.ends.iter().map(|_| OnceLock::new()).collect() });
        &LISTED
    }
}

impl Names for Listed {
    fn entries_of<'s>(&'s self, prefix: &str, reach: Reach) -> impl Iterator<Item = &'s Entry> {
        let names = slots([prefix, reach.gap()], NAME_AT.len()).map_while(|at| usize::from(NAME_AT[at]).checked_sub(1));
        let same = names.filter(move |&name| NAMES.get(name).strip_prefix(prefix) == Some(reach.gap()));
        same.map(|name| {
            let index = usize::from(ENTRY_OF_NAME[name]);
            self.entries[index].get_or_init(|| embedded("an entry", ENTRIES.get(index)))
        })
    }
}

/// What states of objects do harm.
pub(super) fn states() -> &'static [State] {
    static LISTED: LazyLock<Vec<State>> = LazyLock::new(|| embedded("states", STATES));
    &LISTED
}

/// Why one of these attributes of an object of `class` does harm, if it does.
pub(super) fn harm(class: &str, values: &[(String, Datum)]) -> Option<&'static State> {
    states().iter().find(|state| state.harms(class, values))
}
