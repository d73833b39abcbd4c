//! Commands inside of YAML: the places of texts that a configuration's reader found to be commands, read as shell.
//!
//! A block in YAML is indented, and has a head; a folded one joins its lines. What is none of the command is replaced by
//! blanks, so that every place stays where it is.

use super::dockerfile::listed;
use super::meaning::{Meaning, Part, pieces};
use super::shell::Dialect;
use crate::fact::artifact::{CommandShape, CommandText};
use crate::fact::{Reach, Word};
use crate::text::Region;

/// The commands without what the parser of YAML counts to a text in quotes beyond its closing quote.
pub(super) fn exact(text: &str, commands: &[CommandText]) -> Vec<CommandText> {
    let one = |command: &CommandText| {
        let parts = command.parts.iter().map(|part| unquoted_end(text, *part)).collect();
        CommandText { parts, ..command.clone() }
    };
    commands.iter().map(one).collect()
}

fn unquoted_end(text: &str, region: Region) -> Region {
    let bytes = text.get(region.range()).unwrap_or_default().as_bytes();
    let Some(quote) = bytes.first().copied().filter(|byte| matches!(byte, b'"' | b'\'')) else { return region };
    let mut at = 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if quote == b'"' => at += 2,
            b'\'' if quote == b'\'' && bytes.get(at + 1) == Some(&b'\'') => at += 2,
            byte if *byte == quote => return Region::new(region.start, region.start + at as u32 + 1),
            _ => at += 1,
        }
    }
    region
}

/// The text with everything that is YAML's and not the commands' own turned into blanks.
pub(super) fn masked(text: &str, commands: &[CommandText]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for region in commands.iter().flat_map(|command| &command.parts) {
        let Some(part) = text.get(region.range()) else { continue };
        let start = region.start as usize;
        match part.as_bytes().first() {
            Some(b'|') => head(&mut bytes[region.range()]),
            Some(b'>') => {
                head(&mut bytes[region.range()]);
                fold(&mut bytes[region.range()]);
            }
            Some(b'"' | b'\'') if part.len() > 1 => {
                bytes[start] = b' ';
                bytes[region.end as usize - 1] = b' ';
                fold(&mut bytes[region.range()]);
            }
            _ => {
                if !is_block(text, start) {
                    fold(&mut bytes[region.range()]);
                }
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_default()
}

/// Whether the content of a literal block begins at `start`: its head stands before it.
fn is_block(text: &str, start: usize) -> bool {
    let before = text[..start].trim_end();
    let line = before.rsplit('\n').next().unwrap_or(before);
    let line = line.split(" #").next().unwrap_or(line).trim_end();
    let mark = line.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '+'));
    text[..start].contains('\n') && mark.ends_with('|')
}

/// Blanks for the first line of a block: `|`, `>-`.
fn head(part: &mut [u8]) {
    let end = memchr::memchr(b'\n', part).unwrap_or(part.len());
    part[..end].fill(b' ');
}

/// Line breaks of folded text are blanks, but for empty lines.
fn fold(part: &mut [u8]) {
    let mut is_empty = false;
    for at in 0..part.len() {
        match part[at] {
            b'\n' if !is_empty && part.get(at + 1).is_some_and(|next| !matches!(next, b'\n' | b'\r')) => {
                part[at] = b' ';
            }
            b'\n' => is_empty = true,
            b' ' | b'\t' | b'\r' => {}
            _ => is_empty = false,
        }
    }
}

/// Reads the commands of a text that is [`masked`].
pub(super) fn examine(commands: &[CommandText], meaning: &mut Meaning<'_>) {
    for command in commands {
        match command.shape {
            // `command: [sh, -c]` has its script in the list of arguments; others list whole commands.
            CommandShape::Words if is_script(command.parts.first(), meaning.text) => {
                for region in &command.parts {
                    shell(*region, meaning);
                }
            }
            CommandShape::Words => {
                let words = command.parts.iter().map(|region| word(*region, meaning.text)).collect();
                listed(words, command.statement, Reach::Script, meaning);
            }
            CommandShape::Shell => {
                for region in &command.parts {
                    shell(*region, meaning);
                }
            }
        }
    }
}

/// Whether an item of a list is more than one word, and not all options.
fn is_script(first: Option<&Region>, text: &str) -> bool {
    let item = first.and_then(|region| text.get(region.range())).unwrap_or_default().trim();
    item.contains(char::is_whitespace) && !item.starts_with(['-', '{'])
}

/// One word of a list, its quotes blanks by now.
fn word(region: Region, text: &str) -> Word {
    let part = text.get(region.range()).unwrap_or_default();
    Word { region, text: part.trim().to_owned(), by_default: None }
}

fn shell(region: Region, meaning: &mut Meaning<'_>) {
    let Some(part) = meaning.text.get(region.range()) else { return };
    if part.trim_start().starts_with('-') {
        let words = pieces(meaning.text, region);
        return listed(words, region, Reach::Script, meaning);
    }
    meaning.shell(Part {
        region,
        dialect: Dialect { indented: true, ..Dialect::default() },
        statement: None,
        reach: Reach::Script,
    });
}
