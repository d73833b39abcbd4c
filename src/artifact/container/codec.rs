//! Decoders: packed bytes to a stream of unpacked ones. Called by `unpack` for members and by `compressed` for streams.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ruzstd::decoding::{FrameDecoder, StreamingDecoder};

use super::chain::Chain;
use super::repair::{self, Repair};
use crate::bytes::{Window, WindowReader};

/// How bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Codec {
    /// One member of a gzip file.
    Gzip,
    /// One zlib stream.
    Zlib,
    /// Deflate without header or checksum.
    Deflate,
    /// One bzip2 stream.
    Bzip2,
    /// One xz stream.
    Xz,
    /// `.lzma`: properties, dictionary, size, then the data.
    LzmaAlone,
    /// LZMA as zip files hold it: version, length of the properties, properties, data up to the end marker.
    LzmaZip,
    /// One zstd frame.
    Zstd,
    /// One lz4 frame.
    Lz4,
    /// Several decoders, as 7z archives name them.
    Chain(Chain),
}

/// Memory that a decoder may ask for, in KiB and bytes: twice what `xz -9` and `zstd --ultra` need.
const WINDOW_KIB: u32 = 160 << 10;
const WINDOW_BYTES: u64 = 128 << 20;

/// A decoder, and how many packed bytes it has taken.
pub(super) struct Decoder {
    from: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
    fault: Option<&'static str>,
}

/// So many bytes show whether a header may have to be written anew, and so long it is then at most.
const SHORT_BYTES: usize = 32;
const HEADER_BYTES: usize = 70 << 10;

impl Decoder {
    /// Decodes `packed`. `most` is how many unpacked bytes will be asked for at most; larger dictionaries are of no use.
    ///
    /// # Errors
    /// A header that the decoder does not understand.
    pub(super) fn new(codec: Codec, packed: &Window, most: u64) -> io::Result<Self> {
        let head = packed.read(0, SHORT_BYTES)?;
        if let Some(most) = repair::looked_at(codec, &head, HEADER_BYTES)
            && let Some(repair) = repair::header(codec, &packed.read(0, most)?)
        {
            return Ok(Self::repaired(codec, packed, repair));
        }
        let taken = Arc::new(AtomicU64::new(0));
        let input = Counted { from: packed.reader(), taken: Arc::clone(&taken) };
        let from: Box<dyn Read + Send> = match codec {
            Codec::Gzip => Box::new(flate2::bufread::GzDecoder::new(input)),
            Codec::Zlib => Box::new(flate2::bufread::ZlibDecoder::new(input)),
            Codec::Deflate => Box::new(flate2::bufread::DeflateDecoder::new(input)),
            Codec::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(input)),
            Codec::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(input, false, WINDOW_KIB)),
            Codec::LzmaAlone => lzma(input, 0, most)?,
            Codec::LzmaZip => lzma(input, 4, most)?,
            Codec::Zstd => zstd(input)?,
            Codec::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(input)),
            Codec::Chain(chain) => chain.decode(Box::new(input), most)?,
        };
        Ok(Self { from, taken, fault: None })
    }

    fn repaired(codec: Codec, packed: &Window, repair: Repair) -> Self {
        let taken = Arc::new(AtomicU64::new(repair.instead_of));
        let rest = Counted { from: packed.tail(repair.instead_of).reader(), taken: Arc::clone(&taken) };
        let input = io::Cursor::new(repair.header).chain(rest);
        let from: Box<dyn Read + Send> = match codec {
            Codec::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(input, false, WINDOW_KIB)),
            Codec::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(input)),
            _ => Box::new(flate2::bufread::GzDecoder::new(input)),
        };
        Self { from, taken, fault: Some(repair.fault) }
    }

    /// What is wrong with the header that Python's readers pass over.
    pub(super) fn fault(&self) -> Option<&'static str> {
        self.fault
    }

    /// How many packed bytes were read so far. For xz and LZMA, which read ahead, it may be more than were needed, until they come to their end.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Read for Decoder {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.from.read(into)
    }
}

/// One zstd frame.
///
/// # Errors
/// A header that the decoder does not understand.
pub(super) fn zstd(input: impl BufRead + Send + 'static) -> io::Result<Box<dyn Read + Send>> {
    let frame = StreamingDecoder::new_with_max_window_size(input, WINDOW_BYTES);
    Ok(Box::new(SummedFrame(frame.map_err(io::Error::other)?)))
}

