//! The set of all names the rules ask for, so that facts are made of these only.

use std::sync::{Arc, OnceLock};

use rustc_hash::{FxHashMap, FxHashSet};
use serde::{Deserialize, Serialize};

use super::NamePattern;
use super::screen::{MayHave, Screen};
use super::script_words::ScriptWords;
use crate::text::Region;

/// What the functions of a [`NameList`] do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Data comes in from outside the program.
    Source,
    /// The program's own objects become bytes, which it may load again.
    OwnOutput,
    /// Bytes become a digest that a collision cannot be made for.
    Digest,
    /// Two secrets or digests are compared.
    Comparison,
    /// A function handed to it is looked at, not called.
    LooksOnly,
    /// The result is a path of the local file system.
    LocalPath,
    /// A function handed to it is called later with the other arguments: `functools.partial`.
    Deferred,
    /// It gives the module that a text handed to it names.
    Importer,
}

/// A function that puts its data into one of its arguments.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Writer {
    /// Its qualified name or pattern.
    pub function: NamePattern,
    /// The argument it writes to, by position from 0.
    pub position: usize,
    /// The same argument by keyword.
    #[serde(default)]
    pub name: Option<String>,
}

/// A named list of functions with one role: a file under `rules/lists/`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameList {
    /// `network`; rules with `from = ["network"]` mean this.
    pub name: Arc<str>,
    /// What they do.
    pub role: Role,
    /// A phrase for steps: "bytes from the network".
    pub phrase: String,
    /// Functions whose result, and attributes whose value, is meant.
    #[serde(default)]
    pub function: Vec<NamePattern>,
    /// The keyword that, given a full commit id, makes sure of what comes.
    #[serde(default)]
    pub pinned_by: Option<String>,
    /// Whether the functions open files of any kind, and only those with an address, `https://host/file`, are meant.
    #[serde(default)]
    pub addressed: bool,
    /// Types; a parameter annotated with one is meant.
    #[serde(default)]
    pub parameter_type: Vec<NamePattern>,
    /// Functions that write to an argument.
    #[serde(default)]
    pub writes: Vec<Writer>,
}

/// All names of all rules and lists, indexed by their last part.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    functions: FxHashMap<Box<str>, Vec<NamePattern>>,
    bare_leaves: FxHashSet<Box<str>>,
    roots: FxHashSet<Box<str>>,
    lists: Vec<NameList>,
    listed: FxHashMap<Box<str>, Vec<(NamePattern, usize)>>,
    types: FxHashMap<Box<str>, Vec<(NamePattern, usize)>>,
    writers: FxHashMap<Box<str>, Vec<(Writer, usize)>>,
    variables: FxHashSet<Box<str>>,
    scripts: ScriptWords,
    keywords: FxHashSet<Box<str>>,
    /// Keywords of digests, which are of interest beside a digest only.
    digests: FxHashSet<Box<str>>,
    arguments: FxHashSet<Box<str>>,
    /// Arguments that are dictionaries, with the entries of theirs that conditions are about.
    entries: FxHashMap<Box<str>, Vec<Box<str>>>,
    /// Arguments by name of which rules ask where they come from.
    traced: FxHashSet<Box<str>>,
    /// Each function with the keywords it is of interest with.
    asked: Vec<(NamePattern, Vec<Box<str>>)>,
    screen: OnceLock<Option<Screen>>,
}

