//! Configurations in the text format of protocol buffers: Triton's `config.pbtxt` and Caffe's `.prototxt`.
//!
//! Comes in: a text. Goes out: that Triton's Python backend runs the file beside it, the module that Caffe's Python layer
//! imports (`PythonLayer` in `include/caffe/layers/python_layer.hpp`, `CreateLayer` in `src/caffe/layer_factory.cpp`).
//! Called by `config`. What is no such text holds none of these fields.

use super::super::Examination;
use super::super::protobuf::text::walk;
use super::tree::{bytes, is_dotted, is_identifier, shown};
use crate::fact::artifact::{CodeReference, ObservationKind, ReferenceKind};
use crate::fact::pickle::Datum;
use crate::text::Region;

/// Whether a file of this name is read here.
pub(super) fn is_one(base: &str) -> bool {
    base == "config.pbtxt" || base.ends_with(".prototxt")
}

/// Looks at the text of a file with this name.
pub(super) fn examine(text: &str, base: &str, x: &mut Examination<'_>) {
    let mut python = Python::default();
    let is_triton = base == "config.pbtxt";
    walk(text, &mut |path, value, region| match path {
        ["backend"] if is_triton && value == "python" => {
            let subject = "Triton's Python backend runs `model.py` when it loads the model";
            x.observe_text(ObservationKind::PythonSource, region, subject);
        }
        ["default_model_filename"] if is_triton && value.ends_with(".py") && value != "model.py" => {
            let subject = format!("`{}` runs when Triton loads the model", shown(value));
            x.observe_text(ObservationKind::PythonSource, region, subject);
        }
        [.., "python_param"] => python.done(x),
        [.., "python_param", "module"] => python.module = Some((value.to_owned(), region)),
        [.., "python_param", "layer"] => value.clone_into(&mut python.layer),
        [.., "python_param", "param_str"] => value.clone_into(&mut python.parameter),
        _ => {}
    });
    python.done(x);
}

/// A `python_param` of Caffe, as far as it was read.
#[derive(Default)]
struct Python {
    module: Option<(String, Region)>,
    layer: String,
    parameter: String,
}

impl Python {
    fn done(&mut self, x: &mut Examination<'_>) {
        let Self { module, layer, parameter } = std::mem::take(self);
        let Some((module, region)) = module else { return };
        if !is_identifier(&module) && !is_dotted(&module) {
            return;
        }
        let name = if layer.is_empty() { module } else { format!("{module}.{layer}") };
        let start: String = parameter.chars().take(512).collect();
        let given = Datum::Text { length: parameter.len() as u64, start };
        let arguments = if parameter.is_empty() { Vec::new() } else { vec![("param_str".to_owned(), given)] };
        let kind = ReferenceKind::ConfiguredName;
        x.refer(bytes(region), CodeReference { kind, name, arguments, text: Some(region) });
    }
}
