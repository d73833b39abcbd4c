//! What a named global is, from the lists and from what names and texts say.
//!
//! `rules::artifact::matching` asks; a use that no list proves safe is unknown, and an unknown has a degree: a class that
//! is made from plain data is a note, a function that is called a warning.

use std::sync::OnceLock;

use super::contract::{self, Breach, Contract};
use super::entry::{Entry, GlobalPattern, Only, Reach};
use super::hooks::is_hook;
use super::listed::{self, Listed};
use super::lookup::{Names as _, Own, Use};
use super::unknown::{UNKNOWN_ALARMING, UNKNOWN_TEXT, unknown_call, unknown_reference_degree, unlisted};
use super::{texts, words};
use crate::fact::artifact::{CodeReference, ReferenceKind};
use crate::fact::pickle::{Attribute, AttributeTarget, CallOpcode, Callee, Datum, PickleCall, Route};

pub(super) use crate::finding::Level as Degree;
pub(super) use crate::rules::Verdict;

/// What is known of one use of a global.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// What it is.
    pub verdict: Verdict,
    /// Why, from the matching entry; a sentence without its full stop.
    pub reason: &'a str,
    /// What it does, to follow its name: "runs a shell command".
    pub effect: Option<&'a str>,
    /// How much it matters.
    pub degree: Degree,
    /// For a global that is safe with some arguments only: what is wrong with these; a sentence without its full stop.
    pub broken_contract: Option<String>,
    /// For a function that does nothing but make an object: the class of the object, if that is what is judged.
    pub made: Option<String>,
}

impl<'a> Judgement<'a> {
    pub(super) fn unknown(degree: Degree, reason: &'a str) -> Self {
        Self { verdict: Verdict::Unknown, reason, effect: None, degree, broken_contract: None, made: None }
    }

    fn dangerous(reason: &'a str, effect: &'a str) -> Self {
        Self { effect: Some(effect), verdict: Verdict::Dangerous, ..Self::unknown(Degree::Error, reason) }
    }

    fn safe(reason: &'a str) -> Self {
        Self { verdict: Verdict::Safe, ..Self::unknown(Degree::Note, reason) }
    }

    fn of(entry: &'a Entry) -> Self {
        let usual = match entry.verdict {
            Verdict::Safe => Degree::Note,
            Verdict::Unknown => Degree::Warning,
            Verdict::Dangerous => Degree::Error,
        };
        Self {
            verdict: entry.verdict,
            reason: &entry.reason,
            effect: entry.effect.as_deref(),
            degree: entry.degree.unwrap_or(usual),
            broken_contract: None,
            made: None,
        }
    }

    /// With these arguments it is worse than by itself.
    fn breached(self, breach: Breach) -> Self {
        let Breach { verdict, degree, message, made } = breach;
        Self { verdict, degree, reason: BROKEN, broken_contract: Some(message), made, ..self }
    }

    /// Raises an unknown use to `degree` at least.
    pub(super) fn at_least(mut self, degree: Degree, reason: &'a str) -> Self {
        if self.verdict == Verdict::Unknown && self.degree < degree {
            self.degree = degree;
            self.reason = reason;
        }
        self
    }
}

/// The lists, with what a project allows and denies.
#[derive(Debug, Clone, Default)]
pub struct Globals {
    project: Own,
}

