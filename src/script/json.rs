//! `["program", "--option"]`: a command as a list of words, as Docker reads it.

use crate::fact::Word;
use crate::text::Region;

/// The words of the list that is all of `region`; `None` if it is none.
pub(super) fn words(text: &str, region: Region) -> Option<Vec<Word>> {
    let part = text.get(region.range())?;
    let bytes = part.as_bytes();
    if bytes.first() != Some(&b'[') || !part.trim_end().ends_with(']') {
        return None;
    }
    let mut words = Vec::new();
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                let (content, end) = string(part, at)?;
                let region = Region::new(region.start + at as u32, region.start + end as u32);
                words.push(Word { region, text: content, by_default: None });
                at = end;
            }
            b']' => return Some(words),
            b',' | b' ' | b'\t' | b'\r' | b'\n' => at += 1,
            _ => return None,
        }
    }
    None
}

/// A string that begins at `at`, and where it ends. Escapes of letters stay as they are.
fn string(part: &str, at: usize) -> Option<(String, usize)> {
    let bytes = part.as_bytes();
    let mut content = String::new();
    let mut from = at + 1;
    let mut here = from;
    while let Some(byte) = bytes.get(here) {
        match byte {
            b'"' => {
                content.push_str(&part[from..here]);
                return Some((content, here + 1));
            }
            b'\\' => {
                content.push_str(&part[from..here]);
                from = here + 1;
                here = from + part[from..].chars().next().map_or(1, char::len_utf8);
            }
            _ => here += 1,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_words_in_quotes_only() {
        let texts = |text: &str| {
            let words = words(text, Region::new(0, text.len() as u32))?;
            Some(words.into_iter().map(|word| word.text).collect::<Vec<_>>())
        };
        assert_eq!(
            texts(r#"["vllm", "a \"b\"", "é"]"#).as_deref(),
            Some(&["vllm", "a \"b\"", "é"].map(String::from)[..])
        );
        assert_eq!(texts("[]").as_deref(), Some(&[][..]));
        for wrong in ["[ -f x ]", "['a']", "[\"a", "[\"a\"", "x", "", "[", "[\"a\\"] {
            assert_eq!(texts(wrong), None, "{wrong}");
        }
    }
}
