//! Defs: every way in which a name gets a value, or its object changes.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr};

use super::Builder;
use crate::python::model::{Def, DefId, DefKind, Key, ScopeKind, SetId};
use crate::python::parse::region;
use crate::text::Region;

/// So many pairs of names for one object are kept in a scope: each assignment looks through them. More are told.
const MOST_SAME: usize = 4096;

impl<'a> Builder<'a, '_> {
    fn new_def(&mut self, name: &'a str, region: Region, kind: DefKind<'a>) -> DefId {
        let id = self.model.defs.len() as DefId;
        let scope = self.place.scope;
        self.model.defs.push(Def { name, region, kind, scope });
        id
    }

    /// The frame a name bound here belongs to: its own, or for a walrus in a comprehension the one around it.
    fn binding_frame(&self, name: &str) -> Option<usize> {
        (0..self.frames.len()).rev().find(|&index| {
            let frame = &self.frames[index];
            self.symbol(frame.scope, name).is_some() || frame.kind != ScopeKind::Comprehension
        })
    }

    pub(super) fn bind(&mut self, name: &'a str, region: Region, kind: DefKind<'a>) {
        let other = match &kind {
            DefKind::Value { value: Expr::Name(other), unpack } if unpack.is_empty() => Some(other.id.as_str()),
            _ => None,
        };
        let id = self.new_def(name, region, kind);
        let Some(index) = self.binding_frame(name) else { return };
        let frame = &mut self.frames[index];
        frame.same.retain(|(a, b)| *a != name && *b != name);
        if let Some(other) = other.filter(|other| *other != name) {
            if frame.same.len() < MOST_SAME {
                frame.same.push((name, other));
            } else {
                self.model.lost_names = true;
            }
        }
        if let Some(symbol) = self.model.scopes[frame.scope as usize].symbols.get(name).copied() {
            Rc::make_mut(&mut frame.env)[symbol as usize] = SetId::single(id);
            self.model.scopes[frame.scope as usize].all_defs[symbol as usize].push(id);
        } else {
            self.bind_elsewhere(name, id);
        }
    }

    /// A def that an outer scope's name gets: holds for every use of that name.
    fn bind_elsewhere(&mut self, name: &'a str, id: DefId) {
        if let Some((scope, symbol, _)) = self.lookup(name) {
            self.late.entry((scope, symbol)).or_default().push(id);
        }
    }

    /// `name[key] = …` and the like: a new def that refers to the old ones, also for other names of the object.
    pub(super) fn change(&mut self, name: &'a ast::ExprName, kind: impl Fn(SetId) -> DefKind<'a>) {
        let (id, at) = (name.id.as_str(), region(name));
        self.change_one(id, at, &kind);
        let frame = self.frame();
        let others: Vec<_> = frame.same.iter().filter(|(a, b)| *a == id || *b == id).copied().collect();
        for (a, b) in others {
            self.change_one(if a == id { b } else { a }, at, &kind);
        }
    }

    pub(super) fn change_one(&mut self, id: &'a str, at: Region, kind: &dyn Fn(SetId) -> DefKind<'a>) {
        let Some((scope, symbol, previous)) = self.lookup(id) else { return };
        let def = self.new_def(id, at, kind(previous));
        let owner = self.frames.iter_mut().rev().find(|frame| frame.scope == scope);
        if let Some(frame) = owner {
            Rc::make_mut(&mut frame.env)[symbol as usize] = SetId::single(def);
            self.model.scopes[scope as usize].all_defs[symbol as usize].push(def);
        } else if !matches!(
            self.model.defs[def as usize].kind,
            DefKind::Changed { key: Key::Attribute(_), .. } | DefKind::Escaped { .. }
        ) {
            self.late.entry((scope, symbol)).or_default().push(def);
        }
    }

    /// Binds all names in an assignment target.
    pub(super) fn bind_target(
        &mut self,
        target: &'a Expr,
        unpack: &mut Vec<usize>,
        kind: &dyn Fn(Vec<usize>) -> DefKind<'a>,
    ) {
        match target {
            Expr::Name(name) => {
                let at = region(name);
                self.bind(name.id.as_str(), at, kind(unpack.clone()));
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                let mut after_star = false;
                for (index, item) in elts.iter().enumerate() {
                    if let Expr::Starred(starred) = item {
                        after_star = true;
                        if let Expr::Name(name) = &*starred.value {
                            let at = region(name);
                            self.bind(name.id.as_str(), at, DefKind::Opaque);
                        }
                        continue;
                    }
                    if after_star {
                        self.bind_target(item, &mut Vec::new(), &|_| DefKind::Opaque);
                    } else {
                        unpack.push(index);
                        self.bind_target(item, unpack, kind);
                        unpack.pop();
                    }
                }
            }
            Expr::Attribute(attribute) => self.expr(&attribute.value),
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
            }
            Expr::Starred(starred) => self.bind_target(&starred.value, unpack, &|_| DefKind::Opaque),
            _ => {}
        }
    }
}
