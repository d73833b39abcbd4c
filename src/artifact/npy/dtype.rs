//! What a `descr` says of one element: its size, and whether it is a Python object.

use super::literal::Literal;

/// An element type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DType {
    /// Bytes of one element; `None` if they cannot be told.
    pub(super) size: Option<u64>,
    /// Whether it is a Python object or holds one at any depth: then the data is a pickle.
    pub(super) has_object: bool,
}

/// The element type that a header's `descr` names; `None` if NumPy would refuse it.
pub(super) fn element(descr: &Literal) -> Option<DType> {
    match descr {
        Literal::Text(name) => named(name),
        // An element type and the shape of the sub-array that each element is.
        Literal::Tuple(parts) => match parts.as_slice() {
            [inner, shape] => Some(repeated(element(inner)?, shape)),
            _ => None,
        },
        Literal::List(fields) => fields.iter().try_fold(DType { size: Some(0), has_object: false }, |all, field| {
            let inner = match field {
                Literal::Tuple(parts) => match parts.as_slice() {
                    [_, inner] => element(inner)?,
                    [_, inner, shape] => repeated(element(inner)?, shape),
                    _ => return None,
                },
                _ => return None,
            };
            Some(joined(all, inner))
        }),
        // Not what NumPy writes, but `numpy.dtype` takes it.
        Literal::Dict(entries) => {
            let formats = entries.iter().find(|(key, _)| *key == Literal::Text("formats".into()));
            let Some((_, Literal::List(formats) | Literal::Tuple(formats))) = formats else { return None };
            let types: Option<Vec<DType>> = formats.iter().map(element).collect();
            Some(DType { size: None, has_object: types?.iter().any(|inner| inner.has_object) })
        }
        Literal::Bool(_) | Literal::Int(_) | Literal::Other => None,
    }
}

fn joined(all: DType, inner: DType) -> DType {
    let size = all.size.zip(inner.size).and_then(|(a, b)| a.checked_add(b));
    DType { size, has_object: all.has_object || inner.has_object }
}

fn repeated(inner: DType, shape: &Literal) -> DType {
    let count = match shape {
        Literal::Int(count) => u64::try_from(*count).ok(),
        Literal::Tuple(axes) | Literal::List(axes) => axes.iter().try_fold(1_u64, |count, axis| match axis {
            Literal::Int(length) => count.checked_mul(u64::try_from(*length).ok()?),
            _ => None,
        }),
        _ => None,
    };
    DType { size: inner.size.zip(count).and_then(|(size, count)| size.checked_mul(count)), ..inner }
}

/// A type string: `<f8`, `|O`, `<M8[ns]`, `object`, or several with commas and shapes, `i4,(2,3)O`.
fn named(name: &str) -> Option<DType> {
    let mut all = DType { size: Some(0), has_object: false };
    for part in split_at_commas(name) {
        let part = part.trim();
        let (shape, single) = match part.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
            Some((shape, single)) => (Some(shape), single.trim()),
            None => (None, part),
        };
        let mut inner = simple(single)?;
        if let Some(shape) = shape {
            let axes = shape.split(',').filter(|axis| !axis.trim().is_empty());
            let axes = axes.map(|axis| axis.trim().parse().map_or(Literal::Other, Literal::Int)).collect();
            inner = repeated(inner, &Literal::Tuple(axes));
        }
        all = joined(all, inner);
    }
    Some(all)
}

/// Parts between commas that stand in no parentheses or brackets; the last may be empty and is then left out.
fn split_at_commas(name: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    let parts = name.split(|c| {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    });
    let mut parts: Vec<&str> = parts.collect();
    if parts.len() > 1 && parts.last().is_some_and(|part| part.trim().is_empty()) {
        parts.pop();
    }
    parts
}

