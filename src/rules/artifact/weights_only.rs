//! Whether `torch.load(weights_only=True)` accepts a file, version by version, and what it would take.
//!
//! Comes in: what the pickle streams of one torch file hold. Goes out: a [`WeightsOnlyAnswer`] for reports. What each
//! version allows is in `table`, what a file asks for in `needs`.

mod needs;
mod statements;
mod table;

use rustc_hash::FxHashSet;

use self::needs::Needs;
use self::statements::allowing;
use self::table::{Version, allowed_by_version, table};
use super::globals::{Globals, Verdict};
use crate::fact::artifact::{ArtifactFacts, Format, Seen};
use crate::fact::pickle::{Callee, PickleCall, PickleStream};

/// The answer for one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightsOnlyAnswer {
    /// Oldest first; a version stands for those after it up to the next.
    pub versions: Vec<VersionAnswer>,
    /// The oldest version from which on every version accepts the file as it is.
    pub accepted_from: Option<&'static str>,
    /// What the newest version misses, sorted, also where that is not all that keeps it from the file.
    pub missing: Vec<String>,
    /// Those of the missing that must not or cannot be allowed: torch refuses their module, or the lists say that they
    /// are dangerous.
    pub never: Vec<String>,
    /// Python that allows the missing globals, one statement a line; `None` if there are none, if some are never to be
    /// allowed, or if the file is refused whatever is allowed.
    pub allowing: Option<String>,
}

/// What one version of torch, and those after it up to the next listed one, make of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionAnswer {
    /// `2.6`.
    pub version: &'static str,
    /// Whether `weights_only` is true there unless it is given.
    pub is_default: bool,
    /// Advisories by which a file gets round the restriction in (some of) these versions.
    pub bypasses: &'static [String],
    /// The outcome.
    pub outcome: Outcome,
}

/// Whether a version accepts a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// As it is.
    Accepted,
    /// With these globals allowed.
    Missing(Vec<String>),
    /// Not at all: why, one sentence each without the full stop.
    Refused(Vec<String>),
}

/// Harmless with what most files hand them, but allowed they reach anything.
const ALL_POWERFUL: [&str; 17] = [
    "_operator.attrgetter",
    "_operator.itemgetter",
    "_operator.methodcaller",
    "builtins.delattr",
    "builtins.filter",
    "builtins.getattr",
    "builtins.iter",
    "builtins.map",
    "builtins.setattr",
    "builtins.type",
    "builtins.vars",
    "functools.partial",
    "functools.reduce",
    "operator.attrgetter",
    "operator.itemgetter",
    "operator.methodcaller",
    "types.MethodType",
];

/// The answer for a whole file; `None` for what `torch.load` does not read with its restricted unpickler.
pub fn of_file(facts: &ArtifactFacts, globals: &Globals) -> Option<WeightsOnlyAnswer> {
    if facts.format == Format::TorchScript {
        return torch_script(facts);
    }
    let is_of_loader = |member: &[std::sync::Arc<str>]| match facts.format {
        Format::TorchZip => matches!(member, [name] if name.ends_with("/data.pkl") || **name == *"data.pkl"),
        Format::TorchLegacy => member.is_empty(),
        _ => false,
    };
    let (mut streams, mut calls) = (Vec::new(), Vec::new());
    for fact in facts.facts.iter().filter(|fact| is_of_loader(fact.place.member.parts())) {
        match &fact.seen {
            Seen::Stream(stream) => streams.push(&**stream),
            Seen::Call(call) => calls.push(call),
            Seen::Import(_)
            | Seen::Attribute(_)
            | Seen::Reference(_)
            | Seen::Source(_)
            | Seen::Observation(_)
            | Seen::Command(_) => {}
        }
    }
    (!streams.is_empty()).then(|| answer(&streams, &calls, globals))
}

/// TorchScript goes to `torch.jit.load`; with `weights_only`, which that cannot keep, it is refused from 2.6 on.
fn torch_script(facts: &ArtifactFacts) -> Option<WeightsOnlyAnswer> {
    facts.facts.iter().find(|fact| matches!(fact.seen, Seen::Stream(_)))?;
    let version = |version: &'static Version| VersionAnswer {
        version: &version.from,
        is_default: version.default,
        bypasses: &version.bypasses,
        outcome: match version.default {
            true => Outcome::Refused(vec!["it is a TorchScript program, which is for `torch.jit.load`".to_owned()]),
            false => Outcome::Accepted,
        },
    };
    let versions = table().version.iter().map(version).collect();
    Some(WeightsOnlyAnswer { versions, accepted_from: None, missing: Vec::new(), never: Vec::new(), allowing: None })
}

