//! TorchScript code: which operators it calls that reach beyond tensors. Called for each source of such an archive.
//!
//! The text is what PyTorch printed or someone wrote: operators of ATen stand as `torch.name(…)` or `ops.aten.name(…)`,
//! those of others as `ops.namespace.name(…)`.

use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::Examination;

/// Operators that open, map or write files, or load code; of ATen unless a namespace is given.
const UNSAFE: [&str; 19] = [
    "from_file",
    "save",
    "load",
    "load_library",
    "load_libraries",
    "image::read_file",
    "image::write_file",
    "torchvision::read_file",
    "torchvision::write_file",
    "torchaudio::sox_io_load_audio_file",
    "torchaudio::sox_io_save_audio_file",
    "torchaudio::ffmpeg_load",
    "prim::PythonOp",
    "prim::ForkClosure",
    "aten::wait_file",
    "caffe2::_load",
    "inductor::_load_library",
    "profiler::_save",
    "rpc::remote",
];

/// Namespaces that come with PyTorch and its libraries.
const KNOWN: [&str; 34] = [
    "aten",
    "prim",
    "prims",
    "quantized",
    "_quantized",
    "quantized_decomposed",
    "mkldnn",
    "mkldnn_prepacked",
    "mkl",
    "onednn",
    "sparse",
    "xnnpack",
    "prepacked",
    "metal",
    "metal_prepacked",
    "vulkan",
    "vulkan_prepacked",
    "cuda",
    "cudnn",
    "c10",
    "c10d",
    "c10d_functional",
    "_c10d_functional",
    "symm_mem",
    "profiler",
    "inductor",
    "rngprims",
    "image",
    "torchvision",
    "torchaudio",
    "torchtext",
    "static_runtime",
    "tensorexpr",
    "nvprims",
];

/// Observes the operators called in `code`, each once.
pub(super) fn examine(code: &str, x: &mut Examination<'_>) {
    let mut told: Vec<String> = Vec::new();
    for (at, namespace, operator) in calls(code) {
        let name = format!("{namespace}::{operator}");
        let unsafe_one = UNSAFE.contains(&name.as_str()) || (namespace == "aten" && UNSAFE.contains(&operator));
        let kind = match (unsafe_one || operator.contains("load_library"), KNOWN.contains(&namespace)) {
            (true, _) => ObservationKind::TorchScriptUnsafe,
            (false, false) => ObservationKind::CustomOperator,
            (false, true) => continue,
        };
        if told.len() < 64 && !told.contains(&name) {
            x.observe(kind, ByteRegion::new(at as u64, (at + operator.len()) as u64), name.as_str());
            told.push(name);
        }
    }
}

/// Where an operator is called, its namespace and name.
fn calls(code: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let written = code.match_indices("ops.").filter_map(|(at, _)| {
        let (namespace, rest) = word(&code[at + 4..])?;
        let (operator, _) = word(rest.strip_prefix('.')?)?;
        Some((at, namespace, operator))
    });
    let short = code.match_indices("torch.").filter_map(|(at, _)| {
        let (operator, rest) = word(&code[at + 6..])?;
        rest.starts_with('(').then_some((at, "aten", operator))
    });
    written.chain(short).filter(|(at, _, _)| {
        let before = code[..*at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '_') && !code[..*at].ends_with("__torch__.")
    })
}

fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Whether the operator of ATen with this name opens, maps or writes files, or loads code.
pub(super) fn is_unsafe(operator: &str) -> bool {
    UNSAFE.contains(&operator.strip_prefix("aten::").unwrap_or(operator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_found_by_both_spellings() {
        let code = "_0 = torch.from_file(\"x\", True)\n_1 = ops.image.write_file(a, b)\n_2 = __torch__.ops.my.f(x)\n\
                    _3 = torch.add(a, ops.mine.f(b))";
        let found: Vec<_> = calls(code).map(|(_, namespace, operator)| (namespace, operator)).collect();
        assert_eq!(found, [("image", "write_file"), ("mine", "f"), ("aten", "from_file"), ("aten", "add")]);
    }
}
