//! The threat register, `THREATS.md`: text in, entries with their places out.
//!
//! Two shapes are entries, all else is prose: a heading whose text starts with an id (`## T-003: Title`) with lines
//! `- Key: value` below it, and a row of a table that has an `ID` column. Code fences and HTML comments are passed over.
//! [`parse()`] never fails: what is wrong with an entry is told by [`check::problems`] at its line.

mod add;
pub mod check;
mod line;
mod parse;
mod scope;

use std::path::Path;
use std::sync::Arc;

pub use add::{Added, NewThreat, NoRoom, add_entry, next_id};
pub use parse::parse;
pub use scope::{glob_of, is_glob};

use super::date::Date;
use crate::finding::{InputName, Location};
use crate::rules::{Rule, Selector};
use crate::text::{LineIndex, Region};
use scope::Scope;

/// What has been decided about a threat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Nothing yet: it excuses nothing.
    Open,
    /// Something makes it harmless, or less likely.
    Mitigated,
    /// Somebody lives with it.
    Accepted,
    /// Somebody else answers for it.
    Transferred,
    /// It is no more; the id stays taken.
    Retired,
}

impl Status {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Open, Self::Mitigated, Self::Accepted, Self::Transferred, Self::Retired];

    /// The word in the register.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mitigated => "mitigated",
            Self::Accepted => "accepted",
            Self::Transferred => "transferred",
            Self::Retired => "retired",
        }
    }

    /// Whether an exception can rest on it.
    pub fn is_in_force(self) -> bool {
        matches!(self, Self::Mitigated | Self::Accepted | Self::Transferred)
    }
}

/// What an entry says under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The key in lower case, after its other names were replaced: `review by`.
    pub key: &'static str,
    /// The value without the spaces around it.
    pub value: String,
    /// Where the value stands.
    pub region: Region,
}

/// How an entry is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As a heading of this level, 1 to 6.
    Heading(u8),
    /// As a row of a table.
    Row,
}

/// One entry. Fields are as written; accessors read them.
#[derive(Debug, Clone)]
pub struct Threat {
    /// `T-003`.
    pub id: Arc<str>,
    /// What it is called.
    pub title: Arc<str>,
    /// How it is written.
    pub form: Form,
    /// Its line, from 1.
    pub line: u32,
    /// The heading or the row, one line.
    pub region: Region,
    /// The id in it.
    pub id_region: Region,
    /// All of it: up to the next heading of its level; of a row the row.
    pub whole: Region,
    /// In the order they stand.
    pub fields: Vec<Field>,
    status: Option<Status>,
    rules: Vec<String>,
    scope: Scope,
}

impl Threat {
    /// What the entry says under `key` (lower case).
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.key == key)
    }

    fn text(&self, key: &str) -> Option<&str> {
        self.field(key).map(|field| field.value.as_str())
    }

    /// What has been decided; `None` if the entry does not say, or says another word.
    pub fn status(&self) -> Option<Status> {
        self.status
    }

    /// Who answers for it.
    pub fn owner(&self) -> Option<&str> {
        self.text("owner")
    }

    /// The rules it is about: ids, names, other tools' ids, starts of ids; any rule if empty.
    pub fn rules(&self) -> &[String] {
        &self.rules
    }

    /// The globs of the files it is about, from the folder of the register; any file if empty.
    pub fn scope(&self) -> &[String] {
        self.scope.globs()
    }

    /// The last day before somebody has to look at it again.
    pub fn review_by(&self) -> Option<Date> {
        self.text("review by").and_then(Date::parse)
    }

    /// The last day on which it excuses anything.
    pub fn expires(&self) -> Option<Date> {
        self.text("expires").and_then(Date::parse)
    }

    /// Whether its last day has gone by.
    pub fn is_expired(&self, today: Option<Date>) -> bool {
        matches!((self.expires(), today), (Some(last), Some(today)) if last < today)
    }

    /// Whether somebody should have looked at it by now.
    pub fn is_overdue(&self, today: Option<Date>) -> bool {
        matches!((self.review_by(), today), (Some(last), Some(today)) if last < today)
    }

    /// Whether it is about this rule.
    pub fn covers_rule(&self, rule: &Rule) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|word| Selector::new(word.as_str()).selects(rule))
    }

    /// Whether it is about this id, which may be one that only another tool knows.
    pub fn covers_id(&self, id: &str) -> bool {
        self.rules.is_empty() || self.rules.iter().any(|word| word.eq_ignore_ascii_case(id))
    }

    /// Whether it is about the file `path`, given from the folder of the register; `None` is a file outside of it.
    pub fn covers_path(&self, path: Option<&Path>) -> bool {
        self.scope.globs().is_empty() || path.is_some_and(|path| self.scope.covers(path))
    }

    /// The digests of the files it is about, in lower case; any content if empty.
    pub fn digests(&self) -> impl Iterator<Item = String> {
        let words = self.text("sha-256").unwrap_or_default().split([',', ' ', '`']);
        words.map(|word| word.trim_start_matches("sha256:").to_ascii_lowercase()).filter(|word| !word.is_empty())
    }

    /// What is left of the risk: probability × severity × (1 − detection), where the entry gives these numbers. An absent
    /// detection is 0. Units: those of severity.
    pub fn residual_risk(&self) -> Option<f64> {
        let probability = number(self.text("probability")?).filter(|number| *number <= 1.0)?;
        let severity = number(self.text("severity")?)?;
        let detection = match self.text("detection") {
            Some(text) => number(text).filter(|number| *number <= 1.0)?,
            None => 0.0,
        };
        Some(probability * severity * (1.0 - detection))
    }
}

/// A number from 0, also as `30%` or `7.5/10` (which is 7.5: severities keep their scale).
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim().trim_matches('`');
    let (text, scale) = match text.strip_suffix('%') {
        Some(percent) => (percent.trim_end(), 0.01),
        None => (text, 1.0),
    };
    let text = text.split('/').next().unwrap_or(text).trim_end();
    text.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0).map(|number| number * scale)
}

/// All entries of a register, in their order; an id that is there twice is there twice.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// The entries.
    pub entries: Vec<Threat>,
    /// Rows of tables with entries that have no id: what stands in its place, and the row.
    pub rows_without_id: Vec<(String, Region)>,
}

impl Register {
    /// The first entry with this id.
    pub fn find(&self, id: &str) -> Option<&Threat> {
        self.entries.iter().find(|entry| *entry.id == *id)
    }

    /// Whether no text in it is an entry.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// A register with the file it was read from.
#[derive(Debug, Clone)]
pub struct RegisterFile {
    /// The file, as it is shown.
    pub name: InputName,
    /// Its content, decoded.
    pub text: String,
    /// The lines of it.
    pub index: LineIndex,
    /// Its entries.
    pub register: Register,
}

impl RegisterFile {
    /// Reads the text of the file `name`.
    pub fn new(name: InputName, text: String, pattern: &super::ThreatPattern) -> Self {
        let index = LineIndex::new(&text);
        let register = parse(&text, &index, pattern);
        Self { name, text, index, register }
    }

    /// The place of `region` in it.
    pub fn locate(&self, region: Region) -> Location {
        Location::in_text(self.name.clone(), &self.text, &self.index, region)
    }
}
