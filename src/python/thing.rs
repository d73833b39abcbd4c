//! What an expression can be, while it is worked out: [`crate::fact::Value`] with references into the tree.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall};

use super::model::{ClassId, DefId, FunctionId, Refinement};
use crate::text::Region;

/// One thing an expression can be.
#[derive(Debug, Clone)]
pub(super) enum Thing<'a> {
    /// Anything.
    Unknown,
    /// Nothing: an entry of a dictionary that may be missing.
    Absent,
    /// Anything that counts as true (or as false).
    UnknownOf {
        truth: bool,
    },
    None,
    Bool(bool),
    Number {
        nonzero: bool,
        index: Option<usize>,
    },
    Text(Rc<str>),
    PartialText {
        prefix: Rc<str>,
        suffix: Rc<str>,
    },
    Bytes {
        nonempty: bool,
    },
    /// A path of the local file system, with its end as far as it is known.
    LocalPath(Rc<str>),
    /// Something imported (or built in), or what calling it gives.
    Named(Rc<str>),
    Function(FunctionId),
    /// A function that has its first argument already.
    Method(FunctionId),
    Class(ClassId),
    /// An object of a class of the file, with the call that made it where it is known.
    Instance {
        class: ClassId,
        made_by: Option<&'a ExprCall>,
    },
    /// `partial(f, …)`
    Partial(Rc<Partial<'a>>),
    Dict(Rc<Dict<'a>>),
    /// Items of a list, tuple or set.
    Items(Rc<[&'a Expr]>),
    /// `operator.attrgetter("a.b")`
    AttributeGetter(Rc<str>),
    /// `operator.methodcaller("name", …)`
    MethodCaller(&'a ExprCall),
    /// `globals()`
    ModuleNames,
    /// An object with attributes set later.
    Overlay(Rc<Overlay<'a>>),
}

/// A function with some of its arguments.
#[derive(Debug)]
pub(super) struct Partial<'a> {
    pub(super) function: Val<'a>,
    pub(super) call: &'a ExprCall,
}

/// What else may be in a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing.
    Nothing,
    /// What the caller of the function passes: by default nothing.
    FromCaller,
    /// Anything.
    Anything,
}

/// A dictionary, as far as its keys are known; later entries win.
#[derive(Debug, Clone)]
pub(super) struct Dict<'a> {
    pub(super) entries: Vec<(Rc<str>, Slot<'a>)>,
    pub(super) rest: Rest,
}

/// A value that is worked out when it is asked for.
#[derive(Debug, Clone)]
pub(super) enum Slot<'a> {
    Expr(&'a Expr),
    Val(Val<'a>),
}

/// `object.attribute = value`
#[derive(Debug)]
pub(super) struct Overlay<'a> {
    pub(super) base: Thing<'a>,
    pub(super) attribute: Rc<str>,
    pub(super) value: &'a Expr,
}

/// How something was found out, nearest first.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) region: Region,
    pub(super) why: Why,
    pub(super) next: Option<Rc<Link>>,
}

/// What a [`Link`] tells.
#[derive(Debug, Clone, Copy)]
pub(super) enum Why {
    /// A name was bound here.
    Bound(DefId),
    /// A parameter's default.
    Default(DefId),
    /// A caller's argument for a parameter.
    Argument(DefId),
    /// An option of the command line.
    Option,
    /// An entry of a dictionary, list or table.
    Entry,
    /// A value that a function of the file returns.
    Returned,
    /// A base class.
    Base,
    /// An attribute set on an object.
    Attribute,
}

/// A thing and how it was found out.
#[derive(Debug, Clone)]
pub(super) struct Alt<'a> {
    pub(super) thing: Thing<'a>,
    pub(super) link: Option<Rc<Link>>,
    /// The call of a function of the file that decided it.
    pub(super) decided_at: Option<Region>,
    /// A listed function that came through a table, a default, an argument or a `return`: it is reported there.
    pub(super) handed: bool,
}

/// A set of alternatives; shared, never empty once it left the resolver.
pub(super) type Val<'a> = Rc<[Alt<'a>]>;

