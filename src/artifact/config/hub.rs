//! Keys by which a configuration lets a loader fetch and run code, or unpickle: transformers, vLLM, training YAML.
//!
//! Comes in: a document's tree. Goes out: observations at the value of the key, their subjects whole clauses.

use rustc_hash::FxHashSet;

use super::super::Examination;
use super::super::json::{Json, JsonEntry, JsonValue};
use super::File;
use super::tree::{all_inside, is_false, is_true, shown, texts};
use crate::fact::artifact::ObservationKind;
use crate::text::Region;

/// Environment variables that let a loader run code from a hub.
const TRUST_VARIABLES: [&str; 4] =
    ["TRUST_REMOTE_CODE", "HF_DATASETS_TRUST_REMOTE_CODE", "HF_MODEL_TRUST_REMOTE_CODE", "VLLM_TRUST_REMOTE_CODE"];
/// Environment variables that let a loader unpickle.
const PICKLE_VARIABLES: [&str; 5] = [
    "TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD",
    "VLLM_ALLOW_INSECURE_SERIALIZATION",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION",
    "MLFLOW_ALLOW_MODEL_CODE_EXECUTION",
    "AG_ALLOW_PICKLE_FROM_URL",
];
/// Settings that make a loader unpickle when they are `false`, with either `_` or `-`.
const PICKLE_UNLESS: [&str; 4] = ["weights_only", "use_safetensors", "safe_serialization", "save_safetensors"];
/// Which attention or experts to use; the name of a repository there fetches and loads native code.
const KERNEL_KEYS: [&str; 6] = [
    "attn_implementation",
    "_attn_implementation",
    "_attn_implementation_internal",
    "experts_implementation",
    "_experts_implementation",
    "_experts_implementation_internal",
];
const REVISION_KEYS: [&str; 5] =
    ["revision", "model_revision", "code_revision", "revision_of_model", "tokenizer_revision"];

/// Looks at every key of a document, and at its texts but for those in `commands`: commands, which are looked at as such, and prose.
pub(super) fn examine(root: &Json<'_>, file: &File<'_>, commands: &FxHashSet<Region>, x: &mut Examination<'_>) {
    for (value, collected) in all_inside(root, Collected::default(), Collected::entry) {
        let mut remote = false;
        for entry in value.entries() {
            remote |= code_from_files(entry, collected, x) | trust(entry, file, x) | generation(entry, x);
            pickles(entry, x);
            kernels(entry, collected, x);
        }
        if remote {
            floating_revision(value, x);
        }
        if let Some(name) = value.text("name").filter(|name| is_variable(name)) {
            variable(name, value.get("value"), x);
        }
        for item in value.items() {
            if let Some((name, setting)) = item.as_text().and_then(|text| text.split_once('=')) {
                let setting = Json { region: item.region, value: JsonValue::Text(setting.into()) };
                variable(name, Some(&setting), x);
            }
        }
    }
    let flagged = texts(root).filter(|(text, region)| has_trust_flag(text) && !commands.contains(region));
    for (text, region) in flagged {
        let subject = format!("`{}` switches on `trust_remote_code`", shown(text));
        x.observe_text(ObservationKind::TrustRemoteCode, region, subject);
    }
}

/// Below which keys a value stands whose texts were all looked at there: such a key inside of its own kind names nothing
/// more, and a file can nest hundreds of them.
#[derive(Debug, Clone, Copy, Default)]
struct Collected {
    classes: bool,
    pipelines: bool,
    kernels: bool,
}

impl Collected {
    fn entry(self, key: &str) -> Self {
        Self {
            classes: self.classes || key == "auto_map",
            pipelines: self.pipelines || key == "custom_pipelines",
            kernels: self.kernels || KERNEL_KEYS.contains(&key),
        }
    }
}

/// `auto_map` and `custom_pipelines`; whether there is one.
fn code_from_files(entry: &JsonEntry<'_>, collected: Collected, x: &mut Examination<'_>) -> bool {
    let key = entry.key.as_ref();
    let named = match key {
        "auto_map" if !collected.classes => texts(&entry.value).collect(),
        "custom_pipelines" if !collected.pipelines => implementations(&entry.value),
        _ => Vec::new(),
    };
    let names: Vec<_> = named.into_iter().filter(|(name, _)| name.contains('.')).collect();
    let (remote, local): (Vec<_>, Vec<_>) = names.iter().partition(|(name, _)| name.contains("--"));
    for (name, region) in &remote {
        let subject =
            format!("`{key}` names `{}`: code of another repository runs under `trust_remote_code`", shown(name));
        x.observe_text(ObservationKind::RemoteAutoMap, *region, subject);
    }
    if let Some((first, _)) = local.first() {
        let more = if local.len() > 1 { format!(" and {} more", local.len() - 1) } else { String::new() };
        let subject =
            format!("`{key}` names `{}`{more}: the model's own code runs under `trust_remote_code`", shown(first));
        x.observe_text(ObservationKind::AutoMap, entry.value.region, subject);
    }
    !names.is_empty()
}

/// `custom_generate` of another repository, or a folder; whether it is one. Source: transformers, `GenerationMixin.generate` in
/// `generation/utils.py`.
fn generation(entry: &JsonEntry<'_>, x: &mut Examination<'_>) -> bool {
    let Some(name) = entry.value.as_text().filter(|name| entry.key == "custom_generate" && name.contains('/')) else {
        return false;
    };
    let subject = format!("`custom_generate` names `{}`: code from there runs under `trust_remote_code`", shown(name));
    x.observe_text(ObservationKind::RemoteAutoMap, entry.value.region, subject);
    true
}

