//! Commands of scripts, held against the clauses about them: is an option switched on, is a download pinned.

use super::evaluate::is_commit_id;
use super::model::CommandClause;
use crate::fact::{Command, CommandRole, GAP, Reach, Word};
use crate::text::Region;

/// A clause that held on a command.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CommandHit {
    /// The option with its value, or the program with its first argument.
    pub(super) region: Region,
    /// The same as it is written, shortened.
    pub(super) written: String,
    /// The program, or the variable that holds the words.
    pub(super) function: String,
    /// The same as the subject of a sentence.
    pub(super) program: String,
    /// The first argument of the program; empty if there is none.
    pub(super) first: String,
}

/// What is known of a switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    On,
    Off,
    Unknown,
}

/// Who is meant by `{process}`.
pub(super) fn process_words(reach: Reach) -> &'static str {
    match reach {
        Reach::Process => "this process",
        Reach::Command => "the process that gets it",
        Reach::Script => "any process of this script",
        Reach::Image => "any process in this image's containers",
        Reach::Build => "the build of this image",
        Reach::File => "any process that gets these variables",
    }
}

/// Whether the clause holds, and where.
pub(super) fn holds(clause: &CommandClause, command: &Command, text: &str) -> Option<CommandHit> {
    let program = if clause.program.is_empty() { None } else { Some(find_program(&clause.program, &command.words)?) };
    let behind = program.map_or(0, |(start, length)| start + length);
    let quoted = |region: Region| shortened(text.get(region.range()).unwrap_or_default());
    let first = first_argument(&command.words[behind..]);
    let hit = |region: Region| CommandHit {
        region,
        written: quoted(region),
        function: function(command).unwrap_or_default(),
        program: program_words(command),
        first: first.map(|word| quoted(word.region)).unwrap_or_default(),
    };
    if !clause.option.is_empty() {
        let found = clause.option.iter().find_map(|name| option(name, command));
        let (region, state) = found?;
        let wanted = if clause.unknown { State::Unknown } else { State::On };
        return (state == wanted).then(|| hit(region));
    }
    let ((start, length), first) = (program?, first?);
    let state = match &clause.pinned_by {
        Some(name) => pinned(name, &command.words[behind..], first)?,
        None => State::On,
    };
    let wanted = if clause.unknown { State::Unknown } else { State::On };
    let region = Region::new(command.words[start].region.start, first.region.end);
    let last = &command.words[start + length - 1];
    let region = if region.end - region.start > 400 { Region::new(region.start, last.region.end) } else { region };
    (state == wanted)
        .then(|| CommandHit { written: clause_words(&command.words[start..start + length]), ..hit(region) })
}

fn clause_words(words: &[Word]) -> String {
    words.iter().map(|word| base(&word.text)).collect::<Vec<_>>().join(" ")
}

fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

/// The program as people know it: what `python -m` is given, the script that an interpreter reads.
fn function(command: &Command) -> Option<String> {
    let mut words = command.words.iter().map(|word| base(&word.text));
    match &command.role {
        CommandRole::Assigned { name, .. } => return Some(name.to_string()),
        CommandRole::Arguments => return None,
        CommandRole::Run => {}
    }
    let first = words.next().filter(|word| !word.starts_with('-'))?;
    let is_python = first.starts_with("python") || first == "accelerate" || first == "torchrun";
    let named = match (is_python, words.next()) {
        (true, Some("-m" | "launch")) => words.next(),
        (true, Some(script)) if script.ends_with(".py") => Some(script),
        _ => None,
    };
    Some(shortened(&named.unwrap_or(first).replace(GAP, "…")))
}

/// Who gets the words.
fn program_words(command: &Command) -> String {
    match (&command.role, function(command)) {
        (CommandRole::Assigned { .. }, Some(name)) => format!("the program that gets `{name}`"),
        (_, Some(name)) if name != "…" => format!("`{name}`"),
        _ => "the program".to_owned(),
    }
}

