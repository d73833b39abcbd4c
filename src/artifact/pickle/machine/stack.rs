//! The stack, its marks and the memo.

use super::super::operand::{Halt, Operand};
use super::super::store::Value;
use super::{Machine, NOT_IN_MEMO};

pub(super) const UNDERFLOW: Halt = Halt::Invalid("nothing on the stack where something is needed");

impl Machine<'_> {
    pub(super) fn fence(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    pub(super) fn pop(&mut self) -> Result<Value, Halt> {
        if self.stack.len() <= self.fence() {
            return Err(UNDERFLOW);
        }
        self.stack.pop().ok_or(UNDERFLOW)
    }

    pub(in super::super) fn top(&self) -> Result<Value, Halt> {
        if self.stack.len() <= self.fence() {
            return Err(UNDERFLOW);
        }
        self.stack.last().copied().ok_or(UNDERFLOW)
    }

    /// Where the values above the last mark begin; the mark is gone then.
    pub(super) fn marked(&mut self) -> Result<usize, Halt> {
        self.marks.pop().ok_or(Halt::Invalid("no mark where one is needed"))
    }

    pub(super) fn pop_or_unmark(&mut self) -> Result<(), Halt> {
        if self.marks.last() == Some(&self.stack.len()) {
            self.marks.pop();
            return Ok(());
        }
        self.pop().map(|_| ())
    }

    pub(super) fn put(&mut self, operand: Operand) -> Result<(), Halt> {
        let top = self.top()?;
        let Operand::Int(number) = operand else { return Err(Halt::Invalid("a memo number that is none")) };
        let number = u64::try_from(number).map_err(|_| Halt::Invalid("a negative memo number"))?;
        self.memo.put(number, top);
        Ok(())
    }

    pub(super) fn get(&mut self, operand: Operand) -> Result<(), Halt> {
        let value = match operand {
            Operand::Int(number) => u64::try_from(number).ok().and_then(|number| self.memo.get(number)),
            _ => None,
        };
        self.stack.push(value.ok_or(Halt::Invalid(NOT_IN_MEMO))?);
        Ok(())
    }
}
