//! A parsed text to [`Facts`]: every use of a function the rules ask about, with what its arguments can be.

mod arguments;
mod deferred;
mod handed;
mod made;
mod stores;
mod tries;
mod unknown;

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall};
use rustc_hash::{FxHashMap, FxHashSet};

use super::active::Active;
use super::model::{DefId, DefKind, Handing, Model, Place};
use super::parse::{Syntax, region};
use super::thing::{Alt, Link, Thing, Val, Why};
use super::values::Resolver;
use super::words::Words;
use crate::fact::{Argument, Atom, Call, CallForm, Facts, MayHave, Role, Subclass, Target, Value, Vocabulary};
use crate::limits::Limits;
use crate::text::Region;

/// What was left out, so that the caller can say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Incomplete {
    /// Where the tree was deeper than `Limits::max_tree_depth`.
    pub cut_at: Option<Region>,
    /// Whether `Limits::max_resolution_steps` ran out.
    pub out_of_steps: bool,
    /// Whether a value grew by more lines than are kept of it.
    pub is_cut: bool,
}

/// Finds the facts of one text.
///
/// Shape: calls in the order of their places; regions are bytes of `text`.
/// Errors: none; what a limit cut off is told in [`Incomplete`].
pub fn extract(text: &str, syntax: &Syntax, vocabulary: &Vocabulary, limits: &Limits) -> (Facts, Incomplete) {
    let Some(may_have) = vocabulary.look(text, Words::new(text, syntax)) else {
        return (Facts::default(), Incomplete::default());
    };
    let model = match super::names::build(syntax.module(), text, may_have, vocabulary, limits) {
        Ok(model) => model,
        Err(cut_at) => return (Facts::default(), Incomplete { cut_at, ..Incomplete::default() }),
    };
    let resolver = Resolver::new(&model, text, vocabulary, limits);
    if may_have.only_made && !made::makes_a_name(&resolver) {
        return (Facts::default(), incomplete(&resolver));
    }
    let active = Active::new(&model);
    let mut extractor = Extractor {
        resolver: &resolver,
        model: &model,
        active: &active,
        facts: Facts::default(),
        made: FxHashMap::default(),
        seen: FxHashSet::default(),
        consumed: FxHashSet::default(),
        consumed_links: FxHashMap::default(),
        instantiated: FxHashSet::default(),
        may_have,
        places: Vec::new(),
    };
    extractor.all();
    (extractor.facts, incomplete(&resolver))
}

fn incomplete(resolver: &Resolver<'_, '_>) -> Incomplete {
    Incomplete { cut_at: resolver.model.cut_at, out_of_steps: resolver.is_exhausted(), is_cut: resolver.is_cut() }
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
    /// The links that led there, by address.
    consumed_links: FxHashMap<usize, Rc<Link>>,
    instantiated: FxHashSet<u32>,
    /// What the words of the text let hope for.
    may_have: MayHave,
    /// Where each fact stands.
    places: Vec<Place>,
}

/// Whether a name says that it holds a folder or file, `model_dir`, `self.output_directory`, `checkpoint_path`, and
/// nothing that is known of its `value` says otherwise. By convention such a name holds no name of a repository.
fn names_a_folder(expr: &Expr, value: &Value) -> bool {
    let says_nothing = |atom: &Atom| {
        matches!(
            atom,
            Atom::Unknown | Atom::UnknownOf { truth: true } | Atom::None | Atom::Named(_) | Atom::LocalPath { .. }
        )
    };
    value.alternatives.iter().all(|alt| says_nothing(&alt.atom))
        && super::values::callee_leaf(expr).is_some_and(|name| {
            let name = name.to_ascii_lowercase();
            ["dir", "directory", "folder", "checkpoint_path", "ckpt_path", "_pth"].iter().any(|end| name.ends_with(end))
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
    beyond: Beyond,
    subclass: Option<Subclass>,
    bound_by: Option<Region>,
    handed_in: Vec<Region>,
}

/// What `*x` and `**x` may bring beyond the arguments that are known.
#[derive(Debug, Default, Clone, Copy)]
struct Beyond {
    /// Anything may come.
    open_ended: bool,
    /// What the function around is itself given by `*args` or `**kwargs`, which stand here.
    forwarded: Option<Region>,
}

impl Beyond {
    fn and(self, other: Self) -> Self {
        Self { open_ended: self.open_ended || other.open_ended, forwarded: other.forwarded.or(self.forwarded) }
    }
}

impl Draft {
    /// Of a call that calls `targets` with what [`Extractor::arguments`] found.
    fn called(
        call: &ExprCall,
        place: Place,
        targets: Vec<Target>,
        (arguments, beyond): (Vec<Argument>, Beyond),
    ) -> Self {
        Self {
            region: region(call),
            callee: region(&*call.func),
            place,
            form: CallForm::Called,
            targets,
            arguments,
            beyond,
            subclass: None,
            bound_by: None,
            handed_in: Vec::new(),
        }
    }
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
        for index in 0..self.model.commands.len() {
            let (command, place) = self.model.commands[index];
            self.environment_magic(command, place);
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
        while let Some(link) = at.filter(|_| self.resolver.spend_one_of_many()) {
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
            // Chains share their ends.
            if self.consumed_links.insert(Rc::as_ptr(link) as usize, Rc::clone(link)).is_some() {
                break;
            }
            at = link.next.as_ref();
        }
    }

    fn target(&mut self, alt: &Alt<'a>, name: &Rc<str>) -> Target {
        self.consume(alt.link.as_ref());
        Target { name: Rc::clone(name), steps: self.resolver.steps(alt.link.as_deref()) }
    }

    /// Where a function stands that was handed on, and the steps from there.
    fn way_in(&self, alt: &Alt<'a>) -> Vec<Region> {
        const MOST_STEPS: usize = 32;
        let links = std::iter::successors(alt.link.as_deref(), |link| link.next.as_deref());
        let place = |link: &Link| match link.why {
            Why::Default(def) => self.default_of(def).unwrap_or(link.region),
            _ => link.region,
        };
        alt.decided_at.into_iter().chain(links.take(MOST_STEPS).map(place)).collect()
    }

    /// Where the default of a parameter stands.
    fn default_of(&self, def: DefId) -> Option<Region> {
        match self.model.defs[def as usize].kind {
            DefKind::Parameter { function, index } => {
                self.model.functions[function as usize].parameters[index].default.map(region)
            }
            _ => None,
        }
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
            open_ended: draft.beyond.open_ended,
            forwarded: draft.beyond.forwarded,
            subclass: draft.subclass,
            tried_before: Vec::new(),
            bound_by,
            handed_in: draft.handed_in,
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
        let mut handed_in = Vec::new();
        let mut subclass = None;
        for alt in callee.iter() {
            match alt.thing.peeled() {
                Thing::Named(name) if self.resolver.vocabulary.has_function(name) => {
                    if alt.handed {
                        handed_in.extend(self.way_in(alt));
                    }
                    targets.push(self.target(alt, name));
                }
                _ if alt.handed => {}
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
            let arguments = self.arguments(&[(call, 0)], place);
            self.push(Draft { subclass, handed_in, ..Draft::called(call, place, targets, arguments) });
        }
        for alt in callee.iter() {
            if let Thing::Partial(partial) = alt.thing.peeled() {
                self.completed(call, partial, alt, place);
            }
        }
    }
}
