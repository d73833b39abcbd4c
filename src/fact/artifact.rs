//! What was seen in an artifact, without opinion. `artifact` makes these facts, `rules::artifact` judges them.

use std::fmt;
use std::sync::Arc;

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

/// Something that is no pickle operation and no name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// What.
    pub kind: ObservationKind,
    /// The words that fill the message: a name, a value, the two things that disagree.
    pub subject: String,
    /// The bytes in a text file where it stands, if the artifact is one.
    pub text: Option<Region>,
}

/// What can be observed. Rules name these in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObservationKind {
    // Containers: readers could disagree.
    /// A local header's name differs from the directory's.
    ZipNameMismatch,
    /// Flags, method or sizes differ between local header and directory.
    ZipHeaderMismatch,
    /// The stored checksum is not that of the bytes.
    ZipChecksumMismatch,
    /// Two members have one name (also up to case or slashes).
    ZipDuplicateName,
    /// A local header that the directory does not list.
    ZipUnlistedMember,
    /// The directory lists a member that is not where it says.
    ZipMissingMember,
    /// Members' bytes overlap.
    ZipOverlap,
    /// Bytes before the archive, between members or after it that are no part of it.
    ZipStrayData,
    /// More than one end record, or one whose counts or offsets contradict the archive.
    ZipDirectoryAmbiguous,
    /// Encrypted content, which cannot be looked into.
    Encrypted,
    /// A compression or archive format that cannot be looked into: 7z, rar, an unknown zip method.
    UnsupportedContainer,
    /// A tar header that readers understand differently.
    TarAmbiguous,
    /// A member path that leaves the folder it is unpacked to.
    PathTraversal,
    /// An absolute member path.
    AbsolutePath,
    /// A link that points out of the archive.
    LinkEscape,
    /// A device, pipe or other special member.
    SpecialMember,
    /// Content of another kind than the name says.
    DisguisedContent,
    /// An executable (ELF, PE, Mach-O, a script) where a model is expected.
    ExecutableContent,
    /// A Git-LFS pointer; the subject is its digest.
    LfsPointer,
    // Pickle streams.
    /// A name assembled while loading instead of written out.
    ComputedName,
    /// An extension code, which the reader's `copyreg` registry turns into any name.
    ExtensionCode,
    /// A stream that readers understand differently.
    PickleAmbiguous,
    /// The stream breaks off or has an invalid opcode after calls that have run by then.
    BrokenAfterCalls,
    /// Bytes after the last stream that are no pickle.
    TrailingBytes,
    /// A key that takes for ever to hash.
    HashBomb,
    // safetensors.
    /// What the format forbids; the subject says which.
    SafetensorsInvalid,
    /// What its reference reader lets pass and others understand differently.
    SafetensorsAmbiguous,
    /// Python in the metadata of a safetensors file, which stands there as text.
    CodeInMetadata,
    // npy, GGUF, ONNX, HDF5, protobuf.
    /// A header that contradicts its file.
    InvalidHeader,
    /// Tensor data is read from a path outside of the model's folder.
    ExternalDataEscape,
    /// An operator that runs Python or native code the runtime does not have built in.
    CustomOperator,
    /// A TensorFlow operator that reads or writes files or runs Python.
    UnsafeOperator,
    // Embedded code.
    /// A Keras Lambda layer with marshalled Python bytecode.
    KerasLambda,
    /// A Keras object that runs or loads something else when made.
    KerasUnsafeObject,
    /// TorchScript code, run by PyTorch's interpreter.
    TorchScript,
    /// A TorchScript operator that touches files or the system.
    TorchScriptUnsafe,
    /// A template that reaches Python internals.
    TemplateInjection,
    /// Python source in an artifact that runs when it is loaded.
    PythonSource,
    /// Python bytecode (`marshal`, `.pyc`).
    Bytecode,
    /// A native library in an artifact.
    NativeLibrary,
    /// Package requirements that are installed when the artifact is loaded.
    Requirements,
    // Configuration that imports code.
    /// `auto_map` and the like: code from the repository runs under `trust_remote_code`.
    AutoMap,
    /// The same, and the code comes from another repository.
    RemoteAutoMap,
    /// `trust_remote_code` switched on in a file.
    TrustRemoteCode,
    /// Kernels fetched and loaded from a hub.
    HubKernels,
    /// A setting that makes the loader unpickle.
    PickleSetting,
    /// An environment variable that makes every load of the process unpickle.
    PickleVariable,
    /// A code reference that is fetched from elsewhere or follows a moving revision.
    FloatingRevision,
    /// A package that is installed when the artifact is loaded, from elsewhere than a known index.
    ForeignRequirement,
    /// A module that the archive brings along and runs when something in it is unpickled.
    PackagedModule,
    /// A compressed stream whose header some readers refuse and others pass over.
    StreamAmbiguous,
}

