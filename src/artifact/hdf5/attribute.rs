//! Attributes: their names, and values that are texts or bytes.

use std::fmt;

use super::file::{Cursor, Hdf5};
use super::heap::{self, Block, Element};

/// Elements of one attribute that are read.
const MAX_ELEMENTS: u64 = 100_000;

/// An attribute whose value is made of bytes; other values are left empty.
#[derive(Debug)]
pub(super) struct Attribute {
    pub(super) name: String,
    /// Each text or run of bytes, with its address.
    pub(super) values: Vec<(Vec<u8>, u64)>,
    /// Whether some are not where they should be.
    pub(super) has_lost: bool,
}

impl Attribute {
    /// Whether it is called `name` and is the text `value`.
    pub(super) fn is(&self, name: &str, value: &[u8]) -> bool {
        self.name == name && self.values.iter().any(|(own, _)| own.strip_suffix(b"\0").unwrap_or(own) == value)
    }
}

/// The type of an element.
#[derive(Debug, Clone, Copy)]
pub(super) struct DataType {
    class: u8,
    bits: u8,
    /// Bytes of an element.
    pub(super) size: u32,
}

impl DataType {
    /// Reads the start of a data type message.
    pub(super) fn read(data: &[u8]) -> Option<Self> {
        let &[class, bits, _, _, a, b, c, d, ..] = data else { return None };
        Some(Self { class: class & 15, bits, size: u32::from_le_bytes([a, b, c, d]) })
    }

    /// Whether an element is a text of any length, kept in a heap.
    pub(super) fn is_in_heap(self) -> bool {
        self.class == 9
    }

    /// Whether elements are bytes: texts of a fixed length, opaque, 8-bit numbers.
    pub(super) fn is_bytes(self) -> bool {
        matches!(self.class, 3 | 5) || self.class == 0 && self.size == 1
    }
}

/// As NumPy would write it.
impl fmt::Display for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.class {
            0 if self.bits & 8 == 0 => write!(f, "u{}", self.size),
            0 => write!(f, "i{}", self.size),
            1 => write!(f, "f{}", self.size),
            3 => write!(f, "S{}", self.size),
            9 => f.write_str("variable"),
            _ => write!(f, "V{}", self.size),
        }
    }
}

/// Reads an attribute message that stands at the address `at`.
pub(super) fn read(file: &Hdf5<'_>, message: &[u8], at: u64) -> Option<Attribute> {
    let mut cursor = Cursor { bytes: message, at: 0 };
    let version = cursor.number(1)?;
    cursor.take(1)?;
    let sizes = [cursor.number(2)?, cursor.number(2)?, cursor.number(2)?];
    let pad = |size: u64| if version == 1 { size.next_multiple_of(8) } else { size };
    match version {
        1 | 2 => {}
        3 => _ = cursor.take(1)?,
        _ => return None,
    }
    let mut parts = sizes.map(|size| usize::try_from(pad(size)).ok()).into_iter();
    let name = cursor.take(parts.next()??)?;
    let name = name.split(|byte| *byte == 0).next().unwrap_or_default();
    let dtype = cursor.take(parts.next()??)?;
    let space = cursor.take(parts.next()??)?;
    let data = (&message[cursor.at..], at + cursor.at as u64);
    let dtype = DataType::read(dtype);
    let name = String::from_utf8_lossy(name).into_owned();
    let (values, has_lost) = match dtype {
        Some(dtype) if dtype.is_in_heap() => in_heap(file, data.0, count(file, space)),
        Some(dtype) => (values(file, dtype, space, data), false),
        None => (Vec::new(), false),
    };
    Some(Attribute { name, values, has_lost })
}

/// How many elements a data space has.
fn count(file: &Hdf5<'_>, space: &[u8]) -> u64 {
    // A space of no elements, not even one.
    if let [2, _, _, 2, ..] = space {
        return 0;
    }
    let axes = file.dataspace(space).unwrap_or_default();
    axes.iter().try_fold(1_u64, |count, axis| count.checked_mul(*axis)).unwrap_or(u64::MAX)
}

/// The values that so many references lead to, each with its address, and whether some are lost.
pub(super) fn in_heap(file: &Hdf5<'_>, references: &[u8], count: u64) -> (Vec<(Vec<u8>, u64)>, bool) {
    let mut cursor = Cursor { bytes: references, at: 0 };
    let (mut values, mut has_lost) = (Vec::new(), false);
    for _ in 0..count.min(MAX_ELEMENTS) {
        match heap::element(file, &mut cursor) {
            Some(Element::Found(bytes, at)) => values.push((bytes, at)),
            Some(Element::Empty) => {}
            Some(Element::Lost) => has_lost = true,
            None => return (values, true),
        }
    }
    (values, has_lost)
}

fn values(file: &Hdf5<'_>, dtype: DataType, space: &[u8], (data, at): (&[u8], u64)) -> Vec<(Vec<u8>, u64)> {
    let count = count(file, space);
    if !dtype.is_bytes() || dtype.size == 0 {
        return Vec::new();
    }
    // Numbers of one byte are bytes of one value, texts are a value each.
    let (size, count) = if dtype.class == 0 { (count, 1) } else { (dtype.size.into(), count) };
    let size = usize::try_from(size).unwrap_or(usize::MAX).min(data.len().max(1));
    let elements = data.chunks(size).take(usize::try_from(count.min(MAX_ELEMENTS)).unwrap_or(0));
    let trimmed = |bytes: &[u8]| bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)].to_vec();
    let keep = |bytes: &[u8]| if dtype.class == 3 { trimmed(bytes) } else { bytes.to_vec() };
    elements.enumerate().map(|(index, bytes)| (keep(bytes), at + (index * size) as u64)).collect()
}

/// The address of the heap that a group or data set with many attributes keeps them in.
pub(super) fn dense_heap(file: &Hdf5<'_>, message: &[u8]) -> Option<u64> {
    let &[_, flags, ..] = message else { return None };
    let at = if flags & 1 == 0 { 2 } else { 4 };
    let heap = Cursor { bytes: message, at }.number(file.offset_size)?;
    (!file.is_nowhere(heap)).then_some(heap)
}

/// The attributes in a block of a heap, found by their shape: version, flags, sizes, a name that ends in zero.
pub(super) fn scan(file: &Hdf5<'_>, block: &Block) -> Vec<Attribute> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(bytes) = block.bytes.get(at..).filter(|rest| rest.len() > 9) {
        let name = usize::from(u16::from_le_bytes([bytes[2], bytes[3]]));
        let is_one = bytes[0] == 3
            && bytes[1] < 4
            && bytes[8] < 2
            && (2..=1024).contains(&name)
            && bytes.get(9 + name - 1) == Some(&0)
            && bytes[9..9 + name - 1].iter().all(|byte| (32..127).contains(byte));
        if is_one && let Some(attribute) = read(file, bytes, block.at + at as u64) {
            found.push(attribute);
            at += 9 + name;
        } else {
            at += 1;
        }
    }
    found
}
