//! The walk. Folders are walked in parallel by the `ignore` crate; what it finds is sorted afterwards.

use std::ffi::OsStr;
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;

use ignore::{DirEntry, WalkBuilder, WalkState};
use rustc_hash::FxHashSet;

use super::{Discovery, Input, InputKind};
use crate::finding::{InputName, Notice, NoticeKind};

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// Python by name, everything else by content.
    CodeAndArtifacts,
    /// Everything by content.
    Artifacts,
}

/// What a walk looks for and leaves out.
pub struct WalkOptions<'a> {
    /// What is looked for.
    pub wanted: Wanted,
    /// Whether `.gitignore`, `.ignore` and git's other ignore files count; as everywhere, `.gitignore` counts only
    /// inside a git repository.
    pub respect_gitignore: bool,
    /// Whether `excluded` also holds for what the user named.
    pub force_exclude: bool,
    /// Whether a path found below a named folder is left out; asked for folders and files.
    pub excluded: &'a (dyn Fn(&Path) -> bool + Sync),
    /// How many walk at once; 0: one for each processor.
    pub workers: usize,
}

enum Found {
    Input(Input),
    Notice(Notice),
}

/// Finds every file to check below `paths`.
pub fn discover(paths: &[PathBuf], options: &WalkOptions<'_>) -> Discovery {
    let mut discovery = Discovery::default();
    for path in paths {
        if options.force_exclude && path.ancestors().any(|part| is_named(part) && (options.excluded)(part)) {
            continue;
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => walk(path, options, &mut discovery),
            // A pipe or device is told by the reader, which knows not to wait for it.
            Ok(metadata) => {
                let kind = match options.wanted {
                    Wanted::CodeAndArtifacts if metadata.is_file() => InputKind::of_named_file(path),
                    Wanted::CodeAndArtifacts => InputKind::Module,
                    Wanted::Artifacts => InputKind::Artifact,
                };
                discovery.inputs.push(Input { name: InputName::new(path), path: path.clone(), kind });
            }
            Err(error) => discovery.notices.push(unreadable(path, &wording(path, &error))),
        }
    }
    discovery.inputs.sort_unstable();
    keep_each_file_once(&mut discovery.inputs);
    discovery.notices.sort_by(|a, b| (&a.input, &a.message).cmp(&(&b.input, &b.message)));
    discovery.notices.dedup();
    discovery
}

fn is_named(part: &Path) -> bool {
    part.file_name().is_some()
}

fn walk(root: &Path, options: &WalkOptions<'_>, discovery: &mut Discovery) {
    let before = discovery.inputs.len() + discovery.notices.len();
    for found in find(root, options) {
        match found {
            Found::Input(input) => discovery.inputs.push(input),
            Found::Notice(notice) => discovery.notices.push(notice),
        }
    }
    if discovery.inputs.len() + discovery.notices.len() == before {
        discovery.empty.push(root.to_path_buf());
    }
}

fn find(root: &Path, options: &WalkOptions<'_>) -> Vec<Found> {
    /// So few files that there is nothing to share.
    const FEW: usize = 64;
    let flat = flat_files(root, if options.respect_gitignore { FEW } else { usize::MAX });
    if !options.respect_gitignore
        && let Some(files) = &flat
    {
        let wanted = files.iter().filter(|(path, _)| !(options.excluded)(path));
        return wanted.filter_map(|(path, kind)| input(path, *kind, options.wanted).map(Found::Input)).collect();
    }
    let mut builder = WalkBuilder::new(root);
    builder.standard_filters(options.respect_gitignore).hidden(false).follow_links(false).threads(options.workers);
    if flat.is_some() { one_by_one(root, &builder, options) } else { at_once(root, &builder, options) }
}

/// Walks on this thread: starting others would take longer.
fn one_by_one(root: &Path, builder: &WalkBuilder, options: &WalkOptions<'_>) -> Vec<Found> {
    // An excluded folder cannot be left out as a whole here, so what is in it is asked for it.
    let excluded = |entry: &DirEntry| entry.path().ancestors().take(entry.depth()).any(options.excluded);
    let entries = builder.build().filter(|entry| !entry.as_ref().is_ok_and(excluded));
    entries.filter_map(|entry| found(root, &entry, options)).collect()
}

/// Walks on many threads.
fn at_once(root: &Path, builder: &WalkBuilder, options: &WalkOptions<'_>) -> Vec<Found> {
    let (sender, receiver) = mpsc::channel();
    builder.build_parallel().run(|| {
        let sender = sender.clone();
        Box::new(move |entry| {
            if entry.as_ref().is_ok_and(|entry| entry.depth() > 0 && (options.excluded)(entry.path())) {
                return WalkState::Skip;
            }
            if let Some(found) = found(root, &entry, options) {
                // The receiver lives until all workers have ended.
                let _ = sender.send(found);
            }
            WalkState::Continue
        })
    });
    drop(sender);
    receiver.into_iter().collect()
}

