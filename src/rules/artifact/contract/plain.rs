//! Arguments that are plain values: names, numbers and texts that nothing evaluates, opens or looks up.

use super::Breach;
use crate::fact::pickle::{CallOpcode, Datum, PickleCall};
use crate::rules::artifact::globals::Degree;
use crate::rules::artifact::{texts, words};

/// Numbers up to this are no attempt to exhaust memory or time.
pub(super) const SMALL: i64 = 1 << 27;
/// Powers of numbers up to this have few digits.
pub(super) const SMALL_EXPONENT: i64 = 1 << 12;

pub(super) fn values_of(call: &PickleCall) -> impl Iterator<Item = &Datum> {
    call.arguments.iter().chain(call.keywords.iter().map(|(_, value)| value))
}

pub(super) fn encoded_text(call: &PickleCall) -> Result<(), Breach> {
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

pub(super) fn attribute_name(name: &Datum) -> Result<(), Breach> {
    let Datum::Text { start, length } = name else {
        return Err(Breach::warning("the attribute's name is computed"));
    };
    match words::escaping_part(start) {
        Some(part) => Err(Breach::new(Degree::Error, format!("`{part}` leads out of the object"))),
        None if *length > start.len() as u64 => Err(Breach::warning("the attribute's name is very long")),
        None => Ok(()),
    }
}

pub(super) fn type_name(name: Option<&Datum>) -> Result<(), Breach> {
    match name {
        Some(Datum::Text { start, .. }) if words::is_plain_type_name(start) => Ok(()),
        _ => Err(Breach::new(Degree::Error, "it looks up a type that rebuilds code, or that cannot be known")),
    }
}

pub(super) fn repr(text: Option<&Datum>) -> Result<(), Breach> {
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

pub(super) fn method(call: &PickleCall) -> Result<(), Breach> {
    let name = call.arguments.first().unwrap_or(&Datum::Unknown);
    attribute_name(name)?;
    let Datum::Text { start: name, .. } = name else { return Ok(()) };
    if let Some(word) = words::alarming_word(name) {
        return Err(Breach::new(Degree::Error, format!("`{name}` says `{word}`, and it is called by its name")));
    }
    if name.starts_with("format") {
        return Err(Breach::warning("a format reaches any attribute of what it is given"));
    }
    let rest = PickleCall { arguments: call.arguments[1..].to_vec(), ..call.clone() };
    values(&rest)
}

pub(super) fn format(call: &PickleCall) -> Result<(), Breach> {
    let is_number = |value: &Datum| matches!(value, Datum::Int(_) | Datum::Float(_) | Datum::Bool(_));
    let may_be_made = |value: &Datum| !is_number(value) && !matches!(value, Datum::Text { .. } | Datum::Tuple(_));
    match call.arguments.as_slice() {
        [text, value] if !is_number(text) && may_be_made(value) => {
            Err(Breach::warning("the text takes items of something that is not written out in the file"))
        }
        _ => Ok(()),
    }
}

pub(super) fn small(value: &Datum, most: i64) -> Result<(), Breach> {
    let too_large = || Err(Breach::warning(format!("{value} is a size or exponent that exhausts memory or time")));
    match value {
        Datum::Int(number) if number.checked_abs().is_none_or(|number| number > most) => too_large(),
        Datum::LargeInt(_) => too_large(),
        Datum::Tuple(items) | Datum::List(items) => items.iter().try_for_each(|item| small(item, most)),
        _ => Ok(()),
    }
}

pub(super) fn container(call: &PickleCall) -> Result<(), Breach> {
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
pub(super) fn texts_of(call: &PickleCall) -> impl Iterator<Item = &str> {
    let own = values_of(call).filter_map(|value| match value {
        Datum::Text { start, .. } => Some(start.as_str()),
        _ => None,
    });
    call.texts.iter().map(String::as_str).chain(own)
}

pub(super) fn values(call: &PickleCall) -> Result<(), Breach> {
    let makes_only = matches!(call.opcode, CallOpcode::NewObj | CallOpcode::NewObjEx);
    match texts::alarming_among(texts_of(call), makes_only) {
        Some(kind) => Err(Breach::warning(format!("it is given {kind}"))),
        None => Ok(()),
    }
}

pub(super) fn only_state(call: &PickleCall) -> Result<(), Breach> {
    let is_made = !matches!(call.opcode, CallOpcode::NewObj | CallOpcode::NewObjEx);
    match is_made && values_of(call).any(|value| matches!(value, Datum::Text { .. })) {
        true => Err(Breach::warning("it opens, downloads or connects to what the text names")),
        false => Ok(()),
    }
}

pub(super) fn only_words(text: &str) -> Result<(), Breach> {
    let is_word =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '+' | '.' | ' ' | '{' | '}' | '\\' | '^' | ',');
    if text.chars().all(is_word) && texts::alarming(text).is_none() {
        Ok(())
    } else {
        Err(Breach::warning("a text among its arguments would be evaluated"))
    }
}

pub(super) fn no_code(text: &str) -> Result<(), Breach> {
    match texts::alarming(text) {
        Some(kind @ ("code" | "a command")) => Err(Breach::warning(format!("it is given {kind}"))),
        _ => Ok(()),
    }
}

pub(super) fn relative_path(text: &str) -> Result<(), Breach> {
    match texts::alarming(text) {
        Some(kind) => Err(Breach::warning(format!("it is given {kind}"))),
        None => Ok(()),
    }
}

pub(super) fn pattern(call: &PickleCall) -> Result<(), Breach> {
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
