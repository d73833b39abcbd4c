//! The pickle machine: it does to symbolic values what `_pickle.c` does to objects, and runs nothing.
//!
//! Comes in: a [`Window`] and where in it a stream begins. Goes out: an [`Outcome`] with the facts in the order of their
//! opcodes. Called by `streams`, `detect` and `disassemble`. Time is linear in the input; memory is bounded (`store`).
//! Source: CPython 3.14 `Modules/_pickle.c`.

mod containers;
mod imports;
mod outcome;
mod stack;

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxHashSet;

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, Seen};
use crate::fact::pickle::{CallOpcode, Datum, ItemTaker, PickleStream, StreamEnd};

use super::super::examination::Storages;
use super::input::{Input, Span};
use super::memo::Memo;
use super::names::Names;
use super::opcode as op;
use super::operand::{self, Halt, Operand, Operation};
use super::store::{NO_ITEMS, Origin, Store, Value};
use containers::is_plain;
use imports::Imports;
pub(super) use imports::{MOST_NAME_BYTES, is_plausible};
pub(super) use outcome::{Inner, NOT_IN_MEMO, Outcome, Reading};
use stack::UNDERFLOW;

/// A machine at work.
#[derive(Debug)]
pub(super) struct Machine<'w> {
    pub(super) input: Input<'w>,
    pub(super) store: Store,
    pub(super) names: Names,
    pub(super) reading: Reading,
    pub(super) stack: Vec<Value>,
    marks: Vec<usize>,
    memo: Memo,
    protocol: u8,
    highest_protocol: u8,
    pub(super) operations: u64,
    pub(super) opcodes: [u64; 4],
    pub(super) most_operations: u64,
    pub(super) calls: u64,
    pub(super) acts: u64,
    pub(super) plausible_calls: u64,
    plausible_imports: u64,
    structure: u64,
    pub(super) arrays: u64,
    faults: Vec<(u64, &'static str)>,
    pub(super) facts: Vec<(ByteRegion, Seen)>,
    pub(super) inner: Vec<Inner>,
    /// Hashes of what was told: those of a good hasher, so a simple one will do for the set.
    pub(super) told: FxHashSet<u64>,
    imports: Imports,
    pub(super) is_cut: bool,
    /// The bytes of an array between the opcodes are fewer than it says.
    pub(super) ends_in_array: bool,
    pub(super) extensions: HashMap<i64, u32>,
    /// What streams gave classes as attributes, by the classes' numbers.
    pub(super) class_states: HashMap<u32, Value>,
    pub(super) persistent_types: Vec<String>,
    pub(super) item_takers: Vec<ItemTaker>,
    has_foreign_ids: bool,
    pub(super) storages: Storages,
    pub(super) array_files: BTreeSet<String>,
    /// Steps of folding that are left.
    pub(super) steps: u64,
    /// The operation at work.
    pub(super) region: ByteRegion,
}

impl<'w> Machine<'w> {
    /// A machine that will read the stream of `window` that begins at `at`.
    pub(super) fn new(window: &'w Window, at: u64, reading: Reading) -> Self {
        let input = Input::new(window, at, reading.frames);
        // Most operations take four bytes or more, and every other value is an item or memoized.
        let values = usize::try_from(input.remaining() / 8).map_or(MOST_ROOM, |values| values.min(MOST_ROOM));
        let mut store = Store::with_room(values);
        if reading.inventory {
            store.keep_more();
        }
        Self {
            input,
            store,
            names: Names::default(),
            reading,
            stack: Vec::with_capacity(values / 2),
            marks: Vec::new(),
            memo: Memo::with_room(values),
            protocol: 0,
            highest_protocol: 0,
            operations: 0,
            opcodes: [0; 4],
            most_operations: u64::MAX,
            calls: 0,
            acts: 0,
            plausible_calls: 0,
            plausible_imports: 0,
            structure: 0,
            arrays: 0,
            faults: Vec::new(),
            facts: Vec::new(),
            inner: Vec::new(),
            told: FxHashSet::default(),
            imports: Imports::default(),
            is_cut: false,
            ends_in_array: false,
            extensions: HashMap::new(),
            class_states: HashMap::new(),
            persistent_types: Vec::new(),
            item_takers: Vec::new(),
            has_foreign_ids: false,
            storages: Storages::new(),
            array_files: BTreeSet::new(),
            steps: 200_000,
            region: ByteRegion::default(),
        }
    }

