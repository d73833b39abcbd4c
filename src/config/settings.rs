//! The settings as we mean them, checked and ready to be asked.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};
use toml::Value;

use super::choice::{choose, selector};
use super::globs::{DEFAULT_EXCLUDE, Globs, PerFileIgnores, absolute};
use super::place::{ConfigError, Given, Place};

use super::raw::{LevelChoice, LevelEntry, OutputFormat, PerFileEntry, RawConfig, Word};
use super::register::ThreatRegister;
use super::rule_files::with_own_rules;
use crate::fact::Vocabulary;
use crate::finding::Level;
use crate::limits::Limits;
use crate::rules::artifact::{GlobalPattern, Globals};
use crate::rules::{Rule, RuleSet, Selector};
use crate::suppress::{Policy, ThreatPattern};

/// What comments that excuse findings are worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Comments {
    /// They excuse.
    #[default]
    Honoured,
    /// Those in code and in configurations that come with models are somebody else's: only entries of the register excuse.
    OfRegister,
    /// They are not looked at: every finding counts.
    Disregarded,
}

/// What is one for the run, whatever configuration governs a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunWide {
    /// What comments and the register count for.
    pub comments: Comments,
    /// Whether findings get the hash of their line. SARIF reports want it; it costs another look at the text.
    pub line_hashes: bool,
    /// Whether files of no known model are told if they are damaged.
    pub loose_files: bool,
}

impl RunWide {
    pub(super) fn apply(self, settings: &mut Settings) {
        settings.comments = self.comments;
        settings.line_hashes = self.line_hashes;
        settings.loose_files = self.loose_files;
    }
}

impl Default for RunWide {
    fn default() -> Self {
        Self { comments: Comments::default(), line_hashes: true, loose_files: false }
    }
}

/// One setting for the `config` command.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// Its key, `limits.max-source-bytes`.
    pub key: String,
    /// Its value.
    pub value: Value,
    /// Where it came from: `default`, `loadlint.toml:3`, `--select`.
    pub origin: String,
}

/// Everything that decides what is said of a file. One value is shared by all files that one configuration governs.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The rules that apply, by id.
    pub rules: Vec<Arc<Rule>>,
    /// All rules there are, those that do not apply too.
    pub rule_set: Arc<RuleSet>,
    /// What is known of the names that artifacts use.
    pub globals: Arc<Globals>,
    /// The ceilings.
    pub limits: Limits,
    /// Findings below are not reported.
    pub min_level: Level,
    /// Whether comments, and entries of the register, excuse findings.
    pub comments: Comments,
    /// Whether findings get the hash of their line.
    pub line_hashes: bool,
    /// Whether files of no known model are told if they are damaged.
    pub loose_files: bool,
    /// What is asked of a comment that excuses a finding.
    pub policy: Policy,
    /// The threat register, or the place for one.
    pub register: Arc<ThreatRegister>,
    /// How findings are written.
    pub output_format: OutputFormat,
    /// Whether git's ignore files count.
    pub respect_gitignore: bool,
    /// Whether excludes hold for named files.
    pub force_exclude: bool,
    /// The configuration file, if there is one.
    pub file: Option<PathBuf>,
    manifest: Option<PathBuf>,
    manifest_key: Option<PathBuf>,
    levels: FxHashMap<Arc<str>, Level>,
    exclude: Globs,
    per_file_ignores: PerFileIgnores,
    settings: Vec<Setting>,
    current_folder: PathBuf,
    vocabulary: OnceLock<Vocabulary>,
}

