//! Attributes of objects that do harm by their values: the lists name them, this file looks at the values.
//!
//! Comes in: what `BUILD` gives an object. Goes out: the entry that says what happens then. Called by `globals`.

use serde::Deserialize;

use super::entry::GlobalPattern;
use crate::fact::pickle::Datum;

/// Attributes of some classes, and which values of them do harm.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    /// The classes.
    pub(super) classes: Vec<GlobalPattern>,
    /// Their attributes; those of `fact::pickle::DECISIVE_ATTRIBUTES`.
    pub(super) attributes: Vec<String>,
    /// Which values.
    pub(super) unless: Harmless,
    /// Why. A sentence without its full stop.
    pub(super) reason: Box<str>,
    /// What happens, to follow the class.
    pub(super) effect: Box<str>,
}

/// Values that do no harm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Harmless {
    /// Anything but a number, which would be an address in memory.
    NoNumber,
    /// The source that scipy writes for the shapes of a distribution.
    SourceOfScipy,
    /// A formula of names, numbers, operators and functions of mathematics.
    PlainFormula,
    /// The beginning of a file's name, with no folder in it.
    NoFolder,
}

impl State {
    /// Whether one of `values`, by attribute, does harm to who makes an object of `class`.
    pub(super) fn harms(&self, class: &str, values: &[(String, Datum)]) -> bool {
        let harms = |(name, value): &(String, Datum)| self.attributes.contains(name) && !self.unless.holds(value);
        values.iter().any(harms) && self.classes.iter().any(|pattern| pattern.covers(class))
    }
}

impl Harmless {
    fn holds(self, value: &Datum) -> bool {
        match self {
            Self::NoNumber => !matches!(value, Datum::Int(_) | Datum::LargeInt(_) | Datum::Unknown),
            Self::SourceOfScipy => is_none_or_text(value, is_source_of_scipy),
            Self::PlainFormula => is_none_or_text(value, is_plain_formula),
            Self::NoFolder => is_none_or_text(value, |text| !text.contains(['/', '\\'])),
        }
    }
}

/// Whether it is nothing, or a text that `holds` of all of.
fn is_none_or_text(value: &Datum, holds: impl Fn(&str) -> bool) -> bool {
    match value {
        Datum::Text { start, length } => start.len() as u64 == *length && holds(start),
        Datum::None => true,
        _ => false,
    }
}

/// Functions that formulas are written with: patsy's own, and those of pandas and numpy behind `np.`.
const OF_FORMULAS: [&str; 30] = [
    "C",
    "I",
    "Q",
    "Sum",
    "Treatment",
    "Poly",
    "Diff",
    "Helmert",
    "abs",
    "bs",
    "cc",
    "center",
    "cos",
    "cr",
    "cut",
    "exp",
    "expm1",
    "log",
    "log10",
    "log1p",
    "log2",
    "maximum",
    "minimum",
    "power",
    "scale",
    "sin",
    "sqrt",
    "square",
    "standardize",
    "te",
];

/// Whether patsy, which evaluates the parts of a formula as Python, computes no more than numbers.
fn is_plain_formula(formula: &str) -> bool {
    const SIGNS: &str = " \t\n~+-*/:^|()[],.=<>&'\"_%";
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    if formula.contains("__") || !formula.chars().all(|c| is_word(c) || SIGNS.contains(c)) {
        return false;
    }
    // What stands before a bracket is called, or its item is taken.
    formula.match_indices('(').all(|(at, _)| {
        let before = formula[..at].trim_end();
        let word = before.rsplit(|c| !is_word(c)).next().unwrap_or_default();
        let name = ["np.", "numpy."].iter().find_map(|module| word.strip_prefix(module)).unwrap_or(word);
        (word.is_empty() && !before.ends_with([')', ']'])) || OF_FORMULAS.contains(&name)
    })
}

