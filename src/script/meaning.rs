//! Commands to facts: which variables are set for whom, and which command lines rules may ask about.
//!
//! Comes in: what `shell` read. Goes out: [`Facts`]. Called by the readers of all files that hold commands. What only
//! prints, searches or compares words does nothing with them, so it is left out.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use super::shell::{Dialect, Raw, Simple, is_name, read};
use super::variable;
use crate::fact::{Command, CommandRole, Facts, Reach, Vocabulary, Word};
use crate::text::Region;

/// A text in quotes that is a script may hold another one.
const MAX_SCRIPTS_IN_SCRIPTS: u32 = 5;

/// Commands that do nothing with their words, or only set what a shell keeps for itself.
const QUIET: [&str; 54] = [
    "echo",
    "printf",
    "print",
    "cat",
    "grep",
    "egrep",
    "fgrep",
    "zgrep",
    "rg",
    "ag",
    "ack",
    "sed",
    "awk",
    "gawk",
    "test",
    "[",
    "[[",
    "case",
    "for",
    "select",
    "git",
    "man",
    "which",
    "type",
    "help",
    "whatis",
    "info",
    "read",
    "return",
    "exit",
    "die",
    "usage",
    "log",
    "warn",
    "warning",
    "error",
    "fail",
    "abort",
    "debug",
    "trap",
    "tr",
    "cut",
    "diff",
    "unset",
    "write-host",
    "logger",
    "fatal",
    "complete",
    "compgen",
    ":",
    "true",
    "false",
    "expr",
    "getopt",
];
/// Words in the names of functions that print or compare.
const QUIET_PARTS: [&str; 17] = [
    "log_",
    "_log",
    "echo_",
    "print_",
    "_print",
    "warn_",
    "err_",
    "info_",
    "msg",
    "usage",
    "show_help",
    "die_",
    "assert",
    "refute",
    "has_",
    "in_array",
    "contains",
];
/// Words in the names of variables that hold texts for people.
const PROSE: [&str; 20] = [
    "usage", "help", "desc", "message", "msg", "doc_", "docs", "error", "warn", "title", "readme", "comment",
    "explain", "summary", "cure", "example", "instead", "hint", "reason", "label",
];
/// Commands before a command.
const WRAPPERS: [&str; 14] = [
    "sudo", "exec", "command", "nohup", "env", "nice", "ionice", "setsid", "stdbuf", "time", "builtin", "xargs",
    "unbuffer", "doas",
];
const SHELLS: [&str; 7] = ["sh", "bash", "dash", "zsh", "ksh", "ash", "fish"];
/// Files whose lines become variables.
const VARIABLE_FILES: [&str; 9] = [
    ".env",
    "GITHUB_ENV",
    "BASH_ENV",
    "/etc/environment",
    ".bashrc",
    ".profile",
    ".zshrc",
    ".bash_profile",
    "profile.d",
];

/// Collects the facts of one text.
pub(super) struct Meaning<'a> {
    pub(super) text: &'a str,
    pub(super) vocabulary: &'a Vocabulary,
    pub(super) facts: Facts,
    /// Where something was too deep to be read.
    pub(super) cut: Option<u32>,
    /// Plain `NAME=value`, which other programs see only if the name is exported.
    plain: Vec<(Word, Rc<str>, Region)>,
    exported: FxHashSet<String>,
}

/// A part of the text that is read as shell.
#[derive(Clone, Copy)]
pub(super) struct Part {
    pub(super) region: Region,
    pub(super) dialect: Dialect,
    /// The lines that count as one statement; those of the script itself if `None`.
    pub(super) statement: Option<Region>,
    pub(super) reach: Reach,
}

impl<'a> Meaning<'a> {
    pub(super) fn new(text: &'a str, vocabulary: &'a Vocabulary) -> Self {
        let facts = Facts::default();
        Self { text, vocabulary, facts, cut: None, plain: Vec::new(), exported: FxHashSet::default() }
    }

