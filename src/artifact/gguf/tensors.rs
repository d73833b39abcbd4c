//! Tensors: sizes that can be counted, offsets that lie in the file and do not overlap, and what lies behind them.

use rustc_hash::FxHashSet;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind, TensorHeader};

use super::super::Examination;
use super::super::config::template;
use super::metadata::short;
use super::{Fault, Reader};

/// ggml has no more axes.
const MAX_AXES: u64 = 4;
/// Type numbers in use by now are below 64.
const MAX_TYPE: u64 = 128;
/// Bytes behind the tensors that are looked at for templates.
const MOST_TEXT: usize = 1 << 20;
/// Faults of one file that are told.
const MAX_TOLD: usize = 100;

struct Tensor {
    name: String,
    kind: u64,
    shape: Vec<u64>,
    offset: u64,
    /// Bytes, if its type is known.
    bytes: Option<u64>,
    at: u64,
}

/// Name, elements of a block, and bytes of a block. Source: `ggml.h` and `ggml-common.h` of ggml; those of 31 to 33, which are
/// gone, in its releases of 2024. Of `Q8_1`, which no file has, its readers disagree.
fn element(kind: u64) -> Option<(&'static str, u64, u64)> {
    Some(match kind {
        0 => ("F32", 1, 4),
        1 => ("F16", 1, 2),
        2 => ("Q4_0", 32, 18),
        3 => ("Q4_1", 32, 20),
        6 => ("Q5_0", 32, 22),
        7 => ("Q5_1", 32, 24),
        8 => ("Q8_0", 32, 34),
        10 => ("Q2_K", 256, 84),
        11 => ("Q3_K", 256, 110),
        12 => ("Q4_K", 256, 144),
        13 => ("Q5_K", 256, 176),
        14 => ("Q6_K", 256, 210),
        15 => ("Q8_K", 256, 292),
        16 => ("IQ2_XXS", 256, 66),
        17 => ("IQ2_XS", 256, 74),
        18 => ("IQ3_XXS", 256, 98),
        19 => ("IQ1_S", 256, 50),
        20 => ("IQ4_NL", 32, 18),
        21 => ("IQ3_S", 256, 110),
        22 => ("IQ2_S", 256, 82),
        23 => ("IQ4_XS", 256, 136),
        24 => ("I8", 1, 1),
        25 => ("I16", 1, 2),
        26 => ("I32", 1, 4),
        27 => ("I64", 1, 8),
        28 => ("F64", 1, 8),
        29 => ("IQ1_M", 256, 56),
        30 => ("BF16", 1, 2),
        31 => ("Q4_0_4_4", 32, 18),
        32 => ("Q4_0_4_8", 32, 18),
        33 => ("Q4_0_8_8", 32, 18),
        34 => ("TQ1_0", 256, 54),
        35 => ("TQ2_0", 256, 66),
        39 => ("MXFP4", 32, 17),
        40 => ("NVFP4", 64, 36),
        41 => ("Q1_0", 128, 18),
        42 => ("Q2_0", 64, 18),
        _ => return None,
    })
}

/// Reads the descriptions of `count` tensors, and holds them against the bytes behind.
pub(super) fn examine(
    content: &Window,
    reader: &mut Reader,
    count: u64,
    alignment: u64,
    x: &mut Examination<'_>,
) -> Result<(), Fault> {
    let mut tensors = Vec::new();
    for _ in 0..count {
        tensors.push(tensor(reader)?);
    }
    let header = reader.position();
    let data = if tensors.is_empty() { header } else { header.next_multiple_of(alignment.max(1)) };
    let mut told = 0;
    let mut names = FxHashSet::default();
    let mut tell = |tensor: &Tensor, fault: &str, x: &mut Examination<'_>| {
        told += 1;
        if told <= MAX_TOLD {
            let subject = format!("tensor `{}` {fault}", short(&tensor.name));
            x.observe(ObservationKind::InvalidHeader, ByteRegion::new(tensor.at, tensor.at), subject);
        }
    };
    for tensor in &tensors {
        let end = tensor.bytes.and_then(|bytes| bytes.checked_add(tensor.offset)?.checked_add(data));
        if !names.insert(tensor.name.as_str()) {
            tell(tensor, "has the name of another", x);
        }
        if tensor.bytes.is_some() && end.is_none_or(|end| end > content.len()) {
            tell(tensor, "ends after the end of the file", x);
        }
        if tensor.offset % alignment.max(1) != 0 {
            tell(tensor, "is not aligned", x);
        }
        let start = data.saturating_add(tensor.offset);
        let place = x.place(start, end.unwrap_or(start));
        x.tensor(|| TensorHeader {
            name: tensor.name.clone(),
            dtype: element(tensor.kind).map_or_else(|| format!("type {}", tensor.kind), |(name, ..)| name.into()),
            shape: tensor.shape.clone(),
            place,
        });
    }
    tensors.sort_by_key(|tensor| tensor.offset);
    for pair in tensors.windows(2) {
        let end = pair[0].bytes.map(|bytes| pair[0].offset.saturating_add(bytes));
        if end.is_some_and(|end| end > pair[1].offset) {
            tell(&pair[1], "overlaps another", x);
        }
    }
    behind(content, data, &tensors, alignment, x);
    Ok(())
}

