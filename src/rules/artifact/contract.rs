//! What the arguments of a listed global must be for it to be harmless: the list names a [`Contract`], this file holds a
//! call against it.

mod composed;
mod kept;
mod plain;

use serde::Deserialize;

use super::globals::{Degree, Globals, Judgement, Verdict};
use super::words;
use crate::fact::pickle::{CallOpcode, Callee, Datum, PickleCall, Route};

/// What arguments must be. Lists name these in kebab case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Contract {
    /// `_codecs.encode`: a text and the name of an encoding that keeps it as it is.
    EncodedText,
    /// `getattr`: of an object or class of the stream, a literal name that does not lead out of it.
    OwnAttribute,
    /// `operator.attrgetter`: literal names that lead nowhere else.
    PlainNames,
    /// The first argument is a function that is itself harmless with the arguments after it: `functools.partial`.
    HarmlessCallable,
    /// The same, but it is called with items: `map`, `functools.reduce`.
    HarmlessFunction,
    /// The first argument is a factory called without arguments: `defaultdict`.
    HarmlessFactory,
    /// The first argument is a class, judged as `NEWOBJ` would be: `copyreg.__newobj__`, `copyreg._reconstructor`.
    MakesObject,
    /// torch's `_rebuild_from_type_v2`: a harmless function, a class, the function's arguments, a state.
    RebuildsFromType,
    /// dill's `_create_array`: a function of numpy that makes an array, its arguments, a state, attributes.
    MakesArrayWithState,
    /// fsspec's `make_instance`: a class, then its arguments and keywords.
    MakesInstance,
    /// tblib's: a class of exceptions, then its arguments or attributes.
    MakesException,
    /// Numbers that stand for sizes or exponents stay small: `bytearray`, `pow`.
    SmallNumbers,
    /// The same for numbers whose powers or factorials are computed.
    SmallExponents,
    /// `operator.getitem`: of an annotation or a container written out in the stream.
    PlainContainer,
    /// A constructor is given no text: it would open or download what that names. State is fine.
    OnlyState,
    /// Nothing but plain values: no address, path, command or code among the texts.
    PlainValues,
    /// `re._compile`: a pattern without repetitions inside repetitions.
    PlainPattern,
    /// One argument, so that `type` makes no class, and `iter` and `weakref.ref` keep no function to call.
    OneArgument,
    /// A text that names a data type, or a harmless class: `numpy.dtype`.
    TypeName,
    /// numpy's `_reconstruct`: a class of arrays and a shape that is small.
    MakesArray,
    /// A module and a name of it that are harmless themselves: numpy's `_ufunc_reconstruct`.
    NamesSafeGlobal,
    /// Texts may be paths and addresses, as in a configuration, but no commands or code.
    NoCode,
    /// Texts are words: nothing that could be evaluated.
    PlainWords,
    /// Texts are no paths that leave the folder: joblib's wrappers.
    RelativePaths,
    /// The name of a plain type of Python: dill's `_load_type`.
    PlainTypeName,
    /// The text of a range or a constant: dill's `_eval_repr`.
    PlainRepr,
    /// The name of a method that says nothing alarming, with plain arguments: `operator.methodcaller`.
    PlainMethod,
    /// `operator.mod`: a text takes items of a dictionary, so it must be one that makes none for missing keys.
    PlainFormat,
    /// Bytes of the stream in a file in memory, which are looked into: Keras' `_unpickle_model`.
    FileInMemory,
    /// The first argument is `None`: joblib's `Memory` without a folder.
    NothingFirst,
}

/// How a contract is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) verdict: Verdict,
    pub(super) degree: Degree,
    /// A sentence without its full stop.
    pub(super) message: String,
    /// The class that the object is of, if the call makes one and that is all that is wrong.
    pub(super) made: Option<String>,
}

impl Breach {
    fn new(degree: Degree, message: impl Into<String>) -> Self {
        let verdict = if degree == Degree::Error { Verdict::Dangerous } else { Verdict::Unknown };
        Self { verdict, degree, message: message.into(), made: None }
    }

