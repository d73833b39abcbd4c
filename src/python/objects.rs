//! Parts of objects: attributes, members of classes, items.

use std::rc::Rc;

use ruff_python_ast::{self as ast, ExprCall};
use rustc_hash::FxHashMap;

use super::model::{ClassId, DefKind, Model, ScopeKind, SetId};
use super::parse::region;
use super::thing::{Alt, Rest, Thing, Val, Why, local, one};
use super::values::{MAX_ITEMS, Question, Resolver};
use crate::fact::Role;

impl<'a> Resolver<'a, '_> {
    /// `alt.name`
    pub(super) fn attribute(&self, alt: &Alt<'a>, name: &str) -> Val<'a> {
        match &alt.thing {
            Thing::Overlay(overlay) if *overlay.attribute == *name => {
                self.linked(&self.eval(overlay.value), region(overlay.value), Why::Attribute)
            }
            Thing::Overlay(overlay) if self.spend(1) => self.attribute(&alt.with(overlay.base.clone()), name),
            Thing::Overlay(_) => one(Thing::Unknown),
            Thing::Named(path) => {
                if let Some(value) = self.option_value(path, name) {
                    return value;
                }
                match name {
                    "__call__" | "__wrapped__" => Rc::from([alt.clone()]),
                    _ if self.vocabulary.list(Role::LocalPath, path.trim_end_matches("()")).is_some()
                        && name == "name" =>
                    {
                        local("")
                    }
                    _ => Rc::from([alt.with(Thing::below(path, &format!(".{name}")))]),
                }
            }
            Thing::LocalPath(_) => local(""),
            Thing::Class(class) => self.member(alt, *class, name, None, 0),
            Thing::Instance { class, made_by: None } => {
                let own = self.member(alt, *class, name, Some(None), 0);
                // `self` may be an object of a class that derives from this one.
                let others = self.overridden(*class, name);
                if others.is_empty() { own } else { self.union(others.into_iter().chain([own])) }
            }
            Thing::Instance { class, made_by } => self.member(alt, *class, name, Some(*made_by), 0),
            Thing::Dict(dict) => match self.entry(dict, name) {
                Some(slot) => self.slot(slot),
                None => one(Thing::Unknown),
            },
            Thing::Unknown => self.option_by_name(name).unwrap_or_else(|| self.of_something(name)),
            // A member of an enumeration.
            Thing::Bool(_) | Thing::Text(_) | Thing::Number { .. } if name == "value" => Rc::from([alt.clone()]),
            _ => self.of_something(name),
        }
    }

    /// The data that classes of the file which derive from this one have under the name.
    fn overridden(&self, id: ClassId, name: &str) -> Vec<Val<'a>> {
        let derived = self.derived.get_or_init(|| derived_classes(self.model));
        let mut found = Vec::new();
        let (mut seen, mut next) = (vec![id], 0);
        while let Some(&class) = seen.get(next).filter(|_| self.spend_one_of_many()) {
            next += 1;
            for &class in self.metered(derived.get(&class).into_iter().flatten()) {
                if seen.contains(&class) || seen.len() > MAX_ITEMS {
                    continue;
                }
                seen.push(class);
                let class = &self.model.classes[class as usize];
                let values = class.attributes.get(name).into_iter().flatten();
                found.extend(values.map(|value| self.linked(&self.eval(value), region(*value), Why::Attribute)));
                let scope = &self.model.scopes[class.scope as usize];
                let own = scope.symbols.get(name).map(|&symbol| self.set(scope.at_end[symbol as usize]));
                found.extend(own);
            }
        }
        let is_data = |alt: &&Alt<'a>| !matches!(alt.thing, Thing::Function(_) | Thing::Method(_) | Thing::Unknown);
        let data = found.into_iter().map(|value| value.iter().filter(is_data).cloned().collect());
        data.filter(|value: &Val<'a>| !value.is_empty()).collect()
    }

    /// An attribute of something unknown: still of use where a rule asks for the name wherever it comes from.
    fn of_something(&self, name: &str) -> Val<'a> {
        if self.vocabulary.has_bare_leaf(name) || self.vocabulary.is_importer(name, |root| root.is_none()) {
            one(Thing::named(format!("__unknown__.{name}")))
        } else {
            one(Thing::Unknown)
        }
    }

    /// A name of a class (`instance` is `None`) or of an instance of it; then of its bases.
    fn member(
        &self,
        alt: &Alt<'a>,
        id: ClassId,
        name: &str,
        instance: Option<Option<&'a ExprCall>>,
        level: u32,
    ) -> Val<'a> {
        if matches!(instance, Some(Some(_))) {
            return self.member_inside(alt, id, name, instance, level);
        }
        let key = (id, Box::from(name), instance.is_some());
        let next = self.members.borrow().len() as u32;
        let number = *self.members.borrow_mut().entry(key).or_insert(next);
        self.worked_out_once(Question::Member(number), || self.member_inside(alt, id, name, instance, level))
    }

    fn member_inside(
        &self,
        alt: &Alt<'a>,
        id: ClassId,
        name: &str,
        instance: Option<Option<&'a ExprCall>>,
        level: u32,
    ) -> Val<'a> {
        let class = &self.model.classes[id as usize];
        let mut found: Vec<Val<'a>> = Vec::new();
        if let Some(made_by) = instance {
            if let Some(value) = self.field(id, name, made_by) {
                return value;
            }
            if let Some(values) = class.attributes.get(name) {
                let each = values.iter().map(|value| self.linked(&self.eval(value), region(*value), Why::Attribute));
                found.push(self.union(each));
            }
        } else if let Some(values) = class.class_attributes.get(name) {
            let each = values.iter().map(|value| self.linked(&self.eval(value), region(*value), Why::Attribute));
            found.push(self.union(each));
        }
        let scope = &self.model.scopes[class.scope as usize];
        let own =
            scope.symbols.get(name).map(|&symbol| scope.at_end[symbol as usize]).filter(|set| *set != SetId::EMPTY);
        if let Some(set) = own {
            let value = self.set(set);
            let bound = self.flat_map(&value, |member| match (&member.thing, instance) {
                (Thing::Function(function), Some(_)) => {
                    let of = &self.model.functions[*function as usize];
                    match (of.is_property, of.is_static) {
                        (true, _) => self.returned(*function),
                        (false, true) => Rc::from([member.clone()]),
                        (false, false) => Rc::from([member.with(Thing::Method(*function))]),
                    }
                }
                _ => Rc::from([member.clone()]),
            });
            found.push(bound);
        }
        if !found.is_empty() {
            return self.union(found);
        }
        if level > 8 {
            return one(Thing::Unknown);
        }
        let bases = class.bases.iter().map(|base| {
            let value = self.eval(base);
            self.flat_map(&value, |base_alt| match base_alt.thing.peeled() {
                Thing::Class(base) if *base != id => self.member(alt, *base, name, instance, level + 1),
                Thing::Named(path) => {
                    let made = if instance.is_some() { "()" } else { "" };
                    let thing = Thing::named(format!("{path}{made}.{name}"));
                    Rc::from([alt.with(thing).linked(class.region, Why::Base)])
                }
                _ => one(Thing::Unknown),
            })
        });
        let value = self.union(bases);
        if value.is_empty() { one(Thing::Unknown) } else { value }
    }

    pub(super) fn subscript(&self, subscript: &'a ast::ExprSubscript) -> Val<'a> {
        let base = self.eval(&subscript.value);
        self.flat_map(&base, |alt| match alt.thing.peeled() {
            Thing::Dict(dict) => match self.key(&subscript.slice) {
                Some(key) => match (self.entry(dict, &key), dict.rest) {
                    (Some(slot), _) => self.handed(&self.slot(slot)),
                    (None, _) => one(Thing::Unknown),
                },
                None => {
                    let all = dict.entries.iter().take(MAX_ITEMS).map(|(_, slot)| self.handed(&self.slot(slot)));
                    let all = self.union(all);
                    if dict.rest == Rest::Nothing { all } else { self.union([all, one(Thing::Unknown)]) }
                }
            },
            Thing::Items(items) => match &*self.eval(&subscript.slice) {
                [Alt { thing: Thing::Number { index: Some(index), .. }, .. }] => match items.get(*index) {
                    Some(item) => self.handed(&self.eval(item)),
                    None => one(Thing::Unknown),
                },
                _ => self.union(items.iter().take(MAX_ITEMS).map(|item| self.handed(&self.eval(item)))),
            },
            Thing::ModuleNames => match self.text_of(&subscript.slice) {
                Some(name) => self.module_name(&name),
                None => one(Thing::Unknown),
            },
            Thing::Named(path) => match (&**path, self.text_of(&subscript.slice)) {
                ("sys.modules", Some(module)) => one(Thing::named(module)),
                (path, Some(name)) if path.ends_with(".__dict__") => {
                    one(Thing::named(format!("{}.{name}", path.trim_end_matches(".__dict__"))))
                }
                // The first of `parse_known_args()`.
                (path, None) if path.ends_with("parse_known_args()") => Rc::from([alt.clone()]),
                (path, _)
                    if path
                        .rsplit('.')
                        .next()
                        .is_some_and(|leaf| leaf.starts_with(char::is_uppercase) && !leaf.ends_with(')')) =>
                {
                    Rc::from([alt.clone()])
                }
                _ => one(Thing::Unknown),
            },
            Thing::LocalPath(_) => local(""),
            // `Base[T]` is `Base`.
            Thing::Class(_) => Rc::from([alt.clone()]),
            _ => one(Thing::Unknown),
        })
    }

    /// A name of the module by its text.
    pub(super) fn module_name(&self, name: &str) -> Val<'a> {
        let Some(module) = self.model.scopes.first() else { return one(Thing::Unknown) };
        debug_assert_eq!(module.kind, ScopeKind::Module);
        match module.symbols.get(name) {
            Some(&symbol) => self.set(module.at_end[symbol as usize]),
            None => one(Thing::Unknown),
        }
    }
}

/// The classes of the file that name a class of it as a base, by that class.
fn derived_classes(model: &Model<'_>) -> FxHashMap<ClassId, Vec<ClassId>> {
    let mut derived: FxHashMap<ClassId, Vec<ClassId>> = FxHashMap::default();
    for (class, id) in model.classes.iter().zip(0..) {
        let names = class.bases.iter().filter_map(|base| base.as_name_expr());
        for set in names.filter_map(|name| model.uses.get(&region(name).start)) {
            for def in model.sets.defs(*set) {
                if let DefKind::Class(base) = model.defs[def as usize].kind {
                    derived.entry(base).or_default().push(id);
                }
            }
        }
    }
    derived
}
