//! Locations as SARIF's physical and logical locations.

use serde_json::json;
use serde_sarif::sarif::{
    ArtifactContent, ArtifactLocation, Location as Wire, LogicalLocation, PhysicalLocation, Region,
};

use super::super::ReportContext;
use super::artifacts::Listed;
use super::{ROOT, bag, text};
use crate::finding::{BinaryPlace, InputName, Location};

/// The file, from the root of the repository.
pub(super) fn artifact_location(
    name: &InputName,
    context: &ReportContext<'_>,
    listed: &Listed<'_>,
) -> ArtifactLocation {
    ArtifactLocation {
        uri: Some(context.base.uri(name)),
        uri_base_id: Some(ROOT.to_owned()),
        index: listed.index(name),
        ..ArtifactLocation::default()
    }
}

/// The location with a region that GitHub can show, and what it cannot show beside it.
pub(super) fn wire(location: &Location, context: &ReportContext<'_>, listed: &Listed<'_>) -> Wire {
    let artifact = artifact_location(&location.input, context, listed);
    let mut physical = PhysicalLocation { artifact_location: Some(artifact), ..PhysicalLocation::default() };
    physical.region = region(location);
    let mut wire = Wire { physical_location: Some(physical), ..Wire::default() };
    if let Some(cell) = location.cell {
        wire.logical_locations = Some(vec![logical(&format!("cell {}", cell.cell), "module")]);
        wire.properties = Some(bag([
            ("cell", json!(cell.cell)),
            ("cellStartLine", json!(cell.start_line)),
            ("cellEndLine", json!(cell.end_line)),
            ("cellStartColumn", json!(location.start.utf16)),
            ("cellEndColumn", json!(location.end.utf16)),
        ]));
    }
    if let Some(place) = &location.binary {
        let member = (!place.member.is_empty()).then(|| vec![logical(&place.member, "resource")]);
        wire.logical_locations = member;
        let is_text = !location.excerpt.text.is_empty();
        let bytes = [("byteOffset", json!(place.start)), ("byteLength", json!(place.end - place.start))];
        let lines = [("line", json!(location.start.line)), ("column", json!(location.start.utf16))];
        wire.properties = Some(bag(bytes.into_iter().chain(lines.into_iter().filter(|_| is_text))));
    }
    wire
}

/// The same with a message: a step, or what explains a result.
pub(super) fn wire_with(location: &Location, message: &str, context: &ReportContext<'_>, listed: &Listed<'_>) -> Wire {
    Wire { message: Some(text(message)), ..wire(location, context, listed) }
}

fn logical(name: &str, kind: &str) -> LogicalLocation {
    LogicalLocation {
        fully_qualified_name: Some(name.to_owned()),
        kind: Some(kind.to_owned()),
        ..LogicalLocation::default()
    }
}

fn region(location: &Location) -> Option<Region> {
    match (&location.binary, location.cell) {
        (Some(place), _) => region_of_bytes(place, location),
        (None, Some(_)) => Some(Region {
            // Columns in the cell are none in the file: there, a line is a string of JSON.
            start_line: Some(location.start.line.into()),
            end_line: Some(location.end.line.into()),
            ..Region::default()
        }),
        (None, None) => Some(Region {
            start_line: Some(location.start.line.into()),
            start_column: Some(location.start.utf16.into()),
            end_line: Some(location.end.line.into()),
            end_column: Some(location.end.utf16.into()),
            snippet: snippet(location),
            ..Region::default()
        }),
    }
}

/// Services show lines only: what stands in an artifact stands in its first. Whoever uploads the report hashes the lines
/// of a file that has any, so of an artifact too large for that (it has no hash) the bytes are told.
fn region_of_bytes(place: &BinaryPlace, location: &Location) -> Option<Region> {
    if location.line_hash.is_some() {
        return Some(Region {
            start_line: Some(1),
            start_column: Some(1),
            end_line: Some(1),
            end_column: Some(2),
            ..Region::default()
        });
    }
    // Bytes of a member are none of the file.
    place.member.is_empty().then(|| Region {
        byte_offset: i64::try_from(place.start).ok(),
        byte_length: i64::try_from(place.end - place.start).ok(),
        ..Region::default()
    })
}

/// What stands in the region, unless it is so long that the excerpt holds only a part.
fn snippet(location: &Location) -> Option<ArtifactContent> {
    if location.excerpt.region.range().len() != location.region.range().len() {
        return None;
    }
    let words = location.excerpt.text.get(location.excerpt.region.range()).filter(|words| !words.is_empty())?;
    Some(ArtifactContent { text: Some(words.to_owned()), ..ArtifactContent::default() })
}