/// Where the words of one of `programs` stand one after the other, and how many they are. A last `*` stands for the rest of
/// a word.
fn find_program(programs: &[String], words: &[Word]) -> Option<(usize, usize)> {
    let fits = |wanted: &str, word: &Word| match wanted.strip_suffix('*') {
        Some(start) => base(&word.text).starts_with(start),
        None => base(&word.text) == wanted,
    };
    let at = |start: usize, wanted: &str| {
        let length = wanted.split(' ').count();
        let own = words.get(start..start + length)?;
        wanted.split(' ').zip(own).all(|(wanted, word)| fits(wanted, word)).then_some((start, length))
    };
    (0..words.len()).find_map(|start| programs.iter().find_map(|wanted| at(start, wanted)))
}

/// The first word that is neither an option nor, as far as can be told, the value of one.
fn first_argument(words: &[Word]) -> Option<&Word> {
    let is_option = |word: &Word| word.text.starts_with('-');
    let is_value = |at: usize| at > 0 && is_option(&words[at - 1]) && !words[at - 1].text.contains('=');
    let plain = |at: &usize| !is_option(&words[*at]);
    (0..words.len()).filter(plain).find(|at| !is_value(*at)).map(|at| &words[at])
}

/// Whether `--name` gives a commit id; `None` if it surely does.
fn pinned(name: &str, words: &[Word], first: &Word) -> Option<State> {
    let value = words.iter().enumerate().find_map(|(at, word)| {
        let body = word.text.strip_prefix("--")?;
        match body.split_once('=') {
            Some((key, value)) => (key == name).then(|| value.to_owned()),
            None => (body == name).then(|| words.get(at + 1).map_or(String::new(), |next| next.text.clone())),
        }
    });
    match value {
        Some(value) if is_commit_id(&value) => None,
        Some(value) if value.contains(GAP) => Some(State::Unknown),
        Some(_) | None if first.text.contains(GAP) => Some(State::Unknown),
        Some(_) | None => Some(State::On),
    }
}

/// Where the option `name` stands first where it is not switched off, and what it is set to.
fn option(name: &str, command: &Command) -> Option<(Region, State)> {
    let words = &command.words;
    let sometimes = matches!(command.role, CommandRole::Assigned { sometimes: true, .. });
    let softened = |state| if sometimes && state == State::On { State::Unknown } else { state };
    let mut found: Option<(Region, State)> = None;
    for (at, word) in words.iter().enumerate() {
        let next = words.get(at + 1);
        let Some((state, takes_next)) = of_word(name, word, next) else { continue };
        let end = next.filter(|_| takes_next).map_or(word.region.end, |next| next.region.end);
        match softened(state) {
            State::On => return Some((Region::new(word.region.start, end), State::On)),
            State::Unknown if found.is_none() => found = Some((Region::new(word.region.start, end), State::Unknown)),
            State::Unknown | State::Off => {}
        }
    }
    found
}

/// What one word says of the option, and whether the next word is its value.
fn of_word(name: &str, word: &Word, next: Option<&Word>) -> Option<(State, bool)> {
    if let Some(found) = of_text(name, &word.text, next) {
        return Some(match &word.by_default {
            // `--name=${X:-true}`
            Some(text) if found.0 == State::Unknown => {
                (of_text(name, text, next).map_or(State::Unknown, |d| d.0), found.1)
            }
            _ => found,
        });
    }
    // `${X:+--name}`: somebody else decides.
    let by_default = word.by_default.as_ref()?;
    of_text(name, by_default, next).filter(|(state, _)| *state == State::On).map(|_| (State::Unknown, false))
}

fn of_text(name: &str, text: &str, next: Option<&Word>) -> Option<(State, bool)> {
    let body = text.trim_start_matches('-');
    if body.len() < text.len() && !text.contains(char::is_whitespace) {
        match body.split_once('=') {
            Some((key, value)) if is_key(key, name) => return Some((state(value), false)),
            None if is_key(body, name) => return Some(by_next(body, next)),
            Some(_) | None => {}
        }
    }
    in_pairs(name, text).or_else(|| in_json(name, text)).or_else(|| in_options(name, text)).map(|state| (state, false))
}

