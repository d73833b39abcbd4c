//! The arguments, and the texts of `--help`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::manifest::args::ManifestArguments;
use crate::config::OutputFormat;
use crate::finding::Level;
use crate::report::{MOST_SARIF_RESULTS, SARIF_RESULTS};
use crate::suppress::{Date, Status};

const EXIT_CODES: &str = "\
Exit codes:
  0  no findings
  1  findings
  2  something could not be read or analysed, or the run could not start";

const CHECK_EXAMPLES: &str = "\
Examples:
  loadlint check                            everything below the current folder
  loadlint check src notebooks/train.ipynb  these only
  loadlint check --select LL1 --ignore LL121
  loadlint check --config 'levels.LL121 = \"note\"'
  loadlint check --output-format json --output-file report.json
  loadlint check --diff --unsafe-fixes      what fixes would change
  loadlint check --add-suppressions T-003 --reason 'built by our own CI'
  loadlint check --output sarif=loadlint.sarif --output junit=loadlint.xml
  loadlint check --write-baseline .loadlint-baseline.json
  loadlint check --baseline .loadlint-baseline.json
  git show HEAD:load.py | loadlint check --stdin-filename load.py -

Exit codes:
  0  no findings, or --exit-zero
  1  findings
  2  something could not be read or analysed (unless --exit-zero), or the run could not start";

const SCAN_EXAMPLES: &str = "\
Examples:
  loadlint scan model.pt
  loadlint scan ~/downloads/model-folder    every file in it, by content
  curl -sL $URL | loadlint scan -
  loadlint scan --output-format json --output-file report.json checkpoints

Exit codes:
  0  no findings at or above --fail-level (a warning), or --exit-zero
  1  findings
  2  something could not be read or looked into (unless --exit-zero), or the run could not start";

const INSPECT_EXAMPLES: &str = "\
Examples:
  loadlint inspect model.safetensors        tensors: type, shape, bytes, offset, name
  loadlint inspect model.pt                 members, names that are imported, calls that are made
  loadlint inspect --disassemble data.pkl   each operation of its pickles
  loadlint inspect --output-format json model.pt

Exit codes:
  0  read to the end
  2  something could not be read";

const RULE_EXAMPLES: &str = "\
Examples:
  loadlint rule LL101
  loadlint rule torch-load-unpickles
  loadlint rule B614                        by another tool's name for it
  loadlint rule --all --output-format json";

const THREATS_EXAMPLES: &str = "\
Examples:
  loadlint threats                          entries and citations, the greatest residual risk first
  loadlint threats --check                  fails if an entry is stale, overdue or malformed
  loadlint threats --output-format openvex --author 'ML platform' --product pkg:pypi/name@1.0
  loadlint threats add --title 'Weights from our own bucket' --status accepted --owner @jane

Exit codes:
  0  nothing is wrong, or --check was not given
  1  --check: something is wrong with entries, or with how they are cited
  2  something could not be read or analysed, or the run could not start";

const THREATS_ADD_EXAMPLES: &str = "\
Examples:
  loadlint threats add --title 'Weights from our own bucket' --status accepted --owner @jane
  loadlint threats add T-012 --title 'Old files' --rules B614 --scope 'old/**' --expires 2027-12-31

Exit codes:
  0  the entry was written
  2  it was not: its id is taken, or the register could not be read or written";

const SERVER_HELP: &str = "\
Editors start this by themselves; docs/editors.md shows how to set them up.

Exit codes:
  0  the editor said goodbye
  1  it went away without";

const COMPLETION_EXAMPLES: &str = "\
Examples:
  loadlint completions bash > ~/.local/share/bash-completion/completions/loadlint
  loadlint completions zsh > ~/.zfunc/_loadlint           (a folder of $fpath)
  loadlint completions fish > ~/.config/fish/completions/loadlint.fish
  loadlint completions powershell >> $PROFILE";

const MAN_EXAMPLES: &str = "\
Examples:
  loadlint man | man -l -
  loadlint man check > loadlint-check.1
  loadlint man threats add > loadlint-threats-add.1";

const CONFIG_EXAMPLES: &str = "\
Examples:
  loadlint config                           the settings for the current folder
  loadlint config src/load.py --output-format json";

