//! A notebook file to one Python text that knows the raw line of each of its lines. The engine calls this.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::decode::{DecodeProblem, decode};
use super::magics::{PythonCell, python_of_cell};
use super::source::{Cell, Lines, SourceKind, SourceText};
use crate::fact::Replacement;
use crate::finding::InputName;
use crate::limits::Limits;
use crate::text::{LineIndex, Region};

/// The code of a notebook, and what of it could not be read.
#[derive(Debug, Clone)]
pub struct Notebook {
    /// The code cells that hold Python; none if the notebook is written in another language.
    pub source: SourceText,
    /// In the order of the file; each is to be reported.
    pub problems: Vec<NotebookProblem>,
    /// The JSON strings that the text was joined from, in order.
    pieces: Vec<Joined>,
}

/// Where a JSON string of a cell's source stands in the joined text, and in the file.
///
/// Units: bytes of [`SourceText::text`], and bytes of the decoded file with the quotes.
#[derive(Debug, Clone)]
struct Joined {
    text: Region,
    literal: Region,
    /// Whether it is one of a list of strings.
    listed: bool,
}

impl Notebook {
    /// An edit of the joined text as an edit of the decoded `file` it was read from. New lines become strings of their
    /// own where the source is a list of them. `None` if the edit does not lie within one string.
    pub fn in_file(&self, file: &str, edit: &Replacement) -> Option<Replacement> {
        let after = self.pieces.partition_point(|piece| piece.text.start <= edit.region.start);
        let piece = self.pieces.get(after.checked_sub(1)?)?;
        let literal = file.get(piece.literal.range())?;
        let start = raw_offset(literal, edit.region.start.checked_sub(piece.text.start)?)?;
        let end = raw_offset(literal, edit.region.end.checked_sub(piece.text.start)?)?;
        let joint = self.separator(file, piece).map_or("\\n".to_owned(), |between| format!("\\n\"{between}\""));
        let mut lines = edit.text.split('\n').map(escaped).collect::<Option<Vec<_>>>()?;
        // A line break at the very end of a string needs no string behind it.
        let ends = lines.len() > 1 && lines.last().is_some_and(String::is_empty) && end + 1 == literal.len();
        if ends {
            lines.pop();
        }
        let text = lines.join(&joint) + if ends { "\\n" } else { "" };
        let at = piece.literal.start;
        Some(Replacement { region: Region::new(at + start as u32, at + end as u32), text })
    }

    /// What stands between two strings of the list that `piece` is in: a comma, and a line break if each has a line.
    fn separator(&self, file: &str, piece: &Joined) -> Option<String> {
        if !piece.listed {
            return None;
        }
        let before = file.get(..piece.literal.start as usize)?;
        let blanks = &before[before.trim_end().len()..];
        Some(if blanks.contains('\n') { format!(",{blanks}") } else { ", ".to_owned() })
    }
}

/// The inside of the JSON string for `text`.
fn escaped(text: &str) -> Option<String> {
    let quoted = serde_json::to_string(text).ok()?;
    quoted.get(1..quoted.len() - 1).map(str::to_owned)
}

/// The byte of a JSON string (quotes included) at which the byte `offset` of its content starts.
fn raw_offset(literal: &str, offset: u32) -> Option<usize> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let (mut raw, mut content) = (0, 0);
    while content < offset as usize {
        let rest = &inner[raw..];
        let mut length = escape_length(rest)?;
        let mut decoded: Option<String> = serde_json::from_str(&format!("\"{}\"", &rest[..length])).ok();
        if decoded.is_none() {
            // Half of a pair: `\ud834\udd1e`.
            length += escape_length(&rest[length..])?;
            decoded = serde_json::from_str(&format!("\"{}\"", &rest[..length])).ok();
        }
        raw += length;
        content += decoded?.len();
    }
    (content == offset as usize).then_some(raw + 1)
}

/// How many bytes the first character of a JSON string's inside takes.
fn escape_length(rest: &str) -> Option<usize> {
    let length = match (rest.strip_prefix('\\'), rest.chars().next()?) {
        (Some(escape), _) => 1 + if escape.starts_with('u') { 5 } else { escape.chars().next()?.len_utf8() },
        (None, character) => character.len_utf8(),
    };
    rest.is_char_boundary(length).then_some(length)
}

