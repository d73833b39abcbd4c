//! What a load reads: the data, buffer or file that an expression stands for, in whatever part of it.
//!
//! In comes the argument of a load; out goes a list of [`Content`]s, to be looked for among what `digest.rs` knows to be
//! compared.

use ruff_python_ast::{Expr, ExprCall, Operator};

use super::super::model::{Place, ScopeId};
use super::super::parse::region;
use super::super::thing::Thing;
use super::super::values::{Resolver, callee_leaf};
use super::content::{Content, Found, Key, MAX_DEPTH, Of};
use crate::fact::Role;
use std::rc::Rc;

impl<'a> Resolver<'a, '_> {
    /// What `expr` is read from, in whatever part.
    pub(super) fn loaded(&self, expr: &'a Expr, of: Option<Of>, place: Place, found: &mut Found<'a>, depth: u32) {
        if depth > MAX_DEPTH || !self.spend(1) {
            return;
        }
        let mut push = |key: Key<'a>| match of {
            Some(Of::Bytes) => found.contents.extend([Of::Bytes, Of::Copy].map(|of| Content { of, key: key.clone() })),
            Some(of) => found.contents.push(Content { of, key }),
            // What is handed to a load may be the data, an open file or a path.
            None => found.contents.extend([Of::Bytes, Of::File].map(|of| Content { of, key: key.clone() })),
        };
        match expr {
            Expr::Name(name) => {
                let Some(roots) = self.roots_of(name) else { return };
                push(Key::Name(Rc::clone(&roots)));
                self.loaded_from_write(expr, place, found, depth);
                if let Some(value) = self.made_from(&roots) {
                    self.loaded(value, of, place, found, depth + 1);
                }
            }
            Expr::Attribute(attribute) => {
                push(Key::Written(expr));
                self.loaded_from_write(expr, place, found, depth);
                for alt in self.eval(&attribute.value).iter() {
                    if let Thing::Instance { class, .. } = alt.thing
                        && let Some([only]) = self.model.classes[class as usize]
                            .attributes
                            .get(attribute.attr.as_str())
                            .map(Vec::as_slice)
                    {
                        self.loaded(only, of, place, found, depth + 1);
                    }
                }
            }
            Expr::StringLiteral(_) | Expr::FString(_) => {
                push(Key::Written(expr));
                self.loaded_from_write(expr, place, found, depth);
            }
            Expr::BinOp(binary) => {
                push(Key::Written(expr));
                self.loaded_from_write(expr, place, found, depth);
                // `b"head" + data`
                if binary.op == Operator::Add && binary.left.is_bytes_literal_expr() {
                    self.loaded(&binary.right, Some(Of::Bytes), place, found, depth + 1);
                }
            }
            Expr::Call(call) => {
                push(Key::Written(expr));
                self.loaded_from_call(call, place, found, depth);
            }
            Expr::Subscript(subscript) => {
                push(Key::Written(expr));
                self.loaded(&subscript.value, Some(Of::Bytes), place, found, depth + 1);
            }
            Expr::Named(named) => self.loaded(&named.value, of, place, found, depth + 1),
            Expr::Await(inner) => self.loaded(&inner.value, of, place, found, depth + 1),
            _ => {}
        }
    }

    fn loaded_from_call(&self, call: &'a ExprCall, place: Place, found: &mut Found<'a>, depth: u32) {
        if let Some(path) = self.path_in(call) {
            return self.loaded(path, Some(Of::File), place, found, depth + 1);
        }
        if let Some(path) = self.opened_path(call) {
            return self.loaded(path, Some(Of::File), place, found, depth + 1);
        }
        let method = callee_leaf(&call.func).unwrap_or_default();
        if let Expr::Attribute(attribute) = &*call.func {
            let receiver = &*attribute.value;
            match method {
                "read_bytes" | "read_text" => return self.loaded(receiver, Some(Of::File), place, found, depth + 1),
                "encode" => {
                    self.loaded(receiver, Some(Of::Text), place, found, depth + 1);
                    return self.loaded(receiver, Some(Of::Bytes), place, found, depth + 1);
                }
                "read" | "readall" | "getvalue" | "getbuffer" | "tobytes" | "copy" | "toreadonly" | "decode"
                | "strip" | "cast" => return self.loaded(receiver, Some(Of::Bytes), place, found, depth + 1),
                _ => {}
            }
        }
        // A function of the data and of nothing else: decompressed, decrypted, split.
        let is_function = self.eval(&call.func).iter().any(|alt| {
            matches!(alt.thing.peeled(), Thing::Named(_) | Thing::Function(_) | Thing::Method(_) | Thing::Class(_))
        });
        let keywords = call.arguments.keywords.iter().map(|keyword| &keyword.value);
        let mut given = call.arguments.args.iter().chain(keywords).filter(|argument| !argument.is_literal_expr());
        if let (true, Some(only), None) = (is_function, given.next(), given.next()) {
            self.loaded(only, Some(Of::Bytes), place, found, depth + 1);
        }
    }

    /// What was written before under the same expression, in the same function, if that was one thing.
    fn loaded_from_write(&self, expr: &'a Expr, place: Place, found: &mut Found<'a>, depth: u32) {
        let (wanted, at) = (self.written(expr), region(expr).start);
        let before = self.writes_in_scope(place.scope).take_while(|site| region(site.call).end <= at);
        let mut written = before.filter_map(|site| match (&*site.call.func, &*site.call.arguments.args) {
            (Expr::Attribute(attribute), [value]) => {
                let writes = matches!(attribute.attr.as_str(), "write" | "write_bytes");
                (writes && self.written_to(&attribute.value, wanted)).then_some(value)
            }
            _ => None,
        });
        let (Some(value), None) = (written.next(), written.next()) else { return };
        match value {
            Expr::Name(name) if self.roots_of(name).is_some_and(|roots| self.is_chunk(&roots)) => {
                let roots = self.roots_of(name).unwrap_or_else(|| Rc::from([]));
                found.contents.push(Content { of: Of::Chunks, key: Key::Name(roots) });
            }
            value => self.loaded(value, Some(Of::Bytes), place, found, depth + 1),
        }
    }

    /// Whether the file or buffer was given other bytes between two places: written, downloaded to, moved over.
    pub(super) fn is_filled_again(&self, content: &Content<'a>, scope: ScopeId, from: u32, to: u32) -> bool {
        let wanted = match &content.key {
            Key::Name(roots) => roots.first().map_or("", |id| self.model.defs[*id as usize].name),
            Key::Written(expr) => self.written(expr),
        };
        let is_it = |expr: &'a Expr| self.written(expr) == wanted || self.written_to(expr, wanted);
        let is_between = |call: &'a ExprCall| region(call).start >= from && region(call).end <= to;
        let writes = self.writes_in_scope(scope).filter(|site| is_between(site.call)).any(|site| {
            let call = site.call;
            let is_method = matches!(callee_leaf(&call.func), Some("write" | "write_bytes" | "writelines"));
            let by_method = match &*call.func {
                Expr::Attribute(attribute) => is_method && is_it(&attribute.value),
                _ => false,
            };
            let by_function = self.names(&call.func).iter().any(|name| {
                self.vocabulary.writer(Role::Source, name).is_some_and(|(_, writer)| {
                    let named = writer.name.as_deref().and_then(|name| call.arguments.find_keyword(name));
                    let given = named.map(|keyword| &keyword.value);
                    given.or_else(|| call.arguments.args.get(writer.position)).is_some_and(is_it)
                })
            });
            let by_copy =
                callee_leaf(&call.func) == Some("copyfileobj") && call.arguments.args.get(1).is_some_and(is_it);
            by_method || by_function || by_copy
        });
        let moved = ["copy", "copy2", "copyfile", "move", "replace", "rename"].iter().any(|leaf| {
            self.metered(self.callers.get(leaf).into_iter().flatten()).any(|&index| {
                let site = &self.model.calls[index];
                let is_it = match &*site.call.arguments.args {
                    // `tmp.replace(path)`
                    [target] => is_it(target),
                    [_, target, ..] => {
                        let names = self.names(&site.call.func);
                        is_it(target) && names.iter().any(|name| name.starts_with("os.") || name.starts_with("shutil."))
                    }
                    _ => false,
                };
                is_between(site.call) && self.is_same_function(site.place.scope, scope) && is_it
            })
        });
        writes || moved
    }
}
