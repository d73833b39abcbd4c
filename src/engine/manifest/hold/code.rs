//! Loads in code against the manifest.

use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Context;
use crate::disk;
use crate::finding::{Finding, FlowStep, InputOutcome, Level, Load};
use crate::manifest::{Pin, RelativePath};
use crate::rules::ManifestKind;

/// The listed paths that some code names.
pub(super) fn paths(context: &Context<'_>, outcomes: &[InputOutcome]) -> FxHashSet<String> {
    let mut named = FxHashSet::default();
    if outcomes.iter().all(|outcome| outcome.loads.is_empty()) {
        return named;
    }
    let index = index(context);
    for load in outcomes.iter().flat_map(|outcome| &outcome.loads) {
        let pins = load.paths.iter().filter_map(|path| find(context, load, path, &index));
        named.extend(pins.map(|pin| pin.path.as_str().to_owned()));
    }
    named
}

type Index<'c> = FxHashMap<&'c str, &'c Pin>;

fn index<'c>(context: &'c Context<'_>) -> Index<'c> {
    context.pins.pins.iter().map(|pin| (pin.path.as_str(), pin)).collect()
}

/// The entry a path in code means: from the manifest's folder, where programs are started, or from the file's own.
fn find<'c>(context: &Context<'_>, load: &Load, path: &str, index: &Index<'c>) -> Option<&'c Pin> {
    candidates(context, load, path).iter().find_map(|candidate| index.get(candidate.as_str()).copied())
}

fn candidates(context: &Context<'_>, load: &Load, path: &str) -> Vec<RelativePath> {
    let path = path.replace('\\', "/");
    let path = Path::new(&path);
    if path.is_absolute() {
        return path.strip_prefix(&context.root).ok().and_then(RelativePath::of).into_iter().collect();
    }
    let own = load.location.input.path().parent().unwrap_or(Path::new(""));
    let own = if own.as_os_str().is_empty() { Path::new(".") } else { own };
    let beside = disk::real(own).ok().and_then(|own| below(&own.join(path), &context.root));
    below(&context.root.join(path), &context.root).into_iter().chain(beside).collect()
}

/// A path with its `..` worked out, if it stays below `root`.
fn below(path: &Path, root: &Path) -> Option<RelativePath> {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain.pop();
            }
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    RelativePath::of(plain.strip_prefix(root).ok()?)
}

/// Says which loads are not listed and which digests disagree, and lowers the level of loads that read what is verified.
pub(super) fn hold(
    context: &Context<'_>,
    all: &[Context<'_>],
    outcomes: &mut [InputOutcome],
    verified: &FxHashMap<&str, &Pin>,
    is_trusted: bool,
) -> Vec<Finding> {
    let index = index(context);
    let dangerous = dangerous(context, outcomes);
    let others: Vec<_> =
        all.iter().filter(|other| !std::ptr::eq(*other, context)).map(|one| (one, self::index(one))).collect();
    let mut said = Vec::new();
    for outcome in outcomes.iter_mut() {
        for load in &outcome.loads {
            let Ok(file) = disk::real(load.location.input.path()) else { continue };
            if !file.starts_with(&context.root) {
                continue;
            }
            let is_nearest = context.is_nearest(all, &file);
            let elsewhere = |path: &str| others.iter().any(|(other, index)| find(other, load, path, index).is_some());
            let pins: Vec<Option<&Pin>> = load.paths.iter().map(|path| find(context, load, path, &index)).collect();
            match &load.sha256 {
                Some(sha256) => said.extend(disagreement(context, load, sha256, &pins)),
                None => {
                    if is_nearest {
                        said.extend(unlisted(context, load, &pins, &elsewhere));
                    }
                    let safe = |pin: &Option<&Pin>| {
                        pin.is_some_and(|pin| {
                            verified.contains_key(pin.path.as_str()) && !dangerous.contains(&pin.path)
                        })
                    };
                    if is_trusted && pins.iter().all(safe) {
                        let pins: Vec<&Pin> = pins.into_iter().flatten().collect();
                        lower(context, &mut outcome.findings, load, &pins);
                    }
                }
            }
        }
    }
    said
}

/// Artifacts in which an error was found: that they are the ones that were pinned makes them no safer.
fn dangerous(context: &Context<'_>, outcomes: &[InputOutcome]) -> FxHashSet<RelativePath> {
    let findings = outcomes.iter().flat_map(|outcome| &outcome.findings);
    let errors = findings.filter(|finding| finding.level == Level::Error && finding.location.binary.is_some());
    let path = |finding: &Finding| disk::real(finding.location.input.path()).ok();
    errors.filter_map(path).filter_map(|path| RelativePath::of(path.strip_prefix(&context.root).ok()?)).collect()
}

fn unlisted(
    context: &Context<'_>,
    load: &Load,
    pins: &[Option<&Pin>],
    elsewhere: &dyn Fn(&str) -> bool,
) -> Vec<Finding> {
    let missing = load.paths.iter().zip(pins).filter(|(path, pin)| pin.is_none() && !elsewhere(path));
    let findings = missing.flat_map(|(path, _)| {
        let fact = context.fact(ManifestKind::UnlistedLoad, path, "", "", "");
        context.findings(&fact, &load.location, load.suppression.as_ref())
    });
    findings.collect()
}

/// A digest in code and one in the manifest for the same file, known by its path or, of an address, by its last part.
fn disagreement(context: &Context<'_>, load: &Load, sha256: &str, pins: &[Option<&Pin>]) -> Vec<Finding> {
    let by_name = || {
        let last =
            |path: &String| path.split(['?', '#']).next().and_then(|path| path.rsplit('/').next().map(str::to_owned));
        let names: Vec<String> = load.paths.iter().filter_map(last).filter(|name| name.contains('.')).collect();
        let mut same = context.pins.pins.iter().filter(|pin| names.iter().any(|name| name == pin.path.name()));
        same.next().filter(|_| same.next().is_none())
    };
    let Some(pin) = pins.iter().flatten().next().copied().or_else(by_name) else { return Vec::new() };
    let expected = pin.sha256.to_string();
    if expected == sha256 {
        return Vec::new();
    }
    let fact = context.fact(ManifestKind::DigestDisagrees, pin.path.as_str(), &expected, sha256, "");
    context.findings(&fact, &load.location, load.suppression.as_ref())
}

/// One level less for what reads files that are verified; a level that the user chose stays.
fn lower(context: &Context<'_>, findings: &mut [Finding], load: &Load, pins: &[&Pin]) {
    for finding in findings.iter_mut() {
        let same = finding.location.region == load.location.region && finding.location.input == load.location.input;
        let lowered = match finding.level {
            Level::Error => Level::Warning,
            Level::Warning | Level::Note => Level::Note,
        };
        if !same || lowered == finding.level || context.settings.level(&finding.rule_id).is_some() {
            continue;
        }
        let names: Vec<String> = pins.iter().map(|pin| format!("`{}`", pin.path)).collect();
        let was = finding.level.as_str();
        finding.message.push_str(&format!(
            " ({} instead of {was}: {} is verified by {})",
            lowered.as_str(),
            names.join(" and "),
            context.name
        ));
        finding.level = lowered;
        finding.reasons.extend(pins.iter().map(|pin| FlowStep {
            location: context.locate(pin.region),
            message: format!("`{}` is pinned here to SHA-256 {}", pin.path, pin.sha256),
        }));
    }
}
