//! Texts of commands and settings to facts: shell scripts, Dockerfiles, `.env` files, makefiles, TOML, commands in YAML.
//!
//! Comes in: a text and what it is written in. Goes out: [`Reading`]: variables that are set, command lines with a word that
//! rules ask for, settings, comments. Called by `engine`. Nothing is expanded, nothing is run; what a variable gives is not
//! known. A here-document is data, unless it is handed to a shell.

mod dockerfile;
mod json;
mod make;
mod meaning;
mod shell;
#[cfg(test)]
mod tests;
mod toml;
mod variable;
mod variables;
mod yaml;

use meaning::{Meaning, Part};
use shell::Dialect;

use crate::fact::artifact::CommandText;
use crate::fact::{Comment, Facts, Reach, ScriptKind, Vocabulary};
use crate::text::Region;

/// What stands in a text.
#[derive(Debug, Default)]
pub struct Reading {
    /// What rules may ask for.
    pub facts: Facts,
    /// All comments, in the order of their places.
    pub comments: Vec<Comment>,
    /// Texts in quotes and the like that go over several lines, in the order of their places.
    pub blocks: Vec<Region>,
    /// Where substitutions were nested too deep to be read on.
    pub cut: Option<u32>,
}

/// Reads a text. YAML has [`read_commands`].
pub fn read(kind: ScriptKind, text: &str, vocabulary: &Vocabulary) -> Reading {
    let mut reading = Reading::default();
    match kind {
        ScriptKind::Shell => shell_text(text, vocabulary, &mut reading),
        ScriptKind::Dockerfile => {
            let file = dockerfile::Dockerfile::new(text);
            let mut meaning = Meaning::new(&file.masked, vocabulary);
            file.examine(&mut meaning);
            reading.take(meaning);
            reading.comments = file.comments;
        }
        ScriptKind::Makefile | ScriptKind::Justfile => {
            let masked = make::masked(text);
            let mut meaning = Meaning::new(&masked, vocabulary);
            (reading.comments, reading.blocks) = make::examine(kind, &mut meaning);
            reading.take(meaning);
            for comment in &mut reading.comments {
                comment.text = text.get(comment.region.range()).unwrap_or_default().to_owned();
            }
        }
        ScriptKind::Variables | ScriptKind::Toml => {
            let mut meaning = Meaning::new(text, vocabulary);
            (reading.comments, reading.blocks) = match kind {
                ScriptKind::Toml => toml::examine(&mut meaning),
                _ => variables::examine(&mut meaning),
            };
            reading.take(meaning);
        }
        ScriptKind::Yaml => {}
    }
    reading.comments.sort_by_key(|comment| comment.region);
    reading.blocks.sort();
    reading
}

/// Reads the commands in a configuration, at the places that its reader found.
pub fn read_commands(text: &str, commands: &[CommandText], vocabulary: &Vocabulary) -> Reading {
    let commands = &yaml::exact(text, commands);
    let masked = yaml::masked(text, commands);
    let mut reading = Reading::default();
    let mut meaning = Meaning::new(&masked, vocabulary);
    yaml::examine(commands, &mut meaning);
    reading.take(meaning);
    reading
}

impl Reading {
    fn take(&mut self, meaning: Meaning<'_>) {
        self.cut = meaning.cut;
        self.facts = meaning.finish();
    }
}

fn shell_text(text: &str, vocabulary: &Vocabulary, reading: &mut Reading) {
    let mut meaning = Meaning::new(text, vocabulary);
    let region = Region::new(0, text.len() as u32);
    let shell = meaning.shell(Part { region, dialect: Dialect::default(), statement: None, reach: Reach::Script });
    reading.comments = shell.comments;
    reading.blocks = shell.blocks;
    reading.take(meaning);
}

/// Whether a first line such as `#!/bin/bash` names a shell.
pub fn is_shell_line(line: &[u8]) -> bool {
    let Some(command) = line.strip_prefix(b"#!") else { return false };
    let end = command.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(command.len());
    let words = command[..end].split(|byte| matches!(byte, b' ' | b'\t' | b'/'));
    words.into_iter().any(|word| std::str::from_utf8(word).is_ok_and(meaning::is_shell))
}