fn leaf(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

impl Vocabulary {
    /// An empty vocabulary that knows `lists`.
    pub fn new(lists: &[NameList]) -> Self {
        let mut new = Self { lists: lists.to_vec(), ..Self::default() };
        for (index, list) in lists.iter().enumerate() {
            for pattern in &list.function {
                new.listed.entry(pattern.leaf().into()).or_default().push((pattern.clone(), index));
                // Its word is looked for as those of the rules are.
                if list.role == Role::Importer {
                    new.functions.entry(pattern.leaf().into()).or_default();
                }
            }
            for pattern in &list.parameter_type {
                new.types.entry(pattern.leaf().into()).or_default().push((pattern.clone(), index));
            }
            for writer in &list.writes {
                new.writers.entry(writer.function.leaf().into()).or_default().push((writer.clone(), index));
            }
        }
        new
    }

    /// Adds a function that a rule asks for, if it is called with all of these keywords.
    pub fn add_function(&mut self, pattern: &NamePattern, keywords: &[&str]) {
        self.asked.push((pattern.clone(), keywords.iter().map(|word| Box::from(*word)).collect()));
        match pattern.root() {
            Some(root) => self.roots.insert(root.into()),
            None => self.bare_leaves.insert(pattern.leaf().into()),
        };
        let patterns = self.functions.entry(pattern.leaf().into()).or_default();
        if !patterns.contains(pattern) {
            patterns.push(pattern.clone());
        }
    }

    /// Adds an environment variable that a rule asks for.
    pub fn add_variable(&mut self, name: &str) {
        self.variables.insert(name.into());
    }

    /// Adds an option of commands that a rule asks for.
    pub fn add_option(&mut self, name: &str) {
        self.scripts.add_option(name);
    }

    /// Adds the words of a command that a rule asks for.
    pub fn add_program(&mut self, words: &str) {
        self.scripts.add_program(words);
    }

    /// Adds the key of a setting that a rule asks for.
    pub fn add_setting(&mut self, key: &str) {
        self.scripts.add_setting(key);
    }

    /// What rules ask for in scripts and settings, but for variables.
    pub fn scripts(&self) -> &ScriptWords {
        &self.scripts
    }

    /// Whether a script or a file of settings has any word that rules ask for.
    pub fn may_be_in_script(&self, text: &[u8]) -> bool {
        self.scripts.may_be_in(text)
            || self.variables().any(|name| memchr::memmem::find(text, name.as_bytes()).is_some())
    }

    /// Adds the name of an argument that some condition is about.
    pub fn add_argument(&mut self, name: &str) {
        if let Some((dictionary, entry)) = name.split_once('.') {
            self.arguments.insert(dictionary.into());
            let entries = self.entries.entry(dictionary.into()).or_default();
            if !entries.iter().any(|known| **known == *entry) {
                entries.push(entry.into());
            }
        }
        self.arguments.insert(name.into());
    }

    /// The entries that conditions are about of the dictionary given as `name`: of `model_kwargs.revision`, `revision`.
    pub fn entries_of(&self, name: &str) -> &[Box<str>] {
        self.entries.get(name).map_or(&[], Vec::as_slice)
    }

    /// Adds the name of an argument of which some condition asks where it comes from.
    pub fn add_traced(&mut self, name: &str) {
        self.traced.insert(name.into());
    }

    /// Whether a condition asks where the argument of this name comes from.
    pub fn is_traced(&self, name: &str) -> bool {
        self.traced.contains(name)
    }

    /// Whether a condition is about an argument of this name.
    pub fn has_argument(&self, name: &str) -> bool {
        self.arguments.contains(name)
    }

    /// Adds a keyword that a rule asks for whatever is called.
    pub fn add_keyword(&mut self, name: &str) {
        self.keywords.insert(name.into());
    }

    /// Adds a keyword that a rule asks for whatever is called, if what it is given is a digest.
    pub fn add_digest_keyword(&mut self, name: &str) {
        self.digests.insert(name.into());
    }

    /// What findings are possible in `text` by its `words` alone; `None` if none are. Call when all names have been added.
    pub fn look(&self, text: &str, words: impl Iterator<Item = Region>) -> Option<MayHave> {
        let screen = self.screen.get_or_init(|| {
            let digests = self.digests.iter().map(|name| &**name);
            Screen::new(&self.asked, self.variables(), self.keywords(), digests)
        });
        match screen {
            Some(screen) => screen.look(text, words),
            None => Some(MayHave::ALL),
        }
    }

    /// Whether a rule asks for this function.
    pub fn has_function(&self, name: &str) -> bool {
        self.functions.get(leaf(name)).is_some_and(|patterns| patterns.iter().any(|p| p.matches(name)))
    }

    /// Whether a rule or list has this name.
    pub fn knows(&self, name: &str) -> bool {
        let matches = |patterns: &Vec<(NamePattern, usize)>| patterns.iter().any(|(p, _)| p.matches(name));
        self.has_function(name)
            || self.listed.get(leaf(name)).is_some_and(matches)
            || self.writers.get(leaf(name)).is_some_and(|w| w.iter().any(|(w, _)| w.function.matches(name)))
    }

    /// Whether a function with this last part could be asked for whatever stands before it.
    pub fn has_leaf(&self, word: &str) -> bool {
        self.functions.contains_key(word)
    }

    /// Whether a function with this last part writes to an argument.
    pub fn has_writer(&self, word: &str) -> bool {
        self.writers.contains_key(word)
    }

    /// The environment variables that rules ask for.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.variables.iter().map(|name| &**name)
    }

    /// The keywords that rules ask for whatever is called.
    pub fn keywords(&self) -> impl Iterator<Item = &str> {
        self.keywords.iter().map(|name| &**name)
    }

    /// Whether a rule asks for this keyword whatever is called.
    pub fn has_keyword(&self, name: &str) -> bool {
        self.keywords.contains(name) || self.digests.contains(name)
    }

    /// The first parts of the functions with this last part; `None` for one that begins with a gap.
    pub fn roots_of(&self, leaf: &str) -> impl Iterator<Item = Option<&str>> {
        self.functions.get(leaf).into_iter().flatten().map(NamePattern::root)
    }

    /// Whether any function has this first part.
    pub fn is_root(&self, word: &str) -> bool {
        self.roots.contains(word)
    }

    /// Whether any function has a first part for which `test` says yes.
    pub fn has_root(&self, test: impl Fn(&str) -> bool) -> bool {
        self.roots.iter().any(|root| test(root))
    }

    /// Whether a rule asks for this last part wherever it comes from.
    pub fn has_bare_leaf(&self, word: &str) -> bool {
        self.bare_leaves.contains(word)
    }

    /// Whether a function with this last part imports what a text names; from `None`, wherever it comes from.
    pub fn is_importer(&self, word: &str, root: impl Fn(Option<&str>) -> bool) -> bool {
        let importers = self.listed.get(word).into_iter().flatten();
        importers
            .filter(|(_, index)| self.lists[*index].role == Role::Importer)
            .any(|(pattern, _)| root(pattern.root()))
    }

    /// Whether a rule asks for this environment variable.
    pub fn has_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    /// The list with the role `role` that has this function, if one does.
    pub fn list(&self, role: Role, name: &str) -> Option<&NameList> {
        self.pick(&self.listed, role, name)
    }

    /// The list with the role `role` that has this parameter type, if one does.
    pub fn type_list(&self, role: Role, name: &str) -> Option<&NameList> {
        self.pick(&self.types, role, name)
    }

    /// The list with the role `role` by which this function writes to an argument, and which one.
    pub fn writer(&self, role: Role, name: &str) -> Option<(&NameList, &Writer)> {
        let found = self.writers.get(leaf(name))?;
        let (writer, index) =
            found.iter().find(|(w, index)| self.lists[*index].role == role && w.function.matches(name))?;
        Some((&self.lists[*index], writer))
    }

    fn pick(&self, from: &FxHashMap<Box<str>, Vec<(NamePattern, usize)>>, role: Role, name: &str) -> Option<&NameList> {
        let found = from.get(leaf(name))?;
        let (_, index) = found.iter().find(|(p, index)| self.lists[*index].role == role && p.matches(name))?;
        Some(&self.lists[*index])
    }
}
