//! `loadlint server`: the language server on standard input and output.

use std::io;

use super::Exit;
use super::settings::{current_folder, today};
use crate::server::{Ended, serve};

pub(super) fn server() -> anyhow::Result<Exit> {
    Ok(match serve(io::stdin(), io::stdout(), current_folder()?, today)? {
        Ended::Properly => Exit::Clean,
        // As the protocol asks: `exit` without `shutdown` ends with 1.
        Ended::Abruptly => Exit::Findings,
    })
}
