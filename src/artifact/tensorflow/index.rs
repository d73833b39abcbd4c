//! The index of a TensorFlow checkpoint (`variables.index`): a sorted table of tensors' names and of where their bytes are.
//!
//! Comes in: a file by its name. Goes out: a gap if the table is damaged, and the files beside it that hold the bytes.
//! Called by `content`. Source: TensorFlow 2.21 `tensorflow/core/lib/io/format.h`, `block_builder.cc`,
//! `tensorflow/core/protobuf/tensor_bundle.proto`.

use std::collections::BTreeMap;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, CompanionSum, GapKind};

use super::super::Examination;
use super::super::protobuf::{Message, Value, varint};
use super::super::sniff::file_name;

/// The last bytes of a table.
const MAGIC: [u8; 8] = 0xDB47_7524_8B80_FB57_u64.to_le_bytes();
const FOOTER_BYTES: usize = 48;
/// Behind each block: how it is compressed, and its checksum.
const TRAILER_BYTES: usize = 5;

/// Whether a file of this name is one: other programs have an `.index` too.
fn is_one(name: &str) -> bool {
    let file = file_name(name);
    file.strip_suffix(".index").is_some_and(|stem| stem == "variables" || stem.contains("ckpt"))
}

/// Looks at `content`, if it is called like an index.
pub(in crate::artifact) fn examine(content: &Window, x: &mut Examination<'_>) {
    if !is_one(x.name()) {
        return;
    }
    let limit = x.limits.max_text_bytes;
    if content.len() > limit {
        return x.limit_once("max-text-bytes", limit, "the index of a checkpoint was not read");
    }
    let bytes = match content.read(0, usize::try_from(limit).unwrap_or(usize::MAX)) {
        Ok(bytes) => bytes,
        Err(error) => return x.unreadable(&error),
    };
    match bundle(&bytes) {
        Ok(bundle) => {
            let stem = file_name(x.name()).trim_end_matches(".index").to_owned();
            let path = |shard: u64| format!("{stem}.data-{shard:05}-of-{:05}", bundle.count);
            for (shard, least_bytes) in &bundle.shards {
                let path = path(*shard);
                // A SavedModel's is in its folder; others are copied, as configurations are.
                if stem != "variables" {
                    x.beside_some(&path);
                }
                x.beside(&path, *least_bytes);
            }
            for Sum { shard, offset, bytes, crc32c } in bundle.sums {
                x.beside_summed(CompanionSum { path: path(shard), offset, bytes, crc32c });
            }
        }
        Err(Fault { kind, message }) => {
            let message = format!("the index of a checkpoint {message}");
            x.gap(kind, ByteRegion::new(0, content.len()), message);
        }
    }
}

/// Why a table cannot be read.
#[derive(Debug)]
struct Fault {
    kind: GapKind,
    message: &'static str,
}

fn damaged(message: &'static str) -> Fault {
    Fault { kind: GapKind::Damaged, message }
}

/// Checksums of larger tensors are not looked at, as large ones of zip members are not, nor of more bytes together.
const MOST_SUMMED: u64 = 2 << 20;
const MOST_SUMMED_TOGETHER: u64 = 4 << 20;

/// The checksum of a tensor.
struct Sum {
    shard: u64,
    offset: u64,
    bytes: usize,
    crc32c: u32,
}

/// What an index says of the files with the tensors' bytes.
struct Bundle {
    /// How many there are.
    count: u64,
    /// The number of each that holds a tensor, and how many bytes it has at least.
    shards: BTreeMap<u64, u64>,
    sums: Vec<Sum>,
    /// How many bytes have these.
    summed: u64,
}

fn bundle(table: &[u8]) -> Result<Bundle, Fault> {
    let mut bundle = Bundle { count: 1, shards: BTreeMap::new(), sums: Vec::new(), summed: 0 };
    let mut read_to = 0;
    for handle in entries(block(table, index_handle(table)?)?) {
        let (_, handle) = handle?;
        let (handle, _) = Handle::read(handle).ok_or(damaged("has a block without a place"))?;
        // Each block once: they are written in order.
        if handle.start < read_to {
            return Err(damaged("has blocks that overlap"));
        }
        read_to = handle.start.saturating_add(handle.length);
        for entry in entries(block(table, handle)?) {
            let (key_bytes, value) = entry?;
            bundle.add(key_bytes == 0, value)?;
        }
    }
    bundle.sums.sort_by_key(|sum| sum.shard);
    match bundle.shards.last_key_value() {
        Some((last, _)) if *last >= bundle.count => Err(damaged("names a file beyond their number")),
        _ => Ok(bundle),
    }
}

