//! `__metadata__`: texts for people and programs. They load nothing by themselves; what they hide is looked at.

use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::super::base64;
use super::super::code_words::code_in;
use super::super::config::template;
use super::super::json::{Json, JsonValue};
use super::super::{Examination, pickle};
use super::{ambiguous, in_header, invalid};

/// Looks at the metadata of `header`.
pub(super) fn examine(header: &Json<'_>, x: &mut Examination<'_>) {
    let mut entries = header.entries().iter().filter(|entry| entry.key == "__metadata__");
    let Some(first) = entries.next() else { return };
    for entry in entries.take(1) {
        invalid(x, in_header(entry.key_region), "`__metadata__` stands twice");
    }
    let JsonValue::Object(pairs) = &first.value.value else {
        if first.value.value != JsonValue::Null {
            invalid(x, in_header(first.value.region), "`__metadata__` is not an object");
        }
        return;
    };
    for doubled in first.value.duplicates().iter().take(8) {
        ambiguous(x, in_header(doubled.key_region), format!("the metadata `{}` stands twice", doubled.key));
    }
    let mut told = 0;
    for pair in pairs {
        match &pair.value.value {
            JsonValue::Text(text) => value(&pair.key, text, in_header(pair.value.region), x),
            _ if told < 8 => {
                told += 1;
                invalid(x, in_header(pair.value.region), format!("the metadata `{}` is not text", pair.key));
            }
            _ => {}
        }
    }
}

fn value(key: &str, text: &str, region: ByteRegion, x: &mut Examination<'_>) {
    if let Some(code) = code_in(text) {
        let subject = format!("the metadata `{key}` holds Python code: `{code}`");
        x.observe(ObservationKind::CodeInMetadata, region, subject);
    }
    // Free text says what it likes about templates; programs that keep one there call it so.
    if key.to_ascii_lowercase().contains("template") && (text.contains("{{") || text.contains("{%")) {
        template::examine_text(text, region, x);
    }
    if text.starts_with("gA")
        && let Some(bytes) = base64::decode(text)
        && pickle::is_pickle(&bytes, true)
    {
        x.nested(key, &bytes.into());
    }
}
