//! Calls that happen later: of partials, and of methods by name.

use std::rc::Rc;

use ruff_python_ast::ExprCall;

use super::super::model::Place;
use super::super::parse::region;
use super::super::thing::{Alt, Partial, Thing};
use crate::fact::{CallForm, Role};

use super::{Draft, Extractor};

impl<'a> Extractor<'a, '_, '_> {
    /// `partial(f, …)`: a call to come, with these arguments at least.
    pub(super) fn deferred(&mut self, call: &'a ExprCall, place: Place) {
        let Some(function) = call.arguments.args.first() else { return };
        let value = self.resolver.eval(function);
        let targets = self.listed_targets(&value);
        if targets.is_empty() {
            return;
        }
        self.seen.insert(region(function));
        let (arguments, beyond) = self.arguments(&[(call, 1)], place);
        self.push(Draft {
            region: region(call),
            callee: region(function),
            place,
            form: CallForm::Bound,
            targets,
            arguments,
            beyond,
            subclass: None,
            bound_by: None,
            handed_in: Vec::new(),
        });
    }

    /// The call of a partial: its arguments behind the bound ones.
    pub(super) fn completed(&mut self, call: &'a ExprCall, partial: &Rc<Partial<'a>>, alt: &Alt<'a>, place: Place) {
        let mut chain = vec![Rc::clone(partial)];
        let mut targets = Vec::new();
        let mut next = 0;
        while let Some(at) = chain.get(next).cloned() {
            next += 1;
            for inner in at.function.iter().filter(|inner| !inner.handed) {
                match inner.thing.peeled() {
                    Thing::Named(name) if self.resolver.vocabulary.has_function(name) => {
                        let mut target = self.target(inner, name);
                        self.consume(alt.link.as_ref());
                        target.steps.extend(self.resolver.steps(alt.link.as_deref()));
                        targets.push(target);
                    }
                    Thing::Partial(inner) if chain.len() < 8 => chain.push(Rc::clone(inner)),
                    _ => {}
                }
            }
        }
        if targets.is_empty() {
            return;
        }
        let bound = region(chain.last().map_or(partial.call, |partial| partial.call));
        // The partial stands before its call in the text, or is met here first.
        if !self.made.contains_key(&bound)
            && let Some(site) = self.resolver.site_of(partial.call)
        {
            self.call(site.call, site.place);
        }
        let mut calls: Vec<_> = chain.iter().rev().map(|partial| (partial.call, 1)).collect();
        calls.push((call, 0));
        let arguments = self.arguments(&calls, place);
        self.push(Draft { bound_by: Some(bound), ..Draft::called(call, place, targets, arguments) });
    }

    /// `methodcaller("loads", data)(pickle)`
    pub(super) fn method_caller(&mut self, call: &'a ExprCall, maker: &'a ExprCall, place: Place) {
        let (Some(object), Some(name)) = (call.arguments.args.first(), maker.arguments.args.first()) else { return };
        let Some(name) = self.resolver.text_of(name) else { return };
        let object = self.resolver.eval(object);
        let found = self.resolver.flat_map(&object, |alt| self.resolver.attribute(alt, &name));
        let targets = self.listed_targets(&found);
        if targets.is_empty() {
            return;
        }
        let arguments = self.arguments(&[(maker, 1)], place);
        self.push(Draft::called(call, place, targets, arguments));
    }

    // Functions handed on.

    pub(super) fn only_looks(&self, call: &'a ExprCall) -> bool {
        let names = self.resolver.names(&call.func);
        names.iter().any(|name| self.resolver.vocabulary.list(Role::LooksOnly, name).is_some())
    }
}
