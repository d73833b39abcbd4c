//! The pipelines. `check` takes one source text, `scan` one artifact, `run` many of either in parallel.

pub mod baseline;
mod beside;
mod by_register;
pub mod check;
mod excuse;
pub mod line_hashes;
mod loads;
pub mod manifest;
mod parallel;
pub mod register;
pub mod run;
pub mod scan;
mod script;
mod source;
pub mod write_comments;
