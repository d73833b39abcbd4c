use super::write::{Around, Member, zip, zip_with};
use super::{CALL, EMPTY, assert_quiet, calls, examined, format_of, kinds};
use crate::fact::artifact::{Format, GapKind, ObservationKind as Kind};

fn pt(members: &[Member]) -> crate::fact::artifact::ArtifactFacts {
    examined(zip(members), "model.pt")
}

fn version() -> Member {
    Member::stored("a/version", b"3\n")
}

#[test]
fn what_real_writers_make_is_quiet() {
    let data = || Member::stored("a/data.pkl", EMPTY);
    assert_quiet("stored", &pt(&[data(), version()]));
    assert_quiet("deflated", &pt(&[Member::deflated("a/data.pkl", EMPTY), version()]));
    assert_quiet(
        "streamed",
        &pt(&[data().with_descriptor(), Member::deflated("a/b", b"bbbb").with_descriptor(), version()]),
    );
    let comment = Around { comment: b"made by hand".to_vec(), ..Around::default() };
    assert_quiet("comment", &examined(zip_with(&[data(), version()], &comment), "model.pt"));
    let folder = Member::stored("a/", b"").with(|member| member.mode = 0o40755);
    assert_quiet("folder", &pt(&[folder, data(), version()]));
    let utf8 = data().with(|member| member.local.flags = 0x800);
    assert_quiet("UTF-8 flag in one header", &pt(&[utf8, version()]));
    let padded = data().with(|member| member.extra = b"\x07\0\x02\0xx\0\0\0".to_vec());
    assert_quiet("padded extra fields", &pt(&[padded, version()]));
    // PyTorch's `set_crc32_options(False)`.
    let unchecked = |member: Member| member.both(|fields| fields.crc = 0);
    assert_quiet("no checksums", &pt(&[unchecked(data()), unchecked(version())]));
    assert_quiet("padding", &pt(&[data().with(|member| member.behind = vec![0; 60]), version()]));
}

/// CVE-2025-1944, CVE-2025-1945, CVE-2025-10156 and their kin: one header lies.
#[test]
fn headers_that_differ_hide_nothing() {
    let data = || Member::stored("a/data.pkl", CALL);
    let cases = [
        ("name", data().with(|member| member.local_name = Some(b"a/data.txt".to_vec())), Kind::ZipNameMismatch),
        ("NUL", data().with(|member| member.name = b"a/data.pkl\0.txt".to_vec()), Kind::ZipNameMismatch),
        ("local flag", data().with(|member| member.local.flags = 1), Kind::ZipHeaderMismatch),
        ("listed flag", data().with(|member| member.listed.flags = 1), Kind::ZipHeaderMismatch),
        ("both flags", data().both(|fields| fields.flags = 1), Kind::ZipHeaderMismatch),
        ("patched", data().both(|fields| fields.flags = 0x20), Kind::ZipHeaderMismatch),
        ("local method", data().with(|member| member.local.method = 8), Kind::ZipHeaderMismatch),
        ("listed method", data().with(|member| member.listed.method = 8), Kind::ZipHeaderMismatch),
        ("local size", data().with(|member| member.local.packed = 4), Kind::ZipHeaderMismatch),
        ("listed size", data().with(|member| member.listed.packed = 4), Kind::ZipHeaderMismatch),
        ("unpacked size", data().with(|member| member.listed.bytes = 4), Kind::ZipHeaderMismatch),
        ("checksum", data().both(|fields| fields.crc ^= 1), Kind::ZipChecksumMismatch),
        ("offset", data().with(|member| member.offset = Some(77_777)), Kind::ZipMissingMember),
        ("unlisted", data().with(|member| member.unlisted = true), Kind::ZipUnlistedMember),
        ("extra", data().with(|member| member.extra = b"\x01\0\xF4\x01xx".to_vec()), Kind::ZipHeaderMismatch),
    ];
    for (what, member, kind) in cases {
        let facts = pt(&[Member::stored("a/first", b"first"), member, version()]);
        assert!(kinds(&facts).contains(&kind), "{what}: {:?}", kinds(&facts));
        assert!(calls(&facts) > 0, "{what}: {:?}", facts.members);
    }
}

