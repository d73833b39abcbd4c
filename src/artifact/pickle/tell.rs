//! What the machine does, told as facts: each thing once or a few times, however often a stream repeats it.
//!
//! Comes in: values and names of `machine` and `call`. Goes out: facts and observations in their order.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::fact::artifact::{CodeReference, Observation, ObservationKind, ReferenceKind, Seen};
use crate::fact::pickle::{
    Attribute, AttributeTarget, CallOpcode, Callee, DECISIVE_ATTRIBUTES, Datum, ItemTaker, PickleCall, Route,
};

use super::machine::{Machine, is_plausible};
use super::meaning::Meaning;
use super::names::UNKNOWN;
use super::store::{Origin, Value, content_length, is_text};

/// So many calls of one name are told whatever their arguments.
const CALLS_TOLD: u32 = 16;
/// So many different things are told of one stream.
const MOST_TOLD: usize = 20_000;
const MOST_ATTRIBUTES: usize = 64;
/// Keys under which data names code. Lightning's `load_from_checkpoint` follows the first two; whoever instantiates a
/// configuration of Hydra the third.
const KEYS_OF_NAMES: [(&str, ReferenceKind); 3] = [
    ("_instantiator", ReferenceKind::Plugin),
    ("_class_path", ReferenceKind::HydraTarget),
    ("_target_", ReferenceKind::KeptTarget),
];
const MOST_TYPES: usize = 64;

/// Attributes of instances that opcodes and Python itself call.
const CALLED_ATTRIBUTES: [&str; 3] = ["append", "extend", "add"];

/// Whether a name that matters as a key begins with this byte: a quick no for nearly all keys.
const LETTERS: [bool; 256] = {
    let mut letters = [false; 256];
    let mut at = 0;
    while at < CALLED_ATTRIBUTES.len() {
        letters[CALLED_ATTRIBUTES[at].as_bytes()[0] as usize] = true;
        at += 1;
    }
    at = 0;
    while at < DECISIVE_ATTRIBUTES.len() {
        letters[DECISIVE_ATTRIBUTES[at].as_bytes()[0] as usize] = true;
        at += 1;
    }
    at = 0;
    while at < KEYS_OF_NAMES.len() {
        letters[KEYS_OF_NAMES[at].0.as_bytes()[0] as usize] = true;
        at += 1;
    }
    letters
};

/// What stands under a key of a dictionary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    /// Data.
    Data,
    /// More than data, if the dictionary becomes the state of an object.
    Telling,
    /// The name of code for this loader.
    Names(ReferenceKind),
}

