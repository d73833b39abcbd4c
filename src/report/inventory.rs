//! What is in an artifact: for a terminal and for programs. The answer of `inspect`, which judges nothing.

use std::io::{self, Write};

use serde::Serialize;

use super::base::lost_bytes;
use super::shown_name;
use super::visible::visible;
use crate::fact::artifact::{ArtifactFacts, Gap, Member, Seen, TensorHeader};
use crate::fact::pickle::{Callee, PickleCall, PickleStream};
use crate::finding::InputName;
use crate::rules::artifact::{VersionAnswer, WeightsOnlyAnswer, WeightsOnlyOutcome};

/// Calls, names or members beyond this many are counted, not listed, in the text.
const MAX_LISTED: usize = 200;

/// The version of the JSON format.
const VERSION: u32 = 1;

/// Writes tables of members, tensors, names and calls.
///
/// # Errors
/// What the writer says.
pub fn write_inventory(
    name: &InputName,
    facts: &ArtifactFacts,
    weights_only: Option<&WeightsOnlyAnswer>,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}: {}, {} bytes", shown_name(name), facts.format.as_str(), bytes(facts.bytes))?;
    members(&facts.members, out)?;
    tensors(&facts.tensors, out)?;
    for (place, stream) in streams(facts) {
        let at = if place.is_empty() { String::new() } else { format!(" in {}", visible(&place)) };
        let end = stream_end(stream);
        writeln!(out, "\npickle{at}: protocol {}, {} operations, {end}", stream.protocol, stream.operations)?;
        let names: Vec<_> = stream.imports.iter().map(|callee| format!("  import {}", shown(callee))).collect();
        listed(&names, out)?;
    }
    let calls: Vec<_> = calls(facts).map(|call| format!("  {call}")).collect();
    if !calls.is_empty() {
        writeln!(out, "\ncalls: {}", calls.len())?;
        listed(&calls, out)?;
    }
    weights_only.map_or(Ok(()), |answer| versions(answer, out))?;
    for gap in &facts.gaps {
        writeln!(out, "\nnot fully read{}: {}", in_member(gap), visible(&gap.message))?;
    }
    Ok(())
}

/// What each version of PyTorch says, and what to write so that the newest says yes.
fn versions(answer: &WeightsOnlyAnswer, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\ntorch.load(weights_only=True):")?;
    let row = |version: &VersionAnswer| {
        let outcome = match &version.outcome {
            WeightsOnlyOutcome::Accepted => "accepts it".to_owned(),
            WeightsOnlyOutcome::Missing(names) => format!("has to be allowed {}", names.join(", ")),
            WeightsOnlyOutcome::Refused(why) => format!("refuses it: {}", why.join("; ")),
        };
        [format!("from {}", version.version), outcome]
    };
    table(["torch", "answer"], &answer.versions.iter().map(row).collect::<Vec<_>>(), out)?;
    match &answer.allowing {
        Some(code) => code.lines().try_for_each(|line| writeln!(out, "  {}", visible(line))),
        None => Ok(()),
    }
}

fn members(members: &[Member], out: &mut dyn Write) -> io::Result<()> {
    // The first is the file itself.
    let inner: Vec<_> = members.iter().filter(|member| member.path.depth() > 0).collect();
    if inner.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nmembers: {}", inner.len())?;
    let row = |member: &&Member| {
        [bytes(member.stored_bytes), bytes(member.bytes), member.format.as_str().to_owned(), member.path.to_string()]
    };
    table(["stored", "bytes", "format", "member"], &inner.iter().map(row).collect::<Vec<_>>(), out)
}

fn tensors(tensors: &[TensorHeader], out: &mut dyn Write) -> io::Result<()> {
    if tensors.is_empty() {
        return Ok(());
    }
    let sum = |count: fn(&TensorHeader) -> u64| tensors.iter().map(count).fold(0_u64, u64::saturating_add);
    let elements = sum(|tensor| tensor.shape.iter().fold(1, |product, axis| product.saturating_mul(*axis)));
    let total = sum(|tensor| tensor.place.region.end - tensor.place.region.start);
    writeln!(out, "\ntensors: {}, {elements} elements, {} bytes", tensors.len(), bytes(total))?;
    let row = |tensor: &TensorHeader| {
        let region = tensor.place.region;
        let shape: Vec<_> = tensor.shape.iter().map(u64::to_string).collect();
        let name = if tensor.name.is_empty() { "-" } else { &tensor.name };
        [
            tensor.dtype.clone(),
            shape.join("×"),
            bytes(region.end - region.start),
            region.start.to_string(),
            name.to_owned(),
        ]
    };
    table(["dtype", "shape", "bytes", "offset", "name"], &tensors.iter().map(row).collect::<Vec<_>>(), out)
}

