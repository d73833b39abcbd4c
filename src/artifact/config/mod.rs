//! Configurations and templates: text files whose keys make a loader import code, unpickle or render.
//!
//! Comes in: a window onto a file or member whose name is one of theirs. Goes out: facts at the places of keys and
//! values. Called by `content`. JSON and YAML are read to one kind of tree, which every reader of keys looks through
//! whatever the file is called: a name is easily changed, and most of these keys mean one thing only. What a file's name
//! decides is whether a text that cannot be read is told: of a model's own files it is, of any other it is not, for much
//! that ends in `.yaml` is a template of YAML.

mod chat;
mod commands;
mod components;
mod encoding;
mod faults;
#[cfg(test)]
mod hostile;
mod hub;
mod imports;
mod lines;
mod lookup;
mod loose;
mod pickles;
mod screen;
mod served;
mod skops;
mod tags;
mod targets;
pub(super) mod template;
#[cfg(test)]
mod tests;
mod tree;
mod yaml;
mod yolo;

use rustc_hash::FxHashSet;

use self::template::Purpose;
use self::yaml::{Stopped, Yaml};
use super::Examination;
use super::json::{self, Json, JsonErrorKind, JsonValue};
use super::sniff::{file_name, original_name};
use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, Format, GapKind};

/// Files of models, whatever folder they lie in.
const MODEL_FILES: [&str; 21] = [
    "tokenizer_config.json",
    "processor_config.json",
    "preprocessor_config.json",
    "image_processor_config.json",
    "video_preprocessor_config.json",
    "generation_config.json",
    "adapter_config.json",
    "model_index.json",
    "config_sentence_transformers.json",
    "sentence_bert_config.json",
    "chat_template.json",
    "special_tokens_map.json",
    "genai_config.json",
    "pytorch_model.bin.index.json",
    "model.safetensors.index.json",
    "diffusion_pytorch_model.safetensors.index.json",
    "model_config.yaml",
    "mlmodel",
    "hparams.yaml",
    "hyperparams.yaml",
    "gluonts-config.json",
];

/// Names that other programs use too, and a word that shows a model's.
const SHARED_NAMES: [(&str, &[&str]); 6] = [
    ("schema.json", &["\"__loader__\""]),
    ("config.json", &["model_type", "architectures", "transformers_version", "\"class_name\"", "auto_map"]),
    ("modules.json", &["\"idx\"", "\"type\"", "sentence_transformers"]),
    ("configuration.json", &["\"framework\"", "\"allow_remote\""]),
    ("manifest.json", &["\"serializedFile\"", "\"archiverVersion\""]),
    ("data", &["\":serialized:\""]),
];

/// Keys of which no JSON but that of a model has one, whatever it is called.
const MODEL_KEYS: [&str; 5] =
    ["\"transformers_version\"", "\"_diffusers_version\"", "\"peft_type\"", "\"tokenizer_class\"", "\"_name_or_path\""];

/// MLflow keeps there what module unpickles a PyTorch model: `mlflow/pytorch/__init__.py`, `_load_model`.
const PICKLE_MODULE: &str = "pickle_module_info.txt";

/// What a file's name says.
#[derive(Debug)]
struct File<'n> {
    /// Its last part, in lower case.
    base: String,
    /// Whether it is YAML by its name.
    is_yaml: bool,
    /// Whether it is, or lies in, a NeMo archive, where `target` is a class.
    is_nemo: bool,
    /// The name as it is.
    name: &'n str,
}

impl<'n> File<'n> {
    fn new(name: &'n str, outer: bool) -> Self {
        let base = base(name);
        let is_yaml = base.ends_with(".yaml") || base.ends_with(".yml") || base == "mlmodel";
        Self { is_yaml, is_nemo: outer || base == "model_config.yaml", base, name }
    }

    /// Whether it is a model's own file, so that it is told if it cannot be read.
    fn is_of_model(&self, text: &str) -> bool {
        let shared = SHARED_NAMES.iter().find(|(name, _)| *name == self.base);
        MODEL_FILES.contains(&self.base.as_str())
            || shared.is_some_and(|(_, words)| words.iter().any(|word| text.contains(word)))
            || self.base.ends_with(".json") && MODEL_KEYS.iter().any(|key| text.contains(key))
    }