impl<'a> Alt<'a> {
    pub(super) fn new(thing: Thing<'a>) -> Self {
        Self { thing, link: None, decided_at: None, handed: false }
    }

    /// The same, known by one step more.
    pub(super) fn linked(mut self, region: Region, why: Why) -> Self {
        self.link = Some(Rc::new(Link { region, why, next: self.link.take() }));
        self
    }

    /// Another thing found out the same way.
    pub(super) fn with(&self, thing: Thing<'a>) -> Self {
        Self { thing, ..self.clone() }
    }
}

/// A value of one thing.
pub(super) fn one(thing: Thing<'_>) -> Val<'_> {
    Rc::from([Alt::new(thing)])
}

/// A path of the local file system that ends in `suffix`.
pub(super) fn local(suffix: &str) -> Val<'_> {
    one(Thing::LocalPath(suffix.into()))
}

impl<'a> Thing<'a> {
    pub(super) fn named(name: impl Into<Rc<str>>) -> Self {
        Self::Named(name.into())
    }

    /// What `path` gives with `rest` behind it: an attribute, the result of a call. Longer than any name that rules ask for
    /// it is nothing known, or names would grow with every line.
    pub(super) fn below(path: &str, rest: &str) -> Self {
        const MOST_BYTES: usize = 512;
        if path.len() + rest.len() > MOST_BYTES { Self::Unknown } else { Self::named([path, rest].concat()) }
    }

    /// What `if` makes of it.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::UnknownOf { truth } => Some(*truth),
            Self::None => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Number { nonzero, .. } => Some(*nonzero),
            Self::Text(text) => Some(!text.is_empty()),
            Self::PartialText { prefix, suffix } => (!prefix.is_empty() || !suffix.is_empty()).then_some(true),
            Self::Bytes { nonempty } => Some(*nonempty),
            Self::Dict(dict) => match (dict.entries.is_empty(), dict.rest) {
                (false, _) => Some(true),
                (true, Rest::Nothing) => Some(false),
                (true, _) => None,
            },
            Self::Items(items) => Some(!items.is_empty()),
            Self::Function(_) | Self::Method(_) | Self::Class(_) | Self::Partial(_) => Some(true),
            Self::AttributeGetter(_) | Self::MethodCaller(_) | Self::ModuleNames => Some(true),
            Self::Overlay(overlay) => overlay.base.truth(),
            Self::Unknown | Self::Absent | Self::LocalPath(_) | Self::Named(_) | Self::Instance { .. } => None,
        }
    }

    /// What is left of it where a test told `how`; `None` if it cannot be there.
    pub(super) fn refined(&self, how: Refinement) -> Option<Self> {
        let keep = match how {
            Refinement::NotNone => !matches!(self, Self::None),
            Refinement::Local => {
                return match self {
                    Self::None | Self::Bool(_) => None,
                    Self::Text(text) => Some(Self::LocalPath(Rc::clone(text))),
                    Self::PartialText { suffix, .. } => Some(Self::LocalPath(Rc::clone(suffix))),
                    Self::Unknown | Self::UnknownOf { .. } | Self::Named(_) => Some(Self::LocalPath("".into())),
                    other => Some(other.clone()),
                };
            }
            Refinement::IsNone => {
                return self.truth().is_none_or(|truth| !truth && matches!(self, Self::None)).then_some(Self::None);
            }
            Refinement::Truthy | Refinement::Falsy => {
                let wanted = how == Refinement::Truthy;
                match self.truth() {
                    Some(truth) => truth == wanted,
                    None if matches!(self, Self::Unknown) => return Some(Self::UnknownOf { truth: wanted }),
                    None => true,
                }
            }
        };
        keep.then(|| self.clone())
    }

    /// The object under attributes set later.
    pub(super) fn peeled(&self) -> &Self {
        let mut thing = self;
        while let Self::Overlay(overlay) = thing {
            thing = &overlay.base;
        }
        thing
    }
}

impl<'a> Dict<'a> {
    /// The last entry for `key`.
    pub(super) fn get(&self, key: &str) -> Option<&Slot<'a>> {
        self.entries.iter().rev().find(|(name, _)| **name == *key).map(|(_, slot)| slot)
    }
}
