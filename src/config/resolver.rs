//! Which configuration governs a file: the nearest one above it, as in Ruff. Files of one folder share one answer, and
//! folders without a configuration of their own share their parent's.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::globs::absolute;
use super::parse::{Part, parse};
use super::place::{ConfigError, ConfigFile};
use super::raw::{RawConfig, Word};
use super::register::{OpenTexts, Registers};
use super::settings::{RunWide, Settings};
use crate::disk::{self, Ceiling, ReadProblem};

/// The names looked for in each folder; the first that is there (and speaks of us) counts.
const FILES: [(&str, Part); 3] =
    [(".loadlint.toml", Part::Whole), ("loadlint.toml", Part::Whole), ("pyproject.toml", Part::ToolTable)];
/// No configuration comes near.
const MAX_CONFIG_FILE: Ceiling = Ceiling { bytes: 4 << 20, key: "the ceiling for configuration files" };

/// Where the configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigSource {
    /// The nearest file above each input.
    Nearest,
    /// This file for all inputs.
    File(PathBuf),
    /// No file.
    None,
}

type Answer = Result<Arc<Settings>, Arc<ConfigError>>;

/// Answers which settings govern a file; keeps every answer.
#[derive(Debug)]
pub struct Resolver {
    current_folder: PathBuf,
    /// Layers above every file: `--config KEY=VALUE`, then options.
    above: Vec<RawConfig>,
    run: RunWide,
    /// The one answer, unless the nearest file counts.
    fixed: Option<Arc<Settings>>,
    /// What holds where there is no file.
    default: Answer,
    registers: Registers,
    folders: Mutex<FxHashMap<PathBuf, Answer>>,
}

impl Resolver {
    /// Starts with the layers of the command line, the weakest first. `current_folder` is absolute.
    ///
    /// # Errors
    /// If these layers are wrong in themselves, or the named file is.
    pub fn new(
        current_folder: &Path,
        source: &ConfigSource,
        above: Vec<RawConfig>,
        run: RunWide,
    ) -> Result<Self, ConfigError> {
        Self::with_open_texts(current_folder, source, above, run, OpenTexts::default())
    }

