//! Findings get the hash of their line, for which the bytes of the file are needed once more.

use std::collections::{BTreeMap, BTreeSet};

use crate::bytes::Window;
use crate::disk;
use crate::finding::{Finding, InputName, Outcome};
use crate::python::source::SourceKind;
use crate::text::line_hashes;

/// Of larger artifacts no line is told: services that hash lines themselves would read all of them.
const MOST_ARTIFACT_BYTES: u64 = 64 << 20;
/// Enough bytes of an artifact for its first line, unless they are blanks.
const HEAD_BYTES: u64 = 4096;
/// The hash looks at 100 characters that are no blanks; of each CR LF only one counts.
const ENOUGH_CHARACTERS: usize = 2 * 100 + 8;

/// A copy of the bytes, if the text that decoding makes of them may have others. Nearly no file needs it.
pub(super) fn kept_bytes(kind: SourceKind, bytes: &[u8]) -> Option<Vec<u8>> {
    // ASCII is the same in all encodings, but for those that switch with escape sequences.
    let is_text = match kind {
        SourceKind::Module | SourceKind::Stub => bytes.is_ascii() && memchr::memchr2(0, 0x1B, bytes).is_none(),
        SourceKind::Notebook | SourceKind::Script(_) => false,
    };
    (!is_text).then(|| bytes.to_vec())
}

/// Gives each finding the hash of its line; `bytes` are those of the file.
pub(super) fn add_line_hashes(findings: &mut [Finding], bytes: &[u8]) {
    if findings.is_empty() {
        return;
    }
    let wanted: BTreeSet<_> = findings.iter().map(|finding| finding.location.start.line).collect();
    let hashes = line_hashes(bytes, &wanted);
    for finding in findings {
        finding.location.line_hash = hashes.get(&finding.location.start.line).map(|hash| hash.as_str().into());
    }
}

/// The same for an artifact: what stands at a byte of it counts as its first line.
pub(super) fn add_artifact_hashes(findings: &mut [Finding], content: &Window) {
    add_hashes(&mut findings.iter_mut().collect::<Vec<_>>(), content);
}

fn add_hashes(findings: &mut [&mut Finding], content: &Window) {
    if findings.is_empty() || content.len() > MOST_ARTIFACT_BYTES {
        return;
    }
    let line = |finding: &Finding| if finding.location.binary.is_some() { 1 } else { finding.location.start.line };
    let wanted: BTreeSet<_> = findings.iter().map(|finding| line(finding)).collect();
    let only_first = wanted.last() == Some(&1);
    // What cannot be read was told where it was looked for.
    let Ok(mut bytes) = content.read(0, content.len().min(HEAD_BYTES) as usize) else { return };
    if bytes.len() as u64 != content.len() && !(only_first && is_enough(&bytes)) {
        let Ok(all) = content.read(0, content.len() as usize) else { return };
        bytes = all;
    }
    let hashes = line_hashes(&bytes, &wanted);
    for finding in findings {
        finding.location.line_hash = hashes.get(&line(finding)).map(|hash| hash.as_str().into());
    }
}

/// Hashes for what was found once every input had been looked at: in registers and manifests, and what these say of other
/// files. Reads those files once more; `is_file` tells which names are files.
pub fn add_late_hashes(outcome: &mut Outcome, is_file: &dyn Fn(&InputName) -> bool) {
    let mut by_input: BTreeMap<InputName, Vec<&mut Finding>> = BTreeMap::new();
    let found = outcome.findings.iter_mut().chain(&mut outcome.suppressed);
    for finding in found.filter(|finding| finding.location.line_hash.is_none() && is_file(&finding.location.input)) {
        by_input.entry(finding.location.input.clone()).or_default().push(finding);
    }
    for (input, mut findings) in by_input {
        // A file that is gone since has no lines; that it is gone is told where it was looked for.
        if let Ok(file) = disk::open_input(input.path()) {
            add_hashes(&mut findings, &file.window());
        }
    }
}

fn is_enough(head: &[u8]) -> bool {
    let text = String::from_utf8_lossy(head);
    text.chars().filter(|character| !matches!(character, ' ' | '\t')).count() > ENOUGH_CHARACTERS
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use crate::engine::check::check_bytes;
    use crate::engine::scan::scan;
    use crate::finding::InputName;
    use std::path::Path;

    fn hash_of(kind: SourceKind, bytes: &[u8]) -> Option<String> {
        let settings = Settings::from_layers(&[], Path::new("/")).expect("the default holds");
        let outcome = check_bytes(&InputName::new("a"), kind, bytes.to_vec(), &settings);
        let [finding] = &outcome.findings[..] else { panic!("{:?}", outcome.findings) };
        finding.location.line_hash.as_ref().map(|hash| hash.to_string())
    }

    #[test]
    fn the_bytes_of_the_file_count_not_the_text_they_mean() {
        let code = "x = 'é'; import pickle; pickle.load(f)\n";
        let latin: Vec<u8> = format!("# coding: latin-1\n{code}").chars().map(|c| c as u8).collect();
        let utf8 = format!("# coding: latin-1\n{code}").replace("latin-1", "utf-8  ");
        assert_ne!(hash_of(SourceKind::Module, &latin), hash_of(SourceKind::Module, utf8.as_bytes()));
        let expected = line_hashes(&latin, &BTreeSet::from([2])).remove(&2);
        assert_eq!(hash_of(SourceKind::Module, &latin), expected);
        let marked = [b"\xef\xbb\xbf", code.as_bytes()].concat();
        assert_eq!(hash_of(SourceKind::Module, &marked), line_hashes(&marked, &BTreeSet::from([1])).remove(&1));
    }

    #[test]
    fn the_first_line_of_an_artifact_needs_no_more_than_its_head() {
        let settings = Settings::from_layers(&[], Path::new("/")).expect("the default holds");
        let mut pickle = b"\x80\x02cposix\nsystem\nX\x02\x00\x00\x00id\x85R0B".to_vec();
        pickle.extend(100_000_u32.to_le_bytes());
        pickle.extend(vec![b'x'; 100_000]);
        pickle.push(b'.');
        let outcome = scan(&InputName::new("m.pkl"), &Window::from(pickle.clone()), &settings);
        let expected = line_hashes(&pickle, &BTreeSet::from([1])).remove(&1);
        assert!(!outcome.findings.is_empty());
        for finding in &outcome.findings {
            assert_eq!(finding.location.line_hash.as_deref(), expected.as_deref());
        }
    }
}
