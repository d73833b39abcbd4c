//! Manifests: every artifact is the one that was reviewed.
//!
//! Comes in: the bytes of a manifest in one of five forms ([`read`]), or what is to be listed ([`create`]). Goes out:
//! [`Pin`]s with their place in the manifest, how each stands on disk ([`verify()`]), the text of a manifest, and signatures
//! that OpenSSF Model Signing's client takes ([`sign`]). Called by `engine::manifest`, which does many files in parallel,
//! and by `cli`.
//!
//! Whoever wrote a manifest may be hostile: paths stay below its folder, sizes are bounded, no link is followed.

pub mod cache;
pub mod create;
mod digest;
mod forms;
pub mod git;
mod model;
mod path;
pub mod sign;
mod verify;

pub use digest::{Sha256, hash_file};
pub use forms::{Form, ManifestError, Pin, PinFault, Pins, find_in_folder, is_manifest, read};
pub use model::{Artifact, Manifest, Source, VERSION};
pub use path::{PathFault, RelativePath};
pub use verify::{Found, Policy, Verdict, verify, verify_with};
