//! The bytes of one input to findings and notices: the pipeline that command line, server and tests share.

use super::line_hashes::{add_line_hashes, kept_bytes};
use super::scan::scan_as;
use super::source::check_source;
use crate::bytes::Window;
use crate::config::Settings;
use crate::finding::{InputName, InputOutcome, Notice, NoticeKind};
use crate::python::decode::decode;
use crate::python::notebook::read_notebook;
use crate::python::source::{SourceKind, SourceText};

/// Checks the bytes of one input. Findings that a comment excuses carry their suppression.
pub fn check_bytes(name: &InputName, kind: SourceKind, bytes: Vec<u8>, settings: &Settings) -> InputOutcome {
    if let SourceKind::Script(kind) = kind {
        let outcome = scan_as(name, &Window::from(bytes), None, Some(kind), settings);
        return keep_asked_for(outcome, name, settings);
    }
    let kept = if settings.line_hashes { kept_bytes(kind, &bytes) } else { None };
    let (source, notices) = match kind {
        SourceKind::Module | SourceKind::Stub | SourceKind::Script(_) => module(name, kind, bytes),
        SourceKind::Notebook => match read_notebook(name.clone(), bytes, &settings.limits) {
            Ok(notebook) => {
                let notices =
                    notebook.problems.iter().map(|problem| notice(name, NoticeKind::InvalidNotebook, problem));
                (notebook.source, notices.collect())
            }
            Err(problem) => {
                let notices = vec![notice(name, NoticeKind::InvalidNotebook, &problem)];
                return InputOutcome { notices, ..InputOutcome::default() };
            }
        },
    };
    let mut outcome = check_source(&source, settings);
    outcome.notices.splice(0..0, notices);
    if kind == SourceKind::Stub {
        // A stub tells types and is never run: it is read so that what is wrong with it is told.
        outcome.findings.clear();
    }
    let mut outcome = keep_asked_for(outcome, name, settings);
    if settings.line_hashes {
        add_line_hashes(&mut outcome.findings, kept.as_deref().unwrap_or(source.text.as_bytes()));
    }
    outcome
}

/// Checks a text that is no file's bytes, such as an editor's buffer: nothing is decoded.
///
/// Must run on a stack as large as parsing wants; see [`super::run::with_room`].
pub fn check_text(source: &SourceText, settings: &Settings) -> InputOutcome {
    let (limits, size) = (&settings.limits, source.text.len() as u64);
    if let SourceKind::Script(kind) = source.kind {
        let content = Window::from(source.text.clone().into_bytes());
        return keep_asked_for(scan_as(&source.name, &content, None, Some(kind), settings), &source.name, settings);
    }
    let (most, key) = match source.kind {
        SourceKind::Module | SourceKind::Stub | SourceKind::Script(_) => (limits.max_source_bytes, "max-source-bytes"),
        SourceKind::Notebook => (limits.max_notebook_bytes, "max-notebook-bytes"),
    };
    if size > most {
        let message = format!("not analysed: it has {size} bytes, more than {key} = {most}");
        let notice = Notice { kind: NoticeKind::LimitReached, input: source.name.clone(), message, location: None };
        return InputOutcome { notices: vec![notice], ..InputOutcome::default() };
    }
    let mut outcome = check_source(source, settings);
    if source.kind == SourceKind::Stub {
        outcome.findings.clear();
    }
    keep_asked_for(outcome, &source.name, settings)
}

fn module(name: &InputName, kind: SourceKind, bytes: Vec<u8>) -> (SourceText, Vec<Notice>) {
    let decoded = decode(bytes);
    let source = SourceText { kind, ..SourceText::module(name.clone(), decoded.text) };
    let notices = decoded.problem.iter().map(|problem| notice(name, NoticeKind::Undecodable, problem));
    (source, notices.collect())
}

fn notice(name: &InputName, kind: NoticeKind, problem: &dyn std::error::Error) -> Notice {
    Notice { kind, input: name.clone(), message: problem.to_string(), location: None }
}

/// Leaves out what the user did not ask for: rules ignored for this file, levels below the least.
pub(super) fn keep_asked_for(mut outcome: InputOutcome, name: &InputName, settings: &Settings) -> InputOutcome {
    let ignored = settings.ignored_rules(name.path());
    outcome.findings.retain(|finding| finding.level >= settings.min_level && !ignored.contains(&finding.rule_id));
    outcome
}