const COMPUTED: &str = "the name cannot be known before the pickle is loaded";
const INTERNALS: &str = "the name leads through Python's internals or another module's imports";
const INTERNALS_EFFECT: &str = "reaches past what it is imported from";
const UNKNOWN_STATE: &str = "loadlint does not know the class whose method is called with state";
const PLANTED: &str = "the state replaces what Python itself calls on the object";
const PLANTED_EFFECT: &str = "replaces a method of the object";
const PATCHED: &str = "attributes or items of an imported module, class or function are set, for the whole process";
const PATCHED_EFFECT: &str = "changes imported code";
const STATE_OF_UNKNOWN: &str = "attributes are set of something that cannot be known";
const PLAIN_STATE: &str = "attributes of an object that a harmless class or function makes";
const ALLOWED: &str = "the project's configuration allows it";
const DENIED: &str = "the project's configuration denies it";
const DENIED_EFFECT: &str = "is denied by the project's configuration";
const UNKNOWN_REFERENCE: &str = "loadlint does not know it, and the loader imports and calls it";
const UNKNOWN_MODULE: &str = "loadlint does not know it, and importing a module runs it";
const NOT_FOLLOWED: &str = "nothing follows the name by itself";
const KEPT: &str = "calls what was judged when it was kept";
const CYTHON: &str = "made by the code that Cython writes for a class, from its state";
const BROKEN: &str = "harmless with other arguments only";

