//! Standard streams: colours, progress, messages.

use std::env;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anstream::{AutoStream, ColorChoice};

use super::args::ColorWord;
use crate::report::{Colour, visible};

/// Whether standard output gets colours. `--color` is stronger than NO_COLOR, NO_COLOR than FORCE_COLOR and
/// CLICOLOR_FORCE, and these than whether it is a terminal.
pub(super) fn colour(word: ColorWord) -> Colour {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0");
    let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match word {
        ColorWord::Always => Colour::On,
        ColorWord::Never => Colour::Off,
        ColorWord::Auto if no_colour => Colour::Off,
        ColorWord::Auto if set("FORCE_COLOR") => Colour::On,
        ColorWord::Auto => match AutoStream::choice(&io::stdout()) {
            ColorChoice::Always | ColorChoice::AlwaysAnsi => Colour::On,
            ColorChoice::Never | ColorChoice::Auto => Colour::Off,
        },
    }
}

/// Writes a finished text to standard output; on old Windows consoles colours become calls.
pub(super) fn print(text: &[u8], colour: Colour) -> io::Result<()> {
    let choice = match colour {
        Colour::On => ColorChoice::Always,
        // Nothing in the text is a sequence, and nothing is to be taken away from JSON.
        Colour::Off => ColorChoice::AlwaysAnsi,
    };
    let mut out = AutoStream::new(io::stdout().lock(), choice);
    out.write_all(text)?;
    out.flush()
}

/// A message about the run itself, on standard error.
pub(super) fn say(word: &str, message: &str) {
    let lines: Vec<_> = message.lines().map(|line| visible(line).into_owned()).collect();
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr().lock(), "{word}: {}", lines.join("\n"));
}

/// A sentence about the run, on standard error.
pub(super) fn note(message: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", visible(message));
}

/// What keeps the run from starting.
pub(super) fn say_error(message: &str) {
    say("error", message);
}

/// A line that counts, on a terminal and once the run lasts.
#[derive(Debug)]
pub(super) struct Progress {
    total: usize,
    shown: bool,
    last: Mutex<(Instant, bool)>,
}

const FIRST_AFTER: Duration = Duration::from_secs(1);
const EVERY: Duration = Duration::from_millis(100);

impl Progress {
    /// Starts the clock; `wanted` is false if the user asked for silence.
    pub(super) fn new(total: usize, wanted: bool) -> Self {
        let shown = wanted && io::stderr().is_terminal();
        Self { total, shown, last: Mutex::new((Instant::now(), false)) }
    }

    /// Tells that `done` are done; cheap, and silent most of the time.
    pub(super) fn tell(&self, done: usize) {
        if !self.shown {
            return;
        }
        let Ok(mut last) = self.last.try_lock() else { return };
        let wait = if last.1 { EVERY } else { FIRST_AFTER };
        if last.0.elapsed() >= wait {
            let _ = write!(io::stderr().lock(), "\rchecked {done} of {} files", self.total);
            *last = (Instant::now(), true);
        }
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        if self.last.lock().is_ok_and(|last| last.1) {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
