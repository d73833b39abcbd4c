//! Bytes of a Python file to text, as PEP 263 and CPython's tokenizer read them. The engine calls this first.
//!
//! There is always a text: what cannot be decoded is replaced, so that analysis goes on beside the notice. ASCII bytes
//! are never lost on the way, whatever the problem.

use std::borrow::Cow;

use encoding_rs::{DecoderResult, Encoding};

use super::codecs::{Codec, tokenizer_name};

/// A text, and what was wrong with its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// Without a byte order mark and without NUL; undecodable bytes are U+FFFD, NUL bytes spaces.
    pub text: String,
    /// The first thing wrong; the caller reports it and analyses `text` all the same.
    pub problem: Option<DecodeProblem>,
}

/// Why the bytes are not Python source in a known encoding.
///
/// Units: `offset` counts bytes of the file from 0, `line` lines from 1.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeProblem {
    /// The cookie names a codec that Python alone has, or nobody.
    #[error("the declared encoding `{encoding}` is not one we can decode; read as UTF-8 instead")]
    UnknownEncoding {
        /// As the file spells it.
        encoding: String,
    },
    /// A UTF-8 byte order mark beside a cookie that says otherwise: Python refuses the file.
    #[error("a UTF-8 byte order mark contradicts the declared encoding `{encoding}`; read as UTF-8")]
    MarkContradictsCookie {
        /// As the file spells it.
        encoding: String,
    },
    /// A UTF-16 or UTF-32 byte order mark: Python refuses the file, editors and other tools may not.
    #[error("the file is {encoding}, which Python does not accept as source; read all the same")]
    Wide {
        /// `UTF-16LE` and so on.
        encoding: &'static str,
    },
    /// A byte that means nothing in the encoding.
    #[error("byte {offset} (line {line}) is not valid {encoding}; the undecodable bytes were replaced")]
    Malformed {
        /// The encoding the file has by its cookie or by default.
        encoding: &'static str,
        /// The first such byte.
        offset: usize,
        /// The line it stands in.
        line: u32,
    },
    /// Python refuses source with NUL bytes; older versions read only up to it.
    #[error("byte {offset} (line {line}) is NUL, which Python does not accept in source; read as a space")]
    Nul {
        /// The first one.
        offset: usize,
        /// The line it stands in.
        line: u32,
    },
}

const UTF8_MARK: &[u8] = b"\xef\xbb\xbf";

/// Decodes `bytes` by their byte order mark, their cookie or, without either, as UTF-8. Valid UTF-8 is not copied.
///
/// A mark of UTF-16 or UTF-32 is followed although CPython refuses such files, so that nothing hides there.
/// encoding_rs accepts some bytes that Python's tables leave open (0x81 of cp1252): more is read, nothing is lost.
/// Source: PEP 263; CPython 3.13 Parser/tokenizer/helpers.c, `_PyTokenizer_check_coding_spec`.
pub fn decode(bytes: Vec<u8>) -> Decoded {
    if let Some(decoded) = decode_wide(&bytes) {
        return decoded;
    }
    let marked = bytes.starts_with(UTF8_MARK);
    let (codec, declared) =
        declared_codec(if marked { bytes.get(UTF8_MARK.len()..).unwrap_or(&[]) } else { &bytes }, marked);
    // `contains` looks at many bytes at a time, and nearly no file has any.
    let nul = if bytes.contains(&0) { bytes.iter().position(|&byte| byte == 0) } else { None };
    let nul = nul.map(|offset| (offset, line_of(&bytes, offset)));
    let decoded = match codec {
        Codec::Utf8 => decode_utf8(bytes, marked),
        Codec::Ascii => decode_ascii(bytes),
        Codec::Latin1 => Decoded { text: encoding_rs::mem::decode_latin1(&bytes).into_owned(), problem: None },
        Codec::Table(encoding) => decode_table(encoding, &bytes),
    };
    let text = if nul.is_some() { decoded.text.replace('\0', " ") } else { decoded.text };
    let nul = nul.map(|(offset, line)| DecodeProblem::Nul { offset, line });
    Decoded { text, problem: declared.or(decoded.problem).or(nul) }
}

