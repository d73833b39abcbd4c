//! Reading Python: bytes to text to facts. A parser does not judge.

mod codecs;
pub mod decode;
pub mod guard;
mod nesting;
pub mod source;
