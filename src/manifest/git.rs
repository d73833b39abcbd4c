//! The commit that is checked out, and where it came from, read from the files of `.git`; nothing is run.
//!
//! Source: git's documentation, gitrepository-layout and git-pack-refs.

use std::path::{Path, PathBuf};

use crate::disk::{Ceiling, is_folder, read_input};

/// Files of `.git` that are read are small, but for the list of packed references.
const MOST: Ceiling = Ceiling { bytes: 64 << 20, key: "the ceiling for git's files" };

/// What is known of the checkout a folder lies in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkout {
    /// The commit, in hexadecimal digits.
    pub revision: Option<String>,
    /// Where `origin` is, without names and passwords.
    pub origin: Option<String>,
}

/// Looks for `.git` in `folder`, an absolute path, and above.
pub fn checkout(folder: &Path) -> Checkout {
    let Some(git) = folder.ancestors().find_map(git_folder) else { return Checkout::default() };
    // A further worktree shares references and configuration with the first.
    let common = read(&git.join("commondir")).map_or_else(|| git.clone(), |path| git.join(path.trim()));
    Checkout { revision: revision(&git, &common), origin: origin(&common) }
}

fn git_folder(folder: &Path) -> Option<PathBuf> {
    let git = folder.join(".git");
    if is_folder(&git) {
        return Some(git);
    }
    // In worktrees and submodules it is a file that names the folder.
    let text = read(&git)?;
    Some(folder.join(text.strip_prefix("gitdir:")?.trim()))
}

fn read(path: &Path) -> Option<String> {
    String::from_utf8(read_input(path, MOST).ok()?).ok()
}

fn revision(git: &Path, common: &Path) -> Option<String> {
    let head = read(&git.join("HEAD"))?;
    let Some(reference) = head.strip_prefix("ref:").map(str::trim) else { return commit(head.trim()) };
    // A reference is a path below `.git`; one that leads out of it is not followed.
    if !reference.starts_with("refs/") || reference.split('/').any(|part| part == "..") {
        return None;
    }
    let loose = |folder: &Path| commit(read(&folder.join(reference))?.trim());
    let packed = || {
        let list = read(&common.join("packed-refs"))?;
        let line = list.lines().find(|line| line.split_once(' ').is_some_and(|(_, name)| name == reference))?;
        commit(line.split_once(' ')?.0)
    };
    loose(git).or_else(|| loose(common)).or_else(packed)
}

fn commit(text: &str) -> Option<String> {
    let holds = matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    holds.then(|| text.to_ascii_lowercase())
}

fn origin(common: &Path) -> Option<String> {
    let text = read(&common.join("config"))?;
    let mut in_origin = false;
    for line in text.lines().map(str::trim) {
        if line.starts_with('[') {
            in_origin = line.replace(' ', "") == "[remote\"origin\"]";
        } else if let Some((key, value)) = line.split_once('=').filter(|_| in_origin)
            && key.trim().eq_ignore_ascii_case("url")
        {
            return Some(without_secrets(value.trim()));
        }
    }
    None
}

/// An address without what stands before an `@`, and without a query: tokens stand there.
fn without_secrets(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or(address);
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, None), |(host, path)| (host, Some(path)));
            let host = host.rsplit('@').next().unwrap_or(host);
            path.map_or_else(|| format!("{scheme}://{host}"), |path| format!("{scheme}://{host}/{path}"))
        }
        None => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::temporary_tree as tree;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    #[test]
    fn the_commit_of_a_branch_of_packed_references_and_of_none() {
        let loose = tree(&[(".git/HEAD", "ref: refs/heads/x/y\n"), (".git/refs/heads/x/y", COMMIT), ("a/b", "")]);
        assert_eq!(checkout(&loose.path().join("a")).revision.as_deref(), Some(COMMIT));
        let packed =
            format!("# pack-refs with: peeled\n{} refs/heads/main-2\n{COMMIT} refs/heads/main\n", "1".repeat(40));
        let packed = tree(&[(".git/HEAD", "ref: refs/heads/main\n"), (".git/packed-refs", &packed)]);
        assert_eq!(checkout(packed.path()).revision.as_deref(), Some(COMMIT));
        let detached = tree(&[(".git/HEAD", COMMIT)]);
        assert_eq!(checkout(detached.path()).revision.as_deref(), Some(COMMIT));
        let unborn = tree(&[(".git/HEAD", "ref: refs/heads/main\n")]);
        assert_eq!(checkout(unborn.path()).revision, None);
        let hostile = tree(&[(".git/HEAD", "ref: refs/../../secret"), ("secret", COMMIT)]);
        assert_eq!(checkout(hostile.path()).revision, None);
    }

    #[test]
    fn a_worktree_leads_to_its_repository() {
        let folder = tree(&[
            ("main/.git/HEAD", "ref: refs/heads/main\n"),
            ("main/.git/refs/heads/work", COMMIT),
            ("main/.git/worktrees/w/HEAD", "ref: refs/heads/work\n"),
            ("main/.git/worktrees/w/commondir", "../..\n"),
            ("main/.git/config", "[remote \"origin\"]\n\turl = https://example.org/a.git\n"),
            ("w/.git", "gitdir: ../main/.git/worktrees/w\n"),
        ]);
        let expected =
            Checkout { revision: Some(COMMIT.to_owned()), origin: Some("https://example.org/a.git".to_owned()) };
        assert_eq!(checkout(&folder.path().join("w")), expected);
    }

    #[test]
    fn an_address_is_told_without_its_secrets() {
        let pairs = [
            ("https://user:token@example.org/a/b.git", "https://example.org/a/b.git"),
            ("https://example.org/a?token=x", "https://example.org/a"),
            ("https://a@b@example.org", "https://example.org"),
            ("git@example.org:a/b.git", "git@example.org:a/b.git"),
        ];
        for (address, told) in pairs {
            assert_eq!(without_secrets(address), told);
        }
    }
}
