//! Whether a SavedModel is one down to the attributes of its nodes: TensorFlow reads all of it or nothing.
//!
//! Comes in: the message that the file is. Goes out: where it is none, and why. Source: TensorFlow 2.21
//! `tensorflow/core/protobuf/{saved_model,meta_graph}.proto`, `tensorflow/core/framework/{graph,function,node_def}.proto`.

use super::super::protobuf::{Broken, Message};
use crate::fact::artifact::ByteRegion;

/// Names are shorter; a longer text is not looked at.
const MOST_TEXT: u64 = 4096;

/// Messages whose fields are known here.
#[derive(Debug, Clone, Copy)]
enum Kind {
    SavedModel,
    Meta,
    Graph,
    Library,
    Function,
    Node,
    Attribute,
    /// Of its fields nothing is known but that they are some.
    Other,
}

/// What a field holds.
enum Content {
    Message(Kind),
    Text,
    Anything,
}

fn content(kind: Kind, field: u64) -> Content {
    use Kind::*;
    Content::Message(match (kind, field) {
        (SavedModel, 2) => Meta,
        (Meta, 2) => Graph,
        (Meta, 1 | 3 | 5 | 6 | 7) | (Graph, 4) | (Library, 2) | (Function, 1 | 4) | (Node, 6) | (Attribute, 2) => Other,
        (Graph, 1) | (Function, 3) => Node,
        (Graph, 2) => Library,
        (Library, 1) => Function,
        (Node | Function, 5) => Attribute,
        (Node, 1..=4) | (Attribute, 1) => return Content::Text,
        _ => return Content::Anything,
    })
}

/// The first place at which `model` is no SavedModel, and why.
pub(super) fn fault(model: &Message) -> Option<(ByteRegion, &'static str)> {
    fault_in(model, Kind::SavedModel)
}

/// No kind holds itself, so that this ends.
fn fault_in(message: &Message, kind: Kind) -> Option<(ByteRegion, &'static str)> {
    message.fields().find_map(|field| match field {
        Err(Broken(at)) => Some((ByteRegion::new(at, message.region().end), "a part of the model is no message")),
        Ok(field) => {
            let inner = field.bytes()?;
            match content(kind, field.number) {
                Content::Message(kind) => fault_in(inner, kind),
                Content::Text if !inner.is_utf8(MOST_TEXT) => Some((inner.region(), "a name in the model is no UTF-8")),
                Content::Text | Content::Anything => None,
            }
        }
    })
}
