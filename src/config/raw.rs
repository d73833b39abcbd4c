//! The settings as the user typed them, each with its place, nothing judged yet.

use super::place::Given;
use crate::finding::Level;
use crate::suppress::{Date, Strictness};

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
    /// SARIF 2.1.0: GitHub code scanning and much else.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's code quality report.
    Gitlab,
    /// JUnit's XML.
    Junit,
    /// reviewdog's diagnostic format.
    Rdjson,
}

impl OutputFormat {
    /// All of them.
    pub const ALL: [Self; 8] =
        [Self::Full, Self::Concise, Self::Json, Self::Sarif, Self::Github, Self::Gitlab, Self::Junit, Self::Rdjson];

    /// The word for options and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Concise => "concise",
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::Gitlab => "gitlab",
            Self::Junit => "junit",
            Self::Rdjson => "rdjson",
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
    /// Comments that excuse findings, and the threat register.
    pub suppressions: RawSuppressions,
    /// Today. Not a key: the command line hands the clock's day in as its layer.
    pub today: Option<Date>,
}

/// The table `[suppressions]`.
#[derive(Debug, Clone, Default)]
pub struct RawSuppressions {
    /// How much a comment must say.
    pub policy: Option<Given<Strictness>>,
    /// How many characters a reason has at least.
    pub min_reason_length: Option<Given<u64>>,
    /// The register, relative to the folder of the configuration.
    pub register: Option<Word>,
    /// What ids of threats look like, a regular expression.
    pub threat_pattern: Option<Word>,
}

/// The keys of `[suppressions]`.
pub const SUPPRESSION_KEYS: [&str; 4] = ["policy", "min-reason-length", "register", "threat-pattern"];

/// All keys of a configuration, as they are typed.
pub const KEYS: [&str; 19] = [
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
    "suppressions",
];