/// Why a notebook, or a part of it, could not be read.
///
/// Units: lines and columns of the file, from 1; columns count bytes. Cells count from 1, markdown too.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotebookProblem {
    /// Larger than the ceiling.
    #[error("the notebook has {bytes} bytes, more than `max-notebook-bytes` allows; not read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The bytes are no UTF-8; the rest was read.
    #[error("{0}")]
    Encoding(DecodeProblem),
    /// The file is no JSON object.
    #[error("line {line}, column {column}: not a notebook: {message}")]
    NotJson {
        /// Line of the error.
        line: usize,
        /// Column of the error.
        column: usize,
        /// What the JSON reader says.
        message: String,
    },
    /// Neither `cells` nor `worksheets`.
    #[error("not a notebook: it has no cells")]
    NoCells,
    /// One cell is not as the format wants it; the others were read.
    #[error("line {line}: cell {cell} {message}")]
    Cell {
        /// Its number.
        cell: u32,
        /// The line it starts in.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// More such cells than are told one by one.
    #[error("{count} further cells could not be read")]
    MoreCells {
        /// How many.
        count: usize,
    },
}

const MAX_CELL_PROBLEMS: usize = 20;

/// Reads nbformat 4 (`cells`) and 2 to 3 (`worksheets`); of doubled keys the last one counts, as in Python.
///
/// Shape: every cell of the result ends in one `\n`. Cells that begin with a magic for another language are left out.
/// Must run on a stack as large as parsing wants: cells with magics are parsed here.
/// Errors: nothing of the notebook could be read.
pub fn read_notebook(name: InputName, bytes: Vec<u8>, limits: &Limits) -> Result<Notebook, NotebookProblem> {
    if bytes.len() as u64 > limits.max_notebook_bytes {
        return Err(NotebookProblem::TooLarge { bytes: bytes.len() });
    }
    let decoded = decode(bytes);
    let with_zeros;
    let (file, top) = match serde_json::from_str(&decoded.text) {
        Ok(top) => (&decoded.text, top),
        Err(_) => {
            with_zeros = blank_constants(&decoded.text);
            let top = serde_json::from_str(&with_zeros).map_err(|error| not_json("", &error))?;
            (&with_zeros, top)
        }
    };
    let mut reader = Reader {
        file,
        lines: LineIndex::new(file),
        limits,
        text: String::new(),
        written: String::new(),
        line: 1,
        cells: Vec::new(),
        joined: Vec::new(),
        seen: 0,
        problems: decoded.problem.map(NotebookProblem::Encoding).into_iter().collect(),
        bad_cells: 0,
    };
    reader.read_top(&top)?;
    if reader.bad_cells > MAX_CELL_PROBLEMS {
        reader.problems.push(NotebookProblem::MoreCells { count: reader.bad_cells - MAX_CELL_PROBLEMS });
    }
    let Reader { text, written, cells, problems, joined, .. } = reader;
    let written = (written != text).then_some(written);
    let lines = Lines::default();
    Ok(Notebook {
        source: SourceText { name, kind: SourceKind::Notebook, text, written, lines, cells },
        problems,
        pieces: joined,
    })
}

struct Reader<'a> {
    file: &'a str,
    lines: LineIndex,
    limits: &'a Limits,
    text: String,
    /// `text` with its magics.
    written: String,
    /// The line of `text` the next cell starts at.
    line: u32,
    cells: Vec<Cell>,
    joined: Vec<Joined>,
    seen: u32,
    problems: Vec<NotebookProblem>,
    bad_cells: usize,
}

/// A part of a cell's source: one JSON string, and where in the file it starts.
struct Piece {
    text: String,
    offset: u32,
    /// How many bytes it takes in the file.
    length: u32,
    listed: bool,
}

impl<'a> Reader<'a> {
    fn read_top(&mut self, top: &Object<'a>) -> Result<(), NotebookProblem> {
        let (cells, sheets) = (top.get("cells"), top.get("worksheets"));
        if cells.is_none() && sheets.is_none() {
            return Err(NotebookProblem::NoCells);
        }
        if !is_python(top) {
            return Ok(());
        }
        if let Some(cells) = cells {
            self.read_cells(cells)?;
        }
        for sheet in sheets.map(|sheets| self.list(sheets)).transpose()?.unwrap_or_default() {
            let sheet: Object<'a> = self.parse(sheet)?;
            if let Some(cells) = sheet.get("cells") {
                self.read_cells(cells)?;
            }
        }
        Ok(())
    }

