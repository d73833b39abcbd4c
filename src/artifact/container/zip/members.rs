//! The members found so far: their entries, and which bytes they take.

use std::collections::HashMap;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::super::super::Examination;
use super::super::entry::UNKNOWN_BYTES;
use super::super::pages::Pages;
use super::super::{Entry, Method, path};
use super::compare;
use super::directory::{self, DESCRIPTOR, ENCRYPTED, FileType, Header, Listed, Local};

/// Observations of one kind kept of one archive; more would prove nothing more.
const MOST_ALIKE: usize = 16;

/// Members of one archive.
#[derive(Default)]
pub(super) struct Members {
    entries: Vec<Entry>,
    /// Of each listed member the entry whose name is that of the directory, and where its local header is said to be.
    listed: Vec<(u32, u64)>,
    /// How many members were added.
    added: u64,
    /// The bytes of each local header and its data.
    extents: Vec<Extent>,
    told: HashMap<ObservationKind, usize>,
}

/// Bytes that a member takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// From the local header to the end of the data.
    pub(super) region: ByteRegion,
    /// Where the data starts.
    pub(super) data: u64,
    /// Whether sizes and checksum follow.
    pub(super) has_descriptor: bool,
}

/// The local headers that readers would find for a listed member.
pub(super) fn locals<'p>(listed: &Listed, pages: &'p mut Pages<'_>) -> impl Iterator<Item = Local> + use<'p> {
    let raised = listed.offset.checked_add_signed(listed.base);
    let plain = (listed.base != 0).then_some(listed.offset);
    [raised, plain].into_iter().flatten().filter_map(|at| directory::local(pages, at)).collect::<Vec<_>>().into_iter()
}

impl Members {
    /// Whether `at` lies in the data of a member.
    pub(super) fn data_holds(&self, at: u64) -> bool {
        self.extents.iter().any(|extent| extent.data <= at && at < extent.region.end)
    }

    /// How many members were added so far.
    pub(super) fn count(&self) -> u64 {
        self.added
    }

    /// Name and offset of each listed member that is there.
    pub(super) fn listed(&self) -> Vec<(&str, u64)> {
        let named = |&(index, offset): &(u32, u64)| Some((self.entries.get(index as usize)?.name.as_str(), offset));
        self.listed.iter().filter_map(named).collect()
    }

    pub(super) fn extents(&self) -> &[Extent] {
        &self.extents
    }

    pub(super) fn into_entries(self) -> Vec<Entry> {
        self.entries
    }

    /// Keeps an observation unless there are many of its kind already.
    pub(super) fn tell(&mut self, kind: ObservationKind, region: ByteRegion, subject: String, x: &mut Examination<'_>) {
        let told = self.told.entry(kind).or_default();
        *told += 1;
        if *told <= MOST_ALIKE {
            x.observe(kind, region, subject);
        }
    }

    /// Adds a listed member, in every reading of it.
    pub(super) fn add(&mut self, listed: &Listed, content: &Window, pages: &mut Pages<'_>, x: &mut Examination<'_>) {
        let name = self.name(&listed.header, listed.offset, x);
        if listed.other_disk {
            let subject = format!("{name} is said to be on another disk");
            self.tell(ObservationKind::ZipDirectoryAmbiguous, ByteRegion::default(), subject, x);
        }
        let before = self.entries.len();
        let mut found = false;
        for local in locals(listed, pages) {
            self.place(&name, &local, &listed.header, content, x);
            if found {
                let region = ByteRegion::new(local.at, local.data);
                let subject = format!("{name} is found in two places");
                self.tell(ObservationKind::ZipDirectoryAmbiguous, region, subject, x);
            }
            found = true;
        }
        if !found {
            let region = ByteRegion::new(listed.offset, listed.offset);
            self.tell(ObservationKind::ZipMissingMember, region, name.clone(), x);
        }
        self.check_type(&name, listed, before, x);
        self.added += 1;
        if let Ok(index) = u32::try_from(before)
            && before < self.entries.len()
        {
            self.listed.push((index, listed.offset));
        }
    }

    /// Observes links that leave the archive, and devices. The entries of the member are those from `first` on.
    fn check_type(&mut self, name: &str, listed: &Listed, first: usize, x: &mut Examination<'_>) {
        let region = ByteRegion::new(listed.offset, listed.offset);
        match listed.file_type {
            FileType::Plain => {}
            FileType::Special => self.tell(ObservationKind::SpecialMember, region, name.to_owned(), x),
            FileType::Link => {
                let target = self.entries.get(first).map(|entry| entry.head(4096)).unwrap_or_default();
                let target = String::from_utf8_lossy(&target).into_owned();
                if path::link_leaves(name, &target) {
                    self.tell(ObservationKind::LinkEscape, region, format!("{name} to {target}"), x);
                }
            }
        }
    }

