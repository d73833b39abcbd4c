//! Formats without a signature of their own, told by their shape: pickles, protobufs, marshalled code, safetensors.
//!
//! Comes in: the first bytes. Goes out: yes or no, such that numbers in a raw tensor do not pass for any of them.

/// How a pickle opcode's operand is laid out.
enum Operand {
    Bytes(usize),
    /// A length of so many bytes, then so much content.
    Counted(usize),
    Lines(usize),
}

/// How many operations in a row are no accident: a third of all bytes are opcodes.
const CONVINCING: u32 = 10;

/// Whether what follows `PROTO` and its operand reads as operations: to `STOP`, to the end of what is given, for long
/// enough, or until something was imported.
pub(super) fn is_pickle(after_protocol: &[u8]) -> bool {
    let mut rest = after_protocol;
    for _ in 0..CONVINCING {
        let Some((&opcode, operand)) = rest.split_first() else { return true };
        if opcode == b'.' {
            return true;
        }
        let Some(kind) = operand_of(opcode) else { return false };
        let length = match kind {
            Operand::Bytes(length) => length,
            Operand::Counted(width) => {
                let Some(count) = operand.get(..width) else { return true };
                let count = count.iter().rev().fold(0u64, |value, byte| value.saturating_mul(256) + u64::from(*byte));
                // A gigabyte-long text at the start of a pickle is a number in a tensor.
                if count > 1 << 30 {
                    return false;
                }
                width.saturating_add(usize::try_from(count).unwrap_or(usize::MAX))
            }
            Operand::Lines(lines) => {
                let Some(length) = lines_length(operand, lines) else { return operand.is_ascii() };
                if !operand[..length].iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
                    return false;
                }
                // A name to import and a line end where it should be.
                if matches!(opcode, b'c' | b'i') && length > 3 {
                    return true;
                }
                length
            }
        };
        let Some(next) = operand.get(length..) else { return true };
        rest = next;
    }
    true
}

/// How long the pickle at the start of `bytes` is, `STOP` included; `None` if it does not come to one.
pub(super) fn pickle_length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0usize;
    loop {
        let opcode = *bytes.get(at)?;
        at += 1;
        if opcode == b'.' {
            return Some(at);
        }
        let operand = &bytes[at..];
        let length = match operand_of(opcode)? {
            Operand::Bytes(length) => length,
            Operand::Counted(width) => {
                let count = operand.get(..width)?.iter().rev();
                let count = count.fold(0u64, |value, byte| value.saturating_mul(256) + u64::from(*byte));
                width.checked_add(usize::try_from(count).ok()?)?
            }
            Operand::Lines(lines) => lines_length(operand, lines)?,
        };
        at = at.checked_add(length)?;
    }
}

fn lines_length(bytes: &[u8], lines: usize) -> Option<usize> {
    let ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    ends.map(|(at, _)| at + 1).nth(lines - 1)
}

/// The opcodes of CPython's `pickletools`.
fn operand_of(opcode: u8) -> Option<Operand> {
    Some(match opcode {
        b'('
        | b')'
        | b'0'
        | b'1'
        | b'2'
        | b'N'
        | b'Q'
        | b'R'
        | b']'
        | b'a'
        | b'b'
        | b'd'
        | b'e'
        | b'l'
        | b'o'
        | b's'
        | b't'
        | b'u'
        | b'}'
        | 0x81
        | 0x85..=0x89
        | 0x8F..=0x94
        | 0x97
        | 0x98 => Operand::Bytes(0),
        b'K' | b'h' | b'q' | 0x80 | 0x82 => Operand::Bytes(1),
        b'M' | 0x83 => Operand::Bytes(2),
        b'J' | b'j' | b'r' | 0x84 => Operand::Bytes(4),
        b'G' | 0x95 => Operand::Bytes(8),
        b'U' | b'C' | 0x8A | 0x8C => Operand::Counted(1),
        b'T' | b'X' | b'B' | 0x8B => Operand::Counted(4),
        0x8D | 0x8E | 0x96 => Operand::Counted(8),
        b'I' | b'F' | b'L' | b'P' | b'S' | b'V' | b'g' | b'p' => Operand::Lines(1),
        b'c' | b'i' => Operand::Lines(2),
        _ => return None,
    })
}

