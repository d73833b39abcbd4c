//! ONNX: external data, operators of other domains, functions and metadata.
//!
//! Comes in: a window. Goes out: paths of tensor data that leave the model's folder, operators that a runtime does not
//! have built in, Python in metadata, and what is damaged. Graphs inside of nodes, functions and training are walked as
//! well: loaders read their tensors too.

mod graph;
mod operator;
mod tensor;

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::code_words::code_in;
use super::protobuf::schema::Schema;
use super::protobuf::{Broken, Field, MOST_PATH, Message};
use super::{Examination, base64, hidden, pickle, torch_script};

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(include_str!("schema.txt")));

/// Graphs in nodes of graphs; protobuf's own readers go no deeper than 100 messages.
const MAX_DEPTH: u32 = 50;

/// Of the fields of a model.
const LAST_FIELD: u64 = 26;

/// Words in the names of attributes that hold paths.
const PATH_WORDS: [&str; 4] = ["path", "file", "location", "library"];
/// Functions of a model, and nodes of a function, that are followed to find recursion.
const MAX_CALLS: usize = 10_000;
/// Functions in functions.
const MAX_OPEN: usize = 200;

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let model = Message::new(content);
    let mut walk = Walk { functions: functions(&model), told: FxHashSet::default(), x };
    walk.model(&model);
    if !walk.x.has_gap_here()
        && let Some((region, fault)) = SCHEMA.fault(&model, "ModelProto").or_else(|| graph::fault(&model))
    {
        walk.x.gap(GapKind::Damaged, region, fault);
    }
    if let Some(name) = recursion(&model) {
        let subject = format!("the function `{name}` calls itself, and so expands for ever");
        walk.x.observe(ObservationKind::InvalidHeader, ByteRegion::new(0, model.len()), subject);
    }
}

/// Whether a path or address leaves the folder of its model, or cannot be looked at because it is longer than a path.
pub(super) fn is_outside(path: &str) -> bool {
    if path.len() > MOST_PATH {
        return true;
    }
    let path = path.replace('\\', "/");
    let is_absolute = path.starts_with('/') || path.starts_with('~') || path.as_bytes().get(1) == Some(&b':');
    is_absolute || path.contains("://") || path.split('/').any(|part| part == "..") || path.contains('\0')
}

/// A path for a message: its start.
pub(super) fn shown(path: &str) -> String {
    const MOST: usize = 200;
    let start = &path[..path.floor_char_boundary(MOST)];
    if start.len() < path.len() { format!("{start}…") } else { start.to_owned() }
}

/// The version of the format.
fn version(model: &Message) -> u64 {
    let versions = model.sound_fields().filter(|field| field.number == 1).map(|field| field.value);
    versions
        .filter_map(|value| if let super::protobuf::Value::Number(version) = value { Some(version) } else { None })
        .last()
        .unwrap_or(0)
}

/// Domain and name of each function that the model itself defines.
fn functions(model: &Message) -> FxHashSet<(String, String)> {
    let text =
        |function: &Message, field| function.inner(field).last().map(|text| text.short_text()).unwrap_or_default();
    model.inner(25).map(|function| (text(&function, 10), text(&function, 1))).collect()
}

/// The functions of the model that each of its functions calls, by domain and name. Nodes in graphs of a node's
/// attributes are left out.
fn calls(model: &Message) -> FxHashMap<(String, String), Vec<(String, String)>> {
    let text = |part: &Message, field| part.inner(field).last().map(|text| text.short_text()).unwrap_or_default();
    let own = |function: &Message| {
        let nodes = function.inner(7).take(MAX_CALLS);
        nodes.map(|node| (text(&node, 7), text(&node, 4))).collect()
    };
    let functions = model.inner(25).take(MAX_CALLS);
    functions.map(|function| ((text(&function, 10), text(&function, 1)), own(&function))).collect()
}

