//! What calls of known functions give, without calling them: so that names put together while loading are seen.
//!
//! Comes in: what is called, with what. Goes out: the value, if it follows from constants; the calls that a called
//! function makes itself are told as inner calls. Called by `attribute::call_within`. Steps are counted, so that all of it
//! stays linear in the stream.

use crate::fact::pickle::{CallOpcode, Route};

use super::codec::{self, Content};
use super::machine::Machine;
use super::meaning::{Made, Meaning, Operator};
use super::method::{self, Simple};
use super::store::{KEPT_ITEMS, MADE_BYTES, Origin, Value, content_length, is_text};

/// Functions that call functions deeper than this are not followed.
const MOST_DEPTH: u32 = 12;
/// So many items are mapped.
const MOST_MAPPED: usize = 256;
/// Texts longer than this are put together only if they may hold an artifact.
const MOST_FOLDED_BYTES: u32 = 16 << 10;

impl Machine<'_> {
    /// What a call gives; `None` if it cannot be known or is an object of its own.
    pub(super) fn fold(
        &mut self,
        meaning: Meaning,
        callable: Value,
        receiver: Option<Value>,
        arguments: Value,
        keywords: Value,
        depth: u32,
    ) -> Option<Value> {
        if depth > MOST_DEPTH || !self.spend(2) {
            return None;
        }
        let given = self.store.all_items(arguments)?.to_vec();
        if !self.spend(given.len()) {
            return None;
        }
        if receiver.is_none() && matches!(callable, Value::Object { .. }) {
            return self.apply_object(callable, &given, keywords, depth);
        }
        let given: Vec<Value> = receiver.into_iter().chain(given).collect();
        match meaning {
            Meaning::Plain | Meaning::AttrGetter | Meaning::ItemGetter | Meaning::MethodCaller => None,
            Meaning::Partial | Meaning::MethodType => None,
            Meaning::GetAttribute => self.get_attribute(&given),
            Meaning::Vars => self.vars(*given.first()?),
            Meaning::SetAttribute => self.set_attribute(&given),
            Meaning::ImportModule => self.import_module(callable, &given),
            Meaning::ResolveName => self.resolve_name(*given.first()?),
            Meaning::NamespaceItem => self.namespace_item(callable, *given.first()?),
            Meaning::Codec { encodes } => self.codec(encodes, &given, keywords),
            Meaning::FixedCodec { encodes, codec } => self.fixed_codec(encodes, codec, *given.first()?),
            Meaning::FromText(notation) => {
                let content = self.content(*given.first()?)?;
                let bytes = codec::from_notation(&content, notation)?;
                Some(self.made(&Content::Bytes(bytes)))
            }
            Meaning::Operator(operator) => self.operator(operator, &given),
            Meaning::Make(made) => self.make(made, &given),
            Meaning::Method(method) => self.method(method, &given),
            Meaning::Loader => {
                self.loads(*given.first()?);
                None
            }
            Meaning::AddExtension => {
                if let [module, name, Value::Int(code), ..] = given[..] {
                    self.register(code, module, name);
                }
                None
            }
            Meaning::MakesNew => self.make_new(&given),
            Meaning::Reconstructs => self.reconstruct(&given, depth),
            Meaning::SetsState => {
                if let [target, state, ..] = given[..] {
                    self.state_given(target, state);
                }
                Some(Value::None)
            }
            Meaning::CallsFirst
            | Meaning::Applies
            | Meaning::Maps
            | Meaning::StarMaps
            | Meaning::Reduces
            | Meaning::CallsKeyword(..) => self.inner_calls(meaning, &given, keywords, depth + 1),
        }
    }

    /// Calls what another call gave back: a partial function, an attribute getter.
    fn apply_object(&mut self, object: Value, given: &[Value], keywords: Value, depth: u32) -> Option<Value> {
        let Value::Object { callee, node } = object else { return None };
        let made_with = self.store.node_at(node).copied()?;
        let own = self.store.all_items(made_with.arguments)?.to_vec();
        if !self.spend(own.len()) {
            return None;
        }
        match self.names.get(callee).meaning {
            Meaning::AttrGetter => self.apply_attr_getter(&own, *given.first()?),
            Meaning::ItemGetter => self.item(*given.first()?, *own.first()?),
            Meaning::MethodCaller => {
                let (name, rest) = own.split_first()?;
                let function = self.get_attribute(&[*given.first()?, *name])?;
                let arguments = self.store.tuple(rest);
                Some(self.call_within(CallOpcode::Inner, function, arguments, made_with.keywords, depth + 1))
            }
            Meaning::Partial | Meaning::MethodType => {
                let (function, rest) = own.split_first()?;
                let all: Vec<Value> = rest.iter().chain(given).copied().take(KEPT_ITEMS).collect();
                let arguments = self.store.tuple(&all);
                let keywords = if keywords == Value::None { made_with.keywords } else { keywords };
                Some(self.call_within(CallOpcode::Inner, *function, arguments, keywords, depth + 1))
            }
            _ => None,
        }
    }

    /// An instance of a class of which `__new__` was called only.
    fn make_new(&mut self, given: &[Value]) -> Option<Value> {
        let (Value::Global(class), rest) = given.split_first()? else { return None };
        let arguments = self.store.tuple(rest);
        let node = self.store.node(Origin::New, arguments, Value::None);
        Some(Value::Object { callee: *class, node })
    }

    /// `copyreg._reconstructor`: a base other than `object` is given the state, as if it were called with it.
    fn reconstruct(&mut self, given: &[Value], depth: u32) -> Option<Value> {
        let [class, base, state, ..] = *given else { return self.make_new(&given[..given.len().min(1)]) };
        let is_object = |number: u32| self.names.get(number).callee.name == "builtins.object";
        if matches!(base, Value::Global(number) if is_object(number)) {
            return self.make_new(&[class]);
        }
        let arguments = self.store.tuple(&[state]);
        let made = self.call_within(CallOpcode::Inner, base, arguments, Value::None, depth + 1);
        if base == class { Some(made) } else { self.make_new(&[class]) }
    }

    /// Gives an object its state, as `BUILD` does.
    pub(super) fn state_given(&mut self, target: Value, state: Value) {
        self.state_set(target, state);
        let Value::Object { callee, node } = target else { return };
        self.store.set_state(node, state);
        if self.names.get(callee).meaning == Meaning::Partial {
            self.replace_partial(node, state);
        }
    }

    /// The state of a partial function replaces the function and its arguments: `(function, arguments, keywords, attributes)`.
    fn replace_partial(&mut self, node: u64, state: Value) {
        let parts = self.store.all_items(state).map(<[Value]>::to_vec);
        let (function, rest, keywords) = match (state, parts.as_deref()) {
            (_, Some([function, arguments, keywords, _])) => {
                (*function, self.store.all_items(*arguments).map(<[Value]>::to_vec), *keywords)
            }
            (Value::Unknown | Value::Object { .. } | Value::Persistent(_) | Value::Tuple { .. }, None) => {
                (Value::Unknown, None, Value::None)
            }
            // With any other state loading fails here.
            _ => return,
        };
        let all: Vec<Value> = std::iter::once(function).chain(rest.unwrap_or_default()).take(KEPT_ITEMS).collect();
        let arguments = self.store.tuple(&all);
        self.store.set_arguments(node, arguments, keywords);
    }

    fn apply_attr_getter(&mut self, names: &[Value], object: Value) -> Option<Value> {
        let mut found = Vec::new();
        for name in names {
            let route = self.route_of(*name);
            let Some(path) = self.name_text(*name) else {
                found.push(Value::Global(self.unknown_name("an attribute whose name is computed")));
                continue;
            };
            let mut value = object;
            for part in path.split('.') {
                value = self.attribute_of(value, part, route);
            }
            self.note_computed(value, route);
            found.push(value);
        }
        match found[..] {
            [one] => Some(one),
            _ => Some(self.store.tuple(&found)),
        }
    }

    fn route_of(&self, name: Value) -> Route {
        if matches!(name, Value::MadeText { computed: true, .. }) { Route::Computed } else { Route::Attribute }
    }

    fn note_computed(&mut self, value: Value, route: Route) {
        if let (Value::Global(number) | Value::Object { callee: number, .. }, Route::Computed) = (value, route) {
            self.computed(number);
        }
    }

    fn get_attribute(&mut self, given: &[Value]) -> Option<Value> {
        let [object, name, ..] = *given else { return None };
        let Some(attribute) = self.name_text(name) else {
            return Some(Value::Global(self.unknown_name("an attribute whose name is computed")));
        };
        let route = self.route_of(name);
        let value = self.attribute_of(object, &attribute, route);
        self.note_computed(value, route);
        Some(value)
    }

    fn set_attribute(&mut self, given: &[Value]) -> Option<Value> {
        let [target, name, value] = *given else { return None };
        let dict = self.store.container(&[]);
        self.store.append(dict, &[name, value]);
        self.store.append_telling(dict, &[]);
        self.state_set(target, Value::Dict(dict));
        Some(Value::None)
    }

    fn vars(&mut self, object: Value) -> Option<Value> {
        match object {
            Value::Global(_) => Some(self.attribute_of(object, "__dict__", Route::Attribute)),
            Value::Object { node, .. } => self.store.node_at(node).map(|node| node.state),
            _ => None,
        }
    }

    fn import_module(&mut self, callable: Value, given: &[Value]) -> Option<Value> {
        let name = *given.first()?;
        let Some(module) = self.name_text(name) else {
            return Some(Value::Global(self.unknown_name("a module whose name is computed")));
        };
        let route = if self.route_of(name) == Route::Computed { Route::Computed } else { Route::Import };
        let number = self.names.number(&module, "", route, || None);
        self.tell_import(number);
        if route == Route::Computed {
            self.computed(number);
        }
        let called = match callable {
            Value::Global(number) => &self.names.get(number).callee.name,
            _ => return Some(Value::Global(number)),
        };
        // `__import__("a.b")` gives `a`, unless it is told what is wanted from it.
        match module.split_once('.') {
            Some((package, _)) if called.ends_with("__import__") && given.len() < 4 => {
                Some(Value::Global(self.names.number(package, "", route, || None)))
            }
            _ => Some(Value::Global(number)),
        }
    }

    fn resolve_name(&mut self, name: Value) -> Option<Value> {
        let Some(path) = self.name_text(name) else {
            return Some(Value::Global(self.unknown_name("a path that is computed")));
        };
        let computed = self.route_of(name) == Route::Computed;
        let route = if computed { Route::Computed } else { Route::Import };
        let number = match path.split_once(':').or_else(|| path.rsplit_once('.')) {
            Some((module, rest)) if !rest.is_empty() => self.dotted(module, rest, route),
            _ => self.names.number(path.trim_end_matches(':'), "", route, || None),
        };
        self.tell_import(number);
        if computed {
            self.computed(number);
        }
        Some(Value::Global(number))
    }

    /// `sys.modules.get(key)`; the name that is called ends in the method's.
    fn namespace_item(&mut self, callable: Value, key: Value) -> Option<Value> {
        let Value::Global(number) = callable else { return None };
        let callee = &self.names.get(number).callee;
        let (module, attribute) = (callee.module().to_owned(), callee.attribute().to_owned());
        let (space, _) = attribute.rsplit_once('.')?;
        let base = self.names.number(&module, space, Route::Attribute, || None);
        self.item(Value::Global(base), key)
    }

    /// Whether a name is one of those that annotations parametrise: `typing.Union[int, str]`.
    fn is_annotation(&self, number: u32) -> bool {
        let callee = &self.names.get(number).callee;
        callee.module() == "typing"
            && callee.attribute().starts_with(char::is_uppercase)
            && !callee.attribute().contains('.')
    }

    /// `container[key]`.
    fn item(&mut self, container: Value, key: Value) -> Option<Value> {
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
    fn slice(&mut self, container: Value, slice: Value) -> Option<Value> {
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

    fn codec(&mut self, encodes: bool, given: &[Value], keywords: Value) -> Option<Value> {
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

    fn fixed_codec(&mut self, encodes: bool, codec: &str, value: Value) -> Option<Value> {
        let content = self.content(value)?;
        let result = if encodes { codec::encode(&content, codec) } else { codec::decode(&content, codec) }?;
        let length = Value::Int(content.bytes().len() as i64);
        let made = self.made(&result);
        Some(self.store.tuple(&[made, length]))
    }

    /// A keyword argument.
    pub(super) fn keyword(&self, keywords: Value, name: &str) -> Option<Value> {
        let (items, _) = self.store.items(keywords)?;
        let found = items.chunks_exact(2).take(64).find(|pair| self.name_text(pair[0]).as_deref() == Some(name))?;
        Some(found[1])
    }

    fn operator(&mut self, operator: Operator, given: &[Value]) -> Option<Value> {
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

    fn add(&mut self, first: Value, second: Value) -> Option<Value> {
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

    fn made(&mut self, content: &Content) -> Value {
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

    fn method(&mut self, method: &str, given: &[Value]) -> Option<Value> {
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
    fn iterated(&mut self, value: Value) -> Option<Vec<Value>> {
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

    fn make(&mut self, made: Made, given: &[Value]) -> Option<Value> {
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

    /// The calls that functions which are given functions make.
    fn inner_calls(&mut self, meaning: Meaning, given: &[Value], keywords: Value, depth: u32) -> Option<Value> {
        match meaning {
            Meaning::CallsFirst => {
                let (function, rest) = given.split_first()?;
                let arguments = self.store.tuple(rest);
                Some(self.call_within(CallOpcode::Inner, *function, arguments, keywords, depth))
            }
            Meaning::Applies => {
                let arguments = given.get(1).copied().unwrap_or(Value::Unknown);
                Some(self.call_within(CallOpcode::Inner, *given.first()?, arguments, Value::None, depth))
            }
            Meaning::Maps => self.map(given, depth),
            Meaning::StarMaps => {
                let items = self.iterated(*given.get(1)?).unwrap_or_else(|| vec![Value::Unknown]);
                self.call_each(*given.first()?, &items, depth)
            }
            Meaning::Reduces => self.reduce(given, depth),
            Meaning::CallsKeyword(name, position) => {
                let function = self.keyword(keywords, name).or_else(|| given.get(position).copied())?;
                if matches!(function, Value::Global(_) | Value::Object { .. } | Value::Unknown) {
                    let arguments = self.keyword(keywords, "args").unwrap_or(Value::Unknown);
                    self.call_within(CallOpcode::Inner, function, arguments, Value::None, depth);
                }
                None
            }
            _ => None,
        }
    }

    fn map(&mut self, given: &[Value], depth: u32) -> Option<Value> {
        let (function, sources) = given.split_first()?;
        if *function == Value::None {
            return None;
        }
        let mut columns = Vec::new();
        for source in sources {
            columns.push(self.iterated(*source).unwrap_or_else(|| vec![Value::Unknown]));
        }
        let rows = columns.iter().map(Vec::len).min()?;
        let mut tuples = Vec::new();
        for row in 0..rows.min(MOST_MAPPED) {
            let arguments: Vec<Value> = columns.iter().map(|column| column[row]).collect();
            tuples.push(self.store.tuple(&arguments));
        }
        let result = self.call_each(*function, &tuples, depth);
        if rows > MOST_MAPPED { Some(Value::Unknown) } else { result }
    }

    fn call_each(&mut self, function: Value, tuples: &[Value], depth: u32) -> Option<Value> {
        let mut results = Vec::new();
        for arguments in tuples.iter().take(MOST_MAPPED) {
            if !self.spend(4) {
                return Some(Value::Unknown);
            }
            results.push(self.call_within(CallOpcode::Inner, function, *arguments, Value::None, depth));
        }
        Some(self.store.tuple(&results))
    }

    fn reduce(&mut self, given: &[Value], depth: u32) -> Option<Value> {
        let (function, rest) = given.split_first()?;
        let Some(items) = self.iterated(*rest.first()?) else {
            let arguments = self.store.tuple(&[Value::Unknown; 2]);
            return Some(self.call_within(CallOpcode::Inner, *function, arguments, Value::None, depth));
        };
        let mut items = items.into_iter();
        let mut result = rest.get(1).copied().or_else(|| items.next())?;
        for item in items.take(MOST_MAPPED) {
            if !self.spend(4) {
                return Some(Value::Unknown);
            }
            let arguments = self.store.tuple(&[result, item]);
            result = self.call_within(CallOpcode::Inner, *function, arguments, Value::None, depth);
        }
        Some(result)
    }
}
