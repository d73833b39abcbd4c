//! Keys of libraries' own configurations whose values are names that the library imports: sentence-transformers, PEFT,
//! GluonTS, MLflow, mmengine, BentoML, Haystack, pyannote, and Fiddle, which NeMo 2 writes.
//!
//! Comes in: a document's tree and its file's name. Goes out: references at the names. Each reader names the function
//! of the library that follows the name; what the name may be is a list's business
//! (`rules/artifact/globals/references.toml`).

use super::super::Examination;
use super::super::json::{Json, JsonEntry, JsonValue};
use super::File;
use super::tree::{all_inside, each, is_dotted, keywords, positional, refer, shown, texts};
use crate::fact::artifact::{ObservationKind, ReferenceKind};
use crate::text::Region;

/// Looks at every key of a document.
pub(super) fn examine(root: &Json<'_>, file: &File<'_>, x: &mut Examination<'_>) {
    for (value, collected) in all_inside(root, Collected::default(), Collected::entry) {
        let mut is_joint = false;
        for entry in value.entries() {
            named(entry, collected, file, x);
            is_joint |= JOINT_KEYS.contains(&entry.key.as_ref());
        }
        if is_joint {
            named_together(value, x);
        }
    }
}

/// Below which keys a value stands whose texts were all looked at there.
#[derive(Debug, Clone, Copy, Default)]
struct Collected {
    imports: bool,
    bases: bool,
}

impl Collected {
    fn entry(self, key: &str) -> Self {
        Self { imports: self.imports || key == "custom_imports", bases: self.bases || key == "_base_" }
    }
}

/// What a key names, if it is one that a library follows by itself.
fn named(entry: &JsonEntry<'_>, collected: Collected, file: &File<'_>, x: &mut Examination<'_>) {
    let value = &entry.value;
    match entry.key.as_ref() {
        // sentence-transformers: `Dense.load` in `base/modules/dense.py`, `CrossEncoder._resolve_activation_fn` and, before
        // that, `CrossEncoder.__init__` in `cross_encoder/`: `import_from_string(name)()`. transformers has names without
        // dots under the first of these keys.
        "activation_function" | "sbert_ce_default_activation_function" | "activation_fn" => name_at(value, x),
        // sentence-transformers: `WordEmbeddings.load`; transformers has class names without dots there.
        "tokenizer_class" => name_at(value, x),
        // GluonTS: `Predictor.deserialize` in `model/predictor.py`.
        "type" if file.base == "gluonts-config.json" => name_at(value, x),
        // MLflow: `mlflow.tensorflow._load_model`, `mlflow.xgboost._load_model`, `mlflow.spark._load_spark_connect_model`.
        "keras_module" if file.base == "mlmodel" => module_at(value, x),
        "model_class" if file.base == "mlmodel" => name_at(value, x),
        // MLflow: `_add_code_from_conf_to_system_path` in `utils/model_utils.py`.
        "code" if file.base == "mlmodel" => code_folder(value, x),
        // mmengine, and mmcv before it: `Config.fromfile` in `config/config.py`, of JSON and YAML too.
        "custom_imports" if !collected.imports => texts(value).for_each(|(name, region)| module(name, region, x)),
        "_base_" if !collected.bases => base_files(value, x),
        // pyannote.audio: `Pipeline.from_pretrained` in `core/pipeline.py`, `get_class_by_name`.
        "pipeline" | "preprocessors" => pyannote(value, x),
        _ => {}
    }
}

/// A folder of the model that is put before the installed packages. What is in an archive is read there.
fn code_folder(value: &Json<'_>, x: &mut Examination<'_>) {
    if let Some(folder) = value.as_text().filter(|folder| !folder.is_empty() && x.member().depth() == 0) {
        x.observe_text(ObservationKind::CodeFolder, value.region, folder);
    }
}

/// Keys that a library follows if others stand beside them.
const JOINT_KEYS: [&str; 6] = ["types", "megatron_core", "__kind__", "module", "init_parameters", "type"];

/// What keys of one object name together. Each is looked for once, however often it stands there.
fn named_together(object: &Json<'_>, x: &mut Examination<'_>) {
    let has = |key: &str| object.get(key).is_some();
    // sentence-transformers: `Router.load` in `base/modules/router.py`, once `Asym`: a class for each part.
    if has("structure") {
        each(object, "types").flat_map(Json::entries).for_each(|part| name_at(&part.value, x));
    }
    // PEFT: `dispatch_megatron` in `tuners/lora/tp_layer.py`, which looks at it if there is a configuration for it.
    if object.get("megatron_config").is_some_and(is_given) {
        each(object, "megatron_core").for_each(|value| module_at(value, x));
    }
    // GluonTS: `decode` in `core/serde/_base.py` locates the class and makes it of the arguments.
    if has("__kind__") {
        gluonts(object, x);
    }
    // BentoML: `ModelInfo.imported_module` in `_internal/models/model.py`.
    if has("api_version") && has("signatures") {
        each(object, "module").for_each(|value| module_at(value, x));
    }
    // Haystack: `Pipeline.from_dict` imports the module of a component that is not registered yet.
    if let Some(class) = object.get("type") {
        each(object, "init_parameters").for_each(|parameters| haystack(class, parameters, x));
    }
    // Fiddle: `Deserialization._deserialize_pyref` in `_src/experimental/serialization.py`; NeMo 2 loads `io.json` so.
    if each(object, "type").any(|value| value.as_text() == Some("pyref")) {
        pyref(object, x);
    }
}

