//! What an argument can hold, as far as the file tells.

use std::rc::Rc;

use super::Step;
use crate::text::Region;

/// The set of things a value can be: known if it has one known alternative, one of several, or unknown.
///
/// Never empty: a value of which nothing is known has the one alternative [`Atom::Unknown`].
#[derive(Debug, Clone, PartialEq)]
pub struct Value {
    /// At least one, in the order they were found.
    pub alternatives: Vec<Alternative>,
}

/// One thing a value can be, and how that is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Alternative {
    /// The thing.
    pub atom: Atom,
    /// How it was found: assignments, defaults, imports; nearest first.
    pub steps: Vec<Step>,
    /// Where somebody else decided it: the caller that passed it to the function the call stands in.
    pub decided_at: Option<Region>,
}

/// A thing.
#[derive(Debug, Clone, PartialEq)]
pub enum Atom {
    /// The argument is not given.
    Absent,
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// A number; only whether it is zero matters.
    Number {
        /// Whether it is anything but zero.
        nonzero: bool,
    },
    /// A string.
    Text(Rc<str>),
    /// A string of which only the beginning, and perhaps the end, is known (an f-string, a concatenation).
    PartialText {
        /// The known beginning; may be empty.
        prefix: Rc<str>,
        /// The known end; may be empty.
        suffix: Rc<str>,
    },
    /// Bytes; only whether there are any matters.
    Bytes {
        /// Whether there is at least one.
        nonempty: bool,
    },
    /// A path of the local file system.
    LocalPath {
        /// Its known end; may be empty.
        suffix: Rc<str>,
    },
    /// Something imported, or the result of calling it (`name()`).
    Named(Rc<str>),
    /// A class of the file, with the imported classes it derives from.
    Class {
        /// Its name in the code.
        name: Rc<str>,
        /// Qualified names of all imported bases.
        bases: Vec<Rc<str>>,
    },
    /// A function of the file.
    Function,
    /// A list, tuple or set.
    Collection(Vec<Value>),
    /// A dictionary.
    Mapping {
        /// Whether it surely has an entry.
        nonempty: bool,
    },
    /// Data that the same function made itself, or whose digest it compared: loading it runs nothing foreign.
    Harmless,
    /// Anything.
    Unknown,
    /// Anything that counts as true, or as false.
    UnknownOf {
        /// Which.
        truth: bool,
    },
}

/// A listed source that data comes from.
#[derive(Debug, Clone)]
pub struct Origin {
    /// The name of the list, `network`.
    pub source: Rc<str>,
    /// The function of the list, `requests.get`.
    pub name: Rc<str>,
    /// The way from the source to the argument, source first.
    pub steps: Vec<Step>,
}

impl Value {
    /// The value that is surely this.
    pub fn of(atom: Atom) -> Self {
        Self { alternatives: vec![Alternative { atom, steps: Vec::new(), decided_at: None }] }
    }

    /// The value of something that cannot be known.
    pub fn unknown() -> Self {
        Self::of(Atom::Unknown)
    }

    /// The value of an argument that is not there.
    pub fn absent() -> Self {
        Self::of(Atom::Absent)
    }
}

impl Atom {
    /// What `if` would make of it; `None` where that cannot be told.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Number { nonzero } => Some(*nonzero),
            Self::Text(text) => Some(!text.is_empty()),
            Self::PartialText { prefix, suffix } if prefix.is_empty() && suffix.is_empty() => None,
            Self::PartialText { .. } | Self::Class { .. } | Self::Function => Some(true),
            Self::Bytes { nonempty } => Some(*nonempty),
            Self::UnknownOf { truth } => Some(*truth),
            Self::Collection(items) => Some(!items.is_empty()),
            Self::Mapping { nonempty } => nonempty.then_some(true),
            Self::Absent | Self::Named(_) | Self::LocalPath { .. } | Self::Harmless | Self::Unknown => None,
        }
    }
}
