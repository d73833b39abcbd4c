//! The rules a configuration adds: paths or globs of files with the schema of our own rules.

use std::path::{Component, Path, PathBuf};

use globset::GlobBuilder;

use super::place::{ConfigError, Given, Place};
use super::raw::Word;
use crate::disk::{self, Ceiling};
use crate::rules::{RuleSet, builtin, parse_rule};

/// No rule file comes near.
const MAX_RULE_FILE: Ceiling = Ceiling { bytes: 1 << 20, key: "the ceiling for rule files" };
/// How deep a `**` looks.
const MAX_DEPTH: usize = 16;

/// The rules of loadlint with those of the files in `given`.
pub(super) fn with_own_rules(given: Option<&Given<Vec<Word>>>) -> Result<RuleSet, ConfigError> {
    let mut set = builtin().clone();
    for word in given.iter().flat_map(|given| &given.value) {
        for path in files(word)? {
            let name = path.display().to_string();
            let wrong = |message: String| word.place.error(format!("the rule file {name}: {message}"));
            let bytes = disk::read_input(&path, MAX_RULE_FILE).map_err(|problem| wrong(problem.to_string()))?;
            let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
            let added = parse_rule(&name, &text).and_then(|rule| set.add(rule, &name, &text));
            added.map_err(|error| ConfigError::in_rule_file(&error, &text))?;
        }
    }
    Ok(set)
}

fn files(word: &Word) -> Result<Vec<PathBuf>, ConfigError> {
    let folder = match &word.place {
        Place::File { file, .. } => file.folder.as_path(),
        Place::Default | Place::Option(_) => Path::new(""),
    };
    let is_glob = |part: &str| part.contains(['*', '?', '[', '{']);
    if !is_glob(&word.value) {
        return Ok(vec![folder.join(&word.value)]);
    }
    let mut start = folder.to_path_buf();
    for part in Path::new(&word.value).components() {
        match part {
            Component::Normal(name) if is_glob(&name.to_string_lossy()) => break,
            Component::Normal(_) | Component::Prefix(_) | Component::RootDir | Component::ParentDir => start.push(part),
            Component::CurDir => {}
        }
    }
    let pattern = word.value.strip_prefix("./").unwrap_or(&word.value);
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let glob =
        glob.map_err(|error| word.place.error(format!("`{}` is no valid glob: {}", word.value, error.kind())))?;
    let matcher = glob.compile_matcher();
    let mut found = Vec::new();
    collect(&start, MAX_DEPTH, &mut |path| {
        let relative = path.strip_prefix(folder).unwrap_or(path);
        if matcher.is_match(relative) || matcher.is_match(path) {
            found.push(path.to_path_buf());
        }
    });
    if found.is_empty() {
        return Err(word.place.error(format!("no rule file matches `{}`", word.value)));
    }
    Ok(found)
}

/// Hands every regular file below `folder` to `found`, in sorted order.
fn collect(folder: &Path, depth: usize, found: &mut dyn FnMut(&Path)) {
    for path in disk::list_folder(folder) {
        if disk::is_file(&path) {
            found(&path);
        } else if depth > 0 {
            collect(&path, depth - 1, found);
        }
    }
}
