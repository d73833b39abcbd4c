//! What lies before, between and behind the members and records of a zip file.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::super::super::Examination;
use super::super::super::examination::NOT_SEARCHED;
use super::super::pages::{Pages, number};
use super::Front;
use super::directory::{self, Local};
use super::members::{Extent, Members};

/// Bytes between members that are searched, of one archive.
const MOST_SEARCHED_BYTES: u64 = 32 << 20;
const STEP_BYTES: usize = 64 << 10;

/// Walks over the file: observes overlaps and stray bytes, adds the members that no directory in `known` lists.
pub(super) fn walk<'w>(
    content: &'w Window,
    known: &[ByteRegion],
    front: Front,
    pages: &mut Pages<'w>,
    members: &mut Members,
    x: &mut Examination<'_>,
) {
    let mut taken: Vec<Extent> = members.extents().to_vec();
    let records = known.iter().map(|region| Extent { region: *region, data: region.end, has_descriptor: false });
    taken.extend(records);
    taken.sort_by_key(|extent| (extent.region.start, extent.region.end));
    let chunk = (0, Vec::new());
    let mut walk = Walk { content, pages, members, searched: 0, chunk, damaged: known.is_empty() };
    let (mut at, mut descriptor) = (0, false);
    for extent in &taken {
        let ByteRegion { start, end } = extent.region;
        if start > at {
            let gap = ByteRegion::new(at, start);
            if at > 0 || front == Front::Archive {
                walk.gap(gap, descriptor, x);
            } else if front == Front::Other {
                let subject = format!("{start} bytes of something else before the archive");
                walk.members.tell(ObservationKind::ZipStrayData, gap, subject, x);
            }
        } else if start < at && end > start {
            let overlap = ByteRegion::new(start, at.min(end));
            walk.members.tell(ObservationKind::ZipOverlap, overlap, format!("bytes from {start} on"), x);
        }
        if end >= at {
            (at, descriptor) = (end, extent.has_descriptor);
        }
    }
    if front == Front::Archive {
        walk.gap(ByteRegion::new(at, content.len()), descriptor, x);
    }
}

struct Walk<'a, 'w> {
    content: &'w Window,
    pages: &'a mut Pages<'w>,
    members: &'a mut Members,
    searched: u64,
    /// What was read last for searching: many members may lie in it.
    chunk: (u64, Vec<u8>),
    /// No directory was found, so that nothing is listed.
    damaged: bool,
}

impl Walk<'_, '_> {
    /// Looks at bytes that nothing listed takes.
    fn gap(&mut self, gap: ByteRegion, behind_descriptor: bool, x: &mut Examination<'_>) {
        let mut at = gap.start;
        if behind_descriptor {
            at = (at + self.descriptor_bytes(at)).min(gap.end);
        }
        while let Some(found) = self.next_of_interest(at, gap.end, x) {
            let Some(local) = self.member_at(found, gap.end) else {
                at = self.stray(ByteRegion::new(found, gap.end), x);
                continue;
            };
            let next = self.header_behind(local.data, gap.end, x);
            if !self.damaged {
                let name = String::from_utf8_lossy(&local.header.name).into_owned();
                let region = ByteRegion::new(local.at, local.data);
                self.members.tell(ObservationKind::ZipUnlistedMember, region, name, x);
            }
            if self.members.extents().len() as u64 >= x.limits.max_members {
                return x.limit_once("max-members", x.limits.max_members, "further members were not looked at");
            }
            let end = self.members.add_unlisted(&local, next.unwrap_or(gap.end), self.content, x).min(gap.end);
            at = end + self.descriptor_bytes(end);
        }
    }

    fn member_at(&mut self, at: u64, end: u64) -> Option<Local> {
        directory::local(self.pages, at).filter(|local| local.data <= end)
    }

