//! One operation at a time: the opcode and its operand, read exactly as `_pickle.c` reads them.
//!
//! Comes in: an [`Input`]. Goes out: [`Operation`]s for the machine and the disassembler, or why there is none.

use std::borrow::Cow;

use super::input::{Input, Span};
use super::opcode::{self as op, Kind, kind_of};

/// An opcode with its operand.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Operation {
    /// The opcode.
    pub(super) code: u8,
    /// Its offset.
    pub(super) at: u64,
    /// The offset behind the operand.
    pub(super) end: u64,
    /// The operand.
    pub(super) operand: Operand,
}

/// What stands behind an opcode.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Operand {
    /// Nothing.
    Nothing,
    /// A number.
    Int(i64),
    /// A boolean, spelled as an integer. Two variants, so that all that any holds is as wide as a word: it is copied often.
    True,
    /// The other.
    False,
    /// A float.
    Float(f64),
    /// An integer of more than 64 bits: its digits, or its bytes.
    LargeInt(Span),
    /// A line or a counted payload.
    Span(Span),
    /// Two lines.
    Spans(Span, Span),
}

/// Why a stream goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// The bytes end.
    Truncated,
    /// No unpickler would go on; why.
    Invalid(&'static str),
}

/// Texts longer than this are not checked to be UTF-8.
const CHECKED_TEXT_BYTES: u64 = 1 << 20;

/// The next operation.
#[inline]
pub(super) fn next(input: &mut Input<'_>) -> Result<Operation, Halt> {
    let at = input.position();
    let [code] = input.take::<1>().ok_or(Halt::Truncated)?;
    let operand = match kind_of(code) {
        Kind::Nothing => Operand::Nothing,
        Kind::Invalid => return Err(Halt::Invalid("an unknown opcode")),
        kind => operand(code, kind, input)?,
    };
    Ok(Operation { code, at, end: input.position(), operand })
}

#[inline]
fn operand(code: u8, kind: Kind, input: &mut Input<'_>) -> Result<Operand, Halt> {
    let number = match kind {
        Kind::U1 | Kind::Long1 | Kind::Counted1 => input.take::<1>().map(|[byte]| i64::from(byte)),
        Kind::U2 => input.take().map(|bytes| i64::from(u16::from_le_bytes(bytes))),
        Kind::U4 | Kind::Counted4 | Kind::CountedSigned4 => {
            input.take().map(|bytes| i64::from(u32::from_le_bytes(bytes)))
        }
        Kind::I4 | Kind::Long4 => input.take().map(|bytes| i64::from(i32::from_le_bytes(bytes))),
        Kind::U8 | Kind::Counted8 => input.take().map(i64::from_le_bytes),
        Kind::F8 => return input.take().map(|bytes| Operand::Float(f64::from_be_bytes(bytes))).ok_or(Halt::Truncated),
        Kind::Line => return line(code, input),
        Kind::TwoLines => {
            let lines = (input.line().ok_or(Halt::Truncated)?, input.line().ok_or(Halt::Truncated)?);
            return names(input, lines);
        }
        Kind::Nothing | Kind::Invalid => return Ok(Operand::Nothing),
    };
    let number = number.ok_or(Halt::Truncated)?;
    match kind {
        Kind::U8 | Kind::Counted8 if number < 0 => Err(Halt::Invalid("a length of more than 63 bits")),
        Kind::Long1 | Kind::Long4 => long(number, input),
        Kind::Counted1 | Kind::Counted4 | Kind::CountedSigned4 | Kind::Counted8 => payload(code, number as u64, input),
        _ if code == op::FRAME => {
            input.enter_frame(number as u64);
            Ok(Operand::Int(number))
        }
        _ => Ok(Operand::Int(number)),
    }
}

