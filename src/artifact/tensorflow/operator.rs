//! Operators that do more than compute, and those that are not TensorFlow's own. Saving and restoring checkpoints is what
//! every SavedModel does.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// The operators that TensorFlow 2.21 registers, older ones that it keeps for old files included.
static OWN: LazyLock<FxHashSet<&str>> = LazyLock::new(|| include_str!("operators.txt").split_whitespace().collect());

/// Operators that builds for other devices have, and those that passes over a graph put in.
const FAMILIES: [&str; 8] = ["_", "TRT", "TPU", "Xla", "Mkl", "Cudnn", "Nccl", "TFLite_"];

/// Whether TensorFlow brings the operator along.
pub(super) fn is_own(operator: &str) -> bool {
    OWN.contains(operator) || FAMILIES.iter().any(|family| operator.starts_with(family))
}

const PYTHON: [&str; 6] = ["PyFunc", "PyFuncStateless", "EagerPyFunc", "PyCall", "PythonOp", "NumpyFunction"];
const READ: [&str; 31] = [
    "ReadFile",
    "MatchingFiles",
    "ImmutableConst",
    "WholeFileReader",
    "WholeFileReaderV2",
    "TextLineReader",
    "TextLineReaderV2",
    "FixedLengthRecordReader",
    "FixedLengthRecordReaderV2",
    "TFRecordReader",
    "TFRecordReaderV2",
    "LMDBReader",
    "TextLineDataset",
    "FixedLengthRecordDataset",
    "FixedLengthRecordDatasetV2",
    "TFRecordDataset",
    "TFRecordDatasetV2",
    "LMDBDataset",
    "ExperimentalLMDBDataset",
    "CSVDataset",
    "CSVDatasetV2",
    "ExperimentalCSVDataset",
    "SqlDataset",
    "ExperimentalSqlDataset",
    "MatchingFilesDataset",
    "ExperimentalMatchingFilesDataset",
    "LoadDataset",
    "SnapshotDatasetReader",
    // Renames the classes of a checkpoint by two lists that it reads from files.
    "GenerateVocabRemapping",
    "IO>ReadFile",
    "FileRead",
];
const WRITE: [&str; 19] = [
    "WriteFile",
    "FileWrite",
    "SaveDataset",
    "SaveDatasetV2",
    "DistributedSave",
    "DatasetToTFRecord",
    "ExperimentalDatasetToTFRecord",
    "SnapshotDataset",
    "SnapshotDatasetV2",
    "DebugIdentity",
    "DebugIdentityV2",
    "DebugIdentityV3",
    "DebugNanCount",
    "DebugNumericSummary",
    "DebugNumericSummaryV2",
    "CreateSummaryFileWriter",
    "CreateSummaryDbWriter",
    "DeleteFile",
    "RenameFile",
];
const NETWORK: [&str; 8] = [
    "RegisterDataset",
    "RegisterDatasetV2",
    "DataServiceDataset",
    "DataServiceDatasetV2",
    "RpcCall",
    "RpcClient",
    "RpcServer",
    "Rpc",
];
const SYSTEM: [&str; 9] = [
    "ShellExecute",
    "SystemCommand",
    "System",
    "Exec",
    "ExecuteCommand",
    "RunCommand",
    "Shell",
    "LoadLibrary",
    "LoadOpLibrary",
];

/// What an operator does besides computing, as words that follow its name.
pub(in crate::artifact) fn effect(operator: &str) -> Option<&'static str> {
    let groups: [(&[&str], &str); 5] = [
        (&PYTHON, "runs Python"),
        (&READ, "reads files"),
        (&WRITE, "writes files"),
        (&NETWORK, "opens connections"),
        (&SYSTEM, "runs programs or loads libraries"),
    ];
    groups.into_iter().find(|(names, _)| names.contains(&operator)).map(|(_, effect)| effect)
}
