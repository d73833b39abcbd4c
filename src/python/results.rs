//! What a call gives back: results of known functions, of functions of the file, and of objects that stand for calls.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall};

use super::model::{ClassId, FunctionId};
use super::operators::{joined, with_attributes};
use super::parse::region;
use super::thing::{Alt, Dict, Partial, Rest, Slot, Thing, Val, Why, one};
use super::values::{Question, Resolver, callee_leaf};
use crate::fact::Role;

/// Builtins and library functions that give back (a view or copy of) their first argument.
const SAME_AS_FIRST: [&str; 13] = [
    "copy.copy",
    "copy.deepcopy",
    "builtins.staticmethod",
    "builtins.classmethod",
    "builtins.list",
    "builtins.tuple",
    "builtins.set",
    "builtins.frozenset",
    "builtins.sorted",
    "builtins.reversed",
    "builtins.iter",
    "typing.cast",
    "contextlib.nullcontext",
];

/// Callables that make a mapping, or an object with attributes, from their keywords and first argument.
const MAKES_MAPPING: [&str; 10] = [
    "builtins.dict",
    "collections.OrderedDict",
    "types.SimpleNamespace",
    "types.MappingProxyType",
    "argparse.Namespace",
    "easydict.EasyDict",
    "addict.Dict",
    "box.Box",
    "omegaconf.OmegaConf.create",
    "ml_collections.ConfigDict",
];

