//! Where data comes from: listed sources, the program's own output, or bytes whose digest was compared.
//!
//! The way is followed backwards from an argument: through names, attributes, items, calls (of what they are given),
//! functions of the file, and files written and read again under the same expression in the same function.

mod chunks;
mod constant;
mod content;
mod digest;
mod loaded;
mod own;
mod own_items;

pub(super) use digest::Proofs;

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, ExprCall};
use rustc_hash::FxHashSet;

use super::explain::short;
use super::model::{DefId, DefKind, Place, ScopeId, SetId};
use super::parse::region;
use super::thing::Thing;
use super::values::{Resolver, callee_leaf};
use crate::fact::{Origin, Role, Step};
use crate::text::Region;

const MAX_DEPTH: u32 = 24;
const MAX_VISITS: usize = 400;

/// One walk back from an argument.
struct Walk<'a> {
    place: Place,
    seen: FxHashSet<Region>,
    seen_defs: FxHashSet<DefId>,
    steps: Vec<Passage<'a>>,
    found: Vec<Origin>,
}

/// One step of a walk. Most walks find nothing, so its words are made only for those that do.
struct Passage<'a> {
    region: Region,
    how: How<'a>,
}

enum How<'a> {
    /// `subject` does something with `object`, both as written.
    Does { subject: &'a str, verb: &'static str, object: &'a str },
    /// Passed as a parameter to a function.
    Passed { parameter: &'a str, to: &'a str },
    /// A function returns it.
    Returned { by: &'a str },
}

impl Passage<'_> {
    fn step(&self) -> Step {
        let message = match self.how {
            How::Does { subject, verb, object } => format!("`{}` {verb} `{}`", short(subject), short(object)),
            How::Passed { parameter, to } => format!("passed as `{parameter}` to `{to}`"),
            How::Returned { by } => format!("`{by}` returns it"),
        };
        Step { region: self.region, message }
    }
}

