//! Runs the built binary in a folder of its own, with an environment of its own.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use loadlint::config::{Settings, ThreatRegister};
use loadlint::finding::InputName;
use loadlint::suppress::{Date, RegisterFile};

/// A temporary folder in which the binary runs.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A module with one finding: LL110 in line 2.
pub(crate) const UNSAFE: &str = "import pickle\nx = pickle.load(open('a', 'rb'))\n";
/// A module with none.
pub(crate) const SAFE: &str = "import json\nx = json.load(open('a'))\n";

impl Place {
    /// A folder with these files.
    pub(crate) fn new(files: &[(&str, &str)]) -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        for (name, text) in files {
            place.write(name, text.as_bytes());
        }
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, name: impl AsRef<Path>, bytes: &[u8]) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("writable");
        std::fs::write(path, bytes).expect("writable");
    }

    /// The binary here, with nothing of our environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_loadlint"));
        command.args(arguments).current_dir(self.path()).env_clear().env("HOME", self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).output().expect("the binary runs"))
    }

    pub(crate) fn run_with_input(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the binary runs");
        // A run that does not read its input closes the pipe, which is no failure of the test.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        ran(child.wait_with_output().expect("the binary ends"))
    }
}

pub(crate) fn ran(output: std::process::Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).expect("output is UTF-8");
    Ran { code: output.status.code().expect("no signal"), out: text(output.stdout), err: text(output.stderr) }
}

impl Ran {
    /// The report as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The paths of the findings of a JSON report.
    pub(crate) fn found_in(&self) -> Vec<String> {
        let report = self.json();
        let findings = report["findings"].as_array().expect("a list");
        findings.iter().map(|finding| finding["location"]["path"].as_str().expect("a path").to_owned()).collect()
    }
}

/// The default settings on a certain day, with the register of the test cases.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings::from_layers(&[], Path::new("/repo")).expect("the default holds");
    settings.policy.today = Date::parse("2026-06-01");
    let text = include_str!("../fixtures/register/cases.md").to_owned();
    let file = RegisterFile::new(InputName::new("THREATS.md"), text, &settings.policy.pattern);
    let (path, root) = ("/repo/THREATS.md".into(), "/repo".into());
    settings.register = Arc::new(ThreatRegister { path, root, file: Some(file), ..ThreatRegister::default() });
    settings
}

/// The run ended so, and said these words.
pub(crate) fn holds(ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{ran:?}");
    for word in words {
        assert!(ran.out.contains(word) || ran.err.contains(word), "`{word}` in {ran:?}");
    }
}
