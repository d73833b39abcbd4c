//! What a module binds where: the result of one walk over the tree, the ground on which names are resolved.
//!
//! Every assignment, import, definition and parameter is a [`Def`]. At each use of a name the walk notes which defs
//! reach it (a [`SetId`]), so later questions need no scope: a name is looked up by the byte it stands at.

use ruff_python_ast::{Expr, ExprCall, Parameters, Pattern, StmtIpyEscapeCommand};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::text::Region;

/// Index of a [`Def`].
pub(super) type DefId = u32;
/// Index of a [`Scope`].
pub(super) type ScopeId = u32;
/// Index of a [`Function`].
pub(super) type FunctionId = u32;
/// Index of a [`Class`].
pub(super) type ClassId = u32;
/// Index of a block of statements; see [`Model::dominates`].
pub(super) type BlockId = u32;

/// A set of defs: none, one (kept in the number itself), or an entry of [`DefSets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct SetId(u32);

const SINGLE: u32 = 1 << 31;

impl SetId {
    /// No def reaches.
    pub(super) const EMPTY: Self = Self(0);

    /// Exactly this def reaches.
    pub(super) fn single(def: DefId) -> Self {
        Self(def | SINGLE)
    }
}

impl SetId {
    /// The def of a set of one.
    pub(super) fn only(self) -> Option<DefId> {
        (self.0 & SINGLE != 0).then_some(self.0 & !SINGLE)
    }
}

impl Refinement {
    /// What the other branch of the same test tells, if anything.
    pub(super) fn opposite(self) -> Option<Self> {
        match self {
            Self::NotNone => Some(Self::IsNone),
            Self::IsNone => Some(Self::NotNone),
            Self::Truthy => Some(Self::Falsy),
            Self::Falsy => Some(Self::Truthy),
            Self::Local => None,
        }
    }
}

/// All sets of two and more defs.
#[derive(Debug, Default)]
pub(super) struct DefSets {
    sets: Vec<Box<[DefId]>>,
    known: FxHashMap<Box<[DefId]>, SetId>,
}

/// More defs than this reaching one use are cut; its value is then unknown anyway (see `Limits::max_alternatives`).
const MAX_SET: usize = 64;

impl DefSets {
    /// The defs of a set, in order.
    pub(super) fn defs(&self, set: SetId) -> impl Iterator<Item = DefId> {
        let (one, several): (_, &[DefId]) = match set.0 {
            0 => (None, &[]),
            id if id & SINGLE != 0 => (Some(id & !SINGLE), &[]),
            id => (None, &self.sets[id as usize - 1]),
        };
        one.into_iter().chain(several.iter().copied())
    }

    /// Whether `def` is in `set`.
    pub(super) fn contains(&self, set: SetId, def: DefId) -> bool {
        match set.0 {
            0 => false,
            id if id & SINGLE != 0 => id & !SINGLE == def,
            id => self.sets[id as usize - 1].binary_search(&def).is_ok(),
        }
    }

    /// The first def of a set.
    pub(super) fn first(&self, set: SetId) -> Option<DefId> {
        match set.0 {
            0 => None,
            id if id & SINGLE != 0 => Some(id & !SINGLE),
            id => self.sets[id as usize - 1].first().copied(),
        }
    }

    /// Both sets in one.
    pub(super) fn union(&mut self, a: SetId, b: SetId) -> SetId {
        if a == b || b == SetId::EMPTY {
            return a;
        }
        if a == SetId::EMPTY {
            return b;
        }
        let all = self.defs(a).chain(self.defs(b)).collect();
        self.of(all)
    }

    /// The set of these defs.
    pub(super) fn of(&mut self, mut defs: Vec<DefId>) -> SetId {
        defs.sort_unstable();
        defs.dedup();
        defs.truncate(MAX_SET);
        match defs.as_slice() {
            [] => SetId::EMPTY,
            [one] => SetId::single(*one),
            _ => {
                let defs = defs.into_boxed_slice();
                if let Some(&id) = self.known.get(&defs) {
                    return id;
                }
                self.sets.push(defs.clone());
                let id = SetId(self.sets.len() as u32);
                self.known.insert(defs, id);
                id
            }
        }
    }
}

/// What a test tells about a name on one of its branches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refinement {
    /// It is not `None`.
    NotNone,
    /// It is `None`.
    IsNone,
    /// It counts as true.
    Truthy,
    /// It counts as false.
    Falsy,
    /// It is the path of something that is there.
    Local,
}

