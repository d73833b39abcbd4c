//! Finds the most specific entry for a name: exact names before `module.*` before `module.**`, longer modules first.

use rustc_hash::FxHashMap;

use super::entry::{Entry, GlobalPattern, Only, Reach};
use super::globals::Verdict;
use crate::fact::artifact::ReferenceKind;

/// How a name is used, as far as it decides which entries hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Use {
    /// Whether it is a class, or named like one.
    pub(super) is_class: bool,
    /// Whether it is called.
    pub(super) is_called: bool,
    /// Who names it; a pickle if none.
    pub(super) loader: Option<ReferenceKind>,
}

/// Entries by the prefix and reach of their names.
#[derive(Debug, Clone, Default)]
pub(super) struct Lookup {
    entries: Vec<Entry>,
    exact: FxHashMap<Box<str>, Vec<u32>>,
    one: FxHashMap<Box<str>, Vec<u32>>,
    all: FxHashMap<Box<str>, Vec<u32>>,
}

impl Lookup {
    /// Adds an entry under each of its names.
    pub(super) fn add(&mut self, entry: Entry) {
        let index = u32::try_from(self.entries.len()).expect("the lists are far smaller");
        for name in &entry.names {
            let GlobalPattern { prefix, reach } = name.below(entry.module.as_deref());
            let map = match reach {
                Reach::Exact => &mut self.exact,
                Reach::One => &mut self.one,
                Reach::All => &mut self.all,
            };
            map.entry(prefix).or_default().push(index);
        }
        self.entries.push(entry);
    }

    /// The entry that holds for `name` in this use, if any does; at equal specificity one that is not safe.
    pub(super) fn find(&self, name: &str, usage: Use) -> Option<(&Entry, Reach)> {
        if let Some(entry) = self.choose(self.exact.get(name), usage) {
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

    fn choose(&self, listed: Option<&Vec<u32>>, usage: Use) -> Option<&Entry> {
        let entries = listed?.iter().map(|&index| &self.entries[index as usize]);
        entries.filter(|entry| entry.holds(usage)).max_by_key(|entry| {
            // Words for one loader or one use come before those for all; then the less trusting verdict.
            let distrust = match entry.verdict {
                Verdict::Safe => 0,
                Verdict::Unknown => 1,
                Verdict::Dangerous => 2,
            };
            (!entry.loaders.is_empty(), entry.only != Only::Any, distrust)
        })
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
            }
    }
}
