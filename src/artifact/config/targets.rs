//! Hydra, NeMo, Lightning and their kin: a mapping names a class or function and what to call it with.
//!
//! Comes in: a document's tree. Goes out: references of the kind [`ReferenceKind::HydraTarget`], one a mapping, at any
//! depth. NeMo's case is CVE-2025-23304.

use super::super::Examination;
use super::super::json::{Json, JsonValue};
use super::File;
use super::lookup::Lookup;
use super::tree::{all, datum, each, is_dotted, keywords, positional, refer};
use crate::fact::artifact::ReferenceKind;
use crate::fact::pickle::Datum;

/// Keys of Hydra that are no arguments.
const HYDRA_KEYS: [&str; 6] = ["_target_", "_args_", "_recursive_", "_convert_", "_partial_", "_requires_"];

/// Of equal keys in one mapping the last is what loaders take; so many of the last are told with what they call.
const MOST_ALIKE: usize = 8;
/// Values of arguments that `${…}` may repeat in one document.
const MAX_RESOLVED: usize = 100_000;
/// How often one `${…}` may lead to another.
const MAX_STEPS: usize = 8;
/// What `${…}` makes longer than this is no name.
const MAX_NAME: usize = 1_024;

/// Looks at every mapping of a document.
pub(super) fn examine(root: &Json<'_>, file: &File<'_>, x: &mut Examination<'_>) {
    let mut settings = Settings { root, keys: Lookup::default(), left: MAX_RESOLVED };
    let by_params = file.is_nemo || (file.is_yaml && all(root).any(|value| has_params(value) && is_made(value)));
    for value in all(root).filter(|value| !value.entries().is_empty()) {
        hydra(value, &mut settings, x);
        lightning(value, x);
        if by_params {
            latent_diffusion(value, file, x);
        }
    }
    if settings.left == 0 {
        super::too_much(x);
    }
}

/// `_target_`, with the other keys as arguments.
fn hydra(value: &Json<'_>, settings: &mut Settings<'_, '_>, x: &mut Examination<'_>) {
    let names: Vec<_> = each(value, "_target_").filter_map(|target| Some((target.as_text()?, target.region))).collect();
    if names.is_empty() {
        return;
    }
    let mut arguments = value.get("_args_").map(positional).unwrap_or_default();
    arguments.extend(keywords(value, &HYDRA_KEYS));
    arguments.iter_mut().for_each(|(_, value)| settings.resolve_datum(value));
    let plain = names.len().saturating_sub(MOST_ALIKE);
    for (index, (name, region)) in names.into_iter().enumerate() {
        let arguments = if index < plain { Vec::new() } else { arguments.clone() };
        refer(ReferenceKind::HydraTarget, settings.resolved(name.trim()), arguments, region, x);
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

/// What `${…}` stands for in one document.
struct Settings<'j, 't> {
    root: &'j Json<'t>,
    keys: Lookup<'j, 't>,
    /// How many values arguments may still repeat.
    left: usize,
}

impl<'j, 't> Settings<'j, 't> {
    /// What stands at `a.b`.
    fn at(&mut self, path: &str) -> Option<&'j Json<'t>> {
        path.split('.').try_fold(self.root, |value, part| self.keys.get(value, part))
    }

    /// `name` with `${a.b}` replaced by what stands there, as OmegaConf does; what cannot be found stays.
    fn resolved(&mut self, name: &str) -> String {
        let mut name = name.to_owned();
        for _ in 0..MAX_STEPS {
            let Some(start) = name.rfind("${") else { break };
            let Some(length) = name[start..].find('}') else { break };
            let found = self.at(name[start + 2..start + length].trim()).and_then(Json::as_text);
            let Some(text) = found.filter(|text| text.len() <= MAX_NAME) else { break };
            name.replace_range(start..=start + length, text);
            if name.len() > MAX_NAME {
                break;
            }
        }
        name
    }

    /// An argument that is nothing but `${…}` is what stands there.
    fn resolve_datum(&mut self, value: &mut Datum) {
        let Datum::Text { start, .. } = &value else { return };
        let path = start.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
        if self.left > 0
            && let Some(found) = path.and_then(|path| self.at(path))
        {
            *value = datum(found);
            self.left = self.left.saturating_sub(count(value));
        }
    }
}

/// How many values an argument is made of.
fn count(value: &Datum) -> usize {
    match value {
        Datum::List(items) => 1 + items.iter().map(count).sum::<usize>(),
        Datum::Dict(entries) => 1 + entries.iter().map(|(_, value)| 1 + count(value)).sum::<usize>(),
        _ => 1,
    }
}
