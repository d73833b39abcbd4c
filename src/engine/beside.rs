//! Files that an artifact names and cannot be loaded without: whether they are beside it. They are files of their own, so
//! what is in them is told there.

use std::path::{Component, Path, PathBuf};

use rustc_hash::FxHashSet;

use crate::artifact::crc32c;
use crate::disk::{ReadProblem, Stamp, open_input, stamp};
use crate::fact::artifact::{ArtifactFact, CompanionSum, Companions, ObservationKind, Seen};
use crate::finding::{InputName, Notice, NoticeKind};

/// So many are named; the others are counted.
const NAMED: usize = 3;

/// The notice that some of `companions` are not beside the artifact in `path`, or shorter than what it wants of them.
pub(super) fn lacks(name: &InputName, path: &Path, companions: &Companions) -> Option<Notice> {
    let folder = path.parent()?;
    // What leaves the folder is a finding of its own.
    let inner =
        |(path, bytes): (&String, &u64)| inner_path(path).map(|inner| (path.clone(), folder.join(inner), *bytes));
    let files: Vec<_> = companions.files.iter().filter_map(inner).collect();
    let lacks: Vec<_> = files.iter().filter_map(|(shown, path, bytes)| lack(shown, path, *bytes)).collect();
    let mut kin = companions.kin.iter().filter_map(|kin| inner_path(kin));
    let mut stands_alone = || lacks.len() == files.len() && kin.all(|kin| is_missing(&stamp(&folder.join(kin))));
    if lacks.is_empty() || companions.may_lack_all && stands_alone() {
        return None;
    }
    let others = lacks.len().saturating_sub(NAMED);
    let others = if others == 0 { String::new() } else { format!(", and {others} more") };
    let lacks: Vec<_> = lacks.into_iter().take(NAMED).collect();
    let message = format!("not all of the model is here: {}{others}", lacks.join(", "));
    Some(Notice { kind: NoticeKind::NotFullyRead, input: name.clone(), message, location: None })
}

/// The notice that bytes beside the artifact in `path` have another checksum than it says. What is missing is told already.
pub(super) fn damaged(name: &InputName, path: &Path, companions: &Companions) -> Option<Notice> {
    let folder = path.parent()?;
    let sums = &companions.sums;
    let of_file = |files: &[CompanionSum]| {
        let file = open_input(&folder.join(inner_path(&files[0].path)?)).ok()?;
        let window = file.window();
        let is_other = |sum: &&CompanionSum| {
            let bytes = window.read_exact(sum.offset, sum.bytes).ok().flatten();
            bytes.is_some_and(|bytes| crc32c(&bytes) != sum.crc32c)
        };
        files.iter().find(is_other).cloned()
    };
    let CompanionSum { path, offset, .. } = sums.chunk_by(|a, b| a.path == b.path).find_map(of_file)?;
    let message =
        format!("the bytes from {offset} on of `{}` have another checksum than is said here", path.escape_debug());
    Some(Notice { kind: NoticeKind::NotFullyRead, input: name.clone(), message, location: None })
}

/// Leaves out what means nothing without what is beside the artifact in `path`: folders of code that are not there, and
/// requirements of no model. Of folders those too that were told already.
pub(super) fn keep_what_is_of_a_model(facts: &mut Vec<ArtifactFact>, path: Option<&Path>) {
    let is_there = |inner: &str| {
        let inside = path.and_then(Path::parent).zip(inner_path(inner));
        inside.is_none_or(|(parent, inner)| !is_missing(&stamp(&parent.join(inner))))
    };
    let mut told = FxHashSet::default();
    facts.retain(|fact| match &fact.seen {
        Seen::Observation(seen) if seen.kind == ObservationKind::CodeFolder => {
            told.insert(seen.subject.clone()) && is_there(&seen.subject)
        }
        Seen::Observation(seen) if seen.kind == ObservationKind::ForeignRequirement => {
            // An archive's are its own. MLflow installs those beside its file.
            fact.place.member.depth() > 0 || path.is_some() && is_there("MLmodel")
        }
        _ => true,
    });
}

/// What is wrong with one of them.
fn lack(shown: &str, path: &Path, least_bytes: u64) -> Option<String> {
    let shown = shown.escape_debug();
    match stamp(path) {
        Ok(stamp) if stamp.bytes < least_bytes => Some(format!("`{shown}` has {} bytes of {least_bytes}", stamp.bytes)),
        found if is_missing(&found) => Some(format!("`{shown}` is not beside it")),
        _ => None,
    }
}

/// A folder is enough, and what cannot be read is told of that file.
fn is_missing(found: &Result<Stamp, ReadProblem>) -> bool {
    matches!(found, Err(ReadProblem::Missing | ReadProblem::BrokenLink))
}

