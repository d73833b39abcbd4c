//! The layers of the program and the rooms of its words, as `docs/architecture.md` draws them. Tests inside the modules
//! may use what they like.

use std::fs;
use std::path::{Path, PathBuf};

/// Each module of the crate and which others it may name.
const LAYERS: [(&str, &[&str]); 19] = [
    ("text", &[]),
    ("bytes", &[]),
    ("limits", &[]),
    ("finding", &["text"]),
    ("fact", &["text"]),
    ("python", &["fact", "finding", "text", "limits"]),
    ("script", &["fact", "text"]),
    ("artifact", &["fact", "text", "bytes", "limits"]),
    ("rules", &["fact", "finding", "text"]),
    ("disk", &["finding", "text", "bytes", "limits"]),
    ("discover", &["finding", "fact", "text", "limits"]),
    ("manifest", &["finding", "fact", "text", "bytes", "limits", "artifact", "disk"]),
    ("suppress", &["fact", "finding", "rules", "text", "limits"]),
    ("config", &["fact", "finding", "rules", "suppress", "text", "limits", "disk"]),
    (
        "engine",
        &[
            "text", "bytes", "limits", "finding", "fact", "python", "script", "artifact", "rules", "disk", "discover",
            "manifest", "suppress", "config",
        ],
    ),
    ("report", &["fact", "finding", "text", "rules", "suppress"]),
    ("fix", &["fact", "finding", "text", "limits", "python", "rules", "disk"]),
    (
        "server",
        &[
            "text", "bytes", "limits", "finding", "fact", "python", "script", "artifact", "rules", "disk", "discover",
            "manifest", "suppress", "config", "engine", "report", "fix",
        ],
    ),
    (
        "cli",
        &[
            "text", "bytes", "limits", "finding", "fact", "python", "script", "artifact", "rules", "disk", "discover",
            "manifest", "suppress", "config", "engine", "report", "fix", "server",
        ],
    ),
];

/// Words and the only places whose lines may hold them.
const ROOMS: [(&[&str], &[&str]); 15] = [
    (&["clap", "anstream", "anyhow", "std::env", "env::var", "ExitCode", "Instant", "SystemTime"], &["cli", "main.rs"]),
    (&["io::stdout", "io::stderr", "io::stdin", "println!", "eprintln!", "print!"], &["cli"]),
    (&["std::fs", "fs::read", "fs::write", "File::open", "File::options"], &["disk", "discover"]),
    (&["ignore::"], &["discover"]),
    (&["process::Command", "Command::new"], &["cli/baseline.rs"]),
    (&["saphyr_parser"], &["artifact/config/yaml.rs"]),
    (&["rayon"], &["engine/run.rs", "engine/parallel.rs"]),
    (&["thread::spawn", "thread::Builder"], &["engine/parallel.rs", "server/session.rs"]),
    (&["ruff_python", "ruff_text_size", "ruff_source_file"], &["python"]),
    (&["toml::"], &["rules/load.rs", "config"]),
    (&["flate2::", "bzip2::", "lzma_rust2", "ruzstd", "lz4_flex", "crc32fast"], &["artifact"]),
    (&["codespan_reporting", "anstyle"], &["report"]),
    (&["sha2::"], &["manifest", "finding/fingerprint.rs", "report/threats/openvex.rs"]),
    (&["p256::", "p384::", "p521::", "base64ct"], &["manifest"]),
    (&["serde_sarif"], &["report"]),
];

/// Each file of `src` with its code: no comments, nothing from `#[cfg(test)]` on.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).expect("a readable folder");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
        paths.sort();
        for path in paths {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("UTF-8");
                let name = path.strip_prefix(&root).expect("below").to_str().expect("ASCII").replace('\\', "/");
                sources.push((name, code(&text)));
            }
        }
    }
    sources
}

fn code(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    lines.filter(|line| !line.trim_start().starts_with("//")).map(|line| format!("{line}\n")).collect()
}

fn module(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

/// The modules that a text names as `crate::module`.
fn named(code: &str) -> impl Iterator<Item = &str> {
    let rests = code.match_indices("crate::").map(|(at, word)| &code[at + word.len()..]);
    rests.map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').next().unwrap_or(rest))
}

/// Whether `word` stands in `line` as a word of its own.
fn holds(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[test]
fn each_module_names_those_below_it_only() {
    let mut wrong = Vec::new();
    for (file, code) in sources() {
        let own = module(&file);
        if own == "lib" || own == "main" {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else {
            wrong.push(format!("{file}: the module `{own}` stands in no row"));
            continue;
        };
        for other in named(&code) {
            if other.is_empty() {
                wrong.push(format!("{file}: write one `use crate::module` a line, so that layers can be read"));
            } else if other != own && !allowed.contains(&other) {
                wrong.push(format!("{file}: `{own}` may not name `{other}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_row_names_itself_or_a_row_below() {
    for (index, (name, allowed)) in LAYERS.iter().enumerate() {
        for other in *allowed {
            let row = LAYERS.iter().position(|(name, _)| name == other);
            assert!(row.is_some_and(|row| row < index), "`{name}` names `{other}`");
        }
    }
}

#[test]
fn words_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for (file, code) in sources() {
        for (words, rooms) in ROOMS {
            let is_room = rooms.iter().any(|room| file == *room || module(&file) == *room);
            for word in words.iter().filter(|_| !is_room) {
                for line in code.lines().filter(|line| holds(line, word)) {
                    wrong.push(format!("{file}: `{word}` in `{}`", line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
