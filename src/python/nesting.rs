//! How deep the tree of a text can nest, read from its bytes with just enough lexing: strings, comments, brackets, commas
//! and line ends. `guard.rs` calls this for the few texts that counting does not clear.

use super::guard::{ends_linking_word, is_link, is_word};

/// What was found, and at which byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deep {
    Brackets(usize),
    Chain(usize),
    /// Brackets or quotes do not match, or something else makes the lexer's view uncertain.
    Unmatched(usize),
}

/// What [`measure`] holds a text to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) max_brackets: usize,
    pub(super) max_chain: usize,
    /// Whether the parser will read IPython commands.
    pub(super) commands: bool,
}

/// Fails at the first byte at which brackets nest deeper than `max_brackets`, or links deeper than `max_chain`.
///
/// Siblings do not nest: a comma, and outside brackets a line end or semicolon, starts anew. Everything else that could
/// hold an expression adds up, in the element it stands in and in the brackets around it.
pub(super) fn measure(text: &[u8], bounds: Bounds) -> Result<(), Deep> {
    let mut reader = Reader { text, at: 0, levels: vec![Level::default()], bounds };
    while let Some(&byte) = reader.text.get(reader.at) {
        reader.step(byte)?;
    }
    reader.end_statement()?;
    if reader.levels.len() > 1 { Err(Deep::Unmatched(reader.at)) } else { Ok(()) }
}

/// One pair of brackets, or the statement outside all of them.
#[derive(Debug, Clone, Copy, Default)]
struct Level {
    /// The byte that closes it.
    closer: u8,
    /// Links that a comma does not end: `lambda` and `yield` reach over it, and so does a block's colon.
    kept: usize,
    /// Links of the element being read.
    links: usize,
    /// The deepest brackets in the element being read.
    inner: usize,
    /// The deepest element so far.
    deepest: usize,
}

impl Level {
    fn depth(&self) -> usize {
        self.deepest.max(self.kept + self.links + self.inner)
    }

    fn end_element(&mut self) {
        self.deepest = self.depth();
        (self.links, self.inner) = (0, 0);
    }

    fn keep(&mut self) {
        self.kept += self.links + 1;
        self.links = 0;
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// Never empty; the first one is the statement.
    levels: Vec<Level>,
    bounds: Bounds,
}

impl Reader<'_> {
    fn step(&mut self, byte: u8) -> Result<(), Deep> {
        match byte {
            b'"' | b'\'' => return self.string(byte),
            b'#' => return self.comment(),
            b'\\' => return self.continuation(),
            b'\n' | b'\r' => self.line_end()?,
            b'(' => self.open(b')')?,
            b'[' => self.open(b']')?,
            b'{' => self.open(b'}')?,
            b')' | b']' | b'}' => self.close(byte)?,
            // Where the parser may read an IPython command, the rest of the line means something else.
            b'!' | b'?' | b'%' | b'/' | b';' | b',' if self.bounds.commands && self.may_be_command(byte) => {
                return Err(Deep::Unmatched(self.at));
            }
            b',' => self.level().end_element(),
            b';' if self.levels.len() == 1 => self.level().end_element(),
            b':' if self.levels.len() == 1 => self.level().keep(),
            _ if is_word(byte) => return self.word(),
            _ if is_link(byte) => self.level().links += 1,
            _ => {}
        }
        self.at += 1;
        Ok(())
    }

    fn level(&mut self) -> &mut Level {
        let last = self.levels.len() - 1;
        &mut self.levels[last]
    }

    fn open(&mut self, closer: u8) -> Result<(), Deep> {
        self.level().links += 1;
        self.levels.push(Level { closer, ..Level::default() });
        if self.levels.len() - 1 > self.bounds.max_brackets { Err(Deep::Brackets(self.at)) } else { Ok(()) }
    }

    fn close(&mut self, closer: u8) -> Result<(), Deep> {
        // The parser may stay inside a bracket that another kind closes.
        let Some(closed) = self.levels.pop_if(|level| level.closer == closer) else {
            return Err(Deep::Unmatched(self.at));
        };
        let depth = closed.depth();
        let outer = self.level();
        outer.inner = outer.inner.max(depth);
        if depth > self.bounds.max_chain { Err(Deep::Chain(self.at)) } else { Ok(()) }
    }

