//! Loops that read a file to its end, piece by piece: `for chunk in iter(lambda: file.read(n), b"")`.
//!
//! A digest that is updated in such a loop covers the file, if no round leaves the loop or passes the update for another
//! reason than the end of the data. `content.rs` asks.

use ruff_python_ast::{self as ast, Expr, ExprCall};

use super::super::model::{BlockId, CallSite, DefId, DefKind, Loop};
use super::super::parse::region;
use super::super::values::{Resolver, callee_leaf};
use crate::text::Region;

impl<'a> Resolver<'a, '_> {
    /// What `name` holds all of, round by round of the loop in which `update` takes it.
    pub(super) fn chunks_of(
        &self,
        roots: &[DefId],
        name: &'a ast::ExprName,
        update: Option<&CallSite<'a>>,
    ) -> Option<&'a Expr> {
        let update = update?;
        let word = name.id.as_str();
        let around = self.loop_around(update, word)?;
        let kind = |id: DefId| &self.model.defs[id as usize];
        let [first, rest @ ..] = roots else { return None };
        if let (DefKind::ItemOf { iterable, unpack }, []) = (&kind(*first).kind, rest) {
            let is_its_own = around.test.is_none() && around.region.contains(kind(*first).region);
            return if is_its_own && unpack.is_empty() { self.whole_iterable(iterable) } else { None };
        }
        let file = self.sized_read(*first)?;
        let same =
            rest.iter().all(|id| self.sized_read(*id).is_some_and(|other| self.written(other) == self.written(file)));
        let in_loop = roots.iter().any(|id| around.region.contains(kind(*id).region));
        (same && in_loop && self.ends_with(around, word)).then_some(file)
    }

    /// Whether a name holds one of many pieces.
    pub(super) fn is_chunk(&self, roots: &[DefId]) -> bool {
        roots.iter().any(|id| {
            matches!(self.model.defs[*id as usize].kind, DefKind::ItemOf { .. }) || self.sized_read(*id).is_some()
        })
    }

    /// The file of `while n := file.readinto(buffer): h.update(buffer[:n])`.
    pub(super) fn read_into(
        &self,
        buffer: &'a Expr,
        count: &'a ast::ExprName,
        update: &CallSite<'a>,
    ) -> Option<&'a Expr> {
        let word = count.id.as_str();
        let around = self.loop_around(update, word)?;
        let roots = self.roots_of(count)?;
        let [only] = &*roots else { return None };
        let def = &self.model.defs[*only as usize];
        let (call, is_ended) = match &def.kind {
            DefKind::Value { value, unpack } if unpack.is_empty() => {
                (value.as_call_expr()?, self.ends_with(around, word))
            }
            DefKind::ItemOf { iterable, unpack } if unpack.is_empty() => {
                (self.called_until(iterable)?, around.test.is_none())
            }
            _ => return None,
        };
        let ([into], Expr::Attribute(method)) = (&*call.arguments.args, &*call.func) else { return None };
        let fits = is_ended
            && around.region.contains(def.region)
            && method.attr.as_str() == "readinto"
            && self.written(into) == self.written(buffer);
        fits.then_some(&*method.value)
    }

    /// The innermost loop around an update that every round comes by, apart from rounds that have no data in `word`.
    fn loop_around(&self, update: &CallSite<'a>, word: &str) -> Option<&Loop<'a>> {
        let at = region(update.call);
        let around = self.metered(self.model.loops.iter()).filter(|one| one.region.contains(at));
        let around = around.min_by_key(|one| one.region.end - one.region.start)?;
        let block = update.place.block;
        let parent = self.model.blocks[block as usize].parent;
        let is_reached =
            block == around.body || (parent == Some(around.body) && self.tells_of(block, word, around.region));
        let mut exits = self.exits_of(around);
        (is_reached && exits.all(|exit| self.tells_of(exit, word, around.region)) && !self.is_exhausted())
            .then_some(around)
    }

    fn exits_of(&self, around: &Loop<'a>) -> impl Iterator<Item = BlockId> {
        let all = self.metered(self.model.exits.iter());
        all.filter(|(at, _)| around.region.contains(*at)).map(|(_, block)| *block)
    }

    /// Whether `block` is reached by a test of `word` alone.
    fn tells_of(&self, block: BlockId, word: &str, around: Region) -> bool {
        self.metered(self.model.guards.iter())
            .any(|guard| guard.block == block && around.contains(guard.region) && self.is_about(guard.test, word))
    }

    /// `chunk`, `not chunk`, `len(chunk) == 0`, `chunk == b""`, `(chunk := file.read(n)) != b""`
    fn is_about(&self, test: &'a Expr, word: &str) -> bool {
        match test {
            Expr::Name(name) => name.id.as_str() == word,
            Expr::UnaryOp(unary) => self.is_about(&unary.operand, word),
            Expr::Named(named) => self.is_about(&named.target, word),
            Expr::Compare(compare) => {
                self.is_about(&compare.left, word)
                    && compare
                        .comparators
                        .iter()
                        .all(|right| right.is_bytes_literal_expr() || right.is_none_literal_expr() || is_zero(right))
            }
            Expr::Call(call) => match (callee_leaf(&call.func), &*call.arguments.args) {
                (Some("len"), [inner]) => self.is_about(inner, word),
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a `while` goes on until `word` holds nothing.
    fn ends_with(&self, around: &Loop<'a>, word: &str) -> bool {
        let Some(test) = around.test else { return false };
        self.is_about(test, word) || (self.truth(test) == Some(true) && self.exits_of(around).next().is_some())
    }

    /// The file of `name = file.read(n)`.
    fn sized_read(&self, id: DefId) -> Option<&'a Expr> {
        match &self.model.defs[id as usize].kind {
            DefKind::Value { value, unpack } if unpack.is_empty() => read_of(value.as_call_expr()?),
            _ => None,
        }
    }

    /// What all items of `iterable` make up: `iter(lambda: file.read(n), b"")`, a file's lines, a response's pieces.
    fn whole_iterable(&self, iterable: &'a Expr) -> Option<&'a Expr> {
        match iterable {
            Expr::Name(_) | Expr::Attribute(_) => Some(iterable),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(attribute)
                    if matches!(
                        attribute.attr.as_str(),
                        "iter_content" | "iter_chunked" | "iter_any" | "iter_bytes" | "iter_raw" | "stream" | "chunks"
                    ) =>
                {
                    Some(&attribute.value)
                }
                _ => read_of(self.called_until(iterable)?),
            },
            _ => None,
        }
    }

    /// The call that `iter(lambda: …, sentinel)` or `iter(partial(…), sentinel)` makes again and again.
    ///
    /// Of `partial(file.read, n)` it is the call of `partial`.
    fn called_until(&self, iterable: &'a Expr) -> Option<&'a ExprCall> {
        let call = iterable.as_call_expr()?;
        let [function, _] = &*call.arguments.args else { return None };
        if !self.is_call_of(call, &["builtins.iter"]) {
            return None;
        }
        match function {
            Expr::Lambda(lambda) => lambda.body.as_call_expr(),
            Expr::Call(partial) if self.is_call_of(partial, &["functools.partial"]) => Some(partial),
            _ => None,
        }
    }
}

/// The file of `file.read(n)` or `partial(file.read, n)`.
fn read_of(call: &ExprCall) -> Option<&Expr> {
    let is_read = |attribute: &ast::ExprAttribute| matches!(attribute.attr.as_str(), "read" | "read1");
    match (&*call.func, &*call.arguments.args) {
        (Expr::Attribute(attribute), _) if is_read(attribute) => Some(&attribute.value),
        (_, [Expr::Attribute(attribute), _]) if is_read(attribute) => Some(&attribute.value),
        _ => None,
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(expr, Expr::NumberLiteral(number) if number.value.as_int().is_some_and(|int| int.as_u64() == Some(0)))
}
