//! Artifacts to a manifest, in each form that is written. What is an artifact was decided before; here each gets its role
//! and source, and an older manifest keeps what people wrote into it.

mod bag;
mod bom;
mod role;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::manifest::{Artifact, Manifest, RelativePath, Sha256, Source, VERSION};

pub use bag::{BagFiles, bag};
pub use bom::bom;
pub use role::{is_companion, is_manifest_name, is_model_name, role};

/// A file to be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// From the manifest's folder.
    pub path: RelativePath,
    /// Of its content.
    pub sha256: Sha256,
    /// How many bytes its content has.
    pub bytes: u64,
    /// What it is, `safetensors`; of a Git-LFS pointer, `lfs-pointer`.
    pub format: String,
    /// Where it comes from.
    pub source: Option<Source>,
}

/// How a manifest differs from an older one: paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Changes {
    /// Not listed before.
    pub added: Vec<String>,
    /// With another digest or size.
    pub changed: Vec<String>,
    /// No longer listed.
    pub removed: Vec<String>,
}

impl Changes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.changed.is_empty() && self.removed.is_empty()
    }
}

/// A manifest of these files. What `older` says of role, source and threat of a file stays; what it lists and `keeps` says
/// so stays as it is. If nothing changed, so do its date and commit, and with them every byte.
pub fn manifest(
    listed: Vec<Listed>,
    older: Option<&Manifest>,
    keeps: &dyn Fn(&Artifact) -> bool,
    generated_at: Option<String>,
    git_revision: Option<String>,
) -> (Manifest, Changes) {
    let before: &[Artifact] = older.map_or(&[], |older| &older.artifacts);
    let index: FxHashMap<&str, &Artifact> = before.iter().map(|artifact| (artifact.path.as_str(), artifact)).collect();
    let mut artifacts: Vec<Artifact> =
        listed.into_iter().map(|file| artifact(file, &|path| index.get(path).copied())).collect();
    let new: FxHashSet<String> = artifacts.iter().map(|artifact| artifact.path.clone()).collect();
    artifacts.extend(before.iter().filter(|artifact| !new.contains(&artifact.path) && keeps(artifact)).cloned());
    artifacts.sort_by(|a, b| a.path.cmp(&b.path));
    let mut changes = Changes::default();
    for artifact in &artifacts {
        match index.get(artifact.path.as_str()) {
            None => changes.added.push(artifact.path.clone()),
            Some(older) if older.sha256 != artifact.sha256 || older.bytes != artifact.bytes => {
                changes.changed.push(artifact.path.clone());
            }
            Some(_) => {}
        }
    }
    let now: FxHashSet<&str> = artifacts.iter().map(|artifact| artifact.path.as_str()).collect();
    changes.removed.extend(before.iter().map(|one| one.path.clone()).filter(|path| !now.contains(path.as_str())));
    if let Some(older) = older.filter(|older| older.artifacts == artifacts) {
        return (older.clone(), changes);
    }
    (Manifest { version: VERSION, generated_at, git_revision, artifacts }, changes)
}

fn artifact<'o>(file: Listed, older: &dyn Fn(&str) -> Option<&'o Artifact>) -> Artifact {
    let Listed { path, sha256, bytes, format, source } = file;
    let older = older(path.as_str());
    let role = role(&format, &path);
    // The pointer of a file that was here before says less than the file did.
    let known = older.filter(|older| older.sha256 == sha256 && format == LFS_POINTER);
    let format = known.and_then(|older| older.format.clone()).unwrap_or(format);
    Artifact {
        path: path.as_str().to_owned(),
        sha256,
        bytes,
        role: older.and_then(|older| older.role.clone()).or(Some(role.to_owned())),
        format: Some(format),
        source: source.or_else(|| older.and_then(|older| older.source.clone())),
        threat: older.and_then(|older| older.threat.clone()),
    }
}

/// The format of a pointer, whose content is not here.
pub const LFS_POINTER: &str = "lfs-pointer";

/// The lines of `sha256sum`, by path.
pub fn sums(manifest: &Manifest) -> String {
    let line = |artifact: &Artifact| {
        let plain = !artifact.path.contains(['\\', '\n', '\r']);
        let escaped = artifact.path.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
        format!("{}{}  {escaped}\n", if plain { "" } else { "\\" }, artifact.sha256)
    };
    manifest.artifacts.iter().map(line).collect()
}