impl Settings {
    /// From layers, the weakest first. Relative paths are those of `current_folder`, which is absolute.
    ///
    /// # Errors
    /// If a layer names a rule that does not exist, has a bad glob, or names a rule file that is none.
    pub fn from_layers(layers: &[&RawConfig], current_folder: &Path) -> Result<Self, ConfigError> {
        let rule_set = with_own_rules(last(layers, |layer| layer.rules.as_ref()))?;
        let choice = choose(&rule_set, layers)?;
        let exclude = last(layers, |layer| layer.exclude.as_ref());
        let extended = layers.iter().filter_map(|layer| layer.extend_exclude.as_ref());
        let default: Vec<Word> = match exclude {
            Some(_) => Vec::new(),
            None => DEFAULT_EXCLUDE.map(|name| Given { value: name.to_owned(), place: Place::Default }).into(),
        };
        let words = default.iter().chain(exclude.iter().flat_map(|given| &given.value));
        let words = words.chain(extended.flat_map(|given| &given.value));
        let mut limits = Limits::default();
        for (key, given) in layers.iter().flat_map(|layer| &layer.limits) {
            set_limit(&mut limits, key, given)?;
        }
        let defaults = Defaults::default();
        Ok(Self {
            rules: choice.rules,
            globals: globals(layers)?,
            levels: choice.levels,
            per_file_ignores: per_file_ignores(layers, &rule_set, current_folder)?,
            exclude: Globs::new(words, current_folder)?,
            settings: list(layers, &limits, &rule_set)?,
            limits,
            manifest: path(last(layers, |layer| layer.manifest.as_ref()), current_folder),
            manifest_key: path(last(layers, |layer| layer.manifest_key.as_ref()), current_folder)
                .filter(|path| !path.as_os_str().is_empty()),
            min_level: last(layers, |layer| layer.min_level.as_ref()).map_or(defaults.min_level, |given| given.value),
            comments: Comments::Honoured,
            line_hashes: true,
            loose_files: false,
            policy: policy(layers)?,
            register: Arc::default(),
            output_format: last(layers, |layer| layer.output_format.as_ref())
                .map_or(OutputFormat::default(), |given| given.value),
            respect_gitignore: last(layers, |layer| layer.respect_gitignore.as_ref())
                .map_or(defaults.respect_gitignore, |given| given.value),
            force_exclude: last(layers, |layer| layer.force_exclude.as_ref())
                .map_or(defaults.force_exclude, |given| given.value),
            file: None,
            rule_set: Arc::new(rule_set),
            current_folder: current_folder.to_path_buf(),
            vocabulary: OnceLock::new(),
        })
    }

    /// The settings for source inside of artifacts, for which more rules hold.
    #[must_use]
    pub fn for_embedded(&self) -> Self {
        let rules: Vec<_> = self.rules.iter().filter_map(Rule::embedded).collect();
        Self { rules, vocabulary: OnceLock::new(), comments: Comments::Disregarded, ..self.clone() }
    }

    /// The names that facts are made of.
    pub fn vocabulary(&self) -> &Vocabulary {
        self.vocabulary.get_or_init(|| self.rule_set.vocabulary(self.rules.iter().map(AsRef::as_ref)))
    }

    /// The same settings with another register.
    #[must_use]
    pub fn with_register(&self, register: ThreatRegister) -> Self {
        Self { register: Arc::new(register), ..self.clone() }
    }

    /// The level the user gave the rule, if any; it holds for every finding of the rule.
    pub fn level(&self, rule_id: &str) -> Option<Level> {
        self.levels.get(rule_id).copied()
    }

    /// Whether no walk looks at `path`.
    pub fn excludes(&self, path: &Path) -> bool {
        self.exclude.matches(&absolute(&self.current_folder, path))
    }

    /// `path` from the folder that the scopes of the register start in; `None` if it lies elsewhere.
    pub fn path_in_register(&self, path: &Path) -> Option<PathBuf> {
        let path = absolute(&self.current_folder, path);
        self.register.inside(&path).map(Path::to_path_buf)
    }

    /// `path` from the root.
    pub fn absolute(&self, path: &Path) -> PathBuf {
        absolute(&self.current_folder, path)
    }

    /// The ids of the rules that do not apply to the file `path`.
    pub fn ignored_rules(&self, path: &Path) -> FxHashSet<Arc<str>> {
        if self.per_file_ignores.entries.is_empty() {
            return FxHashSet::default();
        }
        self.per_file_ignores.rules(&absolute(&self.current_folder, path))
    }

    /// The manifest that the user named, and an empty path if there is to be none; `None` if nothing was said of it, so that
    /// [`MANIFEST`] counts where it is one.
    pub fn manifest(&self) -> Option<&Path> {
        self.manifest.as_deref()
    }

    /// The public key that the manifest's signature is held against.
    pub fn manifest_key(&self) -> Option<&Path> {
        self.manifest_key.as_deref()
    }

    /// Every setting with its value and where it came from.
    pub fn list(&self) -> &[Setting] {
        &self.settings
    }
}

/// The manifest at the root of a checked tree, if the user names none.
pub const MANIFEST: &str = "MANIFEST.json";

