//! The machine's values: small copies on the stack, with their contents in arenas that forget what is long past.
//!
//! Comes in: what `machine` makes. Goes out: contents, as far as they are still there. Nothing here is ever hashed,
//! compared or walked deeper than a caller asks, so that a stream cannot make it costly.

use crate::bytes::Bytes;

use super::input::{Input, Span};
use super::weight;

/// A value on the stack, in the memo or in a container.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value {
    /// Not known.
    Unknown,
    /// `None`.
    None,
    /// `True`, `False`.
    Bool(bool),
    /// An integer of up to 64 bits.
    Int(i64),
    /// A float.
    Float(f64),
    /// A larger integer: its bytes or digits in the stream.
    LargeInt { length: u32, at: u64 },
    /// A text as it stands in the stream.
    Text { length: u32, at: u64 },
    /// Bytes as they stand in the stream.
    Bytes { length: u32, at: u64, mutable: bool },
    /// A text in [`Store::made`]: with its escapes read, or computed.
    MadeText { computed: bool, length: u32, at: u64 },
    /// Computed bytes in [`Store::made`].
    MadeBytes { mutable: bool, length: u32, at: u64 },
    /// A tuple; its first items in [`Store::items`], and what hashing it costs (`weight`).
    Tuple { weight: u8, length: u32, at: u64 },
    /// A list.
    List(u64),
    /// A dictionary; keys and values by turns.
    Dict(u64),
    /// A set or frozenset.
    Set(u64),
    /// An imported name, by its number in `Names`.
    Global(u32),
    /// What a call of a name gave back.
    Object { callee: u32, node: u64 },
    /// What a persistent id stands for; the id is the node's arguments.
    Persistent(u64),
    /// An out-of-band buffer.
    Buffer,
}

/// A growing sequence that forgets its oldest part when it is full.
#[derive(Debug)]
pub(super) struct Arena<T> {
    old: Vec<T>,
    new: Vec<T>,
    /// The number of the first of `new`.
    base: u64,
    most: usize,
}

impl<T: Clone> Arena<T> {
    fn new(most: usize) -> Self {
        Self { old: Vec::new(), new: Vec::new(), base: 0, most }
    }

    /// Adds one; its number.
    pub(super) fn push(&mut self, item: T) -> u64 {
        self.make_room(1);
        self.new.push(item);
        self.base + self.new.len() as u64 - 1
    }

    /// Adds several beside each other; the number of the first.
    pub(super) fn extend(&mut self, items: &[T]) -> u64 {
        self.make_room(items.len());
        let at = self.base + self.new.len() as u64;
        self.new.extend_from_slice(items);
        at
    }

    /// Adds a copy of the `count` items at `at`, or as many blanks if they are forgotten, then `more`, then blanks: `room` in
    /// all. The number of the first.
    fn extend_copy(&mut self, (at, count): (u64, usize), more: &[T], room: usize, blank: &T) -> u64 {
        self.make_room(room);
        let first = self.base + self.new.len() as u64;
        let end = self.new.len() + room;
        match at.checked_sub(self.base).and_then(|index| usize::try_from(index).ok()) {
            Some(index) if index + count <= self.new.len() => self.new.extend_from_within(index..index + count),
            _ => match self.slice(at, count).map(<[T]>::to_vec) {
                Some(copy) => self.new.extend(copy),
                None => self.new.resize(self.new.len() + count, blank.clone()),
            },
        }
        self.new.extend_from_slice(more);
        self.new.resize(end, blank.clone());
        first
    }

    /// One of them, if it is remembered.
    pub(super) fn get(&self, at: u64) -> Option<&T> {
        self.slice(at, 1)?.first()
    }

    /// One of them, to be changed.
    pub(super) fn get_mut(&mut self, at: u64) -> Option<&mut T> {
        match at.checked_sub(self.base) {
            Some(index) => self.new.get_mut(usize::try_from(index).ok()?),
            None => {
                let index = (at + self.old.len() as u64).checked_sub(self.base)?;
                self.old.get_mut(usize::try_from(index).ok()?)
            }
        }
    }

