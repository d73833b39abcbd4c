//! Keys and values: templates among them.

use std::borrow::Cow;

use rustc_hash::FxHashSet;

use crate::fact::artifact::{ByteRegion, GapKind, ObservationKind};

use super::super::Examination;
use super::super::code_words::code_in;
use super::super::config::template;
use super::{Fault, Reader};

/// Arrays in arrays; llama.cpp takes none.
const MAX_DEPTH: u32 = 4;
const TEXT: u64 = 8;
const ARRAY: u64 = 9;

/// Reads `count` entries; the alignment of tensors, which one of them may state.
pub(super) fn examine(reader: &mut Reader, count: u64, x: &mut Examination<'_>) -> Result<u64, Fault> {
    let mut alignment = 32;
    let mut keys = FxHashSet::default();
    for _ in 0..count {
        let at = reader.position();
        let key = reader.name("a key")?;
        let kind = reader.number(4)?;
        let value_at = reader.position();
        if key == "general.alignment" && kind == 4 {
            alignment = reader.number(4)?;
            if !alignment.is_power_of_two() {
                return Err(Fault::Invalid(value_at, format!("an alignment of {alignment}")));
            }
        } else {
            value(reader, &key, kind, 0, x)?;
        }
        if keys.contains(&key) {
            let region = ByteRegion::new(at, value_at);
            x.observe(ObservationKind::InvalidHeader, region, format!("the key `{}` stands twice", short(&key)));
        }
        keys.insert(key);
    }
    Ok(alignment)
}

/// Bytes of a number or boolean of type `kind`.
fn size(kind: u64) -> Option<u64> {
    Some(match kind {
        0 | 1 | 7 => 1,
        2 | 3 => 2,
        4..=6 => 4,
        10..=12 => 8,
        _ => return None,
    })
}

fn value(reader: &mut Reader, key: &str, kind: u64, depth: u32, x: &mut Examination<'_>) -> Result<(), Fault> {
    let at = reader.position();
    if let Some(size) = size(kind) {
        return reader.skip(size);
    }
    match kind {
        TEXT => text(reader, key, x),
        ARRAY if depth < MAX_DEPTH => array(reader, key, depth, x),
        ARRAY => Err(Fault::Invalid(at, format!("arrays nested deeply in `{}`", short(key)))),
        _ => Err(Fault::Invalid(at, format!("`{}` has the unknown type {kind}", short(key)))),
    }
}

fn array(reader: &mut Reader, key: &str, depth: u32, x: &mut Examination<'_>) -> Result<(), Fault> {
    let kind = reader.number(4)?;
    let at = reader.position();
    let count = reader.count()?;
    let least = size(kind).unwrap_or(4);
    if count.checked_mul(least).is_none_or(|bytes| bytes > reader.remaining()) {
        return Err(Fault::Invalid(at, format!("{count} items in `{}`, more than the file has", short(key))));
    }
    if size(kind).is_some() {
        return reader.skip(count * least);
    }
    // Tokens of a vocabulary are many and of no interest.
    let is_read = is_template(key);
    for _ in 0..count {
        if kind == TEXT && !is_read {
            let length = reader.length("a text")?;
            reader.skip(length)?;
        } else {
            value(reader, key, kind, depth + 1, x)?;
        }
    }
    Ok(())
}

fn is_template(key: &str) -> bool {
    key.starts_with("tokenizer.chat_template") || key.contains("template")
}

fn text(reader: &mut Reader, key: &str, x: &mut Examination<'_>) -> Result<(), Fault> {
    let length = reader.length("a text")?;
    let at = reader.position();
    if length > x.limits.max_text_bytes {
        x.limit_once("max-text-bytes", x.limits.max_text_bytes, "a text of the metadata was not read");
        return reader.skip(length);
    }
    let bytes = reader.bytes(length)?;
    let text = String::from_utf8_lossy(&bytes);
    if matches!(text, Cow::Owned(_)) {
        let fault = format!("the text `{}` is not UTF-8", short(key));
        x.gap(GapKind::Damaged, ByteRegion::new(at, at + length), fault);
    }
    let region = ByteRegion::new(at, at + length);
    if is_template(key) || text.contains("{{") || text.contains("{%") {
        template::examine_text(&text, region, x);
    } else if let Some(code) = code_in(&text) {
        let subject = format!("the metadata `{}` holds Python code: `{code}`", short(key));
        x.observe(ObservationKind::PythonSource, region, subject);
    }
    Ok(())
}

pub(super) fn short(text: &str) -> &str {
    &text[..text.floor_char_boundary(100)]
}