/// One part of the way from a name to what is changed: `kw["a"]`, `args.a`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Key<'a> {
    /// `[key]`
    Item(&'a Expr),
    /// `.attribute`
    Attribute(&'a str),
}

/// How a name comes to mean something.
#[derive(Debug, Clone)]
pub(super) enum DefKind<'a> {
    /// `import a.b as n`, `from a import n`: the qualified name.
    Import(String),
    /// `n = value`; `unpack` gives the positions when `value` is taken apart.
    Value { value: &'a Expr, unpack: Vec<usize> },
    /// An item of what stands here: a loop or comprehension variable.
    ItemOf { iterable: &'a Expr, unpack: Vec<usize> },
    /// `with value as n`
    Entered { value: &'a Expr, unpack: Vec<usize> },
    /// `n += value`
    Augmented { value: &'a Expr, previous: SetId },
    /// `n[key] = value`, `n.key = value`
    Changed { key: Key<'a>, value: &'a Expr, previous: SetId },
    /// `n.update(…)` and other methods that change a collection.
    Mutated { call: &'a ExprCall, previous: SetId },
    /// `del n[key]`
    Removed { key: &'a Expr, previous: SetId },
    /// On a branch where a test told that it has this item: `if "key" in n`, `n.get("key") is not None`.
    HasItem { key: &'a Expr, previous: SetId },
    /// Given to a call that may change it.
    Escaped { call: &'a ExprCall, previous: SetId },
    /// On a branch where a test told something about it.
    Refined { how: Refinement, previous: SetId },
    /// A parameter, by its index in [`Function::parameters`].
    Parameter { function: FunctionId, index: usize },
    /// `def n`
    Function(FunctionId),
    /// `class n`
    Class(ClassId),
    /// Deleted, caught, captured by a pattern: nothing we can name.
    Opaque,
}

/// One thing a name can mean.
#[derive(Debug, Clone)]
pub(super) struct Def<'a> {
    pub(super) name: &'a str,
    pub(super) region: Region,
    pub(super) kind: DefKind<'a>,
    pub(super) scope: ScopeId,
}

/// What sort of scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ScopeKind {
    Module,
    Class(ClassId),
    Function(FunctionId),
    Comprehension,
}

/// A namespace.
#[derive(Debug)]
pub(super) struct Scope<'a> {
    pub(super) kind: ScopeKind,
    /// The scope whose code runs it: of a comprehension the one around it, of all others themselves.
    pub(super) owner: ScopeId,
    /// All defs of each symbol, whenever they hold.
    pub(super) symbols: FxHashMap<&'a str, u32>,
    pub(super) all_defs: Vec<Vec<DefId>>,
    /// The defs that reach the end of the scope.
    pub(super) at_end: Vec<SetId>,
}

/// How a parameter takes its argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ParameterKind {
    Positional,
    KeywordOnly,
    /// `*args`
    Rest,
    /// `**kwargs`
    Keywords,
}

/// One parameter.
#[derive(Debug, Clone)]
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    pub(super) region: Region,
    pub(super) default: Option<&'a Expr>,
    pub(super) annotation: Option<&'a Expr>,
    pub(super) kind: ParameterKind,
}

/// A function or lambda of the file.
#[derive(Debug)]
pub(super) struct Function<'a> {
    pub(super) name: &'a str,
    pub(super) region: Region,
    pub(super) parameters: Vec<Parameter<'a>>,
    /// The class whose body it stands in.
    pub(super) class: Option<ClassId>,
    /// The scope of its body; of a lambda there is none.
    pub(super) scope: Option<ScopeId>,
    pub(super) is_static: bool,
    pub(super) is_property: bool,
    pub(super) is_generator: bool,
    /// What it returns, in order.
    pub(super) returns: Vec<&'a Expr>,
    /// The block in which it returns each of these.
    pub(super) return_blocks: Vec<BlockId>,
    pub(super) decorators: Vec<&'a Expr>,
}

/// A class of the file.
#[derive(Debug)]
pub(super) struct Class<'a> {
    pub(super) name: &'a str,
    pub(super) region: Region,
    pub(super) header: Region,
    pub(super) bases: Vec<&'a Expr>,
    pub(super) scope: ScopeId,
    /// `self.name = value` in any method.
    pub(super) attributes: FxHashMap<&'a str, Vec<&'a Expr>>,
    /// `cls.name = value` in any method.
    pub(super) class_attributes: FxHashMap<&'a str, Vec<&'a Expr>>,
    /// Fields with an annotation, in order: the parameters of a dataclass.
    pub(super) fields: Vec<(&'a str, Option<&'a Expr>)>,
    pub(super) is_dataclass: bool,
}

/// Where an expression stands.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) statement: Region,
    pub(super) scope: ScopeId,
    pub(super) block: BlockId,
    /// The `try` in whose body it stands, and the `try` in whose handlers it stands: indices.
    pub(super) in_try: Option<u32>,
    pub(super) in_handler: Option<u32>,
}

/// A call.
#[derive(Debug, Clone, Copy)]
pub(super) struct CallSite<'a> {
    pub(super) call: &'a ExprCall,
    pub(super) place: Place,
}

/// How a function is handed on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Handing<'a> {
    /// As an argument of this call.
    Argument(&'a ExprCall),
    /// Into a collection, as a default, by `return` or `yield`.
    Entry,
    /// Into a collection that is an argument of this call.
    EntryOfArgument(&'a ExprCall),
    /// Under another name: only if nothing in the file calls it by that name.
    Alias,
}

/// An expression that may hand a function on.
#[derive(Debug, Clone, Copy)]
pub(super) struct HandingSite<'a> {
    pub(super) value: &'a Expr,
    pub(super) how: Handing<'a>,
    pub(super) place: Place,
}

