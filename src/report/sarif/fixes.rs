//! Fixes as SARIF's fixes: those whose edits stand in lines that are at hand, and leave no gap for a person.

use serde_json::json;
use serde_sarif::sarif::{ArtifactChange, ArtifactContent, Fix as Wire, Region, Replacement};

use super::super::ReportContext;
use super::super::edits::{Placed, placed};
use super::artifacts::Listed;
use super::{bag, places, sentence, text};
use crate::finding::{Applicability, Finding, Fix};

pub(super) fn fixes(finding: &Finding, context: &ReportContext<'_>, listed: &Listed<'_>) -> Vec<Wire> {
    finding.fixes.iter().filter_map(|fix| wire(fix, finding, context, listed)).collect()
}

fn wire(fix: &Fix, finding: &Finding, context: &ReportContext<'_>, listed: &Listed<'_>) -> Option<Wire> {
    let applicability = match fix.applicability {
        Applicability::Show => return None,
        Applicability::Unsafe => "unsafe",
        Applicability::Safe => "safe",
    };
    let replacements = placed(fix, finding)?.into_iter().map(replacement).collect::<Vec<_>>();
    let artifact = places::artifact_location(&finding.location.input, context, listed);
    let change = ArtifactChange::builder().artifact_location(artifact).replacements(replacements).build();
    let properties = bag([("applicability", json!(applicability))]);
    let description = text(sentence(&fix.title));
    Some(Wire::builder().description(description).artifact_changes(vec![change]).properties(properties).build())
}

fn replacement(edit: Placed<'_>) -> Replacement {
    let region = Region {
        start_line: Some(edit.start.line.into()),
        start_column: Some(edit.start.utf16.into()),
        end_line: Some(edit.end.line.into()),
        end_column: Some(edit.end.utf16.into()),
        ..Region::default()
    };
    let content = ArtifactContent { text: Some(edit.text.to_owned()), ..ArtifactContent::default() };
    Replacement::builder().deleted_region(region).inserted_content(content).build()
}
