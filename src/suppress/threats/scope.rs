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

/// The glob of one file, `path` being from the folder of the register. What globs or lists of them mean something else by
/// stands as `?`, and what is no Unicode as `*`.
pub fn glob_of(path: &Path) -> String {
    let word = path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/");
    let last = word.chars().count().saturating_sub(1);
    let plain = |(at, c): (usize, char)| match c {
        '\u{fffd}' => '*',
        '*' | '?' | '[' | ']' | '{' | '}' | '\\' | ',' | '`' => '?',
        c if c.is_ascii_control() || c == ' ' && (at == 0 || at == last) => '?',
        c => c,
    };
    word.chars().enumerate().map(plain).collect()
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

    #[test]
    fn the_glob_of_a_file_covers_it_and_says_so_in_a_list() {
        for name in ["src/a.py", "a b/[x] {1,2}*?.py", "a/`b`.py", " a\\ü\n.py ", "a/!b#.py"] {
            let glob = glob_of(Path::new(name));
            assert!(!glob.contains([',', '`', '{', '\n']) && glob.trim() == glob, "{glob}");
            assert!(Scope::new(vec![glob]).covers(Path::new(name)), "{name}");
        }
        assert_eq!(glob_of(Path::new("src/a b.py")), "src/a b.py");
        assert!(!Scope::new(vec![glob_of(Path::new("a[bc].py"))]).covers(Path::new("ab.py")));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_glob_of_a_name_that_is_no_unicode_covers_it() {
        use std::os::unix::ffi::OsStrExt as _;
        let path = Path::new(std::ffi::OsStr::from_bytes(b"a/\xff\xfeb.py"));
        assert_eq!(glob_of(path), "a/**b.py");
        assert!(Scope::new(vec![glob_of(path)]).covers(path));
    }
}