/// Whether a text is what scipy makes of its template (`parse_arg_template` of `scipy.stats._distn_infrastructure`), with
/// nothing but names put in: location and scale as its continuous and discrete distributions have them.
fn is_source_of_scipy(text: &str) -> bool {
    let Some(rest) = text.trim_start().strip_prefix("def _parse_args(self, ") else { return false };
    let Some((shapes, _)) = rest.split_once(" loc=0") else { return false };
    let is_name = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let names = shapes.strip_suffix(", ").map_or(shapes.is_empty(), |shapes| shapes.split(", ").all(is_name));
    let places = [("loc=0, scale=1", "loc, scale"), ("loc=0", "loc, 1"), ("loc=0", "loc")];
    names
        && places
            .iter()
            .any(|(given, taken)| written_by_scipy(shapes, given, taken).iter().any(|one| one == text.trim()))
}

/// What scipy writes today, and what it wrote before version 0.18.
fn written_by_scipy(shapes: &str, given: &str, taken: &str) -> [String; 2] {
    let written = |drawn: &str| {
        format!(
            "def _parse_args(self, {shapes} {given}):\n    return ({shapes}), {taken}\n\n\
             def _parse_args_rvs(self, {shapes} {given}, size=None):\n    return {drawn}\n\n\
             def _parse_args_stats(self, {shapes} {given}, moments='mv'):\n    return ({shapes}), {taken}, moments"
        )
    };
    [
        written(&format!("self._argcheck_rvs({shapes} {taken}, size=size)")),
        written(&format!("({shapes}), {taken}, size")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_that_compute_are_plain_and_others_are_not() {
        for plain in [
            "y ~ x",
            "y ~ np.log(x) + C(group, Treatment(reference='a')):z",
            "a ~ (b + c)**2 - 1",
            "y ~ Q(\"a b\") + I(x / 2)",
        ] {
            assert!(is_plain_formula(plain), "{plain}");
        }
        for code in [
            "y ~ x + I(__import__('os').system('echo loadlint-test'))",
            "y ~ os.system('echo loadlint-test')",
            "y ~ x + (lambda: 1)()",
            "y ~ f[0](x)",
            "y ~ np.load('a.npy')",
            "y ~ {x}",
        ] {
            assert!(!is_plain_formula(code), "{code}");
        }
    }
    use crate::fact::pickle::DECISIVE_ATTRIBUTES;
    use crate::rules::artifact::listed::states;

    fn text(text: &str) -> Datum {
        Datum::Text { start: text.to_owned(), length: text.len() as u64 }
    }

    #[test]
    fn the_values_that_lists_ask_for_are_told() {
        assert!(DECISIVE_ATTRIBUTES.is_sorted());
        let asked: Vec<_> = states().iter().flat_map(|state| &state.attributes).collect();
        assert!(!asked.is_empty());
        assert!(asked.iter().all(|name| DECISIVE_ATTRIBUTES.contains(&name.as_str())), "{asked:?}");
    }

    #[test]
    fn source_that_scipy_did_not_write_is_told() {
        let source = |shapes: &str, given: &str| {
            format!(
                "\ndef _parse_args(self, {shapes} {given}):\n    return ({shapes}), loc, scale\n\n\
                 def _parse_args_rvs(self, {shapes} {given}, size=None):\n    return self._argcheck_rvs({shapes} loc, scale, size=size)\n\n\
                 def _parse_args_stats(self, {shapes} {given}, moments='mv'):\n    return ({shapes}), loc, scale, moments\n"
            )
        };
        for shapes in ["", "a, ", "a, _c2, "] {
            assert!(Harmless::SourceOfScipy.holds(&text(&source(shapes, "loc=0, scale=1"))), "{shapes}");
        }
        for (shapes, given) in
            [("a=print(1), ", "loc=0, scale=1"), ("", "loc=0, scale=print(1)"), ("a, ", "loc=0, scale=1, b=[print(1)]")]
        {
            assert!(!Harmless::SourceOfScipy.holds(&text(&source(shapes, given))), "{shapes} {given}");
        }
        for other in ["", "print(1)", "\ndef _parse_args(self, loc=0):\n    return print(1)\n"] {
            assert!(!Harmless::SourceOfScipy.holds(&text(other)), "{other}");
        }
        let cut = Datum::Text { start: source("", "loc=0, scale=1"), length: 90_000 };
        assert!(!Harmless::SourceOfScipy.holds(&cut) && !Harmless::SourceOfScipy.holds(&Datum::Unknown));
    }
}
