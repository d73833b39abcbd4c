//! The settings of the workspace, and the model files in it, which nobody opens in an editor.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::client::Preferences;
use crate::config::{Comments, ConfigError, ConfigSource, Resolver};
use crate::discover::{InputKind, WalkOptions, Wanted, discover};
use crate::disk;
use crate::engine::run::{Task, run};
use crate::engine::scan::is_model_file;
use crate::finding::Outcome;

/// The folders of a session and how settings are found in them.
#[derive(Debug)]
pub(super) struct Workspace {
    /// Absolute; the first is what names are relative to.
    pub(super) roots: Vec<PathBuf>,
    pub(super) resolver: Arc<Resolver>,
    /// Raised when a scan that is under way no longer counts.
    pub(super) generation: Arc<AtomicU64>,
}

impl Workspace {
    /// With the settings the editor's user asks for.
    ///
    /// # Errors
    /// If these are wrong; a wrong configuration file shows up where it is used.
    pub(super) fn new(roots: Vec<PathBuf>, preferences: &Preferences) -> Result<Self, ConfigError> {
        let root = roots.first().cloned().unwrap_or_default();
        let mut source = ConfigSource::Nearest;
        let mut layers = Vec::new();
        for word in &preferences.config {
            if disk::is_file(&root.join(word)) || !word.contains('=') {
                source = ConfigSource::File(root.join(word));
            } else {
                layers.push(Resolver::inline(&root, word)?);
            }
        }
        let resolver = Arc::new(Resolver::new(&root, &source, layers, Comments::Honoured)?);
        Ok(Self { roots, resolver, generation: Arc::default() })
    }

    /// What names are relative to.
    pub(super) fn root(&self) -> &Path {
        self.roots.first().map_or(Path::new(""), PathBuf::as_path)
    }

    /// A path as the user would name it.
    pub(super) fn named(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root()).unwrap_or(path).to_path_buf()
    }

    /// A scan of all model files; run it on a thread of its own.
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

/// So many files between two looks at whether the scan still counts.
const CHUNK: usize = 32;

impl Scan {
    fn is_overtaken(&self) -> bool {
        self.generation.load(Ordering::SeqCst) != self.number
    }

    /// Everything that is found; `None` if the scan was overtaken.
    pub(super) fn run(&self) -> Option<Outcome> {
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
        let artifacts = discovery.inputs.into_iter().filter(|input| input.kind == InputKind::Artifact);
        let of_ours = artifacts.filter(|input| !self.is_overtaken() && is_model_file(input));
        let tasks: Vec<Task> = of_ours
            .filter_map(|input| {
                let settings = self.resolver.for_file(&input.path).ok()?;
                Some(Task { input, settings })
            })
            .collect();
        let mut all = Outcome::default();
        for chunk in tasks.chunks(CHUNK) {
            if self.is_overtaken() {
                return None;
            }
            let outcome = run(chunk, 1, &|_| {}).ok()?;
            all.findings.extend(outcome.findings);
            all.notices.extend(outcome.notices);
        }
        (!self.is_overtaken()).then_some(all)
    }
}