impl Bundle {
    /// A `BundleHeaderProto` under the empty name, which is the first, a `BundleEntryProto` under each other.
    fn add(&mut self, is_header: bool, value: &[u8]) -> Result<(), Fault> {
        let (mut shard, mut offset, mut size, mut is_plain) = (0, 0, 0, true);
        for field in Message::new(&Window::from(value.to_vec())).fields() {
            let field = field.map_err(|_| damaged("has an entry that is no message"))?;
            match (is_header, field.number, field.value) {
                (true, 1, Value::Number(count)) => self.count = count,
                (false, 1, Value::Number(kind)) => is_plain &= !NOT_PLAIN.contains(&kind),
                (false, 7, _) => is_plain = false,
                (false, 3, Value::Number(number)) => shard = number,
                (false, 4, Value::Number(number)) => offset = number,
                (false, 5, Value::Number(number)) => size = number,
                _ => {}
            }
        }
        if !is_header && size > 0 {
            let least = self.shards.entry(shard).or_insert(0);
            *least = offset.saturating_add(size).max(*least);
            let sum = sum(value).filter(|_| is_plain && size <= MOST_SUMMED);
            if let (Some(crc32c), Ok(bytes)) = (sum, usize::try_from(size))
                && self.summed + size <= MOST_SUMMED_TOGETHER
            {
                self.summed += size;
                self.sums.push(Sum { shard, offset, bytes, crc32c });
            }
        }
        Ok(())
    }
}

/// Types of elements whose bytes are not all that the checksum is of: texts, and what holds others.
const NOT_PLAIN: [u64; 3] = [7, 20, 21];

/// The checksum in an entry, whose last field it is.
fn sum(entry: &[u8]) -> Option<u32> {
    let [.., 0x35, a, b, c, d] = entry else { return None };
    Some(unmasked(u32::from_le_bytes([*a, *b, *c, *d])))
}

/// Where a block is.
#[derive(Clone, Copy)]
struct Handle {
    start: u64,
    length: u64,
}

impl Handle {
    /// The handle that `bytes` start with, and what follows.
    fn read(bytes: &[u8]) -> Option<(Self, &[u8])> {
        let (start, rest) = number(bytes)?;
        let (length, rest) = number(rest)?;
        Some((Self { start, length }, rest))
    }
}

fn number(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let (number, length) = varint(bytes)?;
    Some((number, bytes.get(length..)?))
}

/// Where the block is that tells of the others.
fn index_handle(table: &[u8]) -> Result<Handle, Fault> {
    let footer = table.len().checked_sub(FOOTER_BYTES).and_then(|at| table.get(at..));
    let handles = footer.and_then(|footer| footer.strip_suffix(&MAGIC)).ok_or(damaged("has no end"))?;
    let index = Handle::read(handles).and_then(|(_, rest)| Handle::read(rest));
    index.map(|(index, _)| index).ok_or(damaged("does not say where its blocks are"))
}

/// The content of a block.
fn block(table: &[u8], handle: Handle) -> Result<&[u8], Fault> {
    let range = usize::try_from(handle.start).ok().zip(usize::try_from(handle.length).ok());
    let range = range.and_then(|(start, length)| {
        let end = start.checked_add(length)?;
        Some((start..end, end..end.checked_add(TRAILER_BYTES)?, start..end.checked_add(1)?))
    });
    let outside = damaged("has a block that lies outside of it");
    let Some((block, trailer, summed)) = range else { return Err(outside) };
    let (Some(block), Some([compression, sum @ ..]), Some(summed)) =
        (table.get(block), table.get(trailer), table.get(summed))
    else {
        return Err(outside);
    };
    if sum != masked(crc32c(summed)).to_le_bytes() {
        return Err(damaged("has a block with another checksum"));
    }
    match compression {
        0 => Ok(block),
        _ => Err(Fault { kind: GapKind::Closed, message: "is compressed, as TensorFlow does not write it" }),
    }
}

