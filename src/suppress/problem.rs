//! Something to say about a comment or an entry, before a rule words it.

use crate::fact::SuppressionProblem;
use crate::finding::{Fix, FlowStep};
use crate::text::Region;

/// One thing to tell.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Which kind; a rule makes a finding of it.
    pub kind: SuppressionProblem,
    /// Where: bytes of the text with the comment, or of the register.
    pub region: Region,
    /// What is the matter, a sentence without its full stop.
    pub message: String,
    /// Where else to look: the entry that is cited.
    pub related: Vec<FlowStep>,
    /// Ways to end it, the best first.
    pub fixes: Vec<Fix>,
}

impl Problem {
    /// Without anything else to look at and without a fix.
    pub(super) fn new(kind: SuppressionProblem, region: Region, message: impl Into<String>) -> Self {
        Self { kind, region, message: message.into(), related: Vec::new(), fixes: Vec::new() }
    }

    /// The same with a fix.
    pub(super) fn with_fix(mut self, fix: Option<Fix>) -> Self {
        self.fixes.extend(fix);
        self
    }
}
