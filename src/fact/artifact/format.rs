//! What an artifact or a member of one is.

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
    /// rar and the like.
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
    /// A 7z archive.
    SevenZip,
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
            Self::SevenZip => "7z",
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
                | Self::SevenZip
                | Self::Ar
                | Self::Arrow
                | Self::Sqlite
        )
    }
}
