//! Reading Python: bytes to text to facts. A parser does not judge.

pub mod source;
