//! The streams of a file one after the other, what lies inside them and what follows the last.
//!
//! Comes in: a window that begins with a stream. Goes out: facts, gaps, nested artifacts. Called by `content`.

use std::collections::HashSet;

use crate::bytes::Window;
use crate::fact::artifact::{
    ByteRegion, Format, GapKind, MemberPath, Observation, ObservationKind, Place, Seen, TensorHeader,
};
use crate::fact::pickle::StreamEnd;

use super::super::Examination;
use super::super::examination::Storages;
use super::super::sniff::is_named_like_checkpoint;
use super::detect;
use super::input::Frames;
use super::machine::{Inner, Machine, NOT_IN_MEMO, Outcome, Reading};
use super::store::Value;
use super::tensors::{self, Tensor};

/// The number that begins PyTorch's legacy files, little-endian and in digits.
const TORCH_MAGIC: [u8; 10] = [0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19];
const TORCH_MAGIC_DIGITS: &[u8] = b"119547037146038801333356";
/// Magic number, protocol, system, object, keys; then the storages' bytes.
const TORCH_STREAMS: u64 = 5;
/// Streams that only hold data are told so often.
const STREAMS_TOLD: u64 = 64;
/// What it costs to begin a stream, so that millions of empty ones come to an end.
const OPERATIONS_OF_A_STREAM: u64 = 32;
/// Files up to this size are read at once.
const WHOLE_BYTES: u64 = 4 << 20;
/// How far behind the last stream others are looked for.
const SEARCHED_BYTES: usize = 1 << 20;
const MOST_FOUND: usize = 16;

/// Whether the first bytes of a file are those of one that `torch.save` wrote before it wrote zip files.
pub(in crate::artifact) fn is_legacy_checkpoint(head: &[u8]) -> bool {
    const MOST: usize = 64;
    let start = &head[..head.len().min(MOST)];
    [&TORCH_MAGIC[..], TORCH_MAGIC_DIGITS].iter().any(|magic| memchr::memmem::find(start, magic).is_some())
}

/// Looks at the streams that `content` starts with, and at what follows them.
pub(in crate::artifact) fn examine(content: &Window, x: &mut Examination<'_>) {
    let are_wanted = x.take_wish_for_storages();
    let mut storages = Storages::new();
    each(content, are_wanted, &mut storages, x);
    if are_wanted {
        x.hand_storages(storages);
    }
}

fn each(content: &Window, wants_storages: bool, storages: &mut Storages, x: &mut Examination<'_>) {
    x.keep_pickle(content);
    let content = &match content.in_memory() {
        None if content.len() <= WHOLE_BYTES => match content.read(0, WHOLE_BYTES as usize) {
            Ok(bytes) => Window::from(bytes.into_owned()),
            Err(error) => return x.unreadable(&error),
        },
        _ => content.clone(),
    };
    let (mut at, mut count, mut is_legacy, mut arrays) = (0, 0, false, 0);
    loop {
        if count > 0 && x.operations_left() == 0 {
            let limit = x.limits.max_pickle_operations;
            return x.limit_once("max-pickle-operations", limit, "pickles further behind were not followed");
        }
        let notes_storages = is_legacy || wants_storages;
        let reading =
            Reading { arrays: true, inventory: x.wants_inventory(), storages: notes_storages, ..Reading::default() };
        let mut outcome = Machine::new(content, at, reading).run(x.operations_left());
        if count > 0 && outcome.fault == Some(NOT_IN_MEMO) {
            outcome = one_unpickler(content, outcome, at, reading, x);
        }
        storages.append(&mut outcome.storages);
        outcome.array_files.iter().for_each(|file| x.beside(file, 0));
        x.spend_operations(outcome.stream.operations.saturating_add(OPERATIONS_OF_A_STREAM));
        let ends_well = outcome.stream.end == StreamEnd::Stop;
        if !ends_well && count > 0 && !is_legacy && !shows_itself(content, at, &outcome) {
            return trailing(content, at, x);
        }
        let end = outcome.end;
        is_legacy |= count == 0 && ends_well && is_torch_magic(content, outcome.top);
        if is_legacy
            && count + 1 == TORCH_STREAMS
            && let Some(key) = outcome.listed.iter().find(|key| !storages.contains_key(*key))
        {
            let fault = format!("the storage `{}` stands in the file, and no tensor has it", key.escape_debug());
            x.gap(GapKind::Damaged, ByteRegion::new(at, end), fault);
        }
        if let Some(fault) = number_fault(count, is_legacy, &outcome, x).filter(|_| ends_well) {
            x.gap(GapKind::Damaged, ByteRegion::new(at, end), fault);
        }
        arrays += outcome.arrays;
        count += 1;
        let told = tell(content, at, outcome, count, x);
        if is_legacy {
            x.is_of(Format::TorchLegacy);
        } else if arrays > 0 {
            x.is_of(Format::Joblib);
        }
        if !ends_well {
            if told {
                search(content, end, x);
            }
            return;
        }
        at = end;
        if is_legacy && (count == TORCH_STREAMS || at == content.len()) {
            if count < TORCH_STREAMS {
                let all = ByteRegion::new(0, content.len());
                x.gap(GapKind::Damaged, all, "a legacy PyTorch file ends before its storages");
                return;
            }
            match behind_storages(content, at, storages) {
                Err((at, fault)) => x.gap(GapKind::Damaged, ByteRegion::new(at, content.len()), fault),
                Ok(Some(end)) if end < content.len() => trailing(content, end, x),
                Ok(_) => {}
            }
            return;
        }
        if at >= content.len() {
            return;
        }
        if !is_legacy {
            at = behind_padding(content, at);
        }
        if at >= content.len() {
            return;
        }
    }
}

