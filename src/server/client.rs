//! What the client can do, as it said in `initialize`, and what its user set.

use serde_json::Value;

use crate::text::Position;

/// How the client counts characters of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// UTF-8 bytes.
    Utf8,
    /// UTF-16 code units, which hold where nothing was agreed on.
    #[default]
    Utf16,
    /// Code points.
    Utf32,
}

impl Encoding {
    /// The protocol's word.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
            Self::Utf32 => "utf-32",
        }
    }

    /// The column of a position, from 0.
    pub(super) fn character(self, position: Position) -> u32 {
        let column = match self {
            Self::Utf8 => position.byte,
            Self::Utf16 => position.utf16,
            Self::Utf32 => position.column,
        };
        column.saturating_sub(1)
    }

    /// How much a character counts.
    pub(super) fn width(self, character: char) -> u32 {
        match self {
            Self::Utf8 => character.len_utf8() as u32,
            Self::Utf16 => character.len_utf16() as u32,
            Self::Utf32 => 1,
        }
    }
}

/// Capabilities that change what we send.
#[derive(Debug, Clone, Default)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// Whether it named encodings at all.
    pub(super) names_encodings: bool,
    /// Whether it asks for diagnostics itself.
    pub(super) pulls: bool,
    pub(super) refreshes: bool,
    pub(super) related: bool,
    pub(super) code_description: bool,
    pub(super) document_changes: bool,
    /// Whether an edit may make a file.
    pub(super) creates_files: bool,
    /// Whether it asks for the edit of an action once that is chosen.
    pub(super) resolves_edits: bool,
    pub(super) configuration: bool,
    pub(super) registers_watchers: bool,
    pub(super) registers_configuration: bool,
    pub(super) versions: bool,
}

impl Client {
    /// From the `capabilities` of `initialize`.
    pub(super) fn new(capabilities: &Value) -> Self {
        let yes = |pointer: &str| capabilities.pointer(pointer).and_then(Value::as_bool).unwrap_or(false);
        let lists = |pointer: &str, word: &str| {
            let all = capabilities.pointer(pointer).and_then(Value::as_array);
            all.is_some_and(|all| all.iter().any(|one| one.as_str() == Some(word)))
        };
        let encodings = capabilities.pointer("/general/positionEncodings").and_then(Value::as_array);
        let named = |word: &str| lists("/general/positionEncodings", word);
        // UTF-8 is what we count in; UTF-16 is the protocol's own.
        let encoding = [Encoding::Utf8, Encoding::Utf32].into_iter().find(|encoding| named(encoding.as_str()));
        Self {
            encoding: encoding.unwrap_or_default(),
            names_encodings: encodings.is_some(),
            pulls: capabilities.pointer("/textDocument/diagnostic").is_some_and(Value::is_object),
            refreshes: yes("/workspace/diagnostics/refreshSupport"),
            related: yes("/textDocument/publishDiagnostics/relatedInformation")
                || yes("/textDocument/diagnostic/relatedInformation"),
            code_description: yes("/textDocument/publishDiagnostics/codeDescriptionSupport")
                || yes("/textDocument/diagnostic/codeDescriptionSupport"),
            document_changes: yes("/workspace/workspaceEdit/documentChanges"),
            creates_files: lists("/workspace/workspaceEdit/resourceOperations", "create"),
            resolves_edits: lists("/textDocument/codeAction/resolveSupport/properties", "edit")
                && yes("/textDocument/codeAction/dataSupport"),
            configuration: yes("/workspace/configuration"),
            registers_watchers: yes("/workspace/didChangeWatchedFiles/dynamicRegistration"),
            registers_configuration: yes("/workspace/didChangeConfiguration/dynamicRegistration"),
            versions: yes("/textDocument/publishDiagnostics/versionSupport"),
        }
    }
}

/// The section `loadlint` of the editor's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Preferences {
    /// Whether anything is said at all.
    pub(super) enable: bool,
    /// As `--config`: configuration files or `KEY=VALUE`.
    pub(super) config: Vec<String>,
    /// Whether `source.fixAll` applies unsafe fixes too.
    pub(super) unsafe_fixes: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { enable: true, config: Vec::new(), unsafe_fixes: false }
    }
}

impl Preferences {
    /// From the section; keys of the wrong type count as not set.
    pub(super) fn new(section: &Value) -> Self {
        let default = Self::default();
        let yes = |key: &str, default: bool| section.get(key).and_then(Value::as_bool).unwrap_or(default);
        let config = match section.get("config") {
            Some(Value::String(one)) if !one.is_empty() => vec![one.clone()],
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        Self { enable: yes("enable", default.enable), config, unsafe_fixes: yes("unsafeFixes", default.unsafe_fixes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_best_encoding_that_both_know_is_taken() {
        let of = |encodings: Value| Client::new(&json!({"general": {"positionEncodings": encodings}})).encoding;
        assert_eq!(of(json!(["utf-16", "utf-8"])), Encoding::Utf8);
        assert_eq!(of(json!(["utf-16", "utf-32"])), Encoding::Utf32);
        assert_eq!(of(json!(["utf-7", 5])), Encoding::Utf16);
        assert_eq!(of(json!("utf-8")), Encoding::Utf16);
        assert_eq!(Client::new(&Value::Null).encoding, Encoding::Utf16);
    }

    #[test]
    fn preferences_of_the_wrong_type_are_not_set() {
        assert_eq!(Preferences::new(&json!({"enable": "no", "config": 5})), Preferences::default());
        let set = Preferences::new(&json!({"enable": false, "config": ["a.toml", 1], "unsafeFixes": true}));
        assert_eq!(set, Preferences { enable: false, config: vec!["a.toml".to_owned()], unsafe_fixes: true });
    }
}
