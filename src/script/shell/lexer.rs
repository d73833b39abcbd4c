//! The pass over the text.

use super::frame::{Frame, Kind, is_reserved};
use super::heredoc::Heredoc;
use super::{Dialect, Shell, Simple};
use crate::fact::Comment;
use crate::text::Region;

/// How deep substitutions may stand in one another.
const MAX_DEPTH: usize = 200;

/// Reads the bytes `range` of `text`, which are whole characters.
pub(in crate::script) fn read(text: &str, range: Region, dialect: Dialect) -> Shell {
    let end = range.range().end.min(text.len());
    let mut lexer = Lexer {
        text,
        at: range.start as usize,
        end,
        dialect,
        frames: vec![Frame::new(Kind::Top)],
        heredocs: Vec::new(),
        statement: (0, range.start as usize),
        ifs: 0,
        of_option: false,
        no_arithmetic_before: 0,
        shell: Shell::default(),
    };
    lexer.run();
    lexer.shell
}

pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) end: usize,
    pub(super) dialect: Dialect,
    /// Never empty.
    pub(super) frames: Vec<Frame>,
    pub(super) heredocs: Vec<Heredoc>,
    /// The first command of the statement, and where the statement begins.
    pub(super) statement: (usize, usize),
    pub(super) ifs: u32,
    pub(super) of_option: bool,
    /// Up to here no `))` was found.
    pub(super) no_arithmetic_before: usize,
    pub(super) shell: Shell,
}

