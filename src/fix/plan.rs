//! Chooses for each finding the best fix that is trusted enough, as far as the fixes do not get in each other's way.

use crate::fact::Replacement;
use crate::finding::{Applicability, Finding, Fix, InputName, Suppression};
use crate::text::Region;

/// Edits that can be made at once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// In the order of their places; they neither overlap nor touch.
    pub edits: Vec<Replacement>,
    /// How many findings they end.
    pub findings: usize,
    /// How many findings have to wait for another round, because their fix would touch one of these.
    pub postponed: usize,
}

/// The fix that may be applied to a finding in `input`; none for what is excused, and none that changes another file.
pub fn best<'f>(finding: &'f Finding, input: &InputName, least: Applicability) -> Option<&'f Fix> {
    let excused = finding.suppression.as_ref().is_some_and(Suppression::holds);
    let own = |fix: &&Fix| !fix.edits.is_empty() && fix.edits.iter().all(|edit| edit.input == *input);
    let trusted = |fix: &&Fix| fix.applicability >= least && fix.applicability != Applicability::Show;
    finding.fixes.iter().filter(|_| !excused).filter(own).find(trusted)
}

/// A plan for the findings of one input. Two findings may share the same edits.
pub fn plan<'f>(findings: impl Iterator<Item = &'f Finding>, input: &InputName, least: Applicability) -> Plan {
    let mut plan = Plan::default();
    for fix in findings.filter_map(|finding| best(finding, input, least)) {
        let edit = |edit: &crate::finding::Edit| Replacement { region: edit.region, text: edit.text.clone() };
        let edits: Vec<_> = fix.edits.iter().map(edit).collect();
        let fresh: Vec<_> = edits.iter().filter(|edit| !plan.edits.contains(edit)).cloned().collect();
        let in_the_way = fresh.iter().any(|edit| plan.edits.iter().any(|other| touch(edit.region, other.region)));
        if in_the_way {
            plan.postponed += 1;
            continue;
        }
        plan.findings += 1;
        plan.edits.extend(fresh);
    }
    plan.edits.sort_by_key(|edit| edit.region);
    plan
}

/// Two edits at the same place have no order.
fn touch(a: Region, b: Region) -> bool {
    a.start <= b.end && b.start <= a.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Edit, Level, Location};
    use crate::text::LineIndex;

    /// Start, end and text of each edit.
    type Edits<'e> = &'e [(u32, u32, &'e str)];

    fn finding(fixes: &[(Applicability, Edits<'_>)]) -> Finding {
        let input = InputName::new("a.py");
        let edit = |&(start, end, text): &(u32, u32, &str)| Edit {
            input: input.clone(),
            region: Region::new(start, end),
            text: text.to_owned(),
        };
        let fix = |(applicability, edits): &(Applicability, Edits<'_>)| Fix {
            title: "t".to_owned(),
            applicability: *applicability,
            edits: edits.iter().map(edit).collect(),
        };
        Finding {
            rule_id: "LL101".into(),
            rule_name: "r".into(),
            level: Level::Error,
            message: String::new(),
            help: String::new(),
            location: Location::in_text(input.clone(), "x", &LineIndex::new("x"), Region::new(0, 1)),
            reasons: Vec::new(),
            code_flow: None,
            suppression: None,
            fixes: fixes.iter().map(fix).collect(),
        }
    }

    fn planned(findings: &[Finding], least: Applicability) -> (usize, usize, usize) {
        let plan = plan(findings.iter(), &InputName::new("a.py"), least);
        (plan.findings, plan.postponed, plan.edits.len())
    }

    #[test]
    fn the_first_fix_that_is_trusted_enough_counts() {
        use Applicability::{Safe, Show, Unsafe};
        let findings = [finding(&[(Show, &[(0, 0, "s")]), (Unsafe, &[(1, 1, "u")]), (Safe, &[(9, 9, "v")])])];
        assert_eq!(planned(&findings, Safe), (1, 0, 1));
        let plan = plan(findings.iter(), &InputName::new("a.py"), Unsafe);
        assert_eq!(plan.edits[0].text, "u");
        assert_eq!(planned(&[finding(&[(Show, &[(0, 0, "s")])])], Show), (0, 0, 0), "a gap is never applied");
    }

    #[test]
    fn equal_edits_are_shared_and_touching_ones_wait() {
        use Applicability::Safe;
        let one = finding(&[(Safe, &[(4, 8, "a"), (20, 20, "b")])]);
        let touching = finding(&[(Safe, &[(8, 8, "c")])]);
        assert_eq!(planned(&[one.clone(), one.clone(), touching], Safe), (2, 1, 2));
        assert_eq!(planned(&[one, finding(&[(Safe, &[(9, 9, "c")])])], Safe), (2, 0, 3));
    }
}
