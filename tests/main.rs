//! One test binary for everything that is seen from outside.

mod advisories;
mod bandit_examples;
mod commands;
mod config;
mod decisions;
mod fixes;
mod generated_pages;
mod honest_pickles;
mod hostile_source;
mod layering;
mod manifest;
mod pickle_oracle;
mod repetition;
mod reports;
mod samples;
mod scripts;
mod server;
mod sites;
mod support;
mod suppressions;
mod write_comments;
