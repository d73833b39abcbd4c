//! What `{% set name %} … {% endset %}` makes a variable's value: all that comes out between the two.
//!
//! Comes in: the blocks of a template, one after the other. Goes out: variables. Called by `template`.

use super::expression::{Expressions, Scope};
use super::lexer::{Block, Token};
use super::value::Value;
use super::words::{self, Reach};

/// The `set` blocks that are open, and how far the template was read.
#[derive(Debug, Default)]
pub(super) struct Captures {
    open: Vec<Capture>,
    /// Where the last block ended.
    at: usize,
}

#[derive(Debug)]
struct Capture {
    name: String,
    /// `|lower` and the like, which the whole goes through.
    filters: Vec<Token>,
    value: Value,
    /// The texts in it, whatever conditions they stand under.
    texts: String,
}

impl Captures {
    /// A block begins whose text `name` becomes.
    pub(super) fn start(&mut self, name: Option<&str>, filters: &[Token]) {
        let (name, filters) = (name.unwrap_or_default().to_owned(), filters.to_vec());
        self.open.push(Capture { name, filters, value: Value::Text(String::new()), texts: String::new() });
    }

    /// The innermost block ends at `at`: its variable is set.
    pub(super) fn end(&mut self, at: usize, scope: &mut Scope) {
        let Some(Capture { name, filters, value, texts }) = self.open.pop() else { return };
        let spells_internals = matches!(words::text(&texts), Some((Reach::Out, _)));
        let value = if value == Value::Assembled && spells_internals { Value::Foreign } else { value };
        let before = scope.reached.len();
        let value = Expressions::new(&filters, scope).piped(value);
        // The filters stand in another block.
        scope.reached.iter_mut().skip(before).for_each(|place| place.at = at);
        scope.variables.insert(name, value);
    }

    /// Something comes out.
    pub(super) fn add(&mut self, value: &Value) {
        let Some(capture) = self.open.last_mut() else { return };
        if let Value::Text(text) = value {
            capture.texts.push_str(text);
            if text.is_empty() {
                return;
            }
        }
        capture.value = capture.value.concatenated(value);
    }

    /// A text comes out, without the white space that marks beside it strip.
    pub(super) fn data(&mut self, template: &str, block: &Block) {
        if !self.open.is_empty() {
            let text = template.get(block.start..block.end).unwrap_or_default();
            let before = template.get(..block.start).unwrap_or_default();
            let behind = template.get(block.end..).unwrap_or_default();
            self.add(&Value::text(stripped(text, before, behind)));
        }
        self.at = block.end;
    }

    /// The next block starts at `start`: what lies before it was a comment, of which nothing comes out, or `raw`, which
    /// nobody needs for a name.
    pub(super) fn pass_over(&mut self, template: &str, start: usize) {
        let passed = template.get(self.at..start).unwrap_or_default();
        if passed.contains("{%") && passed.contains("raw") {
            self.add(&Value::Foreign);
        }
    }

    /// A block was read to its end.
    pub(super) fn come_to(&mut self, end: usize) {
        self.at = end;
    }
}

/// What comes out of a text between tags. Chat templates are rendered with `trim_blocks` and `lstrip_blocks`: the line
/// end behind a statement is left out, and so are blanks between a line's start and a statement.
fn stripped<'t>(text: &'t str, before: &str, behind: &str) -> &'t str {
    let mut text = text;
    if ["{{-", "{%-", "{#-"].iter().any(|tag| behind.starts_with(tag)) {
        text = text.trim_end();
    } else if behind.starts_with("{%") {
        let without_blanks = text.trim_end_matches([' ', '\t']);
        if without_blanks.ends_with('\n') {
            text = without_blanks;
        }
    }
    if ["-}}", "-%}", "-#}"].iter().any(|tag| before.ends_with(tag)) {
        return text.trim_start();
    }
    match before.ends_with("%}") {
        true => text.strip_prefix('\n').unwrap_or(text),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::stripped;

    #[test]
    fn white_space_beside_tags_is_stripped_as_chat_templates_do() {
        assert_eq!(stripped(" a ", "{% set x -%}", "{{- y }}"), "a");
        assert_eq!(stripped("\n a\n  ", "{% set x %}", "{% endset %}"), " a\n");
        assert_eq!(stripped("\n a\n  ", "{{ x }}", "{{ y }}"), "\n a\n  ");
    }
}
