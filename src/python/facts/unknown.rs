//! Calls of functions that nobody knows, which may hand a telling keyword on.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall, Keyword};

use super::super::model::Place;
use super::super::parse::region;
use super::super::thing::{Thing, Val};
use crate::fact::{Call, CallForm, Role, Target};
use crate::text::Region;

use super::{Beyond, Extractor};

impl<'a> Extractor<'a, '_, '_> {
    /// A call of a function that neither the rules nor the file know, with a keyword that rules ask for.
    pub(super) fn unknown_call(&mut self, call: &'a ExprCall, place: Place) {
        if !self.may_have.keyword || !call.arguments.keywords.iter().any(|keyword| self.may_bring_keyword(keyword)) {
            return;
        }
        let asked = |name: &str| self.resolver.vocabulary.has_keyword(name);
        let is_direct = |keyword: &Keyword| keyword.arg.as_ref().is_none_or(|name| asked(name.as_str()));
        let is_direct = call.arguments.keywords.iter().any(is_direct);
        let mut entries = Vec::new();
        for keyword in call.arguments.keywords.iter().filter(|keyword| keyword.arg.is_some()) {
            self.entries_as_arguments(&keyword.value, &mut entries);
        }
        if !is_direct && entries.is_empty() {
            return;
        }
        let Some((callee, targets)) = self.unknown_callee(call) else { return };
        let is_listed = targets.iter().any(|target| self.resolver.vocabulary.has_function(&target.name));
        let (mut arguments, beyond) =
            if is_listed { (Vec::new(), Beyond::default()) } else { self.arguments(&[(call, 0)], place) };
        arguments.extend(entries);
        if !arguments.iter().any(|argument| argument.name.as_deref().is_some_and(asked)) {
            return;
        }
        self.facts.unknown_calls.push(Call {
            region: region(call),
            callee,
            statement: place.statement,
            targets,
            form: CallForm::Called,
            arguments,
            open_ended: beyond.open_ended,
            forwarded: beyond.forwarded,
            subclass: None,
            tried_before: Vec::new(),
            bound_by: None,
            handed_in: Vec::new(),
        });
    }

    /// Whether a keyword is one that rules ask for, or may hold a dictionary with one.
    pub(super) fn may_bring_keyword(&self, keyword: &Keyword) -> bool {
        keyword.arg.as_ref().is_none_or(|name| self.resolver.vocabulary.has_keyword(name.as_str()))
            || matches!(keyword.value, Expr::Dict(_) | Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_))
    }

    /// What a call calls, if its body is not in the file: where it stands, and its names. Of a partial that is what it
    /// binds.
    pub(super) fn unknown_callee(&self, call: &'a ExprCall) -> Option<(Region, Vec<Target>)> {
        let mut function = &*call.func;
        let mut value = self.resolver.eval(function);
        let is_deferred = value.iter().any(|alt| {
            matches!(&alt.thing, Thing::Named(name) if self.resolver.vocabulary.list(Role::Deferred, name).is_some())
        });
        if let (true, Some(first)) = (is_deferred, call.arguments.args.first()) {
            function = first;
            value = self.resolver.eval(function);
        }
        if self.is_shadowed(function, &value) {
            return None;
        }
        let leaf = super::super::values::callee_leaf(function).unwrap_or("__call__");
        let names = value.iter().map(|alt| match alt.thing.peeled() {
            Thing::Named(name) => Some(Rc::clone(name)),
            Thing::Unknown | Thing::UnknownOf { .. } => Some(format!("__unknown__.{leaf}").into()),
            _ => None,
        });
        let names: Option<Vec<Rc<str>>> = names.collect();
        let targets: Vec<_> = names?.into_iter().map(|name| Target { name, steps: Vec::new() }).collect();
        (!targets.is_empty()).then_some((region(function), targets))
    }

    /// Whether a name that elsewhere means a module or function of the rules means something else here:
    /// `def read(torch): torch.load(…)`. Whoever writes so is taken to mean it.
    pub(super) fn is_shadowed(&self, function: &'a Expr, value: &Val<'a>) -> bool {
        let vocabulary = self.resolver.vocabulary;
        let is_known = |path: &str| {
            let root = path.split('.').next().unwrap_or(path);
            vocabulary.is_root(root)
        };
        let is_really = value.iter().any(|alt| matches!(alt.thing.peeled(), Thing::Named(path) if is_known(path)));
        let mut base = function;
        while let Expr::Attribute(attribute) = base {
            base = &attribute.value;
        }
        let Expr::Name(name) = base else { return false };
        let id = name.id.as_str();
        let is_bare = std::ptr::eq(base, function);
        let says_function =
            is_bare && vocabulary.has_leaf(id) && value.iter().any(|alt| matches!(alt.thing, Thing::Unknown));
        let imported = || {
            self.resolver.module_name(id).iter().any(|alt| matches!(&alt.thing, Thing::Named(path) if is_known(path)))
        };
        !is_really && (says_function || (!is_bare && (is_known(id) || imported())))
    }
}
