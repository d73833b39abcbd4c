//! Whether bytes are a pickle, found by trying: texts, tables, source code and raw numbers must not pass for one.
//!
//! Comes in: the first bytes of a file, or a part of a stream. Goes out: yes or no. Called by `sniff`, `streams` and `inner`.

use crate::bytes::Window;
use crate::fact::pickle::StreamEnd;

use super::machine::{Machine, Outcome, Reading};
use super::opcode as op;

/// Enough to see that bytes are a pickle.
const MOST_TRIED: u64 = 100_000;
/// So many pickles in a row that do nothing are no disguise of one that does.
const MOST_STREAMS: usize = 64;

/// Whether bytes that may name no protocol are a pickle: they run to `STOP` and do something, or call something before
/// they break, or (where `head` is but the start) run through all of it with the structure that pickles have.
pub(in crate::artifact) fn is_pickle(head: &[u8], whole: bool) -> bool {
    let begins = head.first().is_some_and(|first| may_begin(*first));
    begins && (begins_in_lines(head) || looks_like_one(&head.to_vec().into(), whole))
}

/// Whether bytes begin as protocol 0 writes a list, a dictionary or a tuple and keeps it in the memo: `(lp0`.
fn begins_in_lines(head: &[u8]) -> bool {
    let [b'(', b'l' | b'd' | b't', b'p', rest @ ..] = head else { return false };
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    digits > 0 && rest.get(digits) == Some(&b'\n')
}

/// The same for all of some bytes, whose first lines or texts may be longer than any head.
pub(in crate::artifact) fn is_pickle_at(content: &Window) -> bool {
    begins_like_one(content) && looks_like_one(content, true)
}

/// Whether the start of some bytes may be that of pickles which go on behind it: nothing in it stops an unpickler.
pub(in crate::artifact) fn may_go_on(content: &Window) -> bool {
    if !begins_like_one(content) {
        return false;
    }
    let mut at = 0;
    for _ in 0..MOST_STREAMS {
        let outcome = attempt_at(content, at);
        match outcome.stream.end {
            StreamEnd::Stop if outcome.end < content.len() => at = outcome.end,
            StreamEnd::Stop | StreamEnd::Truncated | StreamEnd::Limit => return true,
            StreamEnd::Invalid => return false,
        }
    }
    true
}

/// Whether bytes that are something else would import or call something if they were unpickled.
pub(in crate::artifact) fn runs_as_pickle(content: &Window) -> bool {
    // A zip file begins with `P`, a persistent id, at which a plain unpickler stops; what it stores may well be pickles.
    let is_zip = content.read(0, 2).is_ok_and(|start| *start == *b"PK");
    !is_zip && begins_like_one(content) && is_stream(content)
}

fn begins_like_one(content: &Window) -> bool {
    content.read(0, 1).is_ok_and(|first| first.first().is_some_and(|first| may_begin(*first)))
}

/// Several may follow one another, and only the last of them do something.
fn looks_like_one(content: &Window, whole: bool) -> bool {
    let (mut at, mut structure, mut operations) = (0, 0, 0);
    for _ in 0..MOST_STREAMS {
        let outcome = attempt_at(content, at);
        if outcome.plausible_calls > 0 {
            return true;
        }
        structure += outcome.structure;
        operations += outcome.stream.operations;
        match outcome.stream.end {
            StreamEnd::Stop if outcome.plausible_imports > 0 => return true,
            StreamEnd::Stop if outcome.end == content.len() => return whole && structure > 0 && operations > 3,
            StreamEnd::Stop => at = outcome.end,
            StreamEnd::Truncated => return !whole && structure > 0 && operations >= 16,
            StreamEnd::Limit => return structure > 0,
            StreamEnd::Invalid => return false,
        }
    }
    false
}

/// Whether bytes are a whole stream that imports or calls something.
pub(in crate::artifact) fn is_stream(content: &Window) -> bool {
    let outcome = attempt(content);
    let ends = matches!(outcome.stream.end, StreamEnd::Stop | StreamEnd::Limit);
    outcome.plausible_calls > 0 || ends && outcome.plausible_imports > 0
}

fn attempt(content: &Window) -> Outcome {
    attempt_at(content, 0)
}

fn attempt_at(content: &Window, at: u64) -> Outcome {
    Machine::new(content, at, Reading { quiet: true, ..Reading::default() }).run(MOST_TRIED)
}

/// Whether a pickle may begin with this byte: an opcode that needs nothing on the stack.
pub(in crate::artifact) fn may_begin(code: u8) -> bool {
    matches!(
        code,
        op::MARK
            | op::EMPTY_TUPLE
            | op::EMPTY_LIST
            | op::EMPTY_DICT
            | op::EMPTY_SET
            | op::NONE
            | op::NEWTRUE
            | op::NEWFALSE
            | op::INT
            | op::BININT
            | op::BININT1
            | op::BININT2
            | op::LONG
            | op::LONG1
            | op::LONG4
            | op::FLOAT
            | op::BINFLOAT
            | op::STRING
            | op::BINSTRING
            | op::SHORT_BINSTRING
            | op::UNICODE
            | op::SHORT_BINUNICODE
            | op::BINUNICODE
            | op::BINUNICODE8
            | op::SHORT_BINBYTES
            | op::BINBYTES
            | op::BINBYTES8
            | op::BYTEARRAY8
            | op::NEXT_BUFFER
            | op::GLOBAL
            | op::EXT1
            | op::EXT2
            | op::EXT4
            | op::PERSID
            | op::PROTO
            | op::FRAME
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pickles_without_a_protocol_are_found() {
        for (head, whole) in [
            (&b"cos\nsystem\n(S'echo loadlint-test'\ntR."[..], true),
            (b"(S'echo loadlint-test'\nios\nsystem\n.", true),
            (b"\x8c\x02os\x8c\x06system\x93\x8c\x04echo\x85R.", true),
            (b"cos\nsystem\n(S'echo loadlint-test'\ntR\xFF\xFF", true),
            (b"(lp0\nI1\naI2\na.", true),
            (b"cos\nsystem\n.", true),
            (b"N.]q\x00.I5\n.cos\nsystem\n(S'echo loadlint-test'\ntR.", true),
            (b"]q\x00.(lp0\nI1\na.", true),
            (b"(dp0\ngabc\n.", true),
        ] {
            assert!(is_pickle(head, whole), "{}", head.escape_ascii());
        }
        let long: Vec<u8> = b"(lp0\n".iter().chain(b"I1\na".repeat(2000).iter()).copied().collect();
        assert!(is_pickle(&long[..4096], false));
    }

    #[test]
    fn other_files_are_none() {
        for head in [
            &b""[..],
            b"import os\nos.system('ls')\n",
            b"class Foo:\n    pass\n.",
            b"config\nvalue one\n.",
            b"{\"a\": 1}",
            b"(a, b)",
            b"(lp0)\n",
            b"(dp\n",
            b"I1\n.",
            b"N.",
            b"NNNNNNNNNNNNNNNNNNNNNNNNNNNN",
            b"]]]]]]]]]]]]]]]]]]]]]]]]]]",
            b"Person A\nPerson B\n",
            b"F1.0\nF2.0\n",
            b"a,b,c\n1,2,3\n",
            b"crypt/INSTALLER,sha256=4\ncrypt/METADATA,4\ncrypt/RECORD,,\ncrypt/WHEEL,9\n",
            b"\0\0\0\0\0\0\0\0",
        ] {
            assert!(!is_pickle(head, true) && !is_pickle(head, false), "{}", head.escape_ascii());
        }
    }
}
