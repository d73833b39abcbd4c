//! The header of a 7z archive: where its packed streams are, how they are unpacked, and the files in them.
//!
//! Comes in: the bytes of a header. Goes out: its folders and files; `None` if it contradicts itself. Every count is held
//! against the bytes that are left. Source: `DOC/7zFormat.txt` and `DOC/Methods.txt` of the LZMA SDK 24.

use super::super::chain::{Chain, Link, Machine, Method};

mod id {
    pub(super) const END: u64 = 0x00;
    pub(super) const HEADER: u64 = 0x01;
    pub(super) const ARCHIVE_PROPERTIES: u64 = 0x02;
    pub(super) const ADDITIONAL_STREAMS: u64 = 0x03;
    pub(super) const MAIN_STREAMS: u64 = 0x04;
    pub(super) const FILES: u64 = 0x05;
    pub(super) const PACK_INFO: u64 = 0x06;
    pub(super) const UNPACK_INFO: u64 = 0x07;
    pub(super) const SUBSTREAMS: u64 = 0x08;
    pub(super) const SIZE: u64 = 0x09;
    pub(super) const CRC: u64 = 0x0A;
    pub(super) const FOLDER: u64 = 0x0B;
    pub(super) const UNPACK_SIZES: u64 = 0x0C;
    pub(super) const STREAM_COUNTS: u64 = 0x0D;
    pub(super) const EMPTY_STREAM: u64 = 0x0E;
    pub(super) const EMPTY_FILE: u64 = 0x0F;
    pub(super) const NAMES: u64 = 0x11;
    pub(super) const ENCODED_HEADER: u64 = 0x17;
}

/// A header, or where the real one is packed.
#[derive(Debug)]
pub(super) enum Header {
    Plain(Archive),
    Encoded(Vec<Folder>),
}

#[derive(Debug, Default)]
pub(super) struct Archive {
    pub(super) folders: Vec<Folder>,
    pub(super) files: Vec<File>,
}

/// A stream that is packed as a whole, and what lies in it one behind the other.
#[derive(Debug)]
pub(super) struct Folder {
    /// Start of the packed bytes, behind the archive's signature, and how many there are.
    pub(super) packed: (u64, u64),
    pub(super) chain: Result<Chain, Closed>,
    /// How many bytes come out.
    pub(super) bytes: u64,
    /// Size and checksum of each content.
    pub(super) contents: Vec<(u64, Option<u32>)>,
    packed_streams: usize,
}

/// Why a folder cannot be unpacked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Closed {
    Encrypted,
    /// The number of a method that is not known here, or of one with several inputs.
    Method(u64),
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It has the next content of the folders.
    Content,
    Empty,
    Directory,
}

/// Reads a header with at most so many files, folders or contents.
pub(super) fn read(bytes: &[u8], most: usize) -> Option<Header> {
    let mut cursor = Cursor { rest: bytes, most };
    match cursor.number()? {
        id::ENCODED_HEADER => Some(Header::Encoded(streams(&mut cursor)?)),
        id::HEADER => {
            let mut archive = Archive::default();
            let mut before = id::END;
            loop {
                match cursor.section(&mut before)? {
                    id::END => return Some(Header::Plain(archive)),
                    id::ARCHIVE_PROPERTIES => while cursor.property()?.is_some() {},
                    id::ADDITIONAL_STREAMS => _ = streams(&mut cursor)?,
                    id::MAIN_STREAMS => archive.folders = streams(&mut cursor)?,
                    id::FILES => archive.files = files(&mut cursor)?,
                    _ => return None,
                }
            }
        }
        _ => None,
    }
}

fn streams(cursor: &mut Cursor<'_>) -> Option<Vec<Folder>> {
    let (mut packed, mut folders) = (Vec::new(), Vec::new());
    let mut before = id::END;
    loop {
        match cursor.section(&mut before)? {
            id::END => break,
            id::PACK_INFO => packed = pack_info(cursor)?,
            id::UNPACK_INFO => folders = unpack_info(cursor)?,
            id::SUBSTREAMS => substreams(cursor, &mut folders)?,
            _ => return None,
        }
    }
    let mut packed = packed.into_iter();
    for folder in &mut folders {
        let own: Vec<_> = packed.by_ref().take(folder.packed_streams).collect();
        folder.packed = *own.first().filter(|_| own.len() == folder.packed_streams)?;
    }
    Some(folders)
}

