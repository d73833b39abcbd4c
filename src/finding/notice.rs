//! What could not be looked at, and why. A notice makes the exit code 2: silence would read as "clean".

use super::{InputName, Location};

/// The kinds of things that keep us from looking.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoticeKind {
    /// The file or folder could not be read.
    Unreadable,
    /// The bytes are no text in the declared encoding.
    Undecodable,
    /// The text is no valid Python; what the parser recovered was analysed.
    SyntaxError,
    /// A notebook that is no valid notebook.
    InvalidNotebook,
    /// A ceiling was reached; the rest was not analysed.
    LimitReached,
    /// The file changed while it was read.
    Changed,
    /// A path given on the command line that holds nothing to check.
    NothingToCheck,
    /// An artifact, or a part of it, that breaks off, contradicts its format, or is closed to us.
    NotFullyRead,
    /// loadlint itself failed on the input.
    InternalError,
}

impl NoticeKind {
    /// All kinds, in the order of their ids.
    pub const ALL: [Self; 9] = [
        Self::Unreadable,
        Self::Undecodable,
        Self::SyntaxError,
        Self::InvalidNotebook,
        Self::LimitReached,
        Self::Changed,
        Self::NothingToCheck,
        Self::NotFullyRead,
        Self::InternalError,
    ];

    /// The stable id, `LL901`.
    pub fn id(self) -> &'static str {
        match self {
            Self::Unreadable => "LL901",
            Self::Undecodable => "LL902",
            Self::SyntaxError => "LL903",
            Self::InvalidNotebook => "LL904",
            Self::LimitReached => "LL905",
            Self::Changed => "LL906",
            Self::NothingToCheck => "LL907",
            Self::NotFullyRead => "LL908",
            Self::InternalError => "LL909",
        }
    }

    /// The stable name, `unreadable`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Undecodable => "undecodable",
            Self::SyntaxError => "syntax-error",
            Self::InvalidNotebook => "invalid-notebook",
            Self::LimitReached => "limit-reached",
            Self::Changed => "changed-while-read",
            Self::NothingToCheck => "nothing-to-check",
            Self::NotFullyRead => "not-fully-read",
            Self::InternalError => "internal-error",
        }
    }

    /// What it means, as `docs/usage.md` says it: a sentence without capital and full stop.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Unreadable => "the file or folder could not be read: missing, no permission, a pipe or device",
            Self::Undecodable => "the bytes are no text in the declared encoding",
            Self::SyntaxError => "no valid Python; what the parser recovered was analysed",
            Self::InvalidNotebook => "no valid notebook",
            Self::LimitReached => "a limit was reached; the message names its key",
            Self::Changed => "the file changed while it was read",
            Self::NothingToCheck => "a named path that holds nothing to check",
            Self::NotFullyRead => {
                "a model file or a member of it that breaks off, contradicts its format, is encrypted or of a form that \
                 is not supported; or that names files without which it cannot be loaded, and they are not beside it"
            }
            Self::InternalError => "loadlint failed on this file; please report it",
        }
    }
}

/// One thing that could not be looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which kind.
    pub kind: NoticeKind,
    /// Which input.
    pub input: InputName,
    /// Why, in words; names the limit where one was reached.
    pub message: String,
    /// Where in the input, if it is about a place.
    pub location: Option<Location>,
}