/// Finds where loading a machine-learning model would execute code, before anything is loaded.
#[derive(Debug, Parser)]
#[command(name = "loadlint", version, after_help = EXIT_CODES, arg_required_else_help = true)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Check Python files, notebooks and the model files beside them.
    Check(Box<CheckArguments>),
    /// Scan model files, whatever their name: nothing in them is run or unpickled.
    Scan(Box<ScanArguments>),
    /// Show what is inside a model file; nothing in it is run or unpickled.
    Inspect(InspectArguments),
    /// Pin model files by their SHA-256, verify them, and sign what was pinned.
    Manifest(ManifestArguments),
    /// Show the threat register: what was decided, what rests on it, what is wrong with it.
    Threats(ThreatsArguments),
    /// Explain a rule.
    Rule(RuleArguments),
    /// Show the settings that hold for a path, and where each came from.
    Config(ConfigArguments),
    /// Serve an editor: the Language Server Protocol on standard input and output.
    Server(ServerArguments),
    /// Print the completions of a shell.
    Completions(CompletionArguments),
    /// Print the manual page.
    Man(ManArguments),
}

#[derive(Debug, Args)]
#[command(after_help = COMPLETION_EXAMPLES)]
pub(super) struct CompletionArguments {
    /// The shell
    pub(super) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = MAN_EXAMPLES)]
pub(super) struct ManArguments {
    /// The command whose page is printed, `check` or `threats add`; without it, the page of loadlint itself
    pub(super) command: Vec<String>,
}

#[derive(Debug, Args)]
#[command(after_help = SERVER_HELP)]
pub(super) struct ServerArguments {
    /// What there is anyway; some editors say so
    #[arg(long, hide = true)]
    pub(super) stdio: bool,
}

#[derive(Debug, Args)]
#[command(after_help = CHECK_EXAMPLES)]
pub(super) struct CheckArguments {
    /// Files and folders to check; `-` reads standard input [default: .]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) source: SourceArguments,
    #[command(flatten)]
    pub(super) choice: ChoiceArguments,
    #[command(flatten)]
    pub(super) files: FileArguments,
    #[command(flatten)]
    pub(super) fixes: FixArguments,
    #[command(flatten)]
    pub(super) output: OutputArguments,
    /// Hash every file that a manifest lists anew, also those that did not change since the last run
    #[arg(long)]
    pub(super) no_cache: bool,
    #[command(flatten)]
    pub(super) suppressions: SuppressionArguments,
    #[command(flatten)]
    pub(super) baseline: BaselineArguments,
    #[command(flatten)]
    pub(super) run: RunArguments,
}

#[derive(Debug, Args)]
#[command(after_help = SCAN_EXAMPLES)]
pub(super) struct ScanArguments {
    /// Files and folders to scan; `-` reads standard input
    #[arg(required = true)]
    pub(super) paths: Vec<PathBuf>,
    #[command(flatten)]
    pub(super) source: SourceArguments,
    #[command(flatten)]
    pub(super) choice: ChoiceArguments,
    /// Do not look into these
    #[arg(long, value_delimiter = ',', value_name = "GLOB", help_heading = "Files")]
    pub(super) exclude: Option<Vec<String>>,
    /// The name of what standard input holds
    #[arg(long, value_name = "NAME", help_heading = "Files")]
    pub(super) stdin_filename: Option<PathBuf>,
    #[command(flatten)]
    pub(super) output: OutputArguments,
    #[command(flatten)]
    pub(super) baseline: BaselineArguments,
    #[command(flatten)]
    pub(super) run: RunArguments,
}

#[derive(Debug, Args)]
#[command(after_help = INSPECT_EXAMPLES)]
pub(super) struct InspectArguments {
    /// The file; `-` reads standard input
    pub(super) file: PathBuf,
    /// Show each operation of the pickles instead
    #[arg(long)]
    pub(super) disassemble: bool,
    /// How it is shown
    #[arg(long, alias = "format", value_name = "FORMAT", default_value = "text")]
    pub(super) output_format: InspectFormat,
    /// Write to this file
    #[arg(long, short, value_name = "FILE")]
    pub(super) output_file: Option<PathBuf>,
}

/// What is changed in the files.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fixes")]
pub(super) struct FixArguments {
    /// Apply the fixes after which the program does the same on every harmless file
    #[arg(long, group = "fixing")]
    pub(super) fix: bool,
    /// Apply (or show) also those after which it may refuse files that it took before
    #[arg(long, requires = "fixing")]
    pub(super) unsafe_fixes: bool,
    /// Show as a diff what --fix would change, and change nothing; ends with 1 if there is something
    #[arg(long, group = "fixing")]
    pub(super) diff: bool,
}

