//! `loadlint manifest verify`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;

use super::args::{VerdictFormat, VerifyArguments};
use super::progress::Bar;
use super::tell::{json, text};
use super::{Opened, bundle, open, public_key, signature_beside};
use crate::cli::held::cache;
use crate::cli::inputs::{find, silently};
use crate::cli::outcome::write;
use crate::cli::settings::{current_folder, verify_resolver};
use crate::cli::{Exit, terminal};
use crate::config::{Resolver, Settings};
use crate::discover::Wanted;
use crate::engine::manifest::{Extra, check_pins, extra};
use crate::finding::Notice;
use crate::manifest::sign::{Bundle, check_manifest};
use crate::manifest::{Form, Pin, Policy, Verdict};
use crate::report::Colour;

/// What a signature says.
pub(super) enum SignatureState {
    /// There is none, and none is asked for.
    None,
    /// It is of this manifest; whether by the right key was not asked.
    Unverified,
    /// It holds; the curve of its key.
    Valid(&'static str),
    /// It does not.
    Invalid(String),
}

/// A signature and where it is.
pub(super) struct Signature {
    pub(super) path: String,
    pub(super) state: SignatureState,
}

/// All that came out.
pub(super) struct Verified<'a> {
    pub(super) opened: &'a Opened,
    /// One for each pin.
    pub(super) verdicts: Vec<Verdict>,
    pub(super) extra: Extra,
    /// What the walk could not look into.
    pub(super) notices: Vec<Notice>,
    pub(super) signature: Signature,
}

impl Verified<'_> {
    /// The pinned files with their verdicts.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Pin, &Verdict)> {
        self.opened.pins.pins.iter().zip(&self.verdicts)
    }

    /// Whether nothing is known to be wrong.
    pub(super) fn is_clean(&self) -> bool {
        let stands = |verdict: &Verdict| matches!(verdict, Verdict::Matches(_)) || verdict.is_gap();
        let is_signed = !matches!(self.signature.state, SignatureState::Invalid(_));
        self.verdicts.iter().all(stands)
            && self.opened.pins.faults.is_empty()
            && self.extra.paths.is_empty()
            && is_signed
    }

    /// Whether something could not be looked at.
    pub(super) fn has_gaps(&self) -> bool {
        let gaps = self.verdicts.iter().any(Verdict::is_gap);
        gaps || !self.extra.problems.is_empty() || !self.notices.is_empty()
    }
}

pub(super) fn verify(arguments: &VerifyArguments) -> anyhow::Result<Exit> {
    let folder = current_folder()?;
    let resolver = verify_resolver(&folder, arguments)?;
    let common = resolver.for_folder(Path::new("")).map_err(Arc::unwrap_or_clone)?;
    let opened = open(arguments.file.as_deref(), &common.limits)?;
    // A wrong key is told before hours of reading.
    let signature = signature(arguments, &opened, &common)?;
    let verdicts = verdicts(arguments, &opened)?;
    let (extra, notices) =
        if arguments.ignore_extra { Default::default() } else { unlisted(arguments, &opened, &resolver, &common)? };
    let verified = Verified { opened: &opened, verdicts, extra, notices, signature };
    let report = match arguments.output_format {
        VerdictFormat::Text => text(&verified, arguments.run.quiet),
        VerdictFormat::Json => json(&verified),
    };
    write(None, report.as_bytes(), Colour::Off)?;
    if opened.pins.pins.is_empty() && !arguments.run.quiet {
        terminal::say("warning", &format!("{} lists no file", opened.path.display()));
    }
    Ok(match (verified.has_gaps(), verified.is_clean()) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Clean,
        (false, false) => Exit::Findings,
    })
}

fn verdicts(arguments: &VerifyArguments, opened: &Opened) -> anyhow::Result<Vec<Verdict>> {
    let policy = Policy { links_inside: arguments.follow_links, content_only: arguments.require_content };
    let cache = arguments.cache.then(cache);
    let bar = Bar::new(&arguments.run);
    let hear = |heard| bar.hear(heard);
    let pins = &opened.pins.pins;
    let verdicts = silently(|| check_pins(&opened.root, pins, policy, cache.as_ref(), arguments.run.threads, &hear));
    bar.finish();
    if let Some(cache) = cache {
        // Without it the next run is slower, and no different.
        let _ = cache.save();
    }
    verdicts.context("the threads cannot be started")
}

fn unlisted(
    arguments: &VerifyArguments,
    opened: &Opened,
    resolver: &Resolver,
    common: &Settings,
) -> anyhow::Result<(Extra, Vec<Notice>)> {
    let threads = arguments.run.threads;
    let name = &opened.name;
    let mut own = vec![opened.root.join(name), signature_beside(&opened.root.join(name))];
    own.extend(arguments.signature.as_ref().and_then(|path| crate::disk::real(path).ok()));
    let is_own_walk = matches!(opened.pins.form, Form::BagIt | Form::ModelSigning);
    // Bags and signatures have rules of their own of what belongs to them.
    let discovery = if is_own_walk {
        Default::default()
    } else {
        find(&[super::folder_of(&opened.path).to_path_buf()], Wanted::Artifacts, threads, resolver, common)
    };
    let extra = silently(|| extra(&opened.root, &opened.pins, &discovery.inputs, &own, threads));
    Ok((extra.context("the threads cannot be started")?, discovery.notices))
}

fn signature(arguments: &VerifyArguments, opened: &Opened, settings: &Settings) -> anyhow::Result<Signature> {
    let key = arguments.public_key.as_deref().map(public_key).transpose()?;
    let itself = opened.pins.form == Form::ModelSigning;
    let path: PathBuf = match &arguments.signature {
        Some(path) => path.clone(),
        None if itself => opened.path.clone(),
        None => signature_beside(&opened.path),
    };
    let at = |state| Ok(Signature { path: path.display().to_string(), state });
    let Some(bundle): Option<Bundle> = bundle(&path, &settings.limits)? else {
        let is_wanted = key.is_some() || arguments.signature.is_some();
        let missing = SignatureState::Invalid("there is no such file".to_owned());
        return at(if is_wanted { missing } else { SignatureState::None });
    };
    if let Some(key) = &key
        && let Err(fault) = bundle.verify(key)
    {
        return at(SignatureState::Invalid(fault.to_string()));
    }
    // A bundle that is the manifest says what it says; any other has to speak of the manifest.
    if !itself && let Err(why) = check_manifest(&bundle, &opened.name, &opened.bytes) {
        return at(SignatureState::Invalid(why));
    }
    at(key.map_or(SignatureState::Unverified, |key| SignatureState::Valid(key.curve())))
}
