//! Zip files, as every reader of them would see them.
//!
//! Python's `zipfile` takes the last end record and the directory it leads to, PyTorch's reader (miniz) likewise but
//! without regard to flags, checksums, local names and case, and others read local headers from the start. Here all of
//! them are followed: [`end`] finds every end record, [`directory`] the members each leads to and their local headers,
//! [`compare`] tells where these disagree, [`layout`] what lies between, before and behind them. What any reader would
//! see becomes an [`Entry`]; `archive` looks at each.

mod compare;
mod directory;
mod end;
mod layout;
mod members;
mod names;
mod row;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::super::sniff::extension;
use super::super::{Examination, archive};
use super::Entry;
use super::compressed::HARMLESS_BYTES;
use super::entry::UNKNOWN_BYTES;
use super::pages::Pages;
use directory::Listed;
use end::{END_BYTES, End, Says};
use members::Members;

/// Looks at the container and at each of its members.
pub(in crate::artifact) fn examine(content: &Window, x: &mut Examination<'_>) {
    let row = row::archives(content, x.limits.max_members);
    if row.len() < 2 {
        return match end::find(content) {
            Ok(ends) => survey(content, &ends, Front::Archive, x),
            Err(error) => x.unreadable(&error),
        };
    }
    // PyTorch's distributed checkpoints are made so; their loader knows from elsewhere where each starts.
    if extension(x.name()) != "distcp" {
        let all = ByteRegion::new(0, content.len());
        x.observe(ObservationKind::ZipStrayData, all, format!("{} archives one after the other", row.len()));
    }
    for (index, archive) in row.iter().enumerate() {
        let ends = end::find(archive).unwrap_or_default();
        x.inside(&format!("(archive {index})"), |x| survey(archive, &ends, Front::Archive, x));
    }
}

/// Looks for a zip file at the end of something else, whose reader has seen to the rest.
pub(in crate::artifact) fn examine_behind(content: &Window, front: Front, x: &mut Examination<'_>) {
    let ends = match end::find(content) {
        Ok(ends) => ends,
        Err(error) => return x.unreadable(&error),
    };
    // Bytes in a pickle may be a zip file; then more of the pickle follows.
    let closes = ends.iter().any(|end| end.end == content.len());
    survey(content, &ends, if closes { front } else { Front::Holder }, x);
}

/// How often the bytes of an archive are read as those of members, and how many more.
const TIMES_READ: u64 = 4;
const SHARED_BYTES: u64 = 1 << 20;

/// What stands at the start of the bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::artifact) enum Front {
    /// A zip file, as its first bytes say.
    Archive,
    /// Something else, which a zip file behind it contradicts.
    Other,
    /// Something that is made to be put before zip files, a program that unpacks itself; or that has one inside of it.
    Holder,
}

fn survey(content: &Window, ends: &[End], front: Front, x: &mut Examination<'_>) {
    let mut archive = Archive {
        content,
        front,
        pages: Pages::new(content),
        members: Members::default(),
        views: Vec::new(),
        cut: false,
    };
    for end in ends {
        archive.follow(end, x);
    }
    if archive.views.is_empty() && front != Front::Archive {
        return;
    }
    archive.compare_ends(ends, x);
    let mut entries = archive.finish(x);
    no_checksums(&mut entries);
    bombs(&entries, x);
    shared(content, &mut entries, x);
    archive::examine(&entries, x);
}

/// Leaves out members that share their bytes so often that all of them together would be read too many times. Views of
/// several readers, and a program before its archive, read the same bytes a few times.
fn shared(content: &Window, entries: &mut Vec<Entry>, x: &mut Examination<'_>) {
    let mut left = content.len().saturating_mul(TIMES_READ).saturating_add(SHARED_BYTES);
    let count = entries.len();
    entries.retain(|entry| {
        let rest = left.checked_sub(entry.packed.len());
        left = rest.unwrap_or(left);
        rest.is_some()
    });
    if entries.len() < count {
        let all = ByteRegion::new(0, content.len());
        x.gap(GapKind::Damaged, all, "members share their bytes so often that not all of them were looked at");
    }
}