    /// Adds a member that no directory lists; `data_end` is where its data ends at the latest.
    pub(super) fn add_unlisted(
        &mut self,
        local: &Local,
        data_end: u64,
        content: &Window,
        x: &mut Examination<'_>,
    ) -> u64 {
        let name = self.name(&local.header, local.at, x);
        let packed = match local.header.packed {
            0 if local.header.flags & DESCRIPTOR != 0 => data_end.saturating_sub(local.data),
            packed => packed,
        };
        let mut entry = entry(&name, &Header { packed, ..local.header.clone() }, local.data, content);
        if local.header.flags & DESCRIPTOR != 0 && local.header.packed == 0 {
            // What it unpacks to stands behind it, if anywhere.
            entry.bytes = if local.header.method == 0 { packed } else { UNKNOWN_BYTES };
            entry.packed = content.part(local.data, packed);
            entry.crc = None;
        }
        if packed > 0 || !name.ends_with('/') {
            self.entries.push(entry);
        }
        let end = local.data.saturating_add(packed).min(content.len());
        let region = ByteRegion::new(local.at, end);
        self.extents.push(Extent { region, data: local.data, has_descriptor: local.header.flags & DESCRIPTOR != 0 });
        end
    }

    /// Adds what a directory and a local header make of one member.
    fn place(&mut self, name: &str, local: &Local, listed: &Header, content: &Window, x: &mut Examination<'_>) {
        let region = ByteRegion::new(local.at, local.data);
        for (kind, subject) in compare::differences(&local.header, listed) {
            self.tell(kind, region, format!("{name}: {subject}"), x);
        }
        if let Some(contradiction) = compare::contradiction(listed) {
            self.tell(ObservationKind::ZipHeaderMismatch, region, format!("{name}: {contradiction}"), x);
        }
        let end = local.data.saturating_add(listed.packed);
        if end > content.len() {
            let missing = ByteRegion::new(local.data, end);
            x.gap(GapKind::Damaged, missing, format!("the file ends before the member {name}"));
        }
        let flags = local.header.flags | listed.flags;
        let region = ByteRegion::new(local.at, end.min(content.len()));
        self.extents.push(Extent { region, data: local.data, has_descriptor: flags & DESCRIPTOR != 0 });
        let mut others = Vec::new();
        if local.header.name != listed.name {
            others.push(self.name(&local.header, local.at, x));
        }
        others
            .extend([&local.header, listed].into_iter().filter_map(|header| header.other_name.as_deref()).map(decoded));
        if name.ends_with('/') && listed.packed == 0 {
            return;
        }
        let is_plain = listed.method == 0
            && (&listed.name, listed.packed) == (&local.header.name, local.header.packed)
            && flags & ENCRYPTED == 0;
        let is_raw = local.is_raw && is_plain && content.in_memory().is_none();
        self.entries.push(Entry { is_raw, ..entry(name, listed, local.data, content) });
        self.entries.extend(others.iter().map(|other| entry(other, listed, local.data, content)));
        if compare::unpacks_differently(&local.header, listed) {
            let header = Header { crc: listed.crc, ..local.header.clone() };
            self.entries.push(entry(name, &header, local.data, content));
        }
    }

    /// The name as readers use it; observes what is wrong with it.
    fn name(&mut self, header: &Header, at: u64, x: &mut Examination<'_>) -> String {
        let region = ByteRegion::new(at, at);
        let name = decoded(&header.name);
        if header.name.contains(&0) {
            let whole = String::from_utf8_lossy(&header.name).into_owned();
            let subject = format!("{whole:?}, which some readers cut to {name:?}");
            self.tell(ObservationKind::ZipNameMismatch, region, subject, x);
        }
        path::check(&String::from_utf8_lossy(&header.name), region, x);
        name
    }
}

/// A raw name up to a NUL, with slashes.
fn decoded(name: &[u8]) -> String {
    let until = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    String::from_utf8_lossy(&name[..until]).replace('\\', "/")
}

fn entry(name: &str, header: &Header, data: u64, content: &Window) -> Entry {
    let length = if header.method == 0 { header.packed.max(header.bytes) } else { header.packed };
    Entry {
        name: name.to_owned(),
        packed: content.part(data, length),
        method: Method::numbered(header.method),
        bytes: header.bytes,
        crc: Some(header.crc),
        says_encrypted: header.flags & ENCRYPTED != 0,
        is_raw: false,
    }
}
