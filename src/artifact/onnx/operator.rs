//! Which operators a runtime has built in, and which are code from elsewhere.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// The operators of ONNX 1.23's own domains in all their versions, and those of its first drafts.
static OWN: LazyLock<FxHashSet<&str>> = LazyLock::new(|| include_str!("operators.txt").split_whitespace().collect());

/// Domains whose operators come with the specification or with a widely used runtime.
const BUILT_IN: [&str; 9] = [
    "",
    "ai.onnx",
    "ai.onnx.ml",
    "ai.onnx.training",
    "org.pytorch.aten",
    "com.microsoft",
    "com.ms.internal.nhwc",
    "ai.onnxruntime",
    "com.nvidia",
];
/// Families of such domains.
const FAMILIES: [&str; 4] = ["ai.onnx.preview", "com.microsoft.", "ai.onnxruntime.", "pkg.onnxscript."];
/// Words in the names of operators that call Python or the system.
const CALLS: [&str; 8] = ["pyop", "python", "pyfunc", "pycustom", "shell", "system", "exec", "eval"];

/// Why an operator is worth a word; `None` for those that every runtime computes itself.
pub(super) fn suspicion(domain: &str, operator: &str) -> Option<&'static str> {
    let lower = operator.to_ascii_lowercase();
    if CALLS.iter().any(|word| lower.contains(word)) {
        return Some("by its name it calls Python or the system");
    }
    if domain == "ai.onnx.contrib" {
        return Some("it comes from a library of extensions, which can be Python functions");
    }
    let is_built_in = BUILT_IN.contains(&domain) || FAMILIES.iter().any(|family| domain.starts_with(family));
    if matches!(domain, "" | "ai.onnx" | "ai.onnx.ml") && !operator.is_empty() && !OWN.contains(operator) {
        return Some("no version of ONNX has it");
    }
    (!is_built_in).then_some("a native library must be loaded for it")
}

#[cfg(test)]
mod tests {
    use super::suspicion;

    #[test]
    fn only_operators_from_elsewhere_are_suspicious() {
        for (domain, operator) in [
            ("", "Conv"),
            ("ai.onnx.ml", "TreeEnsemble"),
            ("com.microsoft", "FusedConv"),
            ("ai.onnx.preview.training", "Adam"),
        ] {
            assert_eq!(suspicion(domain, operator), None, "{domain} {operator}");
        }
        for (domain, operator) in [
            ("evil", "Relu"),
            ("com.microsoft", "PythonOp"),
            ("ai.onnx.contrib", "PyOp"),
            ("", "Sys"),
            ("", "SystemCall"),
        ] {
            assert!(suspicion(domain, operator).is_some(), "{domain} {operator}");
        }
    }
}
