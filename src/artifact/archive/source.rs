//! Python files in archives whose loader imports them.
//!
//! Comes in: entries. Goes out: what their content says, and the text of Python files as sources, which the code rules
//! look at. Called for TorchServe archives and for packed model folders.

use super::{Entry, Examination, content};
use crate::bytes::Window;

/// Looks at each entry, and takes those called `*.py` for source that `runner` runs.
pub(super) fn each_with_sources(entries: &[Entry], runner: &'static str, x: &mut Examination<'_>) {
    for entry in entries {
        x.inside(&entry.name, |x| {
            let Some(bytes) = entry.open(x) else { return };
            content::examine(&bytes, x);
            if is_python(&entry.name) {
                source(&bytes, runner, x);
            }
        });
    }
}

fn is_python(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| ["py", "pyw"].iter().any(|own| extension.eq_ignore_ascii_case(own)))
}

fn source(bytes: &Window, runner: &'static str, x: &mut Examination<'_>) {
    let limit = x.limits.max_source_bytes;
    if bytes.len() > limit {
        return x.limit_once("max-source-bytes", limit, "a Python file in an archive was not looked at");
    }
    match bytes.read(0, usize::try_from(limit).unwrap_or(usize::MAX)) {
        Ok(text) => x.source(runner, String::from_utf8_lossy(&text).into_owned()),
        Err(error) => x.unreadable(&error),
    }
}

/// Files by which a folder is known to be a model's, whose loader imports Python files beside them.
const MODEL_FILES: [&str; 8] = [
    "MLmodel",
    "modules.json",
    "model_index.json",
    "tokenizer_config.json",
    "adapter_config.json",
    "config_sentence_transformers.json",
    "generation_config.json",
    "preprocessor_config.json",
];

/// Whether these are the files of a model's folder, with code among them.
pub(super) fn is_model_folder(entries: &[Entry]) -> bool {
    let base = |entry: &'_ Entry| entry.name.rsplit('/').next().map(str::to_owned).unwrap_or_default();
    let has_python = entries.iter().any(|entry| is_python(&entry.name));
    has_python
        && entries.iter().any(|entry| MODEL_FILES.contains(&base(entry).as_str()) || base(entry) == "config.json")
}
