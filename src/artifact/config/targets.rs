//! Hydra, NeMo, Lightning and their kin: a mapping names a class or function and what to call it with.
//!
//! Comes in: a document's tree. Goes out: references of the kind [`ReferenceKind::HydraTarget`], one a mapping, at any
//! depth. NeMo's case is CVE-2025-23304.

use super::super::Examination;
use super::super::json::{Json, JsonValue};
use super::File;
use super::tree::{all, datum, is_dotted, keywords, positional, refer};
use crate::fact::artifact::ReferenceKind;
use crate::fact::pickle::Datum;

/// Keys of Hydra that are no arguments.
const HYDRA_KEYS: [&str; 6] = ["_target_", "_args_", "_recursive_", "_convert_", "_partial_", "_requires_"];

/// How often one `${…}` may lead to another.
const MAX_STEPS: usize = 8;
/// A name that `${…}` made longer than this is none.
const MAX_NAME: usize = 1_024;

/// Looks at every mapping of a document.
pub(super) fn examine(root: &Json<'_>, file: &File<'_>, x: &mut Examination<'_>) {
    let by_params = file.is_nemo || (file.is_yaml && all(root).any(|value| has_params(value) && is_made(value)));
    for value in all(root).filter(|value| !value.entries().is_empty()) {
        hydra(value, root, x);
        lightning(value, x);
        if by_params {
            latent_diffusion(value, file, x);
        }
    }
}

/// `_target_`, with the other keys as arguments.
fn hydra(value: &Json<'_>, root: &Json<'_>, x: &mut Examination<'_>) {
    for entry in value.entries().iter().filter(|entry| entry.key == "_target_") {
        let Some(name) = entry.value.as_text() else { continue };
        let mut arguments = value.get("_args_").map(positional).unwrap_or_default();
        arguments.extend(keywords(value, &HYDRA_KEYS));
        arguments.iter_mut().for_each(|(_, value)| resolve_datum(value, root));
        refer(ReferenceKind::HydraTarget, resolved(name.trim(), root), arguments, entry.value.region, x);
    }
}

/// `class_path` and `init_args`.
fn lightning(value: &Json<'_>, x: &mut Examination<'_>) {
    let Some(class) = value.get("class_path") else { return };
    let Some(name) = class.as_text().map(str::trim).filter(|name| is_dotted(name)) else { return };
    let own = ["class_path", "init_args", "dict_kwargs"];
    if value.get("init_args").is_none() && value.entries().iter().any(|entry| !own.contains(&entry.key.as_ref())) {
        return;
    }
    let arguments = [value.get("init_args"), value.get("dict_kwargs")];
    let arguments = arguments.into_iter().flatten().flat_map(|arguments| keywords(arguments, &[])).collect();
    refer(ReferenceKind::HydraTarget, name, arguments, class.region, x);
}

/// `target` and `params`: latent diffusion and NeMo. `target` alone means many things elsewhere.
fn latent_diffusion(value: &Json<'_>, file: &File<'_>, x: &mut Examination<'_>) {
    if !has_target(value) || !(file.is_nemo || is_made(value)) {
        return;
    }
    let Some(target) = value.get("target") else { return };
    let arguments = match value.get("params") {
        Some(params) => keywords(params, &[]),
        None => keywords(value, &["target"]),
    };
    refer(ReferenceKind::HydraTarget, target.as_text().unwrap_or_default().trim(), arguments, target.region, x);
}

fn has_target(value: &Json<'_>) -> bool {
    value.text("target").is_some_and(|name| is_dotted(name.trim()))
}

/// Whether a mapping with a `target` makes an object of it: the target is a class, or there is nothing else but its
/// parameters.
fn is_made(value: &Json<'_>) -> bool {
    let Some(name) = value.text("target").map(str::trim).filter(|name| is_dotted(name)) else { return false };
    let is_class = name.rsplit('.').next().is_some_and(|last| last.starts_with(char::is_uppercase));
    let has_others = value.entries().iter().any(|entry| !matches!(entry.key.as_ref(), "target" | "params"));
    (is_class && has_params(value)) || !has_others
}

fn has_params(value: &Json<'_>) -> bool {
    value.get("params").is_some_and(|params| matches!(params.value, JsonValue::Object(_) | JsonValue::Null))
}

/// `name` with `${a.b}` replaced by what stands there, as OmegaConf does; what cannot be found stays.
fn resolved(name: &str, root: &Json<'_>) -> String {
    let mut name = name.to_owned();
    for _ in 0..MAX_STEPS {
        let Some(start) = name.rfind("${") else { break };
        let Some(length) = name[start..].find('}') else { break };
        let path = name[start + 2..start + length].trim();
        let mut value = Some(root);
        for part in path.split('.') {
            value = value.and_then(|value| value.get(part));
        }
        let Some(text) = value.and_then(Json::as_text) else { break };
        name.replace_range(start..=start + length, text);
        if name.len() > MAX_NAME {
            break;
        }
    }
    name
}

/// An argument that is nothing but `${…}` is what stands there.
fn resolve_datum(value: &mut Datum, root: &Json<'_>) {
    let Datum::Text { start, .. } = &value else { return };
    let path = start.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let found = path.and_then(|path| path.split('.').try_fold(root, |value, part| value.get(part)));
    if let Some(found) = found {
        *value = datum(found);
    }
}