/// A typed path, from the folder of the file it was typed in; what was typed empty stays so.
fn path(given: Option<&Word>, current_folder: &Path) -> Option<PathBuf> {
    let given = given?;
    let is_empty = given.value.is_empty();
    Some(if is_empty { PathBuf::new() } else { given.place.root(current_folder).join(&given.value) })
}

struct Defaults {
    min_level: Level,
    respect_gitignore: bool,
    force_exclude: bool,
}

impl Default for Defaults {
    fn default() -> Self {
        Self { min_level: Level::Note, respect_gitignore: true, force_exclude: false }
    }
}

/// What the strongest layer says.
fn last<'a, T>(layers: &[&'a RawConfig], get: impl Fn(&'a RawConfig) -> Option<&'a Given<T>>) -> Option<&'a Given<T>> {
    layers.iter().rev().find_map(|layer| get(layer))
}

/// The lists with what the project allows and denies.
fn globals(layers: &[&RawConfig]) -> Result<Arc<Globals>, ConfigError> {
    let patterns = |given: Option<&Given<Vec<Word>>>| -> Result<Vec<GlobalPattern>, ConfigError> {
        let words = given.into_iter().flat_map(|given| &given.value);
        words.map(|word| GlobalPattern::new(&word.value).map_err(|error| word.place.error(error.to_string()))).collect()
    };
    let allow = patterns(last(layers, |layer| layer.allow_globals.as_ref()))?;
    let deny = patterns(last(layers, |layer| layer.deny_globals.as_ref()))?;
    Ok(Arc::new(Globals::builtin().with(&allow, &deny)))
}

fn policy(layers: &[&RawConfig]) -> Result<Policy, ConfigError> {
    let mut policy = Policy::default();
    for layer in layers {
        let raw = &layer.suppressions;
        policy.strictness = raw.policy.as_ref().map_or(policy.strictness, |given| given.value);
        if let Some(given) = &raw.min_reason_length {
            policy.min_reason_length = usize::try_from(given.value).unwrap_or(usize::MAX);
        }
        if let Some(word) = &raw.threat_pattern {
            policy.pattern = ThreatPattern::new(&word.value).map_err(|error| word.place.error(error))?;
        }
        policy.today = layer.today.or(policy.today);
    }
    Ok(policy)
}

fn per_file_ignores(
    layers: &[&RawConfig],
    set: &RuleSet,
    current_folder: &Path,
) -> Result<PerFileIgnores, ConfigError> {
    let Some(given) = last(layers, |layer| layer.per_file_ignores.as_ref()) else {
        return Ok(PerFileIgnores::default());
    };
    let (mut words, mut entries) = (Vec::new(), Vec::new());
    for PerFileEntry { glob, rules } in &given.value {
        let pattern = glob.value.strip_prefix('!');
        words.push(Given { value: pattern.unwrap_or(&glob.value).to_owned(), place: glob.place.clone() });
        let selectors = rules.iter().map(|word| selector(word, set)).collect::<Result<Vec<Selector>, _>>()?;
        let meant = set.rules().iter().filter(|rule| selectors.iter().any(|selector| selector.selects(rule)));
        entries.push((pattern.is_some(), meant.map(|rule| Arc::clone(&rule.id)).collect()));
    }
    Ok(PerFileIgnores { globs: Globs::new(words.iter(), current_folder)?, entries })
}

fn set_limit(limits: &mut Limits, key: &str, given: &Given<u64>) -> Result<(), ConfigError> {
    limits.set(key, given.value).map_err(|most| given.place.error(format!("`{key}` is at most {most}")))
}

/// The settings of `[suppressions]`, in the order of [`super::SUPPRESSION_KEYS`].
fn list_suppressions(
    layers: &[&RawConfig],
    add: &mut dyn FnMut(&str, Value, Option<&Place>),
) -> Result<(), ConfigError> {
    let policy = policy(layers)?;
    let raw = || layers.iter().rev().map(|layer| &layer.suppressions);
    let place = raw().find_map(|raw| raw.policy.as_ref()).map(|given| &given.place);
    add("suppressions.policy", Value::from(policy.strictness.as_str()), place);
    let place = raw().find_map(|raw| raw.min_reason_length.as_ref()).map(|given| &given.place);
    let length = i64::try_from(policy.min_reason_length).unwrap_or(i64::MAX);
    add("suppressions.min-reason-length", Value::Integer(length), place);
    let register = raw().find_map(|raw| raw.register.as_ref());
    let value = register.map_or("", |word| &word.value);
    add("suppressions.register", Value::from(value), register.map(|word| &word.place));
    let place = raw().find_map(|raw| raw.threat_pattern.as_ref()).map(|word| &word.place);
    add("suppressions.threat-pattern", Value::from(policy.pattern.as_str()), place);
    Ok(())
}

