//! The model files that a text names, for the manifest, which is held against them after all files are read.

use crate::config::{Comments, Settings};
use crate::fact::Facts;
use crate::finding::{Load, Suppression, SuppressionKind, SuppressionStatus};
use crate::python::parse::Syntax;
use crate::python::source::SourceText;
use crate::rules::{CodeLoad, CodeLoadKind, Match, code_loads};
use crate::suppress::Suppressions;

/// The calls of one text that name model files, with what excuses them.
pub(super) fn loads(source: &SourceText, syntax: &Syntax, facts: &Facts, settings: &Settings) -> Vec<Load> {
    let found = code_loads(&settings.rules, facts, &source.text);
    if found.is_empty() {
        return Vec::new();
    }
    let suppressions = match settings.comments {
        Comments::Honoured => {
            Some(Suppressions::new(&syntax.comments(&source.text), source.index(), &settings.rule_set))
        }
        Comments::Disregarded => None,
    };
    found.into_iter().map(|load| one(load, source, suppressions.as_ref())).collect()
}

fn one(load: CodeLoad, source: &SourceText, suppressions: Option<&Suppressions>) -> Load {
    let found = Match {
        level: load.rule.level,
        rule: load.rule,
        message: String::new(),
        region: load.region,
        statement: load.statement,
        reasons: Vec::new(),
        flow: Vec::new(),
    };
    let comment = suppressions.and_then(|comments| comments.find(&found, source.index()));
    let suppression = comment.map(|(region, nosec)| Suppression {
        kind: SuppressionKind::Comment,
        status: SuppressionStatus::Accepted,
        location: Some(source.locate(region)),
        justification: nosec.justification.clone(),
        threats: Vec::new(),
    });
    let sha256 = match load.kind {
        CodeLoadKind::Load => None,
        CodeLoadKind::Digest(hex) => Some(hex),
    };
    Load { location: source.locate(load.region), paths: load.paths, sha256, suppression }
}
