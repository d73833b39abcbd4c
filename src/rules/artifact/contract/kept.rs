//! Functions that are kept to be called later, or called at once with arguments of the stream.

use super::plain::texts_of;
use super::{Breach, safe_class};
use crate::fact::pickle::{CallOpcode, Callee, Datum, PickleCall, Route};
use crate::rules::artifact::globals::{Degree, Globals, Verdict};
use crate::rules::artifact::texts;

/// Whether calling `callable` with `arguments` is harmless; with unknown ones if they are not `known`.
pub(super) fn harmless(
    globals: &Globals,
    callable: Option<&Datum>,
    arguments: &[Datum],
    known: bool,
) -> Result<(), Breach> {
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
pub(super) fn callable(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let is_plain = texts::alarming_among(texts_of(call), false).is_none();
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
pub(super) fn factory(globals: &Globals, factory: Option<&Datum>) -> Result<(), Breach> {
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

pub(super) fn rebuilds_from_type(globals: &Globals, call: &PickleCall) -> Result<(), Breach> {
    let arguments = match call.arguments.get(2) {
        Some(Datum::Tuple(items)) => items.clone(),
        _ => vec![Datum::Unknown],
    };
    harmless(globals, call.arguments.first(), &arguments, true)?;
    safe_class(globals, call.arguments.get(1))
}