fn simple(name: &str) -> Option<DType> {
    let bare = name.trim_start_matches(['<', '>', '=', '|']);
    let object = matches!(bare, "object" | "object_" | "object0" | "O") || is_letter_and_size(bare, 'O').is_some();
    if object {
        return Some(DType { size: Some(8), has_object: true });
    }
    let plain = |size| Some(DType { size, has_object: false });
    let unitless = bare.split_once('[').filter(|(_, unit)| unit.ends_with(']')).map_or(bare, |(start, _)| start);
    let mut letters = unitless.chars();
    let letter = letters.next()?;
    if let Ok(count) = letters.as_str().parse::<u64>() {
        return match (letter, count) {
            ('b', 1) | ('i' | 'u', 1 | 2 | 4 | 8) | ('f', 2 | 4 | 8 | 12 | 16) | ('c', 8 | 16 | 24 | 32) => {
                plain(Some(count))
            }
            ('M' | 'm', 8) | ('V' | 'S' | 'a' | 't', _) => plain(Some(count)),
            ('U', _) => plain(count.checked_mul(4)),
            // NumPy's variable strings are saved as objects; read from a `descr` they are not.
            _ => None,
        };
    }
    match unitless {
        "?" | "b" | "B" | "bool" | "bool_" | "int8" | "uint8" | "byte" | "ubyte" | "c" => plain(Some(1)),
        "h" | "H" | "e" | "int16" | "uint16" | "float16" | "half" | "short" | "ushort" | "bfloat16" => plain(Some(2)),
        "i" | "I" | "f" | "int32" | "uint32" | "float32" | "single" | "intc" | "uintc" => plain(Some(4)),
        "q" | "Q" | "d" | "F" | "M" | "m" | "int64" | "uint64" | "float64" | "double" | "float" | "complex64"
        | "longlong" | "ulonglong" | "datetime64" | "timedelta64" => plain(Some(8)),
        "D" | "complex128" | "complex" | "float128" | "longdouble" | "g" => plain(Some(16)),
        "G" | "complex256" | "clongdouble" => plain(Some(32)),
        "l" | "L" | "p" | "P" | "n" | "N" | "int" | "uint" | "int_" | "long" | "ulong" | "intp" | "uintp" => {
            plain(None)
        }
        "S" | "U" | "V" | "a" | "str" | "bytes" | "void" | "str_" | "bytes_" => plain(Some(0)),
        _ => None,
    }
}

fn is_letter_and_size(name: &str, letter: char) -> Option<u64> {
    name.strip_prefix(letter)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::literal::parse;
    use super::*;

    fn of(descr: &str) -> Option<(Option<u64>, bool)> {
        element(&parse(descr).expect("a literal")).map(|found| (found.size, found.has_object))
    }

    #[test]
    fn sizes_are_those_of_numpy() {
        assert_eq!(of("'<f8'"), Some((Some(8), false)));
        assert_eq!(of("'<U3'"), Some((Some(12), false)));
        assert_eq!(of("'<M8[ns]'"), Some((Some(8), false)));
        assert_eq!(of("[('a', '<i4'), ('', '|V4'), ('b', '<f8', (2, 3))]"), Some((Some(56), false)));
        assert_eq!(of("('<f4', (3,))"), Some((Some(12), false)));
        assert_eq!(of("'i4,(2,2)f8'"), Some((Some(36), false)));
    }

    #[test]
    fn an_object_is_seen_wherever_it_is_put() {
        for descr in [
            "'|O'",
            "'O8'",
            "'object'",
            "'i4,O'",
            "'i4,(2,)O,'",
            "[('a', [('b', '<f4'), (('title', 'c'), '|O')])]",
            "[('a', ('|O', (2,)))]",
            "{'names': ['a'], 'formats': ['O']}",
        ] {
            assert_eq!(of(descr).map(|found| found.1), Some(true), "{descr}");
        }
    }

    #[test]
    fn what_numpy_refuses_is_none() {
        for descr in ["'hello'", "5", "''", "'<c1'", "'<f3'", "'b8'", "[('a',)]", "['<f4']", "('a',)"] {
            assert_eq!(of(descr), None, "{descr}");
        }
    }
}
