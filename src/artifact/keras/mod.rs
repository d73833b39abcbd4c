//! Keras model configurations: the JSON in `config.json` of a `.keras` file, in HDF5 attributes and in SavedModels.
//!
//! Comes in: the text. Goes out: Lambda layers, objects that load or run something when made, and every class and
//! function that is named from elsewhere. Called by the readers of HDF5, of `.keras` archives and of SavedModels.

mod bytecode;
mod datum;
mod names;
mod object;

use rustc_hash::FxHashSet;

use crate::fact::artifact::{ByteRegion, CodeReference, GapKind, Observation, ObservationKind, ReferenceKind, Seen};
use crate::fact::pickle::Datum;
use crate::text::Region;

use super::code_words::code_in;
use super::json::{self, Json, JsonErrorKind, JsonValue};
use super::{Examination, base64, pickle};

/// Looks at a configuration that was read already, the whole of a text file: Keras wrote YAML too (CVE-2021-37678).
pub(in crate::artifact) fn examine_tree(config: &Json<'_>, x: &mut Examination<'_>) {
    walk_tree(config, Where::TextFile, x);
}

/// Looks at the configuration `text`, which stands at `region` of what is being read.
pub(in crate::artifact) fn examine_config_at(text: &str, region: ByteRegion, x: &mut Examination<'_>) {
    let is_exact = region.end - region.start == text.len() as u64;
    walk(text, if is_exact { Where::Inside(region) } else { Where::Somewhere(region) }, x);
}

/// Where the text stands in the artifact.
#[derive(Debug, Clone, Copy)]
enum Where {
    /// It is a text file.
    TextFile,
    /// These bytes are the text, byte for byte.
    Inside(ByteRegion),
    /// Somewhere in these bytes, perhaps packed.
    Somewhere(ByteRegion),
}

fn walk(text: &str, place: Where, x: &mut Examination<'_>) {
    let config = match json::parse(text, x.limits.max_bracket_depth) {
        Ok(config) => config,
        Err(error) => return not_read(&error, place, x),
    };
    walk_tree(&config, place, x);
}

fn walk_tree(config: &Json<'_>, place: Where, x: &mut Examination<'_>) {
    let mut walk = Walk { place, x, open: vec![config], done: FxHashSet::default() };
    while let Some(value) = walk.open.pop() {
        walk.value(value);
    }
}

fn not_read(error: &json::JsonError, place: Where, x: &mut Examination<'_>) {
    let limits = x.limits;
    match error.kind {
        JsonErrorKind::TooDeep => {
            let limit = limits.max_bracket_depth.into();
            x.limit_once("max-bracket-depth", limit, "the configuration was not looked at");
        }
        JsonErrorKind::TooMany => {
            x.limit_once("max-text-bytes", limits.max_text_bytes, "the configuration was not looked at");
        }
        JsonErrorKind::Invalid => {
            let (region, _) = at(place, Region::new(error.offset, error.offset));
            x.gap(GapKind::Damaged, region, format!("the configuration is not valid JSON: {}", error.message));
        }
    }
}

fn at(place: Where, region: Region) -> (ByteRegion, Option<Region>) {
    match place {
        Where::TextFile => (ByteRegion::new(region.start.into(), region.end.into()), Some(region)),
        Where::Inside(outer) => {
            (ByteRegion::new(outer.start + u64::from(region.start), outer.start + u64::from(region.end)), None)
        }
        Where::Somewhere(outer) => (outer, None),
    }
}

/// The walk over a configuration: values that are still to be looked at.
struct Walk<'w, 'l, 't> {
    place: Where,
    x: &'w mut Examination<'l>,
    open: Vec<&'w Json<'t>>,
    /// Where values start that were looked at with what they belong to.
    done: FxHashSet<u32>,
}

impl<'w, 't> Walk<'w, '_, 't> {
    fn value(&mut self, value: &'w Json<'t>) {
        if self.done.contains(&value.region.start) {
            return;
        }
        match &value.value {
            JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_) => {}
            JsonValue::Text(text) => self.text(text, value.region),
            JsonValue::Array(items) => self.open.extend(items.iter().rev()),
            JsonValue::Object(entries) => {
                self.object(value);
                self.open.extend(entries.iter().rev().map(|entry| &entry.value));
            }
        }
    }

    /// A text that is code or hides some.
    fn text(&mut self, text: &str, region: Region) {
        if let Some(code) = code_in(text) {
            self.observe(ObservationKind::KerasUnsafeObject, region, format!("a text with Python code: `{code}`"));
        }
        if text.len() < 16 || !text.is_ascii() {
            return;
        }
        if let Some(names) = bytecode::names(text) {
            self.observe(ObservationKind::KerasLambda, region, format!("bytecode{names}"));
        } else if text.starts_with("gA")
            && let Some(bytes) = base64::decode(text)
            && pickle::is_pickle(&bytes, true)
        {
            self.x.nested("text in base64", &bytes.into());
        }
    }

    fn observe(&mut self, kind: ObservationKind, region: Region, subject: String) {
        let (region, text) = at(self.place, region);
        self.x.see(region, Seen::Observation(Observation { kind, subject, text }));
    }

    fn refer(&mut self, kind: ReferenceKind, region: Region, name: String, arguments: Vec<(String, Datum)>) {
        let (region, text) = at(self.place, region);
        self.x.refer(region, CodeReference { kind, name, arguments, text });
    }
}

#[cfg(test)]
mod tests;
