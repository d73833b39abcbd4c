//! What a file is, by its name and, without an extension, by its first line.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use crate::fact::ScriptKind;

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputKind {
    /// A module or script.
    Module,
    /// A stub, `.pyi`.
    Stub,
    /// A notebook, `.ipynb`.
    Notebook,
    /// Commands or settings: a Dockerfile, a script, TOML, YAML.
    Script(ScriptKind),
    /// Anything else: a model file if its bytes say so.
    Artifact,
}

/// How much of a file without extension is read to see whether it is Python.
const START_BYTES: u64 = 128;

impl InputKind {
    /// By the name: Python's extensions, then those of scripts and settings; `None` for anything else.
    pub fn by_name(path: &Path) -> Option<Self> {
        Self::by_extension(path).or_else(|| script_kind(path).map(Self::Script))
    }

    /// By the extension; `None` if it is not one of Python's.
    fn by_extension(path: &Path) -> Option<Self> {
        let extension = path.extension()?;
        let is = |known: &str| extension.eq_ignore_ascii_case(known);
        if is("py") || is("pyw") {
            Some(Self::Module)
        } else if is("pyi") {
            Some(Self::Stub)
        } else if is("ipynb") {
            Some(Self::Notebook)
        } else {
            None
        }
    }

    /// By the extension, and a regular file without one by its first line. Do not ask this of pipes or devices.
    pub(super) fn of_file(path: &Path) -> Self {
        let script = || {
            let start = if path.extension().is_none() { start(path) } else { return None };
            match is_python_shebang(&start) {
                true => Some(Self::Module),
                false => is_shell_shebang(&start).then_some(Self::Script(ScriptKind::Shell)),
            }
        };
        Self::by_name(path).or_else(script).unwrap_or(Self::Artifact)
    }

    /// The same for a file that the user named: without an extension, any text counts as Python.
    pub(super) fn of_named_file(path: &Path) -> Self {
        let text = || path.extension().is_none() && !start(path).contains(&0);
        match Self::of_file(path) {
            Self::Artifact if text() && !is_pickle_like(&start(path)) => Self::Module,
            kind => kind,
        }
    }
}

/// Pickles without NUL bytes: those that name their protocol, and old ones, whose first line imports.
fn is_pickle_like(start: &[u8]) -> bool {
    start.first() == Some(&0x80) || std::str::from_utf8(start).is_err_and(|error| error.error_len().is_some())
}

fn start(path: &Path) -> Vec<u8> {
    let mut start = Vec::new();
    // Whoever reads the file in earnest tells what is wrong with it.
    let _ = File::open(path).and_then(|file| file.take(START_BYTES).read_to_end(&mut start));
    start
}

fn is_python_shebang(start: &[u8]) -> bool {
    let first = start.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    // A byte order mark may stand before it.
    let first = first.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(first);
    first.strip_prefix(b"#!").is_some_and(|command| command.windows(6).any(|word| word == b"python"))
}

/// What a name says that is none of Python's.
fn script_kind(path: &Path) -> Option<ScriptKind> {
    let name = path.file_name()?.to_str()?.to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    let kind = match extension {
        _ if name == ".env" => ScriptKind::Variables,
        "sh" | "bash" | "zsh" | "ksh" | "fish" | "csh" | "slurm" | "sbatch" => ScriptKind::Shell,
        "yaml" | "yml" => ScriptKind::Yaml,
        "toml" => ScriptKind::Toml,
        "mk" | "mak" => ScriptKind::Makefile,
        "just" => ScriptKind::Justfile,
        "env" => ScriptKind::Variables,
        "dockerfile" | "containerfile" => ScriptKind::Dockerfile,
        // Texts about such files.
        "md" | "rst" | "html" | "json" => return None,
        _ => match stem.split('.').next().unwrap_or_default() {
            "dockerfile" | "containerfile" => ScriptKind::Dockerfile,
            "makefile" | "gnumakefile" => ScriptKind::Makefile,
            "justfile" => ScriptKind::Justfile,
            "" if name == ".justfile" => ScriptKind::Justfile,
            "" if name.starts_with(".env.") => ScriptKind::Variables,
            _ => return None,
        },
    };
    Some(kind)
}

fn is_shell_shebang(start: &[u8]) -> bool {
    let first = start.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let Some(command) = first.strip_prefix(b"#!") else { return false };
    let is_shell = |word: &[u8]| matches!(word, b"sh" | b"bash" | b"dash" | b"zsh" | b"ksh");
    command.split(|byte| matches!(byte, b' ' | b'\t' | b'/')).any(is_shell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_known_in_any_case() {
        assert_eq!(InputKind::by_extension(Path::new("A.PY")), Some(InputKind::Module));
        assert_eq!(InputKind::by_extension(Path::new("a.pyi")), Some(InputKind::Stub));
        assert_eq!(InputKind::by_extension(Path::new("a.ipynb")), Some(InputKind::Notebook));
        assert_eq!(InputKind::by_extension(Path::new("a.pyc")), None);
        assert_eq!(InputKind::by_extension(Path::new(".py")), None);
    }

    #[test]
    fn scripts_and_settings_are_known_by_their_names() {
        let kind = |name: &str| match InputKind::by_name(Path::new(name)) {
            Some(InputKind::Script(kind)) => Some(kind),
            _ => None,
        };
        for name in ["Dockerfile", "a/containerfile", "Dockerfile.gpu", "x.Dockerfile", "Dockerfile.rocm.dev"] {
            assert_eq!(kind(name), Some(ScriptKind::Dockerfile), "{name}");
        }
        for name in [".env", ".env.local", "prod.env"] {
            assert_eq!(kind(name), Some(ScriptKind::Variables), "{name}");
        }
        assert_eq!(["Makefile", "rules.mk", "GNUmakefile"].map(kind), [Some(ScriptKind::Makefile); 3]);
        assert_eq!(["justfile", ".justfile", "a.just"].map(kind), [Some(ScriptKind::Justfile); 3]);
        assert_eq!(["a.sh", "B.BASH", "job.slurm"].map(kind), [Some(ScriptKind::Shell); 3]);
        assert_eq!(["a.toml", "a.yml"].map(kind), [Some(ScriptKind::Toml), Some(ScriptKind::Yaml)]);
        for name in
            ["Dockerfile.md", "dockerfile.py", "env", ".envrc.py", "sh", "makefile.json", "a.txt", "x", ".gitignore"]
        {
            assert_eq!(kind(name), None, "{name}");
        }
    }

    #[test]
    fn a_first_line_that_names_a_shell_makes_a_script() {
        assert!(is_shell_shebang(b"#!/bin/bash -e\n") && is_shell_shebang(b"#! /usr/bin/env zsh"));
        assert!(!is_shell_shebang(b"#!/usr/bin/perl") && !is_shell_shebang(b"sh") && !is_shell_shebang(b"#!/bin/shx"));
    }

    #[test]
    fn a_first_line_that_names_python_makes_a_script() {
        assert!(is_python_shebang(b"#!/usr/bin/env -S python3.12 -u\nimport x"));
        assert!(!is_python_shebang(b"#!/bin/sh\n# python"));
        assert!(!is_python_shebang(b"import python"));
        assert!(!is_python_shebang(b""));
    }
}
