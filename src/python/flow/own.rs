//! Data that the program made itself: what is loaded again in the function that wrote it is no stranger's.

use super::super::model::{DefKind, Place, ScopeId, SetId};
use super::super::parse::region;
use super::super::values::{Resolver, callee_leaf};
use crate::fact::Role;
use ruff_python_ast::{self as ast, Expr, ExprCall};

impl<'a> Resolver<'a, '_> {
    /// Whether loading `expr` runs nothing foreign: the function made the data itself, or compared its digest.
    pub(in crate::python) fn proven_harmless(&self, expr: &'a Expr, place: Place) -> bool {
        self.own_output(expr, place, region(expr).start, 0) || (self.has_digests() && self.digest_compared(expr, place))
    }

    pub(super) fn own_output(&self, expr: &'a Expr, place: Place, at: u32, depth: u32) -> bool {
        if depth > 10 || !self.spend_one_of_many() {
            return false;
        }
        match expr {
            Expr::Name(name) => {
                let set = self.model.uses.get(&region(name).start).copied().unwrap_or(SetId::EMPTY);
                let mut defs = self.model.sets.defs(set);
                set != SetId::EMPTY && defs.all(|id| self.own_def(id, name, place, at, depth))
            }
            Expr::Call(call) => self.own_result(call, place, at, depth),
            Expr::Await(inner) => self.own_output(&inner.value, place, at, depth + 1),
            Expr::Named(named) => self.own_output(&named.value, place, at, depth + 1),
            Expr::Subscript(subscript) if !subscript.slice.is_slice_expr() => {
                self.own_entry(&subscript.value, place, depth + 1)
            }
            _ => false,
        }
    }

    fn own_def(&self, id: u32, name: &'a ast::ExprName, place: Place, at: u32, depth: u32) -> bool {
        let def = &self.model.defs[id as usize];
        // Only what the same function made: what happens elsewhere may happen in between.
        if !self.is_same_function(def.scope, place.scope) || depth > 10 {
            return false;
        }
        match &def.kind {
            DefKind::Value { value, unpack } if unpack.is_empty() => {
                (self.is_private_buffer(value) && self.only_own_writes(id, name, place, at))
                    || self.own_output(value, place, at, depth + 1)
            }
            DefKind::Entered { value, .. } => {
                (self.is_private_buffer(value) && self.only_own_writes(id, name, place, at))
                    || self.own_output(value, place, at, depth + 1)
            }
            DefKind::ItemOf { iterable, unpack } => self.own_item_of(iterable, unpack, place, depth + 1),
            DefKind::Escaped { previous, .. }
            | DefKind::HasItem { previous, .. }
            | DefKind::Refined { previous, .. } => {
                let mut before = self.model.sets.defs(*previous);
                *previous != SetId::EMPTY && before.all(|id| self.own_def(id, name, place, at, depth + 1))
            }
            _ => false,
        }
    }

    /// An empty buffer, or a file without a name that others could write to.
    fn is_private_buffer(&self, value: &'a Expr) -> bool {
        let Expr::Call(call) = value else { return false };
        let names = self.names(&call.func);
        let named = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&&**name));
        (named(&["io.BytesIO", "io.StringIO"]) && call.arguments.is_empty())
            || named(&["tempfile.TemporaryFile", "tempfile.SpooledTemporaryFile", "tempfile.NamedTemporaryFile"])
    }

    fn own_result(&self, call: &'a ExprCall, place: Place, at: u32, depth: u32) -> bool {
        let names = self.names(&call.func);
        if names.iter().any(|name| self.vocabulary.list(Role::OwnOutput, name).is_some()) {
            return true;
        }
        let leaf = callee_leaf(&call.func).unwrap_or_default();
        match &*call.func {
            // `open(path)`, `io.BytesIO(data)`, `base64.b64decode(data)`, `zlib.decompress(data)`, `bytes(data)`
            _ if names.iter().any(|name| {
                matches!(
                    &**name,
                    "builtins.open"
                        | "io.open"
                        | "io.BytesIO"
                        | "builtins.bytes"
                        | "builtins.memoryview"
                        | "builtins.str"
                        | "gzip.open"
                        | "bz2.open"
                        | "lzma.open"
                        | "base64.b64decode"
                        | "base64.b64encode"
                        | "pathlib.Path"
                        | "zlib.compress"
                        | "zlib.decompress"
                        | "gzip.compress"
                        | "gzip.decompress"
                        | "bz2.compress"
                        | "bz2.decompress"
                        | "lzma.compress"
                        | "lzma.decompress"
                )
            }) =>
            {
                call.arguments.args.first().is_some_and(|first| self.own_output(first, place, at, depth + 1))
            }
            Expr::Attribute(attribute)
                if matches!(
                    leaf,
                    "read"
                        | "getvalue"
                        | "getbuffer"
                        | "read_bytes"
                        | "open"
                        | "tobytes"
                        | "decode"
                        | "encode"
                        | "copy"
                ) =>
            {
                self.own_output(&attribute.value, place, at, depth + 1)
            }
            Expr::Attribute(attribute)
                if matches!((leaf, &*call.arguments.args), ("pop", [] | [_]) | ("popleft", []) | ("get", [_])) =>
            {
                self.own_entry(&attribute.value, place, depth + 1)
            }
            _ => false,
        }
    }

    /// Whether the code of two scopes runs as one: a comprehension is part of what it stands in.
    pub(super) fn is_same_function(&self, a: ScopeId, b: ScopeId) -> bool {
        self.model.scopes[a as usize].owner == self.model.scopes[b as usize].owner
    }

    /// A listed writer filled the buffer on every way here, and nothing else wrote to it.
    fn only_own_writes(&self, buffer: u32, name: &'a ast::ExprName, place: Place, at: u32) -> bool {
        let is_buffer = |expr: &Expr| match expr {
            Expr::Name(other) if other.id == name.id => {
                let set = self.model.uses.get(&region(other).start).copied().unwrap_or(SetId::EMPTY);
                self.leads_to(set, buffer, 0)
            }
            _ => false,
        };
        let mut own = false;
        for site in self.writes_in_scope(place.scope) {
            let call = site.call;
            if region(call).end > at {
                break;
            }
            for name in self.names(&call.func) {
                let Some((_, writer)) = self.vocabulary.writer(Role::OwnOutput, &name) else { continue };
                let named = writer.name.as_deref().and_then(|name| call.arguments.find_keyword(name)).map(|k| &k.value);
                let output = named.or_else(|| call.arguments.args.get(writer.position));
                own |= output.is_some_and(is_buffer)
                    && self.model.dominates((site.place.block, region(call).end), (place.block, at));
            }
            let Expr::Attribute(attribute) = &*call.func else { continue };
            if matches!(attribute.attr.as_str(), "write" | "readinto" | "writelines") && is_buffer(&attribute.value) {
                let ours = call.arguments.args.first().is_some_and(|first| self.own_output(first, site.place, at, 1));
                if !ours {
                    return false;
                }
                own |= self.model.dominates((site.place.block, region(call).end), (place.block, at));
            }
        }
        own
    }

    /// Whether a set holds `def`, perhaps behind changes made to it.
    fn leads_to(&self, set: SetId, def: u32, depth: u32) -> bool {
        depth < 20
            && self.model.sets.defs(set).into_iter().any(|id| {
                id == def
                    || match &self.model.defs[id as usize].kind {
                        DefKind::Escaped { previous, .. }
                        | DefKind::Changed { previous, .. }
                        | DefKind::Mutated { previous, .. }
                        | DefKind::HasItem { previous, .. }
                        | DefKind::Refined { previous, .. } => self.leads_to(*previous, def, depth + 1),
                        _ => false,
                    }
            })
    }

    /// Whether two expressions of the same text mean the same thing: no new binding lies between them.
    pub(in crate::python) fn same_binding(&self, a: &'a Expr, b: &'a Expr) -> bool {
        let set_of = |expr: &Expr| match expr {
            Expr::Name(name) => self.model.uses.get(&region(name).start).copied(),
            _ => None,
        };
        match (set_of(a), set_of(b)) {
            (Some(a), Some(b)) => a == b || self.model.sets.defs(a).into_iter().any(|def| self.leads_to(b, def, 0)),
            _ => true,
        }
    }
}
