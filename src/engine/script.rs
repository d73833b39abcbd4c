//! Texts of commands and settings, and configurations with commands in them: their facts against the rules for code, and
//! their comments.
//!
//! Called by `scan`, which knows what the bytes are, and by `write_comments`. A text without a word that rules ask for, and
//! without a comment for anybody here, costs no more than to be read.

use std::sync::Arc;

use super::excuse::{citation, problem_finding};
use super::scan::{finding as artifact_finding, in_own_text};
use super::source::{claim, finding, limit, subject};
use crate::artifact::{Detail, examine};
use crate::bytes::Window;
use crate::config::{Comments, Settings};
use crate::fact::artifact::{ArtifactFacts, CommandText, Seen};
use crate::fact::{Comment, Facts, ScriptKind};
use crate::finding::{Finding, InputName, InputOutcome, Notice, NoticeKind};
use crate::python::decode::{DecodeProblem, decode};
use crate::python::source::SourceText;
use crate::rules::artifact::{ArtifactMatch, match_artifact};
use crate::rules::{Match, match_facts};
use crate::script::{Reading, read, read_commands};
use crate::suppress::comments::may_hold;
use crate::suppress::{Judged, Subject, hash_comments, judge};
use crate::text::Region;

/// So many bytes of a text that is too long are held against the words at a time.
const CHUNK_BYTES: u64 = 1 << 20;
/// Longer than any word, so that none is cut in two unseen.
const OVERLAP_BYTES: u64 = 256;

/// A text with what was found in it.
pub(super) struct Looked {
    pub(super) source: SourceText,
    pub(super) comments: Vec<Comment>,
    /// What goes over several lines.
    pub(super) blocks: Vec<Region>,
    matches: Vec<Match>,
    notices: Vec<Notice>,
    is_whole: bool,
}

/// Looks at a text; `None` if it is none, or nothing in it matters. `kind` is `None` for an artifact, of which only
/// configurations are texts; `matches` are those of its other facts.
pub(super) fn look(
    name: &InputName,
    content: &Window,
    kind: Option<ScriptKind>,
    facts: &ArtifactFacts,
    matches: &[ArtifactMatch],
    settings: &Settings,
) -> Option<Looked> {
    let commands = commands(facts);
    let is_wanted = kind.is_some() || !commands.is_empty() || matches.iter().any(|one| in_own_text(one).is_some());
    if !is_wanted {
        return None;
    }
    let is_script = kind.is_some_and(|kind| kind != ScriptKind::Yaml);
    let limits = &settings.limits;
    let most = if is_script { limits.max_source_bytes } else { limits.max_text_bytes };
    if is_script && content.len() > most {
        return too_long(name, content, most, settings);
    }
    let bytes = content.read(0, usize::try_from(content.len().min(most)).ok()?).ok()?;
    let decoded = decode(bytes.into_owned());
    let kind = kind.unwrap_or(ScriptKind::Yaml);
    let source = SourceText::script(name.clone(), kind, decoded.text);
    let has_words = match is_script {
        true => settings.vocabulary().may_be_in_script(source.text.as_bytes()),
        false => !commands.is_empty() || !matches.is_empty(),
    };
    if !has_words && !may_hold(&source.text) {
        return None;
    }
    let mut looked = looked(source, kind, &commands, settings);
    looked.is_whole &= content.len() <= most;
    if let Some(problem @ (DecodeProblem::Malformed { .. } | DecodeProblem::Wide { .. })) =
        decoded.problem.filter(|_| is_script)
    {
        looked.notices.push(Notice {
            kind: NoticeKind::Undecodable,
            input: name.clone(),
            message: undecodable(&problem),
            location: None,
        });
    }
    Some(looked)
}

fn undecodable(problem: &DecodeProblem) -> String {
    match problem {
        DecodeProblem::Wide { encoding } => {
            format!("the text is {encoding}, which few programs expect here; read all the same")
        }
        other => other.to_string(),
    }
}

/// A text that is too long to be read: a notice, if any word in it matters.
fn too_long(name: &InputName, content: &Window, most: u64, settings: &Settings) -> Option<Looked> {
    let starts = (0..).map(|chunk| chunk * CHUNK_BYTES).take_while(|start| *start < content.len());
    let has_word = |start: u64| {
        let bytes = content.read(start, (CHUNK_BYTES + OVERLAP_BYTES) as usize);
        bytes.is_ok_and(|bytes| settings.vocabulary().may_be_in_script(&bytes))
    };
    if !starts.into_iter().any(has_word) {
        return None;
    }
    let message = format!("not analysed: it has {} bytes, more than max-source-bytes = {most}", content.len());
    let notice = Notice { kind: NoticeKind::LimitReached, input: name.clone(), message, location: None };
    Some(Looked {
        source: SourceText::module(name.clone(), String::new()),
        comments: Vec::new(),
        blocks: Vec::new(),
        matches: Vec::new(),
        notices: vec![notice],
        is_whole: false,
    })
}

