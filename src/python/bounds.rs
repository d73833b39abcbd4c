//! What a test makes sure of about the two texts that name a global: the module and the name of `find_class`.
//!
//! In comes the outcome of a test, or the pattern of a `match` that fits; out goes [`Bounds`]. `restrict.rs` asks.

use std::ops::{BitAnd, BitOr};

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, Pattern, UnaryOp};

use super::model::{BlockId, DefKind, FunctionId, ScopeId, SetId};
use super::parse::region;
use super::thing::{Slot, Thing};
use super::values::{Resolver, callee_leaf};
use crate::text::Region;

/// Modules of Python that hold something to run code, to import, or to open files with: whoever may choose any name of
/// them may choose that. A module of a project or library is its author's choice and passes; so do `collections` and the
/// like, of which nothing runs what it is given.
const NO_WHOLE_MODULE: [&str; 58] = [
    "builtins",
    "__builtin__",
    "__main__",
    "os",
    "posix",
    "nt",
    "subprocess",
    "_posixsubprocess",
    "commands",
    "popen2",
    "sys",
    "importlib",
    "_frozen_importlib",
    "imp",
    "pkgutil",
    "zipimport",
    "runpy",
    "pty",
    "shutil",
    "pathlib",
    "io",
    "_io",
    "tempfile",
    "code",
    "codeop",
    "codecs",
    "ctypes",
    "_ctypes",
    "types",
    "inspect",
    "operator",
    "_operator",
    "functools",
    "_functools",
    "pickle",
    "_pickle",
    "cPickle",
    "marshal",
    "shelve",
    "dill",
    "cloudpickle",
    "joblib",
    "multiprocessing",
    "concurrent",
    "threading",
    "_thread",
    "asyncio",
    "socket",
    "webbrowser",
    "timeit",
    "pdb",
    "bdb",
    "profile",
    "cProfile",
    "trace",
    "doctest",
    "pydoc",
    "platform",
];

/// Of these the modules below are narrow enough: `torch._utils`, `torch.storage`.
const NOT_ITSELF: [&str; 1] = ["torch"];

/// How far results in names, and helpers in helpers, are followed.
const MAX_DEPTH: u32 = 6;

fn runs_code(module: &str) -> bool {
    let root = module.split('.').next().unwrap_or(module);
    NOT_ITSELF.contains(&module) || NO_WHOLE_MODULE.contains(&root)
}

/// What is certain of the module and the name.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Bounds {
    /// What is resolved is one of what the program lists.
    listed: bool,
    /// The module is one of some that the program names, which tells little of modules as `builtins`.
    module: bool,
    /// The name is one of some that the program names, in whatever module.
    name: bool,
}

impl Bounds {
    const LISTED: Self = Self { listed: true, module: true, name: true };

    /// Whether only what the program lists can be meant: by pairs, by modules that are harmless as a whole, or by a list
    /// of modules and one of names. Names alone do not: the other half is the file's choice, and most modules import
    /// others (`NAMES = {"load", "run"}` lets `torch.load` and `subprocess.run` through).
    pub(super) fn restrict(self) -> bool {
        self.listed || (self.module && self.name)
    }

    /// Spreads what follows from two of them.
    fn closed(self) -> Self {
        if self.restrict() { Self::LISTED } else { self }
    }
}

/// Both are certain.
impl BitOr for Bounds {
    type Output = Self;

    fn bitor(self, other: Self) -> Self {
        let both = Self {
            listed: self.listed || other.listed,
            module: self.module || other.module,
            name: self.name || other.name,
        };
        both.closed()
    }
}

/// One of the two is certain.
impl BitAnd for Bounds {
    type Output = Self;

    fn bitand(self, other: Self) -> Self {
        let (a, b) = (self.closed(), other.closed());
        Self { listed: a.listed && b.listed, module: a.module && b.module, name: a.name && b.name }
    }
}