impl Globals {
    /// The lists that are part of loadlint.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Globals> = OnceLock::new();
        BUILTIN.get_or_init(Self::default)
    }

    /// These lists with what a project says. Its word comes first and `deny` before `allow` at equal specificity, but a
    /// pattern with a gap does not allow what the lists name as dangerous more exactly.
    #[must_use]
    pub fn with(&self, allow: &[GlobalPattern], deny: &[GlobalPattern]) -> Self {
        let mut globals = self.clone();
        let entry = |verdict, reason: &str, effect: Option<&str>| Entry {
            verdict,
            reason: reason.into(),
            effect: effect.map(Into::into),
            degree: None,
            contract: None,
            only: Only::Any,
            loaders: Vec::new(),
        };
        globals.project.add(entry(Verdict::Safe, ALLOWED, None), allow.iter().cloned());
        globals.project.add(entry(Verdict::Dangerous, DENIED, Some(DENIED_EFFECT)), deny.iter().cloned());
        globals
    }

    /// A name that is imported, whatever happens to it then.
    pub fn judge_import(&self, callee: &Callee) -> Judgement<'_> {
        let usage = Use { is_class: words::is_class_name(callee.attribute()), ..NAMED };
        let judgement = self.listed(callee, usage).map_or_else(|unknown| unknown, |(_, judgement)| judgement);
        match member_of(callee) {
            Some(class) if judgement.verdict == Verdict::Dangerous => self.judge_member(callee, &class, judgement),
            _ => judgement,
        }
    }

    /// A constant of a class, such as a member of an enumeration, which the lists find dangerous by its module: where they
    /// say of the class itself that it is not, that holds for its constants.
    fn judge_member<'a>(&'a self, callee: &Callee, class: &Callee, member: Judgement<'a>) -> Judgement<'a> {
        let usage = Use { is_class: true, ..NAMED };
        let found = [self.project.find(&callee.name, usage), Listed::get().find(&callee.name, usage)];
        let is_named = found.into_iter().flatten().any(|(_, reach)| reach == Reach::Exact);
        match self.listed(class, usage) {
            Ok((_, owner)) if owner.verdict != Verdict::Dangerous && !is_named => owner,
            _ => member,
        }
    }

    /// Whether the lists or the project say anything of a class.
    pub(super) fn lists(&self, class: &Callee) -> bool {
        self.listed(class, Use { is_class: true, ..NAMED }).is_ok()
    }

    /// A call with its arguments.
    pub fn judge_call(&self, call: &PickleCall) -> Judgement<'_> {
        if let Some(class) = call.callee.name.strip_suffix(".__new__") {
            // `cls.__new__(cls, …)` is what `NEWOBJ` does.
            let module_length = call.callee.module_length.min(class.len());
            let callee = Callee { name: class.to_owned(), module_length, spelled: None, route: call.callee.route };
            return self.judge_call(&PickleCall { callee, opcode: CallOpcode::NewObj, ..call.clone() });
        }
        if call.opcode == CallOpcode::Method
            && let Some(judgement) = self.judge_state_method(call)
        {
            return judgement;
        }
        if call.callee.name == "functools.partial()" {
            // What it keeps was judged when it was made, with the same arguments.
            return Judgement::safe(KEPT);
        }
        let usage = use_of(call);
        match self.listed(&call.callee, usage) {
            Ok((entry, judgement)) => self.hold_contract(entry, judgement, call),
            Err(unknown) => match self.judge_cython_object(call) {
                Some(made) if unknown.verdict == Verdict::Unknown => made,
                _ => unknown_call(unknown, call, usage.is_class),
            },
        }
    }

    /// `module.__pyx_unpickle_Class(cls, checksum, state)`, which Cython writes for each class that it compiles: it makes
    /// an object of `cls` without calling its constructor.
    fn judge_cython_object(&self, call: &PickleCall) -> Option<Judgement<'_>> {
        let is_generated = call.callee.attribute().starts_with("__pyx_unpickle_");
        let (Some(Datum::Global(_)), true, Route::Literal) = (call.arguments.first(), is_generated, call.callee.route)
        else {
            return None;
        };
        let arguments = call.arguments.iter().take(1).cloned().collect();
        let judged = contract::hold(Contract::MakesObject, self, &PickleCall { arguments, ..call.clone() });
        let unknown = Judgement::unknown(Degree::Note, CYTHON);
        Some(judged.map_or_else(|breach| Judgement::unknown(Degree::Note, BROKEN).breached(breach), |()| unknown))
    }

    /// A method of an object that is kept and not called: as its class is.
    pub(super) fn judge_method(&self, method: &Callee) -> Judgement<'_> {
        let Some((class, rest)) = method.name.rsplit_once("().") else { return self.judge_import(method) };
        if words::escaping_part(rest).is_some() {
            return Judgement::dangerous(INTERNALS, INTERNALS_EFFECT);
        }
        let module_length = method.module_length.min(class.len());
        let class = Callee { name: class.to_owned(), module_length, spelled: None, route: Route::Literal };
        self.judge_state(&class, words::is_class_name(class.attribute()))
    }

    /// Attributes or items that are set.
    pub fn judge_attribute(&self, attribute: &Attribute) -> Judgement<'_> {
        let planted = attribute.names.iter().any(|name| is_hook(name));
        if let AttributeTarget::Instance(class) | AttributeTarget::Result(class) = &attribute.target
            && let Some(harm) = listed::harm(&class.name, &attribute.values)
        {
            return Judgement::dangerous(&harm.reason, &harm.effect);
        }
        match &attribute.target {
            AttributeTarget::Global(callee) => {
                let judgement = self.judge_import(callee);
                if judgement.reason == ALLOWED { judgement } else { Judgement::dangerous(PATCHED, PATCHED_EFFECT) }
            }
            AttributeTarget::Unknown if planted => Judgement::dangerous(PLANTED, PLANTED_EFFECT),
            AttributeTarget::Unknown => Judgement::unknown(Degree::Warning, STATE_OF_UNKNOWN),
            AttributeTarget::Instance(_) | AttributeTarget::Result(_) if planted => {
                Judgement::dangerous(PLANTED, PLANTED_EFFECT)
            }
            AttributeTarget::Instance(callee) => self.judge_restored(callee),
            AttributeTarget::Result(callee) => self.judge_state(callee, words::is_class_name(callee.attribute())),
        }
    }

    /// Code that a configuration or another format names.
    pub fn judge_reference(&self, reference: &CodeReference) -> Judgement<'_> {
        let module_length = reference.name.rfind('.').unwrap_or(reference.name.len());
        let callee = Callee { name: reference.name.clone(), module_length, spelled: None, route: Route::Literal };
        let is_class = words::is_class_name(&reference.name);
        let usage = Use { is_class, is_called: true, loader: Some(reference.kind), ..NAMED };
        let call = reference_call(reference, callee);
        if reference.kind == ReferenceKind::KeptTarget {
            // Nothing imports it by itself, so only what is known to be harmful is worth a word.
            let listed = self.listed(&call.callee, usage).map_or_else(|unknown| unknown, |(_, judgement)| judgement);
            return if listed.verdict == Verdict::Dangerous { listed } else { Judgement::safe(NOT_FOLLOWED) };
        }
        match self.listed(&call.callee, usage) {
            Ok((entry, judgement)) => self.hold_contract(entry, judgement, &call),
            Err(unknown) if unknown.verdict == Verdict::Dangerous => unknown,
            Err(_) => {
                let usual = unknown_reference_degree(reference.kind, is_class);
                let told = call.texts.iter().any(|text| texts::alarming(text).is_some());
                let told = if told && follows_arguments(reference.kind) { Degree::Warning } else { Degree::Note };
                let reason = match reference.kind {
                    ReferenceKind::ImportedModule => UNKNOWN_MODULE,
                    _ => UNKNOWN_REFERENCE,
                };
                Judgement::unknown(usual, reason).at_least(told, UNKNOWN_TEXT)
            }
        }
    }

    /// What the lists say of a name, or in the error what follows from its not being listed, before its use is looked at.
    fn listed(&self, callee: &Callee, usage: Use) -> Result<(Option<&Entry>, Judgement<'_>), Judgement<'_>> {
        if callee.name.is_empty() {
            return Err(Judgement::unknown(Degree::Warning, COMPUTED));
        }
        let found = Listed::get().find(&callee.name, usage);
        if let Some((entry, reach)) = self.project.find(&callee.name, Use { loader: None, ..usage }) {
            let knows_better = reach != Reach::Exact
                && entry.verdict == Verdict::Safe
                && (self.is_escaping(callee) || found.is_some_and(|(other, _)| other.verdict == Verdict::Dangerous));
            if !knows_better {
                return Ok((None, Judgement::of(entry)));
            }
        }
        match found {
            Some((entry, Reach::Exact)) => Ok((Some(entry), Judgement::of(entry))),
            _ if self.is_escaping(callee) => Err(Judgement::dangerous(INTERNALS, INTERNALS_EFFECT)),
            // A module's namespace also holds what it imports, so a pattern does not vouch for these.
            Some((entry, _)) if entry.verdict != Verdict::Dangerous && is_powerful(callee, usage) => {
                Err(Judgement::unknown(Degree::Warning, UNKNOWN_ALARMING))
            }
            Some((entry, _)) => Ok((Some(entry), Judgement::of(entry))),
            None => Err(unlisted(callee, usage)),
        }
    }

    fn is_escaping(&self, callee: &Callee) -> bool {
        words::escaping_part(callee.attribute()).is_some()
    }

    fn hold_contract<'a>(
        &'a self,
        entry: Option<&'a Entry>,
        judgement: Judgement<'a>,
        call: &PickleCall,
    ) -> Judgement<'a> {
        let Some(contract) = entry.and_then(|entry| entry.contract) else { return judgement };
        match contract::hold(contract, self, call) {
            Ok(()) => judgement,
            Err(breach) => judgement.breached(breach),
        }
    }

    /// `obj.__setstate__(state)` and the like: what the object's class makes of it.
    fn judge_state_method(&self, call: &PickleCall) -> Option<Judgement<'_>> {
        const METHODS: [&str; 7] =
            ["__setstate__", "__setitem__", "append", "extend", "add", "update", "__dict__.update"];
        let name = &call.callee.name;
        let class = METHODS.iter().find_map(|method| name.strip_suffix(method)?.strip_suffix('.'))?;
        let class = class.strip_suffix("()").unwrap_or(class);
        let module_length = call.callee.module_length.min(class.len());
        let class = Callee { name: class.to_owned(), module_length, spelled: None, route: call.callee.route };
        Some(self.judge_state(&class, true))
    }

    /// State for an object that was made without its constructor.
    fn judge_restored(&self, class: &Callee) -> Judgement<'_> {
        self.judge_state_of(class, Use { is_class: true, is_called: true, is_restored: true, ..NAMED })
    }

    fn judge_state(&self, class: &Callee, is_class: bool) -> Judgement<'_> {
        self.judge_state_of(class, Use { is_class, is_called: true, ..NAMED })
    }

    fn judge_state_of(&self, class: &Callee, usage: Use) -> Judgement<'_> {
        if class.name.is_empty() {
            return Judgement::unknown(Degree::Warning, STATE_OF_UNKNOWN);
        }
        match self.listed(class, usage) {
            Ok((_, judgement)) if judgement.verdict == Verdict::Safe => Judgement::safe(PLAIN_STATE),
            Ok((_, judgement)) => judgement,
            Err(unknown) if unknown.verdict == Verdict::Dangerous => unknown,
            Err(_) => Judgement::unknown(Degree::Note, UNKNOWN_STATE),
        }
    }
}

