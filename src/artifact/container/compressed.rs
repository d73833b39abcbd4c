//! Streams compressed as a whole: gzip, bzip2, xz, lzma, zlib, lz4, zstd, and old joblib files.
//!
//! Several streams of one kind may follow one another, as gzip and bzip2 files allow; what is no such stream and follows
//! is looked at by itself.

use std::io::Read;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, Format, GapKind, ObservationKind};

use super::super::sniff::{HEAD_BYTES, file_name, look};
use super::super::{Examination, pickle};
use super::codec::{Codec, Decoder, broken_off, fault, salvage};

/// Which compression bytes start with, and how many bytes stand before its stream. Weak signatures count only if the
/// stream can be unpacked.
pub(in crate::artifact) fn recognise(head: &[u8]) -> Option<Start> {
    let codec = match head {
        [0x1F, 0x8B, 8, ..] => Codec::Gzip,
        [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => Codec::Bzip2,
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => Codec::Xz,
        [0x04, 0x22, 0x4D, 0x18, ..] => Codec::Lz4,
        [0x28, 0xB5, 0x2F, 0xFD, ..] | [0x50..=0x5F, 0x2A, 0x4D, 0x18, ..] => Codec::Zstd,
        [b'Z', b'F', b'0', b'x', ..] => return joblib_start(head),
        _ if is_lzma(head) => Codec::LzmaAlone,
        _ if is_zlib(head) => Codec::Zlib,
        _ => return None,
    };
    let header = skipped_frames(head);
    let frame = usize::try_from(header).ok().and_then(|at| head.get(at..)).unwrap_or_default();
    let codec = if header > 0 && frame.starts_with(&LZ4) { Codec::Lz4 } else { codec };
    let start = Start { codec, header };
    let certain = !matches!(codec, Codec::LzmaAlone | Codec::Zlib);
    (certain || unpacks(start, head)).then_some(start)
}

/// How an lz4 frame starts. Frames to skip may stand before it as before one of zstd.
const LZ4: [u8; 4] = [0x04, 0x22, 0x4D, 0x18];

/// What a stream is meant to be whose name says that it is compressed and that does not come to anything.
fn damaged(head: &[u8]) -> Option<Start> {
    let codec = match head {
        _ if is_zlib(head) => Codec::Zlib,
        // `lzma.open` with `FORMAT_ALONE` takes a dictionary of any size.
        [0..225, ..] if head.get(13) == Some(&0) => Codec::LzmaAlone,
        _ => return None,
    };
    Some(Start { codec, header: 0 })
}

/// How a compressed file starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::artifact) struct Start {
    codec: Codec,
    /// Bytes before the stream.
    header: u64,
}

/// Two bytes that are a multiple of 31 and say deflate, window and no dictionary.
fn is_zlib(head: &[u8]) -> bool {
    let [method, flags, ..] = *head else { return false };
    method & 0x0F == 8 && method >> 4 <= 7 && flags & 0x20 == 0 && (u16::from(method) << 8 | u16::from(flags)) % 31 == 0
}

/// Properties, a dictionary as encoders choose them, a credible size and the zero that range coders start with.
fn is_lzma(head: &[u8]) -> bool {
    let Some(header) = head.first_chunk::<14>() else { return false };
    let dictionary = u32::from_le_bytes([header[1], header[2], header[3], header[4]]);
    let size =
        u64::from_le_bytes([header[5], header[6], header[7], header[8], header[9], header[10], header[11], header[12]]);
    let round = dictionary.count_ones() == 1 || (dictionary.count_ones() == 2 && (dictionary / 3).count_ones() == 1);
    header[0] < 225
        && (dictionary == u32::MAX || (round && dictionary >= 4096))
        && (size == u64::MAX || size < 1 << 38)
        && header[13] == 0
}

