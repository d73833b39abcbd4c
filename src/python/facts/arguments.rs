//! What a call is given, as rules ask for it.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall, Keyword};
use rustc_hash::FxHashMap;

use super::super::model::{DefKind, ParameterKind, Place};
use super::super::parse::region;
use super::super::thing::{Alt, Dict, Rest, Thing, Val, one};
use crate::fact::{Alternative, Argument, Atom, Value};
use crate::text::Region;

use super::{Beyond, Extractor, names_a_folder};

/// How many entries of a dictionary are looked through for one step.
const ENTRIES_OF_A_STEP: usize = 8;
/// Of a larger dictionary that is spread out only the arguments that rules ask for are kept.
const MOST_UNASKED: usize = 64;

impl<'a> Extractor<'a, '_, '_> {
    /// The entries of a dictionary that is an argument, `model_kwargs={"key": value}`, as arguments.
    pub(super) fn entries_as_arguments(&self, expr: &'a Expr, list: &mut Vec<Argument>) {
        let value = self.resolver.eval(expr);
        let [Alt { thing: Thing::Dict(dict), .. }] = &*value else { return };
        for (name, slot) in &dict.entries {
            let is_last = || dict.get(name).is_some_and(|last| std::ptr::eq(last, slot));
            if self.resolver.vocabulary.has_keyword(name) && is_last() {
                list.push(Argument {
                    name: Some(Rc::clone(name)),
                    position: None,
                    region: region(expr),
                    spread: false,
                    value: self.value(&self.resolver.slot(slot)),
                    origins: Vec::new(),
                    opened: None,
                });
            }
        }
    }

    /// What rules ask for of the dictionary given as `name`: each entry as an argument `name.entry`. What is no dictionary
    /// that is known may hold anything.
    fn entries_asked_for(&self, name: &str, value: &Val<'a>, at: Region, spread: bool, list: &mut Vec<Argument>) {
        for key in self.resolver.vocabulary.entries_of(name) {
            let entry = self.resolver.flat_map(value, |alt| match alt.thing.peeled() {
                Thing::Dict(dict) => match dict.get(key) {
                    Some(slot) => self.resolver.slot(slot),
                    None if dict.rest == Rest::Anything => one(Thing::Unknown),
                    None => one(Thing::Absent),
                },
                Thing::None => one(Thing::Absent),
                _ => one(Thing::Unknown),
            });
            let name: Rc<str> = format!("{name}.{key}").into();
            list.retain(|argument| argument.name.as_deref() != Some(&*name));
            if entry.iter().all(|alt| matches!(alt.thing, Thing::Absent)) {
                continue;
            }
            let name = Some(name);
            let value = self.value(&entry);
            list.push(Argument { name, position: None, region: at, spread, value, origins: Vec::new(), opened: None });
        }
    }

    // Arguments.