#[test]
fn members_that_share_their_bytes_are_read_a_few_times() {
    let content = vec![b' '; 64 << 10];
    let shared = |count: usize| {
        let first = Member::stored("0", &content);
        let others = (1..count).map(|index| {
            let name = index.to_string();
            Member { packed: Vec::new(), offset: Some(0), ..Member::stored(&name, &content) }
        });
        pt(&std::iter::once(first).chain(others).collect::<Vec<_>>())
    };
    let told = "members share their bytes so often that not all of them were looked at";
    let is_told = |count| shared(count).gaps.iter().any(|gap| gap.message == told);
    assert!(!is_told(8));
    assert!(is_told(100));
}

#[test]
fn a_name_that_is_marked_as_utf_8_is_some() {
    let named = |flags| {
        let member = Member::stored("x", b"x").with(|member| member.name = b"a/\xFF".to_vec());
        kinds(&pt(&[Member::stored("a/data.pkl", b"N."), member.both(|fields| fields.flags = flags), version()]))
    };
    assert!(named(0x800).contains(&Kind::ZipHeaderMismatch));
    // Without the mark the bytes are those of an old code page.
    assert!(!named(0).contains(&Kind::ZipHeaderMismatch));
}

#[test]
fn every_member_of_a_name_is_read() {
    for name in ["a/data.pkl", "a/DATA.pkl", "a\\data.pkl"] {
        let facts = pt(&[Member::stored("a/data.pkl", EMPTY), Member::stored(name, CALL)]);
        assert_eq!((kinds(&facts), calls(&facts)), (vec![Kind::ZipDuplicateName], 1), "{name}");
    }
}

#[test]
fn bytes_that_belong_to_nothing_are_read() {
    let gap = Member::stored("a/data.pkl", EMPTY).with(|member| member.behind = CALL.to_vec());
    let facts = pt(&[gap, version()]);
    assert_eq!((kinds(&facts), calls(&facts)), (vec![Kind::ZipStrayData], 1));
    let behind = Around { behind: CALL.to_vec(), ..Around::default() };
    let facts = examined(zip_with(&[Member::stored("a/data.pkl", EMPTY)], &behind), "model.pt");
    assert_eq!((kinds(&facts), calls(&facts)), (vec![Kind::ZipStrayData], 1));
    let deflated = Member::deflated("a/data.pkl", EMPTY).with(|member| {
        member.packed.extend_from_slice(CALL);
        member.listed.packed += 42;
        member.local.packed += 42;
    });
    let facts = pt(&[deflated]);
    assert_eq!((kinds(&facts), calls(&facts)), (vec![Kind::ZipStrayData], 1));
}

#[test]
fn both_halves_of_a_polyglot_are_read() {
    for (before, relative) in [(b"\x89PNG\r\n\x1A\n...".to_vec(), true), (b"\x89PNG\r\n\x1A\n...".to_vec(), false)] {
        let around = Around { before, relative, ..Around::default() };
        let facts = examined(zip_with(&[Member::stored("a/data.pkl", CALL)], &around), "picture.png");
        assert_eq!((kinds(&facts), calls(&facts)), (vec![Kind::ZipStrayData], 1), "{relative}");
    }
    let around = Around { before: CALL.to_vec(), relative: true, ..Around::default() };
    let facts = examined(zip_with(&[Member::stored("a/data.pkl", CALL)], &around), "model.pkl");
    assert!(calls(&facts) >= 2, "{:?}", facts.members);
    assert!(kinds(&facts).contains(&Kind::ZipStrayData));
}

#[test]
fn a_zip_file_among_a_pickles_bytes_is_no_polyglot() {
    let inner = zip(&[Member::stored("a.txt", b"harmless")]);
    let length = u32::try_from(inner.len()).expect("small").to_le_bytes();
    let pickle = [b"\x80\x03B", &length[..], &inner, b"q\x00."].concat();
    assert!(!kinds(&examined(pickle, "cache.pkl")).contains(&Kind::ZipStrayData));
}

