//! What the user typed, as we mean it: [`RawConfig`] layers to [`Settings`].
//!
//! Comes in: `loadlint.toml`, `.loadlint.toml` or `[tool.loadlint]` of `pyproject.toml`, the nearest above each file,
//! and what the command line says. Goes out: one [`Settings`] a configuration file, shared by all files it governs.
//! Every error points into the user's file. Called by `cli` and `server`.

mod choice;
mod globs;
mod parse;
mod place;
mod raw;
mod register;
mod resolver;
mod rule_files;
mod schema;
mod settings;

pub use crate::text::nearest;
pub use globs::{DEFAULT_EXCLUDE, absolute};
pub use place::{ConfigError, ConfigFile, Given, Place};
pub use raw::{
    KEYS, LevelChoice, LevelEntry, OutputFormat, PerFileEntry, RawConfig, RawSuppressions, SUPPRESSION_KEYS, Word,
};
pub use register::{OpenTexts, REGISTER_PLACES, ThreatRegister};
pub use resolver::{ConfigSource, Resolver};
pub use schema::schema;
pub use settings::{Comments, MANIFEST, RunWide, Setting, Settings};
