//! What a manifest is to list: artifacts, found by content; what lies beside them and belongs to them; and whatever the user
//! named.

use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use super::extra::is_listed_kind;
use super::stand::{Heard, Progress};
use crate::artifact::{LfsPointer, format_of};
use crate::discover::Input;
use crate::disk::{self, Ceiling, ReadProblem, Standing, open_input, read_input};
use crate::engine::parallel::heaviest_first;
use crate::fact::artifact::Format;
use crate::finding::{Notice, NoticeKind};
use crate::manifest::cache::Cache;
use crate::manifest::create::{LFS_POINTER, Listed, hub_source, is_companion, is_manifest_name, is_model_name};
use crate::manifest::git::Checkout;
use crate::manifest::{RelativePath, Source};

/// What the user wants listed.
pub struct Wish<'w> {
    /// The manifest's folder, without links.
    pub root: &'w Path,
    /// All files below what was named.
    pub inputs: &'w [Input],
    /// Files that are listed whatever they are.
    pub named: &'w FxHashSet<PathBuf>,
    /// Whether every file is listed, as a bag needs it.
    pub all: bool,
    /// Whether a symbolic link to a file below the root is listed like a file.
    pub links_inside: bool,
    /// The checkout the root lies in.
    pub checkout: &'w Checkout,
}

/// What is to be listed, and what could not be.
#[derive(Debug, Default)]
pub struct Listing {
    /// Sorted by path.
    pub listed: Vec<Listed>,
    /// What could not be read or named.
    pub notices: Vec<Notice>,
    /// Symbolic links that were left out.
    pub links: Vec<String>,
}

/// A file on the way to be listed.
struct Candidate<'i> {
    input: &'i Input,
    relative: RelativePath,
    /// Without links.
    real: PathBuf,
    bytes: u64,
    format: Format,
    rank: Rank,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rank {
    Listed,
    /// Listed where something else is.
    Companion,
    Not,
}

enum Looked<'i> {
    Candidate(Candidate<'i>),
    Notice(Notice),
    Link(String),
    Nothing,
}

fn notice(input: &Input, kind: NoticeKind, message: String) -> Notice {
    Notice { kind, input: input.name.clone(), message, location: None }
}

fn unreadable(input: &Input, problem: &ReadProblem) -> Notice {
    let kind = if *problem == ReadProblem::Changed { NoticeKind::Changed } else { NoticeKind::Unreadable };
    notice(input, kind, format!("cannot be listed: {problem}"))
}

/// Looks at all inputs and hashes those that are to be listed.
///
/// # Errors
/// If the threads cannot be started.
pub fn list(wish: &Wish<'_>, cache: &Cache, threads: usize, progress: Progress<'_>) -> io::Result<Listing> {
    let mut listing = Listing::default();
    let folders = folders(wish.inputs);
    let looked = heaviest_first(wish.inputs, threads, &|_| 0, &|input| look(wish, input, &folders))?;
    let mut candidates = Vec::new();
    for one in looked {
        match one {
            Looked::Candidate(candidate) => candidates.push(candidate),
            Looked::Notice(notice) => listing.notices.push(notice),
            Looked::Link(link) => listing.links.push(link),
            Looked::Nothing => {}
        }
    }
    keep_companions_of_listed(&mut candidates);
    progress(Heard::Total(candidates.len() as u64, candidates.iter().map(|one| one.bytes).sum()));
    let hashed = heaviest_first(&candidates, threads, &|one| one.bytes, &|one| {
        let listed = entry(wish, one, cache, &|bytes| progress(Heard::Bytes(bytes)));
        progress(Heard::File);
        listed
    })?;
    for one in hashed {
        match one {
            Ok(listed) => listing.listed.push(listed),
            Err(notice) => listing.notices.push(*notice),
        }
    }
    listing.listed.sort_by(|a, b| a.path.cmp(&b.path));
    listing.listed.dedup_by(|a, b| a.path == b.path);
    Ok(listing)
}

