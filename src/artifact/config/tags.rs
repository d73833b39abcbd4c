//! Objects in texts that can only hold data: PyYAML's and HyperPyYAML's tags, jsonpickle's keys.
//!
//! Comes in: a document's tree. Goes out: references with the arguments that stand beside them.

use super::super::Examination;
use super::super::json::{Json, JsonEntry, JsonValue};
use super::File;
use super::tree::{all, entries, keywords, positional, refer};
use super::yaml::TAG;
use crate::fact::artifact::ReferenceKind;
use crate::fact::pickle::Datum;

/// Packages of MkDocs' extensions.
const EXTENSIONS: [&str; 4] = ["material.", "materialx.", "pymdownx.", "mkdocs"];

/// Looks at every tag and key.
pub(super) fn examine(root: &Json<'_>, file: &File<'_>, x: &mut Examination<'_>) {
    all(root).for_each(|value| constructor(value, x));
    for entry in entries(root) {
        if let Some(tag) = entry.key.strip_prefix(TAG) {
            tagged(tag, &entry.value, file, x);
        } else if let Some(key) = entry.key.strip_prefix("py/") {
            jsonpickle(key, entry, x);
        } else if entry.key == "expr_str" && entry.value.as_text().is_some_and(is_more_than_mathematics) {
            refer(ReferenceKind::Other, "builtins.eval", positional(&entry.value), entry.value.region, x);
        }
    }
}

/// What LangGraph's `JsonPlusSerializer` imports from anywhere and calls (CVE-2025-64439). The first version of the form is
/// read by LangChain, which makes its own classes alone.
fn constructor(value: &Json<'_>, x: &mut Examination<'_>) {
    let is_second = value.get("lc").is_some_and(|version| version.value == JsonValue::Number("2"));
    if !is_second || value.text("type") != Some("constructor") {
        return;
    }
    let Some(id) = value.get("id") else { return };
    let parts: Vec<&str> = id.items().iter().filter_map(Json::as_text).collect();
    if parts.len() < 2 || parts.first().is_some_and(|package| package.starts_with("lang")) {
        return;
    }
    let method = value.text("method").map(|method| format!(".{method}")).unwrap_or_default();
    let mut arguments = value.get("args").map(positional).unwrap_or_default();
    arguments.extend(value.get("kwargs").map(|named| keywords(named, &[])).unwrap_or_default());
    refer(ReferenceKind::Other, parts.join(".") + &method, arguments, id.region, x);
}

fn tagged(tag: &str, value: &Json<'_>, file: &File<'_>, x: &mut Examination<'_>) {
    let Some((how, name)) = tag.split_once(':') else { return };
    let kind = if how.starts_with("python/") { ReferenceKind::Other } else { ReferenceKind::HydraTarget };
    match how {
        // A documentation's settings name the functions of its extensions.
        _ if file.base.starts_with("mkdocs") && EXTENSIONS.iter().any(|own| name.starts_with(own)) => {}
        "python/name" | "python/module" | "name" | "module" => refer(kind, name, Vec::new(), value.region, x),
        _ => refer(kind, name, arguments(value), value.region, x),
    }
}

/// A list's items; of a mapping the `args` and `kwds`, or its own entries.
fn arguments(value: &Json<'_>) -> Vec<(String, Datum)> {
    match &value.value {
        JsonValue::Null => Vec::new(),
        JsonValue::Object(_) => {
            let mut arguments = value.get("args").map(positional).unwrap_or_default();
            match value.get("kwds") {
                Some(named) => arguments.extend(keywords(named, &[])),
                None => arguments.extend(keywords(value, &["args"])),
            }
            arguments
        }
        JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::Text(_) | JsonValue::Array(_) => positional(value),
    }
}

/// Whether the expression for a size in an exported program, which `sympy.sympify` evaluates when PyTorch loads it
/// (`torch/_export/serde/serialize.py`), has a call of other than mathematics, or reaches into something.
fn is_more_than_mathematics(expression: &str) -> bool {
    const FUNCTIONS: [&str; 14] =
        ["sqrt", "exp", "log", "floor", "ceiling", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"];
    let is_in_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_harmless = |name: &str| {
        // Classes of sympy and of PyTorch's: `Symbol`, `Max`, `FloorDiv`.
        name.is_empty() || name.starts_with(|c: char| c.is_ascii_uppercase()) || FUNCTIONS.contains(&name)
    };
    let called = |(at, _): (usize, &str)| {
        let before = expression[..at].trim_end();
        &before[before.trim_end_matches(is_in_name).len()..]
    };
    let reaches =
        |(at, _): (usize, &str)| expression[at + 1..].trim_start().starts_with(|c: char| c.is_alphabetic() || c == '_');
    expression.contains("__")
        || expression.contains("lambda")
        || expression.match_indices('(').map(called).any(|name| !is_harmless(name))
        || expression.match_indices('.').any(reaches)
}

/// `py/reduce` calls, `py/object` makes, `py/repr` evaluates; the others import.
fn jsonpickle(key: &str, entry: &JsonEntry<'_>, x: &mut Examination<'_>) {
    let value = &entry.value;
    let named = |value: &Json<'_>| {
        let keys = ["py/function", "py/type", "py/class", "py/object"];
        keys.iter().find_map(|key| value.text(key)).map(str::to_owned)
    };
    match key {
        "reduce" => {
            let Some(name) = value.items().first().and_then(named) else { return };
            let given = value.items().get(1).map(|given| given.get("py/tuple").unwrap_or(given));
            refer(ReferenceKind::Other, name, given.map(positional).unwrap_or_default(), value.region, x);
        }
        "object" | "function" | "type" | "class" | "mod" => {
            if let Some(name) = value.as_text() {
                refer(ReferenceKind::Other, name, Vec::new(), value.region, x);
            }
        }
        "repr" => refer(ReferenceKind::Other, "builtins.eval", positional(value), value.region, x),
        _ => {}
    }
}
