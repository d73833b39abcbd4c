//! One artifact to findings and notices: the pipeline that `check`, `scan` and tests share.

use std::path::Path;
use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::beside;
use super::by_register;
use super::line_hashes::add_artifact_hashes;
use super::script::look;
use super::source::check_source;
use crate::artifact::{Detail, examine, format_of, why_unknown};
use crate::bytes::Window;
use crate::config::Settings;
use crate::discover::Input;
use crate::disk::open_input;
use crate::fact::ScriptKind;
use crate::fact::artifact::{
    ArtifactFact, ArtifactFacts, EmbeddedSource, Format, Gap, GapKind, ObservationKind, Place, Seen,
};
use crate::finding::{
    ArtifactCoverage, BinaryPlace, Coverage, Finding, InputName, InputOutcome, Location, Notice, NoticeKind,
};
use crate::python::source::SourceText;
use crate::rules::artifact::{ArtifactMatch, match_artifact};
use crate::text::Region;

/// Scans the bytes of one input. The only reader of artifacts; nothing is run, loaded or unpickled.
pub fn scan(name: &InputName, content: &Window, settings: &Settings) -> InputOutcome {
    scan_as(name, content, None, None, settings)
}

/// The same of an input whose name says that it is a script or holds settings, if its bytes do not say otherwise, and
/// that is read from `path`, if it is a file.
pub fn scan_as(
    name: &InputName,
    content: &Window,
    path: Option<&Path>,
    kind: Option<ScriptKind>,
    settings: &Settings,
) -> InputOutcome {
    let mut facts = examine(content, &file_name(name), &settings.limits, Detail::Findings);
    facts.gaps.retain(|gap| gap.kind != GapKind::Loose || settings.loose_files);
    beside::keep_what_is_of_a_model(&mut facts.facts, path);
    let kind = kind.filter(|_| is_text(facts.format));
    let lacks = path.and_then(|path| beside::lacks(name, path, &facts.companions));
    let lacks = lacks.or_else(|| beside::damaged(name, path?, &facts.companions));
    let is_nothing = !is_ours(facts.format) && facts.facts.is_empty() && facts.gaps.is_empty() && lacks.is_none();
    if is_nothing && kind.is_none() {
        return InputOutcome { coverage: Coverage::NotOurs, ..InputOutcome::default() };
    }
    let coverage = if is_nothing { Coverage::Source } else { coverage(name, &facts) };
    let mut outcome = InputOutcome { coverage, ..InputOutcome::default() };
    let matches = match_artifact(&settings.rules, &settings.globals, &facts);
    match look(name, content, kind, &facts, &matches, settings) {
        Some(looked) => looked.tell(matches, settings, &mut outcome),
        None => outcome.findings.extend(matches.into_iter().map(|one| finding(name, one, None, settings))),
    }
    for fact in &facts.facts {
        if let Seen::Source(source) = &fact.seen {
            embedded(name, &fact.place, source, settings, &mut outcome);
        }
    }
    outcome.notices.extend(facts.gaps.iter().map(|gap| notice(name, gap)));
    outcome.notices.extend(lacks);
    if kind.is_none_or(|kind| kind == ScriptKind::Yaml) {
        by_register::excuse(name, &|| Some(content.clone()), settings, &mut outcome);
    }
    if settings.line_hashes {
        add_artifact_hashes(&mut outcome.findings, content);
    }
    outcome
}

/// Whether an input is more than a text or bytes of no kind that matters. Yes if it cannot be read: that is to be told.
pub fn is_model_file(input: &Input) -> bool {
    let Ok(file) = open_input(&input.path) else { return true };
    format_of(&file.window(), &file_name(&input.name)).map_or(true, is_ours)
}

/// What is said of an input that was named, and in which nothing was found, if its bytes are of no known kind: that
/// nothing was found says nothing then.
pub fn unknown(name: &InputName, content: &Window) -> Option<Notice> {
    // One that cannot be read was told as such.
    let why = why_unknown(content, &file_name(name)).ok().flatten()?;
    let message = format!("not analysed: {why}");
    Some(Notice { kind: NoticeKind::NothingToCheck, input: name.clone(), message, location: None })
}

/// Whether a script can be what has this format.
fn is_text(format: Format) -> bool {
    matches!(format, Format::Text | Format::Unknown | Format::Executable | Format::Configuration | Format::Template)
}

fn is_ours(format: Format) -> bool {
    !matches!(format, Format::Text | Format::Unknown | Format::Executable)
}

/// The file's name; of Python with its folder, by which loaders that import it know it, and what was made of it.
fn file_name(name: &InputName) -> String {
    let part = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let file = part(name.path());
    let folder = name.path().parent().map(part).unwrap_or_default();
    if (file.ends_with(".py") || file.ends_with(".pyc")) && !folder.is_empty() {
        format!("{folder}/{file}")
    } else {
        file
    }
}

