//! One Python text, ready to be parsed, that knows where its bytes stand in the file.

use std::sync::OnceLock;

use crate::fact::ScriptKind;
use crate::finding::{CellPosition, InputName, Location};
use crate::text::{LineIndex, Region};

/// How a text is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// A module or script.
    Module,
    /// A stub, `.pyi`.
    Stub,
    /// The code cells of a notebook, one after the other; magics and shell lines are no errors.
    Notebook,
    /// No Python: commands or settings, which have a reader of their own.
    Script(ScriptKind),
}

/// One code cell of a notebook.
///
/// Units: bytes of [`SourceText::text`], lines from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// Its number among all cells, markdown too, from 1.
    pub number: u32,
    /// The line of the joined text at which it starts, from 1.
    pub first_line: u32,
    /// For each of its lines, the line of the notebook file it stands in, from 1.
    pub raw_lines: Vec<u32>,
}

/// Decoded text. Of a notebook: its code cells joined, each ending in a line break, so that names defined in one cell
/// are known in the next.
#[derive(Debug, Clone)]
pub struct SourceText {
    /// Which input.
    pub name: InputName,
    /// How it is read.
    pub kind: SourceKind,
    /// The text, without a byte order mark.
    pub text: String,
    /// The same with the magics of a notebook as they were written, for quoting; byte for byte as long as `text`. None
    /// where both are the same.
    pub written: Option<String>,
    /// Its lines, found when they are first asked for.
    pub lines: Lines,
    /// The cells of a notebook, in order.
    pub cells: Vec<Cell>,
}

/// A [`LineIndex`] that is made when it is needed: most texts have no finding.
#[derive(Debug, Clone, Default)]
pub struct Lines(OnceLock<LineIndex>);

impl SourceText {
    /// Where its lines start.
    pub fn index(&self) -> &LineIndex {
        self.lines.0.get_or_init(|| LineIndex::new(&self.text))
    }

    /// A module's text.
    pub fn module(name: InputName, text: String) -> Self {
        Self { name, kind: SourceKind::Module, text, written: None, lines: Lines::default(), cells: Vec::new() }
    }

    /// The text of a script.
    pub fn script(name: InputName, kind: ScriptKind, text: String) -> Self {
        Self { kind: SourceKind::Script(kind), ..Self::module(name, text) }
    }

    /// The bytes of `cells[index]`, the last of which is `\n`, so that cells can be parsed one by one: an open bracket or
    /// quote in one does not swallow the next. Empty where there is no such cell.
    pub fn cell_region(&self, index: usize) -> Region {
        let start_of = |cell: &Cell| self.index().line_region(&self.text, cell.first_line).start;
        let Some(cell) = self.cells.get(index) else {
            return Region::default();
        };
        let end = self.cells.get(index + 1).map_or(self.text.len() as u32, start_of);
        Region::new(start_of(cell), end)
    }

    /// Where `region` stands in the file. In a notebook, lines are those of the file, columns those of the cell's line.
    pub fn locate(&self, region: Region) -> Location {
        let quoted = self.written.as_ref().unwrap_or(&self.text);
        let mut location = Location::in_text(self.name.clone(), quoted, self.index(), region);
        let (start, end) = (location.start.line, location.end.line);
        let after = self.cells.partition_point(|cell| cell.first_line <= start);
        if let Some(cell) = after.checked_sub(1).and_then(|index| self.cells.get(index)) {
            let raw = |line: u32| {
                let inside =
                    (line.saturating_sub(cell.first_line) as usize).min(cell.raw_lines.len().saturating_sub(1));
                cell.raw_lines.get(inside).copied().unwrap_or(1)
            };
            location.cell = Some(CellPosition {
                cell: cell.number,
                start_line: start - cell.first_line + 1,
                end_line: end.saturating_sub(cell.first_line) + 1,
            });
            location.start.line = raw(start);
            location.end.line = raw(end);
        }
        location
    }
}