impl<'a> Resolver<'a, '_> {
    /// The listed sources the data in `expr` comes from.
    pub(super) fn origins(&self, expr: &'a Expr, place: Place) -> Vec<Origin> {
        let mut walk = self.walk(place);
        self.back(expr, &mut walk, 0);
        walk.found
    }

    fn walk(&self, place: Place) -> Walk<'a> {
        let (seen, seen_defs) = (FxHashSet::default(), FxHashSet::default());
        Walk { place, seen, seen_defs, steps: Vec::new(), found: Vec::new() }
    }

    fn written(&self, expr: &Expr) -> &'a str {
        &self.text[region(expr).range()]
    }

    fn back(&self, expr: &'a Expr, walk: &mut Walk<'a>, depth: u32) {
        if depth > MAX_DEPTH || walk.seen.len() > MAX_VISITS || !walk.seen.insert(region(expr)) {
            return;
        }
        self.back_through_writes(expr, walk, depth);
        match expr {
            Expr::Name(name) => {
                let set = self.model.uses.get(&region(name).start).copied().unwrap_or(SetId::EMPTY);
                self.back_through_set(set, walk, depth);
            }
            Expr::Attribute(attribute) if !self.hit(expr, expr, walk) => {
                self.back(&attribute.value, walk, depth + 1);
                self.back_through_attribute(expr, walk, depth);
            }
            Expr::Call(call) => self.back_through_call(call, expr, walk, depth),
            Expr::Subscript(subscript) => self.back(&subscript.value, walk, depth + 1),
            Expr::Await(inner) => self.back(&inner.value, walk, depth + 1),
            Expr::Starred(inner) => self.back(&inner.value, walk, depth + 1),
            Expr::Named(named) => self.back(&named.value, walk, depth + 1),
            Expr::Lambda(lambda) => self.back(&lambda.body, walk, depth + 1),
            Expr::If(ternary) => {
                self.back(&ternary.body, walk, depth + 1);
                self.back(&ternary.orelse, walk, depth + 1);
            }
            Expr::BoolOp(bool_op) => bool_op.values.iter().for_each(|value| self.back(value, walk, depth + 1)),
            Expr::BinOp(binary) => {
                self.back(&binary.left, walk, depth + 1);
                self.back(&binary.right, walk, depth + 1);
            }
            Expr::List(ast::ExprList { elts, .. }) | Expr::Tuple(ast::ExprTuple { elts, .. }) => {
                elts.iter().for_each(|item| self.back(item, walk, depth + 1));
            }
            Expr::FString(string) => {
                for element in string.value.elements() {
                    if let ast::InterpolatedStringElement::Interpolation(inner) = element {
                        self.back(&inner.expression, walk, depth + 1);
                    }
                }
            }
            Expr::Generator(comp) => {
                self.back(&comp.elt, walk, depth + 1);
                comp.generators.iter().for_each(|generator| self.back(&generator.iter, walk, depth + 1));
            }
            Expr::DictComp(comp) => {
                self.back(&comp.value, walk, depth + 1);
                comp.generators.iter().for_each(|generator| self.back(&generator.iter, walk, depth + 1));
            }
            Expr::ListComp(comp) => {
                self.back(&comp.elt, walk, depth + 1);
                comp.generators.iter().for_each(|generator| self.back(&generator.iter, walk, depth + 1));
            }
            _ => {}
        }
    }

    /// Whether `named` is a listed source; notes it if so.
    fn hit(&self, named: &'a Expr, whole: &'a Expr, walk: &mut Walk<'a>) -> bool {
        for name in self.names(named) {
            if let Some(list) = self.vocabulary.list(Role::Source, &name) {
                if list.addressed && !self.gives_an_address(whole) {
                    continue;
                }
                if let (Some(pin), Expr::Call(call)) = (&list.pinned_by, whole)
                    && self.is_pinned(call, pin)
                {
                    return true;
                }
                let message = format!("{} through `{}`", list.phrase, short(self.written(named)));
                self.note(Rc::from(&*list.name), &name, Step { region: region(whole), message }, walk);
                return true;
            }
        }
        false
    }

    /// Whether a full commit id, or a SHA-256 as `sha256:…`, is given as `pin`. It stands nowhere by position but in its own.
    fn is_pinned(&self, call: &'a ExprCall, pin: &str) -> bool {
        let named = call.arguments.find_keyword(pin).map(|keyword| &keyword.value);
        named.into_iter().chain(&call.arguments.args).filter_map(|value| self.text_of(value)).any(|text| {
            let id = text.rsplit(':').next().unwrap_or_default();
            matches!(id.len(), 40 | 64) && id.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }

    /// Whether the first argument can be an address, `https://host/file`, which is no file of this machine.
    fn gives_an_address(&self, whole: &'a Expr) -> bool {
        let first = whole.as_call_expr().and_then(|call| call.arguments.args.first());
        first.is_some_and(|first| {
            self.eval(first).iter().any(|alt| match &alt.thing {
                Thing::Text(text) | Thing::PartialText { prefix: text, .. } => {
                    text.contains("://") && !["file:", "local:", "memory:"].iter().any(|kind| text.starts_with(kind))
                }
                _ => false,
            })
        })
    }

    fn note(&self, source: Rc<str>, name: &Rc<str>, step: Step, walk: &mut Walk<'a>) {
        if walk.found.iter().any(|origin| origin.source == source) {
            return;
        }
        let steps = std::iter::once(step).chain(walk.steps.iter().rev().map(Passage::step)).collect();
        walk.found.push(Origin { source, name: Rc::clone(name), steps });
    }

    fn back_through_set(&self, set: SetId, walk: &mut Walk<'a>, depth: u32) {
        for id in self.model.sets.defs(set) {
            // What is too deep to be followed from here may be nearer on another way.
            if depth >= MAX_DEPTH || !walk.seen_defs.insert(id) {
                continue;
            }
            let def = &self.model.defs[id as usize];
            let (value, verb) = match &def.kind {
                DefKind::Value { value, .. } => (*value, "holds"),
                DefKind::ItemOf { iterable, .. } => (*iterable, "is an item of"),
                DefKind::Entered { value, .. } => (*value, "is opened by"),
                DefKind::Augmented { value, previous } => {
                    self.back_through_set(*previous, walk, depth + 1);
                    (*value, "grows by")
                }
                DefKind::Changed { previous, .. }
                | DefKind::Removed { previous, .. }
                | DefKind::HasItem { previous, .. }
                | DefKind::Escaped { previous, .. }
                | DefKind::Refined { previous, .. } => {
                    if depth < MAX_DEPTH {
                        self.back_through_set(*previous, walk, depth + 1);
                    }
                    continue;
                }
                DefKind::Mutated { call, previous } => {
                    if depth < MAX_DEPTH {
                        self.back_through_set(*previous, walk, depth + 1);
                        call.arguments.args.iter().for_each(|argument| self.back(argument, walk, depth + 1));
                    }
                    continue;
                }
                DefKind::Parameter { function, index } => {
                    self.back_through_parameter(id, *function, *index, walk, depth);
                    continue;
                }
                DefKind::Import(path) => {
                    let name: Rc<str> = path.as_str().into();
                    if let Some(list) = self.vocabulary.list(Role::Source, &name) {
                        let message = format!("`{}` is {}", def.name, list.phrase);
                        self.note(Rc::from(&*list.name), &name, Step { region: def.region, message }, walk);
                    }
                    continue;
                }
                DefKind::Function(_) | DefKind::Class(_) | DefKind::Opaque => continue,
            };
            let how = How::Does { subject: def.name, verb, object: self.written(value) };
            walk.steps.push(Passage { region: def.region, how });
            self.back(value, walk, depth + 1);
            walk.steps.pop();
        }
    }

    fn back_through_parameter(&self, id: u32, function: u32, index: usize, walk: &mut Walk<'a>, depth: u32) {
        let of = &self.model.functions[function as usize];
        let parameter = &of.parameters[index];
        // `data: bytes = File(...)` names its source in the default.
        let default = match parameter.default {
            Some(Expr::Call(call)) => Some(&*call.func),
            _ => None,
        };
        for hint in parameter.annotation.into_iter().chain(default) {
            for name in self.names(hint) {
                if let Some(list) = self.vocabulary.type_list(Role::Source, &name) {
                    let message = format!("`{}` is {}", parameter.name, list.phrase);
                    self.note(Rc::from(&*list.name), &name, Step { region: parameter.region, message }, walk);
                }
            }
        }
        for (call, argument) in self.arguments_for(function, index) {
            let how = How::Passed { parameter: self.model.defs[id as usize].name, to: of.name };
            walk.steps.push(Passage { region: region(call), how });
            let around = walk.place;
            if let Some(site) = self.site_of(call) {
                walk.place = site.place;
            }
            self.back(argument, walk, depth + 1);
            walk.place = around;
            walk.steps.pop();
        }
    }

    fn back_through_call(&self, call: &'a ExprCall, whole: &'a Expr, walk: &mut Walk<'a>, depth: u32) {
        if self.hit(&call.func, whole, walk) {
            return;
        }
        for alt in self.eval(&call.func).iter() {
            if let Thing::Function(function) | Thing::Method(function) = alt.thing {
                let of = &self.model.functions[function as usize];
                let around = walk.place;
                for value in &of.returns {
                    walk.steps.push(Passage { region: region(call), how: How::Returned { by: of.name } });
                    if let Some(place) = self.place_in(function) {
                        walk.place = Place { statement: region(*value), ..place };
                    }
                    self.back(value, walk, depth + 1);
                    walk.steps.pop();
                }
                walk.place = around;
            }
        }
        if let Expr::Attribute(attribute) = &*call.func {
            self.back(&attribute.value, walk, depth + 1);
        }
        for argument in &call.arguments.args {
            self.back(argument, walk, depth + 1);
        }
        for keyword in &call.arguments.keywords {
            self.back(&keyword.value, walk, depth + 1);
        }
    }

    /// A place inside a function of the file: any call in it tells its scope.
    fn place_in(&self, function: u32) -> Option<Place> {
        let body = self.model.functions[function as usize].region;
        self.first_site_in(body).map(|site| site.place)
    }

    /// `self.data` was set from somewhere in the class.
    fn back_through_attribute(&self, expr: &'a Expr, walk: &mut Walk<'a>, depth: u32) {
        let Expr::Attribute(attribute) = expr else { return };
        for alt in self.eval(&attribute.value).iter() {
            if let Thing::Instance { class, .. } = alt.thing {
                let class = &self.model.classes[class as usize];
                for value in class.attributes.get(attribute.attr.as_str()).into_iter().flatten() {
                    let how = How::Does { subject: self.written(expr), verb: "holds", object: self.written(value) };
                    walk.steps.push(Passage { region: region(*value), how });
                    self.back(value, walk, depth + 1);
                    walk.steps.pop();
                }
            }
        }
    }

    /// Something was written under the same expression before, in the same function.
    fn back_through_writes(&self, expr: &'a Expr, walk: &mut Walk<'a>, depth: u32) {
        if !matches!(expr, Expr::Name(_) | Expr::Attribute(_) | Expr::StringLiteral(_) | Expr::BinOp(_)) {
            return;
        }
        let wanted = self.written(expr);
        let at = region(expr).start;
        for site in self.writes_in_scope(walk.place.scope) {
            let call = site.call;
            if region(call).end > at {
                break;
            }
            if let Expr::Attribute(attribute) = &*call.func {
                let writes = matches!(attribute.attr.as_str(), "write" | "write_bytes" | "writelines" | "readinto");
                if writes && self.written_to(&attribute.value, wanted) {
                    for argument in &call.arguments.args {
                        let object = &self.text[region(call).range()];
                        let how = How::Does { subject: wanted, verb: "is written by", object };
                        walk.steps.push(Passage { region: region(call), how });
                        self.back(argument, walk, depth + 1);
                        walk.steps.pop();
                    }
                }
            }
            // `shutil.copyfileobj(source, file)`
            if let ("copyfileobj", [source, target, ..]) =
                (callee_leaf(&call.func).unwrap_or_default(), &*call.arguments.args)
                && self.written_to(target, wanted)
            {
                let how = How::Does { subject: wanted, verb: "is filled from", object: self.written(source) };
                walk.steps.push(Passage { region: region(call), how });
                self.back(source, walk, depth + 1);
                walk.steps.pop();
            }
            for name in self.names(&call.func) {
                let Some((list, writer)) = self.vocabulary.writer(Role::Source, &name) else { continue };
                let named = writer.name.as_deref().and_then(|name| call.arguments.find_keyword(name)).map(|k| &k.value);
                let target = named.or_else(|| call.arguments.args.get(writer.position));
                // `retrbinary("RETR model.pkl", file.write)`
                let target = match target {
                    Some(Expr::Attribute(method)) if method.attr.as_str() == "write" => Some(&*method.value),
                    target => target,
                };
                if target.is_some_and(|target| self.written_to(target, wanted)) {
                    let message = format!(
                        "`{}` is filled with {} by `{}`",
                        short(wanted),
                        list.phrase,
                        short(self.written(&call.func))
                    );
                    self.note(Rc::from(&*list.name), &name, Step { region: region(call), message }, walk);
                }
            }
        }
    }

    /// Whether `receiver` is the expression, or a file opened from it.
    fn written_to(&self, receiver: &'a Expr, wanted: &str) -> bool {
        if self.written(receiver) == wanted {
            return true;
        }
        let opened = |value: &'a Expr| match value {
            Expr::Call(call) => {
                let path = match &*call.func {
                    Expr::Attribute(attribute) if attribute.attr.as_str() == "open" => Some(&*attribute.value),
                    _ => None,
                };
                path.into_iter().chain(&call.arguments.args).any(|argument| self.written(argument) == wanted)
            }
            _ => false,
        };
        match receiver {
            Expr::Name(name) => {
                let set = self.model.uses.get(&region(name).start).copied().unwrap_or(SetId::EMPTY);
                self.model.sets.defs(set).into_iter().any(|id| match &self.model.defs[id as usize].kind {
                    DefKind::Entered { value, .. } | DefKind::Value { value, .. } => opened(value),
                    _ => false,
                })
            }
            other => opened(other),
        }
    }

    /// The scope whose code a scope's code is part of.
    fn owner(&self, scope: ScopeId) -> ScopeId {
        self.model.scopes[scope as usize].owner
    }

    fn calls_in_scope(&self, scope: ScopeId) -> impl Iterator<Item = &'_ super::model::CallSite<'a>> {
        self.metered(self.by_scope.get(&self.owner(scope)).into_iter().flatten().map(|&index| &self.model.calls[index]))
    }

    fn writes_in_scope(&self, scope: ScopeId) -> impl Iterator<Item = &'_ super::model::CallSite<'a>> {
        self.metered(
            self.writes_by_scope.get(&self.owner(scope)).into_iter().flatten().map(|&index| &self.model.calls[index]),
        )
    }
}
