//! Options of the command line: what `args.name` can be after `parser.add_argument("--name", …)`.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall};
use rustc_hash::FxHashMap;

use super::parse::region;
use super::thing::{Alt, Thing, Val, Why, one};
use super::values::{Resolver, callee_leaf};

/// All options the file declares, by the attribute they fill.
pub(super) fn collect<'a>(resolver: &Resolver<'a, '_>) -> FxHashMap<String, Vec<&'a ExprCall>> {
    let mut options: FxHashMap<String, Vec<&'a ExprCall>> = FxHashMap::default();
    for leaf in ["add_argument", "DEFINE_boolean", "DEFINE_bool", "DEFINE_string"] {
        for call in resolver.calls_named(leaf) {
            if let Some(name) = destination(call) {
                options.entry(name).or_default().push(call);
            }
        }
    }
    options
}

fn literal(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::StringLiteral(string) => Some(string.value.to_str()),
        _ => None,
    }
}

/// The attribute an option fills: `dest`, else its first long form, else its first form.
fn destination(call: &ExprCall) -> Option<String> {
    if let Some(keyword) = call.arguments.find_keyword("dest") {
        return literal(&keyword.value).map(str::to_owned);
    }
    let forms: Vec<_> = call.arguments.args.iter().map_while(literal).collect();
    let form = forms.iter().find(|form| form.starts_with("--")).or(forms.first())?;
    Some(form.trim_start_matches('-').replace('-', "_"))
}

impl<'a> Resolver<'a, '_> {
    /// Whether `options[key] = True` stands under a test of the same name: `if config.key: …` says what
    /// `options[key] = config.key` says.
    pub(super) fn follows_option(&self, key: &str, value: &'a Expr) -> bool {
        if !matches!(value, Expr::BooleanLiteral(literal) if literal.value) {
            return false;
        }
        let Some(store) = self.metered(self.model.stores.iter()).find(|store| std::ptr::eq(store.value, value)) else {
            return false;
        };
        self.metered(self.model.guards.iter())
            .any(|guard| guard.holds && guard.block == store.place.block && callee_leaf(guard.test) == Some(key))
    }

    /// `name` of the result of `parse_args()`; `None` if `path` is no such result or there is no such option.
    pub(super) fn option_value(&self, path: &str, name: &str) -> Option<Val<'a>> {
        let parsed = path.ends_with("parse_args()") || path.ends_with("parse_known_args()") || path.ends_with(".FLAGS");
        if parsed { self.option_by_name(name) } else { None }
    }

    /// What the option that fills `name` can be: its default, or what the operator says.
    pub(super) fn option_by_name(&self, name: &str) -> Option<Val<'a>> {
        let calls = self.options.get(name)?;
        Some(self.union(calls.iter().map(|call| self.one_option(call))))
    }

    fn one_option(&self, call: &'a ExprCall) -> Val<'a> {
        let keyword = |name| call.arguments.find_keyword(name).map(|keyword| &keyword.value);
        let at = region(call);
        let declared = callee_leaf(&call.func).is_some_and(|leaf| leaf.starts_with("DEFINE_"));
        let action = keyword("action").and_then(|action| self.text_of(action));
        let default = match keyword("default").or_else(|| call.arguments.args.get(1).filter(|_| declared)) {
            Some(default) => self.eval(default),
            None => match action.as_deref() {
                Some("store_true") => one(Thing::Bool(false)),
                Some("store_false") => one(Thing::Bool(true)),
                _ => one(Thing::None),
            },
        };
        let switched = match action.as_deref() {
            Some("store_true") => Some(true),
            Some("store_false") => Some(false),
            Some("store_const") => keyword("const").and_then(|value| self.truth(value)),
            _ => None,
        };
        // A flag that can only be switched to what it is anyway cannot be anything else.
        if let (Some(truth), [only]) = (switched, &*default)
            && only.thing.truth() == Some(truth)
        {
            return self.linked(&default, at, Why::Option);
        }
        let operator: Val<'a> = Rc::from([Alt::new(Thing::Unknown)]);
        self.linked(&self.union([default, operator]), at, Why::Option)
    }
}