    fn is_template(&self) -> bool {
        let extension = self.base.rsplit_once('.').map_or("", |(_, extension)| extension);
        matches!(extension, "jinja" | "jinja2" | "j2" | "template") || self.base == "chat_template.txt"
    }

    fn purpose(&self) -> Purpose {
        let name = self.name.to_ascii_lowercase();
        let is_chat = ["chat_template", "chat-template", "tool_use", "additional_chat_templates"];
        if is_chat.iter().any(|word| name.contains(word)) { Purpose::Chat } else { Purpose::Any }
    }
}

fn base(name: &str) -> String {
    original_name(&file_name(name).to_ascii_lowercase()).into_owned()
}

/// Whether the file is what the archive around it is read by: without it, or with it broken, nothing else in there can
/// be understood as its loader would.
fn is_of_archive(base: &str, x: &Examination<'_>) -> bool {
    const KEYS: [(&str, &str); 5] = [
        (".keras", "config.json"),
        (".keras", "metadata.json"),
        (".skops", "schema.json"),
        (".mar", "manifest.json"),
        (".pt2", "serialized_exported_program.json"),
    ];
    let archive = x.file_name().to_ascii_lowercase();
    x.member().depth() > 0 && KEYS.iter().any(|(extension, key)| archive.ends_with(extension) && base == *key)
}

/// Whether a model is not read without what is being read.
pub(super) fn is_needed(x: &Examination<'_>) -> bool {
    let base = base(x.name());
    MODEL_FILES.contains(&base.as_str()) || is_of_archive(&base, x)
}

/// Whether a text file of this name is read as a configuration or template.
pub(super) fn is_candidate(name: &str) -> bool {
    let file = File::new(name, false);
    file.is_yaml
        || file.base.ends_with(".json")
        || file.is_template()
        || served::is_one(&file.base)
        || file.base == PICKLE_MODULE
}

/// Keys and tags that a configuration with code in it shows itself by.
const SHOWN_BY: [&str; 13] = [
    "_target_",
    "\"__kind__\"",
    "\"auto_map\"",
    "\"class_name\"",
    "\"__loader__\"",
    "\"py/reduce\"",
    "\":serialized:\"",
    "CLOUDPICKLE_FALLBACK",
    "\"__nni_type__\"",
    "chat_template",
    "trust_remote_code",
    "!!python/object",
    "loader_module:",
];

/// Whether a text shows by its first bytes that it is a configuration with code in it, under a name that promises a model
/// or nothing.
pub(super) fn shows_itself(head: &[u8], name: &str) -> bool {
    let base = base(name);
    promises_nothing(&base) && shows(&String::from_utf8_lossy(head), &base)
}

fn shows(text: &str, base: &str) -> bool {
    let is_line = |line: &str, key: &str| line.trim_start_matches([' ', '-', '"', '\'']).starts_with(key);
    let is_json = text.trim_start().starts_with(['{', '[']);
    // Stable-Baselines3 keeps an agent's settings in a member of this name.
    if base == "data" && is_json {
        return true;
    }
    let is_yaml =
        |key: &str| text.lines().any(|line| is_line(line, key) || (key.starts_with('!') && line.contains(key)));
    SHOWN_BY.iter().any(|key| if is_json { text.contains(key) } else { is_yaml(key) })
}

/// Whether a text does so further on, if its first bytes `head` are those of settings, or in characters of two bytes, which
/// PyYAML reads too. Of what is longer than texts are read the words are enough, so that this is told.
pub(super) fn shows_itself_behind(format: Format, head: &[u8], content: &Window, x: &mut Examination<'_>) -> bool {
    let is_wide = head.starts_with(b"\xFF\xFE") || head.starts_with(b"\xFE\xFF");
    let base = base(x.name());
    let is_longer = || content.len() > head.len() as u64 && begins_as_settings(head);
    let is_read = is_wide || format == Format::Text && is_longer();
    if !is_read || !promises_nothing(&base) {
        return false;
    }
    let limit = x.limits.max_text_bytes;
    let text = content.read(0, usize::try_from(limit).unwrap_or(usize::MAX));
    let found = text.and_then(|text| {
        let is_word = |text: &str| SHOWN_BY.iter().any(|key| text.contains(key));
        Ok(shows(&encoding::decode(&text).text, &base) || screen::any_behind(content, limit, is_word)?)
    });
    found.unwrap_or_else(|error| {
        x.unreadable(&error);
        false
    })
}

