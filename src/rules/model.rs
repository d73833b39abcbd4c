//! What a rule is. The field names are those of the TOML files; `docs/rule-schema.md` explains each to rule authors.
//!
//! An argument's value is a set of alternatives (see [`crate::fact::Value`]), and a [`Test`] answers yes, no or
//! "cannot tell" for each of them. The four comparisons differ in how many alternatives must say what:
//!
//! | key | holds when | reads |
//! |---|---|---|
//! | `is` | every alternative says yes | "surely is" |
//! | `can_be` | some alternative says yes | "is, on at least one way" |
//! | `may_be` | some alternative does not say no | "cannot be ruled out" |
//! | `is_not` | some alternative does not say yes | "is not surely" |

use std::ops::Deref;
use std::sync::Arc;

use serde::Deserialize;

use super::clauses::Clauses;
use super::unread::Unread;
use crate::fact::artifact::{ObservationKind, ReferenceKind};
use crate::fact::{NamePattern, SuppressionProblem};
use crate::finding::{Applicability, Level};

/// How often a finding of the rule is what it says. SARIF's `precision`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// Nearly always.
    VeryHigh,
    /// In most cases.
    High,
    /// Often.
    Medium,
    /// Worth a look.
    Low,
}

/// A rule, checked by [`super::parse_rule`]: what a run asks of every rule, and through [`Deref`] what its file says beside it.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Written")]
pub struct Rule {
    /// `LL101`; users' own rules take other letters.
    pub id: Arc<str>,
    /// Kebab case; names what stands there: `torch-load-unpickles`.
    pub name: Arc<str>,
    /// Ids of other tools for the same thing, `B614`; a `# nosec B614` excuses the rule.
    pub aliases: Vec<Arc<str>>,
    /// What is found.
    pub when: Clauses,
    pub(super) written: Unread<Written>,
}

/// A rule as its TOML file states it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    id: Arc<str>,
    name: Arc<str>,
    #[serde(default)]
    aliases: Vec<Arc<str>>,
    /// The level of a finding unless its clause says otherwise.
    pub level: Level,
    /// How often a finding is true.
    pub precision: Precision,
    /// CVSS-like, `0.1` to `10.0`, as GitHub reads it.
    pub security_severity: f64,
    /// `CWE-502`.
    pub cwe: Vec<String>,
    /// Words for filters.
    #[serde(default)]
    pub tags: Vec<String>,
    /// One sentence: what the rule finds.
    pub summary: String,
    /// The finding's message; see `docs/rule-schema.md` for the blanks in braces.
    pub message: String,
    /// What happens and why it matters, in Markdown.
    pub explain: String,
    /// What to do instead: one or two sentences, shown as help.
    pub cure: String,
    /// Code that is found.
    pub example: String,
    /// Code to write instead.
    pub instead: String,
    /// Where to read more: URLs.
    #[serde(default)]
    pub references: Vec<String>,
    /// Rules whose finding at the same place this one replaces.
    #[serde(default)]
    pub supersedes: Vec<Arc<str>>,
    when: Clauses,
    /// Changes that end a finding of a call, the best first.
    #[serde(default)]
    pub fix: Vec<FixClause>,
}

/// A change of the found call. Exactly one of `keyword` (with `value`) and `rename` stands.
///
/// It is offered only where no clause of the rule would hold any more.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FixClause {
    /// Functions that it is meant for; all that the rule finds if empty.
    #[serde(default)]
    pub function: Vec<NamePattern>,
    /// The argument that gets a value.
    #[serde(default)]
    pub keyword: Option<String>,
    /// Python source: a constant, or a name of the function's own module behind `{module}.`.
    #[serde(default)]
    pub value: Option<String>,
    /// The function of the same module that is called instead.
    #[serde(default)]
    pub rename: Option<String>,
    /// Not offered where one of these arguments stands.
    #[serde(default)]
    pub unless_given: Vec<String>,
    /// How far it may be trusted.
    pub applicability: Applicability,
    /// What it does, as an editor offers it; worded from the change if left out.
    #[serde(default)]
    pub title: Option<String>,
}

