//! Collections of data that the program made itself: `[pickle.dumps(o) for o in objects]`, filled by nobody else.
//!
//! `own.rs` asks of items that are loaded; the facts ask of what `map(pickle.loads, …)` is handed.

use ruff_python_ast::{self as ast, Expr, ExprCall, Operator};

use super::super::model::{DefId, DefKind, Key, Place, SetId};
use super::super::parse::region;
use super::super::values::{Resolver, callee_leaf};
use crate::fact::Role;

const MAX_DEPTH: u32 = 10;
/// So many defs of one collection are looked at.
const MOST_DEFS: usize = 128;

const SAME_ITEMS: [&str; 9] = [
    "builtins.list",
    "builtins.tuple",
    "builtins.set",
    "builtins.frozenset",
    "builtins.sorted",
    "builtins.reversed",
    "builtins.iter",
    "collections.deque",
    "tqdm.tqdm",
];

/// Which part of a collection is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The items of a list, tuple or set, or what an iterator gives.
    Items,
    /// The values of a dictionary.
    Values,
}

impl<'a> Resolver<'a, '_> {
    /// Whether all that iterating over `expr` gives was made by the function itself.
    pub(in crate::python) fn own_items(&self, expr: &'a Expr, place: Place, depth: u32) -> bool {
        self.own_parts(expr, Part::Items, place, depth)
    }

    /// The item of a loop: `for b in blobs`, `for i, b in enumerate(blobs)`, `for key, b in blobs.items()`.
    pub(super) fn own_item_of(&self, iterable: &'a Expr, unpack: &[usize], place: Place, depth: u32) -> bool {
        let [index] = unpack else { return unpack.is_empty() && self.own_items(iterable, place, depth) };
        let Expr::Call(call) = iterable else { return false };
        let items = || match &*call.func {
            Expr::Attribute(attribute) if attribute.attr.as_str() == "items" && call.arguments.is_empty() => {
                Some(&*attribute.value)
            }
            _ => None,
        };
        if let (1, Some(of)) = (*index, items()) {
            return self.own_parts(of, Part::Values, place, depth + 1);
        }
        match &*call.arguments.args {
            [inner, ..] if *index == 1 && self.is_call_of(call, &["builtins.enumerate"]) => {
                self.own_items(inner, place, depth + 1)
            }
            all if self.is_call_of(call, &["builtins.zip"]) => {
                all.get(*index).is_some_and(|inner| self.own_items(inner, place, depth + 1))
            }
            _ => false,
        }
    }

    /// `blobs[0]`, `blobs["a"]`, `blobs.pop()`, `blobs.get("a")`
    pub(super) fn own_entry(&self, of: &'a Expr, place: Place, depth: u32) -> bool {
        self.own_parts(of, Part::Items, place, depth) || self.own_parts(of, Part::Values, place, depth)
    }

    fn own_parts(&self, expr: &'a Expr, part: Part, place: Place, depth: u32) -> bool {
        if depth > MAX_DEPTH || !self.spend(1) {
            return false;
        }
        let own = |one: &'a Expr| self.own_output(one, place, region(one).start, depth + 1);
        match (expr, part) {
            (Expr::Name(name), _) => self.own_collection(name, part, place, depth),
            (Expr::Named(named), _) => self.own_parts(&named.value, part, place, depth + 1),
            (Expr::ListComp(comp), Part::Items) => own(&comp.elt),
            (Expr::SetComp(comp), Part::Items) => own(&comp.elt),
            (Expr::Generator(comp), Part::Items) => own(&comp.elt),
            (Expr::DictComp(comp), Part::Values) => own(&comp.value),
            (
                Expr::List(ast::ExprList { elts, .. })
                | Expr::Tuple(ast::ExprTuple { elts, .. })
                | Expr::Set(ast::ExprSet { elts, .. }),
                Part::Items,
            ) => elts.iter().all(|item| match item {
                Expr::Starred(inner) => self.own_parts(&inner.value, part, place, depth + 1),
                item => own(item),
            }),
            (Expr::Dict(dict), Part::Values) => dict.items.iter().all(|item| match item.key {
                Some(_) => own(&item.value),
                None => self.own_parts(&item.value, part, place, depth + 1),
            }),
            (Expr::Subscript(subscript), Part::Items) if subscript.slice.is_slice_expr() => {
                self.own_parts(&subscript.value, part, place, depth + 1)
            }
            (Expr::BinOp(binary), Part::Items) if binary.op == Operator::Add => {
                self.own_parts(&binary.left, part, place, depth + 1)
                    && self.own_parts(&binary.right, part, place, depth + 1)
            }
            (Expr::Call(call), _) => self.own_result_parts(call, part, place, depth),
            _ => false,
        }
    }

    fn own_result_parts(&self, call: &'a ExprCall, part: Part, place: Place, depth: u32) -> bool {
        let args = &*call.arguments.args;
        match (&*call.func, args, part) {
            (Expr::Attribute(attribute), [], Part::Items) if attribute.attr.as_str() == "values" => {
                self.own_parts(&attribute.value, Part::Values, place, depth + 1)
            }
            (Expr::Attribute(attribute), [], _) if attribute.attr.as_str() == "copy" => {
                self.own_parts(&attribute.value, part, place, depth + 1)
            }
            (_, [function, _, ..], Part::Items) if self.maps(call) => self.makes_own(function, place, depth),
            (_, [], Part::Items) if call.arguments.is_empty() => self.is_call_of(call, &SAME_ITEMS),
            (_, [], Part::Values) if call.arguments.is_empty() => self.is_call_of(call, &["builtins.dict"]),
            (_, [first, ..], Part::Items) if self.is_call_of(call, &SAME_ITEMS) => {
                self.own_parts(first, part, place, depth + 1)
            }
            (_, [_, ..], Part::Items) if self.is_call_of(call, &["itertools.chain"]) => {
                args.iter().all(|one| self.own_parts(one, part, place, depth + 1))
            }
            _ => false,
        }
    }

    /// Whether `call` hands the items of its second argument to its first one by one.
    pub(in crate::python) fn maps(&self, call: &'a ExprCall) -> bool {
        match &*call.func {
            Expr::Attribute(attribute) => {
                matches!(attribute.attr.as_str(), "map" | "imap" | "imap_unordered" | "map_async")
            }
            _ => self.is_call_of(call, &["builtins.map"]),
        }
    }

    /// `pickle.dumps`, `lambda o: pickle.dumps(o)`
    fn makes_own(&self, function: &'a Expr, place: Place, depth: u32) -> bool {
        if let Expr::Lambda(lambda) = function {
            return self.own_output(&lambda.body, place, region(lambda).start, depth + 1);
        }
        let names = self.names(function);
        !names.is_empty() && names.iter().all(|name| self.vocabulary.list(Role::OwnOutput, name).is_some())
    }

    /// A collection under a name: made here, and changed only here and by own data.
    fn own_collection(&self, name: &'a ast::ExprName, part: Part, place: Place, depth: u32) -> bool {
        let Some(&set) = self.model.uses.get(&region(name).start).filter(|set| **set != SetId::EMPTY) else {
            return false;
        };
        let mut sets = vec![set];
        let mut defs: Vec<DefId> = Vec::new();
        let mut next = 0;
        while let Some(&set) = sets.get(next) {
            next += 1;
            for id in self.model.sets.defs(set) {
                if defs.contains(&id) {
                    continue;
                }
                let Some(previous) = self.own_collection_def(id, part, place, depth) else { return false };
                if defs.len() >= MOST_DEFS || !self.spend(1) {
                    return false;
                }
                defs.push(id);
                if previous != SetId::EMPTY && !sets.contains(&previous) {
                    sets.push(previous);
                }
            }
        }
        self.is_kept_here(name, &defs, part, place, depth)
    }

    /// The defs before one by which a collection holds only own data; none (`EMPTY`) where it was made.
    fn own_collection_def(&self, id: DefId, part: Part, place: Place, depth: u32) -> Option<SetId> {
        let def = &self.model.defs[id as usize];
        let own = |one: &'a Expr| self.own_output(one, place, region(one).start, depth + 1);
        let (is_own, previous) = match &def.kind {
            DefKind::Value { value, unpack } if unpack.is_empty() => {
                (self.own_parts(value, part, place, depth + 1), SetId::EMPTY)
            }
            DefKind::Augmented { value, previous } => (self.own_parts(value, part, place, depth + 1), *previous),
            DefKind::Changed { key: Key::Item(_), value, previous } => (own(value), *previous),
            DefKind::Mutated { call, previous } => (self.adds_own(call, part, place, depth), *previous),
            DefKind::Removed { previous, .. }
            | DefKind::HasItem { previous, .. }
            | DefKind::Refined { previous, .. } => (true, *previous),
            DefKind::Escaped { call, previous } => (self.leaves_alone(call), *previous),
            _ => return None,
        };
        (is_own && self.is_same_function(def.scope, place.scope)).then_some(previous)
    }

    fn adds_own(&self, call: &'a ExprCall, part: Part, place: Place, depth: u32) -> bool {
        let own = |one: &'a Expr| self.own_output(one, place, region(one).start, depth + 1);
        let keywords = call.arguments.keywords.iter().all(|keyword| own(&keyword.value));
        keywords
            && match (callee_leaf(&call.func).unwrap_or_default(), &*call.arguments.args) {
                ("append" | "appendleft" | "add", [one]) | ("insert" | "setdefault", [_, one]) => own(one),
                ("extend" | "update", all) => all.iter().all(|one| self.own_parts(one, part, place, depth + 1)),
                ("pop" | "popleft" | "popitem" | "clear" | "remove" | "discard" | "sort" | "reverse", _) => true,
                _ => false,
            }
    }

    /// Whether nothing in the function hands the collection on to what may change it, nor changes it in passing.
    fn is_kept_here(&self, name: &'a ast::ExprName, defs: &[DefId], part: Part, place: Place, depth: u32) -> bool {
        let is_it = |expr: &Expr| match expr {
            Expr::Name(other) if other.id == name.id => self
                .model
                .uses
                .get(&region(other).start)
                .is_some_and(|set| self.model.sets.defs(*set).any(|id| defs.contains(&id))),
            _ => false,
        };
        let mut is_kept = true;
        for site in self.calls_in_scope(place.scope) {
            let arguments = &site.call.arguments;
            let given = arguments.args.iter().chain(arguments.keywords.iter().map(|keyword| &keyword.value));
            let is_given = given.into_iter().any(|argument| match argument {
                Expr::Starred(_) => false,
                argument => is_it(argument),
            });
            is_kept &= !is_given
                || self.maps(site.call)
                || self.leaves_alone(site.call)
                || self.is_call_of(site.call, &SAME_ITEMS)
                || self.is_call_of(site.call, &["itertools.chain", "itertools.islice"]);
            if let Expr::Attribute(attribute) = &*site.call.func
                && is_it(&attribute.value)
            {
                is_kept &=
                    matches!(attribute.attr.as_str(), "values" | "items" | "keys" | "copy" | "index" | "count" | "get")
                        || self.adds_own(site.call, part, place, depth);
            }
            if !is_kept {
                return false;
            }
        }
        !self.metered(self.model.stores.iter()).any(|store| is_it(store.value)) && !self.is_exhausted()
    }
}