/// `target.attribute = value` or `setattr(target, "attribute", value)`, or an item set.
#[derive(Debug, Clone, Copy)]
pub(super) struct StoreSite<'a> {
    pub(super) target: &'a Expr,
    pub(super) value: &'a Expr,
    pub(super) region: Region,
    pub(super) place: Place,
}

/// A test that leaves the block when it fails or holds: `if test: raise`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard<'a> {
    pub(super) test: &'a Expr,
    /// The block in which the outcome of the test is certain, and whether the test held there.
    pub(super) block: BlockId,
    pub(super) holds: bool,
    /// From where in that block: after the whole `if` that leaves it, the test of the block itself, or the start of one
    /// side of `a if test else b`.
    pub(super) from: u32,
    pub(super) scope: ScopeId,
    /// The test.
    pub(super) region: Region,
    /// Whether the function may have returned before the outcome was certain, so that its caller cannot count on it.
    pub(super) may_be_skipped: bool,
}

/// A block, or the rest of one, that is only reached if the subject of a `match` fits one of these patterns.
#[derive(Debug, Clone)]
pub(super) struct CaseGuard<'a> {
    pub(super) subject: &'a Expr,
    pub(super) patterns: Vec<&'a Pattern>,
    pub(super) block: BlockId,
    pub(super) scope: ScopeId,
    /// From its end on the outcome is certain.
    pub(super) region: Region,
}

/// A `for` or `while` statement.
#[derive(Debug, Clone, Copy)]
pub(super) struct Loop<'a> {
    pub(super) region: Region,
    /// The test of a `while`.
    pub(super) test: Option<&'a Expr>,
    pub(super) body: BlockId,
}

/// A block of statements. Bodies of `with` are part of the block they stand in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Block {
    pub(super) parent: Option<BlockId>,
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Model<'a> {
    pub(super) defs: Vec<Def<'a>>,
    pub(super) sets: DefSets,
    pub(super) scopes: Vec<Scope<'a>>,
    pub(super) functions: Vec<Function<'a>>,
    pub(super) classes: Vec<Class<'a>>,
    pub(super) blocks: Vec<Block>,
    pub(super) calls: Vec<CallSite<'a>>,
    pub(super) handings: Vec<HandingSite<'a>>,
    pub(super) stores: Vec<StoreSite<'a>>,
    /// Commands of IPython that stand as statements, `%env NAME=value`.
    pub(super) commands: Vec<(&'a StmtIpyEscapeCommand, Place)>,
    pub(super) guards: Vec<Guard<'a>>,
    pub(super) cases: Vec<CaseGuard<'a>>,
    pub(super) loops: Vec<Loop<'a>>,
    /// `break`, `continue` and `return`, with the blocks they stand in: ways past the rest of a loop.
    pub(super) exits: Vec<(Region, BlockId)>,
    /// Which defs reach the name at this byte.
    pub(super) uses: FxHashMap<u32, SetId>,
    /// Modules imported by `from m import *`, in order.
    pub(super) star_imports: Vec<String>,
    /// Functions of lambdas, by the byte the lambda starts at.
    pub(super) lambdas: FxHashMap<u32, FunctionId>,
    /// Words of the text that could be the last part of a name the rules ask for, or lead to one.
    pub(super) words: FxHashSet<&'a str>,
    /// Where the tree was too deep to be looked into.
    pub(super) cut_at: Option<Region>,
    /// Whether there were more names for one object than are kept.
    pub(super) lost_names: bool,
}

impl Model<'_> {
    /// Whether code in block `a` before byte `a_end` has run whenever code in block `b` at byte `b_start` runs.
    pub(super) fn dominates(&self, (a, a_end): (BlockId, u32), (b, b_start): (BlockId, u32)) -> bool {
        let mut at = Some(b);
        while let Some(block) = at {
            if block == a {
                return a_end <= b_start;
            }
            at = self.blocks[block as usize].parent;
        }
        false
    }
}

/// The parameters of a function in one list.
pub(super) fn parameters(parameters: &Parameters) -> Vec<Parameter<'_>> {
    let mut all = Vec::new();
    for p in parameters.posonlyargs.iter().chain(&parameters.args) {
        all.push(parameter(&p.parameter, p.default.as_deref(), ParameterKind::Positional));
    }
    if let Some(p) = &parameters.vararg {
        all.push(parameter(p, None, ParameterKind::Rest));
    }
    for p in &parameters.kwonlyargs {
        all.push(parameter(&p.parameter, p.default.as_deref(), ParameterKind::KeywordOnly));
    }
    if let Some(p) = &parameters.kwarg {
        all.push(parameter(p, None, ParameterKind::Keywords));
    }
    all
}

fn parameter<'a>(
    node: &'a ruff_python_ast::Parameter,
    default: Option<&'a Expr>,
    kind: ParameterKind,
) -> Parameter<'a> {
    Parameter {
        name: node.name.as_str(),
        region: super::parse::region(node),
        default,
        annotation: node.annotation.as_deref(),
        kind,
    }
}
