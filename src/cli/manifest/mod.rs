//! `loadlint manifest`: create, verify and sign manifests. A file a command.

pub(in crate::cli) mod args;
mod create;
mod progress;
mod sign;
mod tell;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::Exit;
use crate::disk::{self, Ceiling, ReadProblem, read_input};
use crate::limits::Limits;
use crate::manifest::sign::{Bundle, PublicKey};
use crate::manifest::{Pins, find_in_folder, read};
use args::{ManifestArguments, ManifestCommand};

pub(super) fn manifest(arguments: &ManifestArguments) -> anyhow::Result<Exit> {
    match &arguments.command {
        ManifestCommand::Create(create) => create::create(create),
        ManifestCommand::Verify(verify) => verify::verify(verify),
        ManifestCommand::Sign(sign) => sign::sign(sign),
    }
}

/// Keys are short; whatever is longer is something else.
const MOST_KEY: Ceiling = Ceiling { bytes: 64 << 10, key: "the ceiling for keys" };

/// A manifest that was read.
struct Opened {
    /// As the user would write it.
    path: PathBuf,
    /// Its folder, without links.
    root: PathBuf,
    /// Its file name.
    name: String,
    bytes: Vec<u8>,
    pins: Pins,
}

/// The manifest that was named, or the one of the folder that was.
fn open(named: Option<&Path>, limits: &Limits) -> anyhow::Result<Opened> {
    let named = named.unwrap_or(Path::new("."));
    let path = if disk::is_folder(named) {
        let found = find_in_folder(named).with_context(|| {
            format!("there is no manifest in {}; `loadlint manifest create` writes one", named.display())
        })?;
        found.strip_prefix(".").map(Path::to_path_buf).unwrap_or(found)
    } else {
        named.to_path_buf()
    };
    let bytes = read_input(&path, most(limits)).with_context(|| format!("cannot read {}", path.display()))?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let text = std::str::from_utf8(&bytes).ok().with_context(|| format!("{} is not UTF-8", path.display()))?;
    let pins = read(&name, text).with_context(|| format!("cannot use {}", path.display()))?;
    let root = real(folder_of(&path))?;
    Ok(Opened { path, root, name, bytes, pins })
}

fn most(limits: &Limits) -> Ceiling {
    Ceiling { bytes: limits.max_manifest_bytes, key: "max-manifest-bytes" }
}

fn real(folder: &Path) -> anyhow::Result<PathBuf> {
    disk::real(folder).with_context(|| format!("cannot look into {}", folder.display()))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `MANIFEST.json.sig` for `MANIFEST.json`.
fn signature_beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".sig");
    PathBuf::from(beside)
}

fn read_key_file(path: &Path) -> anyhow::Result<String> {
    let bytes = read_input(path, MOST_KEY).with_context(|| format!("cannot read the key {}", path.display()))?;
    match String::from_utf8(bytes) {
        Ok(text) => Ok(text),
        // The error would hold what the file says.
        Err(_) => bail!("the key {} cannot be used: it is no PEM file", path.display()),
    }
}

fn public_key(path: &Path) -> anyhow::Result<PublicKey> {
    let pem = read_key_file(path)?;
    PublicKey::from_pem(&pem).with_context(|| format!("the key {} cannot be used", path.display()))
}

/// The bundle in a file; `None` if there is no such file.
fn bundle(path: &Path, limits: &Limits) -> anyhow::Result<Option<Bundle>> {
    let bytes = match read_input(path, most(limits)) {
        Ok(bytes) => bytes,
        Err(ReadProblem::Missing) => return Ok(None),
        Err(problem) => return Err(problem).with_context(|| format!("cannot read the signature {}", path.display())),
    };
    let text = String::from_utf8_lossy(&bytes);
    Bundle::parse(&text).map(Some).with_context(|| format!("cannot use the signature {}", path.display()))
}
