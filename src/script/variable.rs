//! `NAME=value` inside of words, and what such a value can be.

use std::rc::Rc;

use crate::fact::{Alternative, Atom, GAP, Value, Vocabulary, Word};
use crate::text::Region;

/// What a variable is set to, as far as anything is known of it: a value that comes from elsewhere altogether is none that
/// this text decides.
pub(super) fn value(word: &Word) -> Option<Value> {
    let text = if word.is_known() { Some(&word.text) } else { word.by_default.as_ref() };
    let text = text.filter(|text| !text.contains(GAP))?;
    let atom = Atom::Text(Rc::from(text.trim()));
    Some(Value { alternatives: vec![Alternative { atom, steps: Vec::new(), decided_at: None }] })
}

/// The variables that rules ask for and that a word sets: `NAME=1`, `--env=NAME=1`, `-eNAME=1`, `ALL,NAME=1`, `export NAME=1`.
pub(super) fn among(word: &Word, vocabulary: &Vocabulary) -> Vec<(Rc<str>, Word, Region)> {
    let Word { text, by_default, region } = word;
    if !text.contains('=') {
        return Vec::new();
    }
    let mut found: Vec<(Rc<str>, Word, Region)> = Vec::new();
    for name in vocabulary.variables() {
        let Some(at) = place(text, name) else { continue };
        let rest = |text: &str| {
            let value = text.get(at..).unwrap_or_default();
            value.split([',', ' ', ';', '\n', '"', '\'', '\\']).next().unwrap_or_default().to_owned()
        };
        let value = Word { region: *region, text: rest(text), by_default: by_default.as_deref().map(rest) };
        found.push((Rc::from(name), value, *region));
    }
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

/// Where the value of `name` begins, if the text sets it.
fn place(text: &str, name: &str) -> Option<usize> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '$' | '{' | GAP);
    let found = text.match_indices(name).find(|(at, _)| {
        let before = &text[..*at];
        let begins = !before.ends_with(is_part) || before == "-e" || before == "-D";
        begins && text[at + name.len()..].starts_with('=') && !text[at + name.len()..].starts_with("==")
    });
    found.map(|(at, _)| at + name.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_where_it_is_set() {
        let at = |text: &str| place(text, "A_B").map(|at| text[at..].to_owned());
        for text in ["A_B=1", "-eA_B=1", "--env=A_B=1", "--export=ALL,A_B=1", "export A_B=1"] {
            assert_eq!(at(text).as_deref(), Some("1"), "{text}");
        }
        for text in ["A_B==1", "XA_B=1", "A_BC=1", "$A_B=1", "--a-A_B=1", "A_B", ""] {
            assert_eq!(at(text), None, "{text}");
        }
    }
}
