//! The threat register with where each entry is cited: a table, JSON, Markdown, OpenVEX. The answer of `threats`.

mod json;
mod openvex;
mod table;

use std::cmp::Ordering;

pub use openvex::{NoStatements, OpenVex};

use crate::finding::{Citation, Finding};
use crate::suppress::{Date, RegisterFile, Threat};

/// Registers, and what is said of them.
#[derive(Debug, Clone, Copy)]
pub struct Threats<'a> {
    /// The registers, each once.
    pub registers: &'a [&'a RegisterFile],
    /// Everything that rests on them, in the order of the places.
    pub citations: &'a [Citation],
    /// What is wrong with entries, or with how they are cited.
    pub problems: &'a [&'a Finding],
    /// The day by which entries expire.
    pub today: Option<Date>,
}

/// One entry with its citations.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    pub(super) file: &'a RegisterFile,
    pub(super) entry: &'a Threat,
    pub(super) cited: Vec<&'a Citation>,
    pub(super) risk: Option<f64>,
}

impl<'a> Threats<'a> {
    /// The entries: the greatest residual risk first, those without numbers behind the others, else as they stand.
    fn rows(&self) -> Vec<Row<'a>> {
        let of_file = |file: &&'a RegisterFile| {
            let file: &'a RegisterFile = file;
            file.register.entries.iter().map(move |entry| (file, entry))
        };
        let row = |(file, entry): (&'a RegisterFile, &'a Threat)| {
            // Of a doubled id the first entry is the one that is cited.
            let is_first = file.register.find(&entry.id).is_some_and(|first| first.line == entry.line);
            let cites = |citation: &&Citation| is_first && citation.threats.contains(&entry.id);
            Row { file, entry, cited: self.citations.iter().filter(cites).collect(), risk: entry.residual_risk() }
        };
        let mut rows: Vec<_> = self.registers.iter().flat_map(of_file).map(row).collect();
        rows.sort_by(|a, b| match (a.risk, b.risk) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        });
        rows
    }
}

/// A number with at most two digits behind the point.
pub(super) fn rounded(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{InputName, Location, SuppressionKind};
    use crate::suppress::ThreatPattern;
    use crate::text::{LineIndex, Region};

    const TEXT: &str = "\
## T-1: Without | numbers

- Status: accepted
- Owner: @jane
- Review by: 2025-12-31

## T-2: Middling

- Status: mitigated
- Owner: @jane
- Probability: 30%
- Severity: 5
- Detection: 0.5
- Justification: inline_mitigations_already_exist

## T-3: Worst

- Status: open
- Owner:
- Probability: 0.9
- Severity: 8
";

    fn with<T>(work: impl FnOnce(&Threats<'_>) -> T) -> T {
        let file = RegisterFile::new(InputName::new("THREATS.md"), TEXT.to_owned(), &ThreatPattern::default());
        let at = |line: u32| Citation {
            kind: SuppressionKind::Comment,
            threats: vec!["T-2".into()],
            location: Location {
                start: crate::text::Position { line, column: 3, utf16: 3, byte: 3 },
                ..Location::in_text(InputName::new("a.py"), "x", &LineIndex::new("x"), Region::new(0, 1))
            },
            justification: "ours".to_owned(),
            rules: vec!["LL101".into()],
        };
        let citations: Vec<_> = (1..=5).map(at).collect();
        work(&Threats { registers: &[&file], citations: &citations, problems: &[], today: Date::parse("2026-06-01") })
    }

    fn written(write: impl FnOnce(&Threats<'_>, &mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        with(|threats| write(threats, &mut out));
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn the_greatest_risk_comes_first() {
        let text = written(|threats, out| threats.write_table(out).expect("memory"));
        insta::assert_snapshot!(text);
        insta::assert_snapshot!(written(|threats, out| threats.write_markdown(out).expect("memory")));
    }

    #[test]
    fn programs_get_everything() {
        let text = written(|threats, out| threats.write_json(out).expect("memory"));
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let ids: Vec<_> = json["threats"].as_array().expect("a list").iter().map(|one| one["id"].clone()).collect();
        assert_eq!(ids, ["T-3", "T-2", "T-1"]);
        assert_eq!(json["threats"][1]["residual_risk"], 0.75);
        assert_eq!(json["threats"][1]["citations"][4]["line"], 5);
        assert_eq!(json["threats"][2]["is_overdue"], true);
    }

    #[test]
    fn every_status_is_one_of_openvex() {
        let options = OpenVex { author: "ML team", products: &["pkg:pypi/x@1".to_owned()] };
        let text = with(|threats| {
            let mut out = Vec::new();
            threats.write_openvex(options, &mut out).expect("statements").expect("memory");
            String::from_utf8(out).expect("UTF-8")
        });
        insta::assert_snapshot!(text);
        // As the published schema has it.
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for one in json["statements"].as_array().expect("statements") {
            let has = |key: &str| one.get(key).is_some();
            match one["status"].as_str() {
                Some("not_affected") => assert!(has("justification") != has("impact_statement"), "{one}"),
                Some("affected") => assert!(has("action_statement") && !has("justification"), "{one}"),
                Some("fixed" | "under_investigation") => assert!(!has("justification"), "{one}"),
                _ => panic!("{one}"),
            }
        }
        let none = Threats { registers: &[], citations: &[], problems: &[], today: None };
        assert_eq!(none.write_openvex(options, &mut Vec::new()).err(), Some(NoStatements));
    }
}
