//! YAML to the tree that JSON is read to, so that one set of readers serves both.
//!
//! Comes in: a text. Goes out: [`Yaml`], its documents one after the other, as far as they could be read. Called by
//! `config`. The parser gives events and keeps no tree, so that depth, size and what aliases repeat are bounded here: an
//! alias is a copy of what it names, paid from one allowance for all of them.
//!
//! A value with a tag that makes loaders import or call something is an object of one entry whose key is the tag,
//! [`TAG`] before it.

use std::borrow::Cow;

use rustc_hash::FxHashMap;
use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput, Tag};

use super::super::json::{Json, JsonEntry, JsonValue};
use crate::text::{Region, percent_decoded};

/// Stands before the name in the key that a tagged value has in the tree.
pub(super) const TAG: &str = "!tag ";

/// Behind so many bytes a text is not read; real configurations have a tenth of it. The parser takes 180 times as much
/// for a list in brackets, because the list could be a key.
const MAX_BYTES: usize = 1 << 20;
/// Values that are kept.
const MAX_VALUES: usize = 400_000;
/// Values that aliases may repeat, see [`count`].
const MAX_REPEATED: usize = 100_000;

/// What a text holds.
#[derive(Debug, Default)]
pub(super) struct Yaml<'t> {
    /// The documents, the last one perhaps not whole.
    pub(super) documents: Vec<Json<'t>>,
    /// Why it was not read to its end.
    pub(super) stopped: Option<Stopped>,
}

/// Why a text was not read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stopped {
    /// It is no YAML from this byte on.
    Invalid(u32, String),
    /// It is nested too deeply, too long, or aliases repeat too much; the byte where reading stopped.
    Limit(u32),
}

/// Reads `text` from the byte `start` on, down to `max_depth` levels.
pub(super) fn parse(text: &str, start: usize, max_depth: u32) -> Yaml<'_> {
    let end = text.floor_char_boundary(MAX_BYTES);
    let (text, rest) = text.split_at(end);
    let from = text.get(start..).unwrap_or_default();
    let first = u32::try_from(start).unwrap_or(u32::MAX);
    let offsets = offsets(from, first);
    let mut builder = Builder { text, first, offsets, max_depth: max_depth as usize, ..Builder::default() };
    let mut parser: Parser<'_, StrInput<'_>> = Parser::new_from_str(from);
    while let Some(event) = parser.next_event() {
        match event {
            Ok((event, span)) => builder.take(event, span),
            // The cut is no fault of the text.
            Err(_) if !rest.is_empty() => break,
            Err(error) => {
                let at = builder.offset(error.marker().index());
                builder.stopped = Some(Stopped::Invalid(at, error.info().to_owned()));
            }
        }
        if builder.stopped.is_some() {
            break;
        }
    }
    if !rest.is_empty() && builder.stopped.is_none() {
        builder.stopped = Some(Stopped::Limit(u32::try_from(end).unwrap_or(u32::MAX)));
    }
    builder.finish()
}

/// Where each character starts, for a text that is not all ASCII and whose first one starts at `first`.
fn offsets(text: &str, first: u32) -> Option<Vec<u32>> {
    let starts = text.char_indices().map(|(at, _)| u32::try_from(at).unwrap_or(u32::MAX).saturating_add(first));
    (!text.is_ascii()).then(|| starts.collect())
}

/// A sequence or mapping that is not closed yet.
#[derive(Debug)]
struct Open<'t> {
    start: u32,
    anchor: usize,
    tag: Option<String>,
    items: Items<'t>,
}

#[derive(Debug)]
enum Items<'t> {
    Sequence(Vec<Json<'t>>),
    Mapping(Vec<JsonEntry<'t>>, Option<(Cow<'t, str>, Region)>),
}

#[derive(Debug, Default)]
struct Builder<'t> {
    text: &'t str,
    /// The byte of `text` where reading started.
    first: u32,
    offsets: Option<Vec<u32>>,
    open: Vec<Open<'t>>,
    anchors: FxHashMap<usize, (Json<'t>, usize)>,
    repeated: usize,
    max_depth: usize,
    values: usize,
    documents: Vec<Json<'t>>,
    stopped: Option<Stopped>,
}

impl<'t> Builder<'t> {
    fn offset(&self, character: usize) -> u32 {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        match &self.offsets {
            Some(offsets) => offsets.get(character).copied().unwrap_or(end),
            None => u32::try_from(character).unwrap_or(u32::MAX).saturating_add(self.first).min(end),
        }
    }