/// joblib before 0.10: `ZF`, the unpacked length in hexadecimal, padded, then zlib. One old version padded by one more.
fn joblib_start(head: &[u8]) -> Option<Start> {
    const HEADER: usize = 2 + 19;
    let header = if head.get(HEADER) == Some(&b' ') { HEADER + 1 } else { HEADER };
    Some(Start { codec: Codec::Zlib, header: header as u64 })
        .filter(|_| is_zlib(head.get(header..).unwrap_or_default()))
}

/// Whether an old joblib file states another unpacked length than `length`, or none: its reader refuses such a file.
fn misstates_length(head: &[u8], length: u64) -> bool {
    let Some(rest) = head.strip_prefix(b"ZF0x") else { return false };
    let digits = rest.split(|byte| !byte.is_ascii_hexdigit()).next().unwrap_or_default();
    let stated = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
    stated != Some(length)
}

/// The length of the skippable frames that a zstd file starts with.
fn skipped_frames(head: &[u8]) -> u64 {
    let mut at = 0usize;
    while let Some(&[0x50..=0x5F, 0x2A, 0x4D, 0x18, a, b, c, d]) = head.get(at..).and_then(<[u8]>::first_chunk) {
        at = at.saturating_add(8).saturating_add(u32::from_le_bytes([a, b, c, d]) as usize);
    }
    at as u64
}

/// Whether the start of a stream gives something.
fn unpacks(start: Start, head: &[u8]) -> bool {
    let packed: Window = head.to_vec().into();
    let Ok(mut decoder) = Decoder::new(start.codec, &packed.tail(start.header), 4096) else { return false };
    let mut out = [0; 512];
    let (mut got, mut failed, mut ended) = (0, false, false);
    while got < out.len() {
        match decoder.read(&mut out[got..]) {
            Ok(0) => {
                ended = true;
                break;
            }
            Ok(count) => got += count,
            Err(error) => {
                // A head is cut; that it breaks off at its end is no fault.
                failed = decoder.taken() < packed.len() || error.kind() == std::io::ErrorKind::InvalidData;
                break;
            }
        }
    }
    let is_empty = || ended && start.codec == Codec::LzmaAlone && is_empty_lzma(head, decoder.taken());
    got >= 16 || (got > 0 && !failed) || (!failed && head.len() <= 16) || (got == 0 && is_empty())
}

/// Whether a stream of LZMA that gives nothing is meant as one: it has an end marker, or another stands behind it, with
/// which Python's reader goes on. Zeros behind a few numbers would be one that states no bytes.
fn is_empty_lzma(head: &[u8], taken: u64) -> bool {
    let behind = usize::try_from(taken).ok().and_then(|taken| head.get(taken..)).unwrap_or_default();
    head.get(5..13) == Some(&[0xFF; 8]) || is_lzma(behind) || behind.starts_with(b"\xFD7zXZ\0")
}

/// Looks at the container and at each of its members.
pub(in crate::artifact) fn examine(content: &Window, x: &mut Examination<'_>) {
    let head = match content.read(0, HEAD_BYTES) {
        Ok(head) => head,
        Err(error) => return x.unreadable(&error),
    };
    let Some(start) = recognise(&head).or_else(|| damaged(&head)) else {
        return x.gap(GapKind::Damaged, ByteRegion::new(0, content.len()), "a compressed stream of unknown form");
    };
    let name = inner_name(x.name()).to_owned();
    // The frames to skip may be longer than the head.
    let is_lz4 = start.header > 0 && content.read(start.header, 4).is_ok_and(|magic| *magic == LZ4);
    let codec = if is_lz4 { Codec::Lz4 } else { start.codec };
    let mut stream = Stream { codec, content, at: start.header, out: Vec::new(), cut: false, told: false };
    let end = stream.unpack(x);
    let (behind, cut, unpacked): (_, _, Window) = (stream.at, stream.cut, stream.out.into());
    if !unpacked.is_empty() || end == End::Complete {
        let before = x.gaps();
        x.inside(&name, |x| super::super::content::examine(&unpacked, x));
        if end == End::Cut {
            x.drop_damage_since(before);
        }
    }
    if cut && !is_harmless(&unpacked, &name, x.limits.max_unpacked_bytes) {
        x.unpack_limit_reached();
    }
    if end == End::Complete && misstates_length(&head, unpacked.len()) {
        let region = ByteRegion::new(0, content.len());
        x.gap(GapKind::Damaged, region, "the stream has another length than the file says");
    }
    match end {
        End::Complete => trailing(codec, content, behind, x),
        End::Damaged(fault) => x.gap(GapKind::Damaged, ByteRegion::new(behind, content.len()), fault),
        End::Cut => {}
    }
}

