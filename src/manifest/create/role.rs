//! What an artifact is for, by its format and, where that does not tell, its name.

use crate::manifest::RelativePath;

/// Names of files that belong to a tokenizer, in the words of the hub's libraries.
const VOCABULARIES: [&str; 14] = [
    "vocab.txt",
    "vocab.json",
    "vocab.bpe",
    "merges.txt",
    "encoder.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
    "spm.model",
    "source.spm",
    "target.spm",
    "tekken.json",
    "bpe.codes",
    "dict.txt",
];
const TOKENIZERS: [&str; 4] =
    ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"];
const TRAINING: [&str; 8] = [
    "optimizer.pt",
    "optimizer.bin",
    "scheduler.pt",
    "scaler.pt",
    "rng_state.pth",
    "training_args.bin",
    "trainer_state.json",
    "optimizer.safetensors",
];
/// Extensions under which models are kept, for pointers, whose content is not here.
const MODELS: [&str; 26] = [
    "safetensors",
    "bin",
    "pt",
    "pth",
    "ckpt",
    "pkl",
    "pickle",
    "joblib",
    "onnx",
    "gguf",
    "h5",
    "hdf5",
    "keras",
    "tflite",
    "pb",
    "npy",
    "npz",
    "mar",
    "nemo",
    "pt2",
    "ptl",
    "skops",
    "msgpack",
    "dill",
    "model",
    "ggml",
];

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Whether a name is one of files that models are kept in.
pub fn is_model_name(name: &str) -> bool {
    let extension = extension(name).to_ascii_lowercase();
    MODELS.contains(&extension.as_str())
}

/// Whether a text or configuration of this name belongs to the model it lies beside.
pub fn is_companion(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let known = VOCABULARIES.contains(&name.as_str()) || TOKENIZERS.contains(&name.as_str());
    known || TRAINING.contains(&name.as_str())
}

/// Whether a file of this name says what others are, rather than being one of them.
pub fn is_manifest_name(name: &str) -> bool {
    matches!(name, "MANIFEST.json" | "manifest.json" | "bom.cdx.json" | "model.sig") || name.ends_with(".json.sig")
}

/// The role of a file: one of the words of `docs/manifest.md`.
pub fn role(format: &str, path: &RelativePath) -> &'static str {
    let name = path.name().to_ascii_lowercase();
    let is = |names: &[&str]| names.contains(&name.as_str());
    if is(&VOCABULARIES) {
        return "tokenizer-vocab";
    }
    if is(&TOKENIZERS) {
        return "tokenizer";
    }
    if is(&TRAINING) || name.starts_with("rng_state") {
        return "training-state";
    }
    if name.ends_with(".index.json") {
        return "weights-index";
    }
    match format {
        "pickle" | "joblib" if !is_weights_name(&name) => "serialized-object",
        "npy" | "npz" => "array",
        "configuration" => "model-configuration",
        "template" => "prompt-template",
        "zip" | "tar" | "7z" | "compressed" | "closed-archive" => "archive",
        "torchserve" | "nemo" => "model-archive",
        "bytecode" | "executable" => "code",
        "text" | "unknown" => "other",
        "lfs-pointer" if !is_weights_name(&name) => "other",
        _ => "model-weights",
    }
}

/// Pickles under these names hold weights.
fn is_weights_name(name: &str) -> bool {
    const WEIGHTS: [&str; 12] =
        ["bin", "pt", "pth", "ckpt", "safetensors", "onnx", "gguf", "h5", "keras", "tflite", "pt2", "msgpack"];
    WEIGHTS.contains(&extension(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_follow_from_format_and_name() {
        let of = |format: &str, path: &str| role(format, &RelativePath::new(path).expect("valid"));
        let roles = [
            ("safetensors", "m/model.safetensors", "model-weights"),
            ("pickle", "m/pytorch_model.bin", "model-weights"),
            ("pickle", "m/labels.pkl", "serialized-object"),
            ("torch-zip", "m/optimizer.pt", "training-state"),
            ("text", "m/merges.txt", "tokenizer-vocab"),
            ("unknown", "m/tokenizer.model", "tokenizer-vocab"),
            ("configuration", "m/tokenizer_config.json", "tokenizer"),
            ("configuration", "m/config.json", "model-configuration"),
            ("text", "m/model.safetensors.index.json", "weights-index"),
            ("lfs-pointer", "m/model.onnx", "model-weights"),
            ("lfs-pointer", "m/photo.png", "other"),
            ("tar", "m/model.tar.gz", "archive"),
        ];
        for (format, path, role) in roles {
            assert_eq!(of(format, path), role, "{path}");
        }
    }
}
