//! Which comment excuses which match.

use super::comments::{Nosec, parse_nosec};
use crate::fact::Comment;
use crate::rules::{Match, RuleSet};
use crate::text::{LineIndex, Region};

/// The `# nosec` comments of one text, by line.
#[derive(Debug)]
pub struct Suppressions {
    by_line: Vec<(u32, Region, Nosec)>,
}

impl Suppressions {
    /// Reads the comments of a text; `rules` tells which words are rules of ours.
    pub fn new(comments: &[Comment], index: &LineIndex, rules: &RuleSet) -> Self {
        let is_ours =
            |word: &str| rules.find(word).is_some_and(|rule| !rule.aliases.iter().any(|alias| **alias == *word));
        let read = comments.iter().filter_map(|comment| {
            let nosec = parse_nosec(&comment.text, &is_ours)?;
            Some((index.line(comment.region.start), comment.region, nosec))
        });
        Self { by_line: read.collect() }
    }

    /// The comment that excuses `found`: on any line of its statement, naming its rule or everything.
    pub fn find(&self, found: &Match, index: &LineIndex) -> Option<(Region, &Nosec)> {
        let whole =
            Region::new(found.statement.start.min(found.region.start), found.statement.end.max(found.region.end));
        let (first, last) = (index.line(whole.start), index.line(whole.end.saturating_sub(1).max(whole.start)));
        let start = self.by_line.partition_point(|(line, ..)| *line < first);
        let near = self.by_line[start..].iter().take_while(|(line, ..)| *line <= last);
        let excuses = |nosec: &Nosec| {
            let rule = &found.rule;
            let names = |id: &String| {
                rule.id.eq_ignore_ascii_case(id)
                    || rule.name.eq_ignore_ascii_case(id)
                    || rule.aliases.iter().any(|alias| **alias == **id)
            };
            nosec.ids.is_empty() || nosec.ids.iter().any(names)
        };
        near.filter(|(.., nosec)| excuses(nosec)).map(|(_, region, nosec)| (*region, nosec)).next()
    }
}
