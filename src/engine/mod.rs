//! The pipelines. `check` takes one source text, `run` many of them in parallel.

pub mod check;
pub mod run;
mod source;
