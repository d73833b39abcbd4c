//! MATLAB's files before version 7.3, which is HDF5: scipy reads and writes them.

use super::{Fault, Values};
use crate::artifact::Examination;

const HEADER_BYTES: u64 = 128;
const COMPRESSED: u32 = 15;
const MATRIX: u32 = 14;

/// Whether it starts like a file of version 5 to 7.2.
pub(in crate::artifact) fn is_matlab(head: &[u8]) -> bool {
    matches!(head.get(124..128), Some([0, 1, b'I', b'M'] | [1, 0, b'M', b'I']))
        && head[..4].iter().all(|byte| *byte > 8)
}

/// Walks the variables of a file.
pub(super) fn walk(values: &mut Values<'_>, x: &mut Examination<'_>) -> Result<(), Fault> {
    let is_little = values.skip(HEADER_BYTES)?.read(126, 1)?.first() == Some(&b'I');
    while !values.is_at_end() {
        let at = values.at();
        let (kind, size) = tag(values, is_little)?;
        match kind {
            COMPRESSED => {
                let packed = values.skip(size)?;
                x.nested(&format!("<compressed variable at {at}>"), &packed);
            }
            MATRIX => {
                let end = values.at().saturating_add(size);
                if size > values.reader.remaining() {
                    return Err(Fault::Damaged(at, super::ENDS_EARLY));
                }
                parts(values, end, is_little)?;
            }
            // What else may stand here is numbers.
            _ => values.skip(size.next_multiple_of(8).min(values.reader.remaining())).map(drop)?,
        }
    }
    Ok(())
}

/// The parts of a variable: flags, dimensions, name, numbers; of cells and structures further variables, which are skipped.
fn parts(values: &mut Values<'_>, end: u64, is_little: bool) -> Result<(), Fault> {
    while values.at() < end {
        let at = values.at();
        let (_, size) = tag(values, is_little)?;
        let left = end.saturating_sub(values.at());
        if size > left {
            return Err(Fault::Damaged(at, "a part of a variable is longer than the variable"));
        }
        values.skip(size.next_multiple_of(8).min(left))?;
    }
    Ok(())
}

/// The type of an element and how many bytes follow. Small ones stand in the tag itself.
fn tag(values: &mut Values<'_>, is_little: bool) -> Result<(u32, u64), Fault> {
    let number = |bytes: [u8; 4]| if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) };
    let kind = number(values.take()?);
    let size = number(values.take()?);
    match kind >> 16 {
        0 => Ok((kind, size.into())),
        _ => Ok((kind & 0xFFFF, 0)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{assert_cuts_are_told, look};
    use crate::fact::artifact::Format;

    fn element(kind: u32, content: &[u8]) -> Vec<u8> {
        let mut bytes = [&kind.to_le_bytes()[..], &(content.len() as u32).to_le_bytes(), content].concat();
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes
    }

    fn file(variables: &[Vec<u8>]) -> Vec<u8> {
        let mut header = b"MATLAB 5.0 MAT-file".to_vec();
        header.resize(124, b' ');
        header.extend(b"\0\x01IM");
        [header, variables.concat()].concat()
    }

    fn matrix() -> Vec<u8> {
        let small = [&(2_u32 << 16 | 1).to_le_bytes()[..], b"ab\0\0"].concat();
        let parts = [element(6, &[6, 0, 0, 0, 0, 0, 0, 0]), element(5, &[1, 0, 0, 0, 2, 0, 0, 0]), small];
        element(14, &[parts.concat(), element(9, &[0; 16])].concat())
    }

    #[test]
    fn whole_files_are_quiet_and_cut_ones_are_not() {
        let whole = file(&[matrix(), matrix()]);
        let first = whole.len() - matrix().len();
        assert_cuts_are_told("data.mat", &whole, Format::Matlab, 129, &[first]);
        let mut longer = file(&[matrix()]);
        longer[140] = 200;
        assert_eq!(look("data.mat", longer).gaps.len(), 1);
    }
}
