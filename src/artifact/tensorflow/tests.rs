//! Graphs built field by field.

use proptest::prelude::*;

use super::super::protobuf::build::{bytes, number};
use super::*;
use crate::artifact::{Detail, examine as examine_artifact};
use crate::fact::artifact::{ArtifactFacts, Format, Seen};
use crate::limits::Limits;

fn node(field: u64, name: &str, operator: &str) -> Vec<u8> {
    bytes(field, [bytes(1, name), bytes(2, operator)].concat())
}

/// A SavedModel with this graph and more fields beside it.
fn saved(graph: &[Vec<u8>], more: &[Vec<u8>]) -> Vec<u8> {
    let description = bytes(1, bytes(4, "serve"));
    let meta = [description, bytes(2, graph.concat()), more.concat()].concat();
    [number(1, 1), bytes(2, meta)].concat()
}

fn read(bytes: Vec<u8>, name: &str) -> ArtifactFacts {
    examine_artifact(&bytes.into(), name, &Limits::default(), Detail::Inventory)
}

fn told(facts: &ArtifactFacts) -> Vec<(ObservationKind, &str)> {
    let mut told = Vec::new();
    for fact in &facts.facts {
        if let Seen::Observation(seen) = &fact.seen {
            told.push((seen.kind, seen.subject.as_str()));
        }
    }
    told
}

#[test]
fn computing_saving_and_restoring_are_quiet() {
    let graph = [node(1, "x", "Placeholder"), node(1, "s", "SaveV2"), node(1, "r", "RestoreV2")];
    for (content, name) in [(saved(&graph, &[]), "saved_model.pb"), (graph.concat(), "frozen.pb")] {
        let facts = read(content, name);
        assert!(told(&facts).is_empty() && facts.gaps.is_empty(), "{facts:?}");
    }
}

#[test]
fn operators_from_elsewhere_are_told_unless_the_graph_defines_them() {
    let function = bytes(2, bytes(1, bytes(1, bytes(1, "Twice"))));
    let graph = [node(1, "x", "Placeholder"), node(1, "e", "Acme>Custom"), node(1, "t", "Twice"), function];
    let expected = [(ObservationKind::CustomOperator, "`Acme>Custom` of node `e`: TensorFlow has no such operator")];
    assert_eq!(told(&read(saved(&graph, &[]), "saved_model.pb")), expected);
    assert_eq!(told(&read(graph.concat(), "frozen.pb")), expected);
    // Where nothing is TensorFlow's, it is a file of another kind.
    assert_eq!(told(&read(node(1, "net", "Custom"), "predict_net.pb")), []);
}

/// CVE-2024-3660: the first object, whose number 0 is not written, holds the whole model.
#[test]
fn a_lambda_in_keras_metadata_is_told() {
    let lambda = r#"{"class_name": "Lambda", "config": {"name": "l", "function": ["4wAA", null, null]}}"#;
    let first = bytes(1, [bytes(3, "root"), bytes(4, "_tf_keras_model"), bytes(5, lambda)].concat());
    let second = bytes(1, [number(2, 1), bytes(3, "root.layer"), bytes(5, lambda)].concat());
    for metadata in [first, second] {
        let facts = read(metadata, "keras_metadata.pb");
        assert_eq!(told(&facts).iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [ObservationKind::KerasLambda]);
    }
}

/// Code of a SavedModel that runs when it is loaded may save one, to where it says itself.
#[test]
fn a_checkpoint_saved_to_a_path_of_the_file_is_told() {
    let nodes = |field, path: &str, input: &str| {
        let value = bytes(5, [bytes(1, "value"), bytes(2, bytes(8, bytes(8, path)))].concat());
        let constant = bytes(field, [bytes(1, "prefix"), bytes(2, "Const"), value].concat());
        let save = bytes(field, [bytes(1, "s"), bytes(2, "SaveV2"), bytes(3, input), bytes(3, "x")].concat());
        [constant, save].concat()
    };
    let function = |nodes: Vec<u8>| bytes(2, bytes(1, [bytes(1, bytes(1, "f")), nodes].concat()));
    let expected = [(ObservationKind::UnsafeOperator, "writes a checkpoint to `/tmp/x/ckpt`")];
    let path = "/tmp/x/ckpt";
    let in_function = saved(&[function(nodes(3, path, "prefix:output:0"))], &[]);
    for (content, name) in [
        (saved(&[nodes(1, path, "prefix")], &[]), "saved_model.pb"),
        (in_function, "saved_model.pb"),
        (nodes(1, path, "prefix"), "frozen.pb"),
    ] {
        assert_eq!(told(&read(content, name)), expected);
    }
    for quiet in [nodes(1, "model", "prefix"), nodes(1, path, "file_prefix")] {
        assert_eq!(told(&read(saved(&[quiet], &[]), "saved_model.pb")), []);
    }
}

