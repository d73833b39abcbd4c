//! One walk over the tree that makes the [`Model`]: scopes as Python has them, and for each use of a name the defs that
//! reach it.
//!
//! Order is followed: after `a = 1; a = 2` only the second reaches. Branches are joined, loop bodies reach their own
//! start, `try` bodies may stop anywhere. A function body runs later than its definition, so for names from outside it
//! sees what reached its definition and everything bound after.

use std::collections::VecDeque;
use std::rc::Rc;

use ruff_python_ast::{
    self as ast, BoolOp, CmpOp, ExceptHandler, Expr, ExprCall, ModModule, Operator, Pattern, Stmt, UnaryOp,
};
use rustc_hash::{FxHashMap, FxHashSet};

use super::active::is_relevant;
use super::bound::{BoundNames, bound_names};
use super::model::{
    Block, BlockId, CallSite, Class, ClassId, Def, DefId, DefKind, Function, FunctionId, Guard, Handing, HandingSite,
    Key, Model, Place, Refinement, Scope, ScopeId, ScopeKind, SetId, StoreSite, parameters,
};
use super::parse::region;
use crate::fact::{Vocabulary, is_dynamic};
use crate::limits::Limits;
use crate::text::Region;

/// Walks `module`.
///
/// Errors: an `Err` if nothing in the file can be of interest, with the place where the tree was deeper than
/// `Limits::max_tree_depth`; of a model that is [`Model::cut_at`].
pub(super) fn build<'a>(
    module: &'a ModModule,
    text: &str,
    vocabulary: &Vocabulary,
    limits: &Limits,
) -> Result<Model<'a>, Option<Region>> {
    let mut builder = Builder {
        model: Model::default(),
        frames: Vec::new(),
        uses: Vec::new(),
        late: FxHashMap::default(),
        deferred: VecDeque::new(),
        has_walrus: text.contains(":="),
        vocabulary,
        max_depth: limits.max_tree_depth,
        depth: 0,
        place: Place { statement: Region::default(), scope: 0, block: 0, in_try: None, in_handler: None },
        tries: 0,
    };
    builder.module(&module.body);
    if is_relevant(&builder.model, text, vocabulary) { Ok(builder.finish()) } else { Err(builder.model.cut_at) }
}

/// What a name could mean while a scope is walked.
struct Frame<'a> {
    scope: ScopeId,
    kind: ScopeKind,
    env: Rc<Vec<SetId>>,
    /// Nothing after a `return` or `raise` runs.
    dead: bool,
    globals: FxHashSet<&'a str>,
    /// Of each loop around: where `break` and `continue` left it.
    loops: Vec<Vec<State>>,
    /// Pairs of names for one object: `a = b`.
    same: Vec<(&'a str, &'a str)>,
    /// Of a function body: what it sees of the scopes around it.
    outer: Option<Rc<View>>,
}

/// What a function body sees of one scope around its definition.
struct View {
    scope: ScopeId,
    /// The defs at the definition; `None` in huge scopes, where all defs count.
    at_definition: Option<Rc<Vec<SetId>>>,
    /// Defs from this one on were made after the definition.
    next_def: DefId,
    outer: Option<Rc<View>>,
}

struct Deferred<'a> {
    function: FunctionId,
    body: &'a [Stmt],
    type_parameters: Vec<&'a str>,
    outer: Rc<View>,
}

/// The defs that reach a place, and whether it is out of reach.
type State = (Rc<Vec<SetId>>, bool);

struct Use {
    offset: u32,
    scope: ScopeId,
    symbol: u32,
    set: SetId,
}

struct Builder<'a, 'v> {
    model: Model<'a>,
    frames: Vec<Frame<'a>>,
    uses: Vec<Use>,
    /// Defs made from inside other scopes: `global`, `nonlocal`, changes of outer objects.
    late: FxHashMap<(ScopeId, u32), Vec<DefId>>,
    deferred: VecDeque<Deferred<'a>>,
    has_walrus: bool,
    vocabulary: &'v Vocabulary,
    max_depth: u32,
    depth: u32,
    place: Place,
    tries: u32,
}

/// The names in `def f[T, *Ts, **P]`.
fn type_parameter_names(list: Option<&ast::TypeParams>) -> Vec<&str> {
    let mut names = Vec::new();
    for parameter in list.into_iter().flat_map(|list| &list.type_params) {
        names.push(match parameter {
            ast::TypeParam::TypeVar(node) => node.name.as_str(),
            ast::TypeParam::ParamSpec(node) => node.name.as_str(),
            ast::TypeParam::TypeVarTuple(node) => node.name.as_str(),
        });
    }
    names
}

/// `name.get(key)`
fn got_item(expr: &Expr) -> Option<(&ast::ExprName, &Expr)> {
    let Expr::Call(call) = expr else { return None };
    let (Expr::Attribute(attribute), [key] | [key, Expr::NoneLiteral(_)]) = (&*call.func, &*call.arguments.args) else {
        return None;
    };
    if attribute.attr.as_str() == "get" { attribute.value.as_name_expr().map(|name| (name, key)) } else { None }
}

/// The name and key of which `test`, coming out as `held`, tells that the name has an item for the key.
fn tested_item(test: &Expr, held: bool) -> Option<(&ast::ExprName, &Expr)> {
    let Expr::Compare(compare) = test else { return got_item(test).filter(|_| held) };
    let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
    let is_key = matches!(&*compare.left, Expr::StringLiteral(_) | Expr::Name(_));
    match (op, right) {
        (CmpOp::In, Expr::Name(name)) if held && is_key => Some((name, &compare.left)),
        (CmpOp::NotIn, Expr::Name(name)) if !held && is_key => Some((name, &compare.left)),
        (CmpOp::Is, Expr::NoneLiteral(_)) if !held => got_item(&compare.left),
        (CmpOp::IsNot, Expr::NoneLiteral(_)) if held => got_item(&compare.left),
        _ => None,
    }
}

