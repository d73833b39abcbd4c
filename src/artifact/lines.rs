//! Lines of a text as Python's `str.splitlines` cuts them, which knows more line ends than most.
//!
//! Comes in: a text. Goes out: its lines. Called by those who say what Python makes of a text.

/// Beside `\n` and `\r\n`.
const MORE_LINE_ENDS: [char; 9] = ['\r', '\x0B', '\x0C', '\x1C', '\x1D', '\x1E', '\u{85}', '\u{2028}', '\u{2029}'];

/// The lines of `text`, without their ends.
pub(super) fn of(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split(MORE_LINE_ENDS))
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn lines_are_pythons() {
        let lines: Vec<&str> = of("a\r\nb\rc\x0Bd\x0Ce\u{85}f\u{2028}g\n").collect();
        assert_eq!(lines, ["a", "b", "c", "d", "e", "f", "g"]);
    }
}
