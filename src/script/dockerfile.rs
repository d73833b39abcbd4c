//! A Dockerfile to facts and comments.
//!
//! Comes in: the text. Goes out: what its instructions run and set. Called by `script`. As Docker reads it: a comment has a
//! line of its own, also between the lines of one instruction; the last character of a line joins the next one to it; the
//! bodies of here-documents are no instructions.

use super::json::words as json_words;
use super::meaning::{Meaning, Part, unquoted};
use super::shell::{Dialect, read};
use crate::fact::{CommandRole, Comment, Reach, Word};
use crate::text::Region;

/// An instruction, its lines joined.
struct Instruction {
    /// From its name to the end of its last line, here-documents left out.
    region: Region,
    /// The bodies of its here-documents, with the lines that end them.
    bodies: Region,
}

/// A file, taken apart.
pub(super) struct Dockerfile {
    /// The text, blanks for comments inside of instructions and for what joins lines.
    pub(super) masked: String,
    pub(super) comments: Vec<Comment>,
    instructions: Vec<Instruction>,
}

impl Dockerfile {
    pub(super) fn new(text: &str) -> Self {
        let masked = text.as_bytes().to_vec();
        let mut lines = Lines { text, masked, at: 0, escape: escape(text), comments: Vec::new() };
        let mut instructions = Vec::new();
        while let Some(instruction) = lines.instruction() {
            instructions.push(instruction);
        }
        // Whole characters were replaced by ASCII.
        let masked = String::from_utf8(lines.masked).unwrap_or_default();
        Self { masked, comments: lines.comments, instructions }
    }

    /// What all instructions run and set.
    pub(super) fn examine(&self, meaning: &mut Meaning<'_>) {
        for instruction in &self.instructions {
            one(instruction, meaning);
        }
    }
}

/// The character that joins lines: a directive at the top may name another one.
fn escape(text: &str) -> u8 {
    let directives = text.lines().map_while(|line| line.trim().strip_prefix('#')?.split_once('='));
    let named = directives.into_iter().find(|(key, _)| key.trim().eq_ignore_ascii_case("escape"));
    if named.is_some_and(|(_, value)| value.trim() == "`") { b'`' } else { b'\\' }
}

struct Lines<'t> {
    text: &'t str,
    masked: Vec<u8>,
    at: usize,
    escape: u8,
    comments: Vec<Comment>,
}

impl Lines<'_> {
    /// The line at the current place without its end, and where the next one begins.
    fn line(&self) -> (usize, usize) {
        let rest = &self.text.as_bytes()[self.at..];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        (self.at + length, (self.at + length + 1).min(self.text.len()))
    }

    /// Keeps the line as a comment, if it is one.
    fn is_comment(&mut self) -> bool {
        let (end, _) = self.line();
        let line = &self.text[self.at..end];
        let start = self.at + line.len() - line.trim_start().len();
        let text = line.trim();
        if text.starts_with('#') {
            let region = Region::new(start as u32, (start + text.len()) as u32);
            self.comments.push(Comment { region, text: text.to_owned() });
        }
        text.starts_with('#')
    }

    fn instruction(&mut self) -> Option<Instruction> {
        loop {
            if self.at >= self.text.len() {
                return None;
            }
            let (end, next) = self.line();
            let is_blank = self.text[self.at..end].trim().is_empty();
            if !is_blank && !self.is_comment() {
                break;
            }
            self.at = next;
        }
        let (end, _) = self.line();
        let line = &self.text[self.at..end];
        let start = self.at + line.len() - line.trim_start().len();
        let mut last = self.joined(start);
        while last.1 && self.at < self.text.len() {
            let (end, next) = self.line();
            let line = &self.text[self.at..end];
            // Such lines are dropped before anything is joined.
            if line.trim().is_empty() || self.is_comment() {
                self.masked[self.at..next].fill(b' ');
                self.at = next;
                continue;
            }
            last = self.joined(self.at);
        }
        let region = Region::new(start as u32, last.0 as u32);
        let from = self.at;
        self.bodies(region);
        Some(Instruction { region, bodies: Region::new(from as u32, self.at as u32) })
    }

    /// Takes in one line; where it ends, and whether the next one belongs to it.
    fn joined(&mut self, start: usize) -> (usize, bool) {
        let (end, next) = self.line();
        let line = self.text[start..end].trim_end();
        let continues = line.as_bytes().last() == Some(&self.escape);
        let stop = start + line.len();
        if continues {
            // The shell's own way to join lines, or none where lines end by now.
            self.masked[stop - 1..next].fill(b' ');
        }
        self.at = next;
        (if continues { stop - 1 } else { stop }, continues)
    }

    /// Skips the here-documents of an instruction that may have some.
    fn bodies(&mut self, region: Region) {
        let name = self.text[region.range()].split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        if !matches!(name.as_str(), "RUN" | "COPY" | "ADD") {
            return;
        }
        for (delimiter, strips_tabs) in delimiters(&self.text[region.range()]) {
            while self.at < self.text.len() {
                let (end, next) = self.line();
                let line = self.text[self.at..end].trim_end_matches('\r');
                let line = if strips_tabs { line.trim_start_matches('\t') } else { line };
                self.at = next;
                if line == delimiter {
                    break;
                }
            }
        }
    }
}

