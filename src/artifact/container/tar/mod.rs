//! Tar files: old ones, POSIX and GNU forms, with long names, extended headers and sparse members.
//!
//! Readers differ in what they do with a bad checksum or a lone block of zeros (stop, or go on), and in which of several
//! sizes and names they believe. Here reading goes on as far as there are headers, and doubts are observed.

mod header;
mod pax;

use std::collections::HashSet;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::super::{Examination, archive};
use super::Entry;
use super::pages::Pages;
use super::path::{self, Links};
use header::{BLOCK_BYTES, Header, NoHeader};
use pax::Extended;

pub(in crate::artifact) use header::is_tar;

/// Looks at the container and at each of its members.
pub(in crate::artifact) fn examine(content: &Window, x: &mut Examination<'_>) {
    let mut walk = Walk {
        content,
        pages: Pages::new(content),
        at: 0,
        entries: Vec::new(),
        names: HashSet::new(),
        links: Links::default(),
        has_told_links: false,
        global: Extended::default(),
        next: Extended::default(),
        shared_text: content.len().saturating_add(FREE_TEXT_BYTES),
        claimed: content.len(),
        doubts: 0,
    };
    walk.run(x);
    archive::examine(&walk.entries, x);
}

/// Observations of doubt kept of one archive.
const MOST_DOUBTS: usize = 16;
/// How far a header is searched for behind bytes that are none.
const MOST_SEARCHED_BYTES: u64 = 32 << 20;
/// A long name or an extended header may take so many bytes; real ones take a few hundred.
const MOST_HEADER_BYTES: u64 = 1 << 20;
/// Names that one header gives to all members may take so many bytes more than the file has.
const FREE_TEXT_BYTES: u64 = 1 << 20;

struct Walk<'w> {
    content: &'w Window,
    pages: Pages<'w>,
    /// Where the next header is.
    at: u64,
    entries: Vec<Entry>,
    names: HashSet<String>,
    links: Links,
    has_told_links: bool,
    global: Extended,
    /// What is said of the next member only.
    next: Extended,
    /// How many more bytes of names may come from a header that speaks of all members.
    shared_text: u64,
    /// How many more bytes may be looked at because a header claims them for its member and another says less.
    claimed: u64,
    doubts: usize,
}

