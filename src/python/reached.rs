//! What names and defs can be: the defs that reach a use, each worked out once.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, ExprCall};

use super::model::{DefId, DefKind, Refinement, SetId};
use super::operators::joined;
use super::parse::region;
use super::thing::{Alt, Dict, Rest, Thing, Val, Why, local, one};
use super::values::{MAX_ITEMS, Question, Resolver};

impl<'a> Resolver<'a, '_> {
    pub(super) fn name(&self, name: &'a ast::ExprName) -> Val<'a> {
        let id = name.id.as_str();
        match self.model.uses.get(&region(name).start) {
            Some(&set) if set != SetId::EMPTY => self.set(set),
            Some(_) => one(Thing::Unknown),
            None => self.unbound(id),
        }
    }

    /// A name nothing in the file binds: from a star import, or built in.
    fn unbound(&self, id: &'a str) -> Val<'a> {
        if let Some(known) = self.unbound.borrow().get(id) {
            return Rc::clone(known);
        }
        let value = self.unbound_inside(id);
        self.unbound.borrow_mut().insert(id, Rc::clone(&value));
        value
    }

    fn unbound_inside(&self, id: &str) -> Val<'a> {
        let starred_is_empty = self.model.star_imports.is_empty();
        let starred =
            self.model.star_imports.iter().take_while(|_| self.spend(1)).map(|module| format!("{module}.{id}"));
        let listed: Vec<_> = starred.filter(|name| self.vocabulary.knows(name)).collect();
        // `torch` that only `from .basics import *` can have brought.
        if listed.is_empty() && !starred_is_empty && self.vocabulary.is_root(id) {
            return one(Thing::named(id));
        }
        if listed.is_empty() {
            return one(Thing::named(format!("builtins.{id}")));
        }
        listed.into_iter().map(|name| Alt::new(Thing::named(name))).collect()
    }

    /// What a set of defs can be.
    pub(super) fn set(&self, set: SetId) -> Val<'a> {
        if let Some(only) = set.only() {
            return self.def(only);
        }
        let defs = || self.model.sets.defs(set);
        let refined = |id: DefId| match &self.model.defs[id as usize].kind {
            DefKind::Refined { how, previous } => Some((*how, *previous)),
            _ => None,
        };
        // Where both branches of one test meet again, the test tells nothing.
        let met = |id: DefId| {
            let (how, previous) = refined(id)?;
            let opposite = how.opposite()?;
            let other = defs().any(|other| refined(other) == Some((opposite, previous)));
            other.then_some(previous)
        };
        self.union(defs().map(|def| met(def).map_or_else(|| self.def(def), |previous| self.set(previous))))
    }

    pub(super) fn def(&self, id: DefId) -> Val<'a> {
        self.worked_out_once(Question::Def(id), || self.def_inside(id))
    }

    fn def_inside(&self, id: DefId) -> Val<'a> {
        let def = &self.model.defs[id as usize];
        let bound = |value: Val<'a>| self.linked(&value, def.region, Why::Bound(id));
        match &def.kind {
            DefKind::Import(path) => bound(one(Thing::named(path.as_str()))),
            DefKind::Value { value, unpack } => bound(self.unpack(self.eval(value), unpack)),
            DefKind::ItemOf { iterable, unpack } => bound(self.item_of(iterable, unpack)),
            DefKind::Entered { value, unpack } => bound(self.unpack(self.eval(value), unpack)),
            DefKind::Augmented { value, previous } => {
                let (old, new) = (self.set(*previous), self.eval(value));
                match (&*old, &*new) {
                    ([Alt { thing: Thing::Dict(_), .. }], _) => {
                        let mut dict = Dict { entries: Vec::new(), rest: Rest::Nothing };
                        self.spread_value(&mut dict, &old);
                        self.spread_value(&mut dict, &new);
                        bound(one(Thing::Dict(Rc::new(dict))))
                    }
                    ([old], [new]) => bound(one(joined(&old.thing, &new.thing))),
                    _ => one(Thing::Unknown),
                }
            }
            DefKind::Changed { key, value, previous } => {
                let old = self.set(*previous);
                let old = if old.is_empty() { one(Thing::Unknown) } else { old };
                let new: Val<'a> = old.iter().map(|alt| alt.with(self.changed(&alt.thing, *key, value))).collect();
                bound(new)
            }
            DefKind::Mutated { call, previous } => {
                let old = self.set(*previous);
                let old = if old.is_empty() { one(Thing::Unknown) } else { old };
                bound(old.iter().map(|alt| alt.with(self.mutated(&alt.thing, call))).collect())
            }
            DefKind::Removed { key, previous } => {
                let old = self.set(*previous);
                bound(old.iter().map(|alt| alt.with(self.removed(&alt.thing, key))).collect())
            }
            DefKind::HasItem { key, previous } => {
                let old = self.set(*previous);
                old.iter().map(|alt| alt.with(self.with_item(&alt.thing, key))).collect()
            }
            DefKind::Escaped { call, previous } => {
                let old = self.set(*previous);
                let holds_dict = old.iter().any(|alt| matches!(alt.thing, Thing::Dict(_)));
                if !holds_dict || self.leaves_alone(call) {
                    return old;
                }
                old.iter().map(|alt| alt.with(self.escaped(&alt.thing))).collect()
            }
            DefKind::Refined { how, previous } => {
                let old = self.set(*previous);
                let kept = old.iter().filter_map(|alt| alt.thing.refined(*how).map(|thing| alt.with(thing)));
                let kept: Val<'a> = kept.collect();
                // A test that leaves nothing we know of was about something we do not know.
                match (kept.is_empty(), *how) {
                    (false, _) | (true, Refinement::NotNone) => kept,
                    (true, Refinement::IsNone) => one(Thing::None),
                    (true, Refinement::Local) => local(""),
                    (true, how) => one(Thing::UnknownOf { truth: how == Refinement::Truthy }),
                }
            }
            DefKind::Parameter { function, index } => self.parameter(id, *function, *index),
            DefKind::Function(function) => bound(one(Thing::Function(*function))),
            DefKind::Class(class) => bound(one(Thing::Class(*class))),
            DefKind::Opaque => one(Thing::Unknown),
        }
    }

    fn unpack(&self, mut value: Val<'a>, path: &[usize]) -> Val<'a> {
        for &index in path {
            value = self.flat_map(&value, |alt| match &alt.thing {
                Thing::Items(items) => match items.get(index) {
                    Some(Expr::Starred(_)) | None => one(Thing::Unknown),
                    Some(item) => self.eval(item),
                },
                // `args, rest = parser.parse_known_args()`
                Thing::Named(name) if index == 0 && name.ends_with("parse_known_args()") => Rc::from([alt.clone()]),
                // `torch, has_torch = optional_import("torch")`: a module cannot be taken apart.
                Thing::Named(name) if index == 0 && !name.ends_with(')') => Rc::from([alt.clone()]),
                // `data_args, = parser.parse_args_into_dataclasses()` and pairs of results we know the first of.
                _ => one(Thing::Unknown),
            });
        }
        value
    }

    fn item_of(&self, iterable: &'a Expr, unpack: &[usize]) -> Val<'a> {
        if let Expr::Call(call) = iterable
            && let Some(value) = self.item_of_view(call, unpack)
        {
            return value;
        }
        let value = self.eval(iterable);
        let items = self.flat_map(&value, |alt| match &alt.thing {
            Thing::Items(items) => {
                let each = items.iter().take(MAX_ITEMS).map(|item| match item {
                    Expr::Starred(_) => one(Thing::Unknown),
                    item => self.handed(&self.linked(&self.eval(item), region(*item), Why::Entry)),
                });
                self.union(each)
            }
            Thing::Dict(dict) if dict.rest == Rest::Nothing => {
                let keys = dict.entries.iter().take(MAX_ITEMS);
                keys.map(|(key, _)| Alt::new(Thing::Text(Rc::clone(key)))).collect()
            }
            _ => one(Thing::Unknown),
        });
        if unpack.is_empty() { items } else { self.handed(&self.unpack(items, unpack)) }
    }

    /// The loop variable of `d.items()`, `d.values()`, `enumerate(xs)`.
    fn item_of_view(&self, call: &'a ExprCall, unpack: &[usize]) -> Option<Val<'a>> {
        if let Expr::Attribute(attribute) = &*call.func {
            let rest = match (attribute.attr.as_str(), unpack) {
                ("items", [1, rest @ ..]) => rest,
                ("values", rest) => rest,
                _ => return None,
            };
            let base = self.eval(&attribute.value);
            let values = self.flat_map(&base, |alt| match &alt.thing {
                Thing::Dict(dict) => {
                    self.union(dict.entries.iter().take(MAX_ITEMS).map(|(_, slot)| self.handed(&self.slot(slot))))
                }
                _ => one(Thing::Unknown),
            });
            return Some(self.unpack(values, rest));
        }
        match (&*call.func, &*call.arguments.args, unpack) {
            (Expr::Name(name), [inner, ..], [1, rest @ ..]) if name.id.as_str() == "enumerate" => {
                Some(self.item_of(inner, rest))
            }
            _ => None,
        }
    }
}
