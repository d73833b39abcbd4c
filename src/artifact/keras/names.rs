//! Which names a configuration of Keras may hold without anything but Keras being run.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// Names of Python's own functions; Keras before 3.9 imports them from `builtins` when a configuration says so.
const PYTHON: [&str; 24] = [
    "__build_class__",
    "__import__",
    "breakpoint",
    "callable",
    "classmethod",
    "compile",
    "delattr",
    "dir",
    "eval",
    "exec",
    "exit",
    "filter",
    "getattr",
    "globals",
    "hasattr",
    "help",
    "input",
    "locals",
    "map",
    "open",
    "property",
    "quit",
    "setattr",
    "vars",
];

/// Parts of Keras whose functions compute and nothing else.
const COMPUTING: [&str; 14] = [
    "activations",
    "applications",
    "backend",
    "constraints",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "ops",
    "optimizers",
    "random",
    "regularizers",
    "tree",
];

/// Functions of Keras that load, write, fetch or change settings (CVE-2025-8747, CVE-2025-9906).
const NOT_COMPUTING: [&str; 12] = [
    "clear_session",
    "deserialize",
    "deserialize_keras_object",
    "enable_unsafe_deserialization",
    "get_file",
    "load_img",
    "load_model",
    "load_weights",
    "model_from_json",
    "save_img",
    "save_model",
    "save_weights",
];

/// Whether a function of `builtins` is Python's, not one of Keras' that it looks up under that module.
pub(super) fn is_pythons(name: &str) -> bool {
    PYTHON.contains(&name)
}

/// The path below Keras' package, if `module` is part of Keras in any of its editions.
fn below_keras(module: &str) -> Option<&str> {
    let module = module.strip_prefix("tensorflow.").map_or(module, |rest| rest.strip_prefix("python.").unwrap_or(rest));
    let (package, rest) = module.split_once('.').unwrap_or((module, ""));
    matches!(package, "keras" | "tf_keras" | "keras_hub" | "keras_nlp" | "keras_cv")
        .then(|| rest.strip_prefix("src.").unwrap_or(rest))
}

/// Whether `module` is part of Keras.
pub(super) fn is_keras(module: &str) -> bool {
    below_keras(module).is_some()
}

/// Whether a class of Keras is made without loading or fetching anything: all are, but those of exporting.
pub(super) fn is_harmless_class(module: &str, class: &str) -> bool {
    let exports = below_keras(module).is_some_and(|rest| rest.split('.').next() == Some("export"));
    class.starts_with(|c: char| c.is_ascii_uppercase()) && class.bytes().all(is_of_name) && !exports
        || is_computing(module, class)
}

/// Whether `class` is a layer that no Keras has of those that are known here: one of a newer, or one of a letter too many.
pub(super) fn is_unknown_layer(module: &str, class: &str) -> bool {
    static LAYERS: LazyLock<FxHashSet<&'static str>> =
        LazyLock::new(|| include_str!("layers.txt").lines().filter(|line| !line.starts_with('#')).collect());
    module == "keras.layers" && !LAYERS.contains(class)
}

/// Whether a function of Keras only computes.
pub(super) fn is_computing(module: &str, function: &str) -> bool {
    let Some(rest) = below_keras(module) else { return false };
    let mut parts =
        rest.split('.').skip_while(|part| matches!(*part, "legacy" | "api" | "_legacy" | "v2" | "_tf_keras"));
    let part = parts.next().unwrap_or_default();
    let is_utility = part == "utils" && matches!(function, "normalize" | "to_categorical");
    (COMPUTING.contains(&part) || is_utility)
        && function.bytes().all(is_of_name)
        && !function.starts_with("__")
        && !NOT_COMPUTING.contains(&function)
}

/// Whether a function of TensorFlow's modules only computes; those of files, libraries and Python do not.
pub(super) fn is_computing_tensorflow(module: &str) -> bool {
    let Some(part) = module.strip_prefix("tensorflow.python.ops.") else { return module == "tensorflow.nn" };
    !["io_ops", "script_ops", "data", "load", "lookup", "parsing", "sdca", "string_ops_io"]
        .iter()
        .any(|word| part.contains(word))
}

/// Whether a symbol of TensorFlow, `math.add`, computes; layers made of operators name them.
pub(super) fn is_computing_symbol(symbol: &str) -> bool {
    let symbol = symbol.strip_prefix("tf.").unwrap_or(symbol);
    let symbol = symbol.strip_prefix("__operators__.").unwrap_or(symbol);
    let symbol = symbol.strip_prefix("compat.v1.").unwrap_or(symbol);
    let part = symbol.split('.').next().unwrap_or_default();
    let closed = ["io", "raw_ops", "py_function", "numpy_function", "py_func", "load_op_library", "load_library"];
    let more = ["saved_model", "keras", "train", "data", "summary", "profiler", "sysconfig", "python", "read_file"];
    !closed.contains(&part) && !more.contains(&part) && symbol != "write_file" && !symbol.contains("__")
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_have_known_names() {
        for (module, class, unknown) in [
            ("keras.layers", "Dense", false),
            ("keras.layers", "Dence", true),
            ("keras.src.layers.core.dense", "Dence", false),
        ] {
            assert_eq!(is_unknown_layer(module, class), unknown, "{module}.{class}");
        }
    }

    #[test]
    fn what_real_configurations_name_is_harmless() {
        for (module, class) in [
            ("keras", "DTypePolicy"),
            ("keras.layers", "Dense"),
            ("keras.src.models.functional", "Functional"),
            ("keras.src.ops.numpy", "GetItem"),
            ("keras_hub.src.models.gemma.gemma_backbone", "GemmaBackbone"),
            ("tensorflow.python.keras.layers", "Dense"),
        ] {
            assert!(is_keras(module) && is_harmless_class(module, class), "{module}.{class}");
        }
        for (module, function) in
            [("keras.src.activations.activations", "relu"), ("keras.ops", "relu"), ("keras.losses", "mse")]
        {
            assert!(is_computing(module, function), "{module}.{function}");
        }
        assert!(is_computing_symbol("math.add") && is_computing_symbol("__operators__.add"));
    }

    #[test]
    fn what_loads_or_fetches_is_not() {
        for (module, function) in [
            ("keras.utils", "get_file"),
            ("keras.src.utils.file_utils", "get_file"),
            ("keras.config", "enable_unsafe_deserialization"),
            ("keras.models", "load_model"),
            ("keras.layers", "deserialize"),
            ("keras.src.backend", "os.system"),
        ] {
            assert!(!is_computing(module, function) && !is_harmless_class(module, function), "{module}.{function}");
        }
        assert!(!is_computing_tensorflow("tensorflow.python.ops.gen_io_ops"));
        assert!(!is_computing_symbol("io.read_file") && !is_computing_symbol("raw_ops.PyFunc"));
    }
}
