//! Requirements that an archive's loader installs: whether they come from the usual index.
//!
//! Comes in: the text of a `requirements.txt`. Goes out: an observation for each line that names another place.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::Examination;

/// Indexes whose packages are published under their authors' names.
const KNOWN: [&str; 6] = [
    "https://pypi.org/",
    "https://files.pythonhosted.org/",
    "https://download.pytorch.org/",
    "https://pypi.nvidia.com",
    "https://pypi.ngc.nvidia.com",
    "https://data.pyg.org/",
];
/// Options that name an index or a folder of packages.
const OPTIONS: [&str; 5] = ["--index-url", "--extra-index-url", "--find-links", "-i", "-f"];
const MOST_LINES: usize = 10_000;

/// Whether `name` is a list of requirements.
pub(super) fn is_list(name: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
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
    for line in text.lines().take(MOST_LINES).filter(|line| is_foreign(line)) {
        let shown: String = line.trim().chars().take(200).collect();
        let region = ByteRegion::new(0, content.len());
        x.observe(ObservationKind::ForeignRequirement, region, format!("`{shown}`"));
    }
}

/// Whether a line takes a package from elsewhere than a known index: another index, an address, a repository.
fn is_foreign(line: &str) -> bool {
    let line = line.split(" #").next().unwrap_or(line).trim();
    if line.starts_with('#') {
        return false;
    }
    let option = OPTIONS.iter().find_map(|option| line.strip_prefix(option)?.strip_prefix(['=', ' ']));
    let address = match option {
        Some(value) => Some(value.trim()),
        None => {
            line.split_ascii_whitespace().find(|word| word.contains("://")).map(|word| word.trim_start_matches('@'))
        }
    };
    address.is_some_and(|address| address.contains("://") && !KNOWN.iter().any(|known| address.starts_with(known)))
}

#[cfg(test)]
mod tests {
    use super::is_foreign;

    #[test]
    fn what_does_not_come_from_a_known_index_is_foreign() {
        for line in [
            "--index-url http://127.0.0.1:9/simple",
            "-i https://packages.example/simple",
            "--extra-index-url=https://example.com",
            "package @ https://example.com/x.whl",
            "git+https://example.com/a/b.git@main#egg=b",
            "https://example.com/x.tar.gz",
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
            "",
        ] {
            assert!(!is_foreign(line), "{line}");
        }
    }
}