/// Why some bytes could not be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GapKind {
    /// A ceiling was reached.
    Limit,
    /// The bytes end early or contradict their format.
    Damaged,
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

/// What an artifact is, as its bytes say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A PyTorch zip file.
    TorchZip,
    /// PyTorch 0.1 to 1.5: pickles one after the other, then storages.
    TorchLegacy,
    /// PyTorch before 0.1.10: a tar file.
    TorchTar,
    /// TorchScript.
    TorchScript,
    /// `torch.export` (`.pt2`).
    TorchExport,
    /// `torch.package`.
    TorchPackage,
    /// One or several pickles.
    Pickle,
    /// joblib's pickle with arrays between the opcodes.
    Joblib,
    /// A numpy array.
    Npy,
    /// Numpy arrays in a zip.
    Npz,
    /// safetensors.
    Safetensors,
    /// Keras 3 (`.keras`).
    Keras,
    /// HDF5.
    Hdf5,
    /// ONNX.
    Onnx,
    /// GGUF.
    Gguf,
    /// TensorFlow SavedModel or a frozen graph.
    TensorFlow,
    /// TensorFlow Lite.
    TfLite,
    /// skops.
    Skops,
    /// TorchServe (`.mar`).
    TorchServe,
    /// NVIDIA NeMo.
    Nemo,
    /// A zip file of something else.
    Zip,
    /// A tar file of something else.
    Tar,
    /// A compressed stream.
    Compressed,
    /// 7z, rar and the like.
    ClosedArchive,
    /// A configuration of a model or of training: JSON, YAML.
    Configuration,
    /// A template for prompts.
    Template,
    /// A Git-LFS pointer.
    LfsPointer,
    /// Python bytecode.
    Bytecode,
    /// An executable or library.
    Executable,
    /// Text of no kind that matters here.
    Text,
    /// Nothing that is known.
    Unknown,
    /// An archive of `ar`: a static library, a Debian package.
    Ar,
    /// MessagePack: Flax.
    MessagePack,
    /// Universal Binary JSON: XGBoost.
    Ubjson,
    /// MATLAB, before 7.3.
    Matlab,
    /// Tables of Apache Arrow or Parquet.
    Arrow,
    /// A database of SQLite.
    Sqlite,
}

impl Format {
    /// The word for reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TorchZip => "torch-zip",
            Self::TorchLegacy => "torch-legacy",
            Self::TorchTar => "torch-tar",
            Self::TorchScript => "torchscript",
            Self::TorchExport => "torch-export",
            Self::TorchPackage => "torch-package",
            Self::Pickle => "pickle",
            Self::Joblib => "joblib",
            Self::Npy => "npy",
            Self::Npz => "npz",
            Self::Safetensors => "safetensors",
            Self::Keras => "keras",
            Self::Hdf5 => "hdf5",
            Self::Onnx => "onnx",
            Self::Gguf => "gguf",
            Self::TensorFlow => "tensorflow",
            Self::TfLite => "tflite",
            Self::Skops => "skops",
            Self::TorchServe => "torchserve",
            Self::Nemo => "nemo",
            Self::Zip => "zip",
            Self::Tar => "tar",
            Self::Compressed => "compressed",
            Self::ClosedArchive => "closed-archive",
            Self::Configuration => "configuration",
            Self::Template => "template",
            Self::LfsPointer => "lfs-pointer",
            Self::Bytecode => "bytecode",
            Self::Executable => "executable",
            Self::Text => "text",
            Self::Unknown => "unknown",
            Self::Ar => "ar",
            Self::MessagePack => "msgpack",
            Self::Ubjson => "ubjson",
            Self::Matlab => "matlab",
            Self::Arrow => "arrow",
            Self::Sqlite => "sqlite",
        }
    }

    /// Whether a file of this kind is worth counting as a model file.
    pub fn is_of_models(self) -> bool {
        !matches!(
            self,
            Self::Text
                | Self::Unknown
                | Self::Executable
                | Self::Compressed
                | Self::Zip
                | Self::Tar
                | Self::Ar
                | Self::Arrow
                | Self::Sqlite
        )
    }
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
}