/// A function that comes to call itself.
fn recursion(model: &Message) -> Option<String> {
    let calls = calls(model);
    let mut done: FxHashSet<&(String, String)> = FxHashSet::default();
    for start in calls.keys() {
        let mut path = vec![(start, 0_usize)];
        while let Some((name, next)) = path.pop() {
            let Some(callee) = calls.get(name).and_then(|callees| callees.get(next)) else {
                done.insert(name);
                continue;
            };
            path.push((name, next + 1));
            if path.iter().any(|(open, _)| *open == callee) {
                return Some(callee.1.clone());
            }
            if let Some((callee, _)) = calls.get_key_value(callee).filter(|(callee, _)| !done.contains(callee)) {
                if path.len() > MAX_OPEN {
                    return None;
                }
                path.push((callee, 0));
            }
        }
    }
    None
}

/// The walk over a model.
struct Walk<'w, 'l> {
    functions: FxHashSet<(String, String)>,
    /// Operators and paths that were told once.
    told: FxHashSet<String>,
    x: &'w mut Examination<'l>,
}

impl Walk<'_, '_> {
    fn model(&mut self, model: &Message) {
        let (mut has_graph, mut names_operators) = (false, false);
        self.each(model, |walk, field, message| match field.number {
            8 => names_operators = true,
            7 => {
                has_graph = true;
                walk.graph(message, 0);
            }
            6 => walk.text("the description", message),
            14 => walk.metadata(message),
            20 => walk.each(message, |walk, field, graph| {
                if matches!(field.number, 1 | 2) {
                    walk.graph(graph, 0);
                }
            }),
            25 => walk.each(message, |walk, field, part| match field.number {
                7 => walk.node(part, 0),
                11 => walk.attribute(part, 0),
                14 => walk.metadata(part),
                _ => {}
            }),
            // Readers pass over what they do not know.
            number if number > LAST_FIELD => walk.hidden(|| format!("field {number}"), message),
            _ => {}
        });
        if !has_graph {
            let region = ByteRegion::new(0, model.len());
            self.x.observe(ObservationKind::InvalidHeader, region, "an ONNX model without a graph");
        } else if !names_operators && version(model) >= 3 {
            self.x.gap(GapKind::Damaged, model.region(), "the model does not say which version of operators it uses");
        }
    }

    /// Does `look` for each field that is a message or text; says so where the bytes are none.
    fn each(&mut self, message: &Message, mut look: impl FnMut(&mut Self, &Field, &Message)) {
        for field in message.fields() {
            match field {
                Ok(field) => {
                    if let Some(inner) = field.bytes() {
                        look(self, &field, inner);
                    }
                }
                Err(Broken(at)) => {
                    let region = ByteRegion::new(at, message.region().end);
                    self.x.gap(GapKind::Damaged, region, "the model ends early or is not an ONNX model");
                }
            }
        }
    }

    /// Bytes that nothing reads as more than bytes.
    fn hidden(&mut self, owner: impl FnOnce() -> String, bytes: &Message) {
        if let Err(error) = hidden::examine(owner, bytes.window(), bytes.region(), self.x) {
            self.x.unreadable(&error);
        }
    }

    fn graph(&mut self, graph: &Message, depth: u32) {
        if depth > MAX_DEPTH {
            let limit = MAX_DEPTH.into();
            return self.x.limit_once("max-tree-depth", limit, "graphs nested deeper were not looked at");
        }
        self.each(graph, |walk, field, part| match field.number {
            1 => walk.node(part, depth),
            5 => walk.tensor(part),
            10 => walk.text("a description", part),
            15 => walk.sparse(part),
            16 => walk.metadata(part),
            _ => {}
        });
    }

    fn node(&mut self, node: &Message, depth: u32) {
        let (mut name, mut operator, mut domain) = (String::new(), String::new(), String::new());
        self.each(node, |walk, field, part| match field.number {
            3 => name = part.short_text(),
            4 => operator = part.short_text(),
            7 => domain = part.short_text(),
            5 => walk.attribute(part, depth),
            9 => walk.metadata(part),
            _ => {}
        });
        if domain == "org.pytorch.aten" {
            self.aten(node, &name);
        }
        if let Some(reason) = operator::suspicion(&domain, &operator)
            && !self.functions.contains(&(domain.clone(), operator.clone()))
            && self.told.insert(format!("{domain}:{operator}"))
        {
            let domain = if domain.is_empty() { "ai.onnx" } else { &domain };
            let of = if name.is_empty() { String::new() } else { format!(" of node `{name}`") };
            let subject = format!("`{operator}` of domain `{domain}`{of}: {reason}");
            self.x.observe(ObservationKind::CustomOperator, node.region(), subject);
        }
    }

