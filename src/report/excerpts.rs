//! Excerpts of findings as the files that `codespan-reporting` asks for.
//!
//! A finding keeps only the lines it is about, so a "file" here is a list of some lines of the real one with their real
//! numbers. Lines that are not known are gaps, which the renderer shows as `·`.

use std::collections::BTreeMap;
use std::ops::Range;

use codespan_reporting::diagnostic::{Label, LabelStyle};
use codespan_reporting::files::{Error, Files, column_index};

use super::shown_name;
use super::visible::visible_with_offsets;
use crate::finding::Location;

/// The renderer fills in a gap of one line from the source, which we do not have; a larger gap it marks as a gap.
const GAP: usize = 3;

/// Some lines of some files.
#[derive(Debug, Default)]
pub(super) struct Excerpts {
    files: Vec<File>,
    labels: Vec<PlacedLabel>,
}

#[derive(Debug, Default)]
struct File {
    name: String,
    /// By line number as shown.
    texts: BTreeMap<usize, String>,
    source: String,
    /// By line index as the renderer counts: line number as shown, bytes of `source`.
    lines: BTreeMap<usize, (usize, Range<usize>)>,
    /// Labels' first bytes and their true columns, which a character shown as several would shift.
    columns: BTreeMap<usize, usize>,
}

#[derive(Debug)]
struct PlacedLabel {
    file: usize,
    style: LabelStyle,
    message: String,
    start: (usize, usize),
    end: (usize, usize),
    column: usize,
}

impl Excerpts {
    /// Adds what stands at `location`, marked and with `message` beside it.
    pub(super) fn add(&mut self, location: &Location, style: LabelStyle, message: String) {
        let first_number = location.cell.map_or(location.start.line, |cell| cell.start_line) as usize;
        let name = match location.cell {
            Some(cell) => format!("{}:cell {}", shown_name(&location.input), cell.cell),
            None => shown_name(&location.input),
        };
        let region = location.excerpt.region.range();
        let (mut start, mut end) = (None, None);
        let mut texts = Vec::new();
        for (index, line) in line_ranges(&location.excerpt.text).into_iter().enumerate() {
            let inside = |at: usize| at.clamp(line.start, line.end) - line.start;
            let mut offsets = [inside(region.start), inside(region.end)];
            texts.push(visible_with_offsets(&location.excerpt.text[line.clone()], &mut offsets));
            if start.is_none() && region.start <= line.end {
                start = Some((first_number + index, offsets[0]));
            }
            if line.start <= region.end {
                end = Some((first_number + index, offsets[1]));
            }
        }
        let start = start.unwrap_or((first_number, 0));
        let end = end.unwrap_or(start).max(start);
        let file = self.file_for(&name, first_number, texts);
        let column = location.start.column as usize;
        self.labels.push(PlacedLabel { file, style, message, start, end, column });
    }

    /// The file of this name whose known lines do not contradict these; two cuts of one long line differ.
    fn file_for(&mut self, name: &str, first_number: usize, texts: Vec<String>) -> usize {
        let numbered: Vec<_> = (first_number..).zip(texts).collect();
        let agrees = |file: &File| {
            let same = |(number, text): &(usize, String)| file.texts.get(number).is_none_or(|known| known == text);
            file.name == name && numbered.iter().all(same)
        };
        let index = self.files.iter().position(agrees).unwrap_or_else(|| {
            self.files.push(File { name: name.to_owned(), ..File::default() });
            self.files.len() - 1
        });
        self.files[index].texts.extend(numbered);
        index
    }

    /// Lays the files out and gives the labels for the renderer.
    pub(super) fn labels(&mut self) -> Vec<Label<usize>> {
        for file in &mut self.files {
            file.lay_out();
        }
        let mut labels = Vec::new();
        for label in &self.labels {
            let file = &mut self.files[label.file];
            let range = file.byte(label.start)..file.byte(label.end);
            file.columns.entry(range.start).or_insert(label.column);
            labels.push(Label::new(label.style, label.file, range).with_message(&label.message));
        }
        labels
    }

    fn file(&self, id: usize) -> Result<&File, Error> {
        self.files.get(id).ok_or(Error::FileMissing)
    }
}

impl File {
    fn lay_out(&mut self) {
        let mut index = 0;
        let mut before = None;
        for (number, text) in &self.texts {
            index += match before {
                Some(before) if before + 1 == *number => 1,
                Some(_) => GAP,
                None => 0,
            };
            before = Some(*number);
            let start = self.source.len();
            self.source.push_str(text);
            self.lines.insert(index, (*number, start..self.source.len()));
            self.source.push('\n');
        }
    }

    fn byte(&self, (number, offset): (usize, usize)) -> usize {
        let line = self.lines.values().find(|(other, _)| *other == number);
        line.map_or(0, |(_, range)| (range.start + offset).min(range.end))
    }

    fn line(&self, index: usize) -> Result<&(usize, Range<usize>), Error> {
        self.lines.get(&index).ok_or(Error::LineTooLarge { given: index, max: self.lines.len() })
    }
}

/// The lines of `text`, ending as Python's do, without their line breaks.
fn line_ranges(text: &str) -> Vec<Range<usize>> {
    let index = crate::text::LineIndex::new(text);
    (1..=index.line_count()).map(|line| index.line_region(text, line).range()).collect()
}

impl<'a> Files<'a> for Excerpts {
    type FileId = usize;
    type Name = &'a str;
    type Source = &'a str;

    fn name(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.name)
    }

    fn source(&'a self, id: usize) -> Result<&'a str, Error> {
        Ok(&self.file(id)?.source)
    }

    fn line_index(&'a self, id: usize, byte_index: usize) -> Result<usize, Error> {
        let lines = self.file(id)?.lines.iter();
        let line = lines.take_while(|(_, (_, range))| range.start <= byte_index).last();
        Ok(line.map_or(0, |(index, _)| *index))
    }

    fn line_number(&'a self, id: usize, line_index: usize) -> Result<usize, Error> {
        Ok(self.file(id)?.line(line_index)?.0)
    }

    fn column_number(&'a self, id: usize, line_index: usize, byte_index: usize) -> Result<usize, Error> {
        let file = self.file(id)?;
        let counted = || Ok(column_index(&file.source, file.line(line_index)?.1.clone(), byte_index) + 1);
        file.columns.get(&byte_index).copied().map_or_else(counted, Ok)
    }

    fn line_range(&'a self, id: usize, line_index: usize) -> Result<Range<usize>, Error> {
        Ok(self.file(id)?.line(line_index)?.1.clone())
    }
}
