//! What is said of manifests: on standard error what was written and left out, on standard output the verdicts.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::create::counted;
use super::progress::size;
use super::verify::{SignatureState, Verified};
use crate::cli::terminal;
use crate::engine::manifest::Listing;
use crate::manifest::create::Changes;
use crate::manifest::{Found, Manifest, Pin, Sha256, Verdict};
use crate::report::visible;

/// The version of the JSON report of `verify`.
const VERSION: u32 = 1;

/// What was left out, and what could not be read.
pub(super) fn tell_listing(listing: &Listing) {
    for notice in &listing.notices {
        terminal::say("warning", &format!("{}: {}", notice.input, notice.message));
    }
    for link in &listing.links {
        terminal::say("warning", &format!("{link}: a symbolic link, left out; `--follow-links` lists it"));
    }
}

/// What was written.
pub(super) fn tell_created(place: &str, manifest: &Manifest, changes: &Changes, is_update: bool) {
    let bytes = manifest.artifacts.iter().map(|one| one.bytes).sum();
    let count = manifest.artifacts.len();
    let files = if count == 1 { "file" } else { "files" };
    let changes = if is_update { format!("; {}", counted(changes)) } else { String::new() };
    terminal::note(&format!("{place}: {count} {files}, {}{changes}", size(bytes)));
}

fn described(bytes: Option<u64>, sha256: Option<Sha256>) -> String {
    let bytes = bytes.map(|bytes| format!("{bytes} bytes"));
    let sha256 = sha256.map(|digest| format!("SHA-256 {digest}"));
    [bytes, sha256].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

/// Why a file is not as it is pinned; `None` if it is.
pub(super) fn reason(pin: &Pin, verdict: &Verdict) -> Option<String> {
    let expected = described(pin.bytes, Some(pin.sha256));
    Some(match verdict {
        Verdict::Matches(_) => return None,
        Verdict::Differs(Found { bytes, sha256, by_pointer }) => {
            let by = if *by_pointer { " by its Git-LFS pointer" } else { "" };
            format!("expected {expected}; found {}{by}", described(Some(*bytes), *sha256))
        }
        Verdict::Missing { like: None } => format!("expected {expected}; found nothing"),
        Verdict::Missing { like: Some(like) } => {
            format!("expected {expected}; found nothing but `{like}`, whose case differs")
        }
        Verdict::Link { at, to, outside } => {
            let out = if *outside { ", which is not a file below the manifest's folder" } else { "" };
            format!("expected {expected}; `{at}` is a symbolic link to `{to}`{out}")
        }
        Verdict::PointerOnly => format!("expected {expected}; found the Git-LFS pointer to it"),
        Verdict::NotAFile(problem) => format!("expected {expected}; {problem}"),
        Verdict::Changed => "it was written to while it was read".to_owned(),
        Verdict::Unreadable(problem) => problem.to_string(),
    })
}

/// A line for everything that is wrong, and one that sums up.
pub(super) fn text(verified: &Verified<'_>, quiet: bool) -> String {
    let mut text = String::new();
    // Memory takes every line.
    let mut line = |path: &str, word: &str, why: &str| {
        let _ = writeln!(text, "{}: {word}: {}", visible(path), visible(why));
    };
    for (pin, verdict) in verified.each() {
        if let Some(why) = reason(pin, verdict) {
            line(pin.path.as_str(), verdict.as_str(), &why);
        }
    }
    for fault in &verified.opened.pins.faults {
        line(&fault.entry, "invalid-entry", &fault.message);
    }
    for path in &verified.extra.paths {
        line(path, "extra", "it is there and not listed");
    }
    for (path, problem) in &verified.extra.problems {
        line(&path.display().to_string(), "unreadable", &problem.to_string());
    }
    for notice in &verified.notices {
        line(&notice.input.to_string(), "unreadable", &notice.message);
    }
    if let SignatureState::Invalid(why) = &verified.signature.state {
        line(&verified.signature.path, "signature", why);
    }
    if !quiet {
        let _ = writeln!(text, "{}", summary(verified));
    }
    text
}

fn summary(verified: &Verified<'_>) -> String {
    let matching = verified.verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Matches(_)));
    let bytes: u64 =
        matching.clone().filter_map(|v| if let Verdict::Matches(found) = v { Some(found.bytes) } else { None }).sum();
    let pointers = matching.clone().filter(|v| matches!(v, Verdict::Matches(Found { by_pointer: true, .. }))).count();
    let (same, all) = (matching.count(), verified.verdicts.len());
    let manifest = visible(&verified.opened.path.display().to_string()).into_owned();
    let mut text = format!("{manifest}: {same} of {all} files match, {}", size(bytes));
    if pointers > 0 {
        let _ = write!(text, "; {pointers} by their Git-LFS pointers");
    }
    if !verified.extra.paths.is_empty() {
        let _ = write!(text, "; {} not listed", verified.extra.paths.len());
    }
    let path = visible(&verified.signature.path);
    match &verified.signature.state {
        SignatureState::None => {}
        SignatureState::Unverified => {
            let _ = write!(text, "; {path} was not verified: give `--public-key`");
        }
        SignatureState::Valid(curve) => {
            let _ = write!(text, "; {path} holds ({curve})");
        }
        SignatureState::Invalid(_) => {
            let _ = write!(text, "; {path} does not hold");
        }
    }
    text
}

/// The same for programs; see `docs/manifest.md`.
pub(super) fn json(verified: &Verified<'_>) -> String {
    let opened = &verified.opened;
    let file = |(pin, verdict): (&Pin, &Verdict)| {
        let found = match verdict {
            Verdict::Matches(found) | Verdict::Differs(found) => {
                json!({ "sha256": found.sha256, "bytes": found.bytes, "by_pointer": found.by_pointer })
            }
            _ => Value::Null,
        };
        json!({
            "path": pin.path.as_str(),
            "status": verdict.as_str(),
            "expected": { "sha256": pin.sha256, "bytes": pin.bytes },
            "found": found,
            "message": reason(pin, verdict),
        })
    };
    let unreadable =
        verified.extra.problems.iter().map(|(path, problem)| (path.display().to_string(), problem.to_string()));
    let notices = verified.notices.iter().map(|notice| (notice.input.to_string(), notice.message.clone()));
    let gaps: Vec<Value> =
        unreadable.chain(notices).map(|(path, message)| json!({ "path": path, "message": message })).collect();
    let faults = opened.pins.faults.iter().map(|fault| json!({ "entry": fault.entry, "message": fault.message }));
    let (status, message) = match &verified.signature.state {
        SignatureState::None => ("none", None),
        SignatureState::Unverified => ("not-verified", None),
        SignatureState::Valid(_) => ("valid", None),
        SignatureState::Invalid(why) => ("invalid", Some(why)),
    };
    let report = json!({
        "version": VERSION,
        "manifest": opened.path.display().to_string(),
        "form": opened.pins.form.as_str(),
        "ok": verified.is_clean() && !verified.has_gaps(),
        "signature": { "path": verified.signature.path, "status": status, "message": message },
        "files": verified.each().map(file).collect::<Vec<_>>(),
        "invalid_entries": faults.collect::<Vec<_>>(),
        "extra": verified.extra.paths,
        "not_read": gaps,
    });
    format!("{report:#}\n")
}