/// The clauses of a rule; a place is found if any clause holds, and the first that holds words the finding.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// Calls of functions, and the functions passed on to be called.
    #[serde(default)]
    pub call: Vec<CallClause>,
    /// Keywords given to functions that are not known.
    #[serde(default)]
    pub keyword: Vec<KeywordClause>,
    /// A second, unsafe attempt in an `except` after a safe one in the `try`.
    #[serde(default)]
    pub fallback: Vec<FallbackClause>,
    /// Assignments to a module's attribute, `torch.load = …`.
    #[serde(default)]
    pub assign: Vec<AssignClause>,
    /// Environment variables set from Python, from scripts and from files of variables.
    #[serde(default)]
    pub environment: Vec<EnvironmentClause>,
    /// Commands of scripts.
    #[serde(default)]
    pub command: Vec<CommandClause>,
    /// Keys of settings in TOML.
    #[serde(default)]
    pub setting: Vec<SettingClause>,
    /// Calls in Python source that stands inside an artifact; in other code they are not found.
    #[serde(default)]
    pub embedded_call: Vec<CallClause>,
    /// Names of Python code that an artifact uses.
    #[serde(default, rename = "use")]
    pub uses: Vec<UseClause>,
    /// Anything else seen in an artifact.
    #[serde(default)]
    pub observed: Vec<ObservedClause>,
    /// Whole pickle streams.
    #[serde(default)]
    pub pickle: Vec<PickleClause>,
    /// Functions that read a model file whose path they are given; for rules about manifests.
    #[serde(default)]
    pub load: Vec<LoadClause>,
    /// Keywords that give the digest of a file that is fetched; for rules about manifests.
    #[serde(default)]
    pub digest: Vec<DigestClause>,
    /// What a manifest and the files it lists say of each other.
    #[serde(default)]
    pub manifest: Vec<ManifestClause>,
    /// Comments that excuse findings, and entries of the threat register.
    #[serde(default)]
    pub suppression: Vec<SuppressionClause>,
}

impl From<Written> for Rule {
    fn from(mut written: Written) -> Self {
        Self {
            id: Arc::clone(&written.id),
            name: Arc::clone(&written.name),
            aliases: written.aliases.clone(),
            when: std::mem::replace(&mut written.when, When::default().into()),
            written: written.into(),
        }
    }
}

impl Deref for Rule {
    type Target = Written;

    fn deref(&self) -> &Written {
        &self.written
    }
}

impl Rule {
    /// The rule as it holds for source inside of an artifact; `None` if it finds nothing there.
    #[must_use]
    pub fn embedded(self: &Arc<Self>) -> Option<Arc<Self>> {
        if self.when.embedded_call.is_empty() {
            return (!self.when.is_of_artifacts() && !self.when.is_of_suppressions()).then(|| Arc::clone(self));
        }
        let mut rule = (**self).clone();
        let mut when = (*rule.when).clone();
        when.call.append(&mut when.embedded_call);
        rule.when = when.into();
        Some(Arc::new(rule))
    }
}

/// A name that an artifact uses, judged by the lists under `rules/artifact/globals/`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UseClause {
    /// How it is used.
    pub of: Vec<Usage>,
    /// What the lists say of it.
    pub verdict: Vec<Verdict>,
    /// How much the use matters; any if empty. Without a `level` it is the finding's level.
    #[serde(default)]
    pub degree: Vec<Level>,
    /// Which references count; any if empty.
    #[serde(default)]
    pub reference: Vec<ReferenceKind>,
    /// A level other than that of the use.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// A call that reads a model file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoadClause {
    /// Qualified names or patterns of the functions.
    pub function: Vec<NamePattern>,
    /// The keyword of the path.
    #[serde(default)]
    pub name: Option<String>,
    /// The position of the path, from 0.
    #[serde(default)]
    pub position: usize,
    /// Only paths that end so; any if empty. Case does not matter.
    #[serde(default)]
    pub suffix: Vec<String>,
}

/// A call that is given the digest of a file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestClause {
    /// The keywords.
    pub keyword: Vec<String>,
}

