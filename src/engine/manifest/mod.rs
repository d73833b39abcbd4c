//! Manifests over many files: what is to be listed ([`list()`]), how what is listed stands ([`check_pins`]), what is there
//! besides ([`extra()`]), and in `check`, what code and manifest say of each other ([`hold()`]).

mod extra;
mod hold;
mod list;
mod stand;

pub use extra::{Extra, extra, is_listed_kind};
pub use hold::{Held, ManifestFile, hold};
pub use list::{Listing, Wish, list};
pub use stand::{Heard, Progress, check_pins, hash_tree};
