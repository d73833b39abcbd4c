//! A parsed text to [`Facts`]: every use of a function the rules ask about, with what its arguments can be.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall, Keyword, UnaryOp};
use rustc_hash::{FxHashMap, FxHashSet};

use super::active::Active;
use super::model::{DefKind, Handing, HandingSite, Model, Place, StoreSite};
use super::parse::{Syntax, region};
use super::thing::{Alt, Dict, Link, Partial, Rest, Thing, Val, Why, one};
use super::values::Resolver;
use super::words::Words;
use crate::fact::{
    Alternative, Argument, Assignment, Atom, Call, CallForm, EnvironmentChange, Facts, Role, Subclass, Target, Tried,
    Value, Vocabulary,
};
use crate::limits::Limits;
use crate::text::Region;

/// What was left out, so that the caller can say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Incomplete {
    /// Where the tree was deeper than `Limits::max_tree_depth`.
    pub cut_at: Option<Region>,
    /// Whether `Limits::max_resolution_steps` ran out.
    pub out_of_steps: bool,
}

/// Finds the facts of one text.
///
/// Shape: calls in the order of their places; regions are bytes of `text`.
/// Errors: none; what a limit cut off is told in [`Incomplete`].
pub fn extract(text: &str, syntax: &Syntax, vocabulary: &Vocabulary, limits: &Limits) -> (Facts, Incomplete) {
    if !vocabulary.may_be_in(text, Words::new(text, syntax)) {
        return (Facts::default(), Incomplete::default());
    }
    let model = match super::names::build(syntax.module(), text, vocabulary, limits) {
        Ok(model) => model,
        Err(cut_at) => return (Facts::default(), Incomplete { cut_at, out_of_steps: false }),
    };
    let active = Active::new(&model);
    let resolver = Resolver::new(&model, text, vocabulary, limits);
    let mut extractor = Extractor {
        resolver: &resolver,
        model: &model,
        active: &active,
        facts: Facts::default(),
        made: FxHashMap::default(),
        seen: FxHashSet::default(),
        consumed: FxHashSet::default(),
        instantiated: FxHashSet::default(),
        sets_environment: vocabulary.variables().any(|name| text.contains(name)),
        has_keywords: vocabulary.keywords().any(|name| text.contains(name)),
        places: Vec::new(),
    };
    extractor.all();
    let incomplete = Incomplete { cut_at: model.cut_at, out_of_steps: resolver.is_exhausted() };
    (extractor.facts, incomplete)
}

struct Extractor<'a, 'r, 'm> {
    resolver: &'r Resolver<'a, 'm>,
    model: &'m Model<'a>,
    active: &'r Active<'a>,
    facts: Facts,
    /// Calls already made into facts, by region.
    made: FxHashMap<Region, usize>,
    /// Handed functions already looked at, by region.
    seen: FxHashSet<Region>,
    /// Where values stand that a use has been traced to.
    consumed: FxHashSet<u32>,
    instantiated: FxHashSet<u32>,
    /// Whether a variable that rules ask for stands in the text.
    sets_environment: bool,
    /// Whether a keyword that rules ask for whatever is called stands in the text.
    has_keywords: bool,
    /// Where each fact stands.
    places: Vec<Place>,
}

/// Whether a name says that it holds a folder: `model_dir`, `self.output_directory`. By convention such a name holds no
/// name of a repository.
fn names_a_folder(expr: &Expr) -> bool {
    super::values::callee_leaf(expr).is_some_and(|name| {
        let name = name.to_ascii_lowercase();
        ["dir", "directory", "folder"].iter().any(|end| name.ends_with(end))
    })
}

/// What a call, or a function handed on, is made into a fact from.
struct Draft {
    region: Region,
    callee: Region,
    place: Place,
    form: CallForm,
    targets: Vec<Target>,
    arguments: Vec<Argument>,
    open_ended: bool,
    subclass: Option<Subclass>,
    bound_by: Option<Region>,
}

