//! Globs as in Ruff: a pattern without `/` also matches a file or folder name at any depth; any pattern is matched
//! against the whole path, starting from the folder of the file it was typed in; `*` also matches `/`.

use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use globset::{Glob, GlobSet, GlobSetBuilder};
use rustc_hash::FxHashSet;

use super::place::ConfigError;
use super::raw::Word;

/// What no walk looks into: other people's code, caches, build results. As Ruff's default.
pub const DEFAULT_EXCLUDE: [&str; 24] = [
    ".bzr",
    ".direnv",
    ".eggs",
    ".git",
    ".git-rewrite",
    ".hg",
    ".ipynb_checkpoints",
    ".mypy_cache",
    ".nox",
    ".pants.d",
    ".pyenv",
    ".pytest_cache",
    ".pytype",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pypackages__",
    "_build",
    "buck-out",
    "node_modules",
    "site-packages",
    "venv",
];

/// `path` from the root, without `.` and `..`, by its words alone: no link is followed.
pub fn absolute(current_folder: &Path, path: &Path) -> PathBuf {
    let mut whole = PathBuf::new();
    for part in current_folder.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                whole.pop();
            }
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => whole.push(part),
        }
    }
    whole
}

/// Some patterns, ready to match.
#[derive(Debug, Clone, Default)]
pub(super) struct Globs {
    names: GlobSet,
    paths: GlobSet,
    /// For each glob of `names` and `paths`, which of the given words it came from.
    name_words: Vec<usize>,
    path_words: Vec<usize>,
}

impl Globs {
    pub(super) fn new<'a>(words: impl Iterator<Item = &'a Word>, current_folder: &Path) -> Result<Self, ConfigError> {
        let (mut names, mut paths) = (GlobSetBuilder::new(), GlobSetBuilder::new());
        let mut globs = Self::default();
        for (index, word) in words.enumerate() {
            let wrong = |error: &globset::Error| {
                word.place.error(format!("`{}` is no valid glob: {}", word.value, error.kind()))
            };
            let pattern = word.value.strip_prefix("./").unwrap_or(&word.value).trim_end_matches('/');
            if !pattern.contains('/') {
                names.add(Glob::new(pattern).map_err(|error| wrong(&error))?);
                globs.name_words.push(index);
            }
            let absolute = if Path::new(pattern).is_absolute() {
                pattern.to_owned()
            } else {
                let root = word.place.root(current_folder).to_string_lossy();
                format!("{}/{pattern}", globset::escape(root.trim_end_matches('/')))
            };
            paths.add(Glob::new(&absolute).map_err(|error| wrong(&error))?);
            globs.path_words.push(index);
        }
        let too_large =
            |error: globset::Error| super::place::Place::Default.error(format!("the globs together: {error}"));
        globs.names = names.build().map_err(too_large)?;
        globs.paths = paths.build().map_err(too_large)?;
        Ok(globs)
    }

    /// Whether one of them matches this absolute path.
    pub(super) fn matches(&self, path: &Path) -> bool {
        path.file_name().is_some_and(|name| self.names.is_match(Path::new(name))) || self.paths.is_match(path)
    }

    /// Which of the given words match this absolute path.
    fn matching_words(&self, path: &Path) -> Vec<usize> {
        let names = path.file_name().map(|name| self.names.matches(Path::new(name))).unwrap_or_default();
        let names = names.into_iter().map(|index| self.name_words[index]);
        names.chain(self.paths.matches(path).into_iter().map(|index| self.path_words[index])).collect()
    }
}

/// Rules that do not apply to some files.
#[derive(Debug, Clone, Default)]
pub(super) struct PerFileIgnores {
    pub(super) globs: Globs,
    /// For each glob, the rules; with `true` for the files that do not match it (`!glob`).
    pub(super) entries: Vec<(bool, Vec<Arc<str>>)>,
}

impl PerFileIgnores {
    /// The ids of the rules that do not apply to the file with this absolute path.
    pub(super) fn rules(&self, path: &Path) -> FxHashSet<Arc<str>> {
        if self.entries.is_empty() {
            return FxHashSet::default();
        }
        let matching = self.globs.matching_words(path);
        let entries = self.entries.iter().enumerate();
        let meant = entries.filter(|(index, (inverted, _))| matching.contains(index) != *inverted);
        meant.flat_map(|(_, (_, rules))| rules).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::place::{Given, Place};

    fn globs(patterns: &[&str]) -> Globs {
        let words: Vec<_> = patterns
            .iter()
            .map(|pattern| Given { value: (*pattern).to_owned(), place: Place::Option("--exclude") })
            .collect();
        Globs::new(words.iter(), Path::new("/re[p]o")).expect("valid globs")
    }

    #[test]
    fn names_match_at_any_depth_and_paths_from_the_root() {
        let globs = globs(&["build", "*_pb2.py", "tests/data", "docs/*.py"]);
        let matches = |path: &str| globs.matches(Path::new(path));
        assert!(matches("/re[p]o/a/build") && matches("/re[p]o/x/y_pb2.py"));
        assert!(matches("/re[p]o/tests/data") && !matches("/re[p]o/a/tests/data"));
        assert!(matches("/re[p]o/docs/a.py") && matches("/re[p]o/docs/deep/a.py"));
        assert!(!matches("/re[p]o/builder"));
    }

    #[test]
    fn a_bad_glob_is_an_error_with_its_place() {
        let word = Given { value: "a[".to_owned(), place: Place::Option("--exclude") };
        let error = Globs::new([&word].into_iter(), Path::new("/")).expect_err("bad");
        assert!(error.to_string().starts_with("--exclude: `a[` is no valid glob: "), "{error}");
    }

    #[test]
    fn a_path_is_made_absolute_by_its_words() {
        assert_eq!(absolute(Path::new("/a/b"), Path::new("./c/../d.py")), Path::new("/a/b/d.py"));
        assert_eq!(absolute(Path::new("/a/b"), Path::new("/x/./y")), Path::new("/x/y"));
        assert_eq!(absolute(Path::new("/"), Path::new("../..")), Path::new("/"));
    }
}
