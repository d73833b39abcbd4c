//! JSON values as the short values that messages and rules speak of.

use crate::fact::pickle::Datum;

use super::super::json::{Json, JsonValue};

const MAX_TEXT: usize = 200;
const MAX_ITEMS: usize = 8;
const MAX_DEPTH: u32 = 3;

/// The entries of an object as keyword arguments.
pub(super) fn keywords(object: Option<&Json<'_>>) -> Vec<(String, Datum)> {
    let entries = object.map_or(&[][..], Json::entries);
    entries.iter().take(MAX_ITEMS).map(|entry| (cut(&entry.key).to_owned(), datum(&entry.value, MAX_DEPTH))).collect()
}

fn datum(value: &Json<'_>, depth: u32) -> Datum {
    match &value.value {
        JsonValue::Null => Datum::None,
        JsonValue::Bool(value) => Datum::Bool(*value),
        JsonValue::Number(number) => match number.parse() {
            Ok(whole) => Datum::Int(whole),
            Err(_) => number.parse().map_or(Datum::Unknown, Datum::Float),
        },
        JsonValue::Text(text) => Datum::Text { start: cut(text).to_owned(), length: text.len() as u64 },
        JsonValue::Array(_) | JsonValue::Object(_) if depth == 0 => Datum::Cut,
        JsonValue::Array(items) => {
            Datum::List(items.iter().take(MAX_ITEMS).map(|item| datum(item, depth - 1)).collect())
        }
        JsonValue::Object(entries) => {
            let pair = |entry: &super::super::json::JsonEntry<'_>| {
                let key = Datum::Text { start: cut(&entry.key).to_owned(), length: entry.key.len() as u64 };
                (key, datum(&entry.value, depth - 1))
            };
            Datum::Dict(entries.iter().take(MAX_ITEMS).map(pair).collect())
        }
    }
}

/// The start of a text, short enough for a message.
pub(super) fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_TEXT)]
}
