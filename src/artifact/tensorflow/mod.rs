//! TensorFlow: the graphs of SavedModels and frozen models, and the Keras metadata beside them.
//!
//! Comes in: a window on `saved_model.pb`, a frozen graph, a checkpoint's `.meta`, `keras_metadata.pb` or a graph as text (`.pbtxt`). Goes out:
//! operators that run Python or touch files, operators that TensorFlow does not have itself, assets outside of the model's
//! folder, and what Keras' metadata would make.
//! A protobuf of another kind is no finding.

pub(super) mod index;
mod operator;
mod text;

use std::collections::HashMap;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::protobuf::schema::Schema;
use super::protobuf::{Broken, Message, Value};
use super::sniff::{file_name, original_name};
use super::{Examination, keras, onnx};

pub(super) use operator::effect;

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| Schema::new(include_str!("schema.txt")));

/// What TensorFlow writes beside a SavedModel, so that one without them was taken out of its folder.
const WITH_SAVED_MODEL: [&str; 4] = ["variables", "assets", "fingerprint.pb", "keras_metadata.pb"];

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    if x.name().to_ascii_lowercase().ends_with("txt") {
        return text::examine(content, x);
    }
    let model = Message::new(content);
    let is_saved_model = original_name(file_name(x.name())) == "saved_model.pb";
    let walk = Walk {
        told: FxHashSet::default(),
        functions: functions(&model),
        foreign: Vec::new(),
        knows_some: is_saved_model,
        is_saved_model,
        x,
    };
    walk.file(&model);
}

/// The names of the functions that a graph or the graphs of a SavedModel define: nodes call them like operators.
fn functions(model: &Message) -> FxHashSet<String> {
    let of_graphs = model.inner(2).flat_map(|meta| meta.inner(2)).flat_map(|graph| graph.inner(2));
    let of_graph = model.inner(2).flat_map(|graph| graph.inner(2));
    let libraries = of_graphs.chain(of_graph).chain(model.inner(2));
    let signatures = libraries.flat_map(|library| library.inner(1)).flat_map(|function| function.inner(1));
    signatures.flat_map(|signature| signature.inner(1)).map(|name| name.short_text()).collect()
}

/// The walk over a file.
struct Walk<'w, 'l> {
    /// Operators that were told once.
    told: FxHashSet<String>,
    /// Functions that the file defines.
    functions: FxHashSet<String>,
    /// Operators that are not TensorFlow's, with a node of each.
    foreign: Vec<(String, String, ByteRegion)>,
    /// Whether there is an operator of TensorFlow's, so that this is a graph.
    knows_some: bool,
    /// Whether it is called so.
    is_saved_model: bool,
    x: &'w mut Examination<'l>,
}

impl Walk<'_, '_> {
    /// A SavedModel starts with a version and has graphs in its second field; a graph has its nodes in the first, as has
    /// Keras' metadata.
    fn file(mut self, model: &Message) {
        if model.len() == 0 {
            self.x.gap(GapKind::Damaged, model.region(), "an empty file");
        }
        for field in model.fields() {
            match field {
                Ok(field) => match (field.number, &field.value) {
                    (1, Value::Bytes(node)) => self.node_or_metadata(node),
                    (2, Value::Bytes(part)) => self.graph_or_library(part),
                    _ => {}
                },
                Err(Broken(at)) => {
                    let region = ByteRegion::new(at, model.len());
                    self.x.gap(GapKind::Damaged, region, "the file ends early or is not protobuf");
                }
            }
        }
        if !self.x.has_gap_here() {
            let fault = match self.kind(model) {
                Some(kind) => SCHEMA.fault(model, kind),
                None if self.is_saved_model => Some((model.region(), "the file is no SavedModel".into())),
                None => None,
            };
            if let Some((region, fault)) = fault {
                self.x.gap(GapKind::Damaged, region, fault);
            }
        }
        self.saved(model, 1);
        if self.knows_some {
            for (operator, name, region) in self.foreign {
                let subject = format!("`{operator}` of node `{name}`: TensorFlow has no such operator");
                self.x.observe(ObservationKind::CustomOperator, region, subject);
            }
        }
    }

