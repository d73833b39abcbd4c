use super::write::{tar, tar_member, with_checksum};
use super::{CALL, EMPTY, assert_quiet, calls, examined, format_of, kinds};
use crate::fact::artifact::{Format, GapKind, ObservationKind as Kind};

#[test]
fn what_real_writers_make_is_quiet() {
    let long = "b/".repeat(60) + "x.pkl";
    let members = [
        tar_member("./", b'5', "", b""),
        tar_member("./a/x.pkl", b'0', "", EMPTY),
        tar_member("a/link", b'2', "../a/x.pkl", b""),
        tar_member("a/hard", b'1', "a/x.pkl", b""),
        tar_member("pax_global_header", b'g', "", b"17 comment=hello\n"),
        tar_member("././@LongLink", b'L', "", (long.clone() + "\0").as_bytes()),
        tar_member(&long[..99], b'0', "", EMPTY),
        tar_member("PaxHeader/y", b'x', "", b"16 path=c/y.pkl\n"),
        tar_member("c/y", b'0', "", EMPTY),
    ];
    let facts = examined(tar(&members), "some.tar");
    assert_quiet("tar", &facts);
    let names: Vec<String> = facts.members.iter().skip(1).map(|member| member.path.to_string()).collect();
    assert_eq!(names, ["./a/x.pkl", &long, "c/y.pkl"]);
    let padded = [tar(&members), vec![0; 8192]].concat();
    assert_quiet("padded", &examined(padded, "some.tar"));
}

#[test]
fn paths_links_and_devices_are_told() {
    for (member, kind) in [
        (tar_member("../x", b'0', "", b""), Kind::PathTraversal),
        (tar_member("/x", b'0', "", b""), Kind::AbsolutePath),
        (tar_member("a/l", b'2', "../../x", b""), Kind::LinkEscape),
        (tar_member("a/l", b'2', "/etc/passwd", b""), Kind::LinkEscape),
        (tar_member("a/b/l", b'1', "../x", b""), Kind::LinkEscape),
        (tar_member("p", b'6', "", b""), Kind::SpecialMember),
        (tar_member("d", b'3', "", b""), Kind::SpecialMember),
    ] {
        assert_eq!(kinds(&examined(tar(&[member]), "some.tar")), [kind]);
    }
}

/// CVE-2025-62518: the size in the extended header and that in the header itself lead to different members.
#[test]
fn two_sizes_are_both_followed() {
    let hidden = tar_member("hidden.pkl", b'0', "", CALL);
    let members = [tar_member("PaxHeader/a", b'x', "", b"10 size=0\n"), tar_member("a", b'0', "", &hidden), Vec::new()];
    let facts = examined(tar(&members), "some.tar");
    assert!(kinds(&facts).contains(&Kind::TarAmbiguous));
    assert!(calls(&facts) > 0, "{:?}", facts.members);
}

#[test]
fn what_stands_behind_the_end_is_read() {
    let first = tar(&[tar_member("a", b'0', "", EMPTY)]);
    for behind in [tar(&[tar_member("hidden", b'0', "", CALL)]), CALL.to_vec()] {
        let facts = examined([first.clone(), behind].concat(), "some.tar");
        assert_eq!((kinds(&facts), calls(&facts)), (vec![Kind::TarAmbiguous], 1));
    }
}

#[test]
fn a_wrong_checksum_ends_it_for_some_readers_only() {
    let mut members = [tar_member("a", b'0', "", EMPTY), tar_member("b", b'0', "", EMPTY)].concat();
    members[1024] = b'X';
    let facts = examined(tar(&[members, tar_member("c", b'0', "", CALL)]), "some.tar");
    assert_eq!((kinds(&facts), calls(&facts)), (vec![Kind::TarAmbiguous], 1));
    assert!(facts.gaps.iter().any(|gap| gap.kind == GapKind::Damaged));
}

#[test]
fn a_file_that_breaks_off_is_damaged() {
    let whole = tar(&[tar_member("a.pkl", b'0', "", &[EMPTY, &[0; 600]].concat())]);
    for cut in [600, 1100, 1536] {
        let facts = examined(whole[..cut].to_vec(), "some.tar");
        assert!(facts.gaps.iter().any(|gap| gap.kind == GapKind::Damaged), "{cut}");
    }
}

#[test]
fn numbers_of_any_size_are_survived() {
    let mut block = [0u8; 512];
    block[0] = b'a';
    block[124..136].copy_from_slice(&[0x80, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]);
    block[156] = b'0';
    let facts = examined(tar(&[with_checksum(block).to_vec()]), "some.tar");
    assert!(facts.gaps.iter().any(|gap| gap.kind == GapKind::Damaged));
    // A checksum field that could be read as a number of 64 bits.
    block[148..156].fill(0x80);
    assert!(examined(block.to_vec(), "some.tar").parts > 0);
}

/// PyTorch before 0.1.10: pickles with numbers between them.
#[test]
fn the_oldest_checkpoints_are_read_to_their_end() {
    let one = b"\x80\x02K\x01.";
    let storage = b"\x80\x02X\x01\x00\x00\x000X\x03\x00\x00\x00cpuctorch\nFloatStorage\n\x87.";
    let numbers = [&2u64.to_le_bytes()[..], &[0x80, 2, b'.', 0x3F, 0, 0, 0x80, 0x3F]].concat();
    let members = [
        tar_member("sys_info", b'0', "", EMPTY),
        tar_member("pickle", b'0', "", EMPTY),
        tar_member("storages", b'0', "", &[one, &storage[..], &numbers, CALL].concat()),
        tar_member("tensors", b'0', "", b"\x80\x02K\x00."),
    ];
    let facts = examined(tar(&members), "old.pt");
    assert_eq!((facts.format, calls(&facts)), (Format::TorchTar, 1));
}