    fn warning(message: impl Into<String>) -> Self {
        Self::new(Degree::Warning, message)
    }

    fn of(callee: &Callee, judgement: &Judgement<'_>) -> Self {
        let what = judgement.effect.unwrap_or(judgement.reason);
        let what = judgement.broken_contract.as_deref().unwrap_or(what);
        let message = format!("it calls `{callee}`: {what}");
        Self { verdict: judgement.verdict, degree: judgement.degree, message, made: None }
    }

    /// The call makes an object of `class`.
    fn made(class: &Callee, judgement: &Judgement<'_>) -> Self {
        let what = judgement.broken_contract.as_deref().unwrap_or(judgement.reason);
        match judgement.verdict {
            Verdict::Unknown => {
                Self { message: what.to_owned(), made: Some(class.to_string()), ..Self::of(class, judgement) }
            }
            Verdict::Safe | Verdict::Dangerous => Self::of(class, judgement),
        }
    }
}

const UNKNOWN_OWNER: &str = "a class that loadlint does not know";

/// Whether the arguments of `call` are what `contract` asks for.
pub(super) fn hold(contract: Contract, globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let first = call.arguments.first();
    match contract {
        Contract::EncodedText => plain::encoded_text(call),
        Contract::OwnAttribute => own_attribute(globals, call),
        Contract::PlainNames => call.arguments.iter().try_for_each(plain::attribute_name),
        Contract::HarmlessCallable => kept::callable(globals, call),
        Contract::HarmlessFunction => kept::harmless(globals, first, &[], false),
        Contract::HarmlessFactory if first.is_none() => Ok(()),
        Contract::HarmlessFactory => kept::factory(globals, first),
        Contract::MakesObject => makes_object(globals, call),
        Contract::RebuildsFromType => kept::rebuilds_from_type(globals, call),
        Contract::MakesArrayWithState => composed::array_with_state(globals, call),
        Contract::MakesInstance => composed::instance(globals, call),
        Contract::MakesException => composed::exception(globals, call),
        Contract::SmallNumbers => plain::values_of(call).try_for_each(|value| plain::small(value, plain::SMALL)),
        Contract::SmallExponents => {
            plain::values_of(call).try_for_each(|value| plain::small(value, plain::SMALL_EXPONENT))
        }
        Contract::PlainContainer => plain::container(call),
        Contract::OnlyState => plain::only_state(call),
        Contract::PlainValues => plain::values(call),
        Contract::PlainPattern => plain::pattern(call),
        Contract::OneArgument if call.arguments.len() == 1 => Ok(()),
        Contract::OneArgument => {
            Err(Breach::warning("with more than one argument it makes a class, or calls a function later"))
        }
        Contract::TypeName => type_name(globals, call),
        Contract::MakesArray => makes_array(globals, call),
        Contract::NamesSafeGlobal => names_safe_global(globals, call),
        Contract::NoCode => plain::texts_of(call).try_for_each(plain::no_code),
        Contract::PlainWords => plain::texts_of(call).try_for_each(plain::only_words),
        Contract::RelativePaths => plain::texts_of(call).try_for_each(plain::relative_path),
        Contract::PlainTypeName => plain::type_name(first),
        Contract::PlainRepr => plain::repr(first),
        Contract::PlainMethod => plain::method(call),
        Contract::PlainFormat => plain::format(call),
        Contract::FileInMemory => file_in_memory(first),
        Contract::NothingFirst if matches!(first, None | Some(Datum::None)) => Ok(()),
        Contract::NothingFirst => Err(Breach::new(Degree::Error, "it makes a folder and later unpickles from it")),
    }
}

fn own_attribute(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let [object, name, ..] = call.arguments.as_slice() else {
        return Err(Breach::warning("its arguments are computed"));
    };
    plain::attribute_name(name)?;
    let Datum::Text { start: name, .. } = name else { return Ok(()) };
    match object {
        Datum::Global(owner) => attribute_of_global(globals, owner, name),
        Datum::Text { .. } | Datum::Bytes { .. } if name.starts_with("format") => {
            Err(Breach::warning("a format reaches any attribute of what it is given"))
        }
        Datum::Unknown | Datum::Cut => Err(Breach::warning("the object cannot be known")),
        _ => Ok(()),
    }
}