fn promises_nothing(base: &str) -> bool {
    const PLAIN: [&str; 14] =
        ["", "bin", "pt", "pth", "ckpt", "pkl", "model", "weights", "dat", "data", "conf", "cfg", "config", "txt"];
    PLAIN.contains(&base.rsplit_once('.').map_or("", |(_, extension)| extension))
}

/// Whether a text begins with a bracket, or its first line that is no comment with a key or an item of YAML.
fn begins_as_settings(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    let is_comment = |line: &str| line.is_empty() || line.starts_with(['#', '%']) || line == "---";
    let first = text.trim_start_matches('\u{FEFF}').lines().map(str::trim).find(|line| !is_comment(line));
    first.is_some_and(|line| {
        let key = line.split_once(':').map(|(key, value)| (key.trim_matches(['"', '\'']), value));
        let is_key = |key: &str| !key.is_empty() && !key.contains(|c: char| c.is_whitespace() || c.is_control());
        line.starts_with(['{', '['])
            || line.starts_with("- ")
            || key.is_some_and(|(key, value)| is_key(key) && (value.is_empty() || value.starts_with(' ')))
    })
}

/// Looks at the text `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let limit = x.limits.max_text_bytes;
    let bytes = match content.read(0, usize::try_from(limit).unwrap_or(usize::MAX)) {
        Ok(bytes) => bytes,
        Err(error) => return x.unreadable(&error),
    };
    let decoded = encoding::decode(&bytes);
    let text = decoded.text;
    let name = x.name().to_owned();
    let outer = x.member().parts().iter().rev().skip(1).any(|part| part.ends_with(".nemo"));
    let file = File::new(&name, outer || x.file_name().ends_with(".nemo"));
    let is_of_model = file.is_of_model(&text) || is_of_archive(&file.base, x);
    let is_read = is_of_model || file.is_template() || served::is_one(&file.base) || screen::may_matter(&text);
    // The words are not looked for in characters of several bytes.
    let matters = || is_read || decoded.is_wide || screen::may_matter_behind(content, limit).unwrap_or(true);
    if content.len() > limit && matters() {
        x.limit_once("max-text-bytes", limit, "the rest of a configuration was not looked at");
    }
    let is_named = is_of_model || SHARED_NAMES.iter().any(|(name, _)| *name == file.base);
    // Members are handed to Python's reader as bytes, and it finds out; files are opened as UTF-8.
    let is_marked = decoded.is_wide || text.starts_with('\u{FEFF}');
    if is_of_model && !file.is_yaml && is_marked && x.member().depth() == 0 {
        x.gap(
            GapKind::Damaged,
            ByteRegion::new(0, content.len()),
            "this configuration is not plain UTF-8, as loaders read it",
        );
    } else if is_named && decoded.is_damaged {
        x.gap(GapKind::Damaged, ByteRegion::new(0, content.len()), "this configuration is not text in its encoding");
    }
    let before = x.fact_count();
    if file.is_template() {
        x.is_of(Format::Template);
        template::examine_file(&text, file.purpose(), x);
    } else if served::is_one(&file.base) {
        served::examine(&text, &file.base, x);
    } else if file.base == PICKLE_MODULE {
        imports::pickle_module(&text, x);
    } else if is_read || is_readable_vocabulary(&file.base, &text) {
        let is_of_model = is_of_model || VOCABULARIES.contains(&file.base.as_str());
        document(&text, &file, is_of_model, x);
    } else if (is_named || matches!(&*file.base, "config.yaml" | "config.yml"))
        && nests_deeper(&text, x.limits.max_bracket_depth)
    {
        too_much(x);
    }
    if file.base.ends_with(".json") && !is_of_model && content.len() <= limit && !x.has_gap_here() {
        let is_strict = VOCABULARIES.contains(&file.base.as_str());
        let wide = decoded.is_wide.then_some((0, "it is not UTF-8"));
        let damaged = decoded.is_damaged.then_some((0, "it is no text in its encoding"));
        if let Some((at, fault)) =
            damaged.or(wide).or_else(|| loose::fault(&text, is_strict, x.limits.max_bracket_depth))
        {
            let region = ByteRegion::new(at as u64, text.len() as u64);
            x.gap(GapKind::Loose, region, format!("this is not valid JSON: {fault}"));
        }
    }
    if !decoded.is_exact {
        // Places in the text are not those in the file.
        x.place_since(before, ByteRegion::new(0, content.len()));
    }
}

