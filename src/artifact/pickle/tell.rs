//! What the machine does, told as facts: each thing once or a few times, however often a stream repeats it.
//!
//! Comes in: values and names of `machine` and `call`. Goes out: facts and observations in their order.

mod attributes;

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use crate::fact::artifact::{CodeReference, Observation, ObservationKind, ReferenceKind, Seen};
use crate::fact::pickle::{CallOpcode, Callee, DECISIVE_ATTRIBUTES, ItemTaker, PickleCall, Route};

use super::machine::{Machine, is_plausible};
use super::meaning::Meaning;
use super::names::UNKNOWN;
use super::store::{Value, content_length, is_text};

/// So many calls of one name are told whatever their arguments.
const CALLS_TOLD: u32 = 16;
/// So many different things are told of one stream.
const MOST_TOLD: usize = 20_000;
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
