//! What calls of known functions give, without calling them: so that names put together while loading are seen.
//!
//! Comes in: what is called, with what. Goes out: the value, if it follows from constants; the calls that a called
//! function makes itself are told as inner calls. Called by `attribute::call_within`. Steps are counted, so that all of it
//! stays linear in the stream.

mod calls;
mod objects;
mod values;

use crate::fact::pickle::Route;

use super::codec::{self, Content};
use super::machine::Machine;
use super::meaning::Meaning;
use super::store::Value;

/// Functions that call functions deeper than this are not followed.
const MOST_DEPTH: u32 = 12;

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
            Meaning::TypeByName => self.type_by_name(*given.first()?),
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

    fn type_by_name(&mut self, name: Value) -> Option<Value> {
        let name = self.name_text(name)?;
        // dill has further names, for types that stand elsewhere.
        let (module, name) = match name.as_str() {
            "AttrGetterType" => ("operator", "attrgetter"),
            "ItemGetterType" => ("operator", "itemgetter"),
            "PartialType" => ("functools", "partial"),
            "RangeType" | "XRangeType" => ("builtins", "range"),
            "SliceType" => ("builtins", "slice"),
            name if name.ends_with("Type") => ("types", name),
            name => ("builtins", name),
        };
        Some(Value::Global(self.names.number(module, name, Route::Attribute, || None)))
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

    /// A keyword argument.
    pub(super) fn keyword(&self, keywords: Value, name: &str) -> Option<Value> {
        let (items, _) = self.store.items(keywords)?;
        let found = items.chunks_exact(2).take(64).find(|pair| self.name_text(pair[0]).as_deref() == Some(name))?;
        Some(found[1])
    }
}
