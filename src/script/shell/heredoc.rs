//! Here-documents: where they begin and where they end.

use super::lexer::Lexer;
use crate::text::Region;

/// How many here-documents may begin in one line.
const MAX_HEREDOCS: usize = 50;

/// A here-document whose body begins with the next line.
#[derive(Debug)]
pub(super) struct Heredoc {
    pub(super) delimiter: String,
    pub(super) strips_tabs: bool,
    /// The command it belongs to, once that is finished.
    pub(super) command: Option<usize>,
}

impl Lexer<'_> {
    /// `<<EOF`, `<<-'EOF'`.
    pub(super) fn heredoc(&mut self) {
        let strips_tabs = self.byte(2) == Some(b'-');
        self.at += 2 + usize::from(strips_tabs);
        while matches!(self.byte(0), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        let rest = &self.text.as_bytes()[self.at..self.end];
        let is_end =
            |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')');
        let length = rest.iter().position(is_end).unwrap_or(rest.len());
        let written = &self.text[self.at..self.at + length];
        let delimiter: String = written.chars().filter(|c| !matches!(c, '\'' | '"' | '\\')).collect();
        self.at += length;
        if !delimiter.is_empty() && self.heredocs.len() < MAX_HEREDOCS {
            self.heredocs.push(Heredoc { delimiter, strips_tabs, command: None });
        }
    }

    /// Skips the body of a here-document.
    pub(super) fn body(&mut self, heredoc: &Heredoc) {
        let start = self.at;
        let mut stop = self.end;
        while self.at < self.end {
            let rest = &self.text.as_bytes()[self.at..self.end];
            let length = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let mut line = self.text[self.at..self.at + length].trim_end_matches('\r');
            if self.dialect.indented {
                line = line.trim_start();
            } else if heredoc.strips_tabs {
                line = line.trim_start_matches('\t');
            }
            let is_end = line == heredoc.delimiter;
            if is_end {
                stop = self.at;
            }
            self.at = (self.at + length + 1).min(self.end);
            if is_end {
                break;
            }
        }
        let body = Region::new(start as u32, stop as u32);
        self.block(start, self.at);
        if let Some(command) = heredoc.command.and_then(|index| self.shell.commands.get_mut(index)) {
            command.heredocs.push(body);
        }
    }
}
