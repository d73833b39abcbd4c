//! What was seen in an artifact, without opinion. `artifact` makes these facts, `rules::artifact` judges them.

mod format;
mod observation;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

pub use format::Format;
pub use observation::{Observation, ObservationKind};

use super::pickle::{Attribute, Callee, Datum, PickleCall, PickleStream};
use crate::text::Region;

/// Bytes from the start of a file or member, half-open. Unlike a text, an artifact may be larger than 4 GiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ByteRegion {
    /// First byte.
    pub start: u64,
    /// One past the last.
    pub end: u64,
}

impl ByteRegion {
    /// From `start` to `end`; never backwards.
    pub fn new(start: u64, end: u64) -> Self {
        Self { start, end: end.max(start) }
    }
}

/// How the names of members begin that are bytes in a pickle or a text which nothing in the artifact loads.
pub const IDLE: &str = "<idle bytes at ";

/// The names of the members one inside the other that lead to some bytes; empty for the file itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MemberPath(Arc<[Arc<str>]>);

impl MemberPath {
    /// The member `name` of what this path leads to.
    #[must_use]
    pub fn inside(&self, name: &str) -> Self {
        Self(self.0.iter().cloned().chain([name.into()]).collect())
    }

    /// How many containers deep.
    pub fn depth(&self) -> usize {
        self.0.len()
    }

    /// Whether this leads into bytes that nothing in the artifact loads.
    pub fn is_idle(&self) -> bool {
        self.0.iter().any(|part| part.starts_with(IDLE))
    }

    /// The names, outermost first.
    pub fn parts(&self) -> &[Arc<str>] {
        &self.0
    }
}

/// `inner.tar.gz!model/data.pkl`.
impl fmt::Display for MemberPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("!"))
    }
}

/// Where in an artifact something stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Place {
    /// In which member.
    pub member: MemberPath,
    /// Which bytes of it.
    pub region: ByteRegion,
}

/// One thing seen, and where.
#[derive(Debug, Clone)]
pub struct ArtifactFact {
    /// Where.
    pub place: Place,
    /// What.
    pub seen: Seen,
}

/// The kinds of things seen in artifacts.
#[derive(Debug, Clone)]
pub enum Seen {
    /// A pickle stream imports a name.
    Import(Callee),
    /// A pickle stream calls something.
    Call(PickleCall),
    /// A pickle stream sets attributes or items of something that it did not make as plain data.
    Attribute(Attribute),
    /// A pickle stream as a whole; stands after what was seen in it.
    Stream(Box<PickleStream>),
    /// A file names Python code that its loader imports or calls.
    Reference(CodeReference),
    /// Python source that a loader runs; the code rules look at it.
    Source(EmbeddedSource),
    /// Anything else.
    Observation(Observation),
    /// A command in a configuration; the rules for scripts look at it.
    Command(CommandText),
}

/// How a command stands in a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandShape {
    /// Each part is a text for a shell.
    Shell,
    /// Each part is one word of one command.
    Words,
}

/// A command in a text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandText {
    /// How it stands there.
    pub shape: CommandShape,
    /// The bytes of its texts, their quotes or the head of a block included.
    pub parts: Vec<Region>,
    /// Key and values.
    pub statement: Region,
}

/// A name of Python code in a file that is no pickle.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeReference {
    /// Who names it, and so what happens to it.
    pub kind: ReferenceKind,
    /// The qualified name, `builtins.exec`.
    pub name: String,
    /// What it is called with, if the file says so: keyword (empty for a positional one) and value.
    pub arguments: Vec<(String, Datum)>,
    /// The bytes in a text file (a configuration) where it stands; `None` in archives' binary members.
    pub text: Option<Region>,
}

