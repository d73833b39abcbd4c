//! TensorFlow: the graphs of SavedModels and frozen models, and the Keras metadata beside them.
//!
//! Comes in: a window on `saved_model.pb`, a frozen graph, `keras_metadata.pb` or a graph as text (`.pbtxt`). Goes out:
//! operators that run Python or touch files, assets outside of the model's folder, and what Keras' metadata would make.
//! A protobuf of another kind is no finding.

mod operator;
mod text;

use rustc_hash::FxHashSet;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::protobuf::{Broken, Message, Value};
use super::{Examination, keras, onnx};

pub(super) use operator::effect;

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    if x.name().to_ascii_lowercase().ends_with("txt") {
        return text::examine(content, x);
    }
    let model = Message::new(content);
    Walk { told: FxHashSet::default(), x }.file(&model);
}

/// The walk over a file.
struct Walk<'w, 'l> {
    /// Operators that were told once.
    told: FxHashSet<String>,
    x: &'w mut Examination<'l>,
}

impl Walk<'_, '_> {
    /// A SavedModel starts with a version and has graphs in its second field; a graph has its nodes in the first, as has
    /// Keras' metadata.
    fn file(&mut self, model: &Message) {
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
                    self.x.gap(GapKind::Damaged, region, "the file ends early or is no protobuf");
                }
            }
        }
    }

    /// The second field of a SavedModel is a graph with its surroundings, that of a graph its functions.
    fn graph_or_library(&mut self, part: &Message) {
        for field in part.sound_fields() {
            let Some(inner) = field.bytes() else { continue };
            match field.number {
                1 => self.function(inner),
                2 => self.graph(inner),
                6 => self.asset(inner),
                7 => self.objects(inner),
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
    }

    fn library(&mut self, library: &Message) {
        library.inner(1).for_each(|function| self.function(&function));
    }

    /// A function's nodes are in its third field.
    fn function(&mut self, function: &Message) {
        for node in function.inner(3) {
            self.node(&node);
        }
    }

    fn node_or_metadata(&mut self, node: &Message) {
        let is_metadata = node.sound_fields().next().is_some_and(|field| field.number == 2 && field.bytes().is_none());
        if is_metadata {
            node.inner(5).for_each(|text| self.keras(&text));
        } else {
            self.node(node);
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
        !operator.is_empty()
    }

    fn asset(&mut self, asset: &Message) {
        for name in asset.inner(2) {
            let path = name.short_text();
            if onnx::is_outside(&path) {
                self.x.observe(ObservationKind::ExternalDataEscape, name.region(), format!("`{path}` (an asset)"));
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

/// Whether an attribute of a printing node names a file. Attributes are a map, whose values have texts in their second
/// field.
fn prints_to_file(node: &Message) -> bool {
    let values = node.inner(5).flat_map(|entry| entry.inner(2));
    values.flat_map(|value| value.inner(2)).any(|text| text.short_text().starts_with("file:"))
}

#[cfg(test)]
mod tests;
