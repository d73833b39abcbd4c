//! The settings as the user typed them, each with its place, nothing judged yet.

use super::place::Given;
use crate::finding::Level;

/// A word the user typed.
pub type Word = Given<String>;

/// How findings are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OutputFormat {
    /// With the source around each finding.
    #[default]
    Full,
    /// One line a finding.
    Concise,
    /// For programs.
    Json,
}

impl OutputFormat {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Full, Self::Concise, Self::Json];

    /// The word for options and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Concise => "concise",
            Self::Json => "json",
        }
    }
}

/// What `[levels]` may say of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LevelChoice {
    /// Findings have this level.
    Level(Level),
    /// The rule is not applied.
    Off,
}

/// One line of `[levels]`.
#[derive(Debug, Clone)]
pub struct LevelEntry {
    /// Which rules.
    pub rule: Word,
    /// What of them.
    pub choice: Given<LevelChoice>,
}

/// One line of `[per-file-ignores]`.
#[derive(Debug, Clone)]
pub struct PerFileEntry {
    /// Which files; with a leading `!`, all others.
    pub glob: Word,
    /// Which rules.
    pub rules: Vec<Word>,
}

/// The settings of one layer: a file, a `--config KEY=VALUE`, or the options of the command line.
#[derive(Debug, Clone, Default)]
pub struct RawConfig {
    /// Exactly these rules.
    pub select: Option<Given<Vec<Word>>>,
    /// None of these.
    pub ignore: Option<Given<Vec<Word>>>,
    /// These in addition.
    pub extend_select: Option<Given<Vec<Word>>>,
    /// None of these either.
    pub extend_ignore: Option<Given<Vec<Word>>>,
    /// Levels other than the rules' own.
    pub levels: Option<Given<Vec<LevelEntry>>>,
    /// Rules that do not apply to some files.
    pub per_file_ignores: Option<Given<Vec<PerFileEntry>>>,
    /// What no walk looks into, instead of the default.
    pub exclude: Option<Given<Vec<Word>>>,
    /// The same, in addition.
    pub extend_exclude: Option<Given<Vec<Word>>>,
    /// Whether git's ignore files count.
    pub respect_gitignore: Option<Given<bool>>,
    /// Whether excludes hold for named files.
    pub force_exclude: Option<Given<bool>>,
    /// Files with more rules.
    pub rules: Option<Given<Vec<Word>>>,
    /// Names that artifacts may use, whatever the lists say.
    pub allow_globals: Option<Given<Vec<Word>>>,
    /// Names that artifacts may not use, whatever the lists say.
    pub deny_globals: Option<Given<Vec<Word>>>,
    /// Findings below are not reported.
    pub min_level: Option<Given<Level>>,
    /// How findings are written.
    pub output_format: Option<Given<OutputFormat>>,
    /// The manifest; empty for none.
    pub manifest: Option<Word>,
    /// The public key of its signature; empty for none.
    pub manifest_key: Option<Word>,
    /// Ceilings: key, value.
    pub limits: Vec<(&'static str, Given<u64>)>,
}

/// All keys of a configuration, as they are typed.
pub const KEYS: [&str; 18] = [
    "select",
    "ignore",
    "extend-select",
    "extend-ignore",
    "levels",
    "per-file-ignores",
    "exclude",
    "extend-exclude",
    "respect-gitignore",
    "force-exclude",
    "rules",
    "allow-globals",
    "deny-globals",
    "min-level",
    "output-format",
    "manifest",
    "manifest-key",
    "limits",
];
