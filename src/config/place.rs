//! Where a setting was typed, so that errors and the `config` command can point there.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::rules::RuleError;
use crate::text::LineIndex;

/// A file with settings, or the TOML of one `--config KEY=VALUE`.
#[derive(Debug, PartialEq, Eq)]
pub struct ConfigFile {
    /// As it is shown.
    pub name: String,
    /// The folder it stands in; relative rule files start here.
    pub folder: PathBuf,
    /// The folder relative globs start in.
    pub root: PathBuf,
    /// Its content.
    pub text: String,
}

/// Where a setting was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nowhere: it is as delivered.
    Default,
    /// In a file.
    File {
        /// Which.
        file: Arc<ConfigFile>,
        /// Bytes of its text.
        region: Range<usize>,
    },
    /// As an option of the command line, `--select`.
    Option(&'static str),
}

/// A value and where it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<T> {
    /// The value.
    pub value: T,
    /// Where it was typed.
    pub place: Place,
}

/// What is wrong with the configuration. A run with one cannot start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// `loadlint.toml:3:1`, or `--select`.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What may have been meant.
    pub help: Option<String>,
    /// The line it stands in.
    pub excerpt: Option<ErrorExcerpt>,
}

/// The line of a file that an error is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorExcerpt {
    /// Its number, from 1.
    pub line: u32,
    /// Its text.
    pub text: String,
    /// The marked part: code points from the line's start.
    pub mark: Range<usize>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)?;
        if let Some(excerpt) = &self.excerpt {
            let number = excerpt.line.to_string();
            let gutter = " ".repeat(number.len());
            let carets = "^".repeat(excerpt.mark.len().max(1));
            // A tab keeps its width, so that the carets stand below what they mark.
            let before: String =
                excerpt.text.chars().take(excerpt.mark.start).map(|c| if c == '\t' { c } else { ' ' }).collect();
            write!(f, "\n{gutter} |\n{number} | {}\n{gutter} | {before}{carets}", excerpt.text)?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  = help: {help}")?;
        }
        Ok(())
    }
}

impl Place {
    /// The place as words: `loadlint.toml:3`, `--select`, `default`.
    pub fn describe(&self) -> String {
        match self {
            Self::Default => "default".to_owned(),
            Self::File { file, region } => {
                format!("{}:{}", file.name, LineIndex::new(&file.text).line(offset(region.start)))
            }
            Self::Option(name) => (*name).to_owned(),
        }
    }

    /// The folder that relative globs typed here start in.
    pub fn root<'a>(&'a self, current_folder: &'a Path) -> &'a Path {
        match self {
            Self::File { file, .. } => &file.root,
            Self::Default | Self::Option(_) => current_folder,
        }
    }

    /// An error about what stands here.
    pub fn error(&self, message: impl Into<String>) -> ConfigError {
        let (place, excerpt) = match self {
            Self::Default => ("default".to_owned(), None),
            Self::Option(name) => ((*name).to_owned(), None),
            Self::File { file, region } => {
                let index = LineIndex::new(&file.text);
                let start = index.position(&file.text, offset(region.start));
                let end = index.position(&file.text, offset(region.end));
                let line = &file.text[index.line_region(&file.text, start.line).range()];
                let from = start.column as usize - 1;
                let to = if end.line == start.line { end.column as usize - 1 } else { line.chars().count() };
                let excerpt = ErrorExcerpt { line: start.line, text: printable(line), mark: from..to.max(from) };
                (format!("{}:{}:{}", file.name, start.line, start.column), Some(excerpt))
            }
        };
        ConfigError { place, message: message.into(), help: None, excerpt }
    }
}

impl ConfigError {
    /// The same with what may have been meant.
    #[must_use]
    pub fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    /// About a rule file the configuration names.
    pub(super) fn in_rule_file(error: &RuleError, text: &str) -> Self {
        let line = text.lines().nth(error.line.saturating_sub(1) as usize).unwrap_or_default();
        let from = error.column.saturating_sub(1) as usize;
        let to = line.trim_end().chars().count().max(from);
        Self {
            place: format!("{}:{}:{}", error.path, error.line, error.column),
            message: error.message.clone(),
            help: None,
            excerpt: Some(ErrorExcerpt { line: error.line, text: printable(line), mark: from..to }),
        }
    }
}

fn offset(at: usize) -> u32 {
    // Configuration files are read under a ceiling far below 4 GiB.
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Each character one character, none of which steers a terminal.
fn printable(line: &str) -> String {
    line.chars().map(|c| if c.is_control() && c != '\t' { '\u{FFFD}' } else { c }).collect()
}
