//! One walk over the tree that makes the [`Model`]: scopes as Python has them, and for each use of a name the defs that
//! reach it.
//!
//! Order is followed: after `a = 1; a = 2` only the second reaches. Branches are joined, loop bodies reach their own
//! start, `try` bodies may stop anywhere. A function body runs later than its definition, so for names from outside it
//! sees what reached its definition and everything bound after.

mod bindings;
mod branches;
mod definitions;
mod expressions;
mod scopes;
mod statements;

use std::collections::VecDeque;
use std::rc::Rc;

use ruff_python_ast::{self as ast, ModModule, Stmt};
use rustc_hash::{FxHashMap, FxHashSet};

use super::active::is_relevant;
use super::bound::{bound_names, global_names};
use super::model::{Block, DefId, FunctionId, Model, Place, ScopeId, ScopeKind, SetId};
use crate::fact::{MayHave, Vocabulary};
use crate::limits::Limits;
use crate::text::Region;

/// Walks `module`.
///
/// Errors: an `Err` if nothing in the file can be of interest, with the place where the tree was deeper than
/// `Limits::max_tree_depth`; of a model that is [`Model::cut_at`].
pub(super) fn build<'a>(
    module: &'a ModModule,
    text: &str,
    may_have: MayHave,
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
        has_global: text.contains("global"),
        vocabulary,
        max_depth: limits.max_tree_depth,
        depth: 0,
        place: Place { statement: Region::default(), scope: 0, block: 0, in_try: None, in_handler: None },
        tries: 0,
    };
    builder.module(&module.body);
    let is_relevant = may_have.variable || may_have.keyword || is_relevant(&builder.model, text, vocabulary);
    if is_relevant { Ok(builder.finish()) } else { Err(builder.model.cut_at) }
}

/// What a name could mean while a scope is walked.
struct Frame<'a> {
    scope: ScopeId,
    kind: ScopeKind,
    env: Rc<Vec<SetId>>,
    /// Nothing after a `return` or `raise` runs.
    dead: bool,
    /// Whether a `return` was met.
    returned: bool,
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
    has_global: bool,
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

/// A scope with more symbols than this is not copied for each function in it.
const MAX_COPIED_SYMBOLS: usize = 256;

impl<'a> Builder<'a, '_> {
    fn module(&mut self, body: &'a [Stmt]) {
        let mut names = bound_names(body, self.has_walrus);
        if self.has_global {
            names.bound.extend(global_names(body));
        }
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
}