/// Something a manifest and its files disagree about.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestClause {
    /// What.
    pub kind: Vec<ManifestKind>,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// What a manifest and its files can disagree about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ManifestKind {
    /// A listed file has another size or digest.
    Mismatch,
    /// A symbolic link, a folder or a pipe stands where a listed file should.
    NotAFile,
    /// A listed file is not there.
    Missing,
    /// An artifact that is not listed.
    UnlistedArtifact,
    /// Code loads a path that is not listed.
    UnlistedLoad,
    /// Code gives another digest for a listed file.
    DigestDisagrees,
    /// The signature beside the manifest does not hold.
    Signature,
    /// An entry that lists nothing.
    InvalidEntry,
}

/// How an artifact uses a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Usage {
    /// A pickle calls it.
    Call,
    /// A pickle imports it and no call of it is told.
    Import,
    /// A pickle sets attributes or items of it.
    Attribute,
    /// Another file names it for its loader.
    Reference,
}

/// What the lists say of a name and its use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Proved harmless, its arguments too.
    Safe,
    /// On no list.
    Unknown,
    /// Runs code, reaches files or the network, or imports more.
    Dangerous,
}

/// Something observed.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObservedClause {
    /// Which observations.
    pub kind: Vec<ObservationKind>,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// Something about a comment that excuses findings, or about the threat register.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SuppressionClause {
    /// What.
    pub problem: Vec<SuppressionProblem>,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// A pickle stream.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PickleClause {
    /// Whether `torch.load(weights_only=True)` takes the file; only PyTorch files are asked. Not asked if absent.
    #[serde(default)]
    pub weights_only: Option<bool>,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// A call, with what its arguments must be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallClause {
    /// Qualified names or patterns of the functions.
    pub function: Vec<NamePattern>,
    /// Those of them that are not meant.
    #[serde(default)]
    pub except: Vec<NamePattern>,
    /// Conditions that must all hold.
    #[serde(default)]
    pub argument: Vec<ArgumentCondition>,
    /// Conditions of which none may hold.
    #[serde(default)]
    pub unless: Vec<ArgumentCondition>,
    /// Whether the function passed on uncalled, `map(pickle.loads, blobs)`, counts. It does unless this is false.
    #[serde(default = "yes")]
    pub passed_on: bool,
    /// For a class: instances of a subclass that overrides this method with one that restricts do not count.
    #[serde(default)]
    pub unless_restricted_by: Option<String>,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

fn yes() -> bool {
    true
}

/// What one argument must be. Exactly one of `is`, `can_be`, `may_be`, `is_not`, `contains`, `given`, `from` stands.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArgumentCondition {
    /// The keyword; `options.key` for an entry of a dictionary given by keyword.
    #[serde(default)]
    pub name: Option<String>,
    /// The position, from 0, if it may be given by position.
    #[serde(default)]
    pub position: Option<usize>,
    /// What an absent argument means, if it means something fixed.
    #[serde(default)]
    pub default: Option<bool>,
    /// Whether an unknown `*x` or `**x` counts as the argument with an unknown value. It does not unless this is true:
    /// most of them hold something else.
    #[serde(default)]
    pub spread: bool,
    /// Every alternative passes.
    #[serde(default)]
    pub is: Option<Test>,
    /// Some alternative passes.
    #[serde(default)]
    pub can_be: Option<Test>,
    /// Some alternative passes or is unknown.
    #[serde(default)]
    pub may_be: Option<Test>,
    /// Some alternative does not pass or is unknown.
    #[serde(default)]
    pub is_not: Option<Test>,
    /// A list, tuple or set argument has an item that passes.
    #[serde(default)]
    pub contains: Option<ContainsCondition>,
    /// The argument stands there (true) or does not (false).
    #[serde(default)]
    pub given: Option<bool>,
    /// The data came through one of these sources: the names of lists under `rules/lists/`.
    #[serde(default)]
    pub from: Vec<String>,
}

impl ArgumentCondition {
    /// The keyword without which the condition cannot hold, if there is one.
    pub(super) fn needed_keyword(&self) -> Option<&str> {
        let needs = self.is.is_some() || self.can_be.is_some() || self.may_be.is_some() || self.given == Some(true);
        let by_keyword_only = self.position.is_none() && self.default.is_none() && !self.spread;
        let keyword = self.name.as_deref().map(|name| name.split_once('.').map_or(name, |(dictionary, _)| dictionary));
        keyword.filter(|_| needs && by_keyword_only)
    }
}

