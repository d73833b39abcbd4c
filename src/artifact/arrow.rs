//! Apache Arrow's files and streams, and Parquet's: what their schemas hold beside the types.
//!
//! Comes in: a window that starts like one of them. Goes out: pickles. pyarrow before 14.0.1 unpickles what an extension
//! type `arrow.py_extension_type` keeps as its metadata as soon as the schema is read (CVE-2023-47248;
//! `python/pyarrow/types.pxi`, `PyExtensionType.__arrow_ext_deserialize__`), later ones only if they are told to. Parquet
//! keeps Arrow's schema in Base64 under the key `ARROW:schema` of its footer. Called by `content`.

use memchr::memmem;

use super::container::tar;
use super::sniff::HEAD_BYTES;
use super::{Examination, base64, pickle};
use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind};

/// Schemas and footers of wide tables are this long; no more is read of them.
const MOST_BYTES: u64 = 16 << 20;
/// More pickles in one schema are not looked at.
const MOST_PICKLES: usize = 64;
/// The extension type whose metadata is unpickled.
const UNPICKLED: &[u8] = b"arrow.py_extension_type";
/// Who does that, as paths of members say it.
const UNPICKLER: &str = "(metadata that pyarrow before 14.0.1 unpickles)";
const SCHEMA_KEY: &[u8] = b"ARROW:schema";

/// Whether bytes start like one of these.
pub(super) fn is_arrow(head: &[u8]) -> bool {
    match head {
        [b'P', b'A', b'R', b'1' | b'E', _, ..] | [b'A', b'R', b'R', b'O', b'W', b'1', 0, 0, ..] => true,
        _ => is_stream(head) && !tar::is_tar(head),
    }
}

/// Whether bytes start like a stream: a message that is a schema, or that speaks of the type that matters here.
fn is_stream(head: &[u8]) -> bool {
    let Some((at, length)) = message_at(head) else { return false };
    let seen = &head[at..head.len().min(at.saturating_add(length))];
    // Else the table stands behind what is seen. Only newer streams begin with a mark; lengths beyond that are numbers.
    let may_be = at == 8 && head.len() >= HEAD_BYTES && length < 1 << 28;
    let is_schema = schema_by_table(seen, length).unwrap_or(may_be);
    // A text about the type is none; tables are full of zeros.
    is_schema || head.contains(&0) && memmem::find(head, UNPICKLED).is_some()
}

/// Where the message that bytes start with begins, and its length. Older streams have no mark before it.
fn message_at(head: &[u8]) -> Option<(usize, usize)> {
    let word = |at: usize| head.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word));
    let at = if word(0)? == u32::MAX { 8 } else { 4 };
    let length = word(at - 4)?;
    (16..1 << 31).contains(&length).then_some((at, length as usize))
}

/// Whether the table in the FlatBuffer of `length` bytes, of which these are the first, is a message that is a schema;
/// `None` if that cannot be seen. Source: format/Message.fbs of Apache Arrow.
fn schema_by_table(seen: &[u8], length: usize) -> Option<bool> {
    const SCHEMA: u8 = 1;
    let half = |at: usize| seen.get(at..)?.first_chunk().map(|half| usize::from(u16::from_le_bytes(*half)));
    let word = |at: usize| seen.get(at..)?.first_chunk().map(|word| u32::from_le_bytes(*word));
    let table = word(0)? as usize;
    if !table.is_multiple_of(4) || !(4..length).contains(&table) {
        return Some(false);
    }
    let back = i64::from(word(table)?.cast_signed());
    let Some(fields) = (table as i64).checked_sub(back).and_then(|at| usize::try_from(at).ok()) else {
        return Some(false);
    };
    if fields >= length {
        return Some(false);
    }
    let (size, bytes) = (half(fields)?, half(fields + 2)?);
    // The fields are a version, the kind of header, the header and a length.
    if !size.is_multiple_of(2) || !(10..=64).contains(&size) || !(9..=64).contains(&bytes) {
        return Some(false);
    }
    let kind = half(fields + 6)?;
    Some(kind >= 4 && kind < bytes && *seen.get(table + kind)? == SCHEMA)
}

/// Looks at the schema.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let magic = match content.read(0, 8) {
        Ok(magic) => magic,
        Err(error) => return x.unreadable(&error),
    };
    match *magic {
        [b'P', b'A', b'R', ..] => parquet(content, x),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => {
            message(content, 8, x);
            if let Some((at, length)) = footer(content, b"ARROW1", x) {
                look(content, at, length, x);
            }
        }
        _ => message(content, 0, x),
    }
}