/// `models--owner--name/snapshots/COMMIT/…`: how the hub's client keeps what it fetched.
pub fn hub_source(path: &std::path::Path) -> Option<Source> {
    let parts: Vec<&str> = path.components().filter_map(|part| part.as_os_str().to_str()).collect();
    let at = parts.windows(3).rposition(|parts| parts[1] == "snapshots" && parts[0].contains("--"))?;
    let (kind, name) = parts[at].split_once("--")?;
    let revision = Some(parts[at + 2].to_owned());
    let holds = matches!(kind, "models" | "datasets" | "spaces") && parts.len() > at + 3;
    holds.then(|| Source { repository: name.replacen("--", "/", 1), revision })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(path: &str, content: &[u8]) -> Listed {
        Listed {
            path: RelativePath::new(path).expect("valid"),
            sha256: Sha256::of(content),
            bytes: content.len() as u64,
            format: "safetensors".to_owned(),
            source: None,
        }
    }

    fn made(files: Vec<Listed>, older: Option<&Manifest>, when: &str) -> (Manifest, Changes) {
        manifest(files, older, &|_| false, Some(when.to_owned()), None)
    }

    #[test]
    fn one_changed_file_changes_few_lines_and_none_changes_nothing() {
        let files = || vec![listed("b.safetensors", b"b"), listed("a.safetensors", b"a")];
        let (first, changes) = made(files(), None, "2026-01-01T00:00:00Z");
        assert_eq!(changes.added, ["a.safetensors", "b.safetensors"]);
        let (same, changes) = made(files(), Some(&first), "2026-02-02T00:00:00Z");
        assert!(changes.is_empty());
        assert_eq!(same.to_text(), first.to_text());
        let other = vec![listed("a.safetensors", b"a"), listed("b.safetensors", b"c")];
        let (other, changes) = made(other, Some(&first), "2026-02-02T00:00:00Z");
        assert_eq!(changes.changed, ["b.safetensors"]);
        let (one, two) = (first.to_text(), other.to_text());
        assert_eq!(one.lines().zip(two.lines()).filter(|(one, two)| one != two).count(), 2, "{two}");
    }

    #[test]
    fn what_people_wrote_stays_and_what_is_gone_goes_unless_kept() {
        let (mut older, _) = made(vec![listed("a", b"a"), listed("gone", b"g")], None, "x");
        older.artifacts[0].role = Some("our-own".to_owned());
        older.artifacts[0].threat = Some("T-003".to_owned());
        let (new, changes) = made(vec![listed("a", b"changed")], Some(&older), "y");
        assert_eq!(
            (new.artifacts[0].role.as_deref(), new.artifacts[0].threat.as_deref()),
            (Some("our-own"), Some("T-003"))
        );
        assert_eq!((changes.changed, changes.removed), (vec!["a".to_owned()], vec!["gone".to_owned()]));
        let (kept, _) = manifest(vec![listed("b", b"b")], Some(&older), &|one| one.path == "gone", None, None);
        assert_eq!(kept.artifacts.iter().map(|one| one.path.as_str()).collect::<Vec<_>>(), ["b", "gone"]);
    }

    #[test]
    fn lines_are_escaped_as_sha256sum_does() {
        let (manifest, _) = made(vec![listed("a\nb\\c", b""), listed("plain", b"")], None, "x");
        let digest = Sha256::of(b"");
        assert_eq!(sums(&manifest), format!("\\{digest}  a\\nb\\\\c\n{digest}  plain\n"));
    }

    #[test]
    fn the_folders_of_the_hubs_cache_tell_the_source() {
        let commit = "c5935b4ef7f5e8a5b6a3b5d3c9e1d1a1b2c3d4e5";
        let path = format!("/cache/models--acme--net--v2/snapshots/{commit}/sub/model.safetensors");
        let source = Source { repository: "acme/net--v2".to_owned(), revision: Some(commit.to_owned()) };
        assert_eq!(hub_source(std::path::Path::new(&path)), Some(source));
        assert_eq!(hub_source(std::path::Path::new("models--a--b/snapshots/x")), None);
        assert_eq!(hub_source(std::path::Path::new("my--data/snapshots/x/y")), None);
    }
}