    /// Which message of the schema it is: by its name or by its operators, other protobufs being much alike.
    fn kind(&self, model: &Message) -> Option<&'static str> {
        let is_one = self.is_saved_model || self.knows_some;
        if !is_one {
            None
        } else if is_frozen(model) {
            Some("GraphDef")
        } else if is_saved_model(model) {
            Some("SavedModel")
        } else {
            self.x.name().ends_with(".meta").then_some("MetaGraphDef")
        }
    }

    /// The second field of a SavedModel is a graph with its surroundings, that of a graph its functions.
    fn graph_or_library(&mut self, part: &Message) {
        for field in part.sound_fields() {
            let Some(inner) = field.bytes() else { continue };
            match field.number {
                // The graph of a `MetaGraphDef` stands where a SavedModel has one with its surroundings.
                1 if inner.inner(2).next().is_some() => drop(self.node(inner)),
                1 => self.function(inner),
                2 if is_library(inner) => self.library(inner),
                2 => self.graph(inner),
                6 => self.asset(inner),
                7 => {
                    self.objects(inner);
                    if self.is_saved_model {
                        self.x.beside_some("variables/variables.index");
                        WITH_SAVED_MODEL.iter().for_each(|kin| self.x.beside_if_kept(kin));
                    }
                }
                _ => {}
            }
        }
    }

    fn graph(&mut self, graph: &Message) {
        let mut nodes = 0_u64;
        for field in graph.fields() {
            match field {
                Ok(field) => match (field.number, field.bytes()) {
                    (1, Some(node)) => nodes += u64::from(self.node(node)),
                    (2, Some(library)) => self.library(library),
                    _ => {}
                },
                // In a protobuf of another kind the field is no graph, and no damage.
                Err(Broken(at)) if nodes > 0 => {
                    let region = ByteRegion::new(at, graph.region().end);
                    self.x.gap(GapKind::Damaged, region, "the graph ends early");
                }
                Err(_) => {}
            }
        }
        self.saved(graph, 1);
    }

    fn library(&mut self, library: &Message) {
        library.inner(1).for_each(|function| self.function(&function));
    }

    /// A function's nodes are in its third field.
    fn function(&mut self, function: &Message) {
        for node in function.inner(3) {
            self.node(&node);
        }
        self.saved(function, 3);
    }

    /// Tells the nodes that save a checkpoint to a path that the file itself says: who saves a model gives the path, and
    /// what the path is by default has no folder. The nodes are in field `nodes` of `graph`.
    fn saved(&mut self, graph: &Message, nodes: u64) {
        let text = |node: &Message, field| node.inner(field).last().map(|text| text.short_text()).unwrap_or_default();
        let saves = |node: &Message| matches!(&*text(node, 2), "Save" | "SaveSlices" | "SaveV2" | "MergeV2Checkpoints");
        // What a function's node gives is called `node:output:0`.
        let given = |node: Message| {
            let path = node.inner(3).next()?.short_text();
            path.split(':').next().map(|input| (input.to_owned(), node.region()))
        };
        let saves: HashMap<String, ByteRegion> = graph.inner(nodes).filter(saves).filter_map(given).collect();
        if saves.is_empty() {
            return;
        }
        for node in graph.inner(nodes) {
            let Some(region) = saves.get(&text(&node, 1)) else { continue };
            if let Some(path) = constant_text(&node).filter(|path| path.contains(['/', '\\']))
                && self.told.insert(format!("save {path}"))
            {
                let subject = format!("writes a checkpoint to `{}`", onnx::shown(&path));
                self.x.observe(ObservationKind::UnsafeOperator, *region, subject);
            }
        }
    }

    fn node_or_metadata(&mut self, node: &Message) {
        // A node has a name. Metadata starts with a number, or if that is 0 with a path, and ends in a configuration.
        let has_name = node.sound_fields().any(|field| field.number == 1 && field.bytes().is_some());
        if has_name {
            self.node(node);
        } else {
            node.sound_fields().filter_map(|field| field.bytes().cloned()).for_each(|text| self.keras(&text));
        }
    }

    /// Looks at a node; whether it is one.
    fn node(&mut self, node: &Message) -> bool {
        let (mut name, mut operator) = (String::new(), String::new());
        for field in node.sound_fields() {
            match (field.number, field.bytes()) {
                (1, Some(text)) => name = text.short_text(),
                (2, Some(text)) => operator = text.short_text(),
                _ => {}
            }
        }
        let effect = match operator.as_str() {
            "PrintV2" => prints_to_file(node).then_some("writes files"),
            other => effect(other),
        };
        if let Some(effect) = effect
            && self.told.insert(operator.clone())
        {
            let subject = format!("{effect} through `{operator}` (node `{name}`)");
            self.x.observe(ObservationKind::UnsafeOperator, node.region(), subject);
        }
        if operator::is_own(&operator) {
            self.knows_some = true;
        } else if is_name(&operator) && !self.functions.contains(&operator) && self.told.insert(operator.clone()) {
            self.foreign.push((operator.clone(), name, node.region()));
        }
        !operator.is_empty()
    }

    fn asset(&mut self, asset: &Message) {
        for name in asset.inner(2) {
            let path = name.path();
            if onnx::is_outside(&path) {
                let subject = format!("`{}` (an asset)", onnx::shown(&path));
                self.x.observe(ObservationKind::ExternalDataEscape, name.region(), subject);
            } else if self.is_saved_model {
                self.x.beside_some(&format!("assets/{path}"));
            }
        }
    }

    /// The objects of a SavedModel; those of Keras carry their configuration.
    fn objects(&mut self, graph: &Message) {
        for user in graph.inner(1).flat_map(|object| object.inner(4)) {
            user.inner(3).for_each(|metadata| self.keras(&metadata));
        }
    }

    fn keras(&mut self, text: &Message) {
        let limit = self.x.limits.max_text_bytes;
        match text.text(limit) {
            Some(config) if config.trim_start().starts_with('{') => {
                keras::examine_config_at(&config, text.region(), self.x);
            }
            Some(_) => {}
            None => self.x.limit_once("max-text-bytes", limit, "Keras' metadata was not read"),
        }
    }
}