#[test]
fn operators_that_do_more_are_told_wherever_they_are() {
    let unsafe_node = |field| node(field, "n", "WriteFile");
    let function = |node: Vec<u8>| bytes(2, bytes(1, [bytes(1, bytes(1, "f")), node].concat()));
    let expected = [(ObservationKind::UnsafeOperator, "writes files through `WriteFile` (node `n`)")];
    for (content, name) in [
        (saved(&[node(1, "x", "Const"), unsafe_node(1)], &[]), "saved_model.pb"),
        (saved(&[node(1, "x", "Const"), function(unsafe_node(3))], &[]), "saved_model.pb"),
        ([node(1, "x", "Const"), unsafe_node(1)].concat(), "frozen.pb"),
        ([node(1, "x", "Const"), function(unsafe_node(3))].concat(), "frozen.pb"),
    ] {
        assert_eq!(told(&read(content, name)), expected);
    }
    let text = "node {\n  name: \"n\"\n  op: \"PyFunc\"\n}\nnode { op: 'Const' }\n";
    let facts = read(text.as_bytes().to_vec(), "graph.pbtxt");
    assert_eq!(told(&facts), [(ObservationKind::UnsafeOperator, "runs Python through `PyFunc`")]);
}

/// What `tf.compat.v1.train.Saver` writes beside a checkpoint, and `import_meta_graph` reads.
#[test]
fn the_graph_beside_a_checkpoint_is_looked_at() {
    let written = bytes(1, bytes(2, bytes(1, bytes(1, "Add"))));
    let function = bytes(2, bytes(1, [bytes(1, bytes(1, "f")), node(3, "n", "WriteFile")].concat()));
    let expected = [(ObservationKind::UnsafeOperator, "writes files through `WriteFile` (node `n`)")];
    for graph in [
        [node(1, "x", "Placeholder"), node(1, "n", "WriteFile")].concat(),
        [node(1, "x", "Placeholder"), function].concat(),
    ] {
        for model in [bytes(2, &graph), [written.clone(), bytes(2, &graph)].concat()] {
            let facts = read(model, "model.ckpt.meta");
            assert_eq!((facts.format, told(&facts)), (Format::TensorFlow, expected.to_vec()));
        }
    }
    let plain = [written, bytes(2, node(1, "x", "Placeholder"))].concat();
    assert_eq!(told(&read(plain, "model.ckpt.meta")), []);
}

#[test]
fn printing_to_a_file() {
    let attribute = |path: &str| bytes(5, [bytes(1, "output_stream"), bytes(2, bytes(2, path))].concat());
    let print = |path| bytes(1, [bytes(1, "p"), bytes(2, "PrintV2"), attribute(path)].concat());
    assert_eq!(told(&read(saved(&[print("stderr"), node(1, "x", "Placeholder")], &[]), "saved_model.pb")), []);
    let facts = read(saved(&[print("file:///tmp/loadlint-test"), node(1, "x", "Placeholder")], &[]), "saved_model.pb");
    assert_eq!(told(&facts), [(ObservationKind::UnsafeOperator, "writes files through `PrintV2` (node `p`)")]);
}

