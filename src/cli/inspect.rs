//! `loadlint inspect`.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;

use super::Exit;
use super::args::{InspectArguments, InspectFormat};
use super::inputs::{STDIN_NAME, silently};
use super::outcome::write;
use crate::artifact::{Detail, disassemble, examine};
use crate::bytes::Window;
use crate::disk::{Ceiling, open_input, read_stream};
use crate::finding::InputName;
use crate::limits::Limits;
use crate::report::{Colour, visible, write_inventory, write_inventory_json};
use crate::rules::artifact::{Globals, answer_weights_only};

pub(super) fn inspect(arguments: &InspectArguments) -> anyhow::Result<Exit> {
    let limits = Limits::default();
    let (name, content) = open(&arguments.file, &limits)?;
    let file_name = name.path().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut text = Vec::new();
    let facts = silently(|| examine(&content, &file_name, &limits, Detail::Inventory));
    if arguments.disassemble {
        let mut put = |line: &str| {
            // Memory takes every line.
            let _ = writeln!(text, "{}", visible(line));
        };
        disassemble(&content, &file_name, &limits, &mut put);
    } else {
        let answer = answer_weights_only(&facts, Globals::builtin());
        match arguments.output_format {
            InspectFormat::Text => write_inventory(&name, &facts, answer.as_ref(), &mut text)?,
            InspectFormat::Json => write_inventory_json(&name, &facts, answer.as_ref(), &mut text)?,
        }
    }
    write(arguments.output_file.as_deref(), &text, Colour::Off)?;
    Ok(if facts.gaps.is_empty() { Exit::Clean } else { Exit::Failed })
}

fn open(file: &Path, limits: &Limits) -> anyhow::Result<(InputName, Window)> {
    if file.as_os_str() == "-" {
        let ceiling = Ceiling { bytes: limits.max_stream_bytes, key: "max-stream-bytes" };
        let bytes = read_stream(&mut io::stdin().lock(), ceiling).context("cannot read standard input")?;
        return Ok((InputName::new(STDIN_NAME), Window::from(bytes)));
    }
    let open = open_input(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok((InputName::new(file), open.window()))
}
