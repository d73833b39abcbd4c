//! Whether a method lets through only what it names: `find_class` of an unpickler.
//!
//! A method restricts if everything it resolves (by its parent, `getattr`, an import) stands behind tests that its
//! parameters are among constants, as `bounds.rs` has it. Renaming, logging and lists of what is forbidden do not.

use std::rc::Rc;

use ruff_python_ast::Expr;

use super::bounds::Asked;
use super::model::{ClassId, FunctionId, SetId};
use super::parse::region;
use super::thing::Thing;
use super::values::{Resolver, callee_leaf};
use crate::fact::Subclass;

impl<'a> Resolver<'a, '_> {
    /// A class of the file, told to rules.
    pub(super) fn subclass(&self, id: ClassId) -> Subclass {
        let class = &self.model.classes[id as usize];
        let mut restricting: Vec<Rc<str>> = Vec::new();
        let mut defined: Vec<&str> = Vec::new();
        let mut seen = vec![id];
        let mut next = 0;
        while let Some(&at) = seen.get(next) {
            next += 1;
            let class = &self.model.classes[at as usize];
            let scope = &self.model.scopes[class.scope as usize];
            for (name, &symbol) in &scope.symbols {
                let set = scope.at_end[symbol as usize];
                // A nearer class decides what the method does.
                if set == SetId::EMPTY || defined.contains(name) {
                    continue;
                }
                defined.push(name);
                for alt in self.set(set).iter() {
                    if let Thing::Function(function) = alt.thing
                        && self.restricts(function)
                    {
                        restricting.push((*name).into());
                    }
                }
            }
            for base in &class.bases {
                for alt in self.eval(base).iter() {
                    if let Thing::Class(base) = alt.thing
                        && !seen.contains(&base)
                        && seen.len() < 16
                    {
                        seen.push(base);
                    }
                }
            }
        }
        restricting.sort_unstable();
        restricting.dedup();
        let has_constructor = self.model.scopes[class.scope as usize].symbols.contains_key("__init__");
        Subclass { name: class.name.into(), restricting_methods: restricting, has_constructor, region: class.region }
    }

    fn restricts(&self, id: FunctionId) -> bool {
        let function = &self.model.functions[id as usize];
        let resolving = self.metered(self.model.calls.iter()).filter(|site| {
            function.region.contains(region(site.call))
                && callee_leaf(&site.call.func).is_some_and(|leaf| {
                    matches!(
                        leaf,
                        "find_class"
                            | "getattr"
                            | "import_module"
                            | "__import__"
                            | "eval"
                            | "attrgetter"
                            | "__getattribute__"
                    )
                })
        });
        let mut resolving = resolving.peekable();
        if resolving.peek().is_none() {
            // It hands out constants, entries of its own table, or nothing. Something it got from elsewhere is unknown.
            let own = |value: &&'a Expr| match value {
                Expr::Call(call) => self.eval(&call.func).iter().all(|alt| matches!(alt.thing, Thing::Class(_))),
                _ => true,
            };
            return function.returns.iter().all(own);
        }
        let asked = Asked::method(id);
        resolving.all(|site| {
            let to = (site.place.scope, site.place.block, region(site.call).start);
            self.bounds_at(to, &asked).restrict()
        })
    }

    /// Whether a model was saved to the folder `expr` before, in the same function.
    pub(super) fn saved_before(&self, expr: &'a Expr, place: super::model::Place) -> bool {
        if !matches!(
            expr,
            Expr::Name(_) | Expr::Attribute(_) | Expr::StringLiteral(_) | Expr::BinOp(_) | Expr::FString(_)
        ) {
            return false;
        }
        let at = region(expr);
        let wanted = &self.text[at.range()];
        ["save_pretrained", "save_model", "save_to_disk", "save"].iter().any(|leaf| {
            self.metered(self.callers.get(leaf).into_iter().flatten()).any(|&index| {
                let site = &self.model.calls[index];
                site.place.scope == place.scope
                    && region(site.call).end <= at.start
                    && site.call.arguments.args.first().is_some_and(|first| {
                        &self.text[region(first).range()] == wanted && self.same_binding(first, expr)
                    })
                    && matches!(&*site.call.func, Expr::Attribute(_))
                    && self.model.dominates((site.place.block, region(site.call).end), (place.block, at.start))
            })
        })
    }
}
