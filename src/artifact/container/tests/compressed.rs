use std::io::Write;

use super::write::{Member, deflated, tar, tar_member, zip};
use super::{CALL, EMPTY, assert_quiet, calls, examined, kinds};
use crate::artifact::{Detail, examine};
use crate::fact::artifact::{Format, GapKind, ObservationKind as Kind};
use crate::limits::Limits;

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn zlib(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::best());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn lz4(content: &[u8]) -> Vec<u8> {
    let mut encoder = lz4_flex::frame::FrameEncoder::new(Vec::new());
    encoder.write_all(content).expect("memory");
    encoder.finish().expect("memory")
}

fn zstd(content: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(content, ruzstd::encoding::CompressionLevel::Fastest)
}

/// joblib before 0.10.
fn old_joblib(content: &[u8]) -> Vec<u8> {
    [format!("ZF{:<19}", format!("{:#x}", content.len())).into_bytes(), zlib(content)].concat()
}

type Pack = fn(&[u8]) -> Vec<u8>;

const PACKERS: [Pack; 6] = [gzip, zlib, bzip2, lz4, zstd, old_joblib];

#[test]
fn an_old_joblib_file_of_another_length_is_damaged() {
    let whole = old_joblib(EMPTY);
    assert_quiet("as written", &examined(whole.clone(), "a.joblib"));
    for digit in [b'f', b'z'] {
        let mut other = whole.clone();
        other[4] = digit;
        let facts = examined(other, "a.joblib");
        assert_eq!(facts.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged], "{digit}");
    }
}

#[test]
fn each_compression_is_unpacked_whatever_the_name() {
    for (index, pack) in PACKERS.iter().enumerate() {
        for name in ["model.pkl", "model.joblib", "model"] {
            let facts = examined(pack(CALL), name);
            assert_eq!((facts.format, calls(&facts)), (Format::Compressed, 1), "{index} {name}");
        }
        assert_quiet("harmless", &examined(pack(EMPTY), "model.pkl"));
    }
}

#[test]
fn compressions_inside_compressions_are_unpacked() {
    let mut packed = CALL.to_vec();
    for pack in [gzip, bzip2, lz4, zstd, zlib] {
        packed = pack(&packed);
    }
    assert_eq!(calls(&examined(packed.clone(), "model")), 1);
    for _ in 0..8 {
        packed = gzip(&packed);
    }
    let facts = examined(packed, "model");
    assert!(facts.gaps.iter().any(|gap| gap.message.contains("max-artifact-depth")), "{:?}", facts.gaps);
}

#[test]
fn a_second_stream_and_what_is_none_are_read() {
    // Python's reader of bzip2 passes over what follows; the others stop.
    for (pack, is_damage) in [(gzip as Pack, true), (bzip2, false), (lz4, true), (zstd, true)] {
        // One file in two streams.
        let (start, end) = CALL.split_at(20);
        assert_eq!(calls(&examined([pack(start), pack(end)].concat(), "model.pkl")), 1);
        let facts = examined([pack(EMPTY), CALL.to_vec()].concat(), "model.pkl");
        let told = kinds(&facts).contains(&Kind::TrailingBytes);
        let damage = facts.gaps.iter().any(|gap| gap.message.ends_with("where readers fail"));
        assert_eq!((told, damage, calls(&facts)), (!is_damage, is_damage, 1));
    }
    assert_quiet("zeros", &examined([gzip(EMPTY), vec![0; 100]].concat(), "model.pkl"));
}

