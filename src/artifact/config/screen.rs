//! Whether a text has a word that any reader of configurations looks for: one pass, before anything is parsed.
//!
//! Comes in: the text. Called by `config`. A text that spells letters as escapes passes too.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// Words, as they stand between other characters: `trust` is there for `--trust-remote-code`, `py` for `py/reduce`.
const WORDS: [&str; 92] = [
    "_target_",
    "target",
    "class_path",
    "auto_map",
    "custom_pipelines",
    "auto_mapping",
    "attn_implementation",
    "_attn_implementation",
    "_attn_implementation_internal",
    "experts_implementation",
    "_experts_implementation",
    "_experts_implementation_internal",
    "allow_all_kernels",
    "trust_remote_code",
    "trust",
    "trust_remote_code_model",
    "unsafe_code",
    "confirm_run_unsafe_code",
    "allow_remote",
    "TRUST_REMOTE_CODE",
    "HF_DATASETS_TRUST_REMOTE_CODE",
    "HF_MODEL_TRUST_REMOTE_CODE",
    "VLLM_TRUST_REMOTE_CODE",
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
    "VLLM_ALLOW_INSECURE_SERIALIZATION",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION",
    "MLFLOW_ALLOW_MODEL_CODE_EXECUTION",
    "AG_ALLOW_PICKLE_FROM_URL",
    "download",
    "weights_only",
    "weights",
    "use_safetensors",
    "safetensors",
    "safe_serialization",
    "save_safetensors",
    "allow_pickle",
    "allow",
    "load_format",
    "load",
    "loader_module",
    "flavors",
    "chat_template",
    "chat_templates",
    "template_format",
    "class_name",
    "_class_name",
    "py",
    "handler",
    "serializedFile",
    "custom_ops_library",
    "weight_map",
    "trainer_cls",
    "plugins",
    "parent_library",
    "__globals__",
    "__subclasses__",
    "__builtins__",
    "__class__",
    "__mro__",
    "__base__",
    "__import__",
    "__init__",
    "__getattribute__",
    "lipsum",
    "cycler",
    "joiner",
    "popen",
    "idx",
    "modelTopology",
    "__loader__",
    "serialized",
    "CLOUDPICKLE_FALLBACK",
    "__nni_type__",
    "lc",
    "activation_function",
    "sbert_ce_default_activation_function",
    "activation_fn",
    "tokenizer_class",
    "structure",
    "megatron_core",
    "__kind__",
    "keras_module",
    "model_class",
    "custom_imports",
    "_base_",
    "signatures",
    "init_parameters",
    "pipeline",
    "preprocessors",
    "pyref",
    "backbone",
    "expr_str",
];

/// Pieces that are no words: YAML tags that make objects, and ways to spell any of the words above in escapes.
const PIECES: [&str; 12] = [
    "python/",
    "!!p",
    "!!%",
    "yaml.org,2002:",
    "!new:",
    "!apply:",
    "!applyref:",
    "!name:",
    "!module:",
    "%TAG",
    "\\u00",
    "\\x",
];

static KNOWN: LazyLock<FxHashSet<&'static [u8]>> = LazyLock::new(|| WORDS.iter().map(|word| word.as_bytes()).collect());

/// Whether base 64 or hexadecimal digits could begin a pickle.
fn is_pickle(word: &[u8]) -> bool {
    matches!(word, [b'g', b'A', b'J' | b'N' | b'S' | b'W', _, ..] | [b'8', b'0', b'0', b'2'..=b'5', _, ..])
}

/// Whether any reader could find something in `text`.
pub(super) fn may_matter(text: &str) -> bool {
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let mut words = text.as_bytes().split(|byte| !is_word(byte));
    // Longer ones may be the digits of a pickle.
    let matters = |word: &[u8]| match word.len() {
        2..=40 => KNOWN.contains(word) || is_pickle(word),
        _ => is_pickle(word),
    };
    words.any(matters) || PIECES.iter().any(|piece| text.contains(piece))
}

#[cfg(test)]
mod tests {
    use super::may_matter;

    #[test]
    fn words_and_pieces_pass() {
        for text in [
            "a: !!p%79thon/x",
            "a: !applyref:x",
            "a:\n  _target_: x",
            "{\"\\u005ftarget_\": 1}",
            "!!python/name:x",
            "[--trust-remote-code]",
            "py/object",
        ] {
            assert!(may_matter(text), "{text}");
        }
        assert!(!may_matter("{\"name\": \"left-pad\", \"version\": \"1.0.0\"}"));
    }
}