    /// Runs to the end of the stream, or through as many operations.
    pub(super) fn run(mut self, most_operations: u64) -> Outcome {
        self.most_operations = most_operations;
        loop {
            if self.operations >= most_operations {
                return self.finish(StreamEnd::Limit, None, Value::Unknown);
            }
            let halt = match operand::next(&mut self.input) {
                Ok(Operation { code: op::STOP, .. }) => {
                    self.count(op::STOP);
                    match self.pop() {
                        Ok(_) if self.reading.goes_on && self.input.remaining() > 0 => {
                            self.stack.clear();
                            self.marks.clear();
                            continue;
                        }
                        Ok(top) => return self.finish(StreamEnd::Stop, None, top),
                        Err(halt) => halt,
                    }
                }
                Ok(operation) => match self.step(operation) {
                    Ok(()) => continue,
                    Err(halt) => halt,
                },
                Err(halt) => halt,
            };
            return match halt {
                Halt::Truncated => {
                    let fault = if self.ends_in_array {
                        "an array has fewer bytes than its shape"
                    } else {
                        "it ends too early"
                    };
                    self.finish(StreamEnd::Truncated, Some(fault), Value::Unknown)
                }
                Halt::Invalid(fault) => self.finish(StreamEnd::Invalid, Some(fault), Value::Unknown),
            };
        }
    }

    fn finish(mut self, end: StreamEnd, fault: Option<&'static str>, top: Value) -> Outcome {
        let result = if self.reading.inventory { self.datum(top) } else { Datum::Unknown };
        let tensors = if self.reading.inventory { self.tensors(top) } else { Vec::new() };
        let listed = if self.reading.storages { self.texts_in_list(top) } else { Vec::new() };
        let overlong = self.input.overlong_frame.filter(|_| end == StreamEnd::Stop);
        Outcome {
            stream: PickleStream {
                protocol: self.highest_protocol,
                opcodes: self.opcodes,
                operations: self.operations,
                end,
                result,
                imports: self.names.imported().cloned().collect(),
                persistent_types: std::mem::take(&mut self.persistent_types),
                item_takers: std::mem::take(&mut self.item_takers),
                has_foreign_ids: self.has_foreign_ids,
            },
            fault,
            end: self.input.position(),
            facts: self.facts,
            inner: self.inner,
            calls: self.calls,
            acts: self.acts,
            plausible_calls: self.plausible_calls,
            plausible_imports: self.plausible_imports,
            structure: self.structure,
            frame_fault: self.input.crossed.or(overlong),
            arrays: self.arrays,
            faults: self.faults,
            is_cut: self.is_cut || self.names.is_full(),
            failure: self.input.failure.take(),
            tensors,
            top,
            storages: self.storages,
            listed,
            array_files: self.array_files,
        }
    }

    /// How many values lie on the stack, marks included.
    pub(super) fn depth(&self) -> usize {
        self.stack.len() + self.marks.len()
    }

    fn count(&mut self, code: u8) {
        self.operations += 1;
        self.opcodes[usize::from(code >> 6)] |= 1 << (code & 63);
    }

    /// Does one operation other than `STOP`.
    #[inline]
    pub(super) fn step(&mut self, operation: Operation) -> Result<(), Halt> {
        self.count(operation.code);
        self.steps = self.steps.saturating_add(STEPS_PER_OPERATION);
        let value = match operation.code {
            op::PUT | op::BINPUT | op::LONG_BINPUT => return self.put(operation.operand),
            op::MEMOIZE => {
                let top = self.top()?;
                self.memo.add(top);
                return Ok(());
            }
            op::GET | op::BINGET | op::LONG_BINGET => return self.get(operation.operand),
            op::BININT1 | op::BININT2 | op::BININT | op::INT | op::LONG | op::LONG1 | op::LONG4 => {
                self.integer(&operation)
            }
            op::BINFLOAT | op::FLOAT => match operation.operand {
                Operand::Float(value) => Value::Float(value),
                _ => return Err(UNREADABLE),
            },
            op::SHORT_BINUNICODE | op::BINUNICODE | op::BINUNICODE8 | op::SHORT_BINSTRING | op::BINSTRING => {
                let span = spanned(operation.operand)?;
                self.text_seen(operation.at, span);
                if matches!(operation.code, op::SHORT_BINSTRING | op::BINSTRING) {
                    self.bytes_seen(operation.at, span);
                }
                Value::Text { length: short(span.length), at: span.at }
            }
            op::NONE => Value::None,
            op::NEWTRUE => Value::Bool(true),
            op::NEWFALSE => Value::Bool(false),
            op::EMPTY_TUPLE => NO_ITEMS,
            op::EMPTY_LIST => Value::List(self.store.container(&[])),
            op::EMPTY_DICT => Value::Dict(self.store.container(&[])),
            op::EMPTY_SET => Value::Set(self.store.container(&[])),
            op::MARK => {
                self.marks.push(self.stack.len());
                return Ok(());
            }
            _ => return self.less_common(operation),
        };
        self.stack.push(value);
        Ok(())
    }

