//! The Python that allows globals.
//!
//! Comes in: what is missing. Goes out: imports, then the call. Called by `weights_only`.

use std::collections::{BTreeMap, BTreeSet};

use super::named;
use super::needs::Needs;
use super::table::Table;

/// The first of the statements.
pub(super) const IMPORT_TORCH: &str = "import torch";

/// The statements that allow `missing`: imports, then the call. Each name is taken `from` its module, for a name in the
/// package above may stand before the module: `torch.optim` has no `sgd`, `torch.nn.utils.weight_norm` is a function.
pub(super) fn allowing(missing: &[String], needs: &Needs<'_>, table: &Table) -> String {
    let callees = missing
        .iter()
        .map(|name| needs.names.get(name.as_str()).map_or_else(|| named(name), |callee| (*callee).clone()));
    let callees: Vec<_> = callees.collect();
    let mut taken = BTreeSet::from(["torch".to_owned()]);
    taken.extend(callees.iter().filter(|callee| callee.module() == "builtins").map(|one| first(one.attribute())));
    let mut imports: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    let mut items = Vec::new();
    for (name, callee) in missing.iter().zip(&callees) {
        let (module, attribute) = (callee.module(), callee.attribute());
        if module == "builtins" {
            items.push(attribute.to_owned());
            continue;
        }
        let outer = first(attribute);
        let of_module = imports.entry(module.to_owned()).or_default();
        let own = of_module.entry(outer.clone()).or_insert_with(|| free(&outer, &mut taken));
        let item = format!("{own}{}", &attribute[outer.len()..]);
        items.push(if table.renamed.contains(name) { format!("({item}, \"{name}\")") } else { item });
    }
    let mut statements = vec![IMPORT_TORCH.to_owned()];
    statements.extend(imports.iter().map(|(module, names)| format!("from {module} import {}", listed(names))));
    statements.push(format!("torch.serialization.add_safe_globals([{}])", items.join(", ")));
    statements.join("\n")
}

/// The outermost of nested classes.
fn first(attribute: &str) -> String {
    attribute.split('.').next().unwrap_or(attribute).to_owned()
}

/// A name that nothing else has in these statements: `Config`, `Config_2`.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let numbered = (2..).map(|number| format!("{name}_{number}"));
    let free = std::iter::once(name.to_owned()).chain(numbered).find(|one| !taken.contains(one));
    let free = free.unwrap_or_default();
    taken.insert(free.clone());
    free
}

/// `A, B as B_2`.
fn listed(names: &BTreeMap<String, String>) -> String {
    let one = |(name, own): (&String, &String)| if name == own { name.clone() } else { format!("{name} as {own}") };
    names.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{PLAIN, of, stream};

    /// The statements for a stream that needs `names`.
    fn allowing(names: &[&str]) -> String {
        of(&stream(PLAIN, names), &[]).allowing.unwrap_or_default()
    }

    #[test]
    fn names_are_taken_from_their_modules() {
        assert_eq!(
            allowing(&["torch.optim.sgd.SGD", "torch.nn.utils.weight_norm.WeightNorm"]),
            "import torch\nfrom torch.nn.utils.weight_norm import WeightNorm\nfrom torch.optim.sgd import SGD\n\
             torch.serialization.add_safe_globals([WeightNorm, SGD])"
        );
    }

    #[test]
    fn what_has_one_name_gets_two() {
        assert_eq!(
            allowing(&["a.Config", "b.Config", "builtins.zip", "c.torch", "c.zip"]),
            "import torch\nfrom a import Config\nfrom b import Config as Config_2\nfrom c import torch as torch_2, \
             zip as zip_2\ntorch.serialization.add_safe_globals([Config, Config_2, zip, torch_2, zip_2])"
        );
    }

    #[test]
    fn nested_classes_are_reached_through_the_outermost() {
        let nested = crate::fact::pickle::Callee { module_length: 3, ..super::named("a.b.Outer.Inner") };
        let mut stream = stream(PLAIN, &["a.b.Outer"]);
        stream.imports.push(nested);
        assert_eq!(
            of(&stream, &[]).allowing.as_deref(),
            Some("import torch\nfrom a.b import Outer\ntorch.serialization.add_safe_globals([Outer, Outer.Inner])")
        );
    }
}
