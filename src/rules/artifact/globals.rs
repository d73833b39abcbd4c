//! Names and what is known of them.

use crate::fact::artifact::CodeReference;
use crate::fact::pickle::{Attribute, Callee, PickleCall};
use crate::rules::Verdict;

pub use crate::finding::Level as Degree;

/// What the lists say of a use.
#[derive(Debug, Clone)]
pub struct Judgement<'a> {
    /// In a word.
    pub verdict: Verdict,
    /// Why.
    pub reason: &'a str,
    /// What it does.
    pub effect: Option<&'a str>,
    /// How much it matters.
    pub degree: Degree,
    /// The terms it breaks.
    pub broken_contract: Option<String>,
}

/// All lists.
#[derive(Debug, Clone, Default)]
pub struct Globals;

impl Globals {
    /// The lists that are part of loadlint.
    pub fn builtin() -> &'static Self {
        &Self
    }

    fn unknown() -> Judgement<'static> {
        let reason = "it is on no list";
        Judgement { verdict: Verdict::Unknown, reason, effect: None, degree: Degree::Warning, broken_contract: None }
    }

    /// Of an import.
    pub fn judge_import(&self, _: &Callee) -> Judgement<'_> {
        Self::unknown()
    }

    /// Of a call.
    pub fn judge_call(&self, _: &PickleCall) -> Judgement<'_> {
        Self::unknown()
    }

    /// Of attributes set.
    pub fn judge_attribute(&self, _: &Attribute) -> Judgement<'_> {
        Self::unknown()
    }

    /// Of a name in another file.
    pub fn judge_reference(&self, _: &CodeReference) -> Judgement<'_> {
        Self::unknown()
    }
}
