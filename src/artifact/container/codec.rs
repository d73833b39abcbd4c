//! Decoders: packed bytes to a stream of unpacked ones. Called by `unpack` for members and by `compressed` for streams.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
}

/// Memory that a decoder may ask for, in KiB and bytes: twice what `xz -9` and `zstd --ultra` need.
const WINDOW_KIB: u32 = 160 << 10;
const WINDOW_BYTES: u64 = 128 << 20;

/// A decoder, and how many packed bytes it has taken.
pub(super) struct Decoder {
    from: Box<dyn Read + Send>,
    taken: Arc<AtomicU64>,
}

impl Decoder {
    /// Decodes `packed`. `most` is how many unpacked bytes will be asked for at most; larger dictionaries are of no use.
    ///
    /// # Errors
    /// A header that the decoder does not understand.
    pub(super) fn new(codec: Codec, packed: &Window, most: u64) -> io::Result<Self> {
        let taken = Arc::new(AtomicU64::new(0));
        let input = Counted { from: packed.reader(), taken: Arc::clone(&taken) };
        let from: Box<dyn Read + Send> = match codec {
            Codec::Gzip => Box::new(Gzip::new(input)?),
            Codec::Zlib => Box::new(flate2::bufread::ZlibDecoder::new(input)),
            Codec::Deflate => Box::new(flate2::bufread::DeflateDecoder::new(input)),
            Codec::Bzip2 => Box::new(bzip2::bufread::BzDecoder::new(input)),
            Codec::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(input, false, WINDOW_KIB)),
            Codec::LzmaAlone => lzma(input, 0, most)?,
            Codec::LzmaZip => lzma(input, 4, most)?,
            Codec::Zstd => {
                let frame = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(input, WINDOW_BYTES);
                Box::new(frame.map_err(io::Error::other)?)
            }
            Codec::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(input)),
        };
        Ok(Self { from, taken })
    }

    /// How many packed bytes were read so far. For xz and LZMA, which read ahead, it may be more than were needed.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }
}

impl Read for Decoder {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.from.read(into)
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
    let dictionary = dictionary.min(u32::try_from(most.max(4096)).unwrap_or(u32::MAX)).min(128 << 20);
    Ok(Box::new(lzma_rust2::LzmaReader::new_with_props(input, size, header[skip], dictionary, None)?))
}

/// One member of a gzip file, read as Python's `gzip` does, which neither looks at the header's checksum nor at flags
/// that mean nothing yet.
struct Gzip {
    data: flate2::bufread::DeflateDecoder<Counted>,
    checksum: crc32fast::Hasher,
    length: u32,
    is_at_end: bool,
}

/// Flags of a gzip header: a checksum of it, further fields, a name, a comment; those that mean nothing.
const HEADER_CHECKSUM: u8 = 2;
const EXTRA: u8 = 4;
const NAME: u8 = 8;
const COMMENT: u8 = 16;
const RESERVED: u8 = 0xE0;

impl Gzip {
    fn new(mut input: Counted) -> io::Result<Self> {
        skip_gzip_header(&mut input)?;
        let data = flate2::bufread::DeflateDecoder::new(input);
        Ok(Self { data, checksum: crc32fast::Hasher::new(), length: 0, is_at_end: false })
    }

    fn check(&mut self) -> io::Result<()> {
        let mut trailer = [0; 8];
        self.data.get_mut().read_exact(&mut trailer).map_err(|_| cut("the gzip stream ends before its checksum"))?;
        let [a, b, c, d, length @ ..] = trailer;
        let checksum = self.checksum.clone().finalize();
        if u32::from_le_bytes([a, b, c, d]) == checksum && u32::from_le_bytes(length) == self.length {
            return Ok(());
        }
        let fault = "the checksum of the gzip stream is not that of its content";
        Err(io::Error::new(io::ErrorKind::InvalidData, fault))
    }
}

impl Read for Gzip {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.data.read(into)?;
        self.checksum.update(&into[..count]);
        self.length = self.length.wrapping_add(count as u32);
        if count == 0 && !into.is_empty() && !std::mem::replace(&mut self.is_at_end, true) {
            self.check()?;
        }
        Ok(count)
    }
}

fn cut(fault: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, fault)
}

/// Reads up to the data.
fn skip_gzip_header(input: &mut impl BufRead) -> io::Result<()> {
    let ends = |_| cut("the gzip header ends early");
    let mut fixed = [0; 10];
    input.read_exact(&mut fixed).map_err(ends)?;
    let flags = fixed[3];
    if flags & EXTRA != 0 {
        let mut length = [0; 2];
        input.read_exact(&mut length).map_err(ends)?;
        let length = u64::from(u16::from_le_bytes(length));
        io::copy(&mut input.take(length), &mut io::sink())?;
    }
    for text in [NAME, COMMENT] {
        if flags & text != 0 {
            input.skip_until(0)?;
        }
    }
    if flags & HEADER_CHECKSUM != 0 {
        input.read_exact(&mut [0; 2]).map_err(ends)?;
    }
    Ok(())
}

/// What is wrong with the header of a gzip file that Python reads all the same and others do not.
pub(super) fn gzip_oddity(packed: &Window) -> Option<&'static str> {
    const MOST: usize = 256 << 10;
    let fixed = packed.read_exact(0, 10).ok()??;
    let flags = fixed[3];
    if flags & RESERVED != 0 {
        return Some("a gzip header with flags that mean nothing, at which some readers stop and Python's does not");
    }
    if flags & HEADER_CHECKSUM == 0 {
        return None;
    }
    let head = packed.read(0, MOST).ok()?;
    let mut rest = &head[..];
    skip_gzip_header(&mut rest).ok()?;
    let (header, stated) = head[..head.len() - rest.len()].split_last_chunk::<2>()?;
    let is_right = crc32fast::hash(header) as u16 == u16::from_le_bytes(*stated);
    let fault = "a gzip header with a wrong checksum, at which some readers stop and Python's does not";
    (!is_right).then_some(fault)
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
