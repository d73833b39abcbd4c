//! How often each rule was found.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::summary::write_summary;
use super::visible::visible;
use super::{ReportContext, Reporter, level_style, painted, write_notices};
use crate::finding::{Level, Outcome};

/// How the table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StatisticsForm {
    /// Columns.
    #[default]
    Text,
    /// A JSON array of `{count, level, rule_id, rule_name}`.
    Json,
}

/// Counts instead of findings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Statistics(pub StatisticsForm);

#[derive(Serialize)]
struct Row<'a> {
    count: usize,
    level: Level,
    rule_id: &'a str,
    rule_name: &'a str,
}

impl Reporter for Statistics {
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
        let rows = rows(outcome);
        if self.0 == StatisticsForm::Json {
            serde_json::to_writer_pretty(&mut *out, &rows)?;
            return writeln!(out);
        }
        let digits = rows.iter().map(|row| row.count.to_string().len()).max().unwrap_or(0);
        let ids = rows.iter().map(|row| row.rule_id.chars().count()).max().unwrap_or(0);
        for row in &rows {
            let level = painted(&format!("{:<7}", row.level.as_str()), level_style(row.level), context.colour);
            let (id, name) = (visible(row.rule_id), visible(row.rule_name));
            writeln!(out, "{:>digits$}  {level}  {id:<ids$}  {name}", row.count)?;
        }
        write_notices(outcome, context, out)?;
        write_summary(outcome, context, out)
    }
}

/// Most frequent first, then the worse level, then the id.
fn rows(outcome: &Outcome) -> Vec<Row<'_>> {
    let mut counts = BTreeMap::new();
    for finding in &outcome.findings {
        *counts.entry((&*finding.rule_id, finding.level, &*finding.rule_name)).or_insert(0) += 1;
    }
    let row = |((rule_id, level, rule_name), count)| Row { count, level, rule_id, rule_name };
    let mut rows: Vec<_> = counts.into_iter().map(row).collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.count, row.level)));
    rows
}

#[cfg(test)]
mod tests {
    use super::super::samples::{context, outcome, written};
    use super::*;

    #[test]
    fn the_worse_level_comes_first_among_equals() {
        let text = written(&Statistics::default(), &outcome(), &context());
        assert!(text.starts_with("1  error    LL101  torch-load-unpickles\n1  warning  XY7    own-load\n"), "{text}");
        let json = written(&Statistics(StatisticsForm::Json), &outcome(), &context());
        let rows: serde_json::Value = serde_json::from_str(&json).expect("valid JSON");
        assert_eq!(rows[1]["rule_id"], "XY7");
    }
}