/// An item of a collection argument.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainsCondition {
    /// Qualified names or patterns, one of which an item is.
    pub name: Vec<NamePattern>,
}

/// A question about one alternative of a value.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub enum Test {
    /// Its truth value, as `if` would see it; `None` is false.
    Truth(bool),
    /// Something else about it.
    Kind(TestKind),
}

/// The questions that are written as a table with one key.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum TestKind {
    /// A string equal to one of these.
    Text(Vec<String>),
    /// A string (or path) that ends in one of these; case does not matter.
    Suffix(Vec<String>),
    /// A string that starts with one of these; case does not matter.
    Prefix(Vec<String>),
    /// A string with one of these in it; case does not matter.
    Holds(Vec<String>),
    /// An imported thing with one of these names, or a class derived from one.
    Named(Vec<NamePattern>),
    /// An imported thing, or a class of the file, whose name has one of these words in it.
    NamedLike(Vec<String>),
    /// `true`: a full commit id, 40 (or 64) hexadecimal digits, also behind `owner/repo:` or `@`.
    CommitId(bool),
    /// `true`: a path of the local file system, by its form or by what made it.
    LocalPath(bool),
    /// Exactly `True` or `False`, not something that counts as such.
    Literal(bool),
    /// `true`: the value `None`.
    None(bool),
    /// `true`: the program's own output, made in the same function, or bytes whose digest was compared.
    ProvenHarmless(bool),
}

/// `load_model(path, trust_remote_code=True)`, where neither a rule nor the file knows `load_model`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeywordClause {
    /// What the keyword (or the entry of a dictionary handed on) must be: one condition, by name.
    pub argument: ArgumentCondition,
    /// Functions that are not meant, whatever they are given.
    #[serde(default)]
    pub except: Vec<NamePattern>,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// `try: f(safe) except: f(unsafe)`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FallbackClause {
    /// The functions.
    pub function: Vec<NamePattern>,
    /// What the call in the `try` must be.
    pub first: Vec<ArgumentCondition>,
    /// What the call in the `except` must be.
    pub then: Vec<ArgumentCondition>,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// `module.attribute = value`, also by `setattr`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignClause {
    /// Qualified names of what is assigned to.
    pub target: Vec<NamePattern>,
    /// The new value calls (or is a partial of) one of these with an argument as `argument` says.
    #[serde(default)]
    pub calls: Vec<NamePattern>,
    /// Conditions on that call, all of which must hold.
    #[serde(default)]
    pub argument: Vec<ArgumentCondition>,
    /// The new value itself can be this; instead of `calls`.
    #[serde(default)]
    pub value: Option<Test>,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// `os.environ["NAME"] = "1"`, also by `setdefault`, `update`, `putenv` and keyword forms.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvironmentClause {
    /// The variables.
    pub variable: Vec<String>,
    /// Whether the value switches on: `1`, `true`, `yes`, `y`, `on` in any case. An unknown value counts as on.
    pub switched_on: bool,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// `vllm serve x --trust-remote-code`, in a script, a Dockerfile or wherever commands stand.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandClause {
    /// Words that stand one after the other, the program first, `hf download`; a last `*` stands for the rest of a word. Any
    /// command if empty.
    #[serde(default)]
    pub program: Vec<String>,
    /// An option that is switched on: `trust-remote-code`, without dashes before it; between words `_` counts as `-`.
    #[serde(default)]
    pub option: Vec<String>,
    /// The option that gives the full commit id without which the program is found.
    #[serde(default)]
    pub pinned_by: Option<String>,
    /// Whether the cases are meant in which that is decided elsewhere, instead of the sure ones.
    #[serde(default)]
    pub unknown: bool,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}

/// `trust_remote_code = true`, in TOML.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettingClause {
    /// The last parts of keys; between words `_` counts as `-`.
    pub key: Vec<String>,
    /// Whether the value switches on, as that of an environment variable does.
    pub switched_on: bool,
    /// A level other than the rule's.
    #[serde(default)]
    pub level: Option<Level>,
    /// A message other than the rule's.
    #[serde(default)]
    pub message: Option<String>,
}