fn coverage(name: &InputName, facts: &ArtifactFacts) -> Coverage {
    // What a pointer stands for is elsewhere.
    let is_pointer = |fact: &&ArtifactFact| matches!(&fact.seen, Seen::Observation(seen) if seen.kind == ObservationKind::LfsPointer);
    let pointers = facts.facts.iter().filter(is_pointer).map(|fact| &fact.place.member);
    let not_read: FxHashSet<_> = facts.gaps.iter().map(|gap| &gap.place.member).chain(pointers).collect();
    Coverage::Artifact(ArtifactCoverage {
        input: name.clone(),
        format: facts.format.as_str(),
        bytes: facts.bytes,
        parts: facts.parts,
        parts_not_read: not_read.len() as u64,
    })
}

/// Where a match stands in a text that is a file of its own.
pub(super) fn in_own_text(one: &ArtifactMatch) -> Option<Region> {
    one.text.filter(|_| one.place.member.depth() == 0)
}

/// The finding for a match; `text` is that of the input, if it is a text.
pub(super) fn finding(name: &InputName, one: ArtifactMatch, text: Option<&SourceText>, settings: &Settings) -> Finding {
    // Only a text that is a file of its own has lines that people can look up.
    let in_text = in_own_text(&one).and_then(|region| {
        let text = text?;
        text.text.get(region.range()).map(|_| text.locate(region))
    });
    Finding {
        rule_id: Arc::clone(&one.rule.id),
        rule_name: Arc::clone(&one.rule.name),
        level: settings.level(&one.rule.id).unwrap_or(one.level),
        message: one.message,
        help: one.rule.cure.clone(),
        location: in_text.unwrap_or_else(|| in_artifact(name, &one.place)),
        reasons: Vec::new(),
        code_flow: None,
        suppression: None,
        fixes: Vec::new(),
    }
}

fn in_artifact(name: &InputName, place: &Place) -> Location {
    let (start, end) = (place.region.start, place.region.end);
    let member = place.member.to_string().into();
    Location::in_artifact(name.clone(), BinaryPlace { member, start, end })
}

/// Python source inside an artifact is held against the rules for code.
fn embedded(name: &InputName, place: &Place, source: &EmbeddedSource, settings: &Settings, outcome: &mut InputOutcome) {
    let text = SourceText::module(name.clone(), source.text.clone());
    let checked = check_source(&text, &settings.for_embedded());
    for mut finding in checked.findings {
        let region = finding.location.region;
        // Nothing in an artifact can be edited.
        finding.fixes.clear();
        // Whoever wrote the artifact does not excuse it.
        finding.suppression = None;
        finding.message = format!("{} runs this when it loads the artifact: {}", source.runner, finding.message);
        finding.location.binary = Some(BinaryPlace {
            member: place.member.to_string().into(),
            start: region.start.into(),
            end: region.end.into(),
        });
        outcome.findings.push(finding);
    }
    let member = &place.member;
    outcome.notices.extend(checked.notices.into_iter().map(|notice| Notice {
        message: format!("{member}: {}", notice.message),
        location: None,
        ..notice
    }));
}

fn notice(name: &InputName, gap: &Gap) -> Notice {
    let kind = match gap.kind {
        GapKind::Limit => NoticeKind::LimitReached,
        GapKind::Damaged | GapKind::Loose | GapKind::Closed => NoticeKind::NotFullyRead,
        GapKind::Unreadable => NoticeKind::Unreadable,
    };
    let location = (gap.place.member.depth() > 0).then(|| in_artifact(name, &gap.place));
    Notice { kind, input: name.clone(), message: gap.message.clone(), location }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Level;
    use std::path::Path;

    #[test]
    fn source_inside_an_artifact_is_held_against_more_rules_and_does_not_excuse_itself() {
        let settings = Settings::from_layers(&[], Path::new("/")).expect("the default holds");
        let text = "import subprocess as s\n\ndef handle(d, c):\n    s.run(d)  # nosec\n".to_owned();
        let source = EmbeddedSource { runner: "a server", text: text.clone() };
        let name = InputName::new("m.mar");
        let place = Place { member: crate::fact::artifact::MemberPath::default().inside("h.py"), ..Place::default() };
        let mut outcome = InputOutcome::default();
        embedded(&name, &place, &source, &settings, &mut outcome);
        let [finding] = &outcome.findings[..] else { panic!("{:?}", outcome.findings) };
        assert_eq!((&*finding.rule_id, finding.level, finding.location.start.line), ("LL237", Level::Error, 4));
        assert!(finding.suppression.is_none());
        assert!(check_source(&SourceText::module(name, text), &settings).findings.is_empty());
    }
}
