//! `loadlint manifest create`.

use std::env;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use rustc_hash::FxHashSet;

use super::args::{CreateArguments, ManifestFormat};
use super::progress::Bar;
use super::tell::{tell_created, tell_listing};
use super::{folder_of, most, real, signature_beside};
use crate::cli::Exit;
use crate::cli::held::cache;
use crate::cli::inputs::{find, silently};
use crate::cli::outcome::write;
use crate::cli::settings::{create_resolver, current_folder};
use crate::config::Settings;
use crate::discover::{Discovery, Wanted};
use crate::disk::{self, read_input, write_whole};
use crate::engine::manifest::{Listing, Wish, list};
use crate::manifest::cache::Cache;
use crate::manifest::create::{BagFiles, Changes, bag, bom, manifest, sums};
use crate::manifest::git::checkout;
use crate::manifest::{Artifact, Manifest, RelativePath, read};
use crate::report::Colour;
use crate::suppress::Date;

/// What is asked for, made sense of.
struct Order<'a> {
    arguments: &'a CreateArguments,
    paths: Vec<PathBuf>,
    /// `None` for standard output, and for a bag, whose files have their names.
    output: Option<PathBuf>,
    /// The manifest's folder, without links.
    root: PathBuf,
}

pub(super) fn create(arguments: &CreateArguments) -> anyhow::Result<Exit> {
    let folder = current_folder()?;
    let resolver = create_resolver(&folder, arguments)?;
    let common = resolver.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
    let order = order(arguments)?;
    let older = older(&order, &common)?;
    let mut discovery = find(&order.paths, Wanted::Artifacts, arguments.run.threads, &resolver, &common);
    // What is written must not list itself, nor what is written beside it.
    let own = own_files(&order);
    discovery.inputs.retain(|input| !disk::real(&input.path).is_ok_and(|path| own.contains(&path)));
    let cache = if arguments.no_cache { Cache::none() } else { cache() };
    let mut listing = listing(&order, &discovery, &cache)?;
    // Without it the next run is slower, and no different.
    let _ = cache.save();
    listing.notices.append(&mut discovery.notices);
    let (when, day) = now()?;
    let keeps = keeps(&order, &listing);
    let revision = checkout(&order.root).revision;
    let listed = std::mem::take(&mut listing.listed);
    let (manifest, changes) = manifest(listed, older.as_ref(), &keeps, Some(when), revision);
    put(&order, &manifest, &day)?;
    tell_listing(&listing);
    if !arguments.run.quiet {
        tell_created(&where_to(&order), &manifest, &changes, older.is_some());
    }
    Ok(if listing.notices.is_empty() { Exit::Clean } else { Exit::Failed })
}

fn order(arguments: &CreateArguments) -> anyhow::Result<Order<'_>> {
    let here = || vec![PathBuf::from(".")];
    let paths = if arguments.paths.is_empty() { here() } else { arguments.paths.clone() };
    if arguments.format == ManifestFormat::Bagit {
        let [bag] = paths.as_slice() else { bail!("a bag is one folder, with the folder `data` in it") };
        if arguments.output.is_some() {
            bail!("the files of a bag have their names: `--output` is for other formats");
        }
        let data = bag.join("data");
        if !disk::is_folder(&data) {
            bail!("{} is no folder; a bag has its files there", data.display());
        }
        return Ok(Order { arguments, root: real(bag)?, paths: vec![data], output: None });
    }
    let name = match arguments.format {
        ManifestFormat::Json | ManifestFormat::Bagit => crate::config::MANIFEST,
        ManifestFormat::Sha256sums => "SHA256SUMS",
        ManifestFormat::Cyclonedx => "bom.cdx.json",
    };
    let output = arguments.output.clone().unwrap_or_else(|| PathBuf::from(name));
    let is_stream = output.as_os_str() == "-";
    let root = real(if is_stream { Path::new(".") } else { folder_of(&output) })?;
    Ok(Order { arguments, paths, root, output: (!is_stream).then_some(output) })
}

/// The manifest that is there; it is not written over unless that is asked for.
fn older(order: &Order<'_>, settings: &Settings) -> anyhow::Result<Option<Manifest>> {
    let Some(path) = order.output.as_deref().filter(|path| disk::is_there(path)) else { return Ok(None) };
    if !order.arguments.update {
        bail!("{} is there already; `--update` brings it up to date", path.display());
    }
    if order.arguments.format != ManifestFormat::Json {
        return Ok(None);
    }
    let bytes = read_input(path, most(&settings.limits)).with_context(|| format!("cannot read {}", path.display()))?;
    let pins = read(crate::config::MANIFEST, &String::from_utf8_lossy(&bytes));
    let pins = pins.with_context(|| format!("cannot update {}", path.display()))?;
    if let Some(fault) = pins.faults.first() {
        bail!("cannot update {}: the entry `{}`: {}", path.display(), fault.entry, fault.message);
    }
    match pins.manifest {
        Some(manifest) => Ok(Some(manifest)),
        None => bail!("cannot update {}: it has another form than the one that is written", path.display()),
    }
}

