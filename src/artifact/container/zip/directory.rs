//! The central directory, and the local headers it points to.

use super::super::super::sniff::{RAW_BYTES, is_raw};
use super::super::pages::{Pages, number, u16_at, u32_at};

/// What a header says of its member; local and central ones say the same things.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// The raw name.
    pub(super) name: Box<[u8]>,
    pub(super) flags: u16,
    pub(super) method: u16,
    pub(super) crc: u32,
    /// Bytes as packed and as unpacked.
    pub(super) packed: u64,
    pub(super) bytes: u64,
    /// The name that a Unicode path field gives instead, if it is plain ASCII and yet another one.
    pub(super) other_name: Option<Box<[u8]>>,
    /// Whether its extra fields end within one; known of the directory only.
    pub(super) has_cut_extra: bool,
}

/// Bit 0 of the flags.
pub(super) const ENCRYPTED: u16 = 1;
/// Bit 3: sizes and checksum follow the data.
pub(super) const DESCRIPTOR: u16 = 8;
/// Bit 11: the name is UTF-8.
pub(super) const UTF8: u16 = 1 << 11;

/// A member as the directory lists it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) header: Header,
    /// Where its local header is said to be, as written.
    pub(super) offset: u64,
    /// By how much readers that allow for bytes before the archive raise that.
    pub(super) base: i64,
    /// Another disk than the first.
    pub(super) other_disk: bool,
    /// The Unix type bits, if it was made on such a system: a link, a device.
    pub(super) file_type: FileType,
}

/// What a member is, as Unix says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FileType {
    /// A file, a folder, or not said.
    Plain,
    Link,
    /// A device, pipe or socket.
    Special,
}

/// A local header.
#[derive(Debug, Clone)]
pub(super) struct Local {
    pub(super) header: Header,
    /// Where it stands.
    pub(super) at: u64,
    /// Where its data starts.
    pub(super) data: u64,
    /// Whether the first bytes of the data are raw numbers, if it is not packed.
    pub(super) is_raw: bool,
}

const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;

/// Reads the entry of a directory at `at`; where the next one is. `None` if there is none.
pub(super) fn listed(pages: &mut Pages<'_>, at: u64, base: i64) -> Option<(Listed, u64)> {
    let fixed = pages.get_next(at, CENTRAL_BYTES).filter(|record| record.starts_with(b"PK\x01\x02"))?;
    let lengths = [u16_at(fixed, 28), u16_at(fixed, 30), u16_at(fixed, 32)].map(usize::from);
    let [name, extra, comment] = lengths;
    let record = pages.get_next(at, CENTRAL_BYTES + name + extra)?;
    let mut sizes = [number::<4>(record, 24), number::<4>(record, 20), number::<4>(record, 42)];
    let fields = &record[CENTRAL_BYTES + name..];
    widen(fields, &mut sizes);
    let raw_name = &record[CENTRAL_BYTES..CENTRAL_BYTES + name];
    let header = Header {
        name: raw_name.into(),
        flags: u16_at(record, 8),
        method: u16_at(record, 10),
        crc: u32_at(record, 16),
        packed: sizes[1],
        bytes: sizes[0],
        other_name: unicode_path(fields, raw_name),
        has_cut_extra: ends_within_a_field(fields),
    };
    let other_disk = !matches!(u16_at(record, 34), 0 | 0xFFFF);
    let file_type = match (record[5], u16_at(record, 40) >> 12) {
        (3, 0xA) => FileType::Link,
        (3, 1 | 2 | 6 | 0xC) => FileType::Special,
        _ => FileType::Plain,
    };
    let next = at + (CENTRAL_BYTES + name + extra + comment) as u64;
    Some((Listed { header, offset: sizes[2], base, other_disk, file_type }, next))
}

/// Reads the local header at `at`; `None` if there is none.
pub(super) fn local(pages: &mut Pages<'_>, at: u64) -> Option<Local> {
    let fixed = pages.get(at, LOCAL_BYTES).filter(|record| record.starts_with(b"PK\x03\x04"))?;
    let [name, extra] = [u16_at(fixed, 26), u16_at(fixed, 28)].map(usize::from);
    let record = pages.get(at, LOCAL_BYTES + name + extra)?;
    let mut sizes = [number::<4>(record, 22), number::<4>(record, 18)];
    let fields = &record[LOCAL_BYTES + name..];
    widen(fields, &mut sizes);
    let raw_name = &record[LOCAL_BYTES..LOCAL_BYTES + name];
    let header = Header {
        name: raw_name.into(),
        flags: u16_at(record, 6),
        method: u16_at(record, 8),
        crc: u32_at(record, 14),
        packed: sizes[1],
        bytes: sizes[0],
        other_name: unicode_path(fields, raw_name),
        has_cut_extra: false,
    };
    let data = at + (LOCAL_BYTES + name + extra) as u64;
    let few = pages.read_already(data, RAW_BYTES).filter(|_| header.method == 0);
    let is_raw = str::from_utf8(&header.name).is_ok_and(|name| few.is_some_and(|few| is_raw(few, header.packed, name)));
    Some(Local { header, at, data, is_raw })
}

/// The extra fields: number and content. Stops where they are no longer well-formed: writers pad.
fn fields(mut extra: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (head, rest) = extra.split_at_checked(4)?;
        let (content, next) = rest.split_at_checked(u16_at(head, 2).into())?;
        extra = next;
        Some((u16_at(head, 0), content))
    })
}

/// Whether the last of the extra fields says that it is longer than what is left. Fewer bytes than a field's head are padding.
fn ends_within_a_field(extra: &[u8]) -> bool {
    let read: usize = fields(extra).map(|(_, content)| 4 + content.len()).sum();
    extra.len() - read >= 4
}

/// Takes 64-bit values from the field for them: those, in this order, whose 32 bits are all ones.
fn widen(extra: &[u8], sizes: &mut [u64]) {
    let Some((_, wide)) = fields(extra).find(|(number, _)| *number == 1) else { return };
    let mut values = wide.chunks_exact(8);
    for size in sizes.iter_mut().filter(|size| **size == 0xFFFF_FFFF) {
        match values.next() {
            Some(value) => *size = number::<8>(value, 0),
            None => return,
        }
    }
}

/// The Unicode path field, if it names something else in plain ASCII, for which there is no honest reason.
fn unicode_path(extra: &[u8], name: &[u8]) -> Option<Box<[u8]>> {
    let (_, content) = fields(extra).find(|(number, _)| *number == 0x7075)?;
    let path = content.get(5..)?;
    (path.is_ascii() && path != name && !path.is_empty()).then(|| path.into())
}