/// `--name`, and what the next word makes of it.
fn by_next(body: &str, next: Option<&Word>) -> (State, bool) {
    let Some(next) = next else { return (State::On, false) };
    let known = next.texts().find(|text| !text.contains(GAP) && is_boolean(text));
    match known {
        Some(text) => (state(text), true),
        // Options spelled so are those of Python's parsers, which often take a value.
        None if body.contains('_') && next.text.chars().all(|c| c == GAP) => (State::Unknown, true),
        None => (State::On, false),
    }
}

/// Whether a key is `name`, perhaps the last part of a dotted one, whatever joins its words.
fn is_key(key: &str, name: &str) -> bool {
    let key = key.trim_matches(|c: char| matches!(c, '+' | '~' | '"' | '\'' | '{' | ' '));
    let key = key.rsplit('.').next().unwrap_or(key);
    key.len() == name.len()
        && key.bytes().zip(name.bytes()).all(|(a, b)| a == b || (matches!(a, b'_' | b'-') && b == b'-'))
}

/// `pretrained=x,trust_remote_code=True`, `model.trust_remote_code=true`.
fn in_pairs(name: &str, text: &str) -> Option<State> {
    let starts = text.split([',', ' ', '\t', '\n', '?', '&']).filter(|piece| piece.contains('='));
    let value = |piece: &str| {
        // `--args=name=True`: the last key counts.
        let (keys, value) = piece.rsplit_once('=')?;
        let key = keys.rsplit('=').next().unwrap_or(keys);
        (!key.starts_with('-') && is_key(key, name)).then(|| state(value))
    };
    starts.filter_map(value).find(|state| *state != State::Off)
}

/// `{"trust_remote_code": true}`.
fn in_json(name: &str, text: &str) -> Option<State> {
    let spelled = name.replace('-', "_");
    let rests = text.match_indices(spelled.as_str()).map(|(at, word)| &text[at + word.len()..]);
    let values = rests.filter_map(|rest| rest.trim_start_matches(['\\', '"', '\'']).trim_start().strip_prefix(':'));
    let value = |rest: &str| {
        let value = rest.trim_start().split([',', '}', ' ', '\n']).next().unwrap_or_default();
        state(value)
    };
    values.map(value).find(|state| *state == State::On)
}

/// `--serve-args "--port 1 --trust-remote-code"`: a word that is options itself.
fn in_options(name: &str, text: &str) -> Option<State> {
    let inner = text.split_once('=').map_or(text, |(_, value)| value).trim_start_matches(['"', '\'', ' ']);
    if !text.trim_start().starts_with('-') && !inner.starts_with('-') {
        return None;
    }
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'')).collect();
    let found = words.iter().position(|word| word.strip_prefix("--").is_some_and(|body| is_key(body, name)))?;
    match words.get(found + 1).filter(|next| is_boolean(next)) {
        Some(next) => Some(state(next)).filter(|state| *state == State::On),
        None => Some(State::On),
    }
}

const TRUE: [&str; 6] = ["1", "true", "yes", "y", "on", "t"];
const FALSE: [&str; 8] = ["0", "false", "no", "n", "off", "f", "none", "null"];

fn is_boolean(text: &str) -> bool {
    TRUE.iter().chain(&FALSE).any(|word| text.trim().eq_ignore_ascii_case(word))
}

fn state(value: &str) -> State {
    let value = value.trim_matches(|c: char| matches!(c, '"' | '\'' | '\\' | '}' | ']' | ' '));
    if TRUE.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        State::On
    } else if value.is_empty() || FALSE.iter().any(|word| value.eq_ignore_ascii_case(word)) {
        State::Off
    } else {
        State::Unknown
    }
}

const MAX_SHOWN: usize = 80;

