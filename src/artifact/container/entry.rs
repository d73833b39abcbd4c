//! One member of an archive, still packed.

use std::io::{BufRead, Read};

use crate::bytes::{Bytes, Window};
use crate::fact::artifact::{ByteRegion, Format, GapKind, ObservationKind};

use super::super::Examination;
use super::super::sniff::HEAD_BYTES;
use super::codec::{Codec, Decoder};
use super::unpack::unpack;

/// How an entry's bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::artifact) enum Method {
    /// Not at all.
    Stored,
    /// Deflate without a header, as zip files hold it.
    Deflate,
    /// Any other method number of zip files.
    Other(u16),
}

impl Method {
    /// The method with this number in a zip file.
    pub(super) fn numbered(number: u16) -> Self {
        match number {
            0 => Self::Stored,
            8 => Self::Deflate,
            other => Self::Other(other),
        }
    }

    /// How to unpack it; an error with the method's name if that is not supported.
    fn codec(self) -> Result<Option<Codec>, String> {
        Ok(Some(match self {
            Self::Stored => return Ok(None),
            Self::Deflate => Codec::Deflate,
            Self::Other(12) => Codec::Bzip2,
            Self::Other(14) => Codec::LzmaZip,
            Self::Other(93) => Codec::Zstd,
            Self::Other(95) => Codec::Xz,
            Self::Other(9) => return Err("compression method 9 (deflate64)".into()),
            Self::Other(99) => return Err("AES encryption".into()),
            Self::Other(number) => return Err(format!("compression method {number}")),
        }))
    }
}

/// One member of an archive.
#[derive(Debug, Clone)]
pub(in crate::artifact) struct Entry {
    /// Its path as the archive gives it; slashes as separators, other bytes kept, not UTF-8 replaced.
    pub(in crate::artifact) name: String,
    /// The packed bytes.
    pub(in crate::artifact) packed: Window,
    /// How they are packed.
    pub(in crate::artifact) method: Method,
    /// How many bytes it claims to unpack to; `u64::MAX` if it does not say.
    pub(in crate::artifact) bytes: u64,
    /// The checksum of the unpacked bytes, if the archive has one.
    pub(super) crc: Option<u32>,
    /// Whether a flag says that it is encrypted. Flags lie; content decides.
    pub(super) says_encrypted: bool,
    /// Whether it was seen already that these are the raw numbers of a tensor.
    pub(in crate::artifact) is_raw: bool,
}

impl Entry {
    /// A member that is not packed and has no checksum.
    pub(in crate::artifact) fn plain(name: impl Into<String>, content: Window) -> Self {
        let bytes = content.len();
        Self {
            name: name.into(),
            packed: content,
            method: Method::Stored,
            bytes,
            crc: None,
            says_encrypted: false,
            is_raw: false,
        }
    }

    /// Whether it is packed by another method than that of most zip files, which small readers do not know. Those that are
    /// not known here either are told when it is opened.
    pub(in crate::artifact) fn is_of_another_method(&self) -> bool {
        matches!(self.method, Method::Other(_)) && self.method.codec().is_ok()
    }

    /// Up to `count` of its first bytes, unpacked; fewer if it has fewer or is damaged. The caller bounds `count`.
    pub(in crate::artifact) fn head(&self, count: usize) -> Vec<u8> {
        let Ok(Some(codec)) = self.method.codec() else {
            return self.packed.read(0, count).map(Bytes::into_owned).unwrap_or_default();
        };
        let mut head = vec![0; count];
        let mut done = 0;
        if let Ok(mut decoder) = Decoder::new(codec, &self.packed, count as u64) {
            while let Ok(got @ 1..) = decoder.read(&mut head[done..]) {
                done += got;
            }
        }
        head.truncate(done);
        head
    }

    /// All of it, unpacked, perhaps only while it is read; a gap and `None` if its method is not supported. What limits
    /// and damage cut off is told when the entry is left. Called inside of the entry.
    pub(in crate::artifact) fn open(&self, x: &mut Examination<'_>) -> Option<Window> {
        self.open_as(SMALL_BYTES, x)
    }

    /// The same of raw data whose reader does not ask for a checksum; what writes it may leave it out.
    pub(in crate::artifact) fn open_unsummed(&self, x: &mut Examination<'_>) -> Option<Window> {
        let summed = if self.crc == Some(0) { 0 } else { HEAD_BYTES as u64 };
        self.open_as(summed, x)
    }

