//! Files that list parts of a model by module and class: sentence-transformers, diffusers, PEFT, MLflow, TorchServe,
//! axolotl, onnxruntime-genai, and indexes of weight files.
//!
//! Comes in: a document's tree and its file's name. Goes out: references and observations.

use super::super::Examination;
use super::super::container::path::leads_out;
use super::super::json::{Json, JsonValue};
use super::File;
use super::tree::{all, is_dotted, refer, shown};
use crate::fact::artifact::{ObservationKind, ReferenceKind};

/// Libraries whose classes the loaders of diffusers and PEFT know themselves.
const LIBRARIES: [&str; 9] = [
    "diffusers",
    "transformers",
    "peft",
    "timm",
    "onnxruntime",
    "optimum",
    "sentence_transformers",
    "flax",
    "k_diffusion",
];

/// Modules of `diffusers.pipelines` that `model_index.json` names without their package.
const PIPELINES: [&str; 15] = [
    "stable_diffusion",
    "stable_diffusion_safe",
    "stable_diffusion_xl",
    "latent_diffusion",
    "paint_by_example",
    "versatile_diffusion",
    "alt_diffusion",
    "deepfloyd_if",
    "audioldm2",
    "unidiffuser",
    "wuerstchen",
    "stable_cascade",
    "stable_audio",
    "shap_e",
    "kandinsky",
];

/// Looks at what the file's name or its keys say it lists.
pub(super) fn examine(root: &Json<'_>, file: &File<'_>, x: &mut Examination<'_>) {
    sentence_transformers(root, x);
    if is_pipeline(root, file) {
        diffusers(root, x);
    }
    if let Some(auto_mapping) = root.get("auto_mapping") {
        peft(auto_mapping, x);
    }
    if let Some(flavors) = root.get("flavors") {
        mlflow(flavors, x);
    }
    if root.get("base_model").is_some() || root.get("model_name_or_path").is_some() {
        plugins(root, x);
    }
    torchserve(root, x);
    outside_files(root, x);
    if file.base.ends_with(".index.json")
        && let Some(weights) = root.get("weight_map")
    {
        weights.entries().iter().filter_map(|one| one.value.as_text()).for_each(|path| x.beside_some(path));
    }
}

/// `modules.json`: a list of steps, each with the class that does it.
fn sentence_transformers(root: &Json<'_>, x: &mut Examination<'_>) {
    for step in root.items().iter().filter(|step| step.get("idx").is_some() || step.get("path").is_some()) {
        let Some(class) = step.get("type") else { continue };
        if let Some(path) = step.get("path") {
            outside(path, "a part of the model from ", x);
        }
        let Some(name) = class.as_text().filter(|name| !name.starts_with("sentence_transformers.")) else { continue };
        refer(ReferenceKind::ModuleType, name, Vec::new(), class.region, x);
    }
}

/// Whether diffusers takes this for the index of a pipeline. The settings of one component (`config.json` beside its
/// weights) look alike, but their lists of two names are no library and class: `down_block_types`.
fn is_pipeline(root: &Json<'_>, file: &File<'_>) -> bool {
    let Some(class) = root.get("_class_name") else { return false };
    let is_index =
        matches!(file.base.as_str(), "model_index.json" | "modular_model_index.json" | "modular_config.json");
    let names_pipeline = class.as_text().is_none_or(|name| name.contains("Pipeline") || name.ends_with("Blocks"));
    is_index || (root.get("_diffusers_version").is_some() && names_pipeline && file.base != "config.json")
}

/// `model_index.json`: components as `[library, class]`, the pipeline itself too if its code is in the repository.
fn diffusers(root: &Json<'_>, x: &mut Examination<'_>) {
    for entry in root.entries() {
        let [library, class] = entry.value.items() else { continue };
        let (Some(module), Some(class)) = (library.as_text(), class.as_text()) else { continue };
        let first = module.split('.').next().unwrap_or(module);
        if LIBRARIES.contains(&first) || PIPELINES.contains(&module) {
            continue;
        }
        refer(ReferenceKind::PipelineComponent, format!("{module}.{class}"), Vec::new(), entry.value.region, x);
    }
}

/// `adapter_config.json`: the class of the base model, imported from any library.
fn peft(auto_mapping: &Json<'_>, x: &mut Examination<'_>) {
    let Some(library) = auto_mapping.get("parent_library") else { return };
    let Some(module) = library.as_text() else { return };
    if LIBRARIES.contains(&module.split('.').next().unwrap_or(module)) {
        return;
    }
    let class = auto_mapping.text("base_model_class").unwrap_or_default();
    let name = if class.is_empty() { module.to_owned() } else { format!("{module}.{class}") };
    refer(ReferenceKind::LoaderModule, name, Vec::new(), library.region, x);
}

