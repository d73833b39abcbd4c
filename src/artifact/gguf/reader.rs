//! Numbers and texts as the version and byte order of a file have them.

use std::io::Read;

use crate::bytes::{Window, WindowReader};

use super::Fault;

/// llama.cpp takes no longer key.
const MAX_NAME: u64 = 65_535;

/// A file read from front to back.
#[derive(Debug)]
pub(super) struct Reader {
    bytes: WindowReader,
    /// 1, 2 or 3.
    version: u32,
    big_endian: bool,
}

impl Reader {
    /// Reads signature and version.
    pub(super) fn open(content: &Window) -> Result<Self, Fault> {
        let mut bytes = content.reader();
        let mut start = [0; 4];
        bytes.read_exact(&mut start)?;
        if start != *b"GGUF" {
            return Err(Fault::Invalid(0, "a GGUF file by its name, without the signature".into()));
        }
        bytes.read_exact(&mut start)?;
        let version = u32::from_le_bytes(start);
        let big_endian = version.trailing_zeros() >= 16 && version != 0;
        let version = if big_endian { version.swap_bytes() } else { version };
        if !(1..=3).contains(&version) {
            return Err(Fault::Invalid(4, format!("GGUF version {version}")));
        }
        Ok(Self { bytes, version, big_endian })
    }

    pub(super) fn position(&self) -> u64 {
        self.bytes.position()
    }

    pub(super) fn remaining(&self) -> u64 {
        self.bytes.remaining()
    }

    /// An unsigned number of up to eight bytes.
    pub(super) fn number(&mut self, size: usize) -> Result<u64, Fault> {
        let mut bytes = [0; 8];
        self.bytes.read_exact(&mut bytes[..size])?;
        if self.big_endian {
            bytes[..size].reverse();
        }
        Ok(u64::from_le_bytes(bytes))
    }

    /// A count or length: four bytes in the first version, eight later.
    pub(super) fn count(&mut self) -> Result<u64, Fault> {
        self.number(if self.version == 1 { 4 } else { 8 })
    }

    /// The length of something that follows, which must fit in the file.
    pub(super) fn length(&mut self, what: &str) -> Result<u64, Fault> {
        let at = self.position();
        let length = self.count()?;
        if length > self.remaining() {
            return Err(Fault::Invalid(at, format!("{what} of {length} bytes, longer than the file")));
        }
        Ok(length)
    }

    /// A key or a tensor's name.
    pub(super) fn name(&mut self, what: &str) -> Result<String, Fault> {
        let at = self.position();
        let length = self.length(what)?;
        if length > MAX_NAME {
            return Err(Fault::Invalid(at, format!("{what} of {length} bytes")));
        }
        let bytes = self.bytes(length)?;
        String::from_utf8(bytes).map_err(|_| Fault::Invalid(at, format!("{what} that is not UTF-8")))
    }

    /// So many bytes; the caller has checked that there are.
    pub(super) fn bytes(&mut self, length: u64) -> Result<Vec<u8>, Fault> {
        let mut bytes = vec![0; usize::try_from(length).map_err(|_| Fault::EndsEarly)?];
        self.bytes.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    pub(super) fn skip(&mut self, count: u64) -> Result<(), Fault> {
        if self.bytes.skip(count) == count { Ok(()) } else { Err(Fault::EndsEarly) }
    }
}