    fn less_common(&mut self, operation: Operation) -> Result<(), Halt> {
        self.region = ByteRegion::new(operation.at, operation.end);
        let value = match operation.code {
            op::SHORT_BINBYTES | op::BINBYTES | op::BINBYTES8 | op::BYTEARRAY8 => {
                let span = spanned(operation.operand)?;
                self.bytes_seen(operation.at, span);
                Value::Bytes { length: short(span.length), at: span.at, mutable: operation.code == op::BYTEARRAY8 }
            }
            op::STRING => {
                let span = spanned(operation.operand)?;
                self.string_seen(operation.at, span);
                self.written(span, |bytes| {
                    let read = operand::string_escapes(bytes)?;
                    Ok(read.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
                })?
            }
            op::UNICODE => self.written(spanned(operation.operand)?, operand::raw_unicode_escapes)?,
            op::NEXT_BUFFER => {
                self.fault(operation.at, "bytes that lie outside of the file (an out-of-band buffer)");
                Value::Buffer
            }
            op::DUP => self.top()?,
            op::POP => return self.pop_or_unmark(),
            op::POP_MARK => {
                let start = self.marked()?;
                self.stack.truncate(start);
                return Ok(());
            }
            op::PROTO => return self.proto(operation.operand),
            op::FRAME => return Ok(()),
            op::READONLY_BUFFER => return self.top().map(|_| ()),
            _ => {
                self.structure += 1;
                return self.structural(operation);
            }
        };
        self.stack.push(value);
        Ok(())
    }

    /// The value of an opcode that pushes an integer.
    fn integer(&mut self, operation: &Operation) -> Value {
        match operation.operand {
            Operand::Int(value) => Value::Int(value),
            Operand::True => Value::Bool(true),
            Operand::False => Value::Bool(false),
            Operand::LargeInt(span) => {
                if matches!(operation.code, op::INT | op::LONG) && span.length > MOST_DIGITS {
                    self.fault(operation.at, "an integer of more digits than Python 3.11 reads");
                }
                Value::LargeInt { length: short(span.length), at: span.at }
            }
            _ => Value::Unknown,
        }
    }

    /// Notes what some loaders cannot go on after.
    pub(super) fn fault(&mut self, at: u64, fault: &'static str) {
        if !self.faults.iter().any(|(_, other)| *other == fault) {
            self.faults.push((at, fault));
        }
    }

    /// A text on a line, with its escapes read.
    fn written(&mut self, span: Span, unescape: impl Fn(&[u8]) -> Result<Option<String>, Halt>) -> Result<Value, Halt> {
        let plain = Value::Text { length: short(span.length), at: span.at };
        if span.length > super::store::MADE_BYTES as u64 {
            return Ok(plain);
        }
        let text = unescape(&self.input.bytes(span))?;
        Ok(text.map_or(plain, |text| self.store.made_text(&text, false)))
    }

    fn structural(&mut self, operation: Operation) -> Result<(), Halt> {
        match operation.code {
            op::TUPLE1 => self.small_tuple(1),
            op::TUPLE2 => self.small_tuple(2),
            op::TUPLE3 => self.small_tuple(3),
            op::TUPLE | op::LIST | op::FROZENSET => self.collect(operation.code),
            op::DICT => {
                let start = self.marked()?;
                if !(self.stack.len() - start).is_multiple_of(2) {
                    return Err(Halt::Invalid("a dictionary with a key that has no value"));
                }
                let dict = self.store.container(&[]);
                self.stack.insert(start, Value::Dict(dict));
                self.set_items(start + 1)
            }
            op::APPEND => self.append(self.stack.len().wrapping_sub(1)),
            op::APPENDS => {
                let start = self.marked()?;
                self.append(start)
            }
            op::ADDITEMS => {
                let start = self.marked()?;
                self.add_items(start)
            }
            op::SETITEM => self.set_items(self.stack.len().wrapping_sub(2)),
            op::SETITEMS => {
                let start = self.marked()?;
                self.set_items(start)
            }
            op::GLOBAL => {
                let number = self.global(operation.operand)?;
                self.stack.push(Value::Global(number));
                Ok(())
            }
            op::STACK_GLOBAL => self.stack_global(),
            op::EXT1 | op::EXT2 | op::EXT4 => self.extension(operation.operand),
            op::PERSID | op::BINPERSID => self.persistent(operation.at, operation.operand),
            op::BUILD => self.build(),
            _ => self.calling(operation),
        }
    }

    fn calling(&mut self, operation: Operation) -> Result<(), Halt> {
        let (callable, arguments, keywords, opcode) = match operation.code {
            op::REDUCE | op::NEWOBJ => {
                let arguments = self.pop()?;
                let opcode = if operation.code == op::REDUCE { CallOpcode::Reduce } else { CallOpcode::NewObj };
                (self.pop()?, arguments, Value::None, opcode)
            }
            op::NEWOBJ_EX => {
                let keywords = self.pop()?;
                let arguments = self.pop()?;
                (self.pop()?, arguments, keywords, CallOpcode::NewObjEx)
            }
            op::INST => {
                let start = self.marked()?;
                let number = self.global(operation.operand)?;
                let arguments = self.store.tuple(&self.stack[start..]);
                self.stack.truncate(start);
                (Value::Global(number), arguments, Value::None, CallOpcode::Inst)
            }
            op::OBJ => {
                let start = self.marked()?;
                let class = *self.stack.get(start).ok_or(UNDERFLOW)?;
                let arguments = self.store.tuple(&self.stack[start + 1..]);
                self.stack.truncate(start);
                (class, arguments, Value::None, CallOpcode::Obj)
            }
            _ => return Err(Halt::Invalid("an unknown opcode")),
        };
        if is_plain(callable) || matches!(callable, Value::List(_) | Value::Tuple { .. }) {
            return Err(Halt::Invalid("a call of something that cannot be called"));
        }
        if matches!(arguments, Value::None | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::LargeInt { .. })
        {
            return Err(Halt::Invalid("arguments that are no tuple"));
        }
        let result = self.call(opcode, callable, arguments, keywords);
        self.stack.push(result);
        Ok(())
    }

    fn proto(&mut self, operand: Operand) -> Result<(), Halt> {
        match operand {
            Operand::Int(protocol @ 0..=5) => {
                self.protocol = protocol as u8;
                self.highest_protocol = self.highest_protocol.max(self.protocol);
                Ok(())
            }
            _ => Err(Halt::Invalid("a protocol that does not exist")),
        }
    }

    fn persistent(&mut self, at: u64, operand: Operand) -> Result<(), Halt> {
        let id = match operand {
            Operand::Span(span) => Value::Text { length: short(span.length), at: span.at },
            _ => self.pop()?,
        };
        self.note_persistent(id);
        if self.reading.storages {
            self.note_storage(id, at);
        }
        if let Some(class) = self.stored_class(id) {
            self.has_foreign_ids = true;
            self.stack.push(class);
            return Ok(());
        }
        let node = self.store.node(Origin::Call, id, Value::None);
        self.stack.push(Value::Persistent(node));
        Ok(())
    }

    /// Before version 1.6 PyTorch stored classes as `("module", class, file, source)`, and its loader gives the class.
    fn stored_class(&self, id: Value) -> Option<Value> {
        let (items, _) = self.store.items(id)?;
        let (kind, class) = (*items.first()?, *items.get(1)?);
        let is_module = self.name_text(kind).is_some_and(|kind| kind == "module");
        (is_module && matches!(class, Value::Global(_))).then_some(class)
    }

    fn build(&mut self) -> Result<(), Halt> {
        let state = self.pop()?;
        let target = self.top()?;
        if (is_plain(target) || matches!(target, Value::List(_))) && matches!(state, Value::Dict(_)) {
            return Err(Halt::Invalid("a state for something that has none"));
        }
        self.state_given(target, state);
        self.check_array(target, state);
        if self.reading.arrays && self.is_array_wrapper(target) {
            let array = self.array_behind(target, state)?;
            if let Some(top) = self.stack.last_mut() {
                *top = array;
            }
        }
        Ok(())
    }
}

/// Room for so many values is made at first, whatever is left to read.
const MOST_ROOM: usize = 16 << 10;

/// Each operation adds so many steps of folding, so that all work stays linear.
const STEPS_PER_OPERATION: u64 = 2;

/// A length as values keep it.
fn short(length: u64) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn spanned(operand: Operand) -> Result<Span, Halt> {
    match operand {
        Operand::Span(span) => Ok(span),
        _ => Err(UNREADABLE),
    }
}

const UNREADABLE: Halt = Halt::Invalid("an operand that cannot be read");

/// Decimal integers with more digits are refused since Python 3.11 (and 3.10.7).
const MOST_DIGITS: u64 = 4300;
