//! What all readers of one artifact share: the facts found so far, the member they stand in, and what may still be spent.

mod budget;
mod looked_at;
mod wants;

use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::bytes::{Bytes, Window};
use crate::fact::artifact::{
    ArtifactFact, ArtifactFacts, ByteRegion, CodeReference, Companions, EmbeddedSource, Format, Gap, GapKind, Member,
    MemberPath, Observation, ObservationKind, Place, Seen, TensorHeader,
};
use crate::limits::Limits;
use crate::text::Region;

use looked_at::LookedAt;
pub(super) use wants::Storages;

use super::container::Watch;
use super::content;
use super::sniff::{file_name, look};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Detail {
    /// What findings need.
    #[default]
    Findings,
    /// Members and tensors too.
    Inventory,
}

/// What is said of an archive whose bytes between members are too many.
pub(super) const NOT_SEARCHED: &str = "bytes between members were not searched";
/// The examination of one artifact, from its first byte to its innermost member.
#[derive(Debug)]
pub struct Examination<'l> {
    /// The ceilings.
    pub limits: &'l Limits,
    detail: Detail,
    file_name: &'l str,
    member: MemberPath,
    /// Shared with the members that are unpacked while they are read.
    spent_bytes: Arc<AtomicU64>,
    spent_operations: u64,
    /// Bytes that were read for nothing but their checksum.
    summed_bytes: u64,
    /// What went wrong with members unpacked while they are read, to be told when the member is left.
    watched: Vec<(usize, Arc<Watch>)>,
    found: ArtifactFacts,
    /// Where pickles were read; kept for an inventory only.
    pickles: Vec<(MemberPath, Window)>,
    looked_at: LookedAt,
    /// What the content of the member that is being read is, once somebody asked, and how many bytes showed it.
    sniffed: Option<(Window, Format, usize)>,
    /// The storages that the next pickle asks for, if somebody wants them.
    storages: Option<Storages>,
    /// Names of members that what was read of the innermost archive asks for.
    needed: Vec<String>,
}

impl<'l> Examination<'l> {
    pub(super) fn new(file_name: &'l str, bytes: u64, limits: &'l Limits, detail: Detail) -> Self {
        let found = ArtifactFacts {
            format: Format::Unknown,
            bytes,
            facts: Vec::new(),
            gaps: Vec::new(),
            members: Vec::new(),
            tensors: Vec::new(),
            parts: 1,
            companions: Companions::default(),
        };
        Self {
            limits,
            detail,
            file_name,
            member: MemberPath::default(),
            spent_bytes: Arc::default(),
            spent_operations: 0,
            summed_bytes: 0,
            watched: Vec::new(),
            found,
            pickles: Vec::new(),
            looked_at: LookedAt::default(),
            sniffed: None,
            storages: None,
            needed: Vec::new(),
        }
    }

    pub(super) fn finish(mut self) -> ArtifactFacts {
        self.tell_watched();
        self.found
    }

    /// The member that is being read; empty for the file itself.
    pub fn member(&self) -> &MemberPath {
        &self.member
    }

    /// The name of what is being read: the member's path in its archive, or the file's name.
    pub fn name(&self) -> &str {
        self.member.parts().last().map_or(self.file_name, |name| name)
    }

    /// Whether the member that is being read has the name of the file or of a member that it stands in.
    pub(super) fn is_named_like_its_holder(&self) -> bool {
        let parts = self.member.parts();
        let Some((last, before)) = parts.split_last() else { return false };
        let mut holders = before.iter().map(|name| &**name).chain([self.file_name]);
        holders.any(|holder| file_name(holder) == file_name(last))
    }

    /// The name of the file, whichever member of it is being read.
    pub fn file_name(&self) -> &str {
        self.file_name
    }

