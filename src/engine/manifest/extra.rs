//! What is there and not listed.

use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::FxHashSet;

use crate::artifact::{Detail, examine, format_of};
use crate::bytes::Window;
use crate::discover::Input;
use crate::disk::{self, ReadProblem, open_input};
use crate::engine::parallel::heaviest_first;
use crate::fact::artifact::Format;
use crate::limits::Limits;
use crate::manifest::create::is_model_name;
use crate::manifest::sign::ALWAYS_IGNORED;
use crate::manifest::{Form, Pins, RelativePath};

/// Whether a file is one that a manifest has to list: a model, an array, a pickle, an archive of such, or a pointer to one.
/// Configurations and templates are listed only beside them, texts and unknown bytes never.
pub fn is_listed_kind(format: Format, name: &str, content: &Window) -> bool {
    match format {
        Format::Configuration | Format::Template | Format::Text | Format::Unknown | Format::Executable => false,
        Format::LfsPointer => is_model_name(name),
        Format::Zip | Format::Tar | Format::SevenZip | Format::Compressed => holds_models(content, name),
        Format::ClosedArchive | Format::Bytecode => false,
        _ => true,
    }
}

/// Whether an archive of no kind of its own holds something that would be listed.
fn holds_models(content: &Window, name: &str) -> bool {
    let facts = examine(content, name, &Limits::default(), Detail::Inventory);
    let is_plain = |format: Format| {
        matches!(
            format,
            Format::Configuration | Format::Template | Format::LfsPointer | Format::Bytecode | Format::ClosedArchive
        )
    };
    let of_models = |format: Format| format.is_of_models() && !is_plain(format);
    of_models(facts.format) || facts.members.iter().any(|member| of_models(member.format))
}

/// Files that are there and not listed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Extra {
    /// Their paths below the root, sorted.
    pub paths: Vec<String>,
    /// What could not be looked at.
    pub problems: Vec<(PathBuf, ReadProblem)>,
}

/// What lies below `root` and is not in `pins`, by the form's own meaning: every file of a bag's `data` and of what a
/// signature covers, else every artifact among `inputs`. `own` are the manifest and its signature.
///
/// # Errors
/// If the threads cannot be started.
pub fn extra(root: &Path, pins: &Pins, inputs: &[Input], own: &[PathBuf], threads: usize) -> io::Result<Extra> {
    let listed: FxHashSet<PathBuf> = pins.pins.iter().map(|pin| root.join(pin.path.to_path())).collect();
    match pins.form {
        // A manifest of tag files says nothing of the others.
        Form::BagIt if own.iter().any(|path| is_of_tags(path)) => Ok(Extra::default()),
        Form::BagIt => Ok(files(&root.join("data"), root, &listed, &|_| false)),
        Form::ModelSigning => {
            let ignored: Vec<PathBuf> = ALWAYS_IGNORED
                .iter()
                .copied()
                .chain(pins.ignored.iter().map(String::as_str))
                .map(PathBuf::from)
                .collect();
            let skip =
                |path: &Path| ignored.iter().any(|ignored| path.starts_with(ignored)) || own.contains(&root.join(path));
            Ok(files(root, root, &listed, &skip))
        }
        Form::Loadlint | Form::Map | Form::Sha256Sums => artifacts(root, &listed, inputs, threads),
    }
}

fn is_of_tags(manifest: &Path) -> bool {
    manifest.file_name().is_some_and(|name| name.to_string_lossy().starts_with("tagmanifest-"))
}

fn files(folder: &Path, root: &Path, listed: &FxHashSet<PathBuf>, skip: &dyn Fn(&Path) -> bool) -> Extra {
    let (entries, problems) = disk::tree(folder, skip);
    let paths = entries.into_iter().map(|entry| folder.join(entry.path)).filter(|path| !listed.contains(path));
    let shown = |path: PathBuf| path.strip_prefix(root).unwrap_or(&path).display().to_string();
    Extra { paths: paths.map(shown).collect(), problems }
}

fn artifacts(root: &Path, listed: &FxHashSet<PathBuf>, inputs: &[Input], threads: usize) -> io::Result<Extra> {
    let look = |input: &Input| -> Result<Option<String>, (PathBuf, ReadProblem)> {
        // A link is told by the file it leads to, unless that is not below the root.
        let folder = input.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let problem = |problem| (input.path.clone(), problem);
        let name = input.path.file_name().unwrap_or_default();
        let whole = disk::real(folder).map_err(problem)?.join(name);
        let target = disk::real(&whole).map_err(problem)?;
        let is_listed = listed.contains(&whole) || listed.contains(&target);
        let Some(below) = whole.strip_prefix(root).ok().filter(|_| !is_listed) else { return Ok(None) };
        let open = open_input(&input.path).map_err(problem)?;
        let (window, name) = (open.window(), name.to_string_lossy());
        let format = format_of(&window, &name).map_err(|error| problem(ReadProblem::from_io(&error)))?;
        let shown = RelativePath::of(below).map_or_else(|| below.display().to_string(), |path| path.to_string());
        Ok(is_listed_kind(format, &name, &window).then_some(shown))
    };
    let mut extra = Extra::default();
    for one in heaviest_first(inputs, threads, &|_| 0, &look)? {
        match one {
            Ok(path) => extra.paths.extend(path),
            Err(problem) => extra.problems.push(problem),
        }
    }
    extra.paths.sort();
    Ok(extra)
}
