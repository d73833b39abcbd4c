//! `loadlint completions` and `loadlint man`: what follows from the arguments themselves.

use std::io::{self, Write as _};

use anyhow::{Context as _, bail};
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

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
    let mut command = &whole;
    for name in &arguments.command {
        command = below(command, name)?;
    }
    let text = page(command).context("the page cannot be made")?;
    write(None, &text, Colour::Off)?;
    Ok(Exit::Clean)
}

fn below<'c>(command: &'c Command, name: &str) -> anyhow::Result<&'c Command> {
    let commands: Vec<_> = command.get_subcommands().filter(|one| one.get_name() != "help").collect();
    if let Some(found) = commands.iter().find(|one| one.get_name() == name) {
        return Ok(found);
    }
    let names: Vec<_> = commands.iter().map(|one| one.get_name()).collect();
    match names.as_slice() {
        [] => bail!("`{}` has no commands of its own", command.get_name()),
        names => bail!("there is no command `{name}`; there are {}", names.join(", ")),
    }
}

fn page(command: &Command) -> io::Result<Vec<u8>> {
    let version = env!("CARGO_PKG_VERSION");
    let name = command.get_display_name().unwrap_or(command.get_name());
    let mut shown = command.clone().version(version);
    if shown.find_subcommand("help").is_some() {
        // It has no page.
        shown = shown.mut_subcommand("help", |help| help.hide(true));
    }
    let man = Man::new(shown);
    let mut text = Vec::new();
    // The title by `Man` leaves an empty date out, and the version stands in its place.
    writeln!(text, ".TH {name} 1 \"\" \"loadlint {version}\" \"loadlint\"")?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut text)?;
    }
    let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    text.extend(after.split("\n\n").map(section).collect::<String>().into_bytes());
    Ok(text)
}

/// A paragraph behind the options, which its first line may name, with its lines as they are: examples are to be copied.
fn section(paragraph: &str) -> String {
    let (title, lines) = match paragraph.split_once('\n') {
        Some(("Examples:", lines)) => ("EXAMPLES", lines),
        Some(("Exit codes:", lines)) => ("EXIT STATUS", lines),
        _ => ("NOTES", paragraph),
    };
    if lines.trim().is_empty() {
        return String::new();
    }
    let lines: String = lines.lines().map(|line| format!("\\&{}\n", literal(line))).collect();
    format!(".SH \"{title}\"\n.nf\n{lines}.fi\n")
}

/// Characters that roff would set as others.
fn literal(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\\' => text.push_str("\\e"),
            '-' => text.push_str("\\-"),
            '\'' => text.push_str("\\(aq"),
            '`' => text.push_str("\\(ga"),
            '^' => text.push_str("\\(ha"),
            '~' => text.push_str("\\(ti"),
            c => text.push(c),
        }
    }
    text
}