fn shortened(text: &str) -> String {
    let clean: String =
        text.chars().take(MAX_SHOWN).map(|c| if c.is_control() || c == '`' { ' ' } else { c }).collect();
    if text.chars().nth(MAX_SHOWN).is_some() { clean + "…" } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(text: &str) -> Command {
        let mut at = 0;
        let words = text.split(' ').map(|word| {
            let region = Region::new(at, at + word.len() as u32);
            at += word.len() as u32 + 1;
            Word { region, text: word.replace('$', "\u{FFFC}"), by_default: None }
        });
        let words = words.collect();
        Command { role: CommandRole::Run, statement: Region::new(0, text.len() as u32), words }
    }

    fn clause(program: &[&str], option: &[&str], pinned_by: Option<&str>, unknown: bool) -> CommandClause {
        let own = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        CommandClause {
            program: own(program),
            option: own(option),
            pinned_by: pinned_by.map(str::to_owned),
            unknown,
            level: None,
            message: None,
        }
    }

    fn found(text: &str, unknown: bool) -> Option<String> {
        let hit = holds(&clause(&[], &["trust-remote-code"], None, unknown), &command(text), text)?;
        Some(text[hit.region.range()].to_owned())
    }

    #[test]
    fn options_are_found_in_their_spellings() {
        for (text, place) in [
            ("vllm serve x --trust-remote-code", "--trust-remote-code"),
            ("x --trust_remote_code True --y", "--trust_remote_code True"),
            ("x --trust-remote-code=1", "--trust-remote-code=1"),
            ("x --model.trust_remote_code true", "--model.trust_remote_code true"),
            ("x actor.model.trust_remote_code=True", "actor.model.trust_remote_code=True"),
            ("x +trust_remote_code=true", "+trust_remote_code=true"),
            ("lm_eval --model_args pretrained=a,trust_remote_code=True,b=c", "pretrained=a,trust_remote_code=True,b=c"),
            ("lm_eval --model_args=trust_remote_code=True", "--model_args=trust_remote_code=True"),
            ("x --kwargs {\"trust_remote_code\":true}", "{\"trust_remote_code\":true}"),
            ("x --trust-remote-code $", "--trust-remote-code"),
        ] {
            assert_eq!(found(text, false).as_deref(), Some(place), "{text}");
        }
        for text in [
            "x --no-trust-remote-code",
            "x --trust-remote-code=false",
            "x --trust_remote_code False",
            "x --model_args trust_remote_code=False",
            "x trust_remote_code",
            "x --trust_remote_code $",
            "x --trust-remote-code=$",
            "x --dont.trust-remote-codes",
        ] {
            assert_eq!(found(text, false), None, "{text}");
        }
        assert_eq!(found("x --trust_remote_code $", true).as_deref(), Some("--trust_remote_code $"));
        assert_eq!(found("x --trust-remote-code=$", true).as_deref(), Some("--trust-remote-code=$"));
        assert_eq!(found("x --trust-remote-code", true), None);
    }

    #[test]
    fn downloads_are_pinned_by_a_commit_alone() {
        let sha = "86b5e0934494bd15c9632b12f734a8a67f723594";
        let state = |text: &str| {
            let of = |unknown| holds(&clause(&["hf download"], &[], Some("revision"), unknown), &command(text), text);
            (of(false).map(|hit| hit.first), of(true).is_some())
        };
        assert_eq!(state("hf download o/n"), (Some("o/n".to_owned()), false));
        assert_eq!(state("uv run hf download --local-dir d o/n file"), (Some("o/n".to_owned()), false));
        assert_eq!(state("hf download o/n --revision main"), (Some("o/n".to_owned()), false));
        assert_eq!(state(&format!("hf download o/n --revision {sha}")), (None, false));
        assert_eq!(state(&format!("hf download o/n --revision={sha}")), (None, false));
        assert_eq!(state("hf download o/n --revision $"), (None, true));
        assert_eq!(state("hf download $"), (None, true));
        assert_eq!(state("hf download --help"), (None, false));
        assert_eq!(state("hf upload o/n"), (None, false));
    }
}
