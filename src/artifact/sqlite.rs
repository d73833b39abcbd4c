//! SQLite's databases, as caches and key-value stores of Python keep objects in: sqlitedict, diskcache, shelve's `dbm.sqlite3`.
//!
//! Comes in: a window that starts like one. Goes out: the pickles among its values; the program that reads a value
//! unpickles it. Every page is looked at that holds rows of a table, whether a table leads to it or not. Called by
//! `content`. Source: <https://www.sqlite.org/fileformat2.html>.

use super::{Examination, pickle};
use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";
/// The first page begins with so many bytes about the file.
const FILE_HEADER_BYTES: usize = 100;
/// Databases of more are looked at so far.
const MOST_BYTES: u64 = 256 << 20;
/// Long values are put together of many pages. No two rows share one; but pages that were freed keep what they held, and what
/// that leads to belongs to others since.
const TIMES_READ: u64 = 4;
/// No pickle of fewer bytes calls anything.
const LEAST_PICKLE_BYTES: usize = 8;

/// Whether bytes start like a database.
pub(super) fn is_sqlite(head: &[u8]) -> bool {
    head.starts_with(MAGIC)
}

/// Looks at each row.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let all = ByteRegion::new(0, content.len());
    let Some(file) = Database::new(content) else {
        return x.gap(GapKind::Damaged, all, "the database says nothing sensible of its pages");
    };
    let (pages, rest) = (content.len() / file.page, content.len() % file.page);
    let most = MOST_BYTES / file.page;
    if pages > most {
        x.gap(GapKind::Limit, all, "only the first 256 MiB of the database were looked at");
    }
    let whole = content.len().min(MOST_BYTES);
    let mut rows = Rows { longest: whole, left: TIMES_READ * whole, are_whole: true, ran_out: false };
    for number in 0..pages.min(most) {
        let page = match content.read(number * file.page, file.page as usize) {
            Ok(page) => page,
            Err(error) => return x.unreadable(&error),
        };
        file.each_row(&page, number, &mut rows, |at, row| {
            for value in values(row) {
                let value: Window = value.to_vec().into();
                if pickle::is_pickle_at(&value) {
                    x.idle(number * file.page + at as u64, &value);
                }
            }
        });
    }
    if rows.ran_out {
        x.gap(GapKind::Limit, all, "rows of the database lie over each other, so that not all were looked at");
    }
    if rest != 0 {
        x.gap(GapKind::Damaged, all, "the database ends within a page");
    } else if !rows.are_whole && !rows.ran_out && file.is_compact {
        x.gap(
            GapKind::Damaged,
            all,
            "rows of the database lie outside of their pages or of the file, or over each other",
        );
    }
}

/// What became of the rows so far.
struct Rows {
    /// No row is longer: as many bytes as the file.
    longest: u64,
    /// So many bytes of further pages may still be read.
    left: u64,
    /// Whether each row was found whole.
    are_whole: bool,
    /// Whether rows were left out because others lie over each other.
    ran_out: bool,
}

/// What a page of a tree holds, by its first byte.
struct Kind {
    /// Where the places of the cells start.
    places_at: usize,
    /// Bytes of a cell before its row: the number of a page.
    before: usize,
    /// Whether a row has a number before it.
    is_table: bool,
}

impl Kind {
    /// Pages that hold rows: the leaves of tables, and both kinds of pages of indexes, which tables without row ids are.
    fn of(byte: u8) -> Option<Self> {
        match byte {
            2 => Some(Self { places_at: 12, before: 4, is_table: false }),
            10 => Some(Self { places_at: 8, before: 0, is_table: false }),
            13 => Some(Self { places_at: 8, before: 0, is_table: true }),
            _ => None,
        }
    }
}

/// A database by what its header says.
struct Database<'w> {
    content: &'w Window,
    /// Bytes of a page.
    page: u64,
    /// Of these, those that hold something.
    usable: u64,
    /// No page is free or of another kind, so that none holds what was deleted: all rows must be right.
    is_compact: bool,
}

