//! The wire format of protocol buffers: numbered fields, without a schema; `schema` holds messages against one, `text` reads the
//! other way to write them.
//!
//! Comes in: a window. Goes out: fields in order, messages inside of messages as parts of the same bytes. Called by the
//! readers of ONNX and TensorFlow. Only field heads are read of a large message; its tensors stay where they are.

pub(super) mod schema;
pub(super) mod text;

use crate::bytes::Window;
use crate::fact::artifact::ByteRegion;

/// Bytes of a path: Linux takes no longer ones (`PATH_MAX`), others shorter.
pub(super) const MOST_PATH: usize = 4096;
/// A message of up to so many bytes is read at once, as most of its fields will be looked at.
const READ_AT_ONCE: u64 = 64 << 10;

/// The bytes of a message, a text or a run of numbers.
#[derive(Debug, Clone)]
pub(super) struct Message {
    content: Window,
    /// Where in what is being read it starts.
    start: u64,
}

/// A field of a message.
#[derive(Debug, Clone)]
pub(super) struct Field {
    /// Its number in the schema.
    pub(super) number: u64,
    /// Its value.
    pub(super) value: Value,
}

/// What a field holds.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// A number of variable length.
    Number(u64),
    /// Four or eight bytes, or a group, whose fields no schema here knows.
    Fixed,
    /// Anything with a length.
    Bytes(Message),
}

/// The bytes are no message from this offset of the whole on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Broken(pub(super) u64);

impl Field {
    /// The message or text, if the field is one.
    pub(super) fn bytes(&self) -> Option<&Message> {
        match &self.value {
            Value::Bytes(message) => Some(message),
            Value::Number(_) | Value::Fixed => None,
        }
    }
}

impl Message {
    /// The whole of `content` as a message.
    pub(super) fn new(content: &Window) -> Self {
        Self { content: content.clone(), start: 0 }
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> u64 {
        self.content.len()
    }

    /// Its bytes.
    pub(super) fn window(&self) -> &Window {
        &self.content
    }

    /// Where in what is being read it stands.
    pub(super) fn region(&self) -> ByteRegion {
        ByteRegion::new(self.start, self.start + self.len())
    }

    /// Its fields in order; the last may be an error.
    pub(super) fn fields(&self) -> Fields {
        let mut content = self.content.clone();
        if content.in_memory().is_none()
            && content.len() <= READ_AT_ONCE
            && let Ok(bytes) = content.read(0, READ_AT_ONCE as usize)
        {
            content = bytes.into_owned().into();
        }
        Fields { message: Self { content, start: self.start }, at: 0 }
    }

    /// Its fields as far as they can be read.
    pub(super) fn sound_fields(&self) -> impl Iterator<Item = Field> + use<> {
        self.fields().map_while(Result::ok)
    }

    /// The messages and texts in its field `number`.
    pub(super) fn inner(&self, number: u64) -> impl Iterator<Item = Self> + use<> {
        let is_it = move |field: &Field| field.number == number;
        self.sound_fields().filter(is_it).filter_map(|field| match field.value {
            Value::Bytes(message) => Some(message),
            Value::Number(_) | Value::Fixed => None,
        })
    }

    /// Its text; `None` if it is longer than `most` bytes. What is no UTF-8 is replaced.
    pub(super) fn text(&self, most: u64) -> Option<String> {
        if self.len() > most {
            return None;
        }
        let bytes = self.content.read(0, usize::try_from(self.len()).ok()?).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Up to `most` of its first bytes; none if they cannot be read.
    pub(super) fn bytes(&self, most: usize) -> Vec<u8> {
        self.content.read(0, most).unwrap_or_default().into_owned()
    }

    /// Its text as a path; of one that is longer than any system takes, a byte more than that.
    pub(super) fn path(&self) -> String {
        String::from_utf8_lossy(&self.bytes(MOST_PATH + 1)).into_owned()
    }

    /// The start of its text, for a message.
    pub(super) fn short_text(&self) -> String {
        let bytes = self.content.read(0, 200).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        if self.len() > 200 { format!("{text}…") } else { text.into_owned() }
    }

    /// The numbers that are packed in it; `None` if it ends in the middle of one or has more than `most`.
    pub(super) fn packed(&self, most: usize) -> Option<Vec<u64>> {
        let bytes = self.content.read(0, most * 10).ok()?;
        let mut numbers = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            if numbers.len() == most {
                return None;
            }
            let (number, length) = varint(&bytes[at..])?;
            numbers.push(number);
            at += length;
        }
        Some(numbers)
    }
}

/// The fields of a message.
#[derive(Debug)]
pub(super) struct Fields {
    message: Message,
    /// The next field; behind the end after a fault.
    at: u64,
}

impl Fields {
    fn next_field(&mut self) -> Option<Field> {
        let content = &self.message.content;
        let head = content.read(self.at, MOST_HEAD).ok()?;
        let (number, value, length) = field_head(&head)?;
        let start = self.at + length as u64;
        let (value, end) = match value {
            Head::Number(number) => (Value::Number(number), start),
            Head::Fixed => (Value::Fixed, start),
            Head::Group => (Value::Fixed, group_end(number, start, |at| content.read(at, MOST_HEAD).ok())?),
            Head::Bytes(size) if size <= content.len().saturating_sub(start) => {
                let inner = Message { content: content.part(start, size), start: self.message.start + start };
                (Value::Bytes(inner), start + size)
            }
            Head::Bytes(_) | Head::GroupEnd => return None,
        };
        self.at = end;
        Some(Field { number, value })
    }
}

/// Tag and length, or tag and number, of ten bytes each at most.
const MOST_HEAD: usize = 20;
/// Groups in groups that are passed over, as many as protobuf's own readers pass.
const MOST_GROUPS: usize = 100;

/// What stands before the content of a field, if it has any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    /// A number of variable length.
    Number(u64),
    /// Four or eight bytes, which are passed.
    Fixed,
    /// Of so many bytes, which follow.
    Bytes(u64),
    /// Fields follow, to a field of the same number that ends them: an old form that every reader passes over.
    Group,
    /// The end of a group.
    GroupEnd,
}