/// What excuses findings.
#[derive(Debug, Args)]
#[command(next_help_heading = "Suppressions")]
pub(super) struct SuppressionArguments {
    /// Do not look at comments and entries of the register that excuse findings: every finding counts
    #[arg(long)]
    pub(super) no_suppressions: bool,
    /// Write a comment that cites this threat for every finding in code, and complete comments that lack something
    #[arg(long, value_name = "THREAT", conflicts_with_all = ["no_suppressions", "fix"])]
    pub(super) add_suppressions: Option<String>,
    /// The reason for these comments [default: the title of the threat]
    #[arg(long, value_name = "TEXT", requires = "add_suppressions")]
    pub(super) reason: Option<String>,
}

/// What was there before.
#[derive(Debug, Args)]
#[command(next_help_heading = "Baseline")]
pub(super) struct BaselineArguments {
    /// Only findings that this file does not have count
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// Write the findings that count to this file, for --baseline
    #[arg(long, value_name = "FILE")]
    pub(super) write_baseline: Option<PathBuf>,
}

/// How the run goes and ends.
#[derive(Debug, Args)]
pub(super) struct RunArguments {
    /// End with code 0 whatever was found or could not be analysed
    #[arg(long)]
    pub(super) exit_zero: bool,
    /// Look at so many files at once; 0 is one for each processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) threads: usize,
    /// Findings from this level on end the run with code 1 [default: note for code, warning for artifacts]
    #[arg(long, value_name = "LEVEL")]
    pub(super) fail_level: Option<LevelWord>,
}

/// Where the configuration comes from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Configuration")]
pub(super) struct SourceArguments {
    /// A configuration file instead of the nearest ones, or one setting as TOML; may be repeated
    #[arg(long, value_name = "PATH | KEY=VALUE")]
    pub(super) config: Vec<String>,
    /// Read no configuration file
    #[arg(long)]
    pub(super) no_config: bool,
    /// The day on which threats are overdue or expire, instead of the clock's: YYYY-MM-DD
    #[arg(long, env = "LOADLINT_TODAY", value_name = "DATE", hide = true, value_parser = date)]
    pub(super) today: Option<Date>,
}

fn date(text: &str) -> Result<Date, String> {
    Date::parse(text).ok_or_else(|| "a day is YYYY-MM-DD".to_owned())
}

/// Which rules apply.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rules")]
pub(super) struct ChoiceArguments {
    /// Only these rules: ids, names, other tools' ids, the start of ids (LL1), or ALL
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(super) select: Option<Vec<String>>,
    /// Not these rules
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(super) ignore: Option<Vec<String>>,
    /// These rules in addition to those selected elsewhere
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(super) extend_select: Option<Vec<String>>,
    /// Not these rules, in addition to those ignored elsewhere
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(super) extend_ignore: Option<Vec<String>>,
    /// Do not report findings below this level
    #[arg(long, value_name = "LEVEL")]
    pub(super) min_level: Option<LevelWord>,
}

/// Which files are checked.
#[derive(Debug, Args)]
#[command(next_help_heading = "Files")]
pub(super) struct FileArguments {
    /// Do not look into these, instead of the default
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(super) exclude: Option<Vec<String>>,
    /// Do not look into these either
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(super) extend_exclude: Option<Vec<String>>,
    /// Leave excluded files out even if they are named
    #[arg(long)]
    pub(super) force_exclude: bool,
    /// Look at files that git ignores too
    #[arg(long)]
    pub(super) no_respect_gitignore: bool,
    /// List the files that would be checked, and check none
    #[arg(long)]
    pub(super) show_files: bool,
    /// The name of what standard input holds
    #[arg(long, value_name = "NAME")]
    pub(super) stdin_filename: Option<PathBuf>,
}

