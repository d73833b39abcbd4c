//! Many inputs in parallel. The result is the same whatever the number of threads, and no source is kept.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::check::{check_bytes, keep_asked_for};
use super::manifest::{Held, hold};
use super::parallel::each;
pub use super::parallel::with_room;
use super::scan::{scan, scan_as};
use crate::bytes::Window;
use crate::config::Settings;
use crate::discover::{Input, InputKind};
use crate::disk::{Ceiling, ReadProblem, open_input, read_input};
use crate::fact::ScriptKind;
use crate::finding::{Coverage, InputName, InputOutcome, Notice, NoticeKind, Outcome, Suppression};
use crate::limits::Limits;
use crate::python::source::SourceKind;

/// One input and the settings that govern it.
#[derive(Debug, Clone)]
pub struct Task {
    /// What to check.
    pub input: Input,
    /// How.
    pub settings: Arc<Settings>,
}

/// Checks all inputs on `threads` threads (0: one for each processor). `progress` hears how many are done, from any
/// thread and in order of no kind.
///
/// # Errors
/// If the threads cannot be started.
pub fn run(tasks: &[Task], threads: usize, progress: &(dyn Fn(usize) + Sync)) -> io::Result<Outcome> {
    run_with(tasks, threads, progress, &check_bytes)
}

/// The same, held against manifests.
///
/// # Errors
/// If the threads cannot be started.
pub fn run_held(tasks: &[Task], threads: usize, progress: &(dyn Fn(usize) + Sync), held: &Held) -> io::Result<Outcome> {
    let mut outcomes = outcomes(tasks, threads, progress, &check_bytes)?;
    hold(&mut outcomes, held)?;
    Ok(join(outcomes))
}

/// A checker of one input's bytes; [`check_bytes`] but in tests.
type Check = dyn Fn(&InputName, SourceKind, Vec<u8>, &Settings) -> InputOutcome + Sync;

fn run_with(tasks: &[Task], threads: usize, progress: &(dyn Fn(usize) + Sync), check: &Check) -> io::Result<Outcome> {
    outcomes(tasks, threads, progress, check).map(join)
}

fn outcomes(
    tasks: &[Task],
    threads: usize,
    progress: &(dyn Fn(usize) + Sync),
    check: &Check,
) -> io::Result<Vec<InputOutcome>> {
    let done = AtomicUsize::new(0);
    let one = |task: &Task| {
        let outcome = guarded(&task.input.name, || check_file(task, check));
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        outcome
    };
    each(tasks, threads, &one)
}

/// Checks bytes that are no file, such as standard input, with the same care.
///
/// # Errors
/// If there is no memory for a stack.
pub fn run_bytes(name: &InputName, kind: InputKind, bytes: Vec<u8>, settings: &Settings) -> io::Result<Outcome> {
    let one = || match source_kind(kind) {
        Some(kind) => check_bytes(name, kind, bytes, settings),
        None => keep_asked_for(scan(name, &Window::from(bytes), settings), name, settings),
    };
    let outcome = with_room(|| guarded(name, one))?;
    Ok(join(vec![outcome]))
}

/// How many bytes of such an input are read.
pub fn ceiling(kind: InputKind, limits: &Limits) -> Ceiling {
    match kind {
        InputKind::Module | InputKind::Stub => Ceiling { bytes: limits.max_source_bytes, key: "max-source-bytes" },
        InputKind::Notebook => Ceiling { bytes: limits.max_notebook_bytes, key: "max-notebook-bytes" },
        InputKind::Script(ScriptKind::Yaml) => Ceiling { bytes: limits.max_text_bytes, key: "max-text-bytes" },
        InputKind::Script(_) => Ceiling { bytes: limits.max_source_bytes, key: "max-source-bytes" },
        // Of a file only what is needed is read; a stream has to be held.
        InputKind::Artifact => Ceiling { bytes: limits.max_stream_bytes, key: "max-stream-bytes" },
    }
}

/// The notice for an input that could not be read whole.
pub fn read_notice(name: &InputName, problem: &ReadProblem) -> Notice {
    let (kind, message) = match problem {
        ReadProblem::TooLarge { .. } => (NoticeKind::LimitReached, format!("not analysed: {problem}")),
        ReadProblem::Changed => (NoticeKind::Changed, format!("not analysed: {problem}")),
        ReadProblem::Missing
        | ReadProblem::PermissionDenied
        | ReadProblem::LinkLoop
        | ReadProblem::BrokenLink
        | ReadProblem::Folder
        | ReadProblem::NotRegular { .. }
        | ReadProblem::Other { .. } => (NoticeKind::Unreadable, format!("cannot be read: {problem}")),
    };
    Notice { kind, input: name.clone(), message, location: None }
}

/// `None` for an artifact.
pub fn source_kind(kind: InputKind) -> Option<SourceKind> {
    match kind {
        InputKind::Module => Some(SourceKind::Module),
        InputKind::Stub => Some(SourceKind::Stub),
        InputKind::Notebook => Some(SourceKind::Notebook),
        InputKind::Script(kind) => Some(SourceKind::Script(kind)),
        InputKind::Artifact => None,
    }
}

fn check_file(task: &Task, check: &Check) -> InputOutcome {
    let Task { input, settings } = task;
    let failed =
        |problem| InputOutcome { notices: vec![read_notice(&input.name, &problem)], ..InputOutcome::default() };
    let kind = match source_kind(input.kind) {
        // Whatever its name says, it is what its bytes say.
        Some(SourceKind::Script(kind)) => return scan_file(task, Some(kind)).unwrap_or_else(failed),
        Some(kind) => kind,
        None => return scan_file(task, None).unwrap_or_else(failed),
    };
    match read_input(&input.path, ceiling(input.kind, &settings.limits)) {
        Ok(bytes) => check(&input.name, kind, bytes, settings),
        Err(problem) => failed(problem),
    }
}

