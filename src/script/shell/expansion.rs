//! Quotes without meaning inside, and what begins with a dollar sign or a backtick.

use super::frame::{Frame, Kind};
use super::lexer::Lexer;
use crate::text::Region;

impl Lexer<'_> {
    /// `'…'`, or with `skip` 2 `$'…'`, in which a backslash hides a quote.
    pub(super) fn single_quote(&mut self, skip: usize) {
        let start = self.at + skip;
        let rest = &self.text.as_bytes()[start.min(self.end)..self.end];
        let close = if skip == 1 {
            memchr::memchr(b'\'', rest)
        } else {
            let mut is_escaped = false;
            rest.iter().position(|&byte| {
                let closes = byte == b'\'' && !is_escaped;
                is_escaped = byte == b'\\' && !is_escaped;
                closes
            })
        };
        let close = close.map_or(self.end, |length| start + length);
        let (open, text) = (self.at, &self.text[start.min(close)..close]);
        let draft = self.top().draft(open);
        draft.opens();
        draft.push(text);
        draft.closes(Region::new(start as u32, close as u32));
        self.at = (close + 1).min(self.end);
        self.block(open, self.at);
    }

    pub(super) fn backtick(&mut self) {
        let at = self.at;
        self.at += 1;
        let frame = self.top();
        if frame.kind == Kind::Backtick && frame.quote.is_none() {
            self.close();
        } else {
            frame.draft(at);
            self.frames.push(Frame::new(Kind::Backtick));
        }
    }

    pub(super) fn dollar(&mut self, is_quoted: bool) {
        let at = self.at;
        match self.byte(1) {
            Some(b'(') if self.byte(2) == Some(b'(') && self.arithmetic(3) => self.top().draft(at).gap(),
            Some(b'(') => {
                self.top().draft(at);
                self.frames.push(Frame::new(Kind::Substitution));
                self.at += 2;
            }
            Some(b'{') => self.parameter(),
            Some(b'\'') if !is_quoted => self.single_quote(2),
            Some(b'"') if !is_quoted => self.at += 1,
            Some(next) if next.is_ascii_alphabetic() || next == b'_' => {
                let rest = &self.text.as_bytes()[at + 1..self.end];
                let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
                self.at += 1 + rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
                self.top().draft(at).gap();
            }
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => {
                self.at += 2;
                self.top().draft(at).gap();
            }
            Some(_) | None => {
                self.at += 1;
                self.top().draft(at).push("$");
            }
        }
    }

    /// `${NAME}`, or its beginning.
    pub(super) fn parameter(&mut self) {
        let at = self.at;
        let rest = &self.text.as_bytes()[at + 2..self.end];
        let sign = usize::from(matches!(rest.first(), Some(b'#' | b'!')) && rest.get(1) != Some(&b'}'));
        let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let name = rest[sign..].iter().position(|byte| !is_part(byte)).unwrap_or(rest.len() - sign);
        let name =
            sign + if name == 0 && matches!(rest.get(sign), Some(b'@' | b'*' | b'?' | b'$' | b'!')) { 1 } else { name };
        let behind = &rest[name..];
        let colon = usize::from(behind.first() == Some(&b':'));
        let is_default = matches!(behind.get(colon), Some(b'-' | b'=' | b'+'));
        self.at = at + 2 + name + if is_default { colon + 1 } else { 0 };
        self.top().draft(at);
        self.frames.push(Frame::new(Kind::Parameter { is_default }));
    }

    /// Skips `((…))`, of which `open` bytes are behind us; whether it is closed at all.
    pub(super) fn arithmetic(&mut self, open: usize) -> bool {
        let from = self.at + open;
        if from < self.no_arithmetic_before || from > self.end {
            return false;
        }
        let rest = &self.text.as_bytes()[from..self.end];
        // It rarely goes over lines, and what is not closed must not be looked for again and again.
        let line = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        match memchr::memmem::find(&rest[..line], b"))") {
            Some(length) => {
                self.at = from + length + 2;
                true
            }
            None => {
                self.no_arithmetic_before = from + line;
                false
            }
        }
    }
}
