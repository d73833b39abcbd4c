//! TOML to [`RawConfig`]. Each complaint points at the key or value it is about.

use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::choice::did_you_mean;
use super::place::{ConfigError, ConfigFile, Given, Place};
use super::raw::{
    KEYS, LevelChoice, LevelEntry, OutputFormat, PerFileEntry, RawConfig, RawSuppressions, SUPPRESSION_KEYS, Word,
};
use crate::finding::Level;
use crate::limits::Limits;
use crate::suppress::{Strictness, ThreatPattern};

/// Which part of a file holds our settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// All of it.
    Whole,
    /// `[tool.loadlint]`.
    ToolTable,
}

/// Reads the settings of `file`. `None` if they stand in a table that is not there.
///
/// # Errors
/// If the text is no TOML, or a key or value is none of ours. A file that is read for its table alone and is no TOML is
/// an error only if it speaks of us.
pub(super) fn parse(file: &Arc<ConfigFile>, part: Part) -> Result<Option<RawConfig>, ConfigError> {
    if part == Part::ToolTable && !file.text.contains("loadlint") {
        return Ok(None);
    }
    let reader = Reader { file };
    let table = DeTable::parse(&file.text).map_err(|error| {
        let message = format!("no valid TOML: {}", error.message().trim().replace('\n', "; "));
        Place::File { file: Arc::clone(file), region: error.span().unwrap_or(0..0) }.error(message)
    })?;
    let root = table.get_ref();
    match part {
        Part::Whole => reader.config(root).map(Some),
        Part::ToolTable => {
            let own = root.get("tool").and_then(|tool| tool.get_ref().get("loadlint"));
            own.map(|own| reader.config(reader.table(own)?)).transpose()
        }
    }
}

struct Reader<'a> {
    file: &'a Arc<ConfigFile>,
}

