//! Pickle streams: bare, several in a row, joblib's with arrays between the opcodes, PyTorch's legacy files.

use crate::bytes::Window;

use super::Examination;

/// Whether bytes that name no protocol are a pickle: they run to `STOP` (or `head` ends first, which `whole` says it
/// does not), or import and call something before they break.
pub(super) fn is_pickle(head: &[u8], whole: bool) -> bool {
    let _ = (head, whole);
    false
}

/// Looks at the streams that `content` starts with, and at what follows them.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let _ = (content, x);
}
