//! One source text: bytes to findings and notices.

use super::source::check_source;
use crate::config::Settings;
use crate::finding::{InputName, InputOutcome};
use crate::python::source::{SourceKind, SourceText};

/// Checks the bytes of one input. Findings that a comment excuses carry their suppression.
pub fn check_bytes(name: &InputName, _kind: SourceKind, bytes: &[u8], settings: &Settings) -> InputOutcome {
    let source = SourceText::module(name.clone(), String::from_utf8_lossy(bytes).into_owned());
    check_source(&source, settings)
}