/// Where each packed stream is.
fn pack_info(cursor: &mut Cursor<'_>) -> Option<Vec<(u64, u64)>> {
    let mut start = cursor.number()?;
    let count = cursor.count()?;
    let mut packed = Vec::new();
    let mut before = id::END;
    loop {
        match cursor.section(&mut before)? {
            id::END => return Some(packed),
            id::SIZE => {
                for _ in 0..count {
                    let size = cursor.number()?;
                    packed.push((start, size));
                    start = start.checked_add(size)?;
                }
            }
            id::CRC => _ = cursor.checksums(count)?,
            _ => return None,
        }
    }
}

fn unpack_info(cursor: &mut Cursor<'_>) -> Option<Vec<Folder>> {
    if cursor.number()? != id::FOLDER {
        return None;
    }
    let count = cursor.count()?;
    cursor.is_inside()?;
    let drafts = (0..count).map(|_| draft(cursor)).collect::<Option<Vec<_>>>()?;
    if cursor.number()? != id::UNPACK_SIZES {
        return None;
    }
    let mut folders = drafts.into_iter().map(|draft| draft.sized(cursor)).collect::<Option<Vec<_>>>()?;
    let mut before = id::END;
    loop {
        match cursor.section(&mut before)? {
            id::END => return Some(folders),
            id::CRC => {
                for (folder, sum) in folders.iter_mut().zip(cursor.checksums(count)?) {
                    folder.contents = vec![(folder.bytes, sum)];
                }
            }
            _ => return None,
        }
    }
}

/// A folder whose sizes are not known yet.
struct Draft {
    methods: Vec<Result<Method, Closed>>,
    /// Inputs and outputs of all coders together.
    ends: (usize, usize),
    /// Which input of a coder takes which output of another.
    bonds: Vec<(u64, u64)>,
    packed_streams: usize,
}

fn draft(cursor: &mut Cursor<'_>) -> Option<Draft> {
    const MOST_CODERS: u64 = 32;
    /// As in 7-Zip: which of them are bound to which is looked up for each.
    const MOST_ENDS: usize = 64;
    let count = cursor.number().filter(|count| (1..=MOST_CODERS).contains(count))?;
    let mut methods = Vec::new();
    let mut ends = (0, 0);
    for _ in 0..count {
        let flags = cursor.byte()?;
        let number = cursor.take(usize::from(flags & 0x0F))?;
        let number = number.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let own = if flags & 0x10 == 0 { (1, 1) } else { (cursor.number()?, cursor.number()?) };
        let properties = if flags & 0x20 == 0 { &[][..] } else { cursor.sized()? };
        if own.0 > MOST_CODERS || own.1 > MOST_CODERS {
            return None;
        }
        ends = (ends.0 + own.0 as usize, ends.1 + own.1 as usize);
        if ends.0.max(ends.1) > MOST_ENDS {
            return None;
        }
        methods.push(if own == (1, 1) { method(number, properties) } else { Err(Closed::Method(number)) });
    }
    let bonds = (1..ends.1).map(|_| Some((cursor.number()?, cursor.number()?))).collect::<Option<Vec<_>>>()?;
    let packed_streams = ends.0.checked_sub(bonds.len())?;
    if packed_streams > 1 {
        for _ in 0..packed_streams {
            cursor.number()?;
        }
    }
    Some(Draft { methods, ends, bonds, packed_streams })
}

impl Draft {
    fn sized(self, cursor: &mut Cursor<'_>) -> Option<Folder> {
        let sizes = (0..self.ends.1).map(|_| cursor.number()).collect::<Option<Vec<_>>>()?;
        let last = (0..self.ends.1 as u64).find(|output| self.bonds.iter().all(|(_, from)| from != output))?;
        let bytes = sizes[usize::try_from(last).ok()?];
        let chain = self.chain(&sizes)?;
        Some(Folder {
            packed: (0, 0),
            chain,
            bytes,
            contents: vec![(bytes, None)],
            packed_streams: self.packed_streams,
        })
    }

    /// The coders in the order in which bytes go through them.
    fn chain(&self, sizes: &[u64]) -> Option<Result<Chain, Closed>> {
        if let Some(closed) = self.methods.iter().find_map(|method| method.as_ref().err()) {
            return Some(Err(closed.clone()));
        }
        let mut links = Vec::new();
        let is_bound = |input: u64| self.bonds.iter().any(|(to, _)| *to == input);
        let mut coder = (0..self.methods.len() as u64).find(|input| !is_bound(*input));
        while let Some(at) = coder.filter(|_| links.len() < self.methods.len()) {
            let index = usize::try_from(at).ok()?;
            let method = self.methods.get(index)?.clone().ok()?;
            links.push(Link { method, bytes: *sizes.get(index)? });
            coder = self.bonds.iter().find(|(_, from)| *from == at).map(|(to, _)| *to);
        }
        let is_whole = links.len() == self.methods.len();
        Some(Ok(Chain::new(&links).filter(|_| is_whole)?))
    }
}

