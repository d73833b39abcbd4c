//! The tree of a skops file (`schema.json`): each node names a class and the loader that makes an object of it.
//!
//! Comes in: a document's tree. Goes out: one reference a name, and nodes whose name is not what their loader makes, so
//! that a list of trusted names lets them pass (CVE-2025-54412, CVE-2025-54413).

use rustc_hash::FxHashSet;

use super::super::Examination;
use super::super::json::{Json, JsonValue};
use super::components::outside;
use super::tree::{all, bytes, datum, refer, shown};
use crate::fact::artifact::{GapKind, ObservationKind, ReferenceKind};
use crate::fact::pickle::{Callee, Datum, Route};

/// The loaders of skops 0.2 to 0.16.
const LOADERS: [&str; 29] = [
    "BytearrayNode",
    "BytesNode",
    "CachedNode",
    "ConstructorFromReduceNode",
    "DTypeNode",
    "DefaultDictNode",
    "DictNode",
    "FunctionNode",
    "JsonNode",
    "ListNode",
    "LossNode",
    "MaskedArrayNode",
    "MethodNode",
    "NdArrayNode",
    "ObjectNode",
    "OperatorFuncNode",
    "PartialNode",
    "QuantileForestNode",
    "RandomGeneratorNode",
    "RandomStateNode",
    "ReduceNode",
    "SGDNode",
    "SetNode",
    "SliceNode",
    "SparseMatrixNode",
    "TreeNode",
    "TupleNode",
    "TypeNode",
    "_DictWithDeprecatedKeysNode",
];

/// Says so if the schema of a skops file does not say what to make.
pub(super) fn whole(root: &Json<'_>, x: &mut Examination<'_>) {
    for key in ["__loader__", "protocol"].into_iter().filter(|key| root.get(key).is_none()) {
        x.gap(GapKind::Damaged, bytes(root.region), format!("the schema has no `{key}`"));
    }
}

/// Looks at every node.
pub(super) fn examine(root: &Json<'_>, x: &mut Examination<'_>) {
    let mut named = FxHashSet::default();
    let (mut ids, mut references) = (FxHashSet::default(), Vec::new());
    for node in all(root) {
        let Some(loader) = node.text("__loader__") else { continue };
        match node.get("__id__").map(|id| &id.value) {
            // It stands for the node with the same id.
            Some(JsonValue::Number(id)) if loader == "CachedNode" => references.push((node.region, id)),
            Some(JsonValue::Number(id)) => _ = ids.insert(id),
            _ => {}
        }
        if let Some(file) = node.get("file") {
            outside(file, "a member ", x);
            file.as_text().into_iter().for_each(|name| x.need(name));
        }
        if !LOADERS.contains(&loader) {
            x.gap(GapKind::Damaged, bytes(node.region), format!("`{}` is no loader of skops", shown(loader)));
        }
        let Some((module, class)) = name(node) else { continue };
        let made = made(loader, module, class, node);
        if let Some(subject) = forged(loader, module, class, node, &made) {
            let text = node.get("__module__").map_or(node.region, |module| module.region);
            x.observe_text(ObservationKind::DisguisedContent, text, subject);
        }
        // A model names one class for thousands of its parts.
        let arguments = arguments(loader, node);
        if named.insert((made.clone(), arguments.iter().map(|(_, value)| value.to_string()).collect::<Vec<_>>())) {
            let text = node.get("__class__").map_or(node.region, |class| class.region);
            refer(ReferenceKind::SkopsType, made, arguments, text, x);
        }
    }
    for (region, _) in references.into_iter().filter(|(_, id)| !ids.contains(id)) {
        x.gap(GapKind::Damaged, bytes(region), "a node stands for another that is not there");
    }
}

/// What the node calls itself.
fn name<'j>(node: &'j Json<'_>) -> Option<(&'j str, &'j str)> {
    Some((node.text("__module__")?, node.text("__class__")?))
}

/// What its loader makes of it.
fn made(loader: &str, module: &str, class: &str, node: &Json<'_>) -> String {
    let content = node.get("content");
    let function = content.and_then(|content| content.text("module_path").zip(content.text("function")));
    match (loader, function) {
        ("OperatorFuncNode", _) => format!("operator.{class}"),
        ("FunctionNode", Some((path, function))) => format!("{path}.{function}"),
        _ => format!("{module}.{class}"),
    }
}

/// What is called with something that matters: a `partial` with its function, an operator with its texts.
fn arguments(loader: &str, node: &Json<'_>) -> Vec<(String, Datum)> {
    let values: Vec<Datum> = match loader {
        "PartialNode" => {
            let function = node.get("content").and_then(|content| content.get("func"));
            let loader = function.and_then(|function| function.text("__loader__")).unwrap_or_default();
            let named = function.and_then(|function| Some((function, name(function)?)));
            let made = named.map(|(function, (module, class))| made(loader, module, class, function));
            made.map(|name| Datum::Global(callee(name))).into_iter().collect()
        }
        "OperatorFuncNode" => {
            let items = node.get("attrs").and_then(|attrs| attrs.get("content")).map(Json::items).unwrap_or_default();
            // A text among them is JSON in a string.
            items
                .iter()
                .take(8)
                .map(|item| item.get("content").map_or(Datum::Unknown, |text| unquoted(datum(text))))
                .collect()
        }
        _ => Vec::new(),
    };
    values.into_iter().map(|value| (String::new(), value)).collect()
}

fn callee(name: String) -> Callee {
    let module_length = name.rfind('.').unwrap_or(name.len());
    Callee { name, module_length, spelled: None, route: Route::Literal }
}

fn unquoted(value: Datum) -> Datum {
    match value {
        Datum::Text { start, length } => match start.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            Some(inner) => Datum::Text { start: inner.to_owned(), length: length.saturating_sub(2) },
            None => Datum::Unknown,
        },
        other => other,
    }
}

fn forged(loader: &str, module: &str, class: &str, node: &Json<'_>, made: &str) -> Option<String> {
    let content = node.get("content");
    match loader {
        // CVE-2025-54412
        "OperatorFuncNode" if module != "operator" && module != "_operator" => Some(format!(
            "an `OperatorFuncNode` says that it makes `{}`, and makes `{}`",
            shown(&format!("{module}.{class}")),
            shown(made)
        )),
        "FunctionNode"
            if content.and_then(|content| content.text("module_path")).is_some_and(|path| path != module) =>
        {
            Some(format!("a `FunctionNode` says that it comes from `{}`, and gives `{}`", shown(module), shown(made)))
        }
        // CVE-2025-54413
        "MethodNode" => {
            let object = content.and_then(|content| content.get("obj"))?;
            let method = content.and_then(|content| content.text("func")).unwrap_or_default();
            // Modules may differ: `numpy.random` exports what `numpy.random.mtrand` defines.
            let package = |module: &str| module.split('.').next().map(str::to_owned);
            let differs = |(of, other): (&str, &str)| other != class || package(of) != package(module);
            if name(object).is_some_and(differs) {
                return Some(format!(
                    "a `MethodNode` says that it is of `{}`, and is of another class",
                    shown(&format!("{module}.{class}"))
                ));
            }
            let is_internal = method.starts_with('_') || method.contains('.');
            is_internal.then(|| format!("a `MethodNode` gives `{}` of an object", shown(method)))
        }
        _ => None,
    }
}
