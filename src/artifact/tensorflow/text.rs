//! Graphs as text (`.pbtxt`): only their operators are looked for.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::super::Examination;
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
    let mut told = Vec::new();
    for (at, _) in text.match_indices("op") {
        let Some(name) = value(&text[at + 2..]) else { continue };
        let is_key = at == 0 || text.as_bytes()[at - 1].is_ascii_whitespace() || text.as_bytes()[at - 1] == b'{';
        if let Some(effect) = operator::effect(name).filter(|_| is_key && !told.contains(&name)) {
            told.push(name);
            let region = ByteRegion::new(at as u64, at as u64 + 2);
            x.observe(ObservationKind::UnsafeOperator, region, format!("{effect} through `{name}`"));
        }
    }
}

/// The quoted word behind a colon.
fn value(rest: &str) -> Option<&str> {
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    rest[1..].split_once(quote).map(|(word, _)| word)
}
