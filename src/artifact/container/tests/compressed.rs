use std::io::Write;

use super::write::deflated;
use super::{CALL, EMPTY, assert_quiet, calls, examined, kinds};
use crate::fact::artifact::{Format, GapKind, ObservationKind as Kind};

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
    for pack in [gzip, bzip2, lz4, zstd] {
        // One file in two streams.
        let (start, end) = CALL.split_at(20);
        assert_eq!(calls(&examined([pack(start), pack(end)].concat(), "model.pkl")), 1);
        let facts = examined([pack(EMPTY), CALL.to_vec()].concat(), "model.pkl");
        assert_eq!((kinds(&facts).contains(&Kind::TrailingBytes), calls(&facts)), (true, 1));
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

/// Python's `gzip` reads on where others stop.
#[test]
fn a_gzip_header_that_some_refuse_hides_nothing() {
    let plain = gzip(CALL);
    let with = |flags: u8, fields: &[u8]| {
        let mut head = plain[..10].to_vec();
        head[3] = flags;
        [&head, fields, &plain[10..]].concat()
    };
    let right = {
        let head = with(2, &[]);
        (crc32fast::hash(&head[..10]) as u16).to_le_bytes()
    };
    let odd = [with(2, &[1, 2]), with(0x20, &[]), with(0x80 | 8, b"model.pkl\0")];
    for packed in odd {
        let facts = examined(packed, "model.pkl.gz");
        assert_eq!((calls(&facts), kinds(&facts)), (1, vec![Kind::InvalidHeader]), "{:?}", facts.gaps);
    }
    for packed in [with(2, &right), with(4 | 8 | 16, b"\x03\0abcname\0comment\0"), plain.clone()] {
        let facts = examined(packed, "model.pkl.gz");
        assert_eq!((calls(&facts), kinds(&facts)), (1, vec![]), "{:?}", facts.gaps);
        assert!(facts.gaps.is_empty(), "{:?}", facts.gaps);
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
