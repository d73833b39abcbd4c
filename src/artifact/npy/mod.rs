//! NumPy arrays (`.npy`): the header, and the pickle behind it if the array holds objects.
//!
//! Comes in: a window. Goes out: what the pickle of an object array does; headers that NumPy refuses or that contradict
//! the bytes behind them. Several arrays may stand in one file, as `numpy.save` writes them to one handle.

mod dtype;
mod literal;

use std::io;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, Format, GapKind, ObservationKind, TensorHeader};

use super::{Examination, pickle};
use dtype::DType;
use literal::Literal;

const MAGIC: &[u8] = b"\x93NUMPY";

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    if let Err(error) = arrays(content, x) {
        x.unreadable(&error);
    }
}

/// Each array in turn, and what follows the last.
fn arrays(content: &Window, x: &mut Examination<'_>) -> io::Result<()> {
    let mut at = 0;
    let mut count = 0;
    while let Some(end) = array(content, at, x)? {
        at = end;
        count += 1;
        if at == content.len() {
            return Ok(());
        }
        if count >= x.limits.max_members {
            x.limit_once("max-members", x.limits.max_members, "further arrays were not looked at");
            return Ok(());
        }
        if !is_array_at(content, at)? {
            let rest = content.tail(at);
            x.observe(ObservationKind::TrailingBytes, ByteRegion::new(at, content.len()), "bytes after the array");
            x.nested("after the array", &rest);
            return Ok(());
        }
    }
    Ok(())
}

fn is_array_at(content: &Window, at: u64) -> io::Result<bool> {
    Ok(&*content.read(at, MAGIC.len())? == MAGIC)
}

/// What the header says.
struct Header {
    element: DType,
    /// The element type as written, for the inventory.
    descr: String,
    shape: Vec<u64>,
}

/// Looks at the array that starts at `at`; where it ends, or `None` if that cannot be told or nothing can follow.
fn array(content: &Window, at: u64, x: &mut Examination<'_>) -> io::Result<Option<u64>> {
    let start = content.read(at, 12)?;
    if !start.starts_with(MAGIC) {
        let region = ByteRegion::new(at, at + start.len() as u64);
        x.observe(ObservationKind::InvalidHeader, region, "an array by its name, without the signature");
        return Ok(None);
    }
    let (length_bytes, length) = match *start {
        [_, _, _, _, _, _, 1, 0, a, b, ..] => (2, u64::from(u16::from_le_bytes([a, b]))),
        [_, _, _, _, _, _, 2 | 3, 0, a, b, c, d] => (4, u64::from(u32::from_le_bytes([a, b, c, d]))),
        [_, _, _, _, _, _, 1..=3, 0, ..] | [] => return Ok(ends_early(at, content, x)),
        [_, _, _, _, _, _, major, minor, ..] => {
            let region = ByteRegion::new(at, at + 8);
            x.observe(ObservationKind::InvalidHeader, region, format!("npy version {major}.{minor}"));
            look_for_pickle(content, at + 10, x);
            return Ok(None);
        }
        _ => return Ok(ends_early(at, content, x)),
    };
    let data = at + 8 + length_bytes + length;
    let region = ByteRegion::new(at, data);
    if data > content.len() {
        x.observe(ObservationKind::InvalidHeader, region, "the header is longer than the file");
        return Ok(ends_early(at, content, x));
    }
    if length > x.limits.max_text_bytes {
        x.limit_once("max-text-bytes", x.limits.max_text_bytes, "the header of the array was not read");
        return Ok(None);
    }
    let text = content.read(at + 8 + length_bytes, usize::try_from(length).unwrap_or(0))?;
    match header(&text, start[6]) {
        Ok(header) => elements(content, &header, data, x),
        Err(fault) => {
            x.observe(ObservationKind::InvalidHeader, region, fault);
            look_for_pickle(content, data, x);
            Ok(None)
        }
    }
}

fn ends_early(at: u64, content: &Window, x: &mut Examination<'_>) -> Option<u64> {
    x.gap(GapKind::Damaged, ByteRegion::new(at, content.len()), "the array ends in its header");
    None
}

