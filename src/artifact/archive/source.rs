//! Python files in archives whose loader imports them.
//!
//! Comes in: entries. Goes out: what their content says, and the text of Python files as sources, which the code rules
//! look at. Called for TorchServe archives and for packed model folders.

use std::collections::BTreeSet;

use super::super::sniff::extension;
use super::super::{requirements, runners};
use super::{Entry, Examination, content};

/// Looks at each entry, and takes those called `*.py` for source that `runner` runs.
pub(super) fn each_with_sources(entries: &[Entry], runner: &'static str, x: &mut Examination<'_>) {
    for entry in entries {
        x.inside(&entry.name, |x| {
            let Some(bytes) = entry.open(x) else { return };
            content::examine(&bytes, x);
            if requirements::is_list(&entry.name) {
                requirements::examine(&bytes, x);
            }
            if is_python(&entry.name) {
                runners::runs(&bytes, runner, x);
            }
        });
    }
}

fn is_python(name: &str) -> bool {
    name.rsplit_once('.')
        .is_some_and(|(_, extension)| ["py", "pyw"].iter().any(|own| extension.eq_ignore_ascii_case(own)))
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
    let is_of_model = |entry| MODEL_FILES.contains(&base(entry).as_str()) || base(entry) == "config.json";
    has_python && (entries.iter().any(is_of_model) || is_pipeline(entries))
}

/// Whether Python runs the archive if it is given one instead of a script, and a model comes with that.
pub(super) fn is_application(entries: &[Entry]) -> bool {
    const MODELS: [&str; 10] = ["bin", "pt", "pth", "ckpt", "pkl", "joblib", "safetensors", "onnx", "gguf", "keras"];
    let is_model = |entry: &Entry| MODELS.contains(&&*extension(&entry.name));
    entries.iter().any(|entry| entry.name == "__main__.py") && entries.iter().any(is_model)
}

/// Whether it is a package of spaCy's, which `spacy.load` imports by its name: its `__init__.py` reads what is beside it.
/// pip runs the `setup.py` of one that is not built yet.
fn is_pipeline(entries: &[Entry]) -> bool {
    let folders_of = |file: &'static str| entries.iter().filter_map(move |entry| entry.name.strip_suffix(file));
    let described: BTreeSet<&str> = folders_of("/meta.json").collect();
    folders_of("/__init__.py").chain(folders_of("/setup.py")).any(|folder| described.contains(folder))
}

#[cfg(test)]
mod tests {
    use super::super::examine;
    use super::*;
    use crate::artifact::Detail;
    use crate::bytes::Window;
    use crate::fact::artifact::{ArtifactFacts, Format, ObservationKind, Seen};
    use crate::limits::Limits;

    fn look(members: &[(&str, &str)]) -> ArtifactFacts {
        let entry = |(name, text): &(&str, &str)| Entry::plain(*name, Window::from(text.as_bytes().to_vec()));
        let entries: Vec<_> = members.iter().map(entry).collect();
        let limits = Limits::default();
        let mut x = Examination::new("model.bin", 1, &limits, Detail::Findings);
        examine(&entries, &mut x);
        x.finish()
    }

    /// Names and runners, with the member they stand in.
    fn seen(found: &ArtifactFacts) -> Vec<String> {
        let words = found.facts.iter().map(|fact| match &fact.seen {
            Seen::Reference(reference) => format!("{} {:?} {}", fact.place.member, reference.kind, reference.name),
            Seen::Source(source) => format!("{} {}", fact.place.member, source.runner),
            other => format!("{} {other:?}", fact.place.member),
        });
        words.collect()
    }

    #[test]
    fn a_torchserve_archive_has_a_handler_and_its_source() {
        let manifest =
            r#"{"model": {"serializedFile": "m.pt", "handler": "handler.py:handle"}, "archiverVersion": "1"}"#;
        let handler = "import os\nos.system('echo loadlint-test')\n";
        let found = look(&[("MAR-INF/MANIFEST.json", manifest), ("handler.py", handler), ("readme.txt", "x")]);
        assert_eq!(found.format, Format::TorchServe);
        let expected = ["MAR-INF/MANIFEST.json Handler handler.py:handle", "handler.py TorchServe handler"];
        assert_eq!(seen(&found), expected);
        let built_in = manifest.replace("handler.py:handle", "image_classifier");
        assert_eq!(seen(&look(&[("MAR-INF/MANIFEST.json", &built_in)])), [""; 0]);
    }

    #[test]
    fn a_torchserve_archive_can_install_from_elsewhere() {
        let manifest = r#"{"model": {"serializedFile": "m.pt", "handler": "text_classifier", "requirementsFile": "requirements.txt"}, "archiverVersion": "1"}"#;
        let found = |list: &str| {
            let found = look(&[("MAR-INF/MANIFEST.json", manifest), ("requirements.txt", list)]);
            let observed = found.facts.into_iter().filter_map(|fact| match fact.seen {
                Seen::Observation(seen) => Some(seen.kind),
                _ => None,
            });
            observed.collect::<Vec<_>>()
        };
        assert_eq!(found("torch\n"), [ObservationKind::Requirements]);
        let elsewhere = found("--index-url http://127.0.0.1:9/simple\n");
        assert_eq!(elsewhere, [ObservationKind::Requirements, ObservationKind::ForeignRequirement]);
    }

    #[test]
    fn python_beside_a_models_configuration_is_source() {
        let model = "flavors:\n  python_function: {loader_module: evil, code: code}\n";
        let found = look(&[("m/MLmodel", model), ("m/code/evil.py", "import os\n"), ("m/data.txt", "x")]);
        assert_eq!(seen(&found), ["m/MLmodel LoaderModule evil", "m/code/evil.py a model's folder"]);
        assert_eq!(seen(&look(&[("pkg/setup.py", "import os\n"), ("pkg/readme.md", "x")])), [""; 0]);
        let pipeline = look(&[("en_x/__init__.py", "import os\n"), ("en_x/meta.json", "{}")]);
        assert_eq!(seen(&pipeline), ["en_x/__init__.py a model's folder"]);
        assert_eq!(seen(&look(&[("x/__init__.py", "import os\n"), ("recipe/meta.json", "{}")])), [""; 0]);
    }

    // CVE-2025-23304
    #[test]
    fn a_nemo_archive_names_what_it_makes() {
        let found = look(&[("./model_config.yaml", "a: {_target_: os.system}\nb: {target: os.popen}\n")]);
        assert_eq!(found.format, Format::Nemo);
        let expected = ["./model_config.yaml HydraTarget os.system", "./model_config.yaml HydraTarget os.popen"];
        assert_eq!(seen(&found), expected);
    }

    #[test]
    fn skops_and_keras_are_told_apart_from_their_likes() {
        let schema = r#"{"__class__": "system", "__module__": "os", "__loader__": "FunctionNode"}"#;
        let found = look(&[("schema.json", schema)]);
        assert_eq!((found.format, seen(&found)), (Format::Skops, vec!["schema.json SkopsType os.system".to_owned()]));
        let found = look(&[("schema.json", r#"{"$schema": "x", "type": "object"}"#)]);
        assert_eq!((found.format, seen(&found).len()), (Format::Unknown, 0));
        let found = look(&[
            ("config.json", r#"{"class_name": "Sequential", "config": {"layers": []}}"#),
            ("metadata.json", "{}"),
        ]);
        assert_eq!((found.format, seen(&found).len()), (Format::Keras, 0));
    }
}