/// Whether it has a graph with its surroundings, and its version, if it states one, is a number.
fn is_saved_model(model: &Message) -> bool {
    model.inner(1).next().is_none() && model.inner(2).next().is_some()
}

/// Whether it is a graph of nodes, as frozen models are, whatever they are called.
fn is_frozen(model: &Message) -> bool {
    let operators = model.inner(1).filter_map(|node| node.inner(2).next());
    operators.take(1).any(|operator| is_name(&operator.short_text()))
}

/// Whether these are functions, and not nodes, which have an operator each.
fn is_library(message: &Message) -> bool {
    message.inner(1).next().is_some_and(|first| first.inner(2).next().is_none())
}

/// Whether it is written as operators are: other protobufs have other things there.
fn is_name(operator: &str) -> bool {
    operator.starts_with(|c: char| c.is_ascii_uppercase())
        && operator.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'>' | b'/' | b'.' | b'-'))
}

/// Whether an attribute of a printing node names a file. Attributes are a map, whose values have texts in their second
/// field.
fn prints_to_file(node: &Message) -> bool {
    let values = node.inner(5).flat_map(|entry| entry.inner(2));
    values.flat_map(|value| value.inner(2)).any(|text| text.short_text().starts_with("file:"))
}

/// The text that a `Const` node is; the tensor in the eighth field of its attribute `value` has texts in its eighth field.
fn constant_text(node: &Message) -> Option<String> {
    let values = node.inner(5).flat_map(|entry| entry.inner(2));
    values.flat_map(|value| value.inner(8)).flat_map(|tensor| tensor.inner(8)).next().map(|text| text.path())
}

#[cfg(test)]
mod tests;
