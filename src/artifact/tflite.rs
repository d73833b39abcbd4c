//! TensorFlow Lite: custom operators.

use crate::bytes::Window;

use super::Examination;

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let _ = (content, x);
}