/// The name of a module, all that the text holds.
pub(super) fn pickle_module(text: &str, x: &mut Examination<'_>) {
    let name = text.trim();
    let start = u32::try_from(text.len() - text.trim_start().len()).unwrap_or(u32::MAX);
    let end = start.saturating_add(u32::try_from(name.len()).unwrap_or(u32::MAX));
    if !name.is_empty() {
        refer(ReferenceKind::ImportedModule, name, Vec::new(), Region::new(start, end), x);
    }
}

/// Whether Python takes a value for true.
fn is_given(value: &Json<'_>) -> bool {
    match &value.value {
        JsonValue::Null | JsonValue::Bool(false) => false,
        JsonValue::Number(digits) => digits.parse::<f64>() != Ok(0.0),
        JsonValue::Text(text) => !text.is_empty(),
        JsonValue::Array(items) => !items.is_empty(),
        JsonValue::Object(entries) => !entries.is_empty(),
        JsonValue::Bool(true) => true,
    }
}

/// Whether a text can be the name of a module and what is in it; modules may have any name but for the dots.
fn is_path(name: &str) -> bool {
    name.len() < 256
        && name.split('.').count() > 1
        && name.split('.').all(|part| !part.is_empty() && !part.contains(['/', '\\', ' ', '\n']))
}

/// A class or function by its whole name.
fn name_at(value: &Json<'_>, x: &mut Examination<'_>) {
    if let Some(name) = value.as_text().map(str::trim).filter(|name| is_path(name)) {
        refer(ReferenceKind::ConfiguredName, name, Vec::new(), value.region, x);
    }
}

fn module_at(value: &Json<'_>, x: &mut Examination<'_>) {
    if let Some(name) = value.as_text() {
        module(name, value.region, x);
    }
}

fn module(name: &str, region: Region, x: &mut Examination<'_>) {
    let name = name.trim();
    if is_path(name) || (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')) {
        refer(ReferenceKind::ImportedModule, name, Vec::new(), region, x);
    }
}

/// `{"__kind__": …, "class": name, "args": …, "kwargs": …}`.
fn gluonts(object: &Json<'_>, x: &mut Examination<'_>) {
    let Some(class) = object.get("class") else { return };
    let Some(name) = class.as_text().map(str::trim).filter(|name| !name.is_empty()) else { return };
    let mut arguments = object.get("args").map(positional).unwrap_or_default();
    arguments.extend(object.get("kwargs").map(|named| keywords(named, &[])).unwrap_or_default());
    // `pydoc.locate` looks a name without dots up among Python's own.
    let name = if name.contains('.') { name.to_owned() } else { format!("builtins.{name}") };
    refer(ReferenceKind::ConfiguredName, name, arguments, class.region, x);
}

/// Python files that a configuration builds on are run.
fn base_files(value: &Json<'_>, x: &mut Examination<'_>) {
    for (path, region) in texts(value).filter(|(path, _)| path.ends_with(".py")) {
        let subject = format!("`{}` runs when this configuration is read", shown(path));
        x.observe_text(ObservationKind::PythonSource, region, subject);
    }
}

/// `type` and `init_parameters`.
fn haystack(class: &Json<'_>, parameters: &Json<'_>, x: &mut Examination<'_>) {
    if let Some(name) = class.as_text().filter(|name| is_dotted(name)) {
        refer(ReferenceKind::HydraTarget, name, keywords(parameters, &[]), class.region, x);
    }
}

/// `pipeline: {name, params}`, and several of the kind.
fn pyannote(value: &Json<'_>, x: &mut Examination<'_>) {
    for part in std::iter::once(value).chain(value.entries().iter().map(|entry| &entry.value)) {
        let (Some(class), Some(parameters)) = (part.get("name"), part.get("params")) else { continue };
        if let Some(name) = class.as_text().filter(|name| is_dotted(name)) {
            refer(ReferenceKind::ConfiguredName, name, keywords(parameters, &[]), class.region, x);
        }
    }
}

/// `{"type": "pyref", "module": module, "name": name}`.
fn pyref(object: &Json<'_>, x: &mut Examination<'_>) {
    let (Some(module), Some(name)) = (object.text("module"), object.get("name")) else { return };
    if let Some(last) = name.as_text() {
        refer(ReferenceKind::ConfiguredName, format!("{module}.{last}"), Vec::new(), name.region, x);
    }
}
