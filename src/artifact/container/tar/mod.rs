//! Tar files.

use crate::bytes::Window;

use super::super::Examination;

/// Looks at the container and at each of its members.
pub(in crate::artifact) fn examine(content: &Window, x: &mut Examination<'_>) {
    let _ = (content, x);
}
