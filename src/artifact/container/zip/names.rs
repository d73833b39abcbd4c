//! Members of one name.

use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::super::super::Examination;
use super::members::Members;

/// Observes members whose names are the same to some reader: PyTorch's ignores case.
pub(super) fn check(members: &Members, x: &mut Examination<'_>) {
    let names = members.listed();
    let folded = |index: usize| names[index].0.chars().flat_map(char::to_lowercase);
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|a, b| folded(*a).cmp(folded(*b)));
    let mut told = 0;
    for pair in order.windows(2) {
        let [first, second] = [pair[0], pair[1]];
        if folded(first).eq(folded(second)) && told < 16 {
            told += 1;
            let (name, offset) = names[second];
            x.observe(ObservationKind::ZipDuplicateName, ByteRegion::new(offset, offset), name);
        }
    }
}
