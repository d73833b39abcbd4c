//! Jinja templates that reach Python's internals.
//!
//! Comes in: a template's text, from a file of its own, a configuration or a GGUF file. Goes out: observations. Nothing
//! is rendered. A chat template is given messages and a few helpers by whoever renders it, often outside of a sandbox
//! (CVE-2024-34359); it has no use for `__globals__`, and none for names that are put together from letters.

mod capture;
mod expression;
mod lexer;
mod value;
mod words;

use self::capture::Captures;
use self::expression::{Expressions, Reached, Scope};
use self::lexer::{Block, BlockKind};
use self::value::Value;
use self::words::Reach;
use super::super::Examination;
use crate::fact::artifact::{ByteRegion, Observation, ObservationKind, Seen};
use crate::text::Region;

/// What a template is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A model's prompts.
    Chat,
    /// Anything: pages, code, settings. Those may print a class's name or include one another.
    Any,
}

/// A place in a template, as bytes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Injection {
    /// The block.
    pub(super) start: usize,
    /// Its end.
    pub(super) end: usize,
    /// In words: what is reached, and the start of the block.
    pub(super) subject: String,
}

/// Looks at a template that stands in bytes that are no text file, such as a GGUF file.
pub(in crate::artifact) fn examine_text(template: &str, region: ByteRegion, x: &mut Examination<'_>) {
    for injection in found(template, Purpose::Chat, x) {
        x.observe(ObservationKind::TemplateInjection, region, injection.subject);
    }
}

/// Looks at a template that is a value in a text file; `text` is the value.
pub(super) fn examine_value(template: &str, text: Region, purpose: Purpose, x: &mut Examination<'_>) {
    for injection in found(template, purpose, x) {
        x.observe_text(ObservationKind::TemplateInjection, text, injection.subject);
    }
}

/// Looks at a file that is a template.
pub(super) fn examine_file(template: &str, purpose: Purpose, x: &mut Examination<'_>) {
    for injection in found(template, purpose, x) {
        let region = ByteRegion::new(injection.start as u64, injection.end as u64);
        let offset = |at: usize| u32::try_from(at).ok();
        let text = offset(injection.start).zip(offset(injection.end)).map(|(start, end)| Region::new(start, end));
        let observation = Observation { kind: ObservationKind::TemplateInjection, subject: injection.subject, text };
        x.see(region, Seen::Observation(observation));
    }
}

/// The blocks that reach internals; says so if some were not understood.
fn found(template: &str, purpose: Purpose, x: &mut Examination<'_>) -> Vec<Injection> {
    let (injections, complete) = injections(template, purpose);
    if !complete {
        let limit = x.limits.max_tree_depth.into();
        x.limit_once("max-tree-depth", limit, "parts of a template are too deep or too long to be followed");
    }
    injections
}

/// The most blocks that are told of one template.
const MAX_INJECTIONS: usize = 8;

/// The blocks of `template` that reach internals, and whether all of it was understood.
fn injections(template: &str, purpose: Purpose) -> (Vec<Injection>, bool) {
    let mut scope = Scope::default();
    let mut injections = Vec::new();
    let mut captures = Captures::default();
    let mut complete = true;
    for block in lexer::blocks(template) {
        captures.pass_over(template, block.start);
        if block.kind == BlockKind::Data {
            captures.data(template, &block);
            continue;
        }
        complete &= !block.cut;
        read(&block, purpose, &mut captures, &mut scope);
        captures.come_to(block.end);
        let reached = std::mem::take(&mut scope.reached);
        if let Some(what) = told(&reached, purpose).filter(|_| injections.len() < MAX_INJECTIONS) {
            let subject = format!("{what} in `{}`", shortened(template, &block, &reached));
            injections.push(Injection { start: block.start, end: block.end, subject });
        }
    }
    (injections, complete && !scope.incomplete)
}