    fn read_cells(&mut self, cells: &'a RawValue) -> Result<(), NotebookProblem> {
        for cell in self.list(cells)? {
            self.seen += 1;
            if let Err(message) = self.read_cell(cell) {
                self.bad_cells += 1;
                if self.bad_cells <= MAX_CELL_PROBLEMS {
                    let line = self.lines.line(self.offset(cell));
                    self.problems.push(NotebookProblem::Cell { cell: self.seen, line, message });
                }
            }
        }
        Ok(())
    }

    fn read_cell(&mut self, raw: &'a RawValue) -> Result<(), String> {
        let cell: Object<'a> = serde_json::from_str(raw.get()).map_err(|_| "is not an object; not read")?;
        match cell.string("cell_type").as_deref() {
            Some("code") => {}
            Some("markdown" | "raw" | "heading" | "html") => return Ok(()),
            Some(_) | None => return Err("has no known `cell_type`; not read".into()),
        }
        if cell.string("language").is_some_and(|language| !names_python(&language)) {
            return Ok(());
        }
        let (key, old) = if cell.get("source").is_some() { ("source", false) } else { ("input", true) };
        let source = cell.get(key).ok_or("has no `source`; not read")?;
        let pieces = self.pieces(source, old).map_err(|_| format!("has a `{key}` that is not text; not read"))?;
        self.add_cell(&pieces)
    }

    fn pieces(&self, source: &'a RawValue, old: bool) -> serde_json::Result<Vec<Piece>> {
        let listed = !source.get().starts_with('"');
        let piece = |raw: &'a RawValue| {
            let place = |text: String| Piece { text, offset: self.offset(raw), length: raw.get().len() as u32, listed };
            serde_json::from_str(raw.get()).map(place)
        };
        if !listed {
            return Ok(vec![piece(source)?]);
        }
        let strings: Vec<&RawValue> = serde_json::from_str(source.get())?;
        let mut pieces = strings.into_iter().map(piece).collect::<serde_json::Result<Vec<_>>>()?;
        // nbformat 3 and older: lines stood without their breaks if the first one does.
        if old && pieces.first().is_some_and(|first| !first.text.ends_with(['\n', '\r'])) {
            pieces.iter_mut().for_each(|piece| piece.text.push('\n'));
        }
        Ok(pieces)
    }

    fn add_cell(&mut self, pieces: &[Piece]) -> Result<(), String> {
        let mut starts = Vec::with_capacity(pieces.len());
        let mut text = String::new();
        for piece in pieces {
            starts.push(text.len());
            text.push_str(&piece.text);
        }
        let nul = text.contains('\0');
        if nul {
            text = text.replace('\0', " ");
        }
        if text.is_empty() {
            return Ok(());
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        let index = LineIndex::new(&text);
        let raw_line = |line| {
            let start = index.line_region(&text, line).start as usize;
            let last = starts.partition_point(|&piece| piece <= start);
            let piece = last.checked_sub(1).and_then(|last| pieces.get(last));
            piece.map_or(1, |piece| self.lines.line(piece.offset))
        };
        let raw_lines: Vec<u32> = (1..index.line_count()).map(raw_line).collect();
        if let Some(PythonCell { python, written }) = python_of_cell(text, self.limits) {
            let lines = raw_lines.len() as u32;
            let place = |(piece, start): (&Piece, &usize)| Joined {
                text: Region::new(0, piece.text.len() as u32).shifted((self.text.len() + start) as u32),
                literal: Region::new(piece.offset, piece.offset + piece.length),
                listed: piece.listed,
            };
            self.joined.extend(pieces.iter().zip(&starts).map(place));
            self.cells.push(Cell { number: self.seen, first_line: self.line, raw_lines });
            self.line += lines;
            self.text.push_str(&python);
            self.written.push_str(&written);
        }
        if nul { Err("has NUL characters; read as spaces".into()) } else { Ok(()) }
    }

    /// Where in the file a value starts: raw values are parts of the file's own text.
    fn offset(&self, raw: &RawValue) -> u32 {
        (raw.get().as_ptr().addr() - self.file.as_ptr().addr()) as u32
    }

    fn list(&self, raw: &'a RawValue) -> Result<Vec<&'a RawValue>, NotebookProblem> {
        self.parse(raw)
    }

    fn parse<T: Deserialize<'a>>(&self, raw: &'a RawValue) -> Result<T, NotebookProblem> {
        let before = self.file.get(..self.offset(raw) as usize).unwrap_or_default();
        serde_json::from_str(raw.get()).map_err(|error| not_json(before, &error))
    }
}

