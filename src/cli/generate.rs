//! `loadlint completions` and `loadlint man`: what follows from the arguments themselves.

use anyhow::{Context as _, bail};
use clap::{Command, CommandFactory as _};

use super::Exit;
use super::args::{Arguments, CompletionArguments, ManArguments};
use super::outcome::write;
use crate::report::Colour;

/// The completions of one shell.
pub(super) fn completions(arguments: &CompletionArguments) -> anyhow::Result<Exit> {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), "loadlint", &mut text);
    write(None, &text, Colour::Off)?;
    Ok(Exit::Clean)
}

/// The manual page of the program, or of one of its commands.
pub(super) fn man(arguments: &ManArguments) -> anyhow::Result<Exit> {
    let mut whole = Arguments::command();
    whole.build();
    let command = match &arguments.command {
        None => whole,
        Some(name) => page(&whole, name)?,
    };
    let mut text = Vec::new();
    clap_mangen::Man::new(command).render(&mut text).context("the page cannot be made")?;
    write(None, &text, Colour::Off)?;
    Ok(Exit::Clean)
}

fn page(whole: &Command, name: &str) -> anyhow::Result<Command> {
    let Some(command) = whole.get_subcommands().find(|command| command.get_name() == name) else {
        let names: Vec<_> = whole.get_subcommands().map(Command::get_name).filter(|name| *name != "help").collect();
        bail!("there is no command `{name}`; there are {}", names.join(", "));
    };
    Ok(command.clone().version(env!("CARGO_PKG_VERSION")))
}