    /// Reads a part of the text as shell, and scripts in quotes inside of it. Gives back its comments and blocks.
    pub(super) fn shell(&mut self, part: Part) -> super::shell::Shell {
        let mut jobs = vec![(part, 0)];
        let mut outermost = None;
        while let Some((part, depth)) = jobs.pop() {
            let mut shell = read(self.text, part.region, part.dialect);
            self.cut = self.cut.or(shell.cut);
            for mut simple in std::mem::take(&mut shell.commands) {
                simple.statement = part.statement.unwrap_or(simple.statement);
                let inner = self.simple(&simple, part.reach);
                if depth < MAX_SCRIPTS_IN_SCRIPTS {
                    let more = |region| (Part { region, statement: Some(simple.statement), ..part }, depth + 1);
                    jobs.extend(inner.into_iter().map(more));
                }
            }
            outermost.get_or_insert(shell);
        }
        outermost.unwrap_or_default()
    }

    /// The facts, in the order of their places.
    pub(super) fn finish(mut self) -> Facts {
        for (value, name, statement) in std::mem::take(&mut self.plain) {
            if self.exported.contains(&*name) {
                self.set(&name, &value, statement, Reach::Script);
            }
        }
        self.facts.environment.sort_by_key(|change| change.region);
        self.facts.commands.sort_by_key(|command| command.words.first().map(|word| word.region));
        self.facts
    }

    /// One command; gives back the parts of it that are scripts.
    fn simple(&mut self, simple: &Simple, reach: Reach) -> Vec<Region> {
        if let Some(name) = &simple.array {
            self.assigned(name, simple.words.iter().map(|raw| raw.word.clone()).collect(), simple);
            return Vec::new();
        }
        let words = &simple.words[program(&simple.words)..];
        let variables = words.iter().take_while(|raw| raw.assignment().is_some()).count();
        let (variables, words) = words.split_at(variables);
        for raw in variables {
            let Some((name, value)) = raw.assignment() else { continue };
            if !words.is_empty() {
                self.set(name, &value, simple.statement, Reach::Command);
            } else {
                self.keep_plain(name, value.clone(), simple);
            }
            self.assigned_text(name, raw, &value, simple);
        }
        match words.first().map(|raw| base(&raw.word.text)) {
            None if words.is_empty() => return simple.heredocs.clone(),
            Some("export" | "declare" | "typeset" | "readonly" | "local" | "alias" | "set" | "setenv" | "env-set") => {
                self.declares(words, simple);
                return Vec::new();
            }
            // Options before any program: a pattern of `case`, the rest of a command that was cut by a comment.
            Some(name) if name.starts_with('-') => return Vec::new(),
            Some(name) if is_quiet(name) => return self.quiet(words, simple),
            Some(_) | None => {}
        }
        let scripts = scripts(words, simple);
        let read_alone: FxHashSet<Region> = scripts.iter().copied().collect();
        // What is read by itself is not looked at twice.
        let is_other = |raw: &&Raw| raw.inner.is_none_or(|inner| !read_alone.contains(&inner));
        let words: Vec<&Raw> = words.iter().filter(is_other).collect();
        self.run(&words, simple, reach);
        scripts
    }

    /// A command that is run.
    fn run(&mut self, words: &[&Raw], simple: &Simple, reach: Reach) {
        for raw in words {
            for (name, value, region) in variable::among(&raw.word, self.vocabulary) {
                let word = Word { region, ..value };
                let reach = if reach == Reach::Image { Reach::Image } else { Reach::Command };
                self.set(&name, &word, simple.statement, reach);
            }
        }
        self.command(CommandRole::Run, words.iter().map(|raw| raw.word.clone()).collect(), simple.statement);
    }

    /// Keeps a command if any word of it is asked for.
    pub(super) fn command(&mut self, role: CommandRole, words: Vec<Word>, statement: Region) {
        if words.iter().any(|word| word.texts().any(|text| self.vocabulary.scripts().may_be_word(text))) {
            self.facts.commands.push(Command { role, statement, words });
        }
    }