/// A member of an enumeration or a class method, or something of a module's.
fn attribute_of_global(globals: &Globals, owner: &Callee, name: &str) -> Result<(), Breach> {
    let judged = globals.judge_import(owner);
    let reached = Callee {
        name: format!("{}.{name}", owner.name),
        module_length: owner.module_length,
        spelled: None,
        route: Route::Attribute,
    };
    let judgement = globals.judge_import(&reached);
    let is_class = words::is_class_name(owner.attribute());
    match (judged.verdict, judgement.verdict) {
        (Verdict::Dangerous, _) => Err(Breach::new(Degree::Error, format!("it takes `{name}` of `{owner}`"))),
        (_, Verdict::Dangerous) => Err(Breach::new(judgement.degree, format!("it reaches `{reached}`"))),
        (Verdict::Safe, _) | (_, Verdict::Safe) => Ok(()),
        (Verdict::Unknown, _) if is_class => {
            let known = if globals.lists(owner) { "a class of a known library" } else { UNKNOWN_OWNER };
            Err(Breach::new(Degree::Note, format!("it takes `{name}` of `{owner}`, {known}")))
        }
        (Verdict::Unknown, _) => {
            Err(Breach::warning(format!("it takes `{name}` of `{owner}`, which loadlint does not know")))
        }
    }
}

fn makes_object(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    match call.arguments.split_first() {
        Some((Datum::Global(class), rest)) => {
            let inner = PickleCall {
                callee: class.clone(),
                opcode: CallOpcode::NewObj,
                arguments: if is_plain_object(rest) { Vec::new() } else { rest.to_vec() },
                keywords: Vec::new(),
                texts: call.texts.clone(),
            };
            let judgement = globals.judge_call(&inner);
            let class_is_safe = judgement.verdict == Verdict::Safe;
            if class_is_safe { Ok(()) } else { Err(Breach::made(class, &judgement)) }
        }
        Some((Datum::Result(_), _)) => Err(Breach::warning("the class is computed")),
        _ => Err(Breach::warning("the class cannot be known")),
    }
}

/// What `_reconstructor` is given after the class of an object that has no plain value under it.
fn is_plain_object(rest: &[Datum]) -> bool {
    matches!(rest, [Datum::Global(base), Datum::None] if base.name == "builtins.object")
}

fn file_in_memory(file: Option<&Datum>) -> Result<(), Breach> {
    match file {
        Some(Datum::Result(made)) if matches!(made.as_str(), "_io.BytesIO" | "io.BytesIO") => Ok(()),
        _ => Err(Breach::new(Degree::Error, "it reads something else than bytes of the stream")),
    }
}

fn makes_array(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    call.arguments.iter().skip(1).try_for_each(|value| plain::small(value, plain::SMALL))?;
    safe_class(globals, call.arguments.first())
}

/// Whether what stands for a class is one that the lists know.
fn safe_class(globals: &Globals, class: Option<&Datum>) -> Result<(), Breach> {
    let Some(Datum::Global(class)) = class else { return Err(Breach::warning("the class cannot be known")) };
    let judgement = globals.judge_import(class);
    if judgement.verdict == Verdict::Safe { Ok(()) } else { Err(Breach::of(class, &judgement)) }
}

fn names_safe_global(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let [Datum::Text { start: module, .. }, Datum::Text { start: name, .. }, ..] = call.arguments.as_slice() else {
        return Err(Breach::warning("the name is computed"));
    };
    let named =
        Callee { name: format!("{module}.{name}"), module_length: module.len(), spelled: None, route: Route::Import };
    let judgement = globals.judge_import(&named);
    if judgement.verdict == Verdict::Safe { Ok(()) } else { Err(Breach::of(&named, &judgement)) }
}

fn type_name(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    match call.arguments.first() {
        class @ Some(Datum::Global(_)) => safe_class(globals, class),
        _ => Ok(()),
    }
}
