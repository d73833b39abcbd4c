//! Expressions: uses of names, calls, and functions that are handed on.

use ruff_python_ast::{self as ast, Expr, ExprCall};

use super::Builder;
use crate::python::bound::{BoundNames, target_names};
use crate::python::model::{CallSite, DefKind, Handing, HandingSite, ScopeKind, StoreSite};
use crate::python::parse::region;

impl<'a> Builder<'a, '_> {
    pub(super) fn exprs(&mut self, list: impl IntoIterator<Item = &'a Expr>) {
        for expr in list {
            self.expr(expr);
        }
    }

    pub(super) fn hand_on(&mut self, value: &'a Expr, how: Handing<'a>) {
        match value {
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) | Expr::Subscript(_) => {
                if matches!((value, how), (Expr::Call(_), Handing::Alias)) {
                    return;
                }
                let place = self.place;
                self.model.handings.push(HandingSite { value, how, place });
            }
            Expr::If(ternary) if !matches!(how, Handing::Alias) => {
                self.hand_on(&ternary.body, how);
                self.hand_on(&ternary.orelse, how);
            }
            Expr::BoolOp(bool_op) if !matches!(how, Handing::Alias) => {
                bool_op.values.iter().for_each(|value| self.hand_on(value, how));
            }
            Expr::Starred(starred) => self.hand_on(&starred.value, how),
            Expr::Tuple(ast::ExprTuple { elts, .. })
            | Expr::List(ast::ExprList { elts, .. })
            | Expr::Set(ast::ExprSet { elts, .. }) => {
                // Entries of a collection that is an argument answer to that call; others were noted on their own.
                if let Handing::Argument(call) = how {
                    elts.iter().for_each(|item| self.hand_on(item, Handing::EntryOfArgument(call)));
                }
            }
            _ => {}
        }
    }

    fn entries(&mut self, items: impl IntoIterator<Item = &'a Expr>) {
        for item in items {
            self.hand_on(item, Handing::Entry);
        }
    }

    pub(super) fn expr(&mut self, expr: &'a Expr) {
        if self.too_deep(region(expr)) {
            return;
        }
        self.depth += 1;
        self.expr_inside(expr);
        self.depth -= 1;
    }

    fn expr_inside(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.use_name(name),
            Expr::Call(call) => self.call(call),
            Expr::Attribute(attribute) => {
                self.note_word(attribute.attr.as_str());
                self.expr(&attribute.value);
            }
            Expr::BoolOp(bool_op) => self.exprs(&bool_op.values),
            Expr::Named(named) => {
                self.expr(&named.value);
                let value = &*named.value;
                self.bind_target(&named.target, &mut Vec::new(), &|unpack| DefKind::Value { value, unpack });
            }
            Expr::BinOp(_) => {
                // Chains of operators lean left and can be long: go down the left side without recursion.
                let mut left = expr;
                let mut rights = Vec::new();
                while let Expr::BinOp(binary) = left {
                    rights.push(&*binary.right);
                    left = &binary.left;
                }
                self.expr(left);
                self.exprs(rights.into_iter().rev());
            }
            Expr::UnaryOp(unary) => self.expr(&unary.operand),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::If(ternary) => self.ternary(ternary),
            Expr::Dict(dict) => {
                for item in &dict.items {
                    self.exprs(item.key.as_ref());
                    self.expr(&item.value);
                    if item.key.is_some() {
                        self.hand_on(&item.value, Handing::Entry);
                    }
                }
            }
            Expr::Set(set) => {
                self.exprs(&set.elts);
                self.entries(&set.elts);
            }
            Expr::List(list) => {
                self.exprs(&list.elts);
                self.entries(&list.elts);
            }
            Expr::Tuple(tuple) => {
                self.exprs(&tuple.elts);
                self.entries(&tuple.elts);
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::Generator(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::DictComp(comp) => match comp.key.as_deref() {
                Some(key) => self.comprehension(&comp.generators, &[key, &comp.value]),
                None => self.comprehension(&comp.generators, &[&comp.value]),
            },
            Expr::Await(inner) => self.expr(&inner.value),
            Expr::Yield(inner) => {
                self.mark_generator();
                if let Some(value) = inner.value.as_deref() {
                    self.expr(value);
                    self.hand_on(value, Handing::Entry);
                    self.note_return(value);
                }
            }
            Expr::YieldFrom(inner) => {
                self.mark_generator();
                self.expr(&inner.value);
            }
            Expr::Compare(compare) => {
                self.unpacked(&compare.left);
                compare.comparators.iter().for_each(|side| self.unpacked(side));
            }
            Expr::FString(string) => {
                for part in string.value.elements() {
                    self.interpolated(part);
                }
            }
            Expr::TString(string) => {
                for part in string.value.elements() {
                    self.interpolated(part);
                }
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
            }
            Expr::Starred(starred) => self.expr(&starred.value),
            Expr::Slice(slice) => {
                let parts = [slice.lower.as_deref(), slice.upper.as_deref(), slice.step.as_deref()];
                self.exprs(parts.into_iter().flatten());
            }
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => {}
        }
    }

    /// A value that is taken apart at once, or only compared: its parts are no entries of a table.
    pub(super) fn unpacked(&mut self, value: &'a Expr) {
        match value {
            Expr::Tuple(ast::ExprTuple { elts, .. })
            | Expr::List(ast::ExprList { elts, .. })
            | Expr::Set(ast::ExprSet { elts, .. }) => {
                elts.iter().for_each(|item| self.unpacked(item));
            }
            other => self.expr(other),
        }
    }

    fn interpolated(&mut self, part: &'a ast::InterpolatedStringElement) {
        if let ast::InterpolatedStringElement::Interpolation(element) = part {
            self.expr(&element.expression);
            if let Some(spec) = &element.format_spec {
                for inner in &spec.elements {
                    self.depth += 1;
                    if !self.too_deep(region(element)) {
                        self.interpolated(inner);
                    }
                    self.depth -= 1;
                }
            }
        }
    }

    fn call(&mut self, call: &'a ExprCall) {
        // Chains of calls lean left: `a.b().c().d()`.
        self.expr(&call.func);
        let place = self.place;
        self.model.calls.push(CallSite { call, place });
        for argument in &call.arguments.args {
            self.expr(argument);
            self.hand_on(argument, Handing::Argument(call));
        }
        for keyword in &call.arguments.keywords {
            self.expr(&keyword.value);
            self.hand_on(&keyword.value, Handing::Argument(call));
        }
        self.set_attribute(call);
    }

    /// `setattr(module, "name", value)` stores as `module.name = value` does.
    fn set_attribute(&mut self, call: &'a ExprCall) {
        if let (Expr::Name(name), [_, _, value]) = (&*call.func, &*call.arguments.args)
            && name.id.as_str() == "setattr"
        {
            let (place, target) = (self.place, &*call.func);
            self.model.stores.push(StoreSite { target, value, region: region(call), place });
        }
    }

    fn comprehension(&mut self, generators: &'a [ast::Comprehension], results: &[&'a Expr]) {
        let Some((first, _)) = generators.split_first() else { return };
        self.expr(&first.iter);
        let mut names = BoundNames::default();
        for generator in generators {
            target_names(&generator.target, &mut names.bound);
        }
        self.push_frame(ScopeKind::Comprehension, names, None);
        for (index, generator) in generators.iter().enumerate() {
            let iterable = &generator.iter;
            if index > 0 {
                self.expr(iterable);
            }
            self.bind_target(&generator.target, &mut Vec::new(), &|unpack| DefKind::ItemOf { iterable, unpack });
            self.exprs(&generator.ifs);
        }
        for &result in results {
            self.expr(result);
        }
        if let Some(&value) = results.last() {
            self.hand_on(value, Handing::Entry);
        }
        self.pop_frame();
    }
}