/// Whether brackets outside of strings nest deeper than `most` levels.
fn nests_deeper(text: &str, most: u32) -> bool {
    let (mut depth, mut is_text, mut is_escaped) = (0_u32, false, false);
    for byte in text.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = is_text,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => depth += 1,
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > most {
            return true;
        }
    }
    false
}

/// Files of models that may be very long and hold nothing to look for.
const VOCABULARIES: [&str; 3] = ["tokenizer.json", "vocab.json", "added_tokens.json"];

/// Whether such a file is short, or its brackets do not close, so that it is worth reading for what is wrong.
fn is_readable_vocabulary(base: &str, text: &str) -> bool {
    VOCABULARIES.contains(&base) && (text.len() <= loose::SHORT_BYTES || !json::closes(text))
}

/// Reads a text by its syntax and looks at each document in it.
fn document(text: &str, file: &File<'_>, is_of_model: bool, x: &mut Examination<'_>) {
    // What is no model's own and holds nothing telling is not worth a notice.
    let matters = || is_of_model || screen::is_telling(text);
    if !file.is_yaml {
        match json::parse(text, x.limits.max_bracket_depth) {
            Ok(root) => {
                if let Some(at) = json::control_character(text).filter(|_| is_of_model) {
                    let region = ByteRegion::new(at as u64, at as u64 + 1);
                    x.gap(
                        GapKind::Damaged,
                        region,
                        "this configuration has a control character in a string, which is no JSON",
                    );
                }
                return documents(std::slice::from_ref(&root), file, is_of_model, x);
            }
            Err(error) if error.kind != JsonErrorKind::Invalid => {
                if matters() {
                    too_much(x);
                }
                return lines::targets(text, 0, &FxHashSet::default(), x);
            }
            Err(error) if is_of_model => {
                let region = ByteRegion::new(error.offset.into(), text.len() as u64);
                x.gap(GapKind::Damaged, region, format!("this configuration is not valid JSON: {}", error.message));
            }
            Err(_) => {}
        }
    }
    // JSON with comments or commas too many is often YAML.
    let yaml = faults::read(text, x.limits.max_bracket_depth);
    read_yaml(text, &yaml, file, is_of_model, x);
    tell_unread(text, &yaml, file, is_of_model, x);
    // A comment of YAML 1.2 may be several lines of YAML 1.1.
    if let Some(text) = faults::with_line_feeds(text) {
        let other = faults::read(&text, x.limits.max_bracket_depth);
        if other.documents != yaml.documents {
            read_yaml(&text, &other, file, is_of_model, x);
        }
    }
}

/// Looks at the documents of a text, what precedes a fault in any case, and at lines that could not be read.
fn read_yaml(text: &str, yaml: &Yaml<'_>, file: &File<'_>, is_of_model: bool, x: &mut Examination<'_>) {
    documents(&yaml.documents, file, is_of_model, x);
    let keys = yaml.documents.iter().flat_map(tree::entries);
    let targets = keys.filter(|entry| entry.key == "_target_").map(|entry| entry.key_region.start).collect();
    match &yaml.stopped {
        Some(Stopped::Limit(at) | Stopped::Invalid(at, _)) => lines::targets(text, *at, &targets, x),
        None if !file.is_yaml && targets.is_empty() => lines::targets(text, 0, &targets, x),
        None => {}
    }
}

