//! Objects that are made without their constructor, and the state that they are given.
//!
//! Comes in: the arguments of a reconstructor, or a state. Goes out: the object; what the state replaces is replaced in it.

use super::super::machine::Machine;
use super::super::meaning::Meaning;
use super::super::store::{KEPT_ITEMS, Origin, Value};
use crate::fact::pickle::CallOpcode;

impl Machine<'_> {
    /// An instance of a class of which `__new__` was called only.
    pub(super) fn make_new(&mut self, given: &[Value]) -> Option<Value> {
        let (Value::Global(class), rest) = given.split_first()? else { return None };
        let arguments = self.store.tuple(rest);
        let node = self.store.node(Origin::New, arguments, Value::None);
        Some(Value::Object { callee: *class, node })
    }

    /// `copyreg._reconstructor`: a base other than `object` is given the state, as if it were called with it.
    pub(super) fn reconstruct(&mut self, given: &[Value], depth: u32) -> Option<Value> {
        let [class, base, state, ..] = *given else { return self.make_new(&given[..given.len().min(1)]) };
        let is_object = |number: u32| self.names.get(number).callee.name == "builtins.object";
        if matches!(base, Value::Global(number) if is_object(number)) {
            return self.make_new(&[class]);
        }
        let arguments = self.store.tuple(&[state]);
        let made = self.call_within(CallOpcode::Inner, base, arguments, Value::None, depth + 1);
        if base == class { Some(made) } else { self.make_new(&[class]) }
    }

    /// Gives an object its state, as `BUILD` does.
    pub(in super::super) fn state_given(&mut self, target: Value, state: Value) {
        self.state_set(target, state);
        let Value::Object { callee, node } = target else { return };
        self.store.set_state(node, state);
        if self.names.get(callee).meaning == Meaning::Partial {
            self.replace_partial(node, state);
        }
    }

    /// The state of a partial function replaces the function and its arguments: `(function, arguments, keywords, attributes)`.
    fn replace_partial(&mut self, node: u64, state: Value) {
        let parts = self.store.all_items(state).map(<[Value]>::to_vec);
        let (function, rest, keywords) = match (state, parts.as_deref()) {
            (_, Some([function, arguments, keywords, _])) => {
                (*function, self.store.all_items(*arguments).map(<[Value]>::to_vec), *keywords)
            }
            (Value::Unknown | Value::Object { .. } | Value::Persistent(_) | Value::Tuple { .. }, None) => {
                (Value::Unknown, None, Value::None)
            }
            // With any other state loading fails here.
            _ => return,
        };
        let all: Vec<Value> = std::iter::once(function).chain(rest.unwrap_or_default()).take(KEPT_ITEMS).collect();
        let arguments = self.store.tuple(&all);
        self.store.set_arguments(node, arguments, keywords);
    }
}
