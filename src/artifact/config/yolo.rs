//! YOLO's YAML: models whose layers and activation are texts that `parse_model` evaluates (YOLOv5 to YOLOv9 each text of
//! a layer, ultralytics' `nn/tasks.py` the activation), and data sets whose `download` is run (`check_det_dataset` in
//! ultralytics' `data/utils.py`: a script of a shell or of Python).
//!
//! Comes in: a document's tree. Goes out: references to `eval` at texts that are more than a name or a layer of PyTorch,
//! the Python of a `download` as a source, a script as a command.

use super::super::Examination;
use super::super::json::Json;
use super::tree::{bytes, is_identifier, positional, refer};
use crate::fact::artifact::{CommandShape, CommandText, GapKind, ReferenceKind, Seen};

/// So many `download`s of one file are looked at. A data set is one document, and each of them is read as Python.
const MOST_DOWNLOADS: usize = 16;

/// Looks at the layers of a model.
pub(super) fn models(root: &Json<'_>, x: &mut Examination<'_>) {
    if let (Some(backbone), Some(head)) = (root.get("backbone"), root.get("head")) {
        let layers = backbone.items().iter().chain(head.items());
        let settings = ["activation", "act"].iter().filter_map(|key| root.get(key));
        settings.for_each(|value| evaluated(value, x));
        for layer in layers {
            let [_, _, module, arguments, ..] = layer.items() else { continue };
            evaluated(module, x);
            arguments.items().iter().for_each(|argument| evaluated(argument, x));
        }
    }
}

/// Looks at what the data sets among the documents of a text run.
pub(super) fn downloads(documents: &[Json<'_>], x: &mut Examination<'_>) {
    let has = |root: &Json<'_>, key: &str| root.get(key).is_some();
    let is_set = |root: &&Json<'_>| has(root, "names") && (has(root, "train") || has(root, "val"));
    for (index, download) in documents.iter().filter(is_set).filter_map(|root| root.get("download")).enumerate() {
        if index == MOST_DOWNLOADS {
            let told = format!("only the first {MOST_DOWNLOADS} data sets of a text were looked at");
            return x.gap(GapKind::Limit, bytes(download.region), told);
        }
        run(download, x);
    }
}

/// A text that is evaluated, if it does more than name a layer.
fn evaluated(value: &Json<'_>, x: &mut Examination<'_>) {
    if value.as_text().is_some_and(|text| !is_plain(text)) {
        refer(ReferenceKind::ConfiguredName, "builtins.eval", positional(value), value.region, x);
    }
}

/// `nearest`, `nn.Upsample`, `nn.LeakyReLU(0.1)`, `[1, 2]`, `width * 2`: names and numbers, at most one layer made.
fn is_plain(text: &str) -> bool {
    let rest = match text.split_once('(') {
        None => text,
        Some((class, rest)) => {
            let name = class.trim().strip_prefix("torch.").unwrap_or(class.trim()).strip_prefix("nn.");
            if !name.is_some_and(is_identifier) {
                return false;
            }
            rest.trim_end().strip_suffix(')').unwrap_or("(")
        }
    };
    !rest.contains(['(', '{', ';']) && !text.contains("__") && !text.contains("lambda")
}

/// A script of a shell or of Python, unless it is an address.
fn run(download: &Json<'_>, x: &mut Examination<'_>) {
    let Some(text) = download.as_text() else { return };
    let is_address = text.starts_with("http") && text.ends_with(".zip");
    if text.starts_with("bash ") {
        let command =
            CommandText { shape: CommandShape::Shell, parts: vec![download.region], statement: download.region };
        x.see(bytes(download.region), Seen::Command(command));
    } else if !is_address && text.contains('(') {
        x.source("a data set's `download`", text.to_owned());
    }
}