/// `MLmodel`: the module that loads the model, code that is put on the path, files.
fn mlflow(flavors: &Json<'_>, x: &mut Examination<'_>) {
    for flavor in flavors.entries() {
        let flavor = &flavor.value;
        let environments = flavor.get("env").map(Json::entries).unwrap_or_default();
        environments.iter().filter_map(|one| one.value.as_text()).for_each(|path| x.beside_if_kept(path));
        if let Some(module) = flavor.get("loader_module")
            && let Some(name) = module.as_text().filter(|name| !name.starts_with("mlflow."))
        {
            refer(ReferenceKind::LoaderModule, name, Vec::new(), module.region, x);
        }
        let script = ["model_code_path", "python_model", "model_code"].iter().find_map(|key| flavor.get(key));
        if let Some(script) = script
            && let Some(path) = script.as_text().filter(|path| path.ends_with(".py"))
        {
            let subject = format!("`{}` runs when the model is loaded", shown(path));
            x.observe_text(ObservationKind::PythonSource, script.region, subject);
        }
        for key in ["data", "code", "pickled_model", "python_model", "model_path", "path", "model_data"] {
            if let Some(path) = flavor.get(key) {
                outside(path, "", x);
                path.as_text().filter(|_| key != "code").into_iter().for_each(|path| x.beside_some(path));
            }
        }
    }
}

/// axolotl and LLaMA-Factory: classes that are imported into the training.
fn plugins(root: &Json<'_>, x: &mut Examination<'_>) {
    let listed = root.get("plugins").map(Json::items).unwrap_or_default();
    for value in listed.iter().chain(root.get("trainer_cls")) {
        if let Some(name) = value.as_text().filter(|name| is_dotted(name) && !name.starts_with("axolotl.")) {
            refer(ReferenceKind::Plugin, name, Vec::new(), value.region, x);
        }
    }
}

/// Handlers that TorchServe brings along.
const BUILT_IN_HANDLERS: [&str; 5] =
    ["image_classifier", "image_segmenter", "object_detector", "text_classifier", "text_generator"];

/// `MAR-INF/MANIFEST.json`: the handler, and what it is given.
fn torchserve(root: &Json<'_>, x: &mut Examination<'_>) {
    let Some(model) = root.get("model").filter(|model| model.get("handler").is_some()) else { return };
    if root.get("archiverVersion").is_none()
        && model.get("serializedFile").is_none()
        && model.get("modelFile").is_none()
    {
        return;
    }
    if let Some(handler) = model.get("handler")
        && let Some(name) = handler.as_text().filter(|name| !BUILT_IN_HANDLERS.contains(name))
    {
        refer(ReferenceKind::Handler, name, Vec::new(), handler.region, x);
    }
    for key in ["handler", "serializedFile", "modelFile", "requirementsFile", "extraFiles"] {
        if let Some(path) = model.get(key) {
            outside(path, "", x);
        }
    }
    for file in ["serializedFile", "modelFile"].iter().filter_map(|key| model.text(key)).filter(|file| !file.is_empty())
    {
        x.need(file);
    }
    if let Some(file) = model.get("requirementsFile").filter(|file| file.as_text().is_some_and(|name| !name.is_empty()))
    {
        let subject =
            format!("`{}` is installed before the model is loaded", shown(file.as_text().unwrap_or_default()));
        x.observe_text(ObservationKind::Requirements, file.region, subject);
    }
}

/// Native operators, and weights, by paths of the file's choosing.
fn outside_files(root: &Json<'_>, x: &mut Examination<'_>) {
    for value in all(root) {
        for entry in value.entries() {
            match (entry.key.as_ref(), &entry.value.value) {
                ("custom_ops_library", JsonValue::Text(path)) if !path.is_empty() => {
                    let subject = format!("`custom_ops_library` loads `{}`", shown(path));
                    x.observe_text(ObservationKind::NativeLibrary, entry.value.region, subject);
                }
                ("weight_map", JsonValue::Object(files)) => {
                    files.iter().for_each(|file| outside(&file.value, "weights from ", x));
                }
                _ => {}
            }
        }
    }
}

/// A path that leaves the folder of the model.
pub(super) fn outside(path: &Json<'_>, what: &str, x: &mut Examination<'_>) {
    let Some(name) = path.as_text() else { return };
    if leads_out(name) || name.contains("://") {
        x.observe_text(ObservationKind::ExternalDataEscape, path.region, format!("{what}`{}`", shown(name)));
    }
}
