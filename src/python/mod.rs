//! Reading Python: bytes to text to facts. A parser does not judge.

mod codecs;
pub mod decode;
pub mod guard;
mod magics;
mod nesting;
pub mod notebook;
pub mod source;
