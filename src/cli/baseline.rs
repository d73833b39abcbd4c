//! `--write-baseline` and `--baseline`: the file, and what git knows of renames.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;
use rustc_hash::FxHashMap;

use super::args::BaselineArguments;
use super::settings::current_folder;
use super::terminal;
use crate::disk::{Ceiling, exists, read_input, write_whole};
use crate::engine::baseline::{Baseline, Names};
use crate::finding::{InputName, Outcome};
use crate::report::Base;

/// No baseline comes near.
const MAX_BASELINE: Ceiling = Ceiling { bytes: 256 << 20, key: "the ceiling for baselines" };

/// Writes a baseline if one is asked for, and leaves out what one has. `covers` tells whether a file (from the root) was
/// to be looked at.
///
/// # Errors
/// If a file is no baseline, or cannot be read or written.
pub(super) fn compare(
    arguments: &BaselineArguments,
    base: &Base,
    covers: &dyn Fn(&Path) -> bool,
    outcome: &mut Outcome,
    quiet: bool,
) -> anyhow::Result<()> {
    // The old one is read before the new one is written, which may be the same file.
    let old = arguments.baseline.as_deref().map(read).transpose()?;
    let name = |input: &InputName| base.uri(input);
    if let Some(path) = &arguments.write_baseline {
        let baseline = Baseline::of(outcome, git(base.root(), &["rev-parse", "--verify", "HEAD"]), &name);
        let text = baseline.to_text().context("the baseline cannot be written")?;
        write_whole(path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
        if !quiet {
            let findings =
                if baseline.len() == 1 { "1 finding".to_owned() } else { format!("{} findings", baseline.len()) };
            terminal::note(&format!("Wrote {findings} to {}.", path.display()));
        }
        if old.is_none() {
            apply(&baseline, path, base, covers, outcome)?;
        }
    }
    match (old, &arguments.baseline) {
        (Some(old), Some(path)) => apply(&old, path, base, covers, outcome),
        (None, _) | (_, None) => Ok(()),
    }
}

fn read(path: &Path) -> anyhow::Result<Baseline> {
    let bytes =
        read_input(path, MAX_BASELINE).with_context(|| format!("cannot read the baseline {}", path.display()))?;
    let text = String::from_utf8(bytes).with_context(|| format!("the baseline {} is not UTF-8", path.display()))?;
    Baseline::parse(&text).with_context(|| format!("the baseline {} cannot be used", path.display()))
}

fn apply(
    baseline: &Baseline,
    path: &Path,
    base: &Base,
    covers: &dyn Fn(&Path) -> bool,
    outcome: &mut Outcome,
) -> anyhow::Result<()> {
    let missing = baseline.paths().any(|path| !exists(&base.root().join(path)));
    // Only what is no more can have got another name.
    let renames = if missing { renames(baseline, &current_folder()?.join(path), base) } else { FxHashMap::default() };
    let names = Names {
        of: &|input| base.uri(input),
        before: &|input| renames.get(&base.uri(input)).cloned(),
        is_covered: &|path| covers(&base.root().join(path)),
    };
    baseline.apply(outcome, names, &path.display().to_string());
    Ok(())
}

/// New names to old ones, of files that are renamed since the baseline was written; empty where there is no git.
fn renames(baseline: &Baseline, path: &Path, base: &Base) -> FxHashMap<String, String> {
    let path = path.to_string_lossy();
    let written = || git(base.root(), &["log", "-1", "--format=%H", "--", &path]);
    let commits = [&|| baseline.commit.clone() as Option<String>, &written as &dyn Fn() -> Option<String>, &|| {
        Some("HEAD".to_owned())
    }];
    for commit in commits.iter().filter_map(|commit| commit()) {
        // It is a word of the file: what is no commit's name is no argument either.
        if commit != "HEAD" && !commit.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            continue;
        }
        // The index, not the files: comparing those may run filters that the repository names.
        let arguments = ["diff-index", "--cached", "--find-renames", "--diff-filter=R", "--name-status", "-z"];
        if let Some(list) = git(base.root(), &[&arguments[..], &[&commit, "--"]].concat()) {
            return pairs(&list, base);
        }
    }
    FxHashMap::default()
}

/// `R100\0old\0new\0`, again and again.
fn pairs(list: &str, base: &Base) -> FxHashMap<String, String> {
    let words: Vec<_> = list.split('\0').collect();
    let name = |word: &str| base.uri(&InputName::new(base.root().join(word)));
    words.chunks_exact(3).map(|words| (name(words[2]), name(words[1]))).collect()
}

/// What git says, without its last line break; `None` if it is not there or says no. Nothing of the repository is run.
fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let none = if cfg!(windows) { "NUL" } else { "/dev/null" };
    let quiet = ["--no-optional-locks", "-c", "core.fsmonitor=false", "-c", &format!("core.hooksPath={none}")]
        .map(str::to_owned);
    let output = Command::new("git")
        .current_dir(folder)
        .args(quiet)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let text = String::from_utf8_lossy(&output.stdout).trim_end_matches('\n').to_owned();
    (!text.is_empty()).then_some(text)
}

/// Whether the file named on the command line is the one at `path`.
pub(super) fn is_named(folder: &Path, named: Option<&Path>) -> impl Fn(&Path) -> bool + use<> {
    let named: Option<PathBuf> = named.map(|named| folder.join(named));
    move |path| named.as_deref() == Some(path)
}
