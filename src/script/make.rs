//! Makefiles and justfiles to facts and comments: what recipes run, and which variables are handed on.
//!
//! Comes in: the text. Called by `script`. Recipes are shell; what `make` or `just` put into them is a gap in their words.

use super::meaning::{Meaning, Part, unquoted};
use super::shell::{Dialect, is_name, read};
use crate::fact::{Comment, Reach, ScriptKind, Word};
use crate::text::Region;

/// Replaces a `$` by a byte that `shell` passes over, where two of them are one of the shell's.
pub(super) fn masked(text: &str) -> String {
    text.replace("$$", "\u{1}$")
}

/// Reads the text of `meaning`, which is [`masked`]; gives back comments and blocks.
pub(super) fn examine(kind: ScriptKind, meaning: &mut Meaning<'_>) -> (Vec<Comment>, Vec<Region>) {
    let mut reader = Reader { kind, comments: Vec::new(), blocks: Vec::new(), is_foreign: false, in_recipe: false };
    let text = meaning.text;
    let mut at = 0;
    while at < text.len() {
        let (end, next) = logical_line(text, at);
        reader.line(Region::new(at as u32, end as u32), meaning);
        at = next;
    }
    (reader.comments, reader.blocks)
}

/// Where the line at `at` ends, with those that a backslash joins to it, and where the next one begins.
fn logical_line(text: &str, at: usize) -> (usize, usize) {
    let mut from = at;
    loop {
        let rest = &text.as_bytes()[from..];
        let end = from + memchr::memchr(b'\n', rest).unwrap_or(rest.len());
        let next = (end + 1).min(text.len());
        let line = text[from..end].trim_end_matches('\r');
        if !line.ends_with('\\') || next >= text.len() {
            return (end, next);
        }
        from = next;
    }
}

struct Reader {
    kind: ScriptKind,
    comments: Vec<Comment>,
    blocks: Vec<Region>,
    /// Inside of a recipe of `just` in another language.
    is_foreign: bool,
    in_recipe: bool,
}

impl Reader {
    fn line(&mut self, region: Region, meaning: &mut Meaning<'_>) {
        let line = &meaning.text[region.range()];
        let body = line.trim();
        let is_just = self.kind == ScriptKind::Justfile;
        let is_indented = if is_just { line.starts_with([' ', '\t']) } else { line.starts_with('\t') };
        if body.is_empty() {
            return;
        }
        if is_indented {
            if is_just && !self.in_recipe {
                self.is_foreign = body.starts_with("#!") && !super::is_shell_line(body.as_bytes());
            }
            self.in_recipe = true;
            if !self.is_foreign {
                self.recipe(region, meaning);
            }
            return;
        }
        (self.in_recipe, self.is_foreign) = (false, false);
        let code = self.without_comment(region, meaning.text);
        self.definition(code, region, meaning);
    }

    fn recipe(&mut self, region: Region, meaning: &mut Meaning<'_>) {
        let line = &meaning.text[region.range()];
        let body = line.trim_start().trim_start_matches(['@', '-', '+']);
        let start = region.end - body.len() as u32;
        let statement = Region::new(region.end - line.trim_start().len() as u32, region.end);
        let inside = Region::new(start, region.end);
        let part =
            Part { region: inside, dialect: Dialect::default(), statement: Some(statement), reach: Reach::Script };
        let shell = meaning.shell(part);
        self.comments.extend(shell.comments);
        self.blocks.extend(shell.blocks);
    }

    /// Keeps the comment of a line that is no recipe; gives back what stands before it.
    fn without_comment(&mut self, region: Region, text: &str) -> Region {
        let line = &text[region.range()];
        let is_escaped = |at: usize| line[..at].ends_with('\\');
        let is_just = self.kind == ScriptKind::Justfile;
        let begins = |at: &usize| {
            let quotes = |quote: char| line[..*at].matches(quote).count() % 2 == 1;
            !is_escaped(*at) && !(is_just && (quotes('"') || quotes('\'')))
        };
        // Of many only the first few are asked for.
        let Some(at) = line.match_indices('#').map(|(at, _)| at).take(20).find(begins) else { return region };
        let start = region.start + at as u32;
        let text = line[at..].trim_end();
        self.comments.push(Comment { region: Region::new(start, start + text.len() as u32), text: text.to_owned() });
        Region::new(region.start, start)
    }

    /// `export NAME = value`, `NAME = --options`, and the same for one target.
    fn definition(&self, code: Region, statement: Region, meaning: &mut Meaning<'_>) {
        let line = &meaning.text[code.range()];
        let Some((head, _)) = line.split_once('=') else { return };
        let value_start = code.start + head.len() as u32 + 1;
        let head = head.trim_end_matches([':', '?', '+', '!', ' ', '\t']);
        let words: Vec<&str> = head.split([' ', '\t', ':']).filter(|word| !word.is_empty()).collect();
        let Some(name) = words.last().filter(|name| is_name(name)) else { return };
        let is_exported = words.iter().rev().skip(1).any(|word| *word == "export");
        let value = &meaning.text[Region::new(value_start, code.end).range()];
        let start = code.end - value.trim_start().len() as u32;
        let region = Region::new(start, start + value.trim().len() as u32);
        let written = value.trim();
        let plain = written.trim_matches(['"', '\'']);
        let text = if plain.contains('$') { plain.replace('$', "\u{FFFC}") } else { plain.to_owned() };
        let word = Word { region, text, by_default: None };
        let name = (*name).to_owned();
        if is_exported {
            meaning.set(&name, &word, statement, Reach::Script);
        }
        let words = read(meaning.text, unquoted(meaning.text, region), Dialect::default()).commands;
        let words = words.into_iter().flat_map(|simple| simple.words).map(|raw| raw.word).collect();
        meaning.assigned_words(&name, words, statement);
    }
}
