//! Members of one name.

use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::super::super::Examination;
use super::members::Members;

/// Observes members whose names are the same to some reader: PyTorch's ignores case.
pub(super) fn check(members: &Members, x: &mut Examination<'_>) {
    let names = members.listed();
    let mut folded: Vec<(String, usize)> =
        names.iter().enumerate().map(|(index, (name, _))| (folded(name), index)).collect();
    folded.sort();
    let mut told = 0;
    for pair in folded.windows(2) {
        if pair[0].0 == pair[1].0 && told < 16 {
            told += 1;
            let (name, offset) = names[pair[1].1];
            x.observe(ObservationKind::ZipDuplicateName, ByteRegion::new(offset, offset), name);
        }
    }
}

fn folded(name: &str) -> String {
    // Nearly all names are ASCII, for which this is far cheaper.
    if name.is_ascii() { name.to_ascii_lowercase() } else { name.chars().flat_map(char::to_lowercase).collect() }
}
