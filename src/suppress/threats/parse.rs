//! The text of a register to its entries.

use std::ops::Range;
use std::sync::Arc;

use super::line::{cells, closes_fence, field, heading, is_ruler, key, opens_fence, plain, without_comments};
use super::scope::Scope;
use super::{Field, Form, Register, Status, Threat};
use crate::suppress::ThreatPattern;
use crate::text::{LineIndex, Region};

/// Reads every entry of `text`. Any text can be read; one without entries is only prose.
///
/// Of a key that an entry has twice the first counts; keys that mean nothing are prose. A heading below an entry's own
/// ends nothing: fields may stand there too.
pub fn parse(text: &str, index: &LineIndex, pattern: &ThreatPattern) -> Register {
    let mut reader = Reader { pattern, register: Register::default(), open: None, table: Table::None };
    let mut fence: Option<String> = None;
    let mut in_comment = false;
    for number in 1..=index.line_count() {
        let region = index.line_region(text, number);
        let line = &text[region.range()];
        if let Some(opened) = &fence {
            if closes_fence(line, opened) {
                fence = None;
            }
        } else if in_comment {
            in_comment = !line.contains("-->");
        } else if let Some(opened) = opens_fence(line) {
            fence = Some(opened.to_owned());
            reader.table = Table::None;
        } else if line.trim_start().starts_with("<!--") {
            in_comment = !line.contains("-->");
        } else {
            reader.line(&without_comments(line), number, region);
        }
    }
    reader.close(None, text.len() as u32);
    for entry in &mut reader.register.entries {
        finish(entry);
    }
    reader.register
}

/// The table that the line before belongs to.
enum Table {
    None,
    /// One that has no ids.
    Other,
    /// The keys of its columns, what stood where an id is missing, and whether a row had one.
    OfThreats {
        columns: Vec<Option<&'static str>>,
        without_id: Vec<(String, Region)>,
        has_entries: bool,
    },
}

struct Reader<'p> {
    pattern: &'p ThreatPattern,
    register: Register,
    /// The entry that fields belong to, and its level.
    open: Option<(usize, u8)>,
    table: Table,
}

impl Reader<'_> {
    fn line(&mut self, line: &str, number: u32, region: Region) {
        if let Some((level, text)) = heading(line) {
            self.end_table();
            self.heading(line, level, text, number, region);
        } else if let Some(cells) = cells(line) {
            self.row(line, &cells, number, region);
        } else {
            self.end_table();
            if let (Some((key, value)), Some((open, _))) = (field(line), self.open) {
                let value = Field { key, value: line[value.clone()].to_owned(), region: part(region, &value) };
                add(&mut self.register.entries[open].fields, value);
            }
        }
    }

    fn heading(&mut self, line: &str, level: u8, text: Range<usize>, number: u32, region: Region) {
        let words = plain(&line[text.clone()]);
        let Some(id) = self.pattern.at_start(&words) else {
            self.close(Some(level), region.start);
            return;
        };
        // Below an entry of a higher level an entry of its own begins; that one's fields end here.
        self.close(None, region.start);
        let id_region = place_of(line, text, id, region);
        let rest = words[id.len()..].trim_start().trim_start_matches([':', '-', '–', '—']).trim();
        self.open = Some((self.register.entries.len(), level));
        self.register.entries.push(entry(id, rest, Form::Heading(level), number, region, id_region));
    }

    /// Ends the open entry if a heading of `level` (any, if none) does, at `end`.
    fn close(&mut self, level: Option<u8>, end: u32) {
        if level.is_none() {
            self.end_table();
        }
        let Some((open, own)) = self.open else { return };
        if level.is_none_or(|level| level <= own) {
            self.register.entries[open].whole.end = end;
            self.open = None;
        }
    }

    fn row(&mut self, line: &str, cells: &[Range<usize>], number: u32, region: Region) {
        match &mut self.table {
            Table::None => {
                let columns: Vec<_> = cells.iter().map(|cell| key(&plain(&line[cell.clone()]))).collect();
                self.table = if columns.contains(&Some("id")) {
                    Table::OfThreats { columns, without_id: Vec::new(), has_entries: false }
                } else {
                    Table::Other
                };
            }
            Table::Other => {}
            Table::OfThreats { .. } if is_ruler(line) => {}
            Table::OfThreats { columns, without_id, has_entries } => {
                let cell = |wanted: &str| {
                    let at = columns.iter().rposition(|key| *key == Some(wanted))?;
                    cells.get(at).cloned()
                };
                let at = cell("id").unwrap_or(0..0);
                let words = plain(&line[at.clone()]);
                let Some(id) = self.pattern.at_start(&words) else {
                    without_id.push((words, region));
                    return;
                };
                *has_entries = true;
                let title = cell("title").map(|title| line[title].replace("\\|", "|")).unwrap_or_default();
                let mut entry = entry(id, &title, Form::Row, number, region, place_of(line, at, id, region));
                for (key, cell) in columns.iter().zip(cells) {
                    if let Some(key) = key.filter(|key| !matches!(key, &"id" | &"title") && !cell.is_empty()) {
                        let value = line[cell.clone()].replace("\\|", "|");
                        add(&mut entry.fields, Field { key, value, region: part(region, cell) });
                    }
                }
                self.register.entries.push(entry);
            }
        }
    }

    /// In a table without a single id, ids of another form are meant, or something else altogether: that is prose.
    fn end_table(&mut self) {
        if let Table::OfThreats { without_id, has_entries: true, .. } = std::mem::replace(&mut self.table, Table::None)
        {
            self.register.rows_without_id.extend(without_id);
        }
    }
}

fn add(fields: &mut Vec<Field>, field: Field) {
    if matches!(field.key, "id" | "title") || fields.iter().any(|other| other.key == field.key) {
        return;
    }
    fields.push(field);
}

fn part(region: Region, range: &Range<usize>) -> Region {
    Region::new(region.start + range.start as u32, region.start + range.end as u32)
}

/// Where the id stands as it was written; the whole text if marks are in between.
fn place_of(line: &str, text: Range<usize>, id: &str, region: Region) -> Region {
    match line[text.clone()].find(id) {
        Some(at) => part(region, &(text.start + at..text.start + at + id.len())),
        None => part(region, &text),
    }
}

fn entry(id: &str, title: &str, form: Form, line: u32, region: Region, id_region: Region) -> Threat {
    Threat {
        id: Arc::from(id),
        title: Arc::from(title),
        form,
        line,
        region,
        id_region,
        whole: region,
        fields: Vec::new(),
        status: None,
        rules: Vec::new(),
        scope: Scope::default(),
    }
}

/// Reads the fields that the rest of the program asks for often.
fn finish(entry: &mut Threat) {
    let status = entry.field("status").map(|field| plain(&field.value).to_lowercase());
    entry.status = Status::ALL.into_iter().find(|known| status.as_deref() == Some(known.as_str()));
    let list = |key: &str| entry.field(key).map(|field| words(&field.value)).unwrap_or_default();
    (entry.rules, entry.scope) = (list("rules"), Scope::new(list("scope")));
}

/// What commas separate, but for those inside braces of a glob; without code marks.
fn words(value: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let outside = |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        c == ',' && depth == 0
    };
    let words = value.split(outside).map(|word| word.trim().trim_matches('`').trim());
    words.filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
