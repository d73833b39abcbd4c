//! What stands before the first element of an XML file.
//!
//! Comes in: bytes. Goes out: the element's name, and an entity that stands for another file. Called by `content`. Only what
//! is needed to find these is understood: comments, instructions and quoted texts, in which anything may stand.

use memchr::memmem;

/// What stands before the first element.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Prolog<'t> {
    /// The first entity that stands for something outside.
    pub(super) outer_entity: Option<OuterEntity<'t>>,
    /// The name of the first element, if there is one.
    pub(super) root: Option<&'t [u8]>,
}

/// An entity that stands for another file or address. Its place is in bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OuterEntity<'t> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) address: &'t [u8],
}

/// Reads to the first element. What does not end goes on to the end.
pub(super) fn prolog(text: &[u8]) -> Prolog<'_> {
    let mut prolog = Prolog::default();
    let mut at = 0;
    while let Some(next) = memchr::memchr3(b'<', b'"', b'\'', &text[at..]) {
        at += next;
        let rest = &text[at..];
        let end = match rest {
            [quote @ (b'"' | b'\''), behind @ ..] => memchr::memchr(*quote, behind).map(|end| end + 2),
            [b'<', b'!', b'-', b'-', behind @ ..] => memmem::find(behind, b"-->").map(|end| end + 7),
            [b'<', b'?', behind @ ..] => memmem::find(behind, b"?>").map(|end| end + 4),
            _ if rest.starts_with(ENTITY) => {
                let (length, address) = entity(rest);
                if let Some(address) = address.filter(|_| prolog.outer_entity.is_none()) {
                    prolog.outer_entity = Some(OuterEntity { start: at, end: at + length, address });
                }
                Some(length)
            }
            [b'<', b'!', ..] => Some(2),
            [_, behind @ ..] => {
                let is_name = |byte: &u8| !byte.is_ascii_whitespace() && !matches!(byte, b'>' | b'/' | b'<');
                let length = behind.iter().take_while(|byte| is_name(byte)).count();
                // What goes on behind the bytes that are there is no name yet.
                prolog.root = Some(&behind[..length]).filter(|name| name.len() < behind.len());
                return prolog;
            }
            [] => return prolog,
        };
        let Some(end) = end else { return prolog };
        at += end;
    }
    prolog
}

const ENTITY: &[u8] = b"<!ENTITY";

/// The length of the entity that `text` begins with, as far as its last quoted text, and the address that it stands for.
/// Before its first quoted text it says whether that is an address; before an address may stand a public name.
fn entity(text: &[u8]) -> (usize, Option<&[u8]>) {
    let Some(first) = memchr::memchr3(b'"', b'\'', b'>', text) else { return (text.len(), None) };
    let head = &text[..first];
    let holds = |word: &[u8]| memmem::find(head, word).is_some();
    let quoted = match (holds(b"PUBLIC"), holds(b"SYSTEM")) {
        (true, _) => 2,
        (false, true) => 1,
        (false, false) => return (first, None),
    };
    let (mut at, mut last) = (first, &text[first..first]);
    for _ in 0..quoted {
        let start = text[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count() + at;
        let Some(quote @ (b'"' | b'\'')) = text.get(start) else { break };
        let Some(length) = memchr::memchr(*quote, &text[start + 1..]) else { break };
        last = &text[start + 1..start + 1 + length];
        at = start + length + 2;
    }
    (at, Some(last))
}
