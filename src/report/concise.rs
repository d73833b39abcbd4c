//! One line a finding, as compilers print it.

use std::io::{self, Write};

use super::summary::write_summary;
use super::visible::visible;
use super::{ReportContext, Reporter, excuse, level_style, listed, painted, shown_place, write_notices};
use crate::finding::Outcome;

/// The format `concise`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Concise;

impl Reporter for Concise {
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
        for finding in listed(outcome, context) {
            let word = format!("{}[{}]", finding.level.as_str(), visible(&finding.rule_id));
            let word = painted(&word, level_style(finding.level), context.colour);
            let excused = finding.suppression.as_ref().filter(|suppression| suppression.holds());
            let note = excused.map(|suppression| format!(" (suppressed: {})", excuse(suppression))).unwrap_or_default();
            writeln!(out, "{}: {word} {}{note}", shown_place(&finding.location), visible(&finding.message))?;
        }
        write_notices(outcome, context, out)?;
        write_summary(outcome, context, out)
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{context, notebook_outcome, outcome, written};
    use super::super::{Shown, summary};
    use super::*;

    #[test]
    fn each_finding_and_notice_is_a_line() {
        let shown = ReportContext { suppressed: Shown::Yes, ..context() };
        insta::assert_snapshot!(written(&Concise, &outcome(), &shown));
        let first = written(&Concise, &notebook_outcome(), &context());
        assert!(first.starts_with("nb.ipynb:cell 3:2:5: error[LL101] "), "{first}");
        assert!(!first.contains(&summary(&outcome())));
    }
}
