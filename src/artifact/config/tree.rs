//! What the readers of keys share: all objects of a tree, names, values as facts show them.
//!
//! Comes in: trees of [`Json`], which hold YAML too. Called by the other files of `config`.

use super::super::Examination;
use super::super::json::{Json, JsonEntry, JsonValue};
use crate::fact::artifact::{ByteRegion, CodeReference, ReferenceKind};
use crate::fact::pickle::Datum;
use crate::text::Region;

/// `root` and every value inside, outer ones first, in the order of the text.
pub(super) fn all<'j, 't>(root: &'j Json<'t>) -> impl Iterator<Item = &'j Json<'t>> {
    let mut left = vec![root];
    std::iter::from_fn(move || {
        let value = left.pop()?;
        left.extend(value.items().iter().rev());
        left.extend(value.entries().iter().rev().map(|entry| &entry.value));
        Some(value)
    })
}

/// `root` and every value inside, outer ones first, each with what it stands in: `inside` makes that of what the object
/// around stands in and the key.
pub(super) fn all_inside<'j, 't, S: Copy>(
    root: &'j Json<'t>,
    outermost: S,
    inside: impl Fn(S, &str) -> S,
) -> impl Iterator<Item = (&'j Json<'t>, S)> {
    let mut left = vec![(root, outermost)];
    std::iter::from_fn(move || {
        let (value, state) = left.pop()?;
        left.extend(value.items().iter().rev().map(|item| (item, state)));
        left.extend(value.entries().iter().rev().map(|entry| (&entry.value, inside(state, &entry.key))));
        Some((value, state))
    })
}

/// Every value of `key` in one object, in order.
pub(super) fn each<'j, 't>(object: &'j Json<'t>, key: &str) -> impl Iterator<Item = &'j Json<'t>> {
    object.entries().iter().filter(move |entry| entry.key == key).map(|entry| &entry.value)
}

/// Every key and its value, at any depth.
pub(super) fn entries<'j, 't>(root: &'j Json<'t>) -> impl Iterator<Item = &'j JsonEntry<'t>> {
    all(root).flat_map(|value| value.entries())
}

/// Every text with its place, at any depth.
pub(super) fn texts<'j>(root: &'j Json<'_>) -> impl Iterator<Item = (&'j str, Region)> {
    all(root).filter_map(|value| Some((value.as_text()?, value.region)))
}

/// Whether it is `true` or a text that loaders take for it.
pub(super) fn is_true(value: &Json<'_>) -> bool {
    match &value.value {
        JsonValue::Bool(value) => *value,
        JsonValue::Number(digits) => *digits == "1",
        JsonValue::Text(text) => ["1", "true", "yes", "y", "on"].iter().any(|word| text.eq_ignore_ascii_case(word)),
        JsonValue::Null | JsonValue::Array(_) | JsonValue::Object(_) => false,
    }
}

/// Whether it is `false` or a text that loaders take for it.
pub(super) fn is_false(value: &Json<'_>) -> bool {
    match &value.value {
        JsonValue::Bool(value) => !value,
        JsonValue::Text(text) => ["false", "no", "off"].iter().any(|word| text.eq_ignore_ascii_case(word)),
        JsonValue::Number(_) | JsonValue::Null | JsonValue::Array(_) | JsonValue::Object(_) => false,
    }
}

/// Whether `name` is a dotted path of Python: `package.module.Class`.
pub(super) fn is_dotted(name: &str) -> bool {
    name.len() < 256 && name.contains('.') && name.split('.').all(is_identifier)
}

/// Whether `name` is one name of Python.
pub(super) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c == '_' || c.is_alphabetic()) && chars.all(|c| c == '_' || c.is_alphanumeric())
}

/// The same bytes in the terms of an artifact.
pub(super) fn bytes(region: Region) -> ByteRegion {
    ByteRegion::new(region.start.into(), region.end.into())
}

/// Keeps a name of Python code.
pub(super) fn refer(
    kind: ReferenceKind,
    name: impl Into<String>,
    arguments: Vec<(String, Datum)>,
    text: Region,
    x: &mut Examination<'_>,
) {
    x.refer(bytes(text), CodeReference { kind, name: name.into(), arguments, text: Some(text) });
}

