//! Whether a method lets through only what it names: `find_class` of an unpickler.
//!
//! A method restricts if everything it resolves (by its parent, `getattr`, an import) stands behind a test that its
//! parameters are in, or equal to, constants. Renaming, logging and lists of what is forbidden do not.

use std::rc::Rc;

use ruff_python_ast::{BoolOp, CmpOp, Expr, UnaryOp};

use super::model::{ClassId, FunctionId, SetId};
use super::parse::region;
use super::thing::Thing;
use super::values::{Resolver, callee_leaf};
use crate::fact::Subclass;

/// Modules that hold functions to run anything with: allowing the module allows those.
const NO_WHOLE_MODULE: [&str; 12] = [
    "builtins",
    "__builtin__",
    "os",
    "posix",
    "nt",
    "subprocess",
    "sys",
    "importlib",
    "runpy",
    "pty",
    "shutil",
    "torch",
];

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
        resolving.all(|site| {
            let at = region(site.call);
            self.metered(self.model.guards.iter()).any(|guard| {
                guard.scope == site.place.scope
                    && guard.region.end <= at.start
                    && self.model.dominates((guard.block, guard.from), (site.place.block, at.start))
                    && self.allows(guard.test, guard.holds, id)
            }) || self.inside_ternary(site.call, id)
        })
    }

    /// `return super().find_class(m, n) if (m, n) in SAFE else …`
    fn inside_ternary(&self, call: &'a ruff_python_ast::ExprCall, id: FunctionId) -> bool {
        self.model.functions[id as usize].returns.iter().any(|value| match value {
            Expr::If(ternary) => {
                (region(&*ternary.body).contains(region(call)) && self.allows(&ternary.test, true, id))
                    || (region(&*ternary.orelse).contains(region(call)) && self.allows(&ternary.test, false, id))
            }
            _ => false,
        })
    }

    /// Whether the outcome of `test` makes sure that parameters are among constants.
    fn allows(&self, test: &'a Expr, holds: bool, id: FunctionId) -> bool {
        match test {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => self.allows(&unary.operand, !holds, id),
            Expr::BoolOp(bool_op) => {
                let any = (bool_op.op == BoolOp::And) == holds;
                let mut each = bool_op.values.iter().map(|value| self.allows(value, holds, id));
                if any { each.any(|found| found) } else { each.all(|found| found) }
            }
            Expr::Compare(compare) => {
                let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return false };
                let wanted = match op {
                    CmpOp::In | CmpOp::Eq => holds,
                    CmpOp::NotIn | CmpOp::NotEq => !holds,
                    _ => false,
                };
                wanted && self.is_allow_list(&compare.left, right, id)
            }
            // `if self._is_allowed(module, name):` with a method that returns such a test.
            Expr::Call(call) => self.eval(&call.func).iter().any(|alt| match alt.thing {
                Thing::Function(helper) | Thing::Method(helper) if helper != id => {
                    let returns = &self.model.functions[helper as usize].returns;
                    !returns.is_empty()
                        && returns
                            .iter()
                            .all(|value| self.truth(value) == Some(!holds) || self.allows(value, holds, helper))
                }
                _ => false,
            }),
            _ => false,
        }
    }

    fn is_allow_list(&self, left: &'a Expr, right: &'a Expr, id: FunctionId) -> bool {
        let function = &self.model.functions[id as usize];
        let parameters: Vec<_> = function.parameters.iter().skip(1).map(|p| p.name).collect();
        let source = |expr: &Expr| &self.text[region(expr).range()];
        let mentions =
            |name: &str| source(left).split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        let derived = match left {
            // A name built from the parameters: `full = module + "." + name`.
            Expr::Name(name) if !parameters.contains(&name.id.as_str()) => true,
            _ => false,
        };
        if !derived && !parameters.iter().any(|name| mentions(name)) {
            return false;
        }
        let module_only = !derived
            && parameters.first().is_some_and(|first| mentions(first))
            && !parameters.get(1).is_some_and(|second| mentions(second));
        self.eval(right).iter().all(|alt| match alt.thing.peeled() {
            Thing::Items(items) => !items
                .iter()
                .any(|item| module_only && self.text_of(item).is_none_or(|text| NO_WHOLE_MODULE.contains(&&*text))),
            Thing::Text(text) => !(module_only && NO_WHOLE_MODULE.contains(&&**text)),
            // A table of the program, also one that another module of it holds.
            Thing::Dict(_) => true,
            Thing::Named(name) => !name.starts_with("builtins.") && !name.ends_with("()") && !name.starts_with("sys."),
            _ => false,
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
