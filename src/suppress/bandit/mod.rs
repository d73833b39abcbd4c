//! What Bandit 1.9.4 makes of a comment: its grammar of `# nosec`, byte for byte, and the tests it knows.
//!
//! Source: Bandit's `core/manager.py` (`NOSEC_COMMENT`, `NOSEC_COMMENT_TESTS`, `_parse_nosec_comment`), measured with 1.9.4;
//! `tests/integration/bandit_compat` holds it against the real program.

mod table;

use table::TESTS;

use crate::fact::{Atom, Call};

/// A word that Bandit looked up among its tests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// First byte in the comment.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// The id it means to Bandit; `None` if Bandit prints a warning and goes on.
    pub id: Option<&'static str>,
}

/// What Bandit reads out of one comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// Where the part of the comment begins that Bandit looks for tests in: behind `nosec` and a colon.
    pub start: usize,
    /// Where it ends: at the next `#`, or with the comment.
    pub end: usize,
    /// The words it looked up, in order. Words it passed over because another followed behind a comma are not here.
    pub words: Vec<Word>,
}

impl Reading {
    /// The ids of the tests it excuses, each once; empty if it excuses all of them.
    pub fn ids(&self) -> Vec<&'static str> {
        let mut ids = Vec::new();
        for id in self.words.iter().filter_map(|word| word.id) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// The words it does not know; it prints a warning for each.
    pub fn unknown(&self) -> impl Iterator<Item = &Word> {
        self.words.iter().filter(|word| word.id.is_none())
    }
}

/// Reads a comment, its `#` included; `None` if it is no `# nosec` to Bandit.
pub fn read(comment: &str) -> Option<Reading> {
    let hashes = comment.match_indices('#').map(|(at, _)| at + 1);
    let start = hashes.filter_map(|at| {
        let rest = comment[at..].trim_start();
        rest.starts_with("nosec").then(|| comment.len() - rest.len() + "nosec".len())
    });
    let start = start.min()?;
    let start = start + usize::from(comment[start..].starts_with(':'));
    let end = comment[start..].find('#').map_or(comment.len(), |at| start + at);
    Some(Reading { start, end, words: words(comment, start, end) })
}

/// `(?:(B\d+|[a-z\d_]+),?)+`, case ignored, once after the other; of each match the last repetition of the group.
fn words(comment: &str, start: usize, end: usize) -> Vec<Word> {
    let bytes = &comment.as_bytes()[..end];
    let is_word = |at: usize| bytes.get(at).is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let mut words = Vec::new();
    let mut at = start;
    while at < end {
        let mut last = None;
        while is_word(at) {
            let from = at;
            let digits = bytes[from + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
            if matches!(bytes[from], b'B' | b'b') && digits > 0 {
                at += 1 + digits;
            } else {
                while is_word(at) {
                    at += 1;
                }
            }
            last = Some((from, at));
            at += usize::from(bytes.get(at) == Some(&b','));
        }
        match last {
            Some((from, to)) => words.push(Word { start: from, end: to, id: id_of(&comment[from..to]) }),
            // Not a byte of a word; bytes of other characters are none either.
            None => at += 1,
        }
    }
    words
}

/// The id that a word means to Bandit: an id (case matters) or the name of a test.
pub fn id_of(word: &str) -> Option<&'static str> {
    // The test that runs the lists of calls and imports has an id of its own.
    let own = (word == "B001").then_some("B001");
    own.or_else(|| TESTS.iter().find(|(name, id)| *id == word || *name == word).map(|(_, id)| *id))
}

/// Whether the word is written like an id of Bandit's, whether there is one or not: `B614`, `b301`, `B999`.
pub fn is_like_id(word: &str) -> bool {
    word.len() == 4 && word.starts_with(['B', 'b']) && word[1..].bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether Bandit may report `id` for this call, of which no rule of ours says a thing. It follows no values, so it may.
pub fn may_report(id: &str, call: &Call) -> bool {
    let named = |name: &str, position: Option<usize>| {
        let is = |one: &&crate::fact::Argument| {
            one.name.as_deref() == Some(name) || (position.is_some() && one.position == position)
        };
        call.arguments.iter().find(is)
    };
    match id {
        // Lists of calls: whatever the arguments.
        "B301" | "B302" => true,
        "B614" => !named("weights_only", None).is_some_and(|flag| {
            flag.value.alternatives.iter().all(|alternative| matches!(alternative.atom, Atom::Bool(true)))
        }),
        "B506" => named("Loader", Some(1)).is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(comment: &str) -> Option<Vec<&'static str>> {
        read(comment).map(|reading| reading.ids())
    }

    #[test]
    fn ids_are_read_as_measured() {
        for (comment, expected) in [
            ("# nosec B614  # T-003: reason", &["B614"][..]),
            ("# nosec: B614, B301", &["B614", "B301"]),
            ("# nosec B614 B301", &["B614", "B301"]),
            ("# nosec B614;B301/B302", &["B614", "B301", "B302"]),
            ("# nosec B614,B301", &["B301"]),
            ("# nosec B614,,B301", &["B614", "B301"]),
            ("# nosec B301B614", &["B614"]),
            ("#nosec(B301)", &["B301"]),
            ("## nosec[B301]", &["B301"]),
            ("# nosecB301", &["B301"]),
            ("# noqa: S301  # nosec B301", &["B301"]),
            ("# T-003: reason  # nosec B614", &["B614"]),
            ("# TODO: # nosec", &[]),
            ("# nosec B301-x", &["B301"]),
            ("# nosec B614 -- this pickle is ours", &["B614", "B301"]),
            ("# nosec: because pickle is fine", &["B301"]),
            ("# nosecurity review B614", &["B614"]),
            ("# nosec B603", &["B603"]),
        ] {
            assert_eq!(ids(comment), Some(expected.to_vec()), "{comment}");
        }
    }

    #[test]
    fn without_a_known_word_everything_is_excused() {
        for comment in [
            "# nosec",
            "# nosec,",
            "# nosec B999",
            "# nosec b301",
            "# nosec B3O1",
            "# nosec - reviewed",
            "# nosec LL101",
        ] {
            assert_eq!(ids(comment), Some(Vec::new()), "{comment}");
        }
    }

    #[test]
    fn what_bandit_does_not_read_we_do_not_either() {
        for comment in ["# NOSEC B301", "# todo nosec", "# fine", "#"] {
            assert_eq!(ids(comment), None, "{comment}");
        }
    }

    #[test]
    fn each_unknown_word_is_a_warning() {
        let warnings = |comment: &str| read(comment).expect("a nosec").unknown().count();
        assert_eq!(warnings("# nosec B614 -- weights pinned by sha256 (T-003)"), 6);
        assert_eq!(warnings("# nosec B614 -- this pickle is ours"), 3);
        assert_eq!(warnings("# nosec B614 (T-003)"), 2);
        assert_eq!(warnings("# nosec B614, B301  # T-003: our own pickle"), 0);
    }

    #[test]
    fn any_text_is_read_without_a_panic() {
        for comment in ["# nosec é,ü,B614é", "#\u{a0}nosec B301", "# nosec\u{3000}B301,", "#nosec:", "# nosec B"] {
            assert!(read(comment).is_some(), "{comment}");
        }
    }
}