/// Whether what was cut off could not have mattered: text without a format stays text, unless it is a pickle so far.
/// A text like `The end` begins with an operation that takes as many bytes as the next four say. That is more than `most`,
/// which none of our limits would unpack, and says nothing.
fn is_harmless(unpacked: &Window, name: &str, most: u64) -> bool {
    let Ok((format, head)) = look(unpacked, name) else { return false };
    let says_nothing = match *head {
        [b'T' | b'B' | b'X', a, b, c, d, ..] => u64::from(u32::from_le_bytes([a, b, c, d])) > most,
        _ => false,
    };
    format == Format::Text && (says_nothing || !pickle::may_go_on(unpacked))
}

/// How unpacking ended.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Complete,
    Cut,
    Damaged(String),
}

struct Stream<'c> {
    codec: Codec,
    content: &'c Window,
    /// Where the next stream starts, or what is no stream.
    at: u64,
    out: Vec<u8>,
    /// A limit was reached.
    cut: bool,
    /// A header that readers disagree about was told.
    told: bool,
}

/// So much may come of any stream, whatever its ratio.
pub(super) const HARMLESS_BYTES: u64 = 16 << 20;
const STEP_BYTES: usize = 64 << 10;
/// Streams in a row that each give little are a waste of time by intention; real files have a few.
const MOST_STREAMS: u32 = 65_536;

impl Stream<'_> {
    /// Unpacks stream after stream.
    fn unpack(&mut self, x: &mut Examination<'_>) -> End {
        let allowance = x.unpack_allowance();
        for _ in 0..MOST_STREAMS {
            let packed = self.content.tail(self.at);
            let end = match Decoder::new(self.codec, &packed, allowance) {
                Ok(mut decoder) => {
                    if let Some(fault) = decoder.fault().filter(|_| !std::mem::replace(&mut self.told, true)) {
                        x.observe(ObservationKind::StreamAmbiguous, ByteRegion::new(self.at, self.at), fault);
                    }
                    let end = self.unpack_one(&mut decoder, allowance, x);
                    self.at += decoder.taken();
                    end
                }
                Err(error) => End::Damaged(format!("cannot be unpacked: {}", fault(&error))),
            };
            if end != End::Complete || !self.goes_on() {
                return end;
            }
        }
        x.limit_once("max-members", MOST_STREAMS.into(), "further compressed streams were not looked at");
        End::Complete
    }

    fn unpack_one(&mut self, decoder: &mut Decoder, allowance: u64, x: &mut Examination<'_>) -> End {
        let start = self.out.len();
        loop {
            let had = self.out.len();
            if had as u64 >= allowance {
                // The end may lie right here.
                let mut more = [0];
                self.cut = !matches!(decoder.read(&mut more), Ok(0));
                return if self.cut { End::Cut } else { self.check_end(decoder) };
            }
            let ratio = x.limits.max_unpack_ratio;
            if had as u64 > HARMLESS_BYTES && had as u64 / ratio.max(1) > self.at + decoder.taken() {
                x.limit_once("max-unpack-ratio", ratio, "not unpacked further");
                return End::Cut;
            }
            let step = STEP_BYTES.min(usize::try_from(allowance - had as u64).unwrap_or(STEP_BYTES));
            self.out.resize(had + step, 0);
            let got = decoder.read(&mut self.out[had..]);
            self.out.truncate(had + got.as_ref().map_or(0, |count| *count));
            x.spend_bytes((self.out.len() - had) as u64);
            match got {
                Ok(0) => return self.check_end(decoder),
                Ok(_) => {}
                Err(error) => {
                    let packed = self.content.tail(self.at);
                    self.out.extend(salvage(self.codec, &packed, (had - start) as u64, step));
                    return End::Damaged(broken_off(self.out.len() as u64, &error));
                }
            }
        }
    }

    /// lz4's decoder takes the end of the file for the end of the frame.
    fn check_end(&self, decoder: &Decoder) -> End {
        let taken = decoder.taken();
        let tail = taken.checked_sub(8).map(|tail_at| self.content.read(self.at + tail_at, 8));
        match (self.codec, tail) {
            (Codec::Lz4, Some(Ok(tail))) if tail.ends_with(&[0; 4]) || tail.starts_with(&[0; 4]) => End::Complete,
            (Codec::Lz4, _) => End::Damaged("the lz4 frame breaks off".into()),
            _ => End::Complete,
        }
    }

    /// Whether another stream of this kind follows, where its files may have several.
    fn goes_on(&mut self) -> bool {
        match self.codec {
            Codec::Gzip | Codec::Bzip2 | Codec::Lz4 | Codec::Zstd | Codec::Xz | Codec::LzmaAlone => {
                // Zeros may fill up gzip and xz files; Python skips them, however many.
                let is_padded = matches!(self.codec, Codec::Gzip | Codec::Xz);
                let next = if is_padded { behind_zeros(self.content, self.at) } else { self.at };
                let Ok(head) = self.content.read(next, HEAD_BYTES) else { return false };
                let Some(start) = recognise(&head).filter(|start| start.codec == self.codec) else {
                    return false;
                };
                self.at = next + start.header;
                true
            }
            Codec::Zlib | Codec::Deflate | Codec::LzmaZip | Codec::Chain(_) => false,
        }
    }
}

