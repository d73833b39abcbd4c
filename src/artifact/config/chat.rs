//! Templates that stand as values in configurations.
//!
//! Comes in: a document's tree. Goes out: what `template` finds in each, at the value.

use rustc_hash::FxHashSet;

use super::super::Examination;
use super::super::json::Json;
use super::template::{self, Purpose};
use super::tree::{all, texts};
use crate::text::Region;

/// Looks at chat templates, at prompts that say they are Jinja, and at any other text that is a template and names what
/// no honest one does.
pub(super) fn examine(root: &Json<'_>, x: &mut Examination<'_>) {
    let mut seen: FxHashSet<Region> = FxHashSet::default();
    for value in all(root) {
        let is_jinja = value.text("template_format").is_some_and(|format| format.starts_with("jinja"));
        for entry in value.entries() {
            let is_prompt = is_jinja && entry.key.ends_with("template");
            if !is_prompt && !entry.key.contains("chat_template") {
                continue;
            }
            for (text, region) in texts(&entry.value).filter(|(text, _)| is_template(text)) {
                if seen.insert(region) {
                    template::examine_value(text, region, Purpose::Chat, x);
                }
            }
        }
    }
    for (text, region) in texts(root).filter(|(text, region)| is_template(text) && !seen.contains(region)) {
        template::examine_value(text, region, Purpose::Any, x);
    }
}

fn is_template(text: &str) -> bool {
    text.contains("{{") || text.contains("{%")
}