/// The classes of custom pipelines, each its `impl`; `pt` and `default` name classes and repositories of transformers.
fn implementations<'j>(pipelines: &'j Json<'_>) -> Vec<(&'j str, Region)> {
    let is_class = |inside: bool, key: &str| inside || key == "impl";
    let classes = all_inside(pipelines, false, is_class).filter(|(_, is_class)| *is_class);
    classes.filter_map(|(value, _)| Some((value.as_text()?, value.region))).collect()
}

/// `trust_remote_code: true` in its spellings; whether it is one.
fn trust(entry: &JsonEntry<'_>, file: &File<'_>, x: &mut Examination<'_>) -> bool {
    let key = entry.key.replace('-', "_");
    if is_variable(&key) {
        variable(&key, Some(&entry.value), x);
        return false;
    }
    let is_switch = match key.as_str() {
        "trust_remote_code" | "trust_remote_code_model" | "unsafe_code" | "confirm_run_unsafe_code" => true,
        "allow_remote" => file.base == "configuration.json",
        _ => false,
    };
    if !is_switch || !is_true(&entry.value) {
        return false;
    }
    let subject = format!("`{}` is switched on, so that code from the model's repository runs", entry.key);
    x.observe_text(ObservationKind::TrustRemoteCode, entry.value.region, subject);
    true
}

fn is_variable(name: &str) -> bool {
    TRUST_VARIABLES.contains(&name) || PICKLE_VARIABLES.contains(&name)
}

fn variable(name: &str, value: Option<&Json<'_>>, x: &mut Examination<'_>) {
    let Some(value) = value.filter(|value| is_true(value)) else { return };
    if TRUST_VARIABLES.contains(&name) {
        let subject = format!("`{name}` is set, so that code from models' repositories runs");
        x.observe_text(ObservationKind::TrustRemoteCode, value.region, subject);
    } else if PICKLE_VARIABLES.contains(&name) {
        x.observe_text(
            ObservationKind::PickleVariable,
            value.region,
            format!("`{name}` is set, so that the processes that get it unpickle what they load, which runs code"),
        );
    }
}

/// `--trust-remote-code` among the words of a command.
fn has_trust_flag(text: &str) -> bool {
    text.contains("--trust")
        && text.split_ascii_whitespace().any(|word| {
            let (flag, value) = word.split_once('=').unwrap_or((word, "true"));
            matches!(flag, "--trust-remote-code" | "--trust_remote_code") && !value.eq_ignore_ascii_case("false")
        })
}

/// Settings that make a loader unpickle.
fn pickles(entry: &JsonEntry<'_>, x: &mut Examination<'_>) {
    let key = entry.key.replace('-', "_");
    let value = &entry.value;
    let says = match key.as_str() {
        key if PICKLE_UNLESS.contains(&key) => is_false(value),
        "allow_pickle" => matches!(value.value, JsonValue::Bool(true)),
        "load_format" => value.as_text().is_some_and(|text| matches!(text, "pt" | "bin" | "npcache" | "pickle")),
        _ => false,
    };
    if says {
        let value = match &value.value {
            JsonValue::Text(text) => shown(text),
            JsonValue::Bool(value) => value.to_string(),
            _ => "…".into(),
        };
        let subject = format!("`{}: {value}` makes the loader unpickle", entry.key);
        x.observe_text(ObservationKind::PickleSetting, entry.value.region, subject);
    }
}

/// Names of repositories where the name of a built-in implementation is usual.
fn kernels(entry: &JsonEntry<'_>, collected: Collected, x: &mut Examination<'_>) {
    if entry.key == "allow_all_kernels" && is_true(&entry.value) {
        let subject = "`allow_all_kernels` lets native code from any repository be loaded";
        return x.observe_text(ObservationKind::HubKernels, entry.value.region, subject);
    }
    if collected.kernels || !KERNEL_KEYS.contains(&entry.key.as_ref()) {
        return;
    }
    for (text, region) in texts(&entry.value).filter(|(text, _)| is_repository(text)) {
        let subject = format!("`{}` names `{}`: native code from there is fetched and loaded", entry.key, shown(text));
        x.observe_text(ObservationKind::HubKernels, region, subject);
    }
}

/// `owner/name`, perhaps with something before a bar, and a revision or function behind.
fn is_repository(text: &str) -> bool {
    let name = text.rsplit('|').next().unwrap_or(text);
    let is_word = |word: &str| !word.is_empty() && !word.contains(char::is_whitespace);
    name.split_once('/').is_some_and(|(owner, rest)| is_word(owner) && is_word(rest))
}

/// A branch or tag where code is fetched.
fn floating_revision(value: &Json<'_>, x: &mut Examination<'_>) {
    for entry in value.entries().iter().filter(|entry| REVISION_KEYS.contains(&entry.key.as_ref())) {
        let Some(revision) = entry.value.as_text() else { continue };
        let is_commit = revision.len() == 40 && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !is_commit && !revision.is_empty() {
            let subject = format!("`{}: {}` is not a commit: the code there can change", entry.key, shown(revision));
            x.observe_text(ObservationKind::FloatingRevision, entry.value.region, subject);
        }
    }
}
