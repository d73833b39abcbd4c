//! Bytes to lines and columns, in this one place. Everything else speaks of byte [`Region`]s and asks here.

mod edits;
mod line_hash;
mod line_index;
mod nearest;
mod percent;
mod region;

pub use edits::edited;
pub use line_hash::line_hashes;
pub use line_index::{LineIndex, Position};
pub use nearest::nearest;
pub use percent::percent_decoded;
pub use region::Region;