impl<'a> Extractor<'a, '_, '_> {
    fn all(&mut self) {
        for index in 0..self.model.calls.len() {
            let site = self.model.calls[index];
            self.call(site.call, site.place);
        }
        // Entries of a collection handed to something that only looks are not handed on.
        for site in &self.model.handings {
            if let Handing::EntryOfArgument(call) = site.how
                && self.active.mentions(site.value)
                && self.only_looks(call)
            {
                self.seen.insert(region(site.value));
            }
        }
        for index in 0..self.model.handings.len() {
            let site = self.model.handings[index];
            if !matches!(site.how, Handing::Alias) {
                self.handed(&site);
            }
        }
        self.subclasses();
        for index in 0..self.model.handings.len() {
            let site = self.model.handings[index];
            if matches!(site.how, Handing::Alias) && !self.consumed.contains(&region(site.value).start) {
                self.handed(&site);
            }
        }
        self.link_tries();
        for index in 0..self.model.stores.len() {
            let site = self.model.stores[index];
            self.store(&site);
        }
        self.sort();
    }

    /// Facts in the order of their places; indices between them follow.
    fn sort(&mut self) {
        let mut order: Vec<usize> = (0..self.facts.calls.len()).collect();
        order.sort_by_key(|&index| (self.facts.calls[index].region.start, index));
        let mut moved = vec![0; order.len()];
        for (new, &old) in order.iter().enumerate() {
            moved[old] = new;
        }
        let mut old: Vec<Option<Call>> = std::mem::take(&mut self.facts.calls).into_iter().map(Some).collect();
        self.facts.calls = order.iter().filter_map(|&index| old[index].take()).collect();
        for call in &mut self.facts.calls {
            for tried in &mut call.tried_before {
                tried.call = moved[tried.call];
            }
            call.bound_by = call.bound_by.map(|index| moved[index]);
        }
        for assignment in &mut self.facts.assignments {
            for index in &mut assignment.calls {
                *index = moved[*index];
            }
        }
    }

    fn consume(&mut self, link: Option<&Rc<Link>>) {
        let mut at = link;
        while let Some(link) = at {
            match link.why {
                Why::Bound(def) => {
                    if let DefKind::Value { value, .. } | DefKind::Changed { value, .. } =
                        &self.model.defs[def as usize].kind
                    {
                        self.consumed.insert(region(*value).start);
                    }
                }
                Why::Attribute | Why::Entry => {
                    self.consumed.insert(link.region.start);
                }
                _ => {}
            }
            at = link.next.as_ref();
        }
    }

    fn target(&mut self, alt: &Alt<'a>, name: &Rc<str>) -> Target {
        self.consume(alt.link.as_ref());
        Target { name: Rc::clone(name), steps: self.resolver.steps(alt.link.as_deref()) }
    }

    /// The functions the rules ask for that `value` can be, but for those reported where they were handed in.
    fn listed_targets(&mut self, value: &Val<'a>) -> Vec<Target> {
        let mut targets = Vec::new();
        for alt in value.iter().filter(|alt| !alt.handed) {
            if let Thing::Named(name) = alt.thing.peeled()
                && self.resolver.vocabulary.has_function(name)
            {
                targets.push(self.target(alt, name));
            }
        }
        targets
    }

    fn push(&mut self, draft: Draft) -> usize {
        let index = self.facts.calls.len();
        self.places.push(draft.place);
        self.made.insert(draft.region, index);
        let bound_by = draft.bound_by.and_then(|region| self.made.get(&region).copied()).filter(|&at| at != index);
        self.facts.calls.push(Call {
            region: draft.region,
            callee: draft.callee,
            statement: draft.place.statement,
            targets: draft.targets,
            form: draft.form,
            arguments: draft.arguments,
            open_ended: draft.open_ended,
            subclass: draft.subclass,
            tried_before: Vec::new(),
            bound_by,
        });
        index
    }

