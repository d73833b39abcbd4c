//! What a pickle stream would do, operation by operation.

use std::fmt;

/// A value on the machine's stack, cut to what a message or a rule needs: a few levels, a few items, short texts.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer of up to 64 bits.
    Int(i64),
    /// A larger one; how many bytes it has.
    LargeInt(u64),
    /// A float.
    Float(f64),
    /// A text, perhaps cut.
    Text {
        /// Its start.
        start: String,
        /// Its whole length in bytes.
        length: u64,
    },
    /// Bytes or a bytearray, perhaps cut.
    Bytes {
        /// Their start.
        start: Vec<u8>,
        /// How many there are.
        length: u64,
    },
    /// An imported name, uncalled.
    Global(Callee),
    /// A tuple.
    Tuple(Vec<Datum>),
    /// A list.
    List(Vec<Datum>),
    /// A set or frozenset.
    Set(Vec<Datum>),
    /// A dictionary.
    Dict(Vec<(Datum, Datum)>),
    /// What a call gave back; the callee's name.
    Result(String),
    /// A persistent id that the loader turns into an object.
    Persistent(Box<Datum>),
    /// Items or levels left out.
    Cut,
    /// Not known.
    Unknown,
}

/// A name that a stream reaches, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Callee {
    /// Module and name as today's Python knows them, joined by a dot: `builtins.eval`, not `__builtin__.eval`. Empty
    /// if it cannot be known.
    pub name: String,
    /// How many of the name's first bytes are the module.
    pub module_length: usize,
    /// As the stream spells it, if that differs: `__builtin__ eval`.
    pub spelled: Option<String>,
    /// How the stream comes by it.
    pub route: Route,
}

impl Callee {
    /// The module: `collections`.
    pub fn module(&self) -> &str {
        self.name.get(..self.module_length).unwrap_or(&self.name)
    }

    /// The rest: `OrderedDict`, or dotted `OrderedDict.fromkeys`.
    pub fn attribute(&self) -> &str {
        self.name.get(self.module_length + 1..).unwrap_or_default()
    }
}

/// How a stream comes by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Route {
    /// Written out: `GLOBAL`, `INST`, or `STACK_GLOBAL` with two literals.
    Literal,
    /// The operands of `STACK_GLOBAL` were computed.
    Computed,
    /// Reached through attributes or items of something else: `getattr`, `attrgetter`, a dotted name, `vars`, `__dict__`.
    Attribute,
    /// `importlib.import_module`, `__import__`, `pkgutil.resolve_name` and the like.
    Import,
    /// A code of the `copyreg` registry.
    Extension,
    /// A method of an object that a call gave back.
    Method,
    /// Not known.
    Unknown,
}

/// Which opcode calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CallOpcode {
    /// `callable(*args)`.
    Reduce,
    /// A class by name and the stack above the mark.
    Inst,
    /// A class and the stack above the mark.
    Obj,
    /// `cls.__new__(cls, *args)`.
    NewObj,
    /// `cls.__new__(cls, *args, **kwargs)`.
    NewObjEx,
    /// `obj.__setstate__(state)`, where the object's class is known; also `obj.append`, `obj.extend`, `__setitem__`.
    Method,
    /// Called by what was called: `map(f, …)`, `partial(f)()`, `functools.reduce(f, …)`.
    Inner,
}

/// A call in a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct PickleCall {
    /// What is called.
    pub callee: Callee,
    /// By which opcode.
    pub opcode: CallOpcode,
    /// Positional arguments.
    pub arguments: Vec<Datum>,
    /// Keyword arguments.
    pub keywords: Vec<(String, Datum)>,
    /// Every text among the arguments at any depth that was looked at, each cut; for questions such as "is there a URL".
    pub texts: Vec<String>,
}

/// Attributes or items set by a stream.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribute {
    /// Of what.
    pub target: AttributeTarget,
    /// The names (or keys) that are set, as far as they are texts.
    pub names: Vec<String>,
    /// What those of them are set to that are [`DECISIVE_ATTRIBUTES`]. Texts are whole up to 4,096 bytes.
    pub values: Vec<(String, Datum)>,
}

/// Attributes whose values decide what some object does when it is given them, or when it is dropped; sorted.
pub const DECISIVE_ATTRIBUTES: [&str; 5] = ["_handle", "_parse_arg_template", "formula", "handle", "prefix"];

/// What attributes are set of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeTarget {
    /// An object made by this class.
    Instance(Callee),
    /// An imported module, class or function itself.
    Global(Callee),
    /// What a call of this function gave back.
    Result(Callee),
    /// Not known.
    Unknown,
}