impl Walk<'_> {
    fn run(&mut self, x: &mut Examination<'_>) {
        loop {
            let at = self.at;
            let Some(block) = self.pages.get(at, BLOCK_BYTES as usize) else {
                let rest = ByteRegion::new(at, self.content.len());
                return x.gap(GapKind::Damaged, rest, "the tar file ends without the blocks that mark its end");
            };
            match header::read(block) {
                Ok(header) => {
                    if self.entries.len() as u64 >= x.limits.max_members {
                        let most = x.limits.max_members;
                        return x.limit_once("max-members", most, "further members were not looked at");
                    }
                    self.member(&header, x);
                }
                Err(NoHeader::Zeros) => {
                    if !self.zeros(x) {
                        return;
                    }
                }
                Err(NoHeader::Checksum) => {
                    if !self.bad_header(x) {
                        return;
                    }
                }
            }
        }
    }

    /// Behind a block of zeros: whether another header follows.
    fn zeros(&mut self, x: &mut Examination<'_>) -> bool {
        let at = self.at;
        let Some(found) = self.next_that(at, &|block| block.iter().any(|byte| *byte != 0)) else { return false };
        let region = ByteRegion::new(found, self.content.len());
        self.doubt(region, "data after the blocks that mark the end", x);
        let is_header = self.pages.get(found, BLOCK_BYTES as usize).is_some_and(is_tar);
        if is_header {
            self.at = found;
        } else {
            x.nested("(after the archive)", &self.content.tail(found));
        }
        is_header
    }

    /// At a block that is no header: whether one is found behind it.
    fn bad_header(&mut self, x: &mut Examination<'_>) -> bool {
        let at = self.at;
        let found = self.next_that(at + BLOCK_BYTES, &is_tar);
        let region = ByteRegion::new(at, found.unwrap_or(self.content.len()));
        x.gap(GapKind::Damaged, region, "a tar header with a wrong checksum");
        if let Some(found) = found {
            self.doubt(region, "a header with a wrong checksum, where some readers stop and others go on", x);
            self.at = found;
        }
        found.is_some()
    }

    /// The next block from `from` on that is as wanted.
    fn next_that(&self, from: u64, wanted: &dyn Fn(&[u8]) -> bool) -> Option<u64> {
        const STEP: u64 = 128 * BLOCK_BYTES;
        let until = from.saturating_add(MOST_SEARCHED_BYTES).min(self.content.len());
        let mut at = from;
        while at < until {
            let bytes = self.content.read(at, STEP as usize).ok().filter(|bytes| !bytes.is_empty())?;
            if let Some(index) = bytes.chunks(BLOCK_BYTES as usize).position(wanted) {
                return Some(at + index as u64 * BLOCK_BYTES);
            }
            at += STEP;
        }
        None
    }

    fn doubt(&mut self, region: ByteRegion, subject: &str, x: &mut Examination<'_>) {
        self.doubts += 1;
        if self.doubts <= MOST_DOUBTS {
            x.observe(ObservationKind::TarAmbiguous, region, subject);
        }
    }

    /// Goes over one header and its data.
    fn member(&mut self, header: &Header, x: &mut Examination<'_>) {
        let mut data = self.at + BLOCK_BYTES;
        if header.map_goes_on {
            data = self.behind_map(data);
        }
        let region = ByteRegion::new(self.at, data);
        if header.bytes.is_none() {
            self.doubt(region, "a header whose size is not a number", x);
        }
        let own = header.bytes.unwrap_or(0);
        match header.kind {
            b'L' | b'K' | b'x' | b'X' | b'g' => {
                self.extend(header.kind, data, own, x);
                self.at = behind(data, own);
            }
            kind => {
                let said = std::mem::take(&mut self.next);
                let bytes = self.size(kind, own, &said, region, x);
                self.keep(header, &said, data, bytes, x);
                if own > bytes && !said.is_sparse && kind != b'5' {
                    self.keep_claimed(self.content.part(data, own), region, x);
                }
                self.at = behind(data, bytes);
            }
        }
    }

    /// Keeps what a reader that believes the header takes for the member, and others for further members. Members that
    /// each claim all that follows would be read again in each other: all of them together are no longer than the file.
    fn keep_claimed(&mut self, content: Window, region: ByteRegion, x: &mut Examination<'_>) {
        let name = self.entries.last().map_or("", |entry| entry.name.as_str());
        let Some(left) = self.claimed.checked_sub(content.len() + name.len() as u64) else {
            let told =
                "headers claim so many bytes that others give to further members that not all were looked at as theirs";
            return x.gap(GapKind::Damaged, region, told);
        };
        self.claimed = left;
        self.entries.push(Entry::plain(name.to_owned(), content));
    }

    /// Behind the blocks that go on with an old sparse map.
    fn behind_map(&mut self, mut at: u64) -> u64 {
        while let Some(block) = self.pages.get(at, BLOCK_BYTES as usize) {
            let goes_on = block.get(504) != Some(&0);
            at += BLOCK_BYTES;
            if !goes_on {
                break;
            }
        }
        at
    }

    /// Takes in what is said of the next member or of all.
    fn extend(&mut self, kind: u8, data: u64, bytes: u64, x: &mut Examination<'_>) {
        let region = ByteRegion::new(data, data.saturating_add(bytes));
        if bytes > MOST_HEADER_BYTES {
            return self.doubt(region, "a name or extended header of unreasonable length", x);
        }
        let Ok(Some(content)) = self.content.read_exact(data, usize::try_from(bytes).unwrap_or(0)) else {
            return x.gap(GapKind::Damaged, region, "the tar file ends within a header");
        };
        let text = content.split(|byte| *byte == 0).next().unwrap_or_default();
        let slot = match kind {
            b'L' => &mut self.next.path,
            b'K' => &mut self.next.target,
            _ => {
                let extended = if kind == b'g' { &mut self.global } else { &mut self.next };
                // Taken, not copied: it may be long, and there may be many headers.
                let path = extended.path.take();
                let read = pax::read(&content, extended);
                let other = path.is_some()
                    && kind != b'g'
                    && extended.path.as_ref().is_some_and(|new| path.as_ref() != Some(new));
                if extended.path.is_none() {
                    extended.path = path;
                }
                if let Err(fault) = read {
                    self.doubt(region, fault, x);
                } else if other {
                    self.doubt(region, "two names for one member", x);
                }
                return;
            }
        };
        let other = slot.as_deref().is_some_and(|before| before != text);
        *slot = Some(text.to_vec());
        if other {
            self.doubt(region, "two names for one member", x);
        }
    }

    /// How many bytes of data a member has.
    fn size(&mut self, kind: u8, own: u64, said: &Extended, region: ByteRegion, x: &mut Examination<'_>) -> u64 {
        /// What the octal field can hold; only larger sizes need an extended header.
        const LARGEST: u64 = (8 << 30) - 1;
        if let Some(other) = said.bytes.or(self.global.bytes)
            && other != own
        {
            if other <= LARGEST && !said.is_sparse {
                self.doubt(region, &format!("sizes of {own} and {other} bytes for one member"), x);
            }
            return other;
        }
        match kind {
            // Links and special members have no data, whatever the field says.
            b'1'..=b'6' if own > 0 && kind != b'5' => {
                self.doubt(region, "a link or special member with data", x);
                own
            }
            b'5' => 0,
            _ => own,
        }
    }

    /// Whether a member may still be called as the header for all members says, which may be long and is kept for each.
    fn may_share_text(&mut self, said: &Extended, region: ByteRegion, x: &mut Examination<'_>) -> bool {
        let length = |said: &Option<Vec<u8>>, global: &Option<Vec<u8>>| match (said, global) {
            (None, Some(shared)) => shared.len() as u64,
            (Some(_), _) | (None, None) => 0,
        };
        let bytes = length(&said.path, &self.global.path) + length(&said.target, &self.global.target);
        let left = self.shared_text.checked_sub(bytes);
        match left {
            Some(left) => self.shared_text = left,
            None => x.gap(GapKind::Damaged, region, "one long name for so many members that not all were called by it"),
        }
        left.is_some()
    }

    /// Keeps a member and observes what is wrong with its path.
    fn keep(&mut self, header: &Header, said: &Extended, data: u64, bytes: u64, x: &mut Examination<'_>) {
        let region = ByteRegion::new(self.at, data);
        let text = |raw: &[u8]| String::from_utf8_lossy(raw).into_owned();
        let may_share = self.may_share_text(said, region, x);
        let shared = |global: &'_ Option<Vec<u8>>| global.as_deref().filter(|_| may_share).map(text);
        let pick = |said: &Option<Vec<u8>>, global, own| {
            said.as_deref().map(text).or_else(|| shared(global)).unwrap_or_else(|| text(own))
        };
        let name = pick(&said.path, &self.global.path, &header.name);
        let target = pick(&said.target, &self.global.target, &header.target);
        path::check(&name, region, x);
        match header.kind {
            b'1' if path::link_leaves("", &target) => {
                x.observe(ObservationKind::LinkEscape, region, format!("{name} to {target}"));
            }
            b'2' if path::link_leaves(&name, &target) || self.links.lead_out(&format!("{name}/../{target}")) => {
                x.observe(ObservationKind::LinkEscape, region, format!("{name} to {target}"));
            }
            _ if self.links.lead_out(&name) => {
                x.observe(ObservationKind::LinkEscape, region, format!("{name}, through links of the archive"));
            }
            b'3' | b'4' | b'6' => x.observe(ObservationKind::SpecialMember, region, name.as_str()),
            b'0' | 0 if header.sets_user => {
                x.observe(ObservationKind::SpecialMember, region, format!("{name}, which sets its user"));
            }
            _ => {}
        }
        if header.kind == b'2' {
            self.links.add(&name, &target);
        }
        if self.links.are_too_many() && !self.has_told_links {
            self.has_told_links = true;
            x.gap(GapKind::Closed, region, "from here on links were not followed: there are too many");
        }
        let end = data.saturating_add(bytes);
        if end > self.content.len() {
            let missing = ByteRegion::new(data, end);
            x.gap(GapKind::Damaged, missing, format!("the file ends before the member {name}"));
        }
        if said.is_sparse || header.kind == b'S' {
            x.gap(GapKind::Closed, region, format!("the member {name} is sparse and was looked at without its holes"));
        }
        if bytes == 0 && (matches!(header.kind, b'1'..=b'6') || name.ends_with('/')) {
            return;
        }
        if !self.names.insert(name.trim_start_matches("./").to_owned()) {
            self.doubt(region, &format!("two members of the name {name}"), x);
        }
        self.entries.push(Entry::plain(name, self.content.part(data, bytes)));
    }
}

/// Where the header behind `bytes` of data is.
fn behind(data: u64, bytes: u64) -> u64 {
    data.saturating_add(bytes).checked_next_multiple_of(BLOCK_BYTES).unwrap_or(u64::MAX)
}
