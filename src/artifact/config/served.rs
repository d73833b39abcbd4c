//! Configurations in the text format of protocol buffers: Triton's `config.pbtxt` and Caffe's `.prototxt`.
//!
//! Comes in: a text. Goes out: that Triton's Python backend runs the file beside it, the module that Caffe's Python layer
//! imports (`PythonLayer` in `include/caffe/layers/python_layer.hpp`, `CreateLayer` in `src/caffe/layer_factory.cpp`).
//! Called by `config`. What is no such text holds none of these fields.

use super::super::Examination;
use super::tree::{bytes, is_dotted, is_identifier, shown};
use crate::fact::artifact::{CodeReference, ObservationKind, ReferenceKind};
use crate::fact::pickle::Datum;
use crate::text::Region;

/// Whether a file of this name is read here.
pub(super) fn is_one(base: &str) -> bool {
    base == "config.pbtxt" || base.ends_with(".prototxt")
}

/// Looks at the text of a file with this name.
pub(super) fn examine(text: &str, base: &str, x: &mut Examination<'_>) {
    let mut python = Python::default();
    let is_triton = base == "config.pbtxt";
    walk(text, &mut |path, value, region| match path {
        ["backend"] if is_triton && value == "python" => {
            let subject = "Triton's Python backend runs `model.py` when it loads the model";
            x.observe_text(ObservationKind::PythonSource, region, subject);
        }
        ["default_model_filename"] if is_triton && value.ends_with(".py") && value != "model.py" => {
            let subject = format!("`{}` runs when Triton loads the model", shown(value));
            x.observe_text(ObservationKind::PythonSource, region, subject);
        }
        [.., "python_param"] => python.done(x),
        [.., "python_param", "module"] => python.module = Some((value.to_owned(), region)),
        [.., "python_param", "layer"] => value.clone_into(&mut python.layer),
        [.., "python_param", "param_str"] => value.clone_into(&mut python.parameter),
        _ => {}
    });
    python.done(x);
}

/// A `python_param` of Caffe, as far as it was read.
#[derive(Default)]
struct Python {
    module: Option<(String, Region)>,
    layer: String,
    parameter: String,
}

impl Python {
    fn done(&mut self, x: &mut Examination<'_>) {
        let Self { module, layer, parameter } = std::mem::take(self);
        let Some((module, region)) = module else { return };
        if !is_identifier(&module) && !is_dotted(&module) {
            return;
        }
        let name = if layer.is_empty() { module } else { format!("{module}.{layer}") };
        let start: String = parameter.chars().take(512).collect();
        let given = Datum::Text { length: parameter.len() as u64, start };
        let arguments = if parameter.is_empty() { Vec::new() } else { vec![("param_str".to_owned(), given)] };
        let kind = ReferenceKind::ConfiguredName;
        x.refer(bytes(region), CodeReference { kind, name, arguments, text: Some(region) });
    }
}

/// Deeper messages are not followed; no schema has as many levels.
const MAX_LEVELS: usize = 64;

/// Calls `put` with the path of each field that has a text, the text and its place; for the end of a message with the
/// message's own path and an empty text.
fn walk(text: &str, put: &mut dyn FnMut(&[&str], &str, Region)) {
    let mut path: Vec<&str> = Vec::new();
    let mut key = "";
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let start = at;
        match c {
            '#' => at += comment(&text[at..]),
            '"' | '\'' => {
                let (value, length) = value(&text[at..]);
                at += length;
                path.push(key);
                put(&path, &value, region(start, at));
                path.pop();
            }
            '{' | '<' => {
                at += 1;
                path.push(key);
                key = "";
                if path.len() > MAX_LEVELS {
                    return;
                }
            }
            '}' | '>' => {
                at += 1;
                put(&path, "", region(start, at));
                path.pop();
            }
            c if c.is_ascii_alphanumeric() || c == '_' => {
                let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let length = text[at..].find(|c| !is_word(c)).unwrap_or(text.len() - at);
                key = &text[at..at + length];
                at += length;
            }
            c => at += c.len_utf8(),
        }
    }
}

/// How many bytes a comment takes.
fn comment(text: &str) -> usize {
    text.find('\n').unwrap_or(text.len())
}

/// The value of a field and how many bytes it takes: texts in quotes, one behind the other, are one.
fn value(text: &str) -> (String, usize) {
    let mut value = Vec::new();
    let (mut at, mut end) = (0, 0);
    while let Some(byte) = text.as_bytes().get(at) {
        at += match byte {
            b'"' | b'\'' => {
                end = at + quoted(&text.as_bytes()[at..], &mut value);
                end - at
            }
            b'#' => comment(&text[at..]),
            byte if byte.is_ascii_whitespace() => 1,
            _ => break,
        };
    }
    (String::from_utf8_lossy(&value).into_owned(), end)
}

/// Appends the bytes between two quotes to `value`; how many bytes they take with the quotes.
fn quoted(text: &[u8], value: &mut Vec<u8>) -> usize {
    let mut at = 1;
    while let Some(byte) = text.get(at) {
        match byte {
            byte if *byte == text[0] => return at + 1,
            b'\\' => at += escape(&text[at..], value),
            byte => {
                value.push(*byte);
                at += 1;
            }
        }
    }
    text.len()
}

/// Appends what an escape stands for, which are those of C; how many bytes it takes.
fn escape(text: &[u8], value: &mut Vec<u8>) -> usize {
    let Some(letter) = text.get(1).copied() else { return 1 };
    let (start, most, radix) = match letter {
        b'0'..=b'7' => (1, 3, 8),
        b'x' | b'X' => (2, 2, 16),
        b'u' => (2, 4, 16),
        b'U' => (2, 8, 16),
        _ => (2, 0, 16),
    };
    let digits = text.iter().skip(start).take(most).map_while(|byte| char::from(*byte).to_digit(radix));
    let (count, code) = digits.fold((0, 0_u32), |(count, code), digit| (count + 1, code * radix + digit));
    match letter {
        b'u' | b'U' => {
            let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
            value.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        }
        // Of more than eight bits the lower ones.
        b'0'..=b'7' | b'x' | b'X' => value.push(code as u8),
        b'n' => value.push(b'\n'),
        b'r' => value.push(b'\r'),
        b't' => value.push(b'\t'),
        other => value.push(other),
    }
    start + count
}

fn region(start: usize, end: usize) -> Region {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Region::new(offset(start), offset(end))
}
