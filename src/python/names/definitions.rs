//! Functions, classes and lambdas: their bodies are walked in scopes of their own.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, Stmt};
use rustc_hash::FxHashMap;

use super::{Builder, Deferred, type_parameter_names};
use crate::python::bound::{BoundNames, bound_names};
use crate::python::model::{
    Block, BlockId, Class, ClassId, DefKind, Function, FunctionId, Handing, ScopeId, ScopeKind, parameters,
};
use crate::python::parse::region;
use crate::python::values::callee_leaf;
use crate::text::Region;

impl<'a> Builder<'a, '_> {
    pub(super) fn function_def(&mut self, def: &'a ast::StmtFunctionDef, stmt: &'a Stmt) {
        self.header(stmt, def.body.first().map(|first| region(first).start));
        for decorator in &def.decorator_list {
            self.expr(&decorator.expression);
        }
        let class = match self.frame().kind {
            ScopeKind::Class(class) => Some(class),
            _ => None,
        };
        let decorators: Vec<_> = def.decorator_list.iter().map(|decorator| &decorator.expression).collect();
        let decorated = |names: &[&str]| {
            decorators.iter().any(|expr| match expr {
                Expr::Name(name) => names.contains(&name.id.as_str()),
                Expr::Attribute(attribute) => names.contains(&attribute.attr.as_str()),
                _ => false,
            })
        };
        let function = Function {
            name: def.name.as_str(),
            region: region(def),
            parameters: parameters(&def.parameters),
            class,
            scope: None,
            is_static: decorated(&["staticmethod"]),
            is_property: decorated(&["property", "cached_property"]),
            is_generator: false,
            returns: Vec::new(),
            return_blocks: Vec::new(),
            decorators,
        };
        self.parameter_exprs(&def.parameters);
        self.exprs(def.returns.as_deref());
        let id = self.model.functions.len() as FunctionId;
        self.model.functions.push(function);
        self.bind(def.name.as_str(), region(&def.name), DefKind::Function(id));
        let outer = self.view();
        let type_parameters = type_parameter_names(def.type_params.as_deref());
        self.deferred.push_back(Deferred { function: id, body: &def.body, type_parameters, outer });
    }

    fn parameter_exprs(&mut self, list: &'a ast::Parameters) {
        for parameter in parameters(list) {
            self.exprs(parameter.annotation);
            if let Some(default) = parameter.default {
                self.expr(default);
                self.hand_on(default, Handing::Entry);
            }
        }
    }

    fn bind_parameters(&mut self, function: FunctionId) {
        let list: Vec<_> =
            self.model.functions[function as usize].parameters.iter().map(|p| (p.name, p.region)).collect();
        for (index, (name, at)) in list.into_iter().enumerate() {
            self.bind(name, at, DefKind::Parameter { function, index });
        }
    }

    pub(super) fn function_body(&mut self, next: &Deferred<'a>) {
        let mut names = bound_names(next.body, self.has_walrus);
        names.bound.extend(next.type_parameters.iter().copied());
        let parameters = self.model.functions[next.function as usize].parameters.iter().map(|p| p.name);
        names.bound.extend(parameters);
        let block = self.model.blocks.len() as BlockId;
        self.model.blocks.push(Block { parent: None });
        self.place.block = block;
        self.place.in_try = None;
        self.place.in_handler = None;
        self.push_frame(ScopeKind::Function(next.function), names, Some(Rc::clone(&next.outer)));
        self.model.functions[next.function as usize].scope = Some(self.place.scope);
        for name in &next.type_parameters {
            self.bind(name, Region::default(), DefKind::Opaque);
        }
        self.bind_parameters(next.function);
        self.block(next.body);
        self.pop_frame();
    }

    pub(super) fn class_def(&mut self, def: &'a ast::StmtClassDef, stmt: &'a Stmt) {
        self.header(stmt, def.body.first().map(|first| region(first).start));
        let header = self.place.statement;
        for decorator in &def.decorator_list {
            self.expr(&decorator.expression);
        }
        let mut bases = Vec::new();
        if let Some(arguments) = &def.arguments {
            for base in &arguments.args {
                self.expr(base);
                bases.push(base);
            }
            self.exprs(arguments.keywords.iter().map(|keyword| &keyword.value));
        }
        let id = self.model.classes.len() as ClassId;
        let decorators: Vec<_> = def.decorator_list.iter().map(|decorator| &decorator.expression).collect();
        let is_named_tuple = bases.iter().any(|base| callee_leaf(base) == Some("NamedTuple"));
        let is_dataclass = is_named_tuple
            || decorators.iter().any(|expr| {
                let name = match expr {
                    Expr::Call(call) => &call.func,
                    other => *other,
                };
                match name {
                    Expr::Name(name) => {
                        name.id.contains("dataclass") || matches!(name.id.as_str(), "define" | "frozen" | "s")
                    }
                    Expr::Attribute(attribute) => {
                        attribute.attr.contains("dataclass")
                            || matches!(attribute.attr.as_str(), "define" | "frozen" | "s")
                    }
                    _ => false,
                }
            });
        self.model.classes.push(Class {
            name: def.name.as_str(),
            region: region(&def.name),
            header,
            bases,
            scope: self.model.scopes.len() as ScopeId,
            attributes: FxHashMap::default(),
            class_attributes: FxHashMap::default(),
            fields: Vec::new(),
            is_dataclass,
        });
        let names = bound_names(&def.body, self.has_walrus);
        self.push_frame(ScopeKind::Class(id), names, None);
        self.block(&def.body);
        self.pop_frame();
        self.bind(def.name.as_str(), region(&def.name), DefKind::Class(id));
    }

    pub(super) fn note_return(&mut self, value: &'a Expr) {
        if let ScopeKind::Function(function) = self.frame().kind {
            let block = self.place.block;
            self.model.functions[function as usize].returns.push(value);
            self.model.functions[function as usize].return_blocks.push(block);
        }
    }

    pub(super) fn note_self_attribute(&mut self, name: &str, attribute: &'a str, value: &'a Expr) {
        let ScopeKind::Function(id) = self.frame().kind else { return };
        let function = &self.model.functions[id as usize];
        if let (Some(class), Some(first)) = (function.class, function.parameters.first())
            && first.name == name
            && !function.is_static
        {
            let is_class = name == "cls";
            let class = &mut self.model.classes[class as usize];
            class.attributes.entry(attribute).or_default().push(value);
            if is_class {
                class.class_attributes.entry(attribute).or_default().push(value);
            }
        }
    }

    pub(super) fn note_field(&mut self, target: &'a Expr, value: Option<&'a Expr>) {
        if let (ScopeKind::Class(class), Expr::Name(name)) = (self.frame().kind, target) {
            self.model.classes[class as usize].fields.push((name.id.as_str(), value));
        }
    }

    /// A lambda is called by the name it is given.
    pub(super) fn name_lambda(&mut self, lambda: &ast::ExprLambda, name: &'a str) {
        if let Some(&id) = self.model.lambdas.get(&region(lambda).start) {
            self.model.functions[id as usize].name = name;
        }
    }

    pub(super) fn mark_generator(&mut self) {
        if let ScopeKind::Function(function) = self.frame().kind {
            self.model.functions[function as usize].is_generator = true;
        }
    }

    pub(super) fn lambda(&mut self, lambda: &'a ast::ExprLambda) {
        let list = lambda.parameters.as_deref();
        if let Some(list) = list {
            self.parameter_exprs(list);
        }
        let block = self.new_block();
        let function = Function {
            name: "<lambda>",
            region: region(lambda),
            parameters: list.map(parameters).unwrap_or_default(),
            class: None,
            scope: None,
            is_static: true,
            is_property: false,
            is_generator: false,
            returns: vec![&*lambda.body],
            return_blocks: vec![block],
            decorators: Vec::new(),
        };
        let id = self.model.functions.len() as FunctionId;
        let names = function.parameters.iter().map(|p| p.name).collect();
        self.model.functions.push(function);
        self.model.lambdas.insert(region(lambda).start, id);
        let names = BoundNames { bound: names, ..BoundNames::default() };
        let around = self.place;
        self.place.block = block;
        self.push_frame(ScopeKind::Function(id), names, None);
        self.bind_parameters(id);
        self.expr(&lambda.body);
        self.hand_on(&lambda.body, Handing::Entry);
        self.pop_frame();
        self.place = around;
    }
}
