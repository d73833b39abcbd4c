//! Python files that a library or a server of models runs by their name or place.
//!
//! Comes in: a text with its name. Goes out: the source, for the rules about code in artifacts. Called by `content`.

use super::Examination;
use super::sniff::file_name;
use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

/// Keeps the text if something runs it.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    if !x.name().ends_with(".py") {
        return;
    }
    let limit = x.limits.max_source_bytes;
    match content.read(0, usize::try_from(limit).unwrap_or(usize::MAX)).map(|text| runner(x.name(), &text)) {
        Ok(Some(runner)) => runs(content, runner, x),
        Ok(None) if content.len() > limit => {
            x.limit_once("max-source-bytes", limit, "whether something runs a Python file was not looked at");
        }
        Ok(None) => {}
        Err(error) => x.unreadable(&error),
    }
    if x.name().ends_with("custom_generate/generate.py") {
        custom_generate(content, x);
    }
}

/// What runs a file of this name. What other programs name so too must name the library.
///
/// - Triton's Python backend: the `model.py` in the folder of a version.
/// - Hugging Face's Inference Endpoints: the `handler.py` with the class they ask for.
/// - SageMaker's containers: `code/inference.py`.
/// - SpeechBrain's `foreign_class`: `custom.py`.
/// - `torch.hub.load`: `hubconf.py` (`torch/hub.py`, `_load_local`).
/// - PaddleHub: `module.py` (`paddlehub/module/module.py`, `Module.load`).
/// - `spacy.load`: the `__init__.py` of a package that holds a pipeline; its `--code` option: any file that registers
///   functions. pip runs the `setup.py` of such a package.
/// - fairseq's `user_dir`: the `__init__.py` in it.
/// - `datasets.load_dataset` and `evaluate.load`: scripts that define a builder or a metric.
/// - MMEngine's `Config.fromfile`: settings, which name their base or the type of their model.
fn runner(name: &str, text: &[u8]) -> Option<&'static str> {
    let base = file_name(name);
    if !base.ends_with(".py") {
        return None;
    }
    let folder = name.rsplit(['/', '\\']).nth(1).unwrap_or_default();
    let holds = |word: &str| memchr::memmem::find(text, word.as_bytes()).is_some();
    match base {
        "model.py" if !folder.is_empty() && folder.bytes().all(|byte| byte.is_ascii_digit()) => Some("a model server"),
        "inference.py" if folder == "code" => Some("a model server"),
        "handler.py" if holds("class EndpointHandler") => Some("a model server"),
        "custom.py" if holds("speechbrain") || holds("sb.") => Some("SpeechBrain"),
        "hubconf.py" => Some("`torch.hub.load`"),
        "module.py" if holds("paddlehub") || holds("@moduleinfo") => Some("PaddleHub"),
        "__init__.py" if holds("load_model_from_init_py") => Some("`spacy.load`"),
        "__init__.py" if folder == "user_dir" || folder == "user_module" || holds("from fairseq") => Some("fairseq"),
        "setup.py" if holds("spacy_models") => Some("pip"),
        _ if holds("@spacy.registry.") => Some("spaCy's `--code`"),
        _ if uses(text, b"GeneratorBasedBuilder") || uses(text, b"ArrowBasedBuilder") => Some("`load_dataset`"),
        _ if holds("(evaluate.Metric") || holds("(datasets.Metric") => Some("`evaluate.load`"),
        _ if is_settings(text) => Some("`Config.fromfile`"),
        _ => None,
    }
}

/// Whether `text` has the class `name` from elsewhere: it does not just define it, or speak of it.
fn uses(text: &[u8], name: &[u8]) -> bool {
    const NO_USE: [&[u8]; 2] = [b"class ", b"`"];
    memchr::memmem::find_iter(text, name).any(|at| !NO_USE.iter().any(|before| text[..at].ends_with(before)))
}

/// Whether these are settings of OpenMMLab's, which are Python.
fn is_settings(text: &[u8]) -> bool {
    let at_line = |word: &[u8]| memchr::memmem::find_iter(text, word).any(|at| at == 0 || text[at - 1] == b'\n');
    let is_made = memchr::memmem::find(text, b"dict(type=").is_some();
    at_line(b"_base_ = ") || is_made && (at_line(b"model = dict(") || at_line(b"model=dict("))
}

/// Code of a model's folder that replaces how texts are generated, once `trust_remote_code` is given.
fn custom_generate(content: &Window, x: &mut Examination<'_>) {
    let subject = "`custom_generate/generate.py` runs when the model generates with `trust_remote_code`";
    x.observe(ObservationKind::AutoMap, ByteRegion::default(), subject);
    runs(content, "generate", x);
}