    /// The arguments of several calls as one call would have them; of each call the first few are left out.
    pub(super) fn arguments(&self, calls: &[(&'a ExprCall, usize)], place: Place) -> (Vec<Argument>, Beyond) {
        let mut list: Vec<Argument> = Vec::new();
        let mut beyond = Beyond::default();
        let mut position = Some(0);
        for (call, skipped) in calls {
            for argument in call.arguments.args.iter().skip(*skipped) {
                let Expr::Starred(starred) = argument else {
                    list.push(self.argument(None, position, argument, place));
                    position = position.map(|position| position + 1);
                    continue;
                };
                match &*self.resolver.eval(&starred.value) {
                    [Alt { thing: Thing::Items(items), .. }]
                        if !items.iter().any(|item| matches!(item, Expr::Starred(_))) =>
                    {
                        for item in items.iter() {
                            list.push(self.argument(None, position, item, place));
                            position = position.map(|position| position + 1);
                        }
                    }
                    _ => {
                        beyond = beyond.and(match self.is_own_rest(&starred.value) {
                            true => Beyond { forwarded: Some(region(starred)), ..Beyond::default() },
                            false => Beyond { open_ended: true, ..Beyond::default() },
                        });
                        position = None;
                    }
                }
            }
            for keyword in &call.arguments.keywords {
                beyond = beyond.and(self.keyword(keyword, &mut list, place));
            }
        }
        (list, beyond)
    }

    /// Whether this is what `*args` of the function around holds.
    fn is_own_rest(&self, expr: &'a Expr) -> bool {
        let Expr::Name(name) = expr else { return false };
        let set = self.model.uses.get(&region(name).start).and_then(|set| set.only());
        let Some(DefKind::Parameter { function, index }) = set.map(|def| &self.model.defs[def as usize].kind) else {
            return false;
        };
        let function = &self.model.functions[*function as usize];
        matches!(function.parameters[*index].kind, ParameterKind::Rest)
    }

    /// Adds what one keyword, or `**spread`, brings; whether it may bring more.
    pub(super) fn keyword(&self, keyword: &'a Keyword, list: &mut Vec<Argument>, place: Place) -> Beyond {
        if let Some(name) = &keyword.arg {
            // A later keyword takes the place of one bound before.
            list.retain(|argument| argument.name.as_deref() != Some(name.as_str()));
            list.push(self.argument(Some(name.as_str().into()), None, &keyword.value, place));
            if !self.resolver.vocabulary.entries_of(name).is_empty() {
                let value = self.resolver.eval(&keyword.value);
                self.entries_asked_for(name, &value, region(&keyword.value), false, list);
            }
            return Beyond::default();
        }
        let rest = self.spread_out(&keyword.value, list);
        self.stored_before(&keyword.value, list, place);
        match rest {
            Rest::Anything => Beyond { open_ended: true, forwarded: None },
            Rest::FromCaller => Beyond { open_ended: false, forwarded: Some(region(keyword)) },
            Rest::Nothing => Beyond::default(),
        }
    }

    /// `self.options["key"] = value`, run surely before `**self.options` is spread here: no def follows attributes.
    fn stored_before(&self, spread: &'a Expr, list: &mut Vec<Argument>, place: Place) {
        let Expr::Attribute(_) = spread else { return };
        let (at, written) = (region(spread), &self.resolver.text[region(spread).range()]);
        for store in &self.model.stores {
            let Expr::Subscript(target) = store.target else { continue };
            let is_same = store.place.scope == place.scope
                && self.resolver.text[region(&*target.value).range()] == *written
                && self.model.dominates((store.place.block, store.region.end), (place.block, at.start));
            if let (true, Some(key)) = (is_same, self.resolver.text_of(&target.slice)) {
                list.retain(|argument| argument.name.as_deref() != Some(&*key));
                list.push(Argument { spread: true, ..self.argument(Some(key), None, store.value, place) });
            }
        }
    }

    /// Adds what `**value` brings; what else it may bring.
    pub(super) fn spread_out(&self, value: &'a Expr, list: &mut Vec<Argument>) -> Rest {
        let at = region(value);
        let mut dict = Dict { entries: Vec::new(), rest: Rest::Nothing };
        self.resolver.spread(&mut dict, value);
        if !self.resolver.spend((dict.entries.len() / ENTRIES_OF_A_STEP) as u32) {
            return Rest::Anything;
        }
        let is_large = dict.entries.len() > MOST_UNASKED;
        let last: FxHashMap<&str, usize> =
            dict.entries.iter().enumerate().map(|(index, (name, _))| (&**name, index)).collect();
        for (index, (name, slot)) in dict.entries.iter().enumerate() {
            let is_asked = !is_large || self.resolver.vocabulary.has_argument(name);
            if last[&**name] == index && !name.starts_with('\0') && is_asked {
                let value = self.resolver.slot(slot);
                if value.iter().all(|alt| matches!(alt.thing, Thing::Absent)) {
                    continue;
                }
                list.retain(|argument| argument.name.as_deref() != Some(&**name));
                self.entries_asked_for(name, &value, at, true, list);
                list.push(Argument {
                    name: Some(Rc::clone(name)),
                    position: None,
                    region: at,
                    spread: true,
                    value: self.value(&value),
                    origins: Vec::new(),
                    opened: None,
                });
            }
        }
        dict.rest
    }

    pub(super) fn argument(
        &self,
        name: Option<Rc<str>>,
        position: Option<usize>,
        expr: &'a Expr,
        place: Place,
    ) -> Argument {
        let (is_constant, is_data) = match expr {
            Expr::StringLiteral(_) => (false, true),
            expr if expr.is_literal_expr() => (true, false),
            _ => (false, position.is_none_or(|position| position == 0)),
        };
        let resolver = self.resolver;
        let value = if !is_constant && is_data && resolver.proven_harmless(expr, place) {
            Value::of(Atom::Harmless)
        } else {
            let value = self.value(&resolver.eval(expr));
            let is_local = names_a_folder(expr, &value) || resolver.saved_before(expr, place);
            if is_local { Value::of(Atom::LocalPath { suffix: "".into() }) } else { value }
        };
        // Of most keywords nobody asks where they come from, and finding it out is dear.
        let is_traced = name.as_deref().is_none_or(|name| resolver.vocabulary.is_traced(name));
        let origins = if is_constant || !is_data || !is_traced { Vec::new() } else { resolver.origins(expr, place) };
        let opened = if is_constant || !is_data { None } else { self.opened(expr) };
        Argument { name, position, region: region(expr), spread: false, value, origins, opened }
    }

    /// The path in `open(path)`, if that is what `expr` is, by itself or by its name: `with open(path) as file`.
    fn opened(&self, expr: &'a Expr) -> Option<Value> {
        let opening = match expr {
            Expr::Name(name) => {
                let set = self.model.uses.get(&region(name).start)?;
                match &self.model.defs[set.only()? as usize].kind {
                    DefKind::Entered { value, unpack } | DefKind::Value { value, unpack } if unpack.is_empty() => value,
                    _ => return None,
                }
            }
            expr => expr,
        };
        let call = opening.as_call_expr()?;
        let is_open = matches!(&*call.func, Expr::Name(name) if name.id == "open");
        let path = call.arguments.find_argument_value("file", 0).filter(|_| is_open)?;
        let function = self.resolver.eval(&call.func);
        let is_own = matches!(&*function, [Alt { thing: Thing::Function(_) | Thing::Class(_), .. }]);
        (!is_own).then(|| self.value(&self.resolver.eval(path)))
    }

    pub(super) fn value(&self, value: &Val<'a>) -> Value {
        self.value_at(value, 0)
    }

    pub(super) fn value_at(&self, value: &Val<'a>, depth: u32) -> Value {
        let alternatives: Vec<_> = value
            .iter()
            .map(|alt| Alternative {
                atom: self.atom(&alt.thing, depth),
                steps: self.resolver.steps(alt.link.as_deref()),
                decided_at: alt.decided_at,
            })
            .collect();
        if alternatives.is_empty() { Value::unknown() } else { Value { alternatives } }
    }

    pub(super) fn atom(&self, thing: &Thing<'a>, depth: u32) -> Atom {
        match thing.peeled() {
            Thing::Absent => Atom::Absent,
            Thing::UnknownOf { truth } => Atom::UnknownOf { truth: *truth },
            Thing::None => Atom::None,
            Thing::Bool(value) => Atom::Bool(*value),
            Thing::Number { nonzero, .. } => Atom::Number { nonzero: *nonzero },
            Thing::Text(text) => Atom::Text(Rc::clone(text)),
            Thing::PartialText { prefix, suffix } => {
                Atom::PartialText { prefix: Rc::clone(prefix), suffix: Rc::clone(suffix) }
            }
            Thing::Bytes { nonempty } => Atom::Bytes { nonempty: *nonempty },
            Thing::LocalPath(suffix) => Atom::LocalPath { suffix: Rc::clone(suffix) },
            Thing::Named(name) => Atom::Named(Rc::clone(name)),
            Thing::Class(id) => {
                let bases = self.resolver.imported_bases(*id);
                let names = bases.iter().filter_map(|alt| match alt.thing.peeled() {
                    Thing::Named(name) => Some(Rc::clone(name)),
                    _ => None,
                });
                Atom::Class { name: self.model.classes[*id as usize].name.into(), bases: names.collect() }
            }
            Thing::Function(_) | Thing::Method(_) => Atom::Function,
            Thing::Dict(dict) => Atom::Mapping { nonempty: !dict.entries.is_empty() },
            Thing::Items(items) if depth < 2 => {
                let each = items.iter().take(64).map(|item| self.value_at(&self.resolver.eval(item), depth + 1));
                Atom::Collection(each.collect())
            }
            Thing::Unknown
            | Thing::Instance { .. }
            | Thing::Partial(_)
            | Thing::Items(_)
            | Thing::AttributeGetter(_)
            | Thing::MethodCaller(_)
            | Thing::ModuleNames
            | Thing::Overlay(_) => Atom::Unknown,
        }
    }
}