/// The field that `bytes` start with: its number, what it is, and how many bytes that took.
pub(super) fn field_head(bytes: &[u8]) -> Option<(u64, Head, usize)> {
    let (tag, length) = varint(bytes).filter(|(tag, _)| *tag >> 3 > 0 && *tag <= u64::from(u32::MAX))?;
    let (head, more) = match tag & 7 {
        0 | 2 => {
            let (number, more) = varint(&bytes[length..])?;
            (if tag & 7 == 0 { Head::Number(number) } else { Head::Bytes(number) }, more)
        }
        1 | 5 => {
            let more = if tag & 7 == 1 { 8 } else { 4 };
            bytes.get(length..length + more)?;
            (Head::Fixed, more)
        }
        3 => (Head::Group, 0),
        4 => (Head::GroupEnd, 0),
        _ => return None,
    };
    Some((tag >> 3, head, length + more))
}

/// Where the group `number` ends whose first field is at `at`; `read` gives the bytes from an offset on.
pub(super) fn group_end<B: AsRef<[u8]>>(number: u64, mut at: u64, read: impl Fn(u64) -> Option<B>) -> Option<u64> {
    let mut open = vec![number];
    while let Some(innermost) = open.last().copied() {
        let (number, head, length) = field_head(read(at)?.as_ref())?;
        at = at.checked_add(length as u64)?;
        match head {
            Head::Number(_) | Head::Fixed => {}
            Head::Bytes(size) => at = at.checked_add(size)?,
            Head::Group if open.len() < MOST_GROUPS => open.push(number),
            Head::GroupEnd if number == innermost => drop(open.pop()),
            Head::Group | Head::GroupEnd => return None,
        }
    }
    Some(at)
}

/// The field at `at`: its number, where its content starts if it has a length, and where it ends.
pub(super) fn field_at(bytes: &[u8], at: usize) -> Option<(u64, Option<usize>, usize)> {
    let (number, head, length) = field_head(&bytes[at..])?;
    let start = at + length;
    match head {
        Head::Number(_) | Head::Fixed => Some((number, None, start)),
        Head::Group => {
            let end = group_end(number, start as u64, |at| bytes.get(usize::try_from(at).ok()?..))?;
            Some((number, None, usize::try_from(end).ok()?))
        }
        Head::Bytes(size) => {
            let end = start.checked_add(usize::try_from(size).ok()?).filter(|end| *end <= bytes.len())?;
            Some((number, Some(start), end))
        }
        Head::GroupEnd => None,
    }
}

