//! Zip files that one reader opens and another does not.

use super::build::{Member, checkpoint, crc32, system, zip};
use super::{of, scanned, told};
use loadlint::finding::Level;

const SYSTEM: &str = "posix.system(\"echo loadlint-test\")";

#[test]
fn a_checkpoint_is_read_member_by_member() {
    let outcome = scanned("model.pt", zip(&checkpoint(&system())));
    told("plain", &outcome, Level::Error, SYSTEM);
    assert!(of(&outcome, "LL210").is_empty(), "{:#?}", outcome.findings);
    assert!(outcome.notices.is_empty(), "{:#?}", outcome.notices);
    let place = outcome.findings[0].location.binary.as_ref().expect("a place in an artifact");
    assert_eq!(&*place.member, "archive/data.pkl");
}

// CVE-2025-1889: https://github.com/mmaitre314/picklescan/security/advisories/GHSA-769v-p64c-89pr
#[test]
fn a_pickle_is_found_under_any_member_name() {
    for name in ["archive/config.txt", "archive/weights", "archive/data/0", ".hidden"] {
        let mut members = checkpoint(b"\x80\x02}.");
        members.push(Member::new(name, &system()));
        told("CVE-2025-1889", &scanned("model.pt", zip(&members)), Level::Error, SYSTEM);
    }
}

// CVE-2025-1944: https://github.com/mmaitre314/picklescan/security/advisories/GHSA-7q5r-7gvp-wc82
#[test]
fn another_name_in_the_local_header_hides_nothing() {
    let mut members = checkpoint(&system());
    members[0].local_name = "archive/other.pkl".to_owned();
    let outcome = scanned("model.pt", zip(&members));
    told("CVE-2025-1944", &outcome, Level::Error, SYSTEM);
    assert!(!of(&outcome, "LL210").is_empty(), "{:#?}", outcome.findings);
}

// CVE-2025-1945: https://github.com/mmaitre314/picklescan/security/advisories/GHSA-w8jq-xcqf-f792
#[test]
fn flags_in_one_header_hide_nothing() {
    for flags in [0x1, 0x20, 0x40] {
        let mut members = checkpoint(&system());
        members[0].local_flags = flags;
        let outcome = scanned("model.pt", zip(&members));
        told("CVE-2025-1945", &outcome, Level::Error, SYSTEM);
        assert!(outcome.findings.len() > 1, "{:#?}", outcome.findings);
    }
}

// CVE-2025-10155: https://github.com/mmaitre314/picklescan/security/advisories/GHSA-jgw4-cr84-mqxg
#[test]
fn a_bare_pickle_under_the_name_of_a_checkpoint_is_read() {
    for name in ["model.bin", "model.pt", "model.ckpt", "model.safetensors", "model", "model.png"] {
        told("CVE-2025-10155", &scanned(name, system()), Level::Error, SYSTEM);
    }
}

// CVE-2025-10156: https://github.com/mmaitre314/picklescan/security/advisories/GHSA-mjqp-26hc-grxg
#[test]
fn a_wrong_checksum_hides_nothing() {
    let mut members = checkpoint(&system());
    members[0].checksum = Some(!crc32(&members[0].data));
    let outcome = scanned("model.pt", zip(&members));
    told("CVE-2025-10156", &outcome, Level::Error, SYSTEM);
    assert!(!of(&outcome, "LL210").is_empty(), "{:#?}", outcome.findings);
}

// "The Art of Hide and Seek", arXiv 2508.19774: readers differ in which of two members of one name they take.
#[test]
fn both_members_of_one_name_are_read() {
    for order in [[0, 1], [1, 0]] {
        let both = [b"\x80\x02}.".to_vec(), system()];
        let members: Vec<_> = order.map(|index| Member::new("archive/data.pkl", &both[index])).into();
        let outcome = scanned("model.pt", zip(&[members, checkpoint(b"N.").split_off(1)].concat()));
        told("2508.19774", &outcome, Level::Error, SYSTEM);
        assert!(!of(&outcome, "LL210").is_empty(), "{:#?}", outcome.findings);
    }
}

#[test]
fn a_member_that_the_directory_leaves_out_is_read() {
    let mut hidden = Member::new("archive/hidden.pkl", &system());
    hidden.listed = false;
    let mut members = checkpoint(b"\x80\x02}.");
    members.insert(1, hidden);
    let outcome = scanned("model.pt", zip(&members));
    told("unlisted", &outcome, Level::Error, SYSTEM);
    assert!(!of(&outcome, "LL210").is_empty(), "{:#?}", outcome.findings);
}

/// A 7z archive of one file that is stored by the method with this number.
fn seven_zip(name: &str, content: &[u8], method: &[u8]) -> Vec<u8> {
    let size = content.len() as u8;
    let name: Vec<u8> = name.encode_utf16().chain([0]).flat_map(u16::to_le_bytes).collect();
    let folder = [&[0x0B, 1, 0, 1, method.len() as u8][..], method, &[0x0C, size, 0]].concat();
    let files = [&[5, 1, 0x11, name.len() as u8 + 1, 0][..], &name, &[0, 0]].concat();
    let header = [&[1, 4, 6, 0, 1, 9, size, 0, 7][..], &folder, &[0], &files].concat();
    let place = [(content.len() as u64).to_le_bytes(), (header.len() as u64).to_le_bytes()].concat();
    let place = [&place[..], &crc32(&header).to_le_bytes()].concat();
    [b"7z\xBC\xAF\x27\x1C\0\x04", &crc32(&place).to_le_bytes()[..], &place, content, &header].concat()
}

// nullifAI: an archive that neither PyTorch nor a scanner unpacks.
#[test]
fn an_archive_that_pytorch_does_not_unpack_is_looked_into() {
    const COPY: &[u8] = &[0];
    let outcome = scanned("model.bin", seven_zip("data.pkl", &system(), COPY));
    told("7z", &outcome, Level::Error, SYSTEM);
    assert!(!of(&outcome, "LL213").is_empty(), "{:#?}", outcome.findings);
    assert!(outcome.notices.is_empty(), "{:#?}", outcome.notices);
}

#[test]
fn an_archive_that_cannot_be_looked_into_is_no_pass() {
    const PPMD: &[u8] = &[3, 4, 1];
    let rar = [b"Rar!\x1A\x07\x01\0".as_slice(), &[0; 64]].concat();
    for closed in [rar, seven_zip("data.pkl", b"anything", PPMD)] {
        let outcome = scanned("model.bin", closed);
        told("closed", &outcome, Level::Warning, "cannot be looked into");
        assert!(!outcome.notices.is_empty());
    }
}
