//! The tensors that a header lists, and whether they cover the bytes behind it without gaps and overlaps.

use std::borrow::Cow;
use std::io;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, TensorHeader};

use super::super::container::path::leads_out;
use super::super::json::{Json, JsonEntry, JsonValue};
use super::super::{Examination, hidden};
use super::{ambiguous, in_header, invalid};

/// How many different faults of one file are told.
const MAX_TOLD: usize = 100;
/// Whole numbers above this are not the same in all readers of JSON.
const MAX_EXACT: u64 = 1 << 53;

/// A tensor whose entry is as it should be.
struct Tensor<'h> {
    name: &'h str,
    dtype: &'h str,
    shape: Vec<u64>,
    start: u64,
    end: u64,
    /// Its entry in the header.
    entry: ByteRegion,
}

/// Looks at all tensors of `header`; their bytes start at `data` of `content`.
pub(super) fn examine(content: &Window, data: u64, header: &Json<'_>, x: &mut Examination<'_>) -> io::Result<()> {
    for doubled in header.duplicates().iter().take(MAX_TOLD).filter(|entry| entry.key != "__metadata__") {
        ambiguous(x, in_header(doubled.key_region), format!("two tensors named `{}`", short(&doubled.key)));
    }
    let mut tensors = Vec::new();
    let mut faults = 0;
    for entry in header.entries().iter().filter(|entry| entry.key != "__metadata__") {
        match tensor(entry, x) {
            Ok(tensor) => tensors.push(tensor),
            Err(fault) => {
                faults += 1;
                if faults <= MAX_TOLD {
                    invalid(x, in_header(entry.key_region), format!("tensor `{}`: {fault}", short(&entry.key)));
                }
            }
        }
    }
    tensors.sort_by_key(|tensor| (tensor.start, tensor.end));
    cover(content, data, &tensors, faults == 0, x)?;
    for tensor in &tensors {
        let place = x.place(data.saturating_add(tensor.start), data.saturating_add(tensor.end));
        x.tensor(|| TensorHeader {
            name: tensor.name.into(),
            dtype: tensor.dtype.into(),
            shape: tensor.shape.clone(),
            place,
        });
    }
    Ok(())
}

/// The tensor of a header's entry, or what the reference reader has against it.
fn tensor<'h>(entry: &'h JsonEntry<'_>, x: &mut Examination<'_>) -> Result<Tensor<'h>, Cow<'static, str>> {
    let region = in_header(entry.key_region);
    let JsonValue::Object(fields) = &entry.value.value else { return Err("its entry is not an object".into()) };
    let known = ["dtype", "shape", "data_offsets"];
    if !entry.value.duplicates().is_empty() {
        return Err("a key stands twice in its entry".into());
    }
    if let Some(field) = fields.iter().find(|field| !known.contains(&&*field.key)) {
        let subject = format!("tensor `{}` has an unknown key `{}`", short(&entry.key), short(&field.key));
        ambiguous(x, in_header(field.key_region), subject);
    }
    let dtype = entry.value.text("dtype").ok_or("it has no dtype")?;
    let bits = bits(dtype).ok_or_else(|| format!("unknown dtype `{}`", short(dtype)))?;
    let shape = numbers(entry.value.get("shape")).ok_or("its shape is not a list of whole numbers")?;
    let offsets = numbers(entry.value.get("data_offsets")).ok_or("its offsets are no whole numbers")?;
    let [start, end] = offsets[..] else { return Err("its offsets are not two".into()) };
    if end < start {
        return Err("it ends before it starts".into());
    }
    let count = shape.iter().try_fold(1_u64, |count, axis| count.checked_mul(*axis));
    let total = count.and_then(|count| count.checked_mul(bits)).ok_or("its shape is too large to count")?;
    if total % 8 != 0 || total / 8 != end - start {
        return Err("its offsets do not fit dtype and shape".into());
    }
    if shape.iter().any(|axis| *axis > MAX_EXACT) {
        ambiguous(x, region, format!("tensor `{}` has an axis that not all readers count alike", short(&entry.key)));
    }
    Ok(Tensor { name: &entry.key, dtype, shape, start, end, entry: region })
}

fn numbers(value: Option<&Json<'_>>) -> Option<Vec<u64>> {
    match &value?.value {
        JsonValue::Array(items) => items.iter().map(Json::as_u64).collect(),
        _ => None,
    }
}

/// Bits of an element.
fn bits(dtype: &str) -> Option<u64> {
    Some(match dtype {
        "F4" => 4,
        "F6_E2M3" | "F6_E3M2" => 6,
        "BOOL" | "U8" | "I8" | "F8_E5M2" | "F8_E4M3" | "F8_E8M0" | "F8_E4M3FNUZ" | "F8_E5M2FNUZ" => 8,
        "I16" | "U16" | "F16" | "BF16" => 16,
        "I32" | "U32" | "F32" => 32,
        "I64" | "U64" | "F64" | "C64" => 64,
        _ => return None,
    })
}

/// Holds the sorted tensors against the bytes; what no tensor covers is looked at. `all` says whether no tensor is
/// missing for another fault.
fn cover(content: &Window, data: u64, tensors: &[Tensor<'_>], all: bool, x: &mut Examination<'_>) -> io::Result<()> {
    let bytes = content.len() - data;
    let mut covered = 0;
    let mut told = 0;
    for tensor in tensors {
        let name = short(tensor.name);
        let fault = if tensor.end > bytes {
            Some(format!("tensor `{name}` ends after the end of the file"))
        } else if tensor.start < covered {
            Some(format!("tensor `{name}` overlaps another"))
        } else if tensor.start > covered && all {
            Some(format!("a hole before tensor `{name}`"))
        } else {
            None
        };
        if let Some(fault) = fault.filter(|_| told < MAX_TOLD) {
            told += 1;
            invalid(x, tensor.entry, fault);
        }
        if tensor.start > covered {
            uncovered(content, data + covered.min(bytes), data + tensor.start.min(bytes), x);
        }
        if leads_out(tensor.name) && told < MAX_TOLD {
            told += 1;
            ambiguous(
                x,
                tensor.entry,
                format!("tensor `{name}` is called like a file elsewhere, as which some tools write it"),
            );
        }
        disguised(content, data, tensor, x)?;
        covered = covered.max(tensor.end);
    }
    if covered < bytes {
        if all {
            let region = ByteRegion::new(data + covered, content.len());
            invalid(x, region, "bytes after the last tensor");
        }
        uncovered(content, data + covered, content.len(), x);
    }
    Ok(())
}

fn uncovered(content: &Window, start: u64, end: u64, x: &mut Examination<'_>) {
    if start < end {
        x.nested("no tensor", &content.part(start, end - start));
    }
}

/// Looks into a tensor of bytes.
fn disguised(content: &Window, data: u64, tensor: &Tensor<'_>, x: &mut Examination<'_>) -> io::Result<()> {
    if !matches!(tensor.dtype, "U8" | "I8") {
        return Ok(());
    }
    let bytes = content.part(data.saturating_add(tensor.start), tensor.end - tensor.start);
    hidden::examine(|| format!("tensor `{}`", short(tensor.name)), &bytes, tensor.entry, x)
}

fn short(name: &str) -> String {
    let mut short: String = name.chars().take(80).collect();
    if short.len() < name.len() {
        short.push('…');
    }
    short
}
