//! What was seen in texts of commands and settings: shell scripts, Dockerfiles, files of variables, TOML, YAML.

use std::rc::Rc;

use crate::text::Region;

/// What such a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScriptKind {
    /// A Dockerfile or Containerfile.
    Dockerfile,
    /// A script for a shell.
    Shell,
    /// `NAME=value`, a line each: `.env`.
    Variables,
    /// A makefile.
    Makefile,
    /// A file for `just`.
    Justfile,
    /// TOML.
    Toml,
    /// YAML, which is read as a configuration of a model too.
    Yaml,
}

/// Stands in a [`Word`] for what a variable or another command gives.
pub const GAP: char = '\u{FFFC}';

/// One word of a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Where it stands, its quotes included.
    pub region: Region,
    /// What the program gets, without quotes; [`GAP`] for what is not known.
    pub text: String,
    /// The same where each `${NAME:-default}` gives its default; `None` if there is no default.
    pub by_default: Option<String>,
}

impl Word {
    /// Whether nothing in it is left open.
    pub fn is_known(&self) -> bool {
        !self.text.contains(GAP)
    }

    /// What it can be, as far as anything is known: itself, and with its defaults.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.text.as_str()).chain(self.by_default.as_deref())
    }
}

/// What words are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandRole {
    /// A command that is run.
    Run,
    /// The value of a variable that holds options or a command; whether other code decides if it does.
    Assigned {
        /// The variable.
        name: Rc<str>,
        /// Whether it is set on one way through the script only.
        sometimes: bool,
    },
    /// Arguments of a program that is named elsewhere.
    Arguments,
}

/// Words that become a command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What they are.
    pub role: CommandRole,
    /// The line or instruction around it; a comment on any line of it may excuse what is found.
    pub statement: Region,
    /// The program first; variables that are set for it are left out.
    pub words: Vec<Word>,
}

/// Which processes see a variable that is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reach {
    /// The process that sets it: Python's `os.environ`.
    #[default]
    Process,
    /// One command.
    Command,
    /// Everything that a script starts.
    Script,
    /// Everything in containers of an image.
    Image,
    /// The build of an image.
    Build,
    /// Whoever is started with the variables of a file.
    File,
}

/// A key of a settings file with a value that is no table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its last part.
    pub key: Rc<str>,
    /// Where the value stands.
    pub region: Region,
    /// The lines of key and value.
    pub statement: Region,
    /// The value, without quotes.
    pub value: Rc<str>,
}
