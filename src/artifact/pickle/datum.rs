//! The machine's values as facts show them: a few levels, a few items, short texts.

use crate::fact::pickle::Datum;

use super::machine::Machine;
use super::store::{KEPT_ITEMS, Origin, Value, content_length, is_text};

const MOST_LEVELS: u32 = 5;
const MOST_ITEMS: usize = 16;
const MOST_VALUES: u32 = 200;
const MOST_TEXT_BYTES: usize = 240;
const MOST_TEXTS: usize = 64;
const MOST_FOUND_TEXT_BYTES: usize = 1024;

impl Machine<'_> {
    /// A value, cut to what people and rules look at.
    pub(super) fn datum(&self, value: Value) -> Datum {
        self.cut(value, MOST_LEVELS, &mut MOST_VALUES.clone())
    }

    /// The same with a text as long as one that is code.
    pub(super) fn whole_datum(&self, value: Value) -> Datum {
        const MOST_CODE_BYTES: usize = 4096;
        if !is_text(value) {
            return self.datum(value);
        }
        let length = content_length(value).unwrap_or_default().into();
        let Some(bytes) = self.store.content(value, &self.input, MOST_CODE_BYTES) else { return Datum::Unknown };
        Datum::Text { start: String::from_utf8_lossy(&bytes).into_owned(), length }
    }

    fn cut(&self, value: Value, levels: u32, left: &mut u32) -> Datum {
        if levels == 0 || *left == 0 {
            return Datum::Cut;
        }
        *left -= 1;
        match value {
            Value::Unknown | Value::Buffer => Datum::Unknown,
            Value::None => Datum::None,
            Value::Bool(value) => Datum::Bool(value),
            Value::Int(value) => Datum::Int(value),
            Value::Float(value) => Datum::Float(value),
            Value::LargeInt { length, .. } => Datum::LargeInt(length.into()),
            Value::Text { .. } | Value::Bytes { .. } | Value::MadeText { .. } | Value::MadeBytes { .. } => {
                self.content_datum(value)
            }
            Value::Tuple { .. } => Datum::Tuple(self.cut_items(value, levels, left)),
            Value::List(_) => Datum::List(self.cut_items(value, levels, left)),
            Value::Set(_) => Datum::Set(self.cut_items(value, levels, left)),
            Value::Dict(_) => self.cut_dict(value, levels, left),
            Value::Global(number) => Datum::Global(self.names.get(number).callee.clone()),
            Value::Object { callee, node } => self.cut_object(callee, node),
            Value::Persistent(node) => {
                let id = self.store.node_at(node).map_or(Value::Unknown, |node| node.arguments);
                Datum::Persistent(Box::new(self.cut(id, levels - 1, left)))
            }
        }
    }

    fn content_datum(&self, value: Value) -> Datum {
        let length = content_length(value).unwrap_or_default().into();
        let Some(bytes) = self.store.content(value, &self.input, MOST_TEXT_BYTES) else { return Datum::Unknown };
        if is_text(value) {
            // The cut may go through a character.
            let text = String::from_utf8_lossy(&bytes);
            let start = if length > bytes.len() as u64 { text.trim_end_matches('\u{FFFD}') } else { &text };
            Datum::Text { start: start.to_owned(), length }
        } else {
            Datum::Bytes { start: bytes.into_owned(), length }
        }
    }

    fn cut_items(&self, value: Value, levels: u32, left: &mut u32) -> Vec<Datum> {
        let Some((items, total)) = self.store.items(value) else { return vec![Datum::Cut] };
        let mut cut: Vec<Datum> = items.iter().take(MOST_ITEMS).map(|item| self.cut(*item, levels - 1, left)).collect();
        if total > cut.len() as u64 {
            cut.push(Datum::Cut);
        }
        cut
    }

    fn cut_dict(&self, value: Value, levels: u32, left: &mut u32) -> Datum {
        let Some((items, total)) = self.store.items(value) else { return Datum::Dict(vec![(Datum::Cut, Datum::Cut)]) };
        let pairs = items.chunks_exact(2).take(MOST_ITEMS);
        let mut cut: Vec<_> =
            pairs.map(|pair| (self.cut(pair[0], levels - 1, left), self.cut(pair[1], levels - 1, left))).collect();
        if total > 2 * cut.len() as u64 {
            cut.push((Datum::Cut, Datum::Cut));
        }
        Datum::Dict(cut)
    }

    fn cut_object(&self, callee: u32, node: u64) -> Datum {
        let name = &self.names.get(callee).callee;
        match self.store.node_at(node) {
            Some(found) if found.origin == Origin::Bound => Datum::Global(name.clone()),
            // What a helper reconstructs is told as its class.
            Some(_) | None => {
                let class = self.class_of(Value::Object { callee, node });
                Datum::Result(self.names.get(class.unwrap_or(callee)).callee.name.clone())
            }
        }
    }

    /// The arguments of a call: positional ones, and those with keywords.
    pub(super) fn argument_data(&self, arguments: Value, keywords: Value) -> (Vec<Datum>, Vec<(String, Datum)>) {
        let mut left = MOST_VALUES;
        let positional = match arguments {
            Value::Tuple { .. } | Value::List(_) | Value::Set(_) => self.cut_items(arguments, MOST_LEVELS, &mut left),
            other => vec![self.cut(other, MOST_LEVELS, &mut left)],
        };
        let pairs = self.store.items(keywords).map_or(&[][..], |(items, _)| items).chunks_exact(2).take(MOST_ITEMS);
        let keywords = pairs
            .map(|pair| (self.name_text(pair[0]).unwrap_or_default(), self.cut(pair[1], MOST_LEVELS, &mut left)))
            .collect();
        (positional, keywords)
    }

    /// Every text in these values at any depth that is looked at. An object's arguments are looked at too.
    pub(super) fn texts_in(&self, values: &[Value]) -> Vec<String> {
        let mut texts = Vec::new();
        let mut left = 4 * MOST_VALUES;
        let mut waiting: Vec<(Value, u32)> = values.iter().rev().map(|value| (*value, 0)).collect();
        while let Some((value, level)) = waiting.pop() {
            if left == 0 || texts.len() >= MOST_TEXTS {
                break;
            }
            left -= 1;
            if let Some(bytes) =
                is_textual(value).then(|| self.store.content(value, &self.input, MOST_FOUND_TEXT_BYTES))
            {
                let text = bytes.and_then(|bytes| String::from_utf8(bytes.into_owned()).ok());
                texts.extend(text.filter(|text| !text.is_empty()));
            }
            if level > MOST_LEVELS {
                continue;
            }
            match value {
                Value::Object { node, .. } | Value::Persistent(node) => {
                    if let Some(node) = self.store.node_at(node) {
                        let parts = [node.state, node.keywords, node.arguments];
                        waiting.extend(parts.map(|part| (part, level + 1)));
                    }
                }
                _ => {
                    let items = self.store.items(value).map_or(&[][..], |(items, _)| items);
                    waiting.extend(items.iter().take(4 * MOST_ITEMS).rev().map(|item| (*item, level + 1)));
                }
            }
        }
        texts
    }
}

/// Texts, and bytes that could well be one.
fn is_textual(value: Value) -> bool {
    is_text(value) || content_length(value).is_some_and(|length| length as usize <= MOST_FOUND_TEXT_BYTES)
}

const _: () = assert!(MOST_ITEMS < KEPT_ITEMS);