impl Machine<'_> {
    pub(super) fn see(&mut self, seen: Seen) {
        if !self.reading.quiet {
            self.facts.push((self.region, seen));
        }
    }

    /// Keeps an observation, once for each subject.
    pub(super) fn observe(&mut self, kind: ObservationKind, subject: String) {
        if self.is_news(&(kind, &subject)) {
            self.see(Seen::Observation(Observation { kind, subject, text: None }));
        }
    }

    /// Whether this was not told before.
    fn is_news(&mut self, what: &impl Hash) -> bool {
        if self.reading.quiet {
            return false;
        }
        if self.told.len() >= MOST_TOLD {
            self.is_cut = true;
            return false;
        }
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        self.told.insert(hasher.finish())
    }

    /// Tells an import, the first time.
    pub(super) fn tell_import(&mut self, number: u32) {
        let name = self.names.get_mut(number);
        if !std::mem::replace(&mut name.import_told, true) && !self.reading.quiet {
            let callee = name.callee.clone();
            self.see(Seen::Import(callee));
        }
    }

    /// Tells that a name was put together while loading.
    pub(super) fn computed(&mut self, number: u32) {
        let name = self.names.get(number).callee.to_string();
        self.observe(ObservationKind::ComputedName, name);
    }

    /// A name that cannot be known; tells so.
    pub(super) fn unknown_name(&mut self, why: &str) -> u32 {
        self.observe(ObservationKind::ComputedName, why.to_owned());
        self.tell_import(UNKNOWN);
        UNKNOWN
    }

    /// Tells an extension code and the name it stands for, if the stream itself registered it.
    pub(super) fn extension_used(&mut self, code: i64, known: Option<u32>) {
        self.observe(ObservationKind::ExtensionCode, code.to_string());
        let number = known.unwrap_or(UNKNOWN);
        if self.is_news(&("extension", number)) {
            let callee = Callee { route: Route::Extension, ..self.names.get(number).callee.clone() };
            self.see(Seen::Import(callee));
        }
    }

    /// Notes which type a persistent id names.
    pub(super) fn note_persistent(&mut self, id: Value) {
        if self.persistent_types.len() >= MOST_TYPES {
            return;
        }
        let Some((items, _)) = self.store.items(id) else { return };
        let named = items.iter().find_map(|item| match item {
            Value::Global(number) => Some(*number),
            _ => None,
        });
        if let Some(number) = named {
            let name = &self.names.get(number).callee.name;
            if !self.persistent_types.contains(name) {
                self.persistent_types.push(name.clone());
            }
        }
    }

    /// Notes what is given items though it is no list or dictionary of the stream.
    pub(super) fn note_item_taker(&mut self, target: Value, is_keyed: bool) {
        let made_by = match target {
            Value::List(_) => "builtins.list",
            Value::Global(_) => "builtins.type",
            Value::Persistent(_) => "torch.storage.TypedStorage",
            Value::Object { callee, .. } => &self.names.get(self.class_of(target).unwrap_or(callee)).callee.name,
            _ => return,
        };
        let is_same = |known: &ItemTaker| known.is_keyed == is_keyed && known.made_by == made_by;
        if self.item_takers.len() < MOST_TYPES && !self.item_takers.iter().any(is_same) {
            self.item_takers.push(ItemTaker { is_keyed, made_by: made_by.to_owned() });
        }
    }

    /// Tells a call, unless one like it was told often enough.
    pub(super) fn tell_call(&mut self, number: u32, opcode: CallOpcode, arguments: Value, keywords: Value) {
        self.calls += 1;
        let is_codec = matches!(self.names.get(number).meaning, Meaning::Codec { .. } | Meaning::FixedCodec { .. });
        self.acts += u64::from(!is_codec);
        if self.reading.quiet {
            let callee = &self.names.get(number).callee;
            let plausible = is_plausible(callee.module()) && is_plausible(callee.attribute());
            self.plausible_calls += u64::from(plausible);
            return;
        }
        let told = &mut self.names.get_mut(number).calls_told;
        *told = told.saturating_add(1);
        let news = self.is_news_call(number, opcode, arguments, keywords);
        if !news && self.names.get(number).calls_told > CALLS_TOLD {
            return;
        }
        let (positional, keyword_data) = self.argument_data(arguments, keywords);
        let call = PickleCall {
            callee: self.names.get(number).callee.clone(),
            opcode,
            arguments: positional,
            keywords: keyword_data,
            texts: self.texts_in(&[arguments, keywords]),
        };
        self.see(Seen::Call(call));
    }

    /// Whether a call differs from all told ones in what rules look at: which kinds of values it is given, and for names
    /// whose meaning depends on texts, which texts.
    fn is_news_call(&mut self, number: u32, opcode: CallOpcode, arguments: Value, keywords: Value) -> bool {
        if self.told.len() >= MOST_TOLD {
            self.is_cut = true;
            return false;
        }
        let precise = self.names.get(number).meaning != Meaning::Plain;
        let mut hasher = DefaultHasher::new();
        (number, opcode).hash(&mut hasher);
        let mut left = 32;
        self.hash_shape(arguments, precise, 3, &mut left, &mut hasher);
        self.hash_shape(keywords, true, 2, &mut left, &mut hasher);
        self.told.insert(hasher.finish())
    }

    fn hash_shape(&self, value: Value, precise: bool, levels: u32, left: &mut u32, hasher: &mut DefaultHasher) {
        if *left == 0 {
            return;
        }
        *left -= 1;
        std::mem::discriminant(&value).hash(hasher);
        match value {
            Value::Global(number) | Value::Object { callee: number, .. } => number.hash(hasher),
            _ if content_length(value).is_some() => self.hash_content(value, precise, hasher),
            _ if levels > 0 => {
                let items = self.store.items(value).map_or(&[][..], |(items, _)| items);
                for (index, item) in items.iter().take(8).enumerate() {
                    // The first argument is mostly the content: what is encoded, whose attribute is asked for.
                    self.hash_shape(*item, precise && (levels < 3 || index > 0), levels - 1, left, hasher);
                }
            }
            _ => {}
        }
    }

    fn hash_content(&self, value: Value, precise: bool, hasher: &mut DefaultHasher) {
        let Some(content) = self.store.content(value, &self.input, 64) else { return };
        if precise {
            content.hash(hasher);
        } else if is_text(value) {
            // Not each text, but whether it looks like an address, a path, an inner name or code.
            let has = |needle: &[u8]| content.windows(needle.len()).any(|window| window == needle);
            (has(b"://"), content.first() == Some(&b'/'), has(b"__"), has(b"("), has(b";"), has(b"..")).hash(hasher);
        }
    }

    /// Whether an attribute of this name is more than data.
    pub(super) fn is_telling(&self, key: Value) -> bool {
        self.key(&key) == Key::Telling
    }

    /// What stands under a key; asked for every key of every dictionary.
    #[inline]
    pub(super) fn key(&self, key: &Value) -> Key {
        let length = content_length(*key).unwrap_or_default();
        if !(2..=64).contains(&length) {
            return Key::Data;
        }
        let content = self.store.content(*key, &self.input, 64);
        let Some(name) = content.as_deref() else { return Key::Data };
        let is_one_of = |names: &[&str]| names.iter().any(|known| known.as_bytes() == name);
        let is_telling = match name {
            [b'_', b'_', ..] => true,
            [first, ..] if !LETTERS[usize::from(*first)] => return Key::Data,
            _ => is_one_of(&CALLED_ATTRIBUTES) || is_one_of(&DECISIVE_ATTRIBUTES),
        };
        if is_telling {
            return Key::Telling;
        }
        let named = KEYS_OF_NAMES.iter().find(|(known, _)| known.as_bytes() == name);
        named.map_or(Key::Data, |(_, kind)| Key::Names(*kind))
    }

    /// Tells a name of code that a dictionary keeps for who loads it.
    pub(super) fn name_kept(&mut self, kind: ReferenceKind, value: Value) {
        // In containers of OmegaConf the text is the state of a node.
        let value = match value {
            Value::Object { node, .. } => {
                let state = self.store.node_at(node).map_or(Value::None, |node| node.state);
                self.planted(state, "_val").unwrap_or(Value::None)
            }
            other => other,
        };
        if let Some(name) = self.name_text(value)
            && self.is_news(&("kept", &name, kind))
        {
            self.see(Seen::Reference(CodeReference { kind, name, arguments: Vec::new(), text: None }));
        }
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

    /// Tells that `BUILD` gives a state to something, and what that calls.
    pub(super) fn state_set(&mut self, target: Value, state: Value) {
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
    pub(super) fn items_set(&mut self, target: Value, start: usize) {
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
    pub(super) fn method_takes(&mut self, target: Value, methods: &[&str], start: usize) {
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

    /// A write to the registry of extension codes or of modules.
    fn registry_write(&mut self, target: u32, key: Value, value: Value) {
        let name = &self.names.get(target).callee.name;
        if name == "copyreg._inverted_registry" {
            let pair = self.store.all_items(value).map(<[Value]>::to_vec).unwrap_or_default();
            if let (Value::Int(code), [module, attribute]) = (key, &pair[..]) {
                self.register(code, *module, *attribute);
            }
        } else if name == "copyreg._extension_cache"
            && let (Value::Int(code), Value::Global(number)) = (key, value)
        {
            self.extensions.insert(code, number);
        }
    }

    /// Registers an extension code.
    pub(super) fn register(&mut self, code: i64, module: Value, attribute: Value) {
        if let (Some(module), Some(attribute)) = (self.name_text(module), self.name_text(attribute)) {
            let number = self.names.number(&module, &attribute, Route::Extension, || None);
            if self.extensions.len() < MOST_TOLD {
                self.extensions.insert(code, number);
            }
        }
    }
}
