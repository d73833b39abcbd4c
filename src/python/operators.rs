//! Operators on known values: `and`, `not`, `+`, comparisons, f-strings.

use std::rc::Rc;

use ruff_python_ast::{self as ast, BoolOp, CmpOp, Expr, Operator, UnaryOp};

use super::model::Refinement;
use super::thing::{Alt, Dict, Rest, Thing, Val, one};
use super::values::Resolver;

impl<'a> Resolver<'a, '_> {
    pub(super) fn bool_op(&self, bool_op: &'a ast::ExprBoolOp) -> Val<'a> {
        let stops_at = bool_op.op == BoolOp::Or;
        let how = if stops_at { Refinement::Truthy } else { Refinement::Falsy };
        let mut parts = Vec::new();
        for (index, value) in bool_op.values.iter().enumerate() {
            let value = self.eval(value);
            if index + 1 == bool_op.values.len() {
                parts.push(value);
                break;
            }
            let kept = value.iter().filter_map(|alt| alt.thing.refined(how).map(|thing| alt.with(thing)));
            parts.push(kept.collect());
            if value.iter().all(|alt| alt.thing.truth() == Some(stops_at)) {
                break;
            }
        }
        self.union(parts)
    }

    pub(super) fn unary(&self, unary: &'a ast::ExprUnaryOp) -> Val<'a> {
        let value = self.eval(&unary.operand);
        match unary.op {
            UnaryOp::Not => self.flat_map(&value, |alt| match alt.thing.truth() {
                Some(truth) => Rc::from([alt.with(Thing::Bool(!truth))]),
                None => one(Thing::Unknown),
            }),
            UnaryOp::USub | UnaryOp::UAdd | UnaryOp::Invert => self.flat_map(&value, |alt| match alt.thing {
                Thing::Number { nonzero, .. } if unary.op != UnaryOp::Invert => {
                    one(Thing::Number { nonzero, index: None })
                }
                _ => one(Thing::Unknown),
            }),
        }
    }

    pub(super) fn binary(&self, binary: &'a ast::ExprBinOp) -> Val<'a> {
        let left = self.eval(&binary.left);
        match binary.op {
            Operator::Div if left.iter().any(|alt| matches!(alt.thing, Thing::LocalPath(_))) => {
                let end = self.text_of(&binary.right);
                one(Thing::LocalPath(end.unwrap_or_default()))
            }
            Operator::Add | Operator::BitOr => {
                let right = self.eval(&binary.right);
                if binary.op == Operator::BitOr
                    && left.iter().chain(right.iter()).any(|alt| matches!(alt.thing, Thing::Dict(_)))
                {
                    let mut dict = Dict { entries: Vec::new(), rest: Rest::Nothing };
                    self.spread_value(&mut dict, &left);
                    self.spread_value(&mut dict, &right);
                    return one(Thing::Dict(Rc::new(dict)));
                }
                self.flat_map(&left, |a| self.flat_map(&right, |b| Rc::from([a.with(joined(&a.thing, &b.thing))])))
            }
            Operator::Mod => self.flat_map(&left, |alt| match &alt.thing {
                Thing::Text(text) => {
                    let values: Vec<&'a Expr> = match &*binary.right {
                        Expr::Tuple(tuple) => tuple.elts.iter().collect(),
                        other => vec![other],
                    };
                    let pieces: Vec<&str> = text.split("%s").collect();
                    if pieces.len() != values.len() + 1 || pieces.iter().any(|piece| piece.contains('%')) {
                        let prefix = text.split('%').next().unwrap_or_default();
                        return one(Thing::PartialText { prefix: prefix.into(), suffix: "".into() });
                    }
                    let mut whole = Thing::Text(pieces[0].into());
                    for (value, piece) in values.into_iter().zip(&pieces[1..]) {
                        whole = joined(&joined(&whole, &self.part_of_text(value)), &Thing::Text((*piece).into()));
                    }
                    one(whole)
                }
                _ => one(Thing::Unknown),
            }),
            _ => one(Thing::Unknown),
        }
    }

    pub(super) fn compare(&self, compare: &'a ast::ExprCompare) -> Val<'a> {
        let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return one(Thing::Unknown) };
        let (left, right) = (self.eval(&compare.left), self.eval(right));
        let ([left], [right]) = (&*left, &*right) else { return one(Thing::Unknown) };
        let equal = match (&left.thing, &right.thing) {
            (Thing::Text(a), Thing::Text(b)) => a == b,
            (Thing::Bool(a), Thing::Bool(b)) => a == b,
            (Thing::Number { index: Some(a), .. }, Thing::Number { index: Some(b), .. }) => {
                return match op {
                    CmpOp::Eq | CmpOp::Is => one(Thing::Bool(a == b)),
                    CmpOp::NotEq | CmpOp::IsNot => one(Thing::Bool(a != b)),
                    CmpOp::Lt => one(Thing::Bool(a < b)),
                    CmpOp::LtE => one(Thing::Bool(a <= b)),
                    CmpOp::Gt => one(Thing::Bool(a > b)),
                    CmpOp::GtE => one(Thing::Bool(a >= b)),
                    CmpOp::In | CmpOp::NotIn => one(Thing::Unknown),
                };
            }
            (Thing::None, Thing::None) => true,
            (Thing::None, Thing::Text(_) | Thing::Bool(_)) | (Thing::Text(_) | Thing::Bool(_), Thing::None) => false,
            _ => return one(Thing::Unknown),
        };
        match op {
            CmpOp::Eq | CmpOp::Is => one(Thing::Bool(equal)),
            CmpOp::NotEq | CmpOp::IsNot => one(Thing::Bool(!equal)),
            _ => one(Thing::Unknown),
        }
    }

    pub(super) fn fstring(&self, string: &'a ast::ExprFString) -> Val<'a> {
        let mut whole = Thing::Text("".into());
        for element in string.value.elements() {
            let part = match element {
                ast::InterpolatedStringElement::Literal(literal) => Thing::Text((*literal.value).into()),
                ast::InterpolatedStringElement::Interpolation(inner) => match &*self.eval(&inner.expression) {
                    [Alt { thing: Thing::Text(text), .. }] if inner.format_spec.is_none() => {
                        Thing::Text(Rc::clone(text))
                    }
                    [Alt { thing: Thing::PartialText { prefix, suffix }, .. }] if inner.format_spec.is_none() => {
                        Thing::PartialText { prefix: Rc::clone(prefix), suffix: Rc::clone(suffix) }
                    }
                    [Alt { thing: Thing::LocalPath(end), .. }] if matches!(&whole, Thing::Text(text) if text.is_empty()) => {
                        Thing::LocalPath(Rc::clone(end))
                    }
                    _ => Thing::PartialText { prefix: "".into(), suffix: "".into() },
                },
            };
            whole = joined(&whole, &part);
        }
        // Literal parts beside f-strings, `"a" f"{b}"`, are elements of their own; plain ones are in `value` too.
        one(whole)
    }
}

/// Without `None`, which has no attributes to speak of, where there is something else.
pub(super) fn with_attributes(value: Val<'_>) -> Val<'_> {
    let is_none = |alt: &Alt<'_>| matches!(alt.thing, Thing::None);
    if value.len() < 2 || !value.iter().any(is_none) || value.iter().all(is_none) {
        return value;
    }
    value.iter().filter(|alt| !is_none(alt)).cloned().collect()
}

/// Texts longer than this are not put together.
const MOST_TEXT_BYTES: usize = 4096;
/// Nor are lists of more items.
const MOST_ITEMS: usize = 4096;

/// `a + b` of texts, paths and lists.
pub(super) fn joined<'a>(a: &Thing<'a>, b: &Thing<'a>) -> Thing<'a> {
    let fits = |a: &str, b: &str| a.len() + b.len() <= MOST_TEXT_BYTES;
    match (a, b) {
        // What grows with every line is known by its ends only.
        (Thing::Text(a), Thing::Text(b)) if !fits(a, b) => {
            Thing::PartialText { prefix: Rc::clone(a), suffix: Rc::clone(b) }
        }
        (Thing::Text(a), Thing::PartialText { prefix, suffix }) if !fits(a, prefix) => {
            Thing::PartialText { prefix: Rc::clone(a), suffix: Rc::clone(suffix) }
        }
        (Thing::PartialText { prefix, suffix }, Thing::Text(b)) if !fits(suffix, b) => {
            Thing::PartialText { prefix: Rc::clone(prefix), suffix: Rc::clone(b) }
        }
        (Thing::Items(a), Thing::Items(b)) if a.len() + b.len() > MOST_ITEMS => Thing::Unknown,
        (Thing::Text(a), Thing::LocalPath(end)) if a.is_empty() => Thing::LocalPath(Rc::clone(end)),
        (Thing::LocalPath(_), Thing::Text(end) | Thing::PartialText { suffix: end, .. }) => {
            Thing::LocalPath(Rc::clone(end))
        }
        (Thing::LocalPath(_), _) => Thing::LocalPath("".into()),
        (Thing::Text(a), Thing::Text(b)) => Thing::Text(format!("{a}{b}").into()),
        (Thing::Text(a), Thing::PartialText { prefix, suffix }) => {
            Thing::PartialText { prefix: format!("{a}{prefix}").into(), suffix: Rc::clone(suffix) }
        }
        (Thing::PartialText { prefix, suffix }, Thing::Text(b)) => {
            Thing::PartialText { prefix: Rc::clone(prefix), suffix: format!("{suffix}{b}").into() }
        }
        (Thing::PartialText { prefix, .. }, Thing::PartialText { suffix, .. }) => {
            Thing::PartialText { prefix: Rc::clone(prefix), suffix: Rc::clone(suffix) }
        }
        (Thing::Text(a), _) => Thing::PartialText { prefix: Rc::clone(a), suffix: "".into() },
        (_, Thing::Text(b)) => Thing::PartialText { prefix: "".into(), suffix: Rc::clone(b) },
        (Thing::Items(a), Thing::Items(b)) => Thing::Items(a.iter().chain(b.iter()).copied().collect()),
        _ => Thing::Unknown,
    }
}
