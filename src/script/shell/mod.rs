//! The text of a shell script to its simple commands, words with their places: bash, near enough to sh, zsh and ksh.
//!
//! Comes in: a text, and which bytes of it are shell. Goes out: [`Shell`]. Called by the readers of all files that hold
//! commands. Nothing is expanded and nothing is run: what a variable gives is a gap in its word. One pass, a stack of our
//! own instead of recursion, so that no text takes more than its length in time or the machine's stack.

mod expansion;
mod frame;
mod heredoc;
mod lexer;
#[cfg(test)]
mod tests;
mod word;

pub(super) use lexer::read;
pub(super) use word::{Raw, is_name};

use crate::fact::{Comment, Word};
use crate::text::Region;

/// How the text at hand differs from a script in a file of its own.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Dialect {
    /// A here-document without a command is a script: `RUN <<EOF`.
    pub(super) bare_heredoc: bool,
    /// Every line is indented, the ends of here-documents too.
    pub(super) indented: bool,
}

/// What stands in some bytes of shell.
#[derive(Debug, Default)]
pub(super) struct Shell {
    /// In the order in which they end.
    pub(super) commands: Vec<Simple>,
    /// Comments.
    pub(super) comments: Vec<Comment>,
    /// Quotes and here-documents that go over several lines, in no order.
    pub(super) blocks: Vec<Region>,
    /// Where nesting became too deep; what follows was not read.
    pub(super) cut: Option<u32>,
}

/// A command with its words, or the value of an array.
#[derive(Debug, Default)]
pub(super) struct Simple {
    /// Reserved words, variables that are set, the program, its arguments.
    pub(super) words: Vec<Raw>,
    /// The lines it stands in.
    pub(super) statement: Region,
    /// Files that are written to or read.
    pub(super) targets: Vec<Word>,
    /// Its here-documents.
    pub(super) heredocs: Vec<Region>,
    /// The variable of an array whose items the words are.
    pub(super) array: Option<String>,
    /// Whether it is reached on one way only: inside of `if` or `case`, behind a test.
    pub(super) sometimes: bool,
    /// Whether it stands in a branch of `case` for an option: the script reads its own arguments.
    pub(super) of_option: bool,
}
