//! Archives built from their parts.

use proptest::prelude::*;

use super::*;
use crate::artifact::{Detail, examine};
use crate::fact::artifact::{ArtifactFacts, Format, Seen};
use crate::limits::Limits;

const CALL: &[u8] = b"cos\nsystem\n(S'echo loadlint-test'\ntR.";

/// A coder without several inputs: its number and its properties.
fn coder(number: &[u8], properties: &[u8]) -> Vec<u8> {
    let flags = number.len() as u8 | if properties.is_empty() { 0 } else { 0x20 };
    let mut bytes = [&[flags][..], number].concat();
    if !properties.is_empty() {
        bytes.push(properties.len() as u8);
        bytes.extend(properties);
    }
    bytes
}

/// What says where one folder is and how its packed bytes become these contents.
fn streams(packed: usize, coders: &[Vec<u8>], contents: &[&[u8]]) -> Vec<u8> {
    let size: usize = contents.iter().map(|content| content.len()).sum();
    let mut bytes = vec![6, 0, 1, 9, packed as u8, 0, 7, 0x0B, 1, 0, coders.len() as u8];
    bytes.extend(coders.concat());
    // Each coder takes what comes out of the one after it.
    (1..coders.len() as u8).for_each(|index| bytes.extend([index - 1, index]));
    bytes.push(0x0C);
    bytes.extend(coders.iter().map(|_| size as u8));
    bytes.extend([0, 8, 0x0D, contents.len() as u8]);
    if contents.len() > 1 {
        bytes.push(9);
        bytes.extend(contents[1..].iter().zip(contents).map(|(_, content)| content.len() as u8));
    }
    bytes.extend([0x0A, 1]);
    contents.iter().for_each(|content| bytes.extend(crc32fast::hash(content).to_le_bytes()));
    bytes.extend([0, 0]);
    bytes
}

fn names(names: &[&str]) -> Vec<u8> {
    let texts: Vec<u8> =
        names.iter().flat_map(|name| name.encode_utf16().chain([0])).flat_map(u16::to_le_bytes).collect();
    [&[5, names.len() as u8, 0x11, texts.len() as u8 + 1, 0][..], &texts, &[0]].concat()
}

/// Signature and packed bytes, then the header.
fn archive(packed: &[u8], header: &[u8]) -> Vec<u8> {
    let place = [(packed.len() as u64).to_le_bytes(), (header.len() as u64).to_le_bytes()].concat();
    let place = [&place[..], &crc32fast::hash(header).to_le_bytes()].concat();
    [&MAGIC[..], &[0, 4], &crc32fast::hash(&place).to_le_bytes(), &place, packed, header].concat()
}

fn plain(packed: &[u8], coders: &[Vec<u8>], files: &[(&str, &[u8])]) -> Vec<u8> {
    let contents: Vec<_> = files.iter().map(|(_, content)| *content).collect();
    let own: Vec<_> = files.iter().map(|(name, _)| *name).collect();
    archive(packed, &[&[1, 4][..], &streams(packed.len(), coders, &contents), &names(&own), &[0]].concat())
}

/// LZMA2 that holds bytes as they are.
fn lzma2(content: &[u8]) -> Vec<u8> {
    [&[1, 0, content.len() as u8 - 1][..], content, &[0]].concat()
}

const COPY: &[u8] = &[0];
const LZMA2: &[u8] = &[0x21];

fn look(bytes: Vec<u8>) -> ArtifactFacts {
    examine(&bytes.into(), "models.7z", &Limits::default(), Detail::Findings)
}

fn calls(facts: &ArtifactFacts) -> Vec<String> {
    let calls = facts.facts.iter().filter(|fact| matches!(fact.seen, Seen::Call(_)));
    calls.map(|fact| fact.place.member.to_string()).collect()
}

fn gaps(facts: &ArtifactFacts) -> Vec<&str> {
    facts.gaps.iter().map(|gap| gap.message.as_str()).collect()
}

#[test]
fn files_that_are_packed_together_are_looked_at_each() {
    let files: [(&str, &[u8]); 3] = [("readme.txt", b"x"), ("a/model.pkl", CALL), ("b.pkl", b"\x80\x02}.")];
    let joint = files.map(|(_, content)| content).concat();
    let differences: Vec<u8> = std::iter::once(0)
        .chain(joint.iter().copied())
        .zip(&joint)
        .map(|(before, byte)| byte.wrapping_sub(before))
        .collect();
    for (packed, coders) in [
        (joint.clone(), vec![coder(COPY, &[])]),
        (lzma2(&joint), vec![coder(LZMA2, &[0])]),
        (lzma2(&differences), vec![coder(&[3], &[0]), coder(LZMA2, &[0])]),
    ] {
        let found = look(plain(&packed, &coders, &files));
        assert_eq!(
            (found.format, calls(&found), gaps(&found)),
            (Format::SevenZip, vec!["a/model.pkl".to_owned()], vec![])
        );
    }
}

#[test]
fn a_packed_header_is_unpacked() {
    let (packed, files) = (lzma2(CALL), [("model.pkl", CALL)]);
    let header =
        [&[1, 4][..], &streams(packed.len(), &[coder(LZMA2, &[0])], &[CALL]), &names(&["model.pkl"]), &[0]].concat();
    let outer = |header: &[u8]| {
        let hidden = lzma2(header);
        let mut streams = streams(hidden.len(), &[coder(LZMA2, &[0])], &[header]);
        // It lies behind the packed file.
        streams[1] = packed.len() as u8;
        archive(&[&packed[..], &hidden].concat(), &[&[0x17][..], &streams].concat())
    };
    assert_eq!(calls(&look(outer(&header))), ["model.pkl"]);
    assert_eq!(calls(&look(plain(&packed, &[coder(LZMA2, &[0])], &files))), ["model.pkl"]);
    assert_eq!(
        gaps(&look(outer(b"\x01\x09"))),
        ["a 7z archive whose header contradicts itself, or lists too many files"]
    );
}