type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn place<T>(&self, spanned: &Spanned<T>) -> Place {
        Place::File { file: Arc::clone(self.file), region: spanned.span() }
    }

    fn config(&self, table: &DeTable<'_>) -> Result<RawConfig, ConfigError> {
        let mut raw = RawConfig::default();
        // In the order of the text, so that the first mistake is told.
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(key, _)| key.span().start);
        for (key, value) in entries {
            match &**key.get_ref() {
                "select" => raw.select = Some(self.words(key, value)?),
                "ignore" => raw.ignore = Some(self.words(key, value)?),
                "extend-select" => raw.extend_select = Some(self.words(key, value)?),
                "extend-ignore" => raw.extend_ignore = Some(self.words(key, value)?),
                "levels" => raw.levels = Some(self.levels(key, value)?),
                "per-file-ignores" => raw.per_file_ignores = Some(self.per_file_ignores(key, value)?),
                "exclude" => raw.exclude = Some(self.words(key, value)?),
                "extend-exclude" => raw.extend_exclude = Some(self.words(key, value)?),
                "respect-gitignore" => raw.respect_gitignore = Some(self.truth(key, value)?),
                "force-exclude" => raw.force_exclude = Some(self.truth(key, value)?),
                "rules" => raw.rules = Some(self.words(key, value)?),
                "allow-globals" => raw.allow_globals = Some(self.words(key, value)?),
                "deny-globals" => raw.deny_globals = Some(self.words(key, value)?),
                "min-level" => raw.min_level = Some(self.level(value)?),
                "output-format" => raw.output_format = Some(self.output_format(value)?),
                "manifest" => raw.manifest = Some(self.word(value, "a path as a string")?),
                "manifest-key" => raw.manifest_key = Some(self.word(value, "a path as a string")?),
                "limits" => raw.limits = self.limits(value)?,
                "suppressions" => raw.suppressions = self.suppressions(value)?,
                unknown => return Err(self.unknown_key(key, unknown, &KEYS)),
            }
        }
        Ok(raw)
    }

    fn unknown_key<T>(&self, key: &Spanned<T>, name: &str, known: &[&str]) -> ConfigError {
        let help = did_you_mean(name, known.iter().copied());
        let list = known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        let error = self.place(key).error(format!("unknown key `{name}`"));
        error.with_help(Some(help.unwrap_or_else(|| format!("the keys are {list}"))))
    }

    fn wrong_type(&self, value: &Value<'_>, expected: &str) -> ConfigError {
        self.place(value).error(format!("expected {expected}, found {}", kind(value.get_ref())))
    }

    fn table<'v, 'i>(&self, value: &'v Value<'i>) -> Result<&'v DeTable<'i>, ConfigError> {
        value.get_ref().as_table().ok_or_else(|| self.wrong_type(value, "a table"))
    }

    fn word(&self, value: &Value<'_>, expected: &str) -> Result<Word, ConfigError> {
        let text = value.get_ref().as_str().ok_or_else(|| self.wrong_type(value, expected))?;
        Ok(Given { value: text.to_owned(), place: self.place(value) })
    }

    fn list(&self, value: &Value<'_>) -> Result<Vec<Word>, ConfigError> {
        let items = value.get_ref().as_array().ok_or_else(|| self.wrong_type(value, "a list of strings"))?;
        items.iter().map(|item| self.word(item, "a string")).collect()
    }

    fn words<K>(&self, key: &Spanned<K>, value: &Value<'_>) -> Result<Given<Vec<Word>>, ConfigError> {
        Ok(Given { value: self.list(value)?, place: self.place(key) })
    }

    fn truth<K>(&self, key: &Spanned<K>, value: &Value<'_>) -> Result<Given<bool>, ConfigError> {
        let truth = value.get_ref().as_bool().ok_or_else(|| self.wrong_type(value, "`true` or `false`"))?;
        Ok(Given { value: truth, place: self.place(key) })
    }

    fn level(&self, value: &Value<'_>) -> Result<Given<Level>, ConfigError> {
        let word = self.word(value, LEVELS)?;
        match level(&word.value) {
            Some(level) => Ok(Given { value: level, place: word.place }),
            None => Err(unknown_word(&word, "level", &["error", "warning", "note"])),
        }
    }

    fn output_format(&self, value: &Value<'_>) -> Result<Given<OutputFormat>, ConfigError> {
        let word = self.word(value, "a string")?;
        match OutputFormat::ALL.into_iter().find(|format| format.as_str() == word.value) {
            Some(format) => Ok(Given { value: format, place: word.place }),
            None => Err(unknown_word(&word, "output format", &OutputFormat::ALL.map(OutputFormat::as_str))),
        }
    }

    fn levels<K>(&self, key: &Spanned<K>, value: &Value<'_>) -> Result<Given<Vec<LevelEntry>>, ConfigError> {
        let mut levels = Vec::new();
        for (rule, value) in self.table(value)? {
            let word = self.word(value, LEVELS)?;
            let choice = match (&*word.value, level(&word.value)) {
                (_, Some(level)) => LevelChoice::Level(level),
                ("off", None) => LevelChoice::Off,
                (_, None) => return Err(unknown_word(&word, "level", &["error", "warning", "note", "off"])),
            };
            let rule = Given { value: rule.get_ref().to_string(), place: self.place(rule) };
            levels.push(LevelEntry { rule, choice: Given { value: choice, place: word.place } });
        }
        Ok(Given { value: levels, place: self.place(key) })
    }

    fn per_file_ignores<K>(
        &self,
        key: &Spanned<K>,
        value: &Value<'_>,
    ) -> Result<Given<Vec<PerFileEntry>>, ConfigError> {
        let mut entries = Vec::new();
        for (glob, rules) in self.table(value)? {
            let glob = Given { value: glob.get_ref().to_string(), place: self.place(glob) };
            entries.push(PerFileEntry { glob, rules: self.list(rules)? });
        }
        Ok(Given { value: entries, place: self.place(key) })
    }

    fn limits(&self, value: &Value<'_>) -> Result<Vec<(&'static str, Given<u64>)>, ConfigError> {
        let mut limits = Vec::new();
        for (key, value) in self.table(value)? {
            let name = &**key.get_ref();
            let Some(known) = Limits::KEYS.into_iter().find(|known| *known == name) else {
                return Err(self.unknown_key(key, name, &Limits::KEYS));
            };
            let number = self.number(value)?.filter(|number| *number > 0);
            let number = number.ok_or_else(|| self.place(value).error("a limit is a number from 1"))?;
            limits.push((known, Given { value: number, place: self.place(key) }));
        }
        Ok(limits)
    }

    /// A whole number; `None` if it is below 0 or too large.
    fn number(&self, value: &Value<'_>) -> Result<Option<u64>, ConfigError> {
        let integer = value.get_ref().as_integer().ok_or_else(|| self.wrong_type(value, "a whole number"))?;
        Ok(u64::from_str_radix(integer.as_str(), integer.radix()).ok())
    }

    fn suppressions(&self, value: &Value<'_>) -> Result<RawSuppressions, ConfigError> {
        let mut raw = RawSuppressions::default();
        for (key, value) in self.table(value)? {
            match &**key.get_ref() {
                "policy" => raw.policy = Some(self.policy(value)?),
                "min-reason-length" => {
                    let number = self.number(value)?.filter(|number| *number <= 1_000);
                    let number =
                        number.ok_or_else(|| self.place(value).error("a length is a number from 0 to 1000"))?;
                    raw.min_reason_length = Some(Given { value: number, place: self.place(key) });
                }
                "register" => raw.register = Some(self.word(value, "a path as a string")?),
                "threat-pattern" => {
                    let word = self.word(value, "a regular expression as a string")?;
                    let wrong = |error: String| word.place.error(format!("`{}` cannot be used: {error}", word.value));
                    ThreatPattern::new(&word.value).map_err(wrong)?;
                    raw.threat_pattern = Some(word);
                }
                unknown => return Err(self.unknown_key(key, unknown, &SUPPRESSION_KEYS)),
            }
        }
        Ok(raw)
    }

    fn policy(&self, value: &Value<'_>) -> Result<Given<Strictness>, ConfigError> {
        let word = self.word(value, "a string")?;
        match Strictness::ALL.into_iter().find(|policy| policy.as_str() == word.value) {
            Some(policy) => Ok(Given { value: policy, place: word.place }),
            None => Err(unknown_word(&word, "policy", &Strictness::ALL.map(Strictness::as_str))),
        }
    }
}

const LEVELS: &str = "a level as a string";

fn level(word: &str) -> Option<Level> {
    [Level::Error, Level::Warning, Level::Note].into_iter().find(|level| level.as_str() == word)
}

fn unknown_word(word: &Word, what: &str, known: &[&str]) -> ConfigError {
    let list = known.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let error = word.place.error(format!("unknown {what} `{}`; there are {list}", word.value));
    error.with_help(did_you_mean(&word.value, known.iter().copied()))
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "a truth value",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