/// Columns as wide as their widest entry; the last is not padded.
fn table<const N: usize>(head: [&str; N], rows: &[[String; N]], out: &mut dyn Write) -> io::Result<()> {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; N] = std::array::from_fn(|column| width(column).max(head[column].len()));
    let mut line = |cells: [&str; N]| {
        let padded = cells.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column + 1 == N {
            true => visible(cell).into_owned(),
            false => format!("{:<width$}", visible(cell)),
        });
        writeln!(out, "  {}", padded.collect::<Vec<_>>().join("  "))
    };
    line(head)?;
    for row in rows.iter().take(MAX_LISTED) {
        line(std::array::from_fn(|column| row[column].as_str()))?;
    }
    more(rows.len(), out)
}

fn listed(lines: &[String], out: &mut dyn Write) -> io::Result<()> {
    for line in lines.iter().take(MAX_LISTED) {
        writeln!(out, "{}", visible(line))?;
    }
    more(lines.len(), out)
}

fn more(count: usize, out: &mut dyn Write) -> io::Result<()> {
    match count.checked_sub(MAX_LISTED) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "  … and {more} more; `--output-format json` lists all"),
    }
}

fn stream_end(stream: &PickleStream) -> String {
    // As the JSON report says it.
    serde_json::to_value(stream.end)
        .ok()
        .and_then(|end| end.as_str().map(|end| format!("ends: {end}")))
        .unwrap_or_default()
}

fn shown(callee: &Callee) -> String {
    match &callee.spelled {
        Some(spelled) => format!("{callee} (written `{spelled}`)"),
        None => callee.to_string(),
    }
}

fn in_member(gap: &Gap) -> String {
    if gap.place.member.depth() == 0 { String::new() } else { format!(" ({})", visible(&gap.place.member.to_string())) }
}

/// `1,024`: digits in groups of three.
fn bytes(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn streams(facts: &ArtifactFacts) -> impl Iterator<Item = (String, &PickleStream)> {
    facts.facts.iter().filter_map(|fact| match &fact.seen {
        Seen::Stream(stream) => Some((fact.place.member.to_string(), &**stream)),
        _ => None,
    })
}

fn calls(facts: &ArtifactFacts) -> impl Iterator<Item = &PickleCall> {
    facts.facts.iter().filter_map(|fact| match &fact.seen {
        Seen::Call(call) => Some(call),
        _ => None,
    })
}

#[derive(Serialize)]
struct WireInventory<'a> {
    version: u32,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    format: &'static str,
    bytes: u64,
    members: Vec<WireMember>,
    tensors: Vec<WireTensor<'a>>,
    pickles: Vec<WirePickle<'a>>,
    calls: Vec<WireCall>,
    weights_only: Option<WireWeightsOnly<'a>>,
    not_fully_read: Vec<WireGap<'a>>,
}

#[derive(Serialize)]
struct WireMember {
    path: String,
    format: &'static str,
    stored_bytes: u64,
    bytes: u64,
}

#[derive(Serialize)]
struct WireTensor<'a> {
    name: &'a str,
    dtype: &'a str,
    shape: &'a [u64],
    member: String,
    start: u64,
    end: u64,
}

#[derive(Serialize)]
struct WirePickle<'a> {
    member: String,
    protocol: u8,
    operations: u64,
    end: crate::fact::pickle::StreamEnd,
    imports: Vec<&'a str>,
    persistent_types: &'a [String],
}

#[derive(Serialize)]
struct WireCall {
    member: String,
    start: u64,
    end: u64,
    function: String,
    call: String,
}

#[derive(Serialize)]
struct WireWeightsOnly<'a> {
    accepted_from: Option<&'a str>,
    missing: &'a [String],
    never: &'a [String],
    allowing: Option<&'a str>,
    versions: Vec<WireVersion<'a>>,
}

#[derive(Serialize)]
struct WireVersion<'a> {
    version: &'a str,
    is_default: bool,
    bypasses: &'a [String],
    accepted: bool,
    missing: &'a [String],
    refused: &'a [String],
}

#[derive(Serialize)]
struct WireGap<'a> {
    member: String,
    message: &'a str,
}