    /// Several of them.
    pub(super) fn slice(&self, at: u64, count: usize) -> Option<&[T]> {
        if count == 0 {
            return Some(&[]);
        }
        match at.checked_sub(self.base) {
            Some(index) => {
                let index = usize::try_from(index).ok()?;
                self.new.get(index..index.checked_add(count)?)
            }
            None => {
                let index = usize::try_from((at + self.old.len() as u64).checked_sub(self.base)?).ok()?;
                self.old.get(index..index.checked_add(count)?)
            }
        }
    }

    fn make_room(&mut self, count: usize) {
        if self.new.len() + count > self.most && !self.new.is_empty() {
            self.base += self.new.len() as u64;
            std::mem::swap(&mut self.old, &mut self.new);
            self.new.clear();
        }
        if self.new.capacity() - self.new.len() < count {
            // Room that is not used costs nothing; each copy touches all of it anew.
            self.new.reserve((self.new.len() * 3).min(self.most).max(count));
        }
    }
}

/// A list, dictionary or set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Container {
    /// Where its kept items begin.
    at: u64,
    kept: u32,
    room: u32,
    /// How many values were put in, those not kept included.
    total: u64,
    /// Whether a dictionary has keys that are more than data.
    is_telling: bool,
}

/// What a call gave back, or a persistent id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// How it was made.
    pub(super) origin: Origin,
    /// The arguments; the receiver of a bound method; the persistent id.
    pub(super) arguments: Value,
    /// Keyword arguments; the function of a bound one.
    pub(super) keywords: Value,
    /// What `BUILD` gave it last.
    pub(super) state: Value,
    /// Items that were set of it: a dictionary, or `None`.
    pub(super) items: Value,
}

/// How an object was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    /// By a call, or a class with arguments.
    Call,
    /// By `cls.__new__`.
    New,
    /// As an attribute of a value: the callee is the attribute's name.
    Bound,
}

/// Streams of more items than this are mostly tensors, each of which is made by calls.
const MANY_ITEMS: usize = 2048;
/// How many items of a container are kept for findings.
pub(super) const KEPT_ITEMS: usize = 1024;
/// How many are kept for an inventory.
const KEPT_FOR_INVENTORY: usize = 200_000;
/// How long a computed text may be.
pub(super) const MADE_BYTES: usize = 1 << 20;

/// All contents.
#[derive(Debug)]
pub(super) struct Store {
    items: Arena<Value>,
    containers: Arena<Container>,
    nodes: Arena<Node>,
    made: Arena<u8>,
    kept: usize,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            items: Arena::new(3 << 20),
            containers: Arena::new(1 << 20),
            nodes: Arena::new(1 << 20),
            made: Arena::new(16 << 20),
            kept: KEPT_ITEMS,
        }
    }
}

impl Store {
    /// With room for so many items.
    pub(super) fn with_room(items: usize) -> Self {
        let mut store = Self::default();
        store.items.new.reserve(items);
        if items > MANY_ITEMS {
            store.nodes.new.reserve(items / 4);
        }
        store
    }

    /// Keeps more items of containers.
    pub(super) fn keep_more(&mut self) {
        self.kept = KEPT_FOR_INVENTORY;
    }

    /// A tuple of these items.
    pub(super) fn tuple(&mut self, items: &[Value]) -> Value {
        let at = self.items.extend(&items[..items.len().min(self.kept)]);
        let length = u32::try_from(items.len()).unwrap_or(u32::MAX);
        Value::Tuple { weight: weight::of_tuple(items), length, at }
    }

    /// The number of a new container of these items.
    pub(super) fn container(&mut self, items: &[Value]) -> u64 {
        let at = self.containers.push(Container::default());
        self.append(at, items);
        at
    }

