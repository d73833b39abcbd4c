//! The end of a run: the report is written, and the exit code follows from it.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, bail};

use super::Exit;
use super::args::{ColorWord, OutputArguments, ReportFile, RunArguments};
use super::settings::current_folder;
use super::terminal;
use crate::config::{OutputFormat, Settings};
use crate::disk::{repository, write_whole};
use crate::finding::{Level, Outcome};
use crate::report::{
    Base, Colour, Concise, Full, Github, Gitlab, Json, Junit, Rdjson, ReportContext, Reporter, Sarif, SarifOptions,
    Shown, Statistics, StatisticsForm,
};
use crate::rules::Rule;

/// Reports and decides how the run ended.
pub(super) fn finish(
    output: &OutputArguments,
    run: &RunArguments,
    common: &Settings,
    rules: &[Arc<Rule>],
    outcome: &Outcome,
) -> anyhow::Result<Exit> {
    let base = base()?;
    let shown = |yes: bool| if yes { Shown::Yes } else { Shown::No };
    let in_file = if output.color == ColorWord::Auto { Colour::Off } else { terminal::colour(output.color) };
    let colour = if output.output_file.is_some() { in_file } else { terminal::colour(output.color) };
    let sarif = SarifOptions {
        category: output.sarif_category.as_deref(),
        suppressed: shown(output.include_suppressed),
        most_results: output.sarif_max_results,
    };
    let context = ReportContext {
        rules,
        colour,
        suppressed: shown(output.show_suppressed),
        summary: shown(!output.quiet),
        base: &base,
        fail_level: run.fail_level.map(Level::from),
        sarif,
    };
    for (path, text) in reports(output, &ReportContext { colour: in_file, ..context }, outcome)? {
        write(Some(path), &text, in_file)?;
    }
    let text = rendered(main_reporter(output, common.output_format)?, &context, outcome)?;
    match write(output.output_file.as_deref(), &text, colour) {
        Err(error) if !super::is_broken_pipe(&error) => return Err(error),
        Ok(()) | Err(_) => {}
    }
    Ok(if run.exit_zero {
        Exit::Clean
    } else if !outcome.notices.is_empty() {
        Exit::Failed
    } else if outcome.findings.iter().any(|finding| context.fails(finding)) {
        Exit::Findings
    } else {
        Exit::Clean
    })
}

/// The further reports that were asked for, with their files. All are made before one is written.
fn reports<'a>(
    output: &'a OutputArguments,
    context: &ReportContext<'_>,
    outcome: &Outcome,
) -> anyhow::Result<Vec<(&'a Path, Vec<u8>)>> {
    let mut reports: Vec<(&Path, Vec<u8>)> = Vec::new();
    for ReportFile { format, path } in &output.output {
        let is_taken = reports.iter().any(|(other, _)| other == path) || output.output_file.as_deref() == Some(path);
        if is_taken {
            bail!("two reports would be written to {}", path.display());
        }
        reports.push((path, rendered(reporter((*format).into()), context, outcome)?));
    }
    Ok(reports)
}

fn rendered(reporter: &dyn Reporter, context: &ReportContext<'_>, outcome: &Outcome) -> anyhow::Result<Vec<u8>> {
    let mut text = Vec::new();
    reporter.report(outcome, context, &mut text).context("the report cannot be written")?;
    Ok(text)
}

fn main_reporter(output: &OutputArguments, format: OutputFormat) -> anyhow::Result<&'static dyn Reporter> {
    Ok(match (output.statistics, format) {
        (false, format) => reporter(format),
        (true, OutputFormat::Json) => &Statistics(StatisticsForm::Json),
        (true, OutputFormat::Full | OutputFormat::Concise) => &Statistics(StatisticsForm::Text),
        (true, format) => bail!("`--statistics` has no format `{}`, only full, concise and json", format.as_str()),
    })
}

fn reporter(format: OutputFormat) -> &'static dyn Reporter {
    match format {
        OutputFormat::Full => &Full,
        OutputFormat::Concise => &Concise,
        OutputFormat::Json => &Json,
        OutputFormat::Sarif => &Sarif,
        OutputFormat::Github => &Github,
        OutputFormat::Gitlab => &Gitlab,
        OutputFormat::Junit => &Junit,
        OutputFormat::Rdjson => &Rdjson,
    }
}

/// Services know files by their names from the root of the repository; without one, from the current folder.
pub(super) fn base() -> anyhow::Result<Base> {
    let current = current_folder()?;
    let root = repository(&current).unwrap_or(&current);
    Ok(Base::new(&current, root))
}

/// Writes a finished text to the file, or to standard output, which `-` is too.
pub(super) fn write(file: Option<&Path>, text: &[u8], colour: Colour) -> anyhow::Result<()> {
    match file.filter(|path| path.as_os_str() != "-") {
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
