//! Containers: archives with members, and compressed streams.
//!
//! Comes in: a window that `sniff` took for a container. Goes out: observations about the container itself, and its
//! entries, which `archive` understands by what they are together (a PyTorch checkpoint, a Keras model, …).

pub(super) mod compressed;
mod entry;
pub(super) mod tar;
pub(super) mod zip;

#[allow(unused_imports, reason = "filled in by the readers")]
pub(super) use entry::{Entry, Method};