const MAX_ARGUMENTS: usize = 64;
const MAX_ITEMS: usize = 32;
const MAX_LEVELS: u32 = 6;
const MAX_TEXT: usize = 512;

/// Keys and values as arguments; those whose keys are `not` are left out.
pub(super) fn keywords(object: &Json<'_>, not: &[&str]) -> Vec<(String, Datum)> {
    let own = object.entries().iter().filter(|entry| !not.contains(&entry.key.as_ref()));
    own.take(MAX_ARGUMENTS).map(|entry| (entry.key.clone().into_owned(), datum(&entry.value))).collect()
}

/// Items as positional arguments; a value that is no list is one.
pub(super) fn positional(value: &Json<'_>) -> Vec<(String, Datum)> {
    let one = std::slice::from_ref(value);
    let items = if matches!(value.value, JsonValue::Array(_)) { value.items() } else { one };
    items.iter().take(MAX_ARGUMENTS).map(|item| (String::new(), datum(item))).collect()
}

/// A value as facts show it.
pub(super) fn datum(value: &Json<'_>) -> Datum {
    cut(value, MAX_LEVELS)
}

fn cut(value: &Json<'_>, levels: u32) -> Datum {
    match &value.value {
        JsonValue::Null => Datum::None,
        JsonValue::Bool(value) => Datum::Bool(*value),
        JsonValue::Number(digits) => {
            let whole = digits.parse().map(Datum::Int);
            whole.unwrap_or_else(|_| digits.parse().map_or(Datum::Unknown, Datum::Float))
        }
        JsonValue::Text(text) => {
            let end = (0..=text.len().min(MAX_TEXT)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
            Datum::Text { start: text[..end].to_owned(), length: text.len() as u64 }
        }
        JsonValue::Array(_) | JsonValue::Object(_) if levels == 0 => Datum::Cut,
        JsonValue::Array(items) => {
            let kept = items.iter().take(MAX_ITEMS).map(|item| cut(item, levels - 1));
            Datum::List(kept.chain((items.len() > MAX_ITEMS).then_some(Datum::Cut)).collect())
        }
        JsonValue::Object(entries) => {
            let key = |key: &str| Datum::Text { start: key.chars().take(MAX_TEXT).collect(), length: key.len() as u64 };
            let kept = entries.iter().take(MAX_ITEMS).map(|entry| (key(&entry.key), cut(&entry.value, levels - 1)));
            Datum::Dict(kept.chain((entries.len() > MAX_ITEMS).then_some((Datum::Cut, Datum::Cut))).collect())
        }
    }
}

/// A name or value as a message shows it.
pub(super) fn shown(text: &str) -> String {
    const MOST: usize = 80;
    let clean: String = text.chars().take(MOST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(MOST).is_some() { clean + "…" } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::json;

    #[test]
    fn all_values_come_in_order() {
        let tree = json::parse(r#"{"a": ["x", {"b": "y"}], "c": "z"}"#, 9).expect("JSON");
        let found: Vec<_> = texts(&tree).map(|(text, _)| text).collect();
        assert_eq!(found, ["x", "y", "z"]);
        let keys: Vec<_> = entries(&tree).map(|entry| entry.key.as_ref()).collect();
        assert_eq!(keys, ["a", "c", "b"]);
    }

    #[test]
    fn values_read_as_python_would_write_them() {
        let tree = json::parse(r#"{"a": [1, 2.5, null, true, "x"], "b": [[[[[[[[1]]]]]]]]}"#, 99).expect("JSON");
        let expected = r#"{"a": [1, 2.5, None, True, "x"], "b": [[[[[…]]]]]}"#;
        assert_eq!(datum(&tree).to_string(), expected);
    }

    #[test]
    fn dotted_names() {
        assert!(
            is_dotted("a._b.C1") && !is_dotted("a") && !is_dotted("a..b") && !is_dotted("1.2") && !is_dotted("a.b c")
        );
    }
}