    /// A variable is given a value; kept if rules ask for it and something of the value is known.
    pub(super) fn set(&mut self, name: &str, value: &Word, statement: Region, reach: Reach) {
        if !self.vocabulary.has_variable(name) {
            return;
        }
        let Some(known) = variable::value(value) else { return };
        let region = value.region;
        self.facts.environment.push(crate::fact::EnvironmentChange {
            region,
            statement,
            variable: name.into(),
            value: known,
            reach,
        });
    }

    fn keep_plain(&mut self, name: &str, value: Word, simple: &Simple) {
        if self.vocabulary.has_variable(name) {
            self.plain.push((value, name.into(), simple.statement));
        }
    }

    /// `export A=1`, `declare -x A`, `set -gx A 1`, `setenv A 1`, `alias a='…'`.
    fn declares(&mut self, words: &[Raw], simple: &Simple) {
        let Some((command, rest)) = words.split_first() else { return };
        let command = base(&command.word.text);
        if let ("set", Some(("--", own))) = (command, rest.split_first().map(|(first, own)| (&*first.word.text, own))) {
            // `set -- "$@" --option`: the script's own arguments.
            return self.assigned("$@", own.iter().map(|raw| raw.word.clone()).collect(), simple);
        }
        let is_option = |raw: &&Raw| raw.word.text.starts_with(['-', '+']);
        let options: String = rest.iter().take_while(is_option).map(|raw| raw.word.text.as_str()).collect();
        let rest = &rest[rest.iter().take_while(is_option).count()..];
        let exports = match command {
            "export" => !options.contains('n'),
            "declare" | "typeset" | "set" => options.contains('x'),
            "setenv" => true,
            _ => false,
        };
        if matches!(command, "set" | "setenv") {
            if let ([name, value, ..], true) = (rest, exports) {
                self.set(&name.word.text, &value.word, simple.statement, Reach::Script);
            }
            return;
        }
        for raw in rest {
            match raw.assignment() {
                Some((name, value)) => {
                    match exports {
                        true => self.set(name, &value, simple.statement, Reach::Script),
                        false => self.keep_plain(name, value.clone(), simple),
                    }
                    self.assigned_text(name, raw, &value, simple);
                }
                None if exports && is_name(&raw.word.text) && self.vocabulary.has_variable(&raw.word.text) => {
                    self.exported.insert(raw.word.text.clone());
                }
                None => {}
            }
        }
    }

    /// A value in one piece that may be options: each word of it is one.
    fn assigned_text(&mut self, name: &str, raw: &Raw, value: &Word, simple: &Simple) {
        let is_of_interest = value.texts().any(|text| self.vocabulary.scripts().may_be_word(text));
        if !is_of_interest {
            return;
        }
        let words = match raw.inner {
            Some(inner) => pieces(self.text, inner),
            None => vec![value.clone()],
        };
        self.assigned(name, words, simple);
    }

    /// The words that a variable holds.
    fn assigned(&mut self, name: &str, words: Vec<Word>, simple: &Simple) {
        if simple.of_option || is_prose(name) {
            return;
        }
        let role = CommandRole::Assigned { name: name.into(), sometimes: simple.sometimes };
        self.command(role, words, simple.statement);
    }

    /// The words that a variable holds for good.
    pub(super) fn assigned_words(&mut self, name: &str, words: Vec<Word>, statement: Region) {
        let simple = Simple { statement, ..Simple::default() };
        self.assigned(name, words, &simple);
    }

    /// The same of a value that may be in quotes.
    pub(super) fn assigned_value(&mut self, name: &str, raw: &Raw, value: &Word, statement: Region) {
        let simple = Simple { statement, ..Simple::default() };
        self.assigned_text(name, raw, value, &simple);
    }

