//! The language server between a keystroke and its diagnostics, without a client: `cargo bench --bench server`. The text
//! has 3,000 lines, one in ten of which loads something, and comments that cite a register.

use std::fmt::Write as _;
use std::sync::mpsc::{Receiver, channel};

use divan::Bencher;
use loadlint::server::Session;
use serde_json::{Value, json};

// As the program has it.
#[cfg(all(feature = "allocator", unix, not(target_env = "musl")))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    divan::main();
}

const LINES: usize = 3_000;
const REGISTER: &str = "## T-001: Built by our own pipeline\n- Status: accepted\n- Owner: @ml\n";

/// A flat module; `load` is what one line in ten calls.
fn module(import: &str, load: &str) -> String {
    let mut text = format!("{import}\n\nname, scale, items, strict = 'run', 2, [[1], [2, 3]], False\n");
    for number in 0..LINES {
        let line = match number % 10 {
            0 => format!("state_{number} = {load}(f'checkpoints/{{name}}_{number}.pt', weights_only=strict)"),
            1 => format!("found_{number} = state_{} is not None", number - 1),
            5 if number % 50 == 5 => {
                format!("own_{number} = {load}(name)  # nosec B614  # T-001: built by our pipeline")
            }
            _ => format!("value_{number} = scale * {number} + len(items[{number} % 7])"),
        };
        writeln!(text, "{line}").expect("writing to a string");
    }
    text
}

/// A session that has one document open, and the folder it works in.
struct Editor {
    session: Session,
    out: Receiver<Value>,
    uri: String,
    version: u64,
    _folder: tempfile::TempDir,
}

impl Editor {
    fn new(text: &str, capabilities: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("THREATS.md"), REGISTER).expect("writable");
        let (sender, out) = channel();
        let uri = format!("file://{}/train.py", folder.path().display());
        let session = Session::new(sender, folder.path().to_path_buf());
        let mut editor = Self { session, out, uri, version: 1, _folder: folder };
        editor.send(&json!({"id": 1, "method": "initialize", "params": {"capabilities": capabilities}}));
        let document = json!({"uri": editor.uri, "languageId": "python", "version": 1, "text": text});
        editor.send(&json!({"method": "textDocument/didOpen", "params": {"textDocument": document}}));
        editor
    }

    /// One message; how many come back.
    fn send(&mut self, message: &Value) -> usize {
        self.session.handle(message.clone());
        self.session.settle();
        self.out.try_iter().count()
    }

    /// Types a character into line 1,500 or takes it back.
    fn type_one(&mut self) -> usize {
        self.version += 1;
        let (end, text) = if self.version.is_multiple_of(2) { (0, "x") } else { (1, "") };
        let range = json!({"start": {"line": 1500, "character": 0}, "end": {"line": 1500, "character": end}});
        let document = json!({"uri": self.uri, "version": self.version});
        let params = json!({"textDocument": document, "contentChanges": [{"range": range, "text": text}]});
        self.send(&json!({"method": "textDocument/didChange", "params": params}))
    }

    fn pull(&mut self) -> usize {
        let params = json!({"textDocument": {"uri": self.uri}});
        self.send(&json!({"id": self.version, "method": "textDocument/diagnostic", "params": params}))
    }
}

/// A keystroke, and the diagnostics are pushed.
#[divan::bench]
fn a_keystroke_pushed(bencher: Bencher<'_, '_>) {
    let mut editor = Editor::new(&module("import torch", "torch.load"), &json!({}));
    assert_eq!(editor.type_one(), 1, "diagnostics come");
    bencher.bench_local(|| editor.type_one());
}

/// A keystroke, and the client asks.
#[divan::bench]
fn a_keystroke_pulled(bencher: Bencher<'_, '_>) {
    let mut editor = Editor::new(&module("import torch", "torch.load"), &json!({"textDocument": {"diagnostic": {}}}));
    bencher.bench_local(|| {
        editor.type_one();
        editor.pull()
    });
}

/// A keystroke in a file that loads nothing.
#[divan::bench]
fn a_keystroke_in_a_harmless_file(bencher: Bencher<'_, '_>) {
    let mut editor = Editor::new(&module("import json", "json.load"), &json!({}));
    bencher.bench_local(|| editor.type_one());
}