/// A JSON object whose values are not looked into.
struct Object<'a>(Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().rev().find(|(name, _)| name == key).map(|&(_, value)| value)
    }

    fn object(&self, key: &str) -> Option<Object<'a>> {
        serde_json::from_str(self.get(key)?.get()).ok()
    }

    fn string(&self, key: &str) -> Option<String> {
        serde_json::from_str(self.get(key)?.get()).ok()
    }
}

impl<'a> Deserialize<'a> for Object<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;
        impl<'a> Visitor<'a> for Entries {
            type Value = Object<'a>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Object<'a>, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Entries)
    }
}

/// Whether the kernel is Python's, or nothing is said of it. One sign of Python is enough.
fn is_python(top: &Object<'_>) -> bool {
    let Some(metadata) = top.object("metadata") else { return true };
    let kernel = metadata.object("kernelspec");
    let of_kernel = |key| kernel.as_ref().and_then(|kernel| kernel.string(key));
    let info = metadata.object("language_info").and_then(|info| info.string("name"));
    let languages = [of_kernel("language"), info];
    let mut said = languages.iter().flatten().filter(|name| !name.is_empty()).peekable();
    said.peek().is_none()
        || said.any(|name| names_python(name))
        || of_kernel("name").is_some_and(|name| names_python(&name))
}

fn names_python(language: &str) -> bool {
    let language = language.to_ascii_lowercase();
    language.contains("python") || language.contains("pyspark")
}

/// Python's json module reads and writes `NaN` and `Infinity` outside strings; a zero of the same length stands in.
fn blank_constants(file: &str) -> String {
    let mut blanked = file.to_owned();
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in file.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'N' | b'I' if !quoted => {
                for (constant, zero) in [("NaN", "0  "), ("Infinity", "0       ")] {
                    if file.get(at..).is_some_and(|rest| rest.starts_with(constant)) {
                        blanked.replace_range(at..at + constant.len(), zero);
                    }
                }
            }
            _ => {}
        }
    }
    blanked
}

