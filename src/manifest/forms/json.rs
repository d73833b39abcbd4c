//! JSON: our own form, the map form, and bundles, told apart by their keys.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::super::model::{Artifact, Manifest, VERSION};
use super::{Collector, Form, MOST_ENTRIES, ManifestError, Pins, digest, model_signing, region_of};

/// The entries of an object in their order, doubled keys too.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

/// The items of a list.
struct Items<'a>(Vec<&'a RawValue>);

struct EntriesVisitor;
struct ItemsVisitor;

impl<'de> Visitor<'de> for EntriesVisitor {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
            too_many(entries.len())?;
        }
        Ok(Entries(entries))
    }
}

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
            too_many(items.len())?;
        }
        Ok(Items(items))
    }
}

fn too_many<E: serde::de::Error>(count: usize) -> Result<(), E> {
    if count > MOST_ENTRIES { Err(E::custom(format!("more than {MOST_ENTRIES} entries"))) } else { Ok(()) }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntriesVisitor)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

/// Our own form with its artifacts unread.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<'a> {
    #[serde(rename = "$schema", default)]
    _schema: Option<String>,
    version: u64,
    #[serde(default)]
    generated_at: Option<String>,
    #[serde(default)]
    git_revision: Option<String>,
    #[serde(borrow)]
    artifacts: Items<'a>,
}

/// Where an artifact's path stands.
#[derive(Deserialize)]
struct PathOf<'a> {
    #[serde(borrow)]
    path: &'a RawValue,
}

pub(super) fn read(text: &str) -> Result<Pins, ManifestError> {
    let entries = match serde_json::from_str::<Entries<'_>>(text) {
        Ok(Entries(entries)) => entries,
        // Broken JSON that speaks of artifacts and digests was meant as one.
        Err(error) if text.contains("\"artifacts\"") && text.contains("sha256") => return Err(broken(&error)),
        Err(_) => return Err(ManifestError::NotOne),
    };
    let has = |key: &str| entries.iter().any(|(name, _)| name == key);
    if has("dsseEnvelope") || has("mediaType") {
        return model_signing::read(text);
    }
    if has("artifacts") && (has("version") || text.contains("sha256")) {
        return own(text);
    }
    map(text, &entries)
}

fn broken(error: &serde_json::Error) -> ManifestError {
    ManifestError::Broken(format!("it is no valid manifest: {error}"))
}

fn own(text: &str) -> Result<Pins, ManifestError> {
    // A version is asked first: a later one may have other keys.
    #[derive(Deserialize)]
    struct Versioned {
        version: Option<serde_json::Value>,
    }
    let versioned: Versioned = serde_json::from_str(text).map_err(|error| broken(&error))?;
    match versioned.version {
        Some(version) if version.as_u64() == Some(u64::from(VERSION)) => {}
        Some(version) => {
            let message = format!("it has version {version}, this loadlint reads version {VERSION}");
            return Err(ManifestError::Broken(message));
        }
        None => return Err(ManifestError::Broken("it has no `version`".to_owned())),
    }
    let document: Document<'_> = serde_json::from_str(text).map_err(|error| broken(&error))?;
    let mut collector = Collector::new();
    let mut artifacts = Vec::new();
    for raw in document.artifacts.0 {
        let at = serde_json::from_str::<PathOf<'_>>(raw.get()).map_or(raw, |found| found.path);
        match serde_json::from_str::<Artifact>(raw.get()) {
            Ok(artifact) => {
                collector.pin(&artifact.path, artifact.sha256, Some(artifact.bytes), region_of(text, at.get()));
                artifacts.push(artifact);
            }
            Err(error) => {
                // Its line and column count from the entry, which helps nobody.
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or_default().to_owned();
                collector.fault(at.get(), format!("the entry is not valid: {message}"), region_of(text, at.get()));
            }
        }
    }
    let manifest = Manifest {
        version: u32::try_from(document.version).unwrap_or(VERSION),
        generated_at: document.generated_at,
        git_revision: document.git_revision,
        artifacts,
    };
    Ok(Pins { manifest: Some(manifest), ..collector.finish(Form::Loadlint) })
}

/// `{"model.pt": "…64 digits…"}`; nothing else may stand in it.
fn map(text: &str, entries: &[(String, &RawValue)]) -> Result<Pins, ManifestError> {
    let digest_of = |raw: &RawValue| digest(serde_json::from_str::<&str>(raw.get()).ok()?);
    let digests = entries.iter().filter(|(_, raw)| digest_of(raw).is_some()).count();
    if digests == 0 {
        return Err(ManifestError::NotOne);
    }
    let mut collector = Collector::new();
    for (path, raw) in entries {
        let region = region_of(text, raw.get());
        match digest_of(raw) {
            Some(sha256) => collector.pin(path, sha256, None, region),
            // `"$schema"`, `"_comment"` and the like.
            None if path.starts_with(['$', '_']) => {}
            None if digests * 2 < entries.len() => return Err(ManifestError::NotOne),
            None => collector.fault(path, "its value is no SHA-256 digest", region),
        }
    }
    Ok(collector.finish(Form::Map))
}
