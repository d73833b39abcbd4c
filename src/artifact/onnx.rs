//! ONNX: external data, operators of other domains, functions and metadata.

use crate::bytes::Window;

use super::Examination;

/// Looks at the whole of `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let _ = (content, x);
}

/// Whether a path or address leaves the folder of its model.
pub(super) fn is_outside(path: &str) -> bool {
    let path = path.replace('\\', "/");
    let is_absolute = path.starts_with('/') || path.starts_with('~') || path.as_bytes().get(1) == Some(&b':');
    is_absolute || path.contains("://") || path.split('/').any(|part| part == "..") || path.contains('\0')
}
