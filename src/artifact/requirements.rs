//! Requirements that a model's loader installs: whether they come from the usual index.
//!
//! Comes in: the text of a `requirements.txt`. Goes out: an observation for each line that names another place. Called by
//! `archive` and `content`.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::sniff::file_name;
use super::{Examination, lines};

/// Indexes whose packages are published under their authors' names.
const KNOWN: [&str; 6] = [
    "https://pypi.org/",
    "https://files.pythonhosted.org/",
    "https://download.pytorch.org/",
    "https://pypi.nvidia.com",
    "https://pypi.ngc.nvidia.com",
    "https://data.pyg.org/",
];

/// Whether `name` is a list of requirements.
pub(super) fn is_list(name: &str) -> bool {
    let base = file_name(name).to_ascii_lowercase();
    base.starts_with("requirements") && base.ends_with(".txt")
}

/// Looks at the list `content`.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    let limit = x.limits.max_text_bytes;
    if content.len() > limit {
        return x.limit_once("max-text-bytes", limit, "a list of requirements was not read");
    }
    let bytes = match content.read(0, usize::try_from(content.len()).unwrap_or(0)) {
        Ok(bytes) => bytes,
        Err(error) => return x.unreadable(&error),
    };
    let text = String::from_utf8_lossy(&bytes);
    for line in joined(&text).filter(|line| is_foreign(line)) {
        let shown: String = line.trim().chars().take(200).collect();
        let region = ByteRegion::new(0, content.len());
        x.observe(ObservationKind::ForeignRequirement, region, format!("`{shown}`"));
    }
}

/// The lines as pip joins them: a backslash at its end joins a line with the next, but for comments. Source: pip,
/// `join_lines` in `pip/_internal/req/req_file.py`.
fn joined(text: &str) -> impl Iterator<Item = String> {
    let mut lines = lines::of(text);
    std::iter::from_fn(move || {
        let first = lines.next()?;
        let mut whole = first.to_owned();
        let mut last = first;
        while last.ends_with('\\') && !is_comment(last) {
            whole.truncate(whole.trim_end_matches('\\').len());
            let Some(next) = lines.next() else { break };
            if is_comment(next) {
                whole.push(' ');
            }
            whole.push_str(next);
            last = next;
        }
        Some(whole)
    })
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Whether a line takes a package from elsewhere than known indexes: another index, an address, a repository.
fn is_foreign(line: &str) -> bool {
    if is_comment(line) {
        return false;
    }
    let line = line.split(" #").next().unwrap_or(line);
    line.split_ascii_whitespace().filter_map(address).any(|address| !is_known(address))
}

/// The address in a word: `--find-links=https://example.com`, `package@https://example.com`.
fn address(word: &str) -> Option<&str> {
    let scheme = &word[..word.find("://")?];
    Some(&word[scheme.rfind(['=', '@', '"', '\'', '\\']).map_or(0, |at| at + 1)..])
}

/// Whether an address is one of a known index, and not only begins like one.
fn is_known(address: &str) -> bool {
    let behind = KNOWN.iter().find_map(|known| address.strip_prefix(known.trim_end_matches('/')));
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with(['/', '"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::{examine, is_foreign, joined};
    use crate::artifact::examination::{Detail, Examination};
    use crate::limits::Limits;

    #[test]
    fn what_does_not_come_from_a_known_index_is_foreign() {
        for line in [
            "--index-url http://127.0.0.1:9/simple",
            "-i https://packages.example/simple",
            "--extra-index-url=https://example.com",
            "package @ https://example.com/x.whl",
            "git+https://example.com/a/b.git@main#egg=b",
            "https://example.com/x.tar.gz",
            "torch @ https://pypi.org/x.whl --index-url http://127.0.0.1:9/simple",
            "--extra-index-url https://pypi.org/simple --find-links=http://127.0.0.1:9",
            "--index-url https://pypi.nvidia.com.example.com/simple",
            "--index-url \"https://example.com\"",
        ] {
            assert!(is_foreign(line), "{line}");
        }
        for line in [
            "torch==2.9.0",
            "numpy>=1.24,<3  # see https://numpy.org",
            "# https://example.com",
            "--extra-index-url https://download.pytorch.org/whl/cpu",
            "-r base.txt",
            "--find-links ./wheels",
            "--extra-index-url=https://pypi.nvidia.com",
            "torch@https://download.pytorch.org/whl/x.whl",
            "",
        ] {
            assert!(!is_foreign(line), "{line}");
        }
    }

    #[test]
    fn lines_are_joined_as_pip_joins_them() {
        let text = "a\\\nb\\\\\r\nc\n# d\\\ne\nf\\\n # g\nh\\";
        assert_eq!(joined(text).collect::<Vec<_>>(), ["abc", "# d\\", "e", "f  # g", "h"]);
        assert!(joined("--index-url ht\\\ntp://127.0.0.1:9").all(|line| is_foreign(&line)));
    }

    #[test]
    fn the_last_of_many_lines_is_looked_at() {
        let text = format!("{}--index-url http://127.0.0.1:9/simple\n", "torch\n".repeat(20_000));
        let limits = Limits::default();
        let mut x = Examination::new("requirements.txt", 0, &limits, Detail::Findings);
        examine(&text.into_bytes().into(), &mut x);
        assert_eq!(x.fact_count(), 1);
    }
}
