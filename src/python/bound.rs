//! Which names a body of statements binds: what Python's compiler finds out before it runs a function.

use ruff_python_ast::statement_visitor::{self, StatementVisitor};
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{self as ast, ExceptHandler, Expr, Pattern, Stmt};
use rustc_hash::FxHashSet;

/// The names one scope binds.
#[derive(Debug, Default)]
pub(super) struct BoundNames<'a> {
    pub(super) bound: Vec<&'a str>,
    pub(super) globals: FxHashSet<&'a str>,
    pub(super) nonlocals: FxHashSet<&'a str>,
}

/// The names `body` binds in its own scope. Expressions are looked through for `:=` only if the text has one.
pub(super) fn bound_names<'a>(body: &'a [Stmt], has_walrus: bool) -> BoundNames<'a> {
    let mut names = BoundNames::default();
    statements(body, &mut names);
    if has_walrus {
        let mut walrus = Walrus { bound: &mut names.bound };
        for stmt in body {
            walrus.visit_stmt(stmt);
        }
    }
    names
}

/// The names that functions and classes anywhere in `body` declare `global`: names of the module, even if nothing else
/// binds them there.
pub(super) fn global_names(body: &[Stmt]) -> Vec<&str> {
    let mut search = Globals(Vec::new());
    body.iter().for_each(|stmt| search.visit_stmt(stmt));
    search.0
}

struct Globals<'a>(Vec<&'a str>);

impl<'a> StatementVisitor<'a> for Globals<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::Global(global) => self.0.extend(global.names.iter().map(|name| name.as_str())),
            other => statement_visitor::walk_stmt(self, other),
        }
    }
}

/// The names an assignment target binds.
pub(super) fn target_names<'a>(target: &'a Expr, bound: &mut Vec<&'a str>) {
    match target {
        Expr::Name(name) => bound.push(name.id.as_str()),
        Expr::Tuple(ast::ExprTuple { elts, .. }) | Expr::List(ast::ExprList { elts, .. }) => {
            elts.iter().for_each(|item| target_names(item, bound));
        }
        Expr::Starred(starred) => target_names(&starred.value, bound),
        _ => {}
    }
}

fn statements<'a>(body: &'a [Stmt], names: &mut BoundNames<'a>) {
    for stmt in body {
        match stmt {
            Stmt::FunctionDef(def) => names.bound.push(def.name.as_str()),
            Stmt::ClassDef(def) => names.bound.push(def.name.as_str()),
            Stmt::Assign(assign) => assign.targets.iter().for_each(|target| target_names(target, &mut names.bound)),
            Stmt::AugAssign(assign) => target_names(&assign.target, &mut names.bound),
            Stmt::AnnAssign(assign) => target_names(&assign.target, &mut names.bound),
            Stmt::Delete(delete) => delete.targets.iter().for_each(|target| target_names(target, &mut names.bound)),
            Stmt::TypeAlias(alias) => target_names(&alias.name, &mut names.bound),
            Stmt::For(stmt) => {
                target_names(&stmt.target, &mut names.bound);
                statements(&stmt.body, names);
                statements(&stmt.orelse, names);
            }
            Stmt::While(stmt) => {
                statements(&stmt.body, names);
                statements(&stmt.orelse, names);
            }
            Stmt::If(stmt) => {
                statements(&stmt.body, names);
                stmt.elif_else_clauses.iter().for_each(|clause| statements(&clause.body, names));
            }
            Stmt::With(stmt) => {
                let targets = stmt.items.iter().filter_map(|item| item.optional_vars.as_deref());
                targets.for_each(|target| target_names(target, &mut names.bound));
                statements(&stmt.body, names);
            }
            Stmt::Match(stmt) => {
                for case in &stmt.cases {
                    pattern_names(&case.pattern, &mut names.bound);
                    statements(&case.body, names);
                }
            }
            Stmt::Try(stmt) => {
                statements(&stmt.body, names);
                for ExceptHandler::ExceptHandler(handler) in &stmt.handlers {
                    names.bound.extend(handler.name.as_ref().map(|name| name.as_str()));
                    statements(&handler.body, names);
                }
                statements(&stmt.orelse, names);
                statements(&stmt.finalbody, names);
            }
            Stmt::Import(import) => {
                let bound = import.names.iter().map(|alias| match &alias.asname {
                    Some(name) => name.as_str(),
                    None => alias.name.as_str().split('.').next().unwrap_or_default(),
                });
                names.bound.extend(bound);
            }
            Stmt::ImportFrom(import) => {
                let bound = import.names.iter().map(|alias| alias.asname.as_ref().unwrap_or(&alias.name).as_str());
                names.bound.extend(bound.filter(|name| *name != "*"));
            }
            Stmt::Global(global) => names.globals.extend(global.names.iter().map(|name| name.as_str())),
            Stmt::Nonlocal(nonlocal) => names.nonlocals.extend(nonlocal.names.iter().map(|name| name.as_str())),
            Stmt::Return(_)
            | Stmt::Raise(_)
            | Stmt::Assert(_)
            | Stmt::Expr(_)
            | Stmt::Pass(_)
            | Stmt::Break(_)
            | Stmt::Continue(_)
            | Stmt::IpyEscapeCommand(_) => {}
        }
    }
}

fn pattern_names<'a>(pattern: &'a Pattern, bound: &mut Vec<&'a str>) {
    match pattern {
        Pattern::MatchValue(_) | Pattern::MatchSingleton(_) => {}
        Pattern::MatchSequence(sequence) => sequence.patterns.iter().for_each(|p| pattern_names(p, bound)),
        Pattern::MatchMapping(mapping) => {
            mapping.patterns.iter().for_each(|p| pattern_names(p, bound));
            bound.extend(mapping.rest.as_ref().map(|name| name.as_str()));
        }
        Pattern::MatchClass(class) => {
            class.arguments.patterns.iter().for_each(|p| pattern_names(p, bound));
            class.arguments.keywords.iter().for_each(|keyword| pattern_names(&keyword.pattern, bound));
        }
        Pattern::MatchStar(star) => bound.extend(star.name.as_ref().map(|name| name.as_str())),
        Pattern::MatchAs(capture) => {
            if let Some(inner) = &capture.pattern {
                pattern_names(inner, bound);
            }
            bound.extend(capture.name.as_ref().map(|name| name.as_str()));
        }
        Pattern::MatchOr(or) => or.patterns.iter().for_each(|p| pattern_names(p, bound)),
    }
}

/// Finds `:=` outside of nested functions; a comprehension's belongs to the scope around it.
struct Walrus<'a, 'b> {
    bound: &'b mut Vec<&'a str>,
}

impl<'a> Visitor<'a> for Walrus<'a, '_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if !matches!(stmt, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
            walk_stmt(self, stmt);
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Named(named) = expr {
            target_names(&named.target, self.bound);
        }
        if !matches!(expr, Expr::Lambda(_)) {
            walk_expr(self, expr);
        }
    }
}