/// A length in 64 bits and then the start of a JSON object.
pub(super) fn is_safetensors(head: &[u8], length: u64) -> bool {
    let Some(header) = head.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)) else { return false };
    let starts = matches!(head.get(8..), Some([b'{', b'"' | b'}' | b' ' | b'\n' | b'\r' | b'\t', ..] | [b'{']));
    starts && (header < length || header < 1 << 32)
}

/// A `.pyc` file, or a code object that `marshal` wrote.
pub(super) fn is_bytecode(head: &[u8]) -> bool {
    match head {
        // The magic number's second byte stands for the versions of Python 3 so far, or for 2.7.
        [_, 0x0B..=0x0F | 0xF3, b'\r', b'\n', ..] => [16, 12, 8].iter().any(|at| head.get(*at).is_some_and(is_code)),
        [first, ..] if is_code(first) => is_code_object(&head[1..]),
        _ => false,
    }
}

/// The type byte of a code object, with or without the flag that it is referred to.
fn is_code(byte: &u8) -> bool {
    matches!(byte, 0x63 | 0xE3)
}

/// Counts of arguments and sizes, all small, then the bytecode as a string: five numbers since 3.11, six before, and
/// five or four before 3.8 and 3.
fn is_code_object(body: &[u8]) -> bool {
    (4..=6).any(|numbers| {
        let small = body.chunks_exact(4).take(numbers).enumerate().all(|(index, number)| {
            let value = u32::from_le_bytes([number[0], number[1], number[2], number[3]]);
            // The last is flags.
            value < if index + 1 == numbers { 1 << 27 } else { 4096 }
        });
        let Some([b's' | 0xF3, a, b, c, d, rest @ ..]) = body.get(numbers * 4..) else { return false };
        let length = u32::from_le_bytes([*a, *b, *c, *d]);
        small && (2..1 << 24).contains(&length) && (length as usize > rest.len() || rest[length as usize..].len() > 1)
    })
}

/// The top-level fields that are seen in `head`: number, wire type, value or length. `None` behind what is no field.
fn protobuf_fields(head: &[u8], length: u64) -> impl Iterator<Item = Option<(u64, u8, u64, usize)>> {
    let mut at = 0usize;
    std::iter::from_fn(move || {
        let (tag, start) = varint(head, at)?;
        let (number, wire) = (tag >> 3, (tag & 7) as u8);
        let field = match wire {
            0 => varint(head, start),
            1 => Some((0, start + 8)),
            2 => varint(head, start).filter(|(count, next)| *next as u64 + count <= length),
            5 => Some((0, start + 4)),
            _ => None,
        };
        let Some((value, next)) = field.filter(|_| number > 0) else {
            at = usize::MAX;
            // A number that the end of the head cuts is no fault.
            return (head.len() as u64 == length || start + 10 < head.len()).then_some(None);
        };
        let content = next;
        at = if wire == 2 { next.saturating_add(usize::try_from(value).unwrap_or(usize::MAX)) } else { next };
        Some(Some((number, wire, value, content)))
    })
}

/// A number of protobuf at `at`, and where the next byte is.
pub(super) fn varint(bytes: &[u8], mut at: usize) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

/// ONNX's `ModelProto`: a small version first, then fields of the right kinds, a graph or operator set among them.
pub(super) fn is_onnx(head: &[u8], length: u64) -> bool {
    let (mut version, mut graph, mut words) = (false, false, true);
    for field in protobuf_fields(head, length) {
        let Some((number, wire, value, content)) = field else { return false };
        match (number, wire) {
            (1, 0) => version = (1..=64).contains(&value),
            (2..=4, 2) => words &= is_printable(head, content, value),
            (5, 0) | (6 | 14 | 20 | 25 | 26, 2) => {}
            // A graph or operator set starts with a field of its own.
            (7 | 8, 2) => graph = true,
            _ => return false,
        }
    }
    version && graph && words
}

/// TensorFlow's `SavedModel` (a schema version of one, then graphs) or `GraphDef` (nodes, each with name and operator).
pub(super) fn is_tensorflow(head: &[u8], length: u64) -> bool {
    let mut fields = protobuf_fields(head, length);
    match fields.next() {
        Some(Some((1, 0, 1, _))) => matches!(fields.next(), Some(Some((2, 2, size, _))) if size > 64),
        Some(Some((1, 2, size, content))) if size >= 4 => {
            let node = &head[content.min(head.len())..];
            let mut inner = protobuf_fields(node, size.min(node.len() as u64));
            let named =
                matches!(inner.next(), Some(Some((1, 2, count, at))) if count > 0 && is_printable(node, at, count));
            let operates =
                matches!(inner.next(), Some(Some((2, 2, count, at))) if count > 1 && is_printable(node, at, count));
            named && operates
        }
        _ => false,
    }
}

