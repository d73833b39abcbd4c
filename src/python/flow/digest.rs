//! Data that was checked: its digest was compared with a constant, here or in a helper of the file, before it is used.

use std::rc::Rc;

use super::super::model::{DefKind, Guard, Place, ScopeId, SetId};
use super::super::parse::region;
use super::super::results::is_method_call;
use super::super::thing::Thing;
use super::super::values::{HelperCalls, Resolver};
use super::DataKey;
use crate::fact::Role;
use crate::text::Region;
use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, UnaryOp};

impl<'a> Resolver<'a, '_> {
    /// A digest of the same data was compared with a constant, and the way here needs it to be equal.
    pub(super) fn digest_compared(&self, expr: &'a Expr, place: Place) -> bool {
        let at = region(expr).start;
        let mut keys: Option<Vec<DataKey<'a>>> = None;
        for guard in self.metered(self.model.guards.iter()).filter(|guard| guard.scope == place.scope) {
            if guard.region.start >= at || !self.model.dominates((guard.block, guard.from), (place.block, at)) {
                continue;
            }
            let keys = keys.get_or_insert_with(|| self.data_keys(expr, place));
            if self.equality_holds(guard.test, guard.holds, &|test| self.compares_digest(test, keys, place)) {
                return true;
            }
        }
        self.checked_by_helper(expr, place, at)
    }

    /// Whether the outcome of `test` makes sure of an equality for which `is_wanted` says yes.
    fn equality_holds(&self, test: &'a Expr, holds: bool, is_wanted: &dyn Fn(&'a Expr) -> bool) -> bool {
        match test {
            Expr::UnaryOp(unary) if unary.op == UnaryOp::Not => self.equality_holds(&unary.operand, !holds, is_wanted),
            Expr::BoolOp(bool_op) => {
                let any = (bool_op.op == BoolOp::And) == holds;
                let mut each = bool_op.values.iter().map(|value| self.equality_holds(value, holds, is_wanted));
                if any { each.any(|found| found) } else { each.all(|found| found) }
            }
            Expr::Compare(compare) => {
                let wanted = match &*compare.ops {
                    [CmpOp::Eq] => holds,
                    [CmpOp::NotEq] => !holds,
                    _ => false,
                };
                wanted && is_wanted(test)
            }
            Expr::Call(_) => holds && is_wanted(test),
            _ => false,
        }
    }

    fn data_keys(&self, expr: &'a Expr, place: Place) -> Vec<DataKey<'a>> {
        let mut walk = self.walk(place);
        self.back(expr, &mut walk, 0);
        walk.keys.retain(|key| !matches!(key, DataKey::Name(_, SetId::EMPTY)));
        walk.keys
    }

    /// Whether `test` compares a strong digest of the data known by `keys` with a constant.
    fn compares_digest(&self, test: &'a Expr, keys: &[DataKey<'a>], place: Place) -> bool {
        let (left, right) = match test {
            Expr::Compare(compare) => match &*compare.comparators {
                [right] => (&*compare.left, right),
                _ => return false,
            },
            Expr::Call(call) => {
                let compares =
                    self.names(&call.func).iter().any(|name| self.vocabulary.list(Role::Comparison, name).is_some());
                match (&*call.arguments.args, compares) {
                    ([left, right], true) => (left, right),
                    _ => return false,
                }
            }
            _ => return false,
        };
        let one_way = |digest: &'a Expr, constant: &'a Expr| {
            self.is_constant(constant, 0) && self.is_digest_of(digest, keys, place, 0)
        };
        one_way(left, right) || one_way(right, left)
    }

    /// A text or bytes of the program itself, or an entry of a constant table.
    fn is_constant(&self, expr: &'a Expr, depth: u32) -> bool {
        if depth > 4 {
            return false;
        }
        let value = self.eval(expr);
        let literal = |thing: &Thing| matches!(thing, Thing::Text(_) | Thing::Bytes { nonempty: true });
        if !value.is_empty() && value.iter().all(|alt| literal(&alt.thing)) {
            return true;
        }
        match expr {
            Expr::BinOp(binary) => {
                self.is_constant(&binary.left, depth + 1)
                    && (self.is_constant(&binary.right, depth + 1) || binary.right.is_literal_expr())
            }
            Expr::Subscript(subscript) => self.is_table(&subscript.value),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(attribute) if is_method_call(call, "get") => self.is_table(&attribute.value),
                Expr::Attribute(attribute) if matches!(attribute.attr.as_str(), "lower" | "encode" | "strip") => {
                    self.is_constant(&attribute.value, depth + 1)
                }
                Expr::Attribute(attribute)
                    if matches!(attribute.attr.as_str(), "fromhex" | "b64decode" | "unhexlify") =>
                {
                    call.arguments.args.first().is_some_and(|first| self.is_constant(first, depth + 1))
                }
                _ => false,
            },
            _ => false,
        }
    }

    fn is_table(&self, expr: &'a Expr) -> bool {
        self.eval(expr)
            .iter()
            .all(|alt| matches!(&alt.thing, Thing::Dict(dict) if dict.rest == super::super::thing::Rest::Nothing))
    }

    fn is_digest_of(&self, expr: &'a Expr, keys: &[DataKey<'a>], place: Place, depth: u32) -> bool {
        if depth > 8 {
            return false;
        }
        match expr {
            Expr::Name(name) => {
                let set = self.model.uses.get(&region(name).start).copied().unwrap_or(SetId::EMPTY);
                self.model.sets.defs(set).into_iter().any(|id| match &self.model.defs[id as usize].kind {
                    DefKind::Value { value, .. } => {
                        self.is_digest_of(value, keys, place, depth + 1)
                            || self.is_updated_with(name.id.as_str(), value, keys, place)
                    }
                    // `h.update(data)` as a statement of its own.
                    DefKind::Mutated { previous, .. } => {
                        self.model.sets.defs(*previous).into_iter().any(|id| match &self.model.defs[id as usize].kind {
                            DefKind::Value { value, .. } => self.is_updated_with(name.id.as_str(), value, keys, place),
                            DefKind::Mutated { .. } => true,
                            _ => false,
                        })
                    }
                    _ => false,
                })
            }
            Expr::Call(call) => {
                if self.names(&call.func).iter().any(|name| self.is_strong_digest(name, call)) {
                    let mut all = call.arguments.args.iter().chain(call.arguments.keywords.iter().map(|k| &k.value));
                    return all.any(|argument| self.shares_key(argument, keys, place));
                }
                // A helper of the file that returns a digest of what it is given.
                for alt in self.eval(&call.func).iter() {
                    if let Thing::Function(function) | Thing::Method(function) = alt.thing {
                        let of = &self.model.functions[function as usize];
                        let digests = of.returns.iter().any(|value| self.mentions_digest(value, of.region, 0));
                        if digests && call.arguments.args.iter().any(|argument| self.shares_key(argument, keys, place))
                        {
                            return true;
                        }
                    }
                }
                match &*call.func {
                    Expr::Attribute(attribute) => self.is_digest_of(&attribute.value, keys, place, depth + 1),
                    _ => false,
                }
            }
            Expr::Attribute(attribute) => self.is_digest_of(&attribute.value, keys, place, depth + 1),
            _ => false,
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

    fn shares_key(&self, expr: &'a Expr, keys: &[DataKey<'a>], place: Place) -> bool {
        let at = region(expr).start;
        let scope = self
            .calls_in_scope(place.scope)
            .next()
            .map_or(place, |site| Place { statement: Region::new(at, at), ..site.place });
        self.data_keys(expr, scope).iter().any(|key| keys.contains(key))
    }

    /// `h = hashlib.sha256(); h.update(data)`
    fn is_updated_with(&self, name: &str, made_by: &'a Expr, keys: &[DataKey<'a>], place: Place) -> bool {
        let Expr::Call(maker) = made_by else { return false };
        if !self.names(&maker.func).iter().any(|maker_name| self.is_strong_digest(maker_name, maker)) {
            return false;
        }
        self.calls_in_scope(place.scope).any(|site| match &*site.call.func {
            Expr::Attribute(attribute) if attribute.attr.as_str() == "update" => {
                matches!(&*attribute.value, Expr::Name(receiver) if receiver.id.as_str() == name)
                    && site.call.arguments.args.iter().any(|argument| self.shares_key(argument, keys, place))
            }
            _ => false,
        })
    }

    fn mentions_digest(&self, expr: &'a Expr, function: Region, depth: u32) -> bool {
        if depth > 6 {
            return false;
        }
        match expr {
            Expr::Call(call) => {
                self.names(&call.func).iter().any(|name| self.is_strong_digest(name, call))
                    || matches!(&*call.func, Expr::Attribute(attribute) if self.mentions_digest(&attribute.value, function, depth + 1))
            }
            Expr::Name(name) => {
                let set = self.model.uses.get(&region(name).start).copied().unwrap_or(SetId::EMPTY);
                self.model.sets.defs(set).into_iter().any(|id| match &self.model.defs[id as usize].kind {
                    DefKind::Value { value, .. } => {
                        function.contains(region(*value)) && self.mentions_digest(value, function, depth + 1)
                    }
                    _ => false,
                })
            }
            _ => false,
        }
    }

    /// `verify(path, EXPECTED)` before the load, where `verify` raises unless the digest is equal; or a test of a
    /// helper that returns whether it is.
    fn checked_by_helper(&self, expr: &'a Expr, place: Place, at: u32) -> bool {
        let mut keys: Option<Vec<DataKey<'a>>> = None;
        for (index, helper) in self.metered(self.helper_calls(place.scope).iter()) {
            let site = &self.model.calls[*index];
            let call = site.call;
            if region(call).end > at {
                break;
            }
            let keys = keys.get_or_insert_with(|| self.data_keys(expr, place));
            if !call.arguments.args.iter().any(|argument| self.shares_key(argument, keys, place)) {
                continue;
            }
            let raises = self.model.dominates((site.place.block, region(call).end), (place.block, at))
                && self.helper_guards(*helper).any(|guard| {
                    self.equality_holds(guard.test, guard.holds, &|test| self.compares_any_digest(test, *helper, call))
                });
            let whole = region(call);
            let tested = || {
                self.metered(self.model.guards.iter()).any(|guard| {
                    guard.scope == place.scope
                        && guard.region.contains(whole)
                        && self.model.dominates((guard.block, guard.from), (place.block, at))
                        && self.equality_holds(guard.test, guard.holds, &|test| region(test) == whole)
                        && self.model.functions[*helper as usize].returns.iter().all(|value| {
                            self.truth(value) == Some(false) || self.compares_any_digest(value, *helper, call)
                        })
                })
            };
            if raises || tested() {
                return true;
            }
        }
        false
    }

    /// The calls in a scope that call exactly one function of the file, and that function.
    fn helper_calls(&self, scope: ScopeId) -> HelperCalls {
        if let Some(known) = self.helper_calls.borrow().get(&scope) {
            return Rc::clone(known);
        }
        let helper = |&index: &usize| {
            let callee = self.eval(&self.model.calls[index].call.func);
            let mut functions = callee.iter().filter_map(|alt| match alt.thing {
                Thing::Function(function) | Thing::Method(function) => Some(function),
                _ => None,
            });
            let only = functions.next().filter(|_| functions.next().is_none())?;
            Some((index, only))
        };
        let found: HelperCalls = self.by_scope.get(&scope).into_iter().flatten().filter_map(helper).collect();
        self.helper_calls.borrow_mut().insert(scope, Rc::clone(&found));
        found
    }

    /// Guards in a function's own body that hold for all that follows.
    fn helper_guards(&self, function: u32) -> impl Iterator<Item = &'_ Guard<'a>> {
        let body = self.model.functions[function as usize].region;
        self.metered(self.model.guards.iter()).filter(move |guard| body.contains(guard.region) && !guard.holds)
    }

    /// In a helper: a strong digest is compared with a constant, or with a parameter that `call` gives a constant.
    fn compares_any_digest(&self, test: &'a Expr, helper: u32, call: &'a ExprCall) -> bool {
        let (left, right) = match test {
            Expr::Compare(compare) => match (&*compare.ops, &*compare.comparators) {
                ([CmpOp::Eq | CmpOp::NotEq], [right]) => (&*compare.left, right),
                _ => return false,
            },
            Expr::Call(inner) => {
                let compares =
                    self.names(&inner.func).iter().any(|name| self.vocabulary.list(Role::Comparison, name).is_some());
                match (&*inner.arguments.args, compares) {
                    ([left, right], true) => (left, right),
                    _ => return false,
                }
            }
            _ => return false,
        };
        let of = &self.model.functions[helper as usize];
        let constant = |expr: &'a Expr| {
            self.is_constant(expr, 0)
                || match expr {
                    Expr::Name(name) => {
                        of.parameters.iter().position(|p| p.name == name.id.as_str()).is_some_and(|index| {
                            self.arguments_for(helper, index)
                                .iter()
                                .any(|(caller, argument)| std::ptr::eq(*caller, call) && self.is_constant(argument, 0))
                        })
                    }
                    _ => false,
                }
        };
        let digest = |expr: &'a Expr| {
            let helper_digest = match expr {
                Expr::Call(call) => self.eval(&call.func).iter().any(|alt| match alt.thing {
                    Thing::Function(function) => {
                        let of = &self.model.functions[function as usize];
                        of.returns.iter().any(|value| self.mentions_digest(value, of.region, 0))
                    }
                    _ => false,
                }),
                _ => false,
            };
            helper_digest || self.mentions_digest(expr, of.region, 0)
        };
        (constant(left) && digest(right)) || (constant(right) && digest(left))
    }
}