/// An error of a value that starts behind `before`, told in lines of the file.
fn not_json(before: &str, error: &serde_json::Error) -> NotebookProblem {
    let lines_before = before.matches('\n').count();
    let on_its_line = before.rsplit('\n').next().unwrap_or_default().len();
    let text = error.to_string();
    NotebookProblem::NotJson {
        line: error.line().max(1) + lines_before,
        column: error.column() + if error.line() <= 1 { on_its_line } else { 0 },
        message: text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message).into(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(file: &str) -> Result<Notebook, NotebookProblem> {
        read_notebook(InputName::new("n.ipynb"), file.as_bytes().to_vec(), &Limits::default())
    }

    fn code(file: &str) -> String {
        let notebook = read(file).expect("a notebook");
        assert_eq!(notebook.problems, []);
        notebook.source.text
    }

    fn of_cells(cells: &[serde_json::Value]) -> String {
        json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).to_string()
    }

    #[test]
    fn every_line_knows_the_raw_line_its_string_starts_in() {
        let file = r#"{
 "cells": [
  {"cell_type": "markdown", "source": "text"},
  {"cell_type": "code",
   "source": [
    "import torch\n",
    "x = 1\ny = 2\n",
    "torch.",
    "load(p)"
   ]},
  {"cell_type": "code", "source": "a\nb"}
 ]
}
"#;
        let Notebook { source, problems, .. } = read(file).expect("a notebook");
        assert_eq!(problems, []);
        assert_eq!(source.text, "import torch\nx = 1\ny = 2\ntorch.load(p)\na\nb\n");
        let cell = |number, first_line, raw_lines: &[u32]| Cell { number, first_line, raw_lines: raw_lines.to_vec() };
        assert_eq!(source.cells, [cell(2, 1, &[6, 7, 7, 8]), cell(3, 5, &[11, 11])]);
        assert_eq!(&source.text[source.cell_region(1).range()], "a\nb\n");
        assert_eq!(source.cell_region(0).end, source.cell_region(1).start);
        assert_eq!(source.cell_region(2), Region::default());
        let at = source.text.find("load").expect("in the text") as u32;
        let location = source.locate(Region::new(at, at + 4));
        assert_eq!((location.start.line, location.start.column), (8, 7));
        assert_eq!(location.cell.map(|cell| (cell.cell, cell.start_line)), Some((2, 4)));
    }

    #[test]
    fn old_formats_keep_cells_in_worksheets() {
        let file = json!({"worksheets": [{"cells": [
            {"cell_type": "heading", "source": "h"},
            {"cell_type": "code", "language": "python", "input": ["a = 1", "b = 2"]},
            {"cell_type": "code", "language": "python", "input": ["c\n", "d"]},
            {"cell_type": "code", "language": "R", "input": "library(x)"},
        ]}]});
        assert_eq!(code(&file.to_string()), "a = 1\nb = 2\nc\nd\n");
    }

    #[test]
    fn doubled_keys_nan_and_a_mark_are_no_obstacle() {
        assert_eq!(code(r#"{"cells": 1, "cells": [{"cell_type": "code", "source": "x", "source": "y"}]}"#), "y\n");
        let nan = r#"{"a": [NaN, -Infinity], "cells": [{"cell_type": "code", "source": "\"NaN \\\""}]}"#;
        assert_eq!(code(nan), "\"NaN \\\"\n");
        assert_eq!(code(&format!("\u{feff}{}", of_cells(&[json!({"cell_type": "code", "source": "x"})]))), "x\n");
    }

    #[test]
    fn other_languages_are_left_out() {
        let of = |metadata: &serde_json::Value| {
            let cell = json!({"cell_type": "code", "source": "x"});
            code(&json!({"metadata": metadata, "cells": [cell]}).to_string())
        };
        for python in [
            json!(null),
            json!({"kernelspec": 5}),
            json!({"kernelspec": {"name": "x", "language": "python"}}),
            json!({"language_info": {"name": "ipython"}}),
            json!({"kernelspec": {"name": "python3", "language": "R"}}),
        ] {
            assert_eq!(of(&python), "x\n", "{python}");
        }
        for other in
            [json!({"kernelspec": {"name": "ir", "language": "R"}}), json!({"language_info": {"name": "julia"}})]
        {
            assert_eq!(of(&other), "", "{other}");
        }
    }

    #[test]
    fn a_broken_cell_is_told_and_the_others_are_read() {
        let file = r#"{"cells": [
5,
{"cell_type": "code", "source": 7},
{"cell_type": "code", "source": "x"},
{"cell_type": "code", "source": "\ud800"},
{"cell_type": "code", "source": "a\u0000b"}]}"#;
        let notebook = read(file).expect("a notebook");
        assert_eq!(notebook.source.text, "x\na b\n");
        let told = notebook.problems.iter().map(|problem| match problem {
            NotebookProblem::Cell { cell, line, .. } => (*cell, *line),
            other => panic!("{other:?}"),
        });
        assert_eq!(told.collect::<Vec<_>>(), [(1, 2), (2, 3), (4, 5), (5, 6)]);
    }

    #[test]
    fn many_broken_cells_are_counted() {
        let notebook = read(&of_cells(&vec![json!(1); 50])).expect("a notebook");
        assert_eq!(notebook.problems.len(), MAX_CELL_PROBLEMS + 1);
        assert_eq!(notebook.problems.last(), Some(&NotebookProblem::MoreCells { count: 30 }));
    }

    #[test]
    fn what_is_no_notebook_is_told_with_its_place() {
        let at = |file: &str| match read(file) {
            Err(NotebookProblem::NotJson { line, column, .. }) => (line, column),
            other => panic!("{other:?}"),
        };
        assert_eq!(at("{\n  \"cells\": [,]}"), (2, 13));
        assert_eq!(at("{\n\n \"cells\": {\n \"a\": 1}}").0, 3);
        assert_eq!(at("[]").0, 1);
        assert_eq!(at("").0, 1);
        assert_eq!(at(&"[".repeat(1_000_000)).0, 1);
        assert_eq!(at(&"{\"cells\":".repeat(100_000)).0, 1);
        assert_eq!(read("{}").err(), Some(NotebookProblem::NoCells));
        let small = Limits { max_notebook_bytes: 1, ..Limits::default() };
        let refused = read_notebook(InputName::new("n"), b"{}".to_vec(), &small).err();
        assert_eq!(refused, Some(NotebookProblem::TooLarge { bytes: 2 }));
    }

    /// How a generated source is written: one string, or a list of strings, each on its own line or all on one.
    #[derive(Debug, Clone, Copy)]
    enum Style {
        String,
        List,
        MinifiedList,
    }

    /// The notebook file and, for each line of code, the raw line it must be told at.
    fn write(cells: &[(Style, Vec<String>)]) -> (String, Vec<u32>) {
        let (mut file, mut expected, mut line) = (String::from("{\n\"cells\": ["), Vec::new(), 2);
        for (number, (style, lines)) in cells.iter().enumerate() {
            file += if number == 0 { "\n" } else { ",\n" };
            line += 1;
            file += "{\"outputs\": [{}], \"cell_type\": \"code\", \"source\": ";
            let quoted = lines.iter().map(|text| json!(format!("{text}\n")).to_string());
            match style {
                Style::String => {
                    file += &json!(lines.join("\n")).to_string();
                    expected.extend(lines.iter().map(|_| line));
                }
                Style::List => {
                    file += &format!("[\n{}\n]", quoted.collect::<Vec<_>>().join(",\n"));
                    expected.extend((line + 1..).take(lines.len()));
                    line += lines.len() as u32 + 1;
                }
                Style::MinifiedList => {
                    file += &format!("[{}]", quoted.collect::<Vec<_>>().join(","));
                    expected.extend(lines.iter().map(|_| line));
                }
            }
            file += "}";
        }
        (file + "]}", expected)
    }

    fn any_cells() -> impl Strategy<Value = Vec<(Style, Vec<String>)>> {
        let style = prop_oneof![Just(Style::String), Just(Style::List), Just(Style::MinifiedList)];
        let line = "x[a-zé\"\\\\𝄞 =()]{0,8}";
        proptest::collection::vec((style, proptest::collection::vec(line, 1..6)), 1..6)
    }

    #[test]
    fn reports_quote_magics_as_they_were_written() {
        let notebook = read(&of_cells(&[json!({"cell_type": "code", "source": "%%time\nx\n%time é = load(p)"})]));
        let source = notebook.expect("a notebook").source;
        let at = source.text.find("load").expect("in the text") as u32;
        let location = source.locate(Region::new(at, at + 4));
        assert_eq!(&*location.excerpt.text, "%time é = load(p)");
        assert_eq!(location.start.column, 11);
    }

    proptest! {
        #[test]
        fn raw_lines_of_generated_notebooks_are_right(cells in any_cells()) {
            let (file, expected) = write(&cells);
            let notebook = read(&file).expect("a notebook");
            let lines: Vec<&str> = cells.iter().flat_map(|(_, lines)| lines).map(String::as_str).collect();
            prop_assert_eq!(notebook.source.text.lines().collect::<Vec<_>>(), lines);
            let told: Vec<u32> = notebook.source.cells.iter().flat_map(|cell| cell.raw_lines.clone()).collect();
            prop_assert_eq!(told, expected);
            let mut end = 0;
            for index in 0..notebook.source.cells.len() {
                let region = notebook.source.cell_region(index);
                prop_assert_eq!(region.start, end);
                end = region.end;
            }
            prop_assert_eq!(end as usize, notebook.source.text.len());
        }

        #[test]
        fn a_damaged_notebook_never_panics(
            cells in any_cells(), at in any::<prop::sample::Index>(), byte: u8, cut: bool
        ) {
            let mut bytes = write(&cells).0.into_bytes();
            let at = at.index(bytes.len());
            bytes[at] = byte;
            if cut {
                bytes.truncate(at);
            }
            let _ = read_notebook(InputName::new("n"), bytes, &Limits::default());
        }

        #[test]
        fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_notebook(InputName::new("n"), bytes, &Limits::default());
        }

        #[test]
        fn any_cell_text_keeps_its_lines(
            text in "(%%|%)?(time|timeit -n 3|bash|capture|foo)?([ \\r\\na-c%!?=(:é;\\\\-]|%timeit -n){0,40}"
        ) {
            let file = of_cells(&[json!({"cell_type": "code", "source": text})]);
            let notebook = read(&file).expect("a notebook");
            let lines: usize = notebook.source.cells.iter().map(|cell| cell.raw_lines.len()).sum();
            prop_assert_eq!(lines, notebook.source.index().line_count() as usize - 1);
        }
    }
}
