//! Texts, bytes, numbers and containers that known functions and operators make of others.
//!
//! Comes in: a function's meaning with its arguments, or an operator. Goes out: the value, if it follows from constants.

use super::super::codec::{self, Content};
use super::super::machine::Machine;
use super::super::meaning::{Made, Meaning, Operator};
use super::super::method::{self, Simple};
use super::super::store::{KEPT_ITEMS, MADE_BYTES, Value, content_length, is_text};

/// Texts longer than this are put together only if they may hold an artifact.
const MOST_FOLDED_BYTES: u32 = 16 << 10;

impl Machine<'_> {
    /// Whether a name is one of those that annotations parametrise: `typing.Union[int, str]`.
    fn is_annotation(&self, number: u32) -> bool {
        let callee = &self.names.get(number).callee;
        callee.module() == "typing"
            && callee.attribute().starts_with(char::is_uppercase)
            && !callee.attribute().contains('.')
    }

    /// `container[key]`.
    pub(super) fn item(&mut self, container: Value, key: Value) -> Option<Value> {
        match (container, key) {
            (Value::Global(base), _) if self.is_annotation(base) => None,
            (Value::Global(base), _) if is_text(key) => {
                let Some(name) = self.name_text(key) else {
                    return Some(Value::Global(self.unknown_name("an item whose key is computed")));
                };
                let route = self.route_of(key);
                let number = self.item_of_name(base, &name, route)?;
                self.tell_import(number);
                self.note_computed(Value::Global(number), route);
                Some(Value::Global(number))
            }
            (Value::Global(_), _) => Some(Value::Global(self.unknown_name("an item whose key is computed"))),
            (Value::List(_) | Value::Tuple { .. }, Value::Int(index)) => {
                let items = self.store.all_items(container)?;
                items.get(method::position(index, items.len())?).copied()
            }
            (Value::Dict(_), _) => self.dict_item(container, key),
            (_, Value::Object { .. }) => self.slice(container, key),
            (_, Value::Int(index)) => {
                let content = self.content(container)?;
                if let Content::Bytes(bytes) = &content {
                    return bytes.get(method::position(index, bytes.len())?).map(|byte| Value::Int((*byte).into()));
                }
                let item = method::call("__getitem__", &content, &[Simple::Int(index)])?;
                Some(self.made(&item))
            }
            _ => None,
        }
    }

    fn dict_item(&mut self, dict: Value, key: Value) -> Option<Value> {
        let items = self.store.all_items(dict)?.to_vec();
        if !self.spend(items.len()) {
            return None;
        }
        let wanted = self.simple(key)?;
        let found = items.chunks_exact(2).rev().find(|pair| self.simple(pair[0]).as_ref() == Some(&wanted))?;
        Some(found[1])
    }

    /// `container[slice(…)]`.
    pub(in super::super) fn slice(&mut self, container: Value, slice: Value) -> Option<Value> {
        let Value::Object { callee, node } = slice else { return None };
        if self.names.get(callee).meaning != Meaning::Make(Made::Slice) {
            return None;
        }
        let parts = self.store.all_items(self.store.node_at(node)?.arguments)?;
        let part = |index: usize| match parts.get(index) {
            Some(Value::Int(value)) => Some(Some(*value)),
            Some(Value::None) | None => Some(None),
            Some(_) => None,
        };
        let (start, stop, step) =
            if parts.len() == 1 { (None, part(0)?, None) } else { (part(0)?, part(1)?, part(2)?) };
        if let Some(content) = self.content(container) {
            let taken = match &content {
                Content::Text(text) => {
                    let characters: Vec<char> = text.chars().collect();
                    let at = method::sliced(characters.len(), start, stop, step)?;
                    Content::Text(at.into_iter().filter_map(|at| characters.get(at)).collect())
                }
                Content::Bytes(bytes) => {
                    let at = method::sliced(bytes.len(), start, stop, step)?;
                    Content::Bytes(at.into_iter().filter_map(|at| bytes.get(at).copied()).collect())
                }
            };
            return Some(self.made(&taken));
        }
        let items = self.store.all_items(container)?.to_vec();
        let at = method::sliced(items.len(), start, stop, step)?;
        let taken: Vec<Value> = at.into_iter().filter_map(|at| items.get(at).copied()).collect();
        Some(self.store.tuple(&taken))
    }

    pub(super) fn codec(&mut self, encodes: bool, given: &[Value], keywords: Value) -> Option<Value> {
        let encoding = match given.get(1).copied().or_else(|| self.keyword(keywords, "encoding")) {
            Some(value) => self.name_text(value)?,
            None => "utf8".to_owned(),
        };
        let value = given.first().copied().or_else(|| self.keyword(keywords, "obj"))?;
        let Some(content) = self.content(value) else {
            self.long_text_encoded(self.region.start, value);
            return None;
        };
        let result = if encodes { codec::encode(&content, &encoding) } else { codec::decode(&content, &encoding) }?;
        let made = self.made(&result);
        self.encoded_seen(made);
        Some(made)
    }

    pub(super) fn fixed_codec(&mut self, encodes: bool, codec: &str, value: Value) -> Option<Value> {
        let content = self.content(value)?;
        let result = if encodes { codec::encode(&content, codec) } else { codec::decode(&content, codec) }?;
        let length = Value::Int(content.bytes().len() as i64);
        let made = self.made(&result);
        Some(self.store.tuple(&[made, length]))
    }

    pub(super) fn operator(&mut self, operator: Operator, given: &[Value]) -> Option<Value> {
        let [first, second, ..] = *given else { return None };
        match operator {
            Operator::Item => self.item(first, second),
            Operator::SetItem => {
                let start = self.stack.len();
                self.stack.extend(&given[1..given.len().min(3)]);
                match first {
                    Value::Dict(dict) => self.store.append(dict, &given[1..given.len().min(3)]),
                    _ => self.items_set(first, start),
                }
                self.stack.truncate(start);
                Some(Value::None)
            }
            Operator::Add => self.add(first, second),
            Operator::Multiply => {
                let ((Value::Int(times), content) | (content, Value::Int(times))) = (first, second) else {
                    return None;
                };
                let content = self.content(content)?;
                self.made_if(method::repeat(&content, times))
            }
            Operator::Format => {
                let format = self.content(first)?;
                let values = match second {
                    Value::Tuple { .. } => self.store.all_items(second)?.to_vec(),
                    other => vec![other],
                };
                let arguments = values.into_iter().map(|value| self.simple(value)).collect::<Option<Vec<_>>>()?;
                self.made_if(method::percent(&format, &arguments))
            }
        }
    }

    pub(in super::super) fn add(&mut self, first: Value, second: Value) -> Option<Value> {
        match (first, second) {
            (Value::Int(first), Value::Int(second)) => first.checked_add(second).map(Value::Int),
            (Value::Tuple { .. } | Value::List(_), Value::Tuple { .. } | Value::List(_)) => {
                let mut items = self.store.all_items(first)?.to_vec();
                items.extend_from_slice(self.store.all_items(second)?);
                if items.len() > KEPT_ITEMS || !self.spend(items.len()) {
                    return None;
                }
                Some(self.store.tuple(&items))
            }
            _ => {
                let (first, second) = (self.content(first)?, self.content(second)?);
                self.made_if(method::join(&first, &second))
            }
        }
    }

    /// A text or bytes, if short enough to be put together.
    pub(super) fn content(&mut self, value: Value) -> Option<Content> {
        let length = content_length(value).filter(|length| *length <= MOST_FOLDED_BYTES)?;
        if !self.spend(length as usize / 16) {
            return None;
        }
        let bytes = self.store.content(value, &self.input, length as usize)?.into_owned();
        if is_text(value) { String::from_utf8(bytes).ok().map(Content::Text) } else { Some(Content::Bytes(bytes)) }
    }

    pub(super) fn made(&mut self, content: &Content) -> Value {
        if !self.spend(content.bytes().len() / 16) || content.bytes().len() > MADE_BYTES {
            return Value::Unknown;
        }
        match content {
            Content::Text(text) => self.store.made_text(text, true),
            Content::Bytes(bytes) => self.store.made_bytes(bytes, false),
        }
    }

    fn made_if(&mut self, content: Option<Content>) -> Option<Value> {
        content.map(|content| self.made(&content))
    }

    fn simple(&mut self, value: Value) -> Option<Simple> {
        match value {
            Value::Int(value) => Some(Simple::Int(value)),
            Value::Bool(value) => Some(Simple::Int(value.into())),
            Value::None => Some(Simple::Default),
            other => self.content(other).map(Simple::Content),
        }
    }

    pub(super) fn method(&mut self, method: &str, given: &[Value]) -> Option<Value> {
        let (receiver, arguments) = given.split_first()?;
        match (*receiver, method) {
            (Value::Dict(_), "get" | "pop" | "__getitem__") => return self.dict_item(*receiver, *arguments.first()?),
            (Value::Dict(_), "keys" | "values" | "items") => return self.dict_parts(*receiver, method),
            (Value::List(_) | Value::Tuple { .. }, "__getitem__" | "pop") => {
                return self.item(*receiver, arguments.first().copied().unwrap_or(Value::Int(-1)));
            }
            (Value::List(_) | Value::Tuple { .. }, "__add__") => return self.add(*receiver, *arguments.first()?),
            (_, "__getitem__") => return self.item(*receiver, *arguments.first()?),
            (_, "__mod__") => return self.operator(Operator::Format, given),
            (_, "join") => return self.join(*receiver, *arguments.first()?),
            (_, "split") => return self.split(*receiver, arguments),
            (Value::Global(_), "fromhex") => {
                let content = self.content(*arguments.first()?)?;
                return codec::from_notation(&content, "hex").map(|bytes| self.made(&Content::Bytes(bytes)));
            }
            _ => {}
        }
        let content = self.content(*receiver)?;
        let simple = arguments.iter().map(|value| self.simple(*value)).collect::<Option<Vec<_>>>()?;
        self.made_if(method::call(method, &content, &simple))
    }

    fn dict_parts(&mut self, dict: Value, method: &str) -> Option<Value> {
        let items = self.store.all_items(dict)?.to_vec();
        if !self.spend(items.len()) {
            return None;
        }
        let parts: Vec<Value> = match method {
            "keys" => items.iter().copied().step_by(2).collect(),
            "values" => items.iter().copied().skip(1).step_by(2).collect(),
            _ => items.chunks_exact(2).map(|pair| self.store.tuple(pair)).collect(),
        };
        Some(self.store.tuple(&parts))
    }

    fn join(&mut self, separator: Value, items: Value) -> Option<Value> {
        let separator = self.content(separator)?;
        let items = self.iterated(items)?;
        let mut parts = Vec::with_capacity(items.len());
        for item in items {
            parts.push(self.content(item)?);
        }
        let total: usize = parts.iter().map(|part| part.bytes().len() + separator.bytes().len()).sum();
        if total > MADE_BYTES {
            return None;
        }
        let bytes = parts.iter().map(Content::bytes).collect::<Vec<_>>().join(separator.bytes());
        match separator {
            Content::Text(_) => String::from_utf8(bytes).ok().map(|text| self.made(&Content::Text(text))),
            Content::Bytes(_) => Some(self.made(&Content::Bytes(bytes))),
        }
    }

    fn split(&mut self, receiver: Value, arguments: &[Value]) -> Option<Value> {
        let Content::Text(text) = self.content(receiver)? else { return None };
        let parts: Vec<String> = match arguments {
            [] | [Value::None, ..] => text.split_whitespace().map(str::to_owned).collect(),
            [separator] => {
                let Content::Text(separator) = self.content(*separator)? else { return None };
                text.split(&*separator).map(str::to_owned).collect()
            }
            _ => return None,
        };
        if parts.len() > KEPT_ITEMS || !self.spend(parts.len()) {
            return None;
        }
        let parts: Vec<Value> = parts.iter().map(|part| self.store.made_text(part, true)).collect();
        Some(self.store.tuple(&parts))
    }

    /// The items that iterating gives.
    pub(super) fn iterated(&mut self, value: Value) -> Option<Vec<Value>> {
        if let Some(items) = self.store.all_items(value) {
            let items = if matches!(value, Value::Dict(_)) {
                items.iter().copied().step_by(2).collect()
            } else {
                items.to_vec()
            };
            return self.spend(items.len()).then_some(items);
        }
        match self.content(value)? {
            Content::Text(text) => {
                let characters: Vec<String> = text.chars().take(KEPT_ITEMS + 1).map(String::from).collect();
                if characters.len() > KEPT_ITEMS || !self.spend(characters.len()) {
                    return None;
                }
                Some(characters.iter().map(|one| self.store.made_text(one, true)).collect())
            }
            Content::Bytes(bytes) if bytes.len() <= KEPT_ITEMS => {
                Some(bytes.into_iter().map(|byte| Value::Int(byte.into())).collect())
            }
            Content::Bytes(_) => None,
        }
    }

    pub(super) fn make(&mut self, made: Made, given: &[Value]) -> Option<Value> {
        let first = given.first().copied();
        match made {
            Made::Slice => None,
            Made::Text => self.make_text(given),
            Made::Bytes | Made::ByteArray => self.make_bytes(given, made == Made::ByteArray),
            Made::Character => match first? {
                Value::Int(code) => {
                    let character = char::from_u32(u32::try_from(code).ok()?)?;
                    Some(self.made(&Content::Text(character.into())))
                }
                _ => None,
            },
            Made::Number => match self.content(first?)? {
                Content::Text(text) => text.chars().next().map(|c| Value::Int(u32::from(c).into())),
                Content::Bytes(bytes) => bytes.first().map(|byte| Value::Int((*byte).into())),
            },
            Made::First => self.iterated(first?)?.first().copied(),
            Made::Items => {
                let items = first.map_or(Some(Vec::new()), |first| self.iterated(first))?;
                Some(self.store.tuple(&items))
            }
            Made::List => {
                let items = first.map_or(Some(Vec::new()), |first| self.iterated(first))?;
                Some(Value::List(self.store.container(&items)))
            }
            Made::Reversed => {
                let mut items = self.iterated(first?)?;
                items.reverse();
                Some(self.store.tuple(&items))
            }
            Made::Chained => self.chained(given),
            Made::ChainedItems => {
                let parts = self.iterated(first?)?;
                self.chained(&parts)
            }
        }
    }

    fn chained(&mut self, parts: &[Value]) -> Option<Value> {
        let mut items = Vec::new();
        for part in parts {
            items.extend(self.iterated(*part)?);
            if items.len() > KEPT_ITEMS {
                return None;
            }
        }
        Some(self.store.tuple(&items))
    }

    fn make_text(&mut self, given: &[Value]) -> Option<Value> {
        match given {
            [] => Some(self.made(&Content::Text(String::new()))),
            [value] => {
                let simple = self.simple(*value)?;
                let text = method::shown(&simple)?;
                Some(self.made(&Content::Text(text)))
            }
            [value, encoding, ..] => {
                let (content, encoding) = (self.content(*value)?, self.name_text(*encoding)?);
                self.made_if(codec::decode(&content, &encoding))
            }
        }
    }

    fn make_bytes(&mut self, given: &[Value], mutable: bool) -> Option<Value> {
        let bytes = match given {
            [] => Vec::new(),
            [text, encoding, ..] => {
                let (content, encoding) = (self.content(*text)?, self.name_text(*encoding)?);
                codec::encode(&content, &encoding)?.bytes().to_vec()
            }
            [Value::Int(count)] => vec![0; usize::try_from(*count).ok().filter(|count| *count <= KEPT_ITEMS)?],
            [value] => match self.content(*value) {
                Some(Content::Bytes(bytes)) => bytes,
                Some(Content::Text(_)) => return None,
                None => {
                    let byte = |item: &Value| match item {
                        Value::Int(value) => u8::try_from(*value).ok(),
                        _ => None,
                    };
                    self.iterated(*value)?.iter().map(byte).collect::<Option<_>>()?
                }
            },
        };
        self.spend(bytes.len() / 16).then(|| self.store.made_bytes(&bytes, mutable))
    }
}