/// The same for programs; `docs/inspect-output.schema.json` describes it, and within a version fields are only added.
///
/// # Errors
/// What the writer says.
pub fn write_inventory_json(
    name: &InputName,
    facts: &ArtifactFacts,
    weights_only: Option<&WeightsOnlyAnswer>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let member = |member: &Member| WireMember {
        path: member.path.to_string(),
        format: member.format.as_str(),
        stored_bytes: member.stored_bytes,
        bytes: member.bytes,
    };
    let inventory = WireInventory {
        version: VERSION,
        path: name.to_string(),
        path_bytes: lost_bytes(name.path()),
        format: facts.format.as_str(),
        bytes: facts.bytes,
        members: facts.members.iter().filter(|one| one.path.depth() > 0).map(member).collect(),
        tensors: facts.tensors.iter().map(wire_tensor).collect(),
        pickles: streams(facts).map(|(member, stream)| wire_pickle(member, stream)).collect(),
        calls: wire_calls(facts),
        weights_only: weights_only.map(wire_weights_only),
        not_fully_read: facts
            .gaps
            .iter()
            .map(|gap| WireGap { member: gap.place.member.to_string(), message: &gap.message })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &inventory)?;
    writeln!(out)
}

fn wire_tensor(tensor: &TensorHeader) -> WireTensor<'_> {
    let TensorHeader { name, dtype, shape, place } = tensor;
    let (start, end) = (place.region.start, place.region.end);
    WireTensor { name, dtype, shape, member: place.member.to_string(), start, end }
}

fn wire_pickle(member: String, stream: &PickleStream) -> WirePickle<'_> {
    WirePickle {
        member,
        protocol: stream.protocol,
        operations: stream.operations,
        end: stream.end,
        imports: stream.imports.iter().map(|callee| callee.name.as_str()).collect(),
        persistent_types: &stream.persistent_types,
    }
}

fn wire_weights_only(answer: &WeightsOnlyAnswer) -> WireWeightsOnly<'_> {
    WireWeightsOnly {
        accepted_from: answer.accepted_from,
        missing: &answer.missing,
        never: &answer.never,
        allowing: answer.allowing.as_deref(),
        versions: answer.versions.iter().map(wire_version).collect(),
    }
}

fn wire_version(version: &VersionAnswer) -> WireVersion<'_> {
    let (missing, refused): (&[String], &[String]) = match &version.outcome {
        WeightsOnlyOutcome::Accepted => (&[], &[]),
        WeightsOnlyOutcome::Missing(names) => (names, &[]),
        WeightsOnlyOutcome::Refused(why) => (&[], why),
    };
    WireVersion {
        version: version.version,
        is_default: version.is_default,
        bypasses: version.bypasses,
        accepted: version.outcome == WeightsOnlyOutcome::Accepted,
        missing,
        refused,
    }
}

fn wire_calls(facts: &ArtifactFacts) -> Vec<WireCall> {
    let call = |fact: &crate::fact::artifact::ArtifactFact| match &fact.seen {
        Seen::Call(call) => Some(WireCall {
            member: fact.place.member.to_string(),
            start: fact.place.region.start,
            end: fact.place.region.end,
            function: call.callee.to_string(),
            call: call.to_string(),
        }),
        _ => None,
    };
    facts.facts.iter().filter_map(call).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::artifact::{ByteRegion, Format, GapKind, MemberPath, Place};

    fn facts() -> ArtifactFacts {
        let member = MemberPath::default().inside("a/weights");
        let place = Place { member: member.clone(), region: ByteRegion::new(64, 1_264) };
        ArtifactFacts {
            companions: crate::fact::artifact::Companions::default(),
            format: Format::TorchZip,
            bytes: 1_234_567,
            facts: Vec::new(),
            gaps: vec![Gap { kind: GapKind::Damaged, place: place.clone(), message: "it ends early".to_owned() }],
            members: vec![Member { path: member, format: Format::Unknown, stored_bytes: 1_300, bytes: 1_300 }],
            tensors: vec![TensorHeader { name: "w\x1b".into(), dtype: "F32".into(), shape: vec![10, 30], place }],
            parts: 2,
        }
    }

    #[test]
    fn tables_line_up_and_nothing_steers_the_terminal() {
        let mut out = Vec::new();
        write_inventory(&InputName::new("m.pt"), &facts(), None, &mut out).expect("memory is writable");
        insta::assert_snapshot!(String::from_utf8(out).expect("UTF-8"));
    }

    #[test]
    fn programs_get_everything() {
        let mut out = Vec::new();
        write_inventory_json(&InputName::new("m.pt"), &facts(), None, &mut out).expect("memory is writable");
        let json: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(json["tensors"][0]["shape"], serde_json::json!([10, 30]));
        assert_eq!(json["members"][0]["path"], "a/weights");
        assert_eq!(json["not_fully_read"][0]["message"], "it ends early");
    }
}
