//! Contents that were looked at already: constants overlap, archives share members, and all ways to nest them are too many.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

use super::Examination;
use crate::bytes::Window;
use crate::fact::artifact::IDLE;

/// How the names of members begin that are constants of a pickle.
const CONSTANT: &str = "<bytes at ";
/// Longer contents are not compared: reading them costs too much, and few fit into a file.
const MOST_COMPARED: usize = 1 << 20;
/// Members of archives are compared from this depth on; above it each is told wherever it stands.
const COMPARED_DEPTH: usize = 3;

/// Contents that were looked at, with the least depth: the same content inside of the same is looked at again only if it
/// stands less deep than before, where less of it is cut off. Constants overlap, archives share members, and all ways to
/// nest them are too many.
#[derive(Debug, Default)]
pub(super) struct LookedAt {
    /// A random key for the hashes, so that nobody can prepare one content that hides another.
    keys: RandomState,
    depths: HashMap<ContentKey, usize>,
}

/// Where a content stands, as far as that matters, and what it is: hashes, and its length between them.
type ContentKey = (u64, u64, u64);

impl LookedAt {
    /// `None` if the content is too long to compare, or not all of it can be read.
    fn key(&self, place: u64, content: &Window) -> Option<ContentKey> {
        let length = usize::try_from(content.len()).ok().filter(|length| *length <= MOST_COMPARED)?;
        let bytes = content.read_exact(0, length).ok()??;
        Some((place, content.len(), self.keys.hash_one(&*bytes)))
    }
}

impl Examination<'_> {
    /// Looks at a constant of the pickle that is being read, at `at`; once in each member of an archive.
    pub fn constant(&mut self, at: u64, content: &Window) {
        self.constant_called(CONSTANT, at, content);
    }

    /// The same of bytes that nothing in the artifact loads.
    pub fn idle(&mut self, at: u64, content: &Window) {
        self.constant_called(IDLE, at, content);
    }

    fn constant_called(&mut self, name: &str, at: u64, content: &Window) {
        let is_constant = |part: &str| part.starts_with(CONSTANT) || part.starts_with(IDLE);
        let members = self.member.parts().iter().filter(|part| !is_constant(part));
        let place = self.looked_at.keys.hash_one((name, members.collect::<Vec<_>>()));
        self.once(place, content, |x| x.nested(&format!("{name}{at}>"), content));
    }

    /// Does `look` at the content of the member that is being read; deep inside, at each name once.
    pub(in crate::artifact) fn member_once(&mut self, content: &Window, look: impl FnOnce(&mut Self)) {
        if self.member.depth() < COMPARED_DEPTH {
            return look(self);
        }
        let place = self.looked_at.keys.hash_one(self.name());
        self.once(place, content, look);
    }

    fn once(&mut self, place: u64, content: &Window, look: impl FnOnce(&mut Self)) {
        let depth = self.member.depth();
        let key = self.looked_at.key(place, content);
        if key.is_some_and(|key| self.looked_at.depths.get(&key).is_some_and(|before| *before <= depth)) {
            return;
        }
        look(self);
        if let Some(key) = key {
            self.looked_at.depths.insert(key, depth);
        }
    }
}
