//! Hostile names and source lines must not steer the terminal that shows them.

use std::borrow::Cow;

/// `text` on one line with every control and direction character made visible; tabs stay.
pub fn visible(text: &str) -> Cow<'_, str> {
    // Nearly all texts are plain, and seen to be so byte by byte.
    let is_plain = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    if !text.as_bytes().iter().all(is_plain) && text.chars().any(|c| c != '\t' && stand_in(c).is_some()) {
        Cow::Owned(visible_with_offsets(text, &mut []))
    } else {
        Cow::Borrowed(text)
    }
}

/// The same; `offsets`, bytes of `text` in ascending order, become those of the result.
pub(super) fn visible_with_offsets(text: &str, offsets: &mut [usize]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut next = 0;
    for (at, c) in text.char_indices() {
        while offsets.get(next).is_some_and(|offset| *offset <= at) {
            offsets[next] = out.len();
            next += 1;
        }
        match stand_in(c).filter(|_| c != '\t') {
            Some(shown) => out.push_str(&shown),
            None => out.push(c),
        }
    }
    for offset in &mut offsets[next..] {
        *offset = out.len();
    }
    out
}

/// What is shown instead of a character that would not be seen or would do something.
fn stand_in(c: char) -> Option<String> {
    let code = u32::from(c);
    match code {
        // The pictures of control characters.
        0..0x20 => char::from_u32(0x2400 + code).map(String::from),
        0x7F => Some('\u{2421}'.to_string()),
        // C1 controls, marks and overrides of direction, invisible characters, line separators.
        0x80..=0x9F
        | 0xAD
        | 0x061C
        | 0x200B..=0x200F
        | 0x2028..=0x202E
        | 0x2060..=0x206F
        | 0xFEFF
        | 0xFFF9..=0xFFFB
        | 0xE0000..=0xE007F => Some(format!("\\u{{{code:x}}}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_is_left() {
        assert_eq!(visible("a\x1b[31m\u{202e}b\x07\r\n"), "a␛[31m\\u{202e}b␇␍␊");
        assert!(matches!(visible("plain é\t𝄞"), Cow::Borrowed(_)));
    }

    #[test]
    fn offsets_move_with_their_characters() {
        let mut offsets = [0, 1, 2, 9];
        let shown = visible_with_offsets("\x1bab", &mut offsets);
        assert_eq!((shown.as_str(), offsets), ("␛ab", [0, 3, 4, 5]));
    }
}
