//! What a rule wants changed in a call, before anybody has looked where the bytes for it stand.

use std::rc::Rc;

use crate::text::Region;

/// A wish about one call; `python::edit` turns it into bytes, or finds that it cannot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallChange {
    /// The whole call expression, as [`super::Call::region`].
    pub call: Region,
    /// The qualified name of what is called: `yaml.load`.
    pub function: Rc<str>,
    /// How many arguments stand before the function's own: 1 in `partial(f, …)`, which has the function itself there.
    pub skipped: usize,
    /// What is wanted.
    pub kind: ChangeKind,
}

/// The kinds of wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// An argument gets this value, whether it stands there or not.
    Argument {
        /// Its keyword.
        name: String,
        /// Its position from 0, if it may be given by position.
        position: Option<usize>,
        /// Python source. `{module}` stands for the module as the call spells it: `y` in `y.load(…)`.
        value: String,
    },
    /// Another function of the same module is called.
    Rename {
        /// The last part of its name.
        to: String,
    },
}

/// Bytes of the text, and what takes their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// What goes; empty where something is only put in.
    pub region: Region,
    /// What comes.
    pub text: String,
}
