//! The names a stream reaches, each once, by number.
//!
//! Comes in: names as `machine` and `fold` find them. Goes out: numbers for values, [`Callee`]s for facts.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::fact::pickle::{Callee, Route};

use super::meaning::Meaning;

/// One name.
#[derive(Debug)]
pub(super) struct Name {
    /// What facts say of it.
    pub(super) callee: Callee,
    /// What is known of calling it.
    pub(super) meaning: Meaning,
    /// How many of its calls were told.
    pub(super) calls_told: u32,
    /// Whether its import was told.
    pub(super) import_told: bool,
    /// Whether the stream names it by an opcode of its own.
    pub(super) imported: bool,
    /// Whether attributes set of its instances were told.
    pub(super) attributes_told: bool,
}

/// The number of a name that is not known.
pub(super) const UNKNOWN: u32 = 0;
/// How many names are kept.
const MOST: usize = 100_000;

/// All names.
#[derive(Debug)]
pub(super) struct Names {
    entries: Vec<Name>,
    // The standard hasher: streams choose these texts, and could choose them to collide.
    numbers: HashMap<Box<str>, u32>,
    key: String,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self { entries: Vec::new(), numbers: HashMap::new(), key: String::new() };
        names.add(Callee { name: String::new(), module_length: 0, spelled: None, route: Route::Unknown });
        names
    }
}

impl Names {
    /// The number of `module.attribute`; of the module if the attribute is empty; [`UNKNOWN`] if there are too many.
    /// `spelled` says how the stream spells it if it is new and not spelled that way.
    pub(super) fn number(
        &mut self,
        module: &str,
        attribute: &str,
        route: Route,
        spelled: impl FnOnce() -> Option<String>,
    ) -> u32 {
        self.key.clear();
        // The parts are told apart by a byte that no importable name has; what is not importable does no harm.
        let written = write!(self.key, "{}\0{module}\0{attribute}", route as u8);
        debug_assert!(written.is_ok(), "writing to a string does not fail");
        if let Some(number) = self.numbers.get(self.key.as_str()) {
            return *number;
        }
        if self.is_full() {
            return UNKNOWN;
        }
        let separator = if attribute.is_empty() { "" } else { "." };
        let name = format!("{module}{separator}{attribute}");
        let number = self.add(Callee { name, module_length: module.len(), spelled: spelled(), route });
        self.numbers.insert(self.key.as_str().into(), number);
        number
    }

    fn add(&mut self, callee: Callee) -> u32 {
        let meaning = Meaning::of(&callee.name);
        self.entries.push(Name {
            callee,
            meaning,
            calls_told: 0,
            import_told: false,
            imported: false,
            attributes_told: false,
        });
        self.entries.len() as u32 - 1
    }

    /// Whether no more names are kept.
    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= MOST
    }

    /// The name with this number.
    pub(super) fn get(&self, number: u32) -> &Name {
        &self.entries[number as usize]
    }

    /// The same, to be changed.
    pub(super) fn get_mut(&mut self, number: u32) -> &mut Name {
        &mut self.entries[number as usize]
    }

    /// Those that opcodes name, in order.
    pub(super) fn imported(&self) -> impl Iterator<Item = &Callee> {
        self.entries.iter().filter(|name| name.imported).map(|name| &name.callee)
    }
}
