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
    x.observe(ObservationKind::Bytecode, ByteRegion::new(0, content.len()), subject);
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
    use super::*;

    #[test]
    fn names_are_read_out_of_marshalled_code() {
        let code = b"\xE3\0\0\0\0)\x02\xDA\x02os\xDA\x06systemz\x01xZ\x03a-b\xDA\x06system";
        assert_eq!(names(code), ["os", "system"]);
    }
}
