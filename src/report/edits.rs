//! Edits with lines and columns. A report has no source, only the lines a finding keeps; edits elsewhere have no place.

use crate::finding::{Edit, Finding, Fix};
use crate::text::{LineIndex, Position, Region};

/// An edit whose place is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Placed<'f> {
    /// The first character that goes.
    pub(super) start: Position,
    /// One past the last.
    pub(super) end: Position,
    /// What comes.
    pub(super) text: &'f str,
}

/// All edits of `fix`, or `None` if the place of one is not known: half a fix is none. In a notebook, columns of a cell
/// are none of the file, so no place there is known.
pub(super) fn placed<'f>(fix: &'f Fix, finding: &Finding) -> Option<Vec<Placed<'f>>> {
    let location = &finding.location;
    if location.cell.is_some() || location.binary.is_some() {
        return None;
    }
    let excerpt = &location.excerpt;
    let index = LineIndex::new(&excerpt.text);
    let own = index.position(&excerpt.text, excerpt.region.start);
    // An excerpt that starts inside a line has other columns.
    if own.byte != location.start.byte && own.line == 1 {
        return None;
    }
    let before = location.start.line - own.line;
    let from = location.region.start - excerpt.region.start;
    let position = |offset: u32| {
        let inside = offset.checked_sub(from).filter(|inside| *inside as usize <= excerpt.text.len())?;
        let position = index.position(&excerpt.text, inside);
        Some(Position { line: position.line + before, ..position })
    };
    let place = |edit: &'f Edit| {
        let Region { start, end } = edit.region;
        (edit.input == location.input).then_some(())?;
        Some(Placed { start: position(start)?, end: position(end)?, text: &edit.text })
    };
    fix.edits.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Applicability, InputName, Location};

    fn finding(text: &str, what: &str) -> Finding {
        let start = text.find(what).expect("there") as u32;
        let region = Region::new(start, start + what.len() as u32);
        Finding {
            location: Location::in_text(InputName::new("a.py"), text, &LineIndex::new(text), region),
            ..super::super::samples::plain_finding()
        }
    }

    fn fix(text: &str, before: &str) -> Fix {
        let at = text.find(before).expect("there") as u32;
        let edit = Edit { input: InputName::new("a.py"), region: Region::new(at, at), text: ", w=1".to_owned() };
        Fix { title: "Add".to_owned(), applicability: Applicability::Safe, edits: vec![edit] }
    }

    #[test]
    fn an_edit_in_the_lines_of_the_finding_has_line_and_columns() {
        let text = "import t\ny = 'é𝄞'; t.load(\n    p\n)\nz = 1\n";
        let finding = finding(text, "t.load(\n    p\n)");
        let edit = fix(text, "\n)");
        let placed = placed(&edit, &finding).expect("known");
        assert_eq!((placed[0].start.line, placed[0].start.utf16, placed[0].text), (3, 6, ", w=1"));
        let first = fix(text, "t.load");
        let first = super::placed(&first, &finding).expect("known");
        assert_eq!((first[0].start.line, first[0].start.column, first[0].start.utf16), (2, 11, 12));
    }

    #[test]
    fn an_edit_elsewhere_or_in_a_cut_line_has_no_place() {
        let text = "import t\ny = t.load(p)\nz = 1\n";
        assert_eq!(placed(&fix(text, "z"), &finding(text, "t.load(p)")), None);
        assert_eq!(placed(&fix(text, "import"), &finding(text, "t.load(p)")), None);
        let long = format!("x = '{}'; t.load(p)", "y".repeat(5_000));
        assert_eq!(placed(&fix(&long, ")"), &finding(&long, "t.load(p)")), None);
    }
}
