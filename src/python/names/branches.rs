//! Ways that part and join: what reaches a place after `if`, loops, `match` and `try`.

use std::rc::Rc;

use ruff_python_ast::{self as ast, BoolOp, CmpOp, ExceptHandler, Expr, ExprCall, Pattern, Stmt, UnaryOp};

use super::{Builder, State};
use crate::python::model::{Block, BlockId, CaseGuard, DefId, DefKind, Guard, Refinement, SetId};
use crate::python::parse::region;
use crate::python::values::callee_leaf;
use crate::text::Region;

impl<'a> Builder<'a, '_> {
    pub(super) fn state(&mut self) -> State {
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

    pub(super) fn new_block(&mut self) -> BlockId {
        let parent = Some(self.place.block);
        self.model.blocks.push(Block { parent });
        self.model.blocks.len() as BlockId - 1
    }

    /// Walks `body` as a block of its own.
    pub(super) fn inner_block(&mut self, body: &'a [Stmt]) -> BlockId {
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
    pub(super) fn looped(&mut self, walk: impl FnOnce(&mut Self)) {
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
    pub(super) fn refine(&mut self, test: &'a Expr, held: bool) {
        let (how, name) = match test {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => return self.refine(&unary.operand, !held),
            Expr::BoolOp(bool_op) if (bool_op.op == BoolOp::And) == held => {
                return bool_op.values.iter().for_each(|value| self.refine(value, held));
            }
            Expr::Call(call) if held && let Some(name) = existing(call) => (Refinement::Local, name),
            Expr::Name(name) => (if held { Refinement::Truthy } else { Refinement::Falsy }, name),
            // `if (flag := …):`
            Expr::Named(named) => return self.refine(&named.target, held),
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

    /// `a if test else b`
    pub(super) fn ternary(&mut self, ternary: &'a ast::ExprIf) {
        self.expr(&ternary.test);
        let start = matches!(&*ternary.test, Expr::Call(call) if existing(call).is_some()).then(|| self.state());
        if start.is_some() {
            self.refine(&ternary.test, true);
        }
        self.ternary_branch(&ternary.test, &ternary.body, true);
        if let Some(start) = start {
            self.restore(&start);
        }
        self.ternary_branch(&ternary.test, &ternary.orelse, false);
    }

    pub(super) fn if_stmt(&mut self, stmt_if: &'a ast::StmtIf, stmt: &'a Stmt) {
        self.header(stmt, stmt_if.body.first().map(|first| region(first).start));
        self.expr(&stmt_if.test);
        let start = self.state();
        self.refine(&stmt_if.test, true);
        let then = self.inner_block(&stmt_if.body);
        self.guard(&stmt_if.test, then, true, None);
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
                self.guard(test, block, true, None);
                let end = self.state();
                self.restore(&done);
                self.join(&end);
                done = self.state();
                self.restore(&before);
                self.refine(test, false);
            } else {
                has_else = true;
                let block = self.inner_block(&clause.body);
                self.guard(&stmt_if.test, block, false, None);
                // `if ok: … else: raise` is certain of `ok` afterwards.
                if self.state().1 && !done.1 && stmt_if.elif_else_clauses.len() == 1 {
                    let here = self.place.block;
                    self.guard(&stmt_if.test, here, true, Some(region(stmt_if).end));
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
            self.guard(&stmt_if.test, here, false, Some(region(stmt_if).end));
        }
    }

    /// One side of `a if test else b`: a block of its own, certain of the outcome though `a` stands before the test.
    fn ternary_branch(&mut self, test: &'a Expr, value: &'a Expr, holds: bool) {
        let block = self.new_block();
        let before = std::mem::replace(&mut self.place.block, block);
        self.expr(value);
        self.place.block = before;
        self.guard(test, block, holds, Some(region(value).start));
    }

    /// In a block of its own the outcome holds from the test on; in the present one, and in a ternary, from `from` on.
    fn guard(&mut self, test: &'a Expr, block: BlockId, holds: bool, from: Option<u32>) {
        let scope = self.place.scope;
        let region = region(test);
        let may_be_skipped = self.frame().returned;
        let from = from.unwrap_or(region.end);
        self.model.guards.push(Guard { test, block, holds, from, scope, region, may_be_skipped });
    }

    pub(super) fn match_stmt(&mut self, stmt_match: &'a ast::StmtMatch, stmt: &'a Stmt) {
        self.header(stmt, stmt_match.cases.first().map(|case| region(case).start));
        self.expr(&stmt_match.subject);
        let start = self.state();
        let mut done: Option<State> = None;
        let mut exhaustive = false;
        let mut patterns = Vec::new();
        for case in &stmt_match.cases {
            self.restore(&start);
            self.pattern(&case.pattern);
            self.place.statement =
                Region::new(region(case).start, case.body.first().map_or(region(case).end, |s| region(s).start));
            self.exprs(case.guard.as_deref());
            let block = self.inner_block(&case.body);
            self.case_guard(stmt_match, vec![&case.pattern], block, region(&case.pattern));
            if let Some(guard) = case.guard.as_deref() {
                self.guard(guard, block, true, None);
            }
            if !self.frame().dead {
                patterns.push(&case.pattern);
            }
            exhaustive |= case.guard.is_none() && case.pattern.is_irrefutable();
            if let Some(done) = &done {
                self.join(done);
            }
            done = Some(self.state());
        }
        if let (Some(done), true) = (&done, exhaustive) {
            self.restore(done);
            // Where all other cases leave, one of these is certain afterwards.
            let here = self.place.block;
            self.case_guard(stmt_match, patterns, here, region(stmt));
        } else {
            self.restore(&start);
            if let Some(done) = &done {
                self.join(done);
            }
        }
    }

    fn case_guard(&mut self, of: &'a ast::StmtMatch, patterns: Vec<&'a Pattern>, block: BlockId, region: Region) {
        let (subject, scope) = (&*of.subject, self.place.scope);
        self.model.cases.push(CaseGuard { subject, patterns, block, scope, region });
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

    pub(super) fn try_stmt(&mut self, stmt_try: &'a ast::StmtTry, stmt: &'a Stmt) {
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
            // They stand in the order in which they were made.
            let made: Vec<_> = all.iter().rev().copied().take_while(|&def| def >= first_def).collect();
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

/// The name of which `call` asks whether a file or folder is there: `os.path.isdir(name)`, `Path(name).exists()`, or whether
/// something is in the folder, `os.path.exists(os.path.join(name, "config.json"))`.
fn existing(call: &ExprCall) -> Option<&ast::ExprName> {
    let is_question = |leaf: &str| matches!(leaf, "isdir" | "exists" | "isfile" | "lexists");
    match (&*call.func, &*call.arguments.args) {
        (Expr::Attribute(of), []) if matches!(of.attr.as_str(), "exists" | "is_dir" | "is_file") => match &*of.value {
            Expr::Call(path) if callee_leaf(&path.func) == Some("Path") => path_of(path.arguments.args.first()?),
            _ => None,
        },
        (Expr::Attribute(of), [path]) if is_question(of.attr.as_str()) => {
            let of_paths = callee_leaf(&of.value).is_some_and(|base| matches!(base, "path" | "osp" | "os_path"));
            if of_paths { path_of(path) } else { None }
        }
        (Expr::Name(name), [path]) if matches!(name.id.as_str(), "isdir" | "isfile") => path_of(path),
        _ => None,
    }
}

/// `name`, or the first part of `os.path.join(name, "part")`, `str(name)`.
fn path_of(mut path: &Expr) -> Option<&ast::ExprName> {
    for _ in 0..4 {
        path = match path {
            Expr::Name(name) => return Some(name),
            Expr::Call(call) if matches!(callee_leaf(&call.func), Some("join" | "str" | "expanduser" | "fspath")) => {
                call.arguments.args.first()?
            }
            _ => return None,
        };
    }
    None
}
