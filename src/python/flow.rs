//! Where data comes from: listed sources, the program's own output, or bytes whose digest was compared.
//!
//! The way is followed backwards from an argument: through names, attributes, items, calls (of what they are given),
//! functions of the file, and files written and read again under the same expression in the same function.

use std::rc::Rc;

use ruff_python_ast::{self as ast, BoolOp, CmpOp, Expr, ExprCall, UnaryOp};
use rustc_hash::FxHashSet;

use super::explain::short;
use super::model::{DefKind, Guard, Place, ScopeId, SetId};
use super::parse::region;
use super::results::is_method_call;
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
    steps: Vec<Step>,
    found: Vec<Origin>,
    /// Names and texts met on the way: what the data is known by.
    keys: Vec<DataKey<'a>>,
}

/// What two uses of the same data have in common.
#[derive(Debug, Clone, PartialEq)]
enum DataKey<'a> {
    /// The same name with the same defs.
    Name(&'a str, SetId),
    /// The same expression, `self.path`, or the same text.
    Written(&'a str),
}

impl<'a> Resolver<'a, '_> {
    /// The listed sources the data in `expr` comes from.
    pub(super) fn origins(&self, expr: &'a Expr, place: Place) -> Vec<Origin> {
        let mut walk = self.walk(place);
        self.back(expr, &mut walk, 0);
        walk.found
    }

    fn walk(&self, place: Place) -> Walk<'a> {
        Walk { place, seen: FxHashSet::default(), steps: Vec::new(), found: Vec::new(), keys: Vec::new() }
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
                walk.keys.push(DataKey::Name(name.id.as_str(), set));
                self.back_through_set(set, walk, depth);
            }
            Expr::Attribute(attribute) => {
                walk.keys.push(DataKey::Written(self.written(expr)));
                if !self.hit(expr, expr, walk) {
                    self.back(&attribute.value, walk, depth + 1);
                    self.back_through_attribute(expr, walk, depth);
                }
            }
            Expr::Call(call) => self.back_through_call(call, expr, walk, depth),
            Expr::StringLiteral(_) => walk.keys.push(DataKey::Written(self.written(expr))),
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
                if let (Some(pin), Expr::Call(call)) = (&list.pinned_by, whole) {
                    let given = call.arguments.find_keyword(pin).and_then(|keyword| self.text_of(&keyword.value));
                    if given.is_some_and(|id| matches!(id.len(), 40 | 64) && id.bytes().all(|b| b.is_ascii_hexdigit()))
                    {
                        return true;
                    }
                }
                let message = format!("{} through `{}`", list.phrase, short(self.written(named)));
                self.note(Rc::from(&*list.name), &name, Step { region: region(whole), message }, walk);
                return true;
            }
        }
        false
    }

    fn note(&self, source: Rc<str>, name: &Rc<str>, step: Step, walk: &mut Walk<'a>) {
        if walk.found.iter().any(|origin| origin.source == source) {
            return;
        }
        let steps = std::iter::once(step).chain(walk.steps.iter().rev().cloned()).collect();
        walk.found.push(Origin { source, name: Rc::clone(name), steps });
    }

    fn back_through_set(&self, set: SetId, walk: &mut Walk<'a>, depth: u32) {
        for id in self.model.sets.defs(set) {
            let def = &self.model.defs[id as usize];
            let step = |message: String| Step { region: def.region, message };
            let (value, message) = match &def.kind {
                DefKind::Value { value, .. } => {
                    (*value, format!("`{}` holds `{}`", def.name, short(self.written(value))))
                }
                DefKind::ItemOf { iterable, .. } => {
                    (*iterable, format!("`{}` is an item of `{}`", def.name, short(self.written(iterable))))
                }
                DefKind::Entered { value, .. } => {
                    (*value, format!("`{}` is opened by `{}`", def.name, short(self.written(value))))
                }
                DefKind::Augmented { value, previous } => {
                    self.back_through_set(*previous, walk, depth + 1);
                    (*value, format!("`{}` grows by `{}`", def.name, short(self.written(value))))
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
                        self.note(Rc::from(&*list.name), &name, step(message), walk);
                    }
                    continue;
                }
                DefKind::Function(_) | DefKind::Class(_) | DefKind::Opaque => continue,
            };
            walk.steps.push(step(message));
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
            let message = format!("passed as `{}` to `{}`", self.model.defs[id as usize].name, of.name);
            walk.steps.push(Step { region: region(call), message });
            let around = walk.place;
            if let Some(site) = self.model.calls.iter().find(|site| std::ptr::eq(site.call, call)) {
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
                    walk.steps.push(Step { region: region(call), message: format!("`{}` returns it", of.name) });
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
        self.model.calls.iter().find(|site| body.contains(region(site.call))).map(|site| site.place)
    }

    /// `self.data` was set from somewhere in the class.
    fn back_through_attribute(&self, expr: &'a Expr, walk: &mut Walk<'a>, depth: u32) {
        let Expr::Attribute(attribute) = expr else { return };
        for alt in self.eval(&attribute.value).iter() {
            if let Thing::Instance { class, .. } = alt.thing {
                let class = &self.model.classes[class as usize];
                for value in class.attributes.get(attribute.attr.as_str()).into_iter().flatten() {
                    let message = format!("`{}` holds `{}`", short(self.written(expr)), short(self.written(value)));
                    walk.steps.push(Step { region: region(*value), message });
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
                        let message =
                            format!("`{}` is written by `{}`", short(wanted), short(&self.text[region(call).range()]));
                        walk.steps.push(Step { region: region(call), message });
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
                let message = format!("`{}` is filled from `{}`", short(wanted), short(self.written(source)));
                walk.steps.push(Step { region: region(call), message });
                self.back(source, walk, depth + 1);
                walk.steps.pop();
            }
            for name in self.names(&call.func) {
                let Some((list, writer)) = self.vocabulary.writer(Role::Source, &name) else { continue };
                let named = writer.name.as_deref().and_then(|name| call.arguments.find_keyword(name)).map(|k| &k.value);
                let target = named.or_else(|| call.arguments.args.get(writer.position));
                if target.is_some_and(|target| self.written(target) == wanted) {
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

    fn calls_in_scope(&self, scope: ScopeId) -> impl Iterator<Item = &'_ super::model::CallSite<'a>> {
        self.by_scope.get(&scope).into_iter().flatten().map(|&index| &self.model.calls[index])
    }

    fn writes_in_scope(&self, scope: ScopeId) -> impl Iterator<Item = &'_ super::model::CallSite<'a>> {
        self.writes_by_scope.get(&scope).into_iter().flatten().map(|&index| &self.model.calls[index])
    }

    // What is proven harmless.

    /// Whether loading `expr` runs nothing foreign: the function made the data itself, or compared its digest.
    pub(super) fn proven_harmless(&self, expr: &'a Expr, place: Place) -> bool {
        self.own_output(expr, place, region(expr).start, 0) || (self.has_digests && self.digest_compared(expr, place))
    }

    fn own_output(&self, expr: &'a Expr, place: Place, at: u32, depth: u32) -> bool {
        if depth > 10 {
            return false;
        }
        match expr {
            Expr::Name(name) => {
                let set = self.model.uses.get(&region(name).start).copied().unwrap_or(SetId::EMPTY);
                let defs = self.model.sets.defs(set);
                !defs.is_empty() && defs.into_iter().all(|id| self.own_def(id, name, place, at, depth))
            }
            Expr::Call(call) => self.own_result(call, place, at, depth),
            Expr::Await(inner) => self.own_output(&inner.value, place, at, depth + 1),
            Expr::Named(named) => self.own_output(&named.value, place, at, depth + 1),
            _ => false,
        }
    }

    fn own_def(&self, id: u32, name: &'a ast::ExprName, place: Place, at: u32, depth: u32) -> bool {
        let def = &self.model.defs[id as usize];
        // Only what the same function made: what happens elsewhere may happen in between.
        if def.scope != place.scope || depth > 10 {
            return false;
        }
        match &def.kind {
            DefKind::Value { value, unpack } if unpack.is_empty() => {
                (self.is_private_buffer(value) && self.only_own_writes(id, name, place, at))
                    || self.own_output(value, place, at, depth + 1)
            }
            DefKind::Entered { value, .. } => {
                (self.is_private_buffer(value) && self.only_own_writes(id, name, place, at))
                    || self.own_output(value, place, at, depth + 1)
            }
            DefKind::Escaped { previous, .. }
            | DefKind::HasItem { previous, .. }
            | DefKind::Refined { previous, .. } => {
                let before = self.model.sets.defs(*previous);
                !before.is_empty() && before.into_iter().all(|id| self.own_def(id, name, place, at, depth + 1))
            }
            _ => false,
        }
    }

    /// An empty buffer, or a file without a name that others could write to.
    fn is_private_buffer(&self, value: &'a Expr) -> bool {
        let Expr::Call(call) = value else { return false };
        let names = self.names(&call.func);
        let named = |wanted: &[&str]| names.iter().any(|name| wanted.contains(&&**name));
        (named(&["io.BytesIO", "io.StringIO"]) && call.arguments.is_empty())
            || named(&["tempfile.TemporaryFile", "tempfile.SpooledTemporaryFile", "tempfile.NamedTemporaryFile"])
    }

    fn own_result(&self, call: &'a ExprCall, place: Place, at: u32, depth: u32) -> bool {
        let names = self.names(&call.func);
        if names.iter().any(|name| self.vocabulary.list(Role::OwnOutput, name).is_some()) {
            return true;
        }
        let leaf = callee_leaf(&call.func).unwrap_or_default();
        match &*call.func {
            // `open(path)`, `io.BytesIO(data)`, `base64.b64decode(data)`, `zlib.decompress(data)`, `bytes(data)`
            _ if names.iter().any(|name| {
                matches!(
                    &**name,
                    "builtins.open"
                        | "io.open"
                        | "io.BytesIO"
                        | "builtins.bytes"
                        | "builtins.memoryview"
                        | "builtins.str"
                        | "gzip.open"
                        | "bz2.open"
                        | "lzma.open"
                        | "base64.b64decode"
                        | "base64.b64encode"
                        | "pathlib.Path"
                        | "zlib.compress"
                        | "zlib.decompress"
                        | "gzip.compress"
                        | "gzip.decompress"
                        | "bz2.compress"
                        | "bz2.decompress"
                        | "lzma.compress"
                        | "lzma.decompress"
                )
            }) =>
            {
                call.arguments.args.first().is_some_and(|first| self.own_output(first, place, at, depth + 1))
            }
            Expr::Attribute(attribute)
                if matches!(
                    leaf,
                    "read"
                        | "getvalue"
                        | "getbuffer"
                        | "read_bytes"
                        | "open"
                        | "tobytes"
                        | "decode"
                        | "encode"
                        | "copy"
                ) =>
            {
                self.own_output(&attribute.value, place, at, depth + 1)
            }
            _ => false,
        }
    }

    /// A listed writer filled the buffer on every way here, and nothing else wrote to it.
    fn only_own_writes(&self, buffer: u32, name: &'a ast::ExprName, place: Place, at: u32) -> bool {
        let is_buffer = |expr: &Expr| match expr {
            Expr::Name(other) if other.id == name.id => {
                let set = self.model.uses.get(&region(other).start).copied().unwrap_or(SetId::EMPTY);
                self.leads_to(set, buffer, 0)
            }
            _ => false,
        };
        let mut own = false;
        for site in self.writes_in_scope(place.scope) {
            let call = site.call;
            if region(call).end > at {
                break;
            }
            for name in self.names(&call.func) {
                let Some((_, writer)) = self.vocabulary.writer(Role::OwnOutput, &name) else { continue };
                let named = writer.name.as_deref().and_then(|name| call.arguments.find_keyword(name)).map(|k| &k.value);
                let output = named.or_else(|| call.arguments.args.get(writer.position));
                own |= output.is_some_and(is_buffer)
                    && self.model.dominates((site.place.block, region(call).end), (place.block, at));
            }
            let Expr::Attribute(attribute) = &*call.func else { continue };
            if matches!(attribute.attr.as_str(), "write" | "readinto" | "writelines") && is_buffer(&attribute.value) {
                let ours = call.arguments.args.first().is_some_and(|first| self.own_output(first, site.place, at, 1));
                if !ours {
                    return false;
                }
                own |= self.model.dominates((site.place.block, region(call).end), (place.block, at));
            }
        }
        own
    }

    /// Whether a set holds `def`, perhaps behind changes made to it.
    fn leads_to(&self, set: SetId, def: u32, depth: u32) -> bool {
        depth < 20
            && self.model.sets.defs(set).into_iter().any(|id| {
                id == def
                    || match &self.model.defs[id as usize].kind {
                        DefKind::Escaped { previous, .. }
                        | DefKind::Changed { previous, .. }
                        | DefKind::Mutated { previous, .. }
                        | DefKind::HasItem { previous, .. }
                        | DefKind::Refined { previous, .. } => self.leads_to(*previous, def, depth + 1),
                        _ => false,
                    }
            })
    }

    /// Whether two expressions of the same text mean the same thing: no new binding lies between them.
    pub(super) fn same_binding(&self, a: &'a Expr, b: &'a Expr) -> bool {
        let set_of = |expr: &Expr| match expr {
            Expr::Name(name) => self.model.uses.get(&region(name).start).copied(),
            _ => None,
        };
        match (set_of(a), set_of(b)) {
            (Some(a), Some(b)) => a == b || self.model.sets.defs(a).into_iter().any(|def| self.leads_to(b, def, 0)),
            _ => true,
        }
    }

    /// A digest of the same data was compared with a constant, and the way here needs it to be equal.
    fn digest_compared(&self, expr: &'a Expr, place: Place) -> bool {
        let at = region(expr).start;
        let mut keys: Option<Vec<DataKey<'a>>> = None;
        for guard in self.model.guards.iter().filter(|guard| guard.scope == place.scope) {
            if guard.region.start >= at || !self.model.dominates((guard.block, guard.region.end), (place.block, at)) {
                continue;
            }
            let keys = keys.get_or_insert_with(|| self.data_keys(expr, place));
            if self.equality_holds(guard.test, guard.holds, &|test| self.compares_digest(test, keys, place)) {
                return true;
            }
        }
        self.checked_by_helper(expr, place, at)
    }

    /// Whether the outcome of `test` makes sure of an equality for which `is_wanted` says yes.
    fn equality_holds(&self, test: &'a Expr, holds: bool, is_wanted: &dyn Fn(&'a Expr) -> bool) -> bool {
        match test {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => self.equality_holds(&unary.operand, !holds, is_wanted),
            Expr::BoolOp(bool_op) => {
                let any = (bool_op.op == BoolOp::And) == holds;
                let mut each = bool_op.values.iter().map(|value| self.equality_holds(value, holds, is_wanted));
                if any { each.any(|found| found) } else { each.all(|found| found) }
            }
            Expr::Compare(compare) => {
                let wanted = match &*compare.ops {
                    [CmpOp::Eq] => holds,
                    [CmpOp::NotEq] => !holds,
                    _ => false,
                };
                wanted && is_wanted(test)
            }
            Expr::Call(_) => holds && is_wanted(test),
            _ => false,
        }
    }

    fn data_keys(&self, expr: &'a Expr, place: Place) -> Vec<DataKey<'a>> {
        let mut walk = self.walk(place);
        self.back(expr, &mut walk, 0);
        walk.keys.retain(|key| !matches!(key, DataKey::Name(_, SetId::EMPTY)));
        walk.keys
    }

    /// Whether `test` compares a strong digest of the data known by `keys` with a constant.
    fn compares_digest(&self, test: &'a Expr, keys: &[DataKey<'a>], place: Place) -> bool {
        let (left, right) = match test {
            Expr::Compare(compare) => match &*compare.comparators {
                [right] => (&*compare.left, right),
                _ => return false,
            },
            Expr::Call(call) => {
                let compares =
                    self.names(&call.func).iter().any(|name| self.vocabulary.list(Role::Comparison, name).is_some());
                match (&*call.arguments.args, compares) {
                    ([left, right], true) => (left, right),
                    _ => return false,
                }
            }
            _ => return false,
        };
        let one_way = |digest: &'a Expr, constant: &'a Expr| {
            self.is_constant(constant, 0) && self.is_digest_of(digest, keys, place, 0)
        };
        one_way(left, right) || one_way(right, left)
    }

    /// A text or bytes of the program itself, or an entry of a constant table.
    fn is_constant(&self, expr: &'a Expr, depth: u32) -> bool {
        if depth > 4 {
            return false;
        }
        let value = self.eval(expr);
        let literal = |thing: &Thing| matches!(thing, Thing::Text(_) | Thing::Bytes { nonempty: true });
        if !value.is_empty() && value.iter().all(|alt| literal(&alt.thing)) {
            return true;
        }
        match expr {
            Expr::BinOp(binary) => {
                self.is_constant(&binary.left, depth + 1)
                    && (self.is_constant(&binary.right, depth + 1) || binary.right.is_literal_expr())
            }
            Expr::Subscript(subscript) => self.is_table(&subscript.value),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(attribute) if is_method_call(call, "get") => self.is_table(&attribute.value),
                Expr::Attribute(attribute) if matches!(attribute.attr.as_str(), "lower" | "encode" | "strip") => {
                    self.is_constant(&attribute.value, depth + 1)
                }
                Expr::Attribute(attribute)
                    if matches!(attribute.attr.as_str(), "fromhex" | "b64decode" | "unhexlify") =>
                {
                    call.arguments.args.first().is_some_and(|first| self.is_constant(first, depth + 1))
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn is_table(&self, expr: &'a Expr) -> bool {
        self.eval(expr)
            .iter()
            .all(|alt| matches!(&alt.thing, Thing::Dict(dict) if dict.rest == super::thing::Rest::Nothing))
    }

    fn is_digest_of(&self, expr: &'a Expr, keys: &[DataKey<'a>], place: Place, depth: u32) -> bool {
        if depth > 8 {
            return false;
        }
        match expr {
            Expr::Name(name) => {
                let set = self.model.uses.get(&region(name).start).copied().unwrap_or(SetId::EMPTY);
                self.model.sets.defs(set).into_iter().any(|id| match &self.model.defs[id as usize].kind {
                    DefKind::Value { value, .. } => {
                        self.is_digest_of(value, keys, place, depth + 1)
                            || self.is_updated_with(name.id.as_str(), value, keys, place)
                    }
                    // `h.update(data)` as a statement of its own.
                    DefKind::Mutated { previous, .. } => {
                        self.model.sets.defs(*previous).into_iter().any(|id| match &self.model.defs[id as usize].kind {
                            DefKind::Value { value, .. } => self.is_updated_with(name.id.as_str(), value, keys, place),
                            DefKind::Mutated { .. } => true,
                            _ => false,
                        })
                    }
                    _ => false,
                })
            }
            Expr::Call(call) => {
                if self.names(&call.func).iter().any(|name| self.is_strong_digest(name, call)) {
                    let mut all = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|k| &k.value));
                    return all.any(|argument| self.shares_key(argument, keys, place));
                }
                // A helper of the file that returns a digest of what it is given.
                for alt in self.eval(&call.func).iter() {
                    if let Thing::Function(function) | Thing::Method(function) = alt.thing {
                        let of = &self.model.functions[function as usize];
                        let digests = of.returns.iter().any(|value| self.mentions_digest(value, of.region, 0));
                        if digests && call.arguments.args.iter().any(|argument| self.shares_key(argument, keys, place))
                        {
                            return true;
                        }
                    }
                }
                match &*call.func {
                    Expr::Attribute(attribute) => self.is_digest_of(&attribute.value, keys, place, depth + 1),
                    _ => false,
                }
            }
            Expr::Attribute(attribute) => self.is_digest_of(&attribute.value, keys, place, depth + 1),
            _ => false,
        }
    }

    /// `hashlib.new("md5")` is none; `hashlib.sha256` is.
    fn is_strong_digest(&self, name: &str, call: &'a ExprCall) -> bool {
        if self.vocabulary.list(Role::Digest, name).is_none() {
            return false;
        }
        let weak = |expr: &'a Expr| {
            self.text_of(expr).is_some_and(|text| matches!(&*text.to_lowercase(), "md5" | "sha1" | "md4" | "crc32"))
                || self.names(expr).iter().any(|name| matches!(&**name, "hashlib.md5" | "hashlib.sha1"))
        };
        let mut all = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|k| &k.value));
        !all.any(weak)
    }

    fn shares_key(&self, expr: &'a Expr, keys: &[DataKey<'a>], place: Place) -> bool {
        let at = region(expr).start;
        let scope = self
            .calls_in_scope(place.scope)
            .next()
            .map_or(place, |site| Place { statement: Region::new(at, at), ..site.place });
        self.data_keys(expr, scope).iter().any(|key| keys.contains(key))
    }

    /// `h = hashlib.sha256(); h.update(data)`
    fn is_updated_with(&self, name: &str, made_by: &'a Expr, keys: &[DataKey<'a>], place: Place) -> bool {
        let Expr::Call(maker) = made_by else { return false };
        if !self.names(&maker.func).iter().any(|maker_name| self.is_strong_digest(maker_name, maker)) {
            return false;
        }
        self.calls_in_scope(place.scope).any(|site| match &*site.call.func {
            Expr::Attribute(attribute) if attribute.attr.as_str() == "update" => {
                matches!(&*attribute.value, Expr::Name(receiver) if receiver.id.as_str() == name)
                    && site.call.arguments.args.iter().any(|argument| self.shares_key(argument, keys, place))
            }
            _ => false,
        })
    }

    fn mentions_digest(&self, expr: &'a Expr, function: Region, depth: u32) -> bool {
        if depth > 6 {
            return false;
        }
        match expr {
            Expr::Call(call) => {
                self.names(&call.func).iter().any(|name| self.is_strong_digest(name, call))
                    || matches!(&*call.func, Expr::Attribute(attribute) if self.mentions_digest(&attribute.value, function, depth + 1))
            }
            Expr::Name(name) => {
                let set = self.model.uses.get(&region(name).start).copied().unwrap_or(SetId::EMPTY);
                self.model.sets.defs(set).into_iter().any(|id| match &self.model.defs[id as usize].kind {
                    DefKind::Value { value, .. } => {
                        function.contains(region(*value)) && self.mentions_digest(value, function, depth + 1)
                    }
                    _ => false,
                })
            }
            _ => false,
        }
    }

    /// `verify(path, EXPECTED)` before the load, where `verify` raises unless the digest is equal; or a test of a
    /// helper that returns whether it is.
    fn checked_by_helper(&self, expr: &'a Expr, place: Place, at: u32) -> bool {
        let mut keys: Option<Vec<DataKey<'a>>> = None;
        for site in self.calls_in_scope(place.scope) {
            let call = site.call;
            if region(call).end > at {
                break;
            }
            let helpers: Vec<_> = self
                .eval(&call.func)
                .iter()
                .filter_map(|alt| match alt.thing {
                    Thing::Function(function) | Thing::Method(function) => Some(function),
                    _ => None,
                })
                .collect();
            let [helper] = helpers.as_slice() else { continue };
            let keys = keys.get_or_insert_with(|| self.data_keys(expr, place));
            if !call.arguments.args.iter().any(|argument| self.shares_key(argument, keys, place)) {
                continue;
            }
            let raises = self.model.dominates((site.place.block, region(call).end), (place.block, at))
                && self.helper_guards(*helper).any(|guard| {
                    self.equality_holds(guard.test, guard.holds, &|test| self.compares_any_digest(test, *helper, call))
                });
            let whole = region(call);
            let tested = || {
                self.model.guards.iter().any(|guard| {
                    guard.scope == place.scope
                        && guard.region.contains(whole)
                        && self.model.dominates((guard.block, guard.region.end), (place.block, at))
                        && self.equality_holds(guard.test, guard.holds, &|test| region(test) == whole)
                        && self.model.functions[*helper as usize].returns.iter().all(|value| {
                            self.truth(value) == Some(false) || self.compares_any_digest(value, *helper, call)
                        })
                })
            };
            if raises || tested() {
                return true;
            }
        }
        false
    }

    /// Guards in a function's own body that hold for all that follows.
    fn helper_guards(&self, function: u32) -> impl Iterator<Item = &'_ Guard<'a>> {
        let body = self.model.functions[function as usize].region;
        self.model.guards.iter().filter(move |guard| body.contains(guard.region) && !guard.holds)
    }

    /// In a helper: a strong digest is compared with a constant, or with a parameter that `call` gives a constant.
    fn compares_any_digest(&self, test: &'a Expr, helper: u32, call: &'a ExprCall) -> bool {
        let (left, right) = match test {
            Expr::Compare(compare) => match (&*compare.ops, &*compare.comparators) {
                ([CmpOp::Eq | CmpOp::NotEq], [right]) => (&*compare.left, right),
                _ => return false,
            },
            Expr::Call(inner) => {
                let compares =
                    self.names(&inner.func).iter().any(|name| self.vocabulary.list(Role::Comparison, name).is_some());
                match (&*inner.arguments.args, compares) {
                    ([left, right], true) => (left, right),
                    _ => return false,
                }
            }
            _ => return false,
        };
        let of = &self.model.functions[helper as usize];
        let constant = |expr: &'a Expr| {
            self.is_constant(expr, 0)
                || match expr {
                    Expr::Name(name) => {
                        of.parameters.iter().position(|p| p.name == name.id.as_str()).is_some_and(|index| {
                            self.arguments_for(helper, index)
                                .iter()
                                .any(|(caller, argument)| std::ptr::eq(*caller, call) && self.is_constant(argument, 0))
                        })
                    }
                    _ => false,
                }
        };
        let digest = |expr: &'a Expr| {
            let helper_digest = match expr {
                Expr::Call(call) => self.eval(&call.func).iter().any(|alt| match alt.thing {
                    Thing::Function(function) => {
                        let of = &self.model.functions[function as usize];
                        of.returns.iter().any(|value| self.mentions_digest(value, of.region, 0))
                    }
                    _ => false,
                }),
                _ => false,
            };
            helper_digest || self.mentions_digest(expr, of.region, 0)
        };
        (constant(left) && digest(right)) || (constant(right) && digest(left))
    }
}