/// The commands of a configuration that is a file of its own.
fn commands(facts: &ArtifactFacts) -> Vec<CommandText> {
    let own = facts.facts.iter().filter(|fact| fact.place.member.depth() == 0);
    let command = |seen: &Seen| if let Seen::Command(command) = seen { Some(command.clone()) } else { None };
    own.filter_map(|fact| command(&fact.seen)).collect()
}

fn looked(source: SourceText, kind: ScriptKind, commands: &[CommandText], settings: &Settings) -> Looked {
    let mut reading = match kind {
        ScriptKind::Yaml => Reading {
            comments: if may_hold(&source.text) { hash_comments(&source.text, source.index()) } else { Vec::new() },
            ..read_commands(&source.text, commands, settings.vocabulary())
        },
        _ => read(kind, &source.text, settings.vocabulary()),
    };
    let mut matches = match_facts(&settings.rules, &std::mem::take(&mut reading.facts), &source.text);
    let mut notices = Vec::new();
    let most = settings.limits.max_findings_per_file;
    if matches.len() > most {
        let message = format!("`max-findings-per-file` ({most}) reached: {} more are not shown", matches.len() - most);
        notices.push(limit(&source, message, None));
        matches.truncate(most);
    }
    if let Some(at) = reading.cut {
        let message = "commands are nested too deep: not analysed behind this place".to_owned();
        notices.push(limit(&source, message, Some(source.locate(Region::new(at, at)))));
    }
    let is_whole = notices.is_empty();
    Looked { source, comments: reading.comments, blocks: reading.blocks, matches, notices, is_whole }
}

/// A text that is no file's bytes, with all its matches, those of its keys too.
pub(super) fn look_at_text(source: &SourceText, kind: ScriptKind, settings: &Settings) -> (Looked, Vec<Match>) {
    let content = Window::from(source.text.clone().into_bytes());
    let file = source.name.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let facts = examine(&content, &file, &settings.limits, Detail::Findings);
    let of_keys = match_artifact(&settings.rules, &settings.globals, &facts);
    let looked = looked(source.clone(), kind, &commands(&facts), settings);
    let mut matches: Vec<Match> = of_keys.iter().filter_map(|one| looked.of_key(one)).collect();
    matches.extend(looked.matches.iter().cloned());
    (looked, matches)
}

impl Looked {
    /// A match of a key or value, as one of code.
    fn of_key(&self, one: &ArtifactMatch) -> Option<Match> {
        let region = in_own_text(one).filter(|region| self.source.text.get(region.range()).is_some())?;
        let index = self.source.index();
        Some(Match {
            rule: Arc::clone(&one.rule),
            level: one.level,
            message: one.message.clone(),
            region,
            statement: index.line_region(&self.source.text, index.line(region.start)),
            reasons: Vec::new(),
            flow: Vec::new(),
            fixes: Vec::new(),
        })
    }

    /// Makes findings of all matches, `of_keys` too, and judges the comments.
    pub(super) fn tell(self, of_keys: Vec<ArtifactMatch>, settings: &Settings, outcome: &mut InputOutcome) {
        let placed: Vec<Option<Match>> = of_keys.iter().map(|one| self.of_key(one)).collect();
        let claimed: Vec<&Match> = placed.iter().flatten().chain(&self.matches).collect();
        let judged = self.judged(&claimed, settings);
        let mut excuses = judged.excuses.into_iter().chain(std::iter::repeat(None));
        let name = &self.source.name;
        let locate = |region| self.source.locate(region);
        for (one, own) in of_keys.into_iter().zip(&placed) {
            let finding = artifact_finding(name, one, Some(&self.source), settings);
            let excuse = own.as_ref().and_then(|_| excuses.next().flatten());
            let suppression = excuse.map(|excuse| super::excuse::suppression(excuse, &locate));
            outcome.findings.push(Finding { suppression, ..finding });
        }
        for (one, excuse) in self.matches.iter().zip(excuses) {
            outcome.findings.push(finding(&self.source, settings, one.clone(), excuse));
        }
        outcome.findings.extend(judged.problems.into_iter().filter_map(|one| problem_finding(one, settings, &locate)));
        outcome.citations.extend(judged.citations.into_iter().map(|cited| citation(cited, &locate)));
        outcome.notices.extend(self.notices);
    }

    fn judged(&self, matches: &[&Match], settings: &Settings) -> Judged {
        // Of a part of a text it cannot be said what a comment stands beside.
        if settings.comments != Comments::Honoured || self.comments.is_empty() || !self.is_whole {
            return Judged::default();
        }
        let path = settings.path_in_register(self.source.name.path());
        let facts = Facts::default();
        let subject = subject(&self.source, settings, &self.comments, &facts.calls, path.as_deref());
        let claims: Vec<_> = matches.iter().map(|one| claim(one)).collect();
        let subject = Subject { is_complete: self.notices.is_empty(), ..subject };
        judge(&subject, &claims)
    }
}
