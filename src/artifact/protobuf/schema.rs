//! Whether a message is well-formed down to its last part: readers of protocol buffers take all of it or nothing.
//!
//! Comes in: a message, and the schema it is to follow. Goes out: the first place at which it is none, and why. Called by
//! the readers of ONNX and TensorFlow. As protobuf's own readers do, fields that the schema does not know, or that are of
//! another wire type than it says, are passed over; that they end is asked of them too.

use std::collections::HashMap;

use super::{Broken, Message, Value, field_at};
use crate::fact::artifact::ByteRegion;

/// Protobuf's own readers go no deeper.
const MAX_DEPTH: u32 = 100;
/// A message of up to so many bytes is read at once; a longer text is not looked at.
const READ_AT_ONCE: u64 = 64 << 10;

/// Messages by their fields.
#[derive(Debug)]
pub(in crate::artifact) struct Schema {
    kinds: Vec<Kind>,
    /// Numbers of the messages that are asked for by name.
    names: HashMap<&'static str, usize>,
}

#[derive(Debug)]
struct Kind {
    name: &'static str,
    /// In order of their numbers.
    fields: Vec<(u64, Content)>,
}

/// What a field with a length holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Message(usize),
    /// UTF-8.
    Text,
    /// Numbers of variable length.
    Varints,
    /// Numbers of so many bytes.
    Fixed(usize),
}

impl Schema {
    /// Reads a schema of one message a line: its name, then `number:content`, of which contents are other messages,
    /// `text`, `varints`, `fixed4` and `fixed8`. Lines that start with `#` are notes. What is none of these is a name that
    /// no line has, and left out.
    pub(in crate::artifact) fn new(source: &'static str) -> Self {
        let lines: Vec<_> = source.lines().filter(|line| !line.starts_with('#')).collect();
        let name_of = |line: &'static str| line.split(' ').next().unwrap_or_default();
        let names: HashMap<_, _> = lines.iter().enumerate().map(|(number, line)| (name_of(line), number)).collect();
        let content = |of: &str| match of {
            "text" => Some(Content::Text),
            "varints" => Some(Content::Varints),
            "fixed4" => Some(Content::Fixed(4)),
            "fixed8" => Some(Content::Fixed(8)),
            message => names.get(message).map(|number| Content::Message(*number)),
        };
        let field = |field: &'static str| {
            let (number, of) = field.split_once(':')?;
            Some((number.parse().ok()?, content(of)?))
        };
        let kind = |line: &&'static str| Kind {
            name: name_of(line),
            fields: line.split(' ').skip(1).filter_map(field).collect(),
        };
        Self { kinds: lines.iter().map(kind).collect(), names }
    }

    /// The first place at which `message` is not of the kind `name`, and why.
    pub(in crate::artifact) fn fault(&self, message: &Message, name: &str) -> Option<(ByteRegion, String)> {
        self.fault_in(message, *self.names.get(name)?, 0)
    }

    fn content(&self, kind: usize, field: u64) -> Option<Content> {
        let fields = &self.kinds[kind].fields;
        fields.iter().find(|(number, _)| *number == field).map(|(_, content)| *content)
    }

    fn fault_in(&self, message: &Message, kind: usize, depth: u32) -> Option<(ByteRegion, String)> {
        if message.len() <= READ_AT_ONCE
            && let Ok(bytes) = message.content.read(0, READ_AT_ONCE as usize)
        {
            let (at, fault) = self.fault_at(&bytes, kind, depth)?;
            return Some((ByteRegion::new(message.start + at as u64, message.region().end), fault));
        }
        let broken = |at: u64| Some((ByteRegion::new(at, message.region().end), self.broken(kind)));
        message.fields().find_map(|field| match field {
            Err(Broken(at)) => broken(at),
            Ok(field) => {
                let Value::Bytes(inner) = &field.value else { return None };
                match self.content(kind, field.number)? {
                    Content::Message(_) if depth >= MAX_DEPTH => broken(inner.region().start),
                    Content::Message(kind) => self.fault_in(inner, kind, depth + 1),
                    // Of many numbers the end is enough: weights need not be read.
                    content => {
                        let tail = inner.len().saturating_sub(10);
                        let bytes = match content {
                            Content::Fixed(_) | Content::Message(_) => None,
                            Content::Varints if inner.len() > READ_AT_ONCE => inner.content.read(tail, 10).ok(),
                            Content::Text if inner.len() > READ_AT_ONCE => None,
                            _ => inner.content.read(0, READ_AT_ONCE as usize).ok(),
                        };
                        let fault = match (content, &bytes) {
                            (Content::Fixed(size), _) => fault_of_fixed(inner.len() as usize, size),
                            (Content::Varints, Some(bytes)) => bytes.last().is_some_and(|last| last & 0x80 != 0),
                            (Content::Text, Some(bytes)) => is_no_text(bytes),
                            _ => false,
                        };
                        fault.then(|| (inner.region(), self.fault_of(kind, content)))
                    }
                }
            }
        })
    }

    /// The same of bytes in memory: the offset in them.
    fn fault_at(&self, bytes: &[u8], kind: usize, depth: u32) -> Option<(usize, String)> {
        let mut at = 0;
        while at < bytes.len() {
            let Some((number, content, end)) = field_at(bytes, at) else { return Some((at, self.broken(kind))) };
            let fault = content.and_then(|start| {
                let inner = &bytes[start..end];
                match self.content(kind, number)? {
                    Content::Message(_) if depth >= MAX_DEPTH => Some((start, self.broken(kind))),
                    Content::Message(kind) => {
                        self.fault_at(inner, kind, depth + 1).map(|(at, fault)| (start + at, fault))
                    }
                    content => {
                        let fault = match content {
                            Content::Fixed(size) => fault_of_fixed(inner.len(), size),
                            Content::Varints => is_no_run(inner),
                            _ => is_no_text(inner),
                        };
                        fault.then(|| (start, self.fault_of(kind, content)))
                    }
                }
            });
            if fault.is_some() {
                return fault;
            }
            at = end;
        }
        None
    }

    fn broken(&self, kind: usize) -> String {
        format!("a part of the model is no message: {}", self.kinds[kind].name)
    }

    fn fault_of(&self, kind: usize, content: Content) -> String {
        let name = self.kinds[kind].name;
        match content {
            Content::Text => format!("a name in the model is no UTF-8: of {name}"),
            _ => format!("a list of numbers in the model breaks off: of {name}"),
        }
    }
}

