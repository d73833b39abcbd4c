//! Commands in a configuration: steps of continuous integration, containers of Compose and Kubernetes, tasks.
//!
//! Comes in: a document's tree. Goes out: facts with the places of their texts. What a command does is not asked here.

use rustc_hash::FxHashSet;

use super::super::Examination;
use super::super::json::{Json, JsonEntry, JsonValue};
use super::tree::{all, bytes};
use crate::fact::artifact::{CommandShape, CommandText, Seen};
use crate::text::Region;

/// How keys end whose texts are for a shell, one by one: `before_script`.
const SCRIPT_KEYS: [&str; 8] = ["run", "script", "scripts", "commands", "cmds", "setup", "bash", "inline"];
/// How keys end whose list is one command, word by word: `server_args`.
const WORD_KEYS: [&str; 7] = ["command", "args", "entrypoint", "cmd", "exec", "arguments", "argv"];

/// Keys whose texts are for people.
const PROSE_KEYS: [&str; 12] = [
    "description",
    "help",
    "name",
    "title",
    "summary",
    "message",
    "doc",
    "docs",
    "comment",
    "note",
    "label",
    "help_text",
];

/// Tells every command; gives back the places of their texts, and of texts that are for people.
pub(super) fn examine(root: &Json<'_>, x: &mut Examination<'_>) -> FxHashSet<Region> {
    let mut places = FxHashSet::default();
    for entry in all(root).flat_map(|value| value.entries()) {
        if PROSE_KEYS.contains(&snake(&entry.key).as_str()) && entry.value.as_text().is_some() {
            places.insert(entry.value.region);
        }
        let Some(command) = command(entry) else { continue };
        places.extend(command.parts.iter().copied());
        x.see(bytes(command.statement), Seen::Command(command));
    }
    places
}

/// `extraArgs` and `extra-args` as `extra_args`.
fn snake(key: &str) -> String {
    let mut snake = String::with_capacity(key.len() + 2);
    for c in key.chars() {
        if c.is_ascii_uppercase() && snake.ends_with(|before: char| before.is_ascii_lowercase()) {
            snake.push('_');
        }
        snake.push(if c == '-' { '_' } else { c.to_ascii_lowercase() });
    }
    snake
}

fn command(entry: &JsonEntry<'_>) -> Option<CommandText> {
    let key = snake(&entry.key);
    let ends = |word: &str| key.strip_suffix(word).is_some_and(|before| before.is_empty() || before.ends_with('_'));
    let is_words = WORD_KEYS.iter().any(|word| ends(word));
    if !is_words && !SCRIPT_KEYS.iter().any(|word| ends(word)) {
        return None;
    }
    let is_text =
        |value: &&Json<'_>| matches!(value.value, JsonValue::Text(_) | JsonValue::Number(_) | JsonValue::Bool(_));
    let (shape, parts): (_, Vec<Region>) = match &entry.value.value {
        JsonValue::Text(_) => (CommandShape::Shell, vec![entry.value.region]),
        JsonValue::Array(items) => {
            let shape = if is_words { CommandShape::Words } else { CommandShape::Shell };
            (shape, items.iter().filter(is_text).map(|item| item.region).collect())
        }
        JsonValue::Null | JsonValue::Bool(_) | JsonValue::Number(_) | JsonValue::Object(_) => return None,
    };
    let statement = Region::new(entry.key_region.start, entry.value.region.end.max(entry.key_region.end));
    (!parts.is_empty()).then_some(CommandText { shape, parts, statement })
}
