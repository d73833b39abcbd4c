//! `check` and the manifest: after all files were looked at, what code, artifacts and manifest say of each other.
//!
//! Each listed file is verified, each artifact that was met has to be listed, and so has each file that code loads by a
//! constant path. What is verified lowers the level of the load that reads it.

mod code;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use super::super::by_register;
use super::extra::is_listed_kind;
use super::stand::check_pins;
use crate::config::Settings;
use crate::disk::{self, Ceiling, ReadProblem, open_input, read_input};
use crate::fact::artifact::Format;
use crate::finding::{
    BinaryPlace, Coverage, Finding, InputName, InputOutcome, Location, Notice, NoticeKind, Suppression,
};
use crate::manifest::cache::Cache;
use crate::manifest::sign::{Bundle, PublicKey, check_manifest};
use crate::manifest::{Found, Pin, Pins, Policy, Sha256, Verdict, is_manifest, read};
use crate::rules::{ManifestFact, ManifestKind, match_manifest};
use crate::text::{LineIndex, Region};

/// A manifest that may apply.
#[derive(Debug, Clone)]
pub struct ManifestFile {
    /// Where it is.
    pub path: PathBuf,
    /// Whether the user named it; then it has to be there, and to be one.
    pub is_configured: bool,
    /// The settings of its folder.
    pub settings: Arc<Settings>,
}

/// What a run is held against.
#[derive(Debug)]
pub struct Held {
    /// The manifests; those that are not there are passed over unless they are configured.
    pub files: Vec<ManifestFile>,
    /// What the user named, without links: listed files elsewhere are verified only if code loads them.
    pub roots: Vec<PathBuf>,
    /// Digests of earlier runs.
    pub cache: Cache,
    /// How many files are hashed at once; 0: one for each processor.
    pub threads: usize,
}

/// One manifest that was read.
struct Context<'h> {
    name: InputName,
    text: String,
    index: LineIndex,
    root: PathBuf,
    pins: Pins,
    settings: &'h Settings,
}

/// Holds what was found against the manifests; what is to be said comes as further outcomes.
///
/// # Errors
/// If the threads cannot be started.
pub fn hold(outcomes: &mut Vec<InputOutcome>, held: &Held) -> io::Result<()> {
    let mut contexts = Vec::new();
    let mut said = Vec::new();
    for file in &held.files {
        match open(file) {
            Ok(context) => contexts.extend(context),
            Err(notice) => said.push(InputOutcome { notices: vec![*notice], ..InputOutcome::default() }),
        }
    }
    // Of one manifest that is named twice one is enough.
    contexts.dedup_by(|a, b| a.root == b.root && a.name.path().file_name() == b.name.path().file_name());
    for context in &contexts {
        said.push(one(context, &contexts, outcomes, held)?);
    }
    outcomes.extend(said.into_iter().map(|one| InputOutcome { coverage: Coverage::NotOurs, ..one }));
    Ok(())
}

fn open(file: &ManifestFile) -> Result<Option<Context<'_>>, Box<Notice>> {
    let name = InputName::new(&file.path);
    let failed =
        |kind: NoticeKind, message: String| Box::new(Notice { kind, input: name.clone(), message, location: None });
    let limit = file.settings.limits.max_manifest_bytes;
    let bytes = match read_input(&file.path, Ceiling { bytes: limit, key: "max-manifest-bytes" }) {
        Ok(bytes) => bytes,
        Err(ReadProblem::Missing | ReadProblem::Folder) if !file.is_configured => return Ok(None),
        Err(problem) => {
            let kind = match problem {
                ReadProblem::TooLarge { .. } => NoticeKind::LimitReached,
                _ => NoticeKind::Unreadable,
            };
            return Err(failed(kind, format!("the manifest cannot be read: {problem}")));
        }
    };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let text = text.strip_prefix('\u{FEFF}').map(str::to_owned).unwrap_or(text);
    if !file.is_configured && !is_manifest(&text) {
        return Ok(None);
    }
    let short = file.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let pins =
        read(&short, &text).map_err(|error| failed(NoticeKind::NotFullyRead, format!("the manifest: {error}")))?;
    let folder = file.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let root = disk::real(folder).map_err(|problem| failed(NoticeKind::Unreadable, problem.to_string()))?;
    let index = LineIndex::new(&text);
    Ok(Some(Context { name, text, index, root, pins, settings: &file.settings }))
}