/// A stream whose memo is that of the streams before it, as one `Pickler` writes them that dumps several objects; `alone`
/// if that does not lead further. The stream ends where all of them do.
fn one_unpickler(content: &Window, alone: Outcome, at: u64, reading: Reading, x: &mut Examination<'_>) -> Outcome {
    let mut joint = Machine::new(content, 0, Reading { goes_on: true, ..reading }).run(x.operations_left());
    x.spend_operations(joint.stream.operations);
    if joint.end <= alone.end {
        return alone;
    }
    joint.facts.retain(|(region, _)| region.start >= at);
    joint.inner.retain(|inner| inner.at >= at);
    joint
}

/// What is wrong with the number that stands where PyTorch's legacy files have their own: the magic, and the protocol.
fn number_fault(count: u64, is_legacy: bool, outcome: &Outcome, x: &Examination<'_>) -> Option<&'static str> {
    const PROTOCOL: i64 = 1001;
    match (count, outcome.top) {
        (0, Value::LargeInt { .. }) if !is_legacy && is_named_like_checkpoint(x.name()) => {
            Some("the number that it begins with is not PyTorch's")
        }
        (1, top) if is_legacy && top != Value::Int(PROTOCOL) => Some("the number of the protocol is not PyTorch's"),
        _ => None,
    }
}

fn is_torch_magic(content: &Window, top: Value) -> bool {
    let Value::LargeInt { length, at } = top else { return false };
    let length = (length as usize).min(64);
    let bytes = content.read(at, length).unwrap_or_default();
    *bytes == TORCH_MAGIC || bytes.trim_ascii_end().strip_suffix(b"L").unwrap_or(&bytes) == TORCH_MAGIC_DIGITS
}

/// Where a legacy file's storages end, each a count of elements and then these; `None` if another writer's order hides it.
/// They follow one another by their keys, which are sorted as texts.
///
/// # Errors
/// Where they are not what its pickle says, and why.
fn behind_storages(content: &Window, mut at: u64, storages: &Storages) -> Result<Option<u64>, (u64, &'static str)> {
    for (count, width) in storages.values() {
        let Ok(Some(stated)) = content.read_exact(at, 8) else {
            return Err((at, "the file ends before its storages"));
        };
        let stated = stated.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        if stated != *count {
            // Another order is another writer's; a count that no storage has is a fault.
            let is_known = storages.values().any(|(count, _)| *count == stated);
            return if is_known { Ok(None) } else { Err((at, "a storage has another length than the pickle says")) };
        }
        at = at.saturating_add(8).saturating_add(count.saturating_mul(*width));
        if at > content.len() {
            return Err((at, "the file ends within its storages"));
        }
    }
    Ok(Some(at))
}

/// Whether what follows a pickle and does not come to `STOP` is a pickle all the same: it calls something before it
/// breaks, or could not be read. One that comes to `STOP` is one whatever it begins with, for so takes it whoever loads
/// again and again.
fn shows_itself(content: &Window, at: u64, outcome: &Outcome) -> bool {
    let names_protocol = content.read(at, 3).is_ok_and(|head| matches!(head[..], [0x80, 0..=5, _]));
    let calls = || outcome.facts.iter().any(|(_, fact)| matches!(fact, Seen::Call(_)) && has_plausible_name(fact));
    outcome.failure.is_some() || if names_protocol { outcome.calls > 0 } else { calls() }
}

/// Whether a name that Python could have is imported or called.
fn has_plausible_name(fact: &Seen) -> bool {
    match fact {
        Seen::Import(callee) => super::machine::is_plausible(&callee.name.replace("()", "")),
        Seen::Call(call) => super::machine::is_plausible(&call.callee.name.replace("()", "")),
        _ => false,
    }
}

/// The block size of `dbm.dumb`, which `shelve` keeps pickles in.
const BLOCK: u64 = 512;

/// Behind the zeros that fill a block, if nothing else stands in it: where the next stream may begin.
fn behind_padding(content: &Window, at: u64) -> u64 {
    let end = at.next_multiple_of(BLOCK).min(content.len());
    let length = usize::try_from(end - at).unwrap_or(0);
    let is_padding = content.read(at, length).is_ok_and(|bytes| bytes.iter().all(|byte| *byte == 0));
    if is_padding { end } else { at }
}

/// Hands on what a stream showed; whether it broke after calls.
fn tell(content: &Window, at: u64, mut outcome: Outcome, count: u64, x: &mut Examination<'_>) -> bool {
    let region = ByteRegion::new(at, outcome.end);
    let seen: HashSet<u64> = match (outcome.frame_fault, outcome.arrays) {
        (None, 0) => HashSet::new(),
        _ => outcome.facts.iter().map(|(region, _)| region.start).collect(),
    };
    for (region, fact) in outcome.facts.drain(..) {
        x.see(region, fact);
    }
    let broke_after_calls = tell_end(&outcome, region, x);
    let (calls, frame_fault, arrays) = (outcome.calls, outcome.frame_fault, outcome.arrays);
    let is_plain = outcome.acts == 0;
    for tensor in outcome.tensors.drain(..) {
        let place = place_of(&tensor, x);
        let Tensor { name, dtype, shape, .. } = tensor;
        x.tensor(|| TensorHeader { name, dtype, shape, place });
    }
    let inner = std::mem::take(&mut outcome.inner);
    if count <= STREAMS_TOLD || !outcome.stream.imports.is_empty() || calls > 0 {
        x.see(region, Seen::Stream(Box::new(outcome.stream)));
    }
    for Inner { at, content, .. } in inner {
        // What calls nothing but codecs unpickles nothing that it holds.
        if is_plain { x.idle(at, &content) } else { x.constant(at, &content) }
    }
    if let Some(place) = frame_fault {
        let region = ByteRegion::new(place, place + 1);
        x.observe(ObservationKind::PickleAmbiguous, region, "what lies at the end of a frame");
        other_reading(content, at, Reading { frames: Frames::Dropped, arrays: true, ..Reading::default() }, &seen, x);
    }
    if arrays > 0 {
        other_reading(content, at, Reading::default(), &seen, x);
    }
    broke_after_calls
}

/// Where a tensor's data lies: in a member beside `data.pkl`. Legacy files have them behind the streams, which are not
/// walked.
fn place_of(tensor: &Tensor, x: &Examination<'_>) -> Place {
    let parts = x.member().parts();
    let Some((folder, outer)) =
        parts.split_last().and_then(|(last, outer)| Some((last.strip_suffix("data.pkl")?, outer)))
    else {
        return x.place(0, 0);
    };
    let outer = outer.iter().fold(MemberPath::default(), |path, part| path.inside(part));
    let size = tensors::element_bytes(&tensor.dtype).unwrap_or(0);
    let count = tensor.shape.iter().fold(1_u64, |count, length| count.saturating_mul(*length));
    let start = tensor.offset.saturating_mul(size);
    let region = ByteRegion::new(start, start.saturating_add(count.saturating_mul(size)));
    Place { member: outer.inside(&format!("{folder}data/{}", tensor.storage)), region }
}

/// Tells why a stream ends, if not at `STOP`; whether calls had run by then.
fn tell_end(outcome: &Outcome, region: ByteRegion, x: &mut Examination<'_>) -> bool {
    if let Some(error) = &outcome.failure {
        x.unreadable(error);
    }
    if outcome.is_cut {
        let limit = x.limits.max_artifact_facts as u64;
        x.limit_once("max-artifact-facts", limit, "not everything that a stream does is told");
    }
    for (at, fault) in &outcome.faults {
        x.gap(GapKind::Damaged, ByteRegion::new(*at, *at + 1), format!("a pickle stream has at byte {at} {fault}"));
    }
    let place = ByteRegion::new(outcome.end.min(region.end), region.end);
    match outcome.stream.end {
        StreamEnd::Stop => return false,
        StreamEnd::Limit => {
            x.limit_once(
                "max-pickle-operations",
                x.limits.max_pickle_operations,
                "the rest of a stream was not followed",
            );
            return false;
        }
        StreamEnd::Truncated | StreamEnd::Invalid => {}
    }
    let fault = outcome.fault.unwrap_or("it ends too early");
    x.gap(GapKind::Damaged, place, format!("a pickle stream breaks off at byte {}: {fault}", outcome.end));
    if outcome.calls > 0 {
        x.observe(ObservationKind::BrokenAfterCalls, place, fault);
    }
    true
}

/// Reads a stream as another reader would, and tells what the first reading did not show.
fn other_reading(content: &Window, at: u64, reading: Reading, seen: &HashSet<u64>, x: &mut Examination<'_>) {
    let outcome = Machine::new(content, at, reading).run(x.operations_left());
    x.spend_operations(outcome.stream.operations);
    let is_new = |(region, fact): &(ByteRegion, Seen)| !seen.contains(&region.start) && has_plausible_name(fact);
    let news: Vec<_> = outcome.facts.into_iter().filter(is_new).collect();
    if news.is_empty() {
        return;
    }
    let place = news[0].0;
    x.observe(ObservationKind::PickleAmbiguous, place, "another reader runs other opcodes");
    for (region, fact) in news {
        x.see(region, fact);
    }
}

/// Bytes behind the last stream.
fn trailing(content: &Window, at: u64, x: &mut Examination<'_>) {
    let rest = content.tail(at);
    if rest.len() <= 2 && rest.read(0, 2).is_ok_and(|bytes| bytes.trim_ascii().is_empty()) {
        return;
    }
    let region = ByteRegion::new(at, content.len());
    let seen = Observation {
        kind: ObservationKind::TrailingBytes,
        subject: format!("{} bytes after the last pickle", rest.len()),
        text: None,
    };
    x.see(region, Seen::Observation(seen));
    x.constant(at, &rest);
    search(content, at + 1, x);
}

/// Looks for further streams from `at` on. An archive that ends with the file is `content`'s business.
fn search(content: &Window, at: u64, x: &mut Examination<'_>) {
    let Ok(bytes) = content.read(at, SEARCHED_BYTES) else { return };
    let mut found = 0;
    for (index, window) in bytes.windows(4).enumerate() {
        let start = at + index as u64;
        let is_one = match window {
            [0x80, 2..=5, ..] => detect::is_stream(&content.tail(start)),
            _ => false,
        };
        if is_one {
            x.constant(start, &content.tail(start));
            found += 1;
        }
        if found >= MOST_FOUND {
            return;
        }
    }
}
