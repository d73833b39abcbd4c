//! What an expression can be: constants, what names reach, parts of objects, results of calls.
//!
//! Nothing is run. Alternatives are kept side by side; what cannot be told is [`Thing::Unknown`], and every question is
//! bounded in depth, in alternatives and in total steps.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use ruff_python_ast::{self as ast, BoolOp, CmpOp, Expr, ExprCall, Number, Operator, UnaryOp};
use rustc_hash::{FxHashMap, FxHashSet};

use super::model::{ClassId, DefId, DefKind, Key, Model, Refinement, ScopeKind, SetId};
use super::parse::region;
use super::thing::{Alt, Dict, Overlay, Rest, Slot, Thing, Val, Why, local, one};
use crate::fact::{Role, Vocabulary};
use crate::limits::Limits;
use crate::text::Region;

/// What is worked out once for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// What a def can be.
    Def(DefId),
    /// What a function returns.
    Returned(super::model::FunctionId),
    /// What an expression can be, by its address in the tree.
    Expr(usize),
    /// What a name of a class, or of its instances, can be: a number of [`Resolver::members`].
    Member(u32),
}

/// A class, a name in it, and whether an instance is asked.
type MemberKey = (ClassId, Box<str>, bool);

const MAX_DEPTH: u32 = 60;
const MAX_ITEMS: usize = 64;

/// Answers what expressions of one model can be.
pub(super) struct Resolver<'a, 'm> {
    pub(super) model: &'m Model<'a>,
    pub(super) text: &'a str,
    pub(super) vocabulary: &'m Vocabulary,
    pub(super) max_alternatives: usize,
    known: RefCell<FxHashMap<Question, Val<'a>>>,
    in_work: RefCell<FxHashSet<Question>>,
    members: RefCell<FxHashMap<MemberKey, u32>>,
    depth: Cell<u32>,
    steps: Cell<u32>,
    /// Calls by the last part of what they call: where to look for the callers of a function.
    pub(super) callers: FxHashMap<&'a str, Vec<usize>>,
    /// Calls that are given a function, by the function's last part, with its position.
    pub(super) handed_calls: FxHashMap<&'a str, Vec<(usize, usize)>>,
    /// Calls by the scope they stand in.
    pub(super) by_scope: FxHashMap<super::model::ScopeId, Vec<usize>>,
    /// Those of them that may write to a file or buffer.
    pub(super) writes_by_scope: FxHashMap<super::model::ScopeId, Vec<usize>>,
    /// Whether digests can be compared in this file at all.
    pub(super) has_digests: bool,
    /// `add_argument` calls by the attribute they fill.
    pub(super) options: FxHashMap<String, Vec<&'a ExprCall>>,
}