    // Calls.

    fn call(&mut self, call: &'a ExprCall, place: Place) {
        self.environment_call(call, place);
        self.unknown_call(call, place);
        if !self.active.may_call(call) && !call.arguments.args.first().is_some_and(|first| self.active.mentions(first))
        {
            return;
        }
        let callee = self.resolver.eval(&call.func);
        let mut targets = Vec::new();
        let mut subclass = None;
        for alt in callee.iter().filter(|alt| !alt.handed) {
            match alt.thing.peeled() {
                Thing::Named(name) if self.resolver.vocabulary.has_function(name) => {
                    targets.push(self.target(alt, name));
                }
                Thing::Named(name) if self.resolver.vocabulary.list(Role::Deferred, name).is_some() => {
                    self.deferred(call, place);
                }
                Thing::Class(class) => {
                    self.instantiated.insert(*class);
                    for base in self.resolver.imported_bases(*class) {
                        let Thing::Named(name) = base.thing.peeled() else { continue };
                        if self.resolver.vocabulary.has_function(name) {
                            targets.push(self.target(&base, &Rc::clone(name)));
                            subclass = Some(self.resolver.subclass(*class));
                        }
                    }
                }
                Thing::MethodCaller(maker) => self.method_caller(call, maker, place),
                _ => {}
            }
        }
        if !targets.is_empty() {
            let (arguments, open_ended) = self.arguments(&[(call, 0)], place);
            self.push(Draft {
                region: region(call),
                callee: region(&*call.func),
                place,
                form: CallForm::Called,
                targets,
                arguments,
                open_ended,
                subclass,
                bound_by: None,
            });
        }
        for alt in callee.iter() {
            if let Thing::Partial(partial) = alt.thing.peeled() {
                self.completed(call, partial, alt, place);
            }
        }
    }

    /// A call of a function that neither the rules nor the file know, with a keyword that rules ask for.
    fn unknown_call(&mut self, call: &'a ExprCall, place: Place) {
        if !self.has_keywords || !call.arguments.keywords.iter().any(|keyword| self.may_bring_keyword(keyword)) {
            return;
        }
        let Some((callee, targets)) = self.unknown_callee(call) else { return };
        let is_listed = targets.iter().any(|target| self.resolver.vocabulary.has_function(&target.name));
        let (mut arguments, open_ended) =
            if is_listed { (Vec::new(), false) } else { self.arguments(&[(call, 0)], place) };
        for keyword in call.arguments.keywords.iter().filter(|keyword| keyword.arg.is_some()) {
            self.entries_as_arguments(&keyword.value, &mut arguments);
        }
        let asked = |argument: &Argument| {
            argument.name.as_deref().is_some_and(|name| self.resolver.vocabulary.has_keyword(name))
        };
        if !arguments.iter().any(asked) {
            return;
        }
        self.facts.unknown_calls.push(Call {
            region: region(call),
            callee,
            statement: place.statement,
            targets,
            form: CallForm::Called,
            arguments,
            open_ended,
            subclass: None,
            tried_before: Vec::new(),
            bound_by: None,
        });
    }