/// A name that is not called.
const NAMED: Use = Use { is_class: false, is_called: false, is_restored: false, has_arguments: false, loader: None };

/// How a call uses the name that it calls.
fn use_of(call: &PickleCall) -> Use {
    let has_arguments = !call.arguments.is_empty() || !call.keywords.is_empty();
    let is_new = matches!(call.opcode, CallOpcode::NewObj | CallOpcode::NewObjEx);
    Use { is_class: is_class_use(call), is_called: true, is_restored: is_new && !has_arguments, has_arguments, ..NAMED }
}

/// The class of a constant that is reached through it: `Kind` of `Kind.OTHER`.
fn member_of(callee: &Callee) -> Option<Callee> {
    let (class, member) = callee.name.rsplit_once('.')?;
    let is_constant = member.starts_with(|c: char| c.is_ascii_uppercase())
        && member.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let class = Callee { name: class.to_owned(), spelled: None, ..callee.clone() };
    (callee.route == Route::Attribute && class.name.len() > class.module_length && is_constant)
        .then_some(class)
        .filter(|class| words::is_class_name(class.attribute()))
}

/// Whether a call makes an instance: by an opcode that takes classes only, or of something named like one.
pub(super) fn is_class_use(call: &PickleCall) -> bool {
    match call.opcode {
        CallOpcode::NewObj | CallOpcode::NewObjEx => true,
        CallOpcode::Reduce | CallOpcode::Inst | CallOpcode::Obj | CallOpcode::Method | CallOpcode::Inner => {
            let name = call.callee.attribute();
            words::is_class_name(name) || words::is_typed_class_name(call.callee.module(), name)
        }
    }
}

