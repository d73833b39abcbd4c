//! Functions handed on uncalled, and classes that somebody else may instantiate.

use std::rc::Rc;

use ruff_python_ast::ExprCall;

use super::super::model::{Handing, HandingSite, Place};
use super::super::parse::region;
use super::super::thing::{Alt, Thing};
use super::super::values::callee_leaf;
use crate::fact::{Argument, Atom, CallForm, Target, Value};
use crate::text::Region;

use super::{Beyond, Draft, Extractor};

impl<'a> Extractor<'a, '_, '_> {
    pub(super) fn handed(&mut self, site: &HandingSite<'a>) {
        let at = region(site.value);
        if self.seen.contains(&at) || !self.active.mentions(site.value) {
            return;
        }
        let value = self.resolver.eval(site.value);
        let targets = self.listed_targets(&value);
        if targets.is_empty() {
            return;
        }
        self.seen.insert(at);
        match site.how {
            Handing::Argument(call) | Handing::EntryOfArgument(call) if self.only_looks(call) => return,
            Handing::Alias if self.is_restored(site) || self.is_kept_class(site, &targets) => return,
            _ => {}
        }
        let arguments = match site.how {
            Handing::Argument(call) => self.companions(call, site),
            _ => Vec::new(),
        };
        self.push(Draft {
            region: at,
            callee: at,
            place: site.place,
            form: CallForm::PassedOn,
            targets,
            arguments,
            beyond: Beyond::default(),
            subclass: None,
            bound_by: None,
            handed_in: Vec::new(),
        });
    }

    /// Arguments beside a function handed on, `submit(torch.load, p, weights_only=True)`: most callees pass them along
    /// with the function.
    pub(super) fn companions(&mut self, call: &'a ExprCall, site: &HandingSite<'a>) -> Vec<Argument> {
        if let Some(packed) = self.packed(call, site) {
            return packed;
        }
        let position = call.arguments.args.iter().position(|argument| region(argument) == region(site.value));
        match position {
            Some(position) => {
                let mut list = self.arguments(&[(call, position + 1)], site.place).0;
                // `map(pickle.loads, blobs)` hands over the items, not the list.
                if let (Some(items), Some(first)) = (call.arguments.args.get(position + 1), list.first_mut())
                    && position == 0
                    && self.resolver.maps(call)
                    && self.resolver.own_items(items, site.place, 0)
                {
                    first.value = Value::of(Atom::Harmless);
                }
                list
            }
            None => Vec::new(),
        }
    }

    /// `Thread(target=f, args=(…), kwargs={…})`, `pool.apply_async(f, (…), {…})`: the arguments come as two collections.
    fn packed(&self, call: &'a ExprCall, site: &HandingSite<'a>) -> Option<Vec<Argument>> {
        let given = |name: &str| call.arguments.find_keyword(name).map(|keyword| &keyword.value);
        let is_target = given("target").is_some_and(|target| region(target) == region(site.value));
        let applies = matches!(callee_leaf(&call.func), Some("apply" | "apply_async"))
            && call.arguments.args.first().is_some_and(|first| region(first) == region(site.value));
        let (items, keywords) = match (is_target, applies) {
            (true, _) => (given("args"), given("kwargs")),
            (_, true) => (
                given("args").or_else(|| call.arguments.args.get(1)),
                given("kwds").or_else(|| call.arguments.args.get(2)),
            ),
            _ => return None,
        };
        let mut list = Vec::new();
        if let Some(items) = items
            && let [Alt { thing: Thing::Items(items), .. }] = &*self.resolver.eval(items)
        {
            let positions = items.iter().enumerate();
            list.extend(positions.map(|(index, item)| self.argument(None, Some(index), item, site.place)));
        }
        if let Some(keywords) = keywords {
            self.spread_out(keywords, &mut list);
        }
        Some(list)
    }

    /// `torch.load = original` puts a function back where it was.
    pub(super) fn is_restored(&self, site: &HandingSite<'a>) -> bool {
        let store = self.resolver.metered(self.model.stores.iter()).find(|store| std::ptr::eq(store.value, site.value));
        store.is_some_and(|store| !self.assigned_names(store).is_empty())
    }

    /// `self.old = pickle.Unpickler` keeps a class, mostly to put it back; to make an object takes another step.
    pub(super) fn is_kept_class(&self, site: &HandingSite<'a>, targets: &[Target]) -> bool {
        let is_class = |target: &Target| {
            target
                .name
                .rsplit('.')
                .next()
                .is_some_and(|leaf| leaf.trim_start_matches('_').starts_with(char::is_uppercase))
        };
        targets.iter().all(is_class)
            && self.resolver.metered(self.model.stores.iter()).any(|store| std::ptr::eq(store.value, site.value))
    }

    pub(super) fn subclasses(&mut self) {
        for id in 0..self.model.classes.len() as u32 {
            if self.instantiated.contains(&id) {
                continue;
            }
            let mut targets = Vec::new();
            for base in self.resolver.imported_bases(id) {
                let Thing::Named(name) = base.thing.peeled() else { continue };
                if self.resolver.vocabulary.has_function(name) {
                    targets.push(self.target(&base, &Rc::clone(name)));
                }
            }
            if targets.is_empty() {
                continue;
            }
            let class = &self.model.classes[id as usize];
            let at = Region::new(class.header.start, class.region.end);
            let place = Place { statement: class.header, scope: 0, block: 0, in_try: None, in_handler: None };
            let subclass = Some(self.resolver.subclass(id));
            self.push(Draft {
                region: at,
                callee: class.region,
                place,
                form: CallForm::Subclassed,
                targets,
                arguments: Vec::new(),
                beyond: Beyond::default(),
                subclass,
                bound_by: None,
                handed_in: Vec::new(),
            });
        }
    }
}
