//! The files an entry is about.

use std::path::Path;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Globs from the folder of the register. `*` stays in one folder; a glob without `/` means files of that name in any
/// folder; a folder means all below it.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    globs: Vec<String>,
    set: GlobSet,
}

impl Scope {
    /// What is no glob covers nothing; [`is_glob`] tells.
    pub(super) fn new(globs: Vec<String>) -> Self {
        let mut set = GlobSetBuilder::new();
        for glob in globs.iter().flat_map(|glob| patterns(glob)).filter_map(|pattern| build(&pattern)) {
            set.add(glob);
        }
        Self { set: set.build().unwrap_or_default(), globs }
    }

    pub(super) fn globs(&self) -> &[String] {
        &self.globs
    }

    pub(super) fn covers(&self, path: &Path) -> bool {
        self.set.is_match(path)
    }
}

/// Whether a word of `Scope` can be read.
pub fn is_glob(word: &str) -> bool {
    patterns(word).iter().all(|pattern| build(pattern).is_some())
}

fn build(pattern: &str) -> Option<globset::Glob> {
    GlobBuilder::new(pattern).literal_separator(true).build().ok()
}

fn patterns(word: &str) -> Vec<String> {
    let word = word.strip_prefix("./").unwrap_or(word);
    let body = word.strip_prefix('/').unwrap_or(word);
    let folder = body.trim_end_matches('/');
    if folder.is_empty() || folder == "." {
        return vec!["**".to_owned()];
    }
    let anywhere = if word.starts_with('/') || body.contains('/') { "" } else { "**/" };
    vec![format!("{anywhere}{folder}"), format!("{anywhere}{folder}/**")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_is_read_like_a_line_of_an_ignore_file() {
        let covers = |glob: &str, path: &str| Scope::new(vec![glob.to_owned()]).covers(Path::new(path));
        for (glob, path) in [
            ("src/research/**", "src/research/a/b.py"),
            ("src/research", "src/research/a/b.py"),
            ("tests/", "tests/a.py"),
            ("tests", "pkg/tests/a.py"),
            ("*.pt", "a/b/c.pt"),
            ("/tools/x.py", "tools/x.py"),
            ("./tools/x.py", "tools/x.py"),
            ("**", "a/b.py"),
            (".", "a/b.py"),
            ("{a,b}/*.py", "b/x.py"),
        ] {
            assert!(covers(glob, path), "{glob} {path}");
        }
        for (glob, path) in [
            ("src/*.py", "src/a/b.py"),
            ("/tools", "x/tools/a.py"),
            ("src/**", "lib/src/a.py"),
            ("a[", "a["),
            ("a", "ab"),
        ] {
            assert!(!covers(glob, path), "{glob} {path}");
        }
        assert!(is_glob("src/**") && !is_glob("a["));
    }
}
