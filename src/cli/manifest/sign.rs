//! `loadlint manifest sign`.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::args::SignArguments;
use super::progress::Bar;
use super::tell::reason;
use super::{folder_of, open, read_key_file, real, signature_beside};
use crate::cli::inputs::silently;
use crate::cli::{Exit, terminal};
use crate::disk::{self, is_readable_by_others, write_whole};
use crate::engine::manifest::{check_pins, hash_tree};
use crate::limits::Limits;
use crate::manifest::sign::{ALWAYS_IGNORED, Bundle, PrivateKey, Statement};
use crate::manifest::{Form, Policy, RelativePath, Sha256, Verdict};

type Files = Vec<(RelativePath, Sha256)>;

/// What is signed.
struct Subject {
    files: Files,
    /// The folder, without links.
    root: PathBuf,
    signature: PathBuf,
}

pub(super) fn sign(arguments: &SignArguments) -> anyhow::Result<Exit> {
    let key = private_key(&arguments.key)?;
    let target = arguments.target.as_deref();
    let subject = match target.filter(|path| disk::is_folder(path)) {
        Some(folder) => folder_subject(arguments, folder)?,
        None => match manifest_subject(arguments, target)? {
            Some(subject) => subject,
            None => return Ok(Exit::Findings),
        },
    };
    let Subject { files, root, signature } = subject;
    let count = files.len();
    let ignored = ignored(&root, &signature)?;
    let name = root.file_name().map_or_else(|| "model".to_owned(), |name| name.to_string_lossy().into_owned());
    let bundle = Bundle::sign(&Statement::new(files, ignored), &name, &key);
    write_whole(&signature, bundle.to_text().as_bytes())
        .with_context(|| format!("cannot write {}", signature.display()))?;
    if !arguments.run.quiet {
        let curve = key.public().curve();
        let files = if count == 1 { "file" } else { "files" };
        terminal::note(&format!("{}: {count} {files} signed ({curve})", signature.display()));
    }
    Ok(Exit::Clean)
}

fn private_key(path: &Path) -> anyhow::Result<PrivateKey> {
    let pem = read_key_file(path)?;
    let key = PrivateKey::from_pem(&pem).with_context(|| format!("the key {} cannot be used", path.display()))?;
    if is_readable_by_others(path) {
        let shown = path.display();
        terminal::say("warning", &format!("others than you can read the key {shown}: `chmod 600 {shown}`"));
    }
    Ok(key)
}

/// A manifest with every file that it pins, if all of them are as it says; else says which are not.
fn manifest_subject(arguments: &SignArguments, target: Option<&Path>) -> anyhow::Result<Option<Subject>> {
    let opened = open(target, &Limits::default())?;
    if opened.pins.form == Form::ModelSigning {
        bail!("{} is a signature; name the folder or the manifest that is to be signed", opened.path.display());
    }
    if let Some(fault) = opened.pins.faults.first() {
        bail!("{}: the entry `{}`: {}", opened.path.display(), fault.entry, fault.message);
    }
    let pins = &opened.pins.pins;
    let bar = Bar::new(&arguments.run);
    let hear = |heard| bar.hear(heard);
    let threads = arguments.run.threads;
    let verdicts = silently(|| check_pins(&opened.root, pins, Policy::default(), None, threads, &hear));
    bar.finish();
    let verdicts = verdicts.context("the threads cannot be started")?;
    let wrong: Vec<_> = pins.iter().zip(&verdicts).filter(|(_, v)| !matches!(v, Verdict::Matches(_))).collect();
    for (pin, verdict) in &wrong {
        let why = reason(pin, verdict).unwrap_or_default();
        terminal::say("error", &format!("{}: {}: {why}", pin.path, verdict.as_str()));
    }
    if !wrong.is_empty() {
        terminal::say("error", &format!("{} was not signed: files are not as it says", opened.path.display()));
        let is_gap = wrong.iter().any(|(_, verdict)| verdict.is_gap());
        if is_gap {
            bail!("some files could not be read");
        }
        return Ok(None);
    }
    let own = RelativePath::new(&opened.name).with_context(|| format!("`{}` cannot be signed", opened.name))?;
    let mut files: Files = pins.iter().map(|pin| (pin.path.clone(), pin.sha256)).collect();
    files.push((own, Sha256::of(&opened.bytes)));
    let signature = arguments.signature.clone().unwrap_or_else(|| signature_beside(&opened.path));
    Ok(Some(Subject { files, root: opened.root, signature }))
}

/// Every file of a folder, but those that the client leaves out and the signature itself.
fn folder_subject(arguments: &SignArguments, folder: &Path) -> anyhow::Result<Subject> {
    let root = real(folder)?;
    let signature = arguments.signature.clone().unwrap_or_else(|| folder.join("model.sig"));
    let own = whole(&signature)?;
    let skip = |path: &Path| ALWAYS_IGNORED.iter().any(|one| path.starts_with(one)) || root.join(path) == own;
    let (entries, problems) = disk::tree(&root, &skip);
    if let Some((path, problem)) = problems.first() {
        bail!("cannot sign {}: {}: {problem}", folder.display(), path.display());
    }
    if let Some(link) = entries.iter().find(|entry| entry.is_link) {
        bail!("cannot sign {}: {} is a symbolic link", folder.display(), link.path.display());
    }
    let paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path).collect();
    let bar = Bar::new(&arguments.run);
    let hear = |heard| bar.hear(heard);
    let digests = silently(|| hash_tree(&root, &paths, arguments.run.threads, &hear));
    bar.finish();
    let mut files = Vec::new();
    for (path, digest) in paths.iter().zip(digests.context("the threads cannot be started")?) {
        let (digest, _) = digest.with_context(|| format!("cannot sign {}: {}", folder.display(), path.display()))?;
        let name = RelativePath::of(path)
            .with_context(|| format!("cannot sign {}: a name that not every system takes", path.display()))?;
        files.push((name, digest));
    }
    if files.is_empty() {
        bail!("there is nothing to sign in {}", folder.display());
    }
    Ok(Subject { files, root, signature })
}

fn whole(path: &Path) -> anyhow::Result<PathBuf> {
    Ok(real(folder_of(path))?.join(path.file_name().context("the signature needs a file name")?))
}

/// What the statement says does not count; the signature too if it lies in the folder.
fn ignored(root: &Path, signature: &Path) -> anyhow::Result<Vec<String>> {
    let mut ignored: Vec<String> = ALWAYS_IGNORED.iter().map(|name| (*name).to_owned()).collect();
    let whole = whole(signature)?;
    ignored.extend(whole.strip_prefix(root).ok().and_then(RelativePath::of).map(|path| path.to_string()));
    Ok(ignored)
}