/// The bytes before the line end in a numpy header are a persistent id to a pickle machine.
#[test]
fn a_numpy_archive_of_objects_is_no_pickle() {
    let header = format!("{{'descr': '|O', 'fortran_order': False, 'shape': (), }}{}\n", " ".repeat(63));
    let length = u16::try_from(header.len()).expect("small").to_le_bytes();
    let array =
        [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), b"\x80\x02ccollections\nOrderedDict\n."].concat();
    let facts = examined(zip(&[Member::stored("x.npy", &array), Member::stored("y.npy", &array)]), "objects.npz");
    assert_eq!((facts.format, kinds(&facts)), (Format::Npz, vec![]));
}

#[test]
fn programs_and_models_with_an_archive_behind_them_are_no_polyglots() {
    let around = Around { before: b"#!/usr/bin/env python3\n".to_vec(), relative: true, ..Around::default() };
    let facts = examined(zip_with(&[Member::stored("__main__.py", b"print(1)\n")], &around), "tool.pyz");
    assert_quiet("zipapp", &facts);
    assert!(format_of(&facts, "__main__.py").is_some(), "{:?}", facts.members);
}

#[test]
fn rival_end_records_are_followed() {
    let hidden = zip(&[Member::stored("a/data.pkl", CALL)]);
    let around = Around { comment: hidden, ..Around::default() };
    let facts = examined(zip_with(&[Member::stored("a/data.pkl", EMPTY)], &around), "model.pt");
    assert!(kinds(&facts).contains(&Kind::ZipDirectoryAmbiguous), "{:?}", kinds(&facts));
    assert!(calls(&facts) > 0);
    let around = Around { count: Some(1), ..Around::default() };
    let facts = examined(zip_with(&[version(), Member::stored("a/data.pkl", CALL)], &around), "model.pt");
    assert_eq!((kinds(&facts), calls(&facts)), (vec![Kind::ZipDirectoryAmbiguous], 1));
}

#[test]
fn archives_in_a_row_are_read_one_by_one() {
    let row = [zip(&[Member::stored("a/data.pkl", CALL)]), zip(&[Member::stored("a/data.pkl", CALL)])].concat();
    let facts = examined(row.clone(), "__0_0.distcp");
    assert_eq!((kinds(&facts), calls(&facts)), (vec![], 2));
    assert_eq!(kinds(&examined(row, "model.pt")), [Kind::ZipStrayData]);
}

#[test]
fn archives_in_a_row_may_be_many_and_nothing_may_stand_between_them() {
    let one = || Member::stored("a/data.pkl", CALL);
    let row = zip(&[one()]).repeat(30);
    assert_eq!(kinds(&examined(row.clone(), "__0_0.distcp")), []);
    for between in [&b"x"[..], b"PK\x05\x06", &[0; 22]] {
        let broken = [&row[..], between, &row].concat();
        assert!(kinds(&examined(broken, "__0_0.distcp")).contains(&Kind::ZipDirectoryAmbiguous), "{between:?}");
    }
}

#[test]
fn paths_links_and_devices_are_told() {
    let link = |target: &[u8]| Member::stored("a/link", target).with(|member| member.mode = 0o120_777);
    for (member, kind) in [
        (Member::stored("../x", b""), Kind::PathTraversal),
        (Member::stored("a\\..\\..\\x", b""), Kind::PathTraversal),
        (Member::stored("/etc/x", b""), Kind::AbsolutePath),
        (Member::stored("C:\\x", b""), Kind::AbsolutePath),
        (link(b"../../etc/passwd"), Kind::LinkEscape),
        (Member::stored("pipe", b"").with(|member| member.mode = 0o010_644), Kind::SpecialMember),
    ] {
        assert_eq!(kinds(&examined(zip(&[member]), "some.zip")), [kind]);
    }
    assert_quiet("link inside", &examined(zip(&[link(b"../b")]), "some.zip"));
}

