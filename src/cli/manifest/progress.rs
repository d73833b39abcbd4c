//! A bar of bytes on a terminal's standard error, once the run lasts.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::args::ManifestRun;
use crate::engine::manifest::Heard;

const FIRST_AFTER: Duration = Duration::from_millis(500);
const EVERY: Duration = Duration::from_millis(100);
const WIDTH: u64 = 24;

/// What was heard so far.
#[derive(Debug)]
pub(super) struct Bar {
    shown: bool,
    start: Instant,
    total: (AtomicU64, AtomicU64),
    done: (AtomicU64, AtomicU64),
    last: Mutex<(Instant, bool)>,
}

impl Bar {
    /// Starts the clock.
    pub(super) fn new(run: &ManifestRun) -> Self {
        let shown = !run.quiet && !run.no_progress && io::stderr().is_terminal();
        let now = Instant::now();
        let zero = || (AtomicU64::new(0), AtomicU64::new(0));
        Self { shown, start: now, total: zero(), done: zero(), last: Mutex::new((now, false)) }
    }

    /// Hears something, from any thread.
    pub(super) fn hear(&self, heard: Heard) {
        match heard {
            Heard::Total(files, bytes) => {
                self.total.0.store(files, Ordering::Relaxed);
                self.total.1.store(bytes, Ordering::Relaxed);
            }
            Heard::File => {
                self.done.0.fetch_add(1, Ordering::Relaxed);
            }
            Heard::Bytes(bytes) => {
                self.done.1.fetch_add(bytes, Ordering::Relaxed);
            }
        }
        if self.shown {
            self.draw();
        }
    }

    fn draw(&self) {
        let Ok(mut last) = self.last.try_lock() else { return };
        if last.0.elapsed() < if last.1 { EVERY } else { FIRST_AFTER } {
            return;
        }
        let read =
            |numbers: &(AtomicU64, AtomicU64)| (numbers.0.load(Ordering::Relaxed), numbers.1.load(Ordering::Relaxed));
        let line = line(read(&self.done), read(&self.total), self.start.elapsed());
        let _ = write!(io::stderr().lock(), "\r{line}\x1b[K");
        *last = (Instant::now(), true);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        if self.last.lock().is_ok_and(|last| last.1) {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}

fn line((files, bytes): (u64, u64), (all_files, all_bytes): (u64, u64), elapsed: Duration) -> String {
    let full = (bytes * WIDTH).checked_div(all_bytes).unwrap_or(0).min(WIDTH) as usize;
    let rate = (bytes as f64 / elapsed.as_secs_f64().max(0.001)) as u64;
    let (bar, rest) = ("#".repeat(full), "-".repeat(WIDTH as usize - full));
    format!("[{bar}{rest}] {files} of {all_files} files, {} of {}, {}/s", size(bytes), size(all_bytes), size(rate))
}

/// `1.5 GB`.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    match UNITS.iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_is_full_at_the_end_and_holds_for_nothing() {
        assert!(
            line((1, 500), (2, 1_000), Duration::from_secs(1))
                .starts_with("[############------------] 1 of 2 files, 500 B of 1.0 kB")
        );
        assert!(line((2, 1_000), (2, 1_000), Duration::from_secs(1)).starts_with("[########################]"));
        assert!(line((0, 0), (0, 0), Duration::ZERO).starts_with("[------------------------] 0 of 0"));
    }
}
