//! Formats that hold values and no code: MessagePack, UBJSON, MATLAB's. What is asked of them is whether they are whole, and
//! whether a value of theirs is a pickle.
//!
//! Comes in: a window. Goes out: damage, and the pickles among the values to `content`. Called by `content`. The walks
//! take time linear in the bytes they look at, none of which they keep.

mod matlab;
mod msgpack;
mod ubjson;

use std::io::{self, Read as _};

use super::Examination;
use crate::bytes::{Window, WindowReader};
use crate::fact::artifact::{ByteRegion, Format, GapKind};

pub(super) use matlab::is_matlab;

/// Why a walk ended before the end.
#[derive(Debug)]
enum Fault {
    /// What is wrong with the value that starts at the offset.
    Damaged(u64, &'static str),
    /// More bytes than are looked at.
    Limit,
    /// What the system says.
    Unreadable(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Unreadable(error)
    }
}

/// Looks at the whole of `content`, which is of `format`.
pub(super) fn examine(format: Format, content: &Window, x: &mut Examination<'_>) {
    let mut values = Values { reader: content.reader(), content, left: x.limits.max_member_bytes };
    let walked = match format {
        Format::MessagePack => msgpack::walk(&mut values, x),
        Format::Ubjson => ubjson::walk(&mut values),
        _ => matlab::walk(&mut values, x),
    };
    match walked {
        Ok(()) => {}
        Err(Fault::Damaged(at, what)) => x.gap(GapKind::Damaged, ByteRegion::new(at, content.len()), what),
        Err(Fault::Limit) => {
            let limit = x.limits.max_member_bytes;
            x.limit_once("max-member-bytes", limit, "values further behind were not looked at");
        }
        Err(Fault::Unreadable(error)) => x.unreadable(&error),
    }
}

const ENDS_EARLY: &str = "the file ends inside of a value";

/// The bytes of a file, value by value.
struct Values<'w> {
    content: &'w Window,
    reader: WindowReader,
    /// How many more bytes of tags, numbers and names are looked at; contents that are skipped do not count.
    left: u64,
}

impl Values<'_> {
    fn at(&self) -> u64 {
        self.reader.position()
    }

    fn is_at_end(&self) -> bool {
        self.reader.remaining() == 0
    }

    /// The next `N` bytes.
    fn take<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let at = self.at();
        if self.reader.remaining() < N as u64 {
            return Err(Fault::Damaged(at, ENDS_EARLY));
        }
        self.left = self.left.checked_sub(N as u64).ok_or(Fault::Limit)?;
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    /// The number in the next `bytes` (at most eight) bytes, the highest first.
    fn big_endian(&mut self, bytes: u32) -> Result<u64, Fault> {
        (0..bytes).try_fold(0, |number, _| Ok(number << 8 | u64::from(self.take::<1>()?[0])))
    }

    /// Goes on behind the next `count` bytes; where they are.
    fn skip(&mut self, count: u64) -> Result<Window, Fault> {
        let at = self.at();
        if self.reader.remaining() < count {
            return Err(Fault::Damaged(at, ENDS_EARLY));
        }
        self.reader.skip(count);
        Ok(self.content.part(at, count))
    }
}

#[cfg(test)]
fn look(name: &str, bytes: Vec<u8>) -> crate::fact::artifact::ArtifactFacts {
    use crate::limits::Limits;
    super::examine(&bytes.into(), name, &Limits::default(), super::Detail::Findings)
}

/// Holds that `whole` is quiet and of `format`, and that it is damaged wherever it is cut from byte `from` on, but where
/// a file may end.
#[cfg(test)]
fn assert_cuts_are_told(name: &str, whole: &[u8], format: Format, from: usize, may_end: &[usize]) {
    let found = look(name, whole.to_vec());
    assert_eq!((found.format, found.gaps.len(), found.facts.len()), (format, 0, 0), "{found:?}");
    for end in (from..whole.len()).filter(|end| !may_end.contains(end)) {
        assert_eq!(look(name, whole[..end].to_vec()).gaps.len(), 1, "cut at {end}");
    }
}
