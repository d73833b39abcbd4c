//! Calls that called things make themselves: partial functions, `map`, `sorted(key=…)`.
//!
//! Comes in: what is called, with what. Goes out: what it gives; each call inside is told as an inner call.

use super::super::machine::Machine;
use super::super::meaning::Meaning;
use super::super::store::{KEPT_ITEMS, Value};
use crate::fact::pickle::CallOpcode;

/// So many items are mapped.
const MOST_MAPPED: usize = 256;

impl Machine<'_> {
    /// Calls what another call gave back: a partial function, an attribute getter.
    pub(super) fn apply_object(
        &mut self,
        object: Value,
        given: &[Value],
        keywords: Value,
        depth: u32,
    ) -> Option<Value> {
        let Value::Object { callee, node } = object else { return None };
        let made_with = self.store.node_at(node).copied()?;
        let own = self.store.all_items(made_with.arguments)?.to_vec();
        if !self.spend(own.len()) {
            return None;
        }
        match self.names.get(callee).meaning {
            Meaning::AttrGetter => self.apply_attr_getter(&own, *given.first()?),
            Meaning::ItemGetter => self.item(*given.first()?, *own.first()?),
            Meaning::MethodCaller => {
                let (name, rest) = own.split_first()?;
                let function = self.get_attribute(&[*given.first()?, *name])?;
                let arguments = self.store.tuple(rest);
                Some(self.call_within(CallOpcode::Inner, function, arguments, made_with.keywords, depth + 1))
            }
            Meaning::Partial | Meaning::MethodType => {
                let (function, rest) = own.split_first()?;
                let all: Vec<Value> = rest.iter().chain(given).copied().take(KEPT_ITEMS).collect();
                let arguments = self.store.tuple(&all);
                let keywords = if keywords == Value::None { made_with.keywords } else { keywords };
                Some(self.call_within(CallOpcode::Inner, *function, arguments, keywords, depth + 1))
            }
            _ => None,
        }
    }

    /// The calls that functions which are given functions make.
    pub(super) fn inner_calls(
        &mut self,
        meaning: Meaning,
        given: &[Value],
        keywords: Value,
        depth: u32,
    ) -> Option<Value> {
        match meaning {
            Meaning::CallsFirst => {
                let (function, rest) = given.split_first()?;
                let arguments = self.store.tuple(rest);
                Some(self.call_within(CallOpcode::Inner, *function, arguments, keywords, depth))
            }
            Meaning::Applies => {
                let arguments = given.get(1).copied().unwrap_or(Value::Unknown);
                Some(self.call_within(CallOpcode::Inner, *given.first()?, arguments, Value::None, depth))
            }
            Meaning::Maps => self.map(given, depth),
            Meaning::StarMaps => {
                let items = self.iterated(*given.get(1)?).unwrap_or_else(|| vec![Value::Unknown]);
                self.call_each(*given.first()?, &items, depth)
            }
            Meaning::Reduces => self.reduce(given, depth),
            Meaning::CallsKeyword(name, position) => {
                let function = self.keyword(keywords, name).or_else(|| given.get(position).copied())?;
                if matches!(function, Value::Global(_) | Value::Object { .. } | Value::Unknown) {
                    let arguments = self.keyword(keywords, "args").unwrap_or(Value::Unknown);
                    self.call_within(CallOpcode::Inner, function, arguments, Value::None, depth);
                }
                None
            }
            _ => None,
        }
    }

    fn map(&mut self, given: &[Value], depth: u32) -> Option<Value> {
        let (function, sources) = given.split_first()?;
        if *function == Value::None {
            return None;
        }
        let mut columns = Vec::new();
        for source in sources {
            columns.push(self.iterated(*source).unwrap_or_else(|| vec![Value::Unknown]));
        }
        let rows = columns.iter().map(Vec::len).min()?;
        let mut tuples = Vec::new();
        for row in 0..rows.min(MOST_MAPPED) {
            let arguments: Vec<Value> = columns.iter().map(|column| column[row]).collect();
            tuples.push(self.store.tuple(&arguments));
        }
        let result = self.call_each(*function, &tuples, depth);
        if rows > MOST_MAPPED { Some(Value::Unknown) } else { result }
    }

    fn call_each(&mut self, function: Value, tuples: &[Value], depth: u32) -> Option<Value> {
        let mut results = Vec::new();
        for arguments in tuples.iter().take(MOST_MAPPED) {
            if !self.spend(4) {
                return Some(Value::Unknown);
            }
            results.push(self.call_within(CallOpcode::Inner, function, *arguments, Value::None, depth));
        }
        Some(self.store.tuple(&results))
    }

    fn reduce(&mut self, given: &[Value], depth: u32) -> Option<Value> {
        let (function, rest) = given.split_first()?;
        let Some(items) = self.iterated(*rest.first()?) else {
            let arguments = self.store.tuple(&[Value::Unknown; 2]);
            return Some(self.call_within(CallOpcode::Inner, *function, arguments, Value::None, depth));
        };
        let mut items = items.into_iter();
        let mut result = rest.get(1).copied().or_else(|| items.next())?;
        for item in items.take(MOST_MAPPED) {
            if !self.spend(4) {
                return Some(Value::Unknown);
            }
            let arguments = self.store.tuple(&[result, item]);
            result = self.call_within(CallOpcode::Inner, *function, arguments, Value::None, depth);
        }
        Some(result)
    }
}
