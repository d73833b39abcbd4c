//! Whether a file that has no name of the rules in full makes one while it runs.

use ruff_python_ast::Expr;

use super::super::model::{DefKind, Handing};
use super::super::thing::Thing;
use super::super::values::{Resolver, callee_leaf};
use crate::fact::is_naming;

/// Whether some `getattr` may give a part of an imported module. Everything that rules ask for comes from there in a file
/// that does not write it out, so that where none does nothing else need be worked out. Yes in case of doubt.
pub(super) fn makes_a_name(resolver: &Resolver<'_, '_>) -> bool {
    let model = resolver.model;
    let is_getattr = |expr: &Expr| callee_leaf(expr).is_some_and(is_naming);
    let in_other_ways = model.words.iter().any(|word| is_naming(word) && *word != "getattr");
    // `get = getattr`, `map(getattr, …)`
    let by_another_name = || {
        let is_alias = |kind: &DefKind<'_>| match kind {
            DefKind::Value { value, .. } => is_getattr(value),
            DefKind::Parameter { function, index } => {
                let parameter = &model.functions[*function as usize].parameters[*index];
                parameter.default.is_some_and(is_getattr)
            }
            _ => false,
        };
        model.defs.iter().any(|def| is_alias(&def.kind))
            || model.handings.iter().any(|site| !matches!(site.how, Handing::Alias) && is_getattr(site.value))
    };
    let is_of_rules = |path: &str| {
        let root = path.split('.').next().unwrap_or(path);
        resolver.vocabulary.is_root(root)
    };
    let of_a_module = || {
        let calls = model.calls.iter().map(|site| site.call).filter(|call| is_getattr(&call.func));
        let is_module = |object| {
            resolver.eval(object).iter().any(|alt| match alt.thing.peeled() {
                Thing::Named(path) => is_of_rules(path),
                Thing::ModuleNames => true,
                _ => false,
            })
        };
        // Some functions are asked for wherever they come from.
        let is_asked = |name| resolver.text_of(name).is_some_and(|name| resolver.vocabulary.has_leaf(&name));
        calls.map(|call| &*call.arguments.args).any(|arguments| match arguments {
            [Expr::Starred(_), ..] | [_, Expr::Starred(_), ..] => true,
            [object, name, ..] => is_module(object) || is_asked(name),
            _ => false,
        })
    };
    in_other_ways || by_another_name() || of_a_module()
}
