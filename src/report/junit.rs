//! JUnit's XML, which nearly every CI service shows: a suite for each input with findings, a failure for each of them.
//!
//! There is no standard; this is the part all readers share (testsuites, testsuite, testcase, failure, error).

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::visible::visible;
use super::{ReportContext, Reporter, shown_place};
use crate::finding::{Finding, InputName, Notice, Outcome};

/// The format `junit`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Junit;

/// One test that failed, had an error, or passed with something to say.
struct Case {
    name: String,
    class: String,
    tag: &'static str,
    kind: String,
    message: String,
    text: String,
}

const FAILURE: &str = "failure";
const ERROR: &str = "error";
/// A finding that does not make the run fail.
const SAID: &str = "system-out";

impl Reporter for Junit {
    fn report(&self, outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
        let mut suites: BTreeMap<&InputName, Vec<Case>> = BTreeMap::new();
        for finding in &outcome.findings {
            suites.entry(&finding.location.input).or_default().push(of_finding(finding, context));
        }
        for notice in &outcome.notices {
            suites.entry(&notice.input).or_default().push(of_notice(notice, context));
        }
        let cases = || suites.values().flatten();
        // A report without tests counts as broken with some readers: a clean run is one test that passed.
        let count = cases().count().max(1);
        writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
        writeln!(out, r#"<testsuites name="loadlint" {}>"#, counts(count, &cases()))?;
        if suites.is_empty() {
            writeln!(out, r#"  <testsuite name="loadlint" tests="1" failures="0" errors="0">"#)?;
            let words = format!("{} inputs without findings", outcome.inputs);
            writeln!(out, r#"    <testcase name="{words}" classname="loadlint"/>"#)?;
            writeln!(out, "  </testsuite>")?;
        }
        for (input, cases) in &suites {
            let name = escaped(&context.base.path(input));
            writeln!(out, r#"  <testsuite name="{name}" {}>"#, counts(cases.len(), &cases.iter()))?;
            cases.iter().try_for_each(|case| write_case(case, out))?;
            writeln!(out, "  </testsuite>")?;
        }
        writeln!(out, "</testsuites>")
    }
}

fn counts<'c>(tests: usize, cases: &(impl Iterator<Item = &'c Case> + Clone)) -> String {
    let count = |tag| cases.clone().filter(|case| case.tag == tag).count();
    format!(r#"tests="{tests}" failures="{}" errors="{}""#, count(FAILURE), count(ERROR))
}

fn of_finding(finding: &Finding, context: &ReportContext<'_>) -> Case {
    let place = shown_place(&finding.location);
    Case {
        name: format!("{} {} at {place}", finding.rule_id, finding.rule_name),
        class: context.base.path(&finding.location.input),
        tag: if context.fails(finding) { FAILURE } else { SAID },
        kind: finding.level.as_str().to_owned(),
        message: finding.message.clone(),
        text: format!("{place}: {}\n{}", finding.message, finding.help),
    }
}

fn of_notice(notice: &Notice, context: &ReportContext<'_>) -> Case {
    let (id, name) = (notice.kind.id(), notice.kind.name());
    let place = notice.location.as_ref().map_or_else(|| context.base.path(&notice.input), shown_place);
    Case {
        name: format!("{id} {name} at {place}"),
        class: context.base.path(&notice.input),
        tag: ERROR,
        kind: name.to_owned(),
        message: notice.message.clone(),
        text: format!("{place}: {}", notice.message),
    }
}

fn write_case(case: &Case, out: &mut dyn Write) -> io::Result<()> {
    let Case { name, class, tag, kind, message, text } = case;
    writeln!(out, r#"    <testcase name="{}" classname="{}">"#, escaped(name), escaped(class))?;
    let text: Vec<_> = text.lines().map(escaped).collect();
    let text = text.join("\n");
    match *tag {
        SAID => writeln!(out, "      <{SAID}>{text}</{SAID}>")?,
        tag => writeln!(out, r#"      <{tag} type="{}" message="{}">{text}</{tag}>"#, escaped(kind), escaped(message))?,
    }
    writeln!(out, "    </testcase>")
}

/// XML allows no control characters, not even escaped ones; shown, they are none.
fn escaped(text: &str) -> String {
    let shown = visible(text);
    let mut escaped = String::with_capacity(shown.len());
    for character in shown.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::super::samples::{context, outcome, written};
    use super::*;
    use crate::finding::Level;

    #[test]
    fn the_format_is_what_it_was() {
        insta::assert_snapshot!(written(&Junit, &outcome(), &context()));
    }

    #[test]
    fn a_clean_run_is_a_test_that_passed() {
        let text = written(&Junit, &Outcome { inputs: 3, ..Outcome::default() }, &context());
        assert!(text.contains(r#"tests="1" failures="0" errors="0""#), "{text}");
        assert!(text.contains("3 inputs without findings"), "{text}");
    }

    #[test]
    fn what_does_not_fail_the_run_is_no_failure() {
        let only_errors = ReportContext { fail_level: Some(Level::Error), ..context() };
        let text = written(&Junit, &outcome(), &only_errors);
        assert!(text.contains(r#"tests="3" failures="1" errors="1""#), "{text}");
    }
}