    fn end_statement(&mut self) -> Result<(), Deep> {
        let depth = self.level().depth();
        *self.level() = Level::default();
        if depth > self.bounds.max_chain { Err(Deep::Chain(self.at)) } else { Ok(()) }
    }

    fn line_end(&mut self) -> Result<(), Deep> {
        if self.levels.len() == 1 { self.end_statement() } else { Ok(()) }
    }

    fn comment(&mut self) -> Result<(), Deep> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        self.at += rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        Ok(())
    }

    /// A backslash joins two lines; anywhere else it is an error.
    fn continuation(&mut self) -> Result<(), Deep> {
        let length = escape_length(self.text, self.at);
        match self.peek(1) {
            Some(b'\n' | b'\r') => self.at += length,
            _ => return Err(Deep::Unmatched(self.at)),
        }
        Ok(())
    }

    fn word(&mut self) -> Result<(), Deep> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let length = rest.iter().position(|&byte| !is_word(byte)).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or_default();
        if word == b"lambda" || word == b"yield" {
            self.level().keep();
        } else if rest.get(length).is_some_and(|&byte| ends_linking_word(byte)) {
            self.level().links += 1;
        }
        self.at += length;
        Ok(())
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    /// Passes over a string. Inside, only the braces of an f-string or t-string count.
    fn string(&mut self, quote: u8) -> Result<(), Deep> {
        let start = self.at;
        let formatted = self.has_format_prefix();
        let quotes = if self.peek(1) == Some(quote) && self.peek(2) == Some(quote) { 3 } else { 1 };
        self.at += quotes;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => {
                    if formatted
                        && matches!((self.peek(1), self.peek(2)), (Some(b'{' | b'}'), _) | (Some(b'N'), Some(b'{')))
                    {
                        return Err(Deep::Unmatched(self.at));
                    }
                    self.at += escape_length(self.text, self.at);
                }
                b'\n' | b'\r' if quotes == 1 => return Err(Deep::Unmatched(self.at)),
                b'{' if formatted => self.interpolation()?,
                b'}' if formatted => return Err(Deep::Unmatched(self.at)),
                _ if byte == quote && (1..quotes).all(|ahead| self.peek(ahead) == Some(quote)) => {
                    self.at += quotes;
                    return Ok(());
                }
                _ => self.at += 1,
            }
        }
        Err(Deep::Unmatched(start))
    }

    /// Whether the letters before a quote make it an f-string or t-string. A longer word that ends so is taken for one:
    /// both readings end at the same quote or fail.
    fn has_format_prefix(&self) -> bool {
        let before = |back| self.at.checked_sub(back).and_then(|at| self.text.get(at)).map(u8::to_ascii_lowercase);
        match before(1) {
            Some(b'f' | b't') => true,
            Some(b'r') => matches!(before(2), Some(b'f' | b't')),
            _ => false,
        }
    }

    /// From `{` to its `}`; also doubled braces are read so. What could end the f-string elsewhere than it seems, quotes,
    /// comments, escapes and line ends inside the braces, is not followed.
    fn interpolation(&mut self) -> Result<(), Deep> {
        let outside = self.levels.len();
        loop {
            match self.peek(0) {
                None | Some(b'"' | b'\'' | b'#' | b'\\' | b'\n' | b'\r') => return Err(Deep::Unmatched(self.at)),
                Some(b'!' | b'?') => self.at += 1,
                Some(byte) => self.step(byte)?,
            }
            if self.levels.len() <= outside {
                return Ok(());
            }
        }
    }

    /// Whether a byte stands where the parser's IPython mode may see a command: at the start of a line or behind `=`.
    fn may_be_command(&self, byte: u8) -> bool {
        let before = self.text.get(..self.at).unwrap_or_default();
        let last = before.iter().rev().find(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
        match last {
            None | Some(b'\n' | b'\r') => true,
            Some(b'=') => matches!(byte, b'%' | b'!'),
            Some(_) => byte == b'?',
        }
    }
}

/// A backslash and what it escapes.
fn escape_length(text: &[u8], at: usize) -> usize {
    if text.get(at + 1) == Some(&b'\r') && text.get(at + 2) == Some(&b'\n') { 3 } else { 2 }
}
