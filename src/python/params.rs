//! What a parameter can hold: its default, and what the callers in the file pass.
//!
//! A default decides when nobody in the file passes anything else: calling the function as it stands is then safe or
//! not. A caller's choice is kept with the place of that call (`Alt::decided_at`), because that is where the finding
//! belongs. Without a default and without callers anything may come.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall, Keyword};

use super::model::{ClassId, DefId, FunctionId, ParameterKind};
use super::parse::region;
use super::thing::{Dict, Rest, Slot, Thing, Val, Why, local, one};
use super::values::{Resolver, callee_leaf};

/// More callers than this are not asked.
const MAX_CALLERS: usize = 24;

/// What one call passes for one parameter.
enum Passed<'a> {
    /// Nothing: the default holds.
    Nothing,
    /// This expression.
    Expr(&'a Expr),
    /// What a spread dictionary holds.
    Value(Val<'a>),
    /// Perhaps something, by `*x` or `**x`.
    Perhaps,
}

fn makes_objects(method: &str) -> bool {
    matches!(method, "__init__" | "__new__")
}

/// What fills fields besides the program itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filled {
    /// The body of a request, a file: objects come ready made.
    FromData,
    /// Environment variables, at each construction.
    ByEnvironment,
}

/// `@app.command()`, `@command("name")` of click and typer.
fn is_command(decorator: &Expr) -> bool {
    let function = match decorator {
        Expr::Call(call) => &*call.func,
        other => other,
    };
    callee_leaf(function) == Some("command")
}

/// `@app.get("/path")`: whoever asks for the page gives the parameters.
fn is_route(decorator: &Expr) -> bool {
    let Expr::Call(call) = decorator else { return false };
    let (Expr::Attribute(method), Some(Expr::StringLiteral(path))) = (&*call.func, call.arguments.args.first()) else {
        return false;
    };
    let methods = ["get", "post", "put", "patch", "delete", "route", "api_route", "websocket"];
    methods.contains(&method.attr.as_str()) && path.value.to_str().starts_with('/')
}

