//! PyTorch before 0.1.10: a tar file of `sys_info`, `pickle`, `storages` and `tensors`.
//!
//! `torch.load` still reads it. `storages` and `tensors` hold pickles with numbers between them, which are skipped here as
//! there, so that a pickle behind them is found and numbers are not taken for one.

use std::io;

use crate::bytes::{Bytes, Window};
use crate::fact::artifact::{ByteRegion, Format, GapKind};

use super::super::{pickle, structure};
use super::{Entry, Examination, each};

/// Whether the names are those of such a file.
pub(super) fn is_torch_tar(entries: &[Entry]) -> bool {
    let has = |name: &&&str| entries.iter().any(|entry| base(entry) == **name);
    ["storages", "tensors", "pickle", "sys_info"].iter().filter(has).count() > 1
}

fn base(entry: &Entry) -> &str {
    entry.name.trim_start_matches("./")
}

/// Looks at each entry.
pub(super) fn examine(entries: &[Entry], x: &mut Examination<'_>) {
    x.is_of(Format::TorchTar);
    for entry in entries {
        let skip = match base(entry) {
            "storages" => storage_bytes,
            "tensors" => tensor_bytes,
            _ => {
                each([entry], x);
                continue;
            }
        };
        x.inside(&entry.name, |x| {
            if let Some(content) = entry.open(x) {
                pickles(&content, skip, x);
            }
        });
    }
    for name in ["storages", "tensors", "pickle"] {
        if !entries.iter().any(|entry| base(entry) == name) {
            x.gap(GapKind::Damaged, ByteRegion::default(), format!("an old checkpoint without its `{name}`"));
        }
    }
}

/// Numbers behind a pickle: how many bytes, from the pickle and the bytes behind it. `None` if they are cut.
type Skip = fn(pickle: &[u8], rest: &Window) -> Option<u64>;

/// A pickle is at most so long; real ones have a hundred bytes.
const MOST_PICKLE_BYTES: usize = 1 << 20;

/// Looks at the count, then at each pickle and skips what follows it.
fn pickles(content: &Window, skip: Skip, x: &mut Examination<'_>) {
    x.member_is(Format::Pickle, content.len(), content.len());
    let mut at = 0;
    // The first pickle says how many follow; behind those storages stands a last one, of views, without numbers.
    let mut left = None;
    let mut reader = Ahead { content, start: None, bytes: Bytes::default() };
    while at < content.len() {
        let bytes = match reader.pickle_at(at) {
            Ok(bytes) => bytes,
            Err(error) => return x.unreadable(&error),
        };
        let length = bytes.len();
        if length == 0 || x.operations_left() == 0 {
            // Broken, or longer than any real one: whoever reads pickles says what there is.
            return pickle::examine(&content.tail(at), x);
        }
        pickle::examine(&content.part(at, length as u64), x);
        let behind = at + length as u64;
        let skipped = match left {
            None | Some(0) => Some(0),
            Some(_) => skip(bytes, &content.tail(behind)),
        };
        let Some(skipped) = skipped else {
            let region = ByteRegion::new(behind, content.len());
            return x.gap(GapKind::Damaged, region, "the file ends within its numbers");
        };
        left = Some(left.map_or_else(|| count(bytes), |left: u64| left.saturating_sub(1)));
        at = behind.saturating_add(skipped);
    }
    if left.is_none_or(|left| left > 0) {
        x.gap(GapKind::Damaged, ByteRegion::new(at, content.len()), "the file has fewer entries than it announces");
    }
}

/// Reads many small pickles that follow one another with few reads.
struct Ahead<'w> {
    content: &'w Window,
    /// Where `bytes` start in it, once some were read.
    start: Option<u64>,
    bytes: Bytes<'w>,
}

impl Ahead<'_> {
    /// The pickle that starts at `at`; empty if it comes to no end in as many bytes as real ones have.
    fn pickle_at(&mut self, at: u64) -> io::Result<&[u8]> {
        if self.length_of_pickle_at(at).is_none() && self.start != Some(at) {
            self.bytes = self.content.read(at, MOST_PICKLE_BYTES)?;
            self.start = Some(at);
        }
        let length = self.length_of_pickle_at(at).unwrap_or(0);
        Ok(self.from(at).get(..length).unwrap_or_default())
    }

    fn length_of_pickle_at(&self, at: u64) -> Option<usize> {
        structure::pickle_length(self.from(at))
    }

    /// The bytes from `at` on that were read already.
    fn from(&self, at: u64) -> &[u8] {
        let skipped = self.start.and_then(|start| usize::try_from(at.checked_sub(start)?).ok());
        skipped.and_then(|skipped| self.bytes.get(skipped..)).unwrap_or_default()
    }
}