impl WeightsOnlyAnswer {
    /// Whether the newest version that is known accepts the file.
    pub fn is_accepted(&self) -> bool {
        self.versions.last().is_some_and(|version| version.outcome == Outcome::Accepted)
    }

    /// What keeps the newest version from it, and what to write, in one sentence without its full stop.
    pub fn words(&self) -> String {
        let Some(last) = self.versions.last() else { return String::new() };
        let listed = |names: &[String]| {
            let shown: Vec<_> = names.iter().take(8).map(|name| format!("`{name}`")).collect();
            let more = if names.len() > 8 { format!(" and {} more", names.len() - 8) } else { String::new() };
            format!("{}{more}", shown.join(", "))
        };
        match &last.outcome {
            Outcome::Accepted => format!("torch {} and later accept it", self.accepted_from.unwrap_or(last.version)),
            Outcome::Refused(why) if self.missing.is_empty() => why.join("; "),
            Outcome::Refused(why) => format!("{}; it also needs {}", why.join("; "), listed(&self.missing)),
            Outcome::Missing(missing) => match &self.allowing {
                Some(allowing) => {
                    let lines: Vec<_> = allowing.lines().filter(|line| *line != statements::IMPORT_TORCH).collect();
                    format!("{} would have to be allowed: `{}`", listed(missing), lines.join("; "))
                }
                None => format!("it needs {}, of which {} must not be allowed", listed(missing), listed(&self.never)),
            },
        }
    }
}

/// What the versions of torch make of a file with these streams, in which these calls happen. For a zip file that is
/// its `data.pkl`, for the older format the pickles it starts with.
fn answer(streams: &[&PickleStream], calls: &[&PickleCall], globals: &Globals) -> WeightsOnlyAnswer {
    let table = table();
    let needs = Needs::of(streams, calls, table);
    let answer = |(version, allowed): (&'static Version, &'static FxHashSet<_>)| VersionAnswer {
        version: &version.from,
        is_default: version.default,
        bypasses: &version.bypasses,
        outcome: needs.outcome(version, allowed),
    };
    let versions: Vec<_> = table.version.iter().zip(allowed_by_version()).map(answer).collect();
    let accepted = versions.iter().rev().take_while(|version| version.outcome == Outcome::Accepted);
    let accepted_from = accepted.last().map(|version| version.version);
    let missing = allowed_by_version().last().map_or_else(Vec::new, |allowed| needs.missing(allowed));
    let may_do = versions.last().is_some_and(|version| matches!(version.outcome, Outcome::Missing(_)));
    let blocked = table.version.last().map_or(&[][..], |version| &version.blocked);
    let is_never = |name: &&String| {
        let callee = needs.names.get(name.as_str()).map(|callee| (*callee).clone()).unwrap_or_else(|| named(name));
        blocked.iter().any(|module| module == callee.module())
            || ALL_POWERFUL.contains(&name.as_str())
            || globals.judge_import(&callee).verdict == Verdict::Dangerous
    };
    let never: Vec<String> = missing.iter().filter(is_never).cloned().collect();
    let allowing = (may_do && never.is_empty() && !missing.is_empty()).then(|| allowing(&missing, &needs, table));
    WeightsOnlyAnswer { versions, accepted_from, missing, never, allowing }
}

