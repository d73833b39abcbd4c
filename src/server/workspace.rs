//! The settings of the workspace, and the files in it that nobody has open: model files, and comments that cite threats.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::client::Preferences;
use crate::config::{ConfigError, ConfigSource, OpenTexts, RawConfig, Resolver, RunWide, Settings};
use crate::discover::{Discovery, Input, InputKind, WalkOptions, Wanted, discover};
use crate::disk;
use crate::engine::run::{Task, ceiling, run};
use crate::engine::scan::is_model_file;
use crate::finding::{Citation, Outcome};
use crate::suppress::Date;
use crate::suppress::comments::may_hold;

/// The folders of a session and how settings are found in them.
#[derive(Debug)]
pub(super) struct Workspace {
    /// Absolute; the first is what names are relative to.
    pub(super) roots: Vec<PathBuf>,
    pub(super) resolver: Arc<Resolver>,
    /// Raised when a scan that is under way no longer counts.
    pub(super) generation: Arc<AtomicU64>,
    /// The day it was made for.
    pub(super) today: Option<Date>,
}

/// What settings depend on besides files.
#[derive(Debug, Clone, Default)]
pub(super) struct Conditions {
    /// The day, by which threats expire.
    pub(super) today: Option<Date>,
    /// The registers that are open.
    pub(super) open: OpenTexts,
}

impl Workspace {
    /// With the settings the editor's user asks for.
    ///
    /// # Errors
    /// If these are wrong; a wrong configuration file shows up where it is used.
    pub(super) fn new(
        roots: Vec<PathBuf>,
        preferences: &Preferences,
        conditions: Conditions,
    ) -> Result<Self, ConfigError> {
        let Conditions { today, open } = conditions;
        let root = roots.first().cloned().unwrap_or_default();
        let mut source = ConfigSource::Nearest;
        let mut layers = vec![RawConfig { today, ..RawConfig::default() }];
        for word in &preferences.config {
            if disk::is_file(&root.join(word)) || !word.contains('=') {
                source = ConfigSource::File(root.join(word));
            } else {
                layers.push(Resolver::inline(&root, word)?);
            }
        }
        let resolver = Resolver::with_open_texts(
            &root,
            &source,
            layers,
            RunWide { line_hashes: false, ..RunWide::default() },
            open,
        )?;
        Ok(Self { roots, resolver: Arc::new(resolver), generation: Arc::default(), today })
    }

    /// What names are relative to.
    pub(super) fn root(&self) -> &Path {
        self.roots.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// The settings for a file, or for a text that is none.
    ///
    /// # Errors
    /// If its configuration is wrong.
    pub(super) fn settings(&self, path: Option<&Path>) -> Result<Arc<Settings>, Arc<ConfigError>> {
        match path {
            Some(path) => self.resolver.for_file(path),
            None => self.resolver.for_folder(self.root()),
        }
    }

    /// The settings of the workspace's own folder and all others met so far. What is wrong shows up where it is used.
    pub(super) fn known(&self) -> Vec<Arc<Settings>> {
        let _ = self.settings(None);
        self.resolver.known()
    }

    /// A path as the user would name it.
    pub(super) fn named(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root()).unwrap_or(path).to_path_buf()
    }

    /// Whether a path may be a register: it is one of some configuration, or has its usual name.
    pub(super) fn is_register(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| name == "THREATS.md")
            || self.known().iter().any(|settings| settings.register.path == path)
    }

    /// A scan of all files that nobody has open; run it on a thread of its own.
    pub(super) fn scan(&self) -> Scan {
        let generation = Arc::clone(&self.generation);
        let number = generation.fetch_add(1, Ordering::SeqCst) + 1;
        Scan { roots: self.roots.clone(), resolver: Arc::clone(&self.resolver), generation, number }
    }
}

/// A scan that can be overtaken by the next one.
#[derive(Debug)]
pub(super) struct Scan {
    roots: Vec<PathBuf>,
    resolver: Arc<Resolver>,
    generation: Arc<AtomicU64>,
    pub(super) number: u64,
}

/// What a scan found on the disk.
#[derive(Debug, Default)]
pub(super) struct Scanned {
    /// What is said of model files.
    pub(super) artifacts: Outcome,
    /// The comments of all source files that cite threats.
    pub(super) citations: Vec<Citation>,
    /// Whether nothing was left out, so that what nobody cites can be told.
    pub(super) is_whole: bool,
}

/// So many files between two looks at whether the scan still counts.
const CHUNK: usize = 32;

impl Scan {
    fn is_overtaken(&self) -> bool {
        self.generation.load(Ordering::SeqCst) != self.number
    }

    /// Everything that is found; `None` if the scan was overtaken.
    pub(super) fn run(&self) -> Option<Scanned> {
        let discovery = self.discovered()?;
        // Scripts and settings are looked at like model files; of those that are open, what this finds is passed over.
        let is_code = |input: &Input| !matches!(input.kind, InputKind::Artifact | InputKind::Script(_));
        let (code, artifacts): (Vec<Input>, Vec<Input>) = discovery.inputs.into_iter().partition(is_code);
        let is_wanted = |input: &Input| matches!(input.kind, InputKind::Script(_)) || is_model_file(input);
        let artifacts = self.run_all(artifacts.into_iter().filter(is_wanted))?;
        let code = self.run_all(code.into_iter().filter(|input| self.may_cite(input)))?;
        let is_whole = discovery.notices.is_empty() && artifacts.notices.is_empty() && code.notices.is_empty();
        Some(Scanned { artifacts, citations: code.citations, is_whole })
    }

    fn discovered(&self) -> Option<Discovery> {
        let excluded = |path: &Path| {
            self.is_overtaken() || self.resolver.for_file(path).is_ok_and(|settings| settings.excludes(path))
        };
        let options = WalkOptions {
            wanted: Wanted::CodeAndArtifacts,
            respect_gitignore: self.resolver.for_folder(self.roots.first()?).is_ok_and(|s| s.respect_gitignore),
            force_exclude: false,
            excluded: &excluded,
            workers: 1,
        };
        let discovery = discover(&self.roots, &options);
        (!self.is_overtaken()).then_some(discovery)
    }

    /// Whether a source file can hold a comment that matters. Yes if it cannot be read: that is to be known.
    fn may_cite(&self, input: &Input) -> bool {
        let Ok(settings) = self.resolver.for_file(&input.path) else { return false };
        if self.is_overtaken() || settings.register.file.is_none() {
            return false;
        }
        let bytes = disk::read_input(&input.path, ceiling(input.kind, &settings.limits));
        bytes.map_or(true, |bytes| may_hold(&String::from_utf8_lossy(&bytes)))
    }

    fn run_all(&self, inputs: impl Iterator<Item = Input>) -> Option<Outcome> {
        let task = |input: Input| {
            let settings = self.resolver.for_file(&input.path).ok()?;
            Some(Task { input, settings })
        };
        let tasks: Vec<Task> = inputs.take_while(|_| !self.is_overtaken()).filter_map(task).collect();
        let mut all = Outcome::default();
        for chunk in tasks.chunks(CHUNK) {
            if self.is_overtaken() {
                return None;
            }
            let outcome = run(chunk, 1, &|_| {}).ok()?;
            all.findings.extend(outcome.findings);
            all.notices.extend(outcome.notices);
            all.citations.extend(outcome.citations);
        }
        (!self.is_overtaken()).then_some(all)
    }
}
