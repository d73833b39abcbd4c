//! What the machine is asked for, and what it gives back.

use std::collections::BTreeSet;

use crate::artifact::examination::Storages;
use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, Seen};
use crate::fact::pickle::PickleStream;

use super::super::input::Frames;
use super::super::store::Value;
use super::super::tensors::Tensor;

/// How a stream is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in super::super) struct Reading {
    /// What happens at the end of frames.
    pub(in super::super) frames: Frames,
    /// Whether array bytes follow joblib's array wrappers.
    pub(in super::super) arrays: bool,
    /// Whether facts are wanted; otherwise calls are only counted.
    pub(in super::super) quiet: bool,
    /// Whether tensors are wanted.
    pub(in super::super) inventory: bool,
    /// Whether the lengths of storages are wanted.
    pub(in super::super) storages: bool,
    /// Whether one unpickler reads all streams, with one memo.
    pub(in super::super) goes_on: bool,
}

/// A fault that the memo of the streams before may mend.
pub(in super::super) const NOT_IN_MEMO: &str = "a memo number that was not set";

/// Bytes within a stream that are an artifact themselves.
#[derive(Debug)]
pub(in super::super) struct Inner {
    /// The opcode that shows it.
    pub(in super::super) at: u64,
    /// Which bytes it is made of, to tell it once.
    pub(in super::super) identity: (u64, u64),
    /// Where it lies.
    pub(in super::super) content: Window,
}

/// What a stream did.
#[derive(Debug)]
pub(in super::super) struct Outcome {
    /// The stream as a whole.
    pub(in super::super) stream: PickleStream,
    /// Why it went no further, if not for `STOP`.
    pub(in super::super) fault: Option<&'static str>,
    /// The offset behind it.
    pub(in super::super) end: u64,
    /// What was seen, in order.
    pub(in super::super) facts: Vec<(ByteRegion, Seen)>,
    /// Artifacts inside.
    pub(in super::super) inner: Vec<Inner>,
    /// How many calls there were.
    pub(in super::super) calls: u64,
    /// How many of them were of more than codecs.
    pub(in super::super) acts: u64,
    /// How many of them were of names that Python could have.
    pub(in super::super) plausible_calls: u64,
    /// How many names were imported that Python could have.
    pub(in super::super) plausible_imports: u64,
    /// How many operations were more than constants.
    pub(in super::super) structure: u64,
    /// Where readers differ about frames.
    pub(in super::super) frame_fault: Option<u64>,
    /// Whether arrays followed joblib's wrappers.
    pub(in super::super) arrays: u64,
    /// What some or all loaders cannot go on after, though this reading did: where, and why.
    pub(in super::super) faults: Vec<(u64, &'static str)>,
    /// Whether facts were left out because there were too many.
    pub(in super::super) is_cut: bool,
    /// What the system said.
    pub(in super::super) failure: Option<std::io::Error>,
    /// Tensors in what the stream gives back.
    pub(in super::super) tensors: Vec<Tensor>,
    /// What is on the stack's top at `STOP`.
    pub(in super::super) top: Value,
    /// Keys of storages, with their elements and the bytes of one; kept if the reading asks for them.
    pub(in super::super) storages: Storages,
    /// The texts in the list on the stack's top at `STOP`; kept under the same condition.
    pub(in super::super) listed: Vec<String>,
    /// Files that joblib reads arrays from.
    pub(in super::super) array_files: BTreeSet<String>,
}
