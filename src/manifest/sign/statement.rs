//! The in-toto statement that is signed: which files have which digests.

use serde::{Deserialize, Serialize};

use crate::manifest::{RelativePath, Sha256};

const STATEMENT: &str = "https://in-toto.io/Statement/v1";
const PREDICATE: &str = "https://model_signing/signature/v1.0";

/// What the client leaves out of every model, besides the signature itself.
pub const ALWAYS_IGNORED: [&str; 4] = [".git", ".gitattributes", ".github", ".gitignore"];

/// Why bytes are no statement that can be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Another form.
    #[error("the signed statement is not valid: {0}")]
    NotValid(String),
    /// Another kind of statement.
    #[error("the signed statement is a `{0}`, which this loadlint does not read")]
    OtherKind(String),
    /// Digests of parts of files, or other digests than SHA-256.
    #[error("the signature is over `{0}`, only whole files by SHA-256 are read")]
    OtherMethod(String),
    /// The statement's own sum of its digests is wrong.
    #[error("the signed statement contradicts itself: its digests do not add up to that of its subject")]
    Inconsistent,
}

/// A statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    resources: Vec<(String, Sha256)>,
    ignored: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Raw {
    #[serde(rename = "_type")]
    kind: String,
    subject: Vec<Subject>,
    #[serde(rename = "predicateType")]
    predicate_type: String,
    predicate: serde_json::Value,
}

#[derive(Serialize, Deserialize)]
struct Subject {
    name: String,
    digest: SubjectDigest,
}

#[derive(Serialize, Deserialize)]
struct SubjectDigest {
    sha256: Sha256,
}

#[derive(Serialize, Deserialize)]
struct Predicate {
    serialization: Serialization,
    resources: Vec<Resource>,
}

#[derive(Serialize, Deserialize)]
struct Serialization {
    method: String,
    hash_type: String,
    #[serde(default)]
    allow_symlinks: serde_json::Value,
    #[serde(default)]
    ignore_paths: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct Resource {
    name: String,
    algorithm: String,
    digest: String,
}

impl Statement {
    /// Over these files; `ignored` are names below the folder that do not count.
    pub fn new(mut files: Vec<(RelativePath, Sha256)>, ignored: Vec<String>) -> Self {
        files.sort_by(|a, b| a.0.by_parts(&b.0));
        Self {
            resources: files.into_iter().map(|(path, digest)| (path.as_str().to_owned(), digest)).collect(),
            ignored,
        }
    }

    /// Its bytes. `name` is that of the model: its folder's.
    pub fn to_payload(&self, name: &str) -> Vec<u8> {
        let resource = |(name, digest): &(String, Sha256)| Resource {
            name: name.clone(),
            algorithm: "sha256".to_owned(),
            digest: digest.to_string(),
        };
        let predicate = Predicate {
            serialization: Serialization {
                method: "files".to_owned(),
                hash_type: "sha256".to_owned(),
                allow_symlinks: false.into(),
                ignore_paths: self.ignored.clone(),
            },
            resources: self.resources.iter().map(resource).collect(),
        };
        let sha256 = Sha256::of_digests(self.resources.iter().map(|(_, digest)| digest));
        let raw = Raw {
            kind: STATEMENT.to_owned(),
            subject: vec![Subject { name: name.to_owned(), digest: SubjectDigest { sha256 } }],
            predicate_type: PREDICATE.to_owned(),
            predicate: serde_json::to_value(predicate).expect("texts are always JSON"),
        };
        serde_json::to_vec(&raw).expect("texts are always JSON")
    }

    /// Reads a payload.
    ///
    /// # Errors
    /// A [`StatementError`].
    pub fn parse(payload: &[u8]) -> Result<Self, StatementError> {
        let not_valid = |error: serde_json::Error| StatementError::NotValid(error.to_string());
        let raw: Raw = serde_json::from_slice(payload).map_err(not_valid)?;
        if raw.kind != STATEMENT {
            return Err(StatementError::OtherKind(cut(&raw.kind)));
        }
        if raw.predicate_type != PREDICATE {
            return Err(StatementError::OtherKind(cut(&raw.predicate_type)));
        }
        let predicate: Predicate = serde_json::from_value(raw.predicate).map_err(not_valid)?;
        let Serialization { method, hash_type, ignore_paths, .. } = predicate.serialization;
        if method != "files" || hash_type != "sha256" {
            return Err(StatementError::OtherMethod(cut(&format!("{method}, {hash_type}"))));
        }
        let mut resources = Vec::with_capacity(predicate.resources.len());
        for Resource { name, algorithm, digest } in predicate.resources {
            if algorithm != "sha256" {
                return Err(StatementError::OtherMethod(cut(&algorithm)));
            }
            let digest = digest.parse().map_err(|error| StatementError::NotValid(format!("{name}: {error}")))?;
            resources.push((name, digest));
        }
        let sum = Sha256::of_digests(resources.iter().map(|(_, digest)| digest));
        match raw.subject.as_slice() {
            [subject] if subject.digest.sha256 == sum => Ok(Self { resources, ignored: ignore_paths }),
            _ => Err(StatementError::Inconsistent),
        }
    }

    /// Names and digests of the files.
    pub fn resources(&self) -> impl Iterator<Item = (&str, &Sha256)> {
        self.resources.iter().map(|(name, digest)| (name.as_str(), digest))
    }

    /// Names below the folder that do not count.
    pub fn ignored(&self) -> &[String] {
        &self.ignored
    }

    /// The digest of one file, by its path from the folder.
    pub fn digest_of(&self, path: &str) -> Option<&Sha256> {
        self.resources.iter().find(|(name, _)| name == path).map(|(_, digest)| digest)
    }
}

fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
