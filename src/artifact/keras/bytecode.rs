//! Marshalled functions in base64, as Lambda layers carry them.

use super::super::base64;

/// Bytes that are looked at for names.
const MAX_LOOKED_AT: usize = 1 << 20;
const MAX_NAMES: usize = 8;

/// Whether `text` is a marshalled code object in base64; if so, the names it uses, as words to follow in a message.
pub(super) fn names(text: &str) -> Option<String> {
    let text = text.trim_start();
    // The type byte `c`, with or without the flag of a reference.
    if !text.starts_with("4w") && !text.starts_with("Yw") {
        return None;
    }
    let bytes = base64::decode(&text[..text.floor_char_boundary(MAX_LOOKED_AT)])?;
    // Behind the type: the number of arguments, as 32 bits.
    let [b'c' | 0xE3, arguments, 0, 0, 0, ..] = bytes[..] else { return None };
    if arguments > 64 || bytes.len() < 40 {
        return None;
    }
    let mut names: Vec<&str> = Vec::new();
    for at in 0..bytes.len() {
        if let Some(name) = short_text(&bytes, at).filter(|name| is_telling(name)) {
            if names.len() == MAX_NAMES {
                break;
            }
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    Some(if names.is_empty() { String::new() } else { format!(" with `{}`", names.join("`, `")) })
}

/// A short ASCII text as `marshal` writes it: its type, its length, its bytes.
fn short_text(bytes: &[u8], at: usize) -> Option<&str> {
    let [b'z' | b'Z' | 0xFA | 0xDA, length, rest @ ..] = bytes.get(at..)? else { return None };
    let text = std::str::from_utf8(rest.get(..usize::from(*length))?).ok()?;
    (length > &1 && text.bytes().all(|byte| (32..127).contains(&byte))).then_some(text)
}

fn is_telling(name: &str) -> bool {
    !name.starts_with('<') && !name.ends_with(".py") && name != "None"
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn a_lambda_is_known_by_its_code() {
        // `lambda x: x * 2`, marshalled by Python 3.11.
        let code = "4wEAAAAAAAAAAAAAAAIAAAADAAAA8wwAAACXAHwAZAF6BQAAUwCpAk7pAgAAAKkAqQHaAXhzAQAA\nACD6Ci90bXAva2IucHn6CDxsYW1iZGE+cggAAAAbAAAAcwoAAACAALBBsGGxQ4AA8wAAAAA=\n";
        assert_eq!(names(code).as_deref(), Some(""));
        assert_eq!(names("4wordsthatarenobytecodeandgoonforawhile"), None);
    }
}