/// All settings with their values and origins, in the order of [`super::KEYS`].
fn list(layers: &[&RawConfig], limits: &Limits, set: &RuleSet) -> Result<Vec<Setting>, ConfigError> {
    let defaults = Defaults::default();
    let texts = |words: &[Word]| words.iter().map(|word| Value::from(word.value.clone())).collect::<Vec<_>>();
    let mut settings = Vec::new();
    let mut add = |key: &str, value: Value, place: Option<&Place>| {
        let origin = place.unwrap_or(&Place::Default).describe();
        settings.push(Setting { key: key.to_owned(), value, origin });
    };
    let mut words = |key: &str, get: fn(&RawConfig) -> Option<&Given<Vec<Word>>>, default: &[&str]| {
        let given = last(layers, get);
        let default = || default.iter().map(|word| Value::from(*word)).collect();
        add(
            key,
            Value::Array(given.map_or_else(default, |given| texts(&given.value))),
            given.map(|given| &given.place),
        );
    };
    words("select", |layer| layer.select.as_ref(), &["ALL"]);
    words("ignore", |layer| layer.ignore.as_ref(), &[]);
    words("extend-select", |layer| layer.extend_select.as_ref(), &[]);
    words("extend-ignore", |layer| layer.extend_ignore.as_ref(), &[]);
    words("exclude", |layer| layer.exclude.as_ref(), &DEFAULT_EXCLUDE);
    words("extend-exclude", |layer| layer.extend_exclude.as_ref(), &[]);
    words("rules", |layer| layer.rules.as_ref(), &[]);
    words("allow-globals", |layer| layer.allow_globals.as_ref(), &[]);
    words("deny-globals", |layer| layer.deny_globals.as_ref(), &[]);
    let mut truth = |key: &str, get: fn(&RawConfig) -> Option<&Given<bool>>, default: bool| {
        let given = last(layers, get);
        add(key, Value::from(given.map_or(default, |given| given.value)), given.map(|given| &given.place));
    };
    truth("respect-gitignore", |layer| layer.respect_gitignore.as_ref(), defaults.respect_gitignore);
    truth("force-exclude", |layer| layer.force_exclude.as_ref(), defaults.force_exclude);
    let min_level = last(layers, |layer| layer.min_level.as_ref());
    let value = min_level.map_or(defaults.min_level, |given| given.value).as_str();
    add("min-level", Value::from(value), min_level.map(|given| &given.place));
    let format = last(layers, |layer| layer.output_format.as_ref());
    let value = format.map_or(OutputFormat::default(), |given| given.value).as_str();
    add("output-format", Value::from(value), format.map(|given| &given.place));
    for (key, given, default) in [
        ("manifest", last(layers, |layer| layer.manifest.as_ref()), MANIFEST),
        ("manifest-key", last(layers, |layer| layer.manifest_key.as_ref()), ""),
    ] {
        let value = given.map_or(default, |given| given.value.as_str());
        add(key, Value::from(value), given.map(|given| &given.place));
    }
    list_suppressions(layers, &mut add)?;
    for LevelEntry { rule, choice } in
        layers.iter().filter_map(|layer| layer.levels.as_ref()).flat_map(|given| &given.value)
    {
        selector(rule, set)?;
        let value = match choice.value {
            LevelChoice::Level(level) => level.as_str(),
            LevelChoice::Off => "off",
        };
        add(&format!("levels.{}", rule.value), Value::from(value), Some(&rule.place));
    }
    if let Some(given) = last(layers, |layer| layer.per_file_ignores.as_ref()) {
        for PerFileEntry { glob, rules } in &given.value {
            let key = format!("per-file-ignores.\"{}\"", glob.value);
            add(&key, Value::Array(texts(rules)), Some(&glob.place));
        }
    }
    for key in Limits::KEYS {
        let given = layers.iter().flat_map(|layer| &layer.limits).rev().find(|(other, _)| *other == key);
        let value = i64::try_from(limits.get(key)).unwrap_or(i64::MAX);
        add(&format!("limits.{key}"), Value::Integer(value), given.map(|(_, given)| &given.place));
    }
    Ok(settings)
}