/// The bytes of `text` in the encoding that `bytes` have by their mark and cookie; `None` if it has no such characters,
/// or the encoding is none that Python takes.
pub fn encode_as(bytes: &[u8], text: &str) -> Option<Vec<u8>> {
    if decode_wide(bytes).is_some() {
        return None;
    }
    let marked = bytes.starts_with(UTF8_MARK);
    let (codec, _) = declared_codec(if marked { bytes.get(UTF8_MARK.len()..)? } else { bytes }, marked);
    let encoded = match codec {
        Codec::Utf8 => text.as_bytes().to_vec(),
        Codec::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec())?,
        Codec::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<_>>()?,
        Codec::Table(encoding) => {
            let (encoded, used, lossy) = encoding.encode(text);
            (!lossy && used == encoding).then(|| encoded.into_owned())?
        }
    };
    Some(if marked { [UTF8_MARK, &encoded].concat() } else { encoded })
}

/// What mark and cookie say together, and what is wrong with that.
fn declared_codec(bytes: &[u8], marked: bool) -> (Codec, Option<DecodeProblem>) {
    let Some(encoding) = cookie(bytes) else { return (Codec::Utf8, None) };
    if marked {
        // Even `utf8` contradicts the mark: CPython compares with the spelling `utf-8`.
        let agrees = tokenizer_name(&encoding) == "utf-8";
        return (Codec::Utf8, (!agrees).then_some(DecodeProblem::MarkContradictsCookie { encoding }));
    }
    match Codec::named(&encoding) {
        Some(codec) => (codec, None),
        None => (Codec::Utf8, Some(DecodeProblem::UnknownEncoding { encoding })),
    }
}

/// The encoding named by a comment in the first two lines, the second counting only below a blank or a comment.
fn cookie(bytes: &[u8]) -> Option<String> {
    let (first, rest) = split_line(bytes);
    if let Some(name) = cookie_of_line(first) {
        return Some(name);
    }
    let start = first.iter().find(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'));
    if start.is_none_or(|&byte| byte == b'#') { cookie_of_line(split_line(rest).0) } else { None }
}

/// The first line without its break, and what follows; LF, CR and CR LF all end a line.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
    let (line, rest) = bytes.split_at(end);
    (line, rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..)).unwrap_or_default())
}

/// `^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)`
fn cookie_of_line(line: &[u8]) -> Option<String> {
    const WORD: &[u8] = b"coding";
    let comment = line.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\x0c'))?;
    let comment = line.get(comment..).filter(|text| text.starts_with(b"#"))?;
    let after_word = (0..comment.len()).filter_map(|at| comment.get(at..)?.strip_prefix(WORD));
    after_word.filter_map(|after| after.strip_prefix(b":").or_else(|| after.strip_prefix(b"="))).find_map(|value| {
        let value = value.iter().skip_while(|byte| matches!(byte, b' ' | b'\t'));
        let name: String = value
            .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
            .map(|&byte| char::from(byte))
            .collect();
        (!name.is_empty()).then_some(name)
    })
}

fn decode_utf8(mut bytes: Vec<u8>, marked: bool) -> Decoded {
    let skipped = if marked { UTF8_MARK.len() } else { 0 };
    bytes.drain(..skipped);
    match String::from_utf8(bytes) {
        Ok(text) => Decoded { text, problem: None },
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = line_of(error.as_bytes(), at);
            let problem = DecodeProblem::Malformed { encoding: "UTF-8", offset: at + skipped, line };
            Decoded { text: String::from_utf8_lossy(error.as_bytes()).into_owned(), problem: Some(problem) }
        }
    }
}

fn decode_ascii(bytes: Vec<u8>) -> Decoded {
    let problem = bytes.iter().position(|byte| !byte.is_ascii()).map(|offset| DecodeProblem::Malformed {
        encoding: "ASCII",
        offset,
        line: line_of(&bytes, offset),
    });
    Decoded { text: decode_utf8(bytes, false).text, problem }
}

fn decode_table(encoding: &'static Encoding, bytes: &[u8]) -> Decoded {
    if let Some(text) = encoding.decode_without_bom_handling_and_without_replacement(bytes) {
        return Decoded { text: text.into_owned(), problem: None };
    }
    let offset = first_malformed(encoding, bytes);
    let problem = DecodeProblem::Malformed { encoding: encoding.name(), offset, line: line_of(bytes, offset) };
    Decoded { text: encoding.decode_without_bom_handling(bytes).0.into_owned(), problem: Some(problem) }
}

