//! What is seen in an artifact that is no pickle operation and no name.

use crate::text::Region;

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
    /// A folder of the model, the subject, whose modules come before installed ones when it is loaded.
    CodeFolder,
    /// Python bytecode (`marshal`, `.pyc`).
    Bytecode,
    /// What Python keeps of a source beside it, and uses if it fits that.
    CachedBytecode,
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
