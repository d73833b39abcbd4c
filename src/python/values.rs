//! What an expression can be: constants, what names reach, parts of objects, results of calls.
//!
//! Nothing is run. Alternatives are kept side by side; what cannot be told is [`Thing::Unknown`], and every question is
//! bounded in depth, in alternatives and in total steps.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, ExprCall, Number};
use rustc_hash::{FxHashMap, FxHashSet};

use super::flow::Proofs;
use super::model::{CallSite, ClassId, DefId, DefKind, FunctionId, Model, ScopeId};
use super::operators::with_attributes;
use super::parse::region;
use super::thing::{Alt, Dict, Slot, Thing, Val, Why, one};
use crate::fact::Vocabulary;
use crate::limits::Limits;
use crate::text::Region;

/// What is worked out once for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Question {
    /// What a def can be.
    Def(DefId),
    /// What a function returns.
    Returned(FunctionId),
    /// What an expression can be, by its address in the tree.
    Expr(usize),
    /// What a name of a class, or of its instances, can be: a number of [`Resolver::members`].
    Member(u32),
}

/// A class, a name in it, and whether an instance is asked.
type MemberKey = (ClassId, Box<str>, bool);

const MAX_DEPTH: u32 = 60;
pub(super) const MAX_ITEMS: usize = 64;

/// Answers what expressions of one model can be.
pub(super) struct Resolver<'a, 'm> {
    pub(super) model: &'m Model<'a>,
    pub(super) text: &'a str,
    pub(super) vocabulary: &'m Vocabulary,
    pub(super) max_alternatives: usize,
    known: RefCell<FxHashMap<Question, Val<'a>>>,
    in_work: RefCell<FxHashSet<Question>>,
    pub(super) members: RefCell<FxHashMap<MemberKey, u32>>,
    depth: Cell<u32>,
    steps: Cell<u32>,
    /// Whether something was left out for another reason.
    is_cut: Cell<bool>,
    /// Items looked at since the last step was taken for them.
    looked_at: Cell<u32>,
    /// What names that nothing binds are.
    pub(super) unbound: RefCell<FxHashMap<&'a str, Val<'a>>>,
    /// What scopes make sure of by comparing digests; worked out when it is first asked for.
    pub(super) proofs: RefCell<FxHashMap<ScopeId, Proofs<'a>>>,
    /// Tests, by index, by the scope they stand in.
    pub(super) guards_by_scope: FxHashMap<ScopeId, Vec<usize>>,
    /// Calls by the last part of what they call: where to look for the callers of a function.
    pub(super) callers: FxHashMap<&'a str, Vec<usize>>,
    /// Calls that are given a function, by the function's last part, with its position.
    pub(super) handed_calls: FxHashMap<&'a str, Vec<(usize, usize)>>,
    /// Calls by the scope they stand in, those in a comprehension with those around it.
    pub(super) by_scope: FxHashMap<ScopeId, Vec<usize>>,
    /// Those of them that may write to a file or buffer.
    pub(super) writes_by_scope: FxHashMap<ScopeId, Vec<usize>>,
    /// Whether digests can be compared in this file at all; found out when it is asked.
    has_digests: OnceCell<bool>,
    /// The calls in the order of their places, by index; worked out when they are first asked for.
    by_place: OnceCell<Vec<usize>>,
    /// The classes that derive from a class of the file; worked out when they are first asked for.
    pub(super) derived: OnceCell<FxHashMap<ClassId, Vec<ClassId>>>,
    /// `add_argument` calls by the attribute they fill.
    pub(super) options: FxHashMap<String, Vec<&'a ExprCall>>,
}

/// How many items of a list are looked at for one step.
const ITEMS_OF_A_STEP: u32 = 16;

