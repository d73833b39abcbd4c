//! What the arguments of a listed global must be for it to be harmless: the list names a [`Contract`], this file holds a
//! call against it.

mod composed;

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

/// Numbers up to this are no attempt to exhaust memory or time.
const SMALL: i64 = 1 << 27;
/// Powers of numbers up to this have few digits.
const SMALL_EXPONENT: i64 = 1 << 12;

/// Whether the arguments of `call` are what `contract` asks for.
pub(super) fn hold(contract: Contract, globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let first = call.arguments.first();
    match contract {
        Contract::EncodedText => encoded_text(call),
        Contract::OwnAttribute => own_attribute(globals, call),
        Contract::PlainNames => call.arguments.iter().try_for_each(plain_name),
        Contract::HarmlessCallable => kept_callable(globals, call),
        Contract::HarmlessFunction => harmless(globals, first, &[], false),
        Contract::HarmlessFactory if first.is_none() => Ok(()),
        Contract::HarmlessFactory => kept_factory(globals, first),
        Contract::MakesObject => makes_object(globals, call),
        Contract::RebuildsFromType => rebuilds_from_type(globals, call),
        Contract::MakesArrayWithState => composed::array_with_state(globals, call),
        Contract::MakesInstance => composed::instance(globals, call),
        Contract::MakesException => composed::exception(globals, call),
        Contract::SmallNumbers => values(call).try_for_each(|value| small(value, SMALL)),
        Contract::SmallExponents => values(call).try_for_each(|value| small(value, SMALL_EXPONENT)),
        Contract::PlainContainer => plain_container(call),
        Contract::OnlyState => only_state(call),
        Contract::PlainValues => plain_values(call),
        Contract::PlainPattern => plain_pattern(call),
        Contract::OneArgument if call.arguments.len() == 1 => Ok(()),
        Contract::OneArgument => {
            Err(Breach::warning("with more than one argument it makes a class, or calls a function later"))
        }
        Contract::TypeName => type_name(globals, call),
        Contract::MakesArray => makes_array(globals, call),
        Contract::NamesSafeGlobal => names_safe_global(globals, call),
        Contract::NoCode => texts(call).try_for_each(no_code),
        Contract::PlainWords => texts(call).try_for_each(plain_words),
        Contract::RelativePaths => texts(call).try_for_each(relative_path),
        Contract::PlainTypeName => plain_type_name(first),
        Contract::PlainRepr => plain_repr(first),
        Contract::PlainMethod => plain_method(call),
        Contract::PlainFormat => plain_format(call),
        Contract::FileInMemory => file_in_memory(first),
        Contract::NothingFirst if matches!(first, None | Some(Datum::None)) => Ok(()),
        Contract::NothingFirst => Err(Breach::new(Degree::Error, "it makes a folder and later unpickles from it")),
    }
}

fn values(call: &PickleCall) -> impl Iterator<Item = &Datum> {
    call.arguments.iter().chain(call.keywords.iter().map(|(_, value)| value))
}

