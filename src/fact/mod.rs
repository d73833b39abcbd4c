//! What was seen in a Python file, a script or an artifact, without opinion. `python`, `script` and `artifact` make facts,
//! `rules` judges them.

pub mod artifact;
mod change;
mod pattern;
pub mod pickle;
mod screen;
mod script;
mod script_words;
mod suppression;
mod value;
mod vocabulary;

pub use change::{CallChange, ChangeKind, Replacement};
pub use pattern::{NamePattern, PatternError};
pub use screen::{MayHave, is_dynamic, is_importing};
pub use script::{Command, CommandRole, GAP, Reach, ScriptKind, Setting, Word};
pub use script_words::ScriptWords;
pub use suppression::SuppressionProblem;
pub use value::{Alternative, Atom, Origin, Value};
pub use vocabulary::{NameList, Role, Vocabulary, Writer};

use std::rc::Rc;

use crate::text::Region;

/// A place and what was learnt there; becomes a step of a flow or a reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Bytes in the text (or cell) the fact stands in.
    pub region: Region,
    /// A sentence without its full stop.
    pub message: String,
}

/// One thing a called expression can be.
#[derive(Debug, Clone)]
pub struct Target {
    /// Its qualified name, `torch.load`; `()` marks the result of a call, `huggingface_hub.HfApi().snapshot_download`.
    pub name: Rc<str>,
    /// How the name was resolved, in order.
    pub steps: Vec<Step>,
}

/// How a function is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallForm {
    /// It is called.
    Called,
    /// `functools.partial(f, …)` and the like: called later with these arguments at least.
    Bound,
    /// It is handed on: an argument, an entry of a table, a default, a returned value.
    PassedOn,
    /// A class that derives from it stands there and is used elsewhere.
    Subclassed,
}

/// One argument of a call; arguments spread by `*` and `**` are listed as far as they are known.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Its keyword.
    pub name: Option<Rc<str>>,
    /// Its position, from 0.
    pub position: Option<usize>,
    /// Where it stands.
    pub region: Region,
    /// Whether it comes out of `*x` or `**x`.
    pub spread: bool,
    /// What it can be.
    pub value: Value,
    /// The listed sources it comes from, with the way.
    pub origins: Vec<Origin>,
    /// What the path can be of the file that it is, if it is what `open` gave.
    pub opened: Option<Value>,
}

/// A local class through which a listed class is used.
#[derive(Debug, Clone)]
pub struct Subclass {
    /// Its name in the code.
    pub name: Rc<str>,
    /// Methods whose every way out is behind a test against constants, or raises.
    pub restricting_methods: Vec<Rc<str>>,
    /// Whether it has an `__init__` of its own.
    pub has_constructor: bool,
    /// Where the class stands.
    pub region: Region,
}

/// A call that failed before another one is made.
#[derive(Debug, Clone)]
pub struct Tried {
    /// An index into [`Facts::calls`].
    pub call: usize,
    /// Arguments of it, by index, that cannot have been what they are listed to be: a test before the second call
    /// came out otherwise. They counted as true or as false, as it says.
    pub otherwise: Vec<(usize, bool)>,
}

/// A use of a function (or class) the rules ask about.
#[derive(Debug, Clone)]
pub struct Call {
    /// The whole expression; of a function handed on, the function.
    pub region: Region,
    /// The called part.
    pub callee: Region,
    /// The statement it stands in, first to last line; a compound statement's header only.
    pub statement: Region,
    /// What it can be; only names the vocabulary asks for.
    pub targets: Vec<Target>,
    /// How it is used.
    pub form: CallForm,
    /// The arguments.
    pub arguments: Vec<Argument>,
    /// Whether `*x` or `**x` of unknown content may bring more arguments.
    pub open_ended: bool,
    /// The `*args` or `**kwargs` of the function around, handed on: what else the caller gives.
    pub forwarded: Option<Region>,
    /// The class in the file through which it is used.
    pub subclass: Option<Subclass>,
    /// The calls in the `try` body when this one stands in the `except` of it.
    pub tried_before: Vec<Tried>,
    /// The partial that this call completes: an index into [`Facts::calls`].
    pub bound_by: Option<usize>,
    /// What is called came through a table, a `return` and the like: the places on the way. A rule that says something
    /// about the function at one of them says nothing here.
    pub handed_in: Vec<Region>,
}

/// `torch.load = value`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The whole assignment.
    pub region: Region,
    /// The statement it stands in.
    pub statement: Region,
    /// What is assigned to.
    pub target: Target,
    /// What it is set to.
    pub value: Value,
    /// Calls inside the value, or inside the function the value names: indices into [`Facts::calls`].
    pub calls: Vec<usize>,
}

/// `os.environ["NAME"] = value`.
#[derive(Debug, Clone)]
pub struct EnvironmentChange {
    /// The whole assignment or call.
    pub region: Region,
    /// The statement it stands in.
    pub statement: Region,
    /// The variable.
    pub variable: Rc<str>,
    /// What it is set to.
    pub value: Value,
    /// Who sees it.
    pub reach: Reach,
}

/// A comment, as the tokenizer saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// From its `#` to the end of the line.
    pub region: Region,
    /// Its text with the `#`.
    pub text: String,
}

/// All facts of one text.
#[derive(Debug, Default)]
pub struct Facts {
    /// Uses of listed functions, in the order of their places.
    pub calls: Vec<Call>,
    /// Calls of functions that neither the rules nor the file know, with a keyword that rules ask for. Entries of
    /// dictionaries among their arguments count as arguments.
    pub unknown_calls: Vec<Call>,
    /// Assignments to listed names.
    pub assignments: Vec<Assignment>,
    /// Environment variables set.
    pub environment: Vec<EnvironmentChange>,
    /// Commands of scripts with a word that rules ask for.
    pub commands: Vec<Command>,
    /// Settings with a key that rules ask for.
    pub settings: Vec<Setting>,
}
