//! Attributes and items that a stream sets on something, and methods of its own that opcodes then call.

use crate::fact::artifact::Seen;
use crate::fact::pickle::{Attribute, AttributeTarget, CallOpcode, Callee, DECISIVE_ATTRIBUTES, Datum};

use super::super::machine::Machine;
use super::super::names::UNKNOWN;
use super::super::store::{Origin, Value, content_length, is_text};

/// So many names are told of one state.
const MOST_ATTRIBUTES: usize = 64;

impl Machine<'_> {
    /// Tells that `BUILD` gives a state to something, and what that calls.
    pub(in super::super) fn state_set(&mut self, target: Value, state: Value) {
        self.method_takes_value(target, "__setstate__", state);
        let parts = self.state_parts(state);
        let telling = parts.iter().flatten().any(|dict| self.store.is_telling(*dict));
        if let (Value::Global(class), true) = (target, telling) {
            self.class_states.insert(class, state);
        }
        if let Some(seen) = self.attributes_wanted(target, telling) {
            let names = self.attribute_names(&parts);
            let values = if telling { self.decisive_values(&parts) } else { Vec::new() };
            self.tell_attributes(Attribute { target: seen, names, values });
        }
    }

    /// Tells that items of something are set that is no dictionary of the stream.
    pub(in super::super) fn items_set(&mut self, target: Value, start: usize) {
        if let Value::Global(number) = target {
            for index in (start..self.stack.len().saturating_sub(1)).step_by(2) {
                self.registry_write(number, self.stack[index], self.stack[index + 1]);
            }
        }
        if let Value::Object { node, .. } = target {
            self.store.set_items(node, &self.stack[start..]);
        }
        if !self.class_states.is_empty() || self.may_be_planted(target) {
            let argument = self.store.tuple(&self.stack[start..]);
            self.method_takes_value(target, "__setitem__", argument);
        }
        let telling = (start..self.stack.len()).step_by(2).any(|index| self.is_telling(self.stack[index]));
        if let Some(seen) = self.attributes_wanted(target, telling) {
            let mut names = Vec::new();
            for index in (start..self.stack.len()).step_by(2) {
                self.note_attribute(self.stack[index], &mut names);
            }
            self.tell_attributes(Attribute { target: seen, names, values: Vec::new() });
        }
    }

    /// The dictionaries of a state: itself, or those of attributes and of slots.
    fn state_parts(&self, state: Value) -> [Option<u64>; 2] {
        let dict = |value: &Value| match value {
            Value::Dict(dict) => Some(*dict),
            _ => None,
        };
        match state {
            Value::Tuple { length: 2, .. } => match self.store.items(state) {
                Some(([first, second], _)) => [dict(first), dict(second)],
                _ => [None, None],
            },
            other => [dict(&other), None],
        }
    }

    /// The names that a state sets, telling ones first.
    fn attribute_names(&mut self, parts: &[Option<u64>]) -> Vec<String> {
        let mut names = Vec::new();
        for dict in parts.iter().flatten() {
            let length = self.store.items(Value::Dict(*dict)).map_or(0, |(items, _)| items.len());
            if !self.spend(length) {
                self.is_cut = true;
                break;
            }
            let items = self.store.items(Value::Dict(*dict)).map_or(&[][..], |(items, _)| items);
            for pair in items.chunks_exact(2) {
                self.note_attribute(pair[0], &mut names);
            }
        }
        names
    }

    fn note_attribute(&self, key: Value, names: &mut Vec<String>) {
        if !is_text(key) {
            return;
        }
        let is_telling = self.is_telling(key);
        if !is_telling && names.len() >= MOST_ATTRIBUTES {
            return;
        }
        if let Some(name) = self.name_text(key) {
            let at = if is_telling { 0 } else { names.len() };
            names.insert(at, name);
            names.truncate(MOST_ATTRIBUTES);
        }
    }

    /// Whose attributes are set, if that is to be told: the first time for each class; always if telling ones are set
    /// or if it is no instance.
    fn attributes_wanted(&mut self, target: Value, telling: bool) -> Option<AttributeTarget> {
        let (make, number): (fn(Callee) -> AttributeTarget, _) = match target {
            Value::Global(number) => (AttributeTarget::Global, number),
            Value::Object { callee, node } => match self.class_of(target) {
                Some(class) => (AttributeTarget::Instance, class),
                None if self.store.node_at(node).is_some_and(|node| node.origin == Origin::Bound) => {
                    (AttributeTarget::Global, callee)
                }
                None => (AttributeTarget::Result, callee),
            },
            Value::Unknown => (|_| AttributeTarget::Unknown, UNKNOWN),
            _ => return None,
        };
        let name = self.names.get_mut(number);
        let is_first = !std::mem::replace(&mut name.attributes_told, true);
        let is_ordinary = matches!(target, Value::Object { .. });
        (is_first || telling || !is_ordinary).then(|| make(name.callee.clone()))
    }

    fn tell_attributes(&mut self, attribute: Attribute) {
        let is_news = match &attribute.target {
            target @ (AttributeTarget::Instance(callee)
            | AttributeTarget::Global(callee)
            | AttributeTarget::Result(callee)) => {
                let values = format!("{:?}", attribute.values);
                self.is_news(&("attributes", std::mem::discriminant(target), callee, &attribute.names, values))
            }
            AttributeTarget::Unknown => true,
        };
        if is_news {
            self.see(Seen::Attribute(attribute));
        }
    }

    /// The values from `start` on go to a method of something that is no list or set of the stream.
    pub(in super::super) fn method_takes(&mut self, target: Value, methods: &[&str], start: usize) {
        let items = self.stack[start..].to_vec();
        let argument = Value::List(self.store.container(&items));
        for method in methods {
            self.method_takes_value(target, method, argument);
        }
        if let Some(seen) = self.attributes_wanted(target, false) {
            let names = vec![(*methods.last().unwrap_or(&"append")).to_owned()];
            self.tell_attributes(Attribute { target: seen, names, values: Vec::new() });
        }
    }

    fn may_be_planted(&self, target: Value) -> bool {
        let Value::Object { node, .. } = target else { return false };
        let state = self.store.node_at(node).map_or(Value::None, |node| node.state);
        self.state_parts(state).into_iter().flatten().any(|dict| self.store.is_telling(dict))
    }

    /// Calls what a stream has planted on an object under the name of a method that an opcode calls.
    fn method_takes_value(&mut self, target: Value, method: &str, argument: Value) {
        let Value::Object { node, callee } = target else { return };
        let class = self.class_of(target).unwrap_or(callee);
        let of_class = self.class_states.get(&class).copied();
        let of_object = self.store.node_at(node).map(|node| node.state);
        for (state, is_bound) in [(of_object, false), (of_class, true)] {
            let planted = state.and_then(|state| self.attribute_in(state, method));
            if let Some(planted) = planted {
                // A function of a class is given the object first.
                let given = if is_bound { &[target, argument][..] } else { &[argument] };
                let arguments = self.store.tuple(given);
                self.call(CallOpcode::Method, planted, arguments, Value::None);
                return;
            }
        }
    }

    /// What a state gives as an attribute of this name, which is a telling one.
    fn attribute_in(&mut self, state: Value, name: &str) -> Option<Value> {
        for dict in self.state_parts(state).into_iter().flatten() {
            if !self.store.is_telling(dict) {
                continue;
            }
            let length = self.store.items(Value::Dict(dict))?.0.len();
            if !self.spend(length) {
                return Some(Value::Unknown);
            }
            let (items, _) = self.store.items(Value::Dict(dict))?;
            let found = items.chunks_exact(2).rev().find(|pair| {
                content_length(pair[0]) == Some(name.len() as u32) && self.name_text(pair[0]).as_deref() == Some(name)
            });
            if let Some(pair) = found {
                return Some(pair[1]);
            }
        }
        None
    }
    /// The values of attributes that decide what an object does.
    fn decisive_values(&mut self, parts: &[Option<u64>]) -> Vec<(String, Datum)> {
        let mut values = Vec::new();
        for dict in parts.iter().flatten().map(|dict| Value::Dict(*dict)) {
            for name in DECISIVE_ATTRIBUTES {
                if let Some(value) = self.attribute_in(dict, name) {
                    values.push((name.to_owned(), self.whole_datum(value)));
                }
            }
        }
        values
    }
}
