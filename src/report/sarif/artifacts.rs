//! The artifacts that were looked at, and how far.

use rustc_hash::{FxHashMap, FxHashSet};
use serde_json::json;
use serde_sarif::sarif::{Artifact, ArtifactLocation};

use super::super::ReportContext;
use super::{MOST_ARTIFACTS, ROOT, bag};
use crate::finding::{ArtifactCoverage, Finding, InputName, Outcome};

/// The artifacts of the table, and the row of each.
#[derive(Debug, Default)]
pub(super) struct Listed<'o> {
    rows: Vec<&'o ArtifactCoverage>,
    index: FxHashMap<&'o InputName, i64>,
}

impl Listed<'_> {
    pub(super) fn index(&self, name: &InputName) -> Option<i64> {
        self.index.get(name).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }
}

/// All artifacts, or as many as a report can hold: those with results or gaps first.
pub(super) fn listed<'o>(outcome: &'o Outcome, findings: &[&Finding]) -> Listed<'o> {
    let mut rows: Vec<_> = outcome.artifacts.iter().collect();
    if rows.len() > MOST_ARTIFACTS {
        let told: FxHashSet<_> = findings.iter().map(|finding| &finding.location.input).collect();
        rows.sort_by_key(|artifact| artifact.parts_not_read == 0 && !told.contains(&artifact.input));
        rows.truncate(MOST_ARTIFACTS);
    }
    let index = rows.iter().zip(0..).map(|(artifact, row)| (&artifact.input, row)).collect();
    Listed { rows, index }
}

pub(super) fn table(listed: &Listed<'_>, context: &ReportContext<'_>) -> Vec<Artifact> {
    let row = |artifact: &&ArtifactCoverage| Artifact {
        location: Some(ArtifactLocation {
            uri: Some(context.base.uri(&artifact.input)),
            uri_base_id: Some(ROOT.to_owned()),
            ..ArtifactLocation::default()
        }),
        length: i64::try_from(artifact.bytes).ok(),
        roles: Some(vec![json!("analysisTarget")]),
        properties: Some(bag([
            ("format", json!(artifact.format)),
            ("parts", json!(artifact.parts)),
            ("partsNotRead", json!(artifact.parts_not_read)),
        ])),
        ..Artifact::default()
    };
    listed.rows.iter().map(row).collect()
}
