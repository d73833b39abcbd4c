//! Kinds of files that are none of those read here, and known to hold nothing that runs: pictures, sound, films, fonts,
//! documents, tables of numbers, models of libraries whose files are numbers.
//!
//! Comes in: a file of no format that is read here. Goes out: whether it is known to be one of these. Called for files that
//! the user names, which are told if they are of no known kind at all.

use crate::bytes::Window;

use super::sniff::{extension, file_name};

/// Signatures, and where they stand.
const SIGNATURES: [(usize, &[u8]); 40] = [
    (0, b"\x89PNG\r\n\x1A\n"),
    (0, b"\xFF\xD8\xFF"),
    (0, b"GIF87a"),
    (0, b"GIF89a"),
    (8, b"WEBP"),
    (0, b"BM"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (0, b"\0\0\x01\0"),
    (0, b"8BPS"),
    (0, b"%PDF-"),
    (0, b"%!PS"),
    (8, b"WAVE"),
    (8, b"AVI "),
    (4, b"ftyp"),
    (0, b"\x1A\x45\xDF\xA3"),
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"ID3"),
    (0, b"\xFF\xFB"),
    (0, b"MThd"),
    (0, b"\0\x01\0\0"),
    (0, b"OTTO"),
    (0, b"wOFF"),
    (0, b"wOF2"),
    (0, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"),
    (8, b"ACON"),
    // Avro, ORC, Stata, SAS.
    (0, b"Obj\x01"),
    (0, b"ORC"),
    (0, b"<stata_dta>"),
    (12, b"\xC2\xEA\x81\x60\xB3\x14\x11\xCF"),
    (0, b"HEADER RECORD*******LIB"),
    // Weights of Core ML.
    (64, b"\xEF\xBE\xAD\xDE"),
    // NetCDF.
    (0, b"CDF\x01"),
    (0, b"CDF\x02"),
    (0, b"CDF\x05"),
    // IDL.
    (0, b"SR\0\x04"),
    // CatBoost.
    (0, b"CBM1"),
    // fastText.
    (0, b"\xBA\x16\x4F\x2F"),
    // Pieces of SentencePiece, of which the first is the unknown one.
    (0, b"\x0A\x0E\x0A\x05<unk>\x15"),
];
/// What a table of `LevelDB` ends with, in which TensorFlow lists its tensors. Their fields are looked at elsewhere.
const TABLE_END: [u8; 8] = 0xDB47_7524_8B80_FB57_u64.to_le_bytes();

/// Whether a file called `name` that starts with `head` is known to be none that runs anything.
pub(super) fn is_known(head: &[u8], content: &Window, name: &str) -> bool {
    let has = |(at, signature): &(usize, &[u8])| head.get(*at..).is_some_and(|rest| rest.starts_with(signature));
    SIGNATURES.iter().any(has)
        || is_word_vectors(head)
        || is_old_stata(head)
        || is_old_matlab(head)
        || is_table(content)
        || is_of_tensorflow(name)
}

/// Whether files of this name are empty by right: sources, texts, and those whose being there is all that they say.
pub(super) fn may_be_empty(name: &str) -> bool {
    const TEXTS: [&str; 18] = [
        "py", "pyi", "txt", "md", "rst", "cfg", "ini", "toml", "yaml", "yml", "sh", "typed", "lock", "log", "csv",
        "html", "css", "js",
    ];
    file_name(name).starts_with('.') || TEXTS.contains(&&*extension(name))
}

/// Whether bytes begin with the number of words and of what each is made of, as word2vec writes them.
fn is_word_vectors(head: &[u8]) -> bool {
    let Some(end) = head.iter().take(32).position(|byte| *byte == b'\n') else { return false };
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    head[..end].split(|byte| *byte == b' ').map(is_number).eq([true, true])
}

/// Whether bytes begin as Stata's files before release 13: the release, an order of bytes, a kind of file.
fn is_old_stata(head: &[u8]) -> bool {
    matches!(head, [0x69..=0x73, 1 | 2, 1, 0, ..])
}

/// Whether bytes begin as MATLAB's files before release 5: a type, rows, columns, whether there are imaginary parts, and the
/// length of a name that follows and ends with a zero.
fn is_old_matlab(head: &[u8]) -> bool {
    const LARGEST_TYPE: u32 = 4052;
    const LONGEST_NAME: usize = 64;
    let number = |at: usize, is_little: bool| {
        let bytes = *head.get(at..)?.first_chunk()?;
        Some(if is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    let is_one = |is_little: bool| {
        let length = number(16, is_little)? as usize;
        let is_named = (2..=LONGEST_NAME).contains(&length) && head.get(20 + length - 1) == Some(&0);
        Some(number(0, is_little)? <= LARGEST_TYPE && number(12, is_little)? <= 1 && is_named)
    };
    [true, false].into_iter().any(|is_little| is_one(is_little) == Some(true))
}

fn is_table(content: &Window) -> bool {
    let end = content.len().checked_sub(TABLE_END.len() as u64);
    end.is_some_and(|at| content.read_exact(at, TABLE_END.len()).is_ok_and(|end| end.as_deref() == Some(&TABLE_END)))
}

/// The numbers of TensorFlow's variables: `variables.data-00000-of-00001`.
fn is_of_tensorflow(name: &str) -> bool {
    let part = file_name(name).rsplit_once(".data-").and_then(|(_, part)| part.split_once("-of-"));
    part.is_some_and(|(part, of)| [part, of].iter().all(|number| number.len() == 5 && number.parse::<u32>().is_ok()))
}

#[cfg(test)]
mod tests {
    use super::{is_known, may_be_empty};

    fn known(head: &[u8], name: &str) -> bool {
        is_known(head, &head.to_vec().into(), name)
    }

    #[test]
    fn texts_may_be_empty() {
        for (name, may) in [("a/__init__.py", true), (".gitkeep", true), ("model", false), ("model.bak", false)] {
            assert_eq!(may_be_empty(name), may, "{name}");
        }
    }

    #[test]
    fn kinds_are_known_by_their_signature_or_name() {
        for head in [
            &b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR"[..],
            b"RIFF\x24\x08\0\0WAVEfmt ",
            b"\0\0\0\x18ftypmp42",
            b"%PDF-1.7",
            b"\x0A\x0E\x0A\x05<unk>\x15\0\0\0\0\x18\x02",
            b"\x72\x02\x01\0\x05\0",
            b"\0\0\x03\xE8\0\0\0\x01\0\0\0\x09\0\0\0\0\0\0\0\x02a\0",
            b"71290 256\nword \x80\x81",
            b"numbers\x57\xFB\x80\x8B\x24\x75\x47\xDB",
        ] {
            assert!(known(head, "a"), "{}", head.escape_ascii());
        }
        assert!(known(b"\x80\x81", "variables/variables.data-00000-of-00001"));
        for (head, name) in [
            (&b""[..], "a"),
            (b"RIFF", "a"),
            (b"\0\0\x03\xE8\0\0\0\x01\0\0\0\x09\0\0\0\0\0\0\0\x02ab", "a"),
            (b"\x80\x04noise", "a"),
            (b"PNG\r\n", "a"),
            (b"12\n\x80", "a"),
            (b"1 2 3\n\x80", "a"),
            (b"\x80\x81", "variables.data-0-of-1"),
            (b"\x80\x81", "a.data-00000"),
        ] {
            assert!(!known(head, name), "{name} {}", head.escape_ascii());
        }
    }
}
