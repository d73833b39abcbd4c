//! Data that was checked: its digest was compared with a constant, here or in a helper of the file, before it is used.
//!
//! For each scope it is worked out once what its tests, and its calls of helpers that raise, make sure of; a load then
//! only asks whether what it reads is among that.

use std::rc::Rc;

use super::super::model::{BlockId, DefId, DefKind, FunctionId, Place, ScopeId, ScopeKind, SetId};
use super::super::parse::region;
use super::super::values::{Resolver, callee_leaf};
use super::content::{Content, Found, Of};
use crate::fact::Role;
use ruff_python_ast::{self as ast, BoolOp, CmpOp, Expr, ExprCall, Operator, UnaryOp};

/// Contents that are what the program says, from a place on.
#[derive(Debug)]
pub(in crate::python) struct Proof<'a> {
    block: BlockId,
    from: u32,
    contents: Vec<Content<'a>>,
}

/// What is known of a scope.
pub(in crate::python) type Proofs<'a> = Rc<[Proof<'a>]>;

/// A helper of the file and the call that gives its parameters; none where the load itself stands.
pub(super) type Within<'a> = Option<(FunctionId, &'a ExprCall)>;

const MAX_DEPTH: u32 = 8;

impl<'a> Resolver<'a, '_> {
    /// A digest of the same data was compared with a constant, and the way here needs it to be equal.
    pub(super) fn digest_compared(&self, expr: &'a Expr, place: Place) -> bool {
        let at = region(expr).start;
        let proofs = self.proofs(self.owner(place.scope));
        let mut loaded: Option<Vec<Content<'a>>> = None;
        self.metered(proofs.iter()).any(|proof| {
            if proof.from > at || !self.model.dominates((proof.block, proof.from), (place.block, at)) {
                return false;
            }
            let loaded = loaded.get_or_insert_with(|| {
                let mut found = Found::default();
                let of = self.is_data_of_call(expr, place).then_some(Of::Bytes);
                self.loaded(expr, of, place, &mut found, 0);
                found.contents
            });
            proof.contents.iter().any(|proved| {
                loaded.iter().any(|content| self.is_same_content(proved, content))
                    && !self.is_filled_again(proved, place.scope, proof.from, at)
            })
        })
    }

    /// Whether `expr` is handed to a function that takes the data itself, `pickle.loads`, not a file or its path.
    fn is_data_of_call(&self, expr: &'a Expr, place: Place) -> bool {
        self.calls_in_scope(place.scope).any(|site| {
            site.call.arguments.args.first().is_some_and(|first| std::ptr::eq(first, expr))
                && callee_leaf(&site.call.func).is_some_and(|leaf| leaf.ends_with("loads"))
        })
    }

    fn proofs(&self, scope: ScopeId) -> Proofs<'a> {
        if let Some(known) = self.proofs.borrow().get(&scope) {
            return Rc::clone(known);
        }
        let guards = self.guards_by_scope.get(&scope).into_iter().flatten().map(|&index| &self.model.guards[index]);
        let by_tests = self.metered(guards).map(|guard| Proof {
            block: guard.block,
            from: guard.from,
            contents: self.ensured(guard.test, guard.holds, None, 0),
        });
        let by_helpers = self.calls_in_scope(scope).map(|site| Proof {
            block: site.place.block,
            from: region(site.call).end,
            contents: self.ensured_unless_raised(site.call, 0),
        });
        let found: Proofs<'a> = by_tests.chain(by_helpers).filter(|proof| !proof.contents.is_empty()).collect();
        self.proofs.borrow_mut().insert(scope, Rc::clone(&found));
        found
    }

    /// The contents of which the outcome of `test` makes sure that they are what the program says.
    fn ensured(&self, test: &'a Expr, holds: bool, within: Within<'a>, depth: u32) -> Vec<Content<'a>> {
        if depth > MAX_DEPTH || !self.spend_one_of_many() {
            return Vec::new();
        }
        match test {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => self.ensured(&unary.operand, !holds, within, depth),
            Expr::BoolOp(bool_op) => {
                let mut each = bool_op.values.iter().map(|value| self.ensured(value, holds, within, depth));
                if (bool_op.op == BoolOp::And) == holds {
                    each.flatten().collect()
                } else {
                    let first = each.next().unwrap_or_default();
                    each.fold(first, |all, one| self.common(all, &one))
                }
            }
            Expr::Compare(compare) => self.ensured_by_comparison(compare, holds, within, depth),
            Expr::Call(call) if holds => self.ensured_by_call(call, within, depth),
            Expr::Named(named) => self.ensured(&named.value, holds, within, depth + 1),
            // `is_known = digest == SHA256`
            Expr::Name(name) => match self.roots_of(name).and_then(|roots| self.made_from(&roots)) {
                // Twice as deep: each name can stand in a test often, and each of those again.
                Some(value) => self.ensured(value, holds, within, depth + 2),
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn ensured_by_comparison(
        &self,
        compare: &'a ast::ExprCompare,
        holds: bool,
        within: Within<'a>,
        depth: u32,
    ) -> Vec<Content<'a>> {
        let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return Vec::new() };
        let left = &*compare.left;
        let wanted = match op {
            CmpOp::Eq | CmpOp::Is | CmpOp::In => holds,
            CmpOp::NotEq | CmpOp::IsNot | CmpOp::NotIn => !holds,
            _ => return Vec::new(),
        };
        match (op, right) {
            // `is_known == False`, `verify(data) is not True`
            (CmpOp::Eq | CmpOp::NotEq | CmpOp::Is | CmpOp::IsNot, Expr::BooleanLiteral(literal)) => {
                self.ensured(left, literal.value == wanted, within, depth + 1)
            }
            (CmpOp::Eq | CmpOp::NotEq, _) if wanted => self.ensured_by_equality(left, right, within, depth),
            (CmpOp::In | CmpOp::NotIn, _) if wanted && self.is_list_of_constants(right, depth) => {
                self.digested(left, depth)
            }
            _ => Vec::new(),
        }
    }

    fn ensured_by_equality(&self, left: &'a Expr, right: &'a Expr, within: Within<'a>, depth: u32) -> Vec<Content<'a>> {
        let one_way = |digest: &'a Expr, constant: &'a Expr| {
            let contents = self.digested(digest, depth);
            if contents.is_empty() || self.is_constant(constant, within, 0) { contents } else { Vec::new() }
        };
        let found = one_way(left, right);
        if found.is_empty() { one_way(right, left) } else { found }
    }

    fn ensured_by_call(&self, call: &'a ExprCall, within: Within<'a>, depth: u32) -> Vec<Content<'a>> {
        let compares = self.names(&call.func).iter().any(|name| self.vocabulary.list(Role::Comparison, name).is_some());
        match &*call.arguments.args {
            [left, right] if compares => return self.ensured_by_equality(left, right, within, depth),
            // `any(digest == known for known in KNOWN)`
            [Expr::Generator(each)] if self.is_call_of(call, &["builtins.any"]) => {
                return self.ensured(&each.elt, true, within, depth + 1);
            }
            _ => {}
        }
        let Some(id) = self.only_function(call) else { return Vec::new() };
        let of = &self.model.functions[id as usize];
        if of.is_generator || of.returns.is_empty() || depth > MAX_DEPTH / 2 {
            return Vec::new();
        }
        let told = of.returns.iter().zip(&of.return_blocks).filter(|(value, _)| self.truth(value) != Some(false));
        let each = told.map(|(value, block)| {
            let mut contents = self.ensured(value, true, Some((id, call)), depth + 2);
            contents.extend(self.ensured_at(id, (*block, region(*value).start), call, depth));
            contents
        });
        let common = each.reduce(|all, one| self.common(all, &one)).unwrap_or_default();
        self.given_by(call, id, &common, depth)
    }

    /// What all tests on the way to a place in a helper make sure of: `if digest != SHA256: return False` before it.
    fn ensured_at(&self, id: FunctionId, to: (BlockId, u32), call: &'a ExprCall, depth: u32) -> Vec<Content<'a>> {
        let Some(scope) = self.model.functions[id as usize].scope else { return Vec::new() };
        let guards = self.guards_by_scope.get(&scope).into_iter().flatten().map(|&index| &self.model.guards[index]);
        let certain = self
            .metered(guards)
            .filter(|guard| guard.from <= to.1 && self.model.dominates((guard.block, guard.from), to));
        certain.flat_map(|guard| self.ensured(guard.test, guard.holds, Some((id, call)), depth + 2)).collect()
    }

    /// `verify(path, EXPECTED)` before the load, where `verify` raises unless the digest is equal.
    fn ensured_unless_raised(&self, call: &'a ExprCall, depth: u32) -> Vec<Content<'a>> {
        let Some(id) = self.only_function(call) else { return Vec::new() };
        let of = &self.model.functions[id as usize];
        let Some(scope) = of.scope.filter(|_| !of.is_generator) else { return Vec::new() };
        let guards = self.guards_by_scope.get(&scope).into_iter().flatten().map(|&index| &self.model.guards[index]);
        // Certain once the call is over: the test stands in the body itself, and nothing returned before.
        let lasting = self
            .metered(guards)
            .filter(|guard| self.model.blocks[guard.block as usize].parent.is_none() && !guard.may_be_skipped);
        let contents: Vec<_> =
            lasting.flat_map(|guard| self.ensured(guard.test, guard.holds, Some((id, call)), depth + 1)).collect();
        debug_assert!(self.model.scopes[scope as usize].kind == ScopeKind::Function(id));
        self.given_by(call, id, &contents, depth)
    }

    /// What is covered whole by the digest in `expr`: `sha256(data).hexdigest()`, `b64encode(h.digest()).decode()`.
    fn digested(&self, expr: &'a Expr, depth: u32) -> Vec<Content<'a>> {
        if depth > MAX_DEPTH || !self.spend_one_of_many() {
            return Vec::new();
        }
        match expr {
            Expr::Name(name) => match self.roots_of(name).and_then(|roots| self.made_from(&roots)) {
                Some(value) => self.digested(value, depth + 1),
                None => Vec::new(),
            },
            Expr::Named(named) => self.digested(&named.value, depth + 1),
            Expr::Await(inner) => self.digested(&inner.value, depth + 1),
            // `"sha256:" + digest`
            Expr::BinOp(binary) if binary.op == Operator::Add => match (&*binary.left, &*binary.right) {
                (known, digest) if known.is_literal_expr() => self.digested(digest, depth + 1),
                (digest, known) if known.is_literal_expr() => self.digested(digest, depth + 1),
                _ => Vec::new(),
            },
            Expr::FString(string) => {
                let mut parts = string.value.elements().filter_map(|element| element.as_interpolation());
                match (parts.next(), parts.next()) {
                    (Some(only), None) if only.format_spec.is_none() => self.digested(&only.expression, depth + 1),
                    _ => Vec::new(),
                }
            }
            Expr::Call(call) => self.digested_by_call(call, depth),
            _ => Vec::new(),
        }
    }

    fn digested_by_call(&self, call: &'a ExprCall, depth: u32) -> Vec<Content<'a>> {
        if let Expr::Attribute(attribute) = &*call.func {
            match attribute.attr.as_str() {
                "hexdigest" | "digest" if !self.is_call_of(call, &["hmac.digest"]) => {
                    return self.hashed(&attribute.value, depth + 1);
                }
                "lower" | "upper" | "casefold" | "encode" | "decode" | "hex" | "strip" | "rstrip" => {
                    return self.digested(&attribute.value, depth + 1);
                }
                _ => {}
            }
        }
        if self.is_call_of(call, &["hmac.digest"]) {
            return self.hashed_by_call(call, depth);
        }
        if self.is_call_of(call, &WRITES_OTHERWISE) {
            return call.arguments.args.first().map(|inner| self.digested(inner, depth + 1)).unwrap_or_default();
        }
        let Some(id) = self.only_function(call) else { return Vec::new() };
        self.contents_through(call, id, depth + 1, &|value, found, depth| {
            found.contents = self.digested(value, depth);
        })
    }

    /// What a hash object covers whole.
    fn hashed(&self, expr: &'a Expr, depth: u32) -> Vec<Content<'a>> {
        if depth > MAX_DEPTH || !self.spend_one_of_many() {
            return Vec::new();
        }
        match expr {
            Expr::Name(name) => self.hashed_by_name(name, depth),
            Expr::Named(named) => self.hashed(&named.value, depth + 1),
            Expr::Call(call) => match (&*call.func, self.only_function(call)) {
                (Expr::Attribute(attribute), _) if attribute.attr.as_str() == "copy" => {
                    self.hashed(&attribute.value, depth + 1)
                }
                (_, Some(id)) => self.contents_through(call, id, depth + 1, &|value, found, depth| {
                    found.contents = self.hashed(value, depth);
                }),
                _ => self.hashed_by_call(call, depth),
            },
            _ => Vec::new(),
        }
    }

    /// `hashlib.sha256(data)`, `hashlib.new("sha256", data)`, `hashlib.file_digest(file, "sha256")`
    fn hashed_by_call(&self, call: &'a ExprCall, depth: u32) -> Vec<Content<'a>> {
        let names = self.names(&call.func);
        if names.is_empty() || !names.iter().all(|name| self.is_strong_digest(name, call)) {
            return Vec::new();
        }
        let is_second = names.iter().any(|name| AFTER_ANOTHER.contains(&&**name));
        let by_name = |name: &str| call.arguments.find_keyword(name).map(|keyword| &keyword.value);
        let given = call.arguments.args.get(usize::from(is_second));
        let given = given.or_else(|| ["data", "string", "msg", "fileobj"].into_iter().find_map(by_name));
        let mut found = Found::default();
        if let Some(data) = given {
            self.covered(data, Of::Bytes, &mut found, depth + 1);
        }
        found.contents
    }

    /// `h = hashlib.sha256(data)`, or `h = hashlib.sha256()` and `h.update(data)`.
    fn hashed_by_name(&self, name: &'a ast::ExprName, depth: u32) -> Vec<Content<'a>> {
        let Some(made) = self.model.uses.get(&region(name).start).and_then(|set| self.maker(*set)) else {
            return Vec::new();
        };
        let Some(value) = self.made_from(&[made]) else { return Vec::new() };
        let mut contents = self.hashed(value, depth + 1);
        let is_maker = matches!(value, Expr::Call(call) if self.names(&call.func).iter().any(|name| self.is_strong_digest(name, call)));
        if !is_maker {
            return contents;
        }
        for site in self.calls_in_scope(self.model.defs[made as usize].scope) {
            let Expr::Attribute(attribute) = &*site.call.func else { continue };
            let is_it = attribute.attr.as_str() == "update"
                && matches!(&*attribute.value, Expr::Name(other) if other.id == name.id)
                && region(site.call).end <= region(name).start;
            if let (true, [data]) = (is_it, &*site.call.arguments.args) {
                let mut found = Found { update: Some(*site), ..Found::default() };
                self.covered(data, Of::Bytes, &mut found, depth + 1);
                contents.append(&mut found.contents);
            }
        }
        contents
    }

    /// The def that made what a name holds, behind all calls of `update`.
    fn maker(&self, set: SetId) -> Option<DefId> {
        const MOST_UPDATES: usize = 64;
        let mut seen = vec![set];
        let mut makers: Vec<DefId> = Vec::new();
        let mut next = 0;
        while let Some(&set) = seen.get(next) {
            next += 1;
            for id in self.roots(set)?.iter() {
                match &self.model.defs[*id as usize].kind {
                    DefKind::Mutated { previous, .. } if seen.contains(previous) => {}
                    DefKind::Mutated { previous, .. } if seen.len() < MOST_UPDATES => seen.push(*previous),
                    DefKind::Mutated { .. } => return None,
                    _ if makers.contains(id) => {}
                    _ => makers.push(*id),
                }
            }
        }
        match *makers {
            [only] => Some(only),
            _ => None,
        }
    }

    /// `hashlib.new("md5")` is none; `hashlib.sha256` is.
    fn is_strong_digest(&self, name: &str, call: &'a ExprCall) -> bool {
        if self.vocabulary.list(Role::Digest, name).is_none() {
            return false;
        }
        let weak = |expr: &'a Expr| {
            self.text_of(expr).is_some_and(|text| matches!(&*text.to_lowercase(), "md5" | "sha1" | "md4" | "crc32"))
                || self.names(expr).iter().any(|name| matches!(&**name, "hashlib.md5" | "hashlib.sha1"))
        };
        let mut all = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|k| &k.value));
        !all.any(weak)
    }
}

/// Digests that are handed something else first.
const AFTER_ANOTHER: [&str; 4] = ["hashlib.new", "hmac.new", "hmac.HMAC", "hmac.digest"];

/// Functions that write the same digest in other letters.
const WRITES_OTHERWISE: [&str; 10] = [
    "base64.b64encode",
    "base64.standard_b64encode",
    "base64.urlsafe_b64encode",
    "base64.b32encode",
    "base64.b16encode",
    "binascii.hexlify",
    "binascii.b2a_hex",
    "binascii.b2a_base64",
    "builtins.str",
    "builtins.bytes",
];
