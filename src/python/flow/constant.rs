//! What the program says itself: texts and bytes that stand in it, and tables of them. A digest counts as known only if it
//! is compared with one of these. `digest.rs` asks.

use ruff_python_ast::{Expr, Operator};

use super::super::model::DefKind;
use super::super::results::is_method_call;
use super::super::thing::{Rest, Slot, Thing};
use super::super::values::{Resolver, callee_leaf};
use super::digest::Within;

const MAX_DEPTH: u32 = 6;

impl<'a> Resolver<'a, '_> {
    /// A text or bytes of the program itself, an entry of a constant table, or a parameter that is given one.
    pub(super) fn is_constant(&self, expr: &'a Expr, within: Within<'a>, depth: u32) -> bool {
        if depth > MAX_DEPTH || !self.spend_one_of_many() {
            return false;
        }
        if matches!(expr, Expr::StringLiteral(text) if !text.value.is_empty()) || self.is_known_text(expr) {
            return true;
        }
        match expr {
            Expr::Name(name) => self.is_constant_name(name, within, depth),
            Expr::BinOp(binary) if matches!(binary.op, Operator::Add | Operator::Mult) => {
                self.is_constant(&binary.left, within, depth + 1)
                    && (binary.right.is_literal_expr() || self.is_constant(&binary.right, within, depth + 1))
            }
            Expr::Subscript(subscript) => self.is_table(&subscript.value, depth),
            Expr::Call(call) => match &*call.func {
                Expr::Attribute(attribute) if is_method_call(call, "get") => self.is_table(&attribute.value, depth),
                Expr::Attribute(attribute)
                    if matches!(
                        attribute.attr.as_str(),
                        "lower" | "upper" | "casefold" | "encode" | "decode" | "strip"
                    ) =>
                {
                    self.is_constant(&attribute.value, within, depth + 1)
                }
                _ => {
                    let is_decoded = matches!(
                        callee_leaf(&call.func),
                        Some("fromhex" | "b64decode" | "urlsafe_b64decode" | "unhexlify" | "a2b_hex" | "bytes" | "str")
                    );
                    let first = call.arguments.args.first();
                    is_decoded && first.is_some_and(|first| self.is_constant(first, within, depth + 1))
                }
            },
            _ => false,
        }
    }

    fn is_known_text(&self, expr: &'a Expr) -> bool {
        let value = self.eval(expr);
        let literal = |thing: &Thing| match thing {
            Thing::Text(text) => !text.is_empty(),
            Thing::Bytes { nonempty } => *nonempty,
            _ => false,
        };
        !value.is_empty() && value.iter().all(|alt| literal(&alt.thing))
    }

    /// `RAW = bytes.fromhex("…")`, and a parameter of a helper that the call at hand gives a constant.
    fn is_constant_name(&self, name: &'a ruff_python_ast::ExprName, within: Within<'a>, depth: u32) -> bool {
        let Some(roots) = self.roots_of(name) else { return false };
        roots.iter().all(|id| match &self.model.defs[*id as usize].kind {
            DefKind::Value { value, unpack } if unpack.is_empty() => self.is_constant(value, within, depth + 1),
            DefKind::Parameter { function, index } => within.is_some_and(|(helper, call)| {
                helper == *function
                    && self
                        .argument_of(call, helper, *index)
                        .is_some_and(|argument| self.is_constant(argument, None, depth + 1))
            }),
            _ => false,
        })
    }

    /// A set, list, tuple or the keys or values of a dictionary, all of constants.
    pub(super) fn is_list_of_constants(&self, expr: &'a Expr, depth: u32) -> bool {
        if depth > MAX_DEPTH + 4 || !self.spend_one_of_many() {
            return false;
        }
        if let Expr::Call(call) = expr
            && let Expr::Attribute(attribute) = &*call.func
            && call.arguments.is_empty()
        {
            match attribute.attr.as_str() {
                "values" => return self.is_table(&attribute.value, depth),
                "keys" => return self.is_list_of_constants(&attribute.value, depth + 1),
                _ => {}
            }
        }
        let value = self.eval(expr);
        !value.is_empty()
            && value.iter().all(|alt| match alt.thing.peeled() {
                Thing::Items(items) => {
                    let all = self.metered(items.iter()).all(|item| self.is_constant(item, None, depth + 1));
                    all && !items.is_empty() && !self.is_exhausted()
                }
                Thing::Dict(dict) => {
                    let is_known = |key: &str| !key.starts_with('\0') && !key.is_empty();
                    dict.rest == Rest::Nothing && dict.entries.iter().all(|(key, _)| is_known(key))
                }
                _ => false,
            })
    }

    /// A dictionary that holds nothing but what the program says.
    fn is_table(&self, expr: &'a Expr, depth: u32) -> bool {
        if depth > MAX_DEPTH {
            return false;
        }
        let value = self.eval(expr);
        !value.is_empty()
            && value.iter().all(|alt| match alt.thing.peeled() {
                Thing::Dict(dict) if dict.rest == Rest::Nothing => {
                    let all = self.metered(dict.entries.iter()).all(|(_, slot)| self.is_fixed(slot, depth + 1));
                    all && !self.is_exhausted()
                }
                _ => false,
            })
    }

    /// A constant, or a collection of such, of whatever type.
    fn is_fixed(&self, slot: &Slot<'a>, depth: u32) -> bool {
        let fixed = |thing: &Thing<'a>| match thing {
            Thing::Text(_) | Thing::Bytes { .. } | Thing::None | Thing::Bool(_) | Thing::Number { .. } => true,
            Thing::Class(_) | Thing::Function(_) => true,
            // What another module of the program holds.
            Thing::Named(name) => !name.contains("()"),
            Thing::Items(items) => {
                depth < MAX_DEPTH && items.iter().all(|item| self.is_fixed(&Slot::Expr(item), depth + 1))
            }
            Thing::Dict(dict) => {
                depth < MAX_DEPTH
                    && dict.rest == Rest::Nothing
                    && dict.entries.iter().all(|(_, slot)| self.is_fixed(slot, depth + 1))
            }
            _ => false,
        };
        if !self.spend_one_of_many() {
            return false;
        }
        match slot {
            Slot::Expr(expr) => {
                expr.is_literal_expr()
                    || self.is_constant(expr, None, depth)
                    || self.is_fixed(&Slot::Val(self.eval(expr)), depth)
            }
            Slot::Val(value) => !value.is_empty() && value.iter().all(|alt| fixed(&alt.thing)),
        }
    }
}