fn found(root: &Path, entry: &Result<DirEntry, ignore::Error>, options: &WalkOptions<'_>) -> Option<Found> {
    match entry {
        Ok(entry) => input(entry.path(), entry.file_type()?, options.wanted).map(Found::Input),
        Err(error) => Some(Found::Notice(walk_notice(root, error))),
    }
}

/// What is in a folder that has no folders and at most so many files; `None` for any other.
fn flat_files(folder: &Path, most: usize) -> Option<Vec<(PathBuf, FileType)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).ok()? {
        let entry = entry.ok()?;
        let kind = entry.file_type().ok()?;
        if kind.is_dir() || files.len() == most {
            return None;
        }
        files.push((entry.path(), kind));
    }
    Some(files)
}

fn input(path: &Path, kind: FileType, wanted: Wanted) -> Option<Input> {
    let is_file = kind.is_file() || (kind.is_symlink() && path.is_file());
    // A pipe named like a module is an input: that it cannot be read must be said.
    let is_special = !is_file && !kind.is_dir() && !kind.is_symlink();
    let kind = match wanted {
        Wanted::CodeAndArtifacts if is_file => Some(InputKind::of_file(path)),
        Wanted::CodeAndArtifacts if is_special => InputKind::by_name(path),
        Wanted::Artifacts if is_file || is_special => Some(InputKind::Artifact),
        Wanted::CodeAndArtifacts | Wanted::Artifacts => None,
    };
    Some(Input { name: InputName::new(path), path: path.to_path_buf(), kind: kind? })
}

fn walk_notice(root: &Path, error: &ignore::Error) -> Notice {
    let path = error_path(error).unwrap_or(root);
    let message = error.io_error().map_or_else(|| error.to_string(), |error| wording(path, error));
    unreadable(path, &message)
}

fn error_path(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => error_path(err),
        ignore::Error::Loop { child, .. } => Some(child),
        ignore::Error::Partial(errors) => errors.iter().find_map(error_path),
        ignore::Error::Io(_)
        | ignore::Error::Glob { .. }
        | ignore::Error::UnrecognizedFileType(_)
        | ignore::Error::InvalidDefinition => None,
    }
}

fn unreadable(path: &Path, message: &str) -> Notice {
    Notice {
        kind: NoticeKind::Unreadable,
        input: InputName::new(path),
        message: format!("cannot be read: {message}"),
        location: None,
    }
}

fn wording(path: &Path, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound if path.is_symlink() => "the symbolic link points to nothing".to_owned(),
        io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ if path.is_symlink() => "the symbolic link leads to itself".to_owned(),
        _ => error.to_string(),
    }
}