    /// Puts items into a container; only so many are kept.
    pub(super) fn append(&mut self, container: u64, items: &[Value]) {
        let Some(entry) = self.containers.get_mut(container) else { return };
        let mut grown = *entry;
        grown.total += items.len() as u64;
        let items = &items[..items.len().min(self.kept.saturating_sub(grown.kept as usize))];
        if !items.is_empty() {
            self.place(&mut grown, items);
        }
        if let Some(entry) = self.containers.get_mut(container) {
            *entry = grown;
        }
    }

    /// Puts a value in the place of an item that is kept.
    pub(super) fn replace(&mut self, container: u64, place: i64, value: Value) {
        let Some(entry) = self.containers.get(container) else { return };
        let Ok(index) = u64::try_from(if place < 0 { place.saturating_add_unsigned(entry.total) } else { place })
        else {
            return;
        };
        if index < u64::from(entry.kept)
            && let Some(slot) = self.items.get_mut(entry.at + index)
        {
            *slot = value;
        }
    }

    /// How many more items a container keeps.
    pub(super) fn room(&self, container: u64) -> usize {
        self.containers.get(container).map_or(0, |entry| self.kept.saturating_sub(entry.kept as usize))
    }

    /// Whether a dictionary has keys that are more than data.
    pub(super) fn is_telling(&self, dict: u64) -> bool {
        self.containers.get(dict).is_some_and(|entry| entry.is_telling)
    }

    /// Notes that a dictionary has such a key, and keeps that even if the dictionary is full.
    pub(super) fn append_telling(&mut self, container: u64, items: &[Value]) {
        let Some(mut grown) = self.containers.get(container).copied() else { return };
        grown.is_telling = true;
        if !items.is_empty() {
            self.place(&mut grown, items);
        }
        if let Some(entry) = self.containers.get_mut(container) {
            *entry = grown;
        }
    }

    fn place(&mut self, container: &mut Container, items: &[Value]) {
        let (kept, added) = (container.kept as usize, items.len());
        if kept == 0 {
            container.at = self.items.extend(items);
            container.room = added as u32;
        } else if kept + added > container.room as usize {
            let room = (kept + added) * 2;
            container.at = self.items.extend_copy((container.at, kept), items, room, &Value::Unknown);
            container.room = room as u32;
        } else {
            for (index, item) in items.iter().enumerate() {
                if let Some(slot) = self.items.get_mut(container.at + (kept + index) as u64) {
                    *slot = *item;
                }
            }
        }
        container.kept = (kept + added) as u32;
    }

    /// The kept items of a tuple, list, set or dictionary, and how many it has; `None` if it is another value or
    /// forgotten.
    pub(super) fn items(&self, value: Value) -> Option<(&[Value], u64)> {
        match value {
            Value::Tuple { length, at, .. } => {
                let kept = (length as usize).min(self.kept);
                Some((self.items.slice(at, kept)?, u64::from(length)))
            }
            Value::List(at) | Value::Dict(at) | Value::Set(at) => {
                let container = self.containers.get(at)?;
                Some((self.items.slice(container.at, container.kept as usize)?, container.total))
            }
            _ => None,
        }
    }

    /// All items of a tuple, list or set; `None` if some are not kept.
    pub(super) fn all_items(&self, value: Value) -> Option<&[Value]> {
        let (items, total) = self.items(value)?;
        (items.len() as u64 == total).then_some(items)
    }

    /// A new node.
    pub(super) fn node(&mut self, origin: Origin, arguments: Value, keywords: Value) -> u64 {
        self.nodes.push(Node { origin, arguments, keywords, state: Value::None, items: Value::None })
    }

    /// A node, if it is remembered.
    pub(super) fn node_at(&self, at: u64) -> Option<&Node> {
        self.nodes.get(at)
    }

