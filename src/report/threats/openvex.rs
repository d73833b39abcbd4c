//! The register as an OpenVEX 0.2.0 document: what was decided of each threat, for tools that collect such statements.

use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::Threats;
use crate::suppress::{Status, Threat};

/// The five reasons that the format knows for not being affected.
const JUSTIFICATIONS: [&str; 5] = [
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
];

/// What a register does not say.
#[derive(Debug, Clone, Copy)]
pub struct OpenVex<'a> {
    /// Who makes the statements.
    pub author: &'a str,
    /// What they are about, as URIs: `pkg:pypi/name@1.0`. None is given if empty.
    pub products: &'a [String],
}

/// There is no entry, and a document without statements is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an OpenVEX document needs a statement, and the register has no entry")]
pub struct NoStatements;

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "@context")]
    context: &'static str,
    #[serde(rename = "@id")]
    id: String,
    author: &'a str,
    timestamp: String,
    version: u32,
    tooling: &'static str,
    statements: Vec<Statement<'a>>,
}

#[derive(Serialize)]
struct Statement<'a> {
    vulnerability: Vulnerability<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    products: Vec<Product<'a>>,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    impact_statement: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_statement: Option<String>,
}

#[derive(Serialize)]
struct Vulnerability<'a> {
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
}

#[derive(Serialize)]
struct Product<'a> {
    #[serde(rename = "@id")]
    id: &'a str,
}

impl Threats<'_> {
    /// The document. Its id follows from its statements, so that the same register gives the same document.
    ///
    /// # Errors
    /// [`NoStatements`]; inside, what the writer says.
    pub fn write_openvex(&self, options: OpenVex<'_>, out: &mut dyn Write) -> Result<io::Result<()>, NoStatements> {
        let rows = self.rows();
        if rows.is_empty() {
            return Err(NoStatements);
        }
        let mut statements: Vec<_> = rows.iter().map(|row| statement(row.entry, options.products)).collect();
        statements.sort_by(|a, b| a.vulnerability.name.cmp(b.vulnerability.name));
        // Of an id that is there twice, the first counts.
        statements.dedup_by(|a, b| a.vulnerability.name == b.vulnerability.name);
        Ok(self.write_document(options, statements, out))
    }

    fn write_document(
        &self,
        options: OpenVex<'_>,
        statements: Vec<Statement<'_>>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let digest = Sha256::digest(serde_json::to_vec(&statements)?);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let day = self.today.map_or_else(|| "1970-01-01".to_owned(), |today| today.to_string());
        let document = Document {
            context: "https://openvex.dev/ns/v0.2.0",
            id: format!("https://openvex.dev/docs/public/vex-{digest}"),
            author: options.author,
            timestamp: format!("{day}T00:00:00Z"),
            version: 1,
            tooling: concat!("loadlint ", env!("CARGO_PKG_VERSION")),
            statements,
        };
        serde_json::to_writer_pretty(&mut *out, &document)?;
        writeln!(out)
    }
}

fn statement<'a>(entry: &'a Threat, products: &'a [String]) -> Statement<'a> {
    let text = |key: &str| entry.field(key).map(|field| field.value.trim()).filter(|value| !value.is_empty());
    let said = text("justification").unwrap_or_default().trim_matches('`');
    let code = JUSTIFICATIONS.into_iter().find(|code| *code == said);
    let why = || [text("mitigation"), text("justification"), text("evidence")].into_iter().flatten().next();
    let who = entry.owner().filter(|owner| !owner.is_empty()).unwrap_or("its owner");
    let (status, impact, action) = match (entry.status(), code) {
        (Some(Status::Mitigated | Status::Accepted | Status::Transferred), Some(_)) => ("not_affected", None, None),
        (Some(Status::Mitigated), None) => ("not_affected", Some(why().unwrap_or(&entry.title).to_owned()), None),
        (Some(Status::Accepted), None) => {
            let action = why().map_or_else(|| format!("{who} accepts the risk"), str::to_owned);
            ("affected", None, Some(action))
        }
        (Some(Status::Transferred), None) => ("affected", None, Some(format!("{who} answers for it"))),
        (Some(Status::Retired), _) => ("fixed", None, None),
        (Some(Status::Open) | None, _) => ("under_investigation", None, None),
    };
    let notes = [("rules", entry.rules()), ("scope", entry.scope())];
    let notes: Vec<_> = notes
        .iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(key, words)| format!("{key}: {}", words.join(", ")))
        .collect();
    Statement {
        vulnerability: Vulnerability {
            name: &entry.id,
            description: &entry.title,
            aliases: text("cwe").map(aliases).unwrap_or_default(),
        },
        products: products.iter().map(|id| Product { id }).collect(),
        status,
        status_notes: (!notes.is_empty()).then(|| notes.join("; ")),
        justification: code.filter(|_| status == "not_affected"),
        impact_statement: impact,
        action_statement: action,
    }
}

/// Each once: the format wants them to differ.
fn aliases(cwes: &str) -> Vec<String> {
    let mut words: Vec<_> = cwes.split([',', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    words.sort();
    words.dedup();
    words
}
