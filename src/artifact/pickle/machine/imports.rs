//! The names that a stream imports: by `GLOBAL`, by `STACK_GLOBAL`, by extension codes.

use std::collections::HashMap;

use super::super::compat;
use super::super::input::Span;
use super::super::names::UNKNOWN;
use super::super::operand::{self, Halt, Operand};
use super::super::store::{Value, is_text};
use super::Machine;
use crate::fact::pickle::Route;

/// Names that the stream imported, by what it wrote.
#[derive(Debug, Default)]
pub(super) struct Imports {
    /// By the lines of `GLOBAL`, for streams that keep old names and for those that map them. The standard hasher: streams
    /// choose these texts, and could choose them to collide.
    written: [HashMap<Box<[u8]>, Import>; 2],
    /// By the texts that `STACK_GLOBAL` last found them with, and whether old names are mapped.
    recent: [Option<(Value, Value, bool, u32)>; 8],
}

/// A name that is imported.
#[derive(Debug, Clone, Copy)]
struct Import {
    number: u32,
    /// Whether Python could have it.
    is_plausible: bool,
}

/// How many names are kept by what was written.
const MOST_WRITTEN: usize = 1000;

impl Machine<'_> {
    pub(super) fn global(&mut self, operand: Operand) -> Result<u32, Halt> {
        let Operand::Spans(module, name) = operand else { return Err(Halt::Invalid("a name without its parts")) };
        if module.length.max(name.length) > MOST_NAME_BYTES {
            return Ok(self.unknown_name("a name of many bytes"));
        }
        let lines = Span { at: module.at, length: (name.at + name.length).saturating_sub(module.at) };
        let lines = self.input.bytes(lines);
        let maps_old_names = usize::from(self.protocol < 3);
        if let Some(import) = self.imports.written[maps_old_names].get(&*lines).copied() {
            return Ok(self.imported(import));
        }
        let lines = lines.into_owned().into_boxed_slice();
        let (module, name) = (self.input.bytes(module).into_owned(), self.input.bytes(name).into_owned());
        if self.reading.quiet && !(is_like_a_name(&module) && is_like_a_name(&name)) {
            return Err(Halt::Invalid("a name that is none"));
        }
        let import = self.find(&operand::shown(&module), &operand::shown(&name), Route::Literal);
        let written = &mut self.imports.written[maps_old_names];
        if written.len() < MOST_WRITTEN {
            written.insert(lines, import);
        }
        Ok(self.imported(import))
    }

    pub(super) fn stack_global(&mut self) -> Result<(), Halt> {
        let (name, module) = (self.pop()?, self.pop()?);
        let literal = |value| matches!(value, Value::Text { .. } | Value::MadeText { computed: false, .. });
        let route = if literal(module) && literal(name) { Route::Literal } else { Route::Computed };
        let is_old = self.protocol < 3;
        let known =
            self.imports.recent.iter().flatten().find(|entry| (entry.0, entry.1, entry.2) == (module, name, is_old));
        if let Some((.., number)) = known {
            self.stack.push(Value::Global(*number));
            return Ok(());
        }
        let number = match (self.name_text(module), self.name_text(name)) {
            (Some(module), Some(name)) => {
                let import = self.find(&module, &name, route);
                let number = self.imported(import);
                if route == Route::Computed {
                    self.computed(number);
                }
                number
            }
            _ if [module, name].iter().all(|value| can_be_text(*value)) => self.unknown_name("a name that is computed"),
            _ => return Err(Halt::Invalid("a name that is not text")),
        };
        let place = self.operations as usize % self.imports.recent.len();
        self.imports.recent[place] = Some((module, name, is_old, number));
        self.stack.push(Value::Global(number));
        Ok(())
    }

    pub(super) fn extension(&mut self, operand: Operand) -> Result<(), Halt> {
        let Operand::Int(code @ 1..) = operand else { return Err(Halt::Invalid("an extension code below 1")) };
        let known = self.extensions.get(&code).copied();
        self.extension_used(code, known);
        self.stack.push(Value::Global(known.unwrap_or(UNKNOWN)));
        Ok(())
    }

    /// A name that the stream imports, under the name that it has today.
    fn find(&mut self, module: &str, attribute: &str, route: Route) -> Import {
        let renamed = compat::today(module, attribute, self.protocol);
        let (today_module, today_attribute) = renamed.unwrap_or((module, attribute));
        let is_dotted = today_attribute.contains('.');
        let route = if is_dotted && route == Route::Literal { Route::Attribute } else { route };
        let number = if is_dotted {
            self.dotted(today_module, today_attribute, route)
        } else {
            let spelled = || renamed.map(|_| format!("{module} {attribute}"));
            self.names.number(today_module, today_attribute, route, spelled)
        };
        let is_plausible = is_plausible(today_module) && is_plausible(today_attribute);
        if !is_plausible
            && [module, attribute]
                .iter()
                .any(|name| name.contains(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER))
        {
            self.fault(self.region.start, "a name that nothing has, with control characters or no UTF-8");
        }
        Import { number, is_plausible }
    }

    /// Counts an import, and tells it if it is new.
    fn imported(&mut self, import: Import) -> u32 {
        self.plausible_imports += u64::from(import.is_plausible);
        self.names.get_mut(import.number).imported = true;
        self.tell_import(import.number);
        import.number
    }
}

/// Names longer than this are not looked at.
pub(in crate::artifact::pickle) const MOST_NAME_BYTES: u64 = 256;

fn can_be_text(value: Value) -> bool {
    is_text(value) || matches!(value, Value::Unknown | Value::Object { .. } | Value::Global(_) | Value::Persistent(_))
}

/// Whether bytes could be a name, if an odd one: lines of texts and tables are none.
fn is_like_a_name(name: &[u8]) -> bool {
    name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"_.-<>".contains(byte) || *byte >= 0x80)
}

/// Whether Python could have a thing of this dotted name.
pub(in crate::artifact::pickle) fn is_plausible(name: &str) -> bool {
    let is_word = |byte: u8| byte == b'_' || byte.is_ascii_alphanumeric();
    if name.is_ascii() {
        return name.as_bytes().split(|byte| *byte == b'.').all(|part| {
            part.first().is_some_and(|first| !first.is_ascii_digit()) && part.iter().all(|byte| is_word(*byte))
        });
    }
    !name.is_empty()
        && name.split('.').all(|part| {
            part.chars().next().is_some_and(|first| first == '_' || first.is_alphabetic())
                && part.chars().all(|c| c == '_' || c.is_alphanumeric())
        })
}
