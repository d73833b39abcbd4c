//! What a file asks of the restricted unpickler, held against a version of it.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashSet;

use super::Outcome;
use super::table::{Lists, Makes, Table, Version};
use crate::fact::pickle::{CallOpcode, Callee, Datum, ItemTaker, PickleCall, PickleStream, StreamEnd};

/// The class that every version makes objects of.
pub(super) const PARAMETER: &str = "torch.nn.parameter.Parameter";

/// What a file asks of the restricted unpickler.
pub(super) struct Needs<'f> {
    pub(super) names: BTreeMap<&'f str, &'f Callee>,
    /// Classes of numpy's data types and of what functions return, which are given state without being named.
    unnamed: BTreeSet<String>,
    made: BTreeSet<&'f str>,
    takers: Vec<&'f ItemTaker>,
    refused: Vec<String>,
}

impl<'f> Needs<'f> {
    pub(super) fn of(streams: &[&'f PickleStream], calls: &[&'f PickleCall], table: &Table) -> Self {
        let imports = streams.iter().flat_map(|stream| &stream.imports);
        let names: BTreeMap<_, _> = imports.map(|callee| (callee.name.as_str(), callee)).collect();
        let made = calls.iter().filter(|call| call.opcode == CallOpcode::NewObj).map(|call| call.callee.name.as_str());
        let unnamed = calls.iter().filter_map(|call| dtype_class(call, table).or_else(|| returned(call, table)));
        let unnamed = unnamed.collect();
        let mut refused = Vec::new();
        for (name, code) in &table.refused {
            if streams.iter().any(|stream| stream.has(*code)) {
                refused.push(format!("the opcode `{name}` is not supported"));
            }
        }
        let knows = |code: u8| table.opcodes.values().chain(table.refused.values()).any(|known| *known == code);
        if streams.iter().any(|stream| (0..=u8::MAX).any(|code| stream.has(code) && !knows(code))) {
            refused.push("an opcode is invalid".to_owned());
        }
        if streams.iter().any(|stream| stream.end != StreamEnd::Stop) {
            refused.push("a stream does not end as it should".to_owned());
        }
        let computed = calls
            .iter()
            .find(|call| matches!(call.opcode, CallOpcode::Reduce) && !names.contains_key(call.callee.name.as_str()));
        if let Some(call) = computed {
            refused.push(format!("`{}` is called without being imported by its name", call.callee));
        }
        let takers: Vec<_> = streams.iter().flat_map(|stream| &stream.item_takers).collect();
        if streams.iter().any(|stream| stream.has_foreign_ids) {
            refused.push("a persistent id asks for more than a storage".to_owned());
        }
        for taker in takers.iter().filter(|taker| !taker.is_keyed) {
            refused.push(format!("something is appended to what `{}` makes", taker.made_by));
        }
        Self { names, unnamed, made: made.collect(), takers, refused }
    }

    pub(super) fn outcome(&self, version: &Version, allowed: &FxHashSet<&str>) -> Outcome {
        let mut refused = self.refused.clone();
        let is_allowed = |name: &str| allowed.contains(name);
        if version.makes == Makes::Parameter {
            let made = self.made.iter().filter(|name| is_allowed(name) && **name != PARAMETER);
            refused.extend(made.map(|name| format!("an object of `{name}` is made without its constructor")));
        }
        if !version.keyed.is_empty() {
            let others = self.takers.iter().filter(|taker| taker.is_keyed && !version.keyed.contains(&taker.made_by));
            refused.extend(others.map(|taker| format!("items are set in what `{}` makes", taker.made_by)));
        }
        let missing = self.missing(allowed);
        for name in &missing {
            let module = self.names.get(name.as_str()).map_or("", |callee| callee.module());
            if version.blocked.iter().any(|blocked| blocked == module) {
                refused.push(format!("the module `{module}` is blocked"));
            } else if version.lists == Lists::None {
                refused.push(format!("`{name}` is not allowed and cannot be"));
            }
        }
        match (refused.is_empty(), missing.is_empty()) {
            (false, _) => Outcome::Refused(refused),
            (true, true) => Outcome::Accepted,
            (true, false) => Outcome::Missing(missing),
        }
    }

    /// What it asks for and is not allowed, sorted.
    pub(super) fn missing(&self, allowed: &FxHashSet<&str>) -> Vec<String> {
        let unnamed = self.unnamed.iter().map(String::as_str);
        let all: BTreeSet<&str> = self.names.keys().copied().chain(unnamed).collect();
        all.into_iter().filter(|name| !allowed.contains(name)).map(str::to_owned).collect()
    }
}

/// `numpy.dtypes.Float64DType` for `numpy.dtype("f8", False, True)`.
fn dtype_class(call: &PickleCall, table: &Table) -> Option<String> {
    let Some(Datum::Text { start, .. }) = call.arguments.first() else { return None };
    if call.callee.name != "numpy.dtype" {
        return None;
    }
    let code = start.trim_start_matches(['<', '>', '=', '|']);
    let class = table.dtype_classes.get(code).or_else(|| table.dtype_classes.get(code.get(..1)?))?;
    Some(format!("numpy.dtypes.{class}DType"))
}

/// `numpy.random.mtrand.RandomState` for a call of the function that makes one; where the type depends on a name among
/// the arguments, the table has the function with that name.
fn returned(call: &PickleCall, table: &Table) -> Option<String> {
    let name = &call.callee.name;
    let given = match call.arguments.first() {
        Some(Datum::Text { start, .. }) => table.returned.get(&format!("{name}({start})")),
        _ => None,
    };
    given.or_else(|| table.returned.get(name)).cloned()
}