/// How long the key of each entry of a block is, and its value.
fn entries(block: &[u8]) -> impl Iterator<Item = Result<(u64, &[u8]), Fault>> {
    let restarts = block.last_chunk().map_or(0, |count| u32::from_le_bytes(*count) as usize);
    let end = restarts.checked_mul(4).and_then(|bytes| block.len().checked_sub(bytes.checked_add(4)?));
    let mut rest = end.map(|end| &block[..end]);
    std::iter::from_fn(move || match rest {
        Some([]) => None,
        Some(bytes) => {
            let entry = entry(bytes);
            rest = entry.map(|(_, _, rest)| rest).or(Some(&[]));
            Some(entry.map(|(key, value, _)| (key, value)).ok_or(damaged("has an entry that breaks off")))
        }
        None => {
            rest = Some(&[]);
            Some(Err(damaged("has a block that breaks off")))
        }
    })
}

/// How long its key is, its value, and what follows it. A key is written without what it shares with the one before.
fn entry(bytes: &[u8]) -> Option<(u64, &[u8], &[u8])> {
    let (shared, rest) = number(bytes)?;
    let (own, rest) = number(rest)?;
    let (length, rest) = number(rest)?;
    let rest = rest.get(usize::try_from(own).ok()?..)?;
    let (value, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    Some((shared.checked_add(own)?, value, rest))
}

/// CRC-32C, of Castagnoli: RFC 3720, appendix B.4.
pub fn crc32c(bytes: &[u8]) -> u32 {
    const REMAINDERS: [u32; 256] = remainders();
    !bytes.iter().fold(!0, |sum, byte| (sum >> 8) ^ REMAINDERS[(sum as u8 ^ byte) as usize])
}

const fn remainders() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            remainder = (remainder >> 1) ^ if remainder & 1 == 1 { 0x82F6_3B78 } else { 0 };
            bit += 1;
        }
        table[byte] = remainder;
        byte += 1;
    }
    table
}

fn unmasked(sum: u32) -> u32 {
    sum.wrapping_sub(0xA282_EAD8).rotate_left(15)
}

/// Checksums are stored so that a checksum of checksums is not special.
fn masked(sum: u32) -> u32 {
    sum.rotate_right(15).wrapping_add(0xA282_EAD8)
}

#[cfg(test)]
mod tests {
    use super::super::super::protobuf::build::number;
    use super::*;
    use crate::artifact::{Detail, examine};
    use crate::fact::artifact::ArtifactFacts;
    use crate::limits::Limits;

    /// A block of entries that share nothing, and its trailer.
    fn block(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (key, value) in entries {
            bytes.extend([0, key.len() as u8, value.len() as u8]);
            bytes.extend(key.bytes().chain(value.iter().copied()));
        }
        bytes.extend([0, 0, 0, 0, 1, 0, 0, 0]);
        bytes.push(0);
        bytes.extend(masked(crc32c(&bytes)).to_le_bytes());
        bytes
    }

    fn handle(start: usize, block: &[u8]) -> Vec<u8> {
        vec![start as u8, (block.len() - TRAILER_BYTES) as u8]
    }

    /// A table of these blocks.
    fn table(blocks: &[Vec<u8>]) -> Vec<u8> {
        let starts = blocks.iter().scan(0, |end, block| {
            *end += block.len();
            Some(*end - block.len())
        });
        let handles: Vec<_> = starts.zip(blocks).map(|(start, block)| ("z", handle(start, block))).collect();
        with_index(blocks.concat(), &block(&handles))
    }

    /// The blocks, the one that tells of them, and the end.
    fn with_index(mut bytes: Vec<u8>, index: &[u8]) -> Vec<u8> {
        let mut footer = [vec![0, 0], handle(bytes.len(), index)].concat();
        footer.resize(FOOTER_BYTES - MAGIC.len(), 0);
        assert!(bytes.len() < 128 && index.len() < 128, "places are written as one byte");
        bytes.extend(index.iter().chain(&footer).chain(&MAGIC));
        bytes
    }

    fn entry(shard: u64, offset: u64, size: u64) -> Vec<u8> {
        [number(1, 1), number(3, shard), number(4, offset), number(5, size)].concat()
    }