/// What is written where.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub(super) struct OutputArguments {
    /// How findings are written
    #[arg(long, alias = "format", value_name = "FORMAT")]
    pub(super) output_format: Option<FormatWord>,
    /// Write the report to this file; `-` is standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output_file: Option<PathBuf>,
    /// Write another report to a file, `sarif=loadlint.sarif`; may be repeated
    #[arg(long, value_name = "FORMAT=PATH", value_parser = parse_report)]
    pub(super) output: Vec<ReportFile>,
    /// Put excused findings into SARIF reports too, with what excuses them
    #[arg(long)]
    pub(super) include_suppressed: bool,
    /// What GitHub calls the category of a SARIF report: tells several analyses of one commit apart
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) sarif_category: Option<String>,
    /// How many results a SARIF report holds, those that matter most: 1 to 25000; GitHub keeps 5000
    #[arg(long, value_name = "N", default_value_t = SARIF_RESULTS, value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_SARIF_RESULTS)))]
    pub(super) sarif_max_results: u16,
    /// Count the findings of each rule instead of listing them
    #[arg(long)]
    pub(super) statistics: bool,
    /// List excused findings too; the JSON report always does
    #[arg(long)]
    pub(super) show_suppressed: bool,
    /// Findings and notices only: no summary, no warnings, no progress
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Colours
    #[arg(long, value_name = "WHEN", default_value = "auto")]
    pub(super) color: ColorWord,
    /// Show no progress
    #[arg(long)]
    pub(super) no_progress: bool,
}

/// One more report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReportFile {
    pub(super) format: FormatWord,
    pub(super) path: PathBuf,
}

fn parse_report(word: &str) -> Result<ReportFile, String> {
    let (format, path) = word.split_once('=').ok_or("it reads FORMAT=PATH, as in `sarif=loadlint.sarif`")?;
    if path.is_empty() {
        return Err("the path is missing".to_owned());
    }
    if path == "-" {
        return Err(format!("standard output holds the report of `--output-format {format}`; this is one beside it"));
    }
    let formats: Vec<_> = OutputFormat::ALL.iter().map(|format| format.as_str()).collect();
    let unknown = |_| format!("there is no format `{format}`; the formats are {}", formats.join(", "));
    Ok(ReportFile { format: FormatWord::from_str(format, false).map_err(unknown)?, path: PathBuf::from(path) })
}

#[derive(Debug, Args)]
#[command(after_help = THREATS_EXAMPLES, args_conflicts_with_subcommands = true)]
pub(super) struct ThreatsArguments {
    #[command(subcommand)]
    pub(super) command: Option<ThreatsCommand>,
    /// Where citations are looked for [default: .]
    pub(super) paths: Vec<PathBuf>,
    /// End with code 1 if something is wrong with entries, or with how they are cited
    #[arg(long)]
    pub(super) check: bool,
    /// How entries are written
    #[arg(long, alias = "format", value_name = "FORMAT", default_value = "full")]
    pub(super) output_format: ThreatsFormat,
    /// Write to this file
    #[arg(long, short, value_name = "FILE")]
    pub(super) output_file: Option<PathBuf>,
    /// Who makes the statements of an OpenVEX document
    #[arg(long, value_name = "NAME", default_value = "Unknown Author")]
    pub(super) author: String,
    /// What the statements of an OpenVEX document are about, `pkg:pypi/name@1.0`; may be repeated
    #[arg(long, value_name = "URI", value_parser = uri)]
    pub(super) product: Vec<String>,
    /// Look at so many files at once; 0 is one for each processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) threads: usize,
    #[command(flatten)]
    pub(super) source: SourceArguments,
}

/// What is done with the register.
#[derive(Debug, Subcommand)]
pub(super) enum ThreatsCommand {
    /// Add the skeleton of an entry; begins the register if there is none.
    Add(ThreatsAddArguments),
}