impl<'w> Database<'w> {
    fn new(content: &'w Window) -> Option<Self> {
        let header = content.read_exact(0, FILE_HEADER_BYTES).ok()??;
        let page = match u64::from(u16::from_be_bytes([header[16], header[17]])) {
            1 => 1 << 16,
            page => page,
        };
        let usable = page.checked_sub(header[20].into())?;
        // How many pages are free, and whether some list the parents of others.
        let is_compact = header[36..40] == [0; 4] && header[52..56] == [0; 4];
        (page.is_power_of_two() && page >= 512 && usable >= 480).then_some(Self { content, page, usable, is_compact })
    }

    /// Hands each row of a page over with its place in the page.
    fn each_row(&self, page: &[u8], number: u64, rows: &mut Rows, mut hand: impl FnMut(usize, &[u8])) {
        let start = if number == 0 { FILE_HEADER_BYTES } else { 0 };
        let Some(kind) = Kind::of(page[start]) else { return };
        let count = usize::from(u16::from_be_bytes([page[start + 3], page[start + 4]]));
        let places = page[start + kind.places_at..].chunks_exact(2).take(count);
        // Cells do not overlap, so that together they are no longer than the page.
        let mut left = page.len();
        for at in places.map(|place| usize::from(u16::from_be_bytes([place[0], place[1]]))) {
            let cell = page.get(at + kind.before..self.usable as usize);
            let Some((here, row)) = cell.and_then(|cell| self.row(cell, &kind, rows)) else {
                rows.are_whole = false;
                continue;
            };
            let Some(rest) = left.checked_sub(here) else {
                rows.ran_out = true;
                return;
            };
            left = rest;
            hand(at, &row);
        }
    }

    /// The row whose cell begins with these bytes, and how many bytes of it stand there.
    fn row(&self, cell: &[u8], kind: &Kind, rows: &mut Rows) -> Option<(usize, Vec<u8>)> {
        let (length, mut rest) = varint(cell)?;
        if kind.is_table {
            rest = varint(rest)?.1;
        }
        let here = self.bytes_here(length, kind).min(rest.len() as u64) as usize;
        let (local, rest) = rest.split_at(here);
        let mut row = local.to_vec();
        let mut next = u64::from(rest.first_chunk().map_or(0, |next| u32::from_be_bytes(*next)));
        while (row.len() as u64) < length.min(rows.longest) && next > 0 {
            let Some(left) = rows.left.checked_sub(self.usable) else {
                rows.ran_out = true;
                break;
            };
            rows.left = left;
            let page = self.content.read_exact((next - 1) * self.page, self.usable as usize).ok().flatten();
            let Some((link, bytes)) = page.as_deref().and_then(|page| page.split_first_chunk()) else { break };
            row.extend(&bytes[..bytes.len().min((length - row.len() as u64) as usize)]);
            next = u32::from_be_bytes(*link).into();
        }
        rows.are_whole &= row.len() as u64 == length;
        Some((here, row))
    }

    /// How many bytes of a row stand in its cell; the others follow on pages of their own.
    fn bytes_here(&self, length: u64, kind: &Kind) -> u64 {
        let most = if kind.is_table { self.usable - 35 } else { (self.usable - 12) * 64 / 255 - 23 };
        if length <= most {
            return length;
        }
        let least = (self.usable - 12) * 32 / 255 - 23;
        let fitting = least + (length - least) % (self.usable - 4);
        if fitting <= most { fitting } else { least }
    }
}

