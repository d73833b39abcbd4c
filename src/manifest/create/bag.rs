//! The tag files of a BagIt 1.0 bag around a folder `data`.
//!
//! Source: RFC 8493; `tests/integration/manifest` holds them against the Library of Congress's client.

use crate::manifest::{Manifest, Sha256};

/// Names and texts of the files beside `data`.
pub type BagFiles = Vec<(&'static str, String)>;

/// The tag files for a manifest of all files below `data`. `date` is `2026-11-21`.
pub fn bag(manifest: &Manifest, date: Option<&str>) -> BagFiles {
    let line = |digest: &Sha256, path: &str| format!("{digest}  {}\n", encoded(path));
    let (count, bytes) =
        manifest.artifacts.iter().fold((0, 0_u64), |(count, bytes), one| (count + 1, bytes + one.bytes));
    let date = date.map(|date| format!("Bagging-Date: {date}\n")).unwrap_or_default();
    let mut files = vec![
        ("bag-info.txt", format!("Bag-Software-Agent: loadlint\n{date}Payload-Oxum: {bytes}.{count}\n")),
        ("bagit.txt", "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n".to_owned()),
        ("manifest-sha256.txt", manifest.artifacts.iter().map(|one| line(&one.sha256, &one.path)).collect()),
    ];
    let tags = files.iter().map(|(name, text)| line(&Sha256::of(text.as_bytes()), name)).collect();
    files.push(("tagmanifest-sha256.txt", tags));
    files
}

fn encoded(path: &str) -> String {
    path.replace('%', "%25").replace('\n', "%0A").replace('\r', "%0D")
}
