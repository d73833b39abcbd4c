//! What is said of a global that no list knows: by how it is reached, named and called.

use super::globals::{Degree, Judgement, Verdict};
use super::lookup::Use;
use super::{texts, words};
use crate::fact::artifact::ReferenceKind;
use crate::fact::pickle::{CallOpcode, Callee, Datum, PickleCall, Route};

const INDIRECT: &str = "the name is not written out but reached through attributes of something else";
const EXTENSION: &str = "an extension code means whatever the loading process has registered";
const UNKNOWN_NAMED: &str = "loadlint does not know it; its module is imported";
pub(super) const UNKNOWN_ALARMING: &str =
    "loadlint does not know it, and its name says that it runs, loads or changes something";
const UNKNOWN_CLASS: &str = "loadlint does not know this class; it is made from plain data";
const UNKNOWN_FUNCTION: &str = "loadlint does not know what this function does, and it is called";
pub(super) const UNKNOWN_TEXT: &str =
    "loadlint does not know it, and it is given an address, a path, a command or code";

/// A name that no list has.
pub(super) fn unlisted<'a>(callee: &Callee, usage: Use) -> Judgement<'a> {
    let named = if !usage.is_class && words::alarming_to_name(callee.attribute()) {
        Judgement::unknown(Degree::Warning, UNKNOWN_ALARMING)
    } else {
        Judgement::unknown(Degree::Note, UNKNOWN_NAMED)
    };
    match callee.route {
        Route::Literal | Route::Method => named,
        // Nested classes are written with dots, so a path of class names alone is no detour.
        Route::Attribute if callee.attribute().split('.').all(words::is_class_name) => named,
        // Bound and class methods are pickled as an attribute of their class.
        Route::Attribute if !usage.is_called && is_of_class(callee.attribute()) => named,
        Route::Attribute | Route::Computed | Route::Import | Route::Unknown => {
            named.at_least(Degree::Warning, INDIRECT)
        }
        Route::Extension => Judgement::unknown(Degree::Error, EXTENSION),
    }
}

/// Whether a name is that of something that a class has: `Class.method`, `Outer.Inner.method`.
fn is_of_class(attribute: &str) -> bool {
    attribute.rsplit_once('.').is_some_and(|(class, _)| class.split('.').all(words::is_class_name))
}

/// A call of what no list has.
pub(super) fn unknown_call<'a>(unlisted: Judgement<'a>, call: &PickleCall, is_class: bool) -> Judgement<'a> {
    if unlisted.verdict == Verdict::Dangerous {
        return unlisted;
    }
    let name = call.callee.attribute();
    let runs_constructor = !matches!(call.opcode, CallOpcode::NewObj | CallOpcode::NewObjEx);
    let texts = call.texts.iter().chain(own_texts(call)).map(String::as_str);
    let told = texts::alarming_among(texts, !runs_constructor).is_some();
    if !is_class {
        let degree = if words::alarming_word(name).is_some() || told { Degree::Error } else { Degree::Warning };
        let reason = if told { UNKNOWN_TEXT } else { UNKNOWN_FUNCTION };
        return unlisted.at_least(degree, reason);
    }
    if told {
        return unlisted.at_least(Degree::Warning, UNKNOWN_TEXT);
    }
    let has_texts = !call.texts.is_empty() || own_texts(call).next().is_some();
    if runs_constructor && has_texts && words::alarming_class_word(name).is_some() {
        return unlisted.at_least(Degree::Warning, UNKNOWN_ALARMING);
    }
    if unlisted.degree == Degree::Note { Judgement::unknown(Degree::Note, UNKNOWN_CLASS) } else { unlisted }
}

fn own_texts(call: &PickleCall) -> impl Iterator<Item = &String> {
    let values = call.arguments.iter().chain(call.keywords.iter().map(|(_, value)| value));
    values.filter_map(|value| match value {
        Datum::Text { start, .. } => Some(start),
        _ => None,
    })
}

/// How much a reference of `kind` to something that no list knows matters.
pub(super) fn unknown_reference_degree(kind: ReferenceKind, is_class: bool) -> Degree {
    match kind {
        // Configurations of training name the project's own classes; the loader has them or fails.
        ReferenceKind::HydraTarget | ReferenceKind::SkopsType | ReferenceKind::Other if is_class => Degree::Note,
        ReferenceKind::KerasOwnClass if is_class => Degree::Note,
        ReferenceKind::KerasRegistered | ReferenceKind::KeptTarget => Degree::Note,
        ReferenceKind::HydraTarget
        | ReferenceKind::SkopsType
        | ReferenceKind::Other
        | ReferenceKind::KerasClass
        | ReferenceKind::KerasOwnClass
        | ReferenceKind::KerasFunction
        | ReferenceKind::LoaderModule
        | ReferenceKind::ModuleType
        | ReferenceKind::PipelineComponent
        | ReferenceKind::Handler
        | ReferenceKind::Plugin
        | ReferenceKind::ConfiguredName
        | ReferenceKind::ImportedModule => Degree::Warning,
    }
}