/// Keeps `content` as Python that `runner` runs.
pub(super) fn runs(content: &Window, runner: &'static str, x: &mut Examination<'_>) {
    let limit = x.limits.max_source_bytes;
    if content.len() > limit {
        return x.limit_once("max-source-bytes", limit, "a Python file was not looked at");
    }
    match content.read(0, usize::try_from(limit).unwrap_or(usize::MAX)) {
        Ok(text) => x.source(runner, String::from_utf8_lossy(&text).into_owned()),
        Err(error) => x.unreadable(&error),
    }
}

#[cfg(test)]
mod tests {
    use crate::artifact::{Detail, examine};
    use crate::fact::artifact::{ArtifactFacts, Seen};
    use crate::limits::Limits;

    fn look(name: &str, text: &str) -> ArtifactFacts {
        examine(&text.as_bytes().to_vec().into(), name, &Limits::default(), Detail::Findings)
    }

    #[test]
    fn what_servers_of_models_run_is_a_source() {
        let text = "import os\nos.system('echo loadlint-test')\nclass EndpointHandler: pass\n";
        for (name, expected) in [
            ("1/model.py", 1),
            ("app/handler.py", 1),
            ("code/inference.py", 1),
            ("net/model.py", 0),
            ("1/train.py", 0),
            ("model.py", 0),
            ("inference.py", 0),
            ("custom.py", 0),
        ] {
            let found = look(name, text);
            let sources = found.facts.iter().filter(|fact| matches!(fact.seen, Seen::Source(_)));
            assert_eq!(sources.count(), expected, "{name}");
        }
        assert_eq!(look("net/custom.py", "import speechbrain as sb\n").facts.len(), 1);
        assert_eq!(look("lambda/handler.py", "def handle(): pass\n").facts.len(), 0);
    }

    #[test]
    fn what_libraries_run_is_a_source_if_it_names_them() {
        for (name, text, expected) in [
            ("hubconf.py", "dependencies = ['torch']\n", 1),
            ("hub/module.py", "from paddlehub.module.module import moduleinfo\n", 1),
            ("en_core/__init__.py", "from spacy.util import load_model_from_init_py\n", 1),
            ("functions.py", "import spacy\n@spacy.registry.callbacks('x')\ndef f(): pass\n", 1),
            ("src/service.py", "import bentoml\n", 0),
            ("user_dir/__init__.py", "import tasks\n", 1),
            ("setup.py", "setup(entry_points={'spacy_models': []})\n", 1),
            ("data/squad.py", "class Squad(datasets.GeneratorBasedBuilder): pass\n", 1),
            ("data/own.py", "from datasets import *\nclass GeneratorBasedBuilder(GeneratorBasedBuilder): pass\n", 1),
            (
                "builder.py",
                "class ArrowBasedBuilder(DatasetBuilder):\n    '''`ArrowBasedBuilder` makes it easy.'''\n",
                0,
            ),
            ("bleu.py", "class Bleu(evaluate.Metric): pass\n", 1),
            ("faster_rcnn.py", "import os\nmodel = dict(type='FasterRCNN')\n", 1),
            ("schedule.py", "_base_ = ['./base.py']\n", 1),
            ("build.py", "def f():\n    model = dict(type='x')\n", 0),
            ("train.py", "import datasets\n", 0),
            ("module.py", "import torch\n", 0),
            ("net/__init__.py", "import torch\n", 0),
            ("service.py", "import flask\n", 0),
            ("setup.py", "from setuptools import setup\n", 0),
            ("hubconf.txt", "x\n", 0),
        ] {
            let found = look(name, text);
            let sources = found.facts.iter().filter(|fact| matches!(fact.seen, Seen::Source(_)));
            assert_eq!(sources.count(), expected, "{name}");
        }
    }

    #[test]
    fn the_word_may_stand_behind_anything() {
        let text = format!("{}class EndpointHandler: pass\n", "# words\n".repeat(1_000));
        let found = look("app/handler.py", &text);
        assert!(matches!(&found.facts[..], [fact] if matches!(fact.seen, Seen::Source(_))), "{found:?}");
        let limits = Limits { max_source_bytes: 1_000, ..Limits::default() };
        let found = examine(&text.into_bytes().into(), "app/handler.py", &limits, Detail::Findings);
        assert_eq!((found.facts.len(), found.gaps.len()), (0, 1));
    }
}