/// A header that speaks of all members may name them all alike, and at length.
#[test]
fn a_long_name_for_all_members_is_kept_a_few_times() {
    let shared = |length: usize, count: usize| {
        let path = format!(" path={}\n", "p".repeat(length));
        let record = format!("{}{path}", path.len() + path.len().to_string().len());
        let global = tar_member("g", b'g', "", record.as_bytes());
        let facts = examined(tar(&[global, tar_member("x", b'0', "", b"").repeat(count)]), "some.tar");
        let names: usize = facts.members.iter().map(|member| member.path.to_string().len()).sum();
        (names, facts.gaps.len())
    };
    assert_eq!(shared(200, 10).1, 0);
    let (names, gaps) = shared(100_000, 200);
    assert!(names < 3 << 20 && gaps > 0, "{names} {gaps}");
}

/// Each header claims all that follows, and one for all members says that none has any data.
#[test]
fn headers_that_each_claim_the_rest_are_read_a_bounded_number_of_times() {
    let count = 100;
    let header = |index: usize| {
        let mut block = [0; 512];
        block.copy_from_slice(&tar_member(&format!("m{index}"), b'0', "", b"")[..512]);
        let bytes = (count - 1 - index) * 1536 + 1024;
        block[124..135].copy_from_slice(format!("{bytes:011o}").as_bytes());
        with_checksum(block).to_vec()
    };
    let global = tar_member("g", b'g', "", b"10 size=0\n");
    let members: Vec<_> = (0..count).map(|index| [global.clone(), header(index)].concat()).collect();
    let facts = examined(tar(&members), "some.tar");
    assert!(facts.gaps.iter().any(|gap| gap.message.starts_with("headers claim so many bytes")), "{:?}", facts.gaps);
    assert!(facts.parts < 20_000, "{}", facts.parts);
}

/// Python reads the field by `int(…, 8)`, which takes underscores.
#[test]
fn a_checksum_as_only_python_reads_it_is_one() {
    let mut member = tar_member("a.pkl", b'0', "", CALL);
    member[257..265].fill(0);
    let block = with_checksum(*member.first_chunk().expect("a block"));
    let sum = std::str::from_utf8(&block[149..154]).expect("digits").trim_start_matches('0').to_owned();
    for written in [format!("0_{sum}\0"), format!("+{sum}\0"), format!("0o{sum}\0")] {
        member[148..156].fill(b' ');
        member[148..148 + written.len()].copy_from_slice(written.as_bytes());
        let facts = examined(tar(&[member.clone()]), "weights");
        assert_eq!((facts.format, calls(&facts)), (Format::Tar, 1), "{written}");
    }
}

/// The name of the first member is what other formats have their signatures in.
#[test]
fn a_tar_file_that_begins_like_something_else_is_one_too() {
    let seven_zip = [&b"7z\xBC\xAF\x27\x1C\0\x04"[..], &crc32fast::hash(&[0; 20]).to_le_bytes(), &[0; 20]].concat();
    for (start, name) in [
        (&b"#!/bin/sh"[..], "model.tar"),
        (b"\x7FELF\x02\x01\x01", "model"),
        (b"SQLite format 3\0\x02\0", "model.tar"),
        (&seven_zip, "model.tar"),
        (b"\x80\x02}.", "model"),
        (b"GGUF/weights", "model.tar"),
    ] {
        let mut member = tar_member("", b'0', "", b"x");
        member[..start.len()].copy_from_slice(start);
        let block = with_checksum(*member.first_chunk().expect("a block"));
        member[..512].copy_from_slice(&block);
        let facts = examined(tar(&[member, tar_member("data.pkl", b'0', "", CALL)]), name);
        assert!(calls(&facts) > 0, "{}", start.escape_ascii());
        assert!(kinds(&facts).contains(&Kind::DisguisedContent), "{}", start.escape_ascii());
    }
}

/// The first member's content stands where HDF5 files may start.
#[test]
fn a_tar_file_that_begins_with_hdf5_is_only_that() {
    let members = [tar_member("model.h5", b'0', "", b"\x89HDF\r\n\x1A\n"), tar_member("a.pkl", b'0', "", CALL)];
    let facts = examined(tar(&members), "backup.tar");
    assert_eq!((facts.format, calls(&facts)), (Format::Tar, 1));
    assert_eq!(format_of(&facts, "model.h5"), Some(Format::Hdf5));
    assert!(!kinds(&facts).contains(&Kind::DisguisedContent));
}

#[test]
fn programs_and_databases_are_no_tar_files() {
    for (start, name) in [(&b"#!/bin/sh\necho loadlint-test\n"[..], "run.sh"), (b"\x7FELF\x02\x01\x01\0", "lib.so")] {
        for length in [start.len(), 512, 4096] {
            let mut content = start.to_vec();
            content.resize(length, 0);
            assert_quiet(name, &examined(content, name));
        }
    }
}