/// Which of the two an expression is made of.
#[derive(Debug, Clone, Copy, Default)]
struct Parts {
    module: bool,
    name: bool,
}

impl Parts {
    fn and(self, other: Self) -> Self {
        Self { module: self.module || other.module, name: self.name || other.name }
    }
}

/// The function in which a test stands, and what its parameters hold.
pub(super) struct Asked {
    function: FunctionId,
    parameters: Vec<Parts>,
    depth: u32,
}

impl Asked {
    /// `find_class(self, module, name)`
    pub(super) fn method(function: FunctionId) -> Self {
        let (module, name) = (Parts { module: true, name: false }, Parts { module: false, name: true });
        Self { function, parameters: vec![Parts::default(), module, name], depth: 0 }
    }
}

impl<'a> Resolver<'a, '_> {
    /// What is certain where a place (scope, block, byte) is reached: all tests before it together.
    pub(super) fn bounds_at(&self, to: (ScopeId, BlockId, u32), asked: &Asked) -> Bounds {
        let is_before = |scope: ScopeId, block: BlockId, end: u32| {
            scope == to.0 && end <= to.2 && self.model.dominates((block, end), (to.1, to.2))
        };
        let guards = self.guards_by_scope.get(&to.0).into_iter().flatten().map(|&index| &self.model.guards[index]);
        let guards = self.metered(guards).filter(|guard| is_before(guard.scope, guard.block, guard.from));
        let by_tests = guards.fold(Bounds::default(), |all, guard| {
            if all.restrict() { all } else { all | self.bounds(guard.test, guard.holds, asked) }
        });
        let cases = self.metered(self.model.cases.iter());
        let cases = cases.filter(|case| is_before(case.scope, case.block, case.region.end));
        cases.fold(by_tests, |all, case| {
            if all.restrict() { all } else { all | self.bounds_of_patterns(case.subject, &case.patterns, asked) }
        })
    }

    /// What the outcome of `test` makes sure of.
    pub(super) fn bounds(&self, test: &'a Expr, holds: bool, asked: &Asked) -> Bounds {
        match test {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => self.bounds(&unary.operand, !holds, asked),
            Expr::BoolOp(bool_op) => {
                let each = bool_op.values.iter().map(|value| self.bounds(value, holds, asked));
                if (bool_op.op == BoolOp::And) == holds {
                    each.fold(Bounds::default(), |all, one| all | one)
                } else {
                    each.reduce(|all, one| all & one).unwrap_or_default()
                }
            }
            Expr::Compare(compare) => {
                let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return Bounds::default() };
                let wanted = match op {
                    CmpOp::In | CmpOp::Eq => holds,
                    CmpOp::NotIn | CmpOp::NotEq => !holds,
                    _ => false,
                };
                if wanted { self.one_of(&compare.left, right, asked) } else { Bounds::default() }
            }
            Expr::Call(call) if holds && callee_leaf(&call.func) == Some("startswith") => self.begins(call, asked),
            Expr::Call(call) => self.bounds_by_helper(call, holds, asked),
            Expr::Named(named) => self.bounds(&named.value, holds, asked),
            // `allowed = (module, name) in ALLOWED`
            Expr::Name(_) if asked.depth < MAX_DEPTH && self.spend(1) => {
                let deeper = Asked { depth: asked.depth + 1, parameters: asked.parameters.clone(), ..*asked };
                self.only_value(test).map_or_else(Bounds::default, |value| self.bounds(value, holds, &deeper))
            }
            _ => Bounds::default(),
        }
    }

    /// `module.startswith("numpy.")` leaves any number of modules, also such that import others (`numpy.os`): by itself it
    /// does not restrict. Together with a list of names it does.
    fn begins(&self, call: &'a ExprCall, asked: &Asked) -> Bounds {
        let Expr::Attribute(attribute) = &*call.func else { return Bounds::default() };
        let parts = self.parts(&attribute.value, asked);
        let is_constant = |expr: &'a Expr| match expr {
            Expr::Tuple(tuple) => tuple.elts.iter().all(|item| self.text_of(item).is_some_and(|text| !text.is_empty())),
            expr => self.text_of(expr).is_some_and(|text| !text.is_empty()),
        };
        let module = parts.module && call.arguments.args.first().is_some_and(is_constant);
        Bounds { module, ..Bounds::default() }
    }

    /// `if self._is_allowed(module, name):` with a function of the file that returns such a test.
    fn bounds_by_helper(&self, call: &'a ExprCall, holds: bool, asked: &Asked) -> Bounds {
        if asked.depth >= MAX_DEPTH || !self.spend(1) {
            return Bounds::default();
        }
        let callee = self.eval(&call.func);
        let each = callee.iter().map(|alt| match alt.thing {
            Thing::Function(helper) | Thing::Method(helper) if helper != asked.function => {
                let of = &self.model.functions[helper as usize];
                let given = (0..of.parameters.len()).map(|index| {
                    self.argument_of(call, helper, index).map_or_else(Parts::default, |expr| self.parts(expr, asked))
                });
                let asked = Asked { function: helper, parameters: given.collect(), depth: asked.depth + 1 };
                let returned = of.returns.iter().zip(&of.return_blocks);
                let told = returned.filter(|(value, _)| self.truth(value) != Some(!holds));
                let each = told.map(|(value, block)| {
                    let to = of.scope.map(|scope| (scope, *block, region(*value).start));
                    let before = to.map_or_else(Bounds::default, |to| self.bounds_at(to, &asked));
                    before | self.bounds(value, holds, &asked)
                });
                each.reduce(|all, one| all & one).unwrap_or_default()
            }
            _ => Bounds::default(),
        });
        each.reduce(|all, one| all & one).unwrap_or_default()
    }

    /// What the fitting of one of `patterns` makes sure of.
    pub(super) fn bounds_of_patterns(&self, subject: &'a Expr, patterns: &[&'a Pattern], asked: &Asked) -> Bounds {
        let each = patterns.iter().map(|pattern| self.bounds_of_pattern(subject, pattern, asked));
        each.reduce(|all, one| all & one).unwrap_or_default()
    }

    fn bounds_of_pattern(&self, subject: &'a Expr, pattern: &'a Pattern, asked: &Asked) -> Bounds {
        if !self.spend(1) {
            return Bounds::default();
        }
        match pattern {
            Pattern::MatchValue(value) => self.one_of(subject, &value.value, asked),
            Pattern::MatchOr(or) => {
                let each = or.patterns.iter().map(|pattern| self.bounds_of_pattern(subject, pattern, asked));
                each.reduce(|all, one| all & one).unwrap_or_default()
            }
            Pattern::MatchSequence(sequence) => {
                let value = self.only_value(subject).unwrap_or(subject);
                let Expr::Tuple(tuple) = value else { return Bounds::default() };
                let has_star = tuple.elts.iter().any(Expr::is_starred_expr)
                    || sequence.patterns.iter().any(Pattern::is_match_star);
                if has_star || tuple.elts.len() != sequence.patterns.len() {
                    return Bounds::default();
                }
                let pairs = tuple.elts.iter().zip(&sequence.patterns);
                pairs.fold(Bounds::default(), |all, (item, pattern)| all | self.bounds_of_pattern(item, pattern, asked))
            }
            Pattern::MatchAs(capture) => match &capture.pattern {
                Some(inner) => self.bounds_of_pattern(subject, inner, asked),
                // A name alone, and `_`, fit everything.
                None => Bounds::default(),
            },
            Pattern::MatchSingleton(_) | Pattern::MatchMapping(_) | Pattern::MatchClass(_) | Pattern::MatchStar(_) => {
                Bounds::default()
            }
        }
    }

    /// `left` is in, or equal to, `right`.
    fn one_of(&self, left: &'a Expr, right: &'a Expr, asked: &Asked) -> Bounds {
        let parts = self.parts(left, asked);
        if !(parts.module || parts.name) || !self.is_list(right) {
            return Bounds::default();
        }
        // `name in NAMES_OF[module]`
        let other = if right.is_literal_expr() { Parts::default() } else { self.parts(right, asked) };
        let parts = parts.and(other);
        match (parts.module, parts.name) {
            (true, true) => Bounds::LISTED,
            (true, false) if self.names_no_dangerous_module(right) => Bounds::LISTED,
            (module, name) => Bounds { listed: false, module, name },
        }
    }

    /// A text, collection or table of the program, also one that another module of it holds.
    fn is_list(&self, expr: &'a Expr) -> bool {
        let value = self.eval(expr);
        !value.is_empty()
            && value.iter().all(|alt| match alt.thing.peeled() {
                Thing::Items(_) | Thing::Text(_) | Thing::Dict(_) => true,
                Thing::Named(name) => {
                    !name.starts_with("builtins.") && !name.ends_with("()") && !name.starts_with("sys.")
                }
                _ => false,
            })
    }

    fn names_no_dangerous_module(&self, list: &'a Expr) -> bool {
        self.eval(list).iter().all(|alt| match alt.thing.peeled() {
            Thing::Items(items) => self
                .metered(items.iter())
                .map(|item| self.text_of(item).is_some_and(|text| !runs_code(&text)))
                .chain([!self.is_exhausted()])
                .all(|is_harmless| is_harmless),
            Thing::Text(text) => !runs_code(text),
            Thing::Dict(dict) => {
                self.metered(dict.entries.iter()).all(|(key, _): &(_, Slot<'a>)| !runs_code(key))
                    && !self.is_exhausted()
            }
            _ => true,
        })
    }

    /// Which of module and name `expr` is made of, as far as names lead back.
    fn parts(&self, expr: &'a Expr, asked: &Asked) -> Parts {
        let mut sets: Vec<SetId> = Vec::new();
        self.sets_in(expr, &mut sets);
        let mut parts = Parts::default();
        let mut next = 0;
        while let Some(&set) = sets.get(next) {
            next += 1;
            if !self.spend(1) {
                break;
            }
            for id in self.metered(self.model.sets.defs(set)) {
                match &self.model.defs[id as usize].kind {
                    DefKind::Parameter { function, index } if *function == asked.function => {
                        parts = parts.and(asked.parameters.get(*index).copied().unwrap_or_default());
                    }
                    DefKind::Value { value, .. } => self.sets_in(value, &mut sets),
                    DefKind::Augmented { value, previous } => {
                        self.sets_in(value, &mut sets);
                        push_new(*previous, &mut sets);
                    }
                    DefKind::Refined { previous, .. } | DefKind::Escaped { previous, .. } => {
                        push_new(*previous, &mut sets);
                    }
                    _ => {}
                }
            }
        }
        parts
    }

    /// Adds the sets of defs that the names in `expr` mean.
    fn sets_in(&self, expr: &'a Expr, sets: &mut Vec<SetId>) {
        const LONGEST: u32 = 2048;
        let at = region(expr);
        if at.end - at.start <= LONGEST {
            let uses = self.metered(identifiers(self.text, at)).filter_map(|start| self.model.uses.get(&start));
            uses.for_each(|set| push_new(*set, sets));
        }
    }
}

/// So many sets of defs are looked at on the way back from a test.
const MOST_SETS: usize = 256;

fn push_new(set: SetId, sets: &mut Vec<SetId>) {
    if sets.len() < MOST_SETS && !sets.contains(&set) {
        sets.push(set);
    }
}

/// Where words start in a part of the text.
pub(super) fn identifiers(text: &str, at: Region) -> impl Iterator<Item = u32> {
    let mut inside = false;
    text[at.range()].char_indices().filter_map(move |(index, c)| {
        let is_word = c.is_alphanumeric() || c == '_';
        let starts = is_word && !inside;
        inside = is_word;
        starts.then_some(at.start + index as u32)
    })
}
