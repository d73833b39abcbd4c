//! Graphs as text (`.pbtxt`): only their operators are looked for.

use rustc_hash::FxHashSet;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::super::Examination;
use super::super::protobuf::text::walk;
use super::operator;

/// Looks at the text `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let limit = x.limits.max_text_bytes;
    if content.len() > limit {
        return x.limit_once("max-text-bytes", limit, "the graph was not read");
    }
    let bytes = match content.read(0, usize::try_from(content.len()).unwrap_or(0)) {
        Ok(bytes) => bytes,
        Err(error) => return x.unreadable(&error),
    };
    let text = String::from_utf8_lossy(&bytes);
    let mut told = FxHashSet::default();
    walk(&text, &mut |path, value, region| {
        if let (Some(&"op"), Some(effect)) = (path.last(), operator::effect(value))
            && told.insert(value.to_owned())
        {
            let region = ByteRegion::new(region.start.into(), region.end.into());
            x.observe(ObservationKind::UnsafeOperator, region, format!("{effect} through `{value}`"));
        }
    });
}