fn scan_file(task: &Task, kind: Option<ScriptKind>) -> Result<InputOutcome, ReadProblem> {
    let Task { input, settings } = task;
    let file = open_input(&input.path)?;
    let scanned = scan_as(&input.name, &file.window(), Some(&input.path), kind, settings);
    let mut outcome = keep_asked_for(scanned, &input.name, settings);
    if let Err(problem) = file.check_unchanged() {
        outcome.notices.push(read_notice(&input.name, &problem));
    }
    Ok(outcome)
}

/// One input that we fail on must not take the others down, and must not count as clean.
pub fn guarded(name: &InputName, check: impl FnOnce() -> InputOutcome) -> InputOutcome {
    // Nothing that is shared is left half done: each check owns what it writes to.
    catch_unwind(AssertUnwindSafe(check)).unwrap_or_else(|payload| InputOutcome {
        notices: vec![Notice {
            kind: NoticeKind::InternalError,
            input: name.clone(),
            message: format!("loadlint failed on this file, please report it: {}", panic_message(&*payload)),
            location: None,
        }],
        ..InputOutcome::default()
    })
}

fn panic_message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

fn join(outcomes: Vec<InputOutcome>) -> Outcome {
    let mut outcome = Outcome::default();
    for one in outcomes {
        let (suppressed, findings): (Vec<_>, Vec<_>) =
            one.findings.into_iter().partition(|finding| finding.suppression.as_ref().is_some_and(Suppression::holds));
        outcome.findings.extend(findings);
        outcome.suppressed.extend(suppressed);
        outcome.notices.extend(one.notices);
        outcome.citations.extend(one.citations);
        match one.coverage {
            Coverage::Source => outcome.inputs += 1,
            Coverage::Artifact(artifact) => {
                outcome.inputs += 1;
                outcome.artifacts.push(artifact);
            }
            Coverage::NotOurs => {}
        }
    }
    outcome.sort();
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Level, Location};
    use crate::text::{LineIndex, Region};
    use std::path::Path;

    fn tasks(folder: &Path, count: usize) -> Vec<Task> {
        let settings = Arc::new(Settings::from_layers(&[], folder).expect("the default holds"));
        let task = |number: usize| {
            let path = folder.join(format!("{number:03}.py"));
            std::fs::write(&path, format!("x = {number}\nload(p)\n")).expect("writable");
            let input = Input { name: InputName::new(&path), path, kind: InputKind::Module };
            Task { input, settings: Arc::clone(&settings) }
        };
        (0..count).map(task).collect()
    }

    fn finding(name: &InputName, bytes: &[u8]) -> Finding {
        let text = String::from_utf8_lossy(bytes);
        let region = Region::new(text.find("load").unwrap_or_default() as u32, text.len() as u32);
        Finding {
            rule_id: "LL101".into(),
            rule_name: "torch-load-unpickles".into(),
            level: Level::Error,
            message: "m".to_owned(),
            help: "h".to_owned(),
            location: Location::in_text(name.clone(), &text, &LineIndex::new(&text), region),
            reasons: Vec::new(),
            code_flow: None,
            suppression: None,
            fixes: Vec::new(),
        }
    }

    #[test]
    fn the_result_does_not_depend_on_the_number_of_threads() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tasks = tasks(folder.path(), 50);
        let check = |name: &InputName, _: SourceKind, bytes: Vec<u8>, _: &Settings| InputOutcome {
            findings: vec![finding(name, &bytes)],
            ..InputOutcome::default()
        };
        let all = [1, 2, 8].map(|threads| run_with(&tasks, threads, &|_| {}, &check).expect("threads start"));
        assert_eq!((all[0].findings.len(), all[0].inputs), (50, 50));
        assert!(all.iter().all(|outcome| outcome.findings == all[0].findings));
    }

    #[test]
    fn a_panic_in_one_file_is_a_notice_and_the_others_are_checked() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let tasks = tasks(folder.path(), 3);
        let check = |name: &InputName, _: SourceKind, bytes: Vec<u8>, _: &Settings| {
            assert!(!name.path().ends_with("001.py"), "this one is too hard");
            InputOutcome { findings: vec![finding(name, &bytes)], ..InputOutcome::default() }
        };
        let outcome = run_with(&tasks, 2, &|_| {}, &check).expect("threads start");
        assert_eq!(outcome.findings.len(), 2);
        assert_eq!(outcome.notices[0].kind, NoticeKind::InternalError);
        assert!(outcome.notices[0].message.ends_with("please report it: this one is too hard"));
    }

    #[test]
    fn what_cannot_be_read_is_a_notice_of_its_kind() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut tasks = tasks(folder.path(), 2);
        std::fs::remove_file(&tasks[0].input.path).expect("it is there");
        let mut small = Settings::from_layers(&[], folder.path()).expect("the default holds");
        small.limits.max_source_bytes = 3;
        tasks[1].settings = Arc::new(small);
        let outcome = run(&tasks, 1, &|_| {}).expect("threads start");
        let told: Vec<_> = outcome.notices.iter().map(|notice| (notice.kind, notice.message.as_str())).collect();
        let expected = [
            (NoticeKind::Unreadable, "cannot be read: there is no such file"),
            (NoticeKind::LimitReached, "not analysed: it has 14 bytes, more than max-source-bytes = 3"),
        ];
        assert_eq!(told, expected);
    }
}
