//! Rule x Fact -> Match.

use std::sync::Arc;

use super::model::Rule;
use crate::fact::{Facts, Step};
use crate::finding::Level;
use crate::text::Region;

/// A finding before it is placed in its file.
#[derive(Debug, Clone)]
pub struct Match {
    /// Which rule.
    pub rule: Arc<Rule>,
    /// The level by the clause that held.
    pub level: Level,
    /// The filled message.
    pub message: String,
    /// Where.
    pub region: Region,
    /// The statement the place stands in; a comment on any of its lines may excuse it.
    pub statement: Region,
    /// How names and values were resolved.
    pub reasons: Vec<Step>,
    /// The way of the data from a source, source first; empty if there is none.
    pub flow: Vec<Step>,
}

/// Holds every rule against every fact of one text; matches come in the order of their places, then rule ids.
pub fn match_facts(_rules: &[Arc<Rule>], _facts: &Facts) -> Vec<Match> {
    Vec::new()
}