/// Where strict decoding stops.
fn first_malformed(encoding: &'static Encoding, bytes: &[u8]) -> usize {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut scratch = [0; 1024];
    let mut read = 0;
    loop {
        let rest = bytes.get(read..).unwrap_or(&[]);
        let (result, consumed, _) = decoder.decode_to_utf8_without_replacement(rest, &mut scratch, true);
        read += consumed;
        match result {
            DecoderResult::InputEmpty => return bytes.len(),
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(length, after) => {
                return read.saturating_sub(usize::from(length) + usize::from(after));
            }
        }
    }
}

/// Text behind a mark of UTF-16 or UTF-32; none where there is no such mark.
fn decode_wide(bytes: &[u8]) -> Option<Decoded> {
    let (encoding, text) = match bytes {
        [0xff, 0xfe, 0, 0, rest @ ..] => ("UTF-32LE", decode_utf32(rest, u32::from_le_bytes).into()),
        [0, 0, 0xfe, 0xff, rest @ ..] => ("UTF-32BE", decode_utf32(rest, u32::from_be_bytes).into()),
        [0xff, 0xfe, rest @ ..] => ("UTF-16LE", encoding_rs::UTF_16LE.decode_without_bom_handling(rest).0),
        [0xfe, 0xff, rest @ ..] => ("UTF-16BE", encoding_rs::UTF_16BE.decode_without_bom_handling(rest).0),
        _ => return None,
    };
    let text: Cow<'_, str> = text;
    Some(Decoded { text: text.replace('\0', " "), problem: Some(DecodeProblem::Wide { encoding }) })
}