fn tensor(reader: &mut Reader) -> Result<Tensor, Fault> {
    let at = reader.position();
    let name = reader.name("a tensor's name")?;
    let axes = reader.number(4)?;
    if axes > MAX_AXES {
        return Err(Fault::Invalid(at, format!("tensor `{}` has {axes} axes", short(&name))));
    }
    let shape: Result<Vec<u64>, Fault> = (0..axes).map(|_| reader.count()).collect();
    let shape = shape?;
    let kind = reader.number(4)?;
    let offset = reader.number(8)?;
    if kind >= MAX_TYPE {
        return Err(Fault::Invalid(at, format!("tensor `{}` has the unknown type {kind}", short(&name))));
    }
    let count = shape.iter().try_fold(1_u64, |count, axis| count.checked_mul(*axis));
    let Some(count) = count.filter(|count| *count <= i64::MAX as u64) else {
        return Err(Fault::Invalid(at, format!("tensor `{}` is too large to count", short(&name))));
    };
    let mut bytes = None;
    if let Some((_, block, size)) = element(kind) {
        if shape.first().is_some_and(|first| first % block != 0) {
            return Err(Fault::Invalid(at, format!("tensor `{}` has rows that are no whole blocks", short(&name))));
        }
        let total = (count / block).checked_mul(size);
        let what = || Fault::Invalid(at, format!("tensor `{}` is too large to count", short(&name)));
        bytes = Some(total.ok_or_else(what)?);
    }
    Ok(Tensor { name, kind, shape, offset, bytes, at })
}

/// What lies behind the last tensor is looked at; files are padded to the alignment.
fn behind(content: &Window, data: u64, tensors: &[Tensor], alignment: u64, x: &mut Examination<'_>) {
    let ends = tensors.iter().filter_map(|tensor| Some(tensor.offset.saturating_add(tensor.bytes?)));
    let end = ends.max().unwrap_or(0);
    // Others end where the next begins, at the latest.
    if let Some(last) = tensors.iter().find(|tensor| tensor.bytes.is_none() && tensor.offset >= end) {
        let start = data.saturating_add(last.offset);
        let message = format!("the last tensor has the unknown type {}, so that it may end anywhere", last.kind);
        return x.gap(GapKind::Closed, ByteRegion::new(start, content.len()), message);
    }
    let end = data.saturating_add(end);
    if end < content.len() && content.len() - end > alignment {
        x.observe(ObservationKind::TrailingBytes, ByteRegion::new(end, content.len()), "bytes after the last tensor");
        x.nested("after the tensors", &content.tail(end));
        templates(content, end, x);
    }
}

/// Templates behind the tensors: entries of the metadata that its count leaves out (CVE-2024-34359).
fn templates(content: &Window, at: u64, x: &mut Examination<'_>) {
    let Ok(bytes) = content.read(at, MOST_TEXT) else { return };
    if memchr::memmem::find(&bytes, b"{{").is_some() || memchr::memmem::find(&bytes, b"{%").is_some() {
        let region = ByteRegion::new(at, at + bytes.len() as u64);
        template::examine_text(&String::from_utf8_lossy(&bytes), region, x);
    }
}