/// The last part of a called expression.
pub(super) fn callee_leaf(func: &Expr) -> Option<&str> {
    match func {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

impl<'a, 'm> Resolver<'a, 'm> {
    pub(super) fn new(model: &'m Model<'a>, text: &'a str, vocabulary: &'m Vocabulary, limits: &Limits) -> Self {
        let mut callers: FxHashMap<&'a str, Vec<usize>> = FxHashMap::default();
        let mut handed_calls: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut writes_by_scope: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        let mut by_scope: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for (index, site) in model.calls.iter().enumerate() {
            by_scope.entry(site.place.scope).or_default().push(index);
            let writes = callee_leaf(&site.call.func).is_some_and(|leaf| {
                matches!(leaf, "write" | "write_bytes" | "writelines" | "readinto" | "copyfileobj")
                    || vocabulary.has_writer(leaf)
            });
            if writes {
                writes_by_scope.entry(site.place.scope).or_default().push(index);
            }
            for (position, argument) in site.call.arguments.args.iter().enumerate().take(2) {
                if let Some(leaf) = callee_leaf(argument) {
                    handed_calls.entry(leaf).or_default().push((index, position));
                }
            }
            if let Some(leaf) = callee_leaf(&site.call.func) {
                callers.entry(leaf).or_default().push(index);
            }
        }
        let mut new = Self {
            model,
            text,
            vocabulary,
            max_alternatives: limits.max_alternatives,
            known: RefCell::default(),
            in_work: RefCell::default(),
            members: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(limits.max_resolution_steps),
            callers,
            handed_calls,
            by_scope,
            writes_by_scope,
            has_digests: text.contains("hashlib") || text.contains("digest"),
            options: FxHashMap::default(),
        };
        new.options = super::options::collect(&new);
        new
    }

    /// Whether the budget of steps ran out: answers since then are "unknown".
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() == 0
    }

    /// What `expr` can be. Empty where it only leads back to itself, or to a way that is never taken.
    pub(super) fn eval(&self, expr: &'a Expr) -> Val<'a> {
        let depth = self.depth.get();
        let steps = self.steps.get();
        if depth >= MAX_DEPTH || steps == 0 {
            return one(Thing::Unknown);
        }
        self.depth.set(depth + 1);
        self.steps.set(steps - 1);
        let value = match expr {
            Expr::Name(_)
            | Expr::StringLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::Lambda(_) => self.eval_inside(expr),
            _ => self.worked_out_once(Question::Expr(std::ptr::from_ref(expr) as usize), || self.eval_inside(expr)),
        };
        self.depth.set(depth);
        value
    }

    fn eval_inside(&self, expr: &'a Expr) -> Val<'a> {
        match expr {
            Expr::Name(name) => self.name(name),
            Expr::Attribute(attribute) => {
                let base = with_attributes(self.eval(&attribute.value));
                self.flat_map(&base, |alt| self.attribute(alt, attribute.attr.as_str()))
            }
            Expr::Call(call) => self.call(call),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::BoolOp(bool_op) => self.bool_op(bool_op),
            Expr::Named(named) => self.eval(&named.value),
            Expr::BinOp(binary) => self.binary(binary),
            Expr::UnaryOp(unary) => self.unary(unary),
            Expr::Lambda(lambda) => match self.model.lambdas.get(&region(lambda).start) {
                Some(&function) => one(Thing::Function(function)),
                None => one(Thing::Unknown),
            },
            Expr::If(ternary) => match self.truth(&ternary.test) {
                Some(true) => self.eval(&ternary.body),
                Some(false) => self.eval(&ternary.orelse),
                None => self.union([self.eval(&ternary.body), self.eval(&ternary.orelse)]),
            },
            Expr::Dict(dict) => self.dict(dict),
            Expr::Set(ast::ExprSet { elts, .. })
            | Expr::List(ast::ExprList { elts, .. })
            | Expr::Tuple(ast::ExprTuple { elts, .. }) => one(Thing::Items(elts.iter().collect())),
            Expr::Compare(compare) => self.compare(compare),
            Expr::FString(string) => self.fstring(string),
            Expr::StringLiteral(string) => one(Thing::Text(string.value.to_str().into())),
            Expr::BytesLiteral(bytes) => one(Thing::Bytes { nonempty: !bytes.value.is_empty() }),
            Expr::NumberLiteral(number) => one(number_thing(&number.value)),
            Expr::BooleanLiteral(literal) => one(Thing::Bool(literal.value)),
            Expr::NoneLiteral(_) => one(Thing::None),
            Expr::Await(inner) => self.eval(&inner.value),
            Expr::Starred(starred) => self.eval(&starred.value),
            Expr::EllipsisLiteral(_) => one(Thing::UnknownOf { truth: true }),
            Expr::TString(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_)
            | Expr::Yield(_)
            | Expr::YieldFrom(_)
            | Expr::Slice(_)
            | Expr::IpyEscapeCommand(_) => one(Thing::Unknown),
        }
    }

    /// What `if expr` would do, where every alternative agrees.
    pub(super) fn truth(&self, expr: &'a Expr) -> Option<bool> {
        let value = self.eval(expr);
        let first = value.first()?.thing.truth()?;
        value.iter().all(|alt| alt.thing.truth() == Some(first)).then_some(first)
    }

    /// The text `expr` surely is.
    pub(super) fn text_of(&self, expr: &'a Expr) -> Option<Rc<str>> {
        if let Expr::StringLiteral(string) = expr {
            return Some(string.value.to_str().into());
        }
        match &*self.eval(expr) {
            [Alt { thing: Thing::Text(text), .. }] => Some(Rc::clone(text)),
            _ => None,
        }
    }

    /// The qualified names `expr` can be.
    pub(super) fn names(&self, expr: &'a Expr) -> Vec<Rc<str>> {
        let value = self.eval(expr);
        let names = value.iter().filter_map(|alt| match alt.thing.peeled() {
            Thing::Named(name) => Some(Rc::clone(name)),
            _ => None,
        });
        names.collect()
    }

    // Sets of alternatives.

    pub(super) fn union(&self, parts: impl IntoIterator<Item = Val<'a>>) -> Val<'a> {
        let mut all: Vec<Alt<'a>> = Vec::new();
        for part in parts {
            for alt in part.iter() {
                if all.len() >= self.max_alternatives {
                    all.push(Alt::new(Thing::Unknown));
                    return all.into();
                }
                if !all.iter().any(|known| same(known, alt)) {
                    all.push(alt.clone());
                }
            }
        }
        all.into()
    }

    pub(super) fn flat_map(&self, value: &Val<'a>, f: impl Fn(&Alt<'a>) -> Val<'a>) -> Val<'a> {
        match &**value {
            [only] => f(only),
            many => self.union(many.iter().map(f)),
        }
    }

    /// A listed function that leaves a table, a default or a `return` is reported where it went in.
    pub(super) fn handed(&self, value: &Val<'a>) -> Val<'a> {
        let listed = |alt: &Alt<'a>| match alt.thing.peeled() {
            Thing::Named(name) => self.vocabulary.has_function(name),
            Thing::Partial(_) | Thing::MethodCaller(_) => true,
            _ => false,
        };
        if !value.iter().any(listed) {
            return Rc::clone(value);
        }
        value.iter().map(|alt| Alt { handed: alt.handed || listed(alt), ..alt.clone() }).collect()
    }

    pub(super) fn slot(&self, slot: &Slot<'a>) -> Val<'a> {
        match slot {
            Slot::Expr(expr) => self.linked(&self.eval(expr), region(*expr), Why::Entry),
            Slot::Val(value) => Rc::clone(value),
        }
    }

    pub(super) fn linked(&self, value: &Val<'a>, at: Region, why: Why) -> Val<'a> {
        value.iter().map(|alt| alt.clone().linked(at, why)).collect()
    }

    // Names.

    fn name(&self, name: &'a ast::ExprName) -> Val<'a> {
        let id = name.id.as_str();
        match self.model.uses.get(&region(name).start) {
            Some(&set) if set != SetId::EMPTY => self.set(set),
            Some(_) => one(Thing::Unknown),
            None => self.unbound(id),
        }
    }

    /// A name nothing in the file binds: from a star import, or built in.
    fn unbound(&self, id: &str) -> Val<'a> {
        let starred_is_empty = self.model.star_imports.is_empty();
        let starred = self.model.star_imports.iter().map(|module| format!("{module}.{id}"));
        let listed: Vec<_> = starred.filter(|name| self.vocabulary.knows(name)).collect();
        // `torch` that only `from .basics import *` can have brought.
        if listed.is_empty() && !starred_is_empty && self.vocabulary.has_root(|root| root == id) {
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
        let defs = self.model.sets.defs(set);
        let refined = |id: DefId| match &self.model.defs[id as usize].kind {
            DefKind::Refined { how, previous } => Some((*how, *previous)),
            _ => None,
        };
        // Where both branches of one test meet again, the test tells nothing.
        let met = |id: DefId| {
            let (how, previous) = refined(id)?;
            let other = defs.iter().any(|other| refined(*other) == Some((how.opposite(), previous)));
            other.then_some(previous)
        };
        self.union(defs.iter().map(|&def| met(def).map_or_else(|| self.def(def), |previous| self.set(previous))))
    }

    pub(super) fn def(&self, id: DefId) -> Val<'a> {
        self.worked_out_once(Question::Def(id), || self.def_inside(id))
    }

    /// Answers a question once; asked again while it is worked out, it adds nothing.
    pub(super) fn worked_out_once(&self, question: Question, answer: impl FnOnce() -> Val<'a>) -> Val<'a> {
        if let Some(value) = self.known.borrow().get(&question) {
            return Rc::clone(value);
        }
        if !self.in_work.borrow_mut().insert(question) {
            return Rc::from([]);
        }
        let value = answer();
        self.in_work.borrow_mut().remove(&question);
        self.known.borrow_mut().insert(question, Rc::clone(&value));
        value
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
        self.unpack(items, unpack)
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

    // Objects and their parts.

    /// `alt.name`
    pub(super) fn attribute(&self, alt: &Alt<'a>, name: &str) -> Val<'a> {
        match &alt.thing {
            Thing::Overlay(overlay) if *overlay.attribute == *name => {
                self.linked(&self.eval(overlay.value), region(overlay.value), Why::Attribute)
            }
            Thing::Overlay(overlay) => self.attribute(&alt.with(overlay.base.clone()), name),
            Thing::Named(path) => {
                if let Some(value) = self.option_value(path, name) {
                    return value;
                }
                match name {
                    "__call__" | "__wrapped__" => Rc::from([alt.clone()]),
                    _ if self.vocabulary.list(Role::LocalPath, path.trim_end_matches("()")).is_some()
                        && name == "name" =>
                    {
                        local("")
                    }
                    _ => Rc::from([alt.with(Thing::named(format!("{path}.{name}")))]),
                }
            }
            Thing::LocalPath(_) => local(""),
            Thing::Class(class) => self.member(alt, *class, name, None, 0),
            Thing::Instance { class, made_by } => self.member(alt, *class, name, Some(*made_by), 0),
            Thing::Dict(dict) => match dict.get(name) {
                Some(slot) => self.slot(slot),
                None => one(Thing::Unknown),
            },
            Thing::Unknown => self.option_by_name(name).unwrap_or_else(|| self.of_something(name)),
            // A member of an enumeration.
            Thing::Bool(_) | Thing::Text(_) | Thing::Number { .. } if name == "value" => Rc::from([alt.clone()]),
            _ => self.of_something(name),
        }
    }

    /// An attribute of something unknown: still of use where a rule asks for the name wherever it comes from.
    fn of_something(&self, name: &str) -> Val<'a> {
        if self.vocabulary.has_bare_leaf(name) || self.vocabulary.is_importer(name, |root| root.is_none()) {
            one(Thing::named(format!("__unknown__.{name}")))
        } else {
            one(Thing::Unknown)
        }
    }

    /// A name of a class (`instance` is `None`) or of an instance of it; then of its bases.
    fn member(
        &self,
        alt: &Alt<'a>,
        id: ClassId,
        name: &str,
        instance: Option<Option<&'a ExprCall>>,
        level: u32,
    ) -> Val<'a> {
        if matches!(instance, Some(Some(_))) {
            return self.member_inside(alt, id, name, instance, level);
        }
        let key = (id, Box::from(name), instance.is_some());
        let next = self.members.borrow().len() as u32;
        let number = *self.members.borrow_mut().entry(key).or_insert(next);
        self.worked_out_once(Question::Member(number), || self.member_inside(alt, id, name, instance, level))
    }

    fn member_inside(
        &self,
        alt: &Alt<'a>,
        id: ClassId,
        name: &str,
        instance: Option<Option<&'a ExprCall>>,
        level: u32,
    ) -> Val<'a> {
        let class = &self.model.classes[id as usize];
        let mut found: Vec<Val<'a>> = Vec::new();
        if let Some(made_by) = instance {
            if let Some(value) = self.field(id, name, made_by) {
                return value;
            }
            if let Some(values) = class.attributes.get(name) {
                let each = values.iter().map(|value| self.linked(&self.eval(value), region(*value), Why::Attribute));
                found.push(self.union(each));
            }
        } else if let Some(values) = class.class_attributes.get(name) {
            let each = values.iter().map(|value| self.linked(&self.eval(value), region(*value), Why::Attribute));
            found.push(self.union(each));
        }
        let scope = &self.model.scopes[class.scope as usize];
        let own =
            scope.symbols.get(name).map(|&symbol| scope.at_end[symbol as usize]).filter(|set| *set != SetId::EMPTY);
        if let Some(set) = own {
            let value = self.set(set);
            let bound = self.flat_map(&value, |member| match (&member.thing, instance) {
                (Thing::Function(function), Some(_)) => {
                    let of = &self.model.functions[*function as usize];
                    match (of.is_property, of.is_static) {
                        (true, _) => self.returned(*function),
                        (false, true) => Rc::from([member.clone()]),
                        (false, false) => Rc::from([member.with(Thing::Method(*function))]),
                    }
                }
                _ => Rc::from([member.clone()]),
            });
            found.push(bound);
        }
        if !found.is_empty() {
            return self.union(found);
        }
        if level > 8 {
            return one(Thing::Unknown);
        }
        let bases = class.bases.iter().map(|base| {
            let value = self.eval(base);
            self.flat_map(&value, |base_alt| match base_alt.thing.peeled() {
                Thing::Class(base) if *base != id => self.member(alt, *base, name, instance, level + 1),
                Thing::Named(path) => {
                    let made = if instance.is_some() { "()" } else { "" };
                    let thing = Thing::named(format!("{path}{made}.{name}"));
                    Rc::from([alt.with(thing).linked(class.region, Why::Base)])
                }
                _ => one(Thing::Unknown),
            })
        });
        let value = self.union(bases);
        if value.is_empty() { one(Thing::Unknown) } else { value }
    }

    fn subscript(&self, subscript: &'a ast::ExprSubscript) -> Val<'a> {
        let base = self.eval(&subscript.value);
        self.flat_map(&base, |alt| match alt.thing.peeled() {
            Thing::Dict(dict) => match self.key(&subscript.slice) {
                Some(key) => match (dict.get(&key), dict.rest) {
                    (Some(slot), _) => self.handed(&self.slot(slot)),
                    (None, _) => one(Thing::Unknown),
                },
                None => {
                    let all = dict.entries.iter().take(MAX_ITEMS).map(|(_, slot)| self.handed(&self.slot(slot)));
                    let all = self.union(all);
                    if dict.rest == Rest::Nothing { all } else { self.union([all, one(Thing::Unknown)]) }
                }
            },
            Thing::Items(items) => match &*self.eval(&subscript.slice) {
                [Alt { thing: Thing::Number { index: Some(index), .. }, .. }] => match items.get(*index) {
                    Some(item) => self.handed(&self.eval(item)),
                    None => one(Thing::Unknown),
                },
                _ => self.union(items.iter().take(MAX_ITEMS).map(|item| self.handed(&self.eval(item)))),
            },
            Thing::ModuleNames => match self.text_of(&subscript.slice) {
                Some(name) => self.module_name(&name),
                None => one(Thing::Unknown),
            },
            Thing::Named(path) => match (&**path, self.text_of(&subscript.slice)) {
                ("sys.modules", Some(module)) => one(Thing::named(module)),
                (path, Some(name)) if path.ends_with(".__dict__") => {
                    one(Thing::named(format!("{}.{name}", path.trim_end_matches(".__dict__"))))
                }
                // The first of `parse_known_args()`.
                (path, None) if path.ends_with("parse_known_args()") => Rc::from([alt.clone()]),
                (path, _)
                    if path
                        .rsplit('.')
                        .next()
                        .is_some_and(|leaf| leaf.starts_with(char::is_uppercase) && !leaf.ends_with(')')) =>
                {
                    Rc::from([alt.clone()])
                }
                _ => one(Thing::Unknown),
            },
            Thing::LocalPath(_) => local(""),
            // `Base[T]` is `Base`.
            Thing::Class(_) => Rc::from([alt.clone()]),
            _ => one(Thing::Unknown),
        })
    }

    /// A name of the module by its text.
    pub(super) fn module_name(&self, name: &str) -> Val<'a> {
        let Some(module) = self.model.scopes.first() else { return one(Thing::Unknown) };
        debug_assert_eq!(module.kind, ScopeKind::Module);
        match module.symbols.get(name) {
            Some(&symbol) => self.set(module.at_end[symbol as usize]),
            None => one(Thing::Unknown),
        }
    }

    // Dictionaries.

    /// A key as text; numbers and the like get a form no text has.
    pub(super) fn key(&self, expr: &'a Expr) -> Option<Rc<str>> {
        match expr {
            Expr::NumberLiteral(_) | Expr::BooleanLiteral(_) | Expr::NoneLiteral(_) => {
                Some(format!("\0{}", &self.text[region(expr).range()]).into())
            }
            _ => self.text_of(expr),
        }
    }

    fn dict(&self, dict: &'a ast::ExprDict) -> Val<'a> {
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
                known.iter().filter_map(|dict| dict.get(&key)).map(|slot| self.slot(slot)).collect();
            if parts.len() < value.len() {
                parts.push(into.get(&key).map_or_else(|| one(Thing::Absent), |slot| self.slot(slot)));
            }
            let all = self.union(parts);
            into.entries.push((key, Slot::Val(all)));
        }
    }

    fn changed(&self, old: &Thing<'a>, key: Key<'a>, value: &'a Expr) -> Thing<'a> {
        match (old, key) {
            (Thing::Dict(dict), Key::Item(item)) => {
                let mut new = Dict::clone(dict);
                match self.key(item) {
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

    fn removed(&self, old: &Thing<'a>, key: &'a Expr) -> Thing<'a> {
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
    fn with_item(&self, old: &Thing<'a>, key: &'a Expr) -> Thing<'a> {
        let Some(key) = self.key(key) else { return old.clone() };
        let mut dict = match old {
            Thing::Dict(dict) => Dict::clone(dict),
            Thing::Unknown => Dict { entries: Vec::new(), rest: Rest::Anything },
            other => return other.clone(),
        };
        let given = dict.get(&key).map(|slot| self.slot(slot));
        let value: Val<'a> = match (given, dict.rest) {
            (Some(given), _) => given.iter().filter(|alt| !matches!(alt.thing, Thing::Absent)).cloned().collect(),
            (None, Rest::Anything) => one(Thing::Unknown),
            (None, Rest::FromCaller | Rest::Nothing) => Rc::from([]),
        };
        dict.entries.push((key, Slot::Val(value)));
        Thing::Dict(Rc::new(dict))
    }

    /// Whether a call surely does not change what it is given.
    fn leaves_alone(&self, call: &'a ExprCall) -> bool {
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
        !self.model.defs.iter().any(|def| {
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
    fn escaped(&self, old: &Thing<'a>) -> Thing<'a> {
        let Thing::Dict(dict) = old else { return old.clone() };
        let perhaps = dict.entries.iter().map(|(key, slot)| {
            let value = self.union([self.slot(slot), one(Thing::Unknown)]);
            (Rc::clone(key), Slot::Val(value))
        });
        Thing::Dict(Rc::new(Dict { entries: perhaps.collect(), rest: Rest::Anything }))
    }

    fn mutated(&self, old: &Thing<'a>, call: &'a ExprCall) -> Thing<'a> {
        let Some(method) = callee_leaf(&call.func) else { return Thing::Unknown };
        let arguments = &call.arguments;
        if let Thing::Items(items) = old {
            return match (method, &*arguments.args) {
                ("append" | "add", [item]) => Thing::Items(items.iter().copied().chain([item]).collect()),
                ("extend", [Expr::List(ast::ExprList { elts, .. }) | Expr::Tuple(ast::ExprTuple { elts, .. })]) => {
                    Thing::Items(items.iter().copied().chain(elts).collect())
                }
                _ => Thing::Unknown,
            };
        }
        let mut dict = match old {
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
                    let value = match (dict.get(&key), dict.rest) {
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

    // Operators.

    fn bool_op(&self, bool_op: &'a ast::ExprBoolOp) -> Val<'a> {
        let stops_at = bool_op.op == BoolOp::Or;
        let how = if stops_at { Refinement::Truthy } else { Refinement::Falsy };
        let mut parts = Vec::new();
        for (index, value) in bool_op.values.iter().enumerate() {
            let value = self.eval(value);
            if index + 1 == bool_op.values.len() {
                parts.push(value);
                break;
            }
            let kept = value.iter().filter_map(|alt| alt.thing.refined(how).map(|thing| alt.with(thing)));
            parts.push(kept.collect());
            if value.iter().all(|alt| alt.thing.truth() == Some(stops_at)) {
                break;
            }
        }
        self.union(parts)
    }

    fn unary(&self, unary: &'a ast::ExprUnaryOp) -> Val<'a> {
        let value = self.eval(&unary.operand);
        match unary.op {
            UnaryOp::Not => self.flat_map(&value, |alt| match alt.thing.truth() {
                Some(truth) => Rc::from([alt.with(Thing::Bool(!truth))]),
                None => one(Thing::Unknown),
            }),
            UnaryOp::USub | UnaryOp::UAdd | UnaryOp::Invert => self.flat_map(&value, |alt| match alt.thing {
                Thing::Number { nonzero, .. } if unary.op != UnaryOp::Invert => {
                    one(Thing::Number { nonzero, index: None })
                }
                _ => one(Thing::Unknown),
            }),
        }
    }

    fn binary(&self, binary: &'a ast::ExprBinOp) -> Val<'a> {
        let left = self.eval(&binary.left);
        match binary.op {
            Operator::Div if left.iter().any(|alt| matches!(alt.thing, Thing::LocalPath(_))) => {
                let end = self.text_of(&binary.right);
                one(Thing::LocalPath(end.unwrap_or_default()))
            }
            Operator::Add | Operator::BitOr => {
                let right = self.eval(&binary.right);
                if binary.op == Operator::BitOr
                    && left.iter().chain(right.iter()).any(|alt| matches!(alt.thing, Thing::Dict(_)))
                {
                    let mut dict = Dict { entries: Vec::new(), rest: Rest::Nothing };
                    self.spread_value(&mut dict, &left);
                    self.spread_value(&mut dict, &right);
                    return one(Thing::Dict(Rc::new(dict)));
                }
                self.flat_map(&left, |a| self.flat_map(&right, |b| Rc::from([a.with(joined(&a.thing, &b.thing))])))
            }
            Operator::Mod => self.flat_map(&left, |alt| match &alt.thing {
                Thing::Text(text) => {
                    let values: Vec<&'a Expr> = match &*binary.right {
                        Expr::Tuple(tuple) => tuple.elts.iter().collect(),
                        other => vec![other],
                    };
                    let pieces: Vec<&str> = text.split("%s").collect();
                    if pieces.len() != values.len() + 1 || pieces.iter().any(|piece| piece.contains('%')) {
                        let prefix = text.split('%').next().unwrap_or_default();
                        return one(Thing::PartialText { prefix: prefix.into(), suffix: "".into() });
                    }
                    let mut whole = Thing::Text(pieces[0].into());
                    for (value, piece) in values.into_iter().zip(&pieces[1..]) {
                        whole = joined(&joined(&whole, &self.part_of_text(value)), &Thing::Text((*piece).into()));
                    }
                    one(whole)
                }
                _ => one(Thing::Unknown),
            }),
            _ => one(Thing::Unknown),
        }
    }

    fn compare(&self, compare: &'a ast::ExprCompare) -> Val<'a> {
        let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return one(Thing::Unknown) };
        let (left, right) = (self.eval(&compare.left), self.eval(right));
        let ([left], [right]) = (&*left, &*right) else { return one(Thing::Unknown) };
        let equal = match (&left.thing, &right.thing) {
            (Thing::Text(a), Thing::Text(b)) => a == b,
            (Thing::Bool(a), Thing::Bool(b)) => a == b,
            (Thing::Number { index: Some(a), .. }, Thing::Number { index: Some(b), .. }) => {
                return match op {
                    CmpOp::Eq | CmpOp::Is => one(Thing::Bool(a == b)),
                    CmpOp::NotEq | CmpOp::IsNot => one(Thing::Bool(a != b)),
                    CmpOp::Lt => one(Thing::Bool(a < b)),
                    CmpOp::LtE => one(Thing::Bool(a <= b)),
                    CmpOp::Gt => one(Thing::Bool(a > b)),
                    CmpOp::GtE => one(Thing::Bool(a >= b)),
                    CmpOp::In | CmpOp::NotIn => one(Thing::Unknown),
                };
            }
            (Thing::None, Thing::None) => true,
            (Thing::None, Thing::Text(_) | Thing::Bool(_)) | (Thing::Text(_) | Thing::Bool(_), Thing::None) => false,
            _ => return one(Thing::Unknown),
        };
        match op {
            CmpOp::Eq | CmpOp::Is => one(Thing::Bool(equal)),
            CmpOp::NotEq | CmpOp::IsNot => one(Thing::Bool(!equal)),
            _ => one(Thing::Unknown),
        }
    }

    fn fstring(&self, string: &'a ast::ExprFString) -> Val<'a> {
        let mut whole = Thing::Text("".into());
        for element in string.value.elements() {
            let part = match element {
                ast::InterpolatedStringElement::Literal(literal) => Thing::Text((*literal.value).into()),
                ast::InterpolatedStringElement::Interpolation(inner) => match &*self.eval(&inner.expression) {
                    [Alt { thing: Thing::Text(text), .. }] if inner.format_spec.is_none() => {
                        Thing::Text(Rc::clone(text))
                    }
                    [Alt { thing: Thing::PartialText { prefix, suffix }, .. }] if inner.format_spec.is_none() => {
                        Thing::PartialText { prefix: Rc::clone(prefix), suffix: Rc::clone(suffix) }
                    }
                    [Alt { thing: Thing::LocalPath(end), .. }] if matches!(&whole, Thing::Text(text) if text.is_empty()) => {
                        Thing::LocalPath(Rc::clone(end))
                    }
                    _ => Thing::PartialText { prefix: "".into(), suffix: "".into() },
                },
            };
            whole = joined(&whole, &part);
        }
        // Literal parts beside f-strings, `"a" f"{b}"`, are elements of their own; plain ones are in `value` too.
        one(whole)
    }
}

/// Without `None`, which has no attributes to speak of, where there is something else.
pub(super) fn with_attributes(value: Val<'_>) -> Val<'_> {
    let is_none = |alt: &Alt<'_>| matches!(alt.thing, Thing::None);
    if value.len() < 2 || !value.iter().any(is_none) || value.iter().all(is_none) {
        return value;
    }
    value.iter().filter(|alt| !is_none(alt)).cloned().collect()
}

/// `a + b` of texts, paths and lists.
pub(super) fn joined<'a>(a: &Thing<'a>, b: &Thing<'a>) -> Thing<'a> {
    match (a, b) {
        (Thing::Text(a), Thing::LocalPath(end)) if a.is_empty() => Thing::LocalPath(Rc::clone(end)),
        (Thing::LocalPath(_), Thing::Text(end) | Thing::PartialText { suffix: end, .. }) => {
            Thing::LocalPath(Rc::clone(end))
        }
        (Thing::LocalPath(_), _) => Thing::LocalPath("".into()),
        (Thing::Text(a), Thing::Text(b)) => Thing::Text(format!("{a}{b}").into()),
        (Thing::Text(a), Thing::PartialText { prefix, suffix }) => {
            Thing::PartialText { prefix: format!("{a}{prefix}").into(), suffix: Rc::clone(suffix) }
        }
        (Thing::PartialText { prefix, suffix }, Thing::Text(b)) => {
            Thing::PartialText { prefix: Rc::clone(prefix), suffix: format!("{suffix}{b}").into() }
        }
        (Thing::PartialText { prefix, .. }, Thing::PartialText { suffix, .. }) => {
            Thing::PartialText { prefix: Rc::clone(prefix), suffix: Rc::clone(suffix) }
        }
        (Thing::Text(a), _) => Thing::PartialText { prefix: Rc::clone(a), suffix: "".into() },
        (_, Thing::Text(b)) => Thing::PartialText { prefix: "".into(), suffix: Rc::clone(b) },
        (Thing::Items(a), Thing::Items(b)) => Thing::Items(a.iter().chain(b.iter()).copied().collect()),
        _ => Thing::Unknown,
    }
}

fn most(a: Rest, b: Rest) -> Rest {
    match (a, b) {
        (Rest::Anything, _) | (_, Rest::Anything) => Rest::Anything,
        (Rest::FromCaller, _) | (_, Rest::FromCaller) => Rest::FromCaller,
        (Rest::Nothing, Rest::Nothing) => Rest::Nothing,
    }
}

fn number_thing<'a>(number: &Number) -> Thing<'a> {
    match number {
        Number::Int(int) => Thing::Number { nonzero: int.as_u64() != Some(0), index: int.as_usize() },
        Number::Float(value) => Thing::Number { nonzero: *value != 0.0, index: None },
        Number::Complex { real, imag } => Thing::Number { nonzero: *real != 0.0 || *imag != 0.0, index: None },
    }
}

/// Whether two alternatives say the same, so that one of them will do.
fn same(a: &Alt<'_>, b: &Alt<'_>) -> bool {
    a.decided_at == b.decided_at
        && a.handed == b.handed
        && match (&a.thing, &b.thing) {
            (Thing::Unknown, Thing::Unknown) | (Thing::Absent, Thing::Absent) | (Thing::None, Thing::None) => true,
            (Thing::Bool(a), Thing::Bool(b)) => a == b,
            (Thing::Text(a), Thing::Text(b))
            | (Thing::Named(a), Thing::Named(b))
            | (Thing::LocalPath(a), Thing::LocalPath(b)) => a == b,
            (Thing::Function(a), Thing::Function(b)) | (Thing::Method(a), Thing::Method(b)) => a == b,
            (Thing::Class(a), Thing::Class(b)) => a == b,
            (Thing::UnknownOf { truth: a }, Thing::UnknownOf { truth: b }) => a == b,
            _ => false,
        }
}
