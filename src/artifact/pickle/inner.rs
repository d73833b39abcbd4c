//! Artifacts that lie in a stream as bytes: a pickle for `pickle.loads`, a checkpoint for `_load_from_bytes`.
//!
//! Comes in: bytes and what becomes of them. Goes out: windows that `streams` hands to `content`. Called by `machine` for
//! each constant and by `fold` for each call of a loader.

use crate::bytes::Window;
use crate::fact::artifact::ObservationKind;

use super::codec;
use super::detect;
use super::input::Span;
use super::machine::{Inner, Machine};
use super::meaning::Meaning;
use super::operand;
use super::store::{MADE_BYTES, Value, is_text};

/// Texts longer than this are not turned into bytes.
const MOST_BYTES: u32 = 64 << 20;
const MOST_INNER: usize = 10_000;

/// Whether bytes that begin like this are worth a try.
fn may_be_pickle(start: &[u8], length: u64) -> bool {
    match start {
        [0x80, 2..=5, ..] => true,
        [b'c' | b'(' | b']' | b'}' | 0x8C, _, ..] => length >= 12,
        _ => false,
    }
}

impl Machine<'_> {
    /// A constant may be a pickle itself.
    pub(super) fn bytes_seen(&mut self, at: u64, span: Span) {
        if self.reading.quiet || span.length < 4 {
            return;
        }
        let may_be = may_be_pickle(&self.input.bytes(Span { length: 2, ..span }), span.length);
        if may_be && detect::is_stream(&self.input.part(span)) {
            self.keep_inner(at, (span.at, span.length), self.input.part(span));
        }
    }

    /// The same of a Python 2 text on a line, which spells bytes as escapes.
    pub(super) fn string_seen(&mut self, at: u64, span: Span) {
        if self.reading.quiet || !(12..=MADE_BYTES as u64).contains(&span.length) {
            return;
        }
        let line = self.input.bytes(span);
        let may_be = matches!(line[..], [b'\\', b'x', b'8', b'0', ..] | [b'c' | b'(' | b']' | b'}', ..]);
        if !may_be {
            return;
        }
        let Ok(read) = operand::string_escapes(&line) else { return };
        let Some(bytes) = read else { return self.bytes_seen(at, span) };
        if may_be_pickle(&bytes, bytes.len() as u64) {
            let content = bytes.into();
            if detect::is_stream(&content) {
                self.keep_inner(at, (span.at, span.length), content);
            }
        }
    }

    /// Bytes that a codec made of a text may be a pickle.
    pub(super) fn encoded_seen(&mut self, made: Value) {
        let Value::MadeBytes { length, at, .. } = made else { return };
        if self.reading.quiet || length < 4 {
            return;
        }
        let Some(bytes) = self.store.content(made, &self.input, length as usize) else { return };
        if may_be_pickle(&bytes, length.into()) {
            let content = bytes.into_owned().into();
            if detect::is_stream(&content) {
                self.keep_inner(self.region.start, (u64::MAX - at, length.into()), content);
            }
        }
    }

    /// A constant text may be a pickle, in base 64 or letter by letter.
    #[inline]
    pub(super) fn text_seen(&mut self, at: u64, span: Span) {
        if span.length < 24 || self.reading.quiet {
            return;
        }
        match self.input.bytes(Span { length: 2, ..span })[..] {
            [b'g', b'A'] => self.base64_seen(at, span),
            // The letter for 128: what `text.encode("latin-1")` makes bytes of.
            [0xC2, 0x80] => {
                let length = u32::try_from(span.length).unwrap_or(u32::MAX);
                self.long_text_encoded(at, Value::Text { length, at: span.at });
            }
            _ => {}
        }
    }

    #[cold]
    fn base64_seen(&mut self, at: u64, span: Span) {
        if span.length > u64::from(MOST_BYTES) {
            return;
        }
        let content = codec::base64(&self.input.bytes(span)).map(Into::into).filter(detect::is_stream);
        if let Some(content) = content {
            self.keep_inner(at, (span.at, span.length), content);
        }
    }

    fn keep_inner(&mut self, at: u64, identity: (u64, u64), content: Window) {
        if self.reading.quiet || self.inner.iter().rev().take(64).any(|inner| inner.identity == identity) {
            return;
        }
        if self.inner.len() >= MOST_INNER {
            self.is_cut = true;
            return;
        }
        self.inner.push(Inner { at, identity, content });
    }

    /// A loader reads this value.
    pub(super) fn loads(&mut self, value: Value) {
        let at = self.region.start;
        match value {
            Value::Bytes { length, at: start, .. } => {
                // A length that does not fit was cut; then all that follows is looked at.
                let length = if length == u32::MAX { u64::MAX } else { length.into() };
                let span = Span { at: start, length };
                self.keep_inner(at, (start, length), self.input.part(span));
            }
            Value::MadeBytes { length, at: start, .. } => {
                let bytes = self.store.content(value, &self.input, length as usize).map(|bytes| bytes.into_owned());
                if let Some(bytes) = bytes {
                    self.keep_inner(at, (u64::MAX - start, length.into()), bytes.into());
                }
            }
            Value::Object { callee, node } => self.loads_result(callee, node),
            Value::Unknown => self.loads_unknown(),
            _ => {}
        }
    }

    /// A loader reads what a call gave: bytes that were a text, a file in memory.
    fn loads_result(&mut self, callee: u32, node: u64) {
        let Some(arguments) = self.store.node_at(node).map(|node| node.arguments) else {
            return self.loads_unknown();
        };
        let first = self.store.items(arguments).and_then(|(items, _)| items.first().copied());
        match (self.names.get(callee).meaning, first) {
            // What a file in memory or a decompressor was given has been looked at then.
            (Meaning::Loader, Some(_)) => {}
            (Meaning::Codec { encodes: true }, Some(Value::Text { length, at })) if length <= MOST_BYTES => {
                let text = self.input.bytes(Span { at, length: length.into() });
                let bytes = std::str::from_utf8(&text).ok().and_then(|text| {
                    text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>()
                });
                match bytes {
                    Some(bytes) => self.keep_inner(self.region.start, (at, length.into()), bytes.into()),
                    None => self.loads_unknown(),
                }
            }
            _ => self.loads_unknown(),
        }
    }

    fn loads_unknown(&mut self) {
        self.observe(ObservationKind::ComputedName, "bytes that are computed are loaded".to_owned());
    }

    /// A text that becomes bytes may be a pickle.
    #[cold]
    pub(super) fn long_text_encoded(&mut self, shown_at: u64, value: Value) {
        if self.reading.quiet || !is_text(value) {
            return;
        }
        let Value::Text { length, at } = value else { return };
        let head = self.input.bytes(Span { at, length: 3 });
        if matches!(head[..], [0xC2, 0x80, 2..=5]) && length <= MOST_BYTES {
            let text = self.input.bytes(Span { at, length: length.into() });
            let bytes = std::str::from_utf8(&text)
                .ok()
                .and_then(|text| text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>());
            if let Some(content) = bytes.map(Into::into).filter(detect::is_stream) {
                self.keep_inner(shown_at, (at, length.into()), content);
            }
        }
    }
}
