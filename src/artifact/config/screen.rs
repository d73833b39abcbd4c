//! Whether a text has a word that any reader of configurations looks for: one pass, before anything is parsed.
//!
//! Comes in: the text, or what of a file is behind the text that is read. Called by `config`. A text that spells letters
//! as escapes passes too.

use std::io;
use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::lines;
use crate::bytes::Window;

/// Words that few but loaders of models know, as they stand between other characters.
const WORDS: [&str; 61] = [
    "custom_generate",
    "_target_",
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
    "trust_remote_code_model",
    "confirm_run_unsafe_code",
    "TRUST_REMOTE_CODE",
    "HF_DATASETS_TRUST_REMOTE_CODE",
    "HF_MODEL_TRUST_REMOTE_CODE",
    "VLLM_TRUST_REMOTE_CODE",
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
    "VLLM_ALLOW_INSECURE_SERIALIZATION",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION",
    "MLFLOW_ALLOW_MODEL_CODE_EXECUTION",
    "AG_ALLOW_PICKLE_FROM_URL",
    "weights_only",
    "use_safetensors",
    "safe_serialization",
    "save_safetensors",
    "allow_pickle",
    "loader_module",
    "chat_template",
    "chat_templates",
    "_class_name",
    "serializedFile",
    "custom_ops_library",
    "weight_map",
    "trainer_cls",
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
    "modelTopology",
    "__loader__",
    "CLOUDPICKLE_FALLBACK",
    "__nni_type__",
    "sbert_ce_default_activation_function",
    "megatron_core",
    "__kind__",
    "keras_module",
    "custom_imports",
    "_base_",
    "init_parameters",
    "pyref",
    "expr_str",
];

/// Words that other programs use as well: `trust` is there for `--trust-remote-code`, `py` for `py/reduce`.
const COMMON_WORDS: [&str; 32] = [
    "target",
    "trust",
    "unsafe_code",
    "allow_remote",
    "download",
    "weights",
    "safetensors",
    "allow",
    "load_format",
    "load",
    "flavors",
    "template_format",
    "class_name",
    "py",
    "handler",
    "plugins",
    "lipsum",
    "cycler",
    "joiner",
    "popen",
    "idx",
    "serialized",
    "lc",
    "activation_function",
    "activation_fn",
    "tokenizer_class",
    "structure",
    "model_class",
    "signatures",
    "pipeline",
    "preprocessors",
    "backbone",
];

/// Common words that together are a model's.
const JOINT_WORDS: [&[&str]; 7] = [
    &["class_name", "Lambda"],
    &["lc", "constructor"],
    &["plugins", "base_model"],
    &["handler", "archiverVersion"],
    &["module", "api_version", "signatures"],
    &["download", "names", "train"],
    &["download", "names", "val"],
];

/// Pieces that are no words: YAML tags, and ways to spell any of the words above in escapes.
const PIECES: [&str; 7] = ["python/", "!!p", "!!%", "yaml.org,2002:", "\\u00", "\\U0000", "\\x"];

/// Pieces that stand nowhere but in what makes objects.
const TELLING_PIECES: [&str; 16] = [
    "!!python/",
    "yaml.org,2002:python/",
    "!new:",
    "!apply:",
    "!applyref:",
    "!name:",
    "!module:",
    "%TAG",
    ":serialized:",
    "py/reduce",
    "py/object",
    "py/function",
    "py/type",
    "py/class",
    "py/mod",
    "py/repr",
];

static SPECIFIC: LazyLock<FxHashSet<&'static [u8]>> =
    LazyLock::new(|| WORDS.iter().map(|word| word.as_bytes()).collect());
static KNOWN: LazyLock<FxHashSet<&'static [u8]>> =
    LazyLock::new(|| WORDS.iter().chain(&COMMON_WORDS).map(|word| word.as_bytes()).collect());

/// Longer words are none of ours, but may be the digits of a pickle.
const LONGEST: usize = 40;

/// Whether base 64 or hexadecimal digits could begin a pickle.
fn is_pickle(word: &[u8]) -> bool {
    matches!(word, [b'g', b'A', b'J' | b'N' | b'S' | b'W', _, ..] | [b'8', b'0', b'0', b'2'..=b'5', _, ..])
}

/// Whether any reader could find something in `text`.
pub(super) fn may_matter(text: &str) -> bool {
    let matters = |word: &[u8]| (word.len() <= LONGEST && KNOWN.contains(word)) || is_pickle(word);
    any_word(text, matters)
        || PIECES.iter().chain(&TELLING_PIECES).any(|piece| text.contains(piece))
        || has_escaped_tag(text)
        || has_folded_word(text)
        || has_made_name(text)
}