    /// The same for an editor: of registers that it has open, `open` counts.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_open_texts(
        current_folder: &Path,
        source: &ConfigSource,
        above: Vec<RawConfig>,
        run: RunWide,
        open: OpenTexts,
    ) -> Result<Self, ConfigError> {
        let layers: Vec<_> = above.iter().collect();
        // An option may name a rule that only the file adds, so this is an error only where no file governs.
        let registers = Registers::new(open);
        let default = Settings::from_layers(&layers, current_folder)
            .map(|mut settings| {
                run.apply(&mut settings);
                let named = register_word(&layers).map(|word| &*word.value);
                settings.register = registers.get(current_folder, named, &settings.policy.pattern, current_folder);
                Arc::new(settings)
            })
            .map_err(Arc::new);
        let current_folder = current_folder.to_path_buf();
        let folders = Mutex::default();
        let mut resolver = Self { current_folder, above, run, fixed: None, default, registers, folders };
        resolver.fixed = match source {
            ConfigSource::Nearest => None,
            ConfigSource::None => Some(resolver.default.clone().map_err(Arc::unwrap_or_clone)?),
            ConfigSource::File(path) => Some(resolver.named_file(path)?),
        };
        Ok(resolver)
    }

    /// One layer from the TOML of a `--config KEY=VALUE`.
    ///
    /// # Errors
    /// If it is no TOML, or has keys that are none of ours.
    pub fn inline(current_folder: &Path, text: &str) -> Result<RawConfig, ConfigError> {
        let file = ConfigFile {
            name: "--config".to_owned(),
            folder: current_folder.to_path_buf(),
            root: current_folder.to_path_buf(),
            text: text.to_owned(),
        };
        Ok(parse(&Arc::new(file), Part::Whole)?.unwrap_or_default())
    }

    /// The settings for files that stand in `folder`.
    ///
    /// # Errors
    /// If the configuration that governs it is wrong. The same error comes for every folder it governs.
    pub fn for_folder(&self, folder: &Path) -> Answer {
        match &self.fixed {
            Some(settings) => Ok(Arc::clone(settings)),
            None => self.nearest(&absolute(&self.current_folder, folder)),
        }
    }

    /// The settings for the file `path`.
    ///
    /// # Errors
    /// As [`Self::for_folder`].
    pub fn for_file(&self, path: &Path) -> Answer {
        self.for_folder(path.parent().unwrap_or(Path::new("")))
    }

    /// All settings that were asked for so far, each once; those of outer folders first.
    pub fn known(&self) -> Vec<Arc<Settings>> {
        let folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        // Of thousands of folders most share their settings: only the outermost of each is ordered.
        let mut outermost: FxHashMap<*const Settings, (&PathBuf, &Arc<Settings>)> = FxHashMap::default();
        for (path, settings) in folders.iter().filter_map(|(path, answer)| Some((path, answer.as_ref().ok()?))) {
            let first = outermost.entry(Arc::as_ptr(settings)).or_insert((path, settings));
            if path < first.0 {
                *first = (path, settings);
            }
        }
        let mut found: Vec<_> = outermost.into_values().collect();
        found.sort_by_key(|(path, _)| *path);
        let mut all: Vec<_> = self.fixed.iter().cloned().collect();
        all.extend(found.into_iter().map(|(_, settings)| Arc::clone(settings)));
        all
    }

    /// All errors met so far, each once, in the order of their places.
    pub fn errors(&self) -> Vec<Arc<ConfigError>> {
        let folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        let mut errors: Vec<_> = folders.values().filter_map(|answer| answer.clone().err()).collect();
        errors.sort_by(|a, b| (&a.place, &a.message).cmp(&(&b.place, &b.message)));
        errors.dedup();
        errors
    }

    fn nearest(&self, folder: &Path) -> Answer {
        let known = |folder: &Path| {
            let folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
            folders.get(folder).cloned()
        };
        let mut asked = Vec::new();
        let mut answer = None;
        for ancestor in folder.ancestors() {
            answer = known(ancestor);
            if answer.is_some() {
                break;
            }
            asked.push(ancestor);
            answer = self.own_file(ancestor).transpose();
            if answer.is_some() {
                break;
            }
        }
        let answer = answer.unwrap_or_else(|| self.default.clone());
        let mut folders = self.folders.lock().unwrap_or_else(PoisonError::into_inner);
        for folder in asked {
            folders.insert(folder.to_path_buf(), answer.clone());
        }
        answer
    }

    fn own_file(&self, folder: &Path) -> Result<Option<Arc<Settings>>, Arc<ConfigError>> {
        for (name, part) in FILES {
            let path = folder.join(name);
            if !disk::is_file(&path) {
                continue;
            }
            let shown = path.strip_prefix(&self.current_folder).unwrap_or(&path).to_path_buf();
            if let Some(settings) = self.read(&path, &shown, part, folder)? {
                return Ok(Some(settings));
            }
        }
        Ok(None)
    }

    /// A file named on the command line: its relative globs start in the current folder, as in Ruff.
    fn named_file(&self, path: &Path) -> Result<Arc<Settings>, ConfigError> {
        let whole = absolute(&self.current_folder, path);
        let is_pyproject = path.file_name().is_some_and(|name| name == "pyproject.toml");
        let part = if is_pyproject { Part::ToolTable } else { Part::Whole };
        let read = self.read(&whole, path, part, &self.current_folder);
        let settings = read.map_err(Arc::unwrap_or_clone)?;
        settings.ok_or_else(|| about_file(path, "there is no table `[tool.loadlint]`".to_owned()))
    }

    fn read(
        &self,
        path: &Path,
        shown: &Path,
        part: Part,
        root: &Path,
    ) -> Result<Option<Arc<Settings>>, Arc<ConfigError>> {
        let wrong = |message: String| Arc::new(about_file(shown, message));
        let bytes = disk::read_input(path, MAX_CONFIG_FILE).map_err(|problem| match problem {
            ReadProblem::Missing => wrong("there is no such file".to_owned()),
            problem => wrong(format!("cannot be read: {problem}")),
        })?;
        let text = String::from_utf8(bytes).map_err(|_| wrong("it is not UTF-8".to_owned()))?;
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
        let file = ConfigFile { name: shown.display().to_string(), folder, root: root.to_path_buf(), text };
        let Some(raw) = parse(&Arc::new(file), part)? else { return Ok(None) };
        let layers: Vec<_> = std::iter::once(&raw).chain(&self.above).collect();
        let mut settings = Settings::from_layers(&layers, &self.current_folder)?;
        self.run.apply(&mut settings);
        settings.file = Some(shown.to_path_buf());
        let named = register_word(&layers);
        let start = named.map_or(root, |word| word.place.root(&self.current_folder));
        let named = named.map(|word| &*word.value);
        settings.register = self.registers.get(start, named, &settings.policy.pattern, &self.current_folder);
        Ok(Some(Arc::new(settings)))
    }
}