    /// The same; the checksum is looked at if it has at most `summed` bytes or is worth it.
    fn open_as(&self, summed: u64, x: &mut Examination<'_>) -> Option<Window> {
        let codec = match self.method.codec() {
            Ok(codec) => codec,
            Err(method) => {
                self.closed(&method, x);
                return None;
            }
        };
        let Some(codec) = codec else {
            self.check(&self.packed, self.packed.len() <= summed, x);
            return Some(self.packed.clone());
        };
        let unpacked = unpack(codec, &self.packed, self.bytes, x);
        if unpacked.content.len() > self.bytes {
            let subject = format!("unpacks to more than the {} bytes it claims", self.bytes);
            x.observe(ObservationKind::ZipHeaderMismatch, ByteRegion::default(), subject);
        }
        if let Some(taken) = unpacked.taken
            && matches!(codec, Codec::Deflate | Codec::Bzip2)
            && taken < self.packed.len()
        {
            let behind = ByteRegion::new(taken, self.packed.len());
            let count = behind.end - behind.start;
            x.observe(ObservationKind::ZipStrayData, behind, format!("{count} bytes after the compressed data"));
            x.nested("(after the compressed data)", &self.packed.tail(taken));
        }
        self.check(&unpacked.content, unpacked.whole && unpacked.content.len() <= summed, x);
        Some(unpacked.content)
    }

    fn closed(&self, method: &str, x: &mut Examination<'_>) {
        let all = ByteRegion::new(0, self.packed.len());
        let kind = match self.method {
            Method::Other(99) => ObservationKind::Encrypted,
            Method::Stored | Method::Deflate | Method::Other(_) => ObservationKind::UnsupportedContainer,
        };
        x.observe(kind, all, method);
        x.gap(GapKind::Closed, all, format!("{method} cannot be looked into"));
    }

    /// Compares the checksum where that costs little, or where the content is such that someone runs it.
    fn check(&self, content: &Window, small: bool, x: &mut Examination<'_>) {
        let small = small && x.may_sum(content);
        let known = self.crc.filter(|_| small || self.says_encrypted || is_worth_a_checksum(content, x));
        let matches = known.and_then(|crc| checksum(content).map(|found| found == crc));
        match (self.says_encrypted, matches) {
            (false, Some(true) | None) => {}
            (false, Some(false)) => {
                let subject = format!("the checksum of the member `{}` is not that of its content", x.name());
                x.observe(ObservationKind::ZipChecksumMismatch, ByteRegion::default(), subject);
            }
            (true, Some(true)) => {
                let subject = "marked as encrypted, but is not";
                x.observe(ObservationKind::ZipHeaderMismatch, ByteRegion::default(), subject);
            }
            (true, Some(false) | None) => {
                let all = ByteRegion::new(0, self.packed.len());
                x.observe(ObservationKind::Encrypted, all, "marked as encrypted");
                x.gap(GapKind::Closed, all, "encrypted content cannot be looked into");
            }
        }
    }
}

/// Whether the content is such that someone runs it.
fn is_worth_a_checksum(content: &Window, x: &mut Examination<'_>) -> bool {
    if content.len() > x.unpack_allowance() {
        return false;
    }
    let Ok((format, _)) = x.look(content) else { return false };
    matches!(format, Format::Pickle | Format::Joblib | Format::TorchLegacy | Format::Configuration)
}

/// The CRC-32 of all of `content`; `None` if it cannot be read or unpacked to its end, which is told elsewhere.
fn checksum(content: &Window) -> Option<u32> {
    let mut hasher = crc32fast::Hasher::new();
    let mut reader = content.reader();
    let mut left = content.len();
    loop {
        let bytes = reader.fill_buf().ok()?;
        if bytes.is_empty() {
            return (left == 0).then(|| hasher.finalize());
        }
        hasher.update(bytes);
        let count = bytes.len();
        left = left.saturating_sub(count as u64);
        reader.consume(count);
    }
}

/// The size of what does not say how large it is.
pub(super) const UNKNOWN_BYTES: u64 = u64::MAX;

/// Up to this size the checksum of any content is compared, as long as an artifact's do not add up to much.
const SMALL_BYTES: u64 = 2 << 20;
