//! Containers: archives with members, and compressed streams.
//!
//! Comes in: a window that `sniff` took for a container. Goes out: observations about the container itself, and its
//! entries, which `archive` understands by what they are together (a PyTorch checkpoint, a Keras model, …).

pub(super) mod ar;
mod chain;
mod codec;
pub(super) mod compressed;
mod entry;
mod pages;
pub(super) mod path;
mod repair;
pub(super) mod seven_zip;
pub(super) mod tar;
#[cfg(test)]
mod tests;
mod unpack;
pub(super) mod zip;

pub(super) use entry::{Entry, Method};
pub(super) use unpack::Watch;
