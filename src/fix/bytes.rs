//! The bytes of a file and edits of its text to new bytes.

use super::apply::apply;
use crate::fact::Replacement;
use crate::finding::InputName;
use crate::limits::Limits;
use crate::python::decode::{DecodeProblem, decode, encode_as};
use crate::python::notebook::read_notebook;
use crate::python::source::SourceKind;

/// Why a file is left as it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RewriteProblem {
    /// Not every byte means a character, so the rest could not be written back.
    #[error("not changed: {0}")]
    Undecodable(DecodeProblem),
    /// Its characters would be written back as other bytes.
    #[error("not changed: its encoding does not give the same bytes back")]
    NoRoundTrip,
    /// The notebook cannot be read.
    #[error("not changed: {0}")]
    Notebook(String),
    /// An edit lies across strings of a notebook, or outside of the text.
    #[error("not changed: an edit does not fit the text")]
    OutOfPlace,
}

/// Makes `edits` (of the decoded text; of a notebook, of its code cells joined) in `bytes`.
///
/// Must run on a stack as large as parsing wants: a notebook is read again.
///
/// # Errors
/// A [`RewriteProblem`]; then nothing may be written.
pub fn rewrite(
    name: &InputName,
    kind: SourceKind,
    bytes: &[u8],
    edits: &[Replacement],
    limits: &Limits,
) -> Result<Vec<u8>, RewriteProblem> {
    let decoded = decode(bytes.to_vec());
    if let Some(problem) = decoded.problem {
        return Err(RewriteProblem::Undecodable(problem));
    }
    if encode_as(bytes, &decoded.text).as_deref() != Some(bytes) {
        return Err(RewriteProblem::NoRoundTrip);
    }
    let text = match kind {
        SourceKind::Module | SourceKind::Stub | SourceKind::Script(_) => apply(&decoded.text, edits),
        SourceKind::Notebook => {
            let notebook = read_notebook(name.clone(), bytes.to_vec(), limits);
            let notebook = notebook.map_err(|problem| RewriteProblem::Notebook(problem.to_string()))?;
            let in_file: Option<Vec<_>> = edits.iter().map(|edit| notebook.in_file(&decoded.text, edit)).collect();
            in_file.and_then(|edits| apply(&decoded.text, &edits))
        }
    };
    let text = text.ok_or(RewriteProblem::OutOfPlace)?;
    encode_as(bytes, &text).ok_or(RewriteProblem::NoRoundTrip)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Region;

    fn rewritten(kind: SourceKind, bytes: &[u8], edits: &[(u32, u32, &str)]) -> Result<Vec<u8>, RewriteProblem> {
        let edit = |&(start, end, text): &(u32, u32, &str)| Replacement {
            region: Region::new(start, end),
            text: text.to_owned(),
        };
        let edits: Vec<_> = edits.iter().map(edit).collect();
        rewrite(&InputName::new("x"), kind, bytes, &edits, &Limits::default())
    }

    #[test]
    fn encodings_marks_and_line_ends_stay() {
        let module = |bytes: &[u8], at, text| rewritten(SourceKind::Module, bytes, &[(at, at, text)]);
        assert_eq!(module(b"\xef\xbb\xbfx = 1\r\n", 0, "y"), Ok(b"\xef\xbb\xbfyx = 1\r\n".to_vec()));
        let latin = b"# coding: latin-1\nx = '\xe9'\r\n";
        assert_eq!(module(latin, 18, "y"), Ok(b"# coding: latin-1\nyx = '\xe9'\r\n".to_vec()));
        assert_eq!(module(latin, 18, "\u{4e00}"), Err(RewriteProblem::NoRoundTrip));
        let table = b"# coding: cp1252\nx = '\x80'";
        assert_eq!(module(table, 17, "y"), Ok(b"# coding: cp1252\nyx = '\x80'".to_vec()));
        assert!(matches!(module(b"x = '\xff'", 0, "y"), Err(RewriteProblem::Undecodable(_))));
    }

    #[test]
    fn a_notebook_keeps_its_json() {
        let file = "{\"cells\": [\n {\"cell_type\": \"code\", \"source\": [\n  \"x = '\\u00e9'\\n\",\n  \"f(a,\\n\",\n  \"  b)\"\n ]},\n \
                    {\"cell_type\": \"code\", \"source\": \"g(\\\"a\\\")\"}\n], \"nan\": NaN}\n";
        let text = "x = 'é'\nf(a,\n  b)\ng(\"a\")\n";
        let at = |word: &str| text.find(word).expect("in the text") as u32;
        let edits =
            [(at("'é"), at("'\nf"), "'ö"), (at("b)"), at("b)") + 1, "b,\n  \"c\""), (at("\")"), at("\")") + 1, "!\"")];
        let changed = rewritten(SourceKind::Notebook, file.as_bytes(), &edits).expect("it fits");
        let expected = file
            .replace("'\\u00e9'", "'ö'")
            .replace("\"  b)\"", "\"  b,\\n\",\n  \"  \\\"c\\\")\"")
            .replace("a\\\")", "a!\\\")");
        assert_eq!(String::from_utf8(changed).expect("UTF-8"), expected);
        let across = rewritten(SourceKind::Notebook, file.as_bytes(), &[(at("a,"), at("b)"), "")]);
        assert_eq!(across, Err(RewriteProblem::OutOfPlace));
    }
}
