//! Texts that have no business among a class's arguments: addresses, paths, commands, code.

const PATH: &str = "a file path";

/// What a text is that has no business among a class's arguments: an address, a path, a command or code.
pub(super) fn alarming(text: &str) -> Option<&'static str> {
    if is_url(text) {
        Some("a URL")
    } else if is_code(text) {
        Some("code")
    } else if is_command(text) {
        Some("a command")
    } else if is_path(text) {
        Some(PATH)
    } else {
        None
    }
}

/// What is telling among texts; paths are not for what only makes an object of a class, without its constructor.
pub(super) fn alarming_among<'t>(texts: impl Iterator<Item = &'t str>, makes_only: bool) -> Option<&'static str> {
    texts.filter_map(alarming).find(|kind| !makes_only || *kind != PATH)
}

fn is_url(text: &str) -> bool {
    text.split_once("://").is_some_and(|(scheme, rest)| {
        let scheme = scheme.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '+').next().unwrap_or_default();
        scheme.len() > 1 && !rest.is_empty() && !rest.starts_with(char::is_whitespace)
    })
}

fn is_path(text: &str) -> bool {
    let drive = |text: &str| {
        let mut bytes = text.bytes();
        bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
            && bytes.next() == Some(b':')
            && matches!(bytes.next(), Some(b'\\' | b'/'))
    };
    let rooted = text.strip_prefix('/').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '.' || c == '_') && !rest.contains(['\n', '<'])
    });
    rooted
        || text.starts_with("~/")
        || text.starts_with("\\\\")
        || text.starts_with("../")
        || text.contains("/../")
        || text.contains("..\\")
        || drive(text)
}

fn is_command(text: &str) -> bool {
    const STARTS: [&str; 31] = [
        "bash ",
        "busybox ",
        "calc",
        "cat /",
        "chmod ",
        "cmd ",
        "cmd.exe",
        "cp /",
        "curl ",
        "dd if=",
        "echo ",
        "env ",
        "id;",
        "kill ",
        "mkfifo ",
        "nc ",
        "ncat ",
        "nohup ",
        "perl -",
        "ping ",
        "pip install",
        "powershell",
        "python -",
        "python3 -",
        "rm -",
        "ruby -",
        "sh -",
        "sudo ",
        "touch ",
        "wget ",
        "whoami",
    ];
    const PARTS: [&str; 9] = ["/bin/sh", "/bin/bash", "/dev/tcp/", "$(", " && ", " | sh", "|sh", "| bash", "|bash"];
    let start = text.trim_start();
    STARTS.iter().any(|word| start.starts_with(word)) || PARTS.iter().any(|part| text.contains(part))
}

fn is_code(text: &str) -> bool {
    const PARTS: [&str; 19] = [
        "__import__",
        "__builtins__",
        "__globals__",
        "__subclasses__",
        "__class__",
        "exec(",
        "eval(",
        "compile(",
        "open(",
        "getattr(",
        "os.system",
        "os.popen",
        "subprocess.",
        "socket.socket",
        "import os",
        "import sys",
        "import subprocess",
        "import socket",
        "base64.b64decode",
    ];
    PARTS.iter().any(|part| text.contains(part))
        || text
            .lines()
            .any(|line| line.starts_with("import ") || (line.starts_with("from ") && line.contains(" import ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_paths_commands_and_code_are_told_from_words() {
        for (text, kind) in [
            ("https://example.org/x", Some("a URL")),
            ("file:///etc/passwd", Some("a URL")),
            ("/etc/passwd", Some("a file path")),
            ("../../x", Some("a file path")),
            ("\\\\host\\share", Some("a file path")),
            ("C:\\Windows", Some("a file path")),
            ("~/.ssh/id_rsa", Some("a file path")),
            ("curl x|sh", Some("a command")),
            ("echo loadlint-test", Some("a command")),
            ("import os\nos.system('x')", Some("code")),
            ("__import__('os')", Some("code")),
            ("layer1.0.weight", None),
            ("cuda:0", None),
            ("models/best.pt", None),
            ("a / b", None),
            ("ratio: 1://2", None),
            ("median", None),
            ("[CLS]", None),
            ("<i8", None),
        ] {
            assert_eq!(alarming(text), kind, "{text}");
        }
    }
}