    /// Whether a keyword is one that rules ask for, or may hold a dictionary with one.
    fn may_bring_keyword(&self, keyword: &Keyword) -> bool {
        keyword.arg.as_ref().is_none_or(|name| self.resolver.vocabulary.has_keyword(name.as_str()))
            || matches!(keyword.value, Expr::Dict(_) | Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_))
    }

    /// What a call calls, if its body is not in the file: where it stands, and its names. Of a partial that is what it
    /// binds.
    fn unknown_callee(&self, call: &'a ExprCall) -> Option<(Region, Vec<Target>)> {
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
        let leaf = super::values::callee_leaf(function).unwrap_or("__call__");
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
    fn is_shadowed(&self, function: &'a Expr, value: &Val<'a>) -> bool {
        let vocabulary = self.resolver.vocabulary;
        let is_known = |path: &str| {
            let root = path.split('.').next().unwrap_or(path);
            vocabulary.has_root(|wanted| wanted == root)
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

    /// The entries of a dictionary that is an argument, `model_kwargs={"key": value}`, as arguments.
    fn entries_as_arguments(&self, expr: &'a Expr, list: &mut Vec<Argument>) {
        let value = self.resolver.eval(expr);
        let [Alt { thing: Thing::Dict(dict), .. }] = &*value else { return };
        for (name, slot) in &dict.entries {
            let is_last = dict.get(name).is_some_and(|last| std::ptr::eq(last, slot));
            if is_last && self.resolver.vocabulary.has_keyword(name) {
                list.push(Argument {
                    name: Some(Rc::clone(name)),
                    position: None,
                    region: region(expr),
                    spread: false,
                    value: self.value(&self.resolver.slot(slot)),
                    origins: Vec::new(),
                });
            }
        }
    }

    /// `partial(f, …)`: a call to come, with these arguments at least.
    fn deferred(&mut self, call: &'a ExprCall, place: Place) {
        let Some(function) = call.arguments.args.first() else { return };
        let value = self.resolver.eval(function);
        let targets = self.listed_targets(&value);
        if targets.is_empty() {
            return;
        }
        self.seen.insert(region(function));
        let (arguments, open_ended) = self.arguments(&[(call, 1)], place);
        self.push(Draft {
            region: region(call),
            callee: region(function),
            place,
            form: CallForm::Bound,
            targets,
            arguments,
            open_ended,
            subclass: None,
            bound_by: None,
        });
    }

    /// The call of a partial: its arguments behind the bound ones.
    fn completed(&mut self, call: &'a ExprCall, partial: &Rc<Partial<'a>>, alt: &Alt<'a>, place: Place) {
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
            && let Some(site) = self.model.calls.iter().find(|site| std::ptr::eq(site.call, partial.call))
        {
            self.call(site.call, site.place);
        }
        let mut calls: Vec<_> = chain.iter().rev().map(|partial| (partial.call, 1)).collect();
        calls.push((call, 0));
        let (arguments, open_ended) = self.arguments(&calls, place);
        self.push(Draft {
            region: region(call),
            callee: region(&*call.func),
            place,
            form: CallForm::Called,
            targets,
            arguments,
            open_ended,
            subclass: None,
            bound_by: Some(bound),
        });
    }

    /// `methodcaller("loads", data)(pickle)`
    fn method_caller(&mut self, call: &'a ExprCall, maker: &'a ExprCall, place: Place) {
        let (Some(object), Some(name)) = (call.arguments.args.first(), maker.arguments.args.first()) else { return };
        let Some(name) = self.resolver.text_of(name) else { return };
        let object = self.resolver.eval(object);
        let found = self.resolver.flat_map(&object, |alt| self.resolver.attribute(alt, &name));
        let targets = self.listed_targets(&found);
        if targets.is_empty() {
            return;
        }
        let (arguments, open_ended) = self.arguments(&[(maker, 1)], place);
        self.push(Draft {
            region: region(call),
            callee: region(&*call.func),
            place,
            form: CallForm::Called,
            targets,
            arguments,
            open_ended,
            subclass: None,
            bound_by: None,
        });
    }

    // Functions handed on.

    fn only_looks(&self, call: &'a ExprCall) -> bool {
        let names = self.resolver.names(&call.func);
        names.iter().any(|name| self.resolver.vocabulary.list(Role::LooksOnly, name).is_some())
    }

    fn handed(&mut self, site: &HandingSite<'a>) {
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
        let (arguments, open_ended) = match site.how {
            Handing::Argument(call) => (self.companions(call, site), false),
            _ => (Vec::new(), false),
        };
        self.push(Draft {
            region: at,
            callee: at,
            place: site.place,
            form: CallForm::PassedOn,
            targets,
            arguments,
            open_ended,
            subclass: None,
            bound_by: None,
        });
    }

    /// Keyword arguments beside a function handed on, `submit(torch.load, p, weights_only=True)`: most callees pass
    /// them along with the function.
    fn companions(&mut self, call: &'a ExprCall, site: &HandingSite<'a>) -> Vec<Argument> {
        let position = call.arguments.args.iter().position(|argument| region(argument) == region(site.value));
        match position {
            Some(position) => self.arguments(&[(call, position + 1)], site.place).0,
            None => Vec::new(),
        }
    }

    /// `torch.load = original` puts a function back where it was.
    fn is_restored(&self, site: &HandingSite<'a>) -> bool {
        let store = self.model.stores.iter().find(|store| std::ptr::eq(store.value, site.value));
        store.is_some_and(|store| !self.assigned_names(store).is_empty())
    }

    /// `self.old = pickle.Unpickler` keeps a class, mostly to put it back; to make an object takes another step.
    fn is_kept_class(&self, site: &HandingSite<'a>, targets: &[Target]) -> bool {
        let is_class = |target: &Target| {
            target
                .name
                .rsplit('.')
                .next()
                .is_some_and(|leaf| leaf.trim_start_matches('_').starts_with(char::is_uppercase))
        };
        targets.iter().all(is_class) && self.model.stores.iter().any(|store| std::ptr::eq(store.value, site.value))
    }

    fn subclasses(&mut self) {
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
                open_ended: false,
                subclass,
                bound_by: None,
            });
        }
    }

    fn link_tries(&mut self) {
        for index in 0..self.facts.calls.len() {
            let Some(tried) = self.places[index].in_handler else { continue };
            let before = (0..self.facts.calls.len()).filter(|&other| self.places[other].in_try == Some(tried));
            let before = before.map(|call| Tried { call, otherwise: self.otherwise(call, index) });
            self.facts.calls[index].tried_before = before.collect();
        }
    }

    /// Arguments of the call `first` whose values the tests on the way to the call `then` contradict: after
    /// `if strict: raise` the flag `strict` was not true.
    fn otherwise(&self, first: usize, then: usize) -> Vec<(usize, bool)> {
        let outcomes = self.outcomes_before(self.facts.calls[then].region, self.places[then]);
        let mut found = Vec::new();
        for (index, argument) in self.facts.calls[first].arguments.iter().enumerate() {
            let comes_from = |alternative: &Alternative, tested: &Vec<Region>| {
                !tested.is_empty() && tested.iter().all(|at| alternative.steps.iter().any(|step| step.region == *at))
            };
            let contradicts = |(tested, truth): &&(Vec<Vec<Region>>, bool)| {
                argument.value.alternatives.iter().all(|alternative| {
                    alternative.atom.truth() == Some(!truth) && tested.iter().any(|way| comes_from(alternative, way))
                })
            };
            found.extend(outcomes.iter().find(contradicts).map(|(_, truth)| (index, *truth)));
        }
        found
    }

    /// The names whose truth tests before `at` are certain of: for each thing they can be the places it came by, and
    /// the truth.
    fn outcomes_before(&self, at: Region, place: Place) -> Vec<(Vec<Vec<Region>>, bool)> {
        let certain = self.model.guards.iter().filter(|guard| {
            guard.scope == place.scope
                && guard.region.end <= at.start
                && self.model.dominates((guard.block, guard.region.end), (place.block, at.start))
        });
        let named = certain.filter_map(|guard| {
            let (mut test, mut truth) = (guard.test, guard.holds);
            while let Expr::UnaryOp(unary) = test
                && unary.op == UnaryOp::Not
            {
                (test, truth) = (&*unary.operand, !truth);
            }
            let Expr::Name(_) = test else { return None };
            let value = self.resolver.eval(test);
            let steps = value.iter().map(|alt| self.resolver.steps(alt.link.as_deref()));
            Some((steps.map(|steps| steps.iter().map(|step| step.region).collect()).collect(), truth))
        });
        named.collect()
    }

    // Arguments.

    /// The arguments of several calls as one call would have them; of each call the first few are left out.
    fn arguments(&self, calls: &[(&'a ExprCall, usize)], place: Place) -> (Vec<Argument>, bool) {
        let mut list: Vec<Argument> = Vec::new();
        let mut open_ended = false;
        let mut position = Some(0);
        for (call, skipped) in calls {
            for argument in call.arguments.args.iter().skip(*skipped) {
                let Expr::Starred(starred) = argument else {
                    list.push(self.argument(None, position, argument, place));
                    position = position.map(|position| position + 1);
                    continue;
                };
                match &*self.resolver.eval(&starred.value) {
                    [Alt { thing: Thing::Items(items), .. }]
                        if !items.iter().any(|item| matches!(item, Expr::Starred(_))) =>
                    {
                        for item in items.iter() {
                            list.push(self.argument(None, position, item, place));
                            position = position.map(|position| position + 1);
                        }
                    }
                    _ => {
                        open_ended = true;
                        position = None;
                    }
                }
            }
            for keyword in &call.arguments.keywords {
                open_ended |= self.keyword(keyword, &mut list, place);
            }
        }
        (list, open_ended)
    }

    /// Adds what one keyword, or `**spread`, brings; whether it may bring more.
    fn keyword(&self, keyword: &'a Keyword, list: &mut Vec<Argument>, place: Place) -> bool {
        if let Some(name) = &keyword.arg {
            // A later keyword takes the place of one bound before.
            list.retain(|argument| argument.name.as_deref() != Some(name.as_str()));
            list.push(self.argument(Some(name.as_str().into()), None, &keyword.value, place));
            return false;
        }
        let mut dict = Dict { entries: Vec::new(), rest: Rest::Nothing };
        self.resolver.spread(&mut dict, &keyword.value);
        for (index, (name, _)) in dict.entries.iter().enumerate() {
            let last = dict.entries.iter().skip(index + 1).all(|(later, _)| later != name);
            if let (true, false, Some(slot)) = (last, name.starts_with('\0'), dict.get(name)) {
                let value = self.resolver.slot(slot);
                if value.iter().all(|alt| matches!(alt.thing, Thing::Absent)) {
                    continue;
                }
                list.retain(|argument| argument.name.as_deref() != Some(&**name));
                list.push(Argument {
                    name: Some(Rc::clone(name)),
                    position: None,
                    region: region(&keyword.value),
                    spread: true,
                    value: self.value(&value),
                    origins: Vec::new(),
                });
            }
        }
        dict.rest == Rest::Anything
    }

    fn argument(&self, name: Option<Rc<str>>, position: Option<usize>, expr: &'a Expr, place: Place) -> Argument {
        let (is_constant, is_data) = match expr {
            Expr::StringLiteral(_) => (false, true),
            expr if expr.is_literal_expr() => (true, false),
            _ => (false, position.is_none_or(|position| position == 0)),
        };
        let resolver = self.resolver;
        let value = if !is_constant && is_data && resolver.proven_harmless(expr, place) {
            Value::of(Atom::Harmless)
        } else {
            let value = self.value(&resolver.eval(expr));
            let is_unknown = value.alternatives.iter().all(|alt| alt.atom == Atom::Unknown);
            let is_local = (is_unknown && names_a_folder(expr)) || resolver.saved_before(expr, place);
            if is_local { Value::of(Atom::LocalPath { suffix: "".into() }) } else { value }
        };
        let origins = if is_constant || !is_data { Vec::new() } else { resolver.origins(expr, place) };
        Argument { name, position, region: region(expr), spread: false, value, origins }
    }

    fn value(&self, value: &Val<'a>) -> Value {
        self.value_at(value, 0)
    }

    fn value_at(&self, value: &Val<'a>, depth: u32) -> Value {
        let alternatives: Vec<_> = value
            .iter()
            .map(|alt| Alternative {
                atom: self.atom(&alt.thing, depth),
                steps: self.resolver.steps(alt.link.as_deref()),
                decided_at: alt.decided_at,
            })
            .collect();
        if alternatives.is_empty() { Value::unknown() } else { Value { alternatives } }
    }

    fn atom(&self, thing: &Thing<'a>, depth: u32) -> Atom {
        match thing.peeled() {
            Thing::Absent => Atom::Absent,
            Thing::UnknownOf { truth } => Atom::UnknownOf { truth: *truth },
            Thing::None => Atom::None,
            Thing::Bool(value) => Atom::Bool(*value),
            Thing::Number { nonzero, .. } => Atom::Number { nonzero: *nonzero },
            Thing::Text(text) => Atom::Text(Rc::clone(text)),
            Thing::PartialText { prefix, suffix } => {
                Atom::PartialText { prefix: Rc::clone(prefix), suffix: Rc::clone(suffix) }
            }
            Thing::Bytes { nonempty } => Atom::Bytes { nonempty: *nonempty },
            Thing::LocalPath(suffix) => Atom::LocalPath { suffix: Rc::clone(suffix) },
            Thing::Named(name) => Atom::Named(Rc::clone(name)),
            Thing::Class(id) => {
                let bases = self.resolver.imported_bases(*id);
                let names = bases.iter().filter_map(|alt| match alt.thing.peeled() {
                    Thing::Named(name) => Some(Rc::clone(name)),
                    _ => None,
                });
                Atom::Class { name: self.model.classes[*id as usize].name.into(), bases: names.collect() }
            }
            Thing::Function(_) | Thing::Method(_) => Atom::Function,
            Thing::Dict(dict) => Atom::Mapping { nonempty: !dict.entries.is_empty() },
            Thing::Items(items) if depth < 2 => {
                let each = items.iter().take(64).map(|item| self.value_at(&self.resolver.eval(item), depth + 1));
                Atom::Collection(each.collect())
            }
            Thing::Unknown
            | Thing::Instance { .. }
            | Thing::Partial(_)
            | Thing::Items(_)
            | Thing::AttributeGetter(_)
            | Thing::MethodCaller(_)
            | Thing::ModuleNames
            | Thing::Overlay(_) => Atom::Unknown,
        }
    }

    // Stores.

    /// The listed names an assignment goes to.
    fn assigned_names(&self, site: &StoreSite<'a>) -> Vec<Target> {
        let (base, attribute) = match site.target {
            Expr::Attribute(attribute) => (&*attribute.value, Rc::from(attribute.attr.as_str())),
            // `setattr(base, "attribute", value)`
            Expr::Name(_) => {
                let call = self.model.calls.iter().find(|call| region(call.call) == site.region);
                let Some(call) = call else { return Vec::new() };
                let (Some(base), Some(name)) = (call.call.arguments.args.first(), call.call.arguments.args.get(1))
                else {
                    return Vec::new();
                };
                match self.resolver.text_of(name) {
                    Some(name) => (base, name),
                    None => return Vec::new(),
                }
            }
            _ => return Vec::new(),
        };
        if !self.resolver.vocabulary.has_leaf(&attribute) {
            return Vec::new();
        }
        let value = self.resolver.eval(base);
        let named = value.iter().filter_map(|alt| match alt.thing.peeled() {
            Thing::Named(path) => {
                let name: Rc<str> = format!("{path}.{attribute}").into();
                let steps = self.resolver.steps(alt.link.as_deref());
                self.resolver.vocabulary.has_function(&name).then_some(Target { name, steps })
            }
            _ => None,
        });
        named.collect()
    }

    fn store(&mut self, site: &StoreSite<'a>) {
        if let Expr::Subscript(subscript) = site.target {
            let is_environment = self.resolver.names(&subscript.value).iter().any(|name| &**name == "os.environ");
            if let (true, Some(name)) = (is_environment, self.resolver.text_of(&subscript.slice)) {
                let value = self.resolver.eval(site.value);
                self.environment(name, &value, site.region, site.place);
            }
            return;
        }
        // `os.environ |= {…}`
        if let Expr::Attribute(attribute) = site.target
            && attribute.attr.as_str() == "environ"
        {
            return self.environment_entries(site.value, site.region, site.place);
        }
        for target in self.assigned_names(site) {
            let mut inside = vec![region(site.value)];
            for alt in self.resolver.eval(site.value).iter() {
                match alt.thing.peeled() {
                    Thing::Function(function) | Thing::Method(function) => {
                        inside.push(self.model.functions[*function as usize].region);
                    }
                    Thing::Partial(partial) => inside.push(region(partial.call)),
                    _ => {}
                }
            }
            let calls = self.facts.calls.iter().enumerate();
            let calls = calls.filter(|(_, call)| inside.iter().any(|outer| outer.contains(call.region)));
            let calls = calls.map(|(index, _)| index).collect();
            let value = self.value(&self.resolver.eval(site.value));
            self.facts.assignments.push(Assignment {
                region: site.region,
                statement: site.place.statement,
                target,
                value,
                calls,
            });
        }
    }

    fn environment(&mut self, variable: Rc<str>, value: &Val<'a>, at: Region, place: Place) {
        if self.resolver.vocabulary.has_variable(&variable) {
            let value = self.value(value);
            self.facts.environment.push(EnvironmentChange { region: at, statement: place.statement, variable, value });
        }
    }

    fn environment_call(&mut self, call: &'a ExprCall, place: Place) {
        if !self.sets_environment {
            return;
        }
        // `subprocess.run(…, env={"NAME": "1"})`
        if let Some(environment) = call.arguments.find_keyword("env") {
            self.environment_entries(&environment.value, region(call), place);
        }
        let leaf = super::values::callee_leaf(&call.func).unwrap_or_default();
        if !matches!(leaf, "setdefault" | "update" | "putenv" | "setenv" | "__setitem__") {
            return;
        }
        // `monkeypatch.setenv("NAME", "1")`, and helpers of that name.
        let is_environment = leaf == "setenv"
            || self.resolver.names(&call.func).iter().any(|name| {
                let of_os = ["os.environ.setdefault", "os.environ.update", "os.environ.__setitem__", "os.putenv"];
                of_os.contains(&&**name)
            });
        if !is_environment {
            return;
        }
        let args = &call.arguments.args;
        if leaf != "update" {
            if let (Some(name), Some(value)) = (args.first().and_then(|name| self.resolver.text_of(name)), args.get(1))
            {
                let value = self.resolver.eval(value);
                self.environment(name, &value, region(call), place);
            }
            return;
        }
        for keyword in &call.arguments.keywords {
            match &keyword.arg {
                Some(name) => {
                    let value = self.resolver.eval(&keyword.value);
                    self.environment(name.as_str().into(), &value, region(call), place);
                }
                None => self.environment_entries(&keyword.value, region(call), place),
            }
        }
        for argument in args {
            self.environment_entries(argument, region(call), place);
        }
    }

    /// What a dictionary sets, once it becomes the environment or a part of it.
    fn environment_entries(&mut self, mapping: &'a Expr, at: Region, place: Place) {
        let mut dict = Dict { entries: Vec::new(), rest: Rest::Nothing };
        self.resolver.spread(&mut dict, mapping);
        for (name, slot) in &dict.entries {
            let value = self.resolver.slot(slot);
            let value = if value.is_empty() { one(Thing::Unknown) } else { value };
            self.environment(Rc::clone(name), &value, at, place);
        }
    }
}