/// The number that a pickle is; more than any file has if it is none that is read here.
fn count(pickle: &[u8]) -> u64 {
    let number = match pickle {
        [0x80, _, rest @ ..] => rest,
        rest => rest,
    };
    match number {
        [b'K', low, b'.'] => u64::from(*low),
        [b'M', low, high, b'.'] => u64::from(u16::from_le_bytes([*low, *high])),
        [b'J', a, b, c, d, b'.'] => u64::from(u32::from_le_bytes([*a, *b, *c, *d])),
        [b'I', digits @ .., b'\n', b'.'] => {
            std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).unwrap_or(u64::MAX)
        }
        _ => u64::MAX,
    }
}

/// A count of elements, then the elements.
fn storage_bytes(pickle: &[u8], rest: &Window) -> Option<u64> {
    const WIDTHS: [(&[u8], u64); 9] = [
        (b"DoubleStorage", 8),
        (b"LongStorage", 8),
        (b"FloatStorage", 4),
        (b"IntStorage", 4),
        (b"HalfStorage", 2),
        (b"ShortStorage", 2),
        (b"CharStorage", 1),
        (b"ByteStorage", 1),
        (b"BoolStorage", 1),
    ];
    let width = WIDTHS.iter().find(|(name, _)| memchr::memmem::find(pickle, name).is_some()).map_or(4, |(_, w)| *w);
    let count = rest.read_exact(0, 8).ok()??;
    let count = u64::from_le_bytes(*count.first_chunk()?);
    count.checked_mul(width)?.checked_add(8).filter(|bytes| *bytes <= rest.len())
}

/// Dimensions, four bytes of nothing, sizes, strides, and an offset.
fn tensor_bytes(_pickle: &[u8], rest: &Window) -> Option<u64> {
    let dimensions = rest.read_exact(0, 4).ok()??;
    let dimensions = u64::from(u32::from_le_bytes(*dimensions.first_chunk()?));
    Some(8 + dimensions * 16 + 8).filter(|bytes| *bytes <= rest.len())
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{count, pickles};
    use crate::artifact::examination::{Detail, Examination};
    use crate::bytes::{ReadAt, Window};
    use crate::limits::Limits;

    /// Bytes of a file, and how many of them were read.
    struct Counted(Vec<u8>, AtomicUsize);

    impl ReadAt for Counted {
        fn size(&self) -> u64 {
            self.0.size()
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            let read = self.0.read_at(offset, into)?;
            self.1.fetch_add(read, Ordering::Relaxed);
            Ok(read)
        }
    }

    #[test]
    fn many_small_pickles_are_read_together() {
        let source = Arc::new(Counted([b"K\x00.", &b"N.".repeat(10_000)[..]].concat(), 0.into()));
        let limits = Limits::default();
        let mut x = Examination::new("storages", source.size(), &limits, Detail::Findings);
        pickles(&Window::new(Arc::<Counted>::clone(&source)), |_, _| Some(0), &mut x);
        assert!(source.1.load(Ordering::Relaxed) < 10 * source.0.len());
        assert!(!x.has_gap_here());
    }

    #[test]
    fn numbers_and_entries_that_are_cut_are_told() {
        // Two storages of three bytes each: a count, and the elements.
        let one = [&b"\x80\x02(K\x00U\x0bByteStoraget."[..], &3_u64.to_le_bytes(), &[1, 2, 3]].concat();
        let gaps = |content: &[u8]| {
            let content: Window = content.to_vec().into();
            let limits = Limits::default();
            let mut x = Examination::new("storages", content.len(), &limits, Detail::Findings);
            pickles(&content, super::storage_bytes, &mut x);
            x.finish().gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
        };
        let whole = [b"K\x02.", &one[..], &one].concat();
        assert_eq!(gaps(&whole), [""; 0]);
        assert_eq!(gaps(&whole[..whole.len() - 1]), ["the file ends within its numbers"]);
        assert_eq!(gaps(&whole[..3 + one.len()]), ["the file has fewer entries than it announces"]);
    }

    #[test]
    fn pickles_beyond_the_limit_are_told() {
        let content: Window = [b"K\x00.", &b"N.".repeat(10_000)[..]].concat().into();
        let limits = Limits { max_pickle_operations: 1_000, ..Limits::default() };
        let mut x = Examination::new("storages", content.len(), &limits, Detail::Findings);
        pickles(&content, |_, _| Some(0), &mut x);
        assert!(x.has_gap_here());
    }

    #[test]
    fn counts_are_read_as_every_protocol_writes_them() {
        for (pickle, number) in
            [(&b"\x80\x02K\x03."[..], 3), (b"K\x00.", 0), (b"I12\n.", 12), (b"\x80\x02M\x00\x01.", 256)]
        {
            assert_eq!(count(pickle), number, "{}", pickle.escape_ascii());
        }
        assert_eq!(count(b"\x80\x02]."), u64::MAX);
    }
}
