//! Universal Binary JSON, in which XGBoost keeps its models.

use super::{Fault, Values};

/// Containers that are open at once; real ones are five deep.
const MOST_DEPTH: usize = 1024;

/// A container that is open.
#[derive(Clone, Copy)]
struct Open {
    is_object: bool,
    /// How many values are to come; none if an end marker tells.
    left: Option<u64>,
    /// The type of all of them, if it was told once.
    of: Option<u8>,
}

/// Walks the one value of a file.
pub(super) fn walk(values: &mut Values<'_>) -> Result<(), Fault> {
    let mut open: Vec<Open> = Vec::new();
    let [mut tag] = values.take()?;
    loop {
        if matches!(tag, b'[' | b'{') {
            if open.len() == MOST_DEPTH {
                return Err(Fault::Damaged(values.at(), "containers are nested too deep"));
            }
            open.push(container(tag == b'{', values)?);
        } else {
            plain(tag, values)?;
        }
        match next(&mut open, values)? {
            Some(following) => tag = following,
            None => break,
        }
    }
    if values.is_at_end() { Ok(()) } else { Err(Fault::Damaged(values.at(), "bytes behind the end of the value")) }
}

/// What is told before the values of a container.
fn container(is_object: bool, values: &mut Values<'_>) -> Result<Open, Fault> {
    let mut opened = Open { is_object, left: None, of: None };
    let at = values.at();
    if peek(values)? == Some(b'$') {
        values.take::<1>()?;
        opened.of = Some(values.take::<1>()?[0]);
    }
    if peek(values)? == Some(b'#') {
        values.take::<1>()?;
        opened.left = Some(length(values)?);
    } else if opened.of.is_some() {
        return Err(Fault::Damaged(at, "a container with a type and no count"));
    }
    // All at once, if they are numbers.
    if let (false, Some(left), Some(width)) = (is_object, opened.left, opened.of.and_then(width)) {
        values.skip(left.saturating_mul(width))?;
        opened.left = Some(0);
    }
    Ok(opened)
}

/// The tag of the next value, behind the ends of containers; `None` at the end of the outermost one.
fn next(open: &mut Vec<Open>, values: &mut Values<'_>) -> Result<Option<u8>, Fault> {
    while let Some(inner) = open.last_mut() {
        let end = if inner.is_object { b'}' } else { b']' };
        while inner.left.is_none() && peek(values)? == Some(b'N') {
            values.take::<1>()?;
        }
        let ends = match &mut inner.left {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None if peek(values)? == Some(end) => {
                values.take::<1>()?;
                true
            }
            None => false,
        };
        if ends {
            open.pop();
            continue;
        }
        let (is_object, of) = (inner.is_object, inner.of);
        if is_object {
            let name = length(values)?;
            values.skip(name)?;
        }
        return match of {
            Some(tag) => Ok(Some(tag)),
            None => Ok(Some(values.take::<1>()?[0])),
        };
    }
    Ok(None)
}

fn plain(tag: u8, values: &mut Values<'_>) -> Result<(), Fault> {
    let at = values.at();
    let bytes = match tag {
        b'S' | b'H' => length(values)?,
        _ => width(tag).ok_or(Fault::Damaged(at, "a byte that starts no value"))?,
    };
    values.skip(bytes).map(drop)
}

/// How many bytes a value of this type has, if that does not depend on the value.
fn width(tag: u8) -> Option<u64> {
    Some(match tag {
        b'Z' | b'N' | b'T' | b'F' => 0,
        b'i' | b'U' | b'C' => 1,
        b'I' => 2,
        b'l' | b'd' => 4,
        b'L' | b'D' => 8,
        _ => return None,
    })
}

/// A count: the tag of an integer, and the integer.
fn length(values: &mut Values<'_>) -> Result<u64, Fault> {
    let at = values.at();
    let [tag] = values.take()?;
    let number = match tag {
        b'U' => return values.big_endian(1),
        b'i' => values.big_endian(1)? as i8 as i64,
        b'I' => values.big_endian(2)? as i16 as i64,
        b'l' => values.big_endian(4)? as i32 as i64,
        b'L' => values.big_endian(8)? as i64,
        _ => return Err(Fault::Damaged(at, "a count that is no integer")),
    };
    u64::try_from(number).map_err(|_| Fault::Damaged(at, "a negative count"))
}

fn peek(values: &mut Values<'_>) -> Result<Option<u8>, Fault> {
    use std::io::BufRead as _;
    Ok(values.reader.fill_buf()?.first().copied())
}

#[cfg(test)]
mod tests {
    use super::super::{assert_cuts_are_told, look};
    use crate::fact::artifact::Format;

    /// As XGBoost writes a learner: names, nested objects, arrays of one type.
    fn model() -> Vec<u8> {
        let weights = [&b"L\0\0\0\0\0\0\0\x07weights[$d#L\0\0\0\0\0\0\0\x02"[..], &[0; 8]].concat();
        let version = b"L\0\0\0\0\0\0\0\x07version[i\x03i\x00NZ]";
        let name = b"i\x04nameSi\x02ab";
        [&b"{i\x07learner{"[..], &weights, name, b"}", version, b"}"].concat()
    }

    #[test]
    fn whole_files_are_quiet_and_cut_ones_are_not() {
        let whole = model();
        assert_cuts_are_told("model.ubj", &whole, Format::Ubjson, 1, &[]);
        assert_eq!(look("model.ubj", [whole, b"{}".to_vec()].concat()).gaps.len(), 1);
    }

    #[test]
    fn hostile_counts_end_the_walk() {
        for bytes in [&b"[#l\xFF\xFF\xFF\xFF"[..], b"[$d#L\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", b"[$Z", b"{i\xFF"] {
            assert_eq!(look("model.ubj", bytes.to_vec()).gaps.len(), 1, "{}", bytes.escape_ascii());
        }
        assert_eq!(look("model.ubj", vec![b'['; 100_000]).gaps.len(), 1);
    }
}