impl Iterator for Fields {
    type Item = Result<Field, Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at >= self.message.content.len() {
            return None;
        }
        let at = self.at;
        let field = self.next_field();
        if field.is_none() {
            self.at = u64::MAX;
        }
        Some(field.ok_or(Broken(self.message.start + at)))
    }
}

/// A number of up to ten bytes, and how many it has.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut number = 0;
    for (index, byte) in bytes.iter().take(10).enumerate() {
        number |= u64::from(byte & 0x7F) << (7 * index as u32).min(63);
        if byte & 0x80 == 0 {
            return Some((number, index + 1));
        }
    }
    None
}

/// Builds messages for the tests of all readers.
#[cfg(test)]
pub(super) mod build {
    fn varint(mut number: u64, into: &mut Vec<u8>) {
        while number >= 0x80 {
            into.push(number as u8 | 0x80);
            number >>= 7;
        }
        into.push(number as u8);
    }

    pub(in super::super) fn number(field: u64, value: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        varint(field << 3, &mut bytes);
        varint(value, &mut bytes);
        bytes
    }

    pub(in super::super) fn bytes(field: u64, value: impl AsRef<[u8]>) -> Vec<u8> {
        let mut bytes = Vec::new();
        varint(field << 3 | 2, &mut bytes);
        varint(value.as_ref().len() as u64, &mut bytes);
        bytes.extend(value.as_ref());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_know_their_places() {
        let inner = [build::number(1, 300), build::bytes(2, "ab")].concat();
        let bytes = [build::bytes(7, &inner), vec![0x2D, 1, 2, 3, 4]].concat();
        let fields: Vec<_> = Message::new(&bytes.into()).fields().map(|field| field.expect("sound")).collect();
        assert_eq!(fields.iter().map(|field| field.number).collect::<Vec<_>>(), [7, 5]);
        let inner: Vec<_> = fields[0].bytes().expect("a message").sound_fields().collect();
        assert!(matches!(inner[0].value, Value::Number(300)));
        let text = inner[1].bytes().expect("a text");
        assert_eq!((text.short_text().as_str(), text.region()), ("ab", ByteRegion::new(7, 9)));
    }

    #[test]
    fn groups_are_passed_over() {
        // Field 4 as a group of a number, four bytes, a text and another group.
        let group =
            [&[4 << 3 | 3][..], &build::number(1, 300), &[0x2D, 1, 2, 3, 4], &build::bytes(2, "ab"), &[0x2B, 0x2C]];
        let group = [&group.concat()[..], &[4 << 3 | 4]].concat();
        let bytes = [&group[..], &build::bytes(7, "c")].concat();
        let numbers = |bytes: Vec<u8>| {
            let fields = Message::new(&bytes.into()).fields();
            fields.map(|field| field.map(|field| field.number)).collect::<Result<Vec<_>, _>>()
        };
        assert_eq!(numbers(bytes.clone()), Ok(vec![4, 7]));
        assert_eq!(field_at(&bytes, 0), Some((4, None, group.len())));
        // Not closed, closed as another, nested too deep.
        for bytes in
            [group[..group.len() - 1].to_vec(), vec![0x23, 0x2C], vec![0x24], [[0x23; 101], [0x24; 101]].concat()]
        {
            assert_eq!(numbers(bytes.clone()), Err(Broken(0)), "{bytes:?}");
            assert_eq!(field_at(&bytes, 0), None);
        }
        assert_eq!(numbers([[0x23; 100], [0x24; 100]].concat()), Ok(vec![4]));
    }

    #[test]
    fn what_is_no_field_breaks_once() {
        for (bytes, at) in [(&[0x0A, 5, 1][..], 0), (&[8, 1, 0x0B], 2), (&[8, 0x80], 0), (&[0, 1], 0), (&[0xFF; 12], 0)]
        {
            let fields: Vec<_> = Message::new(&bytes.to_vec().into()).fields().collect();
            assert_eq!(fields.last().map(|field| field.as_ref().err().copied()), Some(Some(Broken(at))), "{bytes:?}");
        }
    }
}
