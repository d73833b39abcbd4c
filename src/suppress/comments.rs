//! One comment to what it says: `# nosec B614  # T-003: why`, `# loadlint: ignore[LL103] T-003: why`, both, and every other
//! form people write. Nothing is judged here.
//!
//! A comment is read in parts, each behind a `#`. Offsets are bytes of the comment, its first `#` included.

use std::ops::Range;

use super::bandit::{Reading, id_of, is_like_id, read};
use super::pattern::ThreatPattern;

/// Who else reads comments: what a part of a comment starts with that is not a reason.
const OTHER_TOOLS: [&str; 24] = [
    "noqa",
    "type:",
    "nosemgrep",
    "pylint:",
    "pyright:",
    "mypy:",
    "ruff:",
    "fmt:",
    "isort:",
    "yapf:",
    "pragma:",
    "codespell:",
    "cspell:",
    "flake8:",
    "pyre-",
    "pytype:",
    "nopycln",
    "black:",
    "autopep8:",
    "pyrefly:",
    "ty:",
    "expect:",
    "ok:",
    "bandit:",
];

/// `loadlint: ignore[LL103, B614]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Native {
    /// From `loadlint` to the closing bracket.
    pub range: Range<usize>,
    /// The words in the brackets; none if there are no brackets.
    pub ids: Vec<Range<usize>>,
    /// Whether it is written as it should be: `ignore`, brackets that close.
    pub is_readable: bool,
}

/// What a comment is written like, where that matters to somebody else who reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// Bandit passes these ids over: only the last of those joined by commas without spaces counts.
    LostToComma(Vec<&'static str>),
    /// A word of the reason is the name or id of a test, which is excused too.
    Widened {
        /// The word.
        word: String,
        /// The test.
        id: &'static str,
    },
    /// `nosecurity` is `nosec` to Bandit.
    Glued(String),
    /// `# NOSEC` is nothing to Bandit.
    Capitals,
    /// `nosec B614` in the middle of other words is nothing to Bandit.
    NotAtStart,
    /// Of two `# nosec` in one comment Bandit reads the first.
    SecondNosec,
    /// Bandit warns of each of these words.
    UnknownWords(Vec<String>),
    /// The reason stands before `nosec`.
    ReasonFirst,
    /// The threats are not where they belong, in front of the reason and a colon.
    ThreatForm,
}

/// What one comment says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directive {
    /// What Bandit reads.
    pub nosec: Option<Reading>,
    /// The same for loadlint alone.
    pub native: Option<Native>,
    /// Bandit's ids that the author names behind `nosec`.
    pub meant: Vec<&'static str>,
    /// Ids and names of rules of ours behind `nosec`, which Bandit does not know.
    pub own: Vec<String>,
    /// Words behind `nosec` that are written like ids and are none to Bandit: `b614`, `B999`.
    pub claimed: Vec<String>,
    /// The threats that are cited.
    pub threats: Vec<Range<usize>>,
    /// The reason; empty if there is none.
    pub reason: String,
    /// What other tools read.
    pub others: Vec<Range<usize>>,
    /// What is odd about it.
    pub oddities: Vec<Oddity>,
}

impl Directive {
    /// Whether Bandit excuses everything because of it.
    pub fn is_blanket(&self) -> bool {
        self.nosec.as_ref().is_some_and(|reading| reading.words.iter().all(|word| word.id.is_none()))
    }
}

/// Whether a text can hold a comment that matters here; a cheap test before its comments are asked for.
pub fn may_hold(text: &str) -> bool {
    // From its first `#` on, a line is looked at once.
    let mut rest = text.as_bytes();
    while let Some(at) = memchr::memchr(b'#', rest) {
        rest = &rest[at..];
        let (line, below) = rest.split_at(memchr::memchr(b'\n', rest).unwrap_or(rest.len()));
        if says_something(line) {
            return true;
        }
        rest = below;
    }
    false
}