/// The folders of the inputs without links, each asked for once.
fn folders(inputs: &[Input]) -> FxHashMap<PathBuf, PathBuf> {
    let mut folders = FxHashMap::default();
    for input in inputs {
        let folder = folder(&input.path);
        if !folders.contains_key(folder) {
            folders.insert(folder.to_path_buf(), disk::real(folder).unwrap_or_else(|_| folder.to_path_buf()));
        }
    }
    folders
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn look<'i>(wish: &Wish<'_>, input: &'i Input, folders: &FxHashMap<PathBuf, PathBuf>) -> Looked<'i> {
    let name = input.path.file_name().unwrap_or_default();
    let whole = folders.get(folder(&input.path)).map_or_else(|| input.path.clone(), |folder| folder.join(name));
    let is_named = wish.named.contains(&input.path);
    let Ok(below) = whole.strip_prefix(wish.root) else {
        let message = format!("lies outside of {}, the manifest's folder", wish.root.display());
        return Looked::Notice(notice(input, NoticeKind::NothingToCheck, message));
    };
    let real = match disk::standing(wish.root, below) {
        Standing::File(_) => whole.clone(),
        Standing::Link { file: Some(file), .. } if wish.links_inside && file.starts_with(wish.root) => file,
        Standing::Link { file, .. } => return link(wish, input, below, file.as_deref(), is_named),
        Standing::Not(problem) => return Looked::Notice(unreadable(input, &problem)),
    };
    let (format, bytes, rank) = match rank(wish, &real, name, is_named) {
        Ok((_, _, Rank::Not)) => return Looked::Nothing,
        Ok(ranked) => ranked,
        Err(problem) => return Looked::Notice(unreadable(input, &problem)),
    };
    match RelativePath::of(below) {
        Some(relative) => Looked::Candidate(Candidate { input, relative, real, bytes, format, rank }),
        None => {
            let message = "cannot be listed: its name is not UTF-8, or not one that every system takes".to_owned();
            Looked::Notice(notice(input, NoticeKind::Unreadable, message))
        }
    }
}

/// A link is left out, which is said; where it leads out of the folder nothing below stands for it.
fn link<'i>(wish: &Wish<'_>, input: &'i Input, below: &Path, file: Option<&Path>, is_named: bool) -> Looked<'i> {
    let Some(file) = file else { return Looked::Nothing };
    let name = file.file_name().unwrap_or_default();
    let is_artifact = is_named || rank(wish, file, name, false).is_ok_and(|(_, _, rank)| rank == Rank::Listed);
    if !is_artifact {
        return Looked::Nothing;
    }
    if file.starts_with(wish.root) {
        return Looked::Link(below.display().to_string());
    }
    let message = "cannot be listed: it is a symbolic link out of the manifest's folder".to_owned();
    Looked::Notice(notice(input, NoticeKind::Unreadable, message))
}

fn rank(
    wish: &Wish<'_>,
    path: &Path,
    name: &std::ffi::OsStr,
    is_named: bool,
) -> Result<(Format, u64, Rank), ReadProblem> {
    let open = open_input(path)?;
    let (window, name) = (open.window(), name.to_string_lossy());
    let format = format_of(&window, &name).map_err(|error| ReadProblem::from_io(&error))?;
    let bytes = window.len();
    let rank = if is_named || wish.all || is_listed_kind(format, &name, &window) {
        Rank::Listed
    } else if (matches!(format, Format::Configuration | Format::Template) || is_companion(&name))
        && !is_manifest_name(&name)
    {
        Rank::Companion
    } else {
        Rank::Not
    };
    Ok((format, bytes, rank))
}

/// A configuration or a vocabulary is listed where weights lie beside it.
fn keep_companions_of_listed(candidates: &mut Vec<Candidate<'_>>) {
    let folder =
        |one: &Candidate<'_>| one.relative.as_str().rsplit_once('/').map_or("", |(folder, _)| folder).to_owned();
    let listed: FxHashSet<String> = candidates.iter().filter(|one| one.rank == Rank::Listed).map(folder).collect();
    candidates.retain(|one| one.rank == Rank::Listed || listed.contains(&folder(one)));
}

fn entry(wish: &Wish<'_>, one: &Candidate<'_>, cache: &Cache, heard: &dyn Fn(u64)) -> Result<Listed, Box<Notice>> {
    let failed = |problem: ReadProblem| Box::new(unreadable(one.input, &problem));
    let path = one.relative.clone();
    if one.format == Format::LfsPointer && is_model_name(path.name()) {
        let ceiling = Ceiling { bytes: LfsPointer::MOST_BYTES, key: "the size of a pointer" };
        let text = read_input(&one.real, ceiling).map_err(failed)?;
        let pointer = LfsPointer::parse(&text).and_then(|pointer| Some((pointer.sha256.parse().ok()?, pointer.bytes)));
        if let Some((sha256, bytes)) = pointer {
            let Checkout { origin, revision } = wish.checkout;
            let source = origin.clone().map(|repository| Source { repository, revision: revision.clone() });
            return Ok(Listed { path, sha256, bytes, format: LFS_POINTER.to_owned(), source });
        }
    }
    let stamp = disk::stamp(&one.real).map_err(failed)?;
    let sha256 = cache.hash(&one.real, stamp, heard).map_err(failed)?;
    let whole = wish.root.join(path.to_path());
    Ok(Listed { path, sha256, bytes: stamp.bytes, format: one.format.as_str().to_owned(), source: hub_source(&whole) })
}