#[test]
fn a_stream_that_breaks_off_is_damaged_and_its_start_is_read() {
    let noise: Vec<u8> = (0..20_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let content = [CALL, &noise].concat();
    for pack in [gzip, zlib] {
        let packed = pack(&content);
        let facts = examined(packed[..packed.len() / 2].to_vec(), "model.pkl");
        assert_eq!(calls(&facts), 1);
        assert!(facts.gaps.iter().any(|gap| gap.kind == GapKind::Damaged));
    }
    for pack in [bzip2, lz4] {
        let packed = pack(&content);
        let facts = examined(packed[..packed.len() / 2].to_vec(), "model.pkl");
        assert!(facts.gaps.iter().any(|gap| gap.kind == GapKind::Damaged));
    }
}

#[test]
fn a_bomb_meets_a_limit() {
    let zeros = vec![0; 40 << 20];
    for packed in [gzip(&zeros), gzip(&gzip(&zeros))] {
        let facts = examined(packed, "zeros.gz");
        assert!(facts.gaps.iter().any(|gap| gap.message.contains("max-unpack-ratio")), "{:?}", facts.gaps);
    }
}

/// pandas calls the member of a packed tar file as the file itself.
#[test]
fn a_member_may_have_the_name_of_its_file_and_is_read_all_the_same() {
    let packed = |name: &str, content: &[u8]| gzip(&tar(&[tar_member(name, b'0', "", content)]));
    assert_quiet("pandas", &examined(packed("frame.pkl.tar.gz", EMPTY), "data/frame.pkl.tar.gz"));
    assert_eq!(calls(&examined(packed("frame.pkl.tar.gz", CALL), "frame.pkl.tar.gz")), 1);
    for (member, file) in [("other.tar.gz", "frame.pkl.tar.gz"), ("frame.json", "frame.json")] {
        assert_eq!(kinds(&examined(packed(member, EMPTY), file)), [Kind::DisguisedContent], "{member}");
    }
}

/// What a limit cuts off looks damaged; only the limit is told, and what stands before the cut.
#[test]
fn an_archive_that_a_limit_cut_off_is_told_once() {
    const MEGABYTE: usize = 1 << 20;
    let limits =
        Limits { max_member_bytes: 40 * MEGABYTE as u64, max_unpack_ratio: u64::from(u32::MAX), ..Limits::default() };
    // A member of unknown length, so that the next is searched for.
    let mut archive = zip(&[Member::stored("a.npy", &vec![0; 48 * MEGABYTE])]);
    archive[6] = 8;
    archive[18..26].fill(0);
    let facts = examine(&gzip(&archive).into(), "model.npz.gz", &limits, Detail::Findings);
    let told: Vec<&str> = facts.gaps.iter().map(|gap| gap.message.as_str()).collect();
    assert_eq!(told, ["`max-member-bytes` (41943040) reached: not unpacked further"]);
    let whole = examine(&archive[..40 * MEGABYTE].to_vec().into(), "model.npz", &limits, Detail::Findings);
    assert!(whole.gaps.iter().any(|gap| gap.message.ends_with("were not searched")), "{:?}", whole.gaps);
}

#[test]
fn damage_that_a_limit_makes_is_not_told() {
    let noise: Vec<u8> = (0..40_000u32).map(|index| (index.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let limits = Limits { max_member_bytes: 20_000, ..Limits::default() };
    for content in [zip(&[Member::stored("a.bin", &noise)]), [CALL, &noise[..]].concat()] {
        let facts = examine(&gzip(&content).into(), "model.gz", &limits, Detail::Inventory);
        let gaps: Vec<GapKind> = facts.gaps.iter().map(|gap| gap.kind).collect();
        assert!(!gaps.is_empty() && gaps.iter().all(|kind| *kind == GapKind::Limit), "{:?}", facts.gaps);
        assert_eq!(calls(&facts), usize::from(content.starts_with(CALL)));
        let cut = gzip(&content);
        let damaged = examine(&cut[..cut.len() / 2].to_vec().into(), "model.gz", &limits, Detail::Inventory);
        assert!(damaged.gaps.iter().any(|gap| gap.kind == GapKind::Damaged), "{:?}", damaged.gaps);
    }
}

#[test]
fn faults_are_told_in_plain_words() {
    for pack in PACKERS {
        let packed = pack(&vec![7; 4000]);
        let facts = examined(packed[..packed.len() - 6].to_vec(), "model.pkl.gz");
        for gap in &facts.gaps {
            assert!(!gap.message.contains(['{', '(']) && !gap.message.contains("buffer"), "{}", gap.message);
        }
    }
    let empty = zip(&[Member { packed: vec![0xFF; 9], ..Member::deflated("a.npy", b"abcdefgh") }]);
    let facts = examined(empty, "a.npz");
    assert!(!facts.gaps.iter().any(|gap| gap.message == "is empty"), "{:?}", facts.gaps);
    assert!(facts.gaps.iter().any(|gap| gap.message == "cannot be unpacked: the data is corrupt"), "{:?}", facts.gaps);
}

#[test]
fn any_prefix_and_any_flipped_byte_is_survived() {
    for pack in PACKERS {
        let whole = pack(CALL);
        for cut in 0..whole.len() {
            assert!(examined(whole[..cut].to_vec(), "model.pkl").parts > 0);
            let mut changed = whole.clone();
            changed[cut] ^= 0x55;
            assert!(examined(changed, "model.pkl").parts > 0);
        }
    }
    assert!(examined(deflated(CALL), "model.pkl").parts > 0);
}

/// Python's `gzip` checks neither, pandas and joblib read through it.
#[test]
fn headers_that_python_passes_over_are_told_and_the_stream_is_unpacked() {
    let whole = gzip(CALL);
    let reserved = [&[0x1F, 0x8B, 8, 0x80], &whole[4..]].concat();
    let summed = [&[0x1F, 0x8B, 8, 2], &whole[4..10], &[1, 2], &whole[10..]].concat();
    let second = [gzip(EMPTY), reserved.clone()].concat();
    for (bytes, name) in [(reserved, "reserved"), (summed, "summed"), (second, "second")] {
        let facts = examined(bytes, "model.pkl.gz");
        assert_eq!((calls(&facts), facts.gaps.len()), (1, 0), "{name}");
        assert!(kinds(&facts).contains(&Kind::StreamAmbiguous), "{name}");
    }
}

#[test]
fn lz4_frames_with_a_dictionary_or_behind_frames_to_skip() {
    // The descriptor that the encoder writes: no size, so that the checksum stands at byte 6.
    let whole = lz4(CALL);
    assert_eq!(whole[4] & 0x09, 0, "neither a size nor a dictionary");
    let named = [&whole[..4], &[whole[4] | 1, whole[5], 7, 0, 0, 0, 0], &whole[7..]].concat();
    let facts = examined(named, "model.pkl.lz4");
    assert_eq!((calls(&facts), kinds(&facts).contains(&Kind::StreamAmbiguous)), (1, true));
    let skipped = [&[0x50, 0x2A, 0x4D, 0x18, 4, 0, 0, 0, 1, 2, 3, 4], &whole[..]].concat();
    assert_eq!(calls(&examined(skipped, "model.pkl.lz4")), 1);
    let long = [&[0x5F, 0x2A, 0x4D, 0x18, 0, 0x20, 0, 0], &[0; 0x2000][..], &whole].concat();
    assert_eq!(calls(&examined(long, "model.pkl.lz4")), 1);
}

#[test]
fn the_checksum_of_a_zstd_frame_is_compared() {
    let mut packed = zstd(CALL);
    assert!(packed[4] & 4 != 0, "the encoder writes a checksum");
    *packed.last_mut().expect("bytes") ^= 1;
    let facts = examined(packed, "model.pkl");
    assert_eq!(calls(&facts), 1);
    assert!(facts.gaps.iter().any(|gap| gap.message.contains("checksum")), "{:?}", facts.gaps);
}

/// Python's `gzip` passes over any number of zeros between two streams.
#[test]
fn zeros_between_streams_hide_nothing() {
    for zeros in [4096, 200_000] {
        let facts = examined([gzip(b""), vec![0; zeros], gzip(CALL)].concat(), "model.dat");
        assert_eq!(calls(&facts), 1, "{zeros}");
        let facts = examined([gzip(EMPTY), vec![0; zeros], CALL.to_vec()].concat(), "model.pkl");
        assert_eq!(calls(&facts), 1, "{zeros}");
        assert_quiet("zeros", &examined([gzip(EMPTY), vec![0; zeros]].concat(), "model.pkl"));
    }
}

/// A pickle of protocol 0 may begin with a text that is longer than what is unpacked.
#[test]
fn a_text_that_a_limit_cuts_off_may_be_a_pickle() {
    let limits = Limits { max_member_bytes: 40_000, ..Limits::default() };
    let gaps = |content: &[u8]| examine(&gzip(content).into(), "data.gz", &limits, Detail::Findings).gaps.len();
    let words = b"0123456789 and letters ".repeat(4_000);
    let lines = b"0123456789 and letters\n".repeat(4_000);
    for start in ["V", "(S'", "I1\n0V", "N.V", "X\t\t\t\t"] {
        assert_eq!(gaps(&[start.as_bytes(), &words, b"\n0cos\nsystem\n(S'x'\ntR."].concat()), 1, "{start}");
    }
    for start in ["The end ", "Name,Value\n", "Values are:\n", "", "(in words) ", "I am\n", "Begin\n"] {
        assert_eq!(gaps(&[start.as_bytes(), &lines].concat()), 0, "{start}");
    }
}

/// Streams as Python's `lzma.compress` writes them: of nothing, of `CALL`, and of its first 20 bytes and the others.
const LZMA_NOTHING: &str = "5d00008000ffffffffffffffff0083fffbffffc0000000";
const LZMA_CALL: &str = "5d00008000ffffffffffffffff0040008803cb87e60e3fc6dba6623ad0e017a4147901a6ce54e589264e57c3edfe64913292\
                         1758fc6392ead875e5fffffcb0b800";
const LZMA_HALVES: [&str; 2] = [
    "5d00008000ffffffffffffffff0040008803cb87e60e3fc6dba6623ad0e017a41478f804b010a7fffe4b7800",
    "5d00008000ffffffffffffffff00001a4da83c9c9c0c5b4fe64d373ef70180b031cc436fe6748ef3fffffc28c000",
];

fn bytes_of(digits: &str) -> Vec<u8> {
    let pair = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("digits");
    (0..digits.len()).step_by(2).map(pair).collect()
}

/// Python's `lzma.open` goes on with a second stream and passes over what is none.
#[test]
fn what_follows_a_stream_of_lzma_is_read() {
    assert_quiet("nothing", &examined(bytes_of(LZMA_NOTHING), "words.lzma"));
    let call = bytes_of(LZMA_CALL);
    assert_eq!(calls(&examined(call.clone(), "model.lzma")), 1);
    let nothing_of_a_size = [&bytes_of(LZMA_NOTHING)[..5], &[0; 13]].concat();
    for before in [bytes_of(LZMA_NOTHING), nothing_of_a_size, bytes_of(LZMA_NOTHING).repeat(300)] {
        let facts = examined([before, call.clone()].concat(), "model.dat");
        assert_eq!((calls(&facts), facts.gaps.len(), kinds(&facts)), (1, 0, vec![]));
    }
    let halves = LZMA_HALVES.map(bytes_of).concat();
    assert_eq!(calls(&examined(halves, "model.dat")), 1);
    let facts = examined([&call[..], CALL].concat(), "model.dat");
    assert_eq!((calls(&facts), kinds(&facts)), (2, vec![Kind::TrailingBytes]));
}
