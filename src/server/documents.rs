//! The buffers that the client has open. They count, whatever the disk says.

use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::client::Encoding;
use crate::finding::InputOutcome;
use crate::python::source::SourceText;
use crate::text::{LineIndex, Region};

/// One open text: a file, or a cell of a notebook.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) language: String,
    pub(super) version: Option<i64>,
    pub(super) text: String,
    /// The notebook it is a cell of.
    pub(super) notebook: Option<String>,
    /// What the last check said; none once the text or the settings have changed.
    pub(super) checked: Option<Checked>,
}

/// An open notebook.
#[derive(Debug, Default)]
pub(super) struct Notebook {
    /// The URIs of its cells, in order; those that the client does not send stand there too.
    pub(super) cells: Vec<String>,
    pub(super) checked: Option<Checked>,
}

/// A check and the text it was made of.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) source: SourceText,
    pub(super) outcome: InputOutcome,
    /// Why the settings could not be read, instead of findings.
    pub(super) failure: Option<String>,
}

/// All that is open.
#[derive(Debug, Default)]
pub(super) struct Documents {
    pub(super) texts: FxHashMap<String, Document>,
    pub(super) notebooks: FxHashMap<String, Notebook>,
}

/// The byte at a position of the protocol; what lies outside counts as the nearest end.
pub(super) fn offset(text: &str, index: &LineIndex, position: &Value, encoding: Encoding) -> u32 {
    let number = |key: &str| position.get(key).and_then(Value::as_u64).unwrap_or(0);
    let (line, character) = (number("line"), number("character"));
    if line >= u64::from(index.line_count()) {
        return text.len() as u32;
    }
    let region = index.line_region(text, line as u32 + 1);
    let mut left = character;
    let mut at = region.start;
    for c in text[region.range()].chars() {
        let width = u64::from(encoding.width(c));
        if left < width {
            break;
        }
        left -= width;
        at += c.len_utf8() as u32;
    }
    at
}

/// The bytes between two positions, in whichever order they stand.
pub(super) fn region(text: &str, index: &LineIndex, range: &Value, encoding: Encoding) -> Region {
    let at = |key: &str| offset(text, index, range.get(key).unwrap_or(&Value::Null), encoding);
    let (start, end) = (at("start"), at("end"));
    Region::new(start.min(end), start.max(end))
}

impl Document {
    /// From a `TextDocumentItem`.
    pub(super) fn new(item: &Value) -> Self {
        let word = |key: &str| item.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            language: word("languageId"),
            version: item.get("version").and_then(Value::as_i64),
            text: word("text"),
            notebook: None,
            checked: None,
        }
    }

    /// Applies `contentChanges`, each to the result of the one before.
    pub(super) fn change(&mut self, changes: &Value, encoding: Encoding) {
        self.checked = None;
        for change in changes.as_array().into_iter().flatten() {
            let Some(text) = change.get("text").and_then(Value::as_str) else { continue };
            match change.get("range").filter(|range| range.is_object()) {
                Some(range) => {
                    let region = region(&self.text, &LineIndex::new(&self.text), range, encoding);
                    self.text.replace_range(region.range(), text);
                }
                None => text.clone_into(&mut self.text),
            }
        }
    }
}

impl Documents {
    /// The document a URI names, or the notebook that has it as a cell: the URI to check by.
    pub(super) fn owner<'d>(&'d self, uri: &'d str) -> &'d str {
        self.texts.get(uri).and_then(|document| document.notebook.as_deref()).unwrap_or(uri)
    }

    /// Forgets what was said of everything.
    pub(super) fn forget_checks(&mut self) {
        self.texts.values_mut().for_each(|document| document.checked = None);
        self.notebooks.values_mut().for_each(|notebook| notebook.checked = None);
    }

    /// The last check of a document or notebook.
    pub(super) fn checked(&self, uri: &str) -> Option<&Checked> {
        match self.notebooks.get(uri) {
            Some(notebook) => notebook.checked.as_ref(),
            None => self.texts.get(uri)?.checked.as_ref(),
        }
    }

    /// A notebook as the file it would be, so that it is read as files are.
    pub(super) fn notebook_file(&self, notebook: &Notebook) -> Vec<u8> {
        let cell = |uri: &String| match self.texts.get(uri) {
            Some(document) if document.language == "python" => {
                json!({"cell_type": "code", "metadata": {}, "outputs": [], "source": document.text})
            }
            _ => json!({"cell_type": "markdown", "metadata": {}, "source": ""}),
        };
        let cells: Vec<Value> = notebook.cells.iter().map(cell).collect();
        json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "x = \"é𝄞\"; y = 1\r\nz\n";

    #[test]
    fn positions_count_in_the_agreed_encoding() {
        let index = LineIndex::new(TEXT);
        let wanted = TEXT.find('y').expect("in the text") as u32;
        let at = |character: u32, encoding| offset(TEXT, &index, &json!({"line": 0, "character": character}), encoding);
        assert_eq!(at(10, Encoding::Utf32), wanted);
        assert_eq!(at(11, Encoding::Utf16), wanted);
        assert_eq!(at(wanted, Encoding::Utf8), wanted);
        assert_eq!(at(7, Encoding::Utf16), TEXT.find('𝄞').expect("in the text") as u32, "half of a pair");
        assert_eq!(at(999, Encoding::Utf16), 19, "the line's end, before its break");
    }

    #[test]
    fn positions_that_make_no_sense_are_the_nearest_end() {
        let index = LineIndex::new(TEXT);
        let end = TEXT.len() as u32;
        for position in [json!({"line": 99}), json!({"line": u64::MAX, "character": 3})] {
            assert_eq!(offset(TEXT, &index, &position, Encoding::Utf16), end);
        }
        for position in [json!(null), json!({"line": -1, "character": "x"})] {
            assert_eq!(offset(TEXT, &index, &position, Encoding::Utf16), 0);
        }
    }

    #[test]
    fn changes_are_applied_one_after_the_other() {
        let mut document = Document::new(&json!({"text": "ab\ncd"}));
        let range = |a: u32, b: u32, c: u32, d: u32| json!({"start": {"line": a, "character": b}, "end": {"line": c, "character": d}});
        let changes = json!([
            {"range": range(0, 1, 1, 1), "text": "X\nY"},
            {"range": range(1, 1, 1, 0), "text": ""},
            {"nonsense": 1},
            {"range": range(9, 9, 9, 9), "text": "!"},
        ]);
        document.change(&changes, Encoding::Utf16);
        assert_eq!(document.text, "aX\nd!");
        document.change(&json!([{"text": "new"}]), Encoding::Utf16);
        assert_eq!(document.text, "new");
        document.change(&json!("nonsense"), Encoding::Utf16);
        assert_eq!(document.text, "new");
    }
}