fn named(name: &str) -> Callee {
    let module_length = name.rfind('.').unwrap_or(name.len());
    Callee { name: name.to_owned(), module_length, spelled: None, route: crate::fact::pickle::Route::Literal }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::needs::PARAMETER;
    use super::*;
    use crate::fact::pickle::{CallOpcode, Datum, ItemTaker, Route, StreamEnd};

    fn callee(name: &str) -> Callee {
        Callee { route: Route::Literal, ..named(name) }
    }

    /// A stream with the opcodes of `code` that imports `names`.
    pub(super) fn stream(code: &[u8], names: &[&str]) -> PickleStream {
        let mut opcodes = [0; 4];
        code.iter().for_each(|code| opcodes[usize::from(code >> 6)] |= 1 << (code & 63));
        PickleStream {
            protocol: 2,
            opcodes,
            operations: code.len() as u64,
            end: StreamEnd::Stop,
            result: Datum::Unknown,
            imports: names.iter().map(|name| callee(name)).collect(),
            persistent_types: Vec::new(),
            item_takers: Vec::new(),
            has_foreign_ids: false,
        }
    }

    fn call(name: &str, opcode: CallOpcode, arguments: Vec<Datum>) -> PickleCall {
        PickleCall { callee: callee(name), opcode, arguments, keywords: Vec::new(), texts: Vec::new() }
    }

    pub(super) fn of(stream: &PickleStream, calls: &[PickleCall]) -> WeightsOnlyAnswer {
        answer(&[stream], &calls.iter().collect::<Vec<_>>(), Globals::builtin())
    }

    pub(super) const PLAIN: &[u8] = b"\x80}q(cR.";

    #[test]
    fn the_table_is_valid_and_divides_all_opcodes() {
        let table = table();
        assert_eq!(table.opcodes.len() + table.refused.len(), 68);
        assert!(table.opcodes.values().all(|code| !table.refused.values().any(|other| other == code)));
        let mut seen = HashSet::new();
        for name in table.version.iter().flat_map(|version| &version.adds) {
            assert!(seen.insert(name), "{name} is added twice");
            let judgement = Globals::builtin().judge_import(&callee(name));
            assert_eq!(judgement.verdict, Verdict::Safe, "torch allows {name}");
        }
    }

    #[test]
    fn a_state_dictionary_is_accepted_by_all() {
        let stream =
            stream(PLAIN, &["collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch.FloatStorage"]);
        let answer = of(&stream, &[]);
        assert_eq!(answer.accepted_from, Some("2.0"));
        assert!(answer.missing.is_empty() && answer.allowing.is_none());
    }

    #[test]
    fn bytes_are_accepted_from_the_version_that_allows_them() {
        assert_eq!(of(&stream(PLAIN, &["_codecs.encode"]), &[]).accepted_from, Some("2.5"));
        assert_eq!(of(&stream(PLAIN, &["torch.bfloat16"]), &[]).accepted_from, Some("2.4"));
    }

    #[test]
    fn missing_globals_come_with_the_statements_that_allow_them() {
        let names = ["numpy.core.multiarray.scalar", "numpy.dtype", "my.models.Config"];
        let text = Datum::Text { start: "f8".into(), length: 2 };
        let calls = [call("numpy.dtype", CallOpcode::Reduce, vec![text])];
        let answer = of(&stream(PLAIN, &names), &calls);
        assert_eq!(answer.accepted_from, None);
        assert_eq!(
            answer.missing,
            ["my.models.Config", "numpy.core.multiarray.scalar", "numpy.dtype", "numpy.dtypes.Float64DType"]
        );
        assert_eq!(
            answer.allowing.as_deref(),
            Some(
                "import torch\nfrom my.models import Config\nfrom numpy import dtype\n\
                 from numpy.core.multiarray import scalar\nfrom numpy.dtypes import Float64DType\n\
                 torch.serialization.add_safe_globals([Config, (scalar, \"numpy.core.multiarray.scalar\"), dtype, \
                 Float64DType])"
            )
        );
        assert!(matches!(answer.versions[0].outcome, Outcome::Refused(_)), "2.0 has no way to allow");
    }

    #[test]
    fn types_that_functions_return_and_give_state_to_are_missing_too() {
        let text = Datum::Text { start: "MT19937".into(), length: 7 };
        let names = ["numpy.random._pickle.__bit_generator_ctor", "numpy.random._pickle.__randomstate_ctor"];
        let made = |name: &str| call(name, CallOpcode::Reduce, vec![text.clone()]);
        let answer = of(&stream(PLAIN, &names), &[made(names[0]), made(names[1])]);
        assert_eq!(
            answer.missing,
            [
                "numpy.random._mt19937.MT19937",
                "numpy.random._pickle.__bit_generator_ctor",
                "numpy.random._pickle.__randomstate_ctor",
                "numpy.random.mtrand.RandomState"
            ]
        );
        let class = Datum::Global(callee("numpy.random._pcg64.PCG64"));
        let given = [call(names[0], CallOpcode::Reduce, vec![class])];
        assert_eq!(of(&stream(PLAIN, &names[..1]), &given).missing, names[..1], "what is named is not told twice");
    }

    #[test]
    fn the_dangerous_are_never_allowed() {
        let answer = of(&stream(PLAIN, &["posix.system"]), &[]);
        assert!(answer.allowing.is_none());
        assert!(
            matches!(&answer.versions.last().expect("versions").outcome, Outcome::Refused(why) if why[0].contains("blocked"))
        );
        let answer = of(&stream(PLAIN, &["builtins.eval"]), &[]);
        assert_eq!((answer.never, answer.allowing), (vec!["builtins.eval".to_owned()], None));
    }

    #[test]
    fn what_reaches_anything_is_no_name_to_allow() {
        let answer = of(&stream(PLAIN, &["builtins.getattr", "my.models.Config"]), &[]);
        assert_eq!((answer.never, answer.allowing), (vec!["builtins.getattr".to_owned()], None));
    }

    #[test]
    fn all_that_is_missing_is_told_beside_what_refuses() {
        let mut stream = stream(PLAIN, &["my.models.Config", "argparse.Namespace"]);
        stream.item_takers.push(ItemTaker { is_keyed: true, made_by: "collections.defaultdict".to_owned() });
        let answer = of(&stream, &[]);
        let expected = "items are set in what `collections.defaultdict` makes; it also needs `argparse.Namespace`, \
                        `my.models.Config`";
        assert_eq!((answer.words().as_str(), answer.allowing), (expected, None));
    }

    #[test]
    fn storages_alone_are_loaded_by_id() {
        let mut stream = stream(PLAIN, &["my.models.Config"]);
        stream.has_foreign_ids = true;
        let answer = of(&stream, &[]);
        assert!(answer.words().starts_with("a persistent id asks for more than a storage; it also needs"));
        assert!(answer.allowing.is_none() && answer.accepted_from.is_none());
    }

    #[test]
    fn what_was_allowed_may_be_so_no_more() {
        let answer = of(&stream(PLAIN, &["torch._utils._rebuild_nested_tensor"]), &[]);
        assert_eq!((answer.accepted_from, answer.missing.len()), (None, 1));
        let of_version = |from| answer.versions.iter().find(|version| version.version == from).expect("listed");
        assert_eq!(of_version("2.10").outcome, Outcome::Accepted);
    }

    #[test]
    fn opcodes_of_later_protocols_are_refused() {
        let answer = of(&stream(b"\x80\x95\x8c\x94\x93R.", &["collections.OrderedDict"]), &[]);
        let Outcome::Refused(why) = &answer.versions.last().expect("versions").outcome else { panic!("{answer:?}") };
        assert!(why.iter().any(|why| why.contains("STACK_GLOBAL")), "{why:?}");
    }

    #[test]
    fn items_come_into_dictionaries_only_from_2_10_on() {
        let taker = |made_by: &str, is_keyed| ItemTaker { is_keyed, made_by: made_by.to_owned() };
        let of_taker = |taker| {
            let mut stream = stream(PLAIN, &["collections.OrderedDict"]);
            stream.item_takers.push(taker);
            of(&stream, &[])
        };
        assert_eq!(of_taker(taker("collections.OrderedDict", true)).accepted_from, Some("2.0"));
        let answer = of_taker(taker("collections.defaultdict", true));
        assert_eq!(answer.accepted_from, None);
        let outcome = |from| answer.versions.iter().find(|version| version.version == from).map(|found| &found.outcome);
        assert_eq!(outcome("2.8"), Some(&Outcome::Accepted));
        let why = vec!["items are set in what `collections.defaultdict` makes".to_owned()];
        assert_eq!(outcome("2.10"), Some(&Outcome::Refused(why)));
        let answer = of_taker(taker("torch.Size", false));
        assert!(answer.versions.iter().all(|version| matches!(version.outcome, Outcome::Refused(_))), "{answer:?}");
    }

    #[test]
    fn objects_of_allowed_classes_are_made_from_2_6_on() {
        let calls = [call("torch.Size", CallOpcode::NewObj, Vec::new())];
        assert_eq!(of(&stream(PLAIN, &["torch.Size"]), &calls).accepted_from, Some("2.6"));
        let calls = [call(PARAMETER, CallOpcode::NewObj, Vec::new())];
        assert_eq!(of(&stream(PLAIN, &[PARAMETER]), &calls).accepted_from, Some("2.0"));
    }
}