    /// Notes what `BUILD` gave an object.
    pub(super) fn set_state(&mut self, node: u64, state: Value) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.state = state;
        }
    }

    /// Gives an object other arguments, as if it had been made with them.
    pub(super) fn set_arguments(&mut self, node: u64, arguments: Value, keywords: Value) {
        if let Some(node) = self.nodes.get_mut(node) {
            (node.arguments, node.keywords) = (arguments, keywords);
        }
    }

    /// Notes items that were set of an object.
    pub(super) fn set_items(&mut self, node: u64, items: &[Value]) {
        let Some(entry) = self.nodes.get(node) else { return };
        let dict = match entry.items {
            Value::Dict(dict) => dict,
            _ => self.container(&[]),
        };
        self.append(dict, items);
        if let Some(entry) = self.nodes.get_mut(node) {
            entry.items = Value::Dict(dict);
        }
    }

    /// A text that was put together, or whose escapes were read.
    pub(super) fn made_text(&mut self, text: &str, computed: bool) -> Value {
        if text.len() > MADE_BYTES {
            return Value::Unknown;
        }
        let at = self.made.extend(text.as_bytes());
        Value::MadeText { computed, length: text.len() as u32, at }
    }

    /// Bytes that were put together.
    pub(super) fn made_bytes(&mut self, bytes: &[u8], mutable: bool) -> Value {
        if bytes.len() > MADE_BYTES {
            return Value::Unknown;
        }
        let at = self.made.extend(bytes);
        Value::MadeBytes { mutable, length: bytes.len() as u32, at }
    }

    /// Up to `most` bytes of a text or of bytes; `None` if it is neither or forgotten.
    #[inline]
    pub(super) fn content<'a>(&'a self, value: Value, input: &'a Input<'_>, most: usize) -> Option<Bytes<'a>> {
        match value {
            Value::Text { length, at } | Value::Bytes { length, at, .. } => {
                let length = u64::from(length).min(most as u64);
                Some(input.bytes(Span { at, length }))
            }
            Value::MadeText { length, at, .. } | Value::MadeBytes { length, at, .. } => {
                let length = (length as usize).min(most);
                self.made.slice(at, length).map(Bytes::Borrowed)
            }
            _ => None,
        }
    }
}

/// The empty tuple.
pub(super) const NO_ITEMS: Value = Value::Tuple { weight: 0, length: 0, at: 0 };

/// The length of a text or of bytes.
pub(super) fn content_length(value: Value) -> Option<u32> {
    match value {
        Value::Text { length, .. }
        | Value::Bytes { length, .. }
        | Value::MadeText { length, .. }
        | Value::MadeBytes { length, .. } => Some(length),
        _ => None,
    }
}

/// Whether it is a text.
pub(super) fn is_text(value: Value) -> bool {
    matches!(value, Value::Text { .. } | Value::MadeText { .. })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_small() {
        assert_eq!(size_of::<Value>(), 16);
    }

    #[test]
    fn an_arena_forgets_its_oldest_part() {
        let mut arena = Arena::new(4);
        for number in 0..10_u64 {
            assert_eq!(arena.push(number), number);
        }
        assert_eq!((arena.get(3), arena.get(4), arena.get(9), arena.get(10)), (None, Some(&4), Some(&9), None));
        assert_eq!((arena.slice(4, 4), arena.slice(7, 2)), (Some(&[4, 5, 6, 7][..]), None));
        assert_eq!(arena.extend(&[1; 9]), 10);
        assert_eq!((arena.get_mut(18).copied(), arena.get(8)), (Some(1), Some(&8)));
        assert_eq!(arena.slice(0, 0), Some(&[][..]));
    }

    #[test]
    fn items_of_two_lists_that_grow_by_turns_stay_apart() {
        let mut store = Store::default();
        let (a, b) = (store.container(&[]), store.container(&[Value::Bool(true)]));
        for number in 0..2000 {
            store.append(a, &[Value::Int(number)]);
            store.append(b, &[Value::Int(-number)]);
        }
        let (items, total) = store.items(Value::List(a)).expect("remembered");
        assert_eq!((items.len(), total, items[1000]), (KEPT_ITEMS, 2000, Value::Int(1000)));
        assert_eq!(store.items(Value::Set(b)).expect("remembered").0[1000], Value::Int(-999));
        assert_eq!(store.all_items(Value::List(a)), None);
    }
}