fn parquet(content: &Window, x: &mut Examination<'_>) {
    let Some((at, length)) = footer(content, b"PAR1", x) else { return };
    let Some(bytes) = read(content, at, length, x) else { return };
    for key in memmem::find_iter(&bytes, SCHEMA_KEY) {
        // Between the key and its value stand a type and a length.
        let behind = &bytes[key + SCHEMA_KEY.len()..];
        let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
        let run = |start: usize| behind[start..].iter().take_while(|byte| is_base64(byte)).count();
        let longest =
            (0..behind.len().min(8)).map(|start| (run(start), start)).max_by_key(|(run, start)| (*run, 8 - start));
        let Some((length, start)) = longest.filter(|(length, _)| *length > 16) else {
            x.gap(GapKind::Damaged, ByteRegion::new(at, at + length), "Arrow's schema in the footer cannot be read");
            continue;
        };
        schema_in_base64(&behind[start..start + length], ByteRegion::new(at, at + bytes.len() as u64), x);
    }
    pickles(&bytes, at, x);
}

/// Looks at the schema that a text is in Base64. A letter of its length may stand before it, and pyarrow before 14.0.1 takes
/// letters too many behind it.
fn schema_in_base64(text: &[u8], region: ByteRegion, x: &mut Examination<'_>) {
    let starts = (0..4).filter_map(|start| {
        let text = str::from_utf8(text.get(start..)?).ok()?;
        // One letter more than a whole number of bytes is none.
        base64::decode(text).or_else(|| base64::decode(without_last(text.trim_end_matches('='))))
    });
    let mut schemas: Vec<Vec<u8>> = starts.collect();
    let is_told = |schema: &Vec<u8>| memmem::find(schema, UNPICKLED).is_some();
    let begins = |schema: &Vec<u8>| message_at(schema).is_some_and(|(at, length)| at + length <= schema.len());
    let Some(index) = schemas.iter().position(is_told).or_else(|| schemas.iter().position(begins)) else {
        return x.gap(GapKind::Damaged, region, "Arrow's schema in the footer cannot be read");
    };
    let schema: Window = schemas.swap_remove(index).into();
    x.inside("ARROW:schema", |x| look(&schema, 0, schema.len(), x));
}

fn without_last(text: &str) -> &str {
    &text[..text.len().saturating_sub(1)]
}

/// Where the footer stands that the end of a file with this `magic` speaks of.
fn footer(content: &Window, magic: &[u8], x: &mut Examination<'_>) -> Option<(u64, u64)> {
    let all = ByteRegion::new(0, content.len());
    let length = magic.len() + 4;
    let end = content.len().checked_sub(length as u64).and_then(|at| content.read_exact(at, length).ok()?);
    let Some(end) = end.filter(|end| end.ends_with(magic) || end.ends_with(b"PARE")) else {
        x.gap(GapKind::Damaged, all, "the table has no footer: it ends too early");
        return None;
    };
    if end.ends_with(b"PARE") {
        x.gap(GapKind::Closed, all, "the footer of the table is encrypted");
        return None;
    }
    let length = u64::from(u32::from_le_bytes([end[0], end[1], end[2], end[3]]));
    let at = content.len().checked_sub(magic.len() as u64 + 4 + length);
    if at.is_none() {
        x.gap(GapKind::Damaged, all, "the footer of the table is longer than the file");
    }
    at.map(|at| (at, length))
}

/// The message at `at`, which is a schema if it is the first.
fn message(content: &Window, at: u64, x: &mut Examination<'_>) {
    let Ok(Some(start)) = content.read_exact(at, 8) else { return };
    if let Some((before, length)) = message_at(&start) {
        look(content, at + before as u64, length as u64, x);
    }
}

/// Looks for extension types in a schema.
fn look(content: &Window, at: u64, length: u64, x: &mut Examination<'_>) {
    let Some(bytes) = read(content, at, length, x) else { return };
    match memmem::find(&bytes, UNPICKLED) {
        Some(_) => loaded(&bytes, at, x),
        None => pickles(&bytes, at, x),
    }
}

/// Looks at the pickles among the texts of a schema whose metadata is unpickled; they may be of any protocol. A text stands
/// behind its length, at a multiple of four bytes.
fn loaded(bytes: &[u8], at: u64, x: &mut Examination<'_>) {
    let region = ByteRegion::new(at, at + bytes.len() as u64);
    let all: Window = bytes.to_vec().into();
    // Texts do not overlap.
    let mut budget = 4 * bytes.len();
    let mut found = false;
    for (index, length) in bytes.chunks_exact(4).enumerate() {
        let start = 4 * index + 4;
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        if length < 2 || length > bytes.len() - start {
            continue;
        }
        let Some(left) = budget.checked_sub(length) else {
            return x.gap(GapKind::Limit, region, "the texts of a schema are longer than it is");
        };
        budget = left;
        let window = all.part(start as u64, length as u64);
        if pickle::is_pickle_at(&window) {
            found = true;
            x.inside(UNPICKLER, |x| x.constant(at + start as u64, &window));
        }
    }
    if !found {
        x.gap(GapKind::Damaged, region, "metadata that pyarrow before 14.0.1 unpickles was not found");
    }
}

