//! For people at a terminal: each finding with its source, the reasons, the way of the data, and what to do.

use std::io::{self, Write};

use codespan_reporting::diagnostic::{Diagnostic, LabelStyle};
use codespan_reporting::files::Error;
use codespan_reporting::term::{Config, emit_to_io_write, emit_to_write_style, termcolor::Ansi};

use super::excerpts::Excerpts;
use super::summary::write_summary;
use super::visible::visible;
use super::{Colour, ReportContext, Reporter, excuse, listed, rule_url, shown_name, shown_place, write_notices};
use crate::finding::{Applicability, Finding, FlowStep, Level, Location, Outcome};

/// The format `full`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Full;

impl Reporter for Full {
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
        for finding in listed(outcome, context) {
            write_finding(finding, context.colour, out)?;
        }
        write_notices(outcome, context, out)?;
        write_summary(outcome, context, out)
    }
}

fn write_finding(finding: &Finding, colour: Colour, out: &mut dyn Write) -> io::Result<()> {
    let mut excerpts = Excerpts::default();
    let steps = finding.code_flow.iter().flat_map(|flow| &flow.steps);
    let numbered: Vec<_> =
        (1..).zip(steps).map(|(n, step)| (step, format!("{n}: {}", visible(&step.message)))).collect();
    let at_finding = |step: &FlowStep| {
        step.location.input == finding.location.input && step.location.region == finding.location.region
    };
    // The step that is the finding itself words the finding's own mark.
    let own = numbered.iter().filter(|(step, _)| at_finding(step)).map(|(_, message)| message.clone());
    if !is_binary(&finding.location) {
        excerpts.add(&finding.location, LabelStyle::Primary, own.collect::<Vec<_>>().join("; "));
    }
    let mut told: Vec<&FlowStep> = Vec::new();
    for reason in &finding.reasons {
        if !told.contains(&reason) {
            excerpts.add(&reason.location, LabelStyle::Secondary, visible(&reason.message).into_owned());
            told.push(reason);
        }
    }
    for (step, message) in numbered.iter().filter(|(step, _)| !at_finding(step)) {
        excerpts.add(&step.location, LabelStyle::Secondary, message.clone());
    }
    let diagnostic = match finding.level {
        Level::Error => Diagnostic::error(),
        Level::Warning => Diagnostic::warning(),
        Level::Note => Diagnostic::note(),
    };
    let labels = excerpts.labels();
    let diagnostic = diagnostic
        .with_code(visible(&finding.rule_id))
        .with_message(visible(&finding.message))
        .with_labels(labels)
        .with_notes(notes(finding));
    let config = Config::default();
    let written = match colour {
        Colour::Off => emit_to_io_write(out, &config, &excerpts, &diagnostic),
        Colour::On => emit_to_write_style(&mut Ansi::new(out), &config, &excerpts, &diagnostic),
    };
    written.map_err(|error| match error {
        Error::Io(error) => error,
        error => io::Error::other(error),
    })
}

/// Whether there are bytes but no lines to show.
fn is_binary(location: &Location) -> bool {
    location.binary.is_some() && location.excerpt.text.is_empty()
}

/// `in model.pt, member archive/data.pkl, bytes 35 to 36`.
fn binary_place(location: &Location) -> Option<String> {
    let place = location.binary.as_ref()?;
    let mut text = format!("in {}", shown_name(&location.input));
    if !place.member.is_empty() {
        text.push_str(&format!(", member {}", visible(&place.member)));
    }
    match place.end.saturating_sub(place.start) {
        0 => {}
        1 => text.push_str(&format!(", byte {}", place.start)),
        _ => text.push_str(&format!(", bytes {} to {}", place.start, place.end - 1)),
    }
    Some(text)
}

fn notes(finding: &Finding) -> Vec<String> {
    let mut notes: Vec<_> = binary_place(&finding.location).into_iter().collect();
    if finding.location.cell.is_some() {
        let name = shown_name(&finding.location.input);
        notes.push(format!("line {} of {name}", finding.location.start.line));
    }
    if let Some(suppression) = &finding.suppression {
        let why = excuse(suppression);
        let place = suppression.location.as_ref().map(|place| format!(" at {}", shown_place(place)));
        let place = place.unwrap_or_default();
        notes.push(match suppression.holds() {
            true => format!("suppressed{place}: {why}"),
            false => format!("expired{place}: {why}"),
        });
    }
    if !finding.help.is_empty() {
        notes.push(format!("help: {}", visible(&finding.help)));
    }
    notes.extend(finding.fixes.iter().take(1).map(|fix| {
        let how = match fix.applicability {
            Applicability::Safe => "with --fix",
            Applicability::Unsafe => "with --fix --unsafe-fixes: harmless files may be refused then",
            Applicability::Show => "by hand",
        };
        format!("fix: {} ({how})", visible(&fix.title))
    }));
    notes.push(format!("rule: {}", visible(&finding.rule_name)));
    if let Some(url) = rule_url(&finding.rule_id) {
        notes.push(format!("docs: {url}"));
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::super::samples::{artifact_outcome, context, notebook_outcome, outcome, written};
    use super::*;

    #[test]
    fn a_finding_shows_its_source_reasons_and_flow() {
        insta::assert_snapshot!(written(&Full, &outcome(), &context()));
    }

    #[test]
    fn a_notebook_finding_names_its_cell_and_the_line_of_the_file() {
        insta::assert_snapshot!(written(&Full, &notebook_outcome(), &context()));
    }

    #[test]
    fn a_finding_in_an_archive_names_its_member_and_bytes() {
        let text = written(&Full, &artifact_outcome(), &context());
        assert!(text.contains("in model.pt, member archive/data.pkl, bytes 5000000000 to 5000000001"), "{text}");
        assert!(text.ends_with("Found 1 error in 1 file. 1 model file, of which 1 was not fully read.\n"), "{text}");
    }

    #[test]
    fn colours_are_sequences_around_the_same_text() {
        let plain = written(&Full, &outcome(), &context());
        let coloured = written(&Full, &outcome(), &ReportContext { colour: Colour::On, ..context() });
        assert!(coloured.contains('\x1b') && !plain.contains('\x1b'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }
}
