//! Configurations and templates: text files whose keys make a loader import code, unpickle or render.

pub(super) mod template;
mod yaml;

use crate::bytes::Window;

use super::Examination;

/// Whether a text file of this name is read as a configuration or template.
pub(super) fn is_candidate(name: &str) -> bool {
    let _ = name;
    false
}

/// Looks at the text `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let _ = (content, x);
}