/// Whether a text that was not read whole has something of which no other program's settings have any: what is told
/// although nothing else says that the text is a model's.
pub(super) fn is_telling(text: &str) -> bool {
    let has = |word: &&str| any_word(text, |other| other == word.as_bytes());
    any_word(text, |word| word.len() <= LONGEST && SPECIFIC.contains(word))
        || TELLING_PIECES.iter().any(|piece| text.contains(piece))
        || has_spelled_letter(text)
        || has_escaped_tag(text)
        || has_folded_word(text)
        || JOINT_WORDS.iter().any(|words| words.iter().all(has))
        || (has(&"params") && lines::named(text, "target").next().is_some())
}

/// Whether any reader could find something in the bytes of `content` from `start` on.
///
/// # Errors
/// When they cannot be read.
pub(super) fn may_matter_behind(content: &Window, start: u64) -> io::Result<bool> {
    any_behind(content, start, may_matter)
}

/// Whether `is_one` says so of some part of the bytes of `content` from `start` on.
///
/// # Errors
/// When they cannot be read.
pub(super) fn any_behind(content: &Window, start: u64, is_one: impl Fn(&str) -> bool) -> io::Result<bool> {
    const STEP: usize = 1 << 20;
    // A word or piece may stand across the end of a step.
    const OVERLAP: u64 = 64;
    let mut at = start;
    while at < content.len() {
        let from = at.saturating_sub(OVERLAP);
        if is_one(&String::from_utf8_lossy(&content.read(from, STEP)?)) {
            return Ok(true);
        }
        at = from + STEP as u64;
    }
    Ok(false)
}

/// Whether a word of `text` is what `matters`, as it stands there or with `_` for each `-`, as some loaders take it.
fn any_word(text: &str, matters: impl Fn(&[u8]) -> bool) -> bool {
    let is_joined = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    text.as_bytes().split(|byte| !is_joined(byte)).filter(|joined| joined.len() > 1).any(|joined| {
        let mut words = joined.split(|byte| *byte == b'-');
        words.any(|word| word.len() > 1 && matters(word)) || underscored(joined).is_some_and(|word| matters(&word))
    })
}

/// A word with `_` for each `-`, if it has any and is not too long.
fn underscored(joined: &[u8]) -> Option<Vec<u8>> {
    let is_short = joined.len() <= LONGEST && joined.contains(&b'-');
    is_short.then(|| joined.iter().map(|byte| if *byte == b'-' { b'_' } else { *byte }).collect())
}

/// Whether an escape of JSON or YAML spells what words and names of tags are made of.
fn has_spelled_letter(text: &str) -> bool {
    let spells = |(at, _): (usize, &str)| {
        let length = match text.as_bytes().get(at + 1) {
            Some(b'x') => 2,
            Some(b'u') => 4,
            Some(b'U') => 8,
            _ => return false,
        };
        let digits = text.get(at + 2..at + 2 + length);
        let code = digits.and_then(|digits| u8::try_from(u32::from_str_radix(digits, 16).ok()?).ok());
        code.is_some_and(is_of_name)
    };
    text.match_indices('\\').any(spells)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'/' | b':' | b'.')
}

/// Whether a YAML tag spells something of a name with `%`.
fn has_escaped_tag(text: &str) -> bool {
    let spells = |escape: &str| {
        let code = escape.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        code.is_some_and(is_of_name)
    };
    let is_escaped = |word: &str| word.split_once('!').is_some_and(|(_, tag)| tag.split('%').skip(1).any(spells));
    text.contains('%') && text.contains('!') && text.split_ascii_whitespace().any(is_escaped)
}

/// Whether the end of a line is escaped between two characters, as YAML lets a word go on in the next line.
fn has_folded_word(text: &str) -> bool {
    let goes_on = |(at, _): (usize, &str)| {
        let mut rest = &text[at..];
        while let Some(behind) = rest.strip_prefix('\\').filter(|behind| behind.starts_with(['\n', '\r'])) {
            rest = behind.trim_ascii_start();
        }
        let is_escaped_end = rest.len() < text.len() - at;
        is_escaped_end && rest.starts_with(|c: char| !matches!(c, '\\' | '"'))
    };
    // A blank before it ends the word.
    let is_in_word = |(at, _): &(usize, &str)| !text[..*at].ends_with(|c: char| c.is_ascii_whitespace());
    text.match_indices('\\').filter(is_in_word).any(goes_on)
}

/// Whether a block of a template looks an attribute up whose name may be made in there, or one between underscores.
fn has_made_name(text: &str) -> bool {
    let mut rest = text;
    while let Some(start) = rest.find('{') {
        rest = &rest[start + 1..];
        let close = match rest.as_bytes().first() {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            _ => continue,
        };
        let block = &rest[1..rest.find(close).unwrap_or(rest.len()).max(1)];
        if block.contains('[') || block.contains("attr") || block.contains("__") {
            return true;
        }
        rest = &rest[1 + block.len()..];
    }
    false
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