/// The ends of the here-documents that an instruction begins.
fn delimiters(instruction: &str) -> Vec<(String, bool)> {
    const MOST: usize = 50;
    let rests = instruction.match_indices("<<").map(|(at, mark)| &instruction[at + mark.len()..]);
    let one = |rest: &str| {
        let strips = rest.starts_with('-');
        let rest = rest.trim_start_matches('-').trim_start_matches(['"', '\'']);
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        (word.starts_with(|c: char| c.is_alphabetic() || c == '_')).then_some((word, strips))
    };
    rests.filter_map(one).take(MOST).collect()
}

/// What an instruction runs or sets.
fn one(instruction: &Instruction, meaning: &mut Meaning<'_>) {
    let statement = instruction.region;
    let mut rest = instruction.region;
    loop {
        let text = meaning.text.get(rest.range()).unwrap_or_default();
        let name = text.split_whitespace().next().unwrap_or_default();
        let behind = rest.start + name.len() as u32;
        let arguments = Region::new(behind, rest.end);
        match name.to_ascii_uppercase().as_str() {
            "ONBUILD" => rest = trimmed(meaning.text, arguments),
            "HEALTHCHECK" => rest = without_options(meaning.text, arguments),
            "RUN" => {
                let whole = Region::new(arguments.start, instruction.bodies.end.max(arguments.end));
                return command(whole, arguments, statement, Reach::Build, meaning);
            }
            "CMD" | "ENTRYPOINT" => return command(arguments, arguments, statement, Reach::Image, meaning),
            "ENV" => return variables(arguments, statement, Reach::Image, meaning),
            "ARG" => return variables(arguments, statement, Reach::Build, meaning),
            _ => return,
        }
    }
}

fn trimmed(text: &str, region: Region) -> Region {
    let part = text.get(region.range()).unwrap_or_default();
    Region::new(region.end - part.trim_start().len() as u32, region.end)
}

/// Behind `--mount=…` and the like.
fn without_options(text: &str, region: Region) -> Region {
    let mut region = trimmed(text, region);
    while let Some(part) = text.get(region.range()).filter(|part| part.starts_with("--")) {
        let length = part.find(char::is_whitespace).unwrap_or(part.len());
        region = trimmed(text, Region::new(region.start + length as u32, region.end));
    }
    region
}

/// A command in its shell form or as a list of words. `line` is `whole` without here-documents.
fn command(whole: Region, line: Region, statement: Region, reach: Reach, meaning: &mut Meaning<'_>) {
    let line = without_options(meaning.text, line);
    if let Some(words) = json_words(meaning.text, line) {
        return listed(words, statement, reach, meaning);
    }
    let region = Region::new(line.start, whole.end);
    if region.end as usize > line.end as usize && is_for_another(meaning.text, line.end) {
        return;
    }
    let dialect = Dialect { bare_heredoc: true, indented: false };
    meaning.shell(Part { region, dialect, statement: Some(statement), reach });
}

/// Whether a here-document begins with `#!` and no shell behind it.
fn is_for_another(text: &str, from: u32) -> bool {
    let rest = text.get(from as usize..).unwrap_or_default();
    let first = rest.split('\n').nth(1).unwrap_or_default().trim();
    first.starts_with("#!") && !super::is_shell_line(first.as_bytes())
}

/// A list of words: the program with its arguments, or arguments alone.
pub(super) fn listed(words: Vec<Word>, statement: Region, reach: Reach, meaning: &mut Meaning<'_>) {
    let is_shell = words.first().is_some_and(|word| super::meaning::is_shell(&word.text));
    if let ([_, option, script, ..], true) = (words.as_slice(), is_shell)
        && option.text.starts_with('-')
        && option.text.ends_with('c')
    {
        let part = Part {
            region: unquoted(meaning.text, script.region),
            dialect: Dialect::default(),
            statement: Some(statement),
            reach,
        };
        meaning.shell(part);
        return;
    }
    let is_option = words.first().is_none_or(|word| word.text.starts_with('-'));
    if words.first().is_some_and(|word| super::meaning::is_quiet(super::meaning::base(&word.text))) {
        return;
    }
    let role = if is_option { CommandRole::Arguments } else { CommandRole::Run };
    for word in &words {
        for (name, value, region) in super::variable::among(word, meaning.vocabulary) {
            meaning.set(&name, &Word { region, ..value }, statement, Reach::Command);
        }
    }
    meaning.command(role, words, statement);
}

/// `NAME=value NAME=value`, or `NAME value`.
fn variables(region: Region, statement: Region, reach: Reach, meaning: &mut Meaning<'_>) {
    let shell = read(meaning.text, region, Dialect::default());
    let words: Vec<_> = shell.commands.into_iter().flat_map(|simple| simple.words).collect();
    let Some(first) = words.first() else { return };
    if first.assignment().is_none() {
        if let [name, value, ..] = words.as_slice() {
            let (name, value) = (name.word.text.clone(), value.word.clone());
            meaning.set(&name, &value, statement, reach);
            meaning.assigned_words(&name, words.into_iter().skip(1).map(|raw| raw.word).collect(), statement);
        }
        return;
    }
    for raw in &words {
        if let Some((name, value)) = raw.assignment() {
            meaning.set(name, &value, statement, reach);
            meaning.assigned_value(name, raw, &value, statement);
        }
    }
}
