//! How one pinned file stands on disk. The size is asked first: a file of another size is not read.

use std::path::Path;

use super::digest::{Sha256, hash_file};
use super::forms::Pin;
use super::path::RelativePath;
use crate::artifact::LfsPointer;
use crate::disk::{self, Ceiling, ReadProblem, Stamp, Standing};

/// What counts as the pinned file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy {
    /// Whether a symbolic link may stand in its place, if what it leads to is below the folder.
    pub links_inside: bool,
    /// Whether the content must be there; else a Git-LFS pointer to it is enough.
    pub content_only: bool,
}

/// What was found under the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Its size, or that a pointer names.
    pub bytes: u64,
    /// Its digest, or that a pointer names; `None` if the size was enough.
    pub sha256: Option<Sha256>,
    /// Whether a Git-LFS pointer says so.
    pub by_pointer: bool,
}

/// How a pinned file stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the file.
    Matches(Found),
    /// It has another size or digest.
    Differs(Found),
    /// Nothing has the name.
    Missing {
        /// A name that differs in case only.
        like: Option<String>,
    },
    /// A symbolic link stands there, or on the way.
    Link {
        /// The part that is the link.
        at: String,
        /// Where it leads.
        to: String,
        /// Whether that is out of the folder, or nowhere.
        outside: bool,
    },
    /// A Git-LFS pointer, where the content is asked for.
    PointerOnly,
    /// A folder, a pipe, a device.
    NotAFile(ReadProblem),
    /// It was written to while it was read.
    Changed,
    /// The system does not let us read it.
    Unreadable(ReadProblem),
}

impl Verdict {
    /// The word for reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Matches(_) => "ok",
            Self::Differs(_) => "mismatch",
            Self::Missing { .. } => "missing",
            Self::Link { .. } => "symlink",
            Self::PointerOnly => "pointer-only",
            Self::NotAFile(_) => "not-a-file",
            Self::Changed => "changed-while-read",
            Self::Unreadable(_) => "unreadable",
        }
    }

    /// Whether the file could not be looked at, so that nothing is known of it.
    pub fn is_gap(&self) -> bool {
        matches!(self, Self::Changed | Self::Unreadable(_))
    }
}

/// Hashes a file in a state.
type Hash<'h> = &'h dyn Fn(&Path, Stamp) -> Result<Sha256, ReadProblem>;

/// Looks at the file `pin` names below `root`, which is a path without links. `heard` is told of bytes that are read.
pub fn verify(root: &Path, pin: &Pin, policy: Policy, heard: &dyn Fn(u64)) -> Verdict {
    verify_with(root, pin, policy, &|path, stamp| hash_file(path, Some(stamp), heard).map(|(digest, _)| digest))
}

/// The same with another way to get at digests.
pub fn verify_with(root: &Path, pin: &Pin, policy: Policy, hash: Hash<'_>) -> Verdict {
    let relative = pin.path.to_path();
    match disk::standing(root, &relative) {
        Standing::File(stamp) => file(&root.join(relative), stamp, pin, policy, hash),
        Standing::Link { file: Some(target), .. } if policy.links_inside && target.starts_with(root) => {
            match disk::stamp(&target) {
                Ok(stamp) => file(&target, stamp, pin, policy, hash),
                Err(problem) => of_problem(problem),
            }
        }
        Standing::Link { at, to, file } => Verdict::Link {
            at: at.display().to_string(),
            to: to.display().to_string(),
            outside: file.is_none_or(|file| !file.starts_with(root)),
        },
        Standing::Not(ReadProblem::Missing) => Verdict::Missing { like: similar(root, &pin.path) },
        Standing::Not(problem) => of_problem(problem),
    }
}

fn of_problem(problem: ReadProblem) -> Verdict {
    match problem {
        ReadProblem::Changed => Verdict::Changed,
        ReadProblem::Missing => Verdict::Missing { like: None },
        ReadProblem::Folder | ReadProblem::NotRegular { .. } => Verdict::NotAFile(problem),
        ReadProblem::PermissionDenied
        | ReadProblem::LinkLoop
        | ReadProblem::BrokenLink
        | ReadProblem::TooLarge { .. }
        | ReadProblem::Other { .. } => Verdict::Unreadable(problem),
    }
}

fn file(path: &Path, stamp: Stamp, pin: &Pin, policy: Policy, hash: Hash<'_>) -> Verdict {
    let size_differs = pin.bytes.is_some_and(|bytes| bytes != stamp.bytes);
    if stamp.bytes <= LfsPointer::MOST_BYTES {
        match pointer(path, pin, policy) {
            Ok(Some(verdict)) => return verdict,
            Ok(None) => {}
            Err(problem) => return of_problem(problem),
        }
    }
    if size_differs {
        return Verdict::Differs(Found { bytes: stamp.bytes, sha256: None, by_pointer: false });
    }
    match hash(path, stamp) {
        Ok(digest) => {
            let found = Found { bytes: stamp.bytes, sha256: Some(digest), by_pointer: false };
            if digest == pin.sha256 { Verdict::Matches(found) } else { Verdict::Differs(found) }
        }
        Err(problem) => of_problem(problem),
    }
}

