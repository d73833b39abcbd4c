//! TensorFlow Lite: the bounds of its tables, and operators that the runtime does not have built in.
//!
//! Comes in: a window. Goes out: custom operators, TensorFlow operators (`Flex…`) that run Python or touch files,
//! offsets that leave the file.

mod table;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind, TensorHeader};

use super::{Examination, tensorflow};
use table::{Table, Vector};

/// Tables of one file that are read.
const MAX_TABLES: u64 = 1_000_000;
/// The code of an operator that is named instead of numbered.
const CUSTOM: u64 = 32;

/// Custom operators that the runtime's own libraries bring.
const KNOWN: [&str; 22] = [
    "TFLite_Detection_PostProcess",
    "AudioSpectrogram",
    "Mfcc",
    "NumericVerify",
    "Convolution2DTransposeBias",
    "MaxPoolingWithArgmax2D",
    "MaxUnpooling2D",
    "TransformTensorBilinear",
    "TransformLandmarks",
    "Landmarks2TransformMatrix",
    "RandomUniform",
    "RandomStandardNormal",
    "Multinomial",
    "HashTableV2",
    "HashTable",
    "HashTableFindV2",
    "edgetpu-custom-op",
    "ethos-u",
    "AvgPoolGrad",
    "ReduceMax",
    "Roll",
    "Atan2",
];
/// Families of them: TensorFlow's text and signal operators, and StableHLO's.
const FAMILIES: [&str; 6] = ["TFText>", "TF>", "stablehlo.", "odml.", "mediapipe.", "tftext:"];

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let mut walk = Walk { content, x, left: MAX_TABLES };
    if walk.model().is_none() {
        let region = ByteRegion::new(0, content.len());
        walk.x.gap(GapKind::Damaged, region, "the model ends early, or an offset leaves it");
    }
}

/// The walk over a model. `None` where an offset leaves the file.
struct Walk<'w, 'l> {
    content: &'w Window,
    x: &'w mut Examination<'l>,
    left: u64,
}

impl Walk<'_, '_> {
    fn model(&mut self) -> Option<()> {
        let model = Table::root(self.content)?;
        for code in self.tables(model.vector(1)?)? {
            self.operator(&code)?;
        }
        for graph in self.tables(model.vector(2)?)? {
            for tensor in self.tables(graph.vector(0)?)? {
                self.tensor(&tensor)?;
            }
            self.tables(graph.vector(3)?)?;
        }
        for buffer in self.tables(model.vector(4)?)? {
            buffer.vector(0)?;
        }
        Some(())
    }

    /// The tables of a vector; all must lie in the file.
    fn tables(&mut self, vector: Option<Vector>) -> Option<Vec<Table>> {
        let Some(vector) = vector else { return Some(Vec::new()) };
        if vector.count > self.left {
            self.x.limit_once("max-members", MAX_TABLES, "further tables were not looked at");
            return Some(Vec::new());
        }
        self.left -= vector.count;
        (0..vector.count).map(|index| Table::at_reference(self.content, vector.start + index * 4)).collect()
    }

    fn operator(&mut self, code: &Table) -> Option<()> {
        let old = code.number(0, 1)?.unwrap_or(0);
        let new = code.number(3, 4)?.unwrap_or(0);
        let Some((name, region)) = code.text(1)? else { return Some(()) };
        if name.is_empty() || (old != CUSTOM && new != CUSTOM) {
            return Some(());
        }
        if let Some(flex) = name.strip_prefix("Flex") {
            if let Some(effect) = tensorflow::effect(flex) {
                self.x.observe(ObservationKind::UnsafeOperator, region, format!("{effect} through `{name}`"));
            }
        } else if !KNOWN.contains(&name.as_str()) && !FAMILIES.iter().any(|family| name.starts_with(family)) {
            let subject = format!("`{name}`: a native library must be loaded for it");
            self.x.observe(ObservationKind::CustomOperator, region, subject);
        }
        Some(())
    }

    fn tensor(&mut self, tensor: &Table) -> Option<()> {
        let shape = tensor.vector(0)?;
        let code = tensor.number(1, 1)?.unwrap_or(0);
        let name = tensor.text(3)?;
        if self.x.wants_inventory() {
            let axes = shape.map_or(Some(Vec::new()), |shape| shape.numbers(self.content))?;
            let (name, region) = name.unwrap_or_default();
            let place = self.x.place(region.start, region.end);
            self.x.tensor(|| TensorHeader { name, dtype: element(code).into(), shape: axes, place });
        }
        Some(())
    }
}

fn element(code: u64) -> &'static str {
    const NAMES: [&str; 19] = [
        "float32",
        "float16",
        "int32",
        "uint8",
        "int64",
        "string",
        "bool",
        "int16",
        "complex64",
        "int8",
        "float64",
        "complex128",
        "uint64",
        "resource",
        "variant",
        "uint32",
        "uint16",
        "int4",
        "bfloat16",
    ];
    usize::try_from(code).ok().and_then(|code| NAMES.get(code)).copied().unwrap_or("unknown")
}

#[cfg(test)]
mod tests;
