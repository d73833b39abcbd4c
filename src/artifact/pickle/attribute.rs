//! Names of names: attributes, items of name spaces, dotted names, and the class behind an object.
//!
//! Comes in: a value and a text. Goes out: the value that Python would find there, as far as names tell.

use crate::fact::pickle::{CallOpcode, Route};

use super::machine::{MOST_NAME_BYTES, Machine};
use super::meaning::{Meaning, is_namespace};
use super::names::UNKNOWN;
use super::store::{Origin, Value, content_length, is_text};

/// Modules that other modules hold as attributes; what is reached through those is judged as theirs.
const MODULES_ELSEWHERE: [&str; 15] = [
    "builtins",
    "commands",
    "ctypes",
    "importlib",
    "marshal",
    "nt",
    "operator",
    "os",
    "pickle",
    "posix",
    "pty",
    "runpy",
    "socket",
    "subprocess",
    "sys",
];

/// Names longer than this, put together of attributes of attributes, are not told apart any more.
const MOST_CHAIN_BYTES: usize = 1024;

impl Machine<'_> {
    /// A text that can be a name.
    pub(super) fn name_text(&self, value: Value) -> Option<String> {
        let length = content_length(value).filter(|length| is_text(value) && u64::from(*length) <= MOST_NAME_BYTES)?;
        let bytes = self.store.content(value, &self.input, length as usize)?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Takes steps of folding; whether there were as many left.
    pub(super) fn spend(&mut self, steps: usize) -> bool {
        match self.steps.checked_sub(steps as u64 + 1) {
            Some(left) => {
                self.steps = left;
                true
            }
            None => false,
        }
    }

    /// The class of an object that was made without calling more than its `__new__`.
    pub(super) fn class_of(&self, value: Value) -> Option<u32> {
        let Value::Object { callee, node } = value else { return None };
        (self.store.node_at(node)?.origin == Origin::New).then_some(callee)
    }

    /// Module and dotted rest to a number, part by part.
    pub(super) fn dotted(&mut self, module: &str, rest: &str, route: Route) -> u32 {
        let mut number = self.names.number(module, "", route, || None);
        for part in rest.split('.') {
            number = self.attribute_of_name(number, part, route);
        }
        number
    }

    /// The attribute of something with a name.
    pub(super) fn attribute_of_name(&mut self, base: u32, attribute: &str, route: Route) -> u32 {
        let callee = &self.names.get(base).callee;
        if base == UNKNOWN || callee.name.len() + attribute.len() > MOST_CHAIN_BYTES {
            return UNKNOWN;
        }
        // `__builtins__` is a module in `__main__` and a dictionary elsewhere.
        if callee.name.ends_with(".__builtins__") && !matches!(attribute, "get" | "__getitem__" | "pop" | "setdefault")
        {
            return self.names.number("builtins", attribute, route, || None);
        }
        if MODULES_ELSEWHERE.contains(&attribute) {
            let spelled = format!("{}.{attribute}", callee.name);
            return self.names.number(attribute, "", route, || Some(spelled));
        }
        let module = callee.module().to_owned();
        let rest = match callee.attribute() {
            "" => attribute.to_owned(),
            own => format!("{own}.{attribute}"),
        };
        self.names.number(&module, &rest, route, || None)
    }

    /// An item of a name space that has a name; `None` if it is none.
    pub(super) fn item_of_name(&mut self, base: u32, key: &str, route: Route) -> Option<u32> {
        let callee = &self.names.get(base).callee;
        if !is_namespace(&callee.name) {
            return None;
        }
        if callee.name == "sys.modules" {
            return Some(self.names.number(key, "", Route::Import, || None));
        }
        if callee.name.ends_with(".__builtins__") || callee.name.ends_with(".f_builtins") {
            return Some(self.names.number("builtins", key, route, || None));
        }
        let module = callee.module().to_owned();
        let owner = callee.attribute().strip_suffix("__dict__").map(|owner| owner.trim_end_matches('.').to_owned());
        let rest = match owner.as_deref() {
            // What a function's `__globals__` holds is what its module holds.
            None | Some("") => key.to_owned(),
            Some(owner) => format!("{owner}.{key}"),
        };
        Some(self.names.number(&module, &rest, route, || None))
    }

    /// `getattr(value, attribute)`.
    pub(super) fn attribute_of(&mut self, value: Value, attribute: &str, route: Route) -> Value {
        let class = match value {
            Value::Global(UNKNOWN) | Value::Unknown | Value::Persistent(_) | Value::Buffer => {
                return Value::Global(UNKNOWN);
            }
            Value::Global(base) => {
                let number = self.attribute_of_name(base, attribute, route);
                self.tell_import(number);
                return Value::Global(number);
            }
            Value::Object { .. } => return self.attribute_of_object(value, attribute),
            Value::Text { .. } | Value::MadeText { .. } => "str",
            Value::Bytes { mutable: false, .. } | Value::MadeBytes { mutable: false, .. } => "bytes",
            Value::Bytes { .. } | Value::MadeBytes { .. } => "bytearray",
            Value::List(_) => "list",
            Value::Tuple { .. } => "tuple",
            Value::Dict(_) => "dict",
            Value::Set(_) => "set",
            Value::Int(_) | Value::LargeInt { .. } => "int",
            Value::Bool(_) => "bool",
            Value::Float(_) => "float",
            Value::None => "NoneType",
        };
        let number = self.names.number("builtins", &format!("{class}.{attribute}"), Route::Method, || None);
        let node = self.store.node(Origin::Bound, value, Value::None);
        Value::Object { callee: number, node }
    }

    /// An attribute of what a call gave back: `subprocess.Popen().communicate`.
    fn attribute_of_object(&mut self, value: Value, attribute: &str) -> Value {
        let Value::Object { callee, node } = value else { return Value::Unknown };
        let found = self.store.node_at(node).copied();
        if let Some(planted) = found.and_then(|node| self.planted(node.state, attribute)) {
            return planted;
        }
        let is_bound = found.is_some_and(|node| node.origin == Origin::Bound);
        let base = if is_bound { callee } else { self.result_name(self.class_of(value).unwrap_or(callee)) };
        let number = self.attribute_of_name(base, attribute, Route::Method);
        let node = self.store.node(Origin::Bound, value, Value::None);
        Value::Object { callee: number, node }
    }

    pub(super) fn planted(&mut self, state: Value, attribute: &str) -> Option<Value> {
        let Value::Dict(_) = state else { return None };
        let items = self.store.items(state)?.0.to_vec();
        if !self.spend(items.len()) {
            return None;
        }
        items
            .chunks_exact(2)
            .rev()
            .find(|pair| self.name_text(pair[0]).as_deref() == Some(attribute))
            .map(|pair| pair[1])
    }

    /// The name for what a call of this name gives back: `subprocess.Popen()`.
    pub(super) fn result_name(&mut self, callee: u32) -> u32 {
        let name = &self.names.get(callee).callee;
        if callee == UNKNOWN || name.name.len() > MOST_CHAIN_BYTES {
            return UNKNOWN;
        }
        let module = name.module().to_owned();
        let rest = format!("{}()", name.attribute());
        self.names.number(&module, &rest, Route::Method, || None)
    }

    /// What is called when this value is, and the value it is bound to.
    pub(super) fn called(&mut self, callable: Value) -> (u32, Option<Value>) {
        match callable {
            Value::Global(number) => (number, None),
            Value::Object { callee, node } => match self.store.node_at(node) {
                Some(node) if node.origin == Origin::Bound => (callee, Some(node.arguments)),
                _ => (self.result_name(callee), None),
            },
            _ => (UNKNOWN, None),
        }
    }

    /// Whether an object is called in place of the function it was made with.
    fn is_deferred(&self, value: Value) -> bool {
        let Value::Object { callee, .. } = value else { return false };
        matches!(self.names.get(callee).meaning, Meaning::Partial | Meaning::MethodType | Meaning::MethodCaller)
    }

    /// Calls `callable` and gives what it gives back.
    pub(super) fn call(&mut self, opcode: CallOpcode, callable: Value, arguments: Value, keywords: Value) -> Value {
        self.call_within(opcode, callable, arguments, keywords, 0)
    }

    /// The same; `depth` counts functions that call functions.
    pub(super) fn call_within(
        &mut self,
        opcode: CallOpcode,
        callable: Value,
        arguments: Value,
        keywords: Value,
        depth: u32,
    ) -> Value {
        let (number, receiver) = self.called(callable);
        if number == UNKNOWN {
            self.unknown_name("what is called is computed");
        }
        let is_result = receiver.is_none() && matches!(callable, Value::Object { .. });
        // A partial function is not a name of its own: what it calls is told instead.
        let stands_for_another = is_result && self.is_deferred(callable);
        if !stands_for_another {
            self.tell_call(number, opcode, arguments, keywords);
        }
        let meaning = self.names.get(number).meaning;
        if meaning != Meaning::Plain || is_result || receiver.is_some() {
            let folded = self.fold(meaning, callable, receiver, arguments, keywords, depth);
            if let Some(value) = folded {
                return value;
            }
        }
        if stands_for_another {
            // Past a limit, or the function is not known: its own name says nothing of what is called.
            self.unknown_name("what a kept function calls is not followed");
            self.tell_call(number, opcode, arguments, keywords);
        }
        // Old classes without arguments are made without being called, too.
        let is_empty = matches!(arguments, Value::Tuple { length: 0, .. });
        let makes_new = match opcode {
            CallOpcode::NewObj | CallOpcode::NewObjEx => true,
            CallOpcode::Inst | CallOpcode::Obj => is_empty,
            CallOpcode::Reduce | CallOpcode::Method | CallOpcode::Inner => false,
        };
        let origin = if makes_new { Origin::New } else { Origin::Call };
        let node = self.store.node(origin, arguments, keywords);
        Value::Object { callee: number, node }
    }
}