    fn look(name: &str, bytes: &[u8]) -> ArtifactFacts {
        examine(&bytes.to_vec().into(), name, &Limits::default(), Detail::Findings)
    }

    fn faults(bytes: &[u8]) -> Vec<String> {
        look("variables.index", bytes).gaps.into_iter().map(|gap| gap.message).collect()
    }

    #[test]
    fn the_index_of_a_checkpoint_names_the_files_with_its_bytes() {
        let header = ("", number(1, 2));
        let blocks =
            [block(&[header, ("a", entry(0, 0, 40))]), block(&[("b", entry(1, 8, 4)), ("c", entry(0, 40, 2))])];
        let found = look("run/model.ckpt-10.index", &table(&blocks));
        assert!(found.gaps.is_empty(), "{:?}", found.gaps);
        let expected = [("model.ckpt-10.data-00000-of-00002", 42), ("model.ckpt-10.data-00001-of-00002", 12)];
        assert_eq!(found.companions.files, expected.map(|(name, bytes)| (name.to_owned(), bytes)).into());
    }

    #[test]
    fn checksums_of_plain_tensors_are_noted() {
        let of = |kind: u64, shard: u64, size: u64, more: &[u8]| {
            let sum = [&[6 << 3 | 5][..], &masked(crc32c(b"abcd")).to_le_bytes()].concat();
            [number(1, kind), number(3, shard), number(4, 8), number(5, size), more.to_vec(), sum].concat()
        };
        let sums = |entries: &[(&str, Vec<u8>)]| {
            let header = ("", number(1, 2));
            let found = look("variables.index", &table(&[block(&[&[header], entries].concat())]));
            assert!(found.gaps.is_empty(), "{:?}", found.gaps);
            found.companions.sums
        };
        let path = |shard: u64| format!("variables.data-{shard:05}-of-00002");
        let sum = |shard| CompanionSum { path: path(shard), offset: 8, bytes: 4, crc32c: crc32c(b"abcd") };
        assert_eq!(sums(&[("a", of(1, 1, 4, b"")), ("b", of(1, 0, 4, b""))]), [sum(0), sum(1)]);
        // Texts, slices and large ones.
        let slice = super::super::super::protobuf::build::bytes(7, "");
        assert_eq!(sums(&[("a", of(7, 0, 4, b"")), ("b", of(1, 0, 4, &slice)), ("c", of(1, 0, 9 << 20, b""))]), []);
    }

    #[test]
    fn a_damaged_index_is_told() {
        let good = table(&[block(&[("", number(1, 1)), ("a", entry(0, 0, 40))])]);
        assert!(faults(&good).is_empty());
        let without = |text: &str| vec![format!("the index of a checkpoint {text}")];
        for cut in [0, 10, good.len() - 1] {
            assert_eq!(faults(&good[..cut]), without("has no end"));
        }
        for at in 0..good.len() - FOOTER_BYTES {
            let mut flipped = good.clone();
            flipped[at] ^= 1;
            assert_eq!(faults(&flipped), without("has a block with another checksum"), "{at}");
        }
        let beyond = table(&[block(&[("", number(1, 1)), ("a", entry(1, 0, 40))])]);
        assert_eq!(faults(&beyond), without("names a file beyond their number"));
        let outside = [&[0, 0, 100, 100][..], &[0; 36], &MAGIC].concat();
        assert_eq!(faults(&outside), without("has a block that lies outside of it"));
        let first = block(&[("a", entry(0, 0, 40))]);
        let twice = block(&[("y", handle(0, &first)), ("z", handle(0, &first))]);
        assert_eq!(faults(&with_index(first, &twice)), without("has blocks that overlap"));
        // Another program's.
        assert!(look("faiss.index", &good[..40]).gaps.is_empty());
    }

    /// RFC 3720, appendix B.4.
    #[test]
    fn the_checksum_is_that_of_the_standard() {
        assert_eq!(crc32c(&[0; 32]), 0x8A91_36AA);
        assert_eq!(crc32c(&[0xFF; 32]), 0x62A8_AB43);
        assert_eq!(crc32c(&(0..32).collect::<Vec<u8>>()), 0x46DD_794E);
    }
}