fn encoded_text(call: &PickleCall) -> Result<(), Breach> {
    let encoding = match call.arguments.get(1) {
        None => return Ok(()),
        Some(Datum::Text { start, .. }) => start,
        Some(_) => return Err(Breach::warning("the encoding is computed")),
    };
    let plain: String =
        encoding.chars().filter(|c| c.is_ascii_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    match plain.as_str() {
        "latin1" | "iso88591" | "l1" | "ascii" | "usascii" | "utf8" => Ok(()),
        _ => Err(Breach::warning(format!("the encoding `{encoding}` changes the text, which hides what it says"))),
    }
}

fn plain_name(name: &Datum) -> Result<(), Breach> {
    let Datum::Text { start, length } = name else {
        return Err(Breach::warning("the attribute's name is computed"));
    };
    match words::escaping_part(start) {
        Some(part) => Err(Breach::new(Degree::Error, format!("`{part}` leads out of the object"))),
        None if *length > start.len() as u64 => Err(Breach::warning("the attribute's name is very long")),
        None => Ok(()),
    }
}

fn own_attribute(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let [object, name, ..] = call.arguments.as_slice() else {
        return Err(Breach::warning("its arguments are computed"));
    };
    plain_name(name)?;
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

/// Whether calling `callable` with `arguments` is harmless; with unknown ones if they are not `known`.
fn harmless(globals: &Globals, callable: Option<&Datum>, arguments: &[Datum], known: bool) -> Result<(), Breach> {
    match callable {
        // A method of an object of the stream, kept for later.
        Some(Datum::Global(callee)) if known && callee.route == Route::Method => {
            let judgement = globals.judge_method(callee);
            if judgement.verdict == Verdict::Safe { Ok(()) } else { Err(Breach::of(callee, &judgement)) }
        }
        Some(Datum::Global(callee)) => {
            let arguments = if known { arguments.to_vec() } else { vec![Datum::Unknown] };
            judged(globals, callee, CallOpcode::Inner, arguments)
        }
        // What made it has been judged as a call of its own.
        Some(Datum::None | Datum::Result(_)) => Ok(()),
        Some(_) => Err(Breach::warning("what it calls cannot be known")),
        None => Err(Breach::warning("what it calls is missing")),
    }
}

/// A function that is kept with arguments. Calling what keeps it is told as a call of the function, so one that is
/// harmless as long as nobody calls it is harmless here, and one that no list knows is worth a note.
fn kept_callable(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let is_plain = words::telling(texts(call), false).is_none();
    let kept = harmless(globals, call.arguments.first(), call.arguments.get(1..).unwrap_or_default(), true);
    let kept = kept.or_else(|breach| match call.arguments.first() {
        Some(Datum::Global(function)) if is_plain => named(globals, function, breach),
        _ => Err(breach),
    });
    let functions = call.keywords.iter().map(|(_, value)| value).filter(|value| matches!(value, Datum::Global(_)));
    let given = functions.map(|function| harmless(globals, Some(function), &[], false));
    let breach = given.fold(kept, |worst, one| match (worst, one) {
        (Err(worst), Err(one)) if one.degree > worst.degree => Err(one),
        (Err(worst), _) => Err(worst),
        (Ok(()), one) => one,
    });
    breach.map_err(|breach| if is_plain { at_most_noted(breach) } else { breach })
}

/// A factory that nobody calls while the file is loaded.
fn kept_factory(globals: &Globals, factory: Option<&Datum>) -> Result<(), Breach> {
    let kept = harmless(globals, factory, &[], true).or_else(|breach| match factory {
        Some(Datum::Global(function)) => named(globals, function, breach),
        _ => Err(breach),
    });
    kept.map_err(at_most_noted)
}

/// What is not known of a function that is kept and not called is worth a note.
fn at_most_noted(breach: Breach) -> Breach {
    match (breach.verdict, breach.degree) {
        (Verdict::Unknown, Degree::Warning) => Breach { degree: Degree::Note, ..breach },
        _ => breach,
    }
}

/// What is wrong with keeping a function that would breach something if it were called.
fn named(globals: &Globals, function: &Callee, breach: Breach) -> Result<(), Breach> {
    let judgement = globals.judge_import(function);
    match (judgement.verdict, breach.verdict) {
        (Verdict::Safe, Verdict::Unknown) => Ok(()),
        (Verdict::Unknown, Verdict::Unknown) => Err(Breach {
            message: format!("it keeps `{function}`, which loadlint does not know, to be called later"),
            ..breach
        }),
        _ => Err(breach),
    }
}

fn judged(globals: &Globals, callee: &Callee, opcode: CallOpcode, arguments: Vec<Datum>) -> Result<(), Breach> {
    let call = PickleCall { callee: callee.clone(), opcode, arguments, keywords: Vec::new(), texts: Vec::new() };
    let judgement = globals.judge_call(&call);
    if judgement.verdict == Verdict::Safe { Ok(()) } else { Err(Breach::of(callee, &judgement)) }
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

fn plain_type_name(name: Option<&Datum>) -> Result<(), Breach> {
    match name {
        Some(Datum::Text { start, .. }) if words::is_plain_type_name(start) => Ok(()),
        _ => Err(Breach::new(Degree::Error, "it looks up a type that rebuilds code, or that cannot be known")),
    }
}

fn plain_repr(text: Option<&Datum>) -> Result<(), Breach> {
    let is_plain = |text: &str| {
        let numbers = |text: &str| text.split(',').all(|part| part.trim().parse::<i64>().is_ok());
        let range = text.strip_prefix("range(").or_else(|| text.strip_prefix("xrange("));
        matches!(text, "Ellipsis" | "NotImplemented" | "None")
            || range.and_then(|rest| rest.strip_suffix(')')).is_some_and(numbers)
    };
    match text {
        Some(Datum::Text { start, length }) if *length == start.len() as u64 && is_plain(start) => Ok(()),
        _ => Err(Breach::new(Degree::Error, "the text is not that of a range or a constant")),
    }
}

fn plain_method(call: &PickleCall) -> Result<(), Breach> {
    let name = call.arguments.first().unwrap_or(&Datum::Unknown);
    plain_name(name)?;
    let Datum::Text { start: name, .. } = name else { return Ok(()) };
    if let Some(word) = words::alarming_word(name) {
        return Err(Breach::new(Degree::Error, format!("`{name}` says `{word}`, and it is called by its name")));
    }
    if name.starts_with("format") {
        return Err(Breach::warning("a format reaches any attribute of what it is given"));
    }
    let rest = PickleCall { arguments: call.arguments[1..].to_vec(), ..call.clone() };
    plain_values(&rest)
}

fn plain_format(call: &PickleCall) -> Result<(), Breach> {
    let is_number = |value: &Datum| matches!(value, Datum::Int(_) | Datum::Float(_) | Datum::Bool(_));
    let may_be_made = |value: &Datum| !is_number(value) && !matches!(value, Datum::Text { .. } | Datum::Tuple(_));
    match call.arguments.as_slice() {
        [text, value] if !is_number(text) && may_be_made(value) => {
            Err(Breach::warning("the text takes items of something that is not written out in the file"))
        }
        _ => Ok(()),
    }
}

fn file_in_memory(file: Option<&Datum>) -> Result<(), Breach> {
    match file {
        Some(Datum::Result(made)) if matches!(made.as_str(), "_io.BytesIO" | "io.BytesIO") => Ok(()),
        _ => Err(Breach::new(Degree::Error, "it reads something else than bytes of the stream")),
    }
}

fn rebuilds_from_type(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let arguments = match call.arguments.get(2) {
        Some(Datum::Tuple(items)) => items.clone(),
        _ => vec![Datum::Unknown],
    };
    harmless(globals, call.arguments.first(), &arguments, true)?;
    safe_class(globals, call.arguments.get(1))
}

fn small(value: &Datum, most: i64) -> Result<(), Breach> {
    let too_large = || Err(Breach::warning(format!("{value} is a size or exponent that exhausts memory or time")));
    match value {
        Datum::Int(number) if number.checked_abs().is_none_or(|number| number > most) => too_large(),
        Datum::LargeInt(_) => too_large(),
        Datum::Tuple(items) | Datum::List(items) => items.iter().try_for_each(|item| small(item, most)),
        _ => Ok(()),
    }
}

fn plain_container(call: &PickleCall) -> Result<(), Breach> {
    match call.arguments.first() {
        Some(Datum::Tuple(_) | Datum::List(_) | Datum::Dict(_) | Datum::Text { .. } | Datum::Bytes { .. }) => Ok(()),
        Some(Datum::Global(callee)) if matches!(callee.module(), "typing" | "typing_extensions") => Ok(()),
        Some(Datum::Global(callee)) if callee.module() == "builtins" && words::is_plain_type(callee.attribute()) => {
            Ok(())
        }
        Some(Datum::Result(made)) if matches!(made.as_str(), "collections.OrderedDict" | "builtins.dict") => Ok(()),
        _ => Err(Breach::warning("it takes an item of something that is not written out in the stream")),
    }
}

/// Every text among the arguments.
fn texts(call: &PickleCall) -> impl Iterator<Item = &str> {
    let own = values(call).filter_map(|value| match value {
        Datum::Text { start, .. } => Some(start.as_str()),
        _ => None,
    });
    call.texts.iter().map(String::as_str).chain(own)
}

fn plain_values(call: &PickleCall) -> Result<(), Breach> {
    let makes_only = matches!(call.opcode, CallOpcode::NewObj | CallOpcode::NewObjEx);
    match words::telling(texts(call), makes_only) {
        Some(kind) => Err(Breach::warning(format!("it is given {kind}"))),
        None => Ok(()),
    }
}

fn only_state(call: &PickleCall) -> Result<(), Breach> {
    let is_made = !matches!(call.opcode, CallOpcode::NewObj | CallOpcode::NewObjEx);
    match is_made && values(call).any(|value| matches!(value, Datum::Text { .. })) {
        true => Err(Breach::warning("it opens, downloads or connects to what the text names")),
        false => Ok(()),
    }
}

fn plain_words(text: &str) -> Result<(), Breach> {
    let is_word =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | ' ' | '{' | '}' | '\\' | '^' | ',');
    if text.chars().all(is_word) && words::telling_text(text).is_none() {
        Ok(())
    } else {
        Err(Breach::warning("a text among its arguments would be evaluated"))
    }
}

fn no_code(text: &str) -> Result<(), Breach> {
    match words::telling_text(text) {
        Some(kind @ ("code" | "a command")) => Err(Breach::warning(format!("it is given {kind}"))),
        _ => Ok(()),
    }
}

fn relative_path(text: &str) -> Result<(), Breach> {
    match words::telling_text(text) {
        Some(kind) => Err(Breach::warning(format!("it is given {kind}"))),
        None => Ok(()),
    }
}

fn makes_array(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    call.arguments.iter().skip(1).try_for_each(|value| small(value, SMALL))?;
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

fn plain_pattern(call: &PickleCall) -> Result<(), Breach> {
    match call.arguments.first() {
        Some(Datum::Text { start, .. }) if repeats_repetitions(start) => {
            Err(Breach::new(Degree::Note, "the pattern repeats a repetition, which can take very long to match"))
        }
        _ => Ok(()),
    }
}

/// Whether a group that ends in a repetition is itself repeated without a bound: `(a+)+`.
fn repeats_repetitions(pattern: &str) -> bool {
    let bytes = pattern.as_bytes();
    bytes.windows(3).any(|three| matches!(three, [b'+' | b'*', b')', b'+' | b'*']))
}

fn type_name(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    match call.arguments.first() {
        class @ Some(Datum::Global(_)) => safe_class(globals, class),
        _ => Ok(()),
    }
}
