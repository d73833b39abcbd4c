//! Models built from tables.

use proptest::prelude::*;

use super::*;
use crate::artifact::{Detail, examine as examine_artifact};
use crate::fact::artifact::{ArtifactFacts, Seen};
use crate::limits::Limits;

/// A model with one operator, which is named.
fn model(operator: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut words = |numbers: &[u32]| numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
    // The root's offset, the signature, its list of fields (8 bytes: sizes, then fields 0 and 1), the root itself.
    words(&[16, u32::from_le_bytes(*b"TFL3"), 0x0008_0008, 0x0004_0000]);
    words(&[8, 4]);
    // The vector of operators: one, whose table follows its list of fields (version left out).
    words(&[1, 16]);
    words(&[0x000C_000C, 0x0008_0004, 0x0000_0000]);
    words(&[12, 32, 4]);
    words(&[operator.len() as u32]);
    bytes.extend(operator.as_bytes());
    bytes.push(0);
    bytes
}

fn read(bytes: Vec<u8>) -> ArtifactFacts {
    examine_artifact(&bytes.into(), "a.tflite", &Limits::default(), Detail::Inventory)
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

#[test]
fn custom_operators_are_told_but_for_well_known_ones() {
    let expected = "`Evil`: a native library must be loaded for it";
    let facts = read(model("Evil"));
    assert_eq!(told(&facts), [(ObservationKind::CustomOperator, expected)]);
    assert!(facts.gaps.is_empty(), "{facts:?}");
    for known in ["TFLite_Detection_PostProcess", "FlexConv3D", ""] {
        assert_eq!(told(&read(model(known))), [], "{known}");
    }
    let facts = read(model("FlexPyFunc"));
    assert_eq!(told(&facts), [(ObservationKind::UnsafeOperator, "runs Python through `FlexPyFunc`")]);
}

#[test]
fn offsets_that_leave_the_file_are_damage() {
    let whole = model("Evil");
    let mut far = whole.clone();
    far[0] = 200;
    for bytes in [whole[..30].to_vec(), far] {
        assert_eq!(read(bytes).gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
    }
}

proptest! {
    #[test]
    fn damaged_models_are_read_to_an_end(
        changes in prop::collection::vec((0_usize..70, any::<u8>()), 1..5), end in 8_usize..80
    ) {
        let mut bytes = model("Evil");
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(end);
        prop_assert!(read(bytes).parts > 0);
    }
}