#[test]
fn what_cannot_be_unpacked_is_told() {
    let files = [("model.pkl", CALL)];
    let kinds = |facts: &ArtifactFacts| {
        let kind = |fact: &Seen| if let Seen::Observation(seen) = fact { Some(seen.kind) } else { None };
        facts.facts.iter().filter_map(|fact| kind(&fact.seen)).collect::<Vec<_>>()
    };
    let encrypted = look(plain(CALL, &[coder(LZMA2, &[0]), coder(&[6, 0xF1, 7, 1], &[0, 0])], &files));
    assert_eq!(kinds(&encrypted), [ObservationKind::Encrypted]);
    assert_eq!(gaps(&encrypted), ["encrypted content of a 7z archive cannot be looked into"]);
    let other = look(plain(CALL, &[coder(&[3, 4, 1], &[0; 5])], &files));
    assert_eq!(kinds(&other), [ObservationKind::UnsupportedContainer]);
    assert_eq!(gaps(&other), ["a 7z archive packed by PPMd cannot be looked into"]);
}

#[test]
fn damage_is_told() {
    let good = plain(CALL, &[coder(COPY, &[])], &[("model.pkl", CALL)]);
    assert_eq!(gaps(&look(good.clone())), [""; 0]);
    let changed = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 1;
        look(bytes)
    };
    let header = 32 + CALL.len();
    for (facts, told) in [
        (look(good[..20].to_vec()), "a 7z archive that ends within its first bytes"),
        (look(good[..good.len() - 1].to_vec()), "a 7z archive whose header lies outside of it"),
        (changed(8), "the checksum of where the archive's header is does not hold"),
        (changed(28), "the checksum of the archive's header is not that of its content"),
        (changed(header), "a 7z archive whose header contradicts itself, or lists too many files"),
        (look([&good[..], b"more"].concat()), ""),
    ] {
        assert_eq!(gaps(&facts).last().copied().unwrap_or_default(), told);
    }
    assert!(changed(40).facts.iter().any(|fact| matches!(&fact.seen, Seen::Observation(seen)
        if seen.kind == ObservationKind::ZipChecksumMismatch)));
    let cut = lzma2(CALL);
    let short = look(plain(&cut[..20], &[coder(LZMA2, &[0])], &[("model.pkl", CALL)]));
    assert!(gaps(&short).iter().any(|gap| gap.contains("the data breaks off")), "{short:?}");
}

/// A section that came again would be as much work each time, for two bytes.
#[test]
fn sections_that_come_again_are_damage() {
    let told = ["a 7z archive whose header contradicts itself, or lists too many files"];
    let files = names(&["a.pkl"]);
    let streams = streams(CALL.len(), &[coder(COPY, &[])], &[CALL]);
    let (start, end) = streams.split_at(streams.len() - 1);
    for header in [
        [&[1, 4][..], &streams, &files, &files, &[0]].concat(),
        [&[1, 4][..], &streams, &[4], &streams, &files, &[0]].concat(),
        [&[1, 4][..], start, &[8, 0], end, &files, &[0]].concat(),
        [&[1, 4][..], &start[..start.len() - 1], &[0x0A, 1, 0], end, &files, &[0]].concat(),
    ] {
        assert_eq!(gaps(&look(archive(CALL, &header))), told);
    }
    assert_eq!(gaps(&look(archive(CALL, &[&[1, 4][..], &streams, &files, &[0]].concat()))), [""; 0]);
}

/// Which of the empty files are no folders is said again and again, of a hundred thousand files.
#[test]
fn properties_that_come_again_do_not_go_over_all_files() {
    let count = 100_000_u32;
    let files = [&[5, 0xF0][..], &count.to_le_bytes()].concat();
    let header = [&[1][..], &files, &[0x0F, 0].repeat(count as usize), &[0, 0]].concat();
    assert_eq!(gaps(&look(archive(&[], &header))), ["the archive lists more files than it has contents"]);
}

#[test]
fn methods_that_are_not_known_are_told_a_few_times() {
    let count = 100_u8;
    let coders: Vec<u8> = (0..count).flat_map(|index| [1, 3, 0x7F, 0, index]).collect();
    let streams = [
        &[6, 0, count, 9][..],
        &vec![0; count.into()],
        &[0, 7, 0x0B, count, 0],
        &coders,
        &[0x0C],
        &vec![0; count.into()],
        &[0, 0],
    ]
    .concat();
    let found = look(archive(&[], &[&[1, 4][..], &streams, &[0]].concat()));
    assert_eq!((found.facts.len(), found.gaps.is_empty()), (MOST_TOLD, false), "{found:?}");
}

proptest! {
    #[test]
    fn damaged_archives_are_read_to_an_end(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
    ) {
        let files: [(&str, &[u8]); 2] = [("a.pkl", CALL), ("b", b"x")];
        let joint = files.map(|(_, content)| content).concat();
        let mut bytes = plain(&lzma2(&joint), &[coder(&[3], &[0]), coder(LZMA2, &[0])], &files);
        for (at, byte) in changes {
            let at = at.index(bytes.len() - 32) + 32;
            bytes[at] = byte;
        }
        bytes.truncate(32 + length.index(bytes.len() - 31));
        look(bytes);
    }
}
