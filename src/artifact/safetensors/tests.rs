//! Files built from headers.

use proptest::prelude::*;

use super::*;
use crate::artifact::{Detail, examine as examine_artifact};
use crate::fact::artifact::{ArtifactFacts, Seen};
use crate::limits::Limits;

fn safetensors(header: &str, data: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), data].concat()
}

fn read(bytes: Vec<u8>) -> ArtifactFacts {
    examine_artifact(&bytes.into(), "a.safetensors", &Limits::default(), Detail::Inventory)
}

fn told(facts: &ArtifactFacts) -> Vec<(ObservationKind, &str)> {
    let mut told = Vec::new();
    for fact in &facts.facts {
        if let Seen::Observation(seen) = &fact.seen {
            told.push((seen.kind, seen.subject.as_str()));
        }
    }
    told
}

const TWO: &str = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[8,12]}}   "#;

#[test]
fn a_valid_file_is_quiet_and_listed() {
    let facts = read(safetensors(TWO, &[0; 12]));
    assert!(facts.facts.is_empty() && facts.gaps.is_empty(), "{facts:?}");
    let names: Vec<_> = facts.tensors.iter().map(|tensor| (tensor.name.as_str(), &tensor.shape[..])).collect();
    assert_eq!(names, [("a", &[2][..]), ("b", &[2, 2])]);
    let empty = read(safetensors("{}", &[]));
    assert!(empty.facts.is_empty() && empty.gaps.is_empty(), "{empty:?}");
}

#[test]
fn a_length_that_spells_another_magic_is_no_other_format() {
    for length in [93, 376, 640, 35_615] {
        let header = format!("{TWO}{}", " ".repeat(length.max(TWO.len()) - TWO.len()));
        let header = if length < TWO.len() { format!("{{}}{}", " ".repeat(length - 2)) } else { header };
        let data: &[u8] = if length < TWO.len() { &[] } else { &[0; 12] };
        // An empty header needs a byte behind it to be longer than its length says; none stands there in real files.
        let facts = read(safetensors(&header, data));
        assert_eq!(told(&facts), [], "{length}");
        assert_eq!(facts.format, crate::fact::artifact::Format::Safetensors);
    }
}

#[test]
fn what_the_reference_reader_refuses_is_invalid() {
    let cases: [(&str, usize, &str); 14] = [
        (r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},}"#, 8, "not valid JSON"),
        (r#"{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}"#, 8, "unknown dtype"),
        (r#"{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#, 8, "do not fit"),
        (r#"{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#, 8, "whole numbers"),
        (r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "before it starts"),
        (r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#, 12, "a hole"),
        (r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 4, "after the end of the file"),
        (r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9, "after the last"),
        (r#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,0]}}"#, 0, "do not fit"),
        (r#"{"a":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0, "too large"),
        (r#"{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}}"#, 8, "twice"),
        (r#"{"a":[]}"#, 0, "not an object"),
        (r#"{"__metadata__":{"a":1}}"#, 0, "not text"),
        (r#"{"__metadata__":{},"__metadata__":{}}"#, 0, "twice"),
    ];
    for (header, bytes, words) in cases {
        let facts = read(safetensors(header, &vec![0; bytes]));
        let told = told(&facts);
        assert!(
            told.iter().any(|(kind, subject)| *kind == ObservationKind::SafetensorsInvalid && subject.contains(words)),
            "{header}: {told:?}"
        );
    }
    let overlap =
        r#"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"b":{"dtype":"U8","shape":[8],"data_offsets":[4,12]}}"#;
    let facts = read(safetensors(overlap, &[0; 12]));
    assert_eq!(told(&facts), [(ObservationKind::SafetensorsInvalid, "tensor `b` overlaps another")]);
}

#[test]
fn headers_that_cannot_be_read_are_invalid() {
    let mut long = safetensors(TWO, &[]);
    long[7] = 1;
    let not_utf8 = [&3_u64.to_le_bytes()[..], b"{\xFF}   "].concat();
    let deep = safetensors(&format!("{{\"a\":{}", "[".repeat(200_000)), &[]);
    for bytes in [vec![1], long, not_utf8, deep, safetensors("[]", &[0; 4])] {
        let kinds: Vec<_> = told(&read(bytes.clone())).iter().map(|one| one.0).collect();
        assert_eq!(kinds, [ObservationKind::SafetensorsInvalid], "{:?}", bytes.get(..20));
    }
}

#[test]
fn what_the_reference_reader_lets_pass_is_ambiguous() {
    let doubled = r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"\u0061":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}"#;
    let unknown = r#"{"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8],"more":"x"}}"#;
    let padded = "{\"a\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}\t\n";
    let code = r#"{"__metadata__":{"x":"__import__('os')"},"a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}"#;
    let kinds = |header| {
        let facts = read(safetensors(header, &[0; 8]));
        told(&facts).iter().map(|one| one.0).collect::<Vec<_>>()
    };
    let climbing = r#"{"../a":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}"#;
    for header in [doubled, unknown, padded, climbing] {
        assert_eq!(kinds(header), [ObservationKind::SafetensorsAmbiguous], "{header}");
    }
    assert_eq!(kinds(code), [ObservationKind::CodeInMetadata]);
}

#[test]
fn a_pickle_in_a_tensor_is_looked_at() {
    let header = r#"{"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16]}}"#;
    for (data, inside) in [(b"\x80\x02cos\nsystem\n)R.", 1), (b"\x80\x02\xFF some numbers", 0)] {
        let facts = read(safetensors(header, data));
        let members = facts.members.iter().filter(|member| member.path.to_string() == "tensor `a`");
        assert_eq!(members.count(), inside, "{}", data.escape_ascii());
    }
}

#[test]
fn programs_in_tensors_are_told() {
    let header = r#"{"a":{"dtype":"U8","shape":[16],"data_offsets":[0,16]}}"#;
    let kinds = |data: &[u8; 16]| {
        let facts = read(safetensors(header, data));
        told(&facts).iter().map(|one| one.0).collect::<Vec<_>>()
    };
    for program in [b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", b"#!/bin/sh\necho 1"] {
        assert_eq!(kinds(program), [ObservationKind::ExecutableContent]);
    }
    for numbers in [b"\x7FELF\x09\x01\x01\0\0\0\0\0\0\0\0\0", b"MZ\0\0\0\0\0\0\0\0\0\0\0\0\0\0"] {
        assert_eq!(kinds(numbers), []);
    }
}

#[test]
fn what_lies_in_bytes_of_no_tensor_is_looked_at() {
    let header = r#"{"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#;
    let pickle = b"\x80\x04N.";
    let facts = read(safetensors(header, &[&[0; 4], &pickle[..]].concat()));
    assert!(facts.members.iter().any(|member| member.path.to_string() == "no tensor"), "{facts:?}");
}

proptest! {
    #[test]
    fn damaged_files_are_read_to_an_end(
        changes in prop::collection::vec((0_usize..180, any::<u8>()), 1..5), end in 8_usize..180
    ) {
        let mut bytes = safetensors(TWO, &[0; 12]);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(end);
        prop_assert!(read(bytes).parts > 0);
    }
}