/// Files that are the manifest's own.
fn own_files(order: &Order<'_>) -> Vec<PathBuf> {
    let Some(output) = &order.output else { return Vec::new() };
    let name = output.file_name().unwrap_or_default();
    let whole = order.root.join(name);
    vec![signature_beside(&whole), whole]
}

fn listing(order: &Order<'_>, discovery: &Discovery, cache: &Cache) -> anyhow::Result<Listing> {
    let arguments = order.arguments;
    let named: FxHashSet<PathBuf> = order.paths.iter().filter(|path| !disk::is_folder(path)).cloned().collect();
    let checkout = checkout(&order.root);
    let wish = Wish {
        root: &order.root,
        inputs: &discovery.inputs,
        named: &named,
        all: arguments.format == ManifestFormat::Bagit,
        links_inside: arguments.follow_links,
        checkout: &checkout,
    };
    let bar = Bar::new(&arguments.run);
    let listing = silently(|| list(&wish, cache, arguments.run.threads, &|heard| bar.hear(heard)));
    bar.finish();
    listing.context("the threads cannot be started")
}

/// Which entries stay: of files that were not asked for, and of files that are there and could not be read.
fn keeps(order: &Order<'_>, listing: &Listing) -> impl Fn(&Artifact) -> bool + use<> {
    let asked: Vec<PathBuf> =
        order.paths.iter().map(|path| disk::real(path).unwrap_or_else(|_| path.clone())).collect();
    let gaps = listing.notices.iter().filter_map(|notice| disk::real(notice.input.path()).ok());
    let gaps: FxHashSet<PathBuf> = gaps.collect();
    let root = order.root.clone();
    move |artifact| {
        let Ok(path) = RelativePath::new(&artifact.path) else { return false };
        let whole = root.join(path.to_path());
        !asked.iter().any(|asked| whole.starts_with(asked)) || gaps.contains(&whole)
    }
}

/// The date that is written, and its day.
fn now() -> anyhow::Result<(String, String)> {
    let since_epoch = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let seconds = match env::var("SOURCE_DATE_EPOCH") {
        Ok(text) => text.trim().parse().ok().context("SOURCE_DATE_EPOCH is no number of seconds")?,
        Err(_) => since_epoch(),
    };
    Ok(date_and_time(seconds))
}

fn date_and_time(seconds: u64) -> (String, String) {
    let day = Date::from_unix_days(u32::try_from(seconds / 86_400).unwrap_or(u32::MAX)).to_string();
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    (format!("{day}T{hour:02}:{minute:02}:{second:02}Z"), day)
}

fn put(order: &Order<'_>, manifest: &Manifest, day: &str) -> anyhow::Result<()> {
    let text = match order.arguments.format {
        ManifestFormat::Json => manifest.to_text(),
        ManifestFormat::Sha256sums => sums(manifest),
        ManifestFormat::Cyclonedx => bom(manifest),
        ManifestFormat::Bagit => return put_bag(order, &bag(manifest, Some(day))),
    };
    match &order.output {
        // What did not change keeps its time, too.
        Some(path) if is_same(path, text.as_bytes()) => Ok(()),
        output => write(output.as_deref(), text.as_bytes(), Colour::Off),
    }
}

fn is_same(path: &Path, text: &[u8]) -> bool {
    let ceiling = disk::Ceiling { bytes: text.len() as u64, key: "its size" };
    read_input(path, ceiling).is_ok_and(|there| there == text)
}

fn put_bag(order: &Order<'_>, files: &BagFiles) -> anyhow::Result<()> {
    if !order.arguments.update
        && let Some((name, _)) = files.iter().find(|(name, _)| disk::is_there(&order.root.join(name)))
    {
        bail!("{} is there already; `--update` brings the bag up to date", order.root.join(name).display());
    }
    for (name, text) in files {
        let path = order.root.join(name);
        write_whole(&path, text.as_bytes()).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// What the user is told was written.
fn where_to(order: &Order<'_>) -> String {
    match (&order.output, order.arguments.format) {
        (Some(path), _) => path.display().to_string(),
        (None, ManifestFormat::Bagit) => order.root.join("manifest-sha256.txt").display().to_string(),
        (None, _) => "standard output".to_owned(),
    }
}

/// How an update went, for tests of the words.
pub(super) fn counted(changes: &Changes) -> String {
    let (added, changed, removed) = (changes.added.len(), changes.changed.len(), changes.removed.len());
    format!("{added} added, {changed} changed, {removed} removed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_a_date_in_utc() {
        assert_eq!(date_and_time(0).0, "1970-01-01T00:00:00Z");
        assert_eq!(date_and_time(1_700_000_000), ("2023-11-14T22:13:20Z".to_owned(), "2023-11-14".to_owned()));
    }
}
