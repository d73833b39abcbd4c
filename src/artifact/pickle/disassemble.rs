//! Opcodes for people: one a line, with what the machine makes of them.
//!
//! Comes in: a window that begins with a pickle stream. Goes out: lines. Called by `inspect --disassemble`.

use std::fmt::Write as _;

use crate::bytes::Window;
use crate::fact::artifact::Seen;
use crate::limits::Limits;

use super::input::{Input, Span};
use super::machine::{Machine, Reading};
use super::opcode as op;
use super::operand::{self, Halt, Operand, Operation};

const SHOWN_BYTES: u64 = 80;

/// Gives `out` one line for each operation of the streams that `content` starts with: offset, opcode, name, operand, how
/// many values lie on the stack then, and what is imported or called.
pub fn disassemble(content: &Window, limits: &Limits, out: &mut dyn FnMut(&str)) {
    let mut at = 0;
    let mut left = limits.max_pickle_operations;
    while at < content.len() && left > 0 {
        let mut machine = Machine::new(content, at, Reading { arrays: true, ..Reading::default() });
        let end = stream(&mut machine, &mut left, out);
        match end {
            Some(end) if begins(content, end) => at = end,
            _ => return,
        }
        out("");
    }
    if left == 0 {
        out(&format!("`max-pickle-operations` ({}) reached", limits.max_pickle_operations));
    }
}

fn begins(content: &Window, at: u64) -> bool {
    content.read(at, 1).is_ok_and(|first| first.first().is_some_and(|byte| op::opcode(*byte).is_some()))
}

/// Disassembles one stream; the offset behind its `STOP`.
fn stream(machine: &mut Machine<'_>, left: &mut u64, out: &mut dyn FnMut(&str)) -> Option<u64> {
    while *left > 0 {
        *left -= 1;
        let at = machine.input.position();
        let operation = match operand::next(&mut machine.input) {
            Ok(operation) => operation,
            Err(halt) => {
                out(&format!("{at:>8}: {}", fault(halt)));
                return None;
            }
        };
        let known = machine.facts.len();
        let halt = if operation.code == op::STOP { Ok(()) } else { machine.step(operation) };
        let mut line = shown(&machine.input, operation);
        let _ = write!(line, "  [{}]", machine.depth());
        for (_, seen) in machine.facts.iter().skip(known) {
            note(seen, &mut line);
        }
        out(line.trim_end());
        if let Err(halt) = halt {
            out(&format!("{at:>8}: {}", fault(halt)));
            return None;
        }
        if operation.code == op::STOP {
            return Some(operation.end);
        }
    }
    None
}

fn fault(halt: Halt) -> &'static str {
    match halt {
        Halt::Truncated => "it ends too early",
        Halt::Invalid(fault) => fault,
    }
}

fn note(seen: &Seen, line: &mut String) {
    let noted = match seen {
        Seen::Import(callee) => write!(line, "  imports {callee}"),
        Seen::Call(call) => write!(line, "  calls {call}"),
        Seen::Attribute(attribute) => write!(line, "  sets {}", attribute.names.join(", ")),
        Seen::Observation(observation) => write!(line, "  ! {}", observation.subject),
        Seen::Stream(_) | Seen::Reference(_) | Seen::Source(_) | Seen::Command(_) => Ok(()),
    };
    debug_assert!(noted.is_ok(), "writing to a string does not fail");
}

fn shown(input: &Input<'_>, operation: Operation) -> String {
    let name = op::opcode(operation.code).map_or("?", |opcode| opcode.name);
    let code = if operation.code.is_ascii_graphic() {
        char::from(operation.code).to_string()
    } else {
        format!("\\x{:02x}", operation.code)
    };
    let operand = match operation.operand {
        Operand::Nothing => String::new(),
        Operand::Int(value) => value.to_string(),
        Operand::True => "True".to_owned(),
        Operand::False => "False".to_owned(),
        Operand::Float(value) => format!("{value:?}"),
        Operand::LargeInt(span) => format!("<integer of {} bytes>", span.length),
        Operand::Span(span) => text(input, span),
        Operand::Spans(module, name) => format!("{} {}", text(input, module), text(input, name)),
    };
    format!("{:>8}: {code:<4} {name:<16} {operand}", operation.at)
}

fn text(input: &Input<'_>, span: Span) -> String {
    let bytes = input.bytes(Span { length: span.length.min(SHOWN_BYTES), ..span });
    let more = if span.length > SHOWN_BYTES { format!("… ({} bytes)", span.length) } else { String::new() };
    format!("'{}'{more}", bytes.escape_ascii())
}