#[inline]
fn payload(code: u8, length: u64, input: &mut Input<'_>) -> Result<Operand, Halt> {
    let joins = matches!(code, op::SHORT_BINBYTES | op::BINBYTES | op::BINBYTES8 | op::BYTEARRAY8);
    let span = input.payload(length, joins).ok_or(Halt::Truncated)?;
    let is_text = matches!(code, op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8);
    if is_text && length <= CHECKED_TEXT_BYTES && !is_text_of_python(&input.bytes(span)) {
        return Err(Halt::Invalid("a text that is not UTF-8"));
    }
    Ok(Operand::Span(span))
}

/// UTF-8, with lone surrogates allowed.
fn is_text_of_python(bytes: &[u8]) -> bool {
    if bytes.is_ascii() {
        return true;
    }
    let mut rest = bytes;
    loop {
        match std::str::from_utf8(rest) {
            Ok(_) => return true,
            Err(error) => match &rest[error.valid_up_to()..] {
                [0xED, 0xA0..=0xBF, 0x80..=0xBF, after @ ..] => rest = after,
                _ => return false,
            },
        }
    }
}

fn long(length: i64, input: &mut Input<'_>) -> Result<Operand, Halt> {
    let length = u64::try_from(length).map_err(|_| Halt::Invalid("an integer of negative length"))?;
    let span = input.payload(length, false).ok_or(Halt::Truncated)?;
    if length > 8 {
        return Ok(Operand::LargeInt(span));
    }
    let bytes = input.bytes(span);
    let sign = bytes.last().map_or(0, |last| if last & 0x80 == 0 { 0 } else { 0xFF });
    let mut wide = [sign; 8];
    wide[..bytes.len()].copy_from_slice(&bytes);
    Ok(Operand::Int(i64::from_le_bytes(wide)))
}

fn names(input: &Input<'_>, (module, name): (Span, Span)) -> Result<Operand, Halt> {
    for line in [module, name] {
        if line.length == 0 {
            return Err(Halt::Invalid("an empty name"));
        }
        if line.length <= CHECKED_TEXT_BYTES && std::str::from_utf8(&input.bytes(line)).is_err() {
            return Err(Halt::Invalid("a name that is not UTF-8"));
        }
    }
    Ok(Operand::Spans(module, name))
}

fn line(code: u8, input: &mut Input<'_>) -> Result<Operand, Halt> {
    let span = input.line().ok_or(Halt::Truncated)?;
    let text = input.bytes(Span { length: span.length.min(CHECKED_TEXT_BYTES), ..span });
    let operand = match code {
        op::INT => int(&text, span),
        op::LONG => integer(text.strip_suffix(b"L").unwrap_or(&text), 0, span),
        op::FLOAT => float(&text).map(Operand::Float),
        op::GET | op::PUT => integer(&text, 10, span).filter(|operand| matches!(operand, Operand::Int(_))),
        op::STRING => unquoted(span, input).map(Operand::Span),
        _ => Some(Operand::Span(span)),
    };
    operand.ok_or(Halt::Invalid("an operand that cannot be read"))
}

fn int(text: &[u8], span: Span) -> Option<Operand> {
    match (integer(text, 0, span)?, text.len()) {
        (Operand::Int(0), 2) => Some(Operand::False),
        (Operand::Int(1), 2) => Some(Operand::True),
        (operand, _) => Some(operand),
    }
}

/// An integer as `int(text, base)` understands it; for base 0 the old octal `017` too, as `strtol` does. C ends it at
/// a NUL.
fn integer(text: &[u8], base: u32, span: Span) -> Option<Operand> {
    let text = text.split(|byte| *byte == 0).next().unwrap_or_default().trim_ascii();
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] => (false, digits),
        digits => (false, digits),
    };
    let (base, digits) = match digits {
        [b'0', b'x' | b'X', digits @ ..] if base == 0 => (16, digits),
        [b'0', b'o' | b'O', digits @ ..] if base == 0 => (8, digits),
        [b'0', b'b' | b'B', digits @ ..] if base == 0 => (2, digits),
        [b'0', digits @ ..] if base == 0 && !digits.is_empty() => (8, digits),
        digits => (10, digits),
    };
    let mut value = Some(0_i64);
    let mut count = 0_u32;
    for digit in digits.iter().filter(|byte| **byte != b'_') {
        let digit = i64::from(char::from(*digit).to_digit(base)?);
        let signed = if negative { -digit } else { digit };
        value = value.and_then(|value| value.checked_mul(i64::from(base))?.checked_add(signed));
        count += 1;
    }
    (count > 0).then(|| value.map_or(Operand::LargeInt(span), Operand::Int))
}

