//! Finds the most specific entry for a name: exact names before `module.*` before `module.**`, longer modules first.

use std::cmp::Reverse;

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
    /// Whether an object of it is made without its constructor being called, from nothing but state.
    pub(super) is_restored: bool,
    /// Whether it is given arguments.
    pub(super) has_arguments: bool,
    /// Who names it; a pickle if none.
    pub(super) loader: Option<ReferenceKind>,
}

/// Entries by the names that they are about.
pub(super) trait Names {
    /// What stands for just this prefix and reach, what was added last at first.
    fn entries_of<'s>(&'s self, prefix: &str, reach: Reach) -> impl Iterator<Item = &'s Entry>;

    /// The entry that holds for `name` in this use, if any does; at equal specificity one that is not safe.
    fn find(&self, name: &str, usage: Use) -> Option<(&Entry, Reach)> {
        // An entry for just this name may say that it is a class: `time.struct_time`.
        let is_said = |entry: &Entry| matches!(entry.only, Only::Class | Only::Restored);
        let is_class = usage.is_class || self.entries_of(name, Reach::Exact).any(is_said);
        if let Some(entry) = choose(self.entries_of(name, Reach::Exact), Use { is_class, ..usage }) {
            return Some((entry, Reach::Exact));
        }
        if let Some(entry) = choose(self.entries_of(name, Reach::All), usage) {
            return Some((entry, Reach::All));
        }
        let mut rest = name;
        let mut is_last = true;
        while let Some((prefix, _)) = rest.rsplit_once('.') {
            if is_last && let Some(entry) = choose(self.entries_of(prefix, Reach::One), usage) {
                return Some((entry, Reach::One));
            }
            if let Some(entry) = choose(self.entries_of(prefix, Reach::All), usage) {
                return Some((entry, Reach::All));
            }
            (rest, is_last) = (prefix, false);
        }
        None
    }
}

/// The entry that says most about this use.
fn choose<'s>(entries: impl Iterator<Item = &'s Entry>, usage: Use) -> Option<&'s Entry> {
    // Of equals the first.
    entries.filter(|entry| entry.holds(usage)).min_by_key(|entry| {
        // Words for one loader or one use come before those for all; then the less trusting verdict.
        let distrust = match entry.verdict {
            Verdict::Safe => 0,
            Verdict::Unknown => 1,
            Verdict::Dangerous => 2,
        };
        Reverse((!entry.loaders.is_empty(), entry.only.rank(), distrust))
    })
}

/// What a project says of names.
#[derive(Debug, Clone, Default)]
pub(super) struct Own {
    entries: Vec<Entry>,
    /// Entries by prefix, each with the reach for which it stands there.
    by_prefix: FxHashMap<String, Vec<(Reach, usize)>>,
}

impl Own {
    /// Adds an entry for each of `names`.
    pub(super) fn add(&mut self, entry: Entry, names: impl Iterator<Item = GlobalPattern>) {
        for GlobalPattern { prefix, reach } in names {
            self.by_prefix.entry(prefix).or_default().push((reach, self.entries.len()));
        }
        self.entries.push(entry);
    }
}

impl Names for Own {
    fn entries_of<'s>(&'s self, prefix: &str, reach: Reach) -> impl Iterator<Item = &'s Entry> {
        let here = self.by_prefix.get(prefix).into_iter().flatten().rev();
        here.filter(move |(other, _)| *other == reach).map(|&(_, index)| &self.entries[index])
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
