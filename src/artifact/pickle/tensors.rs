//! The tensors of a checkpoint, by the names that lead to them.
//!
//! Comes in: what a stream gives back. Goes out: names, element types and shapes for an inventory. Called by `machine` at
//! `STOP`, only if an inventory is wanted. Source: PyTorch 2.9 `torch/_utils.py`, `torch/serialization.py`.

use super::machine::Machine;
use super::store::{Value, is_text};

/// A tensor as the stream rebuilds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tensor {
    /// The keys that lead to it, joined by dots.
    pub(super) name: String,
    /// The element type as PyTorch calls it; empty if not known.
    pub(super) dtype: String,
    /// Elements per axis.
    pub(super) shape: Vec<u64>,
    /// The key of its storage.
    pub(super) storage: String,
    /// Its first element in the storage.
    pub(super) offset: u64,
}

/// Storage classes, element types, bytes.
const STORAGES: [(&str, &str, u64); 17] = [
    ("BFloat16Storage", "bfloat16", 2),
    ("BoolStorage", "bool", 1),
    ("ByteStorage", "uint8", 1),
    ("CharStorage", "int8", 1),
    ("ComplexDoubleStorage", "complex128", 16),
    ("ComplexFloatStorage", "complex64", 8),
    ("DoubleStorage", "float64", 8),
    ("FloatStorage", "float32", 4),
    ("HalfStorage", "float16", 2),
    ("IntStorage", "int32", 4),
    ("LongStorage", "int64", 8),
    ("QInt32Storage", "qint32", 4),
    ("QInt8Storage", "qint8", 1),
    ("QUInt2x4Storage", "quint2x4", 1),
    ("QUInt4x2Storage", "quint4x2", 1),
    ("QUInt8Storage", "quint8", 1),
    ("ShortStorage", "int16", 2),
];

/// Bytes of an element of this type.
pub(super) fn element_bytes(dtype: &str) -> Option<u64> {
    STORAGES.iter().find(|entry| entry.1 == dtype).map(|entry| entry.2)
}

const MOST_TENSORS: usize = 100_000;
const MOST_VISITED: usize = 1_000_000;
const MOST_NAME_BYTES: usize = 512;
/// Attributes of modules between the names that people know.
const INNER: [&str; 3] = ["_modules", "_parameters", "_buffers"];