fn method(number: u64, properties: &[u8]) -> Result<Method, Closed> {
    let known = match (number, properties) {
        (0x00, _) => Method::Copy,
        (0x21, [bits]) => {
            // `2 | (bits & 1)` shifted; 40 is all that 32 bits hold.
            let dictionary = match bits {
                0..40 => (2 | u32::from(bits & 1)) << (bits / 2 + 11),
                _ => u32::MAX,
            };
            Method::Lzma2 { dictionary }
        }
        (0x03_01_01, [properties, a, b, c, d]) => {
            Method::Lzma { properties: *properties, dictionary: u32::from_le_bytes([*a, *b, *c, *d]) }
        }
        (0x03, [distance]) => Method::Delta { distance: *distance },
        (0x04 | 0x03_03_01_03, _) => Method::Jumps(Machine::X86),
        (0x05 | 0x03_03_02_05, _) => Method::Jumps(Machine::PowerPc),
        (0x06 | 0x03_03_04_01, _) => Method::Jumps(Machine::Ia64),
        (0x07 | 0x03_03_05_01, _) => Method::Jumps(Machine::Arm),
        (0x08 | 0x03_03_07_01, _) => Method::Jumps(Machine::ArmThumb),
        (0x09 | 0x03_03_08_05, _) => Method::Jumps(Machine::Sparc),
        // These may start elsewhere than at zero.
        (0x0A, [] | [0, 0, 0, 0]) => Method::Jumps(Machine::Arm64),
        (0x0B, [] | [0, 0, 0, 0]) => Method::Jumps(Machine::RiscV),
        (0x04_01_08, _) => Method::Deflate,
        (0x04_02_02, _) => Method::Bzip2,
        (0x04_F7_11_01, _) => Method::Zstd,
        (0x04_F7_11_04, _) => Method::Lz4,
        // AES, and the ciphers of other numbers.
        (0x06_00_00_00..=0x06_FF_FF_FF, _) => return Err(Closed::Encrypted),
        (other, _) => return Err(Closed::Method(other)),
    };
    Ok(known)
}

/// How the streams of the folders are cut into contents.
fn substreams(cursor: &mut Cursor<'_>, folders: &mut [Folder]) -> Option<()> {
    let mut next = cursor.number()?;
    let mut counts = vec![1; folders.len()];
    let mut all = 0_usize;
    if next == id::STREAM_COUNTS {
        for count in &mut counts {
            *count = cursor.count_of_substreams()?;
            all = all.checked_add(*count).filter(|all| *all <= cursor.most)?;
        }
        next = cursor.number()?;
    }
    let has_sizes = next == id::SIZE;
    for (folder, count) in folders.iter_mut().zip(&counts) {
        // The sum of a folder is that of its content, if it has one.
        let known = folder.contents.first().and_then(|(_, sum)| *sum).filter(|_| *count == 1);
        let mut left = folder.bytes;
        folder.contents.clear();
        for index in 0..*count {
            let size = if index + 1 == *count { left } else { cursor.number().filter(|_| has_sizes)? };
            left = left.checked_sub(size)?;
            folder.contents.push((size, known));
        }
    }
    if has_sizes {
        next = cursor.number()?;
    }
    if next == id::CRC {
        let contents = || folders.iter().flat_map(|folder| &folder.contents);
        let mut sums = cursor.checksums(contents().filter(|(_, sum)| sum.is_none()).count())?.into_iter();
        let contents = folders.iter_mut().flat_map(|folder| &mut folder.contents);
        contents.filter(|(_, sum)| sum.is_none()).for_each(|(_, sum)| *sum = sums.next().flatten());
        next = cursor.number()?;
    }
    (next == id::END).then_some(())
}

fn files(cursor: &mut Cursor<'_>) -> Option<Vec<File>> {
    let count = cursor.count()?;
    let (mut names, mut empty, mut is_file) = (Vec::new(), vec![false; count], Vec::new());
    let mut empties = 0;
    while let Some((kind, data)) = cursor.property()? {
        let mut data = Cursor { rest: data, most: cursor.most };
        match kind {
            id::EMPTY_STREAM => {
                empty = data.bits(count)?;
                empties = empty.iter().filter(|empty| **empty).count();
            }
            id::EMPTY_FILE => is_file = data.bits(empties)?,
            id::NAMES => {
                data.is_inside()?;
                names = texts(data.rest);
            }
            _ => {}
        }
    }
    let mut is_file = is_file.into_iter();
    let mut names = names.into_iter();
    let kinds = empty.into_iter().map(|is_empty| match is_empty.then(|| is_file.next()) {
        None => Kind::Content,
        Some(Some(true)) => Kind::Empty,
        Some(_) => Kind::Directory,
    });
    Some(kinds.map(|kind| File { name: names.next().unwrap_or_default(), kind }).collect())
}