/// An archive while it is surveyed.
struct Archive<'w> {
    content: &'w Window,
    front: Front,
    pages: Pages<'w>,
    members: Members,
    views: Vec<View>,
    /// There are more members than may be looked at.
    cut: bool,
}

/// A directory that some reader takes for the one.
struct View {
    /// The directory's first byte, and one past its last entry.
    at: u64,
    until: u64,
    /// The end record that led here, all of it.
    end: ByteRegion,
    records_at: u64,
}

impl Archive<'_> {
    /// Adds what the directories that `end` leads to list.
    fn follow(&mut self, end: &End, x: &mut Examination<'_>) {
        if self.members.data_holds(end.at) {
            // The end record of a zip file inside this one.
            return;
        }
        let (mut led, mut places) = (false, 0);
        for (at, base, says) in end.directories() {
            if self.views.iter().any(|view| view.at == at) {
                led = true;
                continue;
            }
            if !self.is_plausible(at, base, says) {
                continue;
            }
            (led, places) = (true, places + 1);
            let (count, until) = self.directory(at, base, end, x);
            let view = View { at, until, end: ByteRegion::new(end.at, end.end), records_at: end.records_at };
            if !self.cut {
                self.check_counts(&view, says, count, x);
            }
            if base < 0 || (base > 0 && self.stands_unraised(at, base)) {
                let kind = ObservationKind::ZipDirectoryAmbiguous;
                x.observe(kind, view.end, "an end record whose offset and size of the directory contradict each other");
            }
            self.views.push(view);
        }
        if led {
            self.check_end(end, places, x);
        }
    }

    /// Whether the first member that is listed at `at` stands where it is said to, though offsets should be raised.
    fn stands_unraised(&mut self, at: u64, base: i64) -> bool {
        let Some((member, _)) = directory::listed(&mut self.pages, at, base) else { return false };
        let raised = member.offset.checked_add_signed(base);
        let mut is_there = |at| directory::local(&mut self.pages, at).is_some();
        !raised.is_some_and(&mut is_there) && is_there(member.offset)
    }

    /// Adds the members that are listed from `at` on, as far as entries follow one another: how many, and where the last
    /// entry ends.
    fn directory(&mut self, at: u64, base: i64, end: &End, x: &mut Examination<'_>) -> (u64, u64) {
        let (mut count, mut next) = (0, at);
        let mut pages = Pages::new(self.content);
        while next < end.records_at
            && let Some((member, behind)) = directory::listed(&mut pages, next, base)
        {
            if self.members.count() >= x.limits.max_members {
                x.limit_once("max-members", x.limits.max_members, "further members were not looked at");
                self.cut = true;
                break;
            }
            self.members.add(&member, self.content, &mut self.pages, x);
            (count, next) = (count + 1, behind);
        }
        (count, next)
    }

    /// Whether a directory is at `at`: it lists something (that is there, if this is no zip file by its first bytes), or
    /// it is rightly empty.
    fn is_plausible(&mut self, at: u64, base: i64, says: Says) -> bool {
        let mut next = Some(at);
        let mut listed = std::iter::from_fn(|| {
            let (member, behind) = directory::listed(&mut self.pages, next?, base)?;
            next = Some(behind);
            Some(member)
        });
        let first: Vec<Listed> = listed.by_ref().take(16).collect();
        if self.front == Front::Archive {
            return !first.is_empty() || (says.entries == 0 && says.bytes == 0 && base == 0);
        }
        first.iter().any(|member| members::locals(member, &mut self.pages).next().is_some())
    }

    fn check_counts(&self, view: &View, says: Says, found: u64, x: &mut Examination<'_>) {
        // Writers without 64-bit records let the count overflow.
        let counts = found == says.entries || (says.entries <= 0xFFFF && found & 0xFFFF == says.entries);
        let region = ByteRegion::new(view.at, view.until);
        let kind = ObservationKind::ZipDirectoryAmbiguous;
        if !counts {
            x.observe(kind, region, format!("{found} members where {} are announced", says.entries));
        } else if view.until - view.at != says.bytes {
            let bytes = view.until - view.at;
            x.observe(kind, region, format!("a directory of {bytes} bytes where {} are announced", says.bytes));
        }
    }

    fn check_end(&self, end: &End, places: usize, x: &mut Examination<'_>) {
        let region = ByteRegion::new(end.at, end.end);
        let kind = ObservationKind::ZipDirectoryAmbiguous;
        if places > 1 {
            x.observe(kind, region, "an end record that leads to different directories");
        } else if end.says.len() > 1 {
            x.observe(kind, region, "end records of 32 and 64 bits that contradict each other");
        }
        if end.locator_is_lost {
            x.observe(kind, region, "a locator of a 64-bit record that points behind the end of the file");
        }
        if end.spans_disks {
            x.observe(kind, region, "an end record of an archive on several disks");
        }
        if end.comment_is_cut {
            x.observe(kind, region, "a comment that is longer than the file");
        }
    }

    /// Tells of end records besides the one that all readers take.
    fn compare_ends(&self, ends: &[End], x: &mut Examination<'_>) {
        let rivals = ends.iter().filter(|end| !self.members.data_holds(end.at)).count();
        if rivals > 1 {
            let region = ByteRegion::new(ends[rivals - 1].at.min(ends[0].at), ends[0].end);
            let subject = format!("{rivals} end records");
            x.observe(ObservationKind::ZipDirectoryAmbiguous, region, subject);
        }
        if self.views.is_empty() {
            let message =
                if rivals == 0 { "a zip file without its end record" } else { "a zip file without a directory" };
            x.gap(GapKind::Damaged, ByteRegion::new(0, self.content.len()), message);
        }
    }

    /// All entries: those listed, and those that are not.
    fn finish(mut self, x: &mut Examination<'_>) -> Vec<Entry> {
        names::check(&self.members, x);
        if self.cut {
            return self.members.into_entries();
        }
        let known: Vec<ByteRegion> = self
            .views
            .iter()
            .flat_map(|view| [ByteRegion::new(view.at, view.until), ByteRegion::new(view.records_at, view.end.end)])
            .collect();
        layout::walk(self.content, &known, self.front, &mut self.pages, &mut self.members, x);
        self.members.into_entries()
    }
}

/// PyTorch can leave checksums out; then all of them are zero and say nothing.
fn no_checksums(entries: &mut [Entry]) {
    let mut with_content = entries.iter().filter(|entry| entry.bytes > 0);
    if with_content.all(|entry| matches!(entry.crc, None | Some(0))) {
        entries.iter_mut().for_each(|entry| entry.crc = None);
    }
}

/// A member is unpacked as far as its reader asks, which for zeros is not far. That it could not be unpacked is told even
/// so.
fn bombs(entries: &[Entry], x: &mut Examination<'_>) {
    let limits = x.limits;
    let ratio = limits.max_unpack_ratio.max(1);
    let known = entries.iter().filter(|entry| entry.bytes != UNKNOWN_BYTES);
    let swollen = known.filter(|entry| entry.bytes / ratio > entry.packed.len());
    let claimed = swollen.fold(0u64, |sum, entry| sum.saturating_add(entry.bytes));
    if claimed > HARMLESS_BYTES {
        x.limit_once("max-unpack-ratio", limits.max_unpack_ratio, "members claim to unpack to far more");
    }
}

/// Whether so few bytes can be a zip file at all.
pub(in crate::artifact) fn is_too_short(length: u64) -> bool {
    length < END_BYTES
}