    fn region(&self, span: Span) -> Region {
        Region::new(self.offset(span.start.index()), self.offset(span.end.index()))
    }

    fn take(&mut self, event: Event<'t>, span: Span) {
        let region = self.region(span);
        self.values += 1;
        if self.values > MAX_VALUES {
            self.stopped = Some(Stopped::Limit(region.start));
            return;
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let scalar = self.scalar(text, style, tag.as_deref(), region);
                let value = tagged(scalar, tag.as_deref().and_then(code_tag));
                self.keep(value, anchor);
            }
            Event::Alias(anchor) => {
                let value = match self.anchors.get(&anchor) {
                    Some((value, count)) if self.repeated + count <= MAX_REPEATED => {
                        self.repeated += count;
                        Json { region, value: value.value.clone() }
                    }
                    Some(_) => {
                        self.stopped = Some(Stopped::Limit(region.start));
                        return;
                    }
                    None => Json { region, value: JsonValue::Null },
                };
                self.keep(value, 0);
            }
            Event::SequenceStart(anchor, tag) => {
                self.opens(region, anchor, tag.as_deref(), Items::Sequence(Vec::new()));
            }
            Event::MappingStart(anchor, tag) => {
                self.opens(region, anchor, tag.as_deref(), Items::Mapping(Vec::new(), None));
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(region.end),
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {}
        }
    }

    fn opens(&mut self, region: Region, anchor: usize, tag: Option<&Tag>, items: Items<'t>) {
        if self.open.len() >= self.max_depth {
            self.stopped = Some(Stopped::Limit(region.start));
            return;
        }
        self.open.push(Open { start: region.start, anchor, tag: tag.and_then(code_tag), items });
    }

    fn close(&mut self, end: u32) {
        let Some(open) = self.open.pop() else { return };
        let value = match open.items {
            Items::Sequence(items) => JsonValue::Array(items),
            Items::Mapping(entries, _) => JsonValue::Object(merged(entries)),
        };
        let value = Json { region: Region::new(open.start, end), value };
        self.keep(tagged(value, open.tag), open.anchor);
    }

    /// Puts a value where it belongs: to its key, into its sequence, or among the documents.
    fn keep(&mut self, value: Json<'t>, anchor: usize) {
        if anchor > 0 {
            let count = count(&value);
            // A copy is made here, another one by each alias.
            self.repeated += count;
            if self.repeated > MAX_REPEATED {
                self.stopped = Some(Stopped::Limit(value.region.start));
                return;
            }
            self.anchors.insert(anchor, (value.clone(), count));
        }
        match self.open.last_mut().map(|open| &mut open.items) {
            Some(Items::Sequence(items)) => items.push(value),
            Some(Items::Mapping(entries, key)) => match key.take() {
                Some((key, key_region)) => entries.push(JsonEntry { key, key_region, value }),
                None => {
                    let region = value.region;
                    if matches!(value.value, JsonValue::Array(_) | JsonValue::Object(_)) {
                        // What a key is made of is made too.
                        entries.push(JsonEntry { key: Cow::Borrowed(""), key_region: region, value });
                        *key = Some((Cow::Borrowed(""), region));
                    } else {
                        *key = Some((key_text(value.value, self.text, region), region));
                    }
                }
            },
            None => self.documents.push(value),
        }
    }

    fn scalar(&self, text: Cow<'t, str>, style: ScalarStyle, tag: Option<&Tag>, region: Region) -> Json<'t> {
        let written = self.text.get(region.range()).unwrap_or_default();
        let plain = style == ScalarStyle::Plain && tag.is_none_or(|tag| !tag.suffix.ends_with("str"));
        let value = if plain { plain_value(text, written) } else { JsonValue::Text(text) };
        Json { region, value }
    }

    /// Closes what is open, so that what was read before an error is there.
    fn finish(mut self) -> Yaml<'t> {
        let end = u32::try_from(self.text.len()).unwrap_or(u32::MAX);
        let stopped = self.stopped.take();
        while !self.open.is_empty() {
            self.close(end);
        }
        Yaml { documents: self.documents, stopped: stopped.or(self.stopped) }
    }
}

/// What a scalar without quotes is: for PyYAML `yes` and `off` are booleans too.
fn plain_value<'t>(text: Cow<'t, str>, written: &'t str) -> JsonValue<'t> {
    match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => JsonValue::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => JsonValue::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => JsonValue::Bool(false),
        digits
            if digits.parse::<f64>().is_ok() && digits == written && digits.contains(|c: char| c.is_ascii_digit()) =>
        {
            JsonValue::Number(written)
        }
        _ => JsonValue::Text(text),
    }
}

