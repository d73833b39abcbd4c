//! loadlint finds the places where loading a machine-learning model, dataset or tokenizer would execute code.
//! Nothing is ever executed or unpickled to find out.
//!
//! Data flows one way: `discover -> disk -> python -> fact -> rules::matching -> suppress -> engine -> report -> cli`.
//! `docs/architecture.md` is the map; `tests/layering.rs` holds it.

pub mod artifact;
pub mod bytes;
pub mod cli;
pub mod config;
pub mod discover;
pub mod disk;
pub mod engine;
pub mod fact;
pub mod finding;
pub mod fix;
pub mod limits;
pub mod manifest;
pub mod python;
pub mod report;
pub mod rules;
pub mod script;
pub mod server;
pub mod suppress;
pub mod text;