/// Reads one block.
fn read(block: &Block, purpose: Purpose, captures: &mut Captures, scope: &mut Scope) {
    if block.kind == BlockKind::Statement && block.tokens.first().is_some_and(|token| token.is("endset")) {
        return captures.end(block.start, scope);
    }
    let mut tokens = Expressions::new(&block.tokens, scope);
    if block.kind == BlockKind::Variable {
        let value = tokens.rest();
        return captures.add(&value);
    }
    let keyword = tokens.name().unwrap_or_default();
    match keyword {
        "set" => assignment(block, captures, &mut tokens),
        "for" => {
            while !tokens.takes_word("in") && tokens.peek().is_some() {
                match tokens.name() {
                    Some(name) => tokens.bind(name, Value::Unknown),
                    None => tokens.advance(),
                }
            }
            tokens.rest();
        }
        "macro" | "call" => {
            if let Some(name) = tokens.name().filter(|_| keyword == "macro") {
                tokens.bind(name, Value::Unknown);
            }
            parameters(block, &mut tokens);
            tokens.rest();
        }
        "with" => {
            while let Some(name) = tokens.name() {
                tokens.takes(b'=');
                let value = tokens.expression();
                tokens.bind(name, value);
                tokens.takes(b',');
            }
            tokens.rest();
        }
        "include" | "import" | "extends" | "from" => inclusion(block, purpose, &mut tokens),
        _ => {
            tokens.rest();
        }
    }
    // What stands in a loop or a condition comes out many times or never.
    if !matches!(keyword, "set" | "do") {
        captures.add(&Value::Unknown);
    }
}

/// `set a = …`, `set a, b = …`, `set ns.a = …`; or `set a`, whose value is what comes out behind.
fn assignment(block: &Block, captures: &mut Captures, tokens: &mut Expressions<'_>) {
    let mut names = Vec::new();
    while let Some(token) = tokens.peek().filter(|token| !token.is_sign(b'=')) {
        match tokens.name() {
            Some(name) => names.push(name),
            None if token.is_sign(b'|') => break,
            None => tokens.advance(),
        }
    }
    if !tokens.takes(b'=') {
        let filters = block.tokens.iter().position(|token| token.is_sign(b'|'));
        captures.start(names.first().copied(), filters.map_or(&[], |at| &block.tokens[at..]));
        tokens.rest();
        return;
    }
    let value = tokens.rest();
    match names.as_slice() {
        [name] => tokens.bind(name, value),
        names => names.iter().for_each(|name| tokens.bind(name, Value::Unknown)),
    }
}

/// Names the parameters of a macro, so that one of them called `cycler` is not taken for Jinja's.
fn parameters(block: &Block, tokens: &mut Expressions<'_>) {
    for pair in block.tokens.windows(2) {
        if let lexer::Word::Name(name) = &pair[0].what
            && [b',', b'=', b')'].iter().any(|sign| pair[1].is_sign(*sign))
        {
            tokens.bind(name, Value::Unknown);
        }
    }
}

/// `include`, `import` and the like: chat templates have nothing to include; others have files beside them.
fn inclusion(block: &Block, purpose: Purpose, tokens: &mut Expressions<'_>) {
    let value = tokens.expression();
    let escapes = |name: &str| {
        let name = name.replace('\\', "/");
        name.starts_with('/') || name.split('/').any(|part| part == "..") || name.contains("://") || name.contains(':')
    };
    if let Value::Text(name) = &value
        && (escapes(name) || purpose == Purpose::Chat)
    {
        let reach = if escapes(name) { Reach::Out } else { Reach::Near };
        tokens.reach(block.start, reach, format!("the file `{name}`"));
    }
    tokens.rest();
}

/// What the places in one block amount to, in words; `None` if to nothing.
fn told(reached: &[Reached], purpose: Purpose) -> Option<String> {
    let first = reached.iter().max_by_key(|place| (place.reach, std::cmp::Reverse(place.at)))?;
    // A name between underscores: two of them in a row are a way, one is a word.
    let counts = first.reach == Reach::Out || purpose == Purpose::Chat || reached.len() >= 3;
    counts.then(|| first.what.clone())
}

const SHOWN: usize = 120;

/// The block as far as a message shows it, from its start or a little before the first place.
fn shortened(template: &str, block: &Block, reached: &[Reached]) -> String {
    let first = reached.iter().map(|place| place.at).min().unwrap_or(block.start);
    let mut from = if first - block.start > SHOWN / 2 { first - SHOWN / 3 } else { block.start };
    while !template.is_char_boundary(from) {
        from -= 1;
    }
    let words: Vec<&str> = template[from..block.end].split_whitespace().collect();
    let text = words.join(" ");
    let cut: String = text.chars().take(SHOWN).collect();
    let (before, behind) = (if from > block.start { "…" } else { "" }, if cut.len() < text.len() { "…" } else { "" });
    format!("{before}{cut}{behind}")
}

#[cfg(test)]
mod tests;
