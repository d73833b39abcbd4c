//! Lines of `sha256sum`, GNU's and BSD's form, and of BagIt.
//!
//! Source: coreutils' manual, "md5sum invocation": a line that starts with a backslash has `\\`, `\n` and `\r` escaped in its
//! name. RFC 8493 (BagIt), 2.1.3: `%`, CR and LF are percent-encoded.

use super::{Collector, Form, MOST_ENTRIES, ManifestError, Pins, digest, region_of};
use crate::manifest::digest::Sha256;

pub(super) fn read(text: &str, form: Form) -> Result<Pins, ManifestError> {
    let lines = || text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line)).filter(|line| is_entry(line));
    let all = lines().take(MOST_ENTRIES + 1).count();
    if all > MOST_ENTRIES {
        return Err(ManifestError::Broken(format!("it has more than {MOST_ENTRIES} lines")));
    }
    let entries = lines().filter(|line| entry(line, form).is_some()).count();
    // An empty file could be anything but an empty bag.
    if entries == 0 && !(form == Form::BagIt && all == 0) {
        return Err(ManifestError::NotOne);
    }
    let mut collector = Collector::new();
    for line in lines() {
        let region = region_of(text, line);
        match entry(line, form) {
            Some((_, path)) if path.contains('\u{FFFD}') => {
                collector.fault(line, "the name is not UTF-8", region);
            }
            Some((sha256, path)) => collector.pin(&path, sha256, None, region),
            None => collector.fault(line, "the line is no digest and path", region),
        }
    }
    Ok(collector.finish(form))
}

fn is_entry(line: &str) -> bool {
    !line.trim().is_empty() && !line.starts_with('#')
}

fn entry(line: &str, form: Form) -> Option<(Sha256, String)> {
    if form == Form::BagIt {
        let (hex, path) = line.split_once([' ', '\t'])?;
        return Some((digest(hex)?, percent_decoded(path.trim_start_matches([' ', '\t', '*']))));
    }
    let (escaped, line) = line.strip_prefix('\\').map_or((false, line), |rest| (true, rest));
    let (hex, path) = match line.strip_prefix("SHA256 (") {
        Some(rest) => {
            let (path, hex) = rest.rsplit_once(") = ")?;
            (hex, path)
        }
        None => {
            let (hex, rest) = line.split_once(' ')?;
            (hex, rest.strip_prefix([' ', '*']).unwrap_or(rest))
        }
    };
    let path = if escaped { unescaped(path)? } else { path.to_owned() };
    Some((hex.parse().ok()?, path)).filter(|(_, path)| !path.is_empty())
}

fn unescaped(path: &str) -> Option<String> {
    let mut plain = String::with_capacity(path.len());
    let mut letters = path.chars();
    while let Some(letter) = letters.next() {
        plain.push(match letter {
            '\\' => match letters.next()? {
                'n' => '\n',
                'r' => '\r',
                '\\' => '\\',
                _ => return None,
            },
            letter => letter,
        });
    }
    Some(plain)
}

fn percent_decoded(path: &str) -> String {
    let pairs = [("%0A", "\n"), ("%0a", "\n"), ("%0D", "\r"), ("%0d", "\r"), ("%25", "%")];
    pairs.iter().fold(path.to_owned(), |path, (code, letter)| path.replace(code, letter))
}
