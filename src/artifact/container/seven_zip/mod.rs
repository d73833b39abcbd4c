//! 7z archives: a header at the end, often packed itself, and folders of files that are packed together.
//!
//! Comes in: a window that starts with the signature. Goes out: the entries to `archive`, gaps for what is damaged,
//! encrypted or packed by a method that is not supported. A folder is unpacked as far as its files are read.

mod header;
#[cfg(test)]
mod tests;

use std::io::Read as _;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::super::{Examination, archive};
use super::codec::{Codec, Decoder, fault};
use super::unpack::unpack_in_turn;
use super::{Entry, path};
use header::{Archive, Closed, Folder, Header, Kind};

const MAGIC: [u8; 6] = *b"7z\xBC\xAF\x27\x1C";
/// Signature, version, and where the header is, with checksums of that and of the header.
const START_BYTES: u64 = 32;
/// Headers of a hundred thousand files are shorter.
const MOST_HEADER_BYTES: u64 = 16 << 20;
/// Files, folders or contents that are read.
const MOST_THINGS: u64 = 1 << 18;
/// Methods that cannot be unpacked and are told each; real archives have one or two.
const MOST_TOLD: usize = 16;
/// Headers packed in packed headers.
const MOST_HEADERS: usize = 4;

/// Whether it starts like a 7z archive.
pub(in crate::artifact) fn is_seven_zip(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// Looks at the container and at each of its members.
pub(in crate::artifact) fn examine(content: &Window, x: &mut Examination<'_>) {
    let all = ByteRegion::new(0, content.len());
    let archive = match read(content, x) {
        Ok(archive) => archive,
        Err(Failure::Damaged(fault)) => {
            x.observe(ObservationKind::UnsupportedContainer, all, fault.as_str());
            return x.gap(GapKind::Damaged, all, fault);
        }
        Err(Failure::Closed(closed)) => return tell_closed(&closed, all, x),
    };
    let entries = entries(content, &archive, x);
    archive::examine(&entries, x);
}

/// Why the list of files cannot be read.
enum Failure {
    Damaged(String),
    Closed(Closed),
}

fn damaged(fault: &str) -> Failure {
    Failure::Damaged(fault.to_owned())
}

fn read(content: &Window, x: &mut Examination<'_>) -> Result<Archive, Failure> {
    let start = content.read_exact(0, START_BYTES as usize).ok().flatten();
    let start = start.ok_or_else(|| damaged("a 7z archive that ends within its first bytes"))?;
    let number = |at: usize| start[at..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    let sum = |at: usize| start[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
    if crc32fast::hash(&start[12..]) != sum(8) {
        let region = ByteRegion::new(8, START_BYTES);
        x.gap(GapKind::Damaged, region, "the checksum of where the archive's header is does not hold");
    }
    let (offset, length) = (number(12), number(20));
    if length == 0 {
        return Ok(Archive::default());
    }
    let at =
        START_BYTES.checked_add(offset).filter(|at| at.checked_add(length).is_some_and(|end| end <= content.len()));
    let at = at.ok_or_else(|| damaged("a 7z archive whose header lies outside of it"))?;
    let mut bytes = whole(&content.part(at, length))?;
    if crc32fast::hash(&bytes) != sum(28) {
        let region = ByteRegion::new(at, at + length);
        x.gap(GapKind::Damaged, region, "the checksum of the archive's header is not that of its content");
    }
    let behind = at + length;
    if behind < content.len() {
        let region = ByteRegion::new(behind, content.len());
        let count = content.len() - behind;
        x.observe(ObservationKind::ZipStrayData, region, format!("{count} bytes after the 7z archive"));
        x.nested("(behind the archive)", &content.tail(behind));
    }
    let most = x.limits.max_members.min(MOST_THINGS);
    for _ in 0..MOST_HEADERS {
        match header::read(&bytes, most as usize) {
            None => return Err(damaged("a 7z archive whose header contradicts itself, or lists too many files")),
            Some(Header::Plain(archive)) => return Ok(archive),
            Some(Header::Encoded(folders)) => {
                let folder = folders.first().ok_or_else(|| damaged("a 7z archive whose header is packed nowhere"))?;
                bytes = unpacked_header(content, folder)?;
            }
        }
    }
    Err(damaged("a 7z archive whose header is packed again and again"))
}

fn whole(header: &Window) -> Result<Vec<u8>, Failure> {
    let length = usize::try_from(header.len()).ok().filter(|_| header.len() <= MOST_HEADER_BYTES);
    let length = length.ok_or_else(|| damaged("a 7z archive whose header is too long to be read"))?;
    let bytes = header.read_exact(0, length).ok().flatten();
    bytes.map(|bytes| bytes.into_owned()).ok_or_else(|| damaged("a 7z archive whose header cannot be read"))
}

fn unpacked_header(content: &Window, folder: &Folder) -> Result<Vec<u8>, Failure> {
    let chain = folder.chain.as_ref().map_err(|closed| Failure::Closed(closed.clone()))?;
    if folder.bytes > MOST_HEADER_BYTES {
        return Err(damaged("a 7z archive whose header is too long to be read"));
    }
    let mut bytes = Vec::new();
    let decoder = Decoder::new(Codec::Chain(*chain), &packed(content, folder), folder.bytes);
    let read = decoder.and_then(|decoder| decoder.take(folder.bytes).read_to_end(&mut bytes));
    read.map_err(|error| Failure::Damaged(format!("the header of a 7z archive: {}", fault(&error))))?;
    Ok(bytes)
}

/// The packed bytes of a folder, as far as they are there.
fn packed(content: &Window, folder: &Folder) -> Window {
    let (start, length) = folder.packed;
    content.part(START_BYTES.saturating_add(start).min(content.len()), length)
}

/// The files with their contents. Those of what cannot be unpacked are left out, and told.
fn entries(content: &Window, archive: &Archive, x: &mut Examination<'_>) -> Vec<Entry> {
    let mut names = archive.files.iter().filter(|file| file.kind == Kind::Content).map(|file| file.name.as_str());
    let mut entries = Vec::new();
    for (folder, unpacked) in archive.folders.iter().zip(unpacked(content, &archive.folders, x)) {
        let mut at = 0;
        for (index, (bytes, crc)) in folder.contents.iter().enumerate() {
            let name = names.next().map_or_else(|| format!("(content {index})"), str::to_owned);
            if let Some(unpacked) = &unpacked {
                let crc = *crc;
                entries.push(Entry { crc, ..Entry::plain(name, unpacked.part(at, *bytes)) });
            }
            at = at.saturating_add(*bytes);
        }
    }
    if names.next().is_some() {
        let all = ByteRegion::new(0, content.len());
        x.gap(GapKind::Damaged, all, "the archive lists more files than it has contents");
    }
    let empty = archive.files.iter().filter(|file| file.kind == Kind::Empty);
    entries.extend(empty.map(|file| Entry::plain(file.name.clone(), Window::from(Vec::new()))));
    for entry in &entries {
        path::check(&entry.name, ByteRegion::default(), x);
    }
    entries
}

/// What comes out of each folder; `None` of those that cannot be unpacked, which are told.
fn unpacked(content: &Window, folders: &[Folder], x: &mut Examination<'_>) -> Vec<Option<Window>> {
    let mut told: Vec<&Closed> = Vec::new();
    let mut packings = Vec::new();
    for folder in folders {
        let (start, length) = folder.packed;
        let start = START_BYTES.saturating_add(start);
        let region = ByteRegion::new(start, start.saturating_add(length));
        if region.end > content.len() {
            x.gap(GapKind::Damaged, region, "packed bytes lie outside of the archive");
        }
        match &folder.chain {
            Ok(chain) if !chain.is_copy() => {
                packings.push((Codec::Chain(*chain), packed(content, folder), folder.bytes));
            }
            Err(closed) if told.len() < MOST_TOLD && !told.contains(&closed) => {
                told.push(closed);
                tell_closed(closed, region, x);
            }
            _ => {}
        }
    }
    let mut windows = unpack_in_turn(packings, x).into_iter();
    let of = |folder: &Folder| match &folder.chain {
        Ok(chain) if chain.is_copy() => Some(packed(content, folder)),
        Ok(_) => windows.next(),
        Err(_) => None,
    };
    folders.iter().map(of).collect()
}

fn tell_closed(closed: &Closed, region: ByteRegion, x: &mut Examination<'_>) {
    let (kind, what) = match closed {
        Closed::Encrypted => (ObservationKind::Encrypted, "encrypted content of a 7z archive".to_owned()),
        Closed::Method(number) => {
            let method = match number {
                0x03_04_01 => "PPMd".to_owned(),
                0x04_01_09 => "Deflate64".to_owned(),
                0x03_03_01_1B => "BCJ2".to_owned(),
                other => format!("method {other:x}"),
            };
            (ObservationKind::UnsupportedContainer, format!("a 7z archive packed by {method}"))
        }
    };
    x.observe(kind, region, what.as_str());
    x.gap(GapKind::Closed, region, format!("{what} cannot be looked into"));
}
