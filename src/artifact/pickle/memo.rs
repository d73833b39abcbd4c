//! The memo: values by number, of which streams may choose any.

use std::collections::HashMap;

use super::store::Value;

/// Numbers this far behind the end of the dense part go to the sparse one.
const GAP: u64 = 1024;

/// Values by number.
#[derive(Debug, Default)]
pub(super) struct Memo {
    dense: Vec<Option<Value>>,
    // The standard hasher: streams choose these numbers, and could choose them to collide.
    sparse: HashMap<u64, Value>,
    count: u64,
}

impl Memo {
    /// With room for so many values.
    pub(super) fn with_room(count: usize) -> Self {
        Self { dense: Vec::with_capacity(count), ..Self::default() }
    }

    /// The value with this number.
    pub(super) fn get(&self, number: u64) -> Option<Value> {
        match usize::try_from(number).ok().and_then(|index| self.dense.get(index)) {
            Some(Some(value)) => Some(*value),
            _ if self.sparse.is_empty() => None,
            _ => self.sparse.get(&number).copied(),
        }
    }

    /// Sets a number.
    pub(super) fn put(&mut self, number: u64, value: Value) {
        let length = self.dense.len() as u64;
        if number == length {
            self.dense.push(Some(value));
            self.count += u64::from(!self.leaves_sparse(number));
        } else if number < length.saturating_add(GAP) {
            let index = number as usize;
            if index >= self.dense.len() {
                self.dense.resize(index + 1, None);
            }
            let is_new = self.dense[index].replace(value).is_none() && !self.leaves_sparse(number);
            self.count += u64::from(is_new);
        } else {
            self.count += u64::from(self.sparse.insert(number, value).is_none());
        }
    }

    /// Takes a number out of the sparse part; whether it was there.
    fn leaves_sparse(&mut self, number: u64) -> bool {
        !self.sparse.is_empty() && self.sparse.remove(&number).is_some()
    }

    /// Gives a value the number that `MEMOIZE` does: how many numbers are set.
    pub(super) fn add(&mut self, value: Value) {
        self.put(self.count, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memoize_counts_the_numbers_that_are_set() {
        let mut memo = Memo::default();
        for number in [7, u64::MAX, 7, 5000, 0] {
            memo.put(number, Value::Int(number as i64));
        }
        memo.add(Value::None);
        assert_eq!(memo.get(4), Some(Value::None));
        memo.add(Value::Bool(true));
        assert_eq!((memo.get(5), memo.get(7), memo.get(6)), (Some(Value::Bool(true)), Some(Value::Int(7)), None));
        assert_eq!((memo.get(5000), memo.get(u64::MAX)), (Some(Value::Int(5000)), Some(Value::Int(-1))));
    }

    #[test]
    fn a_number_set_far_ahead_is_found_when_the_dense_part_reaches_it() {
        let mut memo = Memo::default();
        memo.put(3000, Value::Int(1));
        for _ in 0..3001 {
            memo.add(Value::None);
        }
        assert_eq!(memo.get(3000), Some(Value::None));
    }
}
