//! What was said of comments and of the register, as findings: a rule that applies words each.

use std::sync::Arc;

use crate::config::Settings;
use crate::finding::{Citation, Finding, Location, Suppression, SuppressionKind};
use crate::suppress::{Cited, Excuse, Problem};
use crate::text::Region;

/// The finding for a problem; `None` if no rule that applies is about it. `locate` knows the text it is about.
pub(super) fn problem_finding(
    problem: Problem,
    settings: &Settings,
    locate: &dyn Fn(Region) -> Location,
) -> Option<Finding> {
    let clauses =
        settings.rules.iter().flat_map(|rule| rule.when.suppressions().iter().map(move |clause| (rule, clause)));
    let (rule, clause) = clauses.into_iter().find(|(_, clause)| clause.problem.contains(&problem.kind))?;
    let message = clause.message.as_ref().unwrap_or(&rule.message).replace("{subject}", &problem.message);
    Some(Finding {
        rule_id: Arc::clone(&rule.id),
        rule_name: Arc::clone(&rule.name),
        level: settings.level(&rule.id).or(clause.level).unwrap_or(rule.level),
        message,
        help: rule.cure.clone(),
        location: locate(problem.region),
        reasons: problem.related,
        code_flow: None,
        suppression: None,
        fixes: problem.fixes,
    })
}

/// What excuses a finding, in its place.
pub(super) fn suppression(excuse: Excuse, locate: &dyn Fn(Region) -> Location) -> Suppression {
    Suppression {
        kind: SuppressionKind::Comment,
        status: excuse.status,
        location: Some(locate(excuse.region)),
        justification: excuse.justification,
        threats: excuse.threats,
    }
}

/// A comment that cites threats, in its place.
pub(super) fn citation(cited: Cited, locate: &dyn Fn(Region) -> Location) -> Citation {
    Citation {
        kind: SuppressionKind::Comment,
        threats: cited.threats,
        location: locate(cited.region),
        justification: cited.justification,
        rules: cited.rules,
    }
}
