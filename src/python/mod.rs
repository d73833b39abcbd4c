//! Reading Python: bytes to text to facts. A parser does not judge.

mod active;
mod bound;
mod bounds;
mod codecs;
pub mod decode;
mod dictionaries;
pub mod edit;
mod explain;
mod facts;
mod flow;
pub mod guard;
mod magics;
mod model;
mod names;
mod nesting;
pub mod notebook;
mod objects;
mod operators;
mod options;
mod params;
pub mod parse;
mod reached;
mod restrict;
mod results;
pub mod source;
mod thing;
mod values;
mod words;

pub use facts::{Incomplete, extract};
