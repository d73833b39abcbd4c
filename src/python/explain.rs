//! Words for how something was found out: a chain of [`Link`]s as [`Step`]s.

use super::model::DefKind;
use super::parse::region;
use super::thing::{Link, Why};
use super::values::Resolver;
use crate::fact::Step;
use crate::text::Region;

const MAX_STEPS: usize = 8;
const MAX_QUOTE: usize = 60;

/// Source text on one line, cut to what a sentence bears.
pub(super) fn short(source: &str) -> String {
    // Enough for what is kept, unless it is nothing but blanks.
    let source = &source[..source.floor_char_boundary(8 * MAX_QUOTE)];
    let mut line = String::new();
    for word in source.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > MAX_QUOTE {
            break;
        }
    }
    if line.chars().count() > MAX_QUOTE {
        line = line.chars().take(MAX_QUOTE - 1).chain(['…']).collect();
    }
    line
}

impl Resolver<'_, '_> {
    /// The steps of a chain, the source first.
    pub(super) fn steps(&self, link: Option<&Link>) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut at = link;
        while let Some(link) = at.filter(|_| self.spend_one_of_many()) {
            if steps.len() >= MAX_STEPS {
                break;
            }
            if let Some(message) = self.words(link) {
                let step = Step { region: link.region, message };
                if !steps.iter().any(|known| known.region == step.region) {
                    steps.push(step);
                }
            }
            at = link.next.as_deref();
        }
        steps.reverse();
        steps
    }

    fn quote(&self, at: Region) -> String {
        short(&self.text[at.range()])
    }

    fn words(&self, link: &Link) -> Option<String> {
        Some(match link.why {
            Why::Bound(id) => {
                let def = &self.model.defs[id as usize];
                let name = def.name;
                match &def.kind {
                    // `import torch` needs no words.
                    DefKind::Import(path) if path == name => return None,
                    DefKind::Import(path) => format!("`{name}` is `{path}`"),
                    DefKind::Value { value, .. } => format!("`{name}` is `{}`", self.quote(region(*value))),
                    DefKind::ItemOf { iterable, .. } => {
                        format!("`{name}` is an item of `{}`", self.quote(region(*iterable)))
                    }
                    DefKind::Entered { value, .. } => format!("`{name}` is `{}`", self.quote(region(*value))),
                    DefKind::Augmented { value, .. } => format!("`{name}` grows by `{}`", self.quote(region(*value))),
                    DefKind::Changed { value, .. } => {
                        format!("a part of `{name}` is set to `{}`", self.quote(region(*value)))
                    }
                    DefKind::Mutated { call, .. } => format!("`{name}` is changed by `{}`", self.quote(region(*call))),
                    DefKind::Removed { key, .. } => format!("`{}` is taken out of `{name}`", self.quote(region(*key))),
                    DefKind::Escaped { .. }
                    | DefKind::HasItem { .. }
                    | DefKind::Refined { .. }
                    | DefKind::Parameter { .. }
                    | DefKind::Opaque => return None,
                    DefKind::Function(_) => format!("`{name}` is this function"),
                    DefKind::Class(_) => format!("`{name}` is this class"),
                }
            }
            Why::Default(id) => format!("`{}` has this default", self.model.defs[id as usize].name),
            Why::Argument(id) => format!("this call decides `{}`", self.model.defs[id as usize].name),
            Why::Option => format!("whoever starts the program decides: `{}`", self.quote(link.region)),
            Why::Entry => format!("the entry is `{}`", self.quote(link.region)),
            Why::Returned => format!("this gives `{}`", self.quote(link.region)),
            Why::Base => format!("`{}` derives from it", self.quote(link.region)),
            Why::Attribute => format!("the attribute is set to `{}`", self.quote(link.region)),
        })
    }
}