fn float(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text.trim_ascii()).ok()?.replace('_', "").parse().ok()
}

/// What stands between the quotes, which may be single or double, however far apart.
fn unquoted(span: Span, input: &Input<'_>) -> Option<Span> {
    let length = span.length.checked_sub(2)?;
    let quote = |at| input.bytes(Span { at, length: 1 }).first().copied().filter(|byte| matches!(byte, b'\'' | b'"'));
    (quote(span.at)? == quote(span.at + length + 1)?).then_some(Span { at: span.at + 1, length })
}

/// What `STRING` (`\x41`, `\n`, octal) escapes stand for; `None` where there are none.
pub(super) fn string_escapes(text: &[u8]) -> Result<Option<Vec<u8>>, Halt> {
    if !text.contains(&b'\\') {
        return Ok(None);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let (&kind, after) = rest.split_first().ok_or(BAD_ESCAPE)?;
        rest = after;
        match kind {
            b'\n' => {}
            b'x' => {
                let (value, used) = digits(rest, 16, 2);
                if used < 2 {
                    return Err(BAD_ESCAPE);
                }
                out.push(value as u8);
                rest = &rest[used..];
            }
            b'0'..=b'7' => {
                let (value, used) = digits(rest, 8, 2);
                out.push(((u32::from(kind - b'0') << (3 * used as u32)) | value) as u8);
                rest = &rest[used..];
            }
            other => match PLAIN_ESCAPES.iter().find(|(letter, _)| *letter == other) {
                Some((_, value)) => out.push(*value),
                None => out.extend([b'\\', other]),
            },
        }
    }
    Ok(Some(out))
}

const BAD_ESCAPE: Halt = Halt::Invalid("an escape that stands for nothing");

/// Letters behind a backslash and what they stand for.
const PLAIN_ESCAPES: [(u8, u8); 10] = [
    (b'\\', b'\\'),
    (b'\'', b'\''),
    (b'"', b'"'),
    (b'a', 7),
    (b'b', 8),
    (b'f', 12),
    (b'n', b'\n'),
    (b'r', b'\r'),
    (b't', b'\t'),
    (b'v', 11),
];

/// The value of up to `most` leading digits, and how many there are.
fn digits(text: &[u8], base: u32, most: usize) -> (u32, usize) {
    let values = text.iter().take(most).map_while(|byte| char::from(*byte).to_digit(base));
    values.fold((0, 0), |(value, used), digit| (value * base + digit, used + 1))
}

/// What a `UNICODE` line (`\u0041`, else Latin-1) stands for, as UTF-8; `None` where it is that already.
pub(super) fn raw_unicode_escapes(text: &[u8]) -> Result<Option<String>, Halt> {
    if text.is_ascii() && !text.contains(&b'\\') {
        return Ok(None);
    }
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let width = match (byte, text.get(at + 1)) {
            (b'\\', Some(b'u')) => 4,
            (b'\\', Some(b'U')) => 8,
            _ => 0,
        };
        if width > 0 {
            let (value, used) = digits(&text[at + 2..], 16, width);
            if used < width || value > 0x0010_FFFF {
                return Err(BAD_ESCAPE);
            }
            out.push(char::from_u32(value).unwrap_or(char::REPLACEMENT_CHARACTER));
            at += 2 + width;
            continue;
        }
        out.push(char::from(byte));
        at += 1;
        // A backslash escapes a backslash only in so far as the next one begins no escape.
        if byte == b'\\' && text.get(at) == Some(&b'\\') {
            out.push('\\');
            at += 1;
        }
    }
    Ok(Some(out))
}

