//! Dictionaries and lists, and what becomes of an object that is changed.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, ExprCall};

use super::model::{DefKind, Key};
use super::parse::region;
use super::thing::{Alt, Dict, Overlay, Rest, Slot, Thing, Val, one};
use super::values::{Resolver, callee_leaf};
use crate::fact::Role;

/// A dictionary that grows entry by entry is kept anew for each. Of what comes behind so many only the keys are kept that
/// rules ask for.
const MOST_ENTRIES: usize = 512;

impl<'a> Resolver<'a, '_> {
    /// A key as text; numbers and the like get a form no text has.
    pub(super) fn key(&self, expr: &'a Expr) -> Option<Rc<str>> {
        match expr {
            Expr::NumberLiteral(_) | Expr::BooleanLiteral(_) | Expr::NoneLiteral(_) => {
                Some(format!("\0{}", &self.text[region(expr).range()]).into())
            }
            _ => self.text_of(expr),
        }
    }

    pub(super) fn dict(&self, dict: &'a ast::ExprDict) -> Val<'a> {
        let mut new = Dict { entries: Vec::with_capacity(dict.items.len()), rest: Rest::Nothing };
        for item in &dict.items {
            match &item.key {
                Some(key) => match self.key(key) {
                    Some(key) => new.entries.push((key, Slot::Expr(&item.value))),
                    // The value may be looked up by any key: kept under one no text has.
                    None => new.entries.push((format!("\0{}", region(key).start).into(), Slot::Expr(&item.value))),
                },
                None => self.spread(&mut new, &item.value),
            }
        }
        one(Thing::Dict(Rc::new(new)))
    }

    /// Adds what `**value` brings.
    pub(super) fn spread(&self, into: &mut Dict<'a>, value: &'a Expr) {
        let value = self.eval(value);
        self.spread_value(into, &value);
    }

    pub(super) fn spread_value(&self, into: &mut Dict<'a>, value: &Val<'a>) {
        let dicts: Option<Vec<_>> = value
            .iter()
            .map(|alt| match alt.thing.peeled() {
                Thing::Dict(dict) => Some(Rc::clone(dict)),
                // `**(options or {})` spreads nothing when there is nothing.
                Thing::None | Thing::UnknownOf { truth: false } => {
                    Some(Rc::new(Dict { entries: Vec::new(), rest: Rest::Nothing }))
                }
                _ => None,
            })
            .collect();
        let known = dicts.unwrap_or_else(|| {
            into.rest = Rest::Anything;
            let dicts = value.iter().filter_map(|alt| match alt.thing.peeled() {
                Thing::Dict(dict) => Some(Rc::clone(dict)),
                _ => None,
            });
            dicts.collect()
        });
        if known.iter().any(|dict| dict.rest != Rest::Nothing) || known.len() < value.len() {
            // What is spread later wins: it may hold any of the keys there are.
            for (_, slot) in &mut into.entries {
                *slot = Slot::Val(self.union([self.slot(slot), one(Thing::Unknown)]));
            }
        }
        if let ([only], 1) = (known.as_slice(), value.len()) {
            into.entries.extend(only.entries.iter().cloned());
            into.rest = most(into.rest, only.rest);
            return;
        }
        // One of several: each key may be there or keep what was there before.
        let mut keys: Vec<Rc<str>> = Vec::new();
        for dict in &known {
            into.rest = most(into.rest, dict.rest);
            keys.extend(dict.entries.iter().map(|(key, _)| Rc::clone(key)));
        }
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            let mut parts: Vec<Val<'a>> =
                known.iter().filter_map(|dict| self.entry(dict, &key)).map(|slot| self.slot(slot)).collect();
            if parts.len() < value.len() {
                parts.push(self.entry(into, &key).map_or_else(|| one(Thing::Absent), |slot| self.slot(slot)));
            }
            let all = self.union(parts);
            into.entries.push((key, Slot::Val(all)));
        }
    }

    pub(super) fn changed(&self, old: &Thing<'a>, key: Key<'a>, value: &'a Expr) -> Thing<'a> {
        match (old, key) {
            (Thing::Dict(dict), Key::Item(item)) => {
                let key = self.key(item);
                let is_asked = key.as_deref().is_some_and(|key| self.vocabulary.has_argument(key));
                let is_full = dict.entries.len() >= MOST_ENTRIES;
                if is_full && !is_asked && dict.rest == Rest::Anything {
                    return Thing::Dict(Rc::clone(dict));
                }
                let mut new = Dict::clone(dict);
                if is_full {
                    new.rest = Rest::Anything;
                    new.entries.retain(|(known, _)| key.as_ref() != Some(known));
                    if !is_asked {
                        return Thing::Dict(Rc::new(new));
                    }
                }
                match key {
                    Some(key) if self.follows_option(&key, value) => {
                        new.entries.push((key, Slot::Val(one(Thing::Unknown))));
                    }
                    Some(key) => new.entries.push((key, Slot::Expr(value))),
                    None => {
                        new.entries.push((format!("\0{}", region(item).start).into(), Slot::Expr(value)));
                        new.rest = Rest::Anything;
                    }
                }
                Thing::Dict(Rc::new(new))
            }
            (Thing::Unknown | Thing::UnknownOf { .. }, Key::Item(item)) => match self.key(item) {
                Some(key) => {
                    Thing::Dict(Rc::new(Dict { entries: vec![(key, Slot::Expr(value))], rest: Rest::Anything }))
                }
                None => Thing::Unknown,
            },
            (old, Key::Item(_)) => old.clone(),
            (Thing::Dict(dict), Key::Attribute(attribute)) => {
                let mut new = Dict::clone(dict);
                new.entries.push((attribute.into(), Slot::Expr(value)));
                Thing::Dict(Rc::new(new))
            }
            (old, Key::Attribute(attribute)) => {
                Thing::Overlay(Rc::new(Overlay { base: old.clone(), attribute: attribute.into(), value }))
            }
        }
    }

    pub(super) fn removed(&self, old: &Thing<'a>, key: &'a Expr) -> Thing<'a> {
        match (old, self.key(key)) {
            (Thing::Dict(dict), Some(key)) => {
                let mut new = Dict::clone(dict);
                new.entries.push((key, Slot::Val(one(Thing::Absent))));
                Thing::Dict(Rc::new(new))
            }
            (Thing::Dict(_), None) => Thing::Unknown,
            (other, _) => other.clone(),
        }
    }

    /// What an entry holds, with a default in place of what may be missing.
    pub(super) fn present_or(&self, value: &Val<'a>, default: impl Fn() -> Val<'a>) -> Val<'a> {
        let is_absent = |alt: &Alt<'a>| matches!(alt.thing, Thing::Absent);
        if !value.iter().any(is_absent) {
            return Rc::clone(value);
        }
        self.union([value.iter().filter(|alt| !is_absent(alt)).cloned().collect(), default()])
    }

    /// A dictionary that has an item for `key`: what the caller of the function gives adds nothing of its own, as
    /// everywhere.
    pub(super) fn with_item(&self, old: &Thing<'a>, key: &'a Expr) -> Thing<'a> {
        let Some(key) = self.key(key) else { return old.clone() };
        let mut dict = match old {
            Thing::Dict(dict) => Dict::clone(dict),
            Thing::Unknown => Dict { entries: Vec::new(), rest: Rest::Anything },
            other => return other.clone(),
        };
        let given = self.entry(&dict, &key).map(|slot| self.slot(slot));
        let value: Val<'a> = match (given, dict.rest) {
            (Some(given), _) => given.iter().filter(|alt| !matches!(alt.thing, Thing::Absent)).cloned().collect(),
            (None, Rest::Anything) => one(Thing::Unknown),
            (None, Rest::FromCaller | Rest::Nothing) => Rc::from([]),
        };
        dict.entries.push((key, Slot::Val(value)));
        Thing::Dict(Rc::new(dict))
    }

    /// Whether a call surely does not change what it is given.
    pub(super) fn leaves_alone(&self, call: &'a ExprCall) -> bool {
        let value = self.eval(&call.func);
        !value.is_empty()
            && value.iter().all(|alt| match alt.thing.peeled() {
                Thing::Named(name) => {
                    let own = ["builtins.", "logging.", "json.", "pprint.", "torch.", "copy.", "warnings."];
                    own.iter().any(|module| name.starts_with(module))
                        || self.vocabulary.list(Role::LooksOnly, name).is_some()
                        || name
                            .rsplit('.')
                            .next()
                            .is_some_and(|leaf| matches!(leaf, "info" | "debug" | "warning" | "error" | "append"))
                }
                Thing::Function(function) => self.changes_no_parameter(*function),
                _ => false,
            })
    }

    /// Whether a function of the file leaves the objects it is given as they are.
    fn changes_no_parameter(&self, id: super::model::FunctionId) -> bool {
        let function = &self.model.functions[id as usize];
        let is_parameter = |name: &str| function.parameters.iter().any(|parameter| parameter.name == name);
        !self.metered(self.model.defs.iter()).any(|def| {
            let changes = matches!(
                def.kind,
                DefKind::Changed { .. }
                    | DefKind::Mutated { .. }
                    | DefKind::Removed { .. }
                    | DefKind::Augmented { .. }
                    | DefKind::Escaped { .. }
            );
            changes && function.region.contains(def.region) && is_parameter(def.name)
        })
    }

    /// A dictionary somebody else may have changed.
    pub(super) fn escaped(&self, old: &Thing<'a>) -> Thing<'a> {
        let Thing::Dict(dict) = old else { return old.clone() };
        let perhaps = dict.entries.iter().map(|(key, slot)| {
            let value = self.union([self.slot(slot), one(Thing::Unknown)]);
            (Rc::clone(key), Slot::Val(value))
        });
        Thing::Dict(Rc::new(Dict { entries: perhaps.collect(), rest: Rest::Anything }))
    }

    pub(super) fn mutated(&self, old: &Thing<'a>, call: &'a ExprCall) -> Thing<'a> {
        let Some(method) = callee_leaf(&call.func) else { return Thing::Unknown };
        let arguments = &call.arguments;
        if let Thing::Items(items) = old {
            return match (method, &*arguments.args) {
                _ if items.len() >= MOST_ENTRIES => {
                    self.cut();
                    Thing::Unknown
                }
                ("append" | "add", [item]) => Thing::Items(items.iter().copied().chain([item]).collect()),
                ("extend", [Expr::List(ast::ExprList { elts, .. }) | Expr::Tuple(ast::ExprTuple { elts, .. })]) => {
                    Thing::Items(items.iter().copied().chain(elts).collect())
                }
                _ => Thing::Unknown,
            };
        }
        let mut dict = match old {
            Thing::Dict(dict) if dict.entries.len() >= MOST_ENTRIES && !self.changes_asked(arguments) => {
                let has_literal_key = arguments.args.first().is_some_and(Expr::is_string_literal_expr);
                if !arguments.args.is_empty() && !has_literal_key {
                    self.cut();
                }
                return match dict.rest {
                    Rest::Anything => old.clone(),
                    _ => Thing::Dict(Rc::new(Dict { rest: Rest::Anything, ..Dict::clone(dict) })),
                };
            }
            Thing::Dict(dict) => Dict::clone(dict),
            Thing::Unknown => Dict { entries: Vec::new(), rest: Rest::Anything },
            other => return other.clone(),
        };
        match (method, &*arguments.args) {
            ("update", args) => {
                for argument in args {
                    self.spread(&mut dict, argument);
                }
                for keyword in &arguments.keywords {
                    match &keyword.arg {
                        Some(name) => dict.entries.push((name.as_str().into(), Slot::Expr(&keyword.value))),
                        None => self.spread(&mut dict, &keyword.value),
                    }
                }
            }
            ("setdefault", [key, rest @ ..]) => {
                if let Some(key) = self.key(key) {
                    let default = || rest.first().map_or_else(|| one(Thing::None), |value| self.eval(value));
                    let value = match (self.entry(&dict, &key), dict.rest) {
                        (Some(slot), _) => self.present_or(&self.slot(slot), default),
                        (None, Rest::Anything) => self.union([default(), one(Thing::Unknown)]),
                        (None, Rest::FromCaller | Rest::Nothing) => default(),
                    };
                    dict.entries.push((key, Slot::Val(value)));
                }
            }
            ("pop", [key, ..]) => match self.key(key) {
                // What is popped is surely gone, whoever put it there.
                Some(key) => {
                    dict.entries.retain(|(name, _)| *name != key);
                    if dict.rest != Rest::Nothing {
                        dict.entries.push((key, Slot::Val(one(Thing::Absent))));
                    }
                }
                None => dict.rest = Rest::Anything,
            },
            ("clear", _) => dict = Dict { entries: Vec::new(), rest: Rest::Nothing },
            _ => dict.rest = Rest::Anything,
        }
        Thing::Dict(Rc::new(dict))
    }

    /// Whether a method of a dictionary is handed a key that rules ask for.
    fn changes_asked(&self, arguments: &ast::Arguments) -> bool {
        let is_asked = |key: &str| self.vocabulary.has_argument(key);
        let key = arguments.args.first().and_then(Expr::as_string_literal_expr);
        key.is_some_and(|key| is_asked(key.value.to_str()))
            || arguments.keywords.iter().filter_map(|keyword| keyword.arg.as_ref()).any(|name| is_asked(name))
    }
}

fn most(a: Rest, b: Rest) -> Rest {
    match (a, b) {
        (Rest::Anything, _) | (_, Rest::Anything) => Rest::Anything,
        (Rest::FromCaller, _) | (_, Rest::FromCaller) => Rest::FromCaller,
        (Rest::Nothing, Rest::Nothing) => Rest::Nothing,
    }
}