/// The register that the strongest layer names; an empty name is none.
fn register_word<'a>(layers: &[&'a RawConfig]) -> Option<&'a Word> {
    let words = layers.iter().rev().find_map(|layer| layer.suppressions.register.as_ref());
    words.filter(|word| !word.value.is_empty())
}

fn about_file(shown: &Path, message: String) -> ConfigError {
    ConfigError { place: shown.display().to_string(), message, help: None, excerpt: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::temporary_tree as tree;
    use crate::finding::Level;

    fn resolver(folder: &Path, source: &ConfigSource, above: Vec<RawConfig>) -> Result<Resolver, ConfigError> {
        Resolver::new(folder, source, above, RunWide::default())
    }

    fn error(text: &str) -> String {
        let folder = tree(&[("loadlint.toml", text)]);
        let resolver = resolver(folder.path(), &ConfigSource::Nearest, Vec::new()).expect("nothing typed");
        resolver.for_folder(Path::new("")).expect_err("a wrong file").to_string()
    }

    #[test]
    fn the_nearest_file_counts_and_a_pyproject_without_our_table_does_not() {
        let folder = tree(&[
            ("loadlint.toml", "min-level = \"warning\""),
            ("a/pyproject.toml", "[tool.other]\nx = 1"),
            ("a/b/pyproject.toml", "[tool.loadlint]\nmin-level = \"error\""),
        ]);
        let resolver = resolver(folder.path(), &ConfigSource::Nearest, Vec::new()).expect("nothing typed");
        let level = |path: &str| resolver.for_file(Path::new(path)).expect("valid").min_level;
        assert_eq!(level("x.py"), Level::Warning);
        assert_eq!(level("a/x.py"), Level::Warning);
        assert_eq!(level("a/b/c/x.py"), Level::Error);
        assert_eq!(level("../x.py"), Level::Note);
        let own = resolver.for_folder(Path::new("a/b")).expect("valid");
        let setting = own.list().iter().find(|setting| setting.key == "min-level").expect("listed");
        assert_eq!(setting.origin, "a/b/pyproject.toml:2");
    }

    #[test]
    fn the_command_line_is_above_every_file() {
        let folder = tree(&[("loadlint.toml", "min-level = \"warning\"\nlimits.max-source-bytes = 5")]);
        let above = vec![Resolver::inline(folder.path(), "min-level = 'note'").expect("valid")];
        let resolver = resolver(folder.path(), &ConfigSource::Nearest, above).expect("valid");
        let settings = resolver.for_folder(Path::new("")).expect("valid");
        assert_eq!((settings.min_level, settings.limits.max_source_bytes), (Level::Note, 5));
    }

    #[test]
    fn mistakes_point_into_the_file_and_help() {
        assert_eq!(
            error("select = [\"LL1\"]\n\nper-file-ignore = {}\n"),
            "loadlint.toml:3:1: unknown key `per-file-ignore`\n  |\n3 | per-file-ignore = {}\n  | ^^^^^^^^^^^^^^^\n  \
             = help: did you mean `per-file-ignores`?"
        );
        assert!(
            error("select = 'LL1'").starts_with("loadlint.toml:1:10: expected a list of strings, found a string\n")
        );
        assert!(error("select = ['LL7']").starts_with("loadlint.toml:1:11: unknown rule `LL7`\n"));
        assert!(error("exclude = ['a[']").starts_with("loadlint.toml:1:12: `a[` is no valid glob: "));
        assert!(error("select = [").starts_with("loadlint.toml:1:11: no valid TOML: "));
        assert!(error("[levels]\nLL101 = 'fatal'").contains("unknown level `fatal`; there are `error`"));
        assert!(error("[limits]\nmax-source-bytes = 0").starts_with("loadlint.toml:2:20: a limit is a number from 1"));
        assert!(error("rules = ['no.toml']").contains("no.toml: there is no such file"));
        assert!(error("rules = ['no*.toml']").contains("no rule file matches `no*.toml`"));
    }

    #[test]
    fn files_add_rules_and_mistakes_in_them_point_into_them() {
        let rule = include_str!("../../rules/code/LL101.toml");
        let own = rule.replace("LL101", "XY101").replace("torch-load-unpickles", "own-load");
        let folder = tree(&[
            ("loadlint.toml", "rules = ['own/**/*.toml']\nselect = ['XY101']"),
            ("own/deep/a.toml", &own),
            ("bad/loadlint.toml", "rules = ['r.toml']"),
            ("bad/r.toml", &own.replace("own-load", "use-load")),
        ]);
        let resolver = resolver(folder.path(), &ConfigSource::Nearest, Vec::new()).expect("nothing typed");
        let settings = resolver.for_folder(Path::new("")).expect("valid");
        assert_eq!(settings.rules.iter().map(|rule| &*rule.id).collect::<Vec<_>>(), ["XY101"]);
        let error = resolver.for_folder(Path::new("bad")).expect_err("a wrong rule");
        assert!(error.place.ends_with("bad/r.toml:2:1"), "{error}");
        assert_eq!(resolver.errors(), [error]);
    }

    #[test]
    fn rules_are_ignored_for_some_files_and_levels_change() {
        let folder = tree(&[(
            "loadlint.toml",
            "[per-file-ignores]\n'tests/*' = ['LL1']\n'!src/*' = ['B614']\n[levels]\nLL = 'warning'\nLL101 = 'note'",
        )]);
        let resolver = resolver(folder.path(), &ConfigSource::Nearest, Vec::new()).expect("nothing typed");
        let settings = resolver.for_folder(Path::new("")).expect("valid");
        assert!(settings.ignored_rules(Path::new("tests/a/b.py")).contains("LL101"));
        assert!(settings.ignored_rules(Path::new("x.py")).contains("LL101"));
        assert!(settings.ignored_rules(Path::new("src/x.py")).is_empty());
        assert_eq!(settings.level("LL101"), Some(Level::Note));
        assert!(settings.excludes(Path::new("a/node_modules")) && !settings.excludes(Path::new("a/b.py")));
    }

    #[test]
    fn a_named_file_must_be_there_and_hold_our_table() {
        let folder = tree(&[("pyproject.toml", "[tool.other]")]);
        let named = |name: &str| resolver(folder.path(), &ConfigSource::File(name.into()), Vec::new());
        assert_eq!(named("no.toml").expect_err("missing").to_string(), "no.toml: there is no such file");
        let error = named("pyproject.toml").expect_err("no table").to_string();
        assert_eq!(error, "pyproject.toml: there is no table `[tool.loadlint]`");
    }
}