/// Looks for the words by their last bytes, which are rarer than their first ones. `NOSEC` and `Nosec` are told as mistakes,
/// so case does not matter.
fn says_something(line: &[u8]) -> bool {
    let ends = |at: usize, word: &[u8]| {
        at.checked_sub(word.len() - 1).is_some_and(|start| line[start..=at].eq_ignore_ascii_case(word))
    };
    memchr::memchr3_iter(b'c', b'C', b':', line).any(|at| ends(at, b"nosec") || ends(at, b"loadlint:"))
}

/// Reads a comment, its `#` included; `None` if it is for nobody here. `is_ours` says which words are ids, names or aliases
/// of rules of ours.
pub fn parse(comment: &str, pattern: &ThreatPattern, is_ours: &dyn Fn(&str) -> bool) -> Option<Directive> {
    let mut directive = Directive { nosec: read(comment), ..Directive::default() };
    let mut reason: Option<Range<usize>> = None;
    let mut seen = false;
    let mut before = false;
    for part in parts(comment) {
        let text = comment[part.clone()].trim();
        let start = part.start + comment[part.clone()].len() - comment[part.clone()].trim_start().len();
        let lower = text.to_lowercase();
        if lower.starts_with("nosec") && !lower.starts_with("nosemgrep") {
            let rest = directive.nosec_part(comment, start, text, is_ours);
            seen = true;
            join(&mut reason, rest);
        } else if lower.starts_with("loadlint:") && directive.native.is_none() {
            let rest = directive.native_part(comment, start, part.end);
            seen = true;
            join(&mut reason, rest);
        } else if OTHER_TOOLS.iter().any(|tool| lower.starts_with(tool)) {
            directive.others.push(start..start + text.len());
        } else if !text.is_empty() {
            before |= !seen;
            join(&mut reason, Some(start..start + text.len()));
        }
    }
    if !seen && !directive.mentions_nosec(comment) {
        return None;
    }
    if before && directive.nosec.is_some() {
        directive.oddities.push(Oddity::ReasonFirst);
    }
    if let Some(range) = reason.filter(|_| seen) {
        directive.read_reason(comment, range, pattern);
    }
    Some(directive)
}

/// A comment that is for nobody here: what other tools read in it, and the rest.
pub(super) fn foreign(comment: &str) -> (Vec<&str>, Vec<&str>) {
    let texts = parts(comment).map(|part| comment[part].trim()).filter(|text| !text.is_empty());
    texts.partition(|text| OTHER_TOOLS.iter().any(|tool| text.to_lowercase().starts_with(tool)))
}

/// What stands behind each `#`.
fn parts(comment: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let mut at = comment.find('#').map_or(comment.len(), |at| at + 1);
    std::iter::from_fn(move || {
        if at > comment.len() {
            return None;
        }
        let end = comment[at..].find('#').map_or(comment.len(), |length| at + length);
        let part = at..end;
        at = end + 1;
        Some(part)
    })
}

/// A reason may have a `#` in it: it goes from its first part to its last.
fn join(reason: &mut Option<Range<usize>>, more: Option<Range<usize>>) {
    let Some(more) = more.filter(|range| !range.is_empty()) else { return };
    match reason {
        // What stands before `nosec` and what stands behind it are two things; the one behind is the reason.
        Some(range) if range.end + 4 >= more.start && range.end <= more.start => range.end = more.end,
        Some(_) | None => *reason = Some(more),
    }
}

