//! Which manifests a run of `check` is held against, and where digests of earlier runs are kept.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::config::{MANIFEST, Resolver, Settings, absolute};
use crate::disk;
use crate::engine::manifest::{Held, ManifestFile};
use crate::engine::run::Task;
use crate::manifest::cache::Cache;

/// The manifests that say something of what is checked: those that are configured, else `MANIFEST.json` in a folder that
/// was named, in the current folder, in what lies between, and above the current folder up to the root of the repository.
pub(super) fn held(
    paths: &[PathBuf],
    folder: &Path,
    resolver: &Resolver,
    tasks: &[Task],
    common: &Arc<Settings>,
) -> Held {
    let mut files: Vec<ManifestFile> = Vec::new();
    let mut add = |path: PathBuf, is_configured: bool, settings: &Arc<Settings>| {
        if !path.as_os_str().is_empty() && !files.iter().any(|file| file.path == path) {
            files.push(ManifestFile { path, is_configured, settings: Arc::clone(settings) });
        }
    };
    let all = super::check::distinct(tasks.iter().map(|task| &task.settings).chain([common]).cloned().collect());
    for settings in &all {
        if let Some(path) = settings.manifest() {
            add(shown(folder, path), true, settings);
        }
    }
    for path in folders(paths, folder).into_iter().map(|folder| folder.join(MANIFEST)) {
        if !disk::is_file(&path) {
            continue;
        }
        // A configuration with a mistake has ended the run before.
        if let Ok(settings) = resolver.for_file(&path)
            && settings.manifest().is_none()
        {
            add(shown(folder, &path), false, &settings);
        }
    }
    let roots = paths.iter().filter_map(|path| disk::real(path).ok()).collect();
    Held { files, roots, cache: Cache::none(), threads: 0 }
}

/// As the user would write it.
fn shown(folder: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(folder).unwrap_or(path).to_path_buf()
}

/// Where a manifest may lie without being configured, outermost first.
fn folders(paths: &[PathBuf], current: &Path) -> Vec<PathBuf> {
    // Above the repository, or where there is none, files belong to somebody else.
    let top = disk::repository(current).unwrap_or(current);
    let above = current.ancestors().take_while(|folder| folder.starts_with(top));
    let mut folders: Vec<_> = above.map(Path::to_path_buf).collect();
    for path in paths {
        let path = absolute(current, path);
        let between = path.ancestors().take_while(|folder| folder.starts_with(current)).map(Path::to_path_buf);
        folders.extend(between.chain([path.clone()]));
    }
    folders.retain(|folder| disk::is_folder(folder));
    folders.sort();
    folders.dedup();
    folders
}

/// The user's cache of digests; one that keeps nothing if there is no place for it.
pub(super) fn cache() -> Cache {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    match cache_folder() {
        Some(folder) => Cache::open(&folder.join("digests.json"), i128::try_from(now).unwrap_or(i128::MAX)),
        None => Cache::none(),
    }
}

fn cache_folder() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let below_home = |part: &str| variable("HOME").map(|home| home.join(part));
    let cache = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        below_home("Library/Caches")
    } else {
        variable("XDG_CACHE_HOME").or_else(|| below_home(".cache"))
    };
    variable("LOADLINT_CACHE_DIR")
        .or_else(|| cache.map(|cache| cache.join("loadlint")))
        .filter(|path| path.is_absolute())
}
