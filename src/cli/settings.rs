//! Options of the command line as layers of the configuration.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use anyhow::{Context as _, bail};

use super::args::{CheckArguments, ChoiceArguments, OutputArguments, ScanArguments, SourceArguments};
use super::manifest::args::{CreateArguments, VerifyArguments};
use crate::config::{Comments, ConfigSource, Given, OutputFormat, Place, RawConfig, Resolver, RunWide, Settings, Word};
use crate::disk;
use crate::suppress::Date;

/// The current folder.
pub(super) fn current_folder() -> anyhow::Result<PathBuf> {
    env::current_dir().context("the current folder cannot be found out")
}

/// A resolver for a command that has no options but those about the configuration's source.
pub(super) fn resolver(folder: &Path, source: &SourceArguments) -> anyhow::Result<Resolver> {
    let (source, layers) = split(folder, source)?;
    Ok(Resolver::new(folder, &source, layers, RunWide::default())?)
}

/// A resolver for `check`.
pub(super) fn check_resolver(folder: &Path, arguments: &CheckArguments) -> anyhow::Result<Resolver> {
    let (source, mut layers) = split(folder, &arguments.source)?;
    let files = &arguments.files;
    layers.push(RawConfig {
        exclude: words(files.exclude.as_ref(), "--exclude"),
        extend_exclude: words(files.extend_exclude.as_ref(), "--extend-exclude"),
        force_exclude: files.force_exclude.then(|| given(true, "--force-exclude")),
        respect_gitignore: files.no_respect_gitignore.then(|| given(false, "--no-respect-gitignore")),
        ..options(&arguments.choice, &arguments.output)
    });
    let comments = if arguments.suppressions.no_suppressions { Comments::Disregarded } else { Comments::Honoured };
    of_run(folder, &source, &layers, comments, &arguments.output)
}

/// A resolver for `scan`, which looks at everything: ignore files and configured excludes do not count.
pub(super) fn scan_resolver(folder: &Path, arguments: &ScanArguments) -> anyhow::Result<Resolver> {
    let (source, mut layers) = split(folder, &arguments.source)?;
    let nothing = Vec::new();
    layers.push(RawConfig {
        exclude: words(Some(arguments.exclude.as_ref().unwrap_or(&nothing)), "--exclude"),
        extend_exclude: words(Some(&nothing), "scan"),
        respect_gitignore: Some(given(false, "scan")),
        ..options(&arguments.choice, &arguments.output)
    });
    of_run(folder, &source, &layers, Comments::OfRegister, &arguments.output)
}

/// A resolver for a run that reports. Lines are hashed only for a report that tells their hashes; that the main one does may
/// be said by the configuration itself.
fn of_run(
    folder: &Path,
    source: &ConfigSource,
    layers: &[RawConfig],
    comments: Comments,
    output: &OutputArguments,
) -> anyhow::Result<Resolver> {
    // What is scanned is models; a repository has damaged files for its tests.
    let loose_files = comments == Comments::OfRegister;
    let with =
        |line_hashes| Resolver::new(folder, source, layers.to_vec(), RunWide { comments, line_hashes, loose_files });
    let is_asked_for = output.output.iter().any(|report| OutputFormat::from(report.format) == OutputFormat::Sarif);
    let resolver = with(is_asked_for)?;
    let is_sarif = |settings: Arc<Settings>| settings.output_format == OutputFormat::Sarif;
    let is_main = !is_asked_for && resolver.for_folder(Path::new("")).is_ok_and(is_sarif);
    Ok(if is_main { with(true)? } else { resolver })
}

/// A resolver for `manifest create`.
pub(super) fn create_resolver(folder: &Path, arguments: &CreateArguments) -> anyhow::Result<Resolver> {
    let (source, mut layers) = split(folder, &arguments.source)?;
    layers.push(RawConfig {
        extend_exclude: words(arguments.exclude.as_ref(), "--exclude"),
        respect_gitignore: arguments.no_respect_gitignore.then(|| given(false, "--no-respect-gitignore")),
        ..RawConfig::default()
    });
    Ok(Resolver::new(folder, &source, layers, RunWide::default())?)
}

/// A resolver for `manifest verify`.
pub(super) fn verify_resolver(folder: &Path, arguments: &VerifyArguments) -> anyhow::Result<Resolver> {
    let (source, mut layers) = split(folder, &arguments.source)?;
    layers.push(RawConfig {
        respect_gitignore: arguments.no_respect_gitignore.then(|| given(false, "--no-respect-gitignore")),
        ..RawConfig::default()
    });
    Ok(Resolver::new(folder, &source, layers, RunWide::default())?)
}

/// The clock's day, in UTC so that it is one day everywhere.
pub(super) fn today() -> Date {
    const SECONDS_A_DAY: u64 = 86_400;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs());
    Date::from_unix_days(u32::try_from(since / SECONDS_A_DAY).unwrap_or(u32::MAX))
}

/// Tells files from settings among the values of `--config`.
fn split(folder: &Path, source: &SourceArguments) -> anyhow::Result<(ConfigSource, Vec<RawConfig>)> {
    let mut file = None;
    let day = RawConfig { today: Some(source.today.unwrap_or_else(today)), ..RawConfig::default() };
    let mut layers = vec![day];
    for value in &source.config {
        if disk::is_file(Path::new(value)) || !value.contains('=') {
            if file.replace(value).is_some() {
                bail!("`--config` names several files; give one, and settings as `--config 'KEY = VALUE'`");
            }
        } else {
            layers.push(Resolver::inline(folder, value)?);
        }
    }
    let source = match (file, source.no_config) {
        (Some(_), true) => bail!("`--config` names a file and `--no-config` forbids it"),
        (Some(file), false) => ConfigSource::File(PathBuf::from(file)),
        (None, true) => ConfigSource::None,
        (None, false) => ConfigSource::Nearest,
    };
    Ok((source, layers))
}

fn options(choice: &ChoiceArguments, output: &OutputArguments) -> RawConfig {
    RawConfig {
        select: words(choice.select.as_ref(), "--select"),
        ignore: words(choice.ignore.as_ref(), "--ignore"),
        extend_select: words(choice.extend_select.as_ref(), "--extend-select"),
        extend_ignore: words(choice.extend_ignore.as_ref(), "--extend-ignore"),
        min_level: choice.min_level.map(|level| given(level.into(), "--min-level")),
        output_format: output.output_format.map(|format| given(format.into(), "--output-format")),
        ..RawConfig::default()
    }
}

fn given<T>(value: T, option: &'static str) -> Given<T> {
    Given { value, place: Place::Option(option) }
}

fn words(words: Option<&Vec<String>>, option: &'static str) -> Option<Given<Vec<Word>>> {
    // `--ignore a,,b` and a trailing comma leave empty words.
    let typed = |word: &&String| !word.trim().is_empty();
    words.map(|words| given(words.iter().filter(typed).map(|word| given(word.clone(), option)).collect(), option))
}
