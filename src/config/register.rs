//! Where the threat register of a configuration stands, and what is in it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxHashMap;

use super::globs::absolute;
use crate::disk::{self, Ceiling, ReadProblem};
use crate::finding::{InputName, Notice, NoticeKind};
use crate::suppress::{RegisterFile, ThreatPattern};

/// Where a register is looked for, from the folder of the configuration (or the current one) up to the one that holds
/// `.git`.
pub const REGISTER_PLACES: [&str; 5] =
    ["THREATS.md", "docs/THREATS.md", "security/THREATS.md", "SECURITY/THREATS.md", ".github/THREATS.md"];
/// No register comes near.
const MAX_REGISTER: Ceiling = Ceiling { bytes: 4 << 20, key: "the ceiling for threat registers" };

/// A register, or the place where one would stand.
#[derive(Debug, Clone)]
pub struct ThreatRegister {
    /// The file, from the root.
    pub path: PathBuf,
    /// The folder that `Scope` starts in, from the root.
    pub root: PathBuf,
    /// What is in it, if it is there and can be read.
    pub file: Option<RegisterFile>,
    /// The file as it would be shown.
    pub shown: InputName,
    /// That it is there and cannot be read, or is named and not there.
    pub problem: Option<Notice>,
}

impl ThreatRegister {
    /// The file as it is shown, whether it is there or not.
    pub fn name(&self) -> InputName {
        self.file.as_ref().map_or_else(|| self.shown.clone(), |file| file.name.clone())
    }

    /// The path of a file from the folder that `Scope` starts in; `None` if it lies elsewhere. `path` is from the root.
    pub fn inside<'p>(&self, path: &'p Path) -> Option<&'p Path> {
        path.strip_prefix(&self.root).ok()
    }
}

/// What files hold that an editor has open, by their paths from the root: it counts instead of what was saved.
pub type OpenTexts = FxHashMap<PathBuf, String>;

/// Registers that were read, so that each is read once.
#[derive(Debug, Default)]
pub(super) struct Registers {
    known: Mutex<FxHashMap<(PathBuf, PathBuf, String), Arc<ThreatRegister>>>,
    open: OpenTexts,
}

impl Registers {
    pub(super) fn new(open: OpenTexts) -> Self {
        Self { open, ..Self::default() }
    }

    /// The register that is named, `named` beginning in `root`, or the one found from `root` upwards.
    pub(super) fn get(
        &self,
        root: &Path,
        named: Option<&str>,
        pattern: &ThreatPattern,
        current_folder: &Path,
    ) -> Arc<ThreatRegister> {
        let (root, path) = match named {
            Some(named) => (root.to_path_buf(), absolute(root, Path::new(named))),
            None => search(root, &self.open),
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (root.clone(), path.clone(), pattern.as_str().to_owned());
        let read = || Arc::new(self.read(root, path, named.is_some(), pattern, current_folder));
        Arc::clone(known.entry(key).or_insert_with(read))
    }

    fn read(
        &self,
        root: PathBuf,
        path: PathBuf,
        named: bool,
        pattern: &ThreatPattern,
        current_folder: &Path,
    ) -> ThreatRegister {
        let name = InputName::new(path.strip_prefix(current_folder).unwrap_or(&path));
        let unread = |kind, message: String| Some(Notice { kind, input: name.clone(), message, location: None });
        let bytes = match self.open.get(&path) {
            Some(text) => Ok(text.clone().into_bytes()),
            None => disk::read_input(&path, MAX_REGISTER),
        };
        let (file, problem) = match bytes.map(String::from_utf8) {
            Ok(Ok(text)) => {
                let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
                (Some(RegisterFile::new(name.clone(), text, pattern)), None)
            }
            Ok(Err(_)) => (None, unread(NoticeKind::Undecodable, "the threat register is not UTF-8".to_owned())),
            Err(ReadProblem::Missing) if !named => (None, None),
            Err(problem) => {
                let message = format!("the threat register cannot be read: {problem}");
                (None, unread(NoticeKind::Unreadable, message))
            }
        };
        ThreatRegister { path, root, file, shown: name, problem }
    }
}

/// The folder and the file of the nearest register; where there is none, the place for one.
fn search(start: &Path, open: &OpenTexts) -> (PathBuf, PathBuf) {
    // Above the repository, or where there is none, files belong to somebody else.
    let top = disk::repository(start).unwrap_or(start);
    for folder in start.ancestors().take_while(|folder| folder.starts_with(top)) {
        for place in REGISTER_PLACES {
            let path = folder.join(place);
            if open.contains_key(&path) || disk::is_file(&path) {
                return (folder.to_path_buf(), path);
            }
        }
    }
    (top.to_path_buf(), top.join(REGISTER_PLACES[0]))
}

impl Default for ThreatRegister {
    fn default() -> Self {
        let path = PathBuf::from(REGISTER_PLACES[0]);
        let shown = InputName::new(path.clone());
        Self { path, root: PathBuf::new(), file: None, shown, problem: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_register_is_found_up_to_the_repository_and_not_above() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let make = |name: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("writable");
            std::fs::write(path, "## T-1: a\n").expect("writable");
        };
        let none = OpenTexts::default();
        make("THREATS.md");
        make("repo/.git/HEAD");
        make("repo/a/b/x.py");
        let at = |path: &str| folder.path().join(path);
        assert_eq!(search(&at("repo/a/b"), &none), (at("repo"), at("repo/THREATS.md")));
        make("repo/security/THREATS.md");
        assert_eq!(search(&at("repo/a/b"), &none), (at("repo"), at("repo/security/THREATS.md")));
        make("repo/a/THREATS.md");
        assert_eq!(search(&at("repo/a/b"), &none), (at("repo/a"), at("repo/a/THREATS.md")));
        assert_eq!(search(&at("elsewhere"), &none), (at("elsewhere"), at("elsewhere/THREATS.md")));
    }

    #[test]
    fn an_open_register_counts_instead_of_the_saved_one_and_where_there_is_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("THREATS.md");
        let open = OpenTexts::from_iter([(path.clone(), "## T-9: open\n".to_owned())]);
        let ids = |open: &OpenTexts| {
            let registers = Registers::new(open.clone());
            let register = registers.get(folder.path(), None, &ThreatPattern::default(), folder.path());
            let entries = register.file.iter().flat_map(|file| &file.register.entries);
            entries.map(|entry| entry.id.to_string()).collect::<Vec<_>>()
        };
        assert_eq!((ids(&OpenTexts::default()), ids(&open)), (vec![], vec!["T-9".to_owned()]));
        std::fs::write(&path, "## T-1: saved\n").expect("writable");
        assert_eq!((ids(&OpenTexts::default()), ids(&open)), (vec!["T-1".to_owned()], vec!["T-9".to_owned()]));
    }

    #[test]
    fn a_register_that_is_named_and_not_there_is_told() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let get = |named| Registers::default().get(folder.path(), named, &ThreatPattern::default(), folder.path());
        assert_eq!(get(None).problem, None);
        let message = get(Some("sec/THREATS.md")).problem.clone().map(|notice| notice.message);
        assert_eq!(message.as_deref(), Some("the threat register cannot be read: there is no such file"));
        std::fs::write(folder.path().join("THREATS.md"), b"\xff\xfe").expect("writable");
        assert!(get(None).problem.is_some() && get(None).file.is_none());
    }
}