/// A scope with more symbols than this is not copied for each function in it.
const MAX_COPIED_SYMBOLS: usize = 256;

impl<'a> Builder<'a, '_> {
    fn module(&mut self, body: &'a [Stmt]) {
        let names = bound_names(body, self.has_walrus);
        self.model.blocks.push(Block { parent: None });
        self.push_frame(ScopeKind::Module, names, None);
        self.block(body);
        self.pop_frame();
        while let Some(next) = self.deferred.pop_front() {
            self.function_body(&next);
        }
    }

    fn finish(mut self) -> Model<'a> {
        let uses = std::mem::take(&mut self.uses);
        self.model.uses.reserve(uses.len());
        for one in uses {
            let mut set = one.set;
            if let Some(late) = self.late.get(&(one.scope, one.symbol)) {
                let late = self.model.sets.of(late.clone());
                set = self.model.sets.union(set, late);
            }
            self.model.uses.insert(one.offset, set);
        }
        self.model
    }

    // Scopes.

    fn push_frame(&mut self, kind: ScopeKind, names: BoundNames<'a>, outer: Option<Rc<View>>) {
        let scope = self.model.scopes.len() as ScopeId;
        let mut symbols = FxHashMap::default();
        for name in names.bound {
            if !names.globals.contains(name) && !names.nonlocals.contains(name) {
                let next = symbols.len() as u32;
                symbols.entry(name).or_insert(next);
            }
        }
        let count = symbols.len();
        self.model.scopes.push(Scope { kind, symbols, all_defs: vec![Vec::new(); count], at_end: Vec::new() });
        self.frames.push(Frame {
            scope,
            kind,
            env: Rc::new(vec![SetId::EMPTY; count]),
            dead: false,
            globals: names.globals,
            loops: Vec::new(),
            same: Vec::new(),
            outer,
        });
        self.place.scope = scope;
    }

    fn pop_frame(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.model.scopes[frame.scope as usize].at_end = frame.env.to_vec();
        }
        if let Some(frame) = self.frames.last() {
            self.place.scope = frame.scope;
        }
    }

    fn frame(&mut self) -> &mut Frame<'a> {
        self.frames.last_mut().expect("a frame is pushed before anything is walked")
    }

    /// What a function defined here will see: classes around it are left out, as Python does.
    fn view(&self) -> Rc<View> {
        let mut outer = self.frames.iter().find_map(|frame| frame.outer.clone());
        for frame in &self.frames {
            if matches!(frame.kind, ScopeKind::Class(_)) {
                continue;
            }
            outer = Some(Rc::new(View {
                scope: frame.scope,
                at_definition: (frame.env.len() <= MAX_COPIED_SYMBOLS).then(|| Rc::clone(&frame.env)),
                next_def: self.model.defs.len() as DefId,
                outer,
            }));
        }
        outer.expect("the module's frame is always there")
    }

    fn symbol(&self, scope: ScopeId, name: &str) -> Option<u32> {
        self.model.scopes[scope as usize].symbols.get(name).copied()
    }

    /// Which scope and symbol a name means here, and what reaches.
    fn lookup(&mut self, name: &'a str) -> Option<(ScopeId, u32, SetId)> {
        let top = self.frames.len().checked_sub(1)?;
        let mut global = false;
        for index in (0..=top).rev() {
            let frame = &self.frames[index];
            if index != top && matches!(frame.kind, ScopeKind::Class(_)) {
                continue;
            }
            if frame.globals.contains(name) {
                global = true;
                break;
            }
            if let Some(symbol) = self.symbol(frame.scope, name) {
                let set = frame.env[symbol as usize];
                // A class body, and a module before the first binding, fall through to what is outside.
                let falls_through = set == SetId::EMPTY && !matches!(frame.kind, ScopeKind::Function(_));
                if !falls_through {
                    return Some((frame.scope, symbol, set));
                }
            }
        }
        let mut view = self.frames.iter().find_map(|frame| frame.outer.clone());
        while let Some(at) = view {
            let wanted = !global || at.scope == 0;
            if let (true, Some(symbol)) = (wanted, self.symbol(at.scope, name)) {
                let set = self.view_set(&at, symbol);
                return Some((at.scope, symbol, set));
            }
            view = at.outer.clone();
        }
        None
    }

    fn view_set(&mut self, view: &View, symbol: u32) -> SetId {
        let all = &self.model.scopes[view.scope as usize].all_defs[symbol as usize];
        let Some(env) = &view.at_definition else {
            let all = all.clone();
            return self.model.sets.of(all);
        };
        let later: Vec<_> = all.iter().copied().filter(|&def| def >= view.next_def).collect();
        let later = self.model.sets.of(later);
        let before = env.get(symbol as usize).copied().unwrap_or(SetId::EMPTY);
        self.model.sets.union(before, later)
    }

    /// Keeps the words that could be the last part of a name the rules ask for, or lead to one.
    fn note_word(&mut self, word: &'a str) {
        if self.vocabulary.has_leaf(word) || is_dynamic(word) {
            self.model.words.insert(word);
        }
    }

    fn use_name(&mut self, name: &'a ast::ExprName) {
        self.note_word(name.id.as_str());
        let offset = region(name).start;
        if let Some((scope, symbol, set)) = self.lookup(name.id.as_str()) {
            self.uses.push(Use { offset, scope, symbol, set });
        }
    }

    // Defs.

    fn new_def(&mut self, name: &'a str, region: Region, kind: DefKind<'a>) -> DefId {
        let id = self.model.defs.len() as DefId;
        let scope = self.place.scope;
        self.model.defs.push(Def { name, region, kind, scope });
        id
    }

    /// The frame a name bound here belongs to: its own, or for a walrus in a comprehension the one around it.
    fn binding_frame(&self, name: &str) -> Option<usize> {
        (0..self.frames.len()).rev().find(|&index| {
            let frame = &self.frames[index];
            self.symbol(frame.scope, name).is_some() || frame.kind != ScopeKind::Comprehension
        })
    }

    fn bind(&mut self, name: &'a str, region: Region, kind: DefKind<'a>) {
        let other = match &kind {
            DefKind::Value { value: Expr::Name(other), unpack } if unpack.is_empty() => Some(other.id.as_str()),
            _ => None,
        };
        let id = self.new_def(name, region, kind);
        let Some(index) = self.binding_frame(name) else { return };
        let frame = &mut self.frames[index];
        frame.same.retain(|(a, b)| *a != name && *b != name);
        frame.same.extend(other.filter(|other| *other != name).map(|other| (name, other)));
        if let Some(symbol) = self.model.scopes[frame.scope as usize].symbols.get(name).copied() {
            Rc::make_mut(&mut frame.env)[symbol as usize] = SetId::single(id);
            self.model.scopes[frame.scope as usize].all_defs[symbol as usize].push(id);
        } else {
            self.bind_elsewhere(name, id);
        }
    }

    /// A def that an outer scope's name gets: holds for every use of that name.
    fn bind_elsewhere(&mut self, name: &'a str, id: DefId) {
        if let Some((scope, symbol, _)) = self.lookup(name) {
            self.late.entry((scope, symbol)).or_default().push(id);
        }
    }

    /// `name[key] = …` and the like: a new def that refers to the old ones, also for other names of the object.
    fn change(&mut self, name: &'a ast::ExprName, kind: impl Fn(SetId) -> DefKind<'a>) {
        let (id, at) = (name.id.as_str(), region(name));
        self.change_one(id, at, &kind);
        let frame = self.frame();
        let others: Vec<_> = frame.same.iter().filter(|(a, b)| *a == id || *b == id).copied().collect();
        for (a, b) in others {
            self.change_one(if a == id { b } else { a }, at, &kind);
        }
    }

    fn change_one(&mut self, id: &'a str, at: Region, kind: &dyn Fn(SetId) -> DefKind<'a>) {
        let Some((scope, symbol, previous)) = self.lookup(id) else { return };
        let def = self.new_def(id, at, kind(previous));
        let owner = self.frames.iter_mut().rev().find(|frame| frame.scope == scope);
        if let Some(frame) = owner {
            Rc::make_mut(&mut frame.env)[symbol as usize] = SetId::single(def);
            self.model.scopes[scope as usize].all_defs[symbol as usize].push(def);
        } else if !matches!(
            self.model.defs[def as usize].kind,
            DefKind::Changed { key: Key::Attribute(_), .. } | DefKind::Escaped { .. }
        ) {
            self.late.entry((scope, symbol)).or_default().push(def);
        }
    }

    /// Binds all names in an assignment target.
    fn bind_target(&mut self, target: &'a Expr, unpack: &mut Vec<usize>, kind: &dyn Fn(Vec<usize>) -> DefKind<'a>) {
        match target {
            Expr::Name(name) => {
                let at = region(name);
                self.bind(name.id.as_str(), at, kind(unpack.clone()));
            }
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                let mut after_star = false;
                for (index, item) in elts.iter().enumerate() {
                    if let Expr::Starred(starred) = item {
                        after_star = true;
                        if let Expr::Name(name) = &*starred.value {
                            let at = region(name);
                            self.bind(name.id.as_str(), at, DefKind::Opaque);
                        }
                        continue;
                    }
                    if after_star {
                        self.bind_target(item, &mut Vec::new(), &|_| DefKind::Opaque);
                    } else {
                        unpack.push(index);
                        self.bind_target(item, unpack, kind);
                        unpack.pop();
                    }
                }
            }
            Expr::Attribute(attribute) => self.expr(&attribute.value),
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
            }
            Expr::Starred(starred) => self.bind_target(&starred.value, unpack, &|_| DefKind::Opaque),
            _ => {}
        }
    }

    // Branches.

    fn state(&mut self) -> State {
        let frame = self.frame();
        (Rc::clone(&frame.env), frame.dead)
    }

    fn restore(&mut self, state: &State) {
        let frame = self.frame();
        frame.env = Rc::clone(&state.0);
        frame.dead = state.1;
    }

    /// Joins another way's end into the present one.
    fn join(&mut self, other: &State) {
        let (here, here_dead) = self.state();
        match (here_dead, other.1) {
            (_, true) => {}
            (true, false) => self.restore(other),
            (false, false) if Rc::ptr_eq(&here, &other.0) => {}
            (false, false) => {
                let mut joined = here.to_vec();
                for (set, &theirs) in joined.iter_mut().zip(other.0.iter()) {
                    *set = self.model.sets.union(*set, theirs);
                }
                self.frame().env = Rc::new(joined);
            }
        }
    }

    fn new_block(&mut self) -> BlockId {
        let parent = Some(self.place.block);
        self.model.blocks.push(Block { parent });
        self.model.blocks.len() as BlockId - 1
    }

    /// Walks `body` as a block of its own.
    fn inner_block(&mut self, body: &'a [Stmt]) -> BlockId {
        let block = self.new_block();
        self.walk_in(block, body);
        block
    }

    fn walk_in(&mut self, block: BlockId, body: &'a [Stmt]) {
        let before = std::mem::replace(&mut self.place.block, block);
        self.block(body);
        self.place.block = before;
    }

    /// A loop body: what it binds reaches its own start.
    fn looped(&mut self, walk: impl FnOnce(&mut Self)) {
        let before = self.state();
        let first_use = self.uses.len();
        self.frame().loops.push(Vec::new());
        walk(self);
        for exit in self.frame().loops.pop().unwrap_or_default() {
            self.join(&exit);
        }
        let after = self.state();
        let scope = self.frame().scope;
        if !Rc::ptr_eq(&before.0, &after.0) {
            for at in first_use..self.uses.len() {
                let one = &self.uses[at];
                if one.scope != scope {
                    continue;
                }
                let (start, end) = (before.0[one.symbol as usize], after.0[one.symbol as usize]);
                let reached_from_start = match self.model.sets.first(start) {
                    Some(def) => self.model.sets.contains(one.set, def),
                    None => one.set == SetId::EMPTY,
                };
                if start != end && reached_from_start {
                    self.uses[at].set = self.model.sets.union(one.set, end);
                }
            }
        }
        self.join(&before);
    }

    /// Notes what `test` tells about names where it came out as `held`.
    fn refine(&mut self, test: &'a Expr, held: bool) {
        let (how, name) = match test {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => return self.refine(&unary.operand, !held),
            Expr::BoolOp(bool_op) if (bool_op.op == BoolOp::And) == held => {
                return bool_op.values.iter().for_each(|value| self.refine(value, held));
            }
            Expr::Name(name) => (if held { Refinement::Truthy } else { Refinement::Falsy }, name),
            _ if let Some((name, key)) = tested_item(test, held) => {
                return self.change_one(name.id.as_str(), region(name), &|previous| DefKind::HasItem { key, previous });
            }
            Expr::Compare(compare) => {
                let (Expr::Name(name), [op], [right]) = (&*compare.left, &*compare.ops, &*compare.comparators) else {
                    return;
                };
                let same = match op {
                    CmpOp::Is | CmpOp::Eq => held,
                    CmpOp::IsNot | CmpOp::NotEq => !held,
                    _ => return,
                };
                match right {
                    Expr::NoneLiteral(_) => (if same { Refinement::IsNone } else { Refinement::NotNone }, name),
                    Expr::BooleanLiteral(literal) if literal.value == same => (Refinement::Truthy, name),
                    Expr::BooleanLiteral(_) => (Refinement::Falsy, name),
                    _ => return,
                }
            }
            _ => return,
        };
        let innermost = self.frames.last().is_some_and(|frame| self.symbol(frame.scope, name.id.as_str()).is_some());
        if innermost {
            self.change_one(name.id.as_str(), region(name), &|previous| DefKind::Refined { how, previous });
        }
    }

    // Statements.

    fn block(&mut self, body: &'a [Stmt]) {
        if self.too_deep(body.first().map_or(Region::default(), region)) {
            return;
        }
        self.depth += 1;
        for stmt in body {
            self.stmt(stmt);
        }
        self.depth -= 1;
    }

    fn too_deep(&mut self, at: Region) -> bool {
        if self.depth >= self.max_depth {
            self.model.cut_at.get_or_insert(at);
            return true;
        }
        false
    }

    /// Notes the header of a compound statement, up to its first inner statement.
    fn header(&mut self, stmt: &'a Stmt, end: Option<u32>) {
        let whole = region(stmt);
        self.place.statement = Region::new(whole.start, end.unwrap_or(whole.end));
    }

    fn stmt(&mut self, stmt: &'a Stmt) {
        self.header(stmt, None);
        match stmt {
            Stmt::FunctionDef(def) => self.function_def(def, stmt),
            Stmt::ClassDef(def) => self.class_def(def, stmt),
            Stmt::Return(ret) => {
                if let Some(value) = &ret.value {
                    self.expr(value);
                    self.hand_on(value, Handing::Entry);
                    self.note_return(value);
                }
                self.frame().dead = true;
            }
            Stmt::Raise(raise) => {
                self.exprs(raise.exc.as_deref().into_iter().chain(raise.cause.as_deref()));
                self.frame().dead = true;
            }
            Stmt::Delete(delete) => {
                for target in &delete.targets {
                    self.expr(target);
                    match target {
                        Expr::Name(name) => self.bind(name.id.as_str(), region(name), DefKind::Opaque),
                        Expr::Subscript(subscript) => {
                            if let Expr::Name(name) = &*subscript.value {
                                let key = &*subscript.slice;
                                self.change(name, |previous| DefKind::Removed { key, previous });
                            }
                        }
                        _ => {}
                    }
                }
            }
            Stmt::Assign(assign) => {
                let unpacks = assign.targets.iter().all(|target| matches!(target, Expr::Tuple(_) | Expr::List(_)));
                if unpacks {
                    self.unpacked(&assign.value);
                } else {
                    self.expr(&assign.value);
                }
                if let (Expr::Lambda(lambda), [Expr::Name(name)]) = (&*assign.value, assign.targets.as_slice()) {
                    self.name_lambda(lambda, name.id.as_str());
                }
                for target in &assign.targets {
                    self.assign(target, &assign.value, region(stmt));
                }
            }
            Stmt::AnnAssign(assign) => {
                self.expr(&assign.annotation);
                let value = assign.value.as_deref();
                self.note_field(&assign.target, value);
                if let Some(value) = value {
                    self.expr(value);
                    self.assign(&assign.target, value, region(stmt));
                }
            }
            Stmt::AugAssign(assign) => {
                self.expr(&assign.value);
                self.expr(&assign.target);
                let (target, value) = (&*assign.target, &*assign.value);
                match target {
                    Expr::Name(name) => self.change(name, |previous| DefKind::Augmented { value, previous }),
                    // `os.environ |= {…}` sets as `os.environ.update(…)` does.
                    Expr::Attribute(_) if assign.op == Operator::BitOr => {
                        self.model.stores.push(StoreSite { target, value, region: region(stmt), place: self.place });
                    }
                    _ => {}
                }
            }
            Stmt::For(stmt_for) => {
                self.header(stmt, stmt_for.body.first().map(|first| region(first).start));
                let iterable = &*stmt_for.iter;
                self.expr(iterable);
                self.looped(|this| {
                    this.bind_target(&stmt_for.target, &mut Vec::new(), &|unpack| DefKind::ItemOf { iterable, unpack });
                    this.inner_block(&stmt_for.body);
                });
                self.inner_block(&stmt_for.orelse);
            }
            Stmt::While(stmt_while) => {
                self.header(stmt, stmt_while.body.first().map(|first| region(first).start));
                self.looped(|this| {
                    this.expr(&stmt_while.test);
                    this.inner_block(&stmt_while.body);
                });
                self.inner_block(&stmt_while.orelse);
            }
            Stmt::If(stmt_if) => self.if_stmt(stmt_if, stmt),
            Stmt::With(with) => {
                self.header(stmt, with.body.first().map(|first| region(first).start));
                for item in &with.items {
                    let value = &item.context_expr;
                    self.expr(value);
                    if let Some(target) = &item.optional_vars {
                        self.bind_target(target, &mut Vec::new(), &|unpack| DefKind::Entered { value, unpack });
                    }
                }
                self.block(&with.body);
            }
            Stmt::Match(stmt_match) => self.match_stmt(stmt_match, stmt),
            Stmt::Try(stmt_try) => self.try_stmt(stmt_try, stmt),
            Stmt::Assert(assert) => {
                self.exprs(std::iter::once(&*assert.test).chain(assert.msg.as_deref()));
                self.refine(&assert.test, true);
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.name.as_str();
                    let (bound, path) = match &alias.asname {
                        Some(asname) => (asname.as_str(), name),
                        None => {
                            let first = name.split('.').next().unwrap_or(name);
                            (first, first)
                        }
                    };
                    self.bind(bound, region(alias), DefKind::Import(path.to_owned()));
                }
            }
            Stmt::ImportFrom(import) => {
                let dots = ".".repeat(import.level as usize);
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        self.model.star_imports.push(format!("{dots}{module}"));
                        continue;
                    }
                    self.note_word(alias.name.as_str());
                    let bound = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
                    let joint = if module.is_empty() { "" } else { "." };
                    let path = format!("{dots}{module}{joint}{}", alias.name.as_str());
                    self.bind(bound, region(alias), DefKind::Import(path));
                }
            }
            Stmt::Expr(expr) => {
                self.expr(&expr.value);
                self.effect(&expr.value);
            }
            Stmt::TypeAlias(alias) => {
                if let Expr::Name(name) = &*alias.name {
                    self.bind(name.id.as_str(), region(name), DefKind::Opaque);
                }
            }
            Stmt::Break(_) | Stmt::Continue(_) => {
                let state = self.state();
                let frame = self.frame();
                if let (Some(exits), false) = (frame.loops.last_mut(), state.1) {
                    exits.push(state);
                    frame.dead = true;
                }
            }
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) | Stmt::IpyEscapeCommand(_) => {}
        }
    }

    fn assign(&mut self, target: &'a Expr, value: &'a Expr, whole: Region) {
        match target {
            Expr::Attribute(attribute) => {
                self.expr(&attribute.value);
                let place = self.place;
                self.model.stores.push(StoreSite { target, value, region: whole, place });
                self.hand_on(value, Handing::Alias);
                if let Expr::Name(name) = &*attribute.value {
                    let key = Key::Attribute(attribute.attr.as_str());
                    self.note_self_attribute(name.id.as_str(), attribute.attr.as_str(), value);
                    self.change(name, |previous| DefKind::Changed { key, value, previous });
                }
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
                let place = self.place;
                self.model.stores.push(StoreSite { target, value, region: whole, place });
                self.hand_on(value, Handing::Entry);
                if let Expr::Name(name) = &*subscript.value {
                    let key = Key::Item(&subscript.slice);
                    self.change(name, |previous| DefKind::Changed { key, value, previous });
                }
            }
            _ => {
                if !matches!(self.frame().kind, ScopeKind::Function(_)) {
                    self.hand_on(value, Handing::Alias);
                }
                self.bind_target(target, &mut Vec::new(), &|unpack| DefKind::Value { value, unpack });
            }
        }
    }

    /// A call made for its effect: `kw.update(…)` changes `kw`, `sys.exit()` ends the way.
    fn effect(&mut self, value: &'a Expr) {
        let Expr::Call(call) = value else { return };
        for argument in &call.arguments.args {
            if let Expr::Name(name) = argument {
                self.change(name, |previous| DefKind::Escaped { call, previous });
            }
        }
        match &*call.func {
            Expr::Attribute(attribute) => {
                let method = attribute.attr.as_str();
                if let Expr::Name(name) = &*attribute.value {
                    let changes = matches!(
                        method,
                        "update" | "setdefault" | "pop" | "clear" | "append" | "extend" | "insert" | "add" | "popitem"
                    );
                    if changes {
                        self.change(name, |previous| DefKind::Mutated { call, previous });
                    }
                    if matches!((name.id.as_str(), method), ("sys", "exit") | ("os", "_exit" | "abort")) {
                        self.frame().dead = true;
                    }
                }
            }
            Expr::Name(name) if matches!(name.id.as_str(), "exit" | "quit") => self.frame().dead = true,
            _ => {}
        }
    }

    fn if_stmt(&mut self, stmt_if: &'a ast::StmtIf, stmt: &'a Stmt) {
        self.header(stmt, stmt_if.body.first().map(|first| region(first).start));
        self.expr(&stmt_if.test);
        let start = self.state();
        self.refine(&stmt_if.test, true);
        let then = self.inner_block(&stmt_if.body);
        self.guard(&stmt_if.test, then, true);
        let mut done = self.state();
        self.restore(&start);
        self.refine(&stmt_if.test, false);
        let mut has_else = false;
        let mut only_then_leaves = done.1 && stmt_if.elif_else_clauses.is_empty();
        for clause in &stmt_if.elif_else_clauses {
            if let Some(test) = &clause.test {
                self.place.statement = Region::new(
                    region(clause).start,
                    clause.body.first().map_or(region(clause).end, |s| region(s).start),
                );
                self.expr(test);
                let before = self.state();
                self.refine(test, true);
                let block = self.inner_block(&clause.body);
                self.guard(test, block, true);
                let end = self.state();
                self.restore(&done);
                self.join(&end);
                done = self.state();
                self.restore(&before);
                self.refine(test, false);
            } else {
                has_else = true;
                let block = self.inner_block(&clause.body);
                self.guard(&stmt_if.test, block, false);
                // `if ok: … else: raise` is certain of `ok` afterwards.
                if self.state().1 && !done.1 && stmt_if.elif_else_clauses.len() == 1 {
                    let here = self.place.block;
                    self.guard(&stmt_if.test, here, true);
                }
                only_then_leaves = done.1 && !self.state().1 && stmt_if.elif_else_clauses.len() == 1;
            }
        }
        let last = self.state();
        self.restore(&done);
        if has_else && done.1 && last.1 {
            self.frame().dead = true;
        } else {
            self.join(&last);
        }
        if only_then_leaves {
            // `if bad: raise` is certain of not `bad` afterwards.
            let here = self.place.block;
            self.guard(&stmt_if.test, here, false);
        }
    }

    fn guard(&mut self, test: &'a Expr, block: BlockId, holds: bool) {
        // In a block of its own the outcome holds from the test on; in the present one, from here on.
        let scope = self.place.scope;
        let region = region(test);
        self.model.guards.push(Guard { test, block, holds, scope, region });
    }

    fn match_stmt(&mut self, stmt_match: &'a ast::StmtMatch, stmt: &'a Stmt) {
        self.header(stmt, stmt_match.cases.first().map(|case| region(case).start));
        self.expr(&stmt_match.subject);
        let start = self.state();
        let mut done: Option<State> = None;
        let mut exhaustive = false;
        for case in &stmt_match.cases {
            self.restore(&start);
            self.pattern(&case.pattern);
            self.place.statement =
                Region::new(region(case).start, case.body.first().map_or(region(case).end, |s| region(s).start));
            self.exprs(case.guard.as_deref());
            self.inner_block(&case.body);
            exhaustive |= case.guard.is_none() && case.pattern.is_irrefutable();
            if let Some(done) = &done {
                self.join(done);
            }
            done = Some(self.state());
        }
        if let (Some(done), true) = (&done, exhaustive) {
            self.restore(done);
        } else {
            self.restore(&start);
            if let Some(done) = &done {
                self.join(done);
            }
        }
    }

    fn pattern(&mut self, pattern: &'a Pattern) {
        match pattern {
            Pattern::MatchValue(value) => self.expr(&value.value),
            Pattern::MatchSingleton(_) => {}
            Pattern::MatchSequence(sequence) => sequence.patterns.iter().for_each(|p| self.pattern(p)),
            Pattern::MatchMapping(mapping) => {
                self.exprs(&mapping.keys);
                mapping.patterns.iter().for_each(|p| self.pattern(p));
                self.capture(mapping.rest.as_ref());
            }
            Pattern::MatchClass(class) => {
                self.expr(&class.cls);
                class.arguments.patterns.iter().for_each(|p| self.pattern(p));
                class.arguments.keywords.iter().for_each(|keyword| self.pattern(&keyword.pattern));
            }
            Pattern::MatchStar(star) => self.capture(star.name.as_ref()),
            Pattern::MatchAs(capture) => {
                if let Some(inner) = &capture.pattern {
                    self.pattern(inner);
                }
                self.capture(capture.name.as_ref());
            }
            Pattern::MatchOr(or) => or.patterns.iter().for_each(|p| self.pattern(p)),
        }
    }

    fn capture(&mut self, name: Option<&'a ast::Identifier>) {
        if let Some(name) = name {
            self.bind(name.as_str(), region(name), DefKind::Opaque);
        }
    }

    fn try_stmt(&mut self, stmt_try: &'a ast::StmtTry, stmt: &'a Stmt) {
        self.header(stmt, stmt_try.body.first().map(|first| region(first).start));
        let id = self.tries;
        self.tries += 1;
        let start = self.state();
        let around = (self.place.in_try, self.place.in_handler);
        self.place.in_try = Some(id);
        let first_def = self.model.defs.len() as DefId;
        self.inner_block(&stmt_try.body);
        self.place.in_try = around.0;
        // A handler may start after any statement of the body: it sees the start and everything bound since.
        let mut in_handler = start.0.to_vec();
        let scope = self.frame().scope;
        for (symbol, set) in in_handler.iter_mut().enumerate() {
            let all = &self.model.scopes[scope as usize].all_defs[symbol];
            let made: Vec<_> = all.iter().copied().filter(|&def| def >= first_def).collect();
            if !made.is_empty() {
                let made = self.model.sets.of(made);
                *set = self.model.sets.union(*set, made);
            }
        }
        let handler_start = (Rc::new(in_handler), start.1);
        self.inner_block(&stmt_try.orelse);
        let mut done = self.state();
        for handler in &stmt_try.handlers {
            let ExceptHandler::ExceptHandler(handler) = handler;
            self.restore(&handler_start);
            self.place.in_handler = Some(id);
            self.place.statement = Region::new(
                region(handler).start,
                handler.body.first().map_or(region(handler).end, |s| region(s).start),
            );
            self.exprs(handler.type_.as_deref());
            self.capture(handler.name.as_ref());
            self.inner_block(&handler.body);
            self.place.in_handler = around.1;
            let end = self.state();
            self.restore(&done);
            if done.1 && end.1 {
                continue;
            }
            self.join(&end);
            done = self.state();
        }
        self.restore(&done);
        if !stmt_try.finalbody.is_empty() {
            self.block(&stmt_try.finalbody);
        }
    }

    fn function_def(&mut self, def: &'a ast::StmtFunctionDef, stmt: &'a Stmt) {
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
            is_static: decorated(&["staticmethod"]),
            is_property: decorated(&["property", "cached_property"]),
            is_generator: false,
            returns: Vec::new(),
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

    fn function_body(&mut self, next: &Deferred<'a>) {
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
        for name in &next.type_parameters {
            self.bind(name, Region::default(), DefKind::Opaque);
        }
        self.bind_parameters(next.function);
        self.block(next.body);
        self.pop_frame();
    }

    fn class_def(&mut self, def: &'a ast::StmtClassDef, stmt: &'a Stmt) {
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
        let is_dataclass = decorators.iter().any(|expr| {
            let name = match expr {
                Expr::Call(call) => &call.func,
                other => *other,
            };
            match name {
                Expr::Name(name) => {
                    name.id.contains("dataclass") || matches!(name.id.as_str(), "define" | "frozen" | "s")
                }
                Expr::Attribute(attribute) => {
                    attribute.attr.contains("dataclass") || matches!(attribute.attr.as_str(), "define" | "frozen" | "s")
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

    fn note_return(&mut self, value: &'a Expr) {
        if let ScopeKind::Function(function) = self.frame().kind {
            self.model.functions[function as usize].returns.push(value);
        }
    }

    fn note_self_attribute(&mut self, name: &str, attribute: &'a str, value: &'a Expr) {
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

    fn note_field(&mut self, target: &'a Expr, value: Option<&'a Expr>) {
        if let (ScopeKind::Class(class), Expr::Name(name)) = (self.frame().kind, target) {
            self.model.classes[class as usize].fields.push((name.id.as_str(), value));
        }
    }

    // Expressions.

    fn exprs(&mut self, list: impl IntoIterator<Item = &'a Expr>) {
        for expr in list {
            self.expr(expr);
        }
    }

    fn hand_on(&mut self, value: &'a Expr, how: Handing<'a>) {
        match value {
            Expr::Name(_) | Expr::Attribute(_) | Expr::Call(_) | Expr::Subscript(_) => {
                if matches!((value, how), (Expr::Call(_), Handing::Alias)) {
                    return;
                }
                let place = self.place;
                self.model.handings.push(HandingSite { value, how, place });
            }
            Expr::If(ternary) if !matches!(how, Handing::Alias) => {
                self.hand_on(&ternary.body, how);
                self.hand_on(&ternary.orelse, how);
            }
            Expr::BoolOp(bool_op) if !matches!(how, Handing::Alias) => {
                bool_op.values.iter().for_each(|value| self.hand_on(value, how));
            }
            Expr::Starred(starred) => self.hand_on(&starred.value, how),
            Expr::Tuple(ast::ExprTuple { elts, .. })
            | Expr::List(ast::ExprList { elts, .. })
            | Expr::Set(ast::ExprSet { elts, .. }) => {
                // Entries of a collection that is an argument answer to that call; others were noted on their own.
                if let Handing::Argument(call) = how {
                    elts.iter().for_each(|item| self.hand_on(item, Handing::EntryOfArgument(call)));
                }
            }
            _ => {}
        }
    }

    fn entries(&mut self, items: impl IntoIterator<Item = &'a Expr>) {
        for item in items {
            self.hand_on(item, Handing::Entry);
        }
    }

    fn expr(&mut self, expr: &'a Expr) {
        if self.too_deep(region(expr)) {
            return;
        }
        self.depth += 1;
        self.expr_inside(expr);
        self.depth -= 1;
    }

    fn expr_inside(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) => self.use_name(name),
            Expr::Call(call) => self.call(call),
            Expr::Attribute(attribute) => {
                self.note_word(attribute.attr.as_str());
                self.expr(&attribute.value);
            }
            Expr::BoolOp(bool_op) => self.exprs(&bool_op.values),
            Expr::Named(named) => {
                self.expr(&named.value);
                let value = &*named.value;
                self.bind_target(&named.target, &mut Vec::new(), &|unpack| DefKind::Value { value, unpack });
            }
            Expr::BinOp(_) => {
                // Chains of operators lean left and can be long: go down the left side without recursion.
                let mut left = expr;
                let mut rights = Vec::new();
                while let Expr::BinOp(binary) = left {
                    rights.push(&*binary.right);
                    left = &binary.left;
                }
                self.expr(left);
                self.exprs(rights.into_iter().rev());
            }
            Expr::UnaryOp(unary) => self.expr(&unary.operand),
            Expr::Lambda(lambda) => self.lambda(lambda),
            Expr::If(ternary) => {
                self.expr(&ternary.test);
                self.expr(&ternary.body);
                self.expr(&ternary.orelse);
            }
            Expr::Dict(dict) => {
                for item in &dict.items {
                    self.exprs(item.key.as_ref());
                    self.expr(&item.value);
                    if item.key.is_some() {
                        self.hand_on(&item.value, Handing::Entry);
                    }
                }
            }
            Expr::Set(set) => {
                self.exprs(&set.elts);
                self.entries(&set.elts);
            }
            Expr::List(list) => {
                self.exprs(&list.elts);
                self.entries(&list.elts);
            }
            Expr::Tuple(tuple) => {
                self.exprs(&tuple.elts);
                self.entries(&tuple.elts);
            }
            Expr::ListComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::SetComp(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::Generator(comp) => self.comprehension(&comp.generators, &[&comp.elt]),
            Expr::DictComp(comp) => match comp.key.as_deref() {
                Some(key) => self.comprehension(&comp.generators, &[key, &comp.value]),
                None => self.comprehension(&comp.generators, &[&comp.value]),
            },
            Expr::Await(inner) => self.expr(&inner.value),
            Expr::Yield(inner) => {
                self.mark_generator();
                if let Some(value) = inner.value.as_deref() {
                    self.expr(value);
                    self.hand_on(value, Handing::Entry);
                    self.note_return(value);
                }
            }
            Expr::YieldFrom(inner) => {
                self.mark_generator();
                self.expr(&inner.value);
            }
            Expr::Compare(compare) => {
                self.expr(&compare.left);
                self.exprs(&compare.comparators);
            }
            Expr::FString(string) => {
                for part in string.value.elements() {
                    self.interpolated(part);
                }
            }
            Expr::TString(string) => {
                for part in string.value.elements() {
                    self.interpolated(part);
                }
            }
            Expr::Subscript(subscript) => {
                self.expr(&subscript.value);
                self.expr(&subscript.slice);
            }
            Expr::Starred(starred) => self.expr(&starred.value),
            Expr::Slice(slice) => {
                let parts = [slice.lower.as_deref(), slice.upper.as_deref(), slice.step.as_deref()];
                self.exprs(parts.into_iter().flatten());
            }
            Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_)
            | Expr::IpyEscapeCommand(_) => {}
        }
    }

    /// A value that is taken apart at once: its parts get names of their own and are no entries of a table.
    fn unpacked(&mut self, value: &'a Expr) {
        match value {
            Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
                elts.iter().for_each(|item| self.unpacked(item));
            }
            other => self.expr(other),
        }
    }

    /// A lambda is called by the name it is given.
    fn name_lambda(&mut self, lambda: &ast::ExprLambda, name: &'a str) {
        if let Some(&id) = self.model.lambdas.get(&region(lambda).start) {
            self.model.functions[id as usize].name = name;
        }
    }

    fn mark_generator(&mut self) {
        if let ScopeKind::Function(function) = self.frame().kind {
            self.model.functions[function as usize].is_generator = true;
        }
    }

    fn interpolated(&mut self, part: &'a ast::InterpolatedStringElement) {
        if let ast::InterpolatedStringElement::Interpolation(element) = part {
            self.expr(&element.expression);
            if let Some(spec) = &element.format_spec {
                for inner in &spec.elements {
                    self.depth += 1;
                    if !self.too_deep(region(element)) {
                        self.interpolated(inner);
                    }
                    self.depth -= 1;
                }
            }
        }
    }

    fn call(&mut self, call: &'a ExprCall) {
        // Chains of calls lean left: `a.b().c().d()`.
        self.expr(&call.func);
        let place = self.place;
        self.model.calls.push(CallSite { call, place });
        for argument in &call.arguments.args {
            self.expr(argument);
            self.hand_on(argument, Handing::Argument(call));
        }
        for keyword in &call.arguments.keywords {
            self.expr(&keyword.value);
            self.hand_on(&keyword.value, Handing::Argument(call));
        }
        self.set_attribute(call);
    }

    /// `setattr(module, "name", value)` stores as `module.name = value` does.
    fn set_attribute(&mut self, call: &'a ExprCall) {
        if let (Expr::Name(name), [_, _, value]) = (&*call.func, &*call.arguments.args)
            && name.id.as_str() == "setattr"
        {
            let (place, target) = (self.place, &*call.func);
            self.model.stores.push(StoreSite { target, value, region: region(call), place });
        }
    }

    fn lambda(&mut self, lambda: &'a ast::ExprLambda) {
        let list = lambda.parameters.as_deref();
        if let Some(list) = list {
            self.parameter_exprs(list);
        }
        let function = Function {
            name: "<lambda>",
            region: region(lambda),
            parameters: list.map(parameters).unwrap_or_default(),
            class: None,
            is_static: true,
            is_property: false,
            is_generator: false,
            returns: vec![&*lambda.body],
            decorators: Vec::new(),
        };
        let id = self.model.functions.len() as FunctionId;
        let names = function.parameters.iter().map(|p| p.name).collect();
        self.model.functions.push(function);
        self.model.lambdas.insert(region(lambda).start, id);
        let names = BoundNames { bound: names, ..BoundNames::default() };
        let around = self.place;
        self.place.block = self.new_block();
        self.push_frame(ScopeKind::Function(id), names, None);
        self.bind_parameters(id);
        self.expr(&lambda.body);
        self.hand_on(&lambda.body, Handing::Entry);
        self.pop_frame();
        self.place = around;
    }

    fn comprehension(&mut self, generators: &'a [ast::Comprehension], results: &[&'a Expr]) {
        let Some((first, _)) = generators.split_first() else { return };
        self.expr(&first.iter);
        let mut names = BoundNames::default();
        for generator in generators {
            super::bound::target_names(&generator.target, &mut names.bound);
        }
        self.push_frame(ScopeKind::Comprehension, names, None);
        for (index, generator) in generators.iter().enumerate() {
            let iterable = &generator.iter;
            if index > 0 {
                self.expr(iterable);
            }
            self.bind_target(&generator.target, &mut Vec::new(), &|unpack| DefKind::ItemOf { iterable, unpack });
            self.exprs(&generator.ifs);
        }
        for &result in results {
            self.expr(result);
        }
        if let Some(&value) = results.last() {
            self.hand_on(value, Handing::Entry);
        }
        self.pop_frame();
    }
}