    /// What prints is of interest only where it prints `NAME=value` into a file of variables.
    fn quiet(&mut self, words: &[Raw], simple: &Simple) -> Vec<Region> {
        let to_variables = |word: &Word| VARIABLE_FILES.iter().any(|file| word.text.contains(file));
        let is_print = words.first().is_some_and(|raw| matches!(base(&raw.word.text), "echo" | "printf"));
        let written = self.text.get(simple.statement.range()).unwrap_or_default();
        let is_to_file =
            simple.targets.iter().any(to_variables) || (written.contains("GITHUB_ENV") && !simple.targets.is_empty());
        if is_print && is_to_file {
            for raw in &words[1..] {
                for (name, value, region) in variable::among(&raw.word, self.vocabulary) {
                    self.set(&name, &Word { region, ..value }, simple.statement, Reach::File);
                }
            }
        }
        Vec::new()
    }
}

/// Whether a variable or key of this name holds a text for people.
pub(super) fn is_prose(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    PROSE.iter().any(|word| lower.contains(word))
}

/// What stands between the quotes of a word, if it has any; the closing one may be missing.
pub(super) fn unquoted(text: &str, word: Region) -> Region {
    let written = &text[word.range()];
    let Some(quote) = written.chars().next().filter(|first| matches!(first, '"' | '\'')) else { return word };
    let closes = written.len() > 1 && written.ends_with(quote);
    Region::new(word.start + 1, word.end - u32::from(closes))
}

/// Whether it names a shell.
pub(super) fn is_shell(word: &str) -> bool {
    SHELLS.contains(&base(word))
}

/// A word without its folder.
pub(super) fn base(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}

pub(super) fn is_quiet(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    QUIET.contains(&lower.as_str()) || QUIET_PARTS.iter().any(|part| lower.contains(part))
}

/// How many words stand before the program: reserved words, and commands that run another one.
fn program(words: &[Raw]) -> usize {
    const RESERVED: [&str; 12] =
        ["if", "then", "elif", "else", "do", "while", "until", "!", "{", "}", "time", "coproc"];
    let mut at = 0;
    while let Some(raw) = words.get(at) {
        let word = base(&raw.word.text);
        if RESERVED.contains(&word) {
            at += 1;
        } else if WRAPPERS.contains(&word) && at + 1 < words.len() {
            at += 1;
            while words.get(at).is_some_and(|raw| raw.word.text.starts_with('-')) && at + 1 < words.len() {
                at += 1;
            }
        } else {
            break;
        }
    }
    at
}

/// The parts of a command that a shell runs: `bash -c '…'`, `eval '…'`, `ssh host '…'`, here-documents for a shell.
fn scripts(words: &[Raw], simple: &Simple) -> Vec<Region> {
    let names = |wanted: &[&str]| words.iter().any(|raw| wanted.contains(&base(&raw.word.text)));
    let mut parts = Vec::new();
    if words.iter().any(|raw| is_shell(&raw.word.text)) || names(&["ssh"]) {
        parts.extend(&simple.heredocs);
    }
    if names(&["eval", "ssh", "send-keys", "new-session", "new-window", "watch", "parallel", "pssh", "srun", "screen"])
    {
        parts.extend(words.iter().skip(1).filter_map(|raw| raw.inner));
        return parts;
    }
    let is_script_option = |word: &str| {
        let letters = word.strip_prefix('-').unwrap_or_default();
        (letters.ends_with('c') && letters.bytes().all(|byte| byte.is_ascii_lowercase()))
            || matches!(word, "--command" | "--wrap")
    };
    let takes_script =
        words.iter().any(|raw| is_shell(&raw.word.text) || matches!(base(&raw.word.text), "su" | "sbatch" | "runuser"));
    let pairs = words.iter().zip(words.iter().skip(1)).filter(|_| takes_script);
    parts
        .extend(pairs.filter(|(option, _)| is_script_option(&option.word.text)).filter_map(|(_, script)| script.inner));
    parts.extend(words.iter().filter(|raw| raw.word.text.starts_with("--wrap=")).filter_map(|raw| raw.inner));
    parts
}

/// The words of a text in quotes, each where it stands.
pub(super) fn pieces(text: &str, inner: Region) -> Vec<Word> {
    let shell = read(text, inner, Dialect::default());
    let words = shell.commands.into_iter().flat_map(|simple| simple.words);
    words.map(|raw| raw.word).collect()
}
