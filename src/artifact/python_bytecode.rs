//! Python bytecode: `.pyc` and bare `marshal`. What it does is not read; that it is there, and the names in it, are told.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::Examination;

/// Bytes that are searched for names.
const MOST_BYTES: u64 = 1 << 20;
/// Names that are told.
const MOST_NAMES: usize = 12;

/// Looks at the whole of `content`. The observation's subject holds the short texts in it, names of what it uses among
/// them.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let length = usize::try_from(content.len().min(MOST_BYTES)).unwrap_or(0);
    let bytes = match content.read(0, length) {
        Ok(bytes) => bytes,
        Err(error) => return x.unreadable(&error),
    };
    let names = names(&bytes).join("`, `");
    let subject = if names.is_empty() { "bytecode".into() } else { format!("bytecode that names `{names}`") };
    let kind = match is_cache(&bytes, x) {
        true => ObservationKind::CachedBytecode,
        false => ObservationKind::Bytecode,
    };
    x.observe(kind, ByteRegion::new(0, content.len()), subject);
}

/// Whether this is a file in `__pycache__`, which Python passes over without its source, that is held against the source
/// before it is used (PEP 3147, PEP 552).
fn is_cache(bytes: &[u8], x: &Examination<'_>) -> bool {
    // By time and size of the source, or by its hash.
    const HELD_AGAINST_SOURCE: [u8; 2] = [0, 3];
    let is_in_cache = x.member().depth() == 0 && x.name().starts_with("__pycache__/");
    is_in_cache && matches!(bytes, [_, _, b'\r', b'\n', flags, 0, 0, 0, ..] if HELD_AGAINST_SOURCE.contains(flags))
}

/// Short interned texts, as `marshal` writes names: a type byte, a length in one byte, ASCII.
fn names(bytes: &[u8]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let mut at = 0;
    while at + 2 < bytes.len() && names.len() < MOST_NAMES {
        let [kind, length] = [bytes[at] & 0x7F, bytes[at + 1]];
        let text = bytes.get(at + 2..at + 2 + usize::from(length)).unwrap_or_default();
        let is_name = text.len() > 1
            && !text[0].is_ascii_digit()
            && text.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.'));
        if !matches!(kind, b'z' | b'Z') || !is_name {
            at += 1;
            continue;
        }
        let name = String::from_utf8_lossy(text).into_owned();
        at += 2 + text.len();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::names;
    use crate::artifact::{Detail, examine};
    use crate::fact::artifact::{ObservationKind, Seen};
    use crate::limits::Limits;

    #[test]
    fn what_python_keeps_beside_a_source_is_told_apart() {
        let kind = |name: &str, flags: u8| {
            let code = [&b"\xA7\r\r\n"[..], &[flags, 0, 0, 0], &[0; 8], b"\xE3\0\0\0\0"].concat();
            let found = examine(&code.into(), name, &Limits::default(), Detail::Findings);
            let mut kinds = found.facts.iter().filter_map(|fact| match &fact.seen {
                Seen::Observation(seen) => Some(seen.kind),
                _ => None,
            });
            kinds.next_back()
        };
        for flags in [0, 3] {
            assert_eq!(kind("__pycache__/a.cpython-311.pyc", flags), Some(ObservationKind::CachedBytecode));
            assert_eq!(kind("model/a.pyc", flags), Some(ObservationKind::Bytecode));
        }
        assert_eq!(kind("__pycache__/a.cpython-311.pyc", 1), Some(ObservationKind::Bytecode));
    }

    #[test]
    fn names_are_read_out_of_marshalled_code() {
        let code = b"\xE3\0\0\0\0)\x02\xDA\x02os\xDA\x06systemz\x01xZ\x03a-b\xDA\x06system";
        assert_eq!(names(code), ["os", "system"]);
    }
}
