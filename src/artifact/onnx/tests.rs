//! Models built field by field.

use proptest::prelude::*;

use super::super::protobuf::build::{bytes, number};
use super::*;
use crate::artifact::{Detail, examine as examine_artifact};
use crate::fact::artifact::{ArtifactFacts, Seen};
use crate::limits::Limits;

/// A model with this graph.
fn model(graph: &[Vec<u8>], more: &[Vec<u8>]) -> Vec<u8> {
    let opset = bytes(8, [bytes(1, ""), number(2, 17)].concat());
    [&number(1, 8)[..], &bytes(2, "test"), &opset, &bytes(7, graph.concat()), &more.concat()].concat()
}

fn node(operator: &str, domain: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let attributes = attributes.concat();
    bytes(1, [&bytes(3, "n")[..], &bytes(4, operator), &bytes(7, domain), &attributes].concat())
}

/// The body of a tensor of two floats whose data is at `path`.
fn external(path: &str) -> Vec<u8> {
    let entry = bytes(13, [bytes(1, "location"), bytes(2, path)].concat());
    [number(1, 2), number(2, 1), bytes(8, "w"), entry, number(14, 1)].concat()
}

fn read(bytes: Vec<u8>) -> ArtifactFacts {
    examine_artifact(&bytes.into(), "a.onnx", &Limits::default(), Detail::Inventory)
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
fn a_plain_model_is_quiet_and_its_tensors_are_listed() {
    let weights = [number(1, 2), number(2, 1), bytes(8, "w"), bytes(9, [0; 8])].concat();
    let beside = bytes(5, external("model.onnx.data"));
    let facts = read(model(&[node("Conv", "", &[]), bytes(5, weights), beside], &[]));
    assert_eq!(told(&facts), []);
    assert!(facts.gaps.is_empty(), "{facts:?}");
    assert_eq!((facts.tensors[0].name.as_str(), &facts.tensors[0].shape[..]), ("w", &[2][..]));
}

#[test]
fn a_model_says_which_operators_it_uses() {
    let gaps = |version: u64| {
        let bare = [number(1, version), bytes(7, node("Relu", "", &[]))].concat();
        read(bare).gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
    };
    assert_eq!(gaps(2), [""; 0]);
    assert_eq!(gaps(8), ["the model does not say which version of operators it uses"]);
}

/// CVE-2022-25882, CVE-2024-27318.
#[test]
fn external_data_elsewhere_is_found_wherever_a_tensor_can_be() {
    let path = "../../../etc/passwd";
    let tensor = |field| bytes(field, external(path));
    let subgraph = node("If", "", &[bytes(5, bytes(6, tensor(5)))]);
    let constant = node("Constant", "", &[bytes(5, tensor(5))]);
    let sparse = bytes(15, tensor(1));
    let training = bytes(20, bytes(2, tensor(5)));
    let function = bytes(25, [bytes(1, "f"), bytes(7, bytes(5, tensor(5)))].concat());
    for (graph, more) in [
        (vec![tensor(5)], vec![]),
        (vec![subgraph], vec![]),
        (vec![constant], vec![]),
        (vec![sparse], vec![]),
        (vec![], vec![training]),
        (vec![], vec![function]),
    ] {
        let facts = read(model(&graph, &more));
        assert_eq!(told(&facts), [(ObservationKind::ExternalDataEscape, "`../../../etc/passwd` (data of tensor `w`)")]);
    }
}

#[test]
fn paths_that_leave_the_folder() {
    for path in ["/etc/passwd", "a/../../b", "C:\\x", "\\\\host\\share", "https://example.com/x", "~/x"] {
        assert!(is_outside(path), "{path}");
    }
    for path in ["model.onnx_data", "weights/w0.bin", "./data", "a..b"] {
        assert!(!is_outside(path), "{path}");
    }
}

#[test]
fn operators_from_elsewhere_are_told_unless_the_model_defines_them() {
    let custom = node("Fancy", "my.domain", &[]);
    let facts = read(model(&[custom.clone(), custom.clone()], &[]));
    let expected = "`Fancy` of domain `my.domain` of node `n`: a native library must be loaded for it";
    assert_eq!(told(&facts), [(ObservationKind::CustomOperator, expected)]);
    let function = bytes(25, [bytes(1, "Fancy"), bytes(10, "my.domain")].concat());
    assert_eq!(told(&read(model(&[custom], &[function]))), []);
}

#[test]
fn files_that_operators_read_are_told_when_they_lie_elsewhere() {
    let text = |name: &str, value: &str| bytes(5, [bytes(1, name), bytes(4, value)].concat());
    let context = node("EPContext", "com.microsoft", &[text("ep_cache_context", "/etc/passwd")]);
    let expected = "`/etc/passwd` (attribute `ep_cache_context`)";
    assert_eq!(told(&read(model(&[context], &[]))), [(ObservationKind::ExternalDataEscape, expected)]);
    let beside = node("EPContext", "com.microsoft", &[text("ep_cache_context", "model_ctx.bin")]);
    let formula = node("Einsum", "", &[text("equation", "...ij,...jk->...ik"), text("mode", "/")]);
    assert_eq!(told(&read(model(&[beside, formula], &[]))), []);
}

#[test]
fn a_function_that_comes_to_call_itself_is_told() {
    let function = |name: &str, callee: &str| {
        let call = bytes(7, [bytes(4, callee), bytes(7, "own")].concat());
        bytes(25, [&bytes(1, name)[..], &call, &call, &bytes(10, "own")].concat())
    };
    let of = |functions: &[Vec<u8>]| read(model(&[node("A", "own", &[])], functions));
    let told_kinds = |facts: &ArtifactFacts| told(facts).iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
    assert_eq!(told_kinds(&of(&[function("A", "A")])), [ObservationKind::InvalidHeader]);
    assert_eq!(told_kinds(&of(&[function("A", "B"), function("B", "A")])), [ObservationKind::InvalidHeader]);
    let plain = of(&[function("A", "B"), function("B", "Relu")]);
    assert!(told(&plain).iter().all(|(kind, _)| *kind != ObservationKind::InvalidHeader), "{plain:?}");
}

#[test]
fn code_in_metadata_is_told() {
    let entry = bytes(14, [bytes(1, "names"), bytes(2, "__import__('os').system('echo loadlint-test')")].concat());
    let facts = read(model(&[], &[entry]));
    assert_eq!(
        told(&facts),
        [(ObservationKind::PythonSource, "the metadata `names` holds Python code: `__import__(`")]
    );
}

#[test]
fn damage_is_told() {
    let tensor = [number(1, 3), number(2, 1), bytes(8, "w"), bytes(9, [0; 8])].concat();
    let whole = model(&[node("Conv", "", &[]), bytes(5, tensor)], &[]);
    assert_eq!(
        told(&read(whole.clone())),
        [(ObservationKind::InvalidHeader, "tensor `w` holds 8 bytes instead of 12")]
    );
    let cut = read(whole[..whole.len() - 3].to_vec());
    assert_eq!(cut.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
    let mut deep = Vec::new();
    for _ in 0..200 {
        deep = node("If", "", &[bytes(5, bytes(6, deep))]);
    }
    assert_eq!(read(model(&[deep], &[])).gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Limit]);
}

proptest! {
    #[test]
    fn damaged_models_are_read_to_an_end(
        changes in prop::collection::vec((0_usize..120, any::<u8>()), 1..5), end in 10_usize..120
    ) {
        let mut bytes = model(&[node("If", "x", &[bytes(5, bytes(6, bytes(5, external("/x"))))])], &[]);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(end);
        prop_assert!(read(bytes).parts > 0);
    }
}

#[test]
fn operators_of_pytorch_that_touch_files() {
    let call = |operator: &str| {
        let attribute = bytes(5, [bytes(1, "operator"), bytes(4, operator)].concat());
        read(model(&[node("ATen", "org.pytorch.aten", &[attribute])], &[]))
    };
    assert_eq!(told(&call("native_layer_norm")), []);
    let facts = call("from_file");
    let expected = "`from_file` of PyTorch, called by node `n`: it reads or writes files";
    assert_eq!(told(&facts), [(ObservationKind::CustomOperator, expected)]);
}

#[test]
fn external_data_starts_somewhere_in_its_file() {
    let at = |offset: &str| {
        let entry = bytes(13, [bytes(1, "offset"), bytes(2, offset)].concat());
        let tensor = [external("weights.bin"), entry].concat();
        read(model(&[node("Relu", "", &[]), bytes(5, tensor)], &[]))
    };
    let inside = at("4096");
    assert_eq!(told(&inside), []);
    assert_eq!(inside.companions.files, [("weights.bin".to_owned(), 4096)].into());
    assert!(!inside.companions.may_lack_all);
    let facts = at("-8");
    let expected = "the offset of the external data of tensor `w` is `-8`";
    assert_eq!(told(&facts), [(ObservationKind::InvalidHeader, expected)]);
}

#[test]
fn pickles_in_metadata_are_looked_at() {
    let with = |value: &str| {
        let entry = bytes(14, [bytes(1, "key"), bytes(2, value)].concat());
        let facts = read(model(&[node("Relu", "", &[])], &[entry]));
        facts.facts.into_iter().filter(|fact| matches!(fact.seen, Seen::Call(_))).count()
    };
    assert_eq!(with("cos\nsystem\n(S'echo loadlint-test'\ntR."), 1);
    // The same in protocol 2.
    assert_eq!(with("gAJjb3MKc3lzdGVtCihTJ2VjaG8gbG9hZGxpbnQtdGVzdCcKdFIu"), 1);
    assert_eq!((with("classes: a, b"), with("gAMe")), (0, 0));
}

#[test]
fn many_texts_of_one_attribute_are_walked_once() {
    // Vocabularies of text models. A walk of all for each of them would not end.
    let texts = bytes(9, "../word").repeat(100_000);
    let attribute = bytes(5, [texts, bytes(1, "pool_strings")].concat());
    let facts = read(model(&[node("TfIdfVectorizer", "", &[attribute])], &[]));
    assert_eq!(told(&facts).len(), 1, "{facts:?}");
}
