//! One input from bytes to findings, without disk or threads: `cargo bench --bench check`. The texts are generated.
//! `compare.py` beside this file times the whole program against others.

use std::fmt::Write as _;
use std::path::Path;

use divan::Bencher;
use divan::counter::BytesCount;
use loadlint::config::Settings;
use loadlint::engine::check::check_bytes;
use loadlint::finding::InputName;
use loadlint::python::source::SourceKind;

fn main() {
    divan::main();
}

const LINES: usize = 3_000;
const CELLS: usize = 300;

/// A line of a flat module: one in ten loads, the others compute.
fn line(number: usize, load: &str) -> String {
    match number % 10 {
        0 => format!("state_{number} = {load}(f'checkpoints/{{name}}_{number}.pt', weights_only=strict)"),
        1 => format!("found_{number} = state_{} is not None", number - 1),
        _ => format!("value_{number} = scale * {number} + len(items[{number} % 7])"),
    }
}

fn module(import: &str, load: &str) -> Vec<u8> {
    let mut text = format!("{import}\n\nname, scale, items, strict = 'run', 2, [[1], [2, 3]], False\n");
    for number in 0..LINES {
        writeln!(text, "{}", line(number, load)).expect("writing to a string");
    }
    text.into_bytes()
}

/// Code cells of ten lines, each behind a line magic, with a stored output.
fn notebook() -> Vec<u8> {
    let cell = |number: usize| {
        let lines = (number * 10..number * 10 + 10).map(|number| line(number, "torch.load") + "\n");
        let source: Vec<String> = std::iter::once("%matplotlib inline\n".to_owned()).chain(lines).collect();
        serde_json::json!({
            "cell_type": "code",
            "execution_count": number,
            "metadata": {},
            "outputs": [{ "output_type": "stream", "name": "stdout", "text": ["epoch 1 of 10\n"] }],
            "source": source,
        })
    };
    let first = serde_json::json!({
        "cell_type": "code", "execution_count": 0, "metadata": {}, "outputs": [],
        "source": ["import torch\n", "name, scale, items, strict = 'run', 2, [[1], [2, 3]], False"],
    });
    let cells: Vec<_> = std::iter::once(first).chain((0..CELLS).map(cell)).collect();
    serde_json::json!({ "cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5 }).to_string().into_bytes()
}

fn check(bencher: Bencher<'_, '_>, name: &str, kind: SourceKind, bytes: &[u8], finds: bool) {
    let settings = Settings::from_layers(&[], Path::new("/")).expect("the default holds");
    let name = InputName::new(name);
    let outcome = check_bytes(&name, kind, bytes.to_vec(), &settings);
    assert!(outcome.notices.is_empty(), "{:?}", outcome.notices);
    assert_eq!(!outcome.findings.is_empty(), finds);
    bencher
        .counter(BytesCount::new(bytes.len()))
        .with_inputs(|| bytes.to_vec())
        .bench_values(|bytes| check_bytes(&name, kind, bytes, &settings));
}

#[divan::bench]
fn module_with_loads(bencher: Bencher<'_, '_>) {
    check(bencher, "loads.py", SourceKind::Module, &module("import torch", "torch.load"), true);
}

#[divan::bench]
fn module_without_relevant_imports(bencher: Bencher<'_, '_>) {
    check(bencher, "plain.py", SourceKind::Module, &module("import json", "json.parse"), false);
}

#[divan::bench]
fn notebook_with_loads(bencher: Bencher<'_, '_>) {
    check(bencher, "loads.ipynb", SourceKind::Notebook, &notebook(), true);
}
