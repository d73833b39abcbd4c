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
    let suppressed = match outcome.suppressed.len() {
        0 => String::new(),
        count => format!(" ({count} suppressed)"),
    };
    let partly = outcome.artifacts.iter().filter(|one| one.parts_not_read > 0).map(|one| &one.input);
    let unseen: FxHashSet<_> = outcome.notices.iter().map(|notice| &notice.input).chain(partly).collect();
    let mut text = if !told.is_empty() {
        format!("Found {} in {files}{suppressed}.", told.join(", "))
    } else if !unseen.is_empty() {
        format!("No findings in {files}{suppressed}.")
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
    text
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

    #[test]
    fn clean_is_said_only_of_what_was_looked_at() {
        let clean = Outcome { inputs: 12, ..Outcome::default() };
        assert_eq!(summary(&clean), "All 12 files clean.");
        assert_eq!(summary(&Outcome { inputs: 1, ..Outcome::default() }), "1 file clean.");
        assert_eq!(summary(&Outcome::default()), "No files to check.");
        let unseen = Outcome { notices: samples::outcome().notices, ..clean };
        assert_eq!(summary(&unseen), "No findings in 12 files. 1 file could not be fully analysed.");
        let found = samples::outcome();
        let expected = "Found 1 error, 1 warning in 12 files (1 suppressed). 1 file could not be fully analysed.";
        assert_eq!(summary(&found), expected);
    }
}