/// TensorFlow's `MetaGraphDef`, by the first field: what was written (a list of operators, tags), or the graph.
pub(super) fn is_meta_graph(head: &[u8]) -> bool {
    let mut fields = protobuf_fields(head, u64::MAX);
    match fields.next() {
        Some(Some((1, 2, size, content))) => {
            let inner = head.get(content..).unwrap_or_default();
            // The graph follows, perhaps behind the head.
            matches!(protobuf_fields(inner, size).next(), Some(Some((1..=7, 2, length, _))) if length <= size)
                && matches!(fields.next(), None | Some(Some((2, 2, _, _))))
        }
        Some(Some((2, 2, _, content))) => is_tensorflow(&head[content.min(head.len())..], u64::MAX),
        _ => false,
    }
}

fn is_printable(bytes: &[u8], at: usize, count: u64) -> bool {
    let end = at.saturating_add(usize::try_from(count).unwrap_or(usize::MAX)).min(bytes.len());
    bytes.get(at..end).is_some_and(|text| text.iter().all(|byte| *byte >= 32 && *byte != 0x7F))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pickles_are_told_from_numbers() {
        for pickle in [
            &b"cposix\nsystem\n(X\x04\0\0\0echotR\xff"[..],
            b"}q\x00.",
            b"\x95\x10\0\0\0\0\0\0\0\x8c\x05posix\x94\x8c\x06system\x94\x93\x94",
            b"X\xff\0\0\0cut",
            b"",
        ] {
            assert!(is_pickle(pickle), "{}", pickle.escape_ascii());
        }
        for numbers in [&b"\x00\x3f\x80\x3f"[..], b"T\x80\x3f\x80\x7f", b"c\x80\x3f\n\x01\n", b"(\x3f\x80"] {
            assert!(!is_pickle(numbers), "{}", numbers.escape_ascii());
        }
    }

    #[test]
    fn protobufs_are_told_by_their_fields() {
        let onnx = b"\x08\x08\x12\x07pytorch\x3a\x04\x12\x02ab\x42\x04\x0a\x00\x10\x0d";
        assert!(is_onnx(onnx, onnx.len() as u64) && !is_tensorflow(onnx, onnx.len() as u64));
        let graph = b"\x0a\x10\x0a\x01x\x12\x0bPlaceholder";
        assert!(is_tensorflow(graph, graph.len() as u64) && !is_onnx(graph, graph.len() as u64));
        assert!(is_meta_graph(b"\x12\x12\x0a\x10\x0a\x01x\x12\x0bPlaceholder"));
        assert!(!is_meta_graph(&[&graph[..], graph].concat()));
        assert!(is_meta_graph(b"\x0a\x09\x12\x07\x0a\x05\x0a\x03Add\x12\x00") && !is_meta_graph(b"plain words"));
        for other in [&b"\x08\x08\x12"[..], b"plain words", b"\x0a\x05\x0a\x01\x00\x12\x00", b"\0\0\0\0\0\0\0\0"] {
            let length = other.len() as u64;
            assert!(!is_onnx(other, length) && !is_tensorflow(other, length), "{}", other.escape_ascii());
        }
    }

    #[test]
    fn marshalled_code_starts_with_small_numbers_and_a_string() {
        let mut code = vec![0xE3];
        code.extend([0; 12]);
        code.extend([2, 0, 0, 0, 0, 0, 0, 0, 0xF3, 4, 0, 0, 0]);
        code.extend([0x97, 0, 0x64, 0, 0x29, 1]);
        assert!(is_bytecode(&code));
        let mut pyc = b"\xCB\x0D\x0D\x0A\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        pyc.extend(&code);
        assert!(is_bytecode(&pyc));
        assert!(!is_bytecode(b"c\0\0\x80\x3f\0\0\x80\x3f\0\0\x80\x3f\0\0\x80\x3f\0\0\x80\x3fs\0\0\x80\x3f"));
        assert!(!is_bytecode(b"code that is text"));
    }
}
