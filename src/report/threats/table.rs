//! The register as a table, for a terminal and as Markdown.

use std::io::{self, Write};

use super::{Row, Threats, rounded};
use crate::finding::{Citation, Location};
use crate::report::visible::visible;
use crate::report::{shown_name, shown_place};
use crate::suppress::Date;

/// Places that a line of the table shows.
const MAX_PLACES: usize = 3;
const HEAD: [&str; 7] = ["id", "status", "owner", "review by", "risk", "cited", "title"];

impl Threats<'_> {
    /// A table, and below it what is wrong, a line each.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_table(&self, out: &mut dyn Write) -> io::Result<()> {
        let rows: Vec<_> = self.rows().iter().map(|row| self.cells(row, MAX_PLACES)).collect();
        if !rows.is_empty() {
            let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            let widths: [usize; 7] = std::array::from_fn(|column| width(column).max(HEAD[column].len()));
            let mut line = |cells: [&str; 7]| {
                let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
                writeln!(out, "{}", padded.collect::<Vec<_>>().join("  ").trim_end())
            };
            line(HEAD)?;
            for row in &rows {
                line(std::array::from_fn(|column| row[column].as_str()))?;
            }
        }
        for (at, problem) in self.problems.iter().enumerate() {
            let gap = if at == 0 && !rows.is_empty() { "\n" } else { "" };
            let place = shown_place(&problem.location);
            let (level, id) = (problem.level.as_str(), visible(&problem.rule_id));
            writeln!(out, "{gap}{place}: {level}[{id}] {}", visible(&problem.message))?;
        }
        Ok(())
    }

    /// A table of Markdown, and below it what is wrong as a list.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_markdown(&self, out: &mut dyn Write) -> io::Result<()> {
        let escaped = |text: &str| text.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;");
        let rows = self.rows();
        writeln!(out, "| ID | Status | Owner | Review by | Residual risk | Cited at | Threat |")?;
        writeln!(out, "|---|---|---|---|---|---|---|")?;
        for row in &rows {
            let cells = self.cells(row, usize::MAX).map(|cell| escaped(&cell));
            writeln!(out, "| {} |", cells.join(" | "))?;
        }
        for (at, problem) in self.problems.iter().enumerate() {
            let gap = if at == 0 { "\n" } else { "" };
            let (place, id) = (shown_place(&problem.location), visible(&problem.rule_id));
            writeln!(out, "{gap}- {}: {id} {}", escaped(&place), escaped(&visible(&problem.message)))?;
        }
        Ok(())
    }

    fn cells(&self, row: &Row<'_>, most: usize) -> [String; 7] {
        let entry = row.entry;
        let mut status = entry.status().map_or("?", |status| status.as_str()).to_owned();
        if entry.is_expired(self.today) {
            status.push_str(" (expired)");
        }
        let overdue = if entry.is_overdue(self.today) { " (overdue)" } else { "" };
        let review = entry.review_by().map(|date: Date| format!("{date}{overdue}"));
        [
            visible(&entry.id).into_owned(),
            status,
            visible(entry.owner().unwrap_or_default()).into_owned(),
            review.unwrap_or_default(),
            row.risk.map(rounded).unwrap_or_default(),
            places(&row.cited, most),
            visible(&entry.title).into_owned(),
        ]
    }
}

fn places(cited: &[&Citation], most: usize) -> String {
    let shown: Vec<_> = cited.iter().take(most).map(|citation| place(&citation.location)).collect();
    let more = cited.len().saturating_sub(most);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

/// `a.py:3`; of an artifact its name.
fn place(location: &Location) -> String {
    match (&location.binary, location.cell) {
        (None, None) => format!("{}:{}", shown_name(&location.input), location.start.line),
        (None, Some(cell)) => {
            format!("{}:cell {}:{}", shown_name(&location.input), cell.cell, cell.start_line)
        }
        (Some(_), _) => shown_name(&location.input),
    }
}
