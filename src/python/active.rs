//! Which parts of a file can matter at all: a cheap look at words before values are worked out.
//!
//! A function the rules ask for is named by its last part, or by a name that got it by assignment, or through words
//! such as `getattr`. Everything else need not be resolved. The sets are too large rather than too small.

use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ExprCall};
use rustc_hash::FxHashSet;

use super::model::{DefKind, Key, Model};
use crate::fact::{Vocabulary, is_dynamic, is_importing};

/// The words of one file that can lead to a function the rules ask for.
pub(super) struct Active<'a> {
    words: FxHashSet<&'a str>,
}

impl<'a> Active<'a> {
    /// From a model that [`is_relevant`] lets through.
    pub(super) fn new(model: &Model<'a>) -> Self {
        let mut active = Self { words: model.words.clone() };
        // A name that is given something with an active word is active; again until nothing changes.
        for _ in 0..8 {
            let before = active.words.len();
            // Of `(a, b, …) = value` each name has the same value.
            let mut last = None;
            for def in &model.defs {
                let value = match &def.kind {
                    DefKind::Value { value, unpack } if !unpack.is_empty() => Some(std::ptr::from_ref(*value)),
                    _ => None,
                };
                let leads = match last {
                    Some((known, leads)) if value == Some(known) => leads,
                    _ => active.leads(model, &def.kind),
                };
                last = value.map(|value| (value, leads));
                if leads {
                    active.words.insert(def.name);
                }
            }
            for class in &model.classes {
                if class.bases.iter().any(|base| active.mentions(base)) {
                    active.words.insert(class.name);
                }
                for (name, values) in &class.attributes {
                    if !active.words.contains(name) && values.iter().any(|value| active.mentions(value)) {
                        active.words.insert(name);
                    }
                }
            }
            if active.words.len() == before {
                break;
            }
        }
        active
    }

    fn leads(&self, model: &Model<'a>, kind: &DefKind<'a>) -> bool {
        match kind {
            DefKind::Import(path) => self.words.contains(path.rsplit('.').next().unwrap_or(path)),
            DefKind::Value { value, .. }
            | DefKind::Entered { value, .. }
            | DefKind::Augmented { value, .. }
            | DefKind::Changed { key: Key::Attribute(_) | Key::Item(_), value, .. } => self.names_it(value),
            DefKind::ItemOf { iterable, .. } => self.mentions(iterable),
            DefKind::Parameter { function, index } => {
                let parameter = &model.functions[*function as usize].parameters[*index];
                parameter.default.is_some_and(|default| self.mentions(default))
            }
            DefKind::Function(function) => {
                model.functions[*function as usize].returns.iter().any(|value| self.names_it(value))
            }
            DefKind::Mutated { .. }
            | DefKind::Removed { .. }
            | DefKind::Escaped { .. }
            | DefKind::HasItem { .. }
            | DefKind::Refined { .. }
            | DefKind::Class(_)
            | DefKind::Opaque => false,
        }
    }

    /// Whether the value itself can be such a function: the result of calling one is not.
    fn names_it(&self, value: &'a Expr) -> bool {
        match value {
            Expr::Call(call) => {
                // `getattr(m, n)`, `partial(f)`, `staticmethod(f)`, a function of the file, a class: what they give can be called.
                match &*call.func {
                    Expr::Name(name) => is_dynamic(name.id.as_str()) || self.words.contains(name.id.as_str()),
                    Expr::Attribute(attribute) => is_dynamic(attribute.attr.as_str()),
                    other => self.mentions(other),
                }
            }
            Expr::Name(name) => self.words.contains(name.id.as_str()),
            Expr::Attribute(attribute) => self.words.contains(attribute.attr.as_str()),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::BooleanLiteral(_) | Expr::NoneLiteral(_) => false,
            other => self.mentions(other),
        }
    }

    /// Whether an active word stands anywhere in `expr`.
    pub(super) fn mentions(&self, expr: &'a Expr) -> bool {
        match expr {
            Expr::Name(name) => self.words.contains(name.id.as_str()),
            Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::BooleanLiteral(_) | Expr::NoneLiteral(_) => false,
            _ => {
                let mut search = Search { words: &self.words, found: false };
                search.visit_expr(expr);
                search.found
            }
        }
    }

    /// Whether what `call` calls can be of interest.
    pub(super) fn may_call(&self, call: &'a ExprCall) -> bool {
        match &*call.func {
            Expr::Name(name) => self.words.contains(name.id.as_str()),
            Expr::Attribute(attribute) => self.words.contains(attribute.attr.as_str()),
            other => self.mentions(other),
        }
    }
}

struct Search<'s, 'a> {
    words: &'s FxHashSet<&'a str>,
    found: bool,
}

impl<'a> Visitor<'a> for Search<'_, 'a> {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if self.found {
            return;
        }
        match expr {
            Expr::Name(name) => self.found = self.words.contains(name.id.as_str()),
            Expr::Attribute(attribute) => {
                self.found = self.words.contains(attribute.attr.as_str());
                if !self.found {
                    walk_expr(self, expr);
                }
            }
            _ => walk_expr(self, expr),
        }
    }
}

/// Whether the file imports (or may import by a text) a module of a name the rules ask for, and has its last part.
pub(super) fn is_relevant(model: &Model<'_>, text: &str, vocabulary: &Vocabulary) -> bool {
    if model.words.is_empty() {
        return false;
    }
    let makes_names = model.words.iter().any(|word| is_dynamic(word));
    let imported = model.defs.iter().filter_map(|def| match &def.kind {
        DefKind::Import(path) => Some(path.as_str()),
        _ => None,
    });
    let mut roots: FxHashSet<&str> = imported.chain(model.star_imports.iter().map(String::as_str)).map(root).collect();
    roots.insert("builtins");
    let imports_by_text = model.words.iter().any(|word| {
        is_importing(word) || vocabulary.is_importer(word, |root| root.is_none_or(|root| roots.contains(root)))
    });
    let starred = !model.star_imports.is_empty();
    // A star import may bring the module by its own name.
    let can_be_here = |wanted: &str| roots.contains(wanted) || imports_by_text || (starred && text.contains(wanted));
    let leaves = model.words.iter().filter(|word| vocabulary.has_leaf(word));
    leaves.clone().any(|leaf| vocabulary.roots_of(leaf).any(|pattern_root| pattern_root.is_none_or(can_be_here)))
        || ((makes_names || starred) && vocabulary.has_root(|wanted| roots.contains(wanted) || imports_by_text))
}

fn root(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}
