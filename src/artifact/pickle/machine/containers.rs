//! Tuples, lists, dictionaries and sets: how they are made, and how items come into them.

use super::super::opcode as op;
use super::super::operand::Halt;
use super::super::store::{Value, is_text};
use super::super::tell::Key;
use super::super::weight;
use super::{Machine, UNDERFLOW};
use crate::fact::artifact::ObservationKind;

impl Machine<'_> {
    pub(super) fn small_tuple(&mut self, count: usize) -> Result<(), Halt> {
        let start = self.stack.len().checked_sub(count).filter(|start| *start >= self.fence()).ok_or(UNDERFLOW)?;
        let tuple = self.store.tuple(&self.stack[start..]);
        self.stack.truncate(start);
        self.stack.push(tuple);
        Ok(())
    }

    pub(super) fn collect(&mut self, code: u8) -> Result<(), Halt> {
        let start = self.marked()?;
        let items = &self.stack[start..];
        let value = match code {
            op::TUPLE => self.store.tuple(items),
            op::LIST => Value::List(self.store.container(items)),
            _ => {
                let heaviest = items.iter().map(|item| weight::of(*item)).max();
                let set = Value::Set(self.store.container(items));
                self.weigh(heaviest.unwrap_or(0));
                set
            }
        };
        self.stack.truncate(start);
        self.stack.push(value);
        Ok(())
    }

    /// What stands below `start` and takes the values from there on; `None` if there are none.
    pub(super) fn taker(&self, start: usize) -> Result<Option<Value>, Halt> {
        if start > self.stack.len() || start <= self.fence() {
            return Err(UNDERFLOW);
        }
        Ok((start < self.stack.len()).then(|| self.stack[start - 1]))
    }

    pub(super) fn append(&mut self, start: usize) -> Result<(), Halt> {
        let Some(target) = self.taker(start)? else { return Ok(()) };
        match target {
            Value::List(list) => self.store.append(list, &self.stack[start..]),
            _ if is_plain(target) => return Err(Halt::Invalid("items for something that takes none")),
            _ => {
                self.note_item_taker(target, false);
                self.method_takes(target, &["extend", "append"], start);
            }
        }
        self.stack.truncate(start);
        Ok(())
    }

    pub(super) fn add_items(&mut self, start: usize) -> Result<(), Halt> {
        let Some(target) = self.taker(start)? else { return Ok(()) };
        match target {
            Value::Set(set) => {
                if self.stack[start..].iter().any(has_no_hash) {
                    return Err(Halt::Invalid("a list or dictionary in a set"));
                }
                let heaviest = self.stack[start..].iter().map(|item| weight::of(*item)).max();
                self.weigh(heaviest.unwrap_or(0));
                self.store.append(set, &self.stack[start..]);
            }
            _ if is_plain(target) || matches!(target, Value::List(_)) => {
                return Err(Halt::Invalid("items for something that takes none"));
            }
            _ => self.method_takes(target, &["add"], start),
        }
        self.stack.truncate(start);
        Ok(())
    }

    pub(super) fn set_items(&mut self, start: usize) -> Result<(), Halt> {
        let Some(target) = self.taker(start)? else { return Ok(()) };
        if !(self.stack.len() - start).is_multiple_of(2) {
            return Err(Halt::Invalid("a key without a value"));
        }
        match target {
            Value::Dict(dict) => self.fill(dict, start)?,
            Value::List(list) => {
                self.note_item_taker(target, true);
                self.replace_items(list, start);
            }
            _ if is_plain(target) || matches!(target, Value::Set(_)) => {
                return Err(Halt::Invalid("items for something that takes none"));
            }
            _ => {
                self.note_item_taker(target, true);
                self.items_set(target, start);
            }
        }
        self.stack.truncate(start);
        Ok(())
    }

    /// Puts keys and values into a dictionary; those with telling keys even if it is full.
    pub(super) fn fill(&mut self, dict: u64, start: usize) -> Result<(), Halt> {
        let room = self.store.room(dict);
        self.store.append(dict, &self.stack[start..]);
        for index in (start..self.stack.len().saturating_sub(1)).step_by(2) {
            // Nearly all keys are texts that tell nothing. A value is copied where it does, for it is packed and copies are slow.
            let key = &self.stack[index];
            if has_no_hash(key) {
                return Err(Halt::Invalid("a list or dictionary as a key"));
            }
            if !is_text(*key) {
                self.weigh(weight::of(*key));
                continue;
            }
            match self.key(key) {
                Key::Data => {}
                Key::Telling => {
                    let is_kept = index + 1 < start + room;
                    let pair = [*key, self.stack[index + 1]];
                    self.store.append_telling(dict, if is_kept { &[] } else { &pair });
                }
                Key::Names(kind) => self.name_kept(kind, self.stack[index + 1]),
            }
        }
        Ok(())
    }

    /// Puts values in the place of items of a list.
    pub(super) fn replace_items(&mut self, list: u64, start: usize) {
        for index in (start..self.stack.len().saturating_sub(1)).step_by(2) {
            if let Value::Int(place) = self.stack[index] {
                self.store.replace(list, place, self.stack[index + 1]);
            }
        }
    }

    /// Notes a key that is too heavy to be hashed.
    pub(super) fn weigh(&mut self, weight: u8) {
        if weight >= weight::ENDLESS {
            let steps = format!("a key of tuples in tuples takes 2^{} steps to hash", weight / 4);
            self.observe(ObservationKind::HashBomb, steps);
        }
    }
}

/// Whether Python refuses it as a key or in a set. Sets that cannot change are none of these.
fn has_no_hash(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Dict(_))
}

/// Whether it is surely a value of a built-in type that has no state, takes no items and cannot be called. (Tuples are left
/// out: other sequences that were computed are shown as tuples.)
pub(super) fn is_plain(value: Value) -> bool {
    match value {
        Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::LargeInt { .. } => true,
        Value::Text { .. } | Value::MadeText { .. } => true,
        Value::Bytes { mutable, .. } | Value::MadeBytes { mutable, .. } => !mutable,
        Value::Dict(_) => true,
        Value::Set(_) | Value::List(_) | Value::Tuple { .. } => false,
        Value::Unknown | Value::Global(_) | Value::Object { .. } | Value::Persistent(_) | Value::Buffer => false,
    }
}
