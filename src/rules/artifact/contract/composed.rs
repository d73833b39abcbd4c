//! Contracts of functions that make an object from a class or function, its arguments, and what it is then given.

use super::kept::harmless;
use super::{Breach, Degree, Globals, words};
use crate::fact::pickle::{CallOpcode, Callee, Datum, PickleCall};
use crate::rules::artifact::globals::Verdict;
use crate::rules::artifact::hooks::is_hook;

const COMPUTED_CLASS: &str = "the class cannot be known";

/// dill's `_create_array(f, args, state, npdict=None)`: `f(*args).__setstate__(state)`, then attributes. Of what else `f`
/// could make, nobody knows what it does with the state.
pub(super) fn array_with_state(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let [function @ Datum::Global(callee), Datum::Tuple(arguments), _, rest @ ..] = call.arguments.as_slice() else {
        return Err(Breach::new(Degree::Error, "what it calls cannot be known"));
    };
    if !callee.name.starts_with("numpy.") || callee.attribute() != "_reconstruct" {
        return Err(Breach::new(Degree::Error, format!("it calls `{callee}`, which makes no array of numpy")));
    }
    harmless(globals, Some(function), arguments, true)?;
    match rest.first() {
        None | Some(Datum::None) => Ok(()),
        Some(attributes) => plain_attributes(attributes),
    }
}

/// fsspec's `make_instance(cls, args, kwargs)`: `cls(*args, **kwargs)`.
pub(super) fn instance(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let Some(Datum::Global(class)) = call.arguments.first() else {
        return Err(Breach::new(Degree::Error, COMPUTED_CLASS));
    };
    let arguments = match call.arguments.get(1) {
        None => Vec::new(),
        Some(Datum::Tuple(items) | Datum::List(items)) => items.clone(),
        Some(_) => vec![Datum::Unknown],
    };
    let keywords = call.arguments.get(2).map_or_else(Vec::new, named);
    made(globals, class, arguments, keywords)
}

/// tblib's `unpickle_exception(func, args, …)`, which is `func(*args)`, and `unpickle_exception_with_attrs(func, attrs, …)`,
/// which sets attributes of `func.__new__(func, …)`.
pub(super) fn exception(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let Some(Datum::Global(class)) = call.arguments.first() else {
        return Err(Breach::new(Degree::Error, COMPUTED_CLASS));
    };
    match call.arguments.get(1) {
        Some(attributes @ Datum::Dict(_)) => {
            plain_attributes(attributes)?;
            let inner = new_object(class);
            let judgement = globals.judge_call(&inner);
            if judgement.verdict == Verdict::Safe { Ok(()) } else { Err(Breach::made(class, &judgement)) }
        }
        Some(Datum::Tuple(items)) => made(globals, class, items.clone(), Vec::new()),
        _ => made(globals, class, vec![Datum::Unknown], Vec::new()),
    }
}

fn new_object(class: &Callee) -> PickleCall {
    PickleCall {
        callee: class.clone(),
        opcode: CallOpcode::NewObj,
        arguments: Vec::new(),
        keywords: Vec::new(),
        texts: Vec::new(),
    }
}

/// What is wrong with calling `class` like this, said of the class if nothing is but that it is not known.
fn made(
    globals: &Globals,
    class: &Callee,
    arguments: Vec<Datum>,
    keywords: Vec<(String, Datum)>,
) -> Result<(), Breach> {
    let call = PickleCall { callee: class.clone(), opcode: CallOpcode::Inner, arguments, keywords, texts: Vec::new() };
    let judgement = globals.judge_call(&call);
    match judgement.verdict {
        Verdict::Safe => Ok(()),
        _ if words::is_class_name(class.attribute()) => Err(Breach::made(class, &judgement)),
        _ => Err(Breach::of(class, &judgement)),
    }
}

/// A dictionary as keywords; what is none is one keyword that cannot be known.
fn named(keywords: &Datum) -> Vec<(String, Datum)> {
    let Datum::Dict(items) = keywords else { return vec![(String::new(), Datum::Unknown)] };
    let keyword = |(key, value): &(Datum, Datum)| match key {
        Datum::Text { start, .. } => (start.clone(), value.clone()),
        _ => (String::new(), Datum::Unknown),
    };
    items.iter().map(keyword).collect()
}

/// Attributes by their names, none of which takes the place of what Python does with the object.
fn plain_attributes(attributes: &Datum) -> Result<(), Breach> {
    let Datum::Dict(items) = attributes else { return Err(Breach::warning("the attributes cannot be known")) };
    items.iter().try_for_each(|(key, _)| match key {
        Datum::Text { start, .. } if is_hook(start) => {
            Err(Breach::new(Degree::Error, format!("it sets `{start}`, which replaces a method of the object")))
        }
        Datum::Text { .. } => Ok(()),
        _ => Err(Breach::warning("an attribute's name cannot be known")),
    })
}