/// Looks at the pickles in some bytes, of which the first stands at `at`, by what Python's own pickler begins with.
fn pickles(bytes: &[u8], at: u64, x: &mut Examination<'_>) {
    let all: Window = bytes.to_vec().into();
    let begins = |start: &usize| matches!(bytes[*start..], [_, 4 | 5, 0x95, ..] | [_, 2 | 3, b'c', ..]);
    for (tried, start) in memchr::memchr_iter(0x80, bytes).filter(begins).enumerate() {
        if tried == MOST_PICKLES {
            let region = ByteRegion::new(at, at + bytes.len() as u64);
            return x.gap(GapKind::Limit, region, "a schema holds too many pickles");
        }
        let window = all.tail(start as u64);
        if pickle::is_pickle_at(&window) {
            x.idle(at + start as u64, &window);
        }
    }
}

fn read(content: &Window, at: u64, length: u64, x: &mut Examination<'_>) -> Option<Vec<u8>> {
    if length > MOST_BYTES {
        x.gap(GapKind::Limit, ByteRegion::new(at, at + length), "a schema of more than 16 MiB was not looked at whole");
    }
    match content.read(at, length.min(MOST_BYTES) as usize) {
        Ok(bytes) => Some(bytes.into_owned()),
        Err(error) => {
            x.unreadable(&error);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Detail, examine};
    use crate::fact::artifact::{ArtifactFacts, Format, GapKind, Seen};
    use crate::limits::Limits;

    const CALL: &[u8] = b"\x80\x02cos\nsystem\nX\x12\0\0\0echo loadlint-test\x85R.";

    fn look(bytes: Vec<u8>) -> ArtifactFacts {
        examine(&bytes.into(), "table", &Limits::default(), Detail::Findings)
    }

    /// Calls, and whether something loads them.
    fn calls(facts: &ArtifactFacts) -> Vec<bool> {
        let told = facts.facts.iter().filter(|fact| matches!(fact.seen, Seen::Call(_)));
        told.map(|fact| !fact.place.member.is_idle()).collect()
    }

    fn schema(name: &[u8]) -> Vec<u8> {
        schema_with(name, CALL)
    }

    fn schema_with(name: &[u8], metadata: &[u8]) -> Vec<u8> {
        let text = |text: &[u8]| {
            let mut all = [&(text.len() as u32).to_le_bytes()[..], text, b"\0"].concat();
            all.resize(all.len().next_multiple_of(4), 0);
            all
        };
        [text(b"ARROW:extension:metadata"), text(metadata), text(b"ARROW:extension:name"), text(name)].concat()
    }

    fn message(schema: &[u8]) -> Vec<u8> {
        [&[0xFF; 4][..], &(schema.len() as u32).to_le_bytes(), schema].concat()
    }

    fn file(magic: &[u8], start: &[u8], footer: &[u8]) -> Vec<u8> {
        [start, footer, &(footer.len() as u32).to_le_bytes(), magic].concat()
    }

    fn base64(bytes: &[u8]) -> String {
        use base64ct::Encoding as _;
        base64ct::Base64::encode_string(bytes)
    }

    fn parquet(schema: &[u8]) -> Vec<u8> {
        let value = base64(schema);
        let footer = [&b"\x18\x0cARROW:schema\x18\xC0\x03"[..], value.as_bytes(), b"\0\x18\x06parquet"].concat();
        file(b"PAR1", b"PAR1data", &footer)
    }

    // CVE-2023-47248.
    #[test]
    fn metadata_of_python_types_is_unpickled() {
        let evil = schema(b"arrow.py_extension_type");
        for bytes in [
            message(&evil),
            file(b"ARROW1", &[b"ARROW1\0\0", &message(&evil)[..]].concat(), b""),
            file(b"ARROW1", b"ARROW1\0\0", &evil),
            parquet(&evil),
            parquet(&[&[0; 4][..], &evil].concat()),
            parquet(&schema_with(b"arrow.py_extension_type", b"cos\nsystem\n(S'echo loadlint-test'\ntR.")),
        ] {
            let found = look(bytes);
            assert_eq!((found.format, calls(&found), found.gaps.len()), (Format::Arrow, vec![true], 0), "{found:?}");
        }
    }

    /// A message's FlatBuffer: a table that stands behind `before`, and a schema.
    fn stream(mark: &[u8], before: usize, schema: &[u8]) -> Vec<u8> {
        let fields = [10_u16, 12, 0, 4, 8].map(u16::to_le_bytes).concat();
        let table = 4 + before + 12;
        let mut bytes = (table as u32).to_le_bytes().to_vec();
        bytes.resize(4 + before, 0);
        bytes.extend([&fields[..], &[0; 2], &12_u32.to_le_bytes(), &[1, 0, 0, 0], &[4, 0, 0, 0]].concat());
        bytes.extend(schema);
        [mark, &(bytes.len() as u32).to_le_bytes(), &bytes].concat()
    }

    #[test]
    fn streams_are_known_by_their_first_message() {
        let evil = schema(b"arrow.py_extension_type");
        let far = [vec![0; 8192], evil.clone()].concat();
        for (mark, before, schema) in [
            (&[0xFF; 4][..], 0, &evil),
            (b"", 0, &evil),
            (&[0xFF; 4], 0, &far),
            (b"", 0, &far),
            (&[0xFF; 4], 8192, &evil),
        ] {
            let found = look(stream(mark, before, schema));
            assert_eq!((found.format, calls(&found), found.gaps.len()), (Format::Arrow, vec![true], 0), "{before}");
        }
        let about = format!("//! `arrow.py_extension_type` {}", "words ".repeat(1_000));
        assert!(!super::is_arrow(about.as_bytes()));
        for numbers in [&[u32::MAX, 50_000, 3_000, 17][..], &[u32::MAX; 8], &[5_000, 16, 4, 0], &[64, 4, 0, 0]] {
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            assert!(!super::is_arrow(&bytes.repeat(250)), "{numbers:?}");
        }
    }

    #[test]
    fn letters_too_many_in_base64_hide_nothing() {
        let evil = schema(b"arrow.py_extension_type");
        let evil = [&evil[..], &vec![0; (3 - evil.len() % 3) % 3]].concat();
        for (before, behind) in [("", "A"), ("", "AA"), ("", "AAA"), ("", "A="), ("A", ""), ("AB", "A")] {
            let value = format!("{before}{}{behind}", base64(&evil));
            let footer = [&b"\x18\x0cARROW:schema\x18"[..], &[0xC0, 3], value.as_bytes(), b"\0"].concat();
            let found = look(file(b"PAR1", b"PAR1data", &footer));
            assert_eq!((calls(&found), found.gaps.len()), (vec![true], 0), "{before} {behind}");
        }
        let footer = [b"\x18\x0cARROW:schema\x18\xC0\x03", base64(b"no schema at all, only words").as_bytes()].concat();
        assert_eq!(look(file(b"PAR1", b"PAR1data", &footer)).gaps.len(), 1);
    }

    #[test]
    fn other_pickles_are_idle_and_plain_tables_quiet() {
        assert_eq!(calls(&look(parquet(&schema(b"acme.type")))), [false]);
        let footer = [b"\x18\x05stage\x187", CALL].concat();
        assert_eq!(calls(&look(file(b"PAR1", b"PAR1", &footer))), [false]);
        let plain = look(file(b"PAR1", b"PAR1\x15\x04\x15\x20", b"\x15\x04\x19\x3c\x80\x04\x80\x05"));
        assert_eq!((plain.facts.len(), plain.gaps.len()), (0, 0));
    }

    #[test]
    fn metadata_that_cannot_be_found_is_told() {
        let found = look(parquet(&schema_with(b"arrow.py_extension_type", b"\x1F\x8B no pickle")));
        assert_eq!((found.facts.len(), found.gaps.len()), (0, 1), "{found:?}");
        assert_eq!(look(file(b"PAR1", b"PAR1data", b"ARROW:schema\x18\x02??")).gaps.len(), 1);
    }

    #[test]
    fn what_is_cut_or_encrypted_is_told() {
        let whole = parquet(&schema(b"arrow.py_extension_type"));
        for end in 9..whole.len() {
            assert_eq!(look(whole[..end].to_vec()).gaps.len(), 1, "cut at {end}");
        }
        assert_eq!(look(file(b"PARE", b"PARE data", b"")).gaps[0].kind, GapKind::Closed);
        let mut longer = whole;
        let at = longer.len() - 5;
        longer[at] = 0x7F;
        assert_eq!(look(longer).gaps[0].kind, GapKind::Damaged);
    }
}
