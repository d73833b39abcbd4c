//! Templates that stand as values in configurations.
//!
//! Comes in: a document's tree. Goes out: what `template` finds in each, at the value.

use rustc_hash::FxHashSet;

use super::super::Examination;
use super::super::json::Json;
use super::template::{self, Purpose};
use super::tree::{all, all_inside};
use crate::text::Region;

/// Looks at chat templates, at prompts that say they are Jinja, and at any other text that is a template and names what
/// no honest one does.
pub(super) fn examine(root: &Json<'_>, x: &mut Examination<'_>) {
    let mut seen: FxHashSet<Region> = FxHashSet::default();
    // What stands in a value whose texts were looked at is not gone through for each such key inside again.
    let mut held: FxHashSet<*const Json<'_>> = FxHashSet::default();
    for value in all(root) {
        if held.contains(&std::ptr::from_ref(value)) {
            continue;
        }
        let is_jinja = value.text("template_format").is_some_and(|format| format.starts_with("jinja"));
        for entry in value.entries() {
            let is_prompt = is_jinja && entry.key.ends_with("template");
            if !is_prompt && !entry.key.contains("chat_template") {
                continue;
            }
            for inner in all(&entry.value) {
                if !inner.entries().is_empty() {
                    held.insert(std::ptr::from_ref(inner));
                }
                if let Some(text) = inner.as_text().filter(|text| is_template(text))
                    && seen.insert(inner.region)
                {
                    template::examine_value(text, inner.region, Purpose::Chat, x);
                }
            }
        }
    }
    for (text, region) in settings(root).filter(|(text, region)| is_template(text) && !seen.contains(region)) {
        template::examine_value(text, region, Purpose::Any, x);
    }
}

/// Keys of words: vocabularies and names of classes, which nothing renders.
const WORDS: [&str; 16] = [
    "added_tokens",
    "added_tokens_decoder",
    "additional_special_tokens",
    "classes",
    "id2label",
    "index_word",
    "itos",
    "labels",
    "merges",
    "special_tokens",
    "stop_words",
    "stopwords",
    "tokens",
    "vocab",
    "vocabulary",
    "words",
];

/// Every text that could be a setting, with its place: not the words of vocabularies, nor those of a list that is the
/// whole document or that have a number for a key.
fn settings<'j>(root: &'j Json<'_>) -> impl Iterator<Item = (&'j str, Region)> {
    all_inside(root, Inside::List, Inside::entry)
        .filter(|(_, inside)| *inside == Inside::Setting)
        .filter_map(|(value, _)| Some((value.as_text()?, value.region)))
}

/// What a value stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Nothing but lists.
    List,
    /// A vocabulary.
    Words,
    /// The value of a key.
    Setting,
}

impl Inside {
    fn entry(self, key: &str) -> Self {
        let is_number = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            Self::Words => Self::Words,
            _ if is_number || WORDS.contains(&key) => Self::Words,
            Self::List | Self::Setting => Self::Setting,
        }
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}