/// How a stream ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StreamEnd {
    /// At `STOP`.
    Stop,
    /// In the middle of an operation.
    Truncated,
    /// At an opcode that is none, or whose operand or stack is invalid.
    Invalid,
    /// At a ceiling.
    Limit,
}

/// A stream as a whole.
#[derive(Debug, Clone, PartialEq)]
pub struct PickleStream {
    /// The highest protocol it names; 0 if it names none.
    pub protocol: u8,
    /// Which opcodes occur: bit `n` of the 256 is opcode `n`.
    pub opcodes: [u64; 4],
    /// How many operations.
    pub operations: u64,
    /// How it ends.
    pub end: StreamEnd,
    /// What it gives back, shortly.
    pub result: Datum,
    /// The names it imports, once each, in order.
    pub imports: Vec<Callee>,
    /// Types named by its persistent ids (`torch.FloatStorage`), once each.
    pub persistent_types: Vec<String>,
    /// What is given items without being a list, dictionary or set that the stream itself makes, once each.
    pub item_takers: Vec<ItemTaker>,
    /// Whether a persistent id is that of something else than a storage, as PyTorch's old `("module", class, …)`.
    pub has_foreign_ids: bool,
}

/// Something that opcodes for lists or dictionaries give items to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemTaker {
    /// `SETITEM` and `SETITEMS`, or `APPEND` and `APPENDS`.
    pub is_keyed: bool,
    /// The class or function that made it, `builtins.list`, or `builtins.type` for a name itself.
    pub made_by: String,
}

impl PickleStream {
    /// Whether an opcode occurs.
    pub fn has(&self, opcode: u8) -> bool {
        self.opcodes[usize::from(opcode >> 6)] >> (opcode & 63) & 1 == 1
    }
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.name.is_empty() { "something unknown" } else { &self.name })
    }
}

/// As Python would write it, with `…` where something is left out.
impl fmt::Display for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bool(true) => f.write_str("True"),
            Self::Bool(false) => f.write_str("False"),
            Self::Int(value) => value.fmt(f),
            Self::LargeInt(bytes) => write!(f, "<integer of {bytes} bytes>"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::Text { start, length } => quoted(f, start, *length > start.len() as u64),
            Self::Bytes { start, length } => {
                let text: String = start.iter().flat_map(|byte| byte.escape_ascii()).map(char::from).collect();
                let cut = if *length > start.len() as u64 { "…" } else { "" };
                write!(f, "b\"{text}{cut}\"")
            }
            Self::Global(callee) => callee.fmt(f),
            Self::Tuple(items) if items.len() == 1 => write!(f, "({},)", items[0]),
            Self::Tuple(items) => joined(f, "(", items, ")"),
            Self::List(items) => joined(f, "[", items, "]"),
            Self::Set(items) => joined(f, "{", items, "}"),
            Self::Dict(items) => {
                f.write_str("{")?;
                for (index, (key, value)) in items.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("}")
            }
            Self::Result(callee) => write!(f, "{callee}(…)"),
            Self::Persistent(id) => write!(f, "<persistent {id}>"),
            Self::Cut => f.write_str("…"),
            Self::Unknown => f.write_str("?"),
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str, cut: bool) -> fmt::Result {
    let escaped: String = text
        .chars()
        .flat_map(|c| match c {
            '"' | '\\' => vec!['\\', c],
            c if c.is_control() => c.escape_default().collect(),
            c => vec![c],
        })
        .collect();
    write!(f, "\"{escaped}{}\"", if cut { "…" } else { "" })
}

fn joined(f: &mut fmt::Formatter<'_>, open: &str, items: &[Datum], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
    }
    f.write_str(close)
}

/// `posix.system("echo …")`.
impl fmt::Display for PickleCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.callee)?;
        let mut separator = "";
        for argument in &self.arguments {
            write!(f, "{separator}{argument}")?;
            separator = ", ";
        }
        for (name, value) in &self.keywords {
            write!(f, "{separator}{name}={value}")?;
            separator = ", ";
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_reads_as_python_would_write_it() {
        let callee = Callee { name: "posix.system".into(), module_length: 5, spelled: None, route: Route::Literal };
        assert_eq!((callee.module(), callee.attribute()), ("posix", "system"));
        let text = |start: &str, length| Datum::Text { start: start.into(), length };
        let call = PickleCall {
            callee,
            opcode: CallOpcode::Reduce,
            arguments: vec![text("echo \"a\"\n", 40), Datum::Tuple(vec![Datum::Int(1)]), Datum::Cut],
            keywords: vec![("b".into(), Datum::Bytes { start: vec![0, b'a'], length: 2 })],
            texts: Vec::new(),
        };
        assert_eq!(call.to_string(), r#"posix.system("echo \"a\"\n…", (1,), …, b=b"\x00a")"#);
    }
}