    /// The format that the first bytes of `content` show, and these bytes; the name is that of the member that is being read.
    ///
    /// # Errors
    /// What the source says.
    pub(super) fn look<'w>(&mut self, content: &'w Window) -> io::Result<(Format, Bytes<'w>)> {
        if let Some((same, format, length)) = &self.sniffed
            && same.is_same(content)
        {
            return Ok((*format, content.read(0, *length)?));
        }
        let (format, head) = look(content, self.name())?;
        self.sniffed = Some((content.clone(), format, head.len()));
        Ok((format, head))
    }

    /// Whether members and tensors are wanted.
    pub fn wants_inventory(&self) -> bool {
        self.detail == Detail::Inventory
    }

    /// States what the artifact is, when the file itself (not a member) is being read.
    pub fn is_of(&mut self, format: Format) {
        if self.member.depth() == 0 {
            self.found.format = format;
        }
    }

    /// A place in the member that is being read.
    pub fn place(&self, start: u64, end: u64) -> Place {
        Place { member: self.member.clone(), region: ByteRegion::new(start, end) }
    }

    /// Keeps a fact about bytes of the member that is being read.
    pub fn see(&mut self, region: ByteRegion, seen: Seen) {
        if self.found.facts.len() >= self.limits.max_artifact_facts {
            let key = "max-artifact-facts";
            return self.limit_once(key, self.limits.max_artifact_facts as u64, "what else was seen is not told");
        }
        self.found.facts.push(ArtifactFact { place: Place { member: self.member.clone(), region }, seen });
    }

    /// How many facts there are.
    pub(super) fn fact_count(&self) -> usize {
        self.found.facts.len()
    }

    /// Places the facts from the `first` on in `region`, because where they were seen is not where the bytes are.
    pub(super) fn place_since(&mut self, first: usize, region: ByteRegion) {
        let mut index = 0;
        self.found.facts.retain(|fact| {
            index += 1;
            // A command is the places of its words, and nothing that runs commands reads such a file.
            index <= first || !matches!(fact.seen, Seen::Command(_))
        });
        for fact in self.found.facts.iter_mut().skip(first) {
            fact.place.region = region;
            match &mut fact.seen {
                Seen::Observation(observation) => observation.text = None,
                Seen::Reference(reference) => reference.text = None,
                _ => {}
            }
        }
    }

    /// Keeps an observation.
    pub fn observe(&mut self, kind: ObservationKind, region: ByteRegion, subject: impl Into<String>) {
        self.see(region, Seen::Observation(Observation { kind, subject: subject.into(), text: None }));
    }

    /// Keeps an observation in a text file.
    pub fn observe_text(&mut self, kind: ObservationKind, text: Region, subject: impl Into<String>) {
        let region = ByteRegion::new(text.start.into(), text.end.into());
        self.see(region, Seen::Observation(Observation { kind, subject: subject.into(), text: Some(text) }));
    }

    /// Keeps a name of Python code that a loader follows.
    pub fn refer(&mut self, region: ByteRegion, reference: CodeReference) {
        self.see(region, Seen::Reference(reference));
    }

    /// Keeps Python source that a loader runs; once, though several may run it.
    pub fn source(&mut self, runner: &'static str, text: String) {
        let mut here = self.found.facts.iter().rev().take_while(|fact| fact.place.member == self.member);
        if here.any(|fact| matches!(&fact.seen, Seen::Source(other) if other.text == text)) {
            return;
        }
        let region = ByteRegion::new(0, text.len() as u64);
        self.see(region, Seen::Source(EmbeddedSource { runner, text }));
    }

    /// Keeps a tensor if an inventory is wanted.
    pub fn tensor(&mut self, tensor: impl FnOnce() -> TensorHeader) {
        if self.wants_inventory() && self.found.tensors.len() < self.limits.max_artifact_facts {
            let tensor = tensor();
            self.found.tensors.push(tensor);
        }
    }

    /// The modules that pickles import from, as seen behind so many facts.
    pub(super) fn modules_imported_since(&self, before: usize) -> BTreeSet<String> {
        let streams = self.found.facts.iter().skip(before).filter_map(|fact| match &fact.seen {
            Seen::Stream(stream) if !fact.place.member.is_idle() => Some(stream),
            _ => None,
        });
        streams.flat_map(|stream| &stream.imports).map(|callee| callee.module().to_owned()).collect()
    }

    /// Says that something could not be looked at.
    pub fn gap(&mut self, kind: GapKind, region: ByteRegion, message: impl Into<String>) {
        let gap = Gap { kind, place: Place { member: self.member.clone(), region }, message: message.into() };
        // One fault often shows in many places of one member; the first few tell enough.
        let alike = self.found.gaps.iter().filter(|other| other.kind == kind && other.place.member == self.member);
        if alike.count() < 8 && self.found.gaps.len() < 1_000 {
            self.found.gaps.push(gap);
        }
    }

    /// Whether something was said of the member that is being read.
    pub(super) fn has_gap_here(&self) -> bool {
        self.found.gaps.iter().any(|gap| gap.place.member == self.member)
    }

    /// How many gaps there are.
    pub(super) fn gaps(&self) -> usize {
        self.found.gaps.len()
    }

    /// Takes back what was said to be damaged since there were `before` gaps: content that a limit cut off looks so. That
    /// not all of it was searched goes without saying then.
    pub(super) fn drop_damage_since(&mut self, before: usize) {
        let mut index = 0;
        self.found.gaps.retain(|gap| {
            index += 1;
            index <= before || !(gap.kind == GapKind::Damaged || gap.message.ends_with(NOT_SEARCHED))
        });
    }

    /// Says that the bytes could not be read.
    pub fn unreadable(&mut self, error: &io::Error) {
        if error.kind() == io::ErrorKind::FileTooLarge {
            return self.unpack_limit_reached();
        }
        self.gap(GapKind::Unreadable, ByteRegion::default(), format!("cannot be read: {error}"));
    }

    /// Says that the limit with this key in the configuration was reached, once for the member.
    pub fn limit_once(&mut self, key: &str, limit: u64, consequence: &str) {
        let message = format!("`{key}` ({limit}) reached: {consequence}");
        let told = |gap: &Gap| gap.message == message && gap.place.member == self.member;
        if !self.found.gaps.iter().any(told) {
            self.gap(GapKind::Limit, ByteRegion::default(), message);
        }
    }

    /// Keeps the place of a pickle if an inventory is wanted.
    pub(super) fn keep_pickle(&mut self, content: &Window) {
        if self.wants_inventory() && self.pickles.len() < self.limits.max_artifact_facts {
            self.pickles.push((self.member.clone(), content.clone()));
        }
    }

    /// The pickles that were read, in order.
    pub(super) fn take_pickles(self) -> Vec<(MemberPath, Window)> {
        self.pickles
    }

    /// Tells what `watch` saw when the member that is being read is left.
    pub(super) fn watch(&mut self, watch: Arc<Watch>) {
        self.watched.push((self.member.depth(), watch));
    }

    /// Whether something went wrong already with unpacking the member that is being read.
    pub(super) fn is_in_trouble(&self) -> bool {
        let depth = self.member.depth();
        self.watched.iter().any(|(of, watch)| *of == depth && watch.has_told())
    }

    fn tell_watched(&mut self) {
        let depth = self.member.depth();
        while self.watched.last().is_some_and(|(of, _)| *of == depth) {
            let Some((_, watch)) = self.watched.pop() else { return };
            watch.tell(self);
        }
    }

    /// Looks at the member `name` of what is being read, whatever it is; `content` is unpacked.
    pub fn nested(&mut self, name: &str, content: &Window) {
        self.inside(name, |x| content::examine(content, x));
    }

    /// Does `read` as inside of the member `name`; says so if that is too deep or one too many.
    pub fn inside<T>(&mut self, name: &str, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.member.depth() >= self.limits.max_artifact_depth as usize {
            let limit = self.limits.max_artifact_depth.into();
            self.limit_once("max-artifact-depth", limit, "what lies deeper was not looked at");
            return None;
        }
        if self.found.parts >= self.limits.max_members {
            self.limit_once("max-members", self.limits.max_members, "further members were not looked at");
            return None;
        }
        self.found.parts += 1;
        let outer = std::mem::take(&mut self.member);
        self.member = outer.inside(name);
        // Under another name the same bytes may be something else.
        self.sniffed = None;
        let result = read(self);
        self.tell_watched();
        self.member = outer;
        self.sniffed = None;
        Some(result)
    }

    /// Keeps a member if an inventory is wanted. Called inside of it.
    pub fn member_is(&mut self, format: Format, stored_bytes: u64, bytes: u64) {
        if self.wants_inventory() && self.found.members.len() < self.limits.max_artifact_facts {
            self.found.members.push(Member { path: self.member.clone(), format, stored_bytes, bytes });
        }
    }
}
