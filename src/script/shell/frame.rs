//! What is open while a script is read.

use super::word::{Draft, Raw};
use crate::fact::Word;

/// What opened a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing: the text itself.
    Top,
    /// `$(`, `<(` or `>(`.
    Substitution,
    /// `(` inside of a substitution.
    Group,
    /// A backtick.
    Backtick,
    /// `NAME=(`.
    Array(String),
    /// `${NAME`, and whether what follows is a default.
    Parameter { is_default: bool },
}

/// One level.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: Kind,
    /// Where a double quote was opened that is not closed yet.
    pub(super) quote: Option<usize>,
    pub(super) word: Option<Draft>,
    pub(super) words: Vec<Raw>,
    pub(super) targets: Vec<Word>,
    /// Whether the next word is a file to write to or read.
    pub(super) redirects: bool,
    /// Inside of `[[ … ]]`.
    pub(super) in_test: bool,
    /// Behind `&&` or `||` that follow a test.
    pub(super) behind_test: bool,
}

impl Frame {
    pub(super) fn new(kind: Kind) -> Self {
        Self {
            kind,
            quote: None,
            word: None,
            words: Vec::new(),
            targets: Vec::new(),
            redirects: false,
            in_test: false,
            behind_test: false,
        }
    }

    /// The word that is being read, begun at `at` if there is none.
    pub(super) fn draft(&mut self, at: usize) -> &mut Draft {
        self.word.get_or_insert_with(|| Draft::new(at))
    }

    /// The word ends before `end`.
    pub(super) fn finish_word(&mut self, end: usize) {
        let Some(draft) = self.word.take() else { return };
        let raw = draft.finish(end);
        if std::mem::take(&mut self.redirects) {
            self.targets.push(raw.word);
            return;
        }
        match raw.word.text.as_str() {
            "[[" if self.is_at_start() => self.in_test = true,
            "]]" => self.in_test = false,
            _ => {}
        }
        self.words.push(raw);
    }

    /// Whether a command begins with the next word.
    fn is_at_start(&self) -> bool {
        self.words.len() < 8 && self.words.iter().all(|raw| is_reserved(&raw.word.text))
    }
}

/// Words before a command that are none of it.
pub(super) fn is_reserved(word: &str) -> bool {
    matches!(word, "if" | "then" | "elif" | "else" | "do" | "while" | "until" | "!" | "{" | "}" | "time" | "coproc")
}