#[test]
fn assets_outside_of_the_model() {
    let asset = |path| bytes(6, bytes(2, path));
    let graph = [node(1, "x", "Placeholder"), node(1, "y", "LookupTableFindV2"), node(1, "z", "StringSplitV2")];
    let inside = read(saved(&graph, &[asset("vocabulary.txt")]), "saved_model.pb");
    assert_eq!(told(&inside), []);
    assert_eq!(inside.companions.files.into_keys().collect::<Vec<_>>(), ["assets/vocabulary.txt"]);
    let facts = read(saved(&graph, &[asset("../../etc/passwd")]), "saved_model.pb");
    assert_eq!(told(&facts), [(ObservationKind::ExternalDataEscape, "`../../etc/passwd` (an asset)")]);
}

/// CVE-2024-3660.
#[test]
fn lambda_layers_in_metadata() {
    let config = r#"{"class_name": "Lambda", "config": {"name": "l", "function": ["4wAA", null, null]}}"#;
    let metadata = bytes(1, [number(2, 1), bytes(3, "root"), bytes(4, "_tf_keras_layer"), bytes(5, config)].concat());
    let expected = [(ObservationKind::KerasLambda, "layer `l`: a function as bytecode")];
    assert_eq!(told(&read(metadata, "keras_metadata.pb")), expected);
    let object = bytes(7, bytes(1, bytes(4, [bytes(1, "_tf_keras_layer"), bytes(3, config)].concat())));
    let graph = [node(1, "x", "Placeholder"), node(1, "y", "Const"), node(1, "z", "Identity")];
    let facts = read(saved(&graph, &[object]), "saved_model.pb");
    assert_eq!(told(&facts), expected);
    assert_eq!(facts.companions.files.into_keys().collect::<Vec<_>>(), ["variables/variables.index"]);
}

#[test]
fn damage_is_told_and_other_protobufs_are_quiet() {
    let whole = saved(&[node(1, "x", "Placeholder"), node(1, "y", "Const")], &[]);
    let cut = read(whole[..whole.len() - 4].to_vec(), "saved_model.pb");
    assert_eq!(cut.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
    // What is left reads as fields of another message.
    let inner = [bytes(1, bytes(2, bytes(1, "\u{1}x"))), bytes(2, node(1, "x", "Const"))].concat();
    for beheaded in [bytes(1, bytes(1, "x")), inner] {
        let gaps: Vec<_> = read(beheaded, "saved_model.pb").gaps.into_iter().map(|gap| gap.message).collect();
        assert_eq!(gaps, ["the file is no SavedModel"]);
    }
    let gaps = |inner: &[u8]| {
        let graph = bytes(1, [bytes(1, "x"), bytes(2, "Const"), inner.to_vec()].concat());
        read(saved(&[graph], &[]), "saved_model.pb").gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
    };
    assert_eq!(gaps(&bytes(5, [bytes(1, "T"), bytes(2, number(6, 1))].concat())), [""; 0]);
    assert_eq!(gaps(&[0; 8]), ["a part of the model is no message: NodeDef"]);
    assert_eq!(
        gaps(&bytes(5, [bytes(1, "T"), bytes(2, [0, 0])].concat())),
        ["a part of the model is no message: AttrValue"]
    );
    assert_eq!(gaps(&bytes(3, b"\xFF")), ["a name in the model is no UTF-8: of NodeDef"]);
    let frozen = read(node(1, "x", "Const"), "saved_model.pb");
    assert!(frozen.gaps.is_empty(), "{frozen:?}");
    // A tensor as ONNX's test data holds it: axes, type, data.
    let tensor = [number(1, 2), number(2, 1), bytes(9, [0x80; 8])].concat();
    let facts = read(tensor, "input_0.pb");
    assert!(told(&facts).is_empty() && facts.gaps.is_empty(), "{facts:?}");
}

proptest! {
    #[test]
    fn damaged_models_are_read_to_an_end(
        changes in prop::collection::vec((0_usize..90, any::<u8>()), 1..5), end in 4_usize..90
    ) {
        let mut bytes = saved(&[node(1, "x", "Placeholder"), node(1, "y", "PyFunc")], &[bytes(6, bytes(2, "/x"))]);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(end);
        prop_assert!(read(bytes, "saved_model.pb").parts > 0);
    }
}