/// The last part of a called expression.
pub(super) fn callee_leaf(func: &Expr) -> Option<&str> {
    match func {
        Expr::Name(name) => Some(name.id.as_str()),
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}

impl<'a, 'm> Resolver<'a, 'm> {
    pub(super) fn new(model: &'m Model<'a>, text: &'a str, vocabulary: &'m Vocabulary, limits: &Limits) -> Self {
        let mut callers: FxHashMap<&'a str, Vec<usize>> = FxHashMap::default();
        let mut handed_calls: FxHashMap<_, Vec<_>> = FxHashMap::default();
        let mut writes_by_scope: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        let mut by_scope: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for (index, site) in model.calls.iter().enumerate() {
            let scope = model.scopes[site.place.scope as usize].owner;
            by_scope.entry(scope).or_default().push(index);
            let writes = callee_leaf(&site.call.func).is_some_and(|leaf| {
                matches!(leaf, "write" | "write_bytes" | "writelines" | "readinto" | "copyfileobj")
                    || vocabulary.has_writer(leaf)
            });
            if writes {
                writes_by_scope.entry(scope).or_default().push(index);
            }
            for (position, argument) in site.call.arguments.args.iter().enumerate().take(2) {
                if let Some(leaf) = callee_leaf(argument) {
                    handed_calls.entry(leaf).or_default().push((index, position));
                }
            }
            if let Some(leaf) = callee_leaf(&site.call.func) {
                callers.entry(leaf).or_default().push(index);
            }
        }
        let mut guards_by_scope: FxHashMap<_, Vec<usize>> = FxHashMap::default();
        for (index, guard) in model.guards.iter().enumerate() {
            guards_by_scope.entry(guard.scope).or_default().push(index);
        }
        let mut new = Self {
            model,
            text,
            vocabulary,
            max_alternatives: limits.max_alternatives,
            known: RefCell::default(),
            in_work: RefCell::default(),
            members: RefCell::default(),
            depth: Cell::new(0),
            steps: Cell::new(limits.max_resolution_steps),
            is_cut: Cell::new(model.lost_names),
            looked_at: Cell::new(0),
            proofs: RefCell::default(),
            guards_by_scope,
            unbound: RefCell::default(),
            callers,
            handed_calls,
            by_scope,
            writes_by_scope,
            has_digests: OnceCell::new(),
            by_place: OnceCell::new(),
            derived: OnceCell::new(),
            options: FxHashMap::default(),
        };
        new.options = super::options::collect(&new);
        new
    }

    /// Whether digests can be compared in this file at all.
    pub(super) fn has_digests(&self) -> bool {
        *self.has_digests.get_or_init(|| self.text.contains("hashlib") || self.text.contains("digest"))
    }

    /// Whether the budget of steps ran out: answers since then are "unknown".
    pub(super) fn is_exhausted(&self) -> bool {
        self.steps.get() == 0
    }

    /// Whether something was left out because it grows with the text.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut.get()
    }

    /// Tells that something was left out because it grows with the text.
    pub(super) fn cut(&self) {
        self.is_cut.set(true);
    }

    /// Takes `steps` from the budget; false if there are not as many left, and then there are none.
    pub(super) fn spend(&self, steps: u32) -> bool {
        let left = self.steps.get().checked_sub(steps);
        self.steps.set(left.unwrap_or(0));
        left.is_some_and(|left| left > 0)
    }

    /// The same items, as long as the budget lasts, from which many of them take one step. Lists that grow with the text
    /// are looked through by this wherever that happens for each of many other things.
    pub(super) fn metered<I: Iterator>(&self, items: I) -> impl Iterator<Item = I::Item> + use<'_, 'a, 'm, I> {
        items.take_while(|_| self.spend_one_of_many())
    }

    /// The calls that start in `within`, in the order of their places.
    fn sites_in(&self, within: Region) -> impl Iterator<Item = &'m CallSite<'a>> {
        let calls = &self.model.calls;
        let start = |index: &usize| region(calls[*index].call).start;
        let by_place = self.by_place.get_or_init(|| {
            let mut indices: Vec<usize> = (0..calls.len()).collect();
            indices.sort_by_key(start);
            indices
        });
        let from = by_place.partition_point(|index| start(index) < within.start);
        let inside = by_place[from..].iter().take_while(move |index| start(index) < within.end);
        inside.map(|&index| &calls[index])
    }

    /// Where a call stands.
    pub(super) fn site_of(&self, call: &ExprCall) -> Option<&'m CallSite<'a>> {
        let at = region(call);
        let mut sites = self.sites_in(at).take_while(|site| region(site.call).start == at.start);
        sites.find(|site| std::ptr::eq(site.call, call))
    }

    /// Where the first call in `body` stands.
    pub(super) fn first_site_in(&self, body: Region) -> Option<&'m CallSite<'a>> {
        self.sites_in(body).find(|site| body.contains(region(site.call)))
    }

    /// What stands under `key`, as long as the budget lasts, from which a large dictionary takes its part.
    pub(super) fn entry<'d>(&self, dict: &'d Dict<'a>, key: &str) -> Option<&'d Slot<'a>> {
        const ENTRIES_OF_A_STEP: usize = 128;
        if self.spend((dict.entries.len() / ENTRIES_OF_A_STEP) as u32) { dict.get(key) } else { None }
    }

    /// Takes a step for every so many calls; false once there are none.
    pub(super) fn spend_one_of_many(&self) -> bool {
        let looked = self.looked_at.get() + 1;
        self.looked_at.set(looked % ITEMS_OF_A_STEP);
        if looked == ITEMS_OF_A_STEP { self.spend(1) } else { !self.is_exhausted() }
    }

    /// What `expr` can be. Empty where it only leads back to itself, or to a way that is never taken.
    pub(super) fn eval(&self, expr: &'a Expr) -> Val<'a> {
        let depth = self.depth.get();
        let steps = self.steps.get();
        if depth >= MAX_DEPTH || steps == 0 {
            return one(Thing::Unknown);
        }
        self.depth.set(depth + 1);
        self.steps.set(steps - 1);
        let value = match expr {
            Expr::Name(_)
            | Expr::StringLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::Lambda(_) => self.eval_inside(expr),
            _ => self.worked_out_once(Question::Expr(std::ptr::from_ref(expr) as usize), || self.eval_inside(expr)),
        };
        self.depth.set(depth);
        value
    }

    fn eval_inside(&self, expr: &'a Expr) -> Val<'a> {
        match expr {
            Expr::Name(name) => self.name(name),
            Expr::Attribute(attribute) => {
                let base = with_attributes(self.eval(&attribute.value));
                self.flat_map(&base, |alt| self.attribute(alt, attribute.attr.as_str()))
            }
            Expr::Call(call) => self.call(call),
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::BoolOp(bool_op) => self.bool_op(bool_op),
            Expr::Named(named) => self.eval(&named.value),
            Expr::BinOp(binary) => self.binary(binary),
            Expr::UnaryOp(unary) => self.unary(unary),
            Expr::Lambda(lambda) => match self.model.lambdas.get(&region(lambda).start) {
                Some(&function) => one(Thing::Function(function)),
                None => one(Thing::Unknown),
            },
            Expr::If(ternary) => match self.truth(&ternary.test) {
                Some(true) => self.eval(&ternary.body),
                Some(false) => self.eval(&ternary.orelse),
                None => self.union([self.eval(&ternary.body), self.eval(&ternary.orelse)]),
            },
            Expr::Dict(dict) => self.dict(dict),
            Expr::Set(ast::ExprSet { elts, .. })
            | Expr::List(ast::ExprList { elts, .. })
            | Expr::Tuple(ast::ExprTuple { elts, .. }) => one(Thing::Items(elts.iter().collect())),
            Expr::Compare(compare) => self.compare(compare),
            Expr::FString(string) => self.fstring(string),
            Expr::StringLiteral(string) => one(Thing::Text(string.value.to_str().into())),
            Expr::BytesLiteral(bytes) => one(Thing::Bytes { nonempty: !bytes.value.is_empty() }),
            Expr::NumberLiteral(number) => one(number_thing(&number.value)),
            Expr::BooleanLiteral(literal) => one(Thing::Bool(literal.value)),
            Expr::NoneLiteral(_) => one(Thing::None),
            Expr::Await(inner) => self.eval(&inner.value),
            Expr::Starred(starred) => self.eval(&starred.value),
            Expr::EllipsisLiteral(_) => one(Thing::UnknownOf { truth: true }),
            Expr::TString(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_)
            | Expr::Yield(_)
            | Expr::YieldFrom(_)
            | Expr::Slice(_)
            | Expr::IpyEscapeCommand(_) => one(Thing::Unknown),
        }
    }

    /// Answers a question once; asked again while it is worked out, it adds nothing.
    pub(super) fn worked_out_once(&self, question: Question, answer: impl FnOnce() -> Val<'a>) -> Val<'a> {
        if let Some(value) = self.known.borrow().get(&question) {
            return Rc::clone(value);
        }
        if !self.in_work.borrow_mut().insert(question) {
            return Rc::from([]);
        }
        let value = answer();
        self.in_work.borrow_mut().remove(&question);
        self.known.borrow_mut().insert(question, Rc::clone(&value));
        value
    }

    /// What `if expr` would do, where every alternative agrees.
    pub(super) fn truth(&self, expr: &'a Expr) -> Option<bool> {
        let value = self.eval(expr);
        let first = value.first()?.thing.truth()?;
        value.iter().all(|alt| alt.thing.truth() == Some(first)).then_some(first)
    }

    /// The text `expr` surely is.
    pub(super) fn text_of(&self, expr: &'a Expr) -> Option<Rc<str>> {
        if let Expr::StringLiteral(string) = expr {
            return Some(string.value.to_str().into());
        }
        match &*self.eval(expr) {
            [Alt { thing: Thing::Text(text), .. }] => Some(Rc::clone(text)),
            _ => None,
        }
    }

    /// What a name was set to, where that is one expression, taken as it is.
    pub(super) fn only_value(&self, expr: &'a Expr) -> Option<&'a Expr> {
        let set = self.model.uses.get(&region(expr.as_name_expr()?).start)?;
        match &self.model.defs[set.only()? as usize].kind {
            DefKind::Value { value, unpack } if unpack.is_empty() => Some(value),
            _ => None,
        }
    }

    /// The qualified names `expr` can be.
    pub(super) fn names(&self, expr: &'a Expr) -> Vec<Rc<str>> {
        let value = self.eval(expr);
        let names = value.iter().filter_map(|alt| match alt.thing.peeled() {
            Thing::Named(name) => Some(Rc::clone(name)),
            _ => None,
        });
        names.collect()
    }

    // Sets of alternatives.

    pub(super) fn union(&self, parts: impl IntoIterator<Item = Val<'a>>) -> Val<'a> {
        let mut all: Vec<Alt<'a>> = Vec::new();
        for part in parts {
            for alt in part.iter() {
                if all.len() >= self.max_alternatives {
                    all.push(Alt::new(Thing::Unknown));
                    return all.into();
                }
                if !all.iter().any(|known| same(known, alt)) {
                    all.push(alt.clone());
                }
            }
        }
        all.into()
    }

    pub(super) fn flat_map(&self, value: &Val<'a>, f: impl Fn(&Alt<'a>) -> Val<'a>) -> Val<'a> {
        match &**value {
            [only] => f(only),
            many => self.union(many.iter().map(f)),
        }
    }

    /// A listed function that leaves a table, a default or a `return` is reported where it went in.
    pub(super) fn handed(&self, value: &Val<'a>) -> Val<'a> {
        let listed = |alt: &Alt<'a>| match alt.thing.peeled() {
            Thing::Named(name) => self.vocabulary.has_function(name),
            Thing::Partial(_) | Thing::MethodCaller(_) => true,
            _ => false,
        };
        if !value.iter().any(listed) {
            return Rc::clone(value);
        }
        value.iter().map(|alt| Alt { handed: alt.handed || listed(alt), ..alt.clone() }).collect()
    }

    pub(super) fn slot(&self, slot: &Slot<'a>) -> Val<'a> {
        match slot {
            Slot::Expr(expr) => self.linked(&self.eval(expr), region(*expr), Why::Entry),
            Slot::Val(value) => Rc::clone(value),
        }
    }

    pub(super) fn linked(&self, value: &Val<'a>, at: Region, why: Why) -> Val<'a> {
        value.iter().map(|alt| alt.clone().linked(at, why)).collect()
    }
}

fn number_thing<'a>(number: &Number) -> Thing<'a> {
    match number {
        Number::Int(int) => Thing::Number { nonzero: int.as_u64() != Some(0), index: int.as_usize() },
        Number::Float(value) => Thing::Number { nonzero: *value != 0.0, index: None },
        Number::Complex { real, imag } => Thing::Number { nonzero: *real != 0.0 || *imag != 0.0, index: None },
    }
}

/// Whether two alternatives say the same, so that one of them will do.
fn same(a: &Alt<'_>, b: &Alt<'_>) -> bool {
    a.decided_at == b.decided_at
        && a.handed == b.handed
        && match (&a.thing, &b.thing) {
            (Thing::Unknown, Thing::Unknown) | (Thing::Absent, Thing::Absent) | (Thing::None, Thing::None) => true,
            (Thing::Bool(a), Thing::Bool(b)) => a == b,
            (Thing::Text(a), Thing::Text(b))
            | (Thing::Named(a), Thing::Named(b))
            | (Thing::LocalPath(a), Thing::LocalPath(b)) => a == b,
            (Thing::Function(a), Thing::Function(b)) | (Thing::Method(a), Thing::Method(b)) => a == b,
            (Thing::Class(a), Thing::Class(b)) => a == b,
            (Thing::UnknownOf { truth: a }, Thing::UnknownOf { truth: b }) => a == b,
            _ => false,
        }
}
