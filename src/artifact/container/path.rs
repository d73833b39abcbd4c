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

/// Whether a path, taken in some folder, leads out of it.
pub(in crate::artifact) fn leads_out(path: &str) -> bool {
    is_absolute(path) || leaves(path, 0)
}

/// Whether a link at `name` to `target` points out of the archive's folder.
pub(super) fn link_leaves(name: &str, target: &str) -> bool {
    let depth = parts(name).count();
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

/// The parts of a path that lead somewhere.
fn parts(path: &str) -> impl DoubleEndedIterator<Item = &str> {
    path.split(SEPARATORS).filter(|part| !matches!(*part, "" | "."))
}

/// Symbolic links of an archive, by where they stand. Unpacking one member after the other goes through those before.
pub(super) struct Links {
    targets: HashMap<String, String>,
    /// How many more parts of paths are looked up.
    steps: u32,
}

impl Default for Links {
    fn default() -> Self {
        Self { targets: HashMap::new(), steps: 1 << 20 }
    }
}

/// Links that are followed for one path, as systems do.
const MOST_FOLLOWED: usize = 40;
/// No system takes longer paths.
const MOST_PATH_BYTES: usize = 4096;

impl Links {
    /// Keeps a link, unless no system could make it.
    pub(super) fn add(&mut self, name: &str, target: &str) {
        if name.len().max(target.len()) <= MOST_PATH_BYTES {
            let joined = |path: &str| parts(path).collect::<Vec<_>>().join("/");
            // What leads nowhere is left out once, and not passed over whenever the link is followed.
            let target = if is_absolute(target) { target.to_owned() } else { joined(target) };
            self.targets.insert(joined(name), target);
        }
    }

    /// Whether so many parts were looked up that the rest was not.
    pub(super) fn are_too_many(&self) -> bool {
        self.steps == 0
    }

    /// Whether `path` leads out of the archive's folder through links of it.
    pub(super) fn lead_out(&mut self, path: &str) -> bool {
        if self.targets.is_empty() || path.len() > 2 * MOST_PATH_BYTES {
            return false;
        }
        let Self { targets, steps } = self;
        // What is still to come, the folder so far, and how many links led there.
        let (mut open, mut at, mut followed) = (parts(path).rev().collect::<Vec<_>>(), String::new(), 0);
        while let Some(part) = open.pop() {
            *steps = steps.saturating_sub(1);
            if *steps == 0 {
                return false;
            }
            match part {
                ".." if at.is_empty() => return true,
                ".." => at.truncate(at.rfind('/').unwrap_or(0)),
                _ => {
                    let folder = at.len();
                    at.extend((folder > 0).then_some('/'));
                    at.push_str(part);
                    if at.len() > MOST_PATH_BYTES {
                        return false;
                    }
                    let Some(target) = targets.get(&at) else { continue };
                    followed += 1;
                    if followed > MOST_FOLLOWED || is_absolute(target) {
                        return is_absolute(target);
                    }
                    at.truncate(folder);
                    open.extend(parts(target).rev());
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
        assert!(!links.lead_out(&"x/".repeat(100_000)) && !links.are_too_many());
        for outside in ["b/evil", "a/b", "a/a/b/../x", "in/../../../x", "root/etc"] {
            assert!(links.lead_out(outside), "{outside}");
        }
    }

    /// As many parts that lead nowhere as fit into a target, gone through again and again.
    #[test]
    fn parts_that_lead_nowhere_cost_nothing() {
        let mut links = Links::default();
        links.add("a", &"./".repeat(MOST_PATH_BYTES / 2));
        let path = "a/".repeat(MOST_FOLLOWED - 1) + "x";
        for _ in 0..10_000 {
            assert!(!links.lead_out(&path));
        }
        assert!(!links.are_too_many());
        links.add("b", &"x/../".repeat(MOST_PATH_BYTES / 5));
        let path = "b/".repeat(MOST_FOLLOWED - 1) + "x";
        for _ in 0..100 {
            assert!(!links.lead_out(&path));
        }
        assert!(links.are_too_many());
    }

    #[test]
    fn following_comes_to_an_end_that_is_known() {
        let mut links = Links { steps: 3000, ..Links::default() };
        links.add("a", &"x/".repeat(1000));
        assert!(!links.lead_out("a/y") && !links.are_too_many());
        assert!(!links.lead_out("a/../../a") && !links.lead_out("a/y") && links.are_too_many());
    }

    #[test]
    fn a_link_is_followed_from_its_own_folder() {
        assert!(!link_leaves("a/b/link", "../c") && !link_leaves("./a/link", "b"));
        assert!(link_leaves("a/link", "../../c") && link_leaves("link", "../c") && link_leaves("a/b", "/etc"));
    }
}