#[test]
fn what_cannot_be_unpacked_is_told() {
    let closed = |method| Member::stored("a/data.pkl", CALL).both(|fields| fields.method = method);
    for (method, kind) in [(99, Kind::Encrypted), (9, Kind::UnsupportedContainer), (97, Kind::UnsupportedContainer)] {
        let facts = pt(&[closed(method), version()]);
        assert_eq!(kinds(&facts), [kind]);
        assert_eq!(facts.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Closed]);
    }
    // What is unpacked here, and not by PyTorch.
    let told = pt(&[closed(12), version()]).gaps.into_iter().any(|gap| gap.message.ends_with("as PyTorch reads none"));
    assert!(told && !pt(&[closed(8), version()]).gaps.iter().any(|gap| gap.message.ends_with("as PyTorch reads none")));
    let encrypted = Member::stored("a", b"\x93\x11\x88 unreadable").both(|fields| (fields.flags, fields.crc) = (1, 5));
    assert_eq!(kinds(&examined(zip(&[encrypted]), "some.zip")), [Kind::Encrypted]);
}

#[test]
fn a_file_that_breaks_off_is_damaged_and_its_start_is_read() {
    let whole = zip(&[Member::stored("a/data.pkl", CALL), version()]);
    for cut in [whole.len() - 22, whole.len() - 60, 90] {
        let facts = examined(whole[..cut].to_vec(), "model.pt");
        assert_eq!(calls(&facts), 1, "{cut}");
        assert!(facts.gaps.iter().any(|gap| gap.kind == GapKind::Damaged), "{cut}");
    }
}

#[test]
fn any_prefix_and_any_flipped_byte_is_survived() {
    let around = Around { before: b"##".to_vec(), comment: b"c".to_vec(), ..Around::default() };
    let members = [Member::deflated("a/data.pkl", CALL).with_descriptor(), version()];
    let whole = zip_with(&members, &around);
    for cut in 0..whole.len() {
        assert!(examined(whole[..cut].to_vec(), "model.pt").parts > 0);
        for value in [0, 0x7F, 0xFF] {
            let mut changed = whole.clone();
            changed[cut] = value;
            assert!(examined(changed, "model.pt").parts > 0);
        }
    }
}

#[test]
fn members_are_recognised_by_their_content() {
    let inner = zip(&[Member::stored("x", CALL)]);
    let facts = examined(zip(&[Member::stored("inner", &inner)]), "outer");
    assert_eq!(calls(&facts), 1);
    assert_eq!(format_of(&facts, "inner!x"), Some(Format::Pickle));
}

#[test]
fn a_locator_that_points_behind_the_file_is_told() {
    let whole = zip(&[Member::stored("a/data.pkl", EMPTY), version()]);
    let end = whole.len() - 22;
    let record = &whole[end..];
    let wide = |from: usize| u64::from(u32::from_le_bytes(record[from..from + 4].try_into().expect("four bytes")));
    let (bytes, offset) = (wide(12), wide(16));
    let with = |place: u64| {
        let mut file = whole[..end].to_vec();
        file.extend(b"PK\x06\x06\x2C\0\0\0\0\0\0\0\x2D\0\x2D\0\0\0\0\0\0\0\0\0");
        [2, 2, bytes, offset].iter().for_each(|number: &u64| file.extend(number.to_le_bytes()));
        file.extend(b"PK\x06\x07\0\0\0\0");
        file.extend(place.to_le_bytes());
        file.extend(1_u32.to_le_bytes());
        file.extend(record);
        kinds(&examined(file, "model.pt"))
    };
    assert_eq!(with(end as u64), []);
    assert_eq!(with(1 << 50), [Kind::ZipDirectoryAmbiguous]);
}

#[test]
fn a_directory_that_is_elsewhere_than_its_record_says_is_told() {
    let whole = zip(&[Member::stored("a/data.pkl", EMPTY), version()]);
    let at = whole.len() - 6;
    let mut wrong = whole.clone();
    wrong[at..at + 4].copy_from_slice(&5_u32.to_le_bytes());
    assert_eq!(kinds(&examined(whole, "model.pt")), []);
    assert_eq!(kinds(&examined(wrong, "model.pt")), [Kind::ZipDirectoryAmbiguous]);
}