/// What a pointer under the name says; `None` if there is none, or the pointer's own text is what is pinned.
fn pointer(path: &Path, pin: &Pin, policy: Policy) -> Result<Option<Verdict>, ReadProblem> {
    let ceiling = Ceiling { bytes: LfsPointer::MOST_BYTES, key: "the size of a pointer" };
    let text = disk::read_input(path, ceiling)?;
    let Some(pointer) = LfsPointer::parse(&text) else { return Ok(None) };
    let Ok(sha256) = pointer.sha256.parse() else { return Ok(None) };
    if Sha256::of(&text) == pin.sha256 {
        return Ok(None);
    }
    let found = Found { bytes: pointer.bytes, sha256: Some(sha256), by_pointer: true };
    let same = sha256 == pin.sha256 && pin.bytes.is_none_or(|bytes| bytes == pointer.bytes);
    Ok(Some(match (same, policy.content_only) {
        (true, false) => Verdict::Matches(found),
        (true, true) => Verdict::PointerOnly,
        (false, _) => Verdict::Differs(found),
    }))
}

/// A name beside the missing one that differs in case only.
fn similar(root: &Path, path: &RelativePath) -> Option<String> {
    let whole = root.join(path.to_path());
    let wanted = path.name().to_lowercase();
    let names = disk::list_folder(whole.parent()?);
    let like = names.iter().filter_map(|name| name.file_name()?.to_str()).find(|name| name.to_lowercase() == wanted)?;
    Some(like.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Region;
    use std::fs;

    fn pin(path: &str, content: &[u8]) -> Pin {
        Pin {
            path: RelativePath::new(path).expect("valid"),
            sha256: Sha256::of(content),
            bytes: Some(content.len() as u64),
            region: Region::default(),
        }
    }

    fn root() -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let root = folder.path().canonicalize().expect("there");
        (folder, root)
    }

    fn word(root: &Path, pin: &Pin) -> &'static str {
        verify(root, pin, Policy::default(), &|_| {}).as_str()
    }

    #[test]
    fn same_flipped_cut_missing_and_folder_are_told_apart() {
        let (_folder, root) = root();
        let pin = pin("a.pt", b"content");
        assert_eq!(word(&root, &pin), "missing");
        fs::write(root.join("A.pt"), b"content").expect("writable");
        let verdict = verify(&root, &pin, Policy::default(), &|_| {});
        assert!(matches!(verdict, Verdict::Missing { like: Some(like) } if like == "A.pt"));
        fs::write(root.join("a.pt"), b"content").expect("writable");
        assert_eq!(word(&root, &pin), "ok");
        fs::write(root.join("a.pt"), b"contenu").expect("writable");
        let Verdict::Differs(found) = verify(&root, &pin, Policy::default(), &|_| {}) else {
            panic!("another content")
        };
        assert_eq!(found.sha256, Some(Sha256::of(b"contenu")));
        fs::write(root.join("a.pt"), b"con").expect("writable");
        let unread = |_: &Path, _: Stamp| -> Result<Sha256, ReadProblem> { panic!("the size is enough") };
        let found = Found { bytes: 3, sha256: None, by_pointer: false };
        assert_eq!(verify_with(&root, &pin, Policy::default(), &unread), Verdict::Differs(found));
        fs::remove_file(root.join("a.pt")).expect("there");
        fs::create_dir(root.join("a.pt")).expect("writable");
        assert_eq!(word(&root, &pin), "not-a-file");
    }

    #[test]
    fn a_pointer_stands_for_its_content_unless_that_is_asked_for() {
        let (_folder, root) = root();
        let pinned = pin("a.pt", b"content");
        let pointer = |sha256: Sha256, bytes: u64| {
            format!("version https://git-lfs.github.com/spec/v1\noid sha256:{sha256}\nsize {bytes}\n")
        };
        let text = pointer(pinned.sha256, 7);
        fs::write(root.join("a.pt"), &text).expect("writable");
        assert_eq!(word(&root, &pinned), "ok");
        let content_only = Policy { content_only: true, ..Policy::default() };
        assert_eq!(verify(&root, &pinned, content_only, &|_| {}), Verdict::PointerOnly);
        // The pointer itself may be what is pinned, as in a bag of a bare checkout.
        assert_eq!(word(&root, &pin("a.pt", text.as_bytes())), "ok");
        fs::write(root.join("a.pt"), pointer(pinned.sha256, 8)).expect("writable");
        assert_eq!(word(&root, &pinned), "mismatch");
        fs::write(root.join("a.pt"), pointer(Sha256::of(b"x"), 7)).expect("writable");
        assert_eq!(word(&root, &pinned), "mismatch");
    }

    #[cfg(unix)]
    #[test]
    fn links_are_told_and_only_those_inside_can_be_allowed() {
        use std::os::unix::fs::symlink;
        let (_outside, outside) = root();
        let (_folder, root) = root();
        fs::write(root.join("real"), b"content").expect("writable");
        fs::write(outside.join("real"), b"content").expect("writable");
        symlink("real", root.join("inside")).expect("links can be made");
        symlink(outside.join("real"), root.join("out")).expect("links can be made");
        let allowed = Policy { links_inside: true, ..Policy::default() };
        let verdict = |name: &str, policy| verify(&root, &pin(name, b"content"), policy, &|_| {});
        assert!(matches!(verdict("inside", Policy::default()), Verdict::Link { outside: false, .. }));
        assert!(matches!(verdict("inside", allowed), Verdict::Matches(_)));
        for policy in [Policy::default(), allowed] {
            assert!(matches!(verdict("out", policy), Verdict::Link { outside: true, .. }));
        }
    }
}