#[derive(Debug, Args)]
#[command(after_help = THREATS_ADD_EXAMPLES)]
pub(super) struct ThreatsAddArguments {
    /// Its id [default: the next free one]
    pub(super) id: Option<String>,
    /// What it is called
    #[arg(long, value_name = "TEXT")]
    pub(super) title: String,
    /// What was decided; comments can rest on an entry that is mitigated, accepted or transferred
    #[arg(long, value_name = "STATUS", default_value = "open")]
    pub(super) status: StatusWord,
    /// Who answers for it; to be filled in if it is not given
    #[arg(long, value_name = "NAME", default_value = "")]
    pub(super) owner: String,
    /// The rules it is about [default: any]
    #[arg(long, value_delimiter = ',', value_name = "RULE")]
    pub(super) rules: Vec<String>,
    /// The files it is about [default: all]
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(super) scope: Vec<String>,
    /// The last day before somebody looks at it again, YYYY-MM-DD [default: in a year]
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(super) review_by: Option<Date>,
    /// The last day on which it excuses anything, YYYY-MM-DD
    #[arg(long, value_name = "DATE", value_parser = date)]
    pub(super) expires: Option<Date>,
    #[command(flatten)]
    pub(super) source: SourceArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum StatusWord {
    /// Nothing yet
    Open,
    /// Something makes it harmless, or less likely
    Mitigated,
    /// Somebody lives with it
    Accepted,
    /// Somebody else answers for it
    Transferred,
    /// It is no more
    Retired,
}

impl From<StatusWord> for Status {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Open => Self::Open,
            StatusWord::Mitigated => Self::Mitigated,
            StatusWord::Accepted => Self::Accepted,
            StatusWord::Transferred => Self::Transferred,
            StatusWord::Retired => Self::Retired,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ThreatsFormat {
    /// A table, and what is wrong
    Full,
    /// For programs
    Json,
    /// A table of Markdown
    Markdown,
    /// An OpenVEX 0.2.0 document
    Openvex,
}

fn uri(text: &str) -> Result<String, String> {
    let is_scheme = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    let plain = text.chars().all(|c| c.is_ascii_graphic() && !"<>\"{}|\\^`".contains(c));
    let is_uri = text.split_once(':').is_some_and(|(scheme, rest)| is_scheme(scheme) && !rest.is_empty());
    (is_uri && plain).then(|| text.to_owned()).ok_or_else(|| "a product is a URI, `pkg:pypi/name@1.0`".to_owned())
}

#[derive(Debug, Args)]
#[command(after_help = RULE_EXAMPLES)]
pub(super) struct RuleArguments {
    /// A rule's id, name, or another tool's id for it
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub(super) rule: Option<String>,
    /// All rules
    #[arg(long)]
    pub(super) all: bool,
    /// How rules are written
    #[arg(long, alias = "format", value_name = "FORMAT", default_value = "text")]
    pub(super) output_format: RuleFormat,
    #[command(flatten)]
    pub(super) source: SourceArguments,
}

#[derive(Debug, Args)]
#[command(after_help = CONFIG_EXAMPLES)]
pub(super) struct ConfigArguments {
    /// The file or folder whose settings are shown
    #[arg(default_value = ".")]
    pub(super) path: PathBuf,
    /// How settings are written
    #[arg(long, alias = "format", value_name = "FORMAT", default_value = "text")]
    pub(super) output_format: ConfigFormat,
    #[command(flatten)]
    pub(super) source: SourceArguments,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatWord {
    /// With the source around each finding
    Full,
    /// One line a finding
    Concise,
    /// For programs; see docs/json-output.schema.json
    Json,
    /// SARIF 2.1.0, for GitHub code scanning and others
    Sarif,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
    /// JUnit's XML
    Junit,
    /// reviewdog's diagnostic format
    Rdjson,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LevelWord {
    /// Runs code from the loaded file
    Error,
    /// Should be changed or justified
    Warning,
    /// Worth knowing
    Note,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorWord {
    /// On a terminal, unless NO_COLOR is set; always if FORCE_COLOR or CLICOLOR_FORCE is
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum RuleFormat {
    /// For a terminal
    Text,
    /// For programs
    Json,
    /// As a page
    Markdown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum InspectFormat {
    /// Tables
    Text,
    /// For programs
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ConfigFormat {
    /// As TOML, with the origins as comments
    Text,
    /// For programs
    Json,
}

impl From<FormatWord> for OutputFormat {
    fn from(word: FormatWord) -> Self {
        match word {
            FormatWord::Full => Self::Full,
            FormatWord::Concise => Self::Concise,
            FormatWord::Json => Self::Json,
            FormatWord::Sarif => Self::Sarif,
            FormatWord::Github => Self::Github,
            FormatWord::Gitlab => Self::Gitlab,
            FormatWord::Junit => Self::Junit,
            FormatWord::Rdjson => Self::Rdjson,
        }
    }
}

impl From<LevelWord> for Level {
    fn from(word: LevelWord) -> Self {
        match word {
            LevelWord::Error => Self::Error,
            LevelWord::Warning => Self::Warning,
            LevelWord::Note => Self::Note,
        }
    }
}