/// What is to be said of one manifest; `all` are the manifests of the run, of which another may list a file.
fn one(
    context: &Context<'_>,
    all: &[Context<'_>],
    outcomes: &mut [InputOutcome],
    held: &Held,
) -> io::Result<InputOutcome> {
    let named = code::paths(context, outcomes);
    let in_scope = |pin: &&Pin| {
        let whole = context.root.join(pin.path.to_path());
        held.roots.iter().any(|root| whole.starts_with(root)) || named.contains(pin.path.as_str())
    };
    let pins: Vec<Pin> = context.pins.pins.iter().filter(in_scope).cloned().collect();
    let verdicts = check_pins(&context.root, &pins, Policy::default(), Some(&held.cache), held.threads, &|_| {})?;
    let mut said = InputOutcome::default();
    for (pin, verdict) in pins.iter().zip(&verdicts) {
        let name = InputName::new(context.folder().join(pin.path.to_path()));
        context.say(&name, of_verdict(context, pin, verdict), &mut said);
        said.notices.extend(gap(context, pin, verdict));
    }
    for fault in &context.pins.faults {
        let fact = context.fact(ManifestKind::InvalidEntry, &fault.entry, "", "", &fault.message);
        context.say(&context.name, context.findings(&fact, &context.locate(fault.region), None), &mut said);
    }
    context.say(&context.name, signature(context), &mut said);
    for finding in unlisted(context, all, outcomes) {
        context.say(&finding.location.input.clone(), vec![finding], &mut said);
    }
    let verified: FxHashMap<&str, &Pin> = pins
        .iter()
        .zip(&verdicts)
        .filter(|(_, verdict)| matches!(verdict, Verdict::Matches(Found { by_pointer: false, .. })))
        .map(|(pin, _)| (pin.path.as_str(), pin))
        .collect();
    let is_trusted = !said.findings.iter().any(|finding| is_about_signature(context, finding));
    said.findings.extend(code::hold(context, all, outcomes, &verified, is_trusted));
    Ok(said)
}

/// A manifest whose signature does not hold vouches for nothing.
fn is_about_signature(context: &Context<'_>, finding: &Finding) -> bool {
    let rules = &context.settings.rules;
    let rule = rules.iter().find(|rule| rule.id == finding.rule_id);
    rule.is_some_and(|rule| rule.when.manifest.iter().any(|clause| clause.kind.contains(&ManifestKind::Signature)))
}

impl Context<'_> {
    /// The folder that the pins' paths start in, as the user named it.
    fn folder(&self) -> &Path {
        self.name.path().parent().unwrap_or(Path::new(""))
    }

    /// Says what there is to say of the file `name`, unless entries of the register excuse it.
    fn say(&self, name: &InputName, findings: Vec<Finding>, said: &mut InputOutcome) {
        if findings.is_empty() {
            return;
        }
        let content = || open_input(name.path()).ok().map(|open| open.window());
        let mut mine = InputOutcome { findings, ..InputOutcome::default() };
        by_register::excuse(name, &content, self.settings, &mut mine);
        said.findings.extend(mine.findings);
        said.citations.extend(mine.citations);
    }

    /// Whether a file, without links, lies below this manifest's folder, and below that of no other further in.
    fn is_nearest(&self, all: &[Self], file: &Path) -> bool {
        let depth = self.root.as_os_str().len();
        let nearer = |other: &Self| other.root.as_os_str().len() > depth && file.starts_with(&other.root);
        file.starts_with(&self.root) && !all.iter().any(nearer)
    }

    fn fact(&self, kind: ManifestKind, path: &str, expected: &str, found: &str, why: &str) -> ManifestFact {
        ManifestFact {
            kind,
            path: path.to_owned(),
            manifest: self.name.to_string(),
            expected: expected.to_owned(),
            found: found.to_owned(),
            why: why.to_owned(),
        }
    }

    fn locate(&self, region: Region) -> Location {
        Location::in_text(self.name.clone(), &self.text, &self.index, region)
    }

    /// The findings of a disagreement at a place, unless the user does not want them.
    fn findings(&self, fact: &ManifestFact, at: &Location, excuse: Option<&Suppression>) -> Vec<Finding> {
        let ignored = self.settings.ignored_rules(at.input.path());
        let mut findings = Vec::new();
        for one in match_manifest(&self.settings.rules, fact) {
            let level = self.settings.level(&one.rule.id).unwrap_or(one.level);
            if level < self.settings.min_level || ignored.contains(&one.rule.id) {
                continue;
            }
            findings.push(Finding {
                rule_id: Arc::clone(&one.rule.id),
                rule_name: Arc::clone(&one.rule.name),
                level,
                message: one.message,
                help: one.rule.cure.clone(),
                location: at.clone(),
                reasons: Vec::new(),
                code_flow: None,
                suppression: excuse.cloned(),
                fixes: Vec::new(),
            });
        }
        findings
    }
}

