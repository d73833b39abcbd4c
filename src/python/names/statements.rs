//! Statements in the order they run.

use ruff_python_ast::{Expr, Operator, Stmt};

use super::Builder;
use crate::python::model::{DefKind, Handing, Key, Loop, ScopeKind, StoreSite};
use crate::python::parse::region;
use crate::text::Region;

impl<'a> Builder<'a, '_> {
    pub(super) fn block(&mut self, body: &'a [Stmt]) {
        if self.too_deep(body.first().map_or(Region::default(), region)) {
            return;
        }
        self.depth += 1;
        for stmt in body {
            self.stmt(stmt);
        }
        self.depth -= 1;
    }

    pub(super) fn too_deep(&mut self, at: Region) -> bool {
        if self.depth >= self.max_depth {
            self.model.cut_at.get_or_insert(at);
            return true;
        }
        false
    }

    /// Notes the header of a compound statement, up to its first inner statement.
    pub(super) fn header(&mut self, stmt: &'a Stmt, end: Option<u32>) {
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
                self.frame().returned = true;
                self.exit(stmt);
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
                    let body = this.inner_block(&stmt_for.body);
                    this.model.loops.push(Loop { region: region(stmt), test: None, body });
                });
                self.inner_block(&stmt_for.orelse);
            }
            Stmt::While(stmt_while) => {
                self.header(stmt, stmt_while.body.first().map(|first| region(first).start));
                self.looped(|this| {
                    this.expr(&stmt_while.test);
                    let body = this.inner_block(&stmt_while.body);
                    this.model.loops.push(Loop { region: region(stmt), test: Some(&stmt_while.test), body });
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
                self.exit(stmt);
                let state = self.state();
                let frame = self.frame();
                if let (Some(exits), false) = (frame.loops.last_mut(), state.1) {
                    exits.push(state);
                    frame.dead = true;
                }
            }
            Stmt::IpyEscapeCommand(command) => self.model.commands.push((command, self.place)),
            Stmt::Global(_) | Stmt::Nonlocal(_) | Stmt::Pass(_) => {}
        }
    }

    fn exit(&mut self, stmt: &'a Stmt) {
        let block = self.place.block;
        self.model.exits.push((region(stmt), block));
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
}
