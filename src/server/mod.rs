//! The language server: what an editor says in, diagnostics and code actions out.
//!
//! `session` owns the threads and the state and hands each message to a file of `requests` or `notifications`;
//! `documents` are the open buffers, which count instead of the disk; `workspace` knows the settings and scans the disk;
//! `renewal` knows when settings hold no more; `files` tells what is said of registers and of files that nobody has open;
//! `convert` is the only place that knows the protocol's positions, and `edits` makes edits of several files. Called by the
//! command `server`.
//!
//! A client may say anything: what makes no sense is answered with an error or passed over, and the session goes on.

mod actions;
mod client;
mod convert;
mod documents;
mod edits;
mod files;
mod notifications;
mod renewal;
mod requests;
mod session;
mod transport;
mod uri;
mod words;
mod workspace;

pub use session::{Clock, Ended, Session, serve};
