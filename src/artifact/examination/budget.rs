//! What one artifact may cost: bytes unpacked or read for checksums alone, pickle operations.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Examination;
use crate::bytes::Window;

/// As much of an artifact is read for nothing but checksums; what runs code is not counted.
const MOST_SUMMED_BYTES: u64 = 4 << 20;

impl Examination<'_> {
    /// How many bytes the next member may unpack to.
    pub fn unpack_allowance(&self) -> u64 {
        self.unpacked_bytes_left().min(self.limits.max_member_bytes)
    }

    fn unpacked_bytes_left(&self) -> u64 {
        self.limits.max_unpacked_bytes.saturating_sub(self.spent_bytes.load(Ordering::Relaxed))
    }

    /// Takes note of bytes that were unpacked.
    pub fn spend_bytes(&mut self, count: u64) {
        self.spent_bytes.fetch_add(count, Ordering::Relaxed);
    }

    /// The account that [`Self::spend_bytes`] adds to.
    pub(in crate::artifact) fn spent_bytes(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.spent_bytes)
    }

    /// Whether a small member of any kind may be read for its checksum: the weights of a large model would add up.
    pub(in crate::artifact) fn may_sum(&mut self, content: &Window) -> bool {
        if content.in_memory().is_none() {
            self.summed_bytes = self.summed_bytes.saturating_add(content.len());
        }
        self.summed_bytes <= MOST_SUMMED_BYTES
    }

    /// Which limit an unpacking that needed more than [`Self::unpack_allowance`] ran into.
    pub fn unpack_limit_reached(&mut self) {
        let limits = self.limits;
        if self.unpacked_bytes_left() < limits.max_member_bytes {
            self.limit_once("max-unpacked-bytes", limits.max_unpacked_bytes, "not unpacked further");
        } else {
            self.limit_once("max-member-bytes", limits.max_member_bytes, "not unpacked further");
        }
    }

    /// How many pickle operations may still be followed.
    pub fn operations_left(&self) -> u64 {
        self.limits.max_pickle_operations.saturating_sub(self.spent_operations)
    }

    /// Takes note of pickle operations.
    pub fn spend_operations(&mut self, count: u64) {
        self.spent_operations = self.spent_operations.saturating_add(count);
    }
}