/// Two names of one file are one input: `a.py ./a.py`, or `. src`. A symbolic link is a file of its own.
fn keep_each_file_once(inputs: &mut Vec<Input>) {
    inputs.dedup_by(|a, b| a.path == b.path);
    let mut folders = rustc_hash::FxHashMap::<PathBuf, PathBuf>::default();
    let mut seen = FxHashSet::<PathBuf>::default();
    inputs.retain(|input| {
        let folder = input.path.parent().filter(|folder| *folder != OsStr::new("")).unwrap_or(Path::new("."));
        let real = match folders.get(folder) {
            Some(real) => real,
            None => {
                let real = folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf());
                folders.entry(folder.to_path_buf()).or_insert(real)
            }
        };
        seen.insert(input.path.file_name().map_or_else(|| input.path.clone(), |name| real.join(name)))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::temporary_tree as tree;

    fn options<'a>(excluded: &'a (dyn Fn(&Path) -> bool + Sync)) -> WalkOptions<'a> {
        WalkOptions {
            wanted: Wanted::CodeAndArtifacts,
            respect_gitignore: true,
            force_exclude: false,
            excluded,
            workers: 2,
        }
    }

    fn names(folder: &Path, discovery: &Discovery) -> Vec<String> {
        let short = |input: &Input| input.path.strip_prefix(folder).expect("below").display().to_string();
        discovery.inputs.iter().map(short).collect()
    }

    #[test]
    fn python_is_found_by_extension_and_first_line_in_sorted_order() {
        let folder = tree(&[
            ("b.py", ""),
            ("a/z.ipynb", "{}"),
            ("tool", "#!/usr/bin/env python3\n"),
            ("other", "#!/bin/sh\n"),
            ("c.txt", ""),
            (".hidden/h.pyi", ""),
        ]);
        let mut discovery = discover(&[folder.path().to_path_buf()], &options(&|_| false));
        assert_eq!(discovery.inputs[0].kind, InputKind::Stub);
        let all = [".hidden/h.pyi", "a/z.ipynb", "b.py", "c.txt", "other", "tool"];
        assert_eq!(names(folder.path(), &discovery), all);
        discovery.inputs.retain(|input| input.kind != InputKind::Artifact);
        assert_eq!(names(folder.path(), &discovery), [".hidden/h.pyi", "a/z.ipynb", "b.py", "other", "tool"]);
        assert_eq!(discovery.inputs[3].kind, InputKind::Script(crate::fact::ScriptKind::Shell));
        let artifacts = WalkOptions { wanted: Wanted::Artifacts, ..options(&|_| false) };
        let discovery = discover(&[folder.path().to_path_buf()], &artifacts);
        assert_eq!(names(folder.path(), &discovery), all);
        assert!(discovery.inputs.iter().all(|input| input.kind == InputKind::Artifact));
    }

    #[test]
    fn git_ignore_counts_inside_a_repository_and_not_for_named_files() {
        let folder = tree(&[(".git/HEAD", ""), (".gitignore", "gen/\n"), ("gen/x.py", ""), ("y.py", "")]);
        let root = folder.path().to_path_buf();
        let no_git = |path: &Path| path.ends_with(".git") || path.ends_with(".gitignore");
        assert_eq!(names(&root, &discover(std::slice::from_ref(&root), &options(&no_git))), ["y.py"]);
        let named = discover(&[root.join("gen/x.py")], &options(&no_git));
        assert_eq!(names(&root, &named), ["gen/x.py"]);
        let all = WalkOptions { respect_gitignore: false, ..options(&no_git) };
        assert_eq!(names(&root, &discover(std::slice::from_ref(&root), &all)), ["gen/x.py", "y.py"]);
    }

    #[test]
    fn an_excluded_folder_is_left_out_unless_named_and_named_too_by_force() {
        let folder = tree(&[("build/x.py", ""), ("y.py", "")]);
        let root = folder.path().to_path_buf();
        let excluded = |path: &Path| path.ends_with("build");
        assert_eq!(names(&root, &discover(std::slice::from_ref(&root), &options(&excluded))), ["y.py"]);
        let named = [root.join("build"), root.join("build/x.py")];
        assert_eq!(names(&root, &discover(&named, &options(&excluded))), ["build/x.py"]);
        let forced = WalkOptions { force_exclude: true, ..options(&excluded) };
        assert!(discover(&named, &forced).inputs.is_empty());
    }

    #[test]
    fn a_file_named_in_several_ways_is_one_input() {
        let folder = tree(&[("sub/a.py", "")]);
        let root = folder.path();
        let paths = [root.join("sub/a.py"), root.join("sub/../sub/a.py"), root.to_path_buf(), root.join("sub")];
        assert_eq!(discover(&paths, &options(&|_| false)).inputs.len(), 1);
    }

    #[test]
    fn a_missing_path_is_a_notice_and_an_empty_folder_is_said() {
        let folder = tree(&[]);
        let discovery = discover(&[folder.path().join("no"), folder.path().to_path_buf()], &options(&|_| false));
        assert_eq!(discovery.notices.len(), 1);
        assert_eq!(discovery.notices[0].message, "cannot be read: there is no such file or folder");
        assert_eq!(discovery.empty, [folder.path()]);
    }

    #[cfg(unix)]
    #[test]
    fn links_to_files_count_and_links_to_folders_are_not_followed() {
        use std::os::unix::fs::symlink;
        let folder = tree(&[("real/a.py", "")]);
        let root = folder.path();
        symlink("real/a.py", root.join("link.py")).expect("links can be made");
        symlink("..", root.join("real/up")).expect("links can be made");
        symlink("nowhere", root.join("broken.py")).expect("links can be made");
        symlink("loop.py", root.join("loop.py")).expect("links can be made");
        let discovery = discover(&[root.to_path_buf()], &options(&|_| false));
        assert_eq!(names(root, &discovery), ["link.py", "real/a.py"]);
        assert!(discovery.notices.is_empty());
        let named = discover(&[root.join("broken.py"), root.join("loop.py")], &options(&|_| false));
        let messages: Vec<_> = named.notices.iter().map(|notice| notice.message.as_str()).collect();
        assert_eq!(
            messages,
            [
                "cannot be read: the symbolic link points to nothing",
                "cannot be read: the symbolic link leads to itself"
            ]
        );
    }
}
