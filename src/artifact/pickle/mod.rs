//! Pickle streams: bare, several in a row, joblib's with arrays between the opcodes, PyTorch's legacy files.
//!
//! Comes in: a window. Goes out: facts (`streams`), whether bytes are a pickle (`detect`), lines for people
//! (`disassemble`). Bytes become operations (`input`, `opcode`, `operand`); `machine` does them on symbolic values (`store`,
//! `memo`, `names`); `fold` sees through names that are put together (`meaning`, `attribute`, `method`, `codec`); `tell` and
//! `datum` make facts. Nothing is unpickled.

mod arrays;
mod attribute;
mod codec;
mod compat;
mod datum;
mod detect;
mod disassemble;
mod fold;
mod inner;
mod input;
mod machine;
mod meaning;
mod memo;
mod method;
mod names;
mod opcode;
mod operand;
mod store;
mod streams;
#[cfg(test)]
mod techniques;
mod tell;
mod tensors;
mod weight;

pub(super) use detect::{is_pickle, is_pickle_at, is_stream, may_begin, may_go_on, runs_as_pickle};
pub use disassemble::disassemble;
pub(super) use streams::{examine, is_legacy_checkpoint};
