//! Writers of zip and tar files whose every field can lie.

/// A member of a zip file. What is not set follows from the content.
#[derive(Clone, Default)]
pub(super) struct Member {
    pub(super) name: Vec<u8>,
    pub(super) local_name: Option<Vec<u8>>,
    /// The bytes as they stand in the file.
    pub(super) packed: Vec<u8>,
    /// Method, flags, checksum, packed and unpacked size, in the directory and in the local header.
    pub(super) listed: Fields,
    pub(super) local: Fields,
    pub(super) unlisted: bool,
    pub(super) offset: Option<u32>,
    pub(super) mode: u32,
    /// Fields behind the name in the directory.
    pub(super) extra: Vec<u8>,
    /// Bytes behind the data.
    pub(super) behind: Vec<u8>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct Fields {
    pub(super) method: u16,
    pub(super) flags: u16,
    pub(super) crc: u32,
    pub(super) packed: u32,
    pub(super) bytes: u32,
}

impl Member {
    pub(super) fn stored(name: &str, content: &[u8]) -> Self {
        let length = u32::try_from(content.len()).expect("small");
        let fields = Fields { method: 0, flags: 0, crc: crc32fast::hash(content), packed: length, bytes: length };
        let name = name.as_bytes().to_vec();
        Self { name, packed: content.to_vec(), listed: fields, local: fields, ..Self::default() }
    }

    pub(super) fn deflated(name: &str, content: &[u8]) -> Self {
        let packed = deflated(content);
        let fields = Fields {
            method: 8,
            packed: u32::try_from(packed.len()).expect("small"),
            ..Self::stored(name, content).listed
        };
        Self { packed, listed: fields, local: fields, ..Self::stored(name, content) }
    }

    /// As streams are written: sizes and checksum behind the data.
    pub(super) fn with_descriptor(mut self) -> Self {
        let Fields { crc, packed, bytes, .. } = self.listed;
        self.listed.flags |= 8;
        self.local = Fields { flags: 8, crc: 0, packed: 0, bytes: 0, ..self.local };
        self.behind = [b"PK\x07\x08", &crc.to_le_bytes()[..], &packed.to_le_bytes(), &bytes.to_le_bytes()].concat();
        self
    }

    /// Changes both headers.
    pub(super) fn both(mut self, change: impl Fn(&mut Fields)) -> Self {
        change(&mut self.listed);
        change(&mut self.local);
        self
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

pub(super) fn deflated(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

/// What stands around the members.
#[derive(Clone, Default)]
pub(super) struct Around {
    pub(super) before: Vec<u8>,
    pub(super) comment: Vec<u8>,
    pub(super) behind: Vec<u8>,
    /// Instead of the number of members.
    pub(super) count: Option<u16>,
    /// Offsets count from the archive's start, not from the file's.
    pub(super) relative: bool,
}

pub(super) fn zip(members: &[Member]) -> Vec<u8> {
    zip_with(members, &Around::default())
}

pub(super) fn zip_with(members: &[Member], around: &Around) -> Vec<u8> {
    let mut file = around.before.clone();
    let shift = if around.relative { around.before.len() } else { 0 };
    let short = |value: usize| u16::try_from(value).expect("small").to_le_bytes();
    let long = |value: usize| u32::try_from(value).expect("small").to_le_bytes();
    let (mut directory, mut count) = (Vec::new(), 0u16);
    for member in members {
        let offset = member.offset.map_or_else(|| long(file.len() - shift), u32::to_le_bytes);
        let name = member.local_name.as_ref().unwrap_or(&member.name);
        file.extend([b"PK\x03\x04\x14\0", &fields(member.local)[..], &short(name.len()), &[0; 2], name].concat());
        file.extend_from_slice(&member.packed);
        file.extend_from_slice(&member.behind);
        if member.unlisted {
            continue;
        }
        count += 1;
        directory.extend([b"PK\x01\x02\x14\x03\x14\0", &fields(member.listed)[..], &short(member.name.len())].concat());
        directory.extend(short(member.extra.len()));
        directory.extend([&[0; 6][..], &(member.mode << 16).to_le_bytes()[..], &offset].concat());
        directory.extend(member.name.iter().chain(&member.extra));
    }
    let at = long(file.len() - shift);
    let counted = around.count.unwrap_or(count).to_le_bytes();
    file.extend_from_slice(&directory);
    file.extend([b"PK\x05\x06\0\0\0\0", &counted[..], &counted, &long(directory.len()), &at].concat());
    file.extend(short(around.comment.len()));
    file.extend_from_slice(&around.comment);
    file.extend_from_slice(&around.behind);
    file
}

/// Flags to unpacked size, as both headers have them, the time zero.
fn fields(fields: Fields) -> Vec<u8> {
    let Fields { method, flags, crc, packed, bytes } = fields;
    let sizes = [crc, packed, bytes].map(u32::to_le_bytes).concat();
    [&flags.to_le_bytes()[..], &method.to_le_bytes(), &[0; 4], &sizes].concat()
}

/// A tar header and its data, padded; `kind` is the type flag.
pub(super) fn tar_member(name: &str, kind: u8, target: &str, content: &[u8]) -> Vec<u8> {
    let mut block = [0u8; 512];
    block[..name.len()].copy_from_slice(name.as_bytes());
    block[100..107].copy_from_slice(b"0000644");
    block[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    block[156] = kind;
    block[157..157 + target.len()].copy_from_slice(target.as_bytes());
    block[257..265].copy_from_slice(b"ustar\x0000");
    let mut member = with_checksum(block).to_vec();
    member.extend_from_slice(content);
    member.resize(member.len().next_multiple_of(512), 0);
    member
}

pub(super) fn with_checksum(mut block: [u8; 512]) -> [u8; 512] {
    block[148..156].fill(b' ');
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

/// The members, then two blocks of zeros.
pub(super) fn tar(members: &[Vec<u8>]) -> Vec<u8> {
    [members.concat(), vec![0; 1024]].concat()
}