/// A header as NumPy takes it, or why NumPy refuses it.
fn header(text: &[u8], version: u8) -> Result<Header, String> {
    let text = match (version, std::str::from_utf8(text)) {
        (_, Ok(text)) => text.to_owned(),
        (3, Err(_)) => return Err("a header that is not UTF-8".into()),
        (_, Err(_)) => text.iter().map(|byte| char::from(*byte)).collect(),
    };
    let Some(Literal::Dict(entries)) = literal::parse(&text) else {
        return Err("a header that is not a dictionary of literals".into());
    };
    let (mut descr, mut order, mut shape) = (None, None, None);
    for (key, value) in &entries {
        match key {
            Literal::Text(key) if key == "descr" => descr = Some(value),
            Literal::Text(key) if key == "fortran_order" => order = Some(value),
            Literal::Text(key) if key == "shape" => shape = Some(value),
            _ => return Err("a header with a key that is not one of NumPy's".into()),
        }
    }
    let (Some(descr), Some(order), Some(shape)) = (descr, order, shape) else {
        return Err("a header without `descr`, `fortran_order` or `shape`".into());
    };
    if entries.len() != 3 {
        return Err("a header with one key twice".into());
    }
    if !matches!(order, Literal::Bool(_)) {
        return Err("a `fortran_order` that is not a boolean".into());
    }
    let Some(element) = dtype::element(descr) else { return Err("a `descr` that is not an element type".into()) };
    Ok(Header { element, descr: described(descr), shape: axes(shape)? })
}

fn axes(shape: &Literal) -> Result<Vec<u64>, String> {
    let Literal::Tuple(axes) = shape else { return Err("a `shape` that is not a tuple".into()) };
    let length = |axis: &Literal| match axis {
        Literal::Int(length) => u64::try_from(*length).ok(),
        _ => None,
    };
    let lengths: Option<Vec<u64>> = axes.iter().map(length).collect();
    lengths.ok_or_else(|| "a `shape` with an axis that is not a length".into())
}

/// The element type in a few words.
fn described(descr: &Literal) -> String {
    match descr {
        Literal::Text(name) => name.clone(),
        Literal::List(fields) => format!("{} fields", fields.len()),
        _ => "structured".into(),
    }
}

/// Looks at the data of an array; where it ends, as far as that can be told.
fn elements(content: &Window, header: &Header, data: u64, x: &mut Examination<'_>) -> io::Result<Option<u64>> {
    if header.element.has_object {
        let objects = content.tail(data);
        list(header, data, content.len(), x);
        x.inside("objects", |x| {
            x.member_is(Format::Pickle, objects.len(), objects.len());
            pickle::examine(&objects, x);
        });
        return Ok(None);
    }
    let count = header.shape.iter().try_fold(1_u64, |count, axis| count.checked_mul(*axis));
    if let Some(count) = count
        && header.element.size.is_none()
    {
        return elements_of_unknown_size(content, header, count, data, x);
    }
    let bytes = count.zip(header.element.size).and_then(|(count, size)| count.checked_mul(size));
    let end = bytes.and_then(|bytes| bytes.checked_add(data));
    list(header, data, end.unwrap_or(content.len()).min(content.len()), x);
    Ok(match end {
        Some(end) if end <= content.len() => Some(end),
        Some(_) => {
            x.gap(GapKind::Damaged, ByteRegion::new(data, content.len()), "the array has fewer bytes than its shape");
            None
        }
        None => {
            let region = ByteRegion::new(data, content.len());
            x.observe(ObservationKind::InvalidHeader, region, "a shape of more bytes than can be counted");
            None
        }
    })
}

/// Where the data of `count` elements ends whose size depends on the machine, which NumPy writes for none: they have eight
/// bytes, or four. That readers may see different things behind them is told.
fn elements_of_unknown_size(
    content: &Window,
    header: &Header,
    count: u64,
    data: u64,
    x: &mut Examination<'_>,
) -> io::Result<Option<u64>> {
    let behind = |size: u64| count.checked_mul(size)?.checked_add(data).filter(|end| *end <= content.len());
    let ends = [behind(8), behind(4)];
    let mut next = None;
    for end in ends.into_iter().flatten() {
        if next.is_none() && is_array_at(content, end)? {
            next = Some(end);
        }
    }
    let end = next.or_else(|| ends.into_iter().flatten().find(|end| *end == content.len()));
    list(header, data, end.unwrap_or(content.len()), x);
    let goes_on = end != Some(content.len());
    if goes_on || ends[1].is_some_and(|end| pickle::is_pickle_at(&content.tail(end))) {
        let region = ByteRegion::new(data, content.len());
        x.gap(GapKind::Closed, region, "elements whose size depends on the machine: what follows them is not certain");
    }
    Ok(end)
}

fn list(header: &Header, start: u64, end: u64, x: &mut Examination<'_>) {
    let place = x.place(start, end);
    x.tensor(|| TensorHeader { name: String::new(), dtype: header.descr.clone(), shape: header.shape.clone(), place });
}

/// Behind a header that NumPy refuses there may be a pickle all the same; another reader may take it.
fn look_for_pickle(content: &Window, at: u64, x: &mut Examination<'_>) {
    let rest = content.tail(at);
    if !rest.is_empty() {
        x.nested("after the header", &rest);
    }
}

#[cfg(test)]
mod tests;
