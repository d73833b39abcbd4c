//! The end of a run: the report is written, and the exit code follows from it.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use super::Exit;
use super::args::{ColorWord, OutputArguments, RunArguments};
use super::terminal;
use crate::config::{OutputFormat, Settings};
use crate::disk::write_whole;
use crate::finding::{Finding, Level, Outcome};
use crate::report::{Colour, Concise, Full, Json, ReportContext, Reporter, Shown, Statistics, StatisticsForm};
use crate::rules::Rule;

/// Reports and decides how the run ended.
pub(super) fn finish(
    output: &OutputArguments,
    run: &RunArguments,
    common: &Settings,
    rules: &[Arc<Rule>],
    outcome: &Outcome,
) -> anyhow::Result<Exit> {
    let shown = |yes: bool| if yes { Shown::Yes } else { Shown::No };
    let colour = match output.output_file {
        Some(_) if output.color == ColorWord::Auto => Colour::Off,
        Some(_) | None => terminal::colour(output.color),
    };
    let context =
        ReportContext { rules, colour, suppressed: shown(output.show_suppressed), summary: shown(!output.quiet) };
    let reporter: &dyn Reporter = match (output.statistics, common.output_format) {
        (true, OutputFormat::Json) => &Statistics(StatisticsForm::Json),
        (true, OutputFormat::Full | OutputFormat::Concise) => &Statistics(StatisticsForm::Text),
        (false, OutputFormat::Full) => &Full,
        (false, OutputFormat::Concise) => &Concise,
        (false, OutputFormat::Json) => &Json,
    };
    let mut text = Vec::new();
    reporter.report(outcome, &context, &mut text).context("the report cannot be written")?;
    match write(output.output_file.as_deref(), &text, colour) {
        Err(error) if !super::is_broken_pipe(&error) => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let least = run.fail_level.map(Level::from);
    Ok(if run.exit_zero {
        Exit::Clean
    } else if !outcome.notices.is_empty() {
        Exit::Failed
    } else if outcome.findings.iter().any(|finding| fails(finding, least)) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// A note about an artifact tells what it is (that it is a pickle, say), one about a comment how it could be written; neither
/// is a reason to fail.
fn fails(finding: &Finding, least: Option<Level>) -> bool {
    let tells = finding.rule_id.starts_with("LL2") || finding.rule_id.starts_with("LL4");
    finding.level >= least.unwrap_or(if tells { Level::Warning } else { Level::Note })
}

/// Writes a finished text to the file, or to standard output.
pub(super) fn write(file: Option<&Path>, text: &[u8], colour: Colour) -> anyhow::Result<()> {
    match file {
        Some(path) => write_whole(path, text).with_context(|| format!("cannot write {}", path.display())),
        None => terminal::print(text, colour).context("cannot write to standard output"),
    }
}

/// The rules of all settings, each once, by id.
pub(super) fn all_rules<'a>(settings: impl Iterator<Item = &'a Arc<Settings>>) -> Vec<Arc<Rule>> {
    let mut sets: Vec<_> = settings.map(|settings| &settings.rule_set).collect();
    sets.dedup_by(|a, b| Arc::ptr_eq(a, b));
    sets.sort_by_key(|set| Arc::as_ptr(set));
    sets.dedup_by(|a, b| Arc::ptr_eq(a, b));
    let mut rules: Vec<_> = sets.iter().flat_map(|set| set.rules()).cloned().collect();
    rules.sort_by(|a, b| a.id.cmp(&b.id));
    rules.dedup_by(|a, b| a.id == b.id);
    rules
}