/// `path` for this system, if it stays in the folder that it starts from.
fn inner_path(path: &str) -> Option<PathBuf> {
    let inner: PathBuf = path.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let stays = inner.components().all(|part| matches!(part, Component::Normal(_)));
    let is_inner = stays && !path.starts_with('/') && !path.contains(['\\', '\0', ':']) && inner.parent().is_some();
    is_inner.then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::artifact::{Observation, Place};

    #[test]
    fn what_is_not_beside_an_artifact_is_told() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        std::fs::create_dir(folder.path().join("parts")).expect("the folder is ours");
        std::fs::write(folder.path().join("parts/a.bin"), [0; 10]).expect("the folder is ours");
        // With kin where all may lack.
        let lacks = |files: &[(&str, u64)], kin: Option<&[&str]>| {
            let files = files.iter().map(|(name, bytes)| ((*name).to_owned(), *bytes)).collect();
            let kept = kin.iter().copied().flatten().map(|kin| (*kin).to_owned()).collect();
            let companions = Companions { files, may_lack_all: kin.is_some(), kin: kept, sums: Vec::new() };
            let notice = lacks(&InputName::new("m.onnx"), &folder.path().join("m.onnx"), &companions)?;
            Some(notice.message.trim_start_matches("not all of the model is here: ").to_owned())
        };
        for complete in [&[("parts/a.bin", 10)][..], &[("./parts//a.bin", 0)], &[("parts", 7)], &[]] {
            assert_eq!(lacks(complete, None), None, "{complete:?}");
        }
        for elsewhere in ["../b.bin", "/b.bin", "parts/../b.bin", "C:/b.bin", "parts\\b.bin", "", "https://b/b.bin"] {
            assert_eq!(lacks(&[(elsewhere, 0)], None), None, "{elsewhere}");
        }
        assert_eq!(lacks(&[("parts/a.bin", 11)], None).as_deref(), Some("`parts/a.bin` has 10 bytes of 11"));
        assert_eq!(lacks(&[("a.bin", 0)], None).as_deref(), Some("`a.bin` is not beside it"));
        assert_eq!(lacks(&[("a.bin/x", 0)], None).as_deref(), Some("`a.bin/x` is not beside it"));
        let (some, none) = ([("parts/a.bin", 0), ("b.bin", 0)], [("a.bin", 0), ("b.bin", 0)]);
        assert_eq!(lacks(&some, Some(&[])).as_deref(), Some("`b.bin` is not beside it"));
        assert_eq!(lacks(&none, Some(&[])), None);
        assert_eq!(lacks(&none, Some(&["c.bin", "others"])), None);
        // What is elsewhere is not asked for.
        let elsewhere = folder.path().join("parts");
        assert_eq!(lacks(&none, Some(&["../", elsewhere.to_str().expect("a text")])), None);
        let told = "`a.bin` is not beside it, `b.bin` is not beside it";
        assert_eq!(lacks(&none, Some(&["c.bin", "parts"])).as_deref(), Some(told));
        let many = [("a", 0), ("b", 0), ("c", 0), ("d", 0), ("e", 0)];
        let told = "`a` is not beside it, `b` is not beside it, `c` is not beside it, and 2 more";
        assert_eq!(lacks(&many, None).as_deref(), Some(told));
    }

    #[test]
    fn a_folder_of_code_counts_where_it_is() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        std::fs::create_dir(folder.path().join("code")).expect("the folder is ours");
        let kept = |folders: &[&str]| {
            let seen = |folder: &&str| {
                let kind = ObservationKind::CodeFolder;
                Seen::Observation(Observation { kind, subject: (*folder).to_owned(), text: None })
            };
            let mut facts =
                folders.iter().map(|folder| ArtifactFact { place: Place::default(), seen: seen(folder) }).collect();
            keep_what_is_of_a_model(&mut facts, Some(&folder.path().join("MLmodel")));
            facts.len()
        };
        assert_eq!((kept(&["code"]), kept(&["code", "code"]), kept(&["other"]), kept(&["../code"])), (1, 1, 0, 1));
    }

    #[test]
    fn bytes_with_another_checksum_are_told() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let file = folder.path().join("a.data");
        let told = |content: &[u8]| {
            std::fs::write(&file, content).expect("the folder is ours");
            let sum =
                |offset, bytes, of: &[u8]| CompanionSum { path: "a.data".into(), offset, bytes, crc32c: crc32c(of) };
            let sums = vec![sum(0, 4, b"abcd"), sum(4, 2, b"ef")];
            let companions = Companions { sums, ..Companions::default() };
            let path = folder.path().join("a.index");
            damaged(&InputName::new(&path), &path, &companions).map(|notice| notice.message)
        };
        assert_eq!(told(b"abcdef and more"), None);
        let message = "the bytes from 4 on of `a.data` have another checksum than is said here";
        assert_eq!(told(b"abcdXf").as_deref(), Some(message));
        // That it is too short is told elsewhere.
        assert_eq!(told(b"abcde"), None);
    }

    #[test]
    fn requirements_count_beside_a_model() {
        let folder = tempfile::tempdir().expect("there is room for a folder");
        let kept = |path: Option<&Path>| {
            let kind = ObservationKind::ForeignRequirement;
            let seen = Seen::Observation(Observation { kind, subject: "x".into(), text: None });
            let mut facts = vec![ArtifactFact { place: Place::default(), seen }];
            keep_what_is_of_a_model(&mut facts, path);
            facts.len()
        };
        let list = folder.path().join("requirements.txt");
        assert_eq!((kept(Some(&list)), kept(None)), (0, 0));
        std::fs::write(folder.path().join("MLmodel"), "flavors: {}\n").expect("the folder is ours");
        assert_eq!(kept(Some(&list)), 1);
    }
}