/// Where the first byte from `at` on is that is no zero, or cannot be read.
fn behind_zeros(content: &Window, at: u64) -> u64 {
    let mut at = at;
    while at < content.len() {
        let Ok(bytes) = content.read(at, STEP_BYTES) else { break };
        if let Some(zeros) = bytes.iter().position(|byte| *byte != 0) {
            return at + zeros as u64;
        }
        if bytes.is_empty() {
            break;
        }
        at += bytes.len() as u64;
    }
    at
}

/// Looks at what follows the last stream, unless it is padding. Python's readers of bzip2, xz and lzma pass over it; the
/// others fail there, or never come to an end, as joblib's of zlib.
fn trailing(codec: Codec, content: &Window, at: u64, x: &mut Examination<'_>) {
    let start = behind_zeros(content, at);
    if start >= content.len() {
        return;
    }
    let region = ByteRegion::new(at, content.len());
    let told = format!("{} bytes after the compressed data", content.len() - at);
    if matches!(codec, Codec::Bzip2 | Codec::Xz | Codec::LzmaAlone) {
        x.observe(ObservationKind::TrailingBytes, region, told);
    } else {
        x.gap(GapKind::Damaged, region, format!("{told}, where readers fail"));
    }
    x.nested("(after the compressed data)", &content.tail(start));
}

/// The name of what a compressed file of this name holds: without the suffix that compression adds.
fn inner_name(name: &str) -> &str {
    let file = file_name(name);
    // joblib before 0.10 wrote bare numbers, no `.npy`, under that name.
    const SUFFIXES: [&str; 16] = [
        ".npy.z",
        ".gz",
        ".gzip",
        ".bz2",
        ".bzip2",
        ".xz",
        ".lzma",
        ".z",
        ".zlib",
        ".lz4",
        ".zst",
        ".zstd",
        ".zz",
        ".bz",
        ".lz",
        ".compressed",
    ];
    let lower = file.to_ascii_lowercase();
    let suffix = SUFFIXES.iter().find(|suffix| lower.ends_with(*suffix) && lower.len() > suffix.len());
    match suffix {
        Some(suffix) => &file[..file.len() - suffix.len()],
        None => file,
    }
}