fn decode_utf32(bytes: &[u8], number: fn([u8; 4]) -> u32) -> String {
    let units = bytes.chunks(4).map(|unit| <[u8; 4]>::try_from(unit).ok().map(number).and_then(char::from_u32));
    units.map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// The line of byte `offset`, from 1.
fn line_of(bytes: &[u8], offset: usize) -> u32 {
    let mut rest = bytes.get(..offset).unwrap_or(bytes);
    let mut line = 1;
    while rest.iter().any(|byte| matches!(byte, b'\n' | b'\r')) {
        rest = split_line(rest).1;
        line += 1;
    }
    line
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clean(bytes: &[u8]) -> String {
        let decoded = decode(bytes.to_vec());
        assert_eq!(decoded.problem, None, "{bytes:?}");
        decoded.text
    }

    fn problem(bytes: &[u8]) -> DecodeProblem {
        decode(bytes.to_vec()).problem.expect("a problem")
    }

    #[test]
    fn plain_utf8_keeps_its_allocation() {
        let bytes = "x = 'é'\n".as_bytes().to_vec();
        let before = bytes.as_ptr();
        assert_eq!(decode(bytes).text.as_ptr(), before);
    }

    #[test]
    fn cookies_stand_in_a_comment_of_the_first_two_lines() {
        let latin = |head: &str| decode([head.as_bytes(), b"x = '\xe9'"].concat()).text.ends_with("x = 'é'");
        for head in [
            "# -*- coding: latin-1 -*-\n",
            "#!/usr/bin/python\n# vim: set fileencoding=latin-1 :\n",
            " \t\x0c#coding=\t latin-1\r\n",
            "\r#coding:latin-1\r",
            "\x0c\n#coding:latin-1\n",
            "# coding:: coding: latin-1\n",
        ] {
            assert!(latin(head), "{head:?}");
        }
        for head in [
            "x = 1 # coding: latin-1\n",
            "x = 1\n# coding: latin-1\n",
            "\"\"\"\n# coding: latin-1\n\"\"\"\n",
            "\n\n# coding: latin-1\n",
            "\x0b\n# coding: latin-1\n",
            "# coding latin-1\n",
            "# Coding: latin-1\n",
            "# coding: coding: latin-1\n",
        ] {
            assert!(!latin(head), "{head:?}");
        }
    }

    #[test]
    fn declared_encodings_are_followed() {
        assert_eq!(clean(b"# coding: iso-8859-15\n\xa4"), "# coding: iso-8859-15\n€");
        assert_eq!(clean(b"# coding: latin-1\n\x80"), "# coding: latin-1\n\u{80}");
        assert_eq!(clean(b"# coding: cp1252\n\x80"), "# coding: cp1252\n€");
        assert_eq!(clean(b"# coding: sjis\n\x83\x5c\\"), "# coding: sjis\nソ\\");
        assert_eq!(clean(b"\xef\xbb\xbf# coding: utf-8\n"), "# coding: utf-8\n");
        assert_eq!(clean(b""), "");
    }

    #[test]
    fn a_mark_beside_another_cookie_is_a_problem() {
        for cookie in ["latin-1", "utf8", "u8"] {
            let bytes = [UTF8_MARK, b"# coding: ", cookie.as_bytes(), b"\nx"].concat();
            assert_eq!(problem(&bytes), DecodeProblem::MarkContradictsCookie { encoding: cookie.into() });
            assert!(decode(bytes).text.starts_with('#'));
        }
    }

    #[test]
    fn an_encoding_we_do_not_have_is_named_and_the_text_read_all_the_same() {
        let decoded = decode(b"# coding: utf-7\nimport pickle\n".to_vec());
        assert_eq!(decoded.problem, Some(DecodeProblem::UnknownEncoding { encoding: "utf-7".into() }));
        assert!(decoded.text.contains("import pickle"));
    }

    #[test]
    fn undecodable_bytes_are_told_by_place_and_replaced() {
        let at = |encoding, offset, line| DecodeProblem::Malformed { encoding, offset, line };
        assert_eq!(problem(b"a\nb\r\nc\rd\xff"), at("UTF-8", 8, 4));
        assert_eq!(problem(b"\xef\xbb\xbfa\xff"), at("UTF-8", 4, 1));
        assert_eq!(problem(b"# coding: ascii\n\xc3\xa9"), at("ASCII", 16, 2));
        assert_eq!(problem(b"# coding: euc-jp\na\xffb"), at("EUC-JP", 18, 2));
        assert_eq!(decode(b"x\xffy".to_vec()).text, "x\u{fffd}y");
    }

    #[test]
    fn a_nul_is_a_problem_and_read_as_a_space() {
        assert_eq!(problem(b"a\n\0"), DecodeProblem::Nul { offset: 2, line: 2 });
        assert_eq!(decode(b"a\0b".to_vec()).text, "a b");
    }

    #[test]
    fn wide_text_is_refused_by_python_but_read() {
        let text = "load('𝄞')\n";
        let utf16: Vec<u16> = text.encode_utf16().collect();
        let utf32: Vec<u32> = text.chars().map(u32::from).collect();
        for (encoding, bytes) in [
            ("UTF-16LE", [0xfeff].iter().chain(&utf16).flat_map(|unit| unit.to_le_bytes()).collect()),
            ("UTF-16BE", [0xfeff].iter().chain(&utf16).flat_map(|unit| unit.to_be_bytes()).collect()),
            ("UTF-32LE", [0xfeff].iter().chain(&utf32).flat_map(|unit| unit.to_le_bytes()).collect()),
            ("UTF-32BE", [0xfeff].iter().chain(&utf32).flat_map(|unit| unit.to_be_bytes()).collect::<Vec<u8>>()),
        ] {
            let decoded = decode(bytes);
            assert_eq!((decoded.text.as_str(), decoded.problem), (text, Some(DecodeProblem::Wide { encoding })));
        }
    }

    fn headed_bytes() -> impl Strategy<Value = Vec<u8>> {
        let heads = ["", "\u{feff}", "# coding: gbk\n", "# coding: euc-jp\n", "# coding: utf-7\n", "#coding=ascii\n"];
        let body = proptest::collection::vec(any::<u8>(), 0..200);
        (proptest::sample::select(heads.to_vec()), body).prop_map(|(head, body)| [head.as_bytes(), &body].concat())
    }

    proptest! {
        #[test]
        fn any_bytes_give_a_text_without_nul(bytes in headed_bytes()) {
            let decoded = decode(bytes.clone());
            prop_assert!(!decoded.text.contains('\0'));
            if let Some(DecodeProblem::Malformed { offset, .. } | DecodeProblem::Nul { offset, .. }) = decoded.problem {
                prop_assert!(offset <= bytes.len());
            }
        }

        #[test]
        fn valid_utf8_comes_back_as_it_is(text in "[^\0#\u{feff}]*") {
            let decoded = decode(text.clone().into_bytes());
            prop_assert_eq!(decoded, Decoded { text, problem: None });
        }
    }
}
