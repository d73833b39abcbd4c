//! Operators that do more than compute. Saving and restoring checkpoints is what every SavedModel does.

const PYTHON: [&str; 6] = ["PyFunc", "PyFuncStateless", "EagerPyFunc", "PyCall", "PythonOp", "NumpyFunction"];
const READ: [&str; 30] = [
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
    "IO>ReadFile",
    "FileRead",
];
const WRITE: [&str; 18] = [
    "WriteFile",
    "FileWrite",
    "SaveDataset",
    "SaveDatasetV2",
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