fn described(bytes: Option<u64>, sha256: Option<Sha256>) -> String {
    let digest = sha256.map(|digest| format!("SHA-256 {digest}"));
    let bytes = bytes.map(|bytes| format!("{bytes} bytes"));
    [bytes, digest].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// What is to be said of one listed file; nothing of a gap.
fn of_verdict(context: &Context<'_>, pin: &Pin, verdict: &Verdict) -> Vec<Finding> {
    let path = pin.path.as_str();
    let expected = described(pin.bytes, Some(pin.sha256));
    let (kind, found, why) = match verdict {
        Verdict::Matches(_) | Verdict::PointerOnly | Verdict::Changed | Verdict::Unreadable(_) => return Vec::new(),
        Verdict::Differs(found) => {
            let by = if found.by_pointer { "its Git-LFS pointer says so" } else { "" };
            (ManifestKind::Mismatch, described(Some(found.bytes), found.sha256), by.to_owned())
        }
        Verdict::Missing { like } => {
            let like = like.as_ref().map(|like| format!("; there is `{like}`, which differs in case"));
            (ManifestKind::Missing, "nothing".to_owned(), like.unwrap_or_default())
        }
        Verdict::Link { at, to, outside } => {
            let out = if *outside { ", which is not a file below its folder" } else { "" };
            (ManifestKind::NotAFile, "a symbolic link".to_owned(), format!("`{at}` is a symbolic link to `{to}`{out}"))
        }
        Verdict::NotAFile(problem) => (ManifestKind::NotAFile, problem.to_string(), problem.to_string()),
    };
    let fact = context.fact(kind, path, &expected, &found, &why);
    context.findings(&fact, &context.locate(pin.region), None)
}

/// A listed file that could not be looked at.
fn gap(context: &Context<'_>, pin: &Pin, verdict: &Verdict) -> Option<Notice> {
    let (kind, problem) = match verdict {
        Verdict::Unreadable(problem) => (NoticeKind::Unreadable, problem),
        Verdict::Changed => (NoticeKind::Changed, &ReadProblem::Changed),
        Verdict::Matches(_)
        | Verdict::Differs(_)
        | Verdict::Missing { .. }
        | Verdict::Link { .. }
        | Verdict::PointerOnly
        | Verdict::NotAFile(_) => return None,
    };
    let message = format!("`{}` could not be held against the manifest: {problem}", pin.path);
    Some(Notice { kind, input: context.name.clone(), message, location: Some(context.locate(pin.region)) })
}

/// What is to be said of the signature beside the manifest. Without a key only its content is compared, which already tells
/// a manifest that was rewritten after it was signed.
fn signature(context: &Context<'_>) -> Vec<Finding> {
    let manifest = context.name.path();
    let mut beside = manifest.as_os_str().to_owned();
    beside.push(".sig");
    let (beside, key) = (PathBuf::from(beside), context.settings.manifest_key());
    let why = match check_signature(context, &beside, key) {
        Ok(()) => return Vec::new(),
        Err(why) => why,
    };
    let fact = context.fact(ManifestKind::Signature, &beside.display().to_string(), "", "", &why);
    context.findings(&fact, &context.locate(Region::default()), None)
}

fn check_signature(context: &Context<'_>, beside: &Path, key: Option<&Path>) -> Result<(), String> {
    const MOST_KEY: Ceiling = Ceiling { bytes: 64 << 10, key: "the ceiling for keys" };
    let most = Ceiling { bytes: context.settings.limits.max_manifest_bytes, key: "max-manifest-bytes" };
    let bytes = match read_input(beside, most) {
        Ok(bytes) => bytes,
        Err(ReadProblem::Missing) if key.is_none() => return Ok(()),
        Err(ReadProblem::Missing) => return Err("`manifest-key` is set and there is no signature".to_owned()),
        Err(problem) => return Err(format!("the signature cannot be read: {problem}")),
    };
    let bundle = Bundle::parse(&String::from_utf8_lossy(&bytes)).map_err(|error| error.to_string())?;
    if let Some(path) = key {
        let wrong = |error: &dyn std::fmt::Display| format!("the key {} cannot be used: {error}", path.display());
        let pem = read_input(path, MOST_KEY).map_err(|problem| wrong(&problem))?;
        let key = PublicKey::from_pem(&String::from_utf8_lossy(&pem)).map_err(|error| wrong(&error))?;
        bundle.verify(&key).map_err(|fault| fault.to_string())?;
    }
    let name = context.name.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let raw = read_input(context.name.path(), most).map_err(|problem| problem.to_string())?;
    check_manifest(&bundle, &name, &raw)
}

/// Artifacts that were met below the manifest's folder and are not listed.
fn unlisted(context: &Context<'_>, all: &[Context<'_>], outcomes: &[InputOutcome]) -> Vec<Finding> {
    let of = |context: &Context<'_>| {
        context.pins.pins.iter().map(|pin| context.root.join(pin.path.to_path())).collect::<Vec<_>>()
    };
    let listed: FxHashSet<PathBuf> = all.iter().flat_map(of).collect();
    let mut said = Vec::new();
    for outcome in outcomes {
        let Coverage::Artifact(artifact) = &outcome.coverage else { continue };
        let path = artifact.input.path();
        let Ok(real) = disk::real(path) else { continue };
        if listed.contains(&real) || !context.is_nearest(all, &real) || !is_of_interest(path, artifact.format) {
            continue;
        }
        let below = real.strip_prefix(&context.root).unwrap_or(&real).display().to_string();
        let fact = context.fact(ManifestKind::UnlistedArtifact, &below, "", "", artifact.format);
        let place = BinaryPlace { member: "".into(), start: 0, end: 0 };
        said.extend(context.findings(&fact, &Location::in_artifact(artifact.input.clone(), place), None));
    }
    said
}

/// Whether an artifact is one that `manifest create` would list by itself.
fn is_of_interest(path: &Path, format: &str) -> bool {
    let plain = [Format::Configuration, Format::Template, Format::Text, Format::Unknown].map(Format::as_str);
    if plain.contains(&format) {
        return false;
    }
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let Ok(open) = open_input(path) else { return true };
    let window = open.window();
    crate::artifact::format_of(&window, &name).is_ok_and(|format| is_listed_kind(format, &name, &window))
}