/// Which loader follows a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReferenceKind {
    /// Hydra, NeMo, Lightning: `_target_`, `target`, `class_path`; instantiated with arguments.
    HydraTarget,
    /// Keras: `module` and `class_name` of a layer or object.
    KerasClass,
    /// Keras: a function by name.
    KerasFunction,
    /// skops: `__module__` and `__class__` of a node.
    SkopsType,
    /// MLflow: `loader_module` and the like, imported.
    LoaderModule,
    /// sentence-transformers: `modules.json` types, imported and instantiated.
    ModuleType,
    /// diffusers: a component's library and class.
    PipelineComponent,
    /// TorchServe: the handler of an archive.
    Handler,
    /// A plug-in or trainer class named in a training configuration.
    Plugin,
    /// PMML, PaddlePaddle, tokenizers and whoever else names importable code.
    Other,
    /// Keras: a class or function that the loading program must have registered itself; nothing is imported.
    KerasRegistered,
    /// Keras: a class of another module that says it is registered under a package; imported if it is not.
    KerasOwnClass,
    /// A class or function that a key of a model's configuration names: imported, and mostly called.
    ConfiguredName,
    /// A module that a key of a model's configuration names: imported, which runs it.
    ImportedModule,
    /// Data of a pickle that names code for whoever instantiates it later: `_target_`.
    KeptTarget,
}

/// Python source inside an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmbeddedSource {
    /// What runs it: `torch.package`, `TorchServe handler`.
    pub runner: &'static str,
    /// The text.
    pub text: String,
}

/// Why some bytes could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// A ceiling was reached.
    Limit,
    /// The bytes end early or contradict their format.
    Damaged,
    /// Damaged, and of no model that is known: repositories keep such files on purpose.
    Loose,
    /// Encrypted or in a form that is not supported.
    Closed,
    /// The system could not read them.
    Unreadable,
}

/// Bytes that were not looked at, so that nothing passes in silence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// Why.
    pub kind: GapKind,
    /// Where.
    pub place: Place,
    /// A sentence without its full stop that names the limit or the fault.
    pub message: String,
}

/// A tensor as its file describes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TensorHeader {
    /// Its name; empty if the file gives none.
    pub name: String,
    /// The element type in the format's own words.
    pub dtype: String,
    /// Elements per axis.
    pub shape: Vec<u64>,
    /// Where its data lies.
    pub place: Place,
}

/// A container's member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its path, this member included.
    pub path: MemberPath,
    /// What it is.
    pub format: Format,
    /// Bytes as stored.
    pub stored_bytes: u64,
    /// Bytes unpacked, as far as known.
    pub bytes: u64,
}

/// Files beside an artifact that it names, and cannot be loaded without.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Companions {
    /// The path from the artifact's folder, with `/` between its parts, and how many bytes the file has at least.
    pub files: BTreeMap<String, u64>,
    /// Whether a copy of the artifact without any of them is no fault, as of configurations.
    pub may_lack_all: bool,
    /// What may be missing; but if one of them is there, the artifact stands in its own folder, and all of `files` should too.
    pub kin: BTreeSet<String>,
    /// Checksums of bytes in `files`, of which loaders ask too.
    pub sums: Vec<CompanionSum>,
}

/// The checksum of some bytes in a file beside an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanionSum {
    /// The file's path from the artifact's folder.
    pub path: String,
    /// The first byte.
    pub offset: u64,
    /// How many bytes.
    pub bytes: usize,
    /// CRC-32C, of Castagnoli.
    pub crc32c: u32,
}

/// Everything seen in one artifact.
#[derive(Debug, Clone)]
pub struct ArtifactFacts {
    /// What it is.
    pub format: Format,
    /// Its size in bytes.
    pub bytes: u64,
    /// In the order in which they were seen.
    pub facts: Vec<ArtifactFact>,
    /// What was not looked at.
    pub gaps: Vec<Gap>,
    /// Members of containers; kept for an inventory only.
    pub members: Vec<Member>,
    /// Tensors; kept for an inventory only.
    pub tensors: Vec<TensorHeader>,
    /// How many members there are in all containers, the file itself included.
    pub parts: u64,
    /// Files that are not in it.
    pub companions: Companions,
}