    /// How long the descriptor at `at` is; 0 if there is none that can be told for one.
    fn descriptor_bytes(&mut self, at: u64) -> u64 {
        let Some(record) = self.pages.get(at, 16).map(<[u8]>::to_vec) else {
            return if at + 12 == self.content.len() { 12 } else { 0 };
        };
        let is_record = |bytes: &[u8]| bytes.starts_with(b"PK\x01\x02") || bytes.starts_with(b"PK\x03\x04");
        let signed = record.starts_with(b"PK\x07\x08");
        for length in if signed { [16, 24] } else { [12, 20] } {
            if self.pages.get(at + length, 4).is_some_and(is_record) {
                return length;
            }
        }
        // Sizes of 64 bits have zeros in their upper halves.
        match signed {
            true if number::<4>(&record, 12) == 0 && number::<4>(&record, 8) != 0 => 24,
            true => 16,
            false => 0,
        }
    }

    /// Where the next byte is that is not zero.
    fn next_of_interest(&mut self, from: u64, end: u64, x: &mut Examination<'_>) -> Option<u64> {
        self.search(from, end, |bytes| bytes.iter().position(|byte| *byte != 0), x)
    }

    /// Where the next local header, or record of another kind, is.
    fn header_behind(&mut self, from: u64, end: u64, x: &mut Examination<'_>) -> Option<u64> {
        let is_header = |bytes: &[u8]| matches!(bytes, [3, 4, ..] | [7, 8, ..] | [1, 2, ..] | [5, 6, ..]);
        let find = |bytes: &[u8]| memchr::memmem::find_iter(bytes, b"PK").find(|at| is_header(&bytes[at + 2..]));
        self.search(from, end, find, x)
    }

    /// Applies `find` to the bytes from `from` to `end`, a step at a time, steps overlapping by a signature.
    fn search(
        &mut self,
        from: u64,
        end: u64,
        find: impl Fn(&[u8]) -> Option<usize>,
        x: &mut Examination<'_>,
    ) -> Option<u64> {
        let mut at = from;
        while at < end {
            let bytes = self.chunk_at(at, end, x)?;
            let length = bytes.len();
            if let Some(found) = find(bytes) {
                return Some(at + found as u64);
            }
            let step = length.saturating_sub(3);
            if step == 0 || at + length as u64 >= end {
                return None;
            }
            at += step as u64;
        }
        None
    }

    /// Bytes from `at` on, up to `end` and no more than a step; `None` if too many were read already.
    fn chunk_at(&mut self, at: u64, end: u64, x: &mut Examination<'_>) -> Option<&[u8]> {
        let length = STEP_BYTES.min(usize::try_from(end - at).unwrap_or(STEP_BYTES));
        let inside = |chunk: &(u64, Vec<u8>)| {
            let start = usize::try_from(at.checked_sub(chunk.0)?).ok()?;
            let rest = chunk.1.len().checked_sub(start)?;
            (rest >= length.min(64)).then_some(start..start + rest.min(length))
        };
        if inside(&self.chunk).is_none() {
            if self.searched >= MOST_SEARCHED_BYTES {
                x.limit_once("max-member-bytes", x.limits.max_member_bytes, NOT_SEARCHED);
                return None;
            }
            let bytes = self.content.read(at, STEP_BYTES).ok()?.into_owned();
            self.searched += bytes.len() as u64;
            self.chunk = (at, bytes);
        }
        let range = inside(&self.chunk)?;
        self.chunk.1.get(range)
    }

    /// Looks at bytes that belong to nothing, up to the next local header; where they end.
    fn stray(&mut self, gap: ByteRegion, x: &mut Examination<'_>) -> u64 {
        let mut end = gap.end;
        let mut from = gap.start + 1;
        while let Some(found) = self.header_behind(from, gap.end, x) {
            if self.member_at(found, gap.end).is_some() {
                end = found;
                break;
            }
            from = found + 1;
        }
        let stray = ByteRegion::new(gap.start, end);
        let content = self.content.part(stray.start, stray.end - stray.start);
        if self.damaged || is_signing_block(&content) {
            return end;
        }
        let count = stray.end - stray.start;
        let subject = format!("{count} bytes that belong to no member");
        self.members.tell(ObservationKind::ZipStrayData, stray, subject, x);
        x.nested(&format!("(bytes from {} on)", stray.start), &content);
        end
    }
}

/// What Android puts before the directory, over the whole archive.
fn is_signing_block(content: &Window) -> bool {
    let tail = content.len().checked_sub(16).and_then(|at| content.read(at, 16).ok());
    tail.is_some_and(|tail| *tail == *b"APK Sig Block 42")
}
