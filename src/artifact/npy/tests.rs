//! Arrays built from headers.

use proptest::prelude::*;

use super::*;
use crate::artifact::{Detail, examine as examine_artifact};
use crate::fact::artifact::{ArtifactFacts, Seen};
use crate::limits::Limits;

/// An array of this header and data, of version 1, 2 or 3.
fn npy(version: u8, header: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = [MAGIC, &[version, 0]].concat();
    match version {
        1 => bytes.extend((header.len() as u16).to_le_bytes()),
        _ => bytes.extend((header.len() as u32).to_le_bytes()),
    }
    [&bytes, header.as_bytes(), data].concat()
}

fn read(bytes: Vec<u8>) -> ArtifactFacts {
    examine_artifact(&bytes.into(), "a.npy", &Limits::default(), Detail::Inventory)
}

fn kinds(facts: &ArtifactFacts) -> Vec<ObservationKind> {
    let kind = |seen: &Seen| if let Seen::Observation(observation) = seen { Some(observation.kind) } else { None };
    facts.facts.iter().filter_map(|fact| kind(&fact.seen)).collect()
}

const FLOATS: &str = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }            \n";

#[test]
fn arrays_of_all_versions_are_quiet_and_listed() {
    for version in 1..=3 {
        let facts = read(npy(version, FLOATS, &[0; 16]));
        assert!(facts.facts.is_empty() && facts.gaps.is_empty(), "{facts:?}");
        assert_eq!((facts.tensors[0].dtype.as_str(), &facts.tensors[0].shape[..]), ("<f8", &[2][..]));
    }
    let two = [npy(1, FLOATS, &[0; 16]), npy(2, FLOATS, &[0; 16])].concat();
    let facts = read(two);
    assert!(facts.facts.is_empty() && facts.tensors.len() == 2, "{facts:?}");
}

#[test]
fn the_pickle_of_an_object_array_is_a_member() {
    let header = "{'descr': [('a', '<f4'), ('b', '|O')], 'fortran_order': False, 'shape': (1,)}";
    let facts = read(npy(1, header, b"\x80\x04N."));
    let objects = facts.members.iter().find(|member| member.path.to_string() == "objects");
    assert_eq!(objects.map(|member| member.format), Some(Format::Pickle));
}

#[test]
fn headers_that_numpy_refuses_are_told() {
    for header in [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), 'more': 1}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 2}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-2,)}",
        "{'descr': 'what', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}",
        "__import__('os').system('echo loadlint-test')",
    ] {
        let facts = read(npy(1, header, &[0; 16]));
        assert_eq!(kinds(&facts), [ObservationKind::InvalidHeader], "{header}");
    }
    let mut other = npy(1, FLOATS, &[0; 16]);
    other[6] = 9;
    assert_eq!(kinds(&read(other)), [ObservationKind::InvalidHeader]);
}

#[test]
fn missing_and_additional_bytes_are_told() {
    let short = read(npy(1, FLOATS, &[0; 15]));
    assert_eq!(short.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
    let long = read(npy(1, FLOATS, &[1; 17]));
    assert_eq!(kinds(&long), [ObservationKind::TrailingBytes]);
    for end in [7, 9, 20] {
        let cut = read(npy(1, FLOATS, &[])[..end].to_vec());
        assert_eq!(cut.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged], "{end}");
    }
}

/// NumPy writes no such type, and reads it.
#[test]
fn what_follows_elements_of_an_unknown_size_is_looked_at_or_told() {
    let header = |descr: &str| format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (2,)}}");
    let call = b"\x80\x02cos\nsystem\nX\x12\0\0\0echo loadlint-test\x85R.";
    let objects = npy(1, &header("'|O'"), call);
    let calls = |facts: &ArtifactFacts| facts.facts.iter().filter(|fact| matches!(fact.seen, Seen::Call(_))).count();
    for descr in ["'l'", "'uint'", "{'names': ['a'], 'formats': ['<i8']}"] {
        for size in [4, 8] {
            let alone = read(npy(1, &header(descr), &vec![0; 2 * size]));
            assert_eq!((alone.facts.len(), alone.gaps.len()), (0, 0), "{descr} {size}");
            let followed = read([npy(1, &header(descr), &vec![0; 2 * size]), objects.clone()].concat());
            assert_eq!((calls(&followed), followed.gaps.len()), (1, 1), "{descr} {size}");
        }
        for data in [0, 8, 16, 20] {
            let other = read([&npy(1, &header(descr), &vec![0; data])[..], call].concat());
            assert_eq!(other.gaps.len(), 1, "{descr} {data}");
        }
    }
}

proptest! {
    #[test]
    fn damaged_arrays_are_read_to_an_end(
        version in 1_u8..4, changes in prop::collection::vec((0_usize..110, any::<u8>()), 0..6), end in 0_usize..110
    ) {
        let mut bytes = npy(version, FLOATS, &[0; 16]);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(end.max(6));
        let facts = read(bytes);
        prop_assert!(facts.parts > 0);
    }
}