impl Directive {
    /// A part that starts with `nosec` at `start`, in whatever case. Gives back where a reason stands behind the ids.
    fn nosec_part(
        &mut self,
        comment: &str,
        start: usize,
        text: &str,
        is_ours: &dyn Fn(&str) -> bool,
    ) -> Option<Range<usize>> {
        let begins = start + "nosec".len();
        let end = start + text.len();
        let Some(reading) = &self.nosec else {
            self.oddities.push(Oddity::Capitals);
            return None;
        };
        if reading.start < begins || reading.start > begins + 1 {
            let oddity = if text.starts_with("nosec") { Oddity::SecondNosec } else { Oddity::Capitals };
            self.oddities.push(oddity);
            return None;
        }
        let reading = reading.clone();
        let glued = comment[begins..].chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        let from = self.ids(comment, reading.start, end, is_ours);
        if glued && self.meant.is_empty() && self.own.is_empty() && self.claimed.is_empty() {
            let word = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or(text);
            self.oddities.push(Oddity::Glued(word.to_owned()));
        }
        self.compare(comment, &reading);
        let mut rest = &comment[from..end];
        if glued && from == reading.start {
            // What is left of the word is no reason.
            rest = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
        }
        let inner =
            rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | ':' | ',' | ';'));
        let range = end - inner.len()..end;
        (!inner.is_empty()).then_some(range)
    }

    /// The ids at the start of what stands behind `nosec`; gives back where they end.
    fn ids(&mut self, comment: &str, start: usize, end: usize, is_ours: &dyn Fn(&str) -> bool) -> usize {
        let mut at = start;
        loop {
            let rest = &comment[at..end];
            let body = rest.trim_start_matches(|c: char| c.is_whitespace() || ",;/()[]:".contains(c));
            let length = body.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-')).unwrap_or(body.len());
            let word = &body[..length];
            match id_of(word) {
                Some(id) if !self.meant.contains(&id) => self.meant.push(id),
                Some(_) => {}
                None if is_ours(word) && !is_like_id(word) => self.own.push(word.to_owned()),
                None if is_like_id(word) || is_slip_of_id(word) => self.claimed.push(word.to_owned()),
                None => return at,
            }
            at = end - body.len() + length;
        }
    }

    /// Where Bandit's reading differs from what the ids at the start say.
    fn compare(&mut self, comment: &str, reading: &Reading) {
        let ids = reading.ids();
        let lost: Vec<_> = self.meant.iter().filter(|id| !ids.contains(id)).copied().collect();
        if !lost.is_empty() && !ids.is_empty() {
            self.oddities.push(Oddity::LostToComma(lost));
        }
        for word in &reading.words {
            if let Some(id) = word.id.filter(|id| !self.meant.contains(id)) {
                let word = comment[word.start..word.end].to_owned();
                self.oddities.push(Oddity::Widened { word, id });
            }
        }
        let unknown: Vec<_> = reading.unknown().map(|word| comment[word.start..word.end].to_owned()).collect();
        if !unknown.is_empty() && !ids.is_empty() {
            self.oddities.push(Oddity::UnknownWords(unknown));
        }
    }

    /// A part that starts with `loadlint:` at `start`. Gives back where a reason stands behind the ids.
    fn native_part(&mut self, comment: &str, start: usize, end: usize) -> Option<Range<usize>> {
        let whole = &comment[start..end];
        let after = whole["loadlint:".len()..].trim_start();
        let at = |rest: &str| end - rest.len();
        let Some(rest) = after.strip_prefix("ignore") else {
            self.native =
                Some(Native { range: start..start + whole.trim_end().len(), ids: Vec::new(), is_readable: false });
            return None;
        };
        let list = rest.trim_start().strip_prefix('[').map(|inner| (inner, inner.split_once(']')));
        let (ids, tail, is_readable) = match list {
            Some((inner, Some((list, tail)))) => (words(at(inner), list), tail, true),
            Some((inner, None)) => (words(at(inner), inner), "", false),
            None => (Vec::new(), rest, rest.is_empty() || rest.starts_with([' ', '\t', ':'])),
        };
        self.native = Some(Native { range: start..at(tail), ids, is_readable });
        let inner = tail.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '–' | '—' | ':'));
        let inner = inner.trim_end();
        let from = end - tail.len() + tail.find(inner).unwrap_or(0);
        (!inner.is_empty()).then_some(from..from + inner.len())
    }

    /// `nosec B614` in the middle of other words.
    fn mentions_nosec(&mut self, comment: &str) -> bool {
        let behind = comment.match_indices("nosec").map(|(at, word)| &comment[at + word.len()..]);
        let is_meant = |rest: &str| {
            let word = rest.trim_start_matches([':', ' ']);
            word.len() < rest.len() && word.get(..4).is_some_and(|id| is_like_id(id) && id_of(id).is_some())
        };
        let found = behind.into_iter().any(is_meant);
        if found {
            self.oddities.push(Oddity::NotAtStart);
        }
        found
    }

    fn read_reason(&mut self, comment: &str, range: Range<usize>, pattern: &ThreatPattern) {
        let text = &comment[range.clone()];
        let mut at = 0;
        let mut cited = Vec::new();
        while let Some(id) = pattern.at_start(&text[at..]).or_else(|| like_an_id(&text[at..], pattern)) {
            cited.push(range.start + at..range.start + at + id.len());
            at += id.len();
            match text[at..].strip_prefix(',') {
                Some(rest) => at = text.len() - rest.trim_start().len(),
                None => break,
            }
        }
        let rest = text[at..].trim_start();
        let reason = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '-' | '–' | '—'));
        if cited.is_empty() {
            cited = pattern.all(text).map(|found| range.start + found.start..range.start + found.end).collect();
            if !cited.is_empty() {
                self.oddities.push(Oddity::ThreatForm);
            }
        } else if !rest.starts_with(':') && !rest.is_empty() {
            self.oddities.push(Oddity::ThreatForm);
        }
        self.reason = strip_citation(reason, &cited, comment);
        self.threats = cited;
    }
}