impl<'a> Resolver<'a, '_> {
    pub(super) fn parameter(&self, def: DefId, id: FunctionId, index: usize) -> Val<'a> {
        let function = &self.model.functions[id as usize];
        let parameter = &function.parameters[index];
        if let (Some(class), 0, false) = (function.class, index, function.is_static) {
            let is_class = parameter.name == "cls"
                || function.decorators.iter().any(|expr| match expr {
                    Expr::Name(name) => name.id.as_str() == "classmethod",
                    _ => false,
                });
            let thing = if is_class { Thing::Class(class) } else { Thing::Instance { class, made_by: None } };
            return one(thing);
        }
        match parameter.kind {
            ParameterKind::Keywords => return one(Thing::Dict(Rc::new(self.given_keywords(def, id)))),
            ParameterKind::Rest => return one(Thing::Unknown),
            ParameterKind::Positional | ParameterKind::KeywordOnly => {}
        }
        let mut parts = Vec::new();
        if let Some(default) = parameter.default {
            let value = self.handed(&self.eval(default));
            parts.push(self.linked(&value, parameter.region, Why::Default(def)));
        }
        for (call, skipped) in self.callers_of(id) {
            let value = match self.passed(call, skipped, id, index) {
                Passed::Nothing => continue,
                Passed::Expr(expr) => self.eval(expr),
                Passed::Value(value) => value,
                Passed::Perhaps if parameter.default.is_some() => continue,
                Passed::Perhaps => one(Thing::Unknown),
            };
            parts.push(self.decided_by(call, def, &self.handed(&value)));
        }
        // The operator gives the parameters of a command, `@app.command()`.
        if function.decorators.iter().any(|decorator| is_command(decorator) || is_route(decorator)) {
            parts.push(one(Thing::Unknown));
        }
        let says_nothing =
            || parts.iter().all(|part| part.iter().all(|alt| matches!(alt.thing, Thing::None | Thing::Unknown)));
        match parameter.annotation {
            Some(annotation) if says_nothing() && self.is_path(annotation, 0) => parts = vec![local("")],
            Some(annotation) if says_nothing() => parts.extend(self.instance_of(annotation, 0)),
            _ => {}
        }
        if parts.is_empty() { one(Thing::Unknown) } else { self.union(parts) }
    }

    /// What `**kwargs` of a function holds: what the callers in the file give beyond its parameters, or nothing. Only
    /// what rules ask for is looked at.
    fn given_keywords(&self, def: DefId, id: FunctionId) -> Dict<'a> {
        let function = &self.model.functions[id as usize];
        let asked = |keyword: &&'a Keyword| {
            keyword.arg.as_ref().is_some_and(|name| {
                self.vocabulary.has_argument(name.as_str())
                    && !function.parameters.iter().any(|parameter| parameter.name == name.as_str())
            })
        };
        let mut given: Vec<(&'a str, Val<'a>)> = Vec::new();
        let gives = |call: &'a ExprCall| call.arguments.keywords.iter().any(|keyword| asked(&keyword));
        for (call, _) in self.callers_where(id, gives) {
            for keyword in call.arguments.keywords.iter().filter(asked) {
                let Some(name) = &keyword.arg else { continue };
                given.push((name.as_str(), self.decided_by(call, def, &self.handed(&self.eval(&keyword.value)))));
            }
        }
        let mut entries: Vec<(Rc<str>, Slot<'a>)> = Vec::new();
        for (name, _) in &given {
            if !entries.iter().any(|(known, _)| **known == **name) {
                let all = given.iter().filter(|(other, _)| other == name).map(|(_, value)| Rc::clone(value));
                entries.push(((*name).into(), Slot::Val(self.union(all.chain([one(Thing::Absent)])))));
            }
        }
        Dict { entries, rest: Rest::FromCaller }
    }

    /// What a call gives for a parameter, with its place.
    fn decided_by(&self, call: &'a ExprCall, def: DefId, value: &Val<'a>) -> Val<'a> {
        let decided = value.iter().map(|alt| {
            let mut alt = alt.clone().linked(region(call), Why::Argument(def));
            alt.decided_at.get_or_insert(region(call));
            alt
        });
        decided.collect()
    }

    /// The name by which a function is called; `__init__` by that of its class.
    fn called_as(&self, id: FunctionId) -> &'a str {
        let function = &self.model.functions[id as usize];
        match function.class {
            Some(class) if makes_objects(function.name) => self.model.classes[class as usize].name,
            _ => function.name,
        }
    }

    /// The calls in the file that call this function (or, of `__init__`, make an object of its class).
    ///
    /// A function handed on with its arguments, `submit(f, x, safe=False)`, is called too: the number tells how many
    /// arguments of the call are not its own.
    fn callers_of(&self, id: FunctionId) -> Vec<(&'a ExprCall, usize)> {
        self.callers_where(id, |_| true)
    }

    /// Those of its calls for which `test` says yes; the others are not worked out.
    fn callers_where(&self, id: FunctionId, test: impl Fn(&'a ExprCall) -> bool) -> Vec<(&'a ExprCall, usize)> {
        let function = &self.model.functions[id as usize];
        let makes = makes_objects(function.name);
        let name = self.called_as(id);
        let calls = self.calls_named(name).take(MAX_CALLERS);
        let is_it = |expr: &'a Expr| {
            self.eval(expr).iter().any(|alt| match alt.thing {
                Thing::Function(callee) | Thing::Method(callee) => callee == id,
                Thing::Class(class) => makes && function.class == Some(class),
                _ => false,
            })
        };
        let direct = calls.filter(|call| test(call) && is_it(&call.func)).map(|call| (call, 0));
        let handed = self.handed_calls.get(name).into_iter().flatten().take(MAX_CALLERS);
        let handed = handed.map(|&(index, position)| (self.model.calls[index].call, position));
        let handed = handed.filter(|(call, position)| test(call) && is_it(&call.arguments.args[*position]));
        direct.chain(handed.map(|(call, position)| (call, position + 1))).collect()
    }

    /// What the callers in the file pass for one parameter.
    pub(super) fn arguments_for(&self, id: FunctionId, index: usize) -> Vec<(&'a ExprCall, &'a Expr)> {
        let callers = self.callers_of(id).into_iter();
        let each = callers.filter_map(|(call, skipped)| match self.passed(call, skipped, id, index) {
            Passed::Expr(expr) => Some((call, expr)),
            Passed::Nothing | Passed::Value(_) | Passed::Perhaps => None,
        });
        each.collect()
    }

    /// The expression that one call of a function gives for one of its parameters.
    pub(super) fn argument_of(&self, call: &'a ExprCall, id: FunctionId, index: usize) -> Option<&'a Expr> {
        match self.passed(call, 0, id, index) {
            Passed::Expr(expr) => Some(expr),
            Passed::Nothing | Passed::Value(_) | Passed::Perhaps => None,
        }
    }

    fn passed(&self, call: &'a ExprCall, skipped: usize, id: FunctionId, index: usize) -> Passed<'a> {
        let function = &self.model.functions[id as usize];
        let parameter = &function.parameters[index];
        let callee = if skipped == 0 { &*call.func } else { &call.arguments.args[skipped - 1] };
        let bound = function.class.is_some()
            && !function.is_static
            && !self.eval(callee).iter().any(|alt| {
                // `Class.method(object, …)` passes the object itself.
                matches!(alt.thing, Thing::Function(_)) && matches!(callee, Expr::Attribute(_))
            });
        // `map(f, xs)` hands items over, `submit(f, x)` hands over `x`.
        let in_order = skipped == 0
            || callee_leaf(&call.func).is_some_and(|leaf| {
                matches!(
                    leaf,
                    "submit"
                        | "to_thread"
                        | "partial"
                        | "run_in_executor"
                        | "run_sync"
                        | "apply"
                        | "apply_async"
                        | "call_soon"
                )
            });
        let position = index.checked_sub(usize::from(bound)).filter(|_| in_order);
        if let (ParameterKind::Positional, Some(position)) = (parameter.kind, position) {
            let mut given: Vec<&'a Expr> = Vec::new();
            for argument in call.arguments.args.iter().skip(skipped) {
                match argument {
                    Expr::Starred(starred) => match &*self.eval(&starred.value) {
                        [super::thing::Alt { thing: Thing::Items(items), .. }] => given.extend(items.iter()),
                        _ if given.len() <= position => return Passed::Perhaps,
                        _ => break,
                    },
                    argument => given.push(argument),
                }
            }
            if let Some(argument) = given.get(position) {
                return Passed::Expr(argument);
            }
        }
        self.passed_by_name(call, parameter.name)
    }

    fn passed_by_name(&self, call: &'a ExprCall, name: &str) -> Passed<'a> {
        let mut perhaps = false;
        for keyword in &call.arguments.keywords {
            match &keyword.arg {
                Some(arg) if arg.as_str() == name => return Passed::Expr(&keyword.value),
                Some(_) => {}
                None => {
                    let mut dict = Dict { entries: Vec::new(), rest: Rest::Nothing };
                    self.spread(&mut dict, &keyword.value);
                    if let Some(slot) = self.entry(&dict, name) {
                        return Passed::Value(self.slot(slot));
                    }
                    perhaps |= dict.rest == Rest::Anything;
                }
            }
        }
        if perhaps { Passed::Perhaps } else { Passed::Nothing }
    }

    /// Whether an annotation admits nothing but paths of the file system: `Path`, `Annotated[Path, …]`, `Path | None`.
    fn is_path(&self, annotation: &'a Expr, level: u32) -> bool {
        match annotation {
            Expr::Name(_) | Expr::Attribute(_) => {
                let is_path = |name: &Rc<str>| name.starts_with("pathlib.");
                let names = self.names(annotation);
                !names.is_empty() && names.iter().all(is_path)
            }
            Expr::BinOp(binary) => {
                binary.right.is_none_literal_expr() && level < 3 && self.is_path(&binary.left, level + 1)
            }
            Expr::Subscript(subscript) => match (callee_leaf(&subscript.value), &*subscript.slice) {
                (Some("Annotated"), Expr::Tuple(tuple)) => {
                    level < 3 && tuple.elts.first().is_some_and(|first| self.is_path(first, level + 1))
                }
                (Some("Optional"), inner) => level < 3 && self.is_path(inner, level + 1),
                _ => false,
            },
            _ => false,
        }
    }

    /// What an annotation tells: an object of that class.
    fn instance_of(&self, annotation: &'a Expr, level: u32) -> Option<Val<'a>> {
        let inner = match annotation {
            // A forward reference, `"Config"`.
            Expr::StringLiteral(name) => {
                let value = self.module_name(name.value.to_str());
                let things: Val<'a> = value
                    .iter()
                    .filter_map(|alt| match &alt.thing {
                        Thing::Named(name) => Some(alt.with(Thing::named(format!("{name}()")))),
                        Thing::Class(class) => Some(alt.with(Thing::Instance { class: *class, made_by: None })),
                        _ => None,
                    })
                    .collect();
                return (!things.is_empty()).then_some(things);
            }
            // `Optional[X]`, `Annotated[X, …]`
            Expr::Subscript(subscript) => match &*subscript.slice {
                Expr::Tuple(tuple) => tuple.elts.first()?,
                other => other,
            },
            // `X | None`
            Expr::BinOp(binary) => &binary.left,
            Expr::Name(_) | Expr::Attribute(_) => {
                let value = self.eval(annotation);
                let things = value.iter().filter_map(|alt| match &alt.thing {
                    Thing::Named(name) if !name.starts_with("builtins.") && !name.starts_with("typing.") => {
                        Some(alt.with(Thing::named(format!("{name}()"))))
                    }
                    Thing::Class(class) => Some(alt.with(Thing::Instance { class: *class, made_by: None })),
                    _ => None,
                });
                let things: Val<'a> = things.collect();
                return (!things.is_empty()).then_some(things);
            }
            _ => return None,
        };
        if level > 3 { None } else { self.instance_of(inner, level + 1) }
    }

    /// A field of a dataclass: its default, and what the calls that make objects pass.
    pub(super) fn field(&self, id: ClassId, name: &str, made_by: Option<&'a ExprCall>) -> Option<Val<'a>> {
        let class = &self.model.classes[id as usize];
        let position = self.metered(class.fields.iter()).position(|(field, _)| *field == name)?;
        if class.attributes.contains_key(name) {
            return None;
        }
        let (_, default) = class.fields[position];
        let default = default.map(|value| self.linked(&self.field_default(value), region(value), Why::Attribute));
        let passed = |call: &'a ExprCall| -> Option<Val<'a>> {
            match call.arguments.args.get(position) {
                Some(Expr::Starred(_)) => return Some(one(Thing::Unknown)),
                Some(argument) if class.is_dataclass => return Some(self.eval(argument)),
                _ => {}
            }
            match self.passed_by_name(call, name) {
                Passed::Nothing => None,
                Passed::Expr(expr) => Some(self.eval(expr)),
                Passed::Value(value) => Some(value),
                Passed::Perhaps => Some(one(Thing::Unknown)),
            }
        };
        let filled = self.filled_by(id);
        let mut parts: Vec<Val<'a>> = default.into_iter().collect();
        if filled == Some(Filled::ByEnvironment) || (filled.is_some() && made_by.is_none()) {
            parts.push(one(Thing::Unknown));
        }
        if let Some(call) = made_by {
            let otherwise = || if parts.is_empty() { one(Thing::Unknown) } else { self.union(parts) };
            return Some(passed(call).unwrap_or_else(otherwise));
        }
        let calls = self.calls_named(class.name).take(MAX_CALLERS);
        for call in calls {
            let makes = self.eval(&call.func).iter().any(|alt| matches!(alt.thing, Thing::Class(class) if class == id));
            if let (true, Some(value)) = (makes, passed(call)) {
                let decided = value.iter().map(|alt| {
                    let mut alt = alt.clone();
                    alt.decided_at.get_or_insert(region(call));
                    alt
                });
                parts.push(decided.collect());
            }
        }
        Some(if parts.is_empty() { one(Thing::Unknown) } else { self.union(parts) })
    }

    /// Who fills the fields of a class of pydantic's besides its defaults and the calls in the file.
    fn filled_by(&self, id: ClassId) -> Option<Filled> {
        let bases = self.imported_bases(id);
        let mut names = bases.iter().filter_map(|base| match base.thing.peeled() {
            Thing::Named(name) if name.starts_with("pydantic") => name.rsplit('.').next(),
            _ => None,
        });
        names.find_map(|leaf| match leaf {
            "BaseSettings" => Some(Filled::ByEnvironment),
            "BaseModel" | "RootModel" => Some(Filled::FromData),
            _ => None,
        })
    }

    /// `field(default=x)` and pydantic's `Field(x)` hold their default.
    fn field_default(&self, value: &'a Expr) -> Val<'a> {
        if let Expr::Call(call) = value {
            let leaf = callee_leaf(&call.func).unwrap_or_default();
            if matches!(leaf, "field" | "Field" | "attrib" | "ib" | "Option" | "Argument") {
                if let Some(keyword) = call.arguments.find_keyword("default") {
                    return self.eval(&keyword.value);
                }
                return match call.arguments.args.first() {
                    Some(first) => self.eval(first),
                    None => one(Thing::Unknown),
                };
            }
        }
        self.eval(value)
    }
}
