//! HDF5: the attributes of Keras models (`model_config`), data in other files, pickles in attributes.
//!
//! Comes in: a window. Goes out: what a Keras configuration in it would make (see `keras`), links and storage that lead
//! to other files, and the pickles that PyTables keeps in attributes and object arrays. A file of weights or of other data is no finding.
//!
//! Only what leads there is read: superblock, object headers, groups, attributes, heaps. Data stays where it is.

mod attribute;
mod check;
mod chunks;
mod file;
mod group;
mod header;
mod heap;
mod indexed;
mod layers;

use std::io;

use rustc_hash::FxHashSet;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind, TensorHeader};

use super::{Examination, keras, onnx, pickle};
use attribute::Attribute;
use file::{Cursor, Hdf5};
use group::{Link, Target};
use header::{Message, kind};

/// How far into a file heaps of objects are looked for, and in what steps.
const MAX_SEARCHED: u64 = 1 << 30;
const SEARCH_STEP: usize = 1 << 20;

/// Longer paths of objects are not told in full.
const MAX_PATH: usize = 1024;

const MAGIC: &[u8] = b"\x89HDF\r\n\x1A\n";

/// Where an HDF5 file starts: at the start, or behind a user block of 512 bytes, 1024, and so on.
///
/// # Errors
/// What the source says.
pub(super) fn start(content: &Window) -> io::Result<Option<u64>> {
    let blocks = std::iter::successors(Some(512_u64), |size| size.checked_mul(2));
    for at in std::iter::once(0).chain(blocks).take_while(|at| at + 8 <= content.len()) {
        if &*content.read(at, 8)? == MAGIC {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let start = match start(content) {
        Ok(start) => start,
        Err(error) => return x.unreadable(&error),
    };
    let Some(start) = start else {
        let all = ByteRegion::new(0, content.len().min(8));
        return x.observe(ObservationKind::InvalidHeader, all, "an HDF5 file by its name, without the signature");
    };
    if start > 0 {
        x.nested("user block", &content.part(0, start));
    }
    examine_from(start, content, x);
}

/// The same of what starts at `start`; what stands before it has been looked at.
pub(super) fn examine_from(start: u64, content: &Window, x: &mut Examination<'_>) {
    match Hdf5::open(content, start) {
        Ok((file, root)) => {
            if file.is_changed() {
                let fault = "the checksum of the superblock is not that of its content";
                x.gap(GapKind::Damaged, ByteRegion::new(start, start + 8), fault);
            }
            if file.is_cut_off() {
                x.gap(GapKind::Damaged, ByteRegion::new(0, content.len()), "the file is shorter than it says");
            }
            let (seen, open) = (FxHashSet::default(), vec![(root, String::new())]);
            Walk { file, x, seen, open, has_searched: false, is_hickle: false, unpacked: 0 }.all();
        }
        Err(fault) => x.observe(ObservationKind::InvalidHeader, ByteRegion::new(start, start + 8), fault),
    }
}

/// The walk over the objects of a file.
struct Walk<'w, 'l> {
    file: Hdf5<'w>,
    x: &'w mut Examination<'l>,
    /// Addresses that were looked at: a group may contain itself.
    seen: FxHashSet<u64>,
    open: Vec<(u64, String)>,
    /// Whether the global heaps were searched for objects.
    has_searched: bool,
    /// Whether hickle wrote the file, which unpickles data sets of bytes.
    is_hickle: bool,
    /// Bytes of pieces that were unpacked to see whether that can be done.
    unpacked: u64,
}

/// Whether a message is room for others, or leads to them.
fn says_nothing(message: &Message) -> bool {
    matches!(message.kind, kind::NONE | kind::CONTINUATION)
}

impl Walk<'_, '_> {
    fn all(mut self) {
        self.objects();
        let all = ByteRegion::new(0, self.file.content.len());
        if self.file.has_unread() {
            let fault = "groups or heaps overlap, break off or are compressed, and not all of them were read";
            self.x.gap(GapKind::Damaged, all, fault);
        }
        if self.file.has_twins() {
            self.x.observe(ObservationKind::InvalidHeader, all, "two objects of one heap have the same number");
        }
    }

    fn objects(&mut self) {
        while let Some((address, name)) = self.open.pop() {
            if !self.seen.insert(address) {
                continue;
            }
            if self.seen.len() as u64 > self.x.limits.max_members {
                let limit = self.x.limits.max_members;
                return self.x.limit_once("max-members", limit, "further objects were not looked at");
            }
            if self.file.is_changed_header(address) {
                let at = self.file.place(address);
                let fault = "the checksum of an object's header is not that of its content";
                self.x.gap(GapKind::Damaged, ByteRegion::new(at, at), fault);
            }
            match self.file.messages(address) {
                // The first object is the group that leads to all others, which takes messages.
                Some(messages) if self.seen.len() == 1 && messages.iter().all(says_nothing) => {
                    self.damaged(address, "the root group");
                }
                Some(messages) => self.object(address, &name, &messages),
                None => self.damaged(address, "an object's header"),
            }
        }
    }

    fn damaged(&mut self, address: u64, what: &str) {
        let at = self.file.place(address);
        self.x.gap(GapKind::Damaged, ByteRegion::new(at, at), format!("{what} ends early or is not one"));
    }

    fn object(&mut self, address: u64, name: &str, messages: &[Message]) {
        if let Some(fault) = check::fault(messages) {
            let at = self.file.place(address);
            self.x.gap(GapKind::Damaged, ByteRegion::new(at, at), fault);
        }
        let mut has_objects = false;
        let mut seen = layers::Parts::default();
        for message in messages {
            match message.kind {
                kind::ATTRIBUTE => match attribute::read(&self.file, &message.data, message.at) {
                    Some(attribute) => {
                        has_objects |= attribute.is("PSEUDOATOM", b"object");
                        seen.attribute(&attribute);
                        self.attribute(&attribute);
                    }
                    None => self.damaged(message.at, "an attribute"),
                },
                kind::ATTRIBUTE_INFO => self.dense_attributes(message, &mut seen),
                kind::SYMBOL_TABLE | kind::LINK | kind::LINK_INFO => self.links(name, message, &mut seen),
                kind::EXTERNAL_FILES => self.external_files(message),
                kind::LAYOUT => self.virtual_files(message),
                _ => {}
            }
        }
        if has_objects && !std::mem::replace(&mut self.has_searched, true) {
            self.objects_in_heaps();
        }
        if let Some(lack) = seen.lack(name) {
            let at = self.file.place(address);
            self.x.gap(GapKind::Damaged, ByteRegion::new(at, at), lack);
        }
        self.dataset(address, name, messages);
    }

    fn dense_attributes(&mut self, message: &Message, seen: &mut layers::Parts) {
        let Some(heap) = attribute::dense_heap(&self.file, &message.data) else { return };
        for block in heap::blocks(&self.file, heap) {
            for attribute in attribute::scan(&self.file, &block) {
                seen.attribute(&attribute);
                self.attribute(&attribute);
            }
        }
    }

    fn links(&mut self, name: &str, message: &Message, seen: &mut layers::Parts) {
        let found = match message.kind {
            kind::SYMBOL_TABLE => group::symbol_table(&self.file, &message.data),
            kind::LINK => group::link(&self.file, &message.data).map(|(link, _)| vec![link]),
            _ => Some(group::dense(&self.file, &message.data)),
        };
        let Some(found) = found else { return self.damaged(message.at, "a group") };
        seen.links(&found, message.kind == kind::LINK_INFO && group::dense_heap(&self.file, &message.data).is_some());
        for link in found {
            self.link(name, link, message.at);
        }
    }

    fn link(&mut self, group: &str, link: Link, at: u64) {
        match link.target {
            Target::Object(address) => {
                // Of long paths the start is enough.
                let path = if group.len() > MAX_PATH { group.to_owned() } else { format!("{group}/{}", link.name) };
                self.open.push((address, path));
            }
            Target::Inside => {}
            Target::File(path) => {
                if onnx::is_outside(&path) {
                    let at = self.file.place(at);
                    let subject = format!("`{}` (link `{}`)", short(&path), short(&link.name));
                    self.x.observe(ObservationKind::ExternalDataEscape, ByteRegion::new(at, at), subject);
                }
            }
        }
    }

    /// CVE-2026-1669: a data set whose bytes are those of any other file.
    fn external_files(&mut self, message: &Message) {
        let Some(paths) = group::external_files(&self.file, &message.data) else {
            return self.damaged(message.at, "a list of external files");
        };
        let at = self.file.place(message.at);
        for path in paths.iter().filter(|path| onnx::is_outside(path)) {
            let subject = format!("`{}` (bytes of a data set)", short(path));
            self.x.observe(ObservationKind::ExternalDataEscape, ByteRegion::new(at, at), subject);
        }
    }

    /// The other files that a virtual data set is made of: name and data set of each, and what is taken of them.
    fn virtual_files(&mut self, message: &Message) {
        const VIRTUAL: u8 = 3;
        let [3..=u8::MAX, VIRTUAL, ..] = message.data[..] else { return };
        let mut cursor = Cursor { bytes: &message.data, at: 2 };
        let Some((names, at)) = heap::referred(&self.file, &mut cursor) else {
            return self.damaged(message.at, "a virtual data set");
        };
        let at = self.file.place(at);
        let texts = names.split(|byte| *byte == 0).filter(|text| (2..4096).contains(&text.len()));
        for path in texts.filter_map(|text| std::str::from_utf8(text).ok()).filter(|path| is_path(path)) {
            let subject = format!("`{}` (part of a virtual data set)", short(path));
            self.x.observe(ObservationKind::ExternalDataEscape, ByteRegion::new(at, at), subject);
        }
    }

    /// PyTables keeps the items of an object array, which are pickles, in the file's global heaps; the array itself, which
    /// may be in many compressed chunks, only refers to them.
    fn objects_in_heaps(&mut self) {
        let content = self.file.content;
        let mut at = 0;
        while at < content.len() {
            if at >= MAX_SEARCHED {
                return self.x.limit_once("max-member-bytes", MAX_SEARCHED, "further objects were not looked for");
            }
            let Ok(bytes) = content.read(at, SEARCH_STEP) else { return };
            for found in memchr::memmem::find_iter(&bytes, b"GCOL\x01").map(|index| at + index as u64) {
                let address = self.file.address(found);
                for (object, at) in address.map(|at| heap::all(&self.file, at, MAX_SEARCHED)).unwrap_or_default() {
                    if pickle::is_pickle(&object, true) {
                        self.x.nested(&format!("<object at {}>", self.file.place(at)), &object.into());
                    }
                }
            }
            // A signature may lie across two steps.
            at += (SEARCH_STEP - 4) as u64;
        }
    }

    fn attribute(&mut self, attribute: &Attribute) {
        if attribute.has_lost {
            let fault = format!("values of the attribute `{}` are not where they should be", short(&attribute.name));
            self.x.gap(GapKind::Damaged, ByteRegion::default(), fault);
        }
        self.is_hickle |= attribute.name == "HICKLE_VERSION" || attribute.is("CLASS", b"hickle");
        for (bytes, at) in &attribute.values {
            let at = self.file.place(*at);
            let region = ByteRegion::new(at, at + bytes.len() as u64);
            if bytes.len() as u64 > self.x.limits.max_text_bytes {
                let limit = self.x.limits.max_text_bytes;
                self.x.limit_once("max-text-bytes", limit, "an attribute was not read");
                continue;
            }
            let text = String::from_utf8_lossy(bytes);
            let names_config = attribute.name.starts_with("model_config") || attribute.name == "training_config";
            if names_config || text.trim_start().starts_with('{') && text.contains("\"class_name\"") {
                keras::examine_config_at(text.trim_end_matches('\0'), region, self.x);
            } else if bytes.len() >= 4 && pickle::is_pickle(bytes, true) {
                // PyTables unpickles such attributes when it reads the node they belong to.
                self.x.nested(&attribute.name, &bytes.clone().into());
            }
        }
    }

    /// Looks at the bytes of a data set that its reader unpickles if they are a pickle; says so if they are in pieces.
    fn unpickled(&mut self, layout: &Message) {
        match self.file.data(layout) {
            Some((content, at)) if pickle::is_pickle_at(&content) => self.x.constant(at, &content),
            Some(_) => {}
            None => {
                let at = self.file.place(layout.at);
                let fault = "bytes that hickle may unpickle lie in chunks, which are not read";
                self.x.gap(GapKind::Closed, ByteRegion::new(at, at), fault);
            }
        }
    }

    /// Says so if texts of a data set, as far as a few pages of references lead to them, are not where they should be.
    fn texts(&mut self, layout: &Message, name: &str) {
        const MOST_BYTES: usize = 64 << 10;
        let Some((content, at)) = self.file.data(layout) else { return };
        let Ok(references) = content.read(0, MOST_BYTES) else { return };
        let size = 8 + self.file.offset_size;
        let (_, has_lost) = attribute::in_heap(&self.file, &references, (references.len() / size) as u64);
        if has_lost {
            let fault = format!("texts of `{}` are not where they should be", short(name));
            self.x.gap(GapKind::Damaged, ByteRegion::new(at, at), fault);
        }
    }

    /// Says so if the bytes of a data set are not where they should be, and, of small files, if they are others.
    fn pieces(&mut self, layout: &Message, filters: Option<&Message>, name: &str) {
        if let Some((content, at)) = self.file.extent(layout)
            && !self.file.is_nowhere(at)
            && self.file.place(at).saturating_add(content) > self.file.content.len()
        {
            return self.damaged(layout.at, &format!("the content of `{}`", short(name)));
        }
        let Some(chunks) = chunks::chunks(&self.file, &layout.data) else {
            return self.damaged(layout.at, &format!("the index of the pieces of `{}`", short(name)));
        };
        let filters = filters.and_then(|message| chunks::filters(&message.data)).unwrap_or_default();
        for chunk in chunks {
            let at = self.file.place(chunk.address);
            let region = ByteRegion::new(at, at.saturating_add(chunk.bytes));
            let fault = if region.end > self.file.content.len() {
                Some("lies outside of the file")
            } else if chunks::are_checked(&filters) && self.x.may_sum(&self.file.content.part(at, chunk.bytes)) {
                let stored = self.file.block(chunk.address, chunk.bytes);
                stored.and_then(|stored| chunk.fault(&stored, &filters, &mut self.unpacked))
            } else {
                None
            };
            if let Some(fault) = fault {
                return self.x.gap(GapKind::Damaged, region, format!("a piece of `{}` {fault}", short(name)));
            }
        }
    }

    /// Lists a data set; a shape far beyond the file makes its reader take all memory (CVE-2026-0897).
    fn dataset(&mut self, address: u64, name: &str, messages: &[Message]) {
        let of = |kind: u16| messages.iter().find(|message| message.kind == kind);
        let Some(layout) = of(kind::LAYOUT) else { return };
        let Some(space) = of(kind::DATASPACE).and_then(|message| self.file.dataspace(&message.data)) else { return };
        let Some(dtype) = of(kind::DATATYPE).and_then(|message| attribute::DataType::read(&message.data)) else {
            return;
        };
        let bytes = space.iter().try_fold(u64::from(dtype.size), |bytes, axis| bytes.checked_mul(*axis));
        let file = self.file.content.len();
        let at = self.file.place(address);
        if bytes.is_none_or(|bytes| bytes > 1 << 30 && bytes / 10_000 > file) {
            let subject = format!("the data set `{}` is far larger than its file", short(name));
            self.x.observe(ObservationKind::InvalidHeader, ByteRegion::new(at, at), subject);
        }
        if self.is_hickle && dtype.is_bytes() {
            self.unpickled(layout);
        }
        self.pieces(layout, of(kind::FILTERS), name);
        if dtype.is_in_heap() {
            self.texts(layout, name);
        }
        let place = self.x.place(at, at);
        self.x.tensor(|| TensorHeader { name: name.into(), dtype: dtype.to_string(), shape: space, place });
    }
}

/// Whether a text among a virtual data set's names is a path to elsewhere; the names of data sets start with a slash too.
fn is_path(text: &str) -> bool {
    const FOLDERS: [&str; 9] = ["/etc/", "/home/", "/proc/", "/root/", "/tmp/", "/usr/", "/var/", "/Users/", "/sys/"];
    let climbs = text.split(['/', '\\']).any(|part| part == "..");
    let is_file = text.starts_with('/')
        && (FOLDERS.iter().any(|folder| text.starts_with(folder)) || text.ends_with(".h5") || text.ends_with(".hdf5"));
    climbs || is_file || (onnx::is_outside(text) && !text.starts_with('/'))
}

fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(200)]
}

#[cfg(test)]
mod tests;