    /// A node of PyTorch's fallback, whose attribute `operator` says which of ATen's operators it calls.
    fn aten(&mut self, node: &Message, name: &str) {
        for attribute in node.inner(5) {
            let key = attribute.inner(1).last().map(|key| key.short_text()).unwrap_or_default();
            let called = attribute.inner(4).last().map(|text| text.short_text()).unwrap_or_default();
            if key == "operator" && torch_script::is_unsafe(&called) && self.told.insert(format!("aten {called}")) {
                let subject = format!("`{called}` of PyTorch, called by node `{name}`: it reads or writes files");
                self.x.observe(ObservationKind::CustomOperator, node.region(), subject);
            }
        }
    }

    fn attribute(&mut self, attribute: &Message, depth: u32) {
        // The name may stand behind the texts, of which there may be many.
        let mut name = None;
        self.each(attribute, |walk, field, part| match field.number {
            4 | 9 => {
                let of = || attribute.inner(1).last().map(|name| name.short_text()).unwrap_or_default();
                walk.path(name.get_or_insert_with(of), part);
            }
            5 | 10 => walk.tensor(part),
            6 | 11 => walk.graph(part, depth + 1),
            22 | 23 => walk.sparse(part),
            _ => {}
        });
    }

    /// Some operators read a file that an attribute names: compiled graphs of execution providers, vocabularies.
    fn path(&mut self, name: &str, text: &Message) {
        let path = text.path();
        let is_path = name == "ep_cache_context" || PATH_WORDS.iter().any(|word| name.contains(word));
        let climbs = path.starts_with("../") || path.contains("/../");
        let is_told = (is_path && is_outside(&path) || climbs) && path.len() <= MOST_PATH;
        if is_told && self.told.insert(format!("path {path}")) {
            let subject = format!("`{}` (attribute `{name}`)", shown(&path));
            self.x.observe(ObservationKind::ExternalDataEscape, text.region(), subject);
        }
    }

    fn sparse(&mut self, tensor: &Message) {
        self.each(tensor, |walk, field, part| {
            if matches!(field.number, 1 | 2) {
                walk.tensor(part);
            }
        });
    }

    fn metadata(&mut self, entry: &Message) {
        let mut key = String::new();
        self.each(entry, |walk, field, part| match field.number {
            1 => key = part.short_text(),
            2 => walk.text(&format!("the metadata `{key}`"), part),
            _ => {}
        });
    }

    /// Programs unpickle what they put there.
    fn pickled(&mut self, what: &str, text: &str) {
        if let Some(bytes) = pickle_in(text) {
            self.x.nested(what, &bytes.into());
        }
    }

    /// Programs have been seen to evaluate metadata.
    fn text(&mut self, what: &str, text: &Message) {
        let limit = self.x.limits.max_text_bytes;
        match text.text(limit) {
            Some(value) => {
                self.pickled(what, &value);
                if let Some(code) = code_in(&value) {
                    let subject = format!("{what} holds Python code: `{code}`");
                    self.x.observe(ObservationKind::PythonSource, text.region(), subject);
                }
            }
            None => self.x.limit_once("max-text-bytes", limit, "a text of the model was not read"),
        }
    }
}

/// A pickle kept as text: as base64, or one of ASCII that starts with an import.
fn pickle_in(text: &str) -> Option<Vec<u8>> {
    let bytes = match text.as_bytes() {
        [b'g', b'A', ..] => base64::decode(text)?,
        [b'c', ..] => text.as_bytes().to_vec(),
        _ => return None,
    };
    pickle::is_pickle(&bytes, true).then_some(bytes)
}

#[cfg(test)]
mod tests;