impl Machine<'_> {
    /// The tensors in a value, in the order of their names' appearance.
    pub(super) fn tensors(&self, top: Value) -> Vec<Tensor> {
        let mut found = Vec::new();
        let mut waiting = vec![(top, String::new())];
        let mut visited = 0;
        while let Some((value, name)) = waiting.pop() {
            visited += 1;
            if visited > MOST_VISITED || found.len() >= MOST_TENSORS {
                break;
            }
            if let Some(tensor) = self.tensor(value, &name) {
                found.push(tensor);
            } else if name.len() <= MOST_NAME_BYTES {
                self.parts_of(value, &name, &mut waiting);
            }
        }
        found
    }

    /// What is inside of a value, last first.
    fn parts_of(&self, value: Value, name: &str, waiting: &mut Vec<(Value, String)>) {
        let start = waiting.len();
        match value {
            Value::Object { node, .. } => {
                let Some(node) = self.store.node_at(node) else { return };
                waiting.push((node.items, name.to_owned()));
                waiting.push((node.state, name.to_owned()));
            }
            Value::Dict(_) => {
                for pair in self.store.items(value).map_or(&[][..], |(items, _)| items).chunks_exact(2) {
                    if may_hold(pair[1]) {
                        waiting.push((pair[1], self.joined(name, pair[0])));
                    }
                }
            }
            Value::List(_) | Value::Tuple { .. } => {
                for (index, item) in self.store.items(value).map_or(&[][..], |(items, _)| items).iter().enumerate() {
                    if may_hold(*item) {
                        waiting.push((*item, joined(name, &index.to_string())));
                    }
                }
            }
            _ => {}
        }
        waiting[start..].reverse();
    }

    fn joined(&self, name: &str, key: Value) -> String {
        let key = match key {
            Value::Int(value) => value.to_string(),
            other if is_text(other) => self.name_text(other).unwrap_or_default(),
            _ => String::new(),
        };
        if INNER.contains(&key.as_str()) { name.to_owned() } else { joined(name, &key) }
    }

    fn tensor(&self, value: Value, name: &str) -> Option<Tensor> {
        let Value::Object { callee, node } = value else { return None };
        let callee = &self.names.get(callee).callee;
        let rebuilt = callee.name.strip_prefix("torch._utils._rebuild_")?;
        let (arguments, _) = self.store.items(self.store.node_at(node)?.arguments)?;
        match (rebuilt, arguments) {
            ("parameter" | "parameter_with_state", [data, ..]) => self.tensor(*data, name),
            ("tensor" | "tensor_v2" | "tensor_v3", [Value::Persistent(id), Value::Int(offset), size, ..]) => {
                let (id, _) = self.store.items(self.store.node_at(*id)?.arguments)?;
                let storage = id.get(2).and_then(|key| self.name_text(*key)).unwrap_or_default();
                let dtype = match (rebuilt, arguments.get(6)) {
                    ("tensor_v3", Some(Value::Global(dtype))) => self.names.get(*dtype).callee.attribute().to_owned(),
                    _ => self.element_type(id),
                };
                let shape = self.store.all_items(*size)?.iter().map(|length| match length {
                    Value::Int(length) => u64::try_from(*length).ok(),
                    _ => None,
                });
                let offset = u64::try_from(*offset).ok()?;
                Some(Tensor { name: name.to_owned(), dtype, shape: shape.collect::<Option<_>>()?, storage, offset })
            }
            _ => None,
        }
    }

    /// Notes the key, the elements and the bytes of an element of a storage that is not in the stream: `("storage", class,
    /// key, location, elements, view)`.
    pub(super) fn note_storage(&mut self, id: Value, at: u64) {
        // `module` came with the source of a class; packages hold modules that they reduce.
        const KINDS: [&[u8]; 3] = [b"storage", b"module", b"reduce_package"];
        let items = self.store.items(id).map_or(&[][..], |(items, _)| items);
        let kind = items.first().and_then(|kind| self.store.content(*kind, &self.input, 16));
        if !kind.is_some_and(|kind| KINDS.contains(&&*kind)) {
            return self.fault(at, "a persistent id that is none of PyTorch's");
        }
        if matches!(items.get(1), Some(Value::Global(class)) if is_no_storage(&self.names.get(*class).callee.name)) {
            return self.fault(at, "a class of storages that PyTorch has not");
        }
        let (Some(key), Some(Value::Int(count))) = (items.get(2), items.get(4)) else { return };
        let key = match key {
            // Packages count them.
            Value::Int(key) => Some(key.to_string()),
            other => self.name_text(*other),
        };
        let (Some(key), Ok(count)) = (key, u64::try_from(*count)) else { return };
        let width = element_bytes(&self.element_type(items)).unwrap_or(0);
        if self.storages.len() < MOST_TENSORS {
            self.storages.insert(key, (count, width));
        }
    }

    /// The texts in a list, such as a legacy file's list of its storages' keys; of anything else none.
    pub(super) fn texts_in_list(&self, list: Value) -> Vec<String> {
        let items = if matches!(list, Value::List(_)) { self.store.items(list) } else { None };
        items.map_or(&[][..], |(items, _)| items).iter().filter_map(|item| self.name_text(*item)).collect()
    }

    fn element_type(&self, id: &[Value]) -> String {
        let Some(Value::Global(class)) = id.get(1) else { return String::new() };
        let class = self.names.get(*class).callee.attribute();
        STORAGES.iter().find(|entry| entry.0 == class).map(|entry| entry.1.to_owned()).unwrap_or_default()
    }
}

/// Whether `name` is one of PyTorch's names for storages in which a letter is another.
fn is_no_storage(name: &str) -> bool {
    const UNTYPED: [&str; 4] = ["UntypedStorage", "TypedStorage", "_UntypedStorage", "_TypedStorage"];
    let Some(class) = name.strip_prefix("torch.").filter(|class| class.ends_with("Storage")) else { return false };
    let class = class.rsplit('.').next().unwrap_or(class);
    !UNTYPED.contains(&class) && !STORAGES.iter().any(|entry| entry.0 == class)
}

fn may_hold(value: Value) -> bool {
    matches!(value, Value::Object { .. } | Value::Dict(_) | Value::List(_) | Value::Tuple { .. })
}

fn joined(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}