/// Whether a name that a pattern covers is one of the classes that do something, or makes classes, for which it needs a
/// name, bases and a name space.
fn is_powerful(callee: &Callee, usage: Use) -> bool {
    words::is_powerful_class(&callee.name) || (usage.has_arguments && callee.name.ends_with("Meta"))
}

fn reference_call(reference: &CodeReference, callee: Callee) -> PickleCall {
    let (keywords, positional): (Vec<_>, Vec<_>) =
        reference.arguments.iter().cloned().partition(|(keyword, _)| !keyword.is_empty());
    let mut texts = Vec::new();
    reference.arguments.iter().for_each(|(_, value)| collect_texts(value, &mut texts));
    let arguments = positional.into_iter().map(|(_, value)| value).collect();
    PickleCall { callee, opcode: CallOpcode::Reduce, arguments, keywords, texts }
}

/// `value` has a few levels only, which its type promises.
fn collect_texts(value: &Datum, texts: &mut Vec<String>) {
    match value {
        Datum::Text { start, .. } => texts.push(start.clone()),
        Datum::Tuple(items) | Datum::List(items) | Datum::Set(items) => {
            items.iter().for_each(|item| collect_texts(item, texts));
        }
        Datum::Dict(items) => items.iter().for_each(|(_, item)| collect_texts(item, texts)),
        _ => {}
    }
}

/// Whether the loader hands the arguments of the file to what it names, so that they can direct it.
fn follows_arguments(kind: ReferenceKind) -> bool {
    matches!(
        kind,
        ReferenceKind::HydraTarget | ReferenceKind::Plugin | ReferenceKind::Other | ReferenceKind::ConfiguredName
    )
}

#[cfg(test)]
mod tests;
