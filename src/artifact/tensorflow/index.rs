//! The index of a TensorFlow checkpoint (`variables.index`): a table of names, whose end says where it begins.
//!
//! Comes in: a file by its name. Goes out: a gap if it breaks off. Called by `content`. Source: TensorFlow 2.21
//! `tensorflow/core/lib/io/format.h`.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind};

use super::super::Examination;
use super::super::sniff::file_name;

/// The last bytes of a table.
const MAGIC: [u8; 8] = 0xDB47_7524_8B80_FB57_u64.to_le_bytes();
const FOOTER_BYTES: u64 = 48;

/// Whether a file of this name is one: other programs have an `.index` too.
fn is_one(name: &str) -> bool {
    let file = file_name(name);
    file.strip_suffix(".index").is_some_and(|stem| stem == "variables" || stem.contains("ckpt"))
}

/// Looks at the end of `content`, if it is called like an index.
pub(in crate::artifact) fn examine(content: &Window, x: &mut Examination<'_>) {
    if !is_one(x.name()) {
        return;
    }
    let end = content.len().checked_sub(FOOTER_BYTES).map(|at| content.read(at + FOOTER_BYTES - 8, 8));
    match end {
        Some(Ok(end)) if *end == MAGIC => {}
        Some(Err(error)) => x.unreadable(&error),
        _ => {
            let all = ByteRegion::new(0, content.len());
            x.gap(GapKind::Damaged, all, "the index of a checkpoint without its end");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::MAGIC;
    use crate::artifact::{Detail, examine};
    use crate::limits::Limits;

    #[test]
    fn an_index_has_its_end() {
        let gaps =
            |name: &str, bytes: Vec<u8>| examine(&bytes.into(), name, &Limits::default(), Detail::Findings).gaps.len();
        let whole = [&[1; 90][..], &MAGIC].concat();
        for name in ["variables/variables.index", "model.ckpt-1000.index", "ckpt-1.index"] {
            assert_eq!(gaps(name, whole.clone()), 0);
            assert_eq!(gaps(name, whole[..95].to_vec()), 1);
            assert_eq!(gaps(name, MAGIC.to_vec()), 1);
        }
        assert_eq!(gaps("faiss.index", whole[..95].to_vec()), 0);
    }
}
