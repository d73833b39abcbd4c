//! Decoders one behind the other, as 7z archives apply them: a compression, and filters that prepared its input.
//!
//! Comes in: the packed bytes as a stream. Goes out: the unpacked ones. Called by `codec`.

use std::io::{self, BufReader, Read};

use lzma_rust2::filter::bcj::BcjReader;
use lzma_rust2::filter::delta::DeltaReader;
use lzma_rust2::{Lzma2Reader, LzmaReader};

use super::codec::{dictionary, zstd};

/// Longer chains are no archiver's.
pub(super) const MOST_LINKS: usize = 4;

/// Up to [`MOST_LINKS`] decoders, the first of which reads the packed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain {
    links: [Option<Link>; MOST_LINKS],
}

/// A decoder, and how many bytes come out of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) method: Method,
    pub(super) bytes: u64,
}

/// What a decoder undoes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Method {
    Copy,
    /// With the byte of its three numbers.
    Lzma {
        properties: u8,
        dictionary: u32,
    },
    Lzma2 {
        dictionary: u32,
    },
    Deflate,
    Bzip2,
    Zstd,
    Lz4,
    /// Differences to the byte so far before.
    Delta {
        distance: u8,
    },
    /// Addresses of jumps made absolute.
    Jumps(Machine),
}

/// Whose jumps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Machine {
    X86,
    PowerPc,
    Ia64,
    Arm,
    ArmThumb,
    Sparc,
    Arm64,
    RiscV,
}

impl Chain {
    /// `None` if there are none or too many.
    pub(super) fn new(links: &[Link]) -> Option<Self> {
        let mut all = [None; MOST_LINKS];
        all.iter_mut().zip(links).for_each(|(place, link)| *place = Some(*link));
        (1..=MOST_LINKS).contains(&links.len()).then_some(Self { links: all })
    }

    /// Whether what comes out is what goes in.
    pub(super) fn is_copy(&self) -> bool {
        self.links.iter().flatten().all(|link| link.method == Method::Copy)
    }

    /// The unpacked bytes of `packed`, of which at most `most` will be read.
    ///
    /// # Errors
    /// A decoder that does not understand its settings or its first bytes.
    pub(super) fn decode(&self, packed: Box<dyn Read + Send>, most: u64) -> io::Result<Box<dyn Read + Send>> {
        let mut from = packed;
        for link in self.links.iter().flatten() {
            let dictionary = |stated| dictionary(stated, most.min(link.bytes));
            let decoded: Box<dyn Read + Send> = match link.method {
                Method::Copy => from,
                Method::Lzma { properties, dictionary: bytes } => {
                    Box::new(LzmaReader::new_with_props(from, link.bytes, properties, dictionary(bytes), None)?)
                }
                Method::Lzma2 { dictionary: bytes } => Box::new(Lzma2Reader::new(from, dictionary(bytes), None)),
                Method::Deflate => Box::new(flate2::read::DeflateDecoder::new(from)),
                Method::Bzip2 => Box::new(bzip2::read::MultiBzDecoder::new(from)),
                Method::Zstd => zstd(BufReader::new(from))?,
                Method::Lz4 => Box::new(lz4_flex::frame::FrameDecoder::new(from)),
                Method::Delta { distance } => Box::new(DeltaReader::new(from, usize::from(distance) + 1)),
                Method::Jumps(machine) => Box::new(jumps(machine, from)),
            };
            from = Box::new(decoded.take(link.bytes));
        }
        Ok(from)
    }
}

fn jumps(machine: Machine, from: Box<dyn Read + Send>) -> BcjReader<Box<dyn Read + Send>> {
    match machine {
        Machine::X86 => BcjReader::new_x86(from, 0),
        Machine::PowerPc => BcjReader::new_ppc(from, 0),
        Machine::Ia64 => BcjReader::new_ia64(from, 0),
        Machine::Arm => BcjReader::new_arm(from, 0),
        Machine::ArmThumb => BcjReader::new_arm_thumb(from, 0),
        Machine::Sparc => BcjReader::new_sparc(from, 0),
        Machine::Arm64 => BcjReader::new_arm64(from, 0),
        Machine::RiscV => BcjReader::new_riscv(from, 0),
    }
}
