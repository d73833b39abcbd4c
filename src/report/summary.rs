//! The line that sums up. It never says "clean" of something that was not looked at.

use std::io::{self, Write};

use rustc_hash::FxHashSet;

use super::{ReportContext, Shown};
use crate::finding::{Level, Outcome};

/// One or two sentences.
pub fn summary(outcome: &Outcome) -> String {
    let files = counted(outcome.inputs, "file");
    let levels = [(Level::Error, "error"), (Level::Warning, "warning"), (Level::Note, "note")];
    let counts =
        levels.map(|(level, word)| (outcome.findings.iter().filter(|finding| finding.level == level).count(), word));
    let told: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| counted(*count, word)).collect();
    let known = outcome.baseline.as_ref().map_or(0, |news| news.known);
    let kinds = [(outcome.suppressed.len() - known, "suppressed"), (known, "in the baseline")];
    let excused: Vec<_> =
        kinds.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let suppressed = if excused.is_empty() { String::new() } else { format!(" ({})", excused.join(", ")) };
    let partly = outcome.artifacts.iter().filter(|one| one.parts_not_read > 0).map(|one| &one.input);
    let unseen: FxHashSet<_> = outcome.notices.iter().map(|notice| &notice.input).chain(partly).collect();
    let mut text = if !told.is_empty() {
        format!("Found {} in {files}{suppressed}.", told.join(", "))
    } else if !unseen.is_empty() {
        format!("No findings in {files}{suppressed}.")
    } else if outcome.artifacts.is_empty() && outcome.others > 0 {
        format!("No model file recognised in {files}{suppressed}.")
    } else {
        match outcome.inputs {
            0 => "No files to check.".to_owned(),
            1 => format!("1 file clean{suppressed}."),
            count => format!("All {count} files clean{suppressed}."),
        }
    };
    match outcome.artifacts.len() {
        0 if unseen.is_empty() => {}
        0 => text.push_str(&format!(" {} could not be fully analysed.", counted(unseen.len(), "file"))),
        count => text.push_str(&coverage(count, unseen.len())),
    }
    text.push_str(&gone(outcome));
    text
}

/// What a baseline has and is no more: it would let as many new findings pass.
fn gone(outcome: &Outcome) -> String {
    let gone = outcome.baseline.iter().flat_map(|news| &news.gone).map(|gone| gone.count).sum();
    match gone {
        0 => String::new(),
        1 => " 1 finding of the baseline is gone: write it anew.".to_owned(),
        gone => format!(" {gone} findings of the baseline are gone: write it anew."),
    }
}

/// How far the model files were read.
fn coverage(artifacts: usize, unseen: usize) -> String {
    let files = counted(artifacts, "model file");
    let verb = if unseen == 1 { "was" } else { "were" };
    match unseen {
        0 => format!(" {files} read to the end."),
        unseen if artifacts == 1 && unseen == 1 => format!(" {files}, of which 1 {verb} not fully read."),
        unseen => format!(" {files}; {} {verb} not fully read.", counted(unseen, "file")),
    }
}

pub(super) fn write_summary(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    match context.summary {
        Shown::Yes => writeln!(out, "{}", summary(outcome)),
        Shown::No => Ok(()),
    }
}

fn counted(count: usize, word: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;
    use crate::finding::{BaselineNews, Gone};

    #[test]
    fn clean_is_said_only_of_what_was_looked_at() {
        let clean = Outcome { inputs: 12, ..Outcome::default() };
        assert_eq!(summary(&clean), "All 12 files clean.");
        assert_eq!(summary(&Outcome { inputs: 1, ..Outcome::default() }), "1 file clean.");
        assert_eq!(summary(&Outcome::default()), "No files to check.");
        let others = Outcome { inputs: 2, others: 2, ..Outcome::default() };
        assert_eq!(summary(&others), "No model file recognised in 2 files.");
        let unseen = Outcome { notices: samples::outcome().notices, ..clean };
        assert_eq!(summary(&unseen), "No findings in 12 files. 1 file could not be fully analysed.");
        let gone = |count| Gone { path: "a.py".to_owned(), rule: "LL101".to_owned(), count };
        let news = BaselineNews { known: 1, gone: vec![gone(1), gone(2)] };
        let compared = Outcome { baseline: Some(news), inputs: 1, ..samples::outcome() };
        let expected = "Found 1 error, 1 warning in 1 file (1 in the baseline). 1 file could not be fully analysed. \
                        3 findings of the baseline are gone: write it anew.";
        assert_eq!(summary(&compared), expected);
        let found = samples::outcome();
        let expected = "Found 1 error, 1 warning in 12 files (1 suppressed). 1 file could not be fully analysed.";
        assert_eq!(summary(&found), expected);
    }
}