/// The dictionary that a decoder of LZMA makes, if `most` bytes will be asked for: a larger one is of no use.
pub(super) fn dictionary(stated: u32, most: u64) -> u32 {
    let useful = most.clamp(4096, WINDOW_BYTES);
    stated.min(u32::try_from(useful).unwrap_or(u32::MAX))
}

/// A zstd frame whose checksum, if it has one, is compared at its end, as zstd does.
struct SummedFrame<R: Read>(StreamingDecoder<R, FrameDecoder>);

impl<R: Read> Read for SummedFrame<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(into)?;
        let stated = self.0.decoder.get_checksum_from_data();
        if count == 0 && !into.is_empty() && stated.is_some() && stated != self.0.decoder.get_calculated_checksum() {
            return Err(io::Error::other("checksum"));
        }
        Ok(count)
    }
}

/// Why unpacking failed, in words; the decoders have each their own.
pub(super) fn fault(error: &io::Error) -> String {
    let text = error.to_string();
    let lower = text.to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    if error.kind() == io::ErrorKind::UnexpectedEof || says(&["unexpectedeof", "fill whole buffer", "unexpected end"]) {
        "the data breaks off".to_owned()
    } else if says(&["checksum", "crc"]) {
        "the checksum is not that of the content".to_owned()
    } else if says(&["memory", "window", "unsupported", "not supported"]) {
        "it asks for more memory than any writer does, or for what is not supported".to_owned()
    } else {
        "the data is corrupt".to_owned()
    }
}

/// The same after the first `had` bytes.
pub(super) fn broken_off(had: u64, error: &io::Error) -> String {
    match had {
        0 => format!("cannot be unpacked: {}", fault(error)),
        _ => format!("cannot be unpacked after byte {had}: {}", fault(error)),
    }
}

/// What a broken stream gives behind its first `had` bytes, at most `most` of them: a read that meets the fault gives
/// nothing, so read byte by byte.
pub(super) fn salvage(codec: Codec, packed: &Window, had: u64, most: usize) -> Vec<u8> {
    let mut found = Vec::new();
    let Ok(mut decoder) = Decoder::new(codec, packed, had.saturating_add(most as u64)) else { return found };
    if io::copy(&mut decoder.by_ref().take(had), &mut io::sink()).is_err() {
        return found;
    }
    let mut byte = [0];
    while found.len() < most && matches!(decoder.read(&mut byte), Ok(1)) {
        found.push(byte[0]);
    }
    found
}

/// `skip` bytes stand before the five that say how; then comes, in files of its own, the size.
fn lzma(mut input: Counted, skip: usize, most: u64) -> io::Result<Box<dyn Read + Send>> {
    let mut header = [0; 13];
    let length = if skip == 0 { 13 } else { skip + 5 };
    input.read_exact(&mut header[..length])?;
    let dictionary = u32::from_le_bytes([header[skip + 1], header[skip + 2], header[skip + 3], header[skip + 4]]);
    let size =
        if skip == 0 { header.last_chunk().map_or(u64::MAX, |size| u64::from_le_bytes(*size)) } else { u64::MAX };
    let dictionary = self::dictionary(dictionary, most);
    let taken = Arc::clone(&input.taken);
    let mut reader = lzma_rust2::LzmaReader::new_with_props(input, size, header[skip], dictionary, None)?;
    // A stream that states its size may have an end marker too, which is part of it.
    reader.set_relaxed_end_condition(size == u64::MAX);
    Ok(Box::new(Lzma { reader: Some(reader), taken }))
}

/// A stream of LZMA that gives back at its end what it read ahead, so that what follows is seen.
struct Lzma {
    /// `None` behind the end.
    reader: Option<lzma_rust2::LzmaReader<Counted>>,
    taken: Arc<AtomicU64>,
}

impl Read for Lzma {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let Some(reader) = &mut self.reader else { return Ok(0) };
        let count = reader.read(into)?;
        if count == 0
            && !into.is_empty()
            && let Some(reader) = self.reader.take()
        {
            let (_, unused) = reader.into_parts();
            self.taken.fetch_sub(unused.len() as u64, Ordering::Relaxed);
        }
        Ok(count)
    }
}

struct Counted {
    from: WindowReader,
    taken: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(into)?;
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl BufRead for Counted {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.from.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.taken.fetch_add(count as u64, Ordering::Relaxed);
        self.from.consume(count);
    }
}
