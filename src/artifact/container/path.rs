//! Member paths that leave the folder they are unpacked to.

use std::collections::HashMap;

use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::super::Examination;

/// Observes what is wrong with the path `name`, which stands at `region`.
pub(super) fn check(name: &str, region: ByteRegion, x: &mut Examination<'_>) {
    if is_absolute(name) {
        x.observe(ObservationKind::AbsolutePath, region, name);
    } else if leaves(name, 0) {
        x.observe(ObservationKind::PathTraversal, region, name);
    }
}

/// Whether a link at `name` to `target` points out of the archive's folder.
pub(super) fn link_leaves(name: &str, target: &str) -> bool {
    let depth = name.split(SEPARATORS).filter(|part| !matches!(*part, "" | ".")).count();
    is_absolute(target) || leaves(target, depth.saturating_sub(1))
}

const SEPARATORS: [char; 2] = ['/', '\\'];

/// From the root of a system or of a drive, as any system has it.
fn is_absolute(name: &str) -> bool {
    let drive = matches!(name.as_bytes(), [letter, b':', b'/' | b'\\', ..] if letter.is_ascii_alphabetic());
    name.starts_with(SEPARATORS) || drive
}

/// Whether the parts of `path`, from `depth` folders below the root on, ever come above it.
pub(super) fn leaves(path: &str, depth: usize) -> bool {
    if !path.contains("..") {
        return false;
    }
    let mut depth = depth;
    for part in path.split(SEPARATORS) {
        match part {
            "" | "." => {}
            ".." => match depth.checked_sub(1) {
                Some(less) => depth = less,
                None => return true,
            },
            _ => depth += 1,
        }
    }
    false
}

/// Symbolic links of an archive, by where they stand. Unpacking one member after the other goes through those before.
#[derive(Default)]
pub(super) struct Links {
    targets: HashMap<String, String>,
}

/// Links that are followed for one path; systems follow forty.
const MOST_FOLLOWED: usize = 64;

impl Links {
    /// Keeps a link.
    pub(super) fn add(&mut self, name: &str, target: &str) {
        let parts: Vec<_> = name.split(SEPARATORS).filter(|part| !matches!(*part, "" | ".")).collect();
        self.targets.insert(parts.join("/"), target.to_owned());
    }

    /// Whether `path` leads out of the archive's folder through links of it.
    pub(super) fn lead_out(&self, path: &str) -> bool {
        if self.targets.is_empty() {
            return false;
        }
        let parts = |path: &str| path.split(SEPARATORS).rev().map(str::to_owned).collect::<Vec<_>>();
        let (mut open, mut at, mut followed) = (parts(path), Vec::<String>::new(), 0);
        while let Some(part) = open.pop() {
            match part.as_str() {
                "" | "." => {}
                ".." if at.pop().is_none() => return true,
                ".." => {}
                _ => {
                    at.push(part);
                    let Some(target) = self.targets.get(&at.join("/")) else { continue };
                    followed += 1;
                    if followed > MOST_FOLLOWED || is_absolute(target) {
                        return is_absolute(target);
                    }
                    at.pop();
                    open.extend(parts(target));
                }
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_leave_the_folder_count() {
        for harmless in ["a", "./a", "./", "a/b/../c", "a..b/..c", "a:b", "C:", "a/./b", "..."] {
            assert!(!is_absolute(harmless) && !leaves(harmless, 0), "{harmless}");
        }
        for escaping in ["../a", "a/../../b", "..", "./../a", "..\\a", "a\\..\\..\\b", "a/..\\../b"] {
            assert!(!is_absolute(escaping) && leaves(escaping, 0), "{escaping}");
        }
        for absolute in ["/a", "\\a", "//server/share", "C:\\a", "c:/a"] {
            assert!(is_absolute(absolute), "{absolute}");
        }
    }

    #[test]
    fn links_are_followed_through_links() {
        let mut links = Links::default();
        assert!(!links.lead_out("b/../evil"));
        for (name, target) in [("a", "."), ("./b", "a/.."), ("loop", "loop/x"), ("in", "deep/er"), ("root", "/")] {
            links.add(name, target);
        }
        for inside in ["a/evil", "in/../../x", "loop/evil", "deep/b/x", "a/in/x"] {
            assert!(!links.lead_out(inside), "{inside}");
        }
        for outside in ["b/evil", "a/b", "a/a/b/../x", "in/../../../x", "root/etc"] {
            assert!(links.lead_out(outside), "{outside}");
        }
    }

    #[test]
    fn a_link_is_followed_from_its_own_folder() {
        assert!(!link_leaves("a/b/link", "../c") && !link_leaves("./a/link", "b"));
        assert!(link_leaves("a/link", "../../c") && link_leaves("link", "../c") && link_leaves("a/b", "/etc"));
    }
}