/// Text for people: what can be shown of some bytes.
pub(super) fn shown(bytes: &[u8]) -> Cow<'_, str> {
    String::from_utf8_lossy(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::pickle::input::Frames;
    use crate::bytes::Window;

    fn read(bytes: &[u8]) -> Result<Operand, Halt> {
        let window: Window = bytes.to_vec().into();
        next(&mut Input::new(&window, 0, Frames::Ignored)).map(|operation| operation.operand)
    }

    fn span(at: u64, length: u64) -> Operand {
        Operand::Span(Span { at, length })
    }

    #[test]
    fn integers_are_read_as_c_reads_them() {
        for (bytes, value) in [
            (&b"I01\n"[..], Operand::True),
            (b"I+0\n", Operand::False),
            (b"I1\n", Operand::Int(1)),
            (b"I0x1F\n", Operand::Int(31)),
            (b"I017\n", Operand::Int(15)),
            (b"L-5L\n", Operand::Int(-5)),
            (b"L1_000\n", Operand::Int(1000)),
            (b"K\xFF", Operand::Int(255)),
            (b"J\xFF\xFF\xFF\xFF", Operand::Int(-1)),
            (b"\x8a\x01\x80", Operand::Int(-128)),
            (b"\x8a\x00", Operand::Int(0)),
            (b"g 7\x00junk\n", Operand::Int(7)),
            (b"I123456789012345678901\n", Operand::LargeInt(Span { at: 1, length: 21 })),
            (b"\x8a\x0a..........", Operand::LargeInt(Span { at: 2, length: 10 })),
        ] {
            assert_eq!(read(bytes), Ok(value), "{bytes:?}");
        }
        for bytes in [&b"Ione\n"[..], b"I\n", b"p123456789012345678901\n", b"\x8b\xFF\xFF\xFF\xFF", b"F1.0x\n"] {
            assert!(matches!(read(bytes), Err(Halt::Invalid(_))), "{bytes:?}");
        }
    }

    #[test]
    fn texts_are_found_not_copied() {
        assert_eq!(read(b"S'a'\n"), Ok(span(2, 1)));
        assert_eq!(read(b"S\"a\"\n"), Ok(span(2, 1)));
        assert!(matches!(read(b"S'a\n"), Err(Halt::Invalid(_))));
        assert!(matches!(read(b"S'\n"), Err(Halt::Invalid(_))));
        assert_eq!(read(b"\x8c\x02\xC3\xA4"), Ok(span(2, 2)));
        assert_eq!(read(b"X\x03\0\0\0\xED\xA0\x80"), Ok(span(5, 3)));
        assert!(matches!(read(b"\x8c\x01\xC3"), Err(Halt::Invalid(_))));
        assert_eq!(read(b"B\xFF\xFF\xFF\xFFabc"), Err(Halt::Truncated));
        assert_eq!(read(b"cos\nsystem"), Err(Halt::Truncated));
        assert!(matches!(read(b"c\nsystem\n"), Err(Halt::Invalid(_))));
        assert!(matches!(read(b"?"), Err(Halt::Invalid(_))));
    }

    #[test]
    fn escapes_are_those_of_their_opcode() {
        assert_eq!(string_escapes(br"os\x2epath\'\101\q\n"), Ok(Some(b"os.path'A\\q\n".to_vec())));
        assert_eq!(string_escapes(b"plain"), Ok(None));
        for bad in [&b"\\xz1"[..], b"\\x1", b"\\"] {
            assert_eq!(string_escapes(bad), Err(BAD_ESCAPE));
        }
        assert_eq!(raw_unicode_escapes(br"\u006f\u0073 \n \\u006f"), Ok(Some(r"os \n \\u006f".to_owned())));
        assert_eq!(raw_unicode_escapes(b"\xE4"), Ok(Some("ä".to_owned())));
        assert_eq!(raw_unicode_escapes(br"\u12"), Err(BAD_ESCAPE));
        assert_eq!(raw_unicode_escapes(b"plain"), Ok(None));
    }
}