/// The values of a row that are bytes or a text, and long enough to be a pickle.
fn values(row: &[u8]) -> Vec<&[u8]> {
    let mut found = Vec::new();
    let Some((header, mut types)) = varint(row) else { return found };
    let Some(mut at) = usize::try_from(header).ok().filter(|at| *at <= row.len()) else { return found };
    let mut left = at.saturating_sub(row.len() - types.len());
    while left > 0 {
        let Some((kind, rest)) = varint(types) else { return found };
        left = left.saturating_sub(types.len() - rest.len());
        types = rest;
        let length = match kind {
            0 | 8..=11 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => (kind - 12) / 2,
        };
        let Some(end) = usize::try_from(length).ok().and_then(|length| at.checked_add(length)) else { return found };
        let Some(value) = row.get(at..end.min(row.len())) else { return found };
        if kind >= 12 && value.len() >= LEAST_PICKLE_BYTES {
            found.push(value);
        }
        at = end;
    }
    found
}

/// A number in one to nine bytes, and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let mut number = 0;
    for (index, byte) in bytes.iter().take(9).enumerate() {
        if index == 8 {
            return Some((number << 8 | u64::from(*byte), &bytes[9..]));
        }
        number = number << 7 | u64::from(byte & 0x7F);
        if byte & 0x80 == 0 {
            return Some((number, &bytes[index + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::{Detail, examine};
    use super::{Database, Kind, MAGIC, varint};
    use crate::bytes::Window;
    use crate::fact::artifact::{ArtifactFacts, Format, GapKind, Seen};
    use crate::limits::Limits;

    const CALL: &[u8] = b"\x80\x02cos\nsystem\nX\x12\0\0\0echo loadlint-test\x85R.";
    const PAGE: usize = 512;

    fn look(bytes: Vec<u8>) -> ArtifactFacts {
        examine(&bytes.into(), "cache.db", &Limits::default(), Detail::Findings)
    }

    fn calls(facts: &ArtifactFacts) -> usize {
        let is_idle_call = |fact: &&crate::fact::artifact::ArtifactFact| {
            matches!(fact.seen, Seen::Call(_)) && fact.place.member.is_idle()
        };
        facts.facts.iter().filter(is_idle_call).count()
    }

    fn number(value: usize) -> Vec<u8> {
        if value < 0x80 { vec![value as u8] } else { vec![0x80 | (value >> 7) as u8, value as u8 & 0x7F] }
    }

    /// A row of a key and a value of bytes.
    fn row(value: &[u8]) -> Vec<u8> {
        let kinds = [number(13 + 2 * 3), number(12 + 2 * value.len())].concat();
        [number(kinds.len() + 1), kinds, b"key".to_vec(), value.to_vec()].concat()
    }

    /// A file of an empty first page, a page with the row's cell, and the pages on which it goes on.
    fn database(row: &[u8]) -> Vec<u8> {
        database_of(13, row)
    }

    /// The same with pages of this kind.
    fn database_of(byte: u8, row: &[u8]) -> Vec<u8> {
        let kind = Kind::of(byte).expect("a page of rows");
        let mut first = vec![0; PAGE];
        first[..16].copy_from_slice(MAGIC);
        first[16..18].copy_from_slice(&(PAGE as u16).to_be_bytes());
        first[100] = 13;
        let header: Window = first.clone().into();
        let here = Database::new(&header).expect("a database").bytes_here(row.len() as u64, &kind) as usize;
        let more = if here < row.len() { 3_u32.to_be_bytes().to_vec() } else { Vec::new() };
        let own = if kind.is_table { vec![1] } else { Vec::new() };
        let cell = [vec![0; kind.before], number(row.len()), own, row[..here].to_vec(), more].concat();
        let at = PAGE - cell.len();
        let mut leaf = vec![0; PAGE];
        leaf[..5].copy_from_slice(&[byte, 0, 0, 0, 1]);
        leaf[kind.places_at..kind.places_at + 2].copy_from_slice(&(at as u16).to_be_bytes());
        leaf[at..].copy_from_slice(&cell);
        let mut file = [first, leaf].concat();
        let chunks: Vec<_> = row[here..].chunks(PAGE - 4).collect();
        for (index, chunk) in chunks.iter().enumerate() {
            let next = if index + 1 < chunks.len() { index as u32 + 4 } else { 0 };
            let mut page = [&next.to_be_bytes()[..], chunk].concat();
            page.resize(PAGE, 0);
            file.extend(page);
        }
        file
    }

    #[test]
    fn values_that_are_pickles_are_looked_at_however_long() {
        for padding in [0, 300, 400, 450, 500, 1000, 5000] {
            // A text that is dropped again.
            let text = [&(padding as u32).to_le_bytes()[..], &b"x".repeat(padding)].concat();
            let pickle = [&CALL[..2], b"X", &text, b"0", &CALL[2..]].concat();
            for kind in [13, 10, 2] {
                let found = look(database_of(kind, &row(&pickle)));
                let seen = (found.format, calls(&found), found.gaps.len());
                assert_eq!(seen, (Format::Sqlite, 1, 0), "{padding} in {kind}: {found:?}");
            }
        }
        assert_eq!(look(database(&row(b"\x80 bytes of another kind"))).facts.len(), 0);
    }

    #[test]
    fn hostile_numbers_are_survived() {
        let whole = database(&row(&[CALL, &[b'.'; 2000]].concat()));
        for at in (16..120).chain(PAGE..PAGE + 12).chain(PAGE * 2 - 60..PAGE * 2 + 8) {
            for byte in [0, 1, 0x7F, 0xFF] {
                let mut file = whole.clone();
                file[at] = byte;
                look(file);
            }
        }
        let cut = look(whole[..whole.len() - 1].to_vec());
        assert_eq!(cut.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
        assert_eq!(look(whole[..50].to_vec()).gaps.len(), 1);
        // The pages on which a value goes on are not there; a cell that is outside of its page.
        assert_eq!(look(whole[..PAGE * 3].to_vec()).gaps[0].kind, GapKind::Damaged);
        let mut outside = whole;
        outside[PAGE + 8..PAGE + 10].copy_from_slice(&600_u16.to_be_bytes());
        assert_eq!(look(outside).gaps[0].kind, GapKind::Damaged);
    }

    /// The database whose second page has its row at these places, and which says that its pages move.
    fn with_row_at(mut file: Vec<u8>, places: &[u16]) -> Vec<u8> {
        file[52..56].copy_from_slice(&1_u32.to_be_bytes());
        file[PAGE + 4] = places.len() as u8;
        for (index, place) in places.iter().enumerate() {
            file[PAGE + 8 + 2 * index..][..2].copy_from_slice(&place.to_be_bytes());
        }
        file
    }

    fn place_of_row(file: &[u8]) -> u16 {
        u16::from_be_bytes([file[PAGE + 8], file[PAGE + 9]])
    }

    #[test]
    fn cells_that_keep_others_from_being_looked_at_are_told() {
        let mut file = database(&row(CALL));
        let call = place_of_row(&file);
        // A row of 200 bytes.
        file[PAGE + 100..][..3].copy_from_slice(&[0x81, 0x48, 1]);
        let found = look(with_row_at(file.clone(), &[100, call]));
        assert_eq!((calls(&found), found.gaps.len()), (1, 0), "{found:?}");
        let found = look(with_row_at(file, &[100, 100, 100, call]));
        assert_eq!(found.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Limit]);
    }

    #[test]
    fn rows_that_share_their_pages_are_told() {
        // 39 bytes of it stand in the cell.
        let long = vec![b'x'; 39 + 20 * (PAGE - 4)];
        let file = database(&long);
        let place = place_of_row(&file);
        let found = look(with_row_at(file.clone(), &[place; 3]));
        assert_eq!(found.gaps.len(), 0, "{found:?}");
        let found = look(with_row_at(file, &[place; 8]));
        assert_eq!(found.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Limit]);
    }

    #[test]
    fn numbers_take_one_to_nine_bytes() {
        assert_eq!(varint(b"\x7F!"), Some((127, &b"!"[..])));
        assert_eq!(varint(b"\x81\x00"), Some((128, &b""[..])));
        assert_eq!(varint(&[0xFF; 9]), Some((u64::MAX, &b""[..])));
        assert_eq!(varint(&[0xFF; 8]), None);
    }
}