fn too_much(x: &mut Examination<'_>) {
    let limit = x.limits.max_bracket_depth.into();
    x.limit_once("max-bracket-depth", limit, "a configuration nests, repeats or holds too much to be read whole");
}

/// Says so if a text was not read to its end, and that matters.
fn tell_unread(text: &str, yaml: &Yaml<'_>, file: &File<'_>, is_of_model: bool, x: &mut Examination<'_>) {
    match &yaml.stopped {
        Some(Stopped::Limit(_)) if is_of_model || screen::is_telling(text) => too_much(x),
        Some(Stopped::Invalid(at, message)) if file.is_yaml => {
            // YAML is often made of templates, which are none.
            if is_of_model || !faults::is_template(text, *at) && screen::is_telling(text) {
                let region = ByteRegion::new((*at).into(), text.len() as u64);
                x.gap(GapKind::Damaged, region, format!("this configuration is not YAML: {message}"));
            }
        }
        Some(_) | None => {}
    }
}

/// Lets every reader of keys look at the documents of a text.
fn documents(roots: &[Json<'_>], file: &File<'_>, is_of_model: bool, x: &mut Examination<'_>) {
    roots.iter().for_each(|root| keys(root, file, is_of_model, x));
    yolo::downloads(roots, x);
}

/// Lets every reader of keys look at one document.
fn keys(root: &Json<'_>, file: &File<'_>, is_of_model: bool, x: &mut Examination<'_>) {
    targets::examine(root, file, x);
    tags::examine(root, file, x);
    // JSON is data; where YAML is, commands are.
    let commands = if file.is_yaml { commands::examine(root, x) } else { Default::default() };
    hub::examine(root, file, &commands, x);
    components::examine(root, file, x);
    imports::examine(root, file, x);
    yolo::models(root, x);
    skops::examine(root, x);
    if file.base == "schema.json" && is_of_archive(&file.base, x) {
        skops::whole(root, x);
    }
    chat::examine(root, x);
    pickles::examine(root, x);
    if is_keras(root) {
        super::keras::examine_tree(root, x);
    } else if is_of_archive(&file.base, x) || is_of_model && has_keys(&file.base) {
        shape(root, x);
    }
}

/// Whether a loader takes a file of this name for keys and values. YAML may be an object of Python's.
fn has_keys(base: &str) -> bool {
    const OF_YAML: [&str; 2] = ["mlmodel", "model_config.yaml"];
    matches!(base, "config.json" | "tokenizer.json")
        || MODEL_FILES.contains(&base) && (base.ends_with(".json") || OF_YAML.contains(&base))
}

/// Tells a model's own configuration that has another form than its loader takes.
fn shape(root: &Json<'_>, x: &mut Examination<'_>) {
    const TEXTS: [&str; 2] = ["model_type", "peft_type"];
    // `tokenizers/src/models/mod.rs`.
    const TOKENIZERS: [&str; 4] = ["BPE", "WordPiece", "WordLevel", "Unigram"];
    if !matches!(root.value, JsonValue::Object(_)) {
        return x.gap(GapKind::Damaged, tree::bytes(root.region), "this configuration holds no keys and values");
    }
    for entry in root.entries().iter().filter(|entry| TEXTS.contains(&&*entry.key)) {
        if !matches!(entry.value.value, JsonValue::Text(_) | JsonValue::Null) {
            let told = format!("the `{}` of this configuration is no text", entry.key);
            x.gap(GapKind::Damaged, tree::bytes(entry.value.region), told);
        }
    }
    let kind = root.get("model").filter(|_| root.get("pre_tokenizer").is_some()).and_then(|model| model.get("type"));
    if let Some(kind) = kind.filter(|kind| kind.as_text().is_none_or(|kind| !TOKENIZERS.contains(&kind))) {
        x.gap(GapKind::Damaged, tree::bytes(kind.region), "the model of this tokenizer is of no known type");
    }
}

/// Whether this is what `model.to_json()` writes, or the part of it in a `.keras` file.
fn is_keras(root: &Json<'_>) -> bool {
    let model = root.get("modelTopology").and_then(|topology| topology.get("model_config")).unwrap_or(root);
    model.text("class_name").is_some() && model.get("config").is_some()
}