/// The text of a key; keys that are no scalars have none.
fn key_text<'t>(key: JsonValue<'t>, text: &'t str, region: Region) -> Cow<'t, str> {
    match key {
        JsonValue::Text(text) => text,
        JsonValue::Number(_) | JsonValue::Bool(_) | JsonValue::Null => {
            Cow::Borrowed(text.get(region.range()).unwrap_or_default())
        }
        JsonValue::Array(_) | JsonValue::Object(_) => Cow::Borrowed(""),
    }
}

/// Puts what `<<` names before the mapping's own entries, so that those win.
fn merged(entries: Vec<JsonEntry<'_>>) -> Vec<JsonEntry<'_>> {
    if !entries.iter().any(|entry| entry.key == "<<") {
        return entries;
    }
    let (merges, own): (Vec<_>, Vec<_>) = entries.into_iter().partition(|entry| entry.key == "<<");
    let mut all = Vec::new();
    for merge in merges {
        match merge.value.value {
            JsonValue::Object(entries) => all.extend(entries),
            JsonValue::Array(items) => {
                // Of several the first wins.
                for item in items.into_iter().rev() {
                    if let JsonValue::Object(entries) = item.value {
                        all.extend(entries);
                    }
                }
            }
            JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::Text(_) => {}
        }
    }
    all.extend(own);
    all
}

/// The name of a tag that makes a loader import or call something: PyYAML's and HyperPyYAML's.
fn code_tag(tag: &Tag) -> Option<String> {
    // The parser leaves the escapes of a tag between `!<` and `>`.
    let whole = percent_decoded(&format!("{}{}", tag.handle, tag.suffix));
    let whole = String::from_utf8_lossy(&whole);
    if let Some(at) = whole.find("python/") {
        let own = &whole[at..];
        let calls = ["python/object", "python/name", "python/module"];
        return calls.iter().any(|call| own.starts_with(call)).then(|| own.to_owned());
    }
    let own = whole.strip_prefix('!')?;
    let calls = ["new:", "name:", "apply:", "applyref:", "module:"];
    calls.iter().any(|call| own.starts_with(call)).then(|| own.to_owned())
}

fn tagged(value: Json<'_>, tag: Option<String>) -> Json<'_> {
    let Some(tag) = tag else { return value };
    let region = value.region;
    let entry = JsonEntry { key: Cow::Owned(format!("{TAG}{tag}")), key_region: region, value };
    Json { region, value: JsonValue::Object(vec![entry]) }
}

/// Bytes of text that count as one value.
const TEXT_UNIT: usize = 64;

/// How many values a value has, itself included; a long text counts as several, for each alias copies it.
fn count(value: &Json<'_>) -> usize {
    let items: usize = value.items().iter().map(count).sum();
    let entries: usize = value.entries().iter().map(|entry| entry.key.len() / TEXT_UNIT + count(&entry.value)).sum();
    let text = value.as_text().map_or(0, str::len) / TEXT_UNIT;
    1 + items + entries + text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(value: &Json<'_>) -> String {
        match &value.value {
            JsonValue::Null => "null".into(),
            JsonValue::Bool(value) => value.to_string(),
            JsonValue::Number(digits) => (*digits).to_owned(),
            JsonValue::Text(text) => format!("{text:?}"),
            JsonValue::Array(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
            JsonValue::Object(entries) => {
                let entries = entries.iter().map(|entry| format!("{}: {}", entry.key, shown(&entry.value)));
                format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
            }
        }
    }

    fn read(text: &str) -> String {
        let yaml = parse(text, 0, 100);
        assert_eq!(yaml.stopped, None, "{text}");
        yaml.documents.iter().map(shown).collect::<Vec<_>>().join(" ; ")
    }

    #[test]
    fn values_have_their_types() {
        assert_eq!(
            read("a: [1, 2.5, x, '3', yes, ~]\nb: {c: \"d\\n\"}\n"),
            r#"{a: [1, 2.5, "x", "3", true, null], b: {c: "d\n"}}"#
        );
        assert_eq!(read("- >\n  one\n  two\n- |\n  {{ x }}\n"), r#"["one two\n", "{{ x }}\n"]"#);
        assert_eq!(read("a: 1\n---\nb: nan\n...\n"), r#"{a: 1} ; {b: "nan"}"#);
        assert_eq!(read(""), "");
    }

    #[test]
    fn regions_are_bytes() {
        let text = "é: ü\nkey: [välue]\n";
        let yaml = parse(text, 0, 100);
        let entry = &yaml.documents[0].entries()[1];
        assert_eq!(&text[entry.key_region.range()], "key");
        assert_eq!(&text[entry.value.items()[0].region.range()], "välue");
    }

    #[test]
    fn aliases_and_merges_are_followed() {
        let text = "base: &b {x: 1, y: 2}\nname: &n os.system\nall: {<<: *b, y: 3, z: *n}\n";
        assert_eq!(read(text), r#"{base: {x: 1, y: 2}, name: "os.system", all: {x: 1, y: 2, y: 3, z: "os.system"}}"#);
    }

    #[test]
    fn tags_that_call_are_kept() {
        let text = "- !!python/object/apply:os.system [echo]\n- !<tag:yaml.org,2002:python/name:os.system> ''\n- !!python/tuple [1]\n- !new:torch.nn.ReLU\n- !Ref x\n- !!str 5\n";
        let expected = r#"[{!tag python/object/apply:os.system: ["echo"]}, {!tag python/name:os.system: ""}, [1], {!tag new:torch.nn.ReLU: null}, "x", "5"]"#;
        assert_eq!(read(text), expected);
    }

    #[test]
    fn keys_may_have_tags() {
        assert_eq!(
            read("? !!python/object/apply:os.system [echo]\n: 1\n"),
            r#"{: {!tag python/object/apply:os.system: ["echo"]}, : 1}"#
        );
    }

    #[test]
    fn a_handle_of_ones_own_hides_no_tag() {
        let text = "%TAG !p! tag:yaml.org,2002:python/object/\n---\n!p!apply:os.system [echo]\n";
        assert_eq!(read(text), r#"{!tag python/object/apply:os.system: ["echo"]}"#);
        assert_eq!(read("!!python/object%2Fapply:os.system [a]"), r#"{!tag python/object/apply:os.system: ["a"]}"#);
        let verbatim = "!<tag:yaml.org,2002:%70ython/object/apply:os.system> [a]";
        assert_eq!(read(verbatim), r#"{!tag python/object/apply:os.system: ["a"]}"#);
        assert_eq!(read("!applyref:os.system [a]"), r#"{!tag applyref:os.system: ["a"]}"#);
    }

    #[test]
    fn what_precedes_an_error_is_there() {
        let yaml = parse("a: {_target_: x.y, b: 1}\nc: [1, 2\nd: {{ helm }}\n\t- x", 0, 100);
        assert!(matches!(yaml.stopped, Some(Stopped::Invalid(..))));
        assert_eq!(yaml.documents[0].get("a").and_then(|a| a.text("_target_")), Some("x.y"));
    }

    #[test]
    fn bombs_are_bounded() {
        let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..30 {
            let alias = format!("*a{}", level - 1);
            bomb.push_str(&format!("a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(", ")));
        }
        assert!(parse(&bomb, 0, 100).stopped.is_some_and(|stopped| matches!(stopped, Stopped::Limit(_))));
        assert!(
            parse(&"- ".repeat(200_000), 0, 100).stopped.is_some_and(|stopped| matches!(stopped, Stopped::Limit(_)))
        );
        for text in ["[".repeat(200_000), "{".repeat(200_000), "? ".repeat(200_000)] {
            assert!(parse(&text, 0, 100).stopped.is_some());
        }
        for text in ["*a ", "a: &b\n", "&a ", "!!a ", "'", "\"", "|\n", "%YAML 1.2\n", "- a: b\n", "--- \n", "a\n"] {
            let long = text.repeat(50_000);
            let yaml = parse(&long, 0, 100);
            assert!(yaml.stopped.is_some() || !yaml.documents.is_empty() || text == "%YAML 1.2\n", "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(parts in proptest::collection::vec(
            prop::sample::select(vec![
                "a", ": ", "- ", "\n", "  ", "[", "]", "{", "}", ", ", "&x ", "*x", "!!python/name:a ", "|\n", ">-\n",
                "'", "\"", "# c\n", "---\n", "...\n", "? ", "<<: ", "\t", "é", "\u{FEFF}", "%TAG ! x\n", "\\", "\r", "!", "@", "`", "~",
            ]), 0..40)) {
            let text = parts.concat();
            let yaml = parse(&text, 0, 100);
            for document in &yaml.documents {
                prop_assert!(document.region.end as usize <= text.len());
            }
        }
    }
}