impl Lexer<'_> {
    pub(super) fn byte(&self, ahead: usize) -> Option<u8> {
        let at = self.at + ahead;
        if at < self.end { self.text.as_bytes().get(at).copied() } else { None }
    }

    pub(super) fn top(&mut self) -> &mut Frame {
        self.frames.last_mut().expect("the frame of the text is never taken away")
    }

    fn run(&mut self) {
        while let Some(byte) = self.byte(0) {
            if self.frames.len() > MAX_DEPTH {
                self.shell.cut = Some(self.at as u32);
                break;
            }
            let frame = self.top();
            if matches!(frame.kind, Kind::Parameter { .. }) {
                self.in_parameter(byte);
            } else if frame.quote.is_some() {
                self.in_quote(byte);
            } else {
                self.in_code(byte);
            }
        }
        while self.frames.len() > 1 {
            self.close();
        }
        self.finish_command();
        self.end_statement(self.end);
    }

    /// Takes in characters up to the next one of `special`, at least one.
    fn plain(&mut self, special: &[u8]) {
        let bytes = &self.text.as_bytes()[self.at..self.end];
        let is_special = |byte: &u8| special.contains(byte);
        let first = self.text[self.at..].chars().next().map_or(1, char::len_utf8);
        let length = bytes.iter().skip(first).position(is_special).map_or(bytes.len(), |more| first + more);
        let (at, text) = (self.at, &self.text[self.at..self.at + length]);
        self.top().draft(at).push(text);
        self.at += length;
    }

    /// A backslash: joins lines, or takes away the meaning of the next character.
    fn escape(&mut self, only: Option<&[u8]>) {
        let at = self.at;
        match (self.byte(1), self.byte(2)) {
            (Some(b'\n'), _) => self.at += 2,
            (Some(b'\r'), Some(b'\n')) => self.at += 3,
            (None, _) => self.at += 1,
            (Some(next), _) if only.is_some_and(|only| !only.contains(&next)) => {
                self.top().draft(at).push("\\");
                self.at += 1;
            }
            (Some(_), _) => {
                let length = self.text[at + 1..].chars().next().map_or(1, char::len_utf8);
                let text = &self.text[at + 1..at + 1 + length];
                let draft = self.top().draft(at);
                draft.opens();
                draft.push(text);
                self.at += 1 + length;
            }
        }
    }

    fn in_quote(&mut self, byte: u8) {
        match byte {
            b'"' => {
                let at = self.at;
                let open = self.top().quote.take().unwrap_or(at);
                let inner = Region::new(open as u32 + 1, at as u32);
                self.top().draft(at).closes(inner);
                self.at += 1;
                self.block(open, self.at);
            }
            b'\\' => self.escape(Some(b"\"\\`$")),
            b'$' => self.dollar(true),
            b'`' => self.backtick(),
            _ => self.plain(b"\"\\$`"),
        }
    }

    fn in_parameter(&mut self, byte: u8) {
        match byte {
            b'}' => {
                self.at += 1;
                self.close();
            }
            b'\\' => self.escape(None),
            b'$' => self.dollar(true),
            b'`' => self.backtick(),
            b'"' | b'\'' => self.at += 1,
            _ => self.plain(b"}\\$`\"'"),
        }
    }

    fn in_code(&mut self, byte: u8) {
        let at = self.at;
        match byte {
            b' ' | b'\t' | b'\r' => {
                self.top().finish_word(at);
                self.at += 1;
            }
            b'\n' => self.newline(),
            b'\\' => self.escape(None),
            b'\'' => self.single_quote(1),
            b'"' => {
                self.top().draft(at).opens();
                self.top().quote = Some(at);
                self.at += 1;
            }
            b'$' => self.dollar(false),
            b'`' => self.backtick(),
            b'#' if self.top().word.is_none() => self.comment(),
            b';' | b'&' | b'|' => self.operator(byte),
            b'(' => self.parenthesis(),
            b')' => self.closing_parenthesis(),
            b'<' | b'>' => self.redirection(byte),
            // Put there by readers of makefiles, in the place of a dollar sign that is not the shell's.
            0x01 => self.at += 1,
            _ => self.plain(b" \t\r\n\\'\"$`;&|()<>\x01"),
        }
    }

    /// Remembers what goes over several lines.
    pub(super) fn block(&mut self, start: usize, end: usize) {
        if memchr::memchr(b'\n', &self.text.as_bytes()[start..end]).is_some() {
            self.shell.blocks.push(Region::new(start as u32, end as u32));
        }
    }

    fn comment(&mut self) {
        let rest = &self.text.as_bytes()[self.at..self.end];
        let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let text = self.text[self.at..self.at + length].trim_end();
        let region = Region::new(self.at as u32, (self.at + text.len()) as u32);
        self.shell.comments.push(Comment { region, text: text.to_owned() });
        self.at += length;
    }

    fn operator(&mut self, byte: u8) {
        let at = self.at;
        let is_double = self.byte(1) == Some(byte);
        if byte == b'&' && self.byte(1) == Some(b'>') {
            self.top().finish_word(at);
            self.top().redirects = true;
            self.at += 2;
            return;
        }
        self.at += 1 + usize::from(is_double);
        self.top().finish_word(at);
        if self.top().in_test {
            return;
        }
        let was_test = self.finish_command();
        self.top().behind_test = is_double && byte != b';' && was_test;
        if byte == b';' && is_double {
            self.of_option = false;
        }
    }

    fn parenthesis(&mut self) {
        let at = self.at;
        let frame = self.top();
        if frame.in_test {
            frame.finish_word(at);
            self.at += 1;
            return;
        }
        if let Some(name) = frame.word.as_ref().and_then(|draft| draft.array_name()) {
            let kind = Kind::Array(name.to_owned());
            let behind_test = frame.behind_test;
            self.frames.push(Frame { behind_test, ..Frame::new(kind) });
            self.at += 1;
            return;
        }
        if frame.word.is_none() && frame.words.is_empty() && self.byte(1) == Some(b'(') && self.arithmetic(2) {
            return;
        }
        self.top().finish_word(at);
        self.finish_command();
        if self.top().kind != Kind::Top {
            self.frames.push(Frame::new(Kind::Group));
        }
        self.at += 1;
    }

    fn closing_parenthesis(&mut self) {
        let at = self.at;
        self.at += 1;
        self.top().finish_word(at);
        let frame = self.top();
        match frame.kind {
            _ if frame.in_test => {}
            Kind::Substitution | Kind::Group | Kind::Array(_) => self.close(),
            Kind::Top | Kind::Backtick | Kind::Parameter { .. } => {
                // The pattern of a branch of `case`, or the end of a subshell.
                let is_option = frame.words.first().is_some_and(|raw| raw.word.text.starts_with('-'));
                let has_option = frame.words.iter().any(|raw| raw.word.text.starts_with('-'));
                let is_case = frame.words.first().is_some_and(|raw| raw.word.text == "case");
                self.of_option |= is_option || (is_case && has_option);
                self.finish_command();
            }
        }
    }

    fn redirection(&mut self, byte: u8) {
        let at = self.at;
        let rest = &self.text.as_bytes()[at..self.end];
        if self.top().in_test {
            self.top().finish_word(at);
            self.at += 1;
            return;
        }
        if rest.get(1) == Some(&b'(') {
            self.top().draft(at);
            self.frames.push(Frame::new(Kind::Substitution));
            self.at += 2;
            return;
        }
        self.top().finish_word(at);
        if rest.starts_with(b"<<") && !rest.starts_with(b"<<<") {
            return self.heredoc();
        }
        let marks = rest.iter().take(3).take_while(|next| **next == byte || **next == b'&' || **next == b'|').count();
        self.top().redirects = true;
        self.at += marks.max(1);
    }

    fn newline(&mut self) {
        let at = self.at;
        self.at += 1;
        let frame = self.top();
        frame.finish_word(at);
        if frame.in_test || matches!(frame.kind, Kind::Array(_)) {
            return;
        }
        self.finish_command();
        if self.frames.len() == 1 {
            self.end_statement(at);
        }
        for heredoc in std::mem::take(&mut self.heredocs) {
            self.body(&heredoc);
        }
        if self.frames.len() == 1 {
            self.statement = (self.shell.commands.len(), self.at);
        }
    }

    /// The innermost frame ends.
    pub(super) fn close(&mut self) {
        let at = self.at;
        self.top().finish_open_quote(at);
        if !matches!(self.top().kind, Kind::Parameter { .. }) {
            self.finish_command();
        }
        let Some(frame) = self.frames.pop() else { return };
        let draft = self.top().draft(at);
        match frame.kind {
            Kind::Parameter { is_default: true } => {
                draft.gap_or(&frame.word.unwrap_or_else(|| super::word::Draft::new(at)));
            }
            Kind::Parameter { is_default: false } | Kind::Substitution | Kind::Backtick | Kind::Array(_) => draft.gap(),
            // Not a part of a word.
            Kind::Group | Kind::Top => self.top().word = None,
        }
    }

    /// Keeps the words so far as a command; whether it was a test.
    fn finish_command(&mut self) -> bool {
        let at = self.at;
        let index = self.shell.commands.len();
        let frame = self.top();
        frame.finish_word(at);
        frame.redirects = false;
        frame.in_test = false;
        let behind_test = std::mem::take(&mut frame.behind_test);
        let (words, targets) = (std::mem::take(&mut frame.words), std::mem::take(&mut frame.targets));
        let array = if let Kind::Array(name) = &frame.kind { Some(name.clone()) } else { None };
        let is_bare = self.heredocs.iter().any(|heredoc| heredoc.command.is_none());
        if words.is_empty() && !(is_bare && self.dialect.bare_heredoc) {
            return false;
        }
        let text = |raw: Option<&super::Raw>| raw.map_or("", |raw| raw.word.text.as_str()).to_owned();
        match text(words.first()).as_str() {
            "if" | "case" => self.ifs += 1,
            "fi" | "esac" => {
                self.ifs = self.ifs.saturating_sub(1);
                self.of_option &= text(words.first()) != "esac";
            }
            _ => {}
        }
        let first = text(words.iter().find(|raw| !is_reserved(&raw.word.text)));
        for heredoc in self.heredocs.iter_mut().filter(|heredoc| heredoc.command.is_none()) {
            heredoc.command = Some(index);
        }
        self.shell.commands.push(Simple {
            words,
            statement: Region::default(),
            targets,
            heredocs: Vec::new(),
            array,
            sometimes: self.ifs > 0 || behind_test,
            of_option: self.of_option,
        });
        matches!(first.as_str(), "[" | "[[" | "test")
    }

    /// All commands since the last one stand in one statement.
    fn end_statement(&mut self, end: usize) {
        let (first, start) = self.statement;
        let text = &self.text[start.min(end)..end];
        let start = start + text.len() - text.trim_start().len();
        let end = start + text.trim().len();
        let region = Region::new(start as u32, end as u32);
        for command in self.shell.commands.iter_mut().skip(first) {
            command.statement = region;
        }
        self.statement = (self.shell.commands.len(), self.at);
    }
}

impl Frame {
    /// The text ends inside of quotes.
    fn finish_open_quote(&mut self, at: usize) {
        if let Some(open) = self.quote.take() {
            self.draft(open).closes(Region::new(open as u32 + 1, at as u32));
        }
    }
}