/// Texts in UTF-16, each ended by a zero.
fn texts(bytes: &[u8]) -> Vec<String> {
    let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
    let mut texts: Vec<_> = units.split(|unit| *unit == 0).map(String::from_utf16_lossy).collect();
    texts.pop();
    texts
}

/// What is left of a header.
struct Cursor<'b> {
    rest: &'b [u8],
    /// More things are not read.
    most: usize,
}

impl<'b> Cursor<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|byte| byte[0])
    }

    /// The ones that the first byte begins with count the bytes that follow; its other bits are the highest.
    fn number(&mut self) -> Option<u64> {
        let first = self.byte()?;
        let more = first.leading_ones();
        let low = self.take(more as usize)?.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte));
        let high = u64::from(first) & (0x7F_u64 >> more);
        Some(if more < 8 { high << (8 * more) | low } else { low })
    }

    /// A number of things of which each takes a byte or more.
    fn count(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest.len().min(self.most)).then_some(count)
    }

    /// The same of contents: the last one's size is not written, and a folder may have a single empty one.
    fn count_of_substreams(&mut self) -> Option<usize> {
        let count = usize::try_from(self.number()?).ok()?;
        (count <= self.rest.len() + 1).then_some(count)
    }

    /// What comes next of a list of sections, or its end. Each section comes once and in the order of their numbers, as in
    /// all archives: one that came again would be as much work each time, for two bytes.
    fn section(&mut self, before: &mut u64) -> Option<u64> {
        let section = self.number().filter(|section| *section == id::END || section > before)?;
        *before = section;
        Some(section)
    }

    /// Bytes with their count before them.
    fn sized(&mut self) -> Option<&'b [u8]> {
        let size = usize::try_from(self.number()?).ok()?;
        self.take(size)
    }

    /// A number, and bytes of which it says what they are; `Some(None)` at the end of these.
    fn property(&mut self) -> Option<Option<(u64, &'b [u8])>> {
        match self.number()? {
            id::END => Some(None),
            kind => Some(Some((kind, self.sized()?))),
        }
    }

    /// Whether what follows is in this header: no archiver puts it elsewhere.
    fn is_inside(&mut self) -> Option<()> {
        (self.byte()? == 0).then_some(())
    }

    fn bits(&mut self, count: usize) -> Option<Vec<bool>> {
        let bytes = self.take(count.div_ceil(8))?;
        Some((0..count).map(|index| bytes[index / 8] & (0x80 >> (index % 8)) != 0).collect())
    }

    /// The checksums that are there of so many.
    fn checksums(&mut self, count: usize) -> Option<Vec<Option<u32>>> {
        let are_there = if self.byte()? == 0 { self.bits(count)? } else { vec![true; count] };
        let mut sum = |is_there: bool| {
            let bytes = if is_there { Some(self.take(4)?) } else { None };
            Some(bytes.and_then(|bytes| bytes.first_chunk()).map(|bytes| u32::from_le_bytes(*bytes)))
        };
        are_there.into_iter().map(&mut sum).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_long_as_their_first_byte_says() {
        for (bytes, number) in [
            (&[0x7F][..], 127),
            (&[0x80, 0x80], 128),
            (&[0x81, 0x02], 258),
            (&[0xC1, 0x34, 0x12], 0x0001_1234),
            (&[0xFF, 1, 2, 3, 4, 5, 6, 7, 8], 0x0807_0605_0403_0201),
        ] {
            assert_eq!(Cursor { rest: bytes, most: 1 }.number(), Some(number), "{bytes:?}");
        }
        assert_eq!(Cursor { rest: &[0x81], most: 1 }.number(), None);
    }

    #[test]
    fn methods_are_known_by_their_numbers() {
        assert_eq!(method(0x21, &[24]), Ok(Method::Lzma2 { dictionary: 16 << 20 }));
        assert_eq!(method(0x21, &[40]), Ok(Method::Lzma2 { dictionary: u32::MAX }));
        assert_eq!(method(0x03_01_01, &[0x5D, 0, 0, 1, 0]), Ok(Method::Lzma { properties: 0x5D, dictionary: 1 << 16 }));
        assert_eq!(method(0x06_F1_07_01, &[1, 2]), Err(Closed::Encrypted));
        assert_eq!(method(0x03_04_01, &[]), Err(Closed::Method(0x03_04_01)));
    }
}
