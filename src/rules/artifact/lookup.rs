//! Finds the most specific entry for a name: exact names before `module.*` before `module.**`, longer modules first.

use std::borrow::Cow;
use std::cmp::Reverse;

use rustc_hash::FxHashMap;

use super::entry::{Entry, GlobalPattern, Only, Reach};
use super::globals::Verdict;
use super::state::State;
use crate::fact::artifact::ReferenceKind;
use crate::fact::pickle::Datum;

/// How a name is used, as far as it decides which entries hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    /// Whether it is a class, or named like one.
    pub(super) is_class: bool,
    /// Whether it is called.
    pub(super) is_called: bool,
    /// Whether an object of it is made without its constructor being called, from nothing but state.
    pub(super) is_restored: bool,
    /// Whether it is given arguments.
    pub(super) has_arguments: bool,
    /// Who names it; a pickle if none.
    pub(super) loader: Option<ReferenceKind>,
}

/// Entries by the prefix and reach of their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Lookup {
    entries: Vec<Entry>,
    /// What each prefix stands for, by reach: the last of its links.
    exact: FxHashMap<Cow<'static, str>, u32>,
    one: FxHashMap<Cow<'static, str>, u32>,
    all: FxHashMap<Cow<'static, str>, u32>,
    links: Vec<Link>,
    states: Vec<State>,
}

/// That a name stands for an entry; nearly all names stand for one only.
#[derive(Debug, Clone, Copy)]
struct Link {
    entry: u32,
    /// The link of the same name before this one.
    before: Option<u32>,
}

/// How many names there are at least, of which nearly all are exact.
const USUAL_NAMES: usize = 4096;

impl Lookup {
    /// With room for the lists that are part of loadlint.
    pub(super) fn roomy() -> Self {
        let mut lookup = Self::default();
        lookup.exact.reserve(USUAL_NAMES);
        lookup.links.reserve(USUAL_NAMES);
        lookup
    }

    /// Adds an entry under each of `names`.
    pub(super) fn add(&mut self, entry: Entry, names: impl Iterator<Item = GlobalPattern>) {
        let index = |length: usize| u32::try_from(length).expect("the lists are far smaller");
        for GlobalPattern { prefix, reach } in names {
            let map = match reach {
                Reach::Exact => &mut self.exact,
                Reach::One => &mut self.one,
                Reach::All => &mut self.all,
            };
            let before = map.insert(prefix, index(self.links.len()));
            self.links.push(Link { entry: index(self.entries.len()), before });
        }
        self.entries.push(entry);
    }

    /// Adds what states of objects do harm.
    pub(super) fn add_states(&mut self, states: Vec<State>) {
        self.states.extend(states);
    }

    /// All of these.
    #[cfg(test)]
    pub(super) fn states(&self) -> &[State] {
        &self.states
    }

    /// Why one of these attributes of an object of `class` does harm, if it does.
    pub(super) fn harm(&self, class: &str, values: &[(String, Datum)]) -> Option<&State> {
        self.states.iter().find(|state| state.harms(class, values))
    }

    /// The entry that holds for `name` in this use, if any does; at equal specificity one that is not safe.
    pub(super) fn find(&self, name: &str, usage: Use) -> Option<(&Entry, Reach)> {
        if let Some(entry) = self.choose(self.exact.get(name), self.said_to_be(name, usage)) {
            return Some((entry, Reach::Exact));
        }
        if let Some(entry) = self.choose(self.all.get(name), usage) {
            return Some((entry, Reach::All));
        }
        let mut rest = name;
        let mut is_last = true;
        while let Some((prefix, _)) = rest.rsplit_once('.') {
            if is_last && let Some(entry) = self.choose(self.one.get(prefix), usage) {
                return Some((entry, Reach::One));
            }
            if let Some(entry) = self.choose(self.all.get(prefix), usage) {
                return Some((entry, Reach::All));
            }
            (rest, is_last) = (prefix, false);
        }
        None
    }

    /// This use of `name`, as a class if an entry for just this name says that it is one: `time.struct_time`.
    fn said_to_be(&self, name: &str, usage: Use) -> Use {
        let is_class = usage.is_class
            || self.entries_of(self.exact.get(name)).any(|entry| matches!(entry.only, Only::Class | Only::Restored));
        Use { is_class, ..usage }
    }

    fn choose(&self, last: Option<&u32>, usage: Use) -> Option<&Entry> {
        // Of equals the last that was added, which is the first of the links.
        self.entries_of(last).filter(|entry| entry.holds(usage)).min_by_key(|entry| {
            // Words for one loader or one use come before those for all; then the less trusting verdict.
            let distrust = match entry.verdict {
                Verdict::Safe => 0,
                Verdict::Unknown => 1,
                Verdict::Dangerous => 2,
            };
            Reverse((!entry.loaders.is_empty(), entry.only.rank(), distrust))
        })
    }

    /// What a name stands for, from the link that was added last to the first.
    fn entries_of(&self, last: Option<&u32>) -> impl Iterator<Item = &Entry> {
        let links = std::iter::successors(last.copied(), |&link| self.links[link as usize].before);
        links.map(|link| &self.entries[self.links[link as usize].entry as usize])
    }
}

impl Entry {
    fn holds(&self, usage: Use) -> bool {
        let for_loader = match usage.loader {
            Some(kind) => self.loaders.is_empty() || self.loaders.contains(&kind),
            None => self.loaders.is_empty(),
        };
        for_loader
            && match self.only {
                Only::Any => true,
                Only::Class => usage.is_class,
                Only::Named => !usage.is_called,
                Only::Restored => usage.is_restored,
            }
    }
}