impl<'a> Resolver<'a, '_> {
    /// What `call` gives.
    pub(super) fn call(&self, call: &'a ExprCall) -> Val<'a> {
        if let Expr::Attribute(attribute) = &*call.func {
            let base = with_attributes(self.eval(&attribute.value));
            if let Some(value) = self.method_result(&base, attribute.attr.as_str(), call) {
                return value;
            }
            let callee = self.flat_map(&base, |alt| self.attribute(alt, attribute.attr.as_str()));
            return self.flat_map(&callee, |alt| self.result(alt, call));
        }
        let callee = self.eval(&call.func);
        self.flat_map(&callee, |alt| self.result(alt, call))
    }

    fn result(&self, alt: &Alt<'a>, call: &'a ExprCall) -> Val<'a> {
        match alt.thing.peeled() {
            Thing::Named(name) => self.named_result(alt, name, call),
            Thing::Function(function) | Thing::Method(function) => {
                let name = self.model.functions[*function as usize].name;
                self.imported(name, call).unwrap_or_else(|| self.returned(*function))
            }
            Thing::Class(class) if self.is_typed_dict(*class) => self.mapping(call),
            Thing::Class(class) => {
                let name = self.model.classes[*class as usize].name;
                let instance = || Rc::from([alt.with(Thing::Instance { class: *class, made_by: Some(call) })]);
                self.imported(name, call).unwrap_or_else(instance)
            }
            Thing::Partial(partial) => self.flat_map(&partial.function, |inner| match inner.thing.peeled() {
                Thing::Named(name) => one(Thing::below(name, "()")),
                Thing::Function(function) | Thing::Method(function) => self.returned(*function),
                Thing::Class(class) => one(Thing::Instance { class: *class, made_by: None }),
                _ => one(Thing::Unknown),
            }),
            Thing::AttributeGetter(path) => match call.arguments.args.first() {
                Some(object) => {
                    let mut value = self.eval(object);
                    for part in path.split('.') {
                        value = self.flat_map(&value, |alt| self.attribute(alt, part));
                    }
                    value
                }
                None => one(Thing::Unknown),
            },
            Thing::LocalPath(end) => one(Thing::LocalPath(Rc::clone(end))),
            _ => one(Thing::Unknown),
        }
    }

    /// `class Options(TypedDict)`: a dictionary under another name.
    fn is_typed_dict(&self, class: ClassId) -> bool {
        self.model.classes[class as usize].bases.iter().any(|base| callee_leaf(base) == Some("TypedDict"))
    }

    fn named_result(&self, alt: &Alt<'a>, name: &Rc<str>, call: &'a ExprCall) -> Val<'a> {
        let args = &call.arguments.args;
        let first = args.first();
        match &**name {
            "builtins.getattr" => return self.getattr(call),
            "builtins.bool" => {
                if let Some(first) = first {
                    return self.truth(first).map_or_else(|| one(Thing::Unknown), |truth| one(Thing::Bool(truth)));
                }
            }
            // `True` or `False`, whichever.
            "builtins.isinstance"
            | "builtins.issubclass"
            | "builtins.hasattr"
            | "builtins.callable"
            | "builtins.any"
            | "builtins.all" => return one(Thing::Unknown),
            "builtins.str" | "builtins.int" | "os.fspath" => {
                if let Some(first) = first {
                    let value = self.eval(first);
                    return self.flat_map(&value, |alt| match &alt.thing {
                        Thing::Text(_)
                        | Thing::PartialText { .. }
                        | Thing::LocalPath(_)
                        | Thing::Number { .. }
                        | Thing::UnknownOf { .. } => Rc::from([alt.clone()]),
                        _ => one(Thing::Unknown),
                    });
                }
            }
            "builtins.__import__" | "importlib.import_module" | "importlib.__import__" => {
                let package =
                    args.get(1).or_else(|| call.arguments.find_keyword("package").map(|keyword| &keyword.value));
                let package =
                    package.filter(|_| name.ends_with("import_module")).and_then(|package| self.text_of(package));
                let whole = !name.ends_with("__import__")
                    || args.len() > 3
                    || call.arguments.find_keyword("fromlist").is_some();
                let modules = first.map_or_else(|| one(Thing::Unknown), |first| self.eval(first));
                return self.flat_map(&modules, |alt| {
                    let Thing::Text(module) = &alt.thing else { return one(Thing::Unknown) };
                    let module: Rc<str> = match (module.strip_prefix('.'), &package) {
                        (Some(rest), Some(package)) if !rest.starts_with('.') => format!("{package}.{rest}").into(),
                        _ => Rc::clone(module),
                    };
                    let path = if whole { &*module } else { module.split('.').next().unwrap_or(&module) };
                    self.linked(&one(Thing::named(path)), region(call), Why::Returned)
                });
            }
            "builtins.vars" => {
                if let Some(first) = first {
                    let value = self.eval(first);
                    return self.flat_map(&value, |alt| match &alt.thing {
                        Thing::Named(path) => one(Thing::named(format!("{path}.__dict__"))),
                        Thing::Dict(_) => Rc::from([alt.clone()]),
                        _ => one(self.fields_as_entries(alt)),
                    });
                }
            }
            "dataclasses.asdict" | "attr.asdict" | "attrs.asdict" => {
                let objects = first.map_or_else(|| one(Thing::Unknown), |first| self.eval(first));
                return self.flat_map(&objects, |alt| one(self.fields_as_entries(alt)));
            }
            "builtins.globals" => return one(Thing::ModuleNames),
            "builtins.type" if args.len() == 1 => {
                let value = self.eval(&args[0]);
                return self.flat_map(&value, |alt| match &alt.thing {
                    Thing::Instance { class, .. } => one(Thing::Class(*class)),
                    _ => one(Thing::Unknown),
                });
            }
            // A class made of others: what they are, it is.
            "builtins.type" if args.len() == 3 => {
                let bases = self.eval(&args[1]);
                return self.flat_map(&bases, |alt| match &alt.thing {
                    Thing::Items(items) => self.union(items.iter().map(|base| self.eval(base))),
                    _ => one(Thing::Unknown),
                });
            }
            "operator.attrgetter" => {
                return match first.and_then(|first| self.text_of(first)) {
                    Some(path) if args.len() == 1 => one(Thing::AttributeGetter(path)),
                    _ => one(Thing::Unknown),
                };
            }
            "pkgutil.resolve_name" => {
                if let Some(path) = first.and_then(|first| self.text_of(first)) {
                    return one(Thing::named(path.replace(':', ".")));
                }
            }
            "operator.methodcaller" => return one(Thing::MethodCaller(call)),
            "os.getenv" | "os.environ.get" | "os.environ.pop" | "os.environ.setdefault" => {
                let default = args.get(1).map_or_else(|| one(Thing::None), |default| self.eval(default));
                return self.union([default, one(Thing::Unknown)]);
            }
            "functools.wraps()" | "functools.update_wrapper" => {
                if let Some(first) = first {
                    return self.eval(first);
                }
            }
            "typing.cast" => {
                if let Some(value) = args.get(1) {
                    return self.eval(value);
                }
            }
            _ => {}
        }
        if let (true, Some(first)) = (SAME_AS_FIRST.contains(&&**name), first) {
            let value = self.handed(&self.eval(first));
            let is_handed = value.iter().any(|alt| alt.handed);
            return if is_handed { self.linked(&value, region(first), Why::Returned) } else { value };
        }
        if MAKES_MAPPING.contains(&&**name) {
            return self.mapping(call);
        }
        if self.vocabulary.list(Role::Deferred, name).is_some() {
            return match first {
                Some(first) => {
                    let function = self.eval(first);
                    Rc::from([alt.with(Thing::Partial(Rc::new(Partial { function, call })))])
                }
                None => one(Thing::Unknown),
            };
        }
        if self.vocabulary.list(Role::LocalPath, name).is_some() {
            return self.local_path(name, call);
        }
        if self.vocabulary.list(Role::Importer, name).is_some()
            && let Some(module) = self.named_module(call)
        {
            return module;
        }
        Rc::from([alt.with(Thing::below(name, "()"))])
    }

    /// What a function or class of the file imports, if its name is that of a helper for imports.
    fn imported(&self, name: &str, call: &'a ExprCall) -> Option<Val<'a>> {
        if self.vocabulary.is_importer(name, |root| root.is_none()) { self.named_module(call) } else { None }
    }

    /// The module that a text among the arguments of an importing function names: `LazyLoader("x", globals(), "torch")`.
    fn named_module(&self, call: &'a ExprCall) -> Option<Val<'a>> {
        let keywords = call.arguments.keywords.iter().filter(|keyword| keyword.arg.is_some());
        let values = call.arguments.args.iter().chain(keywords.map(|keyword| &keyword.value));
        let is_known = |module: &str| {
            let root = module.split('.').next().unwrap_or(module);
            self.vocabulary.is_root(root)
        };
        let modules = values.filter_map(|value| match &*self.eval(value) {
            [Alt { thing: Thing::Text(text) | Thing::Named(text), .. }] => Some(Rc::clone(text)),
            _ => None,
        });
        let module = modules.filter(|module| is_known(module)).last()?;
        // `optional_import("torch", name="load")`
        let name = call.arguments.find_keyword("name").and_then(|keyword| self.text_of(&keyword.value));
        let path = match name {
            Some(name) if name != module => Rc::from(format!("{module}.{name}")),
            _ => module,
        };
        Some(self.linked(&one(Thing::Named(path)), region(call), Why::Returned))
    }

    /// `Path(x)` and `os.path.expanduser(x)` keep what they are given if it is a text that looks like no path.
    fn local_path(&self, name: &str, call: &'a ExprCall) -> Val<'a> {
        let leaf = name.rsplit('.').next().unwrap_or_default();
        let keeps = name.starts_with("os.path.") && matches!(leaf, "join" | "normpath" | "expandvars" | "expanduser");
        // The name of the file tells what is in it, whatever the folder.
        let last = call.arguments.args.last().filter(|_| leaf != "dirname");
        let end = last.and_then(|last| match &self.eval(last)[..] {
            [
                Alt {
                    thing: Thing::Text(text) | Thing::PartialText { suffix: text, .. } | Thing::LocalPath(text), ..
                },
            ] => Some(Rc::clone(text)),
            _ => None,
        });
        let end: Rc<str> = end.unwrap_or_default();
        match call.arguments.args.first() {
            Some(first) if keeps => {
                let value = self.eval(first);
                self.flat_map(&value, |alt| match &alt.thing {
                    Thing::Text(text) if leaf == "join" => {
                        one(Thing::PartialText { prefix: format!("{text}/").into(), suffix: end.clone() })
                    }
                    Thing::Text(_) | Thing::PartialText { .. } => Rc::from([alt.clone()]),
                    _ => one(Thing::LocalPath(end.clone())),
                })
            }
            _ => one(Thing::LocalPath(end)),
        }
    }

    /// `getattr(object, "name", default)`
    fn getattr(&self, call: &'a ExprCall) -> Val<'a> {
        let (Some(object), Some(name)) = (call.arguments.args.first(), call.arguments.args.get(1)) else {
            return one(Thing::Unknown);
        };
        let names = self.eval(name);
        let object = self.eval(object);
        let found = self.flat_map(&names, |alt| match &alt.thing {
            Thing::Text(name) => self.flat_map(&object, |alt| self.attribute(alt, name)),
            // Something of a module we know.
            _ => self.flat_map(&object, |alt| match &alt.thing {
                Thing::Named(path) => Rc::from([alt.with(Thing::below(path, ".__unknown__"))]),
                _ => one(Thing::Unknown),
            }),
        });
        // The default stands only where the attribute may be missing: of a module's we cannot tell.
        let of_file = |alt: &Alt<'a>| matches!(alt.thing.peeled(), Thing::Class(_) | Thing::Instance { .. });
        let is_there = object.iter().all(of_file) && found.iter().all(|alt| !matches!(alt.thing, Thing::Unknown));
        match call.arguments.args.get(2) {
            Some(default) if !is_there || found.is_empty() => self.union([found, self.eval(default)]),
            _ => found,
        }
    }

    /// `dict(other, a=1)` and the like.
    fn mapping(&self, call: &'a ExprCall) -> Val<'a> {
        let mut dict = Dict { entries: Vec::new(), rest: Rest::Nothing };
        for argument in &call.arguments.args {
            match argument {
                Expr::Starred(_) => dict.rest = Rest::Anything,
                Expr::List(list) => self.pairs(&mut dict, &list.elts),
                Expr::Tuple(tuple) => self.pairs(&mut dict, &tuple.elts),
                _ => self.spread(&mut dict, argument),
            }
        }
        for keyword in &call.arguments.keywords {
            match &keyword.arg {
                Some(name) => dict.entries.push((name.as_str().into(), Slot::Expr(&keyword.value))),
                None => self.spread(&mut dict, &keyword.value),
            }
        }
        one(Thing::Dict(Rc::new(dict)))
    }

    /// `dict([(key, value), …])`
    fn pairs(&self, dict: &mut Dict<'a>, items: &'a [Expr]) {
        for item in items {
            let pair = match item {
                Expr::Tuple(tuple) => tuple.elts.as_slice(),
                Expr::List(list) => list.elts.as_slice(),
                _ => &[],
            };
            match pair {
                [key, value] => match self.key(key) {
                    Some(key) => dict.entries.push((key, Slot::Expr(value))),
                    None => dict.rest = Rest::Anything,
                },
                _ => dict.rest = Rest::Anything,
            }
        }
    }

    /// The fields of an object as a dictionary has them: `dataclasses.asdict(options)`.
    fn fields_as_entries(&self, object: &Alt<'a>) -> Thing<'a> {
        let Thing::Instance { class, .. } = object.thing.peeled() else { return Thing::Unknown };
        let class = &self.model.classes[*class as usize];
        let asked = class.fields.iter().map(|(name, _)| *name).filter(|name| self.vocabulary.has_argument(name));
        // As attributes: they may have been set since the object was made.
        let entries = self.metered(asked).map(|name| (Rc::from(name), Slot::Val(self.attribute(object, name))));
        // What has other attributes, or bases with fields, may bring more.
        let is_whole = class.is_dataclass && class.bases.is_empty() && class.attributes.is_empty();
        let rest = if is_whole { Rest::Nothing } else { Rest::Anything };
        Thing::Dict(Rc::new(Dict { entries: entries.collect(), rest }))
    }

    /// Methods of dictionaries and texts; `None` if `base` is neither.
    fn method_result(&self, base: &Val<'a>, method: &str, call: &'a ExprCall) -> Option<Val<'a>> {
        let args = &call.arguments.args;
        if let ("__getattribute__" | "__getattr__", [Expr::StringLiteral(name)]) = (method, &**args) {
            return Some(self.flat_map(base, |alt| self.attribute(alt, name.value.to_str())));
        }
        if let ("get", [key, ..], [Alt { thing: Thing::Named(path), .. }]) = (method, &**args, &**base)
            && let ("sys.modules", Some(module)) = (&**path, self.text_of(key))
        {
            return Some(one(Thing::named(module)));
        }
        if matches!((method, &**args), ("model_dump" | "dict" | "_asdict", []))
            && let [object] = &**base
            && let Thing::Instance { class, .. } = object.thing.peeled()
            && !self.model.scopes[self.model.classes[*class as usize].scope as usize].symbols.contains_key(method)
        {
            return Some(one(self.fields_as_entries(object)));
        }
        if !base.iter().any(|alt| matches!(alt.thing, Thing::Dict(_) | Thing::Text(_) | Thing::PartialText { .. })) {
            return match (method, base.iter().all(|alt| matches!(alt.thing, Thing::Unknown))) {
                // Of something unknown the default is one possibility.
                ("get" | "pop" | "setdefault", true) if args.len() == 2 => {
                    Some(self.union([self.eval(&args[1]), one(Thing::Unknown)]))
                }
                // So it is of the settings that an imported class holds.
                ("get" | "pop" | "setdefault", false) if args.len() == 2 && self.is_setting(base, &args[0]) => {
                    Some(self.union([self.eval(&args[1]), one(Thing::Unknown)]))
                }
                _ => None,
            };
        }
        Some(self.flat_map(base, |alt| {
            match &alt.thing {
                Thing::Dict(dict) => match (method, &**args) {
                    ("get" | "pop" | "setdefault", [key, rest @ ..]) => {
                        let found = self.key(key).map(|key| self.entry(dict, &key).cloned());
                        let default = || rest.first().map_or_else(|| one(Thing::None), |default| self.eval(default));
                        match (found, dict.rest) {
                            (Some(Some(slot)), _) => self.present_or(&self.handed(&self.slot(&slot)), default),
                            (Some(None), Rest::Nothing | Rest::FromCaller) => default(),
                            (Some(None), Rest::Anything) => self.union([default(), one(Thing::Unknown)]),
                            (None, _) => {
                                let all = dict.entries.iter().map(|(_, slot)| self.handed(&self.slot(slot)));
                                self.union(all.chain([default()]))
                            }
                        }
                    }
                    ("copy", []) => Rc::from([alt.clone()]),
                    // An object made with attributes may have one that is called.
                    _ => match self.entry(dict, method) {
                        Some(slot) => {
                            let callee = self.slot(slot);
                            self.flat_map(&callee, |alt| self.result(alt, call))
                        }
                        None => one(Thing::Unknown),
                    },
                },
                Thing::Text(text) => match method {
                    "format" => one(self.formatted(text, call)),
                    "join" => self
                        .joined_items(text, call)
                        .unwrap_or_else(|| one(Thing::PartialText { prefix: "".into(), suffix: "".into() })),
                    "replace" => one(Thing::PartialText { prefix: "".into(), suffix: "".into() }),
                    "strip" | "rstrip" | "lstrip" => Rc::from([alt.with(Thing::Text(text.trim().into()))]),
                    "lower" => Rc::from([alt.with(Thing::Text(text.to_lowercase().into()))]),
                    "upper" => Rc::from([alt.with(Thing::Text(text.to_uppercase().into()))]),
                    "encode" => one(Thing::Bytes { nonempty: !text.is_empty() }),
                    _ => one(Thing::Unknown),
                },
                _ => one(Thing::Unknown),
            }
        }))
    }

    /// Whether `base` are objects of imported classes, and the key is the name of an argument that rules ask for.
    fn is_setting(&self, base: &Val<'a>, key: &'a Expr) -> bool {
        let is_object = |alt: &Alt<'a>| match &alt.thing {
            Thing::Named(name) => name.contains("()"),
            Thing::Unknown => true,
            _ => false,
        };
        matches!(key, Expr::StringLiteral(text) if self.vocabulary.has_argument(text.value.to_str()))
            && base.iter().all(is_object)
    }

    /// `"sep".join([…])` of items that are known, or begin with one that is.
    fn joined_items(&self, separator: &str, call: &'a ExprCall) -> Option<Val<'a>> {
        let value = self.eval(call.arguments.args.first()?);
        let items = match &*value {
            [Alt { thing: Thing::Items(items), .. }] => items,
            // `"/".join(path.split("/")[:-2])`
            [Alt { thing: thing @ Thing::LocalPath(_), .. }] => return Some(one(thing.clone())),
            _ => return None,
        };
        let mut whole = Thing::Text("".into());
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                whole = joined(&whole, &Thing::Text(separator.into()));
            }
            whole = joined(&whole, &self.part_of_text(item));
        }
        Some(one(whole))
    }

    /// `"{}/{}".format(a, b)`; fields with a name or a form of their own are not known.
    fn formatted(&self, text: &str, call: &'a ExprCall) -> Thing<'a> {
        let mut pieces = text.split("{}");
        let mut whole = Thing::Text(pieces.next().unwrap_or_default().into());
        let plain = |piece: &str| !piece.contains(['{', '}']);
        if !text.split("{}").all(plain)
            || call.arguments.args.iter().any(|argument| matches!(argument, Expr::Starred(_)))
        {
            let prefix = text.split('{').next().unwrap_or_default();
            return Thing::PartialText { prefix: prefix.into(), suffix: "".into() };
        }
        for (piece, argument) in pieces.zip(&call.arguments.args) {
            whole = joined(&joined(&whole, &self.part_of_text(argument)), &Thing::Text(piece.into()));
        }
        whole
    }

    /// What `str(expr)` adds to a text.
    pub(super) fn part_of_text(&self, expr: &'a Expr) -> Thing<'a> {
        match &*self.eval(expr) {
            [Alt { thing: thing @ (Thing::Text(_) | Thing::PartialText { .. } | Thing::LocalPath(_)), .. }] => {
                thing.clone()
            }
            _ => Thing::PartialText { prefix: "".into(), suffix: "".into() },
        }
    }

    /// What a function of the file returns.
    pub(super) fn returned(&self, id: FunctionId) -> Val<'a> {
        self.worked_out_once(Question::Returned(id), || {
            let function = &self.model.functions[id as usize];
            if function.returns.is_empty() {
                return one(Thing::Unknown);
            }
            let each =
                function.returns.iter().map(|value| self.linked(&self.eval(value), region(*value), Why::Returned));
            let all = self.union(each);
            self.handed(&all)
        })
    }

    /// The imported classes a class of the file derives from, with the way to them.
    pub(super) fn imported_bases(&self, class: ClassId) -> Vec<Alt<'a>> {
        let mut found = Vec::new();
        let mut seen = vec![class];
        let mut next = 0;
        while let Some(&class) = seen.get(next) {
            next += 1;
            for base in &self.model.classes[class as usize].bases {
                for alt in self.eval(base).iter() {
                    match alt.thing.peeled() {
                        Thing::Named(_) => {
                            found.push(alt.clone().linked(self.model.classes[class as usize].region, Why::Base));
                        }
                        Thing::Class(base) if !seen.contains(base) && seen.len() < 32 => seen.push(*base),
                        _ => {}
                    }
                }
            }
        }
        found
    }

    /// Calls in the file whose callee ends in `name`.
    pub(super) fn calls_named(&self, name: &str) -> impl Iterator<Item = &'a ExprCall> + use<'_, 'a> {
        let indices = self.callers.get(name).map_or(&[][..], Vec::as_slice);
        self.metered(indices.iter()).map(|&index| self.model.calls[index].call)
    }
}

/// Whether a call is `receiver.method(…)`.
pub(super) fn is_method_call(call: &ExprCall, method: &str) -> bool {
    matches!(&*call.func, Expr::Attribute(_)) && callee_leaf(&call.func) == Some(method)
}