/// `reason (T-003)` without the citation; a citation inside of a sentence stays.
fn strip_citation(reason: &str, cited: &[Range<usize>], comment: &str) -> String {
    let mut reason = reason.trim().to_owned();
    for range in cited {
        let id = &comment[range.clone()];
        for form in [format!("({id})"), format!("[{id}]")] {
            reason = reason.replace(&form, "");
        }
        if reason == id {
            reason.clear();
        }
    }
    let reason = reason.trim();
    reason.strip_prefix(':').unwrap_or(reason).trim().to_owned()
}

/// An id in the wrong case or with another separator, `t-3:` or `T003:`, so that it can be told instead of passed over.
fn like_an_id<'t>(text: &'t str, pattern: &ThreatPattern) -> Option<&'t str> {
    let letters = |text: &str| text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let own = &pattern.as_str()[..letters(pattern.as_str())];
    let prefix = letters(text);
    if own.is_empty() || !text[..prefix].eq_ignore_ascii_case(own) {
        return None;
    }
    let rest = &text[prefix..];
    let digits = rest.strip_prefix(['-', '_']).unwrap_or(rest);
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    let end = text.len() - digits.len() + count;
    let ends = text[end..].trim_start().starts_with([':', ',']) || text[end..].is_empty();
    ((1..=9).contains(&count) && ends).then(|| &text[..end])
}

/// `B3O1`: an `O` for a zero, an `l` for a one.
fn is_slip_of_id(word: &str) -> bool {
    let slip = |c: char| c.is_ascii_digit() || matches!(c, 'O' | 'o' | 'l' | 'I');
    word.len() == 4
        && word.starts_with(['B', 'b'])
        && word[1..].chars().all(slip)
        && word.bytes().any(|byte| byte.is_ascii_digit())
}

fn words(start: usize, list: &str) -> Vec<Range<usize>> {
    let mut at = start;
    let mut words = Vec::new();
    for item in list.split(',') {
        let word = item.trim();
        let from = at + item.len() - item.trim_start().len();
        if !word.is_empty() {
            words.push(from..from + word.len());
        }
        at += item.len() + 1;
    }
    words
}

#[cfg(test)]
mod tests;
