//! What the file that is being read needs and does not hold itself: storages, members, files beside it.

use std::collections::{BTreeMap, BTreeSet};

use super::Examination;
use crate::fact::artifact::{ByteRegion, CompanionSum, Companions, GapKind};

/// Keys of storages that a pickle asks for, with their elements and the bytes of one.
pub(in crate::artifact) type Storages = BTreeMap<String, (u64, u64)>;

impl Examination<'_> {
    /// The storages that the first pickle which `read` comes to asks for.
    pub(in crate::artifact) fn with_storages(&mut self, read: impl FnOnce(&mut Self)) -> Storages {
        self.storages = Some(Storages::new());
        read(self);
        self.storages.take().unwrap_or_default()
    }

    /// Whether the storages of the pickle at hand are wanted: of what lies in it they are not.
    pub(in crate::artifact) fn take_wish_for_storages(&mut self) -> bool {
        self.storages.take().is_some()
    }

    /// Hands over the storages that were wanted.
    pub(in crate::artifact) fn hand_storages(&mut self, storages: Storages) {
        self.storages = Some(storages);
    }

    /// Notes that what is being read asks for another member of its archive.
    pub(in crate::artifact) fn need(&mut self, member: &str) {
        const MOST_NEEDED: usize = 100_000;
        if self.needed.len() < MOST_NEEDED {
            self.needed.push(member.to_owned());
        }
    }

    /// Does `read` for an archive with members of these names, and says which of them it asked for and are not there.
    pub(in crate::artifact) fn with_members<'n>(
        &mut self,
        names: impl Iterator<Item = &'n str>,
        read: impl FnOnce(&mut Self),
    ) {
        let outer = std::mem::take(&mut self.needed);
        read(self);
        let names: BTreeSet<&str> = names.collect();
        for needed in std::mem::replace(&mut self.needed, outer) {
            if !names.contains(needed.as_str()) {
                let fault = format!("the member `{}` is not in the archive", needed.escape_debug());
                self.gap(GapKind::Damaged, ByteRegion::default(), fault);
            }
        }
    }

    /// Notes that the file cannot be loaded without the file `path` beside it, of which so many bytes are asked for.
    /// Where a member of an archive would look is its unpacker's affair.
    pub(in crate::artifact) fn beside(&mut self, path: &str, least_bytes: u64) {
        if self.may_name_files() {
            let bytes = self.found.companions.files.entry(path.to_owned()).or_default();
            *bytes = least_bytes.max(*bytes);
        }
    }

    /// The same of what is often kept without all that it names, as configurations are.
    pub(in crate::artifact) fn beside_some(&mut self, path: &str) {
        self.found.companions.may_lack_all = true;
        self.beside(path, 0);
    }

    /// Notes the checksum of some bytes of such a file.
    pub(in crate::artifact) fn beside_summed(&mut self, sum: CompanionSum) {
        if self.found.companions.files.contains_key(&sum.path) {
            self.found.companions.sums.push(sum);
        }
    }

    /// Notes that where `path` is beside the file, the others should be too.
    pub(in crate::artifact) fn beside_if_kept(&mut self, path: &str) {
        if self.may_name_files() {
            self.found.companions.kin.insert(path.to_owned());
        }
    }

    fn may_name_files(&self) -> bool {
        const MOST_FILES: usize = 10_000;
        let Companions { files, kin, .. } = &self.found.companions;
        self.member.depth() == 0 && files.len() + kin.len() < MOST_FILES
    }
}