fn fault_of_fixed(length: usize, size: usize) -> bool {
    !length.is_multiple_of(size)
}

fn is_no_text(bytes: &[u8]) -> bool {
    str::from_utf8(bytes).is_err()
}

/// Whether these are no numbers of variable length, one behind the other.
fn is_no_run(bytes: &[u8]) -> bool {
    let goes_on = |byte: &u8| byte & 0x80 != 0;
    bytes.last().is_some_and(goes_on) || bytes.split(|byte| !goes_on(byte)).any(|number| number.len() >= 10)
}

#[cfg(test)]
mod tests {
    use super::super::build::{bytes, number};
    use super::*;

    const SOURCE: &str = "# A tree.\nTree 1:Leaf 2:Tree 3:text\nLeaf 1:varints 2:fixed4";

    fn fault(message: Vec<u8>) -> Option<(u64, String)> {
        let schema = Schema::new(SOURCE);
        let filler = bytes(9, vec![0; 70_000]);
        let small = schema.fault(&Message::new(&message.clone().into()), "Tree");
        // Read in parts it is the same.
        let large = schema.fault(&Message::new(&[message, filler].concat().into()), "Tree");
        assert_eq!(small.as_ref().map(|(region, _)| region.start), large.map(|(region, _)| region.start));
        small.map(|(region, fault)| (region.start, fault))
    }

    #[test]
    fn what_is_well_formed_has_no_fault() {
        let leaf = [bytes(1, [1, 0x80, 1]), bytes(2, [0; 8]), number(1, 5)].concat();
        let tree = [bytes(1, leaf), bytes(3, "ä"), bytes(2, bytes(3, "")), bytes(7, [0xFF]), number(3, 1)].concat();
        assert_eq!(fault(tree), None);
    }

    #[test]
    fn the_first_fault_is_told_with_its_place() {
        let leaf = |content: Vec<u8>| bytes(2, bytes(1, content));
        for (message, at, told) in [
            (leaf(vec![0x0A, 5]), 4, "a part of the model is no message: Leaf"),
            (leaf(vec![0]), 4, "a part of the model is no message: Leaf"),
            (leaf(bytes(1, [0x80])), 6, "a list of numbers in the model breaks off: of Leaf"),
            (leaf(bytes(1, [&[0xFF; 10][..], &[0]].concat())), 6, "a list of numbers in the model breaks off: of Leaf"),
            (leaf(bytes(2, [0; 7])), 6, "a list of numbers in the model breaks off: of Leaf"),
            (bytes(3, [0xFF]), 2, "a name in the model is no UTF-8: of Tree"),
        ] {
            assert_eq!(fault(message.clone()), Some((at, told.into())), "{message:?}");
        }
    }

    #[test]
    fn messages_nest_as_deep_as_protobuf_reads_them() {
        let nested = |depth: u32| (0..depth).fold(Vec::new(), |inner, _| bytes(2, inner));
        assert_eq!(fault(nested(MAX_DEPTH)), None);
        assert!(fault(nested(MAX_DEPTH + 1)).is_some());
    }
}
